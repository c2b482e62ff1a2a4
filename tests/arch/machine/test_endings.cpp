// SPDX-License-Identifier: Apache-2.0
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

std::string ending(const Program& program, MachineOptions options = {}) {
  const std::string text = run_text(small_machine(), program, options);
  options.lockstep = true;
  CHECK(run_text(small_machine(), program, options) == text);
  return text.substr(0, text.find('\n'));
}

const Instruction waits_for_store = make(threshold_of(1, 4, 1), set_of({Engine::store}));

}  // namespace

TEST_CASE(
    "E8: a semaphore that nobody posts ends in a deadlock, in the last cycle in which anything happened") {
  // Fetched by 2, dispatched in 2, seen in 3; the sequencer looks at the halt in 3. Nothing comes after that.
  CHECK(ending({waits_for_store, halt()}) == "deadlock 3");
  // The load behind it completes in 31 (dispatched in 3), and is told to the sequencer in 32.
  CHECK(ending({waits_for_store, make(load_of(1, 16)), halt()}) == "deadlock 32");
}

TEST_CASE("E8: two engines that wait for each other are a deadlock") {
  CHECK(ending({make(load_of(1, 16), set_of({Engine::vector}), set_of({Engine::vector})),
                make(threshold_of(1, 4, 1), set_of({Engine::load}), set_of({Engine::load})), halt()}) ==
        "deadlock 4");
}

TEST_CASE(
    "E8: a queue too short for what lies between a wait and its post is a deadlock, and one deeper is not") {
  // The vector unit's first waits for the store; two more lie before the store in program order.
  const auto plain = make(threshold_of(1, 4, 1));
  const Program program = {waits_for_store, plain, plain, make(store_of(1, 16), {}, set_of({Engine::vector})),
                           halt()};
  MachineSpec spec = small_machine();
  for (const bool lockstep : {false, true}) {
    spec.sequencer.queue_depth = 2;
    CHECK(run_text(spec, program, {.lockstep = lockstep}).starts_with("deadlock 4\n"));
    spec.sequencer.queue_depth = 3;
    CHECK(run_text(spec, program, {.lockstep = lockstep}).starts_with("finished "));
  }
}

TEST_CASE("E8: a program of 31 cycles finishes under a limit of 32 and is stopped by one of 31") {
  const Program program = {make(load_of(1, 16)), halt()};
  CHECK(ending(program, {.cycle_limit = 32}) == "finished 31");
  CHECK(ending(program, {.cycle_limit = 31}) == "cycle limit 31");
  CHECK(ending(program, {.cycle_limit = 20}) == "cycle limit 20");
  CHECK(ending(program, {.cycle_limit = 1}) == "cycle limit 1");
}

TEST_CASE(
    "E8: a deadlock in cycle 32 is a deadlock under every limit above 32, and under 32 the limit comes "
    "first") {
  const Program program = {waits_for_store, make(load_of(1, 16)), halt()};
  CHECK(ending(program, {.cycle_limit = 34}) == "deadlock 32");
  CHECK(ending(program, {.cycle_limit = 33}) == "deadlock 32");
  CHECK(ending(program, {.cycle_limit = 32}) == "cycle limit 32");
  CHECK(ending(program, {.cycle_limit = 31}) == "cycle limit 31");
}

TEST_CASE("E8: after a deadlock the machine still runs the next inference from reset, with the same end") {
  const Program program = {waits_for_store, make(load_of(1, 16)), halt()};
  for (const bool lockstep : {false, true}) {
    CHECK(simulate(small_machine(), program, {.lockstep = lockstep}, [](Elaboration& machine) {
            const std::string first = text_of(machine.run());
            return first == text_of(machine.run()) ? first.substr(0, first.find('\n')) : "they differ";
          }) == "deadlock 32");
  }
}

TEST_CASE("E8: after a cycle limit the next inference is stopped in the same cycle") {
  const Program program = {make(load_of(1, 160)), halt()};
  for (const bool lockstep : {false, true}) {
    CHECK(simulate(
              small_machine(), program, {.lockstep = lockstep, .cycle_limit = 25}, [](Elaboration& machine) {
                const std::string first = text_of(machine.run());
                return first == text_of(machine.run()) ? first.substr(0, first.find('\n')) : "they differ";
              }) == "cycle limit 25");
  }
}
