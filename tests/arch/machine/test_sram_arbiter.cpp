// SPDX-License-Identifier: Apache-2.0
// The arbiter of the on-chip memories without a machine: the same grants however the cycles are settled, and
// no horizon behind what happens.
#include <sstream>

#include "arch/units/sram_arbiter.hpp"
#include "support/random.hpp"
#include "tests/arch/machines.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr int activations = 2;  ///< the half, the only one without ping-pong

PortSet some_ports(Random& random) {
  PortSet ports;
  do {
    ports |= PortSet::of(static_cast<int>(random.below(half_count)), random.chance(0.5));
  } while (random.chance(0.3));
  return ports;
}

MachineSpec some_machine(Random& random) {
  MachineSpec spec = small_machine();
  for (MemorySpec* memory : {&spec.weight_memory, &spec.activation_memory, &spec.accumulator_memory})
    memory->ports = static_cast<Ports>(random.below(3));
  return spec;
}

/// 300 cycles in which demands come at random, settled after each (`eager`) or when chance has it.
std::string history(std::uint64_t seed, bool eager) {
  Random random(seed), lazy(seed + 1);
  SramArbiter arbiter(some_machine(random));
  std::ostringstream log;
  std::uint64_t read = 0, written = 0;
  bool was_taking_in = false;
  Cycles vector_no_earlier = 0, load_no_earlier = 0;
  for (Cycles now = 0; now < 300; ++now) {
    const bool looks = eager || lazy.chance(0.3);
    if (looks) arbiter.settle(now);
    if (eager) {  // nothing happens before its horizon
      const bool done = was_taking_in && !arbiter.vector_takes_in();
      if (done) CHECK(now >= vector_no_earlier);
      while (arbiter.take_written()) {
        CHECK(now >= load_no_earlier);
        ++written;
      }
      while (arbiter.take_read()) ++read;
    }
    if (random.chance(0.05)) {
      const Cycles period = 1 + random.below(5);
      arbiter.settle(now);
      arbiter.feed({{some_ports(random), now + random.below(4), period,
                     1 + random.below(static_cast<std::uint32_t>(period)), 1 + random.below(9)}});
    }
    if (random.chance(0.1)) {
      arbiter.settle(now);
      if (!arbiter.vector_takes_in()) {
        VectorDemand demand;
        demand.cycles = 1 + random.below(20);
        for (int i = 0; i < 2; ++i)
          demand.spreads.push_back({some_ports(random), i == 1,
                                    1 + random.below(static_cast<std::uint32_t>(demand.cycles)),
                                    demand.cycles});
        arbiter.start_vector(demand);
        log << now << " starts\n";
      }
    }
    if (random.chance(0.1)) arbiter.write_burst(now, {some_ports(random), 1 + random.below(3)});
    if (random.chance(0.1))
      arbiter.read_burst(now + random.below(3), {some_ports(random), 1 + random.below(3)});
    if (!eager) continue;
    was_taking_in = arbiter.vector_takes_in();
    vector_no_earlier = was_taking_in ? now + arbiter.vector_horizon() : 0;
    load_no_earlier = arbiter.load_horizon() == never ? 0 : now + arbiter.load_horizon();
  }
  arbiter.settle(1000);
  while (arbiter.take_written()) ++written;
  while (arbiter.take_read()) ++read;
  log << written << " written, " << read << " read, " << arbiter.vector_stalls() << " stalls\n";
  for (const MemoryUse& use : arbiter.use()) {
    log << use.port_cycles;
    for (const std::uint64_t cycles : use.conflicts) log << ' ' << cycles;
    log << '\n';
  }
  return log.str();
}

}  // namespace

TEST_CASE("300 random histories of demands get the same grants settled cycle by cycle and now and then") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO(seed);
    REQUIRE(history(seed, true) == history(seed, false));
  }
}

TEST_CASE("R1: one port makes 1 access in a cycle, 1r1w a read and a write, 2rw 2 of any kind") {
  const auto made = [](Ports ports, std::initializer_list<bool> writes) {
    std::array<Ports, half_count> all{};
    all.fill(ports);
    FreePorts free(all);
    int count = 0;
    for (const bool write : writes) count += free.take(PortSet::of(activations, write)).empty() ? 0 : 1;
    return count;
  };
  CHECK(made(Ports::rw, {false}) == 1);
  CHECK(made(Ports::rw, {false, true}) == 1);
  CHECK(made(Ports::r_w, {false, true}) == 2);
  CHECK(made(Ports::r_w, {false, false}) == 1);
  CHECK(made(Ports::r_w, {true, true}) == 1);
  CHECK(made(Ports::rw_rw, {false, false}) == 2);
  CHECK(made(Ports::rw_rw, {true, true}) == 2);
  CHECK(made(Ports::rw_rw, {false, true, false}) == 2);
}

TEST_CASE(
    "a stream of the first 2 of each 5 cycles from 10 on, 3 times, is busy in 10, 11, 15, 16, 20 and 21") {
  const Stream stream = {PortSet::of(activations, false), 10, 5, 2, 3};
  std::string busy;
  for (Cycles cycle = 0; cycle < 40; ++cycle)
    busy += stream.is_busy(cycle) ? std::to_string(cycle) + ' ' : "";
  CHECK(busy == "10 11 15 16 20 21 ");
  CHECK(stream.changes_after(3) == 10);
  CHECK(stream.changes_after(10) == 12);
  CHECK(stream.changes_after(12) == 15);
  CHECK(stream.changes_after(25) == never);
}

TEST_CASE("3 reads spread over 7 cycles come in 0, 2 and 4, 3 writes in 1, 3 and 6") {
  const auto due = [](bool writes, Cycles count) {
    const Spread spread = {PortSet::of(activations, writes), writes, count, 7};
    std::string text;
    for (Cycles at = spread.due_from(0); at != never; at = spread.due_from(at + 1))
      text += std::to_string(at);
    return text;
  };
  CHECK(due(false, 3) == "024");
  CHECK(due(true, 3) == "136");
  CHECK(due(false, 7) == "0123456");
  CHECK(due(true, 7) == "0123456");
  CHECK(due(false, 1) == "0");
  CHECK(due(true, 1) == "6");
}

TEST_CASE("R2: through one port array, vector unit, load and store get a cycle each in this order") {
  MachineSpec spec = small_machine();
  spec.activation_memory.ports = Ports::rw;
  SramArbiter arbiter(spec);
  const PortSet read = PortSet::of(activations, false), write = PortSet::of(activations, true);
  arbiter.read_burst(0, {read, 1});
  arbiter.write_burst(0, {write, 1});
  arbiter.start_vector({1, {{read, false, 1, 1}}});
  arbiter.feed({{read, 0, 1, 1, 1}});
  std::string ends;
  for (Cycles now = 1; now <= 4; ++now) {
    arbiter.settle(now);
    if (!arbiter.vector_takes_in()) ends += 'v';
    if (arbiter.take_written()) ends += 'l';
    if (arbiter.take_read()) ends += 's';
    ends += ' ';
  }
  CHECK(ends == " v vl vs ");
  const MemoryUse use = arbiter.use()[1];
  CHECK(use.port_cycles == 4);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::array)] == 0);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::vector)] == 1);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::load)] == 2);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::store)] == 3);
}
