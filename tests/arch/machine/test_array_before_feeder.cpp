// SPDX-License-Identifier: Apache-2.0
// The array alone before a fake feeder, which says that a run takes 40 cycles: what of the rules F1 to F6 is
// the array's. The first matmul starts in 1 and asks in 2.
#include <deque>

#include "arch/units/array/processing_array.hpp"
#include "tests/arch/machine/fakes.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// The small machine with a line buffer and one row, weight-stationary: 3 x 16 bits of weights, 3 sums.
MachineSpec buffered() {
  MachineSpec spec = small_machine();
  spec.array.rows = 1;
  spec.array.dataflow = Dataflow::weight_stationary;
  spec.array.feeder = {.kind = FeederKind::line_buffer,
                       .pixels_per_cycle = 3,
                       .weight_latency_cycles = 3,
                       .drain_cycles = 2,
                       .restart_cycles = 2};
  spec.weight_memory = {.size_KiB = 6, .banks = 1, .width_bits = 48};
  return spec;
}

/// 2 x 2 windows of one tap of 8 elements, a word.
isa::Matmul four_windows(std::uint32_t cols = 3, std::uint32_t elements = 8) {
  return convolution_of(2, 2, cols, 1, elements);
}

struct Matmuls {
  std::vector<isa::Matmul> all = {};
  Cycles second_in = 0;     ///< in which the sequencer sends the second
  Cycles token_in = never;  ///< for the second, which waits for none without
};

struct Asked {
  std::string ready;      ///< the cycles in which it asks, each with that from which windows may be read
  std::string fetch;      ///< with those of a write
  std::string hold;       ///< with those of a window
  std::string tiles;      ///< the cycles in which the unit of arithmetic sees tiles, with those of their feed
  std::string completed;  ///< those in which matmuls complete
};

class FakeFeeder final : public WindowFeed {
 public:
  explicit FakeFeeder(const RunControl& run) : run_(run) {}
  Cycles cycles_to_rest(const FeedShape& shape, Cycles cycles) override {
    ready.add(run_.now(), cycles);
    fetch.add(run_.now(), shape.fetch_cycles);
    hold.add(run_.now(), shape.hold_cycles);
    return 40;
  }
  Log ready, fetch, hold;

 private:
  const RunControl& run_;
};

Asked asked(const MachineSpec& spec, const Matmuls& matmuls) {
  Asked told;
  static_cast<void>(both_modes([&](bool lockstep) {
    Program program;
    for (const isa::Matmul& matmul : matmuls.all) program.push_back(make(matmul));
    if (matmuls.token_in != never) program[1].wait.add(Engine::load);
    const auto load = static_cast<std::uint32_t>(program.size());
    program.push_back(make(load_of(1, 4, Memory::weight, 2048), {}, set_of({Engine::array})));
    program.push_back(halt());
    EngineBench bench(spec, program, 200, lockstep);
    Channel<TileWork> popcount("popcount", bench.run);
    Channel<std::uint32_t> done("popcount_done", bench.run);
    FakeAccess access;
    FakeFeeder feeder(bench.run);
    ProcessingArray unit("unit", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(unit);
    unit.access.bind(access);
    unit.feeder.bind(feeder);
    unit.tiles[ProcessingArray::port_of(UnitId::popcount)].bind(popcount);
    unit.finished[ProcessingArray::port_of(UnitId::popcount)].bind(done);
    Log tiles;
    const auto latency = static_cast<Cycles>(spec.array.depth_cycles - 2);
    std::deque<std::pair<Cycles, std::uint32_t>> in_pipeline;  // as a unit of arithmetic has them (A3)
    Fake around("around", bench.run, [&](Cycles now) {
      bench.post_at(now, 0, 0);
      if (matmuls.all.size() > 1) bench.post_at(now, matmuls.second_in, 1);
      if (now == matmuls.token_in) bench.complete_load(now, load);
      while (popcount.has()) {
        const TileWork tile = popcount.take();
        tiles.add(now, tile.cycles);
        in_pipeline.emplace_back(now + tile.cycles - 1 + latency, tile.index);
      }
      for (; !in_pipeline.empty() && in_pipeline.front().first == now; in_pipeline.pop_front())
        done.post(in_pipeline.front().second);
    });
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &popcount, &done, &around, &unit});
    told = {feeder.ready.text(), feeder.fetch.text(), feeder.hold.text(), tiles.text(),
            bench.completed.text()};
    return told.ready + '|' + told.fetch + '|' + told.hold + '|' + told.tiles + '|' + told.completed;
  }));
  return told;
}

}  // namespace

TEST_CASE("F1: the array alone asks with a cycle for a write of 48 bits through 48, and with 2 through 47") {
  const auto fetch = [](std::int64_t bits, std::int64_t pixels) {
    MachineSpec spec = buffered();
    spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = bits};
    spec.array.feeder.pixels_per_cycle = pixels;
    return asked(spec, {{four_windows()}}).fetch;
  };
  CHECK(fetch(48, 3) == "2:1");
  CHECK(fetch(47, 3) == "2:2");
  CHECK(fetch(48, 4) == "2:2");
}

TEST_CASE("F2: weight-stationary, the array alone holds a window as long as 96 bits of sums take") {
  const auto told = [](std::int64_t bits) {
    MachineSpec spec = buffered();
    spec.accumulator_memory = {.size_KiB = 6, .banks = 1, .width_bits = bits};
    return asked(spec, {{four_windows()}});
  };
  // The feeder rests in 1 + 40, 2 cycles after the last window: 4 are fed from 36 to 39, seen a cycle later.
  CHECK(told(96).hold == "2:1");
  CHECK(told(96).tiles == "37:4");
  CHECK(told(95).hold == "2:2");
  CHECK(told(95).tiles == "33:8");
}

