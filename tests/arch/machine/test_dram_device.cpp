// SPDX-License-Identifier: Apache-2.0
// A DRAM device behind the load and the store engine: two clocks, bursts made of requests, answers out of
// order.
#include <cstring>

#include "arch/params/clocks.hpp"
#include "tests/arch/dram/devices.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

using Ends = std::vector<std::uint64_t>;

/// The small machine at 100 MHz with the device of distinct times, whose requests are of 64 bytes.
MachineSpec machine_at(std::int64_t tCK_ps) {
  MachineSpec spec = small_machine();
  spec.dram.kind = "device";
  spec.dram.device = distinct_device();
  spec.dram.device.tCK_ps = tCK_ps;
  spec.load.burst_bytes = spec.store.burst_bytes = 64;
  spec.weight_memory.width_bits = spec.activation_memory.width_bits = 512;  // a burst in a cycle
  return spec;
}

/// What the device did: its commands in order, as "ACT 23 RD 40".
std::string commands_of(const MachineSpec& spec, const Program& program) {
  const auto run = [&](bool lockstep) {
    std::string text;
    MachineOptions options;
    options.lockstep = lockstep;
    return simulate(spec, program, options, [&](Elaboration& machine) {
      const Inference inference = machine.run();
      if (!inference.dram.violations.empty()) return violations_text(inference.dram.violations);
      const DramStatistics& d = inference.dram.channels.at(0);
      return std::to_string(inference.cycles) + " cycles: " + std::to_string(d.reads) + " reads, " +
             std::to_string(d.writes) + " writes, " + std::to_string(d.read_commands) + " RD, " +
             std::to_string(d.write_commands) + " WR";
    });
  };
  const std::string text = run(false);
  CHECK(run(true) == text);
  return text;
}

constexpr std::int64_t closed = 1 + 15 + 13 + 4;  // to the bank's queue, tRCDRD, CL, the burst

}  // namespace

TEST_CASE("M4: a core of 300 MHz and a clock of 830 ps meet in whole cycles, each rounded up") {
  const ClockCrossing clocks(300, 830);
  // 1 / 300 MHz = 3,333.33 ps, so core cycle 1 is at 4.016 of the DRAM's.
  CHECK(clocks.to_dram(0) == 0);
  CHECK(clocks.to_dram(1) == 5);
  CHECK(clocks.to_dram(249) == 1000);  // 249 x 3,333.33 = 830,000 exactly
  CHECK(clocks.to_dram(250) == 1005);
  CHECK(clocks.to_core(4) == 1);
  CHECK(clocks.to_core(5) == 2);
  CHECK(clocks.to_core(1000) == 249);
  CHECK(clocks.to_core(1001) == 250);
}

TEST_CASE("M4: what enters a DRAM of half the core's clock in cycle 8 comes to it in 4, and in 9 in 5") {
  // Asked for in 7 with a set-up of 4, in 8 with 5; the answer is seen a cycle after it reached the core.
  const auto end = [](std::int64_t setup) {
    MachineSpec spec = machine_at(20000);
    spec.load.setup_cycles = setup;
    return completions(spec, {make(load_of(1, 64)), halt()}).at(0);
  };
  CHECK(end(4) == 2 * (4 + closed) + 1);
  CHECK(end(5) == 2 * (5 + closed) + 1);
  CHECK(end(6) == 2 * (5 + closed) + 1);
  CHECK(end(7) == 2 * (6 + closed) + 1);
}

TEST_CASE("M4: at 2.5 cycles of the DRAM in one of the core a cycle more of CL is none or one of the core") {
  const auto end = [](std::int64_t CL) {
    MachineSpec spec = machine_at(4000);
    spec.dram.device.timing.CL = CL;
    return completions(spec, {make(load_of(1, 64)), halt()}).at(0);
  };
  // Enters in 8, which is 20 there: data at 20 + 1 + 15 + CL + 4.
  CHECK(end(13) == 22 + 1);  // 53 x 0.4 = 21.2
  CHECK(end(15) == 22 + 1);  // 55 x 0.4 = 22
  CHECK(end(16) == 23 + 1);  // 56 x 0.4 = 22.4
}

TEST_CASE("M5: 64 bytes at a multiple of 64 are one request, at 32 beside it two") {
  const MachineSpec spec = machine_at(10000);
  isa::Load load = load_of(1, 64);
  CHECK(commands_of(spec, {make(load), halt()}).ends_with("1 reads, 0 writes, 1 RD, 0 WR"));
  load.dram = 1;
  CHECK(commands_of(spec, {make(load), halt()}).ends_with("2 reads, 0 writes, 2 RD, 0 WR"));
  load.dram = 32;
  CHECK(commands_of(spec, {make(load), halt()}).ends_with("2 reads, 0 writes, 2 RD, 0 WR"));
}

