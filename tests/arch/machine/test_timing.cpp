// SPDX-License-Identifier: Apache-2.0
// The rules of docs/timing.md on the machine, each with a number on either side of where it bites. Every run
// is checked against its lockstep twin (cycles_of, completions).
#include "arch/isa/vector_time.hpp"
#include "arch/params/timing.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

constexpr Engine load = Engine::load, store = Engine::store, array = Engine::array, vector = Engine::vector;

using Ends = std::vector<std::uint64_t>;

/// Completions of a program on the small machine after a change to it.
template <class Change>
Ends ends_with(const Program& program, Change change) {
  MachineSpec spec = small_machine();
  change(spec);
  return completions(spec, program);
}

Ends ends_of(const Program& program) {
  return ends_with(program, [](MachineSpec&) {});
}

}  // namespace

// The small machine: fetch 2, load set-up 4 and store set-up 6, bursts of 16 bytes, DRAM of 16 bytes per
// cycle and latency 20, array 2 x 3 with words of 16 bits and depth 5, vector of 4 lanes and latency 3.
//
// A load of one burst: dispatched in 2, started in 3, asked for in 3 + 4 = 7, at DRAM in 8, through the pipe
// after one cycle, answered in 9 + 20 = 29, seen and complete in 30.

TEST_CASE("S1: with 2 fetch cycles a lone halt stops in cycle 2, with 3 in cycle 3") {
  MachineSpec spec = small_machine();
  CHECK(cycles_of(spec, {halt()}) == 2);
  spec.sequencer.fetch_cycles = 3;
  CHECK(cycles_of(spec, {halt()}) == 3);
}

TEST_CASE("S2: one instruction is dispatched per cycle, and seen by its engine in the next") {
  // Threshold: dispatched in 2, started in 3, 1 cycle of intake for 4 elements and 1 threshold, complete in 3
  // + 3 = 6.
  const auto one = make(threshold_of(1, 4, 1));
  CHECK(ends_of({one, halt()}) == Ends{6});
  CHECK(ends_of({one, one, halt()}) == Ends{6, 7});
  // Behind a matmul (started in 3, 1 step, depth 5: complete in 8) it is dispatched in 3.
  isa::Affine elsewhere = affine_of(1, 1);
  elsewhere.address = 1024;
  CHECK(ends_of({make(matmul_of(1, 1, 1)), make(elsewhere), halt()}) == Ends{8, 7});
}

TEST_CASE("S3: with a queue of 1 an engine gets an instruction every 2 cycles, with 2 every cycle") {
  const auto one = make(threshold_of(1, 4, 1));
  const auto depth = [](std::int64_t entries) {
    return [entries](MachineSpec& spec) { spec.sequencer.queue_depth = entries; };
  };
  CHECK(ends_with({one, one, one, halt()}, depth(1)) == Ends{6, 8, 10});
  CHECK(ends_with({one, one, one, halt()}, depth(2)) == Ends{6, 7, 8});
  CHECK(ends_with({one, one, one, halt()}, depth(3)) == Ends{6, 7, 8});
}

TEST_CASE("S3: an instruction behind one whose queue is full waits, though its own engine is free") {
  // Two thresholds of 8 cycles of intake: started in 3 and 11. A third, with a queue of 1, waits for the
  // second to start in 11, is dispatched in 12, and the matmul behind it in 13 instead of 5.
  const auto slow = make(threshold_of(4, 4, 2));
  isa::Matmul tile = matmul_of(1, 1, 1);
  tile.sums = 1024;
  const Program program = {slow, slow, slow, make(tile), halt()};
  const auto depth = [](std::int64_t entries) {
    return [entries](MachineSpec& spec) { spec.sequencer.queue_depth = entries; };
  };
  CHECK(ends_with(program, depth(1)) == Ends{13, 21, 29, 14 + 5});
  CHECK(ends_with(program, depth(2)) == Ends{13, 21, 29, 6 + 5});
}

