// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

struct ImportOptions {
  /// Sizes of symbolic dimensions, by name. A symbolic dimension without a size here is 1 where it is the
  /// first dimension (items run one after another), and an error elsewhere.
  std::map<std::string, std::int64_t> dimensions = {};
  GraphLimits limits = {};
};

/// Reads an ONNX or QONNX model: one graph with static shapes and the operators of graph.hpp; Quant,
/// BipolarQuant and QuantLSTMCell may be in any of their domains. Errors call the file `name` and name the
/// node: an unknown operator, an unknown attribute, more outputs than the operator has, tensors whose data do
/// not fit their shape.
[[nodiscard]] Graph import_onnx(std::span<const std::uint8_t> bytes, const std::string& name,
                                const ImportOptions& options = {});

/// The names of the symbolic dimensions of a model's inputs, in the order of their appearance.
[[nodiscard]] std::vector<std::string> symbolic_dimensions(std::span<const std::uint8_t> bytes,
                                                           const std::string& name);

/// Reads an ONNX TensorProto (.pb).
[[nodiscard]] Tensor import_tensor(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace tricycle
