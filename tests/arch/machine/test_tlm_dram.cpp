// SPDX-License-Identifier: Apache-2.0
// A machine with a foreign memory at its DRAM end: a small TLM-2.0 target instead of our own DRAM.
#include "arch/units/dram/tlm_dram.hpp"

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_target_socket.h>

#include "arch/machine/machine.hpp"
#include "tests/arch/machine/fakes.hpp"
#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// How a target ends requests and answers.
struct Manner {
  enum Ends { at_once, later, with_response, completes } ends = at_once;
  bool in_order = true;    ///< bytes move one burst after another; false: each burst has a latency of its own
  double cycle_ns = 1;     ///< a core cycle
  bool fails = false;      ///< answers with an error
  bool answers = true;     ///< at all
  bool has_clock = false;  ///< of its own, which never ends
  double ends_after = 0.5;  ///< cycles until a request ends, where that is later
};

/// A memory of 16 bytes a cycle and 20 cycles of latency, as the test machines' ideal DRAM.
class Target final : public sc_core::sc_module {
 public:
  Target(const sc_core::sc_module_name& name, const Manner& manner) : sc_module(name), manner_(manner) {
    socket.register_nb_transport_fw(this, &Target::nb_transport_fw);
    SC_HAS_PROCESS(Target);
    SC_METHOD(respond);
    sensitive << responses_.get_event();
    dont_initialize();
    SC_METHOD(end_request);
    sensitive << requests_.get_event();
    dont_initialize();
    if (!manner.has_clock) return;
    SC_METHOD(tick);
  }
  tlm_utils::simple_target_socket<Target> socket{"socket"};
  std::size_t most_outstanding = 0;
  bool out_of_order = false;  ///< a burst was answered before one that came earlier

 private:
  [[nodiscard]] sc_core::sc_time cycles(double n) const {
    return sc_core::sc_time(n * manner_.cycle_ns, sc_core::SC_NS);
  }
  /// From now until the response begins: in the cycle before the one in which the ideal pipe answers.
  sc_core::sc_time latency_of(const tlm::tlm_generic_payload& burst) {
    if (!manner_.in_order) return cycles(static_cast<double>(10 + burst.get_address() / 16 % 7));
    // Bytes move one after another, 16 in a cycle, of whatever bursts.
    const auto now = static_cast<std::uint64_t>(sc_core::sc_time_stamp() / cycles(1) + 0.5);
    moved_ = std::max(moved_, 16 * now) + burst.get_data_length();
    return cycles(static_cast<double>((moved_ + 15) / 16 - now + 20 - 1));
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
    if (phase != tlm::BEGIN_REQ) throw std::logic_error("a phase that a target does not know");
    if (in_request_) throw std::logic_error("a request begins before the one before it has ended");
    const sc_core::sc_time latency = latency_of(burst);
    order_.push_back(&burst);
    most_outstanding = std::max(most_outstanding, order_.size());
    if (manner_.ends == Manner::completes) {
      finish(burst);
      delay = latency;
      return tlm::TLM_COMPLETED;
    }
    if (manner_.ends == Manner::with_response) {
      finish(burst);
      delay = latency;
      phase = tlm::BEGIN_RESP;
      return tlm::TLM_UPDATED;
    }
    burst.acquire();
    if (manner_.answers) responses_.notify(burst, latency);
    if (manner_.ends == Manner::at_once) {
      phase = tlm::END_REQ;
      return tlm::TLM_UPDATED;
    }
    in_request_ = true;
    requests_.notify(burst, cycles(manner_.ends_after));
    return tlm::TLM_ACCEPTED;
  }

  void tick() { next_trigger(cycles(0.3)); }
  void end_request() {
    while (tlm::tlm_generic_payload* burst = requests_.get_next_transaction()) {
      tlm::tlm_phase phase = tlm::END_REQ;
      sc_core::sc_time delay;
      in_request_ = false;
      socket->nb_transport_bw(*burst, phase, delay);
    }
  }
  void respond() {
    while (tlm::tlm_generic_payload* burst = responses_.get_next_transaction()) {
      finish(*burst);
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_core::sc_time delay;
      if (socket->nb_transport_bw(*burst, phase, delay) != tlm::TLM_COMPLETED)
        throw std::logic_error("a response that is not taken at once");
      burst->release();
    }
  }
  void finish(tlm::tlm_generic_payload& burst) {
    burst.set_response_status(manner_.fails ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE);
    const auto at = std::find(order_.begin(), order_.end(), &burst);
    out_of_order = out_of_order || at != order_.begin();
    order_.erase(at);
  }