TEST_CASE("S4: the halt is seen to stop the cycle after the last completion") {
  CHECK(cycles_of(small_machine(), {make(threshold_of(1, 4, 1)), halt()}) == 7);
  CHECK(cycles_of(small_machine(), {make(load_of(1, 16)), halt()}) == 31);
  // Whichever of two engines is last.
  CHECK(cycles_of(small_machine(), {make(load_of(1, 16)), make(threshold_of(1, 4, 1)), halt()}) == 31);
}

TEST_CASE("D1: one more cycle of set-up is one more cycle") {
  const Program program = {make(load_of(1, 16)), halt()};
  CHECK(ends_of(program) == Ends{30});
  CHECK(ends_with(program, [](MachineSpec& spec) { spec.load.setup_cycles = 5; }) == Ends{31});
  CHECK(ends_with(program, [](MachineSpec& spec) { spec.store.setup_cycles = 7; }) == Ends{30});
  const Program back = {make(store_of(1, 16)), halt()};
  CHECK(ends_of(back) == Ends{32});
  CHECK(ends_with(back, [](MachineSpec& spec) { spec.store.setup_cycles = 7; }) == Ends{33});
}

TEST_CASE("D2: a burst ends with its row: 16 bytes are one burst, 17 are two, and 2 rows of 17 are four") {
  const auto last = [](std::uint32_t rows, std::uint32_t bytes) {
    return ends_of({make(load_of(rows, bytes)), halt()}).at(0);
  };
  CHECK(last(1, 16) == 30);
  CHECK(last(1, 17) == 31);
  CHECK(last(1, 32) == 31);
  CHECK(last(2, 16) == 31);
  CHECK(last(2, 17) == 33);  // four bursts where 34 bytes in one row are three
  CHECK(last(1, 34) == 32);
  CHECK(transfer_bursts(small_machine().load, 2, 17) == 4);
  CHECK(transfer_bursts(small_machine().load, 1, 34) == 3);
}

TEST_CASE("D3: one burst is asked for per cycle") {
  for (std::uint32_t bursts = 1; bursts <= 40; bursts += 13) {
    CHECK(ends_of({make(load_of(1, 16 * bursts)), halt()}) == Ends{29 + bursts});
  }
}

TEST_CASE(
    "D3: a window of 23 bursts covers the round trip of 23 cycles, one of 22 costs a cycle in the 24th "
    "burst") {
  // Asked for in t, at DRAM in t + 1, moved by t + 2, answered in t + 22, seen in t + 23.
  const Program program = {make(load_of(1, 16 * 24)), halt()};
  const auto window = [](std::int64_t size) {
    return [size](MachineSpec& spec) { spec.load.outstanding = size; };
  };
  CHECK(ends_with(program, window(64)) == Ends{29 + 24});
  CHECK(ends_with(program, window(24)) == Ends{29 + 24});
  CHECK(ends_with(program, window(23)) == Ends{29 + 24});
  CHECK(ends_with(program, window(22)) == Ends{29 + 24 + 1});
  CHECK(ends_with(program, window(21)) == Ends{29 + 24 + 2});
  CHECK(ends_with(program, window(1)) == Ends{30 + 23 * 23});
}

TEST_CASE("D3: 24 bursts are asked for in 24 cycles through a port, in 12 through 2, in 5 through 5") {
  const Program program = {make(load_of(1, 16 * 24, Memory::activation)), halt()};
  const auto ports = [](std::int64_t count) {
    return [count](MachineSpec& spec) {
      spec.load.ports = count;
      spec.dram.bytes_per_cycle = 16 * 5;
      spec.activation_memory.banks = 40;  // of 16 bits: 80 bytes a cycle
    };
  };
  CHECK(ends_with(program, ports(1)) == Ends{29 + 24});
  CHECK(ends_with(program, ports(2)) == Ends{29 + 12});
  CHECK(ends_with(program, ports(5)) == Ends{29 + 5});
}

