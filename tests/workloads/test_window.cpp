// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "tests/workloads/nodes.hpp"

namespace {

using tricycle::Op;
using tricycle::Shape;
using tricycle::Tensor;
using tricycle::test::Attributes;
using tricycle::test::check_tensor;
using tricycle::test::evaluate_node;
using tricycle::test::fault_of_node;
using tricycle::test::floats;
using tricycle::test::integer;
using tricycle::test::list;
using tricycle::test::word;

/// 1, 2, 3, ...
Tensor counting(const Shape& shape) {
  std::vector<float> values;
  for (std::int64_t i = 1; i <= tricycle::element_count(shape); ++i) values.push_back(static_cast<float>(i));
  return floats(shape, values);
}

Tensor ones(const Shape& shape) {
  return floats(shape, std::vector<float>(static_cast<std::size_t>(tricycle::element_count(shape)), 1));
}

/// 1 to 9 in rows of 3.
const Tensor square = counting({1, 1, 3, 3});

Attributes kernel(std::vector<std::int64_t> size, Attributes others = {}) {
  others["kernel_shape"] = list(std::move(size));
  return others;
}

/// The sum of what a window of ones reads.
Tensor sums(const Tensor& input, const Shape& size, const Attributes& attributes) {
  return evaluate_node(Op::conv, {input, ones({1, 1, size[0], size[1]})}, attributes);
}

}  // namespace

TEST_CASE("a convolution of 2 x 2 with a bias is computed as by hand") {
  // 1*1 + 2*2 - 4*1 + 0*5 + 10 = 11, and 2 + 6 - 5 = 3 more than the bias, ...
  check_tensor(evaluate_node(Op::conv, {square, floats({1, 1, 2, 2}, {1, 2, -1, 0}), floats({1}, {10})}),
               {1, 1, 2, 2}, std::vector<float>{11, 13, 17, 19});
}

TEST_CASE("a convolution sums over 2 input channels and makes 2 output channels of 2 items") {
  const Tensor input = floats({2, 2, 1, 2}, {1, 2, 10, 20, 3, 4, 30, 40});
  const Tensor weights = floats({2, 2, 1, 1}, {1, 1, 2, -1});
  check_tensor(evaluate_node(Op::conv, {input, weights}), {2, 2, 1, 2},
               std::vector<float>{11, 22, -8, -16, 33, 44, -24, -32});
}

TEST_CASE("a convolution takes strides, padding on each side and dilations") {
  check_tensor(sums(square, {2, 2}, {{"strides", list({2, 1})}}), {1, 1, 1, 2}, std::vector<float>{12, 16});
  // Top, left, bottom, right: one row above and two columns on the right.
  check_tensor(sums(square, {2, 2}, {{"pads", list({1, 0, 0, 2})}}), {1, 1, 3, 4},
               std::vector<float>{3, 5, 3, 0, 12, 16, 9, 0, 24, 28, 15, 0});
  check_tensor(sums(square, {2, 2}, {{"dilations", list({2, 2})}}), {1, 1, 1, 1}, std::vector<float>{20});
  check_tensor(sums(square, {2, 2}, {{"dilations", list({2, 1})}, {"pads", list({1, 0, 1, 0})}}),
               {1, 1, 3, 2}, std::vector<float>{9, 11, 18, 22, 9, 11});
  check_tensor(sums(square, {3, 3}, {{"strides", list({2, 2})}, {"pads", list({1, 1, 1, 1})}}), {1, 1, 2, 2},
               std::vector<float>{12, 16, 24, 28});
}

TEST_CASE("automatic padding puts the odd element behind with SAME_UPPER and before with SAME_LOWER") {
  check_tensor(sums(square, {2, 2}, {{"auto_pad", word("SAME_UPPER")}}), {1, 1, 3, 3},
               std::vector<float>{12, 16, 9, 24, 28, 15, 15, 17, 9});
  check_tensor(sums(square, {2, 2}, {{"auto_pad", word("SAME_LOWER")}}), {1, 1, 3, 3},
               std::vector<float>{1, 3, 5, 5, 12, 16, 11, 24, 28});
  check_tensor(sums(square, {2, 2}, {{"auto_pad", word("VALID")}, {"pads", list({1, 1, 1, 1})}}),
               {1, 1, 2, 2}, std::vector<float>{12, 16, 24, 28});
  check_tensor(sums(square, {1, 1}, {{"auto_pad", word("SAME_UPPER")}, {"strides", list({2, 2})}}),
               {1, 1, 2, 2}, std::vector<float>{1, 3, 7, 9});
}

