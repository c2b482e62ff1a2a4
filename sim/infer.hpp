// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "sim/request.hpp"

namespace tricycle {

/// What the float interpreter makes of inputs.
struct Inferred {
  std::string value;  ///< of the graph
  Tensor result;      ///< of all items, one after another in a first dimension where there are several
  std::uint64_t items = 0;
};

/// Runs a model in the float interpreter, ONNX's meaning of it. `inputs` are files, the first of `items`,
/// each further one of a further input in the model's order; `value` is any of the graph's values, or empty
/// for the first output. Errors: a file too many or too few, no such value.
[[nodiscard]] Inferred infer(const RunRequest& request, const std::vector<std::string>& inputs,
                             const std::string& value);

}  // namespace tricycle
