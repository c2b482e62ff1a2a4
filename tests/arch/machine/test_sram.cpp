// SPDX-License-Identifier: Apache-2.0
// The ports of on-chip memories (rules R1 to R8 of docs/timing.md) on the machine, each at the value where it
// bites and at the one beside it. The plain logic is tested in test_arbiter.cpp.
#include <sstream>

#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

using Ends = std::vector<std::uint64_t>;
constexpr Ports rw = Ports::rw, r_w = Ports::r_w, rw_rw = Ports::rw_rw;

template <class Change>
Ends ends_with(const Program& program, Change change) {
  MachineSpec spec = small_machine();
  change(spec);
  return completions(spec, program);
}

/// Conflicts of array, vector, load and store in a memory.
template <class Change>
std::string conflicts_with(const Program& program, Memory memory, Change change) {
  MachineSpec spec = small_machine();
  change(spec);
  return simulate(spec, program, {}, [&](Elaboration& machine) {
    const MemoryUse use = machine.run().memories[static_cast<std::size_t>(memory)];
    std::string text;
    for (const Engine engine : {Engine::array, Engine::vector, Engine::load, Engine::store})
      text += (text.empty() ? "" : " ") + std::to_string(use.conflicts[static_cast<std::size_t>(engine)]);
    return text;
  });
}

const auto as_it_is = [](MachineSpec&) {};

/// A matmul that reads activations from 3 on, one word a cycle, and a store of one burst of activations that
/// starts in 4, reads it in 9 or later, asks for it a cycle after, and completes 23 cycles after that.
Program matmul_and_store(std::uint32_t words, std::uint32_t from = 1024, Memory memory = Memory::activation) {
  isa::Store store = store_of(1, 16, from);
  store.memory = memory;
  return {make(matmul_of(2, 3, words)), make(store), halt()};
}

/// Sums to int32 activations, one row of the accumulator memory in each cycle where that is 128 bits wide.
Instruction vector_of_rows(std::uint32_t rows) {
  isa::Copy i = copy_of(rows, 4);
  i.address = 2048;
  i.result = 2048;
  return make(i);
}

}  // namespace

TEST_CASE(
    "R1: a burst of 128 bits is written in one cycle through 128 bits of all banks, in two through 127") {
  const Program program = {make(load_of(1, 16)), halt()};
  const auto with_weights = [&](std::int64_t banks, std::int64_t bits) {
    return ends_with(program, [&](MachineSpec& spec) {
      spec.weight_memory.banks = banks;
      spec.weight_memory.width_bits = bits;
    });
  };
  CHECK(with_weights(1, 128) == Ends{30});
  CHECK(with_weights(2, 64) == Ends{30});
  CHECK(with_weights(1, 127) == Ends{31});
  CHECK(with_weights(2, 63) == Ends{31});
  CHECK(with_weights(1, 64) == Ends{31});
  CHECK(with_weights(1, 63) == Ends{32});
}

TEST_CASE("R1: a store waits for the array's reads through a read port, and not through a second one") {
  const auto with_ports = [](Ports ports, std::uint32_t words) {
    return ends_with(matmul_and_store(words),
                     [&](MachineSpec& spec) { spec.activation_memory.ports = ports; });
  };
  // Fed from 3 on: 6 words to 8, 7 words to 9, in which the store would read.
  CHECK(with_ports(r_w, 6) == Ends{8 + 5, 33});
  CHECK(with_ports(r_w, 7) == Ends{9 + 5, 34});
  CHECK(with_ports(rw, 7) == Ends{9 + 5, 34});
  CHECK(with_ports(rw_rw, 7) == Ends{9 + 5, 33});
}

TEST_CASE("R2: the array is served before the vector unit, that before a load, and a load before a store") {
  // Through one port: the array reads activations in 3 to 12; the vector unit reads and writes them, and a
  // store reads them from 9 on.
  isa::Copy copy = copy_of(1, 4);
  copy.memory = Memory::activation;
  copy.address = 2048;
  copy.result = 3072;
  const Program program = {make(matmul_of(2, 3, 10)), make(copy), make(store_of(1, 16, 1024)), halt()};
  const auto one_port = [](MachineSpec& spec) { spec.activation_memory.ports = rw; };
  // The vector unit starts in 4, reads in 13, writes in 14; the store reads in 15.
  CHECK(ends_with(program, one_port) == Ends{12 + 5, 14 + 3, 16 + 23});
  CHECK(conflicts_with(program, Memory::activation, one_port) == "0 10 0 5");
  // With a port for each, the write comes with the read, and the store reads in 14.
  CHECK(ends_with(program, as_it_is) == Ends{12 + 5, 13 + 3, 15 + 23});
  CHECK(conflicts_with(program, Memory::activation, as_it_is) == "0 9 0 4");
  const auto two_ports = [](MachineSpec& spec) { spec.activation_memory.ports = rw_rw; };
  CHECK(ends_with(program, two_ports) == Ends{12 + 5, 5 + 3, 11 + 23});
  CHECK(conflicts_with(program, Memory::activation, two_ports) == "0 1 0 0");
}

