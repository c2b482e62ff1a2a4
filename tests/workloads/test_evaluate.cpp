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

const Tensor two_by_three = floats({2, 3}, {1, 2, 3, 4, 5, 6});

float power(float x, float y) {
  return evaluate_node(Op::pow, {scalar(x), scalar(y)}).floats()[0];
}

}  // namespace

TEST_CASE("a row, a column and a number are broadcast over a matrix") {
  check_tensor(evaluate_node(Op::add, {two_by_three, floats({3}, {10, 20, 30})}), {2, 3},
               std::vector<float>{11, 22, 33, 14, 25, 36});
  check_tensor(evaluate_node(Op::sub, {two_by_three, floats({2, 1}, {1, 2})}), {2, 3},
               std::vector<float>{0, 1, 2, 2, 3, 4});
  check_tensor(evaluate_node(Op::mul, {scalar(2), two_by_three}), {2, 3},
               std::vector<float>{2, 4, 6, 8, 10, 12});
  check_tensor(evaluate_node(Op::div, {two_by_three, scalar(2)}), {2, 3},
               std::vector<float>{0.5F, 1, 1.5F, 2, 2.5F, 3});
  check_tensor(evaluate_node(Op::add, {floats({2, 1}, {1, 2}), floats({1, 3}, {10, 20, 30})}), {2, 3},
               std::vector<float>{11, 21, 31, 12, 22, 32});
  check_tensor(evaluate_node(Op::mul, {floats({2, 1, 2}, {1, 2, 3, 4}), floats({2, 1}, {1, 10})}), {2, 2, 2},
               std::vector<float>{1, 2, 10, 20, 3, 4, 30, 40});
}

TEST_CASE("shapes that do not broadcast and types that do not mix are refused") {
  CHECK(fault_of_node(Op::add, {two_by_three, floats({2}, {1, 2})}) ==
        "f: node 'n': error: Add: shapes [2, 3] and [2] do not broadcast");
  CHECK(fault_of_node(Op::add, {two_by_three, integers({3}, {1, 2, 3})}) ==
        "f: node 'n': error: Add: mixes integers and floating point");
  CHECK(fault_of_node(Op::add, {two_by_three}) == "f: node 'n': error: Add: input 2 is missing");
}

TEST_CASE("integers are computed as integers") {
  check_tensor(evaluate_node(Op::add, {integers({2}, {3, -4}), integers({}, {2})}), {2},
               std::vector<std::int64_t>{5, -2});
  check_tensor(evaluate_node(Op::div, {integers({2}, {7, -7}), integers({}, {2})}), {2},
               std::vector<std::int64_t>{3, -3});
  CHECK(fault_of_node(Op::div, {integers({}, {1}), integers({}, {0})}) ==
        "f: node 'n': error: Div: division by zero");
  CHECK(fault_of_node(Op::mul, {integers({}, {std::int64_t{1} << 32U}), integers({}, {2})}) ==
        "f: node 'n': error: Mul: integers beyond 2^31");
}

TEST_CASE("powers are correctly rounded") {
  CHECK(power(7, 0.5F) == 0x1.52a7fap+1F);
  CHECK(power(1.1F, 2) == 0x1.35c290p+0F);
  CHECK(power(1.1F, 3) == 0x1.54bc6cp+0F);
  CHECK(power(0.1F, 3) == 0x1.0624dep-10F);
  CHECK(power(0.3F, 3) == 0x1.ba5e38p-6F);
  CHECK(power(-1.5F, 3) == -3.375F);
  CHECK(power(4, -1.5F) == 0.125F);
  CHECK(power(2, -1.5F) == 0x1.6a09e6p-2F);
  CHECK(power(3, -1.5F) == 0x1.8a2346p-3F);
  CHECK(power(10, -1.5F) == 0x1.030dc4p-5F);
  CHECK(power(1e-3F, -1.5F) == 0x1.ee1b18p+14F);
  CHECK(power(1.7F, 0.3F) == 0x1.2c2cd2p+0F);
  CHECK(power(5, 0) == 1);
  CHECK(power(5, 1) == 5);
}

