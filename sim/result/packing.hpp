// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "traces/trace.hpp"

namespace tricycle {

/// What weights take, packed, in bytes: of a layer, or of all.
struct PackedWeights {
  std::uint64_t fp32 = 0;  ///< of the weights alone, without biases
  std::uint64_t dram = 0, chip = 0;
  std::uint64_t metadata = 0, padding = 0;  ///< of those in DRAM
  std::uint64_t tables = 0;                 ///< thresholds, scales and biases
  std::uint64_t alignment = 0;  ///< up to the next multiple of 64 behind weights and tables in DRAM
  std::uint64_t entropy = 0;

  PackedWeights& operator+=(const PackedWeights& other);
  /// Values alone, of those in DRAM.
  [[nodiscard]] std::uint64_t values() const { return dram - metadata - padding; }
};

[[nodiscard]] PackedWeights packing_of(const TraceLayer& layer);
[[nodiscard]] PackedWeights packing_of(const Trace& trace);

/// The keys of a layer's packing, with its formats, and those of all.
[[nodiscard]] nlohmann::ordered_json packing_json(const TraceLayer& layer);
[[nodiscard]] nlohmann::ordered_json packing_json(const PackedWeights& packing);

}  // namespace tricycle
