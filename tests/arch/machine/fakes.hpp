// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <initializer_list>
#include <sstream>
#include <string>

#include "arch/units/control/channel.hpp"
#include "arch/units/control/context.hpp"
#include "arch/units/control/engine_unit.hpp"
#include "arch/units/control/tokens.hpp"
#include "arch/units/memory/crossbar.hpp"
#include "tests/arch/machine/programs.hpp"

namespace tricycle::test {

/// What `work` returns in a simulation of its own.
template <class Work>
auto in_context(Work work) {
  SimulationContext context;
  const auto entered = context.enter();
  return work();
}

/// What a bench tells when units skip cycles, and in lockstep, which must be the same.
template <class Bench>
std::string both_modes(Bench bench) {
  const std::string skipping = in_context([&] { return bench(false); });
  CHECK(in_context([&] { return bench(true); }) == skipping);
  return skipping;
}

/// What stands beside a module under test: it acts in every cycle as the test says.
class Fake : public Unit {
 public:
  Fake(const char* name, RunControl& run, std::function<void(Cycles)> each)
      : Unit(name, run), each_(std::move(each)) {}

 private:
  void advance(Cycles) override {}
  void act(Cycles now) override { each_(now); }
  [[nodiscard]] Cycles horizon() const override { return 1; }
  void clear() override {}
  void listen() override {}

  std::function<void(Cycles)> each_;
};

/// Memory ports that take a fixed number of cycles for each burst, and for a vector instruction its own and
/// `stalls` more.
class FakeAccess final : public ArrayAccess, public VectorAccess, public TransferAccess {
 public:
  explicit FakeAccess(Cycles each = 1, Cycles stalls = 0) : each_(each), stalls_of_each_(stalls) {}

  void settle(Cycles to) override {
    if (now_ < done_at_ && to >= done_at_) stalls_ += stalls_of_each_;
    now_ = to;
  }
  void feed(Cycles, const std::vector<Stream>& all) override {
    fed += all.size();
    streams.insert(streams.end(), all.begin(), all.end());
  }
  void start(const VectorDemand& demand) override { done_at_ = now_ + demand.cycles + stalls_of_each_; }
  [[nodiscard]] bool takes_in() const override { return now_ < done_at_; }
  /// All those of an instruction, when its intake is over.
  [[nodiscard]] Cycles stalls() const override { return stalls_; }
  void ask(Cycles from, const BurstDemand&) override {
    done_at_ = std::max(done_at_, from) + each_;
    done_.push_back(done_at_);
  }
  void ask_more(Cycles cycles) override { done_.back() = done_at_ += cycles; }
  bool take() override {
    if (done_.empty() || done_.front() > now_) return false;
    done_.pop_front();
    return true;
  }
  [[nodiscard]] Cycles horizon() const override {
    if (!done_.empty()) return done_.front() > now_ ? done_.front() - now_ : 1;
    return now_ < done_at_ ? done_at_ - now_ : never;
  }

  std::size_t fed = 0;  ///< streams of the array
  std::vector<Stream> streams;

 private:
  Cycles each_, stalls_of_each_, stalls_ = 0;
  Cycles now_ = 0, done_at_ = 0;
  std::deque<Cycles> done_;
};

/// Bytes that stand for a memory.
class FakeContents final : public MemoryContents {
 public:
  [[nodiscard]] std::span<std::uint8_t> bytes() override { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(1 << 16);
};

/// Runs components from reset until the limit of their RunControl.
inline void run_from_reset(RunControl& run, std::initializer_list<Component*> components) {
  run.begin();
  for (Component* component : components) component->reset();
  sc_core::sc_start();
  run.rethrow();
}

/// Cycles in which something happened, as "4 5 9".
class Log {
 public:
  void add(Cycles now) { text_ += (text_.empty() ? "" : " ") + std::to_string(now); }
  template <class T>
  void add(Cycles now, const T& what) {
    std::ostringstream text;
    text << now << ':' << what;
    text_ += (text_.empty() ? "" : " ") + text.str();
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// What surrounds an engine: the sequencer that posts a program's instructions of this engine in `posts`
/// (cycle by cycle), tokens, and memories.
struct EngineBench {
  EngineBench(const MachineSpec& spec, Program code, Cycles limit, bool lockstep, bool functional = false)
      : program(std::move(code)),
        run(lockstep, limit),
        loaded(spec, program, functional, {}),
        scoreboard(loaded, false) {}

  void bind(EngineUnit& engine) { bind(engine, queue); }
  /// Where there are two engines.
  void bind(EngineUnit& engine, Channel<std::uint32_t>& own_queue) {
    engine.queue.bind(own_queue);
    engine.tokens.bind(tokens);
    for (std::size_t e = 0; e <= engine_count; ++e) engine.posts[e].bind(e == engine_count ? done : others);
    for (auto* port : {&engine.weight_memory, &engine.activation_memory, &engine.accumulator_memory})
      port->bind(contents);
    scoreboard.completed = [this](const Issued& issued) { completed.add(run.now(), issued.index); };
  }
  /// A load of the program is issued, starts and completes in this cycle, and posts its token.
  void complete_load(Cycles now, std::uint32_t index) {
    const std::uint32_t place = scoreboard.issue(now, index, {});
    static_cast<void>(scoreboard.start(now, place, Engine::load));
    scoreboard.complete(now, place, {}, {});
    tokens.post(Engine::load);
  }
  /// Posts instruction `index` in cycle `at`.
  void post_at(Cycles now, Cycles at, std::uint32_t index) {
    if (now == at) queue.post(scoreboard.issue(now, index, {}));
  }

  Program program;
  RunControl run;
  LoadedProgram loaded;
  Scoreboard scoreboard;
  Channel<std::uint32_t> queue{"queue", run, 8};
  Tokens tokens{"tokens", run}, done{"done", run}, others{"others", run};
  FakeContents contents;
  Log completed;  ///< instructions
};

}  // namespace tricycle::test
