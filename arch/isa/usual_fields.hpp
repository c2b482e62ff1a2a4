// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>

#include "arch/isa/instruction.hpp"

namespace tricycle {

/// A field whose usual value, which takes no byte in the encoding (docs/instructions.md), is not 0: a number,
/// that of another field, or the product of two.
struct UsualField {
  std::string_view field;
  std::uint64_t number;
  std::string_view like = "", times = "";
};
inline constexpr UsualField usual_fields[] = {
    {"lines", 1},
    {"kernel_h", 1},
    {"stride_y", 1},
    {"dilation_y", 1},
    {"rows", 1},
    {"threshold_bytes", 1},
    {"thresholds", 2},
    {"source_format", static_cast<std::uint64_t>(Format::int32)},
    {"weight_format", 0, "activation_format"},
    {"kernel_w", 0, "kernel_h"},
    {"stride_x", 0, "stride_y"},
    {"dilation_x", 0, "dilation_y"},
    {"pad_left", 0, "pad_top"},
    {"in_lines", 0, "lines"},
    {"in_columns", 0, "columns"},
    {"dram_stride", 0, "stride"},
    {"row_bytes", 0, "stride"},
    {"line_stride", 0, "position_stride", "in_columns"},
    {"second_line_stride", 0, "second_position_stride", "columns"},
    {"third_line_stride", 0, "third_position_stride", "columns"},
    {"result_line_stride", 0, "result_position_stride", "columns"},
};

}  // namespace tricycle
