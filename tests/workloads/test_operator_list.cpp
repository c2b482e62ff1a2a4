// SPDX-License-Identifier: Apache-2.0
// What operators.def says of an operator is so.
#include <algorithm>

#include "tests/workloads/nodes.hpp"
#include "workloads/quantize/nodes.hpp"

namespace {

using tricycle::name_of;
using tricycle::names_of;
using tricycle::Op;
using tricycle::Tensor;
using tricycle::test::fault_of_node;
using tricycle::test::floats;

}  // namespace

TEST_CASE("the 62 operators stand in the order of their names, each once") {
  std::vector<std::string> names = names_of(Op{});
  CHECK(names.size() == 62);
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  for (std::size_t i = 1; i < names.size(); ++i) {
    INFO(names[i]);
    CHECK(lower(names[i - 1]) < lower(names[i]));
  }
}

TEST_CASE(
    "the family of each operator evaluates it, or says what is wrong with three numbers as its inputs") {
  for (std::size_t i = 0; i < names_of(Op{}).size(); ++i) {
    const auto op = static_cast<Op>(i);
    INFO(name_of(op));
    const Tensor one = floats({1}, {1});
    for (std::size_t inputs = 0; inputs < 4; ++inputs) {
      const std::string fault = fault_of_node(op, std::vector<Tensor>(inputs, one));
      CHECK(fault.find("cannot be evaluated") == std::string::npos);
      CHECK(fault.find("has no shape") == std::string::npos);
    }
  }
}

TEST_CASE("operators of the vector unit keep the shape of their inputs, and views have no unit") {
  using tricycle::QuantizedAs;
  CHECK(tricycle::quantized_as(Op::relu) == QuantizedAs::pointwise);
  CHECK(tricycle::quantized_as(Op::reshape) == QuantizedAs::view);
  CHECK(tricycle::quantized_as(Op::gemm) == QuantizedAs::matmul);
  CHECK(tricycle::quantized_as(Op::softmax) == QuantizedAs::no_unit);
  CHECK(tricycle::quantized_as(Op::lstm) == QuantizedAs::recurrence);
  CHECK(tricycle::quantized_as(Op::shape) == QuantizedAs::none);
}