TEST_CASE("powers at the edge of the numbers are ordinary values of float32, and never an exception") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(power(0, 3) == 0);
  CHECK(power(10, 39) == infinity);
  CHECK(power(10, -60) == 0);
  CHECK(power(2, -149) == 0x1p-149F);
  CHECK(std::isnan(power(-2, 0.3F)));
  CHECK(power(0, -1) == infinity);
  CHECK(power(infinity, 2) == infinity);
  CHECK(power(3e38F, 3e38F) == infinity);
  CHECK(power(3e38F, -3e38F) == 0);
}

TEST_CASE("square root, rectifier and sign keep the shape") {
  check_tensor(evaluate_node(Op::sqrt, {floats({1, 2}, {2, 9})}), {1, 2},
               std::vector<float>{0x1.6a09e6p+0F, 3});
  check_tensor(evaluate_node(Op::relu, {floats({3}, {-1, 0, 2})}), {3}, std::vector<float>{0, 0, 2});
  check_tensor(evaluate_node(Op::bipolar_quant, {floats({4}, {-0.1F, -0.0F, 0, 3}), scalar(0.5F)}), {4},
               std::vector<float>{-0.5F, 0.5F, 0.5F, 0.5F});
  check_tensor(evaluate_node(Op::identity, {two_by_three}), {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("batch normalization works on channels in dimension 1") {
  // (x - mean) / sqrt(variance + epsilon) * scale + bias with variance + epsilon of 4 and 1.
  const Attributes epsilon = {{"epsilon", number(1)}};
  const std::vector<Tensor> parameters = {floats({2}, {3, -1}), floats({2}, {0.5F, 10}), floats({2}, {1, 2}),
                                          floats({2}, {3, 0})};
  const auto with = [&](Tensor x) {
    std::vector<Tensor> inputs = {std::move(x)};
    inputs.insert(inputs.end(), parameters.begin(), parameters.end());
    return inputs;
  };
  check_tensor(evaluate_node(Op::batch_normalization, with(floats({2, 2}, {5, 5, 1, 2})), epsilon), {2, 2},
               std::vector<float>{6.5F, 7, 0.5F, 10});
  check_tensor(evaluate_node(Op::batch_normalization, with(floats({1, 2, 2}, {5, 1, 5, 2})), epsilon),
               {1, 2, 2}, std::vector<float>{6.5F, 0.5F, 7, 10});
  CHECK(fault_of_node(Op::batch_normalization, with(floats({3}, {1, 2, 3}))) ==
        "f: node 'n': error: BatchNormalization: expects at least two dimensions, not [3]");
  CHECK(fault_of_node(Op::batch_normalization, with(two_by_three)) ==
        "f: node 'n': error: BatchNormalization: input 2 has 2 values for 3 channels");
  CHECK(fault_of_node(Op::batch_normalization, {two_by_three}) ==
        "f: node 'n': error: BatchNormalization: input 2 is missing");
}

TEST_CASE("a quantizer gives codes times scale, with one scale or one for each channel") {
  const Attributes narrow = {{"narrow", integer(1)}};
  check_tensor(
      evaluate_node(Op::quant, {floats({5}, {-3, -0.3F, 0.2F, 0.3F, 9}), scalar(0.5F), scalar(0), scalar(2)},
                    narrow),
      {5}, std::vector<float>{-0.5F, -0.5F, 0, 0.5F, 0.5F});
  check_tensor(evaluate_node(Op::quant, {floats({1, 2}, {3, 3}), floats({2}, {1, 2}), scalar(0), scalar(8)}),
               {1, 2}, std::vector<float>{3, 4});  // 1.5 to 2, half to even
  check_tensor(evaluate_node(Op::quant, {floats({2}, {-1, 1}), scalar(1), scalar(1), scalar(2)},
                             {{"signed", integer(0)}}),
               {2}, std::vector<float>{-1, 1});
  check_tensor(evaluate_node(Op::quant, {scalar(1.2F), scalar(1), scalar(0), scalar(4)},
                             {{"rounding_mode", word("ceil")}}),
               {}, std::vector<float>{2});
}

TEST_CASE("a quantizer's parameters are checked") {
  const auto quant_fault = [](const Tensor& scale, const Tensor& zero, const Tensor& bits,
                              const Attributes& attributes = {}) {
    return fault_of_node(Op::quant, {two_by_three, scale, zero, bits}, attributes);
  };
  CHECK(quant_fault(scalar(1), scalar(0), scalar(2.5F)) ==
        "f: node 'n': error: Quant: a bit width of 2.500000");
  CHECK(quant_fault(scalar(1), scalar(0), scalar(33)) ==
        "f: node 'n': error: Quant: a bit width of 33.000000");
  CHECK(quant_fault(scalar(1), scalar(0), scalar(std::nanf(""))) ==
        "f: node 'n': error: Quant: a bit width of nan");
  CHECK(quant_fault(scalar(0), scalar(0), scalar(2)) == "f: node 'n': error: Quant: a scale of 0.000000");
  CHECK(quant_fault(scalar(1), floats({2}, {0, 0}), scalar(2)) ==
        "f: node 'n': error: Quant: input 3 of shape [2] is expected to be one number");
  CHECK(quant_fault(floats({2, 1, 1}, {1, 1}), scalar(0), scalar(2)) ==
        "f: node 'n': error: Quant: the scale's shape [2, 1, 1] is larger than the tensor's");
  CHECK(quant_fault(scalar(1), scalar(0), scalar(2), {{"rounding_mode", word("NEAREST")}}) ==
        "f: node 'n': error: Quant: unknown rounding mode 'NEAREST'");
  CHECK(quant_fault(scalar(1), scalar(0), scalar(1), {{"narrow", integer(1)}}) ==
        "f: node 'n': error: Quant: one signed narrow bit holds only zero");
}

TEST_CASE("matrix products take a batch of rows") {
  const Tensor weights = floats({3, 2}, {1, 0, 0, 1, 1, -1});
  check_tensor(evaluate_node(Op::matmul, {two_by_three, weights}), {2, 2}, std::vector<float>{4, -1, 10, -1});
  check_tensor(evaluate_node(Op::matmul, {floats({1, 2, 3}, {1, 2, 3, 4, 5, 6}), weights}), {1, 2, 2},
               std::vector<float>{4, -1, 10, -1});
  check_tensor(evaluate_node(Op::matmul, {floats({3}, {1, 2, 3}), weights}), {2}, std::vector<float>{4, -1});
  CHECK(fault_of_node(Op::matmul, {weights, weights}) ==
        "f: node 'n': error: MatMul: cannot multiply [3, 2] by [3, 2]");
}

TEST_CASE("a Gemm scales, transposes and adds a broadcast bias") {
  const Tensor a = floats({2, 2}, {1, 2, 3, 4});
  const Tensor b = floats({2, 2}, {5, 6, 7, 8});
  check_tensor(evaluate_node(Op::gemm, {a, b}), {2, 2}, std::vector<float>{19, 22, 43, 50});
  check_tensor(evaluate_node(Op::gemm, {a, b}, {{"transA", integer(1)}}), {2, 2},
               std::vector<float>{26, 30, 38, 44});
  check_tensor(evaluate_node(Op::gemm, {a, b}, {{"transB", integer(1)}}), {2, 2},
               std::vector<float>{17, 23, 39, 53});
  check_tensor(evaluate_node(Op::gemm, {a, b}, {{"transA", integer(1)}, {"transB", integer(1)}}), {2, 2},
               std::vector<float>{23, 31, 34, 46});
  check_tensor(evaluate_node(Op::gemm, {a, b, floats({2}, {100, 200})},
                             {{"alpha", number(0.5F)}, {"beta", number(2)}}),
               {2, 2}, std::vector<float>{209.5F, 411, 221.5F, 425});
  check_tensor(evaluate_node(Op::gemm, {a, b, floats({2, 1}, {100, 200})}), {2, 2},
               std::vector<float>{119, 122, 243, 250});
  check_tensor(
      evaluate_node(Op::gemm, {two_by_three, floats({1, 3}, {1, 1, 1}), scalar(1)}, {{"transB", integer(1)}}),
      {2, 1}, std::vector<float>{7, 16});
  CHECK(fault_of_node(Op::gemm, {a, b, floats({3}, {1, 2, 3})}) ==
        "f: node 'n': error: Gemm: shapes [2, 2] and [3] do not broadcast");
  CHECK(fault_of_node(Op::gemm, {floats({2, 1}, {1, 2}), floats({1, 1}, {1}), floats({1, 2}, {1, 2})}) ==
        "f: node 'n': error: Gemm: the bias does not fit");
  CHECK(fault_of_node(Op::gemm, {two_by_three, b}) ==
        "f: node 'n': error: Gemm: cannot multiply [2, 3] by [2, 2]");
  CHECK(fault_of_node(Op::gemm, {floats({2}, {1, 2}), b}) ==
        "f: node 'n': error: Gemm: expects two matrices, not [2] and [2, 2]");
}

TEST_CASE("a transposition follows its permutation, and turns all dimensions around without one") {
  check_tensor(evaluate_node(Op::transpose, {two_by_three}), {3, 2}, std::vector<float>{1, 4, 2, 5, 3, 6});
  check_tensor(
      evaluate_node(Op::transpose, {integers({1, 2, 3}, {1, 2, 3, 4, 5, 6})}, {{"perm", list({2, 0, 1})}}),
      {3, 1, 2}, std::vector<std::int64_t>{1, 4, 2, 5, 3, 6});
  CHECK(fault_of_node(Op::transpose, {two_by_three}, {{"perm", list({0, 0})}}) ==
        "f: node 'n': error: Transpose: 'perm' is no permutation of 2 dimensions");
  CHECK(fault_of_node(Op::transpose, {two_by_three}, {{"perm", list({0, 1, 2})}}) ==
        "f: node 'n': error: Transpose: 'perm' is no permutation of 2 dimensions");
}

TEST_CASE("reshape, flatten, squeeze and unsqueeze move no values") {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  check_tensor(evaluate_node(Op::reshape, {two_by_three, integers({2}, {3, -1})}), {3, 2}, values);
  check_tensor(evaluate_node(Op::reshape, {two_by_three, integers({2}, {0, -1})}), {2, 3}, values);
  check_tensor(evaluate_node(Op::flatten, {floats({1, 2, 3}, values)}), {1, 6}, values);
  check_tensor(evaluate_node(Op::flatten, {floats({1, 2, 3}, values)}, {{"axis", integer(-1)}}), {2, 3},
               values);
  check_tensor(evaluate_node(Op::flatten, {floats({1, 2, 3}, values)}, {{"axis", integer(3)}}), {6, 1},
               values);
  check_tensor(evaluate_node(Op::squeeze, {floats({1, 6, 1}, values)}), {6}, values);
  check_tensor(evaluate_node(Op::squeeze, {floats({1, 6, 1}, values), integers({1}, {-1})}), {1, 6}, values);
  check_tensor(evaluate_node(Op::squeeze, {floats({1, 6, 1}, values)}, {{"axes", list({0})}}), {6, 1},
               values);
  check_tensor(evaluate_node(Op::unsqueeze, {floats({6}, values), integers({2}, {0, -1})}), {1, 6, 1},
               values);
  CHECK(fault_of_node(Op::reshape, {two_by_three, integers({2}, {4, -1})}) ==
        "f: node 'n': error: Reshape: cannot reshape [2, 3] to [4, -1]");
  CHECK(fault_of_node(Op::reshape, {two_by_three, integers({2}, {-1, -1})}) ==
        "f: node 'n': error: Reshape: cannot reshape [2, 3] to [-1, -1]");
  CHECK(fault_of_node(Op::reshape, {two_by_three, floats({2}, {3, 2})}) ==
        "f: node 'n': error: Reshape: input 2 is expected to hold integers");
  CHECK(fault_of_node(Op::flatten, {two_by_three}, {{"axis", integer(3)}}) ==
        "f: node 'n': error: Flatten: axis 3 of a tensor with 2 dimensions");
  CHECK(fault_of_node(Op::squeeze, {two_by_three, integers({1}, {0})}) ==
        "f: node 'n': error: Squeeze: dimension 0 of [2, 3] is not 1");
  CHECK(fault_of_node(Op::unsqueeze, {two_by_three, integers({2}, {1, 1})}) ==
        "f: node 'n': error: Unsqueeze: axis 1 stands twice");
  CHECK(fault_of_node(Op::unsqueeze, {two_by_three}) ==
        "f: node 'n': error: Unsqueeze: expects 1 to 16 axes in all");
}

TEST_CASE("gather takes slices by index, negative ones from the end") {
  check_tensor(evaluate_node(Op::gather, {two_by_three, integers({2}, {1, -2})}), {2, 3},
               std::vector<float>{4, 5, 6, 1, 2, 3});
  check_tensor(evaluate_node(Op::gather, {two_by_three, integers({}, {-1})}, {{"axis", integer(1)}}), {2},
               std::vector<float>{3, 6});
  CHECK(fault_of_node(Op::gather, {two_by_three, integers({}, {2})}) ==
        "f: node 'n': error: Gather: index 2 is outside [2, 3]");
  CHECK(fault_of_node(Op::gather, {two_by_three, scalar(0)}) ==
        "f: node 'n': error: Gather: input 2 is expected to hold integers");
  CHECK(fault_of_node(Op::gather, {scalar(0), integers({}, {0})}) ==
        "f: node 'n': error: Gather: axis 0 of a tensor with 0 dimensions");
}

TEST_CASE("concat joins along its axis") {
  check_tensor(evaluate_node(Op::concat, {two_by_three, floats({2, 1}, {7, 8})}, {{"axis", integer(1)}}),
               {2, 4}, std::vector<float>{1, 2, 3, 7, 4, 5, 6, 8});
  check_tensor(
      evaluate_node(Op::concat, {integers({1}, {4}), integers({2}, {5, 6})}, {{"axis", integer(-1)}}), {3},
      std::vector<std::int64_t>{4, 5, 6});
  const std::string unfit = "f: node 'n': error: Concat: the inputs do not fit together";
  CHECK(fault_of_node(Op::concat, {two_by_three, floats({2, 1}, {7, 8})}, {{"axis", integer(0)}}) == unfit);
  CHECK(fault_of_node(Op::concat, {two_by_three, floats({2}, {7, 8})}, {{"axis", integer(1)}}) == unfit);
  CHECK(fault_of_node(Op::concat, {two_by_three, integers({2, 1}, {7, 8})}, {{"axis", integer(1)}}) == unfit);
}

TEST_CASE("a constant is a tensor, a number or an integer") {
  Attribute tensor;
  tensor.tensor = two_by_three;
  check_tensor(evaluate_node(Op::constant, {}, {{"value", tensor}}), {2, 3},
               std::vector<float>{1, 2, 3, 4, 5, 6});
  check_tensor(evaluate_node(Op::constant, {}, {{"value_float", number(2.5F)}}), {},
               std::vector<float>{2.5F});
  check_tensor(evaluate_node(Op::constant, {}, {{"value_int", integer(-3)}}), {},
               std::vector<std::int64_t>{-3});
  CHECK(fault_of_node(Op::constant, {}) ==
        "f: node 'n': error: Constant: has no value that is supported (value, value_float or value_int)");
}
