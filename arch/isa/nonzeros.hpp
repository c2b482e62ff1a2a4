// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/isa/meaning.hpp"

namespace tricycle {

/// The nonzero elements of one operand of a matmul. A row is the weights of a column or the window of a
/// position. The reduction is cut into words of `lanes` elements, in the order in which the array walks it.
/// Lanes behind a tap's last element are zero.
struct Nonzeros {
  std::vector<std::uint32_t> rows_with;     ///< [word][lane]: number of rows that are not zero there
  std::vector<std::int64_t> of_row;         ///< number of nonzero elements of each row
  std::vector<std::vector<bool>> is_live;   ///< [group][word]: some row of the group is not zero in the word
  std::vector<std::int64_t> live_elements;  ///< [group]: number of elements with a nonzero in some row
};

/// For the weights in weight memory: rows are columns of the array.
[[nodiscard]] Nonzeros nonzero_weights(const isa::Matmul& i, const MachineSpec& spec,
                                       const MemoryView& memories);

/// For the windows in activation memory: rows are rows of the array. A tap outside of the image reads the pad
/// value.
[[nodiscard]] Nonzeros nonzero_activations(const isa::Matmul& i, const MachineSpec& spec,
                                           const MemoryView& memories);

/// Random operands for a run without data. A fraction `density` of the values is nonzero. Each value is drawn
/// from a hash of the seed, the layer and its place in memory.
struct Draw {
  std::uint64_t seed = 1;
  std::uint32_t layer = 0;
  double density = 1;
};
[[nodiscard]] Nonzeros drawn_weights(const isa::Matmul& i, const MachineSpec& spec, const Draw& draw);
[[nodiscard]] Nonzeros drawn_activations(const isa::Matmul& i, const MachineSpec& spec, const Draw& draw);

/// Operands without zeros, for operands whose zeros the array does not inspect.
[[nodiscard]] Nonzeros dense_weights(const isa::Matmul& i, const MachineSpec& spec);
[[nodiscard]] Nonzeros dense_activations(const isa::Matmul& i, const MachineSpec& spec);

}  // namespace tricycle
