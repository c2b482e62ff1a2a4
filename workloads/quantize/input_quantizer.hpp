// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <vector>

#include "traces/reading.hpp"
#include "workloads/graph/wiring.hpp"
#include "workloads/quantize/uniform.hpp"

namespace tricycle {

/// A quantizer in front of the machine: it reads the user's numbers and gives the input's codes.
struct InputQuantizer {
  InputReading reading;
  Uniform uniform;  ///< the codes and their meaning
  std::vector<const Node*> nodes;
};

/// If a quantizer alone reads the input, the host computes it, and the input comes as its codes. For pixels
/// this holds from 7 levels (3 bits) to 256 levels: a quantizer of fewer levels becomes thresholds of pixels
/// on the machine.
[[nodiscard]] std::optional<InputQuantizer> input_quantizer(const Graph& graph, const Wiring& wiring);

/// Whether the model takes integers, or the network description takes codes of few bits.
[[nodiscard]] bool takes_integers(const Graph& graph);

}  // namespace tricycle
