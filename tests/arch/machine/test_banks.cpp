// SPDX-License-Identifier: Apache-2.0
// Single banks of activation memory (rules R9 and R10 of docs/timing.md), beside a walk over every bit.
#include <array>
#include <map>
#include <set>

#include "arch/isa/bank_reads.hpp"
#include "arch/isa/window_of.hpp"
#include "arch/params/bank_layout.hpp"
#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// The small machine with `banks` banks of activation memory, each as wide as a word of the array.
MachineSpec banked(std::int64_t banks) {
  MachineSpec spec = full_machine();
  spec.activation_memory = {.size_KiB = 4, .banks = banks, .width_bits = 16};
  return spec;
}

/// Cycles in which the array feeds a matmul.
std::uint64_t busy(const MachineSpec& spec, const isa::Matmul& i, const MachineOptions& options = {}) {
  return simulate(spec, {make(i), halt()}, options, [](Elaboration& machine) {
    const Inference inference = machine.run();
    if (inference.status != RunStatus::finished) throw std::logic_error("the program did not finish");
    return inference.layer_steps.at(0).busy(Engine::array);
  });
}

/// Two positions of one word, `stride` positions of `pitch` bytes apart: one group of rows.
isa::Matmul pair_of(std::uint32_t pitch, std::uint16_t stride = 1, std::uint32_t address = 0) {
  isa::Matmul i = matmul_of(1, 3, 1);
  i.columns = 2;
  i.in_columns = stride + 1U;
  i.stride_x = stride;
  i.activations = address;
  i.position_stride = pitch;
  i.line_stride = 1024;
  return i;
}

/// The same of bytes.
isa::Matmul with_bytes(isa::Matmul i, std::uint32_t elements) {
  i.datapath = Datapath::mac;
  i.activation_format = i.weight_format = Format::int8;
  i.elements = elements;
  i.weight_stride = elements;
  return i;
}

/// A densely packed reduction of one line of `taps` taps, at two positions.
isa::Matmul dense(std::uint16_t taps, std::uint32_t channels) {
  isa::Matmul i = matmul_of(1, 3, 1);
  i.columns = 2;
  i.kernel_w = taps;
  i.in_columns = taps + 1U;
  i.elements = channels;
  i.im2col = 1;
  i.position_stride = 2;
  i.line_stride = 1024;
  i.weight_stride = static_cast<std::uint32_t>(row_bytes(i.weight_format, taps * channels, 16));
  return i;
}

}  // namespace

TEST_CASE(
    "R9: words of two positions in one bank of 2 take 2 cycles, in two banks 1: a stride of 2 against 1 or "
    "3") {
  CHECK(busy(banked(2), pair_of(2, 1)) == 1);
  CHECK(busy(banked(2), pair_of(2, 2)) == 2);
  CHECK(busy(banked(2), pair_of(2, 3)) == 1);
  CHECK(busy(banked(4), pair_of(2, 2)) == 1);
  CHECK(busy(banked(4), pair_of(2, 4)) == 2);
}

TEST_CASE("R9: a bank word that 2 positions share is read once, and one behind it in the same bank is not") {
  isa::Matmul i = with_bytes(pair_of(1), 1);
  CHECK(busy(banked(2), i) == 1);  // bytes 0 and 1
  i.activations = 1;
  CHECK(busy(banked(2), i) == 1);  // bytes 1 and 2, in two banks
  CHECK(busy(banked(1), i) == 2);
}

TEST_CASE(
    "R9: a word of 2 bytes that begins within a bank word is read from two, 3 of both rows from 2 banks") {
  isa::Matmul i = with_bytes(pair_of(2), 2);
  CHECK(busy(banked(2), i) == 1);
  i.activations = 1;
  CHECK(busy(banked(2), i) == 2);
  CHECK(busy(banked(3), i) == 1);
}

TEST_CASE("R9: a tap outside the image and a row without a position want nothing") {
  isa::Matmul i = pair_of(2, 2);
  i.kernel_w = 2;
  i.elements = 8;
  i.weight_stride = 4;
  CHECK(busy(banked(2), i) == 2 + 1);  // the second tap of the second position is outside
  i.columns = 1;
  CHECK(busy(banked(2), i) == 1 + 1);
}

TEST_CASE("R9: a densely packed word of 3 positions is read in two parts, each of 2 bank words of each row") {
  const isa::Matmul i = dense(3, 2);  // 6 trits of 3 positions; the other row's begin at the second
  CHECK(busy(banked(1), i) == 3 + 2);
  CHECK(busy(banked(2), i) == 2 + 1);
  CHECK(busy(banked(4), i) == 1 + 1);
  CHECK(busy(banked(4), dense(2, 2)) == 1);
}

