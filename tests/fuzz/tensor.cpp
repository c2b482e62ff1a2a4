// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.hpp"
#include "workloads/import/onnx/onnx_import.hpp"

/// A TensorProto.
void tricycle::fuzz::read(Input bytes) {
  const Tensor tensor = import_tensor(bytes, "input.pb");
  require(static_cast<std::int64_t>(tensor.floats().size()) == tensor.size(), "a tensor is not whole");
}
