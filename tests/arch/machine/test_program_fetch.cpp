// SPDX-License-Identifier: Apache-2.0
// Programs that instruction memory cannot hold whole (rules S7 and P1 to P4 of docs/timing.md), on the
// machine and with the fetch unit alone.
#include "arch/units/transfer/program_fetch.hpp"
#include "tests/arch/machine/fakes.hpp"
#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// A load of 16 bytes: 10 of code.
Instruction load16() {
  isa::Load load = load_of(1, 16);
  load.stride = 18;  // of a single row strides mean nothing; each takes a byte
  load.dram_stride = 17;
  return make(load);
}

/// So many loads and a halt.
Program loads(std::size_t count) {
  Program program(count, load16());
  program.push_back(halt());
  return program;
}

std::uint64_t code_bytes(const Program& program) {
  std::uint64_t bytes = 0;
  for (const Instruction& instruction : program)
    bytes += static_cast<std::uint64_t>(encoded_bytes(instruction));
  return bytes;
}

/// The small machine with an instruction memory of 1 KiB: pages of 512 bytes.
MachineSpec one_KiB() {
  MachineSpec spec = small_machine();
  spec.instruction_memory.size_KiB = 1;
  return spec;
}

/// What a run with a program says of its fetches.
struct Fetched {
  std::uint64_t cycles, stalls, bytes, reads, writes, dram_bytes, first_end;
};
Fetched fetched(const MachineSpec& spec, const Program& program) {
  return simulate(spec, program, {.timeline = true}, [](Elaboration& machine) {
    const Inference inference = machine.run();
    REQUIRE(inference.status == RunStatus::finished);
    const CounterSet events = inference.events();
    return Fetched{inference.cycles,
                   events[Counter::sequencer_fetch_stalls],
                   events[Counter::fetch_bytes],
                   events[Counter::instruction_memory_reads],
                   events[Counter::instruction_memory_writes],
                   events[Counter::dram_read_bytes],
                   inference.timeline.front().end};
  });
}

/// The most loads whose program has at most so many bytes.
std::size_t loads_in(std::uint64_t bytes) {
  const auto each = static_cast<std::uint64_t>(encoded_bytes(load16()));
  return (bytes - static_cast<std::uint64_t>(encoded_bytes(halt()))) / each;
}

/// The cycles in which bursts reach DRAM and in which what has come is seen by the sequencer, which asks for
/// the pages of a program in cycle 0. DRAM answers burst b in the cycle `answer_in(b)`.
template <class AnswerIn>
std::string fetch_unit(const DmaSpec& spec, std::int64_t width_bits, std::size_t pages, AnswerIn answer_in) {
  return both_modes([&](bool lockstep) {
    MachineSpec machine = one_KiB();
    machine.fetch = spec;
    machine.instruction_memory.width_bits = width_bits;
    RunControl run(lockstep, 200);
    const Program program = loads(loads_in(1024) + 1);
    const LoadedProgram loaded(machine, program, false, {});
    Scoreboard scoreboard(loaded, false);
    InstructionMemory memory("memory", loaded);
    Channel<PageTurn> turns("turns", run);
    Channel<PageArrival> arrivals("arrivals", run);
    Channel<DramRequest> requests("requests", run);
    ProgramFetch unit("unit", run, loaded, scoreboard, 4096);
    unit.turns.bind(turns);
    unit.arrivals.bind(arrivals);
    unit.requests.bind(requests);
    unit.memory.bind(memory.arriving);
    Log log;
    std::vector<DramRequest> asked;
    std::vector<bool> answered(100, false);
    Fake around("around", run, [&](Cycles now) {
      for (std::uint32_t page = 0; now == 0 && page < pages; ++page) turns.post({page, 0});
      while (requests.has()) {
        asked.push_back(requests.take());
        log.add(now, "asks " + std::to_string(asked.back().address));
      }
      for (std::size_t b = 0; b < asked.size(); ++b) {
        if (answered[b] || now < answer_in(b)) continue;
        answered[b] = true;
        unit.answered(asked[b]);
      }
      while (arrivals.has()) {
        const PageArrival arrival = arrivals.take();
        log.add(now, "page " + std::to_string(arrival.page) + " to " + std::to_string(arrival.bytes));
      }
    });
    run_from_reset(run, {&scoreboard, &memory, &turns, &arrivals, &requests, &around, &unit});
    return log.text();
  });
}

}  // namespace

