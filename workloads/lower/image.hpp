// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "workloads/integer/quantized.hpp"
#include "workloads/lower/tiling.hpp"

namespace tricycle {

/// Bytes of one row of a layer's table. There is one row for each channel, or one row for all
/// (arch/isa/meaning.hpp).
struct TableShape {
  std::int64_t row = 0;
  bool per_channel = true;
};
[[nodiscard]] TableShape table_shape(const QuantizedLayer& layer, std::int64_t threshold_bytes);

/// The table of output channels first .. first + count - 1.
[[nodiscard]] std::vector<std::uint8_t> pack_table(const QuantizedLayer& layer, std::int64_t threshold_bytes,
                                                   std::int64_t first, std::int64_t count);

/// Bytes of the narrowest type that holds all thresholds of a layer: 1, 2 or 4.
[[nodiscard]] std::int64_t threshold_bytes_of(const ThresholdStage& stage);

/// The weights of output channels first .. first + count - 1 on some input channels, as they lie in DRAM: sum
/// after sum, each one weight row of the problem. Weights are zero for channels outside of an output's group.
[[nodiscard]] std::vector<std::uint8_t> pack_weights(const QuantizedLayer& layer,
                                                     const TilingProblem& problem, std::int64_t first,
                                                     std::int64_t count, const ChannelRange& channels);

/// The same of all input channels where weights stream: one row of elements in the order of the array's
/// steps.
[[nodiscard]] std::vector<std::uint8_t> pack_streamed(const QuantizedLayer& layer,
                                                      const TilingProblem& problem, const ArraySpec& array,
                                                      std::int64_t first, std::int64_t count);

/// Packs rows of `cols` values each, one behind the other as they lie in memory.
[[nodiscard]] std::vector<std::uint8_t> pack_rows(Format format, std::int64_t word_bits, std::int64_t cols,
                                                  std::span<const std::int32_t> values);

/// The table of a gather, row after row of `channels` values.
[[nodiscard]] std::vector<std::uint8_t> pack_gathered(const QuantizedLayer& layer, std::int64_t channels,
                                                      Format format, std::int64_t word_bits);

}  // namespace tricycle
