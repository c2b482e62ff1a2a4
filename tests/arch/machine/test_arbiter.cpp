// SPDX-License-Identifier: Apache-2.0
// The arbiter of the on-chip memories without a machine: the same grants however the cycles are settled, the
// same as one arbiter of all memories gives, and no horizon behind what happens.
#include "arch/units/memory/arbiter.hpp"

#include <sstream>

#include "support/random.hpp"
#include "tests/arch/machine/joint_arbiter.hpp"
#include "tests/arch/machines.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr int activations = 2;  ///< the half, the only one without ping-pong

/// Three memories and their arbiter.
struct Bench {
  explicit Bench(const MachineSpec& spec)
      : weight(Memory::weight, spec.weight_memory.ports),
        activation(Memory::activation, spec.activation_memory.ports),
        accumulator(Memory::accumulator, spec.accumulator_memory.ports) {}
  MemoryPorts weight, activation, accumulator;
  Arbiter arbiter{{&weight, &activation, &accumulator}};
};

/// Some ports of one memory, any.
PortSet some_ports(Random& random) {
  const auto memory = static_cast<int>(random.below(sram_count));
  PortSet ports;
  do {
    ports |= PortSet::of(2 * memory + static_cast<int>(random.below(2)), random.chance(0.5));
  } while (random.chance(0.3));
  return ports;
}

MachineSpec some_machine(Random& random) {
  MachineSpec spec = small_machine();
  for (MemorySpec* memory : {&spec.weight_memory, &spec.activation_memory, &spec.accumulator_memory})
    memory->ports = static_cast<Ports>(random.below(3));
  return spec;
}

/// A demand that comes in a cycle, drawn at random.
struct Demand {
  enum Kind { stream, vector, load, store } kind;
  Stream of_array;
  VectorDemand of_vector;
  Cycles from;
  BurstDemand burst;
};
std::vector<Demand> demands_of(Random& random, Cycles now) {
  std::vector<Demand> demands;
  if (random.chance(0.05)) {
    const Cycles period = 1 + random.below(5);
    demands.push_back(
        {Demand::stream,
         {some_ports(random), now + random.below(4), period,
          1 + random.below(static_cast<std::uint32_t>(period)), 1 + random.below(9), random.chance(0.3)},
         {},
         0,
         {}});
  }
  if (random.chance(0.1)) {
    VectorDemand demand;
    demand.cycles = 1 + random.below(20);
    for (int i = 0; i < 2; ++i)
      demand.spreads.push_back({some_ports(random), i == 1,
                                1 + random.below(static_cast<std::uint32_t>(demand.cycles)), demand.cycles});
    demands.push_back({Demand::vector, {}, demand, 0, {}});
  }
  if (random.chance(0.1))
    demands.push_back({Demand::load, {}, {}, now, {some_ports(random), 1 + random.below(3)}});
  if (random.chance(0.1))
    demands.push_back(
        {Demand::store, {}, {}, now + random.below(3), {some_ports(random), 1 + random.below(3)}});
  return demands;
}

/// Gives a demand to an arbiter; a vector instruction only where there is none.
template <class Feed, class Start, class Load, class Store>
void give(const Demand& demand, bool vector_is_free, Feed feed, Start start, Load load, Store store) {
  switch (demand.kind) {
    case Demand::stream: return feed();
    case Demand::vector: return vector_is_free ? start() : void();
    case Demand::load: return load();
    case Demand::store: return store();
  }
}
void give(Arbiter& to, const Demand& demand, Cycles now) {
  if (demand.kind == Demand::stream || demand.kind == Demand::vector) to.settle(now);
  give(
      demand, !to.vector_takes_in(), [&] { to.feed({demand.of_array}); },
      [&] { to.start_vector(demand.of_vector); }, [&] { to.ask(Arbiter::load, demand.from, demand.burst); },
      [&] { to.ask(Arbiter::store, demand.from, demand.burst); });
}
void give(JointArbiter& to, const Demand& demand, Cycles now) {
  if (demand.kind == Demand::stream || demand.kind == Demand::vector) to.settle(now);
  give(
      demand, !to.vector_takes_in(), [&] { to.feed({demand.of_array}); },
      [&] { to.start_vector(demand.of_vector); }, [&] { to.write_burst(demand.from, demand.burst); },
      [&] { to.read_burst(demand.from, demand.burst); });
}

std::string text_of(const MemoryUse& use) {
  std::string text = std::to_string(use.port_cycles);
  for (const std::uint64_t cycles : use.conflicts) text += ' ' + std::to_string(cycles);
  return text + '\n';
}

