// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/footprint.hpp"
#include "support/diagnostics.hpp"
#include "tests/arch/isa/operations.hpp"
#include "tests/arch/isa/random_instruction.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

std::string defect(const Operation& operation, const MachineSpec& spec = whole_machine()) {
  Instruction instruction;
  instruction.operation = operation;
  return defect_of(instruction, spec);
}

isa::Load good_load() {
  return {Memory::weight, 0, 16, 0, 16, 4, 16};
}
isa::Store good_store() {
  return {Memory::activation, 0, 16, 0, 16, 4, 16};
}
isa::Matmul good_matmul() {
  return product(Datapath::bitserial, Format::uint8, Format::s4, 2, 13, 3);
}
isa::Threshold good_threshold() {
  auto i = vector_operation<isa::Threshold>(Memory::accumulator, Format::int32, Format::trit2, 2, 3);
  i.thresholds = 2;
  i.threshold_bytes = 2;
  return i;
}
isa::Scale good_scale() {
  return vector_operation<isa::Scale>(Memory::accumulator, Format::int32, Format::int8, 2, 3);
}
isa::Affine good_affine() {
  return vector_operation<isa::Affine>(Memory::accumulator, Format::int32, Format::float32, 2, 3);
}
isa::Copy good_copy() {
  return vector_operation<isa::Copy>(Memory::activation, Format::s4, Format::s4, 2, 3);
}

isa::Lookup good_lookup() {
  return vector_operation<isa::Lookup>(Memory::accumulator, Format::int32, Format::int8, 2, 3);
}
isa::Multiply good_multiply() {
  auto i = vector_operation<isa::Multiply>(Memory::accumulator, Format::int32, Format::int8, 2, 3);
  i.second = Second::tensor;
  i.second_format = i.third_format = Format::int16;
  i.second_position_stride = i.third_position_stride = 6;
  return i;
}
isa::Function good_function() {
  return vector_operation<isa::Function>(Memory::accumulator, Format::float32, Format::float32, 2, 3);
}
isa::Sample good_sample() {
  auto i = vector_operation<isa::Sample>(Memory::accumulator, Format::int32, Format::planes, 2, 3);
  i.registers_position_stride = 12;
  return i;
}
isa::Gather good_gather() {
  return {Memory::weight, 0, 16, 0, 16, 100, 4, 16, 0};
}

/// 4 rows of 3 taps of 10 trits: of 6 bytes of trit5 in DRAM, of 3 x 4 bytes of planes on chip.
isa::Unpack good_unpack() {
  return {Memory::weight, 0, 12, 0, 4, 6, Format::trit5, Format::planes, 3, 10};
}

/// The defect of an instruction after a change.
template <class I, class Change>
std::string after(I i, Change change) {
  change(i);
  return defect(i);
}
template <class Change>
std::string matmul_with(Change change) {
  return after(good_matmul(), change);
}

/// Does the same to a threshold, a scale, a copy, a lookup and a multiply: all have the same defect.
template <class Change>
std::string vector_with(Change change) {
  const std::string found = after(good_threshold(), change);
  CHECK(after(good_scale(), change) == found);
  CHECK(after(good_copy(), change) == found);
  CHECK(after(good_lookup(), change) == found);
  CHECK(after(good_multiply(), change) == found);
  return found;
}

}  // namespace

TEST_CASE("the 14 good instructions have no defect") {
  CHECK(defect(good_load()).empty());
  CHECK(defect(good_store()).empty());
  CHECK(defect(good_matmul()).empty());
  CHECK(defect(good_threshold()).empty());
  CHECK(defect(good_scale()).empty());
  CHECK(defect(good_affine()).empty());
  CHECK(defect(good_copy()).empty());
  CHECK(defect(good_lookup()).empty());
  CHECK(defect(good_multiply()).empty());
  CHECK(defect(good_function()).empty());
  CHECK(defect(good_sample()).empty());
  CHECK(defect(good_gather()).empty());
  CHECK(defect(good_unpack()).empty());
  CHECK(defect(isa::Halt{}).empty());
}