TEST_CASE("2 groups read their own halves of the channels, and depthwise each its own") {
  const Tensor input = floats({1, 4, 1, 1}, {1, 2, 3, 4});
  check_tensor(
      evaluate_node(Op::conv, {input, floats({2, 2, 1, 1}, {1, 10, 1, 10})}, {{"group", integer(2)}}),
      {1, 2, 1, 1}, std::vector<float>{21, 43});
  check_tensor(
      evaluate_node(Op::conv, {input, floats({4, 1, 1, 1}, {1, 10, 100, 1000})}, {{"group", integer(4)}}),
      {1, 4, 1, 1}, std::vector<float>{1, 20, 300, 4000});
  check_tensor(
      evaluate_node(Op::conv, {floats({1, 2, 1, 1}, {1, 2}), floats({4, 1, 1, 1}, {1, 10, 100, 1000})},
                    {{"group", integer(2)}}),
      {1, 4, 1, 1}, std::vector<float>{1, 10, 200, 2000});
}

TEST_CASE("additions of a convolution run over channels, rows and columns, and the bias comes last") {
  // 2^24 + 1 is no float: 2^24 + 1 + 1 in order stays 2^24, and so does the bias of 1.
  const float big = 0x1p24F;
  check_tensor(evaluate_node(Op::conv, {floats({1, 3, 1, 1}, {big, 1, 1}), ones({1, 3, 1, 1}), ones({1})}),
               {1, 1, 1, 1}, std::vector<float>{big});
  check_tensor(evaluate_node(Op::conv, {floats({1, 3, 1, 1}, {1, 1, big}), ones({1, 3, 1, 1})}), {1, 1, 1, 1},
               std::vector<float>{big + 2});
  check_tensor(evaluate_node(Op::conv, {floats({1, 1, 1, 3}, {1, 1, big}), ones({1, 1, 1, 3})}), {1, 1, 1, 1},
               std::vector<float>{big + 2});
  check_tensor(evaluate_node(Op::conv, {floats({1, 1, 3, 1}, {big, 1, 1}), ones({1, 1, 3, 1})}), {1, 1, 1, 1},
               std::vector<float>{big});
}

TEST_CASE("convolutions and pools in one dimension are those in two with a height of 1") {
  const Tensor x = floats({1, 2, 4}, {1, 2, 3, 4, 10, 20, 30, 40});
  // Kernels of 2 with a stride of 2 behind one zero: 0 and 1, 2 and 3; the second channel counts twice.
  const Attributes slid = {{"strides", list({2})}, {"pads", list({1, 0})}, {"kernel_shape", list({2})}};
  check_tensor(evaluate_node(Op::conv, {x, floats({1, 2, 2}, {1, 10, 2, 2}), floats({1}, {0.5F})}, slid),
               {1, 1, 2}, std::vector<float>{30.5F, 132.5F});
  check_tensor(evaluate_node(Op::max_pool, {x}, slid), {1, 2, 2}, std::vector<float>{1, 3, 10, 30});
  check_tensor(evaluate_node(Op::average_pool, {x}, {{"kernel_shape", list({4})}}), {1, 2, 1},
               std::vector<float>{2.5F, 25});
  CHECK(fault_of_node(Op::conv, {x, ones({1, 2, 2})}, {{"pads", list({1})}}) ==
        "f: node 'n': error: Conv: 'pads' has 1 values; expected 2");
  CHECK(fault_of_node(Op::conv, {x, ones({1, 2, 1, 1})}) ==
        "f: node 'n': error: Conv: expects weights of [M, C, W], not [1, 2, 1, 1]");
  CHECK(fault_of_node(Op::max_pool, {x}) == "f: node 'n': error: MaxPool: has no kernel_shape");
}

