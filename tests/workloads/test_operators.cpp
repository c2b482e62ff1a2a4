// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "tests/workloads/nodes.hpp"

namespace {

using tricycle::Attribute;
using tricycle::Op;
using tricycle::Tensor;
using tricycle::test::Attributes;
using tricycle::test::check_tensor;
using tricycle::test::evaluate_node;
using tricycle::test::fault_of_node;
using tricycle::test::floats;
using tricycle::test::integer;
using tricycle::test::integers;
using tricycle::test::list;
using tricycle::test::number;
using tricycle::test::scalar;
using tricycle::test::word;

using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

const Tensor two_by_three = floats({2, 3}, {1, 2, 3, 4, 5, 6});

Attribute tensor(Tensor value) {
  Attribute attribute;
  attribute.tensor = std::move(value);
  return attribute;
}

}  // namespace

TEST_CASE("rounding goes to the nearest, halves to even, and keeps the sign of zero") {
  const Tensor x = floats({8}, {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.3F, 0.9F, 0x1p23F});
  check_tensor(evaluate_node(Op::round, {x}), {8}, Floats{0, 2, 2, 0, -2, -2, 1, 0x1p23F});
  CHECK(std::signbit(evaluate_node(Op::round, {scalar(-0.5F)}).floats()[0]));
  check_tensor(evaluate_node(Op::floor, {x}), {8}, Floats{0, 1, 2, -1, -2, -3, 0, 0x1p23F});
  check_tensor(evaluate_node(Op::ceil, {x}), {8}, Floats{1, 2, 3, 0, -1, -2, 1, 0x1p23F});
}

TEST_CASE("absolute values, negation and signs work on floats and on integers") {
  check_tensor(evaluate_node(Op::abs, {floats({2}, {-1.5F, 2})}), {2}, Floats{1.5F, 2});
  check_tensor(evaluate_node(Op::neg, {integers({2}, {-1, 2})}), {2}, Integers{1, -2});
  check_tensor(evaluate_node(Op::sign, {floats({3}, {-0.1F, 0, 7})}), {3}, Floats{-1, 0, 1});
  check_tensor(evaluate_node(Op::sign, {integers({2}, {-9, 0})}), {2}, Integers{-1, 0});
  CHECK(fault_of_node(Op::abs, {integers({1}, {std::numeric_limits<std::int64_t>::min()})}) ==
        "f: node 'n': error: Abs: integers beyond 2^31");
}

TEST_CASE("rectifiers with a slope scale what is negative") {
  const Tensor x = floats({1, 2, 2}, {-1, 2, -3, 4});
  check_tensor(evaluate_node(Op::leaky_relu, {x}, {{"alpha", number(0.5F)}}), {1, 2, 2},
               Floats{-0.5F, 2, -1.5F, 4});
  check_tensor(evaluate_node(Op::leaky_relu, {scalar(-100)}), {}, Floats{-1});
  check_tensor(evaluate_node(Op::prelu, {x, floats({2, 1}, {2, 0.5F})}), {1, 2, 2}, Floats{-2, 2, -1.5F, 4});
  CHECK(fault_of_node(Op::prelu, {floats({1}, {1}), floats({2}, {1, 1})}) ==
        "f: node 'n': error: PRelu: the slope's shape [2] is larger than the tensor's");
}

TEST_CASE("Clip has bounds as attributes, as inputs, or none") {
  const Tensor x = floats({4}, {-9, -1, 1, 9});
  check_tensor(evaluate_node(Op::clip, {x}, {{"min", number(-1.5F)}, {"max", number(6)}}), {4},
               Floats{-1.5F, -1, 1, 6});
  check_tensor(evaluate_node(Op::clip, {x, scalar(0), scalar(6)}), {4}, Floats{0, 0, 1, 6});
  check_tensor(evaluate_node(Op::clip, {x, scalar(0)}), {4}, Floats{0, 0, 1, 9});
  check_tensor(evaluate_node(Op::clip, {x}), {4}, Floats{-9, -1, 1, 9});
  check_tensor(evaluate_node(Op::clip, {x, scalar(3), scalar(2)}), {4}, Floats{2, 2, 2, 2});
  check_tensor(evaluate_node(Op::clip, {integers({2}, {-9, 9}), integers({}, {-1}), integers({}, {1})}), {2},
               Integers{-1, 1});
  CHECK(fault_of_node(Op::clip, {x, floats({2}, {0, 0})}) ==
        "f: node 'n': error: Clip: 'min' is expected to be one number of the input's type");
}