  Manner manner_;
  std::uint64_t moved_ = 0;  ///< bytes that could have moved since time 0, to the last one that does
  bool in_request_ = false;
  std::vector<tlm::tlm_generic_payload*> order_;  ///< unanswered bursts as they came
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> requests_{"requests"}, responses_{"responses"};
};

/// Memories as before the first inference: accumulators keep what one leaves.
void prepare(const MemoryView& memories) {
  fill(memories, 1);
  std::fill(memories.accumulator.begin(), memories.accumulator.end(), std::uint8_t{0});
}

/// What a run measured, without the busy times of DRAM, which a foreign memory does not tell.
std::string measured(Inference inference) {
  std::erase_if(inference.units, [](const UnitTimes& unit) { return unit.name == "dram"; });
  return text_of(inference);
}

/// Runs a program twice with a target at its DRAM end. `tell` says what is looked at.
template <class Tell>
std::string with_target(const Program& program, const Manner& manner, bool lockstep, Tell tell,
                        Cycles limit = 1'000'000) {
  return in_context([&] {
    Target target("target", manner);
    MachineOptions options;
    options.lockstep = lockstep;
    options.cycle_limit = limit;
    const ForeignDram foreign = {[&](const char* name, RunControl& run, std::uint64_t bytes) {
                                   auto dram = std::make_unique<TlmDram>(name, run, bytes);
                                   dram->socket.bind(target.socket);
                                   return dram;
                                 },
                                 sc_core::sc_time(manner.cycle_ns, sc_core::SC_NS)};
    Machine machine("machine", full_machine(), program, 9, dram_bytes, options, &foreign);
    prepare(machine.memories());
    std::string first;
    const std::string error = message_of([&] { first = measured(machine.run()); });
    if (!error.empty()) return error;
    prepare(machine.memories());
    const std::string second = measured(machine.run());
    if (first != second) return "the second inference differs:\n" + first + '\n' + second;
    return tell(target, first, crc_of(machine.memories()));
  });
}

/// The same with our own DRAM.
std::string with_our_own(const Program& program) {
  return in_context([&] {
    Machine machine("machine", full_machine(), program, 9, dram_bytes, {});
    std::string text;
    for (int i = 0; i < 2; ++i) {
      prepare(machine.memories());
      text = measured(machine.run());
    }
    return text + ' ' + std::to_string(crc_of(machine.memories()));
  });
}

const auto everything = [](const Target&, const std::string& text, std::uint32_t crc) {
  return text + ' ' + std::to_string(crc);
};

Program some_program(std::uint64_t seed) {
  Random random(seed);
  return random_program(random, full_machine());
}

}  // namespace

TEST_CASE("a TLM target with the ideal DRAM's bandwidth and latency gives its cycles and values") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Program program = some_program(seed);
    const std::string own = with_our_own(program);
    for (const bool lockstep : {false, true}) {
      INFO(seed << ' ' << lockstep);
      CHECK(with_target(program, {}, lockstep, everything) == own);
    }
  }
}

TEST_CASE(
    "a TLM target that ends its requests with its responses has one burst outstanding, and the values are "
    "the "
    "same") {
  const Program program = {make(load_of(1, 64)), halt()};
  const std::string own = with_our_own(program);
  for (const Manner::Ends ends : {Manner::with_response, Manner::completes}) {
    for (const bool lockstep : {false, true}) {
      const std::string found = with_target(program, {.ends = ends}, lockstep, everything);
      // Sent in 8; each is answered 21 cycles later, and then the next is sent.
      CHECK(found.substr(0, found.find('\n')) == "finished " + std::to_string(8 + 4 * 21 + 2));
      CHECK(found.substr(found.rfind(' ')) == own.substr(own.rfind(' ')));
    }
  }
}

