// SPDX-License-Identifier: Apache-2.0
#include "arch/spec/parts.hpp"

#include <algorithm>

#include "arch/spec/timing.hpp"

namespace tricycle {
namespace {

/// Lanes of all PEs for a datapath, of the smallest operands it has.
std::int64_t all_lanes(const ArraySpec& array, Datapath datapath, Format activations, Format weights) {
  if (!array.has(datapath)) return 0;
  const std::int64_t elements = array.rows * array.cols;
  std::int64_t lanes = elements * lanes_of(array, datapath, activations, weights);
  std::int64_t folded = 0;
  for (const Folding& layer : array.folding) folded += layer.cols * layer.lanes;
  if (!array.folding.empty()) lanes = folded * bits_per_element(activations) * bits_per_element(weights);
  return lanes;
}

}  // namespace

std::vector<Part> parts_of(const MachineSpec& spec) {
  const ArraySpec& array = spec.array;
  const Format smallest = bit_planes(array.min_operand_bits, true);
  const std::int64_t squared = array.min_operand_bits * array.min_operand_bits;
  const std::int64_t fatnn = all_lanes(array, Datapath::ternary_fatnn, Format::trit2, Format::trit2);
  const std::int64_t mac = all_lanes(array, Datapath::mac, mac_format(array), mac_format(array));
  const auto type = static_cast<MacType>(array.mac_type);
  const bool masked = array.mask() == FatnnMask::precomputed;
  const OperandBits widest = widest_operands(array);
  const std::int64_t trits =
      std::max(array.has(Datapath::ternary_planes)
                   ? lanes_of(array, Datapath::ternary_planes, Format::planes, Format::planes)
                   : 0,
               array.has(Datapath::ternary_fatnn)
                   ? lanes_of(array, Datapath::ternary_fatnn, Format::trit2, Format::trit2)
                   : 0);
  const std::int64_t rate = array.decoder_elements_per_cycle;
  return {
      {"popcount", "binary_lanes", all_lanes(array, Datapath::binary, Format::bit1, Format::bit1)},
      {"popcount", "ternary_fatnn_lanes", masked ? 0 : fatnn},
      {"popcount", "ternary_fatnn_mask_lanes", masked ? fatnn : 0},
      {"popcount", "ternary_planes_lanes",
       all_lanes(array, Datapath::ternary_planes, Format::planes, Format::planes)},
      {"popcount", "bitserial_lanes", all_lanes(array, Datapath::bitserial, smallest, smallest) * squared},
      {"shifter", "lanes", all_lanes(array, Datapath::shift, Format::pow2, Format::pow2)},
      {"mac", "int8_lanes", type == MacType::int8 ? mac : 0},
      {"mac", "fp16_lanes", type == MacType::fp16 ? mac : 0},
      {"mac", "fp32_lanes", type == MacType::fp32 ? mac : 0},
      {"array", "accumulator_bits", array.rows * array.cols * array.accumulator_bits},
      {"array", "operand_bits", array.rows * widest.activations + array.cols * widest.weights},
      {"array", "decoder_elements",
       !spec.decoder.array ? 0
       : rate > 0          ? rate
                           : array.cols * trits},
      {"vector", "comparators", spec.vector.lanes},
      {"vector", "scale_lanes", spec.vector.lanes},
      {"vector", "affine_lanes", spec.vector.lanes},
      {"load", "buffer_bits", spec.load.burst_bytes * 8},
      {"load", "decoder_elements", spec.decoder.load ? spec.decoder.elements_per_cycle : 0},
      {"store", "buffer_bits", spec.store.burst_bytes * 8},
  };
}

std::vector<Sram> srams_of(const MachineSpec& spec) {
  std::vector<Sram> srams = {{"weight_memory", spec.weight_memory},
                             {"activation_memory", spec.activation_memory},
                             {"accumulator_memory", spec.accumulator_memory},
                             {"instruction_memory", spec.instruction_memory}};
  for (Sram& sram : srams) sram.spec.banks *= sram.spec.halves();
  return srams;
}

}  // namespace tricycle
