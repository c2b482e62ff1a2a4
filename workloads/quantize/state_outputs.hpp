// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "workloads/integer/quantized.hpp"

namespace tricycle {

/// An output of a recurrent model that is the last state of one of its layers.
struct StateOutput {
  GraphOutput output;
  Shape shape;
  std::string state;  ///< the tensor's name in the network: `lstm.c`
};

/// The outputs of a recurrent graph behind the first one. Errors name an output that is something else than
/// the last state of a layer of one direction, its elements in the same order.
[[nodiscard]] std::vector<StateOutput> state_outputs(const Graph& graph);

/// Hands states on behind their loops, as outputs beside `first`.
[[nodiscard]] QuantizedNetwork add_state_outputs(QuantizedNetwork network, const GraphOutput& first,
                                                 const std::vector<StateOutput>& outputs);

}  // namespace tricycle
