// SPDX-License-Identifier: Apache-2.0
#include "arch/spec/parts.hpp"

namespace tricycle {

std::vector<Part> parts_of(const MachineSpec& spec) {
  const ArraySpec& array = spec.array;
  const std::int64_t elements = array.rows * array.cols;
  const auto lanes = [&](Datapath datapath) {
    return array.has(datapath) ? elements * lanes_per_word(datapath, array.word_bits) : 0;
  };
  const std::int64_t fatnn = lanes(Datapath::ternary_fatnn);
  const bool masked = array.mask() == FatnnMask::precomputed;
  const std::int64_t weight_word_bits = array.word_bits + (masked && fatnn > 0 ? array.word_bits / 2 : 0);
  return {
      {"popcount", "binary_lanes", lanes(Datapath::binary)},
      {"popcount", "ternary_fatnn_lanes", masked ? 0 : fatnn},
      {"popcount", "ternary_fatnn_mask_lanes", masked ? fatnn : 0},
      {"popcount", "ternary_planes_lanes", lanes(Datapath::ternary_planes)},
      {"popcount", "accumulator_bits", elements * array.accumulator_bits},
      {"array", "operand_bits", array.rows * array.word_bits + array.cols * weight_word_bits},
      {"vector", "comparators", spec.vector.lanes},
      {"vector", "affine_lanes", spec.vector.lanes},
      {"load", "buffer_bits", spec.load.burst_bytes * 8},
      {"store", "buffer_bits", spec.store.burst_bytes * 8},
  };
}

std::vector<Sram> srams_of(const MachineSpec& spec) {
  return {{"weight_memory", spec.weight_memory},
          {"activation_memory", spec.activation_memory},
          {"accumulator_memory", spec.accumulator_memory},
          {"instruction_memory", spec.instruction_memory}};
}

}  // namespace tricycle
