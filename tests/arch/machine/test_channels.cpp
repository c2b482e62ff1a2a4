// SPDX-License-Identifier: Apache-2.0
#include "arch/units/channel.hpp"
#include "tests/catch.hpp"

using namespace tricycle;

namespace {

EngineSet only(Engine engine) {
  EngineSet set;
  set.add(engine);
  return set;
}

}  // namespace

TEST_CASE("E2: a message posted in cycle 5 is not there in 5 and there in 6") {
  Channel<int> channel;
  channel.post(5, 42);
  CHECK_FALSE(channel.has(5));
  REQUIRE(channel.has(6));
  CHECK(channel.front() == 42);
  CHECK(channel.take(6) == 42);
  CHECK_FALSE(channel.has(6));
}

TEST_CASE("E2: messages come out in the order in which they went in, each a cycle after its post") {
  Channel<int> channel;
  channel.post(5, 1);
  channel.post(5, 2);
  channel.post(6, 3);
  CHECK(channel.take(6) == 1);
  CHECK(channel.take(6) == 2);
  CHECK_FALSE(channel.has(6));
  CHECK(channel.take(7) == 3);
}

TEST_CASE("E3: a channel for 2 refuses the third, and a slot freed in cycle 6 is free in 7") {
  Channel<int> channel(2);
  CHECK(channel.can_post(4));
  channel.post(4, 1);
  CHECK(channel.can_post(5));
  channel.post(5, 2);
  CHECK_FALSE(channel.can_post(6));
  channel.take(6);
  CHECK_FALSE(channel.can_post(6));
  CHECK(channel.can_post(7));
}

TEST_CASE("E3: two slots freed in cycle 6 are both free in 7 and not before") {
  Channel<int> channel(2);
  channel.post(4, 1);
  channel.post(4, 2);
  channel.take(6);
  channel.take(6);
  CHECK_FALSE(channel.can_post(6));
  REQUIRE(channel.can_post(7));
  channel.post(7, 3);
  REQUIRE(channel.can_post(7));
  channel.post(7, 4);
  CHECK_FALSE(channel.can_post(7));
}

TEST_CASE("E3: in a channel for 1, post and take alternate: a slot comes free every 2 cycles") {
  Channel<int> channel(1);
  int taken = 0;
  for (Cycles now = 0; now < 20; ++now) {
    // Whether the poster or the taker comes first within a cycle makes no difference.
    const bool poster_first = now % 3 == 0;
    if (poster_first && channel.can_post(now)) channel.post(now, 0);
    if (channel.has(now)) taken += 1 + channel.take(now);
    if (!poster_first && channel.can_post(now)) channel.post(now, 0);
  }
  CHECK(taken == 10);
}

TEST_CASE("a channel that was reset is empty and has all its slots, in the same cycle even") {
  Channel<int> channel(1);
  channel.post(3, 1);
  channel.take(4);
  channel.reset();
  CHECK(channel.can_post(4));
  CHECK_FALSE(channel.has(9));
}

TEST_CASE("E2: a semaphore posted in cycle 5 cannot be taken in 5 and can be in 6, once") {
  Semaphores semaphores;
  semaphores.post(Engine::load, Engine::array, 5);
  CHECK(semaphores.available(Engine::load, Engine::array, 5) == 0);
  CHECK_FALSE(semaphores.take(only(Engine::load), Engine::array, 5));
  CHECK(semaphores.available(Engine::load, Engine::array, 6) == 1);
  CHECK(semaphores.take(only(Engine::load), Engine::array, 6));
  CHECK_FALSE(semaphores.take(only(Engine::load), Engine::array, 6));
}

TEST_CASE("E2: 2 posts in cycle 5 and 1 in 6 are 2 tokens in 6 and 3 in 7") {
  Semaphores semaphores;
  semaphores.post(Engine::load, Engine::array, 5);
  semaphores.post(Engine::load, Engine::array, 5);
  CHECK(semaphores.available(Engine::load, Engine::array, 5) == 0);
  semaphores.post(Engine::load, Engine::array, 6);
  CHECK(semaphores.available(Engine::load, Engine::array, 6) == 2);
  CHECK(semaphores.available(Engine::load, Engine::array, 7) == 3);
}

TEST_CASE("E1: a take from 2 engines takes both tokens or neither") {
  Semaphores semaphores;
  EngineSet both = only(Engine::load);
  both.add(Engine::vector);
  semaphores.post(Engine::load, Engine::array, 1);
  CHECK_FALSE(semaphores.take(both, Engine::array, 2));
  CHECK(semaphores.available(Engine::load, Engine::array, 2) == 1);
  semaphores.post(Engine::vector, Engine::array, 2);
  CHECK(semaphores.take(both, Engine::array, 3));
  CHECK(semaphores.available(Engine::load, Engine::array, 3) == 0);
  CHECK(semaphores.available(Engine::vector, Engine::array, 3) == 0);
}

TEST_CASE("the 16 pairs of engines have a semaphore each: a post for one is no token for the 15 others") {
  for (int from = 0; from < engine_count; ++from) {
    for (int to = 0; to < engine_count; ++to) {
      Semaphores semaphores;
      semaphores.post(static_cast<Engine>(from), static_cast<Engine>(to), 0);
      int tokens = 0;
      for (int f = 0; f < engine_count; ++f) {
        for (int t = 0; t < engine_count; ++t) {
          const bool own = f == from && t == to;
          const auto found = semaphores.available(static_cast<Engine>(f), static_cast<Engine>(t), 1);
          CHECK(found == (own ? 1U : 0U));
          ++tokens;
        }
      }
      CHECK(tokens == 16);
    }
  }
}

TEST_CASE("an instruction that waits for nobody takes 0 tokens and may always start") {
  Semaphores semaphores;
  CHECK(semaphores.take({}, Engine::array, 0));
}
