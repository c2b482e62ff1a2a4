// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "arch/params/timing.hpp"

namespace tricycle {

/// Weights that stream from DRAM into the array: their order and the room that they need (rules D9 and A12 of
/// docs/timing.md). A block, the weights of one matmul, is one row of elements in the order of the steps: for
/// each group of columns, for each word of the reduction, the elements of that word of each column.

/// Elements of a word of the reduction, from `first` on in a channel's weights.
struct StreamedWord {
  std::int64_t first = 0, count = 0;
};

/// Calls f(word) for each word of a channel's reduction, in order.
template <class F>
void for_each_streamed_word(const ArraySpec& array, const ProductShape& shape, F f) {
  const std::int64_t lanes = geometry_of(array, shape).lanes;
  const std::int64_t rows = shape.im2col ? 1 : shape.taps, all = shape.taps * shape.elements;
  const std::int64_t each = all / rows;
  for (std::int64_t row = 0; row < all; row += each) {
    for (std::int64_t e = 0; e < each; e += lanes) f(StreamedWord{row + e, std::min(lanes, each - e)});
  }
}

/// Elements of a block.
[[nodiscard]] inline std::int64_t streamed_elements(const ProductShape& shape) {
  return shape.cols * shape.taps * shape.elements;
}

/// Bytes of a block in a format.
[[nodiscard]] inline std::int64_t streamed_bytes(const ArraySpec& array, const ProductShape& shape,
                                                 Format format) {
  return row_bytes(format, streamed_elements(shape), array.word_bits);
}

/// The bytes of a block in which its first `part` of `whole` elements (or bytes of another format) lie.
[[nodiscard]] constexpr std::int64_t streamed_share(std::int64_t bytes, std::int64_t part,
                                                    std::int64_t whole) {
  return ceil_div(bytes * part, whole);
}

/// Bytes of the buffer that the weights of a step take, and a burst of a block from `source` in DRAM.
struct StreamPieces {
  std::int64_t step, burst;
};
[[nodiscard]] inline StreamPieces stream_pieces(const MachineSpec& spec, const ProductShape& shape,
                                                Format source) {
  const Geometry g = geometry_of(spec.array, shape);
  const std::int64_t elements = streamed_elements(shape), in_step = std::min(g.cols, shape.cols) * g.lanes;
  const std::int64_t bytes = streamed_bytes(spec.array, shape, shape.weights);
  const std::int64_t from = streamed_bytes(spec.array, shape, source);
  return {streamed_share(bytes, std::min(elements, in_step), elements),
          streamed_share(bytes, std::min(from, spec.load.burst_bytes), from)};
}

/// Bytes of the buffer with which a block from `source` in DRAM always gets through: those of a step, of a
/// burst, and of the element that is cut between two bursts; or the whole block, if that is less.
[[nodiscard]] inline std::int64_t least_stream_bytes(const MachineSpec& spec, const ProductShape& shape,
                                                     Format source) {
  const StreamPieces pieces = stream_pieces(spec, shape, source);
  const std::int64_t bytes = streamed_bytes(spec.array, shape, shape.weights);
  return std::min(bytes, pieces.step + pieces.burst + ceil_div(bytes, streamed_elements(shape)));
}

/// Bursts of a block that may be under way while the array has the weights of one step and waits with those
/// of the next.
[[nodiscard]] inline std::int64_t stream_outstanding(const MachineSpec& spec, const ProductShape& shape,
                                                     Format source) {
  const StreamPieces pieces = stream_pieces(spec, shape, source);
  return std::clamp<std::int64_t>((spec.weight_stream.bytes - 2 * pieces.step) / pieces.burst, 1,
                                  spec.load.outstanding);
}

}  // namespace tricycle
