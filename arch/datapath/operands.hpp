// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/datapath/tile.hpp"

namespace tricycle {

/// The operands of a tile as the kernels read them, independent of the array's word. The row of a tap becomes
/// `units` elements: 64-bit words of the popcount datapaths' planes, pairs of 16-bit integers, or array steps
/// of floating point. Each element is unpacked once; weights are unpacked a block of output channels at a
/// time. Windows are not gathered: the image is laid out with its padding, so that the same offsets lead from
/// every output position to its taps.

/// The places of the windows' taps in the padded image, in these elements.
struct Walk {
  std::vector<std::int64_t> bases;  ///< first element of the window of each output position
  std::vector<std::int64_t> runs;   ///< offset from a base to each run of consecutive elements
  std::int64_t run_length = 0;      ///< elements of each run; all runs together have taps x units
};

[[nodiscard]] Walk walk_of(const Window& window, std::int64_t units);

/// Popcount datapaths.
///
/// | datapath        | first plane    | second plane of weights               | second plane of activations |
/// |-----------------|----------------|---------------------------------------|-----------------------------|
/// | binary          | values         | -                                     | 1 where an element is there |
/// | ternary_fatnn   | codec          | zero mask, 2'b11 where zero (Eqs 5-6) | -                           |
/// | ternary_planes  | nonzero        | sign                                  | sign                        |
struct Planes {
  std::vector<std::uint64_t> first, second;  ///< of equal length; an unused `second` is empty
};

/// The number of 64-bit words of a plane in the row of one tap.
[[nodiscard]] std::int64_t plane_words(Format format, std::int64_t elements);

/// The padded image: [line][column][word].
[[nodiscard]] Planes image_planes(const TileProduct& product);

/// 8 output channels from `channel` on, side by side: [tap][word][channel % 8]. The values of channels beyond
/// the last are undefined.
[[nodiscard]] Planes weight_planes(const TileProduct& product, std::int64_t channel);

/// Integer datapaths: pairs of neighbouring elements of a tap, each in two's complement of 16 bits, the first
/// in the lower half. A row with an odd number of elements ends with zero.
[[nodiscard]] std::vector<std::int32_t> image_pairs(const TileProduct& product);

/// 16 output channels from `channel` on: [tap][pair][channel % 16].
[[nodiscard]] std::vector<std::int32_t> weight_pairs(const TileProduct& product, std::int64_t channel);

/// Floating point: an array step is `lanes` elements, filled to `step_width` with +0. A tap's last array step
/// is filled likewise.
[[nodiscard]] std::int64_t step_width(const TileProduct& product);
[[nodiscard]] std::int64_t steps_of_tap(const TileProduct& product);
[[nodiscard]] std::vector<float> image_floats(const TileProduct& product);

/// 16 output channels from `channel` on: [tap][step][lane][channel % 16].
[[nodiscard]] std::vector<float> weight_floats(const TileProduct& product, std::int64_t channel);

}  // namespace tricycle
