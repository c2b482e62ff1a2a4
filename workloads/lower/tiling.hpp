// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arch/datapath/tile.hpp"
#include "arch/spec/timing.hpp"

namespace tricycle {

/// Blocks in on-chip memory start at multiples of this many bytes.
inline constexpr std::int64_t block_alignment = 8;
[[nodiscard]] constexpr std::int64_t aligned(std::int64_t bytes) {
  return (bytes + block_alignment - 1) / block_alignment * block_alignment;
}

/// A tensor that a layer reads.
struct TiledInput {
  Format format = Format::uint8;
  std::int64_t channels = 1;
  bool resident = false;  ///< it lies in activation memory already
};

/// Channels of the reduction, from a multiple of the problem's `split`.
struct ChannelRange {
  std::int64_t first = 0, count = 0;
  bool operator==(const ChannelRange&) const = default;
};

/// Of each row of a layer's weights (a sum of an output channel), how many are not zero among the first so
/// many times `unit` channels: what the bytes of a bitmap depend on.
struct NonzeroWeights {
  std::int64_t unit = 1, units = 0;
  std::vector<std::int32_t> up_to;  ///< [row][units + 1]

  /// The most that a row has of rows first .. first + count - 1 in some channels.
  [[nodiscard]] std::int64_t most(std::int64_t first, std::int64_t count, const ChannelRange& channels) const;
};

/// The counts of rows of [tap][channel].
[[nodiscard]] NonzeroWeights nonzero_weights(const std::vector<std::int16_t>& weights, std::int64_t taps,
                                             std::int64_t channels, std::int64_t unit);

/// Lines or columns of a grid that follow each other.
struct Range {
  std::int64_t first = 0, count = 0;
};

/// What the tiling of a layer depends on.
struct TilingProblem {
  std::int64_t images = 1;
  Window window;  ///< of the whole layer over one image
  // Of a max pool behind the stage, whose windows do not overlap.
  std::int64_t pool_h = 1, pool_w = 1;
  std::int64_t pool_stride_y = 1, pool_stride_x = 1;
  std::vector<TiledInput> inputs;  ///< the first is read through the window, the others output by output
  std::int64_t n = 1;              ///< output channels

  bool joins = false;  ///< a concatenation: a tile has all channels
  // Of a product. Without weights each output channel is made of the same channel of every input.
  bool has_weights = false;
  ProductShape shape;     ///< positions, cols and elements are a tile's
  std::int64_t sums = 1;  ///< sums of an output channel
  std::int64_t groups = 1;
  std::int64_t split = 1;              ///< a tile's channels of the reduction are a multiple of this
  bool in_order = false;               ///< floating point: tap after tap, with all channels of each
  Format dram_weights = Format::bit1;  ///< in DRAM; `shape.weights` is that in weight memory
  std::shared_ptr<const NonzeroWeights> nonzeros;  ///< where one of them is a bitmap

  bool pinned = false;            ///< weights and tables lie in weight memory already
  std::int64_t pinned_bytes = 0;  ///< of weight memory, not free for the layer's blocks
  std::int64_t gather_row = 0;    ///< bytes of the row that each position reads of a table in DRAM
  std::int64_t table_row = 0;     ///< bytes of a row of the stage's table
  bool table_per_channel = true;
  std::int64_t operations = 1;  ///< of the vector unit for each value that it reads
  Format output = Format::int32;
  bool output_resident = false;
  bool output_from_sums = false;  ///< sums are stored as they are, from accumulator memory
  std::int64_t word_bits = 64;