TEST_CASE("R2: without conflicts none are counted") {
  CHECK(conflicts_with(matmul_and_store(6), Memory::activation, as_it_is) == "0 0 0 0");
  CHECK(conflicts_with(matmul_and_store(7), Memory::activation, as_it_is) == "0 0 0 1");
  CHECK(conflicts_with(matmul_and_store(7), Memory::accumulator, as_it_is) == "0 0 0 0");
  CHECK(conflicts_with(matmul_and_store(7), Memory::weight, as_it_is) == "0 0 0 0");
}

TEST_CASE(
    "R3: weight-stationary sums go out and in through one port in turn, so a step takes a second cycle") {
  const Program program = {make(matmul_of(2, 3, 10)), halt()};
  const auto with_ports = [](Ports ports) {
    return [ports](MachineSpec& spec) {
      spec.array.dataflow = Dataflow::weight_stationary;
      spec.accumulator_memory.ports = ports;
    };
  };
  CHECK(ends_with(program, with_ports(r_w)) == Ends{2 + 10 * (1 + 1) + 5});
  CHECK(ends_with(program, with_ports(rw_rw)) == Ends{2 + 10 * (1 + 1) + 5});
  CHECK(ends_with(program, with_ports(rw)) == Ends{2 + 10 * (1 + 2) + 5});
  CHECK(conflicts_with(program, Memory::accumulator, with_ports(rw)) == "10 0 0 0");
  CHECK(conflicts_with(program, Memory::accumulator, with_ports(r_w)) == "0 0 0 0");
}

TEST_CASE("R3: where weights take two cycles of a step, activations are free in the second") {
  const auto half_as_wide = [](MachineSpec& spec) {
    spec.weight_memory.banks = 1;
    spec.weight_memory.width_bits = 24;  // 48 bits of a step's weights
  };
  // 4 words feed in 3 to 10 and read activations in 3, 5, 7 and 9: the store reads in 10. 3 words end in 8.
  CHECK(ends_with(matmul_and_store(4), half_as_wide) == Ends{10 + 5, 34});
  CHECK(ends_with(matmul_and_store(3), half_as_wide) == Ends{8 + 5, 33});
}

TEST_CASE("R4: the sums of a group of PEs are written in the cycles that end with their completion") {
  // 6 sums are 192 bits: through one port of 128 they are written in 16 and 17, the cycle of completion. The
  // vector unit reads other sums from 4 on, one row a cycle.
  const auto with_ports = [](std::uint32_t rows, Ports ports) {
    const Program program = {make(matmul_of(2, 3, 10)), vector_of_rows(rows), halt()};
    return ends_with(program, [&](MachineSpec& spec) {
      spec.accumulator_memory = {.size_KiB = 6, .banks = 1, .width_bits = 128, .ports = ports};
    });
  };
  CHECK(with_ports(12, rw) == Ends{17, 15 + 3});
  CHECK(with_ports(13, rw) == Ends{17, 18 + 3});
  CHECK(with_ports(13, r_w) == Ends{17, 16 + 3});
}

TEST_CASE("R5: an intake takes as many cycles as the sums that it reads take to come") {
  const auto with_bits = [](std::int64_t bits) {
    return ends_with({make(affine_of(4, 4)), halt()}, [&](MachineSpec& spec) {
      spec.accumulator_memory.banks = 1;
      spec.accumulator_memory.width_bits = bits;
    });
  };
  CHECK(with_bits(128) == Ends{2 + 4 + 3});
  CHECK(with_bits(127) == Ends{2 + 8 + 3});
}

TEST_CASE("R5: an intake stalls in the cycles in which it gets no port, and is not busy in them") {
  isa::Copy copy = copy_of(1, 4);
  copy.memory = Memory::activation;
  copy.address = 2048;
  copy.result = 3072;
  const auto after = [&](std::uint32_t words) {
    return Program{make(matmul_of(2, 3, words)), make(copy), halt()};
  };
  CHECK(completions(small_machine(), after(1)) == Ends{3 + 5, 4 + 3});
  CHECK(completions(small_machine(), after(2)) == Ends{4 + 5, 5 + 3});
  CHECK(completions(small_machine(), after(10)) == Ends{12 + 5, 13 + 3});
  const std::string text = run_text(small_machine(), after(10));
  CHECK(text.find("\nvector 1 11 6\n") != std::string::npos);  // takes in 13, waits in 4 to 12 and 14, 15
}

