// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "arch/spec/machine.hpp"

namespace tricycle {

/// What the tiling of a layer depends on.
struct TilingProblem {
  std::int64_t m = 1, n = 1;  ///< rows and output channels
  std::int64_t words = 1;     ///< reduction, in array words
  Datapath datapath = Datapath::binary;
  std::int64_t weight_word_bytes = 0;
  std::int64_t activation_word_bytes = 0;
  std::int64_t table_bytes = 0;         ///< of one channel's thresholds or scales
  std::int64_t shared_table_bytes = 0;  ///< of a table that all channels share
  std::int64_t output_bits = 0;         ///< of one output element as it is stored
  std::int64_t output_granule =
      1;  ///< channels in a stored word: a tile that is stored has whole words or all channels
  bool input_resident = false;           ///< the whole input lies in activation memory already
  bool output_resident = false;          ///< the whole output stays in activation memory
  bool output_from_sums = false;         ///< sums are stored as they are, from accumulator memory
  std::int64_t weight_capacity = 0;      ///< bytes of weight memory
  std::int64_t activation_capacity = 0;  ///< bytes of activation memory not taken by resident tensors
  std::int64_t accumulator_capacity = 0;

  /// Bytes of a stored row of `channels` outputs.
  [[nodiscard]] std::int64_t output_row(std::int64_t channels) const {
    return (channels + output_granule - 1) / output_granule * output_granule * output_bits / 8;
  }
};

/// Blocks in on-chip memory start at multiples of this many bytes.
inline constexpr std::int64_t block_alignment = 8;
[[nodiscard]] constexpr std::int64_t aligned(std::int64_t bytes) {
  return (bytes + block_alignment - 1) / block_alignment * block_alignment;
}

/// Tile sizes, the order of the two outer loops (the reduction is innermost), and what they cost.
struct Tiling {
  std::int64_t m = 1, n = 1, words = 1;
  bool weights_outer = true;  ///< for each n, for each m; otherwise for each m, for each n
  std::int64_t dram_bytes = 0;
  double cycles = 0;  ///< an estimate, only for choosing

  [[nodiscard]] std::int64_t weight_block(const TilingProblem& problem) const;
  [[nodiscard]] std::int64_t activation_block(const TilingProblem& problem) const;
  [[nodiscard]] std::int64_t output_block(const TilingProblem& problem) const;
  [[nodiscard]] std::int64_t sum_block() const { return m * n * 4; }
};

/// The tiling that moves the fewest DRAM bytes, and among those the one with the fewest estimated cycles:
/// every useful tile count of every dimension is tried, so a larger memory never moves more. Empty when not
/// even the smallest fits.
[[nodiscard]] std::optional<Tiling> choose_tiling(const TilingProblem& problem, const MachineSpec& spec);

/// Why nothing fits: which memory is too small for the smallest tile, and how large it would have to be.
[[nodiscard]] std::string explain_no_tiling(const TilingProblem& problem, const MachineSpec& spec);

}  // namespace tricycle
