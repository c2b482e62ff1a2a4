// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "arch/isa/footprint.hpp"

namespace tricycle {

/// Operations of a vector instruction on every value that it reads: the number of thresholds of a threshold
/// (rule V1), one or two for a lookup (V4), `function_operations` for a float32 function (V5), else one.
template <class I>
[[nodiscard]] std::int64_t operations_of(const I& i) {
  if constexpr (requires { i.thresholds; }) return i.thresholds;
  if constexpr (requires { i.interpolate; }) return i.interpolate != 0 ? 2 : 1;
  if constexpr (requires { i.function; }) return function_operations;
  return 1;
}

/// Rule V7: cycles in which weight memory delivers a table with a row for each channel.
template <class I>
[[nodiscard]] std::int64_t table_cycles(const MachineSpec& spec, const I& i) {
  if constexpr (requires { i.per_channel; }) {
    if (i.per_channel != 0)
      return ceil_div(8 * static_cast<std::int64_t>(table_bytes(i)), spec.weight_memory.bits_per_cycle());
  }
  return 0;
}

/// Rules V1 and V6: cycles for the values of its source, then for one value of each output from every further
/// tensor.
template <class I>
[[nodiscard]] std::int64_t lane_cycles(const MachineSpec& spec, const I& i) {
  const std::int64_t outputs = std::int64_t{i.lines} * i.columns * i.cols;
  const std::int64_t read = outputs * i.kernel_h * i.kernel_w * static_cast<std::int64_t>(source_values(i));
  return vector_cycles(spec.vector, read, operations_of(i)) +
         std::ssize(stored_operands(i)) * vector_cycles(spec.vector, outputs, 1);
}

/// Cycles that a pass of the vector unit takes in (rules V1, V6 to V8): its tables one after the other, then
/// as many as the slowest of its instructions needs, each in lanes of its own.
class PassCycles {
 public:
  explicit PassCycles(const MachineSpec& spec) : spec_(spec) {}
  template <class I>
  void add(const I& i) {
    tables_ += table_cycles(spec_, i);
    slowest_ = std::max(slowest_, lane_cycles(spec_, i));
  }
  [[nodiscard]] std::int64_t cycles() const { return tables_ + slowest_; }

 private:
  const MachineSpec& spec_;
  std::int64_t tables_ = 0, slowest_ = 0;
};

/// The same of an instruction with a pass of its own.
template <class I>
[[nodiscard]] std::int64_t vector_cycles(const MachineSpec& spec, const I& i) {
  PassCycles pass(spec);
  pass.add(i);
  return pass.cycles();
}

/// What an instruction of the output stage does with the sums of its matmul.
[[nodiscard]] inline OutputRate output_rate(const Instruction& instruction, const MachineSpec& spec) {
  return std::visit(
      [&](const auto& i) -> OutputRate {
        if constexpr (requires { i.per_channel; }) {
          constexpr bool has_thresholds = requires {
            i.thresholds;
          };
          OutputRate rate;
          rate.lanes = has_thresholds ? spec.output_stage.lanes : spec.output_stage.scale_lanes;
          rate.operations = operations_of(i);
          rate.values = static_cast<std::int64_t>(source_values(i));
          rate.taps = std::int64_t{i.kernel_h} * i.kernel_w;
          rate.result_bits = bits_per_element(i.format);
          for (const SideOperand& tensor : stored_operands(i))
            rate.second_bits += bits_per_element(tensor.format);
          if (i.per_channel != 0) rate.table_bits = 8 * static_cast<std::int64_t>(table_row(i));
          return rate;
        }
        return {};
      },
      instruction.operation);
}

}  // namespace tricycle
