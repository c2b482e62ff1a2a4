// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "arch/datapath/window.hpp"
#include "arch/params/datapath.hpp"

namespace tricycle {

/// A product tile: windows over a packed image times packed weights.
struct TileProduct {
  Datapath datapath = Datapath::mac;
  Format activation_format = Format::int8, weight_format = Format::int8;  ///< `takes` must hold
  std::int64_t word_bits = 64;  ///< of the packed formats, a multiple of 16
  std::int64_t lanes = 1;       ///< of floating point: products that one array step adds in a tree
  Window window;
  std::int64_t elements = 0;                  ///< channels of a tap
  std::span<const std::uint8_t> activations;  ///< from the image's first byte
  std::int64_t position_stride = 0,
               line_stride = 0;  ///< bytes from one image position, one line, to the next
  /// Value of taps outside of the image (float: its float32 bits). In binary such taps add nothing.
  std::int32_t pad = 0;
  /// One output channel after another, in each one tap after another. Each tap is a row of
  /// row_bytes(weight_format, elements).
  std::span<const std::uint8_t> weights;
  std::int64_t weight_stride = 0;  ///< bytes from one output channel to the next
  std::int64_t cols = 0;           ///< output channels
};

/// Computes sums[position * cols + channel] exactly, with a vectorised kernel chosen at run time. Integers:
/// the caller must make sure that no sum can leave int32. Floating point: the results are the bits of float32
/// sums, added in a fixed order. A balanced tree adds the `lanes` products of an array step (zeros fill the
/// last step of a tap). Then the steps are added one after another, tap after tap, to the given `sums` with
/// `accumulate`, else to zero. The tree adds adjacent pairs, ((p0 + p1) + (p2 + p3)) + ..., over the next
/// power of two of lanes; missing lanes are +0. Products are rounded before they are added. A NaN becomes
/// 0x7fc00000.
void multiply_tile(const TileProduct& product, bool accumulate, std::span<std::int32_t> sums);

/// The slow reference of multiply_tile: each datapath's own arithmetic as in its paper (dot.hpp), one pair of
/// words at a time.
void multiply_tile_reference(const TileProduct& product, bool accumulate, std::span<std::int32_t> sums);

}  // namespace tricycle
