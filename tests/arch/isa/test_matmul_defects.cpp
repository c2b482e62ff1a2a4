// SPDX-License-Identifier: Apache-2.0
#include "tests/arch/isa/good_instructions.hpp"

using namespace tricycle;
using namespace tricycle::test;

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
