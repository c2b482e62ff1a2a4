// SPDX-License-Identifier: Apache-2.0
// The array's rules of docs/timing.md for windows, all datapaths, both dataflows and folding, each with a
// number on either side of where it bites.
#include "arch/isa/bank_reads.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// Cycles in which the full machine feeds a matmul, after a change to it. Started in 3, complete the depth of
/// 5 after the last step.
template <class Change>
std::int64_t fed(const isa::Matmul& matmul, Change change) {
  MachineSpec spec = full_machine();
  change(spec);
  const std::uint64_t end = completions(spec, {make(matmul), halt()}).at(0);
  const auto cycles = static_cast<std::int64_t>(end) - 2 - spec.array.depth_cycles;
  CHECK(cycles == feed_cycles(spec, shape_of(matmul), step_table(matmul, spec)));
  return cycles;
}
std::int64_t fed(const isa::Matmul& matmul) {
  return fed(matmul, [](MachineSpec&) {});
}

void weight_stationary(MachineSpec& spec) {
  spec.array.dataflow = Dataflow::weight_stationary;
  spec.accumulator_memory.banks = 6;
}

/// `elements` of one tap, 2 positions and 3 channels: one group of rows and of columns.
isa::Matmul reduction(Datapath datapath, std::uint32_t elements) {
  isa::Matmul i = matmul_of(2, 3, 1, datapath);
  i.elements = elements;
  i.line_stride = static_cast<std::uint32_t>(row_bytes(i.activation_format, elements, 16));
  i.weight_stride = static_cast<std::uint32_t>(row_bytes(i.weight_format, elements, 16));
  return i;
}

isa::Matmul with_formats(isa::Matmul i, Format activations, Format weights) {
  i.activation_format = activations;
  i.weight_format = weights;
  i.line_stride = static_cast<std::uint32_t>(row_bytes(activations, i.elements, 16));
  i.weight_stride = static_cast<std::uint32_t>(row_bytes(weights, i.elements, 16));
  return i;
}

}  // namespace

TEST_CASE(
    "A1: positions of a window's lines fill the rows together: 2 x 3 positions are 3 groups of 2 rows") {
  CHECK(fed(convolution_of(2, 3, 3, 3, 8)) == 3 * 9);
  CHECK(fed(convolution_of(1, 6, 3, 3, 8)) == 3 * 9);
  CHECK(fed(convolution_of(7, 1, 3, 3, 8)) == 4 * 9);
  CHECK(fed(convolution_of(2, 3, 4, 3, 8)) == 3 * 2 * 9);
}

TEST_CASE(
    "A1: what a window leaves out takes no cycles: stride, dilation and padding change nothing by "
    "themselves") {
  isa::Matmul i = convolution_of(4, 4, 3, 3, 8);
  CHECK(fed(i) == 8 * 9);
  i.lines = i.columns = 2;
  i.stride_y = i.stride_x = 2;
  CHECK(fed(i) == 2 * 9);
  i.dilation_y = i.dilation_x = 7;  // all taps but one outside
  CHECK(fed(i) == 2 * 9);
}

TEST_CASE(
    "A9: tap by tap 9 taps of 8 channels are 9 words of 8 lanes and of 9 channels 18, densely 9 and 11") {
  isa::Matmul i = convolution_of(2, 1, 3, 3, 8);
  CHECK(fed(i) == 9);
  i.im2col = 1;
  CHECK(fed(i) == 9);
  i = convolution_of(2, 1, 3, 3, 9);
  CHECK(fed(i) == 18);
  i.im2col = 1;
  CHECK(fed(i) == 11);  // 81 elements
  i = convolution_of(2, 1, 3, 3, 1);
  CHECK(fed(i) == 9);
  i.im2col = 1;
  CHECK(fed(i) == 2);  // 9 elements
}