  /// Whether a tile reads its own channels of all inputs.
  [[nodiscard]] bool by_channel() const { return !has_weights && !joins && gather_row == 0; }
  /// Whether a tile may read some channels of the reduction at a time.
  [[nodiscard]] bool may_split() const {
    const bool whole_rows = pinned && is_stream(shape.weights);  // a stream has no part of its own
    return has_weights && groups == 1 && !shape.im2col && !(in_order && shape.taps > 1) && !whole_rows;
  }
  /// Outputs behind the pool.
  [[nodiscard]] std::int64_t out_lines() const { return (window.lines - pool_h) / pool_stride_y + 1; }
  [[nodiscard]] std::int64_t out_columns() const { return (window.columns - pool_w) / pool_stride_x + 1; }
  /// The lines of results in front of the pool that output lines first .. first + count - 1 read, with those
  /// between them; the same of columns.
  [[nodiscard]] Range lines_before_pool(std::int64_t first, std::int64_t count) const {
    return {first * pool_stride_y, (count - 1) * pool_stride_y + pool_h};
  }
  [[nodiscard]] Range columns_before_pool(std::int64_t first, std::int64_t count) const {
    return {first * pool_stride_x, (count - 1) * pool_stride_x + pool_w};
  }
  /// Results in front of the pool that a tile of so many outputs makes.
  [[nodiscard]] std::int64_t results(std::int64_t lines, std::int64_t columns) const {
    return lines_before_pool(0, lines).count * columns_before_pool(0, columns).count;
  }
  [[nodiscard]] std::int64_t pixel(std::size_t input, std::int64_t channels) const {
    return row_bytes(inputs[input].format, channels, word_bits);
  }
  [[nodiscard]] std::int64_t output_pixel(std::int64_t channels) const {
    return row_bytes(output, channels, word_bits);
  }
  /// The weights of one sum on so many channels.
  [[nodiscard]] WeightRow weights_on(Format format, std::int64_t channels) const {
    if (shape.im2col) return {format, 1, shape.taps * channels};
    return {format, shape.taps, channels};
  }
  /// Bytes of each row of a block of weights: output channels first .. first + count - 1 on some channels. In
  /// a bitmap all of its rows have as many sign bits as the one that needs the most.
  [[nodiscard]] std::int64_t weight_row(Format format, std::int64_t first, std::int64_t count,
                                        const ChannelRange& channels) const {
    const WeightRow row = weights_on(format, channels.count);
    if (format != Format::bitmap) return row.bytes(word_bits);
    const ChannelRange own = groups > 1 ? ChannelRange{0, nonzeros->unit} : channels;  // all of its group
    return bitmap_bytes(row.count(), nonzeros->most(first * sums, count * sums, own));
  }
  /// Bytes of the weights of all channels, where they are in one piece.
  [[nodiscard]] std::int64_t weight_bytes(Format format) const {
    return has_weights ? n * sums * weight_row(format, 0, n, {0, inputs[0].channels}) : 0;
  }
  /// Weights and tables in one piece, in DRAM and in weight memory.
  [[nodiscard]] std::int64_t parameter_bytes() const { return weight_bytes(dram_weights) + table_bytes(n); }
  [[nodiscard]] std::int64_t pinned_size() const { return weight_bytes(shape.weights) + table_bytes(n); }
  [[nodiscard]] std::int64_t table_bytes(std::int64_t channels) const {
    return table_row * (table_per_channel ? channels : 1);
  }
};

/// Channels of the reduction that output channels first .. first + count - 1 need: of all groups that they
/// belong to, from a multiple of the problem's `split`.
[[nodiscard]] ChannelRange channels_of(const TilingProblem& problem, std::int64_t first, std::int64_t count);

/// The blocks in which the weights of output channels first .. first + count - 1 lie in DRAM and are loaded,
/// in their order: pieces of `channels` of the reduction, or all groups that they need.
[[nodiscard]] std::vector<ChannelRange> blocks_of(const TilingProblem& problem, std::int64_t first,
                                                  std::int64_t count, std::int64_t channels);

/// Image lines (or positions of a line) that outputs first .. first + count - 1 read, those that are there.
struct InputRange {
  std::int64_t first = 0, count = 0, pad = 0;  ///< pad: taps of the first window in front of the image
};
[[nodiscard]] InputRange input_lines(const Window& window, std::int64_t first, std::int64_t count);
[[nodiscard]] InputRange input_columns(const Window& window, std::int64_t first, std::int64_t count);
/// The same along an axis: `outputs` windows of `extent` positions from the first to the last tap, `stride`
/// apart, over `size` positions, the first window `pad` positions in front of them (behind their begin where
/// it is negative).
[[nodiscard]] InputRange input_range(std::int64_t outputs, std::int64_t stride, std::int64_t extent,
                                     std::int64_t pad, std::int64_t size);

/// Tile sizes, the order of the two outer loops (the reduction is innermost), and what they cost.
struct Tiling {
  std::int64_t lines = 1, columns = 1;  ///< of outputs, behind a pool
  std::int64_t n = 1;                   ///< output channels
  std::int64_t pass_lines = 1;          ///< lines that a product works on at a time, on one block of inputs
  std::int64_t channels = 1;            ///< of the reduction, where it is split
  bool weights_outer = true;  ///< for each n, for each position; otherwise for each position, for each n
  // Bytes: weights and table; what the windows read; what other inputs need; results; sums.
  std::int64_t weight_block = 0, input_block = 0, second_block = 0, output_block = 0, sum_block = 0;
  std::int64_t weight_loads = 1;  ///< how often each weight comes from DRAM, unless pinned
  std::int64_t dram_bytes = 0;
  double cycles = 0;  ///< an estimate, only for choosing

  [[nodiscard]] std::int64_t activation_bytes() const { return input_block + second_block + output_block; }
};

/// Every useful tiling of a layer that weight and accumulator memory can hold, the best first: fewest DRAM
/// bytes, then fewest estimated cycles. The first whose activation blocks fit is the one to take; a larger
/// memory never moves more.
[[nodiscard]] std::vector<Tiling> tilings(const TilingProblem& problem, const MachineSpec& spec);

/// The smallest tiling of a layer: none needs less of any memory.
[[nodiscard]] Tiling least_tiling(const TilingProblem& problem, const MachineSpec& spec);

/// That a memory of so many bytes is too small for the smallest tile.
[[nodiscard]] std::string no_tile_fits(const char* memory, std::int64_t needs_bytes, std::int64_t has_bytes);

}  // namespace tricycle
