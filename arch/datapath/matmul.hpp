// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "arch/spec/datapath.hpp"

namespace tricycle {

/// One operand of a tile, unpacked into 64-bit planes whatever the array's word is: what the kernels read.
///
/// | datapath        | first plane    | second plane of weights               | second plane of activations |
/// |-----------------|----------------|---------------------------------------|-----------------------------|
/// | binary          | values         | the valid elements                    | -                           |
/// | ternary_fatnn   | codec          | zero mask, 2'b11 where zero (Eqs 5-6) | -                           |
/// | ternary_planes  | nonzero        | sign                                  | sign                        |
struct Operand {
  std::int64_t rows = 0;
  std::int64_t words = 0;  ///< 64-bit words in a row of a plane
  std::vector<std::uint64_t>
      first;  ///< rows x words; for weights, blocks of 8 rows: [row / 8][word][row % 8]
  std::vector<std::uint64_t> second;
};

/// Where a packed operand lies: `rows` rows of `words` array words, `stride` bytes apart.
struct PackedRows {
  std::span<const std::uint8_t> bytes;  ///< from the first row's first byte
  std::int64_t rows, words, stride, word_bits;
  std::int64_t elements;  ///< valid elements of a row
};

[[nodiscard]] Operand unpack_activations(Datapath datapath, const PackedRows& packed);
[[nodiscard]] Operand unpack_weights(Datapath datapath, FatnnMask mask, const PackedRows& packed);

/// sums[i * weights.rows + j] = activations row i . weights row j, exactly; a vectorised kernel chosen at run
/// time. `elements` as in both operands.
void multiply(Datapath datapath, const Operand& activations, const Operand& weights, std::int64_t elements,
              std::span<std::int32_t> sums);

/// The same on plain values, slowly: activations m x k, weights n x k, both row-major.
void multiply_reference(std::span<const std::int8_t> activations, std::span<const std::int8_t> weights,
                        std::int64_t m, std::int64_t n, std::int64_t k, std::span<std::int32_t> sums);

}  // namespace tricycle
