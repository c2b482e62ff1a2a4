// SPDX-License-Identifier: Apache-2.0
#include "sim/report/packing.hpp"

#include <nlohmann/json.hpp>

#include "sim/cost/figures.hpp"

namespace tricycle {

PackedWeights& PackedWeights::operator+=(const PackedWeights& other) {
  fp32 += other.fp32;
  dram += other.dram;
  chip += other.chip;
  metadata += other.metadata;
  padding += other.padding;
  tables += other.tables;
  alignment += other.alignment;
  entropy += other.entropy;
  return *this;
}

PackedWeights packing_of(const TraceLayer& layer) {
  const auto behind = [](std::uint64_t bytes) { return (64 - bytes % 64) % 64; };
  PackedWeights packing;
  packing.fp32 = 4 * layer.weights;
  packing.dram = layer.dram_bytes;
  packing.chip = layer.chip_bytes;
  packing.metadata = layer.metadata_bytes;
  packing.padding = layer.padding_bytes;
  packing.tables = layer.weight_bytes - layer.dram_bytes;
  packing.alignment = behind(packing.dram) + behind(packing.tables);
  packing.entropy = layer.entropy_bytes;
  return packing;
}

PackedWeights packing_of(const Trace& trace) {
  PackedWeights all;
  for (const TraceLayer& layer : trace.layers) all += packing_of(layer);
  return all;
}

nlohmann::ordered_json packing_json(const PackedWeights& packing) {
  return {{"fp32_bytes", packing.fp32},
          {"dram_bytes", packing.dram},
          {"on_chip_bytes", packing.chip},
          {"values_bytes", packing.values()},
          {"metadata_bytes", packing.metadata},
          {"padding_bytes", packing.padding},
          {"table_bytes", packing.tables},
          {"alignment_bytes", packing.alignment},
          {"entropy_bytes", packing.entropy},
          {"saving", ratio(static_cast<double>(packing.fp32), static_cast<double>(packing.dram))}};
}

nlohmann::ordered_json packing_json(const TraceLayer& layer) {
  const auto name = [](Format format) { return name_of(format); };
  nlohmann::ordered_json json;
  json["dram_format"] = name(layer.dram_format);
  json["on_chip_format"] = layer.chip_bytes > 0 ? name(layer.chip_format) : "none";
  json.update(packing_json(packing_of(layer)));
  return json;
}

}  // namespace tricycle
