// SPDX-License-Identifier: Apache-2.0
// Channels and semaphores between two fakes: what is posted in a cycle is seen in the next, whoever acts
// first.
#include "tests/arch/machine/fakes.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

EngineSet only(Engine engine) {
  EngineSet set;
  set.add(engine);
  return set;
}

/// Runs a poster and a taker on a channel for 20 cycles, each in turn the one that acts first, and returns
/// what they logged, which must be the same.
template <class Post, class Take>
std::string both_orders(std::size_t slots, Post post, Take take) {
  std::string texts[2];
  for (const bool poster_first : {false, true}) {
    texts[poster_first ? 1 : 0] = in_context([&] {
      RunControl run(false, 20);
      Channel<int> channel("channel", run, slots);
      Log log;
      std::unique_ptr<Fake> poster, taker;
      const auto make_poster = [&] {
        poster = std::make_unique<Fake>("poster", run, [&](Cycles now) { post(channel, now, log); });
      };
      if (poster_first) make_poster();
      taker = std::make_unique<Fake>("taker", run, [&](Cycles now) { take(channel, now, log); });
      if (!poster_first) make_poster();
      run_from_reset(run, {&channel, poster.get(), taker.get()});
      return log.text();
    });
  }
  CHECK(texts[0] == texts[1]);
  return texts[0];
}

const auto take_all = [](Channel<int>& channel, Cycles now, Log& log) {
  while (channel.has()) log.add(now, channel.take());
};

/// What `watch` logs of semaphores in each cycle while `post` posts.
template <class Post, class Watch>
std::string semaphores(Post post, Watch watch) {
  return in_context([&] {
    RunControl run(false, 10);
    Tokens tokens("tokens", run);
    Log log;
    Fake watcher("watcher", run, [&](Cycles now) { watch(tokens, now, log); });
    Fake poster("poster", run, [&](Cycles now) { post(tokens, now); });
    run_from_reset(run, {&tokens, &watcher, &poster});
    return log.text();
  });
}

/// A unit that an event wakes.
class Woken final : public Unit {
 public:
  Woken(const char* name, RunControl& run, const sc_core::sc_event& event) : Unit(name, run), event_(event) {}

 private:
  void advance(Cycles) override {}
  void act(Cycles) override {}
  [[nodiscard]] Cycles horizon() const override { return never; }
  void clear() override {}
  void listen() override { wake_on(event_); }

  const sc_core::sc_event& event_;
};

}  // namespace

TEST_CASE("E2: a message posted in cycle 5 is not there in 5 and there in 6") {
  const auto post = [](Channel<int>& channel, Cycles now, Log&) {
    if (now == 5) channel.post(42);
  };
  CHECK(both_orders(Channel<int>::unlimited, post, take_all) == "6:42");
}

TEST_CASE("E2: messages come out in the order in which they went in, each a cycle after its post") {
  const auto post = [](Channel<int>& channel, Cycles now, Log&) {
    if (now == 5) {
      channel.post(1);
      channel.post(2);
    }
    if (now == 6) channel.post(3);
  };
  CHECK(both_orders(Channel<int>::unlimited, post, take_all) == "6:1 6:2 7:3");
}

TEST_CASE("E3: a channel for 2 refuses the third, and a slot freed in cycle 6 is free in 7") {
  const auto post = [](Channel<int>& channel, Cycles now, Log& log) {
    if (now < 4 || !channel.can_post()) return;
    log.add(now, "post");
    channel.post(1);
  };
  const auto take = [](Channel<int>& channel, Cycles now, Log&) {
    if (now == 6) channel.take();
  };
  CHECK(both_orders(2, post, take) == "4:post 5:post 7:post");
}

TEST_CASE("E3: two slots freed in cycle 6 are both free in 7 and not before") {
  const auto post = [](Channel<int>& channel, Cycles now, Log& log) {
    for (; channel.can_post(); channel.post(1)) log.add(now, "post");
  };
  const auto take = [](Channel<int>& channel, Cycles now, Log&) {
    for (int i = 0; now == 6 && i < 2; ++i) channel.take();
  };
  CHECK(both_orders(2, post, take) == "0:post 0:post 7:post 7:post");
}

