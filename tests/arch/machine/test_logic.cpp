// SPDX-License-Identifier: Apache-2.0
// The plain logic under the SystemC units: time may pass in any portions up to the horizon, with the same
// result.
#include <deque>
#include <sstream>

#include "arch/units/array/pipeline.hpp"
#include "arch/units/control/countdown.hpp"
#include "arch/units/dram/dram_pipe.hpp"
#include "arch/units/transfer/dma_logic.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

enum class Portions { whole, two, ones };

/// Lets `n` cycles pass at once, in two portions, or one by one.
template <class Logic>
void pass(Logic& logic, Cycles n, Portions portions, Random& random) {
  if (portions == Portions::whole) {
    logic.advance(n);
  } else if (portions == Portions::two && n > 1) {
    const Cycles first = 1 + random.below(n - 1);
    logic.advance(first);
    logic.advance(n - first);
  } else {
    for (Cycles i = 0; i < n; ++i) logic.advance(1);
  }
}

/// The cycles to the next thing that happens: by itself, or what the history does to it at random.
template <class Logic>
Cycles next_step(const Logic& logic, Random& history) {
  const Cycles outside = 1 + history.below(12);
  return std::min(outside, logic.horizon());
}

std::string pipeline_history(std::uint64_t seed, Portions portions) {
  Random history(seed), split(seed + 1);
  Pipeline<int> pipeline(history.below(7));
  std::ostringstream log;
  Cycles now = 0;
  int work = 0;
  for (int step = 0; step < 200; ++step) {
    while (pipeline.due()) log << now << " out " << pipeline.finish() << '\n';
    if (pipeline.can_start() && history.chance(0.6)) {
      pipeline.start(1 + history.below(9), ++work);
      log << now << " in " << work << '\n';
    }
    log << pipeline.horizon() << pipeline.taking_in() << pipeline.empty() << '\n';
    if (pipeline.horizon() == 0) continue;  // latency 0: due in the cycle it was taken in
    const Cycles n = next_step(pipeline, history);
    pass(pipeline, n, portions, split);
    now += n;
  }
  return log.str();
}

std::string dram_history(std::uint64_t seed, Portions portions) {
  Random history(seed), split(seed + 1);
  const double bytes_per_cycle = static_cast<double>(history.between(1, 400)) / 10;
  DramPipe pipe(bytes_per_cycle, history.between(1, 15));
  std::ostringstream log;
  Cycles now = 0;
  for (int step = 0; step < 300; ++step) {
    while (pipe.due()) {
      const DramRequest request = pipe.finish();
      log << now << " answers " << request.bytes << request.is_write() << '\n';
    }
    while (history.chance(0.4))
      pipe.accept({.bytes = static_cast<std::uint32_t>(1 + history.below(64)),
                   .client = history.chance(0.5) ? DramClient::store : DramClient::load});
    log << pipe.horizon() << pipe.moving() << '\n';
    const Cycles n = next_step(pipe, history);
    pass(pipe, n, portions, split);
    now += n;
  }
  return log.str();
}

std::string dma_history(std::uint64_t seed, Portions portions) {
  Random history(seed), split(seed + 1);
  DmaLogic dma({.setup_cycles = history.between(1, 9),
                .burst_bytes = history.between(1, 32),
                .outstanding = history.between(1, 6),
                .ports = history.between(1, 3)},
               history.between(1, 40));
  std::ostringstream log;
  Cycles now = 0;
  std::uint32_t work = 0;
  std::deque<DmaBurst> unanswered;
  for (int step = 0; step < 300; ++step) {
    while (!unanswered.empty() && history.chance(0.4)) {
      const std::size_t any = history.below(unanswered.size());  // answers come in any order
      dma.answer(unanswered[any].transfer, unanswered[any].bytes);
      unanswered.erase(unanswered.begin() + static_cast<std::ptrdiff_t>(any));
    }
    while (dma.due()) log << now << " finishes " << dma.finish() << '\n';
    if (dma.can_start() && !dma.asked_now() && history.chance(0.5)) {
      const std::uint64_t elements = history.chance(0.5) ? 0 : 1 + history.below(500);
      dma.start(++work, {1 + history.below(4), 1 + history.below(80), 1000, 100}, 0, elements);
      log << now << " starts " << work << '\n';
    }
    while (dma.can_ask()) {
      unanswered.push_back(dma.ask());
      log << now << " asks " << unanswered.back().bytes << " at " << unanswered.back().address << '\n';
    }
    log << dma.horizon() << dma.can_start() << dma.can_ask() << dma.empty() << '\n';
    const Cycles n = next_step(dma, history);
    pass(dma, n, portions, split);
    now += n;
  }
  return log.str();
}

std::string countdown_history(std::uint64_t seed, Portions portions) {
  Random history(seed), split(seed + 1);
  Countdown<int> countdown;
  std::ostringstream log;
  Cycles now = 0, last = 0;
  for (int step = 0; step < 200; ++step) {
    while (countdown.due()) log << now << " out " << countdown.pop() << '\n';
    while (history.chance(0.4)) {
      last = std::max(last, now + 1) + history.below(6);
      countdown.push(last - now, step);
    }
    log << countdown.horizon() << countdown.empty() << '\n';
    const Cycles n = next_step(countdown, history);
    pass(countdown, n, portions, split);
    now += n;
  }
  return log.str();
}