TEST_CASE("R9: a plane of each of 2 passes is read by itself, each as often as there are weight planes") {
  isa::Matmul i = pair_of(4, 1);
  i.datapath = Datapath::bitserial;
  i.activation_format = Format::u2;
  i.weight_format = Format::s1;
  i.elements = 16;
  CHECK(busy(banked(2), i) == 2);
  i.stride_x = 2;
  i.in_columns = 3;
  CHECK(busy(banked(2), i) == 2 * 2);
  i.weight_format = Format::s3;
  i.weight_stride = 6;
  CHECK(busy(banked(2), i) == 3 * 2 * 2);
}

TEST_CASE("R9: an array of one row takes what the bits of its words do, wherever they begin") {
  MachineSpec spec = banked(1);
  isa::Matmul i = with_bytes(pair_of(2), 2);
  i.activations = 1;
  CHECK(busy(spec, i) == 3);
  spec.array.rows = 1;
  CHECK(busy(spec, i) == 2);
}

TEST_CASE("R9: weight-stationary, a step waits for one bank as an output-stationary one does") {
  MachineSpec spec = banked(2);
  spec.array.dataflow = Dataflow::weight_stationary;
  spec.accumulator_memory.banks = 6;
  CHECK(busy(spec, pair_of(2, 1)) == 1 + 1);
  CHECK(busy(spec, pair_of(2, 2)) == 1 + 2);
}

TEST_CASE("R9: conflicts are counted in cycles of steps, for each group of columns, and lost to the array") {
  isa::Matmul i = pair_of(2, 2);
  i.cols = 4;  // two groups
  i.sum_stride = 16;
  const std::string text =
      simulate(banked(2), {make(i), halt()}, {}, [](Elaboration& machine) -> std::string {
        const Inference inference = machine.run();
        if (!reasons_add_up(inference)) return "reasons do not add up";
        const LayerStep& step = inference.layer_steps.at(0);
        return std::to_string(step.events[Counter::array_bank_conflict_cycles]) + " of " +
               std::to_string(step.busy(Engine::array));
      });
  CHECK(text == "2 of 4");
}

TEST_CASE("R10: lines of 2 banks are turned where positions are a multiple of a line apart, else not") {
  CHECK(busy(banked(2), pair_of(2)) == 1);
  CHECK(busy(banked(2), pair_of(4)) == 1);
  CHECK(busy(banked(2), pair_of(6)) == 1);
  CHECK(busy(banked(2), pair_of(8)) == 1);
  isa::Matmul i = matmul_of(2, 3, 1);  // each line has one position
  i.line_stride = 4;
  CHECK(busy(banked(2), i) == 1);
  CHECK(bank_layout(banked(2).activation_memory, 16, 2).turns == 1);
  CHECK(bank_layout(banked(2).activation_memory, 16, 4).turns == 2);
  CHECK(bank_layout(banked(2).activation_memory, 16, 6).turns == 1);
}

TEST_CASE("R10: as many positions as there are words of a line, from any on, begin in banks of their own") {
  Random random(71);
  for (int n = 0; n < 1000; ++n) {
    MemorySpec memory;
    memory.width_bits = 8 << random.below(4);
    const std::int64_t step = 1 << random.below(3);
    memory.banks = step << random.below(5);
    const std::int64_t unit = step * memory.width_bits, words = random.between(1, 70);
    const std::int64_t pitch = words * unit / 8, first = random.between(0, 1000) * unit;
    const BankLayout layout = bank_layout(memory, unit, pitch);
    std::set<std::int64_t> banks;
    for (std::int64_t p = 0; p < memory.banks / step; ++p) {
      for (std::int64_t k = 0; k < step; ++k)
        banks.insert(layout.bank_of(first + 8 * p * pitch + k * memory.width_bits));
    }
    INFO(memory.banks << " banks of " << memory.width_bits << " bits, pitch " << pitch);
    REQUIRE(std::ssize(banks) == memory.banks);
  }
}

