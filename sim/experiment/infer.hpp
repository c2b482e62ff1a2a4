// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "sim/experiment/request.hpp"

namespace tricycle {

/// The result of the float interpreter.
struct Inferred {
  std::string value;  ///< name of the value in the graph
  Tensor result;      ///< of all items; several items are stacked in a first dimension
  std::uint64_t items = 0;
};

/// Runs a model in the float interpreter, with the meaning that ONNX gives it. `inputs` are files: the first
/// has the items, each further file is for a further input, in the model's order. `value` is any value of the
/// graph, or empty for the first output. Errors: too many or too few files, no such value.
[[nodiscard]] Inferred infer(const RunRequest& request, const std::vector<std::string>& inputs,
                             const std::string& value);

}  // namespace tricycle