TEST_CASE("M5: with room for one request in its queue the second of a burst comes a cycle later") {
  const auto end = [](std::int64_t room) {
    MachineSpec spec = machine_at(10000);
    spec.dram.device.controller.request_queue = room;
    isa::Load load = load_of(1, 64);
    load.dram = 32;
    return completions(spec, {make(load), halt()}).at(0);
  };
  // Both wait in their bank's queue before its row is open; the second's data follow tCCD_L = 6 after.
  CHECK(end(2) == 8 + closed + 6 + 1);
  CHECK(end(1) == 8 + closed + 6 + 1);
  // Four requests at once, of which the bank's queue holds one.
  const auto narrow_end = [](std::int64_t room) {
    MachineSpec spec = machine_at(10000);
    spec.load.burst_bytes = 256;
    spec.dram.device.controller.request_queue = room;
    spec.dram.device.controller.command_queue = 1;
    return completions(spec, {make(load_of(1, 256)), halt()}).at(0);
  };
  // Each enters the bank's queue when the one before has left it: whatever waits where.
  CHECK(narrow_end(4) == narrow_end(1));
}

TEST_CASE("M6: a store is answered a cycle of the DRAM after it entered, whatever tRCDWR and CWL are") {
  const auto end = [](std::int64_t tRCDWR) {
    MachineSpec spec = machine_at(10000);
    spec.dram.device.timing.tRCDWR = tRCDWR;
    return completions(spec, {make(store_of(1, 64)), halt()}).at(0);
  };
  // Asked for in 9, enters in 10, answered in 11, seen in 12.
  CHECK(end(8) == 12);
  CHECK(end(40) == 12);
}

TEST_CASE("M6: a transfer of an open row is answered first and completes after the one before it") {
  MachineSpec spec = machine_at(10000);
  spec.dram.device.timing.tRP = 30;
  spec.dram.device.timing.tRC = 80;
  isa::Load opens = load_of(1, 64), conflicts = load_of(1, 64), hits = load_of(1, 64);
  const DramDevice& device = spec.dram.device;
  const auto at = [&](std::int64_t row, std::int64_t column) {
    return address_of(device, {0, 0, 0, 0, row, column});
  };
  opens.dram = at(0, 0);
  conflicts.dram = at(1, 0);
  hits.dram = at(0, 1);
  const Ends ends = completions(spec, {make(opens), make(conflicts), make(hits), halt()});
  // The third's data are there before the row of the second is even closed, but it completes with the second.
  CHECK(ends.at(0) == 8 + closed + 1);
  CHECK(ends.at(1) > ends.at(0) + 30);
  CHECK(ends.at(2) == ends.at(1));
}

TEST_CASE(
    "M7: 8 writes that are still held at the halt are written behind it and cost no cycles of the run") {
  MachineSpec spec = machine_at(10000);
  const std::string some = commands_of(spec, {make(store_of(8, 64)), halt()});
  CHECK(some.ends_with("0 reads, 8 writes, 0 RD, 8 WR"));
  spec.dram.device.timing.tRCDWR = 400;
  CHECK(commands_of(spec, {make(store_of(8, 64)), halt()}) == some);
}

TEST_CASE("a gather reads the rows of its indices, wherever they lie in the device") {
  MachineSpec spec = machine_at(10000);
  isa::Gather gather;
  gather.memory = Memory::weight;
  gather.stride = 64;
  gather.dram_stride = 64;
  gather.table_rows = 512;
  gather.rows = 4;
  gather.row_bytes = 64;
  const auto cycles = [&](std::initializer_list<std::int32_t> rows) {
    const std::vector<std::int32_t> indices = rows;
    return simulate(spec, {make(gather), halt()}, {}, [&](Elaboration& machine) {
      std::memcpy(machine.memories().activation.data(), indices.data(), 4 * indices.size());
      return std::to_string(machine.run().cycles);
    });
  };
  // One row of the device holds 16 requests of two bank groups' worth; four rows of one bank are four
  // activates.
  CHECK(std::stoi(cycles({0, 1, 2, 3})) < std::stoi(cycles({0, 128, 256, 384})));
  CHECK(cycles({0, 0, 0, 0}) < cycles({0, 1, 2, 3}));
}
