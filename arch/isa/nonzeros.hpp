// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/isa/meaning.hpp"

namespace tricycle {

/// Where one operand of a matmul is not zero. A row is a column's weights or a position's window; the
/// reduction is cut into words of `lanes` as the array walks it, the lanes behind a tap's last element zero.
struct Nonzeros {
  std::vector<std::uint32_t> rows_with;     ///< [word][lane]: rows that are not zero there
  std::vector<std::int64_t> of_row;         ///< elements of each row that are not zero
  std::vector<std::vector<bool>> is_live;   ///< [group][word]: a row of the group is not zero in the word
  std::vector<std::int64_t> live_elements;  ///< [group]: elements in which a row of it is not zero
};

/// The weights that lie in weight memory: rows are columns of the array.
[[nodiscard]] Nonzeros nonzero_weights(const isa::Matmul& i, const MachineSpec& spec,
                                       const Memories& memories);

/// The windows that lie in activation memory: rows are rows of the array. A tap outside reads the pad.
[[nodiscard]] Nonzeros nonzero_activations(const isa::Matmul& i, const MachineSpec& spec,
                                           const Memories& memories);

/// Values of which a fraction `density` is not zero, each drawn from a hash of the seed, the layer and the
/// value's place in memory: what a run without data takes for them.
struct Draw {
  std::uint64_t seed = 1;
  std::uint32_t layer = 0;
  double density = 1;
};
[[nodiscard]] Nonzeros drawn_weights(const isa::Matmul& i, const MachineSpec& spec, const Draw& draw);
[[nodiscard]] Nonzeros drawn_activations(const isa::Matmul& i, const MachineSpec& spec, const Draw& draw);

/// Operands without a zero: whose zeros are not looked at.
[[nodiscard]] Nonzeros dense_weights(const isa::Matmul& i, const MachineSpec& spec);
[[nodiscard]] Nonzeros dense_activations(const isa::Matmul& i, const MachineSpec& spec);

}  // namespace tricycle