TEST_CASE("R6: a load's burst waits for the vector unit's writes, and counts a cycle after it is written") {
  // Answered in 29. The vector unit writes a row in each cycle from 4 on: 25 rows to 28, 26 to 29.
  const auto with_rows = [](std::uint32_t rows) {
    const Program program = {make(load_of(1, 16, Memory::activation)), vector_of_rows(rows), halt()};
    return ends_with(program, [](MachineSpec& spec) {
      spec.accumulator_memory.banks = 1;
      spec.accumulator_memory.width_bits = 128;
      spec.activation_memory = {.size_KiB = 4, .banks = 1, .width_bits = 128};
    });
  };
  CHECK(with_rows(25) == Ends{30, 28 + 3});
  CHECK(with_rows(26) == Ends{31, 29 + 3});
  CHECK(with_rows(30) == Ends{35, 33 + 3});
}

TEST_CASE(
    "R6: three bursts of a transfer that come in a cycle are written in one through 24 bytes, in two if "
    "longer") {
  // Ten groups of three: the first is answered in 29.
  const auto with_bytes = [](std::int64_t burst) {
    return ends_with({make(load_of(1, static_cast<std::uint32_t>(30 * burst))), halt()},
                     [&](MachineSpec& spec) {
                       spec.load.burst_bytes = burst;
                       spec.load.ports = 3;
                       spec.dram.bytes_per_cycle = static_cast<double>(3 * burst);
                     });
  };
  CHECK(with_bytes(8) == Ends{29 + 10});
  CHECK(with_bytes(9) == Ends{29 + 20});
}

TEST_CASE(
    "R6: a store reads a burst of 128 bits in one cycle through 128 bits, and each in two through 127") {
  const auto with_bits = [](std::uint32_t bursts, std::int64_t bits) {
    return ends_with({make(store_of(1, 16 * bursts)), halt()}, [&](MachineSpec& spec) {
      spec.activation_memory.banks = 1;
      spec.activation_memory.width_bits = bits;
    });
  };
  CHECK(with_bits(1, 128) == Ends{32});
  CHECK(with_bits(3, 128) == Ends{34});
  CHECK(with_bits(1, 127) == Ends{33});
  CHECK(with_bits(3, 127) == Ends{37});
}

TEST_CASE("R7: a cycle more of a read is a cycle more until a store's first burst is asked for") {
  const auto with_latency = [](std::int64_t latency) {
    return ends_with({make(store_of(3, 16)), halt()},
                     [&](MachineSpec& spec) { spec.activation_memory.latency_cycles = latency; });
  };
  CHECK(with_latency(1) == Ends{34});
  CHECK(with_latency(2) == Ends{35});
  CHECK(with_latency(5) == Ends{38});
}

TEST_CASE("R7: a cycle more of the slower operand's read is a cycle more until sums are complete") {
  const Program program = {make(matmul_of(2, 3, 10)), halt()};
  const auto with_latency = [&](std::int64_t weights, std::int64_t activations, std::int64_t sums,
                                Dataflow flow) {
    return ends_with(program, [&](MachineSpec& spec) {
      spec.array.dataflow = flow;
      spec.weight_memory.latency_cycles = weights;
      spec.activation_memory.latency_cycles = activations;
      spec.accumulator_memory.latency_cycles = sums;
    });
  };
  constexpr Dataflow output = Dataflow::output_stationary;
  constexpr Dataflow weight = Dataflow::weight_stationary;
  CHECK(with_latency(1, 1, 1, output) == Ends{12 + 5});
  CHECK(with_latency(2, 1, 1, output) == Ends{12 + 6});
  CHECK(with_latency(2, 3, 1, output) == Ends{12 + 7});
  CHECK(with_latency(1, 1, 4, output) == Ends{12 + 5});
  CHECK(with_latency(1, 1, 1, weight) == Ends{22 + 5});
  CHECK(with_latency(1, 1, 4, weight) == Ends{22 + 8});
}