TEST_CASE("sums, minima and maxima take 1, 2 or 3 inputs and broadcast them") {
  const Tensor row = floats({3}, {10, -10, 3});
  check_tensor(evaluate_node(Op::sum, {two_by_three, row, scalar(100)}), {2, 3},
               Floats{111, 92, 106, 114, 95, 109});
  check_tensor(evaluate_node(Op::max, {two_by_three, row}), {2, 3}, Floats{10, 2, 3, 10, 5, 6});
  check_tensor(evaluate_node(Op::min, {two_by_three, row, scalar(2)}), {2, 3}, Floats{1, -10, 2, 2, -10, 2});
  check_tensor(evaluate_node(Op::sum, {row}), {3}, Floats{10, -10, 3});
  CHECK(fault_of_node(Op::sum, {}) == "f: node 'n': error: Sum: input 1 is missing");
  const float nan = std::nanf("");
  CHECK(std::isnan(evaluate_node(Op::max, {scalar(1), scalar(nan)}).floats()[0]));
  CHECK(std::isnan(evaluate_node(Op::min, {scalar(nan), scalar(1)}).floats()[0]));
}

TEST_CASE("comparisons give 0 and 1, and Where chooses by them") {
  const Tensor row = floats({3}, {2, 2, 2});
  const Tensor x = floats({3}, {1, 2, 3});
  check_tensor(evaluate_node(Op::greater, {x, row}), {3}, Integers{0, 0, 1});
  check_tensor(evaluate_node(Op::greater_or_equal, {x, row}), {3}, Integers{0, 1, 1});
  check_tensor(evaluate_node(Op::less, {x, scalar(2)}), {3}, Integers{1, 0, 0});
  check_tensor(evaluate_node(Op::less_or_equal, {x, row}), {3}, Integers{1, 1, 0});
  check_tensor(evaluate_node(Op::equal, {integers({2}, {5, 6}), integers({1}, {6})}), {2}, Integers{0, 1});
  check_tensor(evaluate_node(Op::where, {integers({2, 1}, {1, 0}), row, x}), {2, 3},
               Floats{2, 2, 2, 1, 2, 3});
  check_tensor(evaluate_node(Op::where, {integers({2}, {0, 1}), integers({2}, {1, 2}), integers({}, {7})}),
               {2}, Integers{7, 2});
  CHECK(fault_of_node(Op::equal, {x, integers({}, {1})}) ==
        "f: node 'n': error: Equal: mixes integers and floating point");
  CHECK(fault_of_node(Op::where, {row, x, x}) ==
        "f: node 'n': error: Where: input 1 is expected to hold integers");
}

TEST_CASE("casts cut towards zero, and refuse what does not fit") {
  const auto cast = [](const Tensor& x, std::int64_t to) {
    return evaluate_node(Op::cast, {x}, {{"to", integer(to)}});
  };
  const auto fault = [](const Tensor& x, std::int64_t to) {
    return fault_of_node(Op::cast, {x}, {{"to", integer(to)}});
  };
  const Tensor x = floats({3}, {-1.9F, 0, 2.9F});
  check_tensor(cast(x, 7), {3}, Integers{-1, 0, 2});
  check_tensor(cast(x, 6), {3}, std::vector<std::int32_t>{-1, 0, 2});
  check_tensor(cast(x, 9), {3}, Integers{1, 0, 1});
  check_tensor(cast(x, 11), {3}, std::vector<double>{-0x1.e66666p0, 0, 0x1.733334p1});
  check_tensor(cast(integers({2}, {-5, 16777217}), 1), {2}, Floats{-5, 16777216});
  check_tensor(cast(integers({2}, {0, 255}), 2), {2}, std::vector<std::uint8_t>{0, 255});
  CHECK(fault(floats({1}, {3e9F}), 6) ==
        "f: node 'n': error: Cast: the value 3000000000.000000 does not fit int32");
  CHECK(fault(scalar(std::nanf("")), 7) == "f: node 'n': error: Cast: the value nan does not fit int64");
  CHECK(fault(scalar(0x1p63F), 7) ==
        "f: node 'n': error: Cast: the value 9223372036854775808.000000 does not fit int64");
  CHECK(fault(integers({1}, {-1}), 2) == "f: node 'n': error: Cast: the value -1 does not fit uint8");
  CHECK(fault(x, 10) ==
        "f: node 'n': error: Cast: to element type 10 is not supported (1 FLOAT, 2 UINT8, 3 INT8, 6 INT32, "
        "7 INT64, 9 BOOL, 11 DOUBLE)");
}

