// SPDX-License-Identifier: Apache-2.0
// The output stage alone between fakes of the sequencer and of the array: what of the rules O1 and O4 is its
// own. How long the sums of a group take it (O2, O3, O5, O6) the array says: test_array_before_stage.cpp.
#include "arch/units/output/output_stage.hpp"
#include "tests/arch/machine/fakes.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// In which cycle a fake array tells that the last sums of a matmul come, and for how many cycles.
struct LastSums {
  Cycles in, cycles;
};
struct StageRun {
  std::int64_t tiles = 4, latency = 2;
  std::uint32_t instructions = 1;  ///< posted in cycle 0
  std::vector<Cycles> feeds = {};  ///< in which the array tells that a matmul feeds
  std::vector<LastSums> sums = {};
  Cycles token_in = never;  ///< a semaphore for each instruction; never: they wait for none
  bool functional = false;
};

struct Told {
  std::string started, completed, busy, sums;
};

/// The cycles in which the array sees that instructions were started and in which they complete, cycles
/// "busy, stalled", and of how many matmuls sums are left in it at each completion.
Told told(const StageRun& what) {
  Told all;
  const std::string text = both_modes([&](bool lockstep) {
    MachineSpec spec = staged_machine();
    spec.output_stage.tiles = what.tiles;
    spec.output_stage.latency_cycles = what.latency;
    const EngineSet wait = what.token_in == never ? EngineSet{} : set_of({Engine::load});
    Program program(what.instructions, make(on_sums(threshold_of(2, 3, 1)), wait));
    for (std::uint32_t i = 0; what.token_in != never && i < what.instructions; ++i)
      program.push_back(make(load_of(1, 4, Memory::weight), {}, set_of({Engine::output_stage})));
    program.push_back(halt());
    EngineBench bench(spec, program, 60, lockstep, what.functional);
    Channel<std::uint32_t> staged("staged", bench.run), fed("fed", bench.run);
    Channel<Cycles> summed("summed", bench.run);
    OutputStage unit("unit", bench.run, bench.loaded, bench.scoreboard);
    bench.bind(unit);
    unit.staged.bind(staged);
    unit.fed.bind(fed);
    unit.summed.bind(summed);
    Log started, left;
    bench.scoreboard.completed = [&](const Issued& issued) {
      bench.completed.add(bench.run.now(), issued.index);
      left.add(bench.run.now(), unit.sums().size());
    };
    Fake around("around", bench.run, [&](Cycles now) {
      for (std::uint32_t i = 0; i < what.instructions; ++i) {
        bench.post_at(now, 0, i);
        if (now == what.token_in) bench.complete_load(now, what.instructions + i);
      }
      while (staged.has()) started.add(now, staged.take());
      for (const Cycles cycle : what.feeds) {
        if (now == cycle) fed.post(0);
      }
      for (const LastSums& last : what.sums) {
        if (now != last.in) continue;
        summed.post(last.cycles);
        if (what.functional) unit.sums_in->sums().emplace_back(2 * 3 * 4);
      }
    });
    unit.sums().emplace_back(1);  // left from a run before: reset forgets it
    run_from_reset(bench.run, {&bench.queue, &bench.tokens, &bench.done, &bench.others, &bench.scoreboard,
                               &staged, &fed, &summed, &around, &unit});
    unit.settle(60);
    all = {started.text(), bench.completed.text(),
           std::to_string(unit.time(Activity::busy)) + ", " + std::to_string(unit.time(Activity::stall)),
           left.text()};
    return all.started + " done " + all.completed + " busy " + all.busy + " sums " + all.sums;
  });
  CHECK(!text.empty());
  return all;
}

}  // namespace

TEST_CASE("O1: the output stage alone starts an instruction in each cycle from 1 on, seen a cycle later") {
  CHECK(told({.instructions = 1}).started == "2:0");
  CHECK(told({.instructions = 4}).started == "2:0 3:1 4:2 5:3");
}

TEST_CASE("O1: the output stage alone starts the cycle after a semaphore was posted, in 9 and in 10") {
  // Two tokens posted in 8 are seen in 9: instructions start in 9 and 10, which the array sees in 10 and 11.
  CHECK(told({.instructions = 2, .token_in = 8}).started == "10:0 11:1");
  CHECK(told({.instructions = 2, .token_in = 9}).started == "11:0 12:1");
}

TEST_CASE(
    "O1: the output stage alone has 4 instructions under way with 4 tiles, and the fourth later with 3") {
  // The last sums of the first are told of in 10 and taken in in 11; it is complete in 13, where the fourth
  // starts.
  const auto started = [](std::int64_t tiles) {
    return told({.tiles = tiles, .instructions = 4, .feeds = {8}, .sums = {{10, 1}}}).started;
  };
  CHECK(started(5) == "2:0 3:1 4:2 5:3");
  CHECK(started(4) == "2:0 3:1 4:2 5:3");
  CHECK(started(3) == "2:0 3:1 4:2 14:3");
  CHECK(started(2) == "2:0 3:1 14:2");
  CHECK(started(1) == "2:0 14:1");
}

TEST_CASE(
    "O4: the output stage alone completes `latency_cycles` after the last cycle in which it takes sums") {
  // Told of in 10, seen in 11, taken in until 11 + cycles - 1.
  const auto completed = [](std::int64_t latency, Cycles cycles) {
    return told({.latency = latency, .feeds = {8}, .sums = {{10, cycles}}}).completed;
  };
  CHECK(completed(2, 1) == "13:0");
  CHECK(completed(3, 1) == "14:0");
  CHECK(completed(2, 2) == "14:0");
  CHECK(completed(1, 6) == "17:0");
}

TEST_CASE("O4: the output stage alone takes the last sums of a matmul behind those of the one before") {
  const auto completed = [](Cycles first, Cycles second_in) {
    return told({.instructions = 2, .feeds = {8, 9}, .sums = {{10, first}, {second_in, 1}}}).completed;
  };
  // The first are taken in from 11 to 13, the second in 14, if they are seen there or before.
  CHECK(completed(3, 10) == "15:0 16:1");
  CHECK(completed(3, 13) == "15:0 16:1");
  CHECK(completed(3, 14) == "15:0 17:1");
  CHECK(completed(4, 13) == "16:0 17:1");
}

TEST_CASE("E7: the output stage alone is busy from the cycle after a matmul's start to the last sum") {
  // Started in 1, so it stalls in 1 and 2; told in 2 that the matmul feeds it is busy from 3 on, to 13 with 3
  // cycles of last sums from 11 on; it stalls in 14, and is complete in 15.
  CHECK(told({.feeds = {2}, .sums = {{10, 3}}}).busy == "11, 3");
  CHECK(told({.feeds = {3}, .sums = {{10, 3}}}).busy == "10, 4");
  CHECK(told({.feeds = {2}, .sums = {{10, 4}}}).busy == "12, 3");
  CHECK(told({.latency = 3, .feeds = {2}, .sums = {{10, 3}}}).busy == "11, 4");
  CHECK(told({}).busy == "0, 59");  // without a partner it waits, from 1 to the end
}

TEST_CASE("E5: the output stage alone takes sums out of its export when its results are complete") {
  // Both matmuls' are there from 10 on.
  StageRun what = {.instructions = 2, .feeds = {8, 9}, .sums = {{10, 1}, {10, 4}}, .functional = true};
  CHECK(told(what).completed == "13:0 17:1");
  CHECK(told(what).sums == "13:1 17:0");
  what.latency = 3;
  CHECK(told(what).sums == "14:1 18:0");
}
