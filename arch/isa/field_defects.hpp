// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include "arch/isa/footprint.hpp"

namespace tricycle {

// The reasons why the fields of an instruction are impossible, or "". Accesses come afterwards (defect_of).

[[nodiscard]] std::string field_defect(const isa::Load& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Store& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Gather& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Unpack& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Matmul& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Threshold& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Scale& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Affine& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Copy& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Lookup& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Multiply& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Function& i, const MachineSpec& spec);
[[nodiscard]] std::string field_defect(const isa::Sample& i, const MachineSpec& spec);

/// The rules for every window. Counts of 0 are found by the accesses.
template <class I>
[[nodiscard]] std::string window_defect(const I& i) {
  if (i.kernel_h == 0 || i.kernel_w == 0) return "a window has no taps";
  if (i.stride_y == 0 || i.stride_x == 0) return "'stride_y' and 'stride_x' are at least 1";
  constexpr std::uint64_t most_taps = 1U << 16U;
  if (std::uint64_t{i.kernel_h} * i.kernel_w > most_taps)
    return fmt::format("a window of {} x {} has more than {} taps", i.kernel_h, i.kernel_w, most_taps);
  if (i.lines == 0 || i.columns == 0 || i.cols == 0)
    return fmt::format("there are no outputs: {} lines of {}, {} channels", i.lines, i.columns, i.cols);
  return "";
}

[[nodiscard]] inline std::string flag_defect(const char* name, std::uint64_t value) {
  return value > 1 ? fmt::format("'{}' is 0 or 1, not {}", name, value) : "";
}

[[nodiscard]] inline std::string most_defect(const char* name, std::uint64_t value, std::uint64_t most) {
  return value > most ? fmt::format("'{}' is 0 to {}, not {}", name, most, value) : "";
}

/// A bitmap must have bytes for all its bits, and for at most one sign per element.
[[nodiscard]] inline std::string bitmap_defect(const char* name, std::uint64_t bytes, std::int64_t elements) {
  const auto least = static_cast<std::uint64_t>(bitmap_bytes(elements, 0));
  const auto most = static_cast<std::uint64_t>(bitmap_bytes(elements, elements));
  if (bytes >= least && bytes <= most) return "";
  return fmt::format("a bitmap row of {} elements has {} to {} bytes, and '{}' is {}", elements, least, most,
                     name, bytes);
}

}  // namespace tricycle