TEST_CASE("the sigmoid of 0 is a half and of 200 one, and the hyperbolic tangent 0 and 1") {
  check_tensor(evaluate_node(Op::sigmoid, {floats({2}, {0, 200})}), {2}, Floats{0.5F, 1});
  check_tensor(evaluate_node(Op::tanh, {floats({2}, {0, 200})}), {2}, Floats{0, 1});
}

TEST_CASE("softmax runs over one axis since opset 13, and over all from the axis on before") {
  const Tensor x = floats({1, 2, 2}, {0, 0, 0, 0});
  check_tensor(evaluate_node(Op::softmax, {x}), {1, 2, 2}, Floats{0.5F, 0.5F, 0.5F, 0.5F});
  check_tensor(evaluate_node(Op::softmax, {x}, {}, 12), {1, 2, 2}, Floats{0.25F, 0.25F, 0.25F, 0.25F});
  check_tensor(evaluate_node(Op::softmax, {x}, {{"axis", integer(2)}}, 12), {1, 2, 2},
               Floats{0.5F, 0.5F, 0.5F, 0.5F});
  // Columns 1000 apart: the largest is taken away first.
  check_tensor(evaluate_node(Op::softmax, {floats({2, 2}, {1000, 5, 0, 5})}, {{"axis", integer(0)}}), {2, 2},
               Floats{1, 0.5F, 0, 0.5F});
  CHECK(fault_of_node(Op::softmax, {x}, {{"axis", integer(3)}}) ==
        "f: node 'n': error: Softmax: axis 3 of a tensor with 3 dimensions");
}

TEST_CASE("means over axes keep their dimensions or drop them") {
  const Attributes rows = {{"axes", list({-1})}};
  check_tensor(evaluate_node(Op::reduce_mean, {two_by_three}, rows), {2, 1}, Floats{2, 5});
  check_tensor(
      evaluate_node(Op::reduce_mean, {two_by_three}, {{"axes", list({0})}, {"keepdims", integer(0)}}), {3},
      Floats{2.5F, 3.5F, 4.5F});
  check_tensor(evaluate_node(Op::reduce_mean, {two_by_three}), {1, 1}, Floats{3.5F});
  CHECK(fault_of_node(Op::reduce_mean, {two_by_three}, {{"axes", list({2})}}) ==
        "f: node 'n': error: ReduceMean: axis 2 of a tensor with 2 dimensions");
}

TEST_CASE("local response normalization divides by the squares of the channels around") {
  // Sums of 1 + 4, 1 + 4 + 9 and 4 + 9 squares, each a third of alpha 3, to the power of 1.
  const Attributes attributes = {
      {"alpha", number(3)}, {"beta", number(1)}, {"bias", number(1)}, {"size", integer(3)}};
  check_tensor(evaluate_node(Op::lrn, {floats({1, 3, 1, 1}, {1, 2, 3})}, attributes), {1, 3, 1, 1},
               Floats{1 / 6.0F, 2 / 15.0F, 3 / 14.0F});
  // (1 + 15)^0.75 = 8; with a size of 2 the channel behind counts, the one before does not.
  check_tensor(evaluate_node(Op::lrn, {floats({1, 2}, {16, 0})},
                             {{"alpha", number(0.1171875F)}, {"size", integer(2)}}),
               {1, 2}, Floats{2, 0});
  CHECK(fault_of_node(Op::lrn, {two_by_three}) == "f: node 'n': error: LRN: a size of 0");
}

