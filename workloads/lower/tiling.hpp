// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arch/datapath/tile.hpp"
#include "arch/params/timing.hpp"

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
  bool resident = false;  ///< it already lies in activation memory
};

/// A range of input channels of the reduction. It starts at a multiple of the problem's `split`.
struct ChannelRange {
  std::int64_t first = 0, count = 0;
  bool operator==(const ChannelRange&) const = default;
};

/// Counts of nonzero weights. For each row of a layer's weights (one sum of an output channel) and each u:
/// how many weights are nonzero on the first u * `unit` input channels. The bytes of a bitmap depend on these
/// counts.
struct NonzeroWeights {
  std::int64_t unit = 1, units = 0;
  std::vector<std::int32_t> up_to;  ///< [row][units + 1]

  /// The largest count of nonzero weights in one of the rows first .. first + count - 1, on some input
  /// channels.
  [[nodiscard]] std::int64_t most(std::int64_t first, std::int64_t count, const ChannelRange& channels) const;
};

/// Counts the nonzero weights of rows that lie as [tap][channel].
[[nodiscard]] NonzeroWeights nonzero_weights(const std::vector<std::int16_t>& weights, std::int64_t taps,
                                             std::int64_t channels, std::int64_t unit);

/// Consecutive lines or columns of a grid.
struct Range {
  std::int64_t first = 0, count = 0;
};

/// All that the tiling of a layer depends on.
struct TilingProblem {
  std::int64_t images = 1;
  Window window;  ///< of the whole layer over one image
  // The max pool behind the stage. Its windows do not overlap.
  std::int64_t pool_h = 1, pool_w = 1;
  std::int64_t pool_stride_y = 1, pool_stride_x = 1;
  std::vector<TiledInput> inputs;  ///< the first is read through the window, the others output by output
  std::int64_t n = 1;              ///< output channels

  bool joins = false;  ///< a concatenation: each tile has all channels
  // For products. In a layer without weights each output channel is made from the same channel of every
  // input.
  bool has_weights = false;
  ProductShape shape;     ///< positions, cols and elements are of one tile
  std::int64_t sums = 1;  ///< sums of an output channel
  std::int64_t groups = 1;
  std::int64_t split = 1;  ///< a tile takes a multiple of this many input channels of the reduction
  bool in_order = false;   ///< floating point: the sum adds tap after tap, with all channels of each tap
  Format dram_weights = Format::bit1;              ///< in DRAM; in weight memory: `shape.weights`
  std::shared_ptr<const NonzeroWeights> nonzeros;  ///< where one of the two is a bitmap

  bool stays = false;       ///< weights and tables stay in weight memory from item to item
  bool loads_stay = false;  ///< they stay, and each tile's are loaded once, before its first use
  bool pinned = false;      ///< weights and tables have a place of their own in weight memory, and lie there
                            ///< already unless `loads_stay`
  std::int64_t pinned_bytes = 0;  ///< bytes of weight memory that are not free for the layer's blocks
  std::int64_t pinned_n = 0;      ///< in groups: output channels of a block of pinned weights
  std::int64_t gather_row = 0;    ///< gather: bytes of the row of the DRAM table that each position reads
  std::int64_t table_row = 0;     ///< bytes of a row of the stage's table
  bool table_per_channel = true;
  std::int64_t operations = 1;  ///< operations of the vector unit for each value that it reads
  Format output = Format::int32;
  bool output_resident = false;
  bool output_from_sums = false;  ///< sums are stored unchanged, from accumulator memory
  std::int64_t word_bits = 64;

  /// Whether the output stage turns the sums into results as the array finishes them.
  [[nodiscard]] bool is_staged() const { return shape.output.is_used(); }
  /// Whether a tile's sums lie in accumulator memory: of a reduction in several parts, they always do.
  [[nodiscard]] bool stores_sums(bool is_split) const { return has_weights && (is_split || !is_staged()); }
  /// Whether a tile reads its own channels of all inputs.
  [[nodiscard]] bool by_channel() const { return !has_weights && !joins && gather_row == 0; }
  /// Whether a tile may read the channels of the reduction in several parts.
  [[nodiscard]] bool may_split() const {
    // Of pinned weights the taps of a channel follow each other, and a byte stream cannot be cut.
    const bool whole_rows = pinned && (shape.taps > 1 || is_stream(shape.weights));
    return has_weights && groups == 1 && !shape.im2col && !(in_order && shape.taps > 1) && !whole_rows;
  }
  /// Lines and columns of the outputs behind the pool.
  [[nodiscard]] std::int64_t out_lines() const { return (window.lines - pool_h) / pool_stride_y + 1; }
  [[nodiscard]] std::int64_t out_columns() const { return (window.columns - pool_w) / pool_stride_x + 1; }
  /// The lines before the pool that output lines first .. first + count - 1 read, and the lines between them;
  /// the same for columns.
  [[nodiscard]] Range lines_before_pool(std::int64_t first, std::int64_t count) const {
    return {first * pool_stride_y, (count - 1) * pool_stride_y + pool_h};
  }
  [[nodiscard]] Range columns_before_pool(std::int64_t first, std::int64_t count) const {
    return {first * pool_stride_x, (count - 1) * pool_stride_x + pool_w};
  }
  /// The number of results before the pool for a tile of lines x columns outputs.
  [[nodiscard]] std::int64_t results(std::int64_t lines, std::int64_t columns) const {
    return lines_before_pool(0, lines).count * columns_before_pool(0, columns).count;
  }
  [[nodiscard]] std::int64_t pixel(std::size_t input, std::int64_t channels) const {
    return row_bytes(inputs[input].format, channels, word_bits);
  }
  [[nodiscard]] std::int64_t output_pixel(std::int64_t channels) const {
    return row_bytes(output, channels, word_bits);
  }
  /// The weights of one sum on `channels` input channels.
  [[nodiscard]] WeightRow weights_on(Format format, std::int64_t channels) const {
    if (shape.im2col) return {format, 1, shape.taps * channels};
    return {format, shape.taps, channels};
  }
  /// Bytes of each row of a block of weights: output channels first .. first + count - 1 on some input
  /// channels. In a bitmap, all rows have as many sign bits as the row that needs the most.
  [[nodiscard]] std::int64_t weight_row(Format format, std::int64_t first, std::int64_t count,
                                        const ChannelRange& channels) const {
    const WeightRow row = weights_on(format, channels.count);
    if (format != Format::bitmap) return row.bytes(word_bits);
    const ChannelRange own = groups > 1 ? ChannelRange{0, nonzeros->unit} : channels;  // the whole group
    return bitmap_bytes(row.count(), nonzeros->most(first * sums, count * sums, own));
  }
  /// Bytes of the weights of `count` output channels where they stream, in the order of the array's steps.
  [[nodiscard]] std::int64_t streamed_bytes(Format format, std::int64_t count) const {
    return row_bytes(format, count * sums * shape.taps * inputs[0].channels, word_bits);
  }
  /// Bytes of the weights of the first `channels` output channels where they have a place of their own: all
  /// in one piece, or in groups as blocks of `pinned_n` output channels, each with the channels of its
  /// groups.
  [[nodiscard]] std::int64_t pinned_weights(Format format, std::int64_t channels) const;
  [[nodiscard]] std::int64_t weight_bytes(Format format) const {
    return has_weights ? pinned_weights(format, n) : 0;
  }
  /// Weights and tables with a place of their own, in DRAM and in weight memory.
  [[nodiscard]] std::int64_t parameter_bytes() const { return weight_bytes(dram_weights) + table_bytes(n); }
  [[nodiscard]] std::int64_t pinned_size() const { return weight_bytes(shape.weights) + table_bytes(n); }
  [[nodiscard]] std::int64_t table_bytes(std::int64_t channels) const {
    return table_row * (table_per_channel ? channels : 1);
  }
};