/// What an arbiter has granted at the end of 300 cycles in which demands come at random, settled after each
/// (`eager`) or when chance has it.
std::string history(std::uint64_t seed, bool eager) {
  Random random(seed), lazy(seed + 1);
  Bench bench(some_machine(random));
  Arbiter& arbiter = bench.arbiter;
  std::uint64_t read = 0, written = 0;
  bool was_taking_in = false;
  Cycles vector_no_earlier = 0, load_no_earlier = 0, store_no_earlier = 0;
  for (Cycles now = 0; now < 300; ++now) {
    if (eager || lazy.chance(0.3)) arbiter.settle(now);
    if (eager) {  // nothing happens before its horizon
      if (was_taking_in && !arbiter.vector_takes_in()) CHECK(now >= vector_no_earlier);
      while (arbiter.take(Arbiter::load)) {
        CHECK(now >= load_no_earlier);
        ++written;
      }
      while (arbiter.take(Arbiter::store)) {
        CHECK(now >= store_no_earlier);
        ++read;
      }
    }
    for (const Demand& demand : demands_of(random, now)) give(arbiter, demand, now);
    if (!eager) continue;
    was_taking_in = arbiter.vector_takes_in();
    vector_no_earlier = was_taking_in ? now + arbiter.vector_horizon() : 0;
    const Cycles load = arbiter.horizon(Arbiter::load);
    load_no_earlier = load == never ? 0 : now + load;
    const Cycles store = arbiter.horizon(Arbiter::store);
    store_no_earlier = store == never ? 0 : now + store;
  }
  arbiter.settle(1000);
  while (arbiter.take(Arbiter::load)) ++written;
  while (arbiter.take(Arbiter::store)) ++read;
  return std::to_string(written) + " written, " + std::to_string(read) + " read, " +
         std::to_string(arbiter.vector_stalls()) + " stalls\n" + text_of(bench.weight.use()) +
         text_of(bench.activation.use()) + text_of(bench.accumulator.use());
}

}  // namespace

TEST_CASE("300 random histories of demands get the same grants settled cycle by cycle and now and then") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO(seed);
    REQUIRE(history(seed, true) == history(seed, false));
  }
}

TEST_CASE("R2: the memories' own grants are those of one arbiter of all memories on 10,000 random demands") {
  int demands = 0;
  for (std::uint64_t seed = 1; demands < 10'000; ++seed) {
    INFO(seed);
    Random random(seed);
    const MachineSpec spec = some_machine(random);
    Bench bench(spec);
    Arbiter& arbiter = bench.arbiter;
    JointArbiter joint(spec);
    for (Cycles now = 0; now < 300; ++now) {
      arbiter.settle(now);
      joint.settle(now);
      REQUIRE(arbiter.vector_takes_in() == joint.vector_takes_in());
      REQUIRE(arbiter.vector_stalls() == joint.vector_stalls());
      for (bool more = true; more;) {
        more = joint.take_written();
        REQUIRE(arbiter.take(Arbiter::load) == more);
      }
      for (bool more = true; more;) {
        more = joint.take_read();
        REQUIRE(arbiter.take(Arbiter::store) == more);
      }
      for (const Demand& demand : demands_of(random, now)) {
        if (demand.kind != Demand::vector || !joint.vector_takes_in()) ++demands;
        give(arbiter, demand, now);
        give(joint, demand, now);
      }
    }
    REQUIRE(bench.weight.use() == joint.use()[0]);
    REQUIRE(bench.activation.use() == joint.use()[1]);
    REQUIRE(bench.accumulator.use() == joint.use()[2]);
  }
}

TEST_CASE("R1: one port makes 1 access in a cycle, 1r1w a read and a write, 2rw 2 of any kind") {
  const auto made = [](Ports ports, std::initializer_list<bool> writes) {
    FreePorts free(ports);
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
  Bench bench(spec);
  Arbiter& arbiter = bench.arbiter;
  const PortSet read = PortSet::of(activations, false), write = PortSet::of(activations, true);
  arbiter.ask(Arbiter::store, 0, {read, 1});
  arbiter.ask(Arbiter::load, 0, {write, 1});
  arbiter.start_vector({1, {{read, false, 1, 1}}});
  arbiter.feed({{read, 0, 1, 1, 1}});
  std::string ends;
  for (Cycles now = 1; now <= 4; ++now) {
    arbiter.settle(now);
    if (!arbiter.vector_takes_in()) ends += 'v';
    if (arbiter.take(Arbiter::load)) ends += 'l';
    if (arbiter.take(Arbiter::store)) ends += 's';
    ends += ' ';
  }
  CHECK(ends == " v vl vs ");
  const MemoryUse use = bench.activation.use();
  CHECK(use.port_cycles == 4);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::array)] == 0);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::vector)] == 1);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::load)] == 2);
  CHECK(use.conflicts[static_cast<std::size_t>(Engine::store)] == 3);
}