TEST_CASE("Pad surrounds a tensor by zeros, by a value, by its edge or by its mirror image") {
  check_tensor(evaluate_node(Op::pad, {two_by_three}, {{"pads", list({0, 1, 1, 0})}, {"value", number(9)}}),
               {3, 4}, Floats{9, 1, 2, 3, 9, 4, 5, 6, 9, 9, 9, 9});
  check_tensor(evaluate_node(Op::pad, {integers({1}, {5}), integers({2}, {1, 2})}), {4},
               Integers{0, 5, 0, 0});
  check_tensor(evaluate_node(Op::pad, {floats({1}, {5}), integers({2}, {1, 0}), scalar(-1)}), {2},
               Floats{-1, 5});
  const std::string start = "f: node 'n': error: Pad: ";
  const auto by_itself = [](const char* mode, const Integers& pads) {
    return Attributes{{"mode", word(mode)}, {"pads", list(pads)}};
  };
  check_tensor(evaluate_node(Op::pad, {two_by_three}, by_itself("edge", {0, 2, 1, 0})), {3, 5},
               Floats{1, 1, 1, 2, 3, 4, 4, 4, 5, 6, 4, 4, 4, 5, 6});
  check_tensor(evaluate_node(Op::pad, {two_by_three}, by_itself("reflect", {1, 2, 0, 1})), {3, 6},
               Floats{6, 5, 4, 5, 6, 5, 3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5});
  check_tensor(evaluate_node(Op::pad, {integers({1}, {5})}, by_itself("edge", {0, 2})), {3},
               Integers{5, 5, 5});
  CHECK(fault_of_node(Op::pad, {two_by_three}, by_itself("reflect", {0, 3, 0, 0})) ==
        start + "a pad of 3 in mode 'reflect' beside a dimension of 3");
  CHECK(fault_of_node(Op::pad, {floats({0}, {})}, by_itself("edge", {1, 0})) ==
        start + "a pad of 1 in mode 'edge' beside a dimension of 0");
  CHECK(fault_of_node(Op::pad, {two_by_three}, {{"mode", word("wrap")}}) ==
        start + "the mode 'wrap' is not supported; expected constant, edge or reflect");
  CHECK(fault_of_node(Op::pad, {two_by_three}, {{"pads", list({1, 1})}}) ==
        start + "2 pads for a tensor with 2 dimensions");
  CHECK(fault_of_node(Op::pad, {two_by_three}, {{"pads", list({0, -1, 0, 0})}}) ==
        start + "a pad of -1; expected 0 to 2^31");
  CHECK(fault_of_node(Op::pad, {two_by_three}, {{"pads", list({1 << 30, 0, 0, 0})}}) ==
        start + "a tensor of shape [1073741826, 3] is too large");
}

TEST_CASE("Slice takes starts, ends, axes and steps of either sign, as attributes or inputs") {
  const auto slice = [](const Integers& starts, const Integers& ends, const Integers& axes,
                        const Integers& steps) {
    const auto row = [](const Integers& v) { return integers({static_cast<std::int64_t>(v.size())}, v); };
    return evaluate_node(Op::slice, {two_by_three, row(starts), row(ends), row(axes), row(steps)});
  };
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(),
                         least = std::numeric_limits<std::int64_t>::min();
  check_tensor(evaluate_node(Op::slice, {two_by_three}, {{"starts", list({1})}, {"ends", list({2})}}), {1, 3},
               Floats{4, 5, 6});
  check_tensor(slice({0}, {most}, {1}, {2}), {2, 2}, Floats{1, 3, 4, 6});
  check_tensor(slice({-1, -1}, {least, least}, {0, 1}, {-1, -2}), {2, 2}, Floats{6, 4, 3, 1});
  check_tensor(slice({most}, {least}, {-1}, {least}), {2, 1}, Floats{3, 6});
  check_tensor(slice({2}, {1}, {1}, {1}), {2, 0}, Floats{});
  check_tensor(slice({1}, {-1}, {1}, {most}), {2, 1}, Floats{2, 5});
  const Tensor one = integers({1}, {1});
  CHECK(fault_of_node(Op::slice, {two_by_three, one, one, one, integers({1}, {0})}) ==
        "f: node 'n': error: Slice: a step of 0");
  CHECK(fault_of_node(Op::slice, {two_by_three, one, integers({2}, {1, 1})}) ==
        "f: node 'n': error: Slice: 1 starts, 2 ends, 1 axes and 1 steps");
  const Tensor pair = integers({2}, {1, -1});
  CHECK(fault_of_node(Op::slice, {two_by_three, pair, pair, pair}) ==
        "f: node 'n': error: Slice: axis -1 stands twice");
}

TEST_CASE("ConstantOfShape and Expand make tensors of a given shape") {
  check_tensor(evaluate_node(Op::constant_of_shape, {integers({2}, {1, 2})}), {1, 2}, Floats{0, 0});
  check_tensor(
      evaluate_node(Op::constant_of_shape, {integers({1}, {2})}, {{"value", tensor(integers({1}, {7}))}}),
      {2}, Integers{7, 7});
  check_tensor(evaluate_node(Op::expand, {floats({2, 1}, {1, 2}), integers({3}, {2, 1, 2})}), {2, 2, 2},
               Floats{1, 1, 2, 2, 1, 1, 2, 2});
  check_tensor(evaluate_node(Op::expand, {floats({2}, {1, 2}), integers({1}, {1})}), {2}, Floats{1, 2});
  const std::string start = "f: node 'n': error: ConstantOfShape: ";
  CHECK(fault_of_node(Op::constant_of_shape, {integers({1}, {-1})}) == start + "[-1] is no shape");
  CHECK(fault_of_node(Op::constant_of_shape, {integers({1}, {1 << 28})}) ==
        start + "a tensor of shape [268435456] is too large");
  CHECK(fault_of_node(Op::constant_of_shape, {integers({1}, {1})}, {{"value", tensor(two_by_three)}}) ==
        start + "the value of shape [2, 3] is expected to be one number");
  CHECK(fault_of_node(Op::expand, {two_by_three, integers({1}, {2})}) ==
        "f: node 'n': error: Expand: shapes [2, 3] and [2] do not broadcast");
}