template <class History>
void check_portions(History history) {
  std::size_t longest = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const std::string whole = history(seed, Portions::whole);
    REQUIRE(history(seed, Portions::two) == whole);
    REQUIRE(history(seed, Portions::ones) == whole);
    longest = std::max(longest, whole.size());
  }
  CHECK(longest > 1000);
}

}  // namespace

TEST_CASE("a pipeline's 200 random histories are the same in whole, halved and single cycles") {
  check_portions(pipeline_history);
}

TEST_CASE("the DRAM pipe's 200 random histories are the same in whole, halved and single cycles") {
  check_portions(dram_history);
}

TEST_CASE("the load engine's 200 random histories are the same in whole, halved and single cycles") {
  check_portions(dma_history);
}

TEST_CASE("a countdown's 200 random histories are the same in whole, halved and single cycles") {
  check_portions(countdown_history);
}

TEST_CASE(
    "a pipeline of latency 3 gives back work of 4 cycles after 4 - 1 + 3, and starts the next after 4") {
  Pipeline<int> pipeline(3);
  pipeline.start(4, 7);
  CHECK_FALSE(pipeline.can_start());
  CHECK(pipeline.horizon() == 4);
  pipeline.advance(3);
  CHECK_FALSE(pipeline.can_start());
  pipeline.advance(1);
  CHECK(pipeline.can_start());
  CHECK(pipeline.horizon() == 2);
  pipeline.advance(1);
  CHECK_FALSE(pipeline.due());
  pipeline.advance(1);
  REQUIRE(pipeline.due());
  CHECK(pipeline.finish() == 7);
  CHECK(pipeline.empty());
  CHECK(pipeline.horizon() == never);
}

TEST_CASE(
    "a DRAM pipe of 16 bytes per cycle and latency 20 answers 16 bytes after 21 cycles and 17 after 22") {
  for (const std::uint32_t bytes : {16U, 17U}) {
    DramPipe pipe(16, 20);
    pipe.accept({.bytes = bytes});
    Cycles passed = 0;
    while (!pipe.due()) {
      const Cycles n = pipe.horizon();
      pipe.advance(n);
      passed += n;
    }
    CHECK(passed == (bytes == 16 ? 21 : 22));
    CHECK(pipe.finish().bytes == bytes);
    CHECK(pipe.horizon() == never);
  }
}

TEST_CASE("a load of 2 rows of 20 bytes in bursts of 16 asks for 16, 4, 16 and 4 bytes") {
  DmaLogic dma({.setup_cycles = 2, .burst_bytes = 16, .outstanding = 8});
  dma.start(5, {2, 20, 1000, 32});
  CHECK_FALSE(dma.can_ask());
  CHECK(dma.horizon() == 2);
  dma.advance(1);
  CHECK_FALSE(dma.can_ask());
  std::uint64_t next = 1000;
  for (const std::uint32_t bytes : {16U, 4U, 16U, 4U}) {
    dma.advance(1);
    REQUIRE(dma.can_ask());
    const DmaBurst burst = dma.ask();
    CHECK(burst.bytes == bytes);
    CHECK(burst.address == next);
    next = next == 1000 || next == 1032 ? next + 16 : 1032;
  }
  CHECK(dma.can_start());
  CHECK(dma.asked_now());  // so not in this cycle
  for (const std::uint32_t bytes : {16U, 4U, 16U, 4U}) {
    CHECK_FALSE(dma.due());
    dma.answer(0, bytes);
  }
  REQUIRE(dma.due());
  CHECK(dma.finish() == 5);
  CHECK(dma.empty());
}

TEST_CASE("100 elements of 20 bytes, decoded 30 a cycle, are done 4 cycles after their answers and not 3") {
  DmaLogic dma({.setup_cycles = 1, .burst_bytes = 16, .outstanding = 8}, 30);
  dma.start(7, {1, 20}, 0, 100);
  dma.advance(1);
  CHECK(dma.ask().bytes == 16);
  dma.advance(1);
  CHECK(dma.ask().bytes == 4);
  dma.answer(0, 16);  // 80 elements
  dma.answer(0, 4);
  CHECK(dma.horizon() == 1);  // another may be asked for
  dma.advance(1);
  CHECK(dma.horizon() == 3);
  dma.advance(2);
  CHECK_FALSE(dma.due());
  dma.advance(1);
  REQUIRE(dma.due());
  CHECK(dma.finish() == 7);
}

TEST_CASE("of 16 of 20 bytes 80 of 100 elements are there to decode, and the last 20 wait for their burst") {
  DmaLogic dma({.setup_cycles = 1, .burst_bytes = 16, .outstanding = 8}, 1000);
  dma.start(7, {1, 20}, 0, 100);
  dma.advance(1);
  static_cast<void>(dma.ask());
  dma.advance(1);
  static_cast<void>(dma.ask());
  dma.answer(0, 16);
  dma.advance(5);
  CHECK(dma.horizon() == never);
  dma.answer(0, 4);
  CHECK_FALSE(dma.due());
  CHECK(dma.horizon() == 1);
  dma.advance(1);
  CHECK(dma.due());
}