TEST_CASE("F2: output-stationary, the array alone holds a window for all words of all groups of columns") {
  const auto told = [](std::uint32_t cols, std::uint32_t elements, std::int64_t bits = 48) {
    MachineSpec spec = buffered();
    spec.array.dataflow = Dataflow::output_stationary;
    spec.weight_memory.width_bits = bits;
    const Asked all = asked(spec, {{four_windows(cols, elements)}});
    return all.hold + ", " + all.tiles;
  };
  CHECK(told(3, 8) == "2:1, 37:4");
  CHECK(told(4, 8) == "2:2, 33:8");
  CHECK(told(3, 9) == "2:2, 33:8");
  CHECK(told(4, 9) == "2:4, 25:16");
  CHECK(told(3, 8, 47) == "2:2, 33:8");
}

TEST_CASE("F4: the array alone lets windows be read 3 cycles and a weight load of 48 bits after the start") {
  const auto ready = [](std::int64_t bits, std::int64_t latency, std::int64_t read = 1) {
    MachineSpec spec = buffered();
    spec.weight_memory.width_bits = bits;
    spec.weight_memory.latency_cycles = read;
    spec.array.feeder.weight_latency_cycles = latency;
    return asked(spec, {{four_windows()}}).ready;
  };
  CHECK(ready(48, 3) == "2:4");
  CHECK(ready(47, 3) == "2:5");
  CHECK(ready(48, 4) == "2:5");
  CHECK(ready(48, 3, 2) == "2:5");  // R7
  MachineSpec spec = buffered();
  spec.array.dataflow = Dataflow::output_stationary;
  CHECK(asked(spec, {{four_windows()}}).ready == "2:0");  // nothing is loaded
}

TEST_CASE("F4: the array alone loads for the matmul behind if it sees that in 2, and its own if in 3") {
  // A load of 8 elements takes two cycles, one of 4 a single cycle.
  MachineSpec spec = buffered();
  spec.weight_memory.width_bits = 24;
  const auto ready = [&](std::uint32_t first, std::uint32_t second, Cycles second_in) {
    return asked(spec, {{four_windows(3, first), four_windows(3, second)}, second_in}).ready;
  };
  CHECK(ready(8, 4, 1) == "2:4 44:0");  // the second finds its own and has none behind
  CHECK(ready(8, 4, 2) == "2:5 44:4");
  CHECK(ready(4, 8, 1) == "2:5 44:0");
  CHECK(ready(4, 8, 2) == "2:4 44:5");
  const auto with_token = [&](Cycles token_in) {
    return asked(spec, {{four_windows(3, 8), four_windows(3, 4)}, 0, token_in}).ready;
  };
  CHECK(with_token(1) == "2:4 44:0");
  CHECK(with_token(2) == "2:5 44:4");
}

TEST_CASE(
    "F5: the array alone makes 2 rounds of 4 columns or 9 elements, the second `restart_cycles` later") {
  const auto told = [](std::uint32_t cols, std::uint32_t elements, std::int64_t restart) {
    MachineSpec spec = buffered();
    spec.array.feeder.restart_cycles = restart;
    const Asked all = asked(spec, {{four_windows(cols, elements)}});
    return all.ready + ", " + all.tiles + ", " + all.completed;
  };
  // 4 windows are fed from 36 on, seen in 37 by the unit of arithmetic, complete in 39 + 5. A round of 42 or
  // 43 cycles before it adds as many, and its windows are fed with the others.
  CHECK(told(3, 8, 2) == "2:4, 37:4, 44:0");
  CHECK(told(4, 8, 2) == "2:4 2:4, 75:8, 86:0");
  CHECK(told(4, 8, 3) == "2:4 2:4, 76:8, 87:0");
  CHECK(told(3, 9, 2) == "2:4 2:4, 75:8, 86:0");
}

TEST_CASE("F6: sums of the array alone are complete `depth_cycles` after the last window, in 39 or in 38") {
  const auto completed = [](std::int64_t depth, std::int64_t drain) {
    MachineSpec spec = buffered();
    spec.array.depth_cycles = depth;
    spec.array.feeder.drain_cycles = drain;
    return asked(spec, {{four_windows()}}).completed;
  };
  // The feeder rests in 1 + 40.
  CHECK(completed(5, 2) == "44:0");
  CHECK(completed(6, 2) == "45:0");
  CHECK(completed(5, 3) == "43:0");
}

TEST_CASE("F6: the array alone starts the next matmul `restart_cycles` after the rest in 41, and asks then") {
  const auto told = [](std::int64_t restart, std::int64_t drain) {
    MachineSpec spec = buffered();
    spec.array.feeder.restart_cycles = restart;
    spec.array.feeder.drain_cycles = drain;
    const Asked all = asked(spec, {{four_windows(), four_windows()}});
    return all.ready + ", " + all.tiles;
  };
  CHECK(told(2, 2) == "2:4 44:0, 37:4 79:4");
  CHECK(told(3, 2) == "2:4 45:0, 37:4 80:4");
  CHECK(told(0, 2) == "2:4 42:0, 37:4 77:4");
  CHECK(told(2, 3) == "2:4 44:0, 36:4 78:4");
}