TEST_CASE("a TLM target with a core cycle of 1.25 ns gives the same cycles as one of 1 ns") {
  const Program program = some_program(3);
  CHECK(with_target(program, {.cycle_ns = 1.25}, false, everything) == with_our_own(program));
}

TEST_CASE("a TLM target may answer in any order, with several bursts outstanding: the values are the same") {
  const Program program = {make(load_of(8, 64), {}, set_of({Engine::array})),
                           make(load_of(8, 64, Memory::activation)), halt()};
  const auto values = [](const Target& target, const std::string& text, std::uint32_t crc) {
    if (!target.out_of_order) return std::string("all bursts are answered in order");
    if (target.most_outstanding < 8) return std::string("at most 7 are outstanding");
    return text.substr(0, 8) + ' ' + std::to_string(crc);
  };
  const std::string own = with_our_own(program);
  for (const bool lockstep : {false, true}) {
    const std::string found = with_target(program, {.in_order = false}, lockstep, values);
    CHECK(found.substr(0, 8) == "finished");
    CHECK(own.ends_with(found.substr(9)));
  }
}

TEST_CASE("a TLM target that ends a request within its cycle gets the next in the cycle after") {
  // A load of 4 bursts, started in 3: sent in 8 and in each cycle after it, as if each had ended at once.
  const Program program = {make(load_of(1, 64)), halt()};
  const auto text = [](const Target&, const std::string& all, std::uint32_t) {
    return all.substr(0, all.find('\n'));
  };
  CHECK(with_target(program, {.ends = Manner::later}, false, text) ==
        with_target(program, {.ends = Manner::at_once}, false, text));
  CHECK(with_target(program, {.ends = Manner::later}, true, text) ==
        with_target(program, {.ends = Manner::at_once}, true, text));
}

TEST_CASE("a TLM target's error response ends the inference with an error that names memory and burst") {
  CHECK(
      with_target({make(load_of(1, 16)), halt()}, {.fails = true}, false,
                  [](const Target&, const std::string&, std::uint32_t) { return std::string("no error"); }) ==
      "the memory at 'machine.dram' answers the burst of 16 bytes at 0 with TLM_ADDRESS_ERROR_RESPONSE");
}

TEST_CASE(
    "beside a TLM target with a clock of its own a deadlock and the limit end an inference as without") {
  const Program waits = {make(load_of(1, 64), set_of({Engine::vector})), halt()};
  const Program runs = {make(load_of(1, 64)), halt()};
  const auto first_line = [](const Target&, const std::string& all, std::uint32_t) {
    return all.substr(0, all.find('\n'));
  };
  for (const bool lockstep : {false, true}) {
    for (const bool has_clock : {false, true}) {
      const Manner manner = {.has_clock = has_clock};
      CHECK(with_target(waits, manner, lockstep, first_line) == "deadlock 3");
      CHECK(with_target(runs, manner, lockstep, first_line) == "finished 34");
      CHECK(with_target(runs, manner, lockstep, first_line, 20) == "cycle limit 20");
    }
  }
}

TEST_CASE(
    "a TLM target that never answers ends an inference in a deadlock, or at the limit where time goes on") {
  const Program program = {make(load_of(1, 64)), halt()};
  const auto first_line = [](const Target&, const std::string& all, std::uint32_t) {
    return all.substr(0, all.find('\n'));
  };
  CHECK(with_target(program, {.answers = false}, false, first_line).starts_with("deadlock "));
  CHECK(with_target(program, {.answers = false, .has_clock = true}, false, first_line, 9000) ==
        "cycle limit 9000");
  CHECK(with_target(program, {.answers = false}, true, first_line, 9000) == "cycle limit 9000");
}

TEST_CASE("a TLM target that ends a request after the limit of an inference gets the next one's after that") {
  // The first request, sent in 8, ends in 23; the limit stops the first inference in 10. The second would
  // send its own in 19 of the same count, where the target would refuse it.
  const Program program = {make(load_of(1, 16)), halt()};
  const auto text = [](const Target&, const std::string& all, std::uint32_t) {
    return all.substr(0, all.find('\n'));
  };
  for (const bool lockstep : {false, true})
    CHECK(with_target(program, {.ends = Manner::later, .ends_after = 15.5}, lockstep, text, 10) ==
          "cycle limit 10");
}
