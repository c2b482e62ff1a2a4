// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/datapath/operands.hpp"

namespace tricycle {

/// The destination of a kernel's sums: [position][channel], for the block of output channels from `channel`
/// on.
struct SumsOut {
  std::int64_t cols = 0;
  std::int64_t channel = 0;
  bool accumulate = false;  ///< add to the sums that are there
  std::int32_t* sums = nullptr;
};

/// The vectorised kernels, compiled for the best vector target of the processor. Each multiplies all windows
/// by one block of weights. One element of `walk` is a word of the planes, a pair, or a lane of an array
/// step.

/// sums = scale x count - less[position]. The count depends on the datapath (words: operands.hpp): binary
/// counts the agreeing elements, FATNN the ones of Eq 7, planes the agreeing elements minus the differing
/// ones.
void count_planes(Datapath datapath, const Walk& walk, const Planes& image, const Planes& weights,
                  std::int64_t scale, std::span<const std::int64_t> less, const SumsOut& out);

/// Sums of the products of 16-bit integers, modulo 2^32.
void multiply_pairs(const Walk& walk, std::span<const std::int32_t> image,
                    std::span<const std::int32_t> weights, const SumsOut& out);

/// Float32 sums in the order of mac_tree: a tree over the `width` lanes of an array step (a power of two),
/// then one array step after another. Every NaN becomes 0x7fc00000.
void multiply_floats(const Walk& walk, std::span<const float> image, std::span<const float> weights,
                     std::int64_t width, const SumsOut& out);

}  // namespace tricycle
