// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "arch/params/timing.hpp"

namespace tricycle {

/// Zero flags say which words or elements are zero before the array reads them, so that it can skip them
/// (rules Z7 to Z9 of docs/timing.md). A memory whose operand is inspected has one flag for every `grain`
/// bits, at its upper end. Each write of the bits also writes their flags. The place of a flag follows from
/// the address of its bits.

/// The number of operand bits for each flag, the same in all of a memory.
struct FlagGrains {
  std::int64_t weights = 0, activations = 0;  ///< 0: no flags
};

/// The grain is the narrowest operand word of the datapaths that skip; with element skipping, one element. In
/// element skipping the format `planes` needs no flags: its nonzero bits are the flags.
[[nodiscard]] inline FlagGrains flag_grains(const ArraySpec& array) {
  const ZeroSkip skip = array.zero_skip;
  if (skip != ZeroSkip::word && skip != ZeroSkip::element) return {};
  std::int64_t grain = 0;
  const auto consider = [&](Datapath datapath, Format format, std::int64_t element_bits) {
    if (!array.has(datapath)) return;
    const std::int64_t lanes = lanes_of(array, datapath, format, format);
    if (skip == ZeroSkip::element && (lanes > 1 || datapath == Datapath::ternary_planes)) return;
    grain = grain == 0 ? lanes * element_bits : std::min(grain, lanes * element_bits);
  };
  consider(Datapath::ternary_planes, Format::planes, 2);
  consider(Datapath::bitserial, bit_planes(8, true), array.min_operand_bits);
  consider(Datapath::shift, Format::pow2, 4);
  if (!is_float(mac_format(array))) consider(Datapath::mac, Format::int8, 8);
  return {array.skips_weights() ? grain : 0, array.skips_activations() ? grain : 0};
}

/// The number of flags of `bits` consecutive bits.
[[nodiscard]] constexpr std::int64_t flag_bits(std::int64_t bits, std::int64_t grain) {
  return grain == 0 ? 0 : ceil_div(bits, grain);
}

/// Bytes of a memory that remain beside its flags, rounded down to a multiple of eight.
[[nodiscard]] inline std::int64_t usable_bytes(const MemorySpec& memory, std::int64_t grain) {
  return grain == 0 ? memory.bytes() : memory.bytes() * grain / (grain + 1) / 8 * 8;
}
[[nodiscard]] inline std::int64_t usable_weight_bytes(const MachineSpec& spec) {
  return usable_bytes(spec.weight_memory, flag_grains(spec.array).weights);
}
[[nodiscard]] inline std::int64_t usable_activation_bytes(const MachineSpec& spec) {
  return usable_bytes(spec.activation_memory, flag_grains(spec.array).activations);
}

/// The number of flags that the array reads for a row of an operand: for every word of the reduction the
/// flags of its bits. With element skipping of the format `planes`, whose nonzero bits are the flags: one for
/// every word, which is one element.
[[nodiscard]] inline std::int64_t flags_of_row(const ArraySpec& array, const ProductShape& shape,
                                               Format format, std::int64_t grain) {
  const std::int64_t words = reduction_words(array, shape);
  if (array.zero_skip == ZeroSkip::element && format == Format::planes) return words;
  return words * flag_bits(geometry_of(array, shape).lanes * bits_per_element(format), grain);
}

/// Cycles in which a group of columns and a group of rows deliver their flags, before the array steps of both
/// groups (rule Z8). Both memories deliver at the same time. Windows packed densely over their taps have no
/// flags: their words differ from the words in memory.
[[nodiscard]] inline std::int64_t flag_cycles(const MachineSpec& spec, const ProductShape& shape) {
  const ArraySpec& array = spec.array;
  const Geometry g = geometry_of(array, shape);
  const FlagGrains grains = flag_grains(array);
  const std::int64_t weights =
      array.skips_weights() ? g.cols * flags_of_row(array, shape, shape.weights, grains.weights) : 0;
  const std::int64_t activations =
      array.skips_activations() && !shape.im2col
          ? g.rows * flags_of_row(array, shape, shape.activations, grains.activations)
          : 0;
  return std::max(ceil_div(weights, spec.weight_memory.bits_per_cycle()),
                  ceil_div(activations, spec.activation_memory.bits_per_cycle()));
}

}  // namespace tricycle
