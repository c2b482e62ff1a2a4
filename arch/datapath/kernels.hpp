// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/datapath/operands.hpp"

namespace tricycle {

/// Where a kernel leaves its sums: [position][channel], of the block of channels from `channel` on.
struct SumsOut {
  std::int64_t cols = 0;
  std::int64_t channel = 0;
  bool accumulate = false;  ///< onto what is there
  std::int32_t* sums = nullptr;
};

/// The vectorised kernels, for the best vector target of the processor. Each multiplies all windows by one
/// block of weights. A unit of `walk` is a word of the
/// planes, a pair, a lane of a step.

/// sums = scale x count - less[position], where a datapath counts with its words (see operands.hpp): binary
/// the agreeing elements, FATNN the ones of Eq 7, planes the agreeing less the differing ones.
void count_planes(Datapath datapath, const Walk& walk, const Planes& image, const Planes& weights,
                  std::int64_t scale, std::span<const std::int64_t> less, const SumsOut& out);

/// Sums of the products of 16-bit integers, modulo 2^32.
void multiply_pairs(const Walk& walk, std::span<const std::int32_t> image,
                    std::span<const std::int32_t> weights, const SumsOut& out);

/// Float32 sums in the order of mac_tree: a tree over the `width` lanes of a step (a power of two), then step
/// after step. Every NaN comes out as 0x7fc00000.
void multiply_floats(const Walk& walk, std::span<const float> image, std::span<const float> weights,
                     std::int64_t width, const SumsOut& out);

}  // namespace tricycle
