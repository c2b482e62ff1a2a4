// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "support/diagnostics.hpp"
#include "support/tensor.hpp"
#include "workloads/import/onnx/protobuf.hpp"

namespace tricycle {

/// The numbers of the types of four bits, which the ONNX this is built with does not name.
inline constexpr int uint4_type = 21, int4_type = 22;
/// ONNX's names of element types, by number, those that came after the ONNX this is built with included.
[[nodiscard]] std::string element_name(std::int64_t type);

/// The data of a tensor. Errors, at `place`: no data, data of another size than the shape says, a type that
/// is not taken.
/// `half`: numbers of half precision are taken too, as the data of an input; as constants of a model they
/// would be computed with in half precision, which nothing here does.
[[nodiscard]] Tensor convert_tensor(const onnx::TensorProto& proto, const Place& place, bool half = false);

}  // namespace tricycle
