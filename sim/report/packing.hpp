// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "traces/trace.hpp"

namespace tricycle {

/// The bytes of packed weights, of one layer or of all.
struct PackedWeights {
  std::uint64_t fp32 = 0;  ///< weights as float32, without biases
  std::uint64_t dram = 0, chip = 0;
  std::uint64_t metadata = 0, padding = 0;  ///< part of `dram`
  std::uint64_t tables = 0;                 ///< thresholds, scales and biases
  std::uint64_t alignment = 0;  ///< padding to the next multiple of 64 behind weights and tables in DRAM
  std::uint64_t entropy = 0;

  PackedWeights& operator+=(const PackedWeights& other);
  /// The values alone in DRAM.
  [[nodiscard]] std::uint64_t values() const { return dram - metadata - padding; }
};

[[nodiscard]] PackedWeights packing_of(const TraceLayer& layer);
[[nodiscard]] PackedWeights packing_of(const Trace& trace);

/// The packing of a layer with its formats, and the packing of all layers.
[[nodiscard]] nlohmann::ordered_json packing_json(const TraceLayer& layer);
[[nodiscard]] nlohmann::ordered_json packing_json(const PackedWeights& packing);

}  // namespace tricycle