TEST_CASE("D4: the next transfer's set-up begins the cycle after the last burst was asked for") {
  // The first asks in 7 (and 8); the second starts in 8 (9), asks 4 later.
  const Program one = {make(load_of(1, 16)), make(load_of(1, 16, Memory::weight, 64)), halt()};
  const Program two = {make(load_of(1, 32)), make(load_of(1, 16, Memory::weight, 64)), halt()};
  CHECK(ends_of(one) == Ends{30, 30 + 5});
  CHECK(ends_of(two) == Ends{31, 31 + 5});
}

TEST_CASE(
    "D5: a transfer completes with the answer to its last burst, in the order in which they were started") {
  const Program program = {make(load_of(1, 160)), make(load_of(1, 16, Memory::weight, 1024)), halt()};
  CHECK(ends_of(program) == Ends{29 + 10, 29 + 10 + 5});
}

TEST_CASE("M1: 16 bytes per cycle move a burst of 16 in 1 cycle, 15 need 2, and 2 bursts then 3") {
  const auto last = [](double per_cycle, std::uint32_t bytes) {
    return ends_with({make(load_of(1, bytes)), halt()},
                     [&](MachineSpec& spec) { spec.dram.bytes_per_cycle = per_cycle; });
  };
  CHECK(last(16, 16) == Ends{30});
  CHECK(last(17, 16) == Ends{30});
  CHECK(last(15, 16) == Ends{31});
  CHECK(last(15, 32) == Ends{32});
  CHECK(last(8, 16) == Ends{31});
  CHECK(last(1, 16) == Ends{45});
  // At 8 bytes per cycle 10 bursts move in 20 cycles, whatever the engine could ask for.
  CHECK(last(8, 160) == Ends{29 + 20});
}

TEST_CASE(
    "M1: bursts follow each other through the pipe without a gap: 3 of 8 bytes at 12 per cycle take 2 "
    "cycles") {
  // 24 bytes at 12 per cycle, but no faster than they are asked for: the third is at DRAM in 10, moved by 11.
  const auto last = [](std::uint32_t rows) {
    return ends_with({make(load_of(rows, 8)), halt()},
                     [](MachineSpec& spec) { spec.dram.bytes_per_cycle = 12; });
  };
  CHECK(last(1) == Ends{30});
  CHECK(last(3) == Ends{32});
  // At 6 bytes per cycle 3 bursts of 8 wait for the pipe: 4 cycles, not 3 x 2.
  CHECK(ends_with({make(load_of(3, 8)), halt()}, [](MachineSpec& spec) { spec.dram.bytes_per_cycle = 6; }) ==
        Ends{33});
}

TEST_CASE(
    "M1: 1.6 GB/s are 16 bytes per cycle at 100 MHz; at 110 MHz a burst of 16 takes two, 11 of them 12") {
  const auto last = [](double clock_MHz, std::uint32_t bytes) {
    return ends_with({make(load_of(1, bytes)), halt()}, [&](MachineSpec& spec) {
      spec.clock_MHz = clock_MHz;
      spec.dram.bandwidth_GBps = 1.6;
    });
  };
  CHECK(last(100, 16) == Ends{30});
  CHECK(last(110, 16) == Ends{31});
  CHECK(last(100, 16 * 11) == Ends{40});
  CHECK(last(110, 16 * 11) == Ends{42});  // 12.1 cycles
  CHECK(last(110, 16 * 10) == Ends{40});  // 11 cycles, where 10 bursts take 10 to be asked for
}

TEST_CASE("M2: a cycle more of latency is a cycle more for a load and for a store") {
  const auto longer = [](MachineSpec& spec) { spec.dram.latency_cycles = 21; };
  CHECK(ends_with({make(load_of(1, 16)), halt()}, longer) == Ends{31});
  CHECK(ends_with({make(load_of(4, 16)), halt()}, longer) == Ends{34});
  CHECK(ends_with({make(store_of(1, 16)), halt()}, longer) == Ends{33});
  CHECK(ends_with({make(load_of(1, 16)), halt()}, [](MachineSpec& spec) { spec.dram.latency_cycles = 1; }) ==
        Ends{11});
}

