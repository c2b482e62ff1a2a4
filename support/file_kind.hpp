// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace tricycle {

inline constexpr const char* lfs_pointer = "a Git LFS pointer";

/// What a file is by its first bytes, or by its name where they do not tell: `a ZIP archive`, `an ONNX
/// model`, `a CSV table`; "" where neither does. For messages about files that are something else than was
/// expected: no reader decides by it how to read.
[[nodiscard]] std::string kind_of_file(std::span<const std::uint8_t> start, const std::string& path);

/// Errors: by its first bytes the file is something else than `expected` (such as `an ONNX model`); says
/// both.
void refuse_other_kinds(std::span<const std::uint8_t> start, const std::string& path,
                        const std::string& expected);

}  // namespace tricycle
