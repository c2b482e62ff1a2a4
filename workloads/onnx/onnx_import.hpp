// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Reads an ONNX or QONNX model: one graph with one input, static shapes (a symbolic first dimension is a
/// batch of 1), the operators of graph.hpp, Quant and BipolarQuant in any of their domains. `name` is what
/// errors call the file. Errors name the node: unknown operator, unknown attribute, a second output that is
/// read, tensors whose data do not fit their shape.
[[nodiscard]] Graph import_onnx(std::span<const std::uint8_t> bytes, const std::string& name);

/// Reads an ONNX TensorProto (.pb).
[[nodiscard]] Tensor import_tensor(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace tricycle