TEST_CASE("R10: a turned line has each of its bank words in a bank of its own, and a period brings it back") {
  Random random(72);
  for (int n = 0; n < 1000; ++n) {
    MemorySpec memory;
    memory.width_bits = random.between(8, 100);
    memory.banks = random.between(1, 20);
    const BankLayout layout = bank_layout(memory, random.between(8, 200), random.between(1, 100));
    const std::int64_t line = random.between(0, 1000) * memory.bits_per_cycle();
    std::set<std::int64_t> banks;
    for (std::int64_t k = 0; k < memory.banks; ++k)
      banks.insert(layout.bank_of(line + k * memory.width_bits));
    REQUIRE(std::ssize(banks) == memory.banks);
    REQUIRE(layout.bank_of(line) == layout.bank_of(line + layout.period()));
  }
}

namespace {

/// The bank of a bit of activation memory, by the words of rule R10.
std::int64_t slow_bank(const MachineSpec& spec, std::int64_t pitch, std::int64_t bit) {
  const MemorySpec& memory = spec.activation_memory;
  const std::int64_t line = memory.banks * memory.width_bits;
  std::int64_t both = 8 * pitch;
  while (both % line != 0) both += 8 * pitch;  // a multiple of both
  const std::int64_t word = std::max<std::int64_t>(1, spec.array.word_bits / memory.width_bits);
  const std::int64_t starts = both / (8 * pitch);  // positions until one begins as the first does
  std::int64_t turns = line / starts / (word * memory.width_bits);
  turns = std::max<std::int64_t>(1, turns);
  const std::int64_t half = memory.ping_pong && bit >= memory.bytes() / 2 * 8 ? memory.banks : 0;
  return (bit / memory.width_bits + bit / both % turns * word) % memory.banks + half;
}

/// A bit that a row reads, in the order in which it does: by tap, stored word, plane, channel; then its bank
/// word.
using Bit = std::array<std::int64_t, 5>;

/// The bits of a channel at bit `at`, of the plane that a pass takes or, where there is none, of all.
void add_bits(const isa::Matmul& i, const MachineSpec& spec, std::int64_t tap, std::int64_t channel,
              std::int64_t at, std::int64_t plane, std::vector<Bit>& bits) {
  const Format format = i.activation_format;
  const std::int64_t each = bits_per_element(format), width = spec.activation_memory.width_bits;
  const bool split = format == Format::planes || is_bit_planes(format);
  const std::int64_t per_word = split ? elements_per_word(format, spec.array.word_bits) : 1;
  for (std::int64_t b = 0; b < each; ++b) {
    if (plane >= 0 && split && b != plane) continue;
    const std::int64_t stored = channel / per_word;
    const std::int64_t bit = stored * per_word * each + b * per_word + channel % per_word;
    bits.push_back({tap, split ? stored : channel, b, channel, (at + bit) / width});
  }
}

/// The bits that an output position reads in a pass, lane by lane. Bytes have no planes: each pass takes its
/// share of the lanes.
std::vector<Bit> bits_of(const isa::Matmul& i, const MachineSpec& spec, std::int64_t position,
                         std::int64_t word, std::int64_t plane) {
  const ProductShape shape = shape_of(i);
  const std::int64_t lanes = geometry_of(spec.array, shape).lanes, per_tap = ceil_div(shape.elements, lanes);
  const std::int64_t planes = bits_per_element(shape.activations);
  std::vector<Bit> bits;
  if (plane >= planes) return bits;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    const std::int64_t e = (shape.im2col ? word : word % per_tap) * lanes + lane;
    const std::int64_t tap = shape.im2col ? e / shape.elements : word / per_tap;
    const std::int64_t channel = shape.im2col ? e % shape.elements : e;
    if (tap >= shape.taps || channel >= shape.elements) continue;
    const std::int64_t y = position / i.columns * i.stride_y + tap / i.kernel_w * i.dilation_y - i.pad_top;
    const std::int64_t x = position % i.columns * i.stride_x + tap % i.kernel_w * i.dilation_x - i.pad_left;
    if (y < 0 || y >= i.in_lines || x < 0 || x >= i.in_columns) continue;
    const bool has_share = lane >= plane * lanes / planes && lane < (plane + 1) * lanes / planes;
    if (plane >= 0 && !is_packed(shape.activations) && !has_share) continue;
    add_bits(i, spec, tap, channel, 8 * (i.activations + y * i.line_stride + x * i.position_stride), plane,
             bits);
  }
  std::sort(bits.begin(), bits.end());
  return bits;
}

