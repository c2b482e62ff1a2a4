// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "support/random.hpp"
#include "tests/catch.hpp"
#include "traces/trace.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle::test {

inline constexpr Format trit_formats[] = {Format::planes, Format::trit2, Format::trit5, Format::bitmap};

/// A choice for all layers, and for some of those on a ternary datapath one of their own.
inline FormatOptions random_formats(Random& random, const QuantizedNetwork& network,
                                    const MachineSpec& spec) {
  const auto choose = [&](WeightFormats& formats) {
    if (random.chance(0.7)) formats.dram = trit_formats[random.below(4)];
    if (random.chance(0.7)) formats.on_chip = trit_formats[random.below(4)];
  };
  FormatOptions options;
  choose(options.weights);
  const Plan plan = choose_formats(network, spec, {});
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].has_weights() && is_ternary(plan.layers[i].datapath) && random.chance(0.3))
      choose(options.layers[network.layers[i].name]);
  }
  return options;
}

/// Whether weights change their format on their way.
inline bool decodes(const Trace& trace) {
  return std::any_of(trace.code.begin(), trace.code.end(), [](const Instruction& instruction) {
    const auto* product = std::get_if<isa::Matmul>(&instruction.operation);
    return std::holds_alternative<isa::Unpack>(instruction.operation) ||
           (product != nullptr && is_stream(product->weight_format));
  });
}

/// No format takes less than the entropy, and metadata and padding are within what it takes.
inline void check_packing(const Trace& trace) {
  for (const TraceLayer& layer : trace.layers) {
    INFO(layer.name);
    REQUIRE(layer.entropy_bytes <= layer.dram_bytes);
    if (layer.chip_bytes > 0) REQUIRE(layer.entropy_bytes <= layer.chip_bytes);
    REQUIRE(layer.metadata_bytes + layer.padding_bytes <= layer.dram_bytes);
    REQUIRE(layer.dram_bytes <= layer.weight_bytes);
  }
}

}  // namespace tricycle::test