TEST_CASE("Shape has a start and an end, and Dropout does nothing") {
  const Tensor x = floats({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  check_tensor(evaluate_node(Op::shape, {x}), {3}, Integers{1, 2, 3});
  check_tensor(evaluate_node(Op::shape, {x}, {{"start", integer(-2)}, {"end", integer(-1)}}), {1},
               Integers{2});
  check_tensor(evaluate_node(Op::shape, {x}, {{"start", integer(2)}, {"end", integer(1)}}), {0}, Integers{});
  check_tensor(evaluate_node(Op::dropout, {two_by_three, scalar(0.5F)}), {2, 3}, Floats{1, 2, 3, 4, 5, 6});
  CHECK(fault_of_node(Op::dropout, {two_by_three, scalar(0.5F), integers({}, {1})}) ==
        "f: node 'n': error: Dropout: training is not supported");
}

TEST_CASE("QuantizeLinear rounds halves to even and saturates to the zero point's type") {
  const Tensor x = floats({6}, {0.25F, 0.75F, -1, 1000, -1000, std::nanf("")});
  check_tensor(evaluate_node(Op::quantize_linear, {x, scalar(0.5F)}), {6},
               std::vector<std::uint8_t>{0, 2, 0, 255, 0, 0});
  const Tensor zero = {{}, std::vector<std::int8_t>{-3}};
  check_tensor(evaluate_node(Op::quantize_linear, {x, scalar(0.5F), zero}), {6},
               std::vector<std::int8_t>{-3, -1, -5, 127, -128, -3});
  const Tensor zeros = {{2}, std::vector<std::uint8_t>{10, 20}};
  check_tensor(
      evaluate_node(Op::quantize_linear, {floats({2, 2}, {1, 2, 3, 4}), floats({2}, {1, 0.5F}), zeros},
                    {{"axis", integer(0)}}),
      {2, 2}, std::vector<std::uint8_t>{11, 12, 26, 28});
  const std::string start = "f: node 'n': error: QuantizeLinear: ";
  CHECK(fault_of_node(Op::quantize_linear, {x, scalar(0)}) == start + "a scale of 0.000000");
  CHECK(fault_of_node(Op::quantize_linear, {x, scalar(1), integers({}, {0})}) ==
        start + "a zero point of type int64; supported are uint8 and int8");
  CHECK(fault_of_node(Op::quantize_linear, {two_by_three, floats({2}, {1, 1})}) ==
        start + "scales of shape [2] for axis 1 of [2, 3]");
  CHECK(fault_of_node(Op::quantize_linear, {two_by_three, scalar(1), zeros}) ==
        start + "has 2 zero points for 1 scales");
}

TEST_CASE("DequantizeLinear subtracts the zero point and scales, for int8, uint8 and int32") {
  const Tensor bytes = {{2, 2}, std::vector<std::int8_t>{-128, 127, 0, 1}};
  const Tensor zeros = {{2}, std::vector<std::int8_t>{-128, 1}};
  check_tensor(evaluate_node(Op::dequantize_linear, {bytes, floats({2}, {0.5F, 2}), zeros}), {2, 2},
               Floats{0, 252, 64, 0});
  check_tensor(
      evaluate_node(Op::dequantize_linear, {bytes, floats({2}, {0.5F, 2}), zeros}, {{"axis", integer(-2)}}),
      {2, 2}, Floats{0, 127.5F, -2, 0});
  const Tensor sums = {{1}, std::vector<std::int32_t>{-2147483647 - 1}};
  check_tensor(evaluate_node(Op::dequantize_linear, {sums, scalar(0.5F)}), {1}, Floats{-0x1p30F});
  CHECK(fault_of_node(Op::dequantize_linear, {scalar(1), scalar(1)}) ==
        "f: node 'n': error: DequantizeLinear: input 1 is expected to hold integers");
  CHECK(fault_of_node(Op::dequantize_linear, {integers({1}, {std::int64_t{1} << 40U}), scalar(1)}) ==
        "f: node 'n': error: DequantizeLinear: codes beyond int32");
}