TEST_CASE("M3: a load's and a store's bursts share the pipe, the load's first when both come in one cycle") {
  const auto at_8 = [](MachineSpec& spec) {
    spec.dram.bytes_per_cycle = 8;
    spec.store.setup_cycles = 3;  // dispatched a cycle later, so both ask in cycle 7
  };
  const Program program = {make(load_of(1, 16)), make(store_of(1, 16)), halt()};
  CHECK(ends_with(program, at_8) == Ends{31, 33});
  CHECK(ends_with({make(store_of(1, 16)), make(load_of(1, 16)), halt()}, [&](MachineSpec& spec) {
          at_8(spec);
          spec.store.setup_cycles = 5;  // dispatched a cycle earlier now: both in cycle 8
        }) == Ends{34, 32});
}

TEST_CASE("A1: 2 x 3 sums are one step for each word, 3 x 3 two, 3 x 4 four") {
  // Started in 3; complete `depth` after the last step.
  const auto last = [](std::uint32_t rows, std::uint32_t cols, std::uint32_t words) {
    return ends_of({make(matmul_of(rows, cols, words)), halt()});
  };
  CHECK(last(1, 1, 1) == Ends{3 + 5});
  CHECK(last(2, 3, 1) == Ends{3 + 5});
  CHECK(last(3, 3, 1) == Ends{4 + 5});
  CHECK(last(2, 4, 1) == Ends{4 + 5});
  CHECK(last(3, 4, 1) == Ends{6 + 5});
  CHECK(last(3, 4, 7) == Ends{2 + 28 + 5});
  CHECK(tile_steps(small_machine().array, shape_of(matmul_of(3, 4, 7))) == 28);
}

TEST_CASE(
    "A2: a port as wide as the words of all columns or rows gives a step per cycle, one bit less halves "
    "that") {
  const Program program = {make(matmul_of(2, 3, 10)), halt()};
  const auto with_weight_bits = [&](std::int64_t bits) {
    return ends_with(program, [&](MachineSpec& spec) {
      spec.weight_memory = {.size_KiB = 6, .banks = 1, .width_bits = bits};
    });
  };
  CHECK(with_weight_bits(3 * 16 + 1) == Ends{2 + 10 + 5});
  CHECK(with_weight_bits(3 * 16) == Ends{2 + 10 + 5});
  CHECK(with_weight_bits(3 * 16 - 1) == Ends{2 + 20 + 5});
  CHECK(with_weight_bits(16) == Ends{2 + 30 + 5});
  CHECK(with_weight_bits(15) == Ends{2 + 40 + 5});
  const auto with_activation_bits = [&](std::int64_t bits) {
    return ends_with(program, [&](MachineSpec& spec) {
      spec.activation_memory = {.size_KiB = 4, .banks = 2, .width_bits = bits};
    });
  };
  CHECK(with_activation_bits(16) == Ends{2 + 10 + 5});
  CHECK(with_activation_bits(16 - 1) == Ends{2 + 20 + 5});
}

TEST_CASE(
    "A2: a loaded mask makes a weight word half as wide again: 24 bits a column, and 23 cost a second "
    "cycle") {
  isa::Matmul tile = matmul_of(2, 3, 10, Datapath::ternary_fatnn);
  tile.weight_format = Format::trit2_mask;
  tile.weight_stride = 30;
  const auto with_bits = [&](std::int64_t bits) {
    return ends_with({make(tile), halt()}, [&](MachineSpec& spec) {
      spec.array.fatnn_mask = FatnnMask::precomputed;
      spec.weight_memory.width_bits = bits;
    });
  };
  CHECK(with_bits(24) == Ends{2 + 10 + 5});
  CHECK(with_bits(23) == Ends{2 + 20 + 5});
}

