// SPDX-License-Identifier: Apache-2.0
#include "arch/params/parts.hpp"

#include <algorithm>

#include "arch/params/timing.hpp"
#include "arch/params/units.hpp"

namespace tricycle {
namespace {

/// The lanes of all PEs for a datapath with its smallest operands.
std::int64_t all_lanes(const ArraySpec& array, Datapath datapath) {
  if (!array.has(datapath)) return 0;
  const Format operand = smallest_operands(array, datapath);
  std::int64_t folded = 0;
  for (const Folding& layer : array.folding) folded += layer.cols * layer.lanes;
  return array.folding.empty() ? array.rows * array.cols * lanes_of(array, datapath, operand, operand)
                               : folded * bits_per_element(operand) * bits_per_element(operand);
}

/// A burst for each port of an engine.
std::int64_t buffer_bits(const DmaSpec& dma) {
  return dma.burst_bytes * 8 * dma.ports;
}

}  // namespace

std::vector<Part> parts_of(const MachineSpec& spec) {
  const ArraySpec& array = spec.array;
  const std::int64_t squared = array.min_operand_bits * array.min_operand_bits;
  const std::int64_t fatnn = all_lanes(array, Datapath::ternary_fatnn);
  const std::int64_t mac = all_lanes(array, Datapath::mac);
  const MacType type = array.mac_type;
  const bool masked = array.fatnn_mask == FatnnMask::precomputed;
  const OperandBits widest = widest_operands(array);
  std::int64_t trits = 0;
  for (const Datapath datapath : {Datapath::ternary_planes, Datapath::ternary_fatnn}) {
    const Format operand = smallest_operands(array, datapath);
    if (array.has(datapath)) trits = std::max(trits, lanes_of(array, datapath, operand, operand));
  }
  const std::int64_t rate = array.decoder_elements_per_cycle;
  const OutputStageSpec& stage = spec.output_stage;
  const std::int64_t chain = spec.vector.chain;
  return {
      {UnitId::popcount, "binary_lanes", all_lanes(array, Datapath::binary)},
      {UnitId::popcount, "ternary_fatnn_lanes", masked ? 0 : fatnn},
      {UnitId::popcount, "ternary_fatnn_mask_lanes", masked ? fatnn : 0},
      {UnitId::popcount, "ternary_planes_lanes", all_lanes(array, Datapath::ternary_planes)},
      {UnitId::popcount, "bitserial_lanes", all_lanes(array, Datapath::bitserial) * squared},
      {UnitId::shifter, "lanes", all_lanes(array, Datapath::shift)},
      {UnitId::mac, "int8_lanes", type == MacType::int8 ? mac : 0},
      {UnitId::mac, "fp16_lanes", type == MacType::fp16 ? mac : 0},
      {UnitId::mac, "fp32_lanes", type == MacType::fp32 ? mac : 0},
      {UnitId::array, "accumulator_bits", array.rows * array.cols * array.accumulator_bits},
      {UnitId::array, "operand_bits", array.rows * widest.activations + array.cols * widest.weights},
      {UnitId::array, "stream_bits", 8 * spec.weight_stream.bytes},
      {UnitId::array, "decoder_elements",
       !spec.decoder.array ? 0
       : rate > 0          ? rate
                           : array.cols * trits},
      {UnitId::output_stage, "comparators", stage.lanes},
      {UnitId::output_stage, "scale_lanes", stage.is_there() ? stage.scale_lanes : 0},
      {UnitId::output_stage, "table_bits", output_table_bits(spec)},
      {UnitId::output_stage, "pool_bits", stage.is_there() ? 8 * stage.pool_bytes : 0},
      {UnitId::vector, "comparators", spec.vector.lanes * chain},
      {UnitId::vector, "scale_lanes", spec.vector.lanes * chain},
      {UnitId::vector, "affine_lanes", spec.vector.lanes},
      {UnitId::vector, "chain_bits", spec.vector.lanes * 32 * (chain * (chain - 1) / 2)},
      {UnitId::fetch, "buffer_bits", buffer_bits(spec.fetch)},
      {UnitId::load, "buffer_bits", buffer_bits(spec.load)},
      {UnitId::load, "decoder_elements", spec.decoder.load ? spec.decoder.elements_per_cycle : 0},
      {UnitId::store, "buffer_bits", buffer_bits(spec.store)},
  };
}

std::vector<Sram> srams_of(const MachineSpec& spec) {
  std::vector<Sram> srams;
  for_each_memory(spec, [&](UnitId unit, const MemorySpec& memory) { srams.push_back({unit, memory}); });
  for (Sram& sram : srams) sram.spec.banks *= sram.spec.halves();
  return srams;
}

}  // namespace tricycle
