// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "workloads/graph/wiring.hpp"

namespace tricycle {

/// The place of an operator in the quantized network (operators.def).
enum class QuantizedAs : std::uint8_t {
  pointwise,  ///< one operator of the chain after a layer
  view,       ///< another view of the same values
  matmul,
  conv,
  max_pool,
  mean,
  pad,
  slice,
  concat,
  no_unit,     ///< no hardware unit computes it
  recurrence,  ///< of workloads/quantize/recurrent
  none,
};
[[nodiscard]] QuantizedAs quantized_as(Op op);

/// Operators that work on each element by itself, or with one constant for each channel.
[[nodiscard]] bool is_pointwise(Op op);
/// Operators that only lay values out anew or hand them on.
[[nodiscard]] bool is_view(Op op);
[[nodiscard]] bool is_max_pool(Op op);
/// Views and max pools: the result of a single value is the value itself.
[[nodiscard]] bool hands_on(Op op);
/// Operators that make codes of real values: Quant, BipolarQuant, QuantizeLinear.
[[nodiscard]] bool is_quantizer(Op op);
/// Convolutions and matrix products.
[[nodiscard]] bool is_product(Op op);

/// A node's inputs that are not constant, each once.
[[nodiscard]] std::vector<std::string> variables_of(const Graph& graph, const Node& node);
/// A constant input. Errors: it is a variable, left out or empty.
[[nodiscard]] const Tensor& parameter(const Graph& graph, const Node& node, std::size_t i);
/// A constant input that is one number.
[[nodiscard]] float single(const Graph& graph, const Node& node, std::size_t i);

/// The only reader of a value that is no output; null if there is none.
[[nodiscard]] const Node* lone_reader(const Graph& graph, const Wiring& wiring, const std::string& value);

/// Whether any node makes codes of real values. A graph without such a node is in floating point, even if its
/// weights have few values.
[[nodiscard]] bool has_quantizers(const Graph& graph);

}  // namespace tricycle