TEST_CASE("A3: sums are complete as many cycles after the last step as the array is deep, from 3 on") {
  const Program program = {make(matmul_of(2, 3, 10)), halt()};
  for (const std::int64_t depth : {3, 4, 5, 40}) {
    CHECK(ends_with(program, [&](MachineSpec& spec) { spec.array.depth_cycles = depth; }) ==
          Ends{static_cast<std::uint64_t>(2 + 10 + depth)});
  }
}

TEST_CASE("A4: the next matmul's first step comes the cycle after the last step of the one before") {
  isa::Matmul second = matmul_of(2, 3, 7);
  second.sums = 1024;
  isa::Matmul third = matmul_of(1, 1, 1);
  third.sums = 2048;
  CHECK(ends_of({make(matmul_of(2, 3, 10)), make(second), make(third), halt()}) ==
        Ends{12 + 5, 19 + 5, 20 + 5});
}

TEST_CASE(
    "V1: the vector unit takes in 4 elements a cycle: 4 are one cycle, 5 two, and 3 thresholds three times "
    "that") {
  const auto last = [](const auto& operation) { return ends_of({make(operation), halt()}); };
  CHECK(last(threshold_of(1, 4, 1)) == Ends{2 + 1 + 3});
  CHECK(last(threshold_of(1, 5, 1)) == Ends{2 + 2 + 3});
  CHECK(last(threshold_of(1, 4, 3)) == Ends{2 + 3 + 3});
  CHECK(last(threshold_of(1, 5, 3)) == Ends{2 + 6 + 3});
  CHECK(last(threshold_of(5, 3, 1)) == Ends{2 + 4 + 3});  // rows are not padded: 15 elements
  CHECK(last(affine_of(1, 4)) == Ends{2 + 1 + 3});
  CHECK(last(affine_of(4, 5)) == Ends{2 + 5 + 3});
  CHECK(ends_with({make(affine_of(1, 5)), halt()}, [](MachineSpec& spec) { spec.vector.lanes = 5; }) ==
        Ends{2 + 1 + 3});
}

TEST_CASE("V7: a table of 2 bytes for each of 12 channels comes through 192 bits in a cycle, of 13 in two") {
  const auto last = [](std::uint32_t cols, std::uint8_t per_channel) {
    isa::Threshold i = threshold_of(1, cols, 1);
    i.per_channel = per_channel;
    return ends_of({make(i), halt()});
  };
  CHECK(last(12, 1) == Ends{2 + 1 + 3 + 3});
  CHECK(last(13, 1) == Ends{2 + 2 + 4 + 3});
  CHECK(last(12, 0) == Ends{2 + 3 + 3});  // one row for all
}

TEST_CASE("V1: a window of 2 x 2 has four values for each result, taps outside among them") {
  const auto last = [](const auto& operation) { return ends_of({make(operation), halt()}); };
  isa::Copy i = copy_of(2, 2);
  CHECK(last(i) == Ends{2 + 1 + 3});
  i.kernel_h = i.kernel_w = 2;
  CHECK(last(i) == Ends{2 + 4 + 3});
  i.pad_top = i.pad_left = 2;
  CHECK(last(i) == Ends{2 + 4 + 3});
  i.kernel_w = 3;
  CHECK(last(i) == Ends{2 + 6 + 3});
  i.lines = 3;
  CHECK(last(i) == Ends{2 + 9 + 3});
  isa::Threshold threshold = threshold_of(2, 2, 5);
  CHECK(last(threshold) == Ends{2 + 5 + 3});
  threshold.kernel_h = threshold.kernel_w = 2;
  CHECK(last(threshold) == Ends{2 + 4 * 5 + 3});
  CHECK(vector_cycles(small_machine(), threshold) == 20);
}