TEST_CASE("a convolution whose parts do not fit is refused") {
  const auto fault = [](const Shape& input, const Shape& weights, const Attributes& attributes = {}) {
    return fault_of_node(Op::conv, {ones(input), ones(weights)}, attributes);
  };
  const std::string start = "f: node 'n': error: Conv: ";
  CHECK(fault({1, 1, 4, 4}, {1, 1, 5, 5}) ==
        start + "a kernel of 5 x 5 does not fit a padded input of 4 x 4");
  CHECK(fault({1, 1, 4, 4}, {1, 1, 3, 3}, {{"dilations", list({1, 2})}}) ==
        start + "a kernel of 3 x 3 with dilations of 1 x 2 does not fit a padded input of 4 x 4");
  CHECK(fault({1, 3, 4, 4}, {2, 1, 1, 1}, {{"group", integer(2)}}) ==
        start + "2 groups do not divide 3 input channels");
  CHECK(fault({1, 4, 4, 4}, {3, 2, 1, 1}, {{"group", integer(2)}}) ==
        start + "2 groups do not divide 3 output channels");
  CHECK(fault({1, 4, 4, 4}, {4, 2, 1, 1}) ==
        start + "weights of shape [4, 2, 1, 1] do not fit 4 input channels in 1 group");
  CHECK(fault({1, 4, 4, 4}, {4, 1, 1, 1}, {{"group", integer(2)}}) ==
        start + "weights of shape [4, 1, 1, 1] do not fit 4 input channels in 2 groups");
  CHECK(fault({4, 4}, {4, 4, 1}) == start + "expects an input of [N, C, H, W] or [N, C, W], not [4, 4]");
  CHECK(fault({1, 1, 0, 4}, {1, 1, 1, 1}) ==
        start + "expects an input of [N, C, H, W] or [N, C, W], not [1, 1, 0, 4]");
  CHECK(fault({1, 4, 4, 4}, {4, 4, 1}) == start + "expects weights of [M, C, H, W], not [4, 4, 1]");
  CHECK(fault({1, 1, 4, 4}, {1, 1, 0, 1}) == start + "weights of shape [1, 1, 0, 1] hold no kernel");
  CHECK(fault({1, 1, 4, 4}, {1, 1, 3, 3}, kernel({3, 1})) ==
        start + "'kernel_shape' is 3 x 1, but the weights hold kernels of 3 x 3");
  CHECK(fault_of_node(Op::conv, {square, ones({2, 1, 1, 1}), ones({3})}) ==
        start + "a bias of shape [3] for 2 output channels");
  CHECK(fault_of_node(Op::conv, {square}) == start + "input 2 is missing");
}

TEST_CASE("absurd strides, dilations, padding, groups and kernels are refused") {
  const auto fault = [](const Attributes& attributes) {
    return fault_of_node(Op::conv, {square, ones({1, 1, 1, 1})}, attributes);
  };
  const std::string start = "f: node 'n': error: Conv: ";
  constexpr std::int64_t huge = std::int64_t{1} << 31U, largest = std::numeric_limits<std::int64_t>::max();
  CHECK(fault({{"strides", list({0, 1})}}) == start + "'strides' holds 0; expected 1 to 2^31");
  CHECK(fault({{"dilations", list({1, 0})}}) == start + "'dilations' holds 0; expected 1 to 2^31");
  CHECK(fault({{"pads", list({0, 0, -1, 0})}}) == start + "'pads' holds -1; expected 0 to 2^31");
  CHECK(fault({{"pads", list({0, 0, largest, 0})}}) ==
        start + "'pads' holds 9223372036854775807; expected 0 to 2^31");
  CHECK(fault({{"pads", list({0, 0})}}) == start + "'pads' has 2 values; expected 4");
  CHECK(fault({{"group", integer(0)}}) == start + "'group' is 0");
  CHECK(fault({{"group", integer(-1)}}) == start + "'group' is -1");
  CHECK(fault({{"auto_pad", word("SAME")}}) == start + "unknown auto_pad 'SAME'");
  CHECK(fault({{"pads", list({huge, huge, huge, huge})}}) ==
        start + "a tensor of shape [1, 1, 4294967299, 4294967299] is too large");
  CHECK(fault_of_node(Op::max_pool, {square}, kernel({huge, huge}, {{"dilations", list({huge, huge})}})) ==
        "f: node 'n': error: MaxPool: a kernel of 2147483648 x 2147483648 with dilations of 2147483648 x "
        "2147483648 does not fit a padded input of 3 x 3");
  CHECK(
      fault_of_node(Op::average_pool, {square}, kernel({huge, huge}, {{"pads", list({huge, huge, 0, 0})}})) ==
      "f: node 'n': error: AveragePool: padding of 2147483648 holds a whole kernel of 2147483648 x "
      "2147483648");
}

TEST_CASE("a model that asks for more than 2^38 multiplications in one convolution is refused") {
  CHECK(fault_of_node(Op::conv, {ones({1, 1, 2048, 2048}), ones({1, 1, 512, 512})}) ==
        "f: node 'n': error: Conv: 2362369 outputs of 262144 inputs each are too much work");
}

