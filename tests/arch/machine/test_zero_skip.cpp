// SPDX-License-Identifier: Apache-2.0
// The rules Z1 to Z6 of docs/timing.md: what the array leaves out where operands are zero.
#include <set>

#include "arch/datapath/packing.hpp"
#include "arch/isa/bank_reads.hpp"
#include "arch/isa/defects.hpp"
#include "arch/params/timing.hpp"
#include "arch/params/zero_flags.hpp"
#include "arch/units/array/zero_skip.hpp"
#include "arch/units/control/events.hpp"
#include "tests/arch/machine/skipping.hpp"

using namespace tricycle;
using namespace tricycle::test;

TEST_CASE("Z1: of 2 x 3 x 8 products those count whose operands are both not zero, and cycles stay") {
  const isa::Matmul i = matmul_of(2, 3, 1);
  const auto planes = Counter::popcount_ternary_planes_lanes;
  const auto check = [&](const Contents& operands, std::uint64_t active) {
    const Left gated = left_of(skipping(ZeroSkip::gating), i, operands);
    const Left none = left_of(skipping(ZeroSkip::none), i, operands);
    CHECK(gated.events[planes] == active);
    CHECK(gated.events[Counter::array_gated_lanes] == 48 - active);
    CHECK(none.events[planes] == 48);
    CHECK(none.events[Counter::array_gated_lanes] == 0);
    CHECK(gated.cycles == none.cycles);
    CHECK(gated.events[Counter::array_sum_bits] == none.events[Counter::array_sum_bits]);
    CHECK(gated.events[Counter::array_operand_bits] == none.events[Counter::array_operand_bits]);
  };
  check({1, 1, {}}, 48);
  check({1, -1, {{weight, 2, 7}}, 0}, 46);                     // one weight is zero: two positions less
  check({-1, 1, {{activation, 1, 0}}, 0}, 45);                 // one activation: three columns less
  check({1, 1, {{weight, 2, 7}, {activation, 1, 7}}, 0}, 44);  // they meet in one product
  check({0, 0, {{weight, 0, 3}, {activation, 0, 3}}}, 1);
  check({0, 0, {{weight, 0, 3}, {activation, 0, 4}}}, 0);
}