TEST_CASE("V1: pairs are twice the values, and a second tensor is one more value for each result") {
  const auto last = [](const auto& operation) { return ends_of({make(operation), halt()}); };
  isa::Scale i = scale_of(1, 4);
  CHECK(last(i) == Ends{2 + 1 + 3});
  i.second = Second::pair;
  CHECK(last(i) == Ends{2 + 2 + 3});
  i.second = Second::tensor;
  i.second_format = Format::int8;
  CHECK(last(i) == Ends{2 + 1 + 1 + 3});
  i.kernel_h = 3;  // three values for each result, and still one of the other tensor
  CHECK(last(i) == Ends{2 + 3 + 1 + 3});
  i = scale_of(1, 5);
  i.second = Second::pair;
  CHECK(last(i) == Ends{2 + 3 + 3});  // 10 values
  i.second = Second::tensor;
  i.second_format = Format::int8;
  CHECK(last(i) == Ends{2 + 2 + 2 + 3});  // 5 and 5
  isa::Affine affine = affine_of(4, 5);
  affine.second = Second::pair;
  affine.line_stride = 40;
  CHECK(last(affine) == Ends{2 + 10 + 3});
}

TEST_CASE("V2: results are complete the vector unit's latency after the last intake") {
  for (const std::int64_t latency : {1, 2, 3, 30}) {
    CHECK(ends_with({make(affine_of(4, 5)), halt()}, [&](MachineSpec& spec) {
            spec.vector.latency_cycles = latency;
          }) == Ends{static_cast<std::uint64_t>(2 + 5 + latency)});
  }
}

TEST_CASE("V3: the next vector instruction's intake comes the cycle after the last of the one before") {
  CHECK(ends_of({make(affine_of(4, 5)), make(affine_of(1, 1)), make(affine_of(1, 1)), halt()}) ==
        Ends{10, 11, 12});
}

TEST_CASE("E1, E2: what waits for a completion in cycle 30 starts in 31") {
  const Program program = {make(load_of(1, 16, Memory::activation), {}, set_of({array})),
                           make(matmul_of(2, 3, 1), set_of({load})), halt()};
  CHECK(ends_of(program) == Ends{30, 31 + 5});
}

TEST_CASE(
    "E1: an instruction that waits for 2 engines starts the cycle after the later post, and takes both") {
  // Load completes in 30, store (asked for in 4 + 6 = 10) in 33.
  isa::Threshold elsewhere = threshold_of(1, 4, 1);
  const Program program = {make(load_of(1, 16), {}, set_of({vector})),
                           make(store_of(1, 16), {}, set_of({vector})),
                           make(elsewhere, set_of({load, store})), halt()};
  CHECK(ends_of(program) == Ends{30, 33, 34 + 3});
}

TEST_CASE("E1: semaphores count: 2 posts let 2 instructions start, one after the other") {
  const auto waits = make(threshold_of(1, 4, 1), set_of({load}));
  const Program program = {make(load_of(1, 16), {}, set_of({vector})),
                           make(load_of(1, 16, Memory::weight, 64), {}, set_of({vector})), waits, waits,
                           halt()};
  CHECK(ends_of(program) == Ends{30, 35, 31 + 3, 36 + 3});
}

TEST_CASE(
    "E1: an engine works in order: behind an instruction that waits, one that need not wait waits too") {
  const Program program = {make(load_of(1, 16), {}, set_of({vector})),
                           make(threshold_of(1, 4, 1), set_of({load})), make(threshold_of(1, 4, 1)), halt()};
  CHECK(ends_of(program) == Ends{30, 34, 35});
}