TEST_CASE("a load goes to, and a store comes from, one of the 3 on-chip memories") {
  CHECK(after(good_load(), [](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; a load goes to an on-chip memory");
  CHECK(after(good_store(), [](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; a store comes from an on-chip memory");
}

TEST_CASE("a row that ends with the memory's last byte fits, and one byte more does not") {
  auto load = good_load();  // 4 rows of 16 bytes, 16 apart; the weight memory has 6,144 bytes
  load.address = 6144 - 64;
  CHECK(defect(load).empty());
  load.address += 1;
  CHECK(defect(load) == "'address' reaches outside the weight memory of 6144 bytes");
  load.address = 6144;
  CHECK(defect(load) == "'address' reaches outside the weight memory of 6144 bytes");
  load = good_load();
  load.dram = (1 << 20) - 64;
  CHECK(defect(load).empty());
  load.dram += 1;
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
  load.dram = ~std::uint64_t{0};
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
}

TEST_CASE("rows so many or so far apart that their end exceeds 64 bits do not fit either") {
  auto load = good_load();
  load.rows = ~std::uint32_t{0};
  load.stride = ~std::uint32_t{0};
  load.dram_stride = ~std::uint32_t{0};
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
  const auto far = [](auto& i) {
    i.in_lines = i.in_columns = ~std::uint32_t{0};
    i.position_stride = i.line_stride = ~std::uint32_t{0};
  };
  CHECK(matmul_with(far) == "'activations' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_threshold(), far) == "'address' reaches outside the accumulator memory of 6144 bytes");
}

TEST_CASE("rows of 16 bytes may touch at a stride of 16 and overlap at 15") {
  auto load = good_load();
  load.stride = 15;
  CHECK(defect(load) == "the rows at 'address' overlap: 16 bytes each, 15 apart");
  load.stride = 0;
  load.rows = 1;  // the stride of a single row means nothing
  CHECK(defect(load).empty());
}

TEST_CASE("lines of 2 positions of 13 bytes, 14 apart, may touch at 27 bytes and overlap at 26") {
  auto i = good_matmul();
  i.in_lines = 2;
  i.position_stride = 14;
  i.line_stride = 27;
  CHECK(defect(i).empty());
  i.line_stride = 26;
  CHECK(defect(i) == "the lines at 'activations' overlap: 27 bytes each, 26 apart");
  i.in_lines = 1;  // the stride of a single line means nothing
  i.line_stride = 0;
  CHECK(defect(i).empty());
  auto result = good_copy();
  result.lines = 2;
  result.result_line_stride = 15;  // two positions of 8 bytes
  CHECK(defect(result) == "the lines at 'result' overlap: 16 bytes each, 15 apart");
}

TEST_CASE("no instruction touches 0 rows or 0 bytes") {
  CHECK(after(good_load(), [](auto& i) { i.rows = 0; }) == "nothing lies at 'dram': 0 rows of 16 bytes");
  CHECK(after(good_load(), [](auto& i) { i.row_bytes = 0; }) == "nothing lies at 'dram': 4 rows of 0 bytes");
  CHECK(matmul_with([](auto& i) { i.elements = 0; }) == "nothing lies at 'activations': 2 rows of 0 bytes");
  CHECK(matmul_with([](auto& i) { i.in_lines = 0; }) == "nothing lies at 'activations': 0 rows of 13 bytes");
  CHECK(matmul_with([](auto& i) { i.in_columns = 0; }) ==
        "nothing lies at 'activations': 0 rows of 13 bytes");
  CHECK(after(good_copy(), [](auto& i) { i.in_lines = 0; }) ==
        "nothing lies at 'address': 0 rows of 8 bytes");
}

TEST_CASE("no instruction has 0 outputs") {
  CHECK(matmul_with([](auto& i) { i.cols = 0; }) == "there are no outputs: 1 lines of 2, 0 channels");
  CHECK(matmul_with([](auto& i) { i.lines = 0; }) == "there are no outputs: 0 lines of 2, 3 channels");
  CHECK(vector_with([](auto& i) { i.columns = 0; }) == "there are no outputs: 1 lines of 0, 3 channels");
}

TEST_CASE("a window has 1 to 65,536 taps and strides of at least 1") {
  CHECK(matmul_with([](auto& i) { i.kernel_h = 0; }) == "a window has no taps");
  CHECK(vector_with([](auto& i) { i.kernel_w = 0; }) == "a window has no taps");
  CHECK(vector_with([](auto& i) { i.stride_y = 0; }) == "'stride_y' and 'stride_x' are at least 1");
  CHECK(matmul_with([](auto& i) { i.stride_x = 0; }) == "'stride_y' and 'stride_x' are at least 1");
  CHECK(matmul_with([](auto& i) { i.dilation_y = 0; }) == "'dilation_y' and 'dilation_x' are at least 1");
  CHECK(matmul_with([](auto& i) { i.dilation_x = 0; }) == "'dilation_y' and 'dilation_x' are at least 1");
  CHECK(after(good_copy(), [](auto& i) { i.kernel_h = i.kernel_w = 256; }).empty());
  CHECK(vector_with([](auto& i) {
          i.kernel_h = 257;
          i.kernel_w = 256;
        }) == "a window of 257 x 256 has more than 65536 taps");
  CHECK(matmul_with([](auto& i) { i.kernel_h = i.kernel_w = 65535; }) ==
        "a window of 65535 x 65535 has more than 65536 taps");
}

TEST_CASE("windows that span more than 268,435,456 padded elements have a defect") {
  const auto far = [](std::uint16_t dilation) {
    auto i = product(Datapath::binary, Format::bit1, Format::bit1, 1, 16, 1);
    i.kernel_h = 256;
    i.dilation_y = dilation;
    i.kernel_w = 2;
    i.dilation_x = 1023;
    i.weight_stride = 0;
    return defect(i);
  };
  // 1,024 columns and 16 elements leave 16,384 lines: 255 x 64 + 1 are 16,321.
  CHECK(far(64).empty());
  CHECK(far(65) == "the windows span 16576 x 1024 positions of 16 elements, more than 268435456 in all");
  CHECK(matmul_with([](auto& i) {
          i.lines = i.columns = ~std::uint32_t{0};
          i.stride_y = i.stride_x = 65535;
        }) ==
        "the windows span 281470681612291 x 281470681612291 positions of 13 elements, more than 268435456 in "
        "all");
}

TEST_CASE("a matmul needs a datapath that the array has") {
  MachineSpec spec = whole_machine();
  spec.array.datapaths = {Datapath::binary, Datapath::ternary_fatnn, Datapath::shift, Datapath::mac};
  CHECK(defect(good_matmul(), spec) == "the array has no datapath bitserial");
  CHECK(defect(product(Datapath::ternary_planes, Format::planes, Format::planes, 1, 1, 1), spec) ==
        "the array has no datapath ternary_planes");
}

TEST_CASE("of 6 x 29 x 29 datapaths and formats, the 305 that the table of formats has are taken") {
  int taken = 0;
  for (int d = 0; d < datapath_count; ++d) {
    for (int a = 0; a < format_count; ++a) {
      for (int w = 0; w < format_count; ++w) {
        const Operands o = {static_cast<Datapath>(d), static_cast<Format>(a), static_cast<Format>(w)};
        MachineSpec spec = whole_machine(o.weights == Format::float16   ? MacType::fp16
                                         : o.weights == Format::float32 ? MacType::fp32
                                                                        : MacType::int8);
        const std::string found = defect(product(o.datapath, o.activations, o.weights, 2, 13, 3), spec);
        const auto f = [](Format format) { return name_of(format); };
        if (found.empty()) {
          ++taken;
        } else {
          REQUIRE(found == "the datapath " + name_of(static_cast<Datapath>(d)) + " takes no " +
                               f(o.activations) + " activations with " + f(o.weights) + " weights");
        }
      }
    }
  }
  // binary 1, fatnn 2 and planes 1, 3 more of each by a decoder, bitserial 18 x 16, shift 3, mac 2 + 2.
  CHECK(taken == 1 + 2 + 1 + 3 + 3 + 18 * 16 + 3 + 4);
}

TEST_CASE("a mac array multiplies its own of 3 number types") {
  CHECK(defect(product(Datapath::mac, Format::int8, Format::int8, 1, 1, 1)).empty());
  CHECK(defect(product(Datapath::mac, Format::float32, Format::float32, 1, 1, 1)) ==
        "the array multiplies int8, not float32");
  CHECK(defect(product(Datapath::mac, Format::uint8, Format::int8, 1, 1, 1), whole_machine(MacType::fp16)) ==
        "the array multiplies float16, not int8");
  CHECK(defect(product(Datapath::mac, Format::float16, Format::float16, 1, 1, 1),
               whole_machine(MacType::fp32)) == "the array multiplies float32, not float16");
}

TEST_CASE("'im2col', 'accumulate' and 'per_channel' are 0 or 1") {
  CHECK(matmul_with([](auto& i) { i.im2col = 2; }) == "'im2col' is 0 or 1, not 2");
  CHECK(matmul_with([](auto& i) { i.accumulate = 255; }) == "'accumulate' is 0 or 1, not 255");
  const auto per_channel = [](auto& i) { i.per_channel = 3; };
  CHECK(after(good_threshold(), per_channel) == "'per_channel' is 0 or 1, not 3");
  CHECK(after(good_scale(), per_channel) == "'per_channel' is 0 or 1, not 3");
  CHECK(after(good_affine(), per_channel) == "'per_channel' is 0 or 1, not 3");
}

TEST_CASE("an array with 2 foldings has 'folding' 0, 1 and 2") {
  CHECK(matmul_with([](auto& i) { i.folding = 2; }).empty());
  CHECK(matmul_with([](auto& i) { i.folding = 3; }) == "'folding' is 3; the array has 2 of them");
  CHECK(matmul_with([](auto& i) { i.folding = 65535; }) == "'folding' is 65535; the array has 2 of them");
}

TEST_CASE("a pad is a value that the activations' format holds") {
  const auto pad = [](Datapath datapath, Format activations, Format weights, std::uint8_t value,
                      MacType mac = MacType::int8) {
    auto i = product(datapath, activations, weights, 2, 13, 3);
    i.pad = value;
    return defect(i, whole_machine(mac));
  };
  CHECK(pad(Datapath::mac, Format::uint8, Format::int8, 255).empty());
  CHECK(pad(Datapath::mac, Format::int8, Format::int8, 0x80).empty());
  CHECK(pad(Datapath::bitserial, Format::u4, Format::s4, 15).empty());
  CHECK(pad(Datapath::bitserial, Format::u4, Format::s4, 16) == "'pad' is 16; u4 holds 0 to 15");
  CHECK(pad(Datapath::bitserial, Format::s4, Format::s4, 7).empty());
  CHECK(pad(Datapath::bitserial, Format::s4, Format::s4, 8) == "'pad' is 8; s4 holds -8 to 7");
  CHECK(pad(Datapath::bitserial, Format::s4, Format::s4, 0xf8).empty());
  CHECK(pad(Datapath::bitserial, Format::s4, Format::s4, 0xf7) == "'pad' is -9; s4 holds -8 to 7");
  CHECK(pad(Datapath::ternary_planes, Format::planes, Format::planes, 0xff).empty());
  CHECK(pad(Datapath::ternary_fatnn, Format::trit2, Format::trit2, 2) == "'pad' is 2; trit2 holds -1 to 1");
  CHECK(pad(Datapath::shift, Format::pow2, Format::pow2, 64).empty());
  CHECK(pad(Datapath::shift, Format::pow2, Format::pow2, 0xc0).empty());
  CHECK(pad(Datapath::shift, Format::pow2, Format::pow2, 65) == "'pad' is 65; pow2 holds -64 to 64");
  CHECK(pad(Datapath::shift, Format::pow2, Format::pow2, 3) == "'pad' is 3; pow2 holds 0 and powers of two");
  CHECK(pad(Datapath::shift, Format::pow2, Format::pow2, 0xfd) ==
        "'pad' is -3; pow2 holds 0 and powers of two");
  CHECK(pad(Datapath::shift, Format::uint8, Format::pow2, 3).empty());
  CHECK(pad(Datapath::binary, Format::bit1, Format::bit1, 77).empty());  // adds nothing
  CHECK(pad(Datapath::mac, Format::float32, Format::float32, 0, MacType::fp32).empty());
  CHECK(pad(Datapath::mac, Format::float32, Format::float32, 1, MacType::fp32) ==
        "'pad' of floating point is 0");
}

TEST_CASE("what brings weights that stream has no address, is one row, and needs a buffer") {
  MachineSpec spec = whole_machine();
  spec.decoder.load = true;
  const isa::Load load = {Memory::stream, 0, 0, 0, 16, 1, 16};
  const isa::Unpack unpack = {Memory::stream, 0, 0, 0, 1, 8, Format::trit2, Format::planes, 1, 32};
  CHECK(defect(load, spec) == "no weights stream on this machine: 'weight_stream.bytes' is 0");
  CHECK(defect(unpack, spec) == "no weights stream on this machine: 'weight_stream.bytes' is 0");
  spec.weight_stream.bytes = 64;
  CHECK(defect(load, spec).empty());
  CHECK(defect(unpack, spec).empty());
  const auto with = [&](auto i, auto change) {
    change(i);
    return defect(i, spec);
  };
  const std::string addresses = "the weight stream has no addresses: 'address' and 'stride' are 0";
  CHECK(with(load, [](auto& i) { i.address = 1; }) == addresses);
  CHECK(with(load, [](auto& i) { i.stride = 16; }) == addresses);
  CHECK(with(unpack, [](auto& i) { i.stride = 16; }) == addresses);
  CHECK(with(load, [](auto& i) { i.rows = 2; }) == "a block of weights that stream is one row, not 2");
  CHECK(with(load, [](auto& i) { i.once = 1; }) == "weights that stream do not stay on chip: 'once' is 0");
  CHECK(with(load, [](auto& i) { i.once = 2; }) == "weights that stream do not stay on chip: 'once' is 0");
  const std::string row =
      "weights that stream are unpacked as one row of one tap, from and into formats other than bitmap";
  CHECK(with(unpack, [](auto& i) { i.taps = 2; }) == row);
  CHECK(with(unpack, [](auto& i) { i.source_format = Format::bitmap; }) == row);
  CHECK(with(unpack, [](auto& i) { i.format = Format::bitmap; }) == row);
  CHECK(with(isa::Store{Memory::stream, 0, 16, 0, 16, 1, 16}, [](auto&) {}) ==
        "'memory' is stream; a store comes from an on-chip memory");
}

TEST_CASE(
    "a matmul takes weights that stream once, without an address, in an array whose sums stay in the PEs") {
  MachineSpec spec = whole_machine();
  isa::Matmul matmul = good_matmul();
  matmul.streamed = 1;
  matmul.weight_stride = 0;
  CHECK(defect(matmul, spec) == "no weights stream on this machine: 'weight_stream.bytes' is 0");
  spec.weight_stream.bytes = 64;
  CHECK(defect(matmul, spec).empty());
  const auto with = [&](auto change) {
    isa::Matmul changed = matmul;
    MachineSpec machine = spec;
    change(changed, machine);
    return defect(changed, machine);
  };
  CHECK(with([](auto& i, auto&) { i.streamed = 2; }) == "'streamed' is 0 or 1, not 2");
  const std::string address = "weights that stream have no address: 'weights' and 'weight_stride' are 0";
  CHECK(with([](auto& i, auto&) { i.weights = 8; }) == address);
  CHECK(with([](auto& i, auto&) { i.weight_stride = 8; }) == address);
  const std::string stays = "weights stream into an output-stationary array without a line buffer";
  CHECK(with([](auto&, auto& machine) { machine.array.dataflow = Dataflow::weight_stationary; }) == stays);
  CHECK(with([](auto&, auto& machine) { machine.array.feeder.kind = FeederKind::line_buffer; }) == stays);
  CHECK(with([](auto&, auto& machine) { machine.array.zero_skip = ZeroSkip::gating; }) ==
        "weights stream where nothing is done about zeros: 'array.zero_skip' is none");
  CHECK(with([](auto& i, auto& machine) {
          i.datapath = Datapath::ternary_planes;
          i.activation_format = Format::planes;
          i.weight_format = Format::bitmap;
          machine.decoder.array = true;
        }) == "weights of a bitmap do not stream");
  CHECK(with([](auto&, auto& machine) { machine.array.rows = 2; }).empty());
  CHECK(with([](auto&, auto& machine) { machine.array.rows = 1; }) ==
        "weights that stream are used once: by 1 positions at the most, not 2");
  // 13 elements of 20,648,881 columns are 2^28 - 3.
  CHECK(with([](auto& i, auto&) { i.cols = 20'648'881; }) ==
        "the rows at 'sums' overlap: 82595524 bytes each, 12 apart");
  CHECK(with([](auto& i, auto&) { i.cols = 20'648'882; }) ==
        "a block of weights that stream has at most 268435456 of them");
}

TEST_CASE("a reduction whose sum could exceed 32 bits has a defect") {
  // 255 x 128 x 65,793 is 2,147,483,520; one element more could be 2,147,516,160.
  auto i = product(Datapath::mac, Format::uint8, Format::int8, 1, 65793, 1);
  CHECK(defect(i) == "'activations' reaches outside the activation memory of 4096 bytes");
  i.elements = 65794;
  CHECK(defect(i) == "a reduction of 1 x 65794 elements could exceed 32 bits");
  i.elements = 4112;  // with 16 taps 65,792
  i.kernel_h = i.kernel_w = 4;
  CHECK(defect(i) == "'activations' reaches outside the activation memory of 4096 bytes");
  i.elements = 4113;
  CHECK(defect(i) == "a reduction of 16 x 4113 elements could exceed 32 bits");
}

TEST_CASE("a vector instruction reads sums or activations, and sums are int32 or float32") {
  CHECK(vector_with([](auto& i) { i.memory = Memory::weight; }) ==
        "'memory' of a vector instruction is accumulator, activation, array or lanes");
  CHECK(vector_with([](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' of a vector instruction is accumulator, activation, array or lanes");
  const auto uint8_sums = [](auto& i) {
    i.memory = Memory::accumulator;
    i.source_format = Format::uint8;
  };
  CHECK(vector_with(uint8_sums) == "sums are int32 or float32, not uint8");
  CHECK(after(good_affine(), uint8_sums) == "sums are int32 or float32, not uint8");
  CHECK(after(good_affine(), [](auto& i) { i.source_format = Format::float32; }).empty());
  CHECK(after(good_affine(), [](auto& i) { i.source_format = Format::float16; }) ==
        "sums are int32 or float32, not float16");
}

TEST_CASE("no vector instruction reads or writes trit2_mask") {
  CHECK(vector_with([](auto& i) { i.format = Format::trit2_mask; }) == "only weights are trit2_mask");
  CHECK(vector_with([](auto& i) {
          i.memory = Memory::activation;
          i.source_format = Format::trit2_mask;
        }) == "only weights are trit2_mask");
  const auto masked = [](auto& i) {
    i.second = Second::tensor;
    i.second_format = Format::trit2_mask;
  };
  CHECK(after(good_scale(), masked) == "only weights are trit2_mask");
  CHECK(after(good_affine(), masked) == "only weights are trit2_mask");
  CHECK(after(good_scale(), [](auto& i) { i.second_format = Format::trit2_mask; }).empty());  // not read
}

TEST_CASE("a threshold compares integers with 1 to 15 thresholds of 1, 2 or 4 bytes") {
  const auto with = [](auto change) { return after(good_threshold(), change); };
  CHECK(with([](auto& i) { i.source_format = Format::float32; }) == "thresholds are of integers");
  CHECK(with([](auto& i) { i.format = Format::float16; }) == "thresholds are of integers");
  CHECK(with([](auto& i) { i.thresholds = 0; }) == "'thresholds' is 1 to 15, not 0");
  CHECK(with([](auto& i) { i.thresholds = 15; }).empty());
  CHECK(with([](auto& i) { i.thresholds = 16; }) == "'thresholds' is 1 to 15, not 16");
  CHECK(with([](auto& i) { i.threshold_bytes = 0; }) == "'threshold_bytes' is 1, 2 or 4, not 0");
  CHECK(with([](auto& i) { i.threshold_bytes = 3; }) == "'threshold_bytes' is 1, 2 or 4, not 3");
  CHECK(with([](auto& i) { i.threshold_bytes = 4; }).empty());
  const auto sum_of_2 = [](auto& i) {
    i.pool = Pool::sum;
    i.kernel_w = 2;
  };
  CHECK(with(sum_of_2) == "sums of a window are of activations");
  CHECK(with([](auto& i) { i.pool = Pool::sum; }).empty());  // of one value
  CHECK(with([&](auto& i) {
          sum_of_2(i);
          i.memory = Memory::activation;
        }).empty());
}

TEST_CASE("fixed point is of integers: source, result and a second tensor") {
  const auto with = [](auto change) { return after(good_scale(), change); };
  CHECK(with([](auto& i) { i.source_format = Format::float32; }) == "fixed point is of integers");
  CHECK(with([](auto& i) { i.format = Format::float32; }) == "fixed point is of integers");
  const auto second = [](Second kind) {
    return [kind](auto& i) {
      i.second = kind;
      i.second_format = Format::float16;
      i.second_position_stride = 6;
    };
  };
  CHECK(with(second(Second::tensor)) == "fixed point is of integers");
  CHECK(with(second(Second::none)).empty());
}

TEST_CASE("an affine gives floating point, and a copy keeps integers and floats apart") {
  CHECK(after(good_affine(), [](auto& i) { i.format = Format::int32; }) ==
        "'format' of an affine is float32 or float16");
  CHECK(after(good_copy(), [](auto& i) { i.format = Format::float32; }) ==
        "a copy does not turn s4 into float32");
  CHECK(after(good_copy(), [](auto& i) { i.source_format = Format::float16; }) ==
        "a copy does not turn float16 into s4");
  CHECK(after(good_copy(), [](auto& i) {
          i.source_format = Format::float16;
          i.format = Format::float32;
          i.result_position_stride = 12;
        }).empty());
}

TEST_CASE("a lookup is of integers, with at most 2^12 segments of 2^24 codes") {
  const auto with = [](auto change) { return after(good_lookup(), change); };
  CHECK(with([](auto& i) { i.source_format = Format::float32; }) == "a lookup is of integers");
  CHECK(with([](auto& i) { i.format = Format::float32; }) == "a lookup is of integers");
  CHECK(with([](auto& i) { i.segments = 12; }) == "'table' reaches outside the weight memory of 6144 bytes");
  CHECK(with([](auto& i) { i.segments = 13; }) == "'segments' is 0 to 12, not 13");
  CHECK(with([](auto& i) { i.segments = 255; }) == "'segments' is 0 to 12, not 255");
  CHECK(with([](auto& i) { i.segment_shift = 24; }).empty());
  CHECK(with([](auto& i) { i.segment_shift = 25; }) == "'segment_shift' is 0 to 24, not 25");
  CHECK(with([](auto& i) { i.interpolate = 2; }) == "'interpolate' is 0 or 1, not 2");
  CHECK(with([](auto& i) {
          i.segments = 11;
          i.table = 6144 - 2 * 2049;
        }).empty());
  CHECK(with([](auto& i) {
          i.segments = 11;
          i.table = 6144 - 2 * 2049 + 1;
        }) == "'table' reaches outside the weight memory of 6144 bytes");
}

TEST_CASE(
    "a multiply has two or three tensors, all of integers or all of floating point, and shifts below 48") {
  const auto with = [](auto change) { return after(good_multiply(), change); };
  CHECK(with([](auto& i) { i.second = Second::none; }) == "'second' of a multiply is tensor or lanes");
  CHECK(with([](auto& i) { i.second = Second::pair; }) == "'second' of a multiply is tensor or lanes");
  CHECK(with([](auto& i) { i.third = Second::pair; }) == "'third' of a multiply is none, tensor or lanes");
  CHECK(with([](auto& i) { i.third = Second::tensor; }).empty());
  const std::string mixed = "a multiply is of integers alone or of floating point alone";
  CHECK(with([](auto& i) { i.source_format = Format::float32; }) == mixed);
  CHECK(with([](auto& i) { i.second_format = Format::float16; }) == mixed);
  CHECK(with([](auto& i) { i.format = Format::float32; }) == mixed);
  CHECK(with([](auto& i) { i.third_format = Format::float16; }).empty());  // not read
  CHECK(with([](auto& i) {
          i.third = Second::tensor;
          i.third_format = Format::float16;
        }) == mixed);
  CHECK(with([](auto& i) { i.second_format = Format::trit2_mask; }) == "only weights are trit2_mask");
  CHECK(with([](auto& i) { i.shift = i.third_shift = 47; }).empty());
  CHECK(with([](auto& i) { i.shift = 48; }) == "'shift' is 0 to 47, not 48");
  CHECK(with([](auto& i) { i.third_shift = 48; }) == "'third_shift' is 0 to 47, not 48");
  const auto floats = [](auto& i) {
    i.source_format = Format::float32;
    i.second_format = i.format = Format::float16;
    i.result_position_stride = 6;
  };
  CHECK(with(floats).empty());
  CHECK(with([&](auto& i) {
          floats(i);
          i.third_shift = 1;
        }) == "'shift' and 'third_shift' of floating point are 0");
  CHECK(with([](auto& i) {
          i.third = Second::tensor;
          i.third_address = 4096 - 11;
        }) == "'third_address' reaches outside the activation memory of 4096 bytes");
}

TEST_CASE(
    "of a pass of several instructions each works on integers value by value, with operands 1 to 3 before") {
  MachineSpec spec = whole_machine();
  spec.vector.chain = 4;
  isa::Copy copy = good_copy();
  const auto with = [&](auto change) {
    isa::Copy changed = copy;
    change(changed);
    return defect(changed, spec);
  };
  const auto goes_on = [](auto& i) { i.chain = Chaining::goes_on; };
  CHECK(with(goes_on).empty());
  CHECK(after(copy, goes_on) == "a pass of the vector unit has one instruction: 'vector.chain' is 1");
  const std::string apart =
      "instructions of one pass work value by value: windows of one tap, side by side, without a pair";
  for (const auto change : {+[](isa::Copy& i) { i.kernel_w = 2; }, +[](isa::Copy& i) { i.stride_y = 2; },
                            +[](isa::Copy& i) { i.pad_left = 1; }, +[](isa::Copy& i) { i.in_lines += 1; }}) {
    isa::Copy changed = copy;
    changed.chain = Chaining::goes_on;
    change(changed);
    CHECK(defect(changed, spec) == apart);
  }
  isa::Function function = good_function();
  function.chain = Chaining::goes_on;
  CHECK(defect(function, spec) == "instructions of one pass are of integers");

  copy.memory = Memory::lanes;
  copy.position_stride = copy.line_stride = 0;
  CHECK(with([](auto& i) { i.address = 1; }).empty());
  CHECK(with([](auto& i) { i.address = 3; }).empty());
  CHECK(with([](auto& i) { i.address = 0; }) == "'address' in lanes is 1 to 3 instructions before, not 0");
  CHECK(with([](auto& i) { i.address = 4; }) == "'address' in lanes is 1 to 3 instructions before, not 4");
  CHECK(with([](auto& i) {
          i.address = 1;
          i.position_stride = 2;
        }) == "'address' in lanes has no strides");
  copy.address = 1;
  CHECK(with([](auto& i) { i.chain = Chaining::forwards; }) == "results that are forwarded have no address");
  CHECK(with([](auto& i) {
          i.chain = Chaining::forwards;
          i.result = i.first = i.result_position_stride = i.result_line_stride = 0;
        }).empty());
  isa::Multiply multiply = good_multiply();
  multiply.second = Second::lanes;
  multiply.second_position_stride = 0;
  CHECK(defect(multiply, spec) == "'second_address' in lanes is 1 to 3 instructions before, not 0");
  multiply.second_address = 2;
  CHECK(defect(multiply, spec).empty());
  isa::Threshold staged = good_threshold();
  staged.memory = Memory::array;
  staged.chain = Chaining::goes_on;
  spec.output_stage.lanes = 4;
  staged.address = 0;
  staged.position_stride = 4 * staged.cols;
  staged.line_stride = staged.in_columns * staged.position_stride;
  CHECK(defect(staged, spec) == "an instruction of the output stage is no part of a pass");
}

TEST_CASE("a function has a defect where 1 of its source and its result is of integers") {
  CHECK(after(good_function(), [](auto& i) { i.source_format = Format::int32; }) ==
        "a function is of floating point");
  CHECK(after(good_function(), [](auto& i) { i.format = Format::int32; }) ==
        "a function is of floating point");
  CHECK(after(good_function(), [](auto& i) { i.format = Format::float16; }).empty());
}

TEST_CASE("a sample has windows of 1 tap, a shift of at most 16, and results that hold -1, 0 and 1") {
  const auto with = [](auto change) { return after(good_sample(), change); };
  CHECK(with([](auto& i) { i.source_format = Format::float32; }) == "a sample is of integers");
  CHECK(with([](auto& i) { i.format = Format::float32; }) == "a sample is of integers");
  CHECK(with([](auto& i) { i.kernel_h = 2; }) == "a sample has windows of one tap");
  CHECK(with([](auto& i) { i.kernel_w = 2; }) == "a sample has windows of one tap");
  CHECK(with([](auto& i) { i.shift = 16; }).empty());
  CHECK(with([](auto& i) { i.shift = 17; }) == "'shift' is 0 to 16, not 17");
  int held = 0;
  for (int f = 0; f < format_count; ++f) {
    const auto format = static_cast<Format>(f);
    if (is_float(format) || is_of_weights(format)) continue;
    const std::string found = with([&](auto& i) {
      i.format = format;
      i.result_position_stride = 200;
    });
    held += found.empty() ? 1 : 0;
    if (!found.empty())
      CHECK(found ==
            "'format' of a sample holds -1, 0 and 1; " + name_of(static_cast<Format>(f)) + " does not");
  }
  CHECK(held == 2 + 3 + 1 + 7);  // trit2 and planes, 3 of whole bytes, pow2, s2 to s8
  CHECK(with([](auto& i) { i.registers = 4096 - 23; }) ==
        "'registers' reaches outside the activation memory of 4096 bytes");
  CHECK(with([](auto& i) { i.registers_position_stride = 11; }) ==
        "the rows at 'registers' overlap: 12 bytes each, 11 apart");
}

TEST_CASE("a gather goes to an on-chip memory, and its table of 100 rows and 4 indices lie inside theirs") {
  const auto with = [](auto change) { return after(good_gather(), change); };
  CHECK(with([](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; a gather goes to an on-chip memory");
  CHECK(with([](auto& i) { i.dram = (1 << 20) - 1600; }).empty());
  CHECK(with([](auto& i) { i.dram = (1 << 20) - 1599; }) ==
        "'dram' reaches outside the dram memory of 1048576 bytes");
  CHECK(with([](auto& i) { i.indices = 4096 - 16; }).empty());
  CHECK(with([](auto& i) { i.indices = 4096 - 15; }) ==
        "'indices' reaches outside the activation memory of 4096 bytes");
  CHECK(with([](auto& i) { i.address = 6144 - 63; }) ==
        "'address' reaches outside the weight memory of 6144 bytes");
  CHECK(with([](auto& i) { i.table_rows = 0; }) == "nothing lies at 'dram': 0 rows of 16 bytes");
  CHECK(with([](auto& i) { i.dram_stride = 15; }) == "the rows at 'dram' overlap: 16 bytes each, 15 apart");
}

TEST_CASE("each operand is named when it lies outside its memory or overlaps itself") {
  CHECK(matmul_with([](auto& i) { i.weights = 6144; }) ==
        "'weights' reaches outside the weight memory of 6144 bytes");
  CHECK(matmul_with([](auto& i) { i.weight_stride = 7; }) ==
        "the rows at 'weights' overlap: 8 bytes each, 7 apart");
  const auto taps = [](std::uint8_t im2col, std::uint32_t stride) {
    return [=](auto& i) {  // 2 taps of 7 elements of s4: a word each, or 14 of one word's 16
      i.kernel_w = 2;
      i.columns = 1;
      i.im2col = im2col;
      i.elements = 7;
      i.weight_stride = stride;
    };
  };
  CHECK(matmul_with(taps(0, 15)) == "the rows at 'weights' overlap: 16 bytes each, 15 apart");
  CHECK(matmul_with(taps(1, 8)).empty());
  CHECK(matmul_with(taps(1, 7)) == "the rows at 'weights' overlap: 8 bytes each, 7 apart");
  CHECK(matmul_with([](auto& i) { i.sums = 6144 - 23; }) ==
        "'sums' reaches outside the accumulator memory of 6144 bytes");
  CHECK(matmul_with([](auto& i) { i.sum_stride = 11; }) ==
        "the rows at 'sums' overlap: 12 bytes each, 11 apart");
  CHECK(after(good_threshold(), [](auto& i) { i.table = 6144 - 4; }) ==
        "'table' reaches outside the weight memory of 6144 bytes");
  CHECK(after(good_threshold(), [](auto& i) { i.table = 6144 - 5; }).empty());
  CHECK(after(good_copy(), [](auto& i) { i.first = 8181; }) ==
        "'result' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_copy(), [](auto& i) { i.first = 0xfffffff0U; }) ==
        "'result' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_copy(), [](auto& i) { i.result_position_stride = 7; }) ==
        "the rows at 'result' overlap: 8 bytes each, 7 apart");
  CHECK(after(good_affine(), [](auto& i) { i.result = 4096 - 23; }) ==
        "'result' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_scale(), [](auto& i) {
          i.second = Second::tensor;
          i.second_format = Format::int32;
          i.second_position_stride = 12;
          i.second_address = 4096 - 23;
        }) == "'second_address' reaches outside the activation memory of 4096 bytes");
}

TEST_CASE("an engine waits for and posts to other engines, and the sequencer to nobody") {
  Instruction load;
  load.operation = good_load();
  load.wait.add(Engine::load);
  CHECK(defect_of(load, whole_machine()) == "an engine cannot wait for or post to itself");
  load.wait = {};
  load.post.add(Engine::load);
  CHECK(defect_of(load, whole_machine()) == "an engine cannot wait for or post to itself");
  Instruction halt;
  halt.operation = isa::Halt{};
  halt.wait.add(Engine::load);
  CHECK(defect_of(halt, whole_machine()) == "the sequencer waits for and posts to nobody");
}

TEST_CASE("200,000 instructions of any field values have a defect or run without harm") {
  Random random(71);
  const MachineSpec spec = whole_machine();
  Memories memories = random_memories(random, spec);
  memories.dram.resize(static_cast<std::size_t>(spec.dram.bytes()));
  int defects = 0, fine = 0, no_such_row = 0;
  for (int round = 0; round < 200000; ++round) {
    // Any values, or a valid instruction with one to three fields at an extreme.
    Instruction instruction;
    if (round % 4 == 0) {
      instruction = random_instruction(random, random.below(kinds));
    } else {
      instruction.operation = ValidInstructions(random, spec).any();
      std::visit(
          [&](auto& i) {
            std::uint64_t fields = 0;
            isa::visit_fields(i, [&](const char*, auto&, const char*) { ++fields; });
            for (std::uint64_t change = random.below(3) + 1; change > 0; --change) {
              std::uint64_t at = random.below(fields);
              isa::visit_fields(i, [&](const char*, auto& value, const char*) {
                if (at-- != 0) return;
                using T = std::remove_reference_t<decltype(value)>;
                if constexpr (std::is_enum_v<T>) {
                  value = static_cast<T>(random.below(choices(T{})));
                } else {
                  const T ones = static_cast<T>(~T{0});
                  const T extremes[] = {0, 1, ones, static_cast<T>(ones - 1), static_cast<T>(ones >> 1U)};
                  value = extremes[random.below(5)];
                }
              });
            }
          },
          instruction.operation);
    }
    const std::string found = defect_of(instruction, spec);
    ++(found.empty() ? fine : defects);
    if (!found.empty() || round % 16 != 1) continue;
    try {
      execute(instruction, spec, memories);
    } catch (const RunError&) {  // a gather's indices and the bytes of trits are any values too
      const bool gathers = std::holds_alternative<isa::Gather>(instruction.operation);
      const auto* product = std::get_if<isa::Matmul>(&instruction.operation);
      REQUIRE((gathers || std::holds_alternative<isa::Unpack>(instruction.operation) ||
               (product != nullptr && is_stream(product->weight_format))));
      no_such_row += gathers ? 1 : 0;
    }
  }
  CHECK(no_such_row > 100);
  CHECK(defects > 100000);
  CHECK(fine > 10000);
}

TEST_CASE("an unpack of 30 trits has 6 bytes of trit5 in a row, a bitmap 4 to 8, and other formats none") {
  CHECK(after(good_unpack(), [](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; an unpack goes to an on-chip memory");
  CHECK(after(good_unpack(), [](auto& i) { i.source_format = Format::int8; }) ==
        "an unpack reads planes, trit2, trit5 or bitmap, not int8");
  CHECK(after(good_unpack(), [](auto& i) { i.format = Format::bit1; }) ==
        "an unpack writes planes, trit2, trit2_mask, trit5 or bitmap, not bit1");
  CHECK(after(good_unpack(), [](auto& i) { i.row_bytes = 7; }) ==
        "a row of 3 x 10 elements has 6 bytes in trit5, and 'row_bytes' is 7");
  CHECK(after(good_unpack(), [](auto& i) { i.taps = 0; }) ==
        "an unpack has 1 to 2147483648 elements a row: 4 rows of 0 taps of 10");
  const auto bitmap = [](std::uint32_t bytes) {
    return after(good_unpack(), [&](auto& i) {
      i.source_format = Format::bitmap;
      i.row_bytes = bytes;
    });
  };
  CHECK(bitmap(3) == "a bitmap row of 30 elements has 4 to 8 bytes, and 'row_bytes' is 3");
  CHECK(bitmap(4).empty());
  CHECK(bitmap(8).empty());
  CHECK(bitmap(9) == "a bitmap row of 30 elements has 4 to 8 bytes, and 'row_bytes' is 9");
  CHECK(after(good_unpack(), [](auto& i) {
          i.format = Format::bitmap;
          i.stride = 9;
        }) == "a bitmap row of 30 elements has 4 to 8 bytes, and 'stride' is 9");
}

TEST_CASE("weights that are to be decoded need a decoder, in the load engine and in front of the array") {
  MachineSpec spec = whole_machine();
  spec.decoder.load = spec.decoder.array = false;
  Instruction instruction;
  instruction.operation = good_unpack();
  CHECK(defect_of(instruction, spec) == "the load engine has no decoder: 'decoder.load' is false");
  isa::Matmul i = product(Datapath::ternary_planes, Format::planes, Format::planes, 2, 13, 3);
  i.weight_format = Format::trit5;
  instruction.operation = i;
  CHECK(defect_of(instruction, spec) ==
        "the array has no decoder from trit5 to planes: 'decoder.array' is false");
  spec.decoder.array = true;
  CHECK(defect_of(instruction, spec).empty());
}
