// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <map>

#include "arch/datapath/window.hpp"
#include "arch/isa/instruction.hpp"
#include "arch/params/step_table.hpp"

namespace tricycle {

/// Where the image of a window lies in activation memory, in bytes.
struct ImagePlace {
  std::int64_t address = 0, position_stride = 0, line_stride = 0;
};

/// The distance of an image's positions, from which their layout follows: of lines, where each has only one.
[[nodiscard]] constexpr std::int64_t pitch_of(const Window& window, const ImagePlace& place) {
  return window.in_columns > 1 ? place.position_stride : place.line_stride;
}

/// The cycles of a product's steps, with the conflicts at single banks of activation memory (rule R9 of
/// docs/timing.md).
[[nodiscard]] StepTable step_table(const MachineSpec& spec, const ProductShape& shape, const Window& window,
                                   const ImagePlace& place);
[[nodiscard]] StepTable step_table(const isa::Matmul& i, const MachineSpec& spec);

/// The tables of a machine's matmuls. Each is computed once: loops run the same matmuls again and again.
class StepTables {
 public:
  explicit StepTables(const MachineSpec& spec) : spec_(spec) {}
  [[nodiscard]] const StepTable& of(const isa::Matmul& i);

 private:
  const MachineSpec& spec_;
  std::map<std::array<std::int64_t, 23>, StepTable> known_;
};

}  // namespace tricycle
