// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "support/tensor.hpp"

namespace tricycle {

/// Reads a NumPy .npy file, versions 1 to 3: little-endian (or one-byte) i1 u1 i4 i8 f2 f4 f8 in C order,
/// with up to 2^40 elements by its header and never more than its bytes hold. Errors call the file `name`.
[[nodiscard]] Tensor parse_npy(std::span<const std::uint8_t> bytes, const std::string& name);

/// Reads an idx file, the format of MNIST: two zero bytes, a type (0x08 uint8, 0x09 int8, 0x0c int32, 0x0d
/// float32, 0x0e float64), the number of dimensions, big-endian dimensions, big-endian data.
[[nodiscard]] Tensor parse_idx(std::span<const std::uint8_t> bytes, const std::string& name);

/// The bytes of a NumPy .npy file, version 1, with a tensor's elements in C order.
[[nodiscard]] std::string write_npy(const Tensor& tensor);

[[nodiscard]] bool looks_like_npy(std::span<const std::uint8_t> bytes);
[[nodiscard]] bool looks_like_idx(std::span<const std::uint8_t> bytes);

}  // namespace tricycle