TEST_CASE("pooling takes the largest and the mean of each window") {
  check_tensor(evaluate_node(Op::max_pool, {square}, kernel({2, 2})), {1, 1, 2, 2},
               std::vector<float>{5, 6, 8, 9});
  check_tensor(evaluate_node(Op::average_pool, {square}, kernel({2, 2})), {1, 1, 2, 2},
               std::vector<float>{3, 4, 6, 7});
  check_tensor(evaluate_node(Op::max_pool, {counting({1, 2, 2, 2})}, kernel({2, 2})), {1, 2, 1, 1},
               std::vector<float>{4, 8});
  // A window of negative numbers and padding: padding never wins.
  check_tensor(evaluate_node(Op::max_pool, {floats({1, 1, 1, 2}, {-3, -5})},
                             kernel({1, 2}, {{"pads", list({0, 1, 0, 1})}})),
               {1, 1, 1, 3}, std::vector<float>{-3, -3, -5});
  check_tensor(evaluate_node(Op::max_pool, {square}, kernel({2, 2}, {{"dilations", list({2, 2})}})),
               {1, 1, 1, 1}, std::vector<float>{9});
  const Tensor codes = {{1, 1, 1, 3}, std::vector<std::int8_t>{-128, 3, 127}};
  check_tensor(evaluate_node(Op::max_pool, {codes}, kernel({1, 2})), {1, 1, 1, 2},
               std::vector<std::int8_t>{3, 127});
}

TEST_CASE("a mean leaves padding out, or counts it with count_include_pad") {
  const Attributes padded = kernel({2, 2}, {{"pads", list({1, 1, 0, 0})}, {"strides", list({2, 2})}});
  check_tensor(evaluate_node(Op::average_pool, {square}, padded), {1, 1, 2, 2},
               std::vector<float>{1, 2.5F, 5.5F, 7});
  Attributes counted = padded;
  counted["count_include_pad"] = integer(1);
  check_tensor(evaluate_node(Op::average_pool, {square}, counted), {1, 1, 2, 2},
               std::vector<float>{0.25F, 1.25F, 2.75F, 7});
}

TEST_CASE("ceil_mode adds the last window, unless it would start behind the input") {
  const Attributes ceil = kernel({2, 2}, {{"ceil_mode", integer(1)}, {"strides", list({2, 2})}});
  check_tensor(evaluate_node(Op::max_pool, {square}, ceil), {1, 1, 2, 2}, std::vector<float>{5, 6, 8, 9});
  // Means of 1 2 4 5, 3 6, 7 8 and 9.
  check_tensor(evaluate_node(Op::average_pool, {square}, ceil), {1, 1, 2, 2},
               std::vector<float>{3, 4.5F, 7.5F, 9});
  // 3 columns padded to 5 hold windows of 1 at 0 and 3; a third one would start at 6, behind all.
  const Attributes late = kernel({1, 1}, {{"ceil_mode", integer(1)}, {"strides", list({1, 3})}});
  check_tensor(evaluate_node(Op::max_pool, {counting({1, 1, 1, 5})}, late), {1, 1, 1, 2},
               std::vector<float>{1, 4});
}

TEST_CASE("pooling without a kernel, and windows of nothing but padding, are refused") {
  CHECK(fault_of_node(Op::max_pool, {square}) == "f: node 'n': error: MaxPool: has no kernel_shape");
  CHECK(fault_of_node(Op::max_pool, {square}, kernel({2})) ==
        "f: node 'n': error: MaxPool: 'kernel_shape' has 1 values; expected 2");
  CHECK(fault_of_node(Op::max_pool, {square}, kernel({0, 2})) ==
        "f: node 'n': error: MaxPool: 'kernel_shape' holds 0; expected 1 to 2^31");
  CHECK(fault_of_node(Op::max_pool, {square}, kernel({2, 2}, {{"pads", list({2, 0, 0, 0})}})) ==
        "f: node 'n': error: MaxPool: padding of 2 holds a whole kernel of 2 x 2");
  // Elements 3 apart around an input of 1: one lies before it, the other behind.
  CHECK(fault_of_node(Op::max_pool, {ones({1, 1, 1, 1})},
                      kernel({1, 2}, {{"dilations", list({1, 3})}, {"pads", list({0, 1, 0, 3})}})) ==
        "f: node 'n': error: MaxPool: a window holds nothing but padding");
}

TEST_CASE("global pooling leaves one number of each channel") {
  check_tensor(evaluate_node(Op::global_average_pool, {counting({1, 2, 2, 2})}), {1, 2, 1, 1},
               std::vector<float>{2.5F, 6.5F});
  check_tensor(evaluate_node(Op::global_max_pool, {counting({2, 1, 3})}), {2, 1, 1},
               std::vector<float>{3, 6});
  CHECK(fault_of_node(Op::global_average_pool, {ones({2, 2})}) ==
        "f: node 'n': error: GlobalAveragePool: expects an input of [N, C, ...], not [2, 2]");
}
