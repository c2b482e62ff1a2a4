// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "arch/datapath/tile.hpp"

namespace tricycle {

/// The operands of a tile as the kernels read them, whatever the array's word is. A tap's row becomes `units`
/// units: 64-bit words of the popcount datapaths' planes, pairs of 16-bit integers, or steps of floating
/// point. Each is unpacked once, weights a block of channels at a time; a window is not gathered: the image
/// is laid out with its padding, so that the same offsets lead from every output position to its taps.

/// Where the windows find their taps in the padded image, in units.
struct Walk {
  std::vector<std::int64_t> bases;  ///< of each output position: its window's first unit
  std::vector<std::int64_t> runs;   ///< from a base to each stretch of consecutive units of the window
  std::int64_t run_length = 0;      ///< units of each stretch; all together are taps x units
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
  std::vector<std::uint64_t> first, second;  ///< both as long; an unused second is empty
};

/// 64-bit words of a plane of one tap's row.
[[nodiscard]] std::int64_t plane_words(Format format, std::int64_t elements);

/// The padded image: [line][column][word].
[[nodiscard]] Planes image_planes(const TileProduct& product);

/// 8 output channels from `channel` on, side by side: [tap][word][channel % 8]. Those that are not there hold
/// anything.
[[nodiscard]] Planes weight_planes(const TileProduct& product, std::int64_t channel);

/// Integer datapaths: pairs of neighbouring elements of a tap as two's complement of 16 bits, the first in
/// the lower half; an odd row ends with zero.
[[nodiscard]] std::vector<std::int32_t> image_pairs(const TileProduct& product);

/// 16 output channels from `channel` on: [tap][pair][channel % 16].
[[nodiscard]] std::vector<std::int32_t> weight_pairs(const TileProduct& product, std::int64_t channel);

/// Floating point: a step is `lanes` elements, filled to `step_width` with +0; so is a tap's last step.
[[nodiscard]] std::int64_t step_width(const TileProduct& product);
[[nodiscard]] std::int64_t steps_of_tap(const TileProduct& product);
[[nodiscard]] std::vector<float> image_floats(const TileProduct& product);

/// 16 output channels from `channel` on: [tap][step][lane][channel % 16].
[[nodiscard]] std::vector<float> weight_floats(const TileProduct& product, std::int64_t channel);

}  // namespace tricycle