TEST_CASE("the cycles of one tile, from DRAM to DRAM, are the sum of its terms") {
  const auto tile_program = [](std::uint32_t m, std::uint32_t n, std::uint32_t words) {
    const std::uint32_t result_bytes = 2 * ((n + 7) / 8);
    return Program{make(load_of(m, 2 * words, Memory::activation)),
                   make(load_of(n, 2 * words), {}, set_of({array})),
                   make(matmul_of(m, n, words), set_of({load}), set_of({vector})),
                   make(threshold_of(m, n, 2), set_of({array}), set_of({store})),
                   make(store_of(m, result_bytes, 512), set_of({vector})),
                   halt()};
  };
  const auto closed_form = [](const MachineSpec& spec, std::int64_t m, std::int64_t n, std::int64_t words) {
    const std::int64_t round_trip = 1 + 1 + spec.dram.latency_cycles + 1;  // asked, moved, answered, seen
    const std::int64_t fetch = spec.sequencer.fetch_cycles;
    const std::int64_t activations = spec.load.setup_cycles + transfer_bursts(spec.load, m, 2 * words);
    const std::int64_t weights = spec.load.setup_cycles + transfer_bursts(spec.load, n, 2 * words);
    const std::int64_t sums = tile_cycles(spec, {.datapath = Datapath::ternary_planes,
                                                 .activations = Format::planes,
                                                 .weights = Format::planes,
                                                 .positions = m,
                                                 .cols = n,
                                                 .elements = 8 * words}) +
                              spec.array.depth_cycles;
    const std::int64_t codes = vector_cycles(spec.vector, m * n, 2) + spec.vector.latency_cycles;
    const std::int64_t results = spec.store.setup_cycles + transfer_bursts(spec.store, m, 2 * ceil_div(n, 8));
    const std::int64_t halt_seen = 1;
    return static_cast<std::uint64_t>(fetch + activations + weights + round_trip + sums + codes + results +
                                      round_trip + halt_seen);
  };
  MachineSpec spec = small_machine();
  CHECK(cycles_of(spec, tile_program(2, 3, 1)) ==
        2 + (4 + 2) + (4 + 3) + 23 + (1 + 5) + (4 + 3) + (6 + 2) + 23 + 1);
  for (const auto& [m, n, words] : {std::array{1U, 1U, 1U}, {2U, 3U, 5U}, {5U, 7U, 9U}, {8U, 12U, 20U}}) {
    CHECK(cycles_of(spec, tile_program(m, n, words)) == closed_form(spec, m, n, words));
  }
  spec.array.rows = 9;
  spec.activation_memory.banks = 8;  // nine words where eight fit: 2 cycles a step
  spec.vector.lanes = 7;
  spec.sequencer.fetch_cycles = 9;
  CHECK(cycles_of(spec, tile_program(5, 7, 9)) == closed_form(spec, 5, 7, 9));
}

TEST_CASE("E6: a second inference takes the same 31 cycles as the first, and all its counters are the same") {
  const auto twice = [](Elaboration& machine) {
    const std::string first = text_of(machine.run());
    const std::string second = text_of(machine.run());
    return first == second ? first.substr(0, first.find('\n')) : first + " and then " + second;
  };
  const Program program = {make(load_of(1, 16)), halt()};
  CHECK(simulate(small_machine(), program, {}, twice) == "finished 31");
  CHECK(simulate(small_machine(), program, {.lockstep = true}, twice) == "finished 31");
}

TEST_CASE("E7: busy, stall and idle of every unit while one tile is computed are as the rules say") {
  isa::Matmul tile = matmul_of(2, 3, 10);
  // Load: started in 3, complete in 30. Tile: waits to 31, fed to 40, complete in 45; cycles 46.
  const Program program = {make(load_of(1, 16, Memory::activation), {}, set_of({array})),
                           make(tile, set_of({load})), halt()};
  const std::string text = run_text(small_machine(), program);
  CHECK(text.substr(0, text.find("\nports")) ==
        "finished 46\n"
        "sequencer 4 0 42\n"
        "fetch 0 0 46\n"  // fetches 2, dispatches 2
        "load 27 0 19\n"  // from its start in 3 to 29
        "store 0 0 46\n"
        "array 10 31 5\n"     // waits from 4 to 30, feeds from 31 to 40, drains to 44
        "popcount 10 2 34\n"  // from 32 to 41, then empties to 43
        "vector 0 0 46\n"
        "dram 1 0 45");
}