TEST_CASE(
    "A6: a word of 16 bits has 16 binary lanes, 8 ternary, 4 of shift and 2 of int8, and one more element is "
    "one more word") {
  const auto both = [](Datapath datapath, std::uint32_t elements) {
    return std::pair(fed(reduction(datapath, elements)), fed(reduction(datapath, elements + 1)));
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  CHECK(both(Datapath::binary, 16) == Pair{1, 2});
  CHECK(both(Datapath::ternary_fatnn, 8) == Pair{1, 2});
  CHECK(both(Datapath::ternary_planes, 8) == Pair{1, 2});
  CHECK(both(Datapath::bitserial, 16) == Pair{1, 2});
  CHECK(both(Datapath::shift, 4) == Pair{1, 2});
  CHECK(both(Datapath::mac, 2) == Pair{1, 2});
}

TEST_CASE("A6: a mac PE of 16 bits has 2 lanes of int8, 1 of fp16, and 1 of fp32 whose words take 2 cycles") {
  for (const auto& [type, format, cycles] : {std::tuple(MacType::int8, Format::int8, 4),
                                             {MacType::fp16, Format::float16, 8},
                                             {MacType::fp32, Format::float32, 16}}) {
    const isa::Matmul i = with_formats(reduction(Datapath::mac, 8), format, format);
    CHECK(fed(i, [mac_type = type](MachineSpec& spec) {
            spec.weight_memory.width_bits = spec.activation_memory.width_bits = 16;
            spec.array.mac_type = mac_type;
          }) == cycles);
  }
}

TEST_CASE(
    "A6: lanes that a machine states replace those of its word: 40 elements are 10 words of 4 lanes, 8 of "
    "5") {
  struct Row {
    Datapath datapath;
    std::int64_t LanesSpec::*lanes;
  };
  for (const Row& row : {Row{Datapath::binary, &LanesSpec::binary},
                         {Datapath::ternary_fatnn, &LanesSpec::ternary_fatnn},
                         {Datapath::ternary_planes, &LanesSpec::ternary_planes},
                         {Datapath::bitserial, &LanesSpec::bitserial},
                         {Datapath::shift, &LanesSpec::shift},
                         {Datapath::mac, &LanesSpec::mac}}) {
    const auto stated = [&](std::int64_t count) {
      return fed(reduction(row.datapath, 40), [&](MachineSpec& spec) {
        spec.array.lanes.*row.lanes = count;
        spec.weight_memory.width_bits = spec.activation_memory.width_bits = 1024;
      });
    };
    CHECK(stated(4) == 10);
    CHECK(stated(5) == 8);
    CHECK(stated(39) == 2);
    CHECK(stated(40) == 1);
  }
}

TEST_CASE(
    "A7: operands of M and K bits take M x K passes: 1 x 1 one, 2 x 2 four, 8 x 1 eight, a byte as many as 8 "
    "bits") {
  const auto passes = [](Format activations, Format weights) {
    return fed(with_formats(reduction(Datapath::bitserial, 16), activations, weights));
  };
  CHECK(passes(Format::u1, Format::s1) == 1);
  CHECK(passes(Format::u1, Format::s2) == 2);
  CHECK(passes(Format::u2, Format::s2) == 4);
  CHECK(passes(Format::s3, Format::s2) == 6);
  CHECK(passes(Format::u8, Format::s1) == 8);
  CHECK(passes(Format::uint8, Format::s1) == 8);
  CHECK(passes(Format::int8, Format::s8) == 64);
}

TEST_CASE("A7: operands of fewer bits than the least take as many passes as the least") {
  const auto passes = [](Format activations, Format weights) {
    return fed(with_formats(reduction(Datapath::bitserial, 16), activations, weights),
               [](MachineSpec& spec) { spec.array.min_operand_bits = 2; });
  };
  CHECK(passes(Format::u1, Format::s1) == 4);
  CHECK(passes(Format::u2, Format::s2) == 4);
  CHECK(passes(Format::u3, Format::s2) == 6);
}

TEST_CASE(
    "A7: joined in space, 16 lanes of 2 x 2 bits are 8 of 4 x 2, 4 of 4 x 4 and 1 of 8 x 8, in one pass") {
  const auto words = [](Format activations, Format weights, std::uint32_t elements) {
    return fed(with_formats(reduction(Datapath::bitserial, elements), activations, weights),
               [](MachineSpec& spec) {
                 spec.array.min_operand_bits = 2;
                 spec.array.bitserial_fusion = Fusion::spatial;
                 spec.weight_memory.width_bits = spec.activation_memory.width_bits = 1024;
               });
  };
  CHECK(words(Format::u2, Format::s2, 16) == 1);
  CHECK(words(Format::u2, Format::s2, 17) == 2);
  CHECK(words(Format::u1, Format::s1, 17) == 2);  // as 2 x 2
  CHECK(words(Format::u4, Format::s2, 8) == 1);
  CHECK(words(Format::u4, Format::s2, 9) == 2);
  CHECK(words(Format::u4, Format::s4, 4) == 1);
  CHECK(words(Format::u4, Format::s4, 5) == 2);
  CHECK(words(Format::u3, Format::s3, 4) == 1);  // as 4 x 4
  CHECK(words(Format::u3, Format::s3, 5) == 2);
  CHECK(words(Format::u5, Format::s2, 4) == 1);  // as 8 x 2
  CHECK(words(Format::u5, Format::s2, 5) == 2);
  CHECK(words(Format::u8, Format::s8, 1) == 1);
  CHECK(words(Format::u8, Format::s8, 2) == 2);
}

TEST_CASE("A8: a layer with a folding has 1 row, its own columns and lanes, and one pass for any bits") {
  isa::Matmul i = with_formats(reduction(Datapath::bitserial, 12), Format::u2, Format::s2);
  i.folding = 2;
  const auto folded = [&](std::int64_t cols, std::int64_t lanes) {
    return fed(i, [&](MachineSpec& spec) {
      spec.array.folding = {{.lanes = 1, .cols = 1}, {.lanes = lanes, .cols = cols}};
      spec.weight_memory.width_bits = spec.activation_memory.width_bits = 1024;
    });
  };
  CHECK(folded(3, 12) == 2);  // 2 positions
  CHECK(folded(2, 12) == 4);
  CHECK(folded(3, 11) == 4);
  CHECK(folded(1, 1) == 2 * 3 * 12);
  i.folding = 1;
  CHECK(folded(3, 12) == 2 * 3 * 12);
  i.folding = 0;  // 1 word of 16 lanes, 4 passes
  CHECK(folded(3, 12) == 4);
}

TEST_CASE(
    "A2: bytes against 4-bit weights are 32 bits a row of a shift array: a port of 16 bits needs 2 cycles") {
  const isa::Matmul codes = reduction(Datapath::shift, 40);
  const isa::Matmul bytes = with_formats(codes, Format::uint8, Format::pow2);
  const auto with_width = [](std::int64_t bits) {
    return [bits](MachineSpec& spec) {
      spec.activation_memory = {.size_KiB = 4, .banks = 2, .width_bits = bits};
    };
  };
  CHECK(fed(codes, with_width(16)) == 10);
  CHECK(fed(bytes, with_width(16)) == 20);
  CHECK(fed(bytes, with_width(31)) == 20);
  CHECK(fed(bytes, with_width(32)) == 10);
}

TEST_CASE(
    "A5: weight-stationary, each weight word is loaded once for its group of columns, then come the steps of "
    "all rows") {
  CHECK(fed(matmul_of(2, 3, 10), weight_stationary) == 10 * (1 + 1));
  CHECK(fed(matmul_of(4, 3, 10), weight_stationary) == 10 * (1 + 2));
  CHECK(fed(matmul_of(5, 3, 10), weight_stationary) == 10 * (1 + 3));
  CHECK(fed(matmul_of(5, 4, 10), weight_stationary) == 2 * 10 * (1 + 3));
  CHECK(fed(convolution_of(2, 3, 3, 3, 8), weight_stationary) == 9 * (1 + 3));
  // A pass is a word of its own.
  const isa::Matmul bits = with_formats(reduction(Datapath::bitserial, 32), Format::u2, Format::s2);
  CHECK(fed(bits, weight_stationary) == 2 * 4 * (1 + 1));
}

TEST_CASE("A5: a narrow weight port holds up the loads and not the steps") {
  const auto with_bits = [](std::int64_t bits) {
    return fed(matmul_of(5, 3, 10), [bits](MachineSpec& spec) {
      weight_stationary(spec);
      spec.weight_memory.width_bits = bits;
    });
  };
  CHECK(with_bits(16) == 10 * (1 + 3));
  CHECK(with_bits(15) == 10 * (2 + 3));
}

TEST_CASE(
    "A5: a step moves the sums of all 6 PEs: a port of 6 x 32 bits lets a step be a cycle, 1 bit less makes "
    "it two") {
  const auto with_bits = [](std::int64_t bits) {
    return fed(matmul_of(5, 3, 10), [bits](MachineSpec& spec) {
      weight_stationary(spec);
      spec.accumulator_memory = {.size_KiB = 6, .banks = 1, .width_bits = bits};
    });
  };
  CHECK(with_bits(192) == 10 * (1 + 3));
  CHECK(with_bits(191) == 10 * (1 + 2 * 3));
  CHECK(with_bits(96) == 10 * (1 + 2 * 3));
  CHECK(with_bits(95) == 10 * (1 + 3 * 3));
  // Output-stationary, sums stay in the PEs.
  CHECK(fed(matmul_of(5, 3, 10), [](MachineSpec& spec) {
          spec.accumulator_memory = {.size_KiB = 6, .banks = 1, .width_bits = 32};
        }) == 10 * 3);
}

TEST_CASE("A5: activations hold up weight-stationary steps as they do output-stationary ones") {
  CHECK(fed(matmul_of(5, 3, 10), [](MachineSpec& spec) {
          weight_stationary(spec);
          spec.activation_memory.banks = 1;
        }) == 10 * (1 + 2 * 3));
}

TEST_CASE("A3: each of the 3 units works for its own datapaths only, and a machine has those that it needs") {
  const auto busy = [](Datapath datapath, const MachineSpec& spec) {
    return simulate(spec, {make(matmul_of(2, 3, 7, datapath)), halt()}, {}, [](Elaboration& machine) {
      std::string names;
      for (const UnitTimes& unit : machine.run().units) {
        if (unit.name == "popcount" || unit.name == "shifter" || unit.name == "mac")
          names += unit.name + ' ' + std::to_string(unit.busy) + ' ';
      }
      return names;
    });
  };
  for (const Datapath datapath :
       {Datapath::binary, Datapath::ternary_fatnn, Datapath::ternary_planes, Datapath::bitserial}) {
    CHECK(busy(datapath, full_machine()) == "popcount 7 shifter 0 mac 0 ");
  }
  CHECK(busy(Datapath::shift, full_machine()) == "popcount 0 shifter 7 mac 0 ");
  CHECK(busy(Datapath::mac, full_machine()) == "popcount 0 shifter 0 mac 7 ");
  MachineSpec spec = small_machine();
  CHECK(busy(Datapath::binary, spec) == "popcount 7 ");
  spec.array.datapaths = {Datapath::mac};
  CHECK(busy(Datapath::mac, spec) == "mac 7 ");
  spec.array.datapaths = {Datapath::shift, Datapath::bitserial};
  CHECK(busy(Datapath::bitserial, spec) == "popcount 7 shifter 0 ");
}

TEST_CASE("A4: tiles of different units follow each other as those of one do") {
  isa::Matmul second = matmul_of(2, 3, 7, Datapath::shift);
  second.sums = 1024;
  isa::Matmul third = matmul_of(1, 1, 1, Datapath::mac);
  third.sums = 2048;
  CHECK(completions(full_machine(), {make(matmul_of(2, 3, 10)), make(second), make(third), halt()}) ==
        std::vector<std::uint64_t>{12 + 5, 19 + 5, 20 + 5});
}

// FATNN's comparison (its Table 4): the same layer in binary, ternary and 2-bit arithmetic.

namespace {

struct Case {
  std::int64_t channels, size;
};
constexpr Case cases[] = {{64, 28}, {64, 56}, {64, 112}, {64, 224}, {128, 56}, {256, 56}, {512, 56}};

/// 8 x 16 PEs of 64 bits, and memories that hold a whole layer.
MachineSpec layer_machine() {
  MachineSpec spec = full_machine();
  spec.array.rows = 8;
  spec.array.cols = 16;
  spec.array.word_bits = 64;
  spec.weight_memory = {.size_KiB = 4096, .banks = 16, .width_bits = 64};
  spec.activation_memory = {.size_KiB = 4096, .banks = 8, .width_bits = 64};
  spec.accumulator_memory = {.size_KiB = 16384, .banks = 16, .width_bits = 32};
  return spec;
}

isa::Matmul layer(const Case& c, Datapath datapath, Format activations, Format weights) {
  const auto size = static_cast<std::uint32_t>(c.size), channels = static_cast<std::uint32_t>(c.channels);
  isa::Matmul i = convolution_of(size, size, channels, 3, channels, datapath);
  i.activation_format = activations;
  i.weight_format = weights;
  i.position_stride = static_cast<std::uint32_t>(row_bytes(activations, c.channels, 64));
  i.line_stride = size * i.position_stride;
  i.weight_stride = static_cast<std::uint32_t>(9 * row_bytes(weights, c.channels, 64));
  return i;
}
isa::Matmul binary_layer(const Case& c) {
  return layer(c, Datapath::binary, Format::bit1, Format::bit1);
}
isa::Matmul ternary_layer(const Case& c, Format weights = Format::trit2) {
  return layer(c, Datapath::ternary_fatnn, Format::trit2, weights);
}
isa::Matmul two_bit_layer(const Case& c) {
  return layer(c, Datapath::bitserial, Format::u2, Format::s2);
}

/// Array steps and cycles of a layer on a machine that computes no values.
std::pair<std::int64_t, std::int64_t> simulated(const isa::Matmul& matmul, const MachineSpec& spec) {
  const std::string text =
      simulate(spec, {make(matmul), halt()}, {.functional = false}, [](Elaboration& machine) {
        const Inference inference = machine.run();
        return std::to_string(inference.events()[Counter::array_steps]) + ' ' +
               std::to_string(inference.cycles);
      });
  return {std::stoll(text), std::stoll(text.substr(text.find(' ')))};
}

}  // namespace

TEST_CASE("the array steps of binary, ternary and 2-bit layers are as 1 : 2 : 4 in all 7 cases") {
  const ArraySpec array = layer_machine().array;
  for (const Case& c : cases) {
    const std::int64_t positions = c.size * c.size;
    const std::int64_t binary = tile_steps(array, shape_of(binary_layer(c)));
    CHECK(binary == positions / 8 * (c.channels / 16) * 9 * (c.channels / 64));
    CHECK(tile_steps(array, shape_of(ternary_layer(c))) == 2 * binary);
    CHECK(tile_steps(array, shape_of(two_bit_layer(c))) == 4 * binary);
  }
}

TEST_CASE("a machine counts array steps as 1 : 2 : 4 for binary, ternary and 2-bit layers") {
  const MachineSpec spec = layer_machine();
  for (const Case& c : {cases[0], cases[1], cases[4]}) {
    const auto [binary, binary_cycles] = simulated(binary_layer(c), spec);
    const auto [ternary, ternary_cycles] = simulated(ternary_layer(c), spec);
    const auto [two_bit, two_bit_cycles] = simulated(two_bit_layer(c), spec);
    CHECK(binary == tile_steps(spec.array, shape_of(binary_layer(c))));
    CHECK(ternary == 2 * binary);
    CHECK(two_bit == 4 * binary);
    // Around the steps: fetch and dispatch, the depth, the halt.
    CHECK(binary_cycles == binary + 2 + 5 + 1);
    CHECK(ternary_cycles == ternary + 2 + 5 + 1);
    CHECK(two_bit_cycles == two_bit + 2 + 5 + 1);
  }
}

TEST_CASE(
    "A2: a layer with loaded masks takes 2 cycles a step where a weight port is a word wide, and 1 where it "
    "is 1.5") {
  const Case& c = cases[0];
  MachineSpec spec = layer_machine();
  const std::int64_t steps = simulated(ternary_layer(c), spec).first;
  for (const auto& [width, cycles] : {std::pair(64, 2), {95, 2}, {96, 1}}) {
    spec.weight_memory.width_bits = width;
    const auto masked = simulated(ternary_layer(c, Format::trit2_mask), spec);
    CHECK(masked.first == steps);
    CHECK(masked.second == cycles * steps + 2 + 5 + 1);
    CHECK(simulated(ternary_layer(c), spec).second == steps + 2 + 5 + 1);
  }
}

TEST_CASE("A11: a group of 2 rows and 3 columns takes as many cycles as its 192 bits of sums need to leave") {
  const auto through = [](std::int64_t width_bits, const isa::Matmul& matmul, Ports ports = Ports::r_w) {
    return fed(matmul, [&](MachineSpec& spec) {
      spec.accumulator_memory = {.size_KiB = 12, .banks = 1, .width_bits = width_bits, .ports = ports};
    });
  };
  // 4 positions and 6 channels are 2 x 2 groups of 4 steps.
  CHECK(through(48, matmul_of(4, 6, 4)) == 4 * 4);
  CHECK(through(47, matmul_of(4, 6, 4)) == 4 * 5);
  CHECK(through(24, matmul_of(4, 6, 4)) == 4 * 8);
  // The third position is alone in its group, whose sums take half of the cycles.
  CHECK(through(24, matmul_of(3, 3, 4)) == 8 + 4);
  CHECK(through(23, matmul_of(3, 3, 4)) == 9 + 5);
  // Sums that are there come in through the other port, or, through the only one, in between.
  isa::Matmul adds = matmul_of(4, 6, 4);
  adds.accumulate = 1;
  CHECK(through(24, adds) == 4 * 8);
  CHECK(through(96, adds, Ports::rw) == 4 * 4);
  CHECK(through(95, adds, Ports::rw) == 4 * 6);
  CHECK(through(48, matmul_of(4, 6, 4), Ports::rw) == 4 * 4);
}
