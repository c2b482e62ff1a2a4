// SPDX-License-Identifier: Apache-2.0
#include "tests/arch/isa/good_instructions.hpp"

using namespace tricycle;
using namespace tricycle::test;

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