TEST_CASE("S7: each word of an instruction beyond the first delays it by a cycle") {
  const auto cycles = [](std::int64_t width_bits) {
    MachineSpec spec = small_machine();
    spec.instruction_memory.width_bits = width_bits;
    return cycles_of(spec, loads(1));
  };
  const std::int64_t bits = encoded_bytes(load16()) * 8;
  CHECK(cycles(bits - 1) == cycles(bits) + 1);
  CHECK(cycles((bits + 1) / 2) == cycles(bits) + 1);
  CHECK(cycles(bits / 2 - 1) == cycles(bits) + 2);
  MachineSpec two_banks = small_machine();
  two_banks.instruction_memory.banks = 2;
  two_banks.instruction_memory.width_bits = (bits + 1) / 2;
  CHECK(cycles_of(two_banks, loads(1)) == cycles(bits));
}

TEST_CASE("S7: the words of a loop's instructions beyond the first delay what is behind them") {
  const Program program = {make(isa::Loop{1, 0}), make(isa::Stride{0, 1, 4, 0, 0}), load16(),
                           make(isa::End{}), halt()};
  const auto cycles = [&](std::int64_t width_bits) {
    MachineSpec spec = small_machine();
    spec.instruction_memory.width_bits = width_bits;
    return cycles_of(spec, program);
  };
  // One byte a cycle: what the loop, its stride and the load have more than one delays the load.
  const std::int64_t more =
      encoded_bytes(program[0]) + encoded_bytes(program[1]) + encoded_bytes(program[2]) - 3;
  CHECK(cycles(8) == cycles(1024) + static_cast<std::uint64_t>(more));
}

TEST_CASE(
    "P1: a program of as many bytes as the memory is there from the start, with one more it is fetched") {
  Program program = loads(loads_in(1024));
  // Numbers of 128 and more take a byte more: the program is filled up to the byte.
  auto grow = [&](std::size_t instruction) {
    std::get<isa::Load>(program[instruction].operation).dram_stride = 128;
  };
  const std::uint64_t left = 1024 - code_bytes(program);
  for (std::size_t i = 0; i < left; ++i) grow(i);
  REQUIRE(code_bytes(program) == 1024);
  CHECK(fetched(one_KiB(), program).bytes == 0);
  CHECK(fetched(one_KiB(), program).stalls == 0);
  grow(left);
  REQUIRE(code_bytes(program) == 1025);
  const Fetched run = fetched(one_KiB(), program);
  CHECK(run.bytes == 1025);
}

TEST_CASE(
    "P2: a page comes while the one before it is executed, and a loop over two pages fetches each once") {
  Program program = {make(isa::Loop{5, 0})};
  while (code_bytes(program) < 1024 - 64) program.push_back(load16());
  program.push_back(make(isa::End{}));
  Program longer = program;
  program.push_back(halt());
  REQUIRE(code_bytes(program) <= 1024);
  CHECK(fetched(one_KiB(), program).bytes == 0);
  // Behind the loop come so many loads that they need a third page, and part of the loop is in the second.
  for (int i = 0; i < 16; ++i) longer.push_back(load16());
  longer.push_back(halt());
  REQUIRE(code_bytes(longer) > 1024);
  CHECK(fetched(one_KiB(), longer).bytes == code_bytes(longer));
}

TEST_CASE("P2: a loop over three pages fetches each of them in each iteration") {
  Program program = {make(isa::Loop{5, 0})};
  while (code_bytes(program) < 1024 + 256) program.push_back(load16());
  program.push_back(make(isa::End{}));
  program.push_back(halt());
  const Pages pages(program, Loops(program), 1024);
  REQUIRE(pages.all().size() == 3);
  // All of them are in the loop, and the last has the halt.
  CHECK(fetched(one_KiB(), program).bytes == 5 * code_bytes(program));
}

TEST_CASE(
    "P3: the fetch unit alone asks for a burst a cycle, and tells what has been written from the start on") {
  // Asked for in 0, seen in 1; the first burst `setup_cycles` later, seen by DRAM in the cycle after.
  const DmaSpec spec = {.setup_cycles = 4, .burst_bytes = 256, .outstanding = 8};
  const auto at_once = [](std::size_t) { return Cycles{0}; };
  CHECK(fetch_unit(spec, 2048, 1, at_once) == "6:asks 4096 7:asks 4352 8:page 0 to 256 9:page 0 to 510");
  CHECK(fetch_unit({.setup_cycles = 5, .burst_bytes = 256, .outstanding = 8}, 2048, 1, at_once) ==
        "7:asks 4096 8:asks 4352 9:page 0 to 256 10:page 0 to 510");
  // A burst takes the port for 2 cycles, and the next waits for it.
  CHECK(fetch_unit(spec, 1024, 1, at_once) == "6:asks 4096 7:asks 4352 9:page 0 to 256 11:page 0 to 510");
}