/// The cycles in which a group of rows gets a word of the reduction in a pass, bit by bit.
std::int64_t slow_reads(const isa::Matmul& i, const MachineSpec& spec, std::int64_t group, std::int64_t word,
                        std::int64_t plane) {
  const ProductShape shape = shape_of(i);
  const std::int64_t rows = geometry_of(spec.array, shape).rows, width = spec.activation_memory.width_bits;
  const std::int64_t pitch = i.in_columns > 1 ? i.position_stride : i.line_stride;
  const std::int64_t at_once = ceil_div(operand_bits(spec.array, shape, shape.activations), width) + 1;
  std::map<std::int64_t, std::map<std::int64_t, std::set<std::int64_t>>> parts;  // [part][bank]: words
  for (std::int64_t p = group * rows; p < std::min(shape.positions, (group + 1) * rows); ++p) {
    std::int64_t taken = -1, last = -1;
    for (const Bit& bit : bits_of(i, spec, p, word, plane)) {
      if (bit[4] != last) ++taken;
      last = bit[4];
      parts[taken / at_once][slow_bank(spec, pitch, last * width)].insert(last);
    }
  }
  std::int64_t cycles = 0;
  for (const auto& [part, banks] : parts) {
    std::int64_t most = 0;
    for (const auto& [bank, words] : banks) most = std::max<std::int64_t>(most, std::ssize(words));
    cycles += most;
  }
  return cycles;
}

/// The cycles of a matmul, step by step.
std::int64_t slow_cycles(const isa::Matmul& i, const MachineSpec& spec) {
  const ProductShape shape = shape_of(i);
  const Geometry g = geometry_of(spec.array, shape);
  const std::int64_t passes = passes_of(spec.array, shape), words = reduction_words(spec.array, shape);
  std::int64_t cycles = 0;
  for (std::int64_t columns = 0; columns < shape.cols; columns += g.cols) {
    for (std::int64_t first = 0; first < shape.positions; first += g.rows) {
      std::int64_t of_group = 0;
      for (std::int64_t word = 0; word < words; ++word) {
        for (std::int64_t pass = 0; pass < passes; ++pass) {
          const std::int64_t plane = passes > 1 ? pass / multiplier_bits(spec.array, shape.weights) : -1;
          const std::int64_t reads = g.rows > 1 ? slow_reads(i, spec, first / g.rows, word, plane) : 0;
          of_group += std::max(step_cycles(spec, shape), reads);
        }
      }
      const std::int64_t rows = std::min(g.rows, shape.positions - first);
      cycles +=
          spec.array.is_weight_stationary() ? of_group : std::max(of_group, drain_cycles(spec, shape, rows));
    }
    if (spec.array.is_weight_stationary()) cycles += words * passes * weight_cycles(spec, shape);
  }
  return cycles;
}

}  // namespace

TEST_CASE("R9: 1,000 random matmuls feed for as long as a walk over every bit of every step says") {
  Random random(73);
  int compared = 0, slower = 0, unlike = 0;
  while (compared < 1000) {
    MachineSpec spec = random_machine(random);
    if (random.chance(0.5)) spec.activation_memory.width_bits = 8 << random.below(4);
    const isa::Matmul i = random_matmul(random, spec);
    if (!defect_of(make(i), spec).empty()) continue;
    ++compared;
    INFO("matmul " << compared << ": " << disassemble(make(i)));
    const std::int64_t slow = slow_cycles(i, spec);
    const StepTable steps = step_table(i, spec);
    REQUIRE(feed_cycles(spec, shape_of(i), steps) == slow);
    slower += steps.is_plain() ? 0 : 1;
    if (compared % 5 != 0) continue;
    const std::uint64_t fed = busy(spec, i);
    REQUIRE(fed == static_cast<std::uint64_t>(slow));
    REQUIRE(busy(spec, i, {.lockstep = true}) == fed);
    REQUIRE(busy(spec, i, {.functional = false}) == fed);
    ++unlike;
  }
  CHECK(slower >= 100);
  CHECK(unlike == 200);
}

TEST_CASE("R9: a matmul that loops move takes what it would at its own address, at each of 300") {
  Random random(74);
  for (int n = 0; n < 30; ++n) {
    const MachineSpec spec = random_machine(random);
    isa::Matmul i = random_matmul(random, spec);
    StepTables tables(spec);
    for (int k = 0; k < 10; ++k) {
      i.activations = pick(random, 0, 3000);
      if (!defect_of(make(i), spec).empty()) continue;
      const StepTable &known = tables.of(i), own = step_table(i, spec);
      INFO(disassemble(make(i)));
      REQUIRE(known.own == own.own);
      REQUIRE(known.each == own.each);
    }
  }
}