TEST_CASE(
    "Z1: shift, int8 and bitserial lanes are gated by whole elements, a bitserial one with its M x K bits") {
  const auto active = [](isa::Matmul i, Counter lanes, const Contents& operands) {
    const Left left = left_of(skipping(ZeroSkip::gating), i, operands);
    return std::pair(left.events[lanes], left.events[Counter::array_gated_lanes]);
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  const Contents one_zero = {1, 1, {{weight, 0, 0}}, 0};
  CHECK(active(matmul_of(2, 3, 1, Datapath::shift), Counter::shifter_lanes, one_zero) == Pair{22, 2});
  CHECK(active(matmul_of(2, 3, 1, Datapath::mac), Counter::mac_int8_lanes, one_zero) == Pair{10, 2});
  isa::Matmul i = matmul_of(2, 3, 1, Datapath::bitserial);
  i.activation_format = i.weight_format = Format::s2;
  i.line_stride = i.weight_stride = 4;
  CHECK(active(i, Counter::popcount_bitserial_lanes, one_zero) == Pair{4 * 94, 4 * 2});
  // 1 is one bit of two: the element counts whole.
  CHECK(active(i, Counter::popcount_bitserial_lanes, {1, 1, {}}) == Pair{4 * 96, 0});
}

TEST_CASE("Z1: lanes behind a tap's last element are gated, and taps outside are if the pad is zero") {
  isa::Matmul i = matmul_of(2, 3, 1);
  i.elements = 5;
  CHECK(left_of(skipping(ZeroSkip::gating), i, {1, 1, {}}).events[Counter::array_gated_lanes] == 2 * 3 * 3);
  i = matmul_of(2, 3, 1);
  i.kernel_h = 3;
  i.pad_top = 1;
  i.weight_stride = 6;
  const auto gated = [&] {
    const MachineSpec spec = skipping(ZeroSkip::gating);
    Memories memories(spec, dram_bytes);
    std::fill(memories.weight.begin(), memories.weight.end(), std::uint8_t{0xff});
    std::fill(memories.activation.begin(), memories.activation.end(), std::uint8_t{0xff});
    return sparse_work(make(i), spec, nonzero_weights(i, spec, memories),
                       nonzero_activations(i, spec, memories), step_table(i, spec))
        .events[Counter::array_gated_lanes];
  };
  CHECK(gated() == 2 * 3 * 8);  // one tap of each position is outside
  i.pad = 1;
  CHECK(gated() == 0);
}

TEST_CASE("Z2: one nonzero weight in one column of the group makes the step stay, and none leaves it out") {
  const MachineSpec spec = skipping(ZeroSkip::word);
  const isa::Matmul i = matmul_of(2, 3, 4);
  CHECK(cycles(spec, i, {1, 1, {}}) == 4);
  CHECK(cycles(spec, i, {0, 1, {{weight, 0, 0}}}) == 1);
  CHECK(cycles(spec, i, {0, 1, {{weight, 0, 0}, {weight, 1, 7}}}) == 1);  // the same word
  CHECK(cycles(spec, i, {0, 1, {{weight, 0, 0}, {weight, 1, 8}}}) == 2);  // the next
  CHECK(cycles(spec, i, {0, 1, {{weight, 0, 0}, {weight, 1, 8}, {weight, 2, 31}}}) == 3);
}

TEST_CASE("Z2: so it is with the activations of the rows of a group: 3 positions are 2 groups") {
  const MachineSpec spec = skipping(ZeroSkip::word);
  // 2 x 2 groups; one without a step takes a cycle, in which its sums leave (A11).
  const isa::Matmul i = matmul_of(3, 4, 4);
  CHECK(cycles(spec, i, {1, 1, {}}) == 16);
  CHECK(cycles(spec, i, {1, 0, {{activation, 0, 0}}}) == 2 + 2);
  CHECK(cycles(spec, i, {1, 0, {{activation, 0, 0}, {activation, 1, 0}}}) == 2 + 2);
  CHECK(cycles(spec, i, {1, 0, {{activation, 0, 0}, {activation, 2, 0}}}) == 4);
  CHECK(cycles(spec, i, {1, 0, {{activation, 0, 0}, {activation, 2, 0}, {activation, 2, 8}}}) == 6);
  // A step needs both: words 0 and 1 have weights, words 1 and 2 activations.
  const Contents both = {0, 0, {{weight, 0, 0}, {weight, 0, 8}, {activation, 0, 8}, {activation, 0, 16}}};
  CHECK(cycles(spec, i, both) == 1 + 3);
}

TEST_CASE(
    "Z2: a group of zeros takes one cycle and reads its flags alone, and its steps are counted as skipped") {
  const isa::Matmul i = matmul_of(3, 4, 4);
  const Left left = left_of(skipping(ZeroSkip::word), i, {0, 1, {}});
  CHECK(left.cycles == 4);
  CHECK(left.events[Counter::array_steps] == 0);
  CHECK(left.events[Counter::array_steps_skipped] == 16);
  // 4 flags for each row: of 3 columns and of 1 for both groups of rows, of 2 rows and of 1 for both of
  // columns.
  CHECK(left.events[Counter::weight_memory_reads] == 2 * 2);
  CHECK(left.events[Counter::activation_memory_reads] == 2 * 2);
  CHECK(left.events[Counter::array_flag_bits] == 2 * 4 * 4 + 2 * 3 * 4);
  CHECK(left.events[Counter::popcount_ternary_planes_lanes] == 0);
  CHECK(left.events[Counter::accumulator_memory_writes] == 12);  // the sums are zeros, and are written
}

TEST_CASE("Z2: a step that stays is read and computed whole, and takes as long as ever") {
  MachineSpec spec = skipping(ZeroSkip::word);
  const isa::Matmul i = matmul_of(3, 4, 4);
  // Column 3 is the second group's only one: 2 groups of rows with one word.
  const Left left = left_of(spec, i, {0, 1, {{weight, 3, 9}}});
  CHECK(left.cycles == 2 + 2);  // and the sums of the two groups without one
  CHECK(left.events[Counter::array_steps] == 2);
  CHECK(left.events[Counter::weight_memory_reads] == 2 + 4);
  CHECK(left.events[Counter::activation_memory_reads] == 3 + 4);
  CHECK(left.events[Counter::array_operand_bits] == 5 * 16 + 56);
  CHECK(left.events[Counter::array_sum_bits] == 3 * 24);
  CHECK(left.events[Counter::popcount_ternary_planes_lanes] == 3 * 8);
  spec.weight_memory.width_bits = 8;  // 2 cycles for a word of 3 columns
  CHECK(cycles(spec, i, {0, 1, {{weight, 3, 9}}}) == 4 + 2);
}

TEST_CASE("Z3: weight-stationary a word of zeros is not loaded and its steps are left out") {
  const MachineSpec spec = stationary();
  const isa::Matmul i =
      matmul_of(6, 4, 4);  // 3 groups of rows, 2 of columns: a load and 3 steps for each word
  CHECK(cycles(stationary(ZeroSkip::none), i, {1, 1, {}}) == 2 * 4 * (1 + 3));
  CHECK(cycles(spec, i, {1, 1, {}}) == 2 * 4 * (1 + 3));
  CHECK(cycles(spec, i, {1, 1, {{weight, 3, 0}}, 0}) == 2 * 4 * (1 + 3));
  CHECK(cycles(spec, i, {0, 1, {{weight, 3, 0}}}) == 1 + 3);
  CHECK(cycles(spec, i, {0, 1, {{weight, 3, 0}, {weight, 3, 7}}}) == 1 + 3);
  CHECK(cycles(spec, i, {0, 1, {{weight, 3, 0}, {weight, 3, 8}}}) == 2 * (1 + 3));
  CHECK(cycles(spec, i, {0, 0, {{weight, 3, 0}}}) == 1 + 3);  // activations are not looked at
  CHECK(cycles(spec, i, {0, 1, {}}) == 1);
}

TEST_CASE("Z3: sums are read and written with the words that stay, and written once where none does") {
  const isa::Matmul i = matmul_of(6, 4, 4);
  const Left left = left_of(stationary(), i, {0, 1, {{weight, 3, 0}, {weight, 3, 8}}});
  // Group 0 has no word: its 6 x 3 zeros are written. Group 1 has two words of one column.
  CHECK(left.events[Counter::accumulator_memory_writes] == 18 + 2 * 6);
  CHECK(left.events[Counter::accumulator_memory_reads] == 6);
  isa::Matmul more = i;
  more.accumulate = 1;
  const Left onto = left_of(stationary(), more, {0, 1, {{weight, 3, 0}, {weight, 3, 8}}});
  CHECK(onto.events[Counter::accumulator_memory_writes] == 2 * 6);
  CHECK(onto.events[Counter::accumulator_memory_reads] == 2 * 6);
}

TEST_CASE("Z4: a group takes the steps of its longest column: 3 columns with 2, 5 and 1 weights take 5") {
  isa::Matmul i = matmul_of(2, 3, 4, Datapath::shift);  // 16 elements
  std::vector<Put> puts;
  for (const auto& [column, count] : {std::pair(0, 2), {1, 5}, {2, 1}}) {
    for (int k = 0; k < count; ++k) puts.push_back({weight, column, 3 * k + column});
  }
  CHECK(cycles(one_lane(ZeroSkip::none), i, {0, 1, puts}) == 16);
  const Left left = left_of(one_lane(), i, {0, 1, puts});
  CHECK(left.cycles == 5);
  CHECK(left.events[Counter::array_steps] == 5);
  CHECK(left.events[Counter::array_steps_skipped] == 11);
  CHECK(left.events[Counter::shifter_lanes] == 2 * 8);
  CHECK(left.events[Counter::array_sum_bits] == 2 * 8 * 24);
  // Ports of 16 bits take 3 columns' 4 bits in one access: 5 steps. 8 elements are needed, of 2 rows.
  // The 16 flags of 3 columns take 3 accesses.
  CHECK(left.events[Counter::weight_memory_reads] == 5 + 3);
  CHECK(left.events[Counter::activation_memory_reads] == 8);
  CHECK(left.events[Counter::array_operand_bits] == 4 * (8 + 2 * 8) + 48);
  puts.push_back({weight, 0, 15});  // 3, 5, 1
  CHECK(cycles(one_lane(), i, {0, 1, puts}) == 5);
  puts.push_back({weight, 1, 15});  // 3, 6, 1
  CHECK(cycles(one_lane(), i, {0, 1, puts}) == 6);
  CHECK(cycles(one_lane(), i, {0, 0, puts}) == 6);  // activations are not looked at
  CHECK(cycles(one_lane(), i, {0, 1, {}}) == 1);
}

TEST_CASE("Z4: groups of columns follow each other, and each group of rows walks them again") {
  isa::Matmul i = matmul_of(3, 4, 4, Datapath::shift);  // 2 groups of rows; columns 0 to 2, and 3
  const std::vector<Put> puts = {{weight, 1, 0}, {weight, 1, 5}, {weight, 2, 0}, {weight, 3, 9}};
  CHECK(cycles(one_lane(), i, {0, 1, puts}) == 2 * (2 + 1));
  i = matmul_of(2, 4, 4, Datapath::shift);
  CHECK(cycles(one_lane(), i, {0, 1, puts}) == 2 + 1);
}

TEST_CASE("Z4: a bitserial lane takes the passes of each of its weights") {
  MachineSpec spec = skipping(ZeroSkip::element);
  spec.array.lanes.bitserial = 1;
  isa::Matmul i = matmul_of(2, 3, 1, Datapath::bitserial);
  i.activation_format = i.weight_format = Format::s2;
  i.line_stride = i.weight_stride = 4;
  CHECK(cycles(spec, i, {0, 1, {{weight, 0, 0}, {weight, 0, 9}, {weight, 1, 3}}}) == 4 * 2);
}

TEST_CASE("Z4: element wants a datapath of one lane, sums in the PEs and no line buffer, and says where") {
  const auto message = [](const std::string& more) {
    const std::string text =
        "name: one\nclock_MHz: 100\narray:\n  rows: 1\n  cols: 3\n  word_bits: 16\n  zero_skip: element\n" +
        more +
        "weight_memory: {size_KiB: 6}\nactivation_memory: {size_KiB: 4}\n"
        "accumulator_memory: {size_KiB: 6}\ninstruction_memory: {size_KiB: 16}\n";
    return message_of([&] { static_cast<void>(read_machine(parse_document(text, "one.yaml"))); });
  };
  const std::string shift = "  datapaths: [shift, bitserial]\n";
  CHECK(message(shift + "  lanes: {shift: 1}\n").empty());
  CHECK(message(shift + "  lanes: {bitserial: 1}\n").empty());
  const std::string wants =
      "one.yaml:7:14: error: 'zero_skip: element' needs PEs of one lane: set 'lanes' to 1 for "
      "ternary_planes, "
      "bitserial, shift or mac (int8), one that is among the 'datapaths'";
  CHECK(message(shift + "  lanes: {shift: 2}\n") == wants);
  CHECK(message(shift + "  lanes: {mac: 1}\n") == wants);
  CHECK(message("  datapaths: [binary]\n  lanes: {binary: 1}\n") == wants);
  CHECK(message(shift + "  lanes: {shift: 1}\n  dataflow: weight_stationary\n")
            .starts_with("one.yaml:7:14: error: columns walk their own weights only where sums stay"));
  CHECK(message(shift + "  lanes: {shift: 1}\n  zero_skip_operands: weights\n").empty());
  CHECK(message(shift + "  lanes: {shift: 1}\n  zero_skip_operands: both\n") ==
        "one.yaml:10:23: error: 'zero_skip: element' leaves out the zeros of weights alone: "
        "'zero_skip_operands' must be weights (or auto) with it");
  CHECK(message(shift + "  lanes: {shift: 1}\n  feeder: {kind: line_buffer}\n")
            .starts_with("one.yaml:7:14: error: with a line buffer 'zero_skip' must be none"));
}

TEST_CASE(
    "Z5: without values zeros are drawn at the layer's density: of 65536 weights 3/4 within 1 %, 0, or all") {
  MachineSpec spec = one_lane();
  spec.weight_memory.size_KiB = 96;
  isa::Matmul i = matmul_of(2, 32, 512, Datapath::shift);  // 2048 elements
  const auto nonzero = [&](const Draw& draw) {
    std::int64_t sum = 0;
    for (const std::int64_t n : drawn_weights(i, spec, draw).of_row) sum += n;
    return sum;
  };
  const std::int64_t drawn = nonzero({1, 0, 0.75});
  CHECK(drawn == Approx(49152).epsilon(0.01));
  CHECK(nonzero({1, 0, 0.75}) == drawn);
  CHECK(nonzero({2, 0, 0.75}) != drawn);
  CHECK(nonzero({1, 1, 0.75}) != drawn);
  CHECK(nonzero({1, 0, 0.0}) == 0);
  CHECK(nonzero({1, 0, 1.0}) == 65536);
  const auto fed = [&](std::vector<double> densities) {
    MachineOptions options;
    options.functional = false;
    options.weight_densities = std::move(densities);
    return left_of(spec, i, {1, 1, {}}, options).cycles;
  };
  CHECK(fed({0.0}) == 11);  // a cycle for the sums of each group
  CHECK(fed({1.0}) == 11 * 2048);
  CHECK(fed({}) == 11 * 2048);  // a layer without a density has no zeros
  const std::int64_t some = fed({0.25});
  CHECK(some > 11 * 512);
  CHECK(some < 11 * 640);
}

TEST_CASE("Z6: binary, ternary_fatnn and fp32 take the same cycles and events with all four, zeros or not") {
  for (const Datapath datapath : {Datapath::binary, Datapath::ternary_fatnn, Datapath::mac}) {
    isa::Matmul i = matmul_of(2, 3, 4, datapath);
    MachineSpec spec = one_lane(ZeroSkip::none);
    if (datapath == Datapath::mac) {
      spec.array.mac_type = MacType::fp32;
      i.activation_format = i.weight_format = Format::float32;
      i.elements = 2;
    }
    const Contents operands = {
        datapath == Datapath::binary ? -1 : 0, datapath == Datapath::binary ? -1 : 0, {}};
    const Left none = left_of(spec, i, operands);
    for (const ZeroSkip skip : all_skips) {
      Left left = left_of(skipping(skip, spec), i, operands);
      CHECK(left.cycles == none.cycles);
      const bool predicts = skip == ZeroSkip::word || skip == ZeroSkip::element;
      CHECK(left.events[Counter::array_steps_predicted] ==
            (predicts ? none.events[Counter::array_steps] : 0));
      left.events[Counter::array_steps_predicted] = 0;
      CHECK(left.events == none.events);
    }
  }
}

TEST_CASE("Z6: element does not change PEs of more than one lane") {
  const isa::Matmul i = matmul_of(2, 3, 4);  // ternary_planes of 8 lanes
  CHECK(cycles(one_lane(), i, {0, 0, {}}) == 4);
  CHECK(cycles(skipping(ZeroSkip::word), i, {0, 0, {}}) == 1);
}

TEST_CASE("Z1, Z2: zeros of the operand that is not looked at change nothing") {
  const isa::Matmul i = matmul_of(2, 3, 4);
  const auto of = [&](ZeroSkip skip, SkipOperands operands) {
    MachineSpec spec = skipping(skip);
    spec.array.zero_skip_operands = operands;
    return spec;
  };
  using enum SkipOperands;
  for (const SkipOperands operands : {automatic, both, weights, activations}) {
    CHECK(cycles(of(ZeroSkip::word, operands), i, {0, 1, {}}) == (operands == activations ? 4 : 1));
    CHECK(cycles(of(ZeroSkip::word, operands), i, {1, 0, {}}) == (operands == weights ? 4 : 1));
    const auto lanes = [&](const Contents& values) {
      return left_of(of(ZeroSkip::gating, operands), i, values).events[Counter::array_gated_lanes];
    };
    CHECK(lanes({0, 1, {}}) == (operands == activations ? 0 : 2 * 3 * 32));
    CHECK(lanes({1, 0, {}}) == (operands == weights ? 0 : 2 * 3 * 32));
  }
}

TEST_CASE("Z5: activations are drawn at their density, and steps of data and of densities are both counted") {
  const MachineSpec spec = skipping(ZeroSkip::word);
  const isa::Matmul i = matmul_of(16, 3, 32);
  const auto nonzero = [&](double density) {
    std::int64_t sum = 0;
    for (const std::int64_t n : drawn_activations(i, spec, {1, 0, density}).of_row) sum += n;
    return sum;
  };
  CHECK(nonzero(0) == 0);
  CHECK(nonzero(1) == 16 * 256);
  CHECK(nonzero(0.25) == Approx(1024).epsilon(0.1));
  MachineOptions declared;
  declared.weight_densities = {1.0};
  declared.activation_densities = {0.0};
  const Left left =
      left_of(spec, matmul_of(2, 3, 4), {1, 0, {{activation, 0, 0}, {activation, 1, 9}}}, declared);
  CHECK(left.events[Counter::array_steps] == 2);
  CHECK(left.events[Counter::array_steps_predicted] == 0);
  CHECK(left.events[Counter::array_window_elements] == 2 * 32);
  CHECK(left.events[Counter::array_window_nonzeros] == 2);
  declared.activation_densities = {1.0};
  CHECK(left_of(spec, matmul_of(2, 3, 4), {1, 0, {}}, declared).events[Counter::array_steps_predicted] == 4);
}

namespace {

/// Of a random machine, one that zero_skip allows.
MachineSpec random_skipper(Random& random, ZeroSkip skip) {
  MachineSpec spec = skipping(skip, random_machine(random));
  if (skip != ZeroSkip::element) return spec;
  spec.array.dataflow = Dataflow::output_stationary;
  for (std::int64_t* lanes : {&spec.array.lanes.ternary_planes, &spec.array.lanes.shift,
                              &spec.array.lanes.mac, &spec.array.lanes.bitserial}) {
    if (random.chance(0.7)) *lanes = 1;
  }
  return spec;
}

/// Random memories in which whole words and single elements are zero.
void fill_sparsely(const MemoryView& memories, std::uint64_t seed) {
  fill(memories, seed);
  Random random(seed);
  for (const auto memory : {memories.dram, memories.weight, memories.activation}) {
    for (std::size_t at = 0; at < memory.size();) {
      const std::size_t run = std::min<std::size_t>(1 + random.below(24), memory.size() - at);
      if (random.chance(0.7))
        std::fill_n(memory.begin() + static_cast<std::ptrdiff_t>(at), run, std::uint8_t{0});
      at += run;
    }
  }
}

std::string sparse_text(const MachineSpec& spec, const Program& program, const MachineOptions& options) {
  return simulate(spec, program, options, [](Elaboration& machine) {
    fill_sparsely(machine.memories(), 5);
    const std::string text = text_of(machine.run());
    return text + "\nmemories " + std::to_string(crc_of(machine.memories()));
  });
}

std::uint64_t cycles_in(const std::string& text) {
  const std::string finished = "finished ";
  if (!text.starts_with(finished)) FAIL(text);
  return std::stoull(text.substr(finished.size()));
}

std::string memories_in(const std::string& text) {
  return text.substr(text.find("\nmemories "));
}

}  // namespace

TEST_CASE(
    "150 random programs give the same in lockstep as in skipping with each zero_skip, and the same values") {
  Random random(41);
  int shorter = 0;
  for (int n = 0; n < 150; ++n) {
    const ZeroSkip skip = all_skips[static_cast<std::size_t>(1 + n % 3)];
    const MachineSpec spec = random_skipper(random, skip);
    const Program program = random_program(random, spec);
    const std::string text = sparse_text(spec, program, {});
    INFO("program " << n);
    REQUIRE(text.find("do not add up") == std::string::npos);
    REQUIRE(sparse_text(spec, program, {.lockstep = true}) == text);
    const std::string none = sparse_text(skipping(ZeroSkip::none, spec), program, {});
    REQUIRE(memories_in(none) == memories_in(text));
    if (skip == ZeroSkip::gating) REQUIRE(cycles_in(none) == cycles_in(text));
    shorter += cycles_in(text) < cycles_in(none) ? 1 : 0;
    MachineOptions drawn{.functional = false, .weight_densities = {0.1, 0.5, 0.9}};
    const std::string without = run_text(spec, program, drawn);
    drawn.lockstep = true;
    REQUIRE(run_text(spec, program, drawn) == without);
  }
  CHECK(shorter >= 20);
}

namespace {

/// The work of a matmul by walking every step and every product one by one.
SparseWork slow_work(const isa::Matmul& i, const MachineSpec& spec, const MemoryView& memories) {
  const ProductShape shape = shape_of(i);
  const Geometry g = geometry_of(spec.array, shape);
  const std::int64_t lanes = g.lanes, words = reduction_words(spec.array, shape);
  const std::int64_t passes = passes_of(spec.array, shape);
  const StepTable table = step_table(i, spec);
  const std::int64_t per_tap = ceil_div(shape.elements, lanes) * lanes;
  const auto split = [&](std::int64_t e, std::int64_t& tap, std::int64_t& channel) {  // false: a tail lane
    tap = shape.im2col ? e / shape.elements : e / per_tap;
    channel = shape.im2col ? e % shape.elements : e % per_tap;
    return tap < shape.taps && channel < shape.elements;
  };
  const auto has_weight = [&](std::int64_t c, std::int64_t e) {
    std::int64_t tap = 0, channel = 0;
    if (!split(e, tap, channel)) return false;
    const std::int64_t row = row_bytes(i.weight_format, shape.elements, spec.array.word_bits);
    const auto at =
        static_cast<std::size_t>(i.weights + c * i.weight_stride + (shape.im2col ? 0 : tap * row));
    return get_element(i.weight_format, spec.array.word_bits, std::span(memories.weight).subspan(at),
                       shape.im2col ? e : channel) != 0;
  };
  const auto has_activation = [&](std::int64_t p, std::int64_t e) {
    std::int64_t tap = 0, channel = 0;
    if (!split(e, tap, channel)) return false;
    const std::int64_t y = p / i.columns * i.stride_y + tap / i.kernel_w * i.dilation_y - i.pad_top;
    const std::int64_t x = p % i.columns * i.stride_x + tap % i.kernel_w * i.dilation_x - i.pad_left;
    if (y < 0 || y >= i.in_lines || x < 0 || x >= i.in_columns) return i.pad != 0;
    const auto at = static_cast<std::size_t>(i.activations + y * i.line_stride + x * i.position_stride);
    return get_element(i.activation_format, spec.array.word_bits, std::span(memories.activation).subspan(at),
                       channel) != 0;
  };
  const auto group_has = [&](std::int64_t group, std::int64_t size, std::int64_t total, std::int64_t word,
                             const auto& has) {
    for (std::int64_t r = group * size; r < std::min(total, (group + 1) * size); ++r) {
      for (std::int64_t e = word * lanes; e < (word + 1) * lanes; ++e) {
        if (has(r, e)) return true;
      }
    }
    return false;
  };
  SparseWork work;
  std::int64_t steps = 0, loads = 0, active = 0, cycles = 0;
  for (std::int64_t cg = 0; cg < ceil_div(shape.cols, g.cols); ++cg) {
    std::int64_t longest = 0;
    for (std::int64_t c = cg * g.cols; c < std::min(shape.cols, (cg + 1) * g.cols); ++c) {
      std::int64_t own = 0;
      for (std::int64_t e = 0; e < words * lanes; ++e) {
        if (!has_weight(c, e)) continue;
        ++own;
        for (std::int64_t p = 0; p < shape.positions; ++p) active += has_activation(p, e) ? 1 : 0;
      }
      longest = std::max(longest, own);
    }
    const std::int64_t row_groups = ceil_div(shape.positions, g.rows);
    std::vector<std::int64_t> of_rows(static_cast<std::size_t>(row_groups), 0), fed = of_rows;
    const bool by_element = spec.array.zero_skip == ZeroSkip::element;
    if (by_element) of_rows.assign(of_rows.size(), longest);
    for (std::int64_t e = 0; e < words && by_element;
         ++e) {  // conflicts hold up the activations that are read
      if (!group_has(cg, g.cols, shape.cols, e, has_weight)) continue;
      for (std::int64_t rg = 0; rg < row_groups; ++rg)
        fed[static_cast<std::size_t>(rg)] += table.at(rg, e).reads - table.each.reads;
    }
    for (std::int64_t& late : fed) late = by_element ? longest * table.each.reads + late : 0;
    for (std::int64_t w = 0; w < words && spec.array.zero_skip == ZeroSkip::word; ++w) {
      if (!group_has(cg, g.cols, shape.cols, w, has_weight)) continue;
      ++loads;
      for (std::int64_t rg = 0; rg < row_groups; ++rg) {
        const bool stays = spec.array.is_weight_stationary() || shape.im2col ||
                           group_has(rg, g.rows, shape.positions, w, has_activation);
        of_rows[static_cast<std::size_t>(rg)] += stays ? 1 : 0;
        fed[static_cast<std::size_t>(rg)] += stays ? table.at(rg, w).feed : 0;
      }
    }
    for (std::int64_t rg = 0; rg < row_groups; ++rg) {
      const std::int64_t own = of_rows[static_cast<std::size_t>(rg)];
      const std::int64_t of_group =
          std::max(passes * own * step_cycles(spec, shape), fed[static_cast<std::size_t>(rg)]);
      steps += own;
      const std::int64_t left = std::min(g.rows, shape.positions - rg * g.rows);
      cycles +=
          spec.array.is_weight_stationary() ? of_group : std::max(of_group, drain_cycles(spec, shape, left));
    }
  }
  if (spec.array.is_weight_stationary()) cycles += passes * loads * weight_cycles(spec, shape);
  work.cycles = static_cast<Cycles>(std::max<std::int64_t>(1, cycles) + all_flag_cycles(spec, i));
  work.events[Counter::array_steps] = static_cast<std::uint64_t>(passes * steps);
  work.events[Counter::array_gated_lanes] = static_cast<std::uint64_t>(active);
  return work;
}

SparseWork fast_work(const isa::Matmul& i, const MachineSpec& spec, const MemoryView& memories) {
  return work_of_data(make(i), spec, memories, step_table(i, spec));
}

}  // namespace

TEST_CASE(
    "the cycles and steps of 400 random matmuls are those of a walk over every element, and none >= word") {
  Random random(42);
  int gated = 0, words = 0, elements = 0;
  for (int n = 0; n < 400; ++n) {
    const ZeroSkip skip = all_skips[static_cast<std::size_t>(1 + n % 3)];
    const MachineSpec spec = random_skipper(random, skip);
    const isa::Matmul i = random_matmul(random, spec);
    if (!defect_of(make(i), spec).empty() || !skips_zeros(i, spec)) continue;
    Memories memories(spec, dram_bytes);
    fill_sparsely(memories, static_cast<std::uint64_t>(n));
    const SparseWork slow = slow_work(i, spec, memories), fast = fast_work(i, spec, memories);
    const CounterSet dense = events_of(make(i), spec);
    INFO("matmul " << n << ": " << disassemble(make(i)));
    const auto lanes_of_all = [](const CounterSet& events) {
      return events[Counter::popcount_ternary_planes_lanes] + events[Counter::popcount_bitserial_lanes] +
             events[Counter::shifter_lanes] + events[Counter::mac_int8_lanes];
    };
    REQUIRE(static_cast<std::int64_t>(fast.cycles) <=
            feed_cycles(spec, shape_of(i), step_table(i, spec)) + all_flag_cycles(spec, i));
    for (std::size_t c = 0; c < fast.events.counts.size(); ++c) {
      const auto counter = static_cast<Counter>(c);
      if (counter == Counter::array_gated_lanes || counter == Counter::array_steps_skipped) continue;
      if (counter == Counter::array_window_elements || counter == Counter::array_window_nonzeros) continue;
      if (counter == Counter::array_bank_conflict_cycles) continue;
      REQUIRE(fast.events[counter] <= dense[counter] + fast.events[Counter::array_flag_bits]);
    }
    if (skip == ZeroSkip::gating) {
      ++gated;
      const std::uint64_t bits =
          i.datapath == Datapath::bitserial
              ? static_cast<std::uint64_t>(multiplier_bits(spec.array, i.activation_format) *
                                           multiplier_bits(spec.array, i.weight_format))
              : 1;
      REQUIRE(lanes_of_all(fast.events) == slow.events[Counter::array_gated_lanes] * bits);
      REQUIRE(lanes_of_all(fast.events) + fast.events[Counter::array_gated_lanes] == lanes_of_all(dense));
      continue;
    }
    ++(skip == ZeroSkip::word ? words : elements);
    REQUIRE(fast.cycles == slow.cycles);
    REQUIRE(fast.events[Counter::array_steps] == slow.events[Counter::array_steps]);
    REQUIRE(fast.events[Counter::array_steps] + fast.events[Counter::array_steps_skipped] ==
            dense[Counter::array_steps]);
  }
  CHECK(gated >= 40);
  CHECK(words >= 40);
  CHECK(elements >= 20);
}

TEST_CASE("100 random matmuls without a zero take the cycles and events of none, and those of their flags") {
  Random random(43);
  int compared = 0;
  for (int n = 0; n < 300; ++n) {
    const ZeroSkip skip = all_skips[static_cast<std::size_t>(2 + n % 2)];
    const MachineSpec spec = random_skipper(random, skip);
    const isa::Matmul i = random_matmul(random, spec);
    if (!defect_of(make(i), spec).empty() || !skips_zeros(i, spec)) continue;
    const StepTable steps = step_table(i, spec);
    const SparseWork work =
        sparse_work(make(i), spec, drawn_weights(i, spec, {1, 0, 1.0}), dense_activations(i, spec), steps);
    INFO("matmul " << n << ": " << disassemble(make(i)));
    // With element, the zeros behind the last element of a word are none: its words have one lane.
    CounterSet dense = events_of(make(i), spec), events = work.events;
    for (const Counter read : {Counter::weight_memory_reads, Counter::activation_memory_reads}) {
      CHECK(events[read] >= dense[read]);
      events[read] = dense[read];
    }
    dense[Counter::array_operand_bits] += events[Counter::array_flag_bits];
    dense[Counter::array_bank_conflict_cycles] = events[Counter::array_bank_conflict_cycles];
    dense[Counter::array_flag_bits] = events[Counter::array_flag_bits];
    CHECK(events == dense);
    CHECK(static_cast<std::int64_t>(work.cycles) ==
          feed_cycles(spec, shape_of(i), steps) + all_flag_cycles(spec, i));
    ++compared;
  }
  CHECK(compared >= 100);
}