/// The input channels that output channels first .. first + count - 1 need: the channels of all their groups,
/// from a multiple of the problem's `split` on.
[[nodiscard]] ChannelRange channels_of(const TilingProblem& problem, std::int64_t first, std::int64_t count);

/// The blocks of the weights of output channels first .. first + count - 1, in the order in which they lie in
/// DRAM and are loaded. Each block has `channels` input channels of the reduction, or all channels of the
/// groups that the outputs need.
[[nodiscard]] std::vector<ChannelRange> blocks_of(const TilingProblem& problem, std::int64_t first,
                                                  std::int64_t count, std::int64_t channels);

/// The lines (or columns) of the image that outputs first .. first + count - 1 read, without padding.
struct InputRange {
  std::int64_t first = 0, count = 0, pad = 0;  ///< pad: taps of the first window before the image
};
[[nodiscard]] InputRange input_lines(const Window& window, std::int64_t first, std::int64_t count);
[[nodiscard]] InputRange input_columns(const Window& window, std::int64_t first, std::int64_t count);
/// The same along one axis of `size` positions: `outputs` windows, `stride` apart, each of `extent` positions
/// from the first to the last tap. The first window starts `pad` positions before the axis (after its begin
/// where `pad` is negative).
[[nodiscard]] InputRange input_range(std::int64_t outputs, std::int64_t stride, std::int64_t extent,
                                     std::int64_t pad, std::int64_t size);

/// Tile sizes, the order of the two outer loops (the reduction is innermost), and their cost.
struct Tiling {
  std::int64_t lines = 1, columns = 1;  ///< of outputs, behind a pool
  std::int64_t n = 1;                   ///< output channels
  std::int64_t pass_lines = 1;          ///< lines of a product at a time, on one block of inputs
  std::int64_t channels = 1;            ///< of the reduction, where it is split
  bool weights_outer = true;  ///< for each n, for each position; otherwise for each position, for each n
  bool streams = false;       ///< weights go from DRAM to the array without a stop in weight memory
  // Bytes of a tile's blocks: weights and table; input of the windows; other inputs; results; sums.
  std::int64_t weight_block = 0, input_block = 0, second_block = 0, output_block = 0, sum_block = 0;
  std::int64_t weight_loads = 1;  ///< how often each weight comes from DRAM, unless pinned
  std::int64_t dram_bytes = 0;
  double cycles = 0;       ///< an estimate, only for choosing
  double warm_cycles = 0;  ///< the same where weights and tables that stay are on chip already

  [[nodiscard]] std::int64_t activation_bytes() const { return input_block + second_block + output_block; }
};

/// All useful tilings of a layer that weight and accumulator memory can hold, the best first: fewest DRAM
/// bytes, then fewest estimated cycles. The caller takes the first tiling whose activation blocks fit. A
/// larger memory never moves more bytes.
[[nodiscard]] std::vector<Tiling> tilings(const TilingProblem& problem, const MachineSpec& spec);

/// The smallest tiling of a layer: no other tiling needs less of any memory.
[[nodiscard]] Tiling least_tiling(const TilingProblem& problem, const MachineSpec& spec);

/// Output channels of a block of weights in groups, so that all blocks together have the fewest bytes: zeros
/// of other groups are among them. Of several such numbers, the largest.
[[nodiscard]] std::int64_t pinned_channels(const TilingProblem& problem, const MachineSpec& spec);

/// The message that a memory of `has_bytes` bytes is too small for the smallest tile, which needs
/// `needs_bytes`.
[[nodiscard]] std::string no_tile_fits(const char* memory, std::int64_t needs_bytes, std::int64_t has_bytes);

}  // namespace tricycle