TEST_CASE("E3: in a channel for 1, post and take alternate: a slot comes free every 2 cycles") {
  const auto post = [](Channel<int>& channel, Cycles now, Log&) {
    if (channel.can_post()) channel.post(static_cast<int>(now));
  };
  CHECK(both_orders(1, post, take_all) == "1:0 3:2 5:4 7:6 9:8 11:10 13:12 15:14 17:16 19:18");
}

TEST_CASE("a channel that was reset is empty and has all its slots") {
  CHECK(in_context([] {
          RunControl run(false, 5);
          Channel<int> channel("channel", run, 1);
          Log log;
          Fake poster("poster", run, [&](Cycles now) {
            log.add(now, std::to_string(channel.has()) + std::to_string(channel.can_post()));
            if (now == 2 && channel.can_post()) channel.post(1);
          });
          run_from_reset(run, {&channel, &poster});
          run_from_reset(run, {&channel, &poster});
          return log.text();
        }) == "0:01 1:01 2:01 3:10 4:10 0:01 1:01 2:01 3:10 4:10");
}

TEST_CASE("E2: a semaphore posted in cycle 5 cannot be taken in 5 and can be in 6, once") {
  const auto post = [](Tokens& tokens, Cycles now) {
    if (now == 5) tokens.post(Engine::load);
  };
  const auto watch = [](Tokens& tokens, Cycles now, Log& log) {
    if (tokens.take(only(Engine::load))) log.add(now);
  };
  CHECK(semaphores(post, watch) == "6");
}

TEST_CASE("E2: 2 posts in cycle 5 and 1 in 6 are 2 tokens in 6 and 3 in 7") {
  const auto post = [](Tokens& tokens, Cycles now) {
    for (int i = 0; i < (now == 5 ? 2 : now == 6 ? 1 : 0); ++i) tokens.post(Engine::load);
  };
  const auto watch = [](Tokens& tokens, Cycles now, Log& log) {
    if (now > 4 && now < 8) log.add(now, tokens.available(Engine::load));
  };
  CHECK(semaphores(post, watch) == "5:0 6:2 7:3");
}

TEST_CASE("E1: a take from 2 engines takes both tokens or neither") {
  const auto post = [](Tokens& tokens, Cycles now) {
    if (now == 1) tokens.post(Engine::load);
    if (now == 2) tokens.post(Engine::vector);
  };
  const auto watch = [](Tokens& tokens, Cycles now, Log& log) {
    EngineSet both = only(Engine::load);
    both.add(Engine::vector);
    const bool took = tokens.take(both);
    if (now > 1 && now < 5)
      log.add(now, std::to_string(took) + std::to_string(tokens.available(Engine::load)));
  };
  CHECK(semaphores(post, watch) == "2:01 3:10 4:00");
}

TEST_CASE("a token from one engine is none from the 4 others, and who waits for nobody takes none") {
  const auto post = [](Tokens& tokens, Cycles now) {
    if (now == 0) tokens.post(Engine::store);
  };
  const auto watch = [](Tokens& tokens, Cycles now, Log& log) {
    if (now != 1) return;
    for (int e = 0; e < engine_count; ++e) log.add(now, tokens.available(static_cast<Engine>(e)));
    log.add(now, tokens.take({}));
  };
  CHECK(semaphores(post, watch) == "1:0 1:1 1:0 1:0 1:0 1:1");
}

TEST_CASE("a unit that acts in the second delta cycle of a cycle ends the inference with an error") {
  CHECK(in_context([] {
          RunControl run(false, 9);
          sc_core::sc_event delta;
          Fake first("first", run, [&](Cycles now) {
            if (now == 3) delta.notify(sc_core::SC_ZERO_TIME);
          });
          Woken late("late", run, delta);
          return message_of([&] { run_from_reset(run, {&first, &late}); });
        }) == "a process acts in the second delta cycle of cycle 3");
}

TEST_CASE("a unit that acts within a cycle ends the inference with an error") {
  CHECK(in_context([] {
          RunControl run(false, 9);
          sc_core::sc_event within;
          Fake first("first", run, [&](Cycles now) {
            if (now == 3) within.notify(sc_core::sc_time(1.5, sc_core::SC_NS));
          });
          Woken late("late", run, within);
          return message_of([&] { run_from_reset(run, {&first, &late}); });
        }) == "a process acts within cycle 4, not at its start");
}