TEST_CASE("P3: what is answered early counts when all before it has come") {
  const DmaSpec spec = {.setup_cycles = 4, .burst_bytes = 256, .outstanding = 8};
  CHECK(fetch_unit(spec, 2048, 1, [](std::size_t b) { return Cycles{b == 0 ? 20U : 10U}; }) ==
        "6:asks 4096 7:asks 4352 22:page 0 to 510");
}

TEST_CASE("P3: the fetch unit alone begins with a page when the one before it is there") {
  const DmaSpec spec = {.setup_cycles = 4, .burst_bytes = 512, .outstanding = 8};
  CHECK(fetch_unit(spec, 4096, 2, [](std::size_t b) { return Cycles{b == 0 ? 10U : 0U}; }) ==
        "6:asks 4096 12:page 0 to 510 16:asks 4608 18:page 1 to 510");
}

TEST_CASE(
    "P4: the first instruction is fetched when its burst has come, the next with the burst it ends in") {
  const Program program = loads(loads_in(1024) + 1);
  MachineSpec spec = one_KiB();
  spec.dram.bytes_per_cycle = 64;  // so that the load's burst is not behind the program's
  // Asked for in 2, seen in 3, the first burst asked for in 7, answered 22 cycles later, seen in 30 by the
  // fetch unit and in 31 by the sequencer, which would have dispatched the load in 2.
  const std::uint64_t whole = fetched(small_machine(), program).first_end;
  CHECK(fetched(spec, program).first_end == whole + 29);
  MachineSpec later = spec;
  later.fetch.setup_cycles = 5;
  CHECK(fetched(later, program).first_end == whole + 30);
  later = spec;
  later.dram.latency_cycles = 21;
  CHECK(fetched(later, program).first_end == whole + 31);  // and one for the load's own burst
  // One byte less in a burst than in the load: it waits for the second burst.
  MachineSpec small_bursts = spec;
  small_bursts.fetch.burst_bytes = encoded_bytes(load16());
  CHECK(fetched(small_bursts, program).first_end == whole + 29);
  --small_bursts.fetch.burst_bytes;
  CHECK(fetched(small_bursts, program).first_end == whole + 30);
}

TEST_CASE("P4: cycles in which the sequencer waits for an instruction are counted") {
  const Program program = loads(loads_in(1024) + 1);
  const Fetched run = fetched(one_KiB(), program);
  CHECK(run.stalls == 29);
  MachineSpec slow = one_KiB();
  slow.fetch.outstanding = 1;  // a burst of 4 bytes in 24 cycles: slower than the loads
  slow.fetch.burst_bytes = 4;
  CHECK(fetched(slow, program).stalls > 1000);
}

TEST_CASE("the fetches of a program are priced: bytes of DRAM, and writes and reads of instruction memory") {
  const Program program = loads(loads_in(1024) + 1);
  const Fetched small = fetched(one_KiB(), program), large = fetched(small_machine(), program);
  CHECK(small.dram_bytes == large.dram_bytes + code_bytes(program));
  CHECK(small.reads == large.reads);
  CHECK(large.writes == 0);
  // A burst of 16 bytes takes one access: 32 for each page of 510 bytes, one for the 6 that are left.
  REQUIRE(code_bytes(program) == 2 * 510 + 6);
  CHECK(small.writes == 2 * 32 + 1);
}

TEST_CASE(
    "200 random programs give the same values and events from an instruction memory of 1 KiB as of 64, and "
    "the "
    "same cycles in lockstep") {
  Random random(62);
  int fetches = 0;
  for (int i = 0; i < 200; ++i) {
    MachineSpec spec = random_machine(random);
    const Program program = random_program(random, spec, 80);
    const auto text = [&](std::int64_t size_KiB) {
      spec.instruction_memory.size_KiB = size_KiB;
      return simulate(spec, program, {}, [&](Elaboration& machine) {
        const Inference inference = machine.run();
        CounterSet events = inference.events();
        if (size_KiB == 1 && events[Counter::fetch_bytes] > 0) ++fetches;
        events[Counter::dram_read_bytes] -= events[Counter::fetch_bytes];
        for (const Counter fetch :
             {Counter::sequencer_fetch_stalls, Counter::fetch_bytes, Counter::instruction_memory_writes})
          events[fetch] = 0;
        std::string all = std::to_string(crc_of(machine.memories()));
        for (const std::uint64_t count : events.counts) all += ' ' + std::to_string(count);
        return all;
      });
    };
    REQUIRE(text(1) == text(64));
    spec.instruction_memory.size_KiB = 1;
    const auto whole = [&](bool lockstep) {
      return simulate(spec, program, {.lockstep = lockstep},
                      [](Elaboration& machine) { return text_of(machine.run()); });
    };
    REQUIRE(whole(false) == whole(true));
  }
  CHECK(fetches > 20);
}
