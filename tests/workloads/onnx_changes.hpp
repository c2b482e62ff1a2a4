// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "support/random.hpp"
#include "tests/workloads/onnx_models.hpp"

namespace tricycle::test {

/// Changes a model as a message: well-formed bytes, nonsense in them. A model without inputs, or nodes
/// without outputs, stays as it is.
void change(onnx::ModelProto& model, Random& random);

}  // namespace tricycle::test