TEST_CASE("R7: a cycle more of a vector instruction's slowest read is a cycle more until its results") {
  isa::Scale scale = scale_of(1, 4);
  const auto with_latency = [&](std::int64_t sums, std::int64_t activations) {
    return ends_with({make(scale), halt()}, [&](MachineSpec& spec) {
      spec.accumulator_memory.latency_cycles = sums;
      spec.activation_memory.latency_cycles = activations;
    });
  };
  CHECK(with_latency(1, 1) == Ends{3 + 3});
  CHECK(with_latency(2, 1) == Ends{3 + 4});
  CHECK(with_latency(1, 2) == Ends{3 + 3});  // it only writes activations
  scale.second = Second::tensor;
  scale.second_format = Format::int8;
  CHECK(with_latency(1, 1) == Ends{4 + 3});
  CHECK(with_latency(2, 3) == Ends{4 + 5});
}

TEST_CASE(
    "R7: with a line buffer a slower read of activations delays each round, one of weights their load") {
  isa::Matmul i = convolution_of(4, 4, 3, 3, 8);  // 9 words of 8 lanes: 9 rounds, weight-stationary
  const auto cycles = [&](std::int64_t weights, std::int64_t activations, std::int64_t sums, Dataflow flow) {
    return static_cast<std::int64_t>(ends_with({make(i), halt()}, [&](MachineSpec& spec) {
                                       spec.array.rows = 1;
                                       spec.array.feeder.kind = FeederKind::line_buffer;
                                       spec.array.dataflow = flow;
                                       spec.weight_memory.latency_cycles = weights;
                                       spec.activation_memory.latency_cycles = activations;
                                       spec.accumulator_memory.latency_cycles = sums;
                                     }).at(0));
  };
  constexpr Dataflow output = Dataflow::output_stationary;
  constexpr Dataflow weight = Dataflow::weight_stationary;
  CHECK(cycles(1, 2, 1, output) - cycles(1, 1, 1, output) == 1);
  CHECK(cycles(3, 1, 1, output) - cycles(1, 1, 1, output) == 2);
  CHECK(cycles(1, 1, 3, output) - cycles(1, 1, 1, output) == 0);
  CHECK(cycles(1, 2, 1, weight) - cycles(1, 1, 1, weight) == 9);
  CHECK(cycles(1, 1, 3, weight) - cycles(1, 1, 1, weight) == 2);
}

TEST_CASE("R4: with a line buffer a store finds a port between the pixels, which are read once") {
  isa::Matmul i = convolution_of(4, 4, 3, 3, 8);  // 16 pixels of 16 bits: 8 accesses of 2 banks
  const Program program = {make(i), make(store_of(1, 16, 1024)), halt()};
  const auto with_line_buffer = [](MachineSpec& spec) {
    spec.array.rows = 1;
    spec.array.feeder.kind = FeederKind::line_buffer;
  };
  CHECK(ends_with(program, with_line_buffer).at(1) == 33);
  CHECK(conflicts_with(program, Memory::activation, with_line_buffer) == "0 0 0 0");
}

TEST_CASE("R2: 100 random programs have conflicts of every engine, and of every memory") {
  Random random(37);
  std::array<std::uint64_t, engine_count> of_engine{};
  std::array<std::uint64_t, sram_count> of_memory{};
  for (int n = 0; n < 100; ++n) {
    const MachineSpec spec = random_machine(random);
    const std::string text = simulate(spec, random_program(random, spec), {}, [](Elaboration& machine) {
      std::string counts;
      for (const MemoryUse& use : machine.run().memories) {
        for (const std::uint64_t cycles : use.conflicts) counts += std::to_string(cycles) + ' ';
      }
      return counts;
    });
    std::istringstream counts(text);
    for (std::uint64_t& memory : of_memory) {
      for (std::uint64_t& engine : of_engine) {
        std::uint64_t cycles = 0;
        counts >> cycles;
        memory += cycles;
        engine += cycles;
      }
    }
  }
  for (const Engine engine : {Engine::array, Engine::vector, Engine::load, Engine::store})
    CHECK(of_engine[static_cast<std::size_t>(engine)] > 100);
  for (const std::uint64_t cycles : of_memory) CHECK(cycles > 30);
}

TEST_CASE("R8: the halves of a ping-pong memory have ports of their own, and what lies in both takes both") {
  // 4 KiB: the matmul reads activations at 0. A store of 16 bytes from 2048 on lies in the upper half.
  const auto from = [](std::uint32_t address, bool ping_pong) {
    return ends_with(matmul_and_store(10, address),
                     [&](MachineSpec& spec) { spec.activation_memory.ping_pong = ping_pong; });
  };
  CHECK(from(2048, false) == Ends{12 + 5, 14 + 23});
  CHECK(from(2048, true) == Ends{12 + 5, 10 + 23});
  CHECK(from(2047, true) == Ends{12 + 5, 14 + 23});
  CHECK(from(2032, true) == Ends{12 + 5, 14 + 23});
}
