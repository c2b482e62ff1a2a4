// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace tricycle {

inline constexpr const char* lfs_pointer = "a Git LFS pointer";

/// The kind of a file by its first bytes, or by its name where the bytes do not tell: `a ZIP archive`, `an
/// ONNX model`, `a CSV table`; "" where neither tells. It is for messages about unexpected files only: no
/// reader uses it to decide how to read.
[[nodiscard]] std::string kind_of_file(std::span<const std::uint8_t> start, const std::string& path);

/// Errors: by its first bytes the file is of another kind than `expected` (such as `an ONNX model`). The
/// message names both.
void refuse_other_kinds(std::span<const std::uint8_t> start, const std::string& path,
                        const std::string& expected);

}  // namespace tricycle
