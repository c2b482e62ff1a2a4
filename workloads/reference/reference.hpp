// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "workloads/quantized.hpp"

namespace tricycle {

/// How far the values of a layer lie from what the model's own operators make of the layer's inputs.
struct LayerDifference {
  std::size_t layer = 0;
  std::uint64_t values = 0, differ = 0;  ///< `differ`: by more than half a step
  double most_steps = 0;                 ///< the largest difference
  std::size_t place = 0;                 ///< of that, in the model's order
  float machine = 0, model = 0;          ///< the two values there
  double step = 0;                       ///< of codes there, or what counts as one
};

/// What a step of a tensor is at a value: what one code more is worth, `worth`; of floating point 2^-10 (half
/// precision: 2^-7) of the largest magnitude of the tensor, for sums are added in another order.
[[nodiscard]] double step_at(const QuantizedTensor& tensor, double worth, float value, float largest);

/// What one code more is worth at each value of a tensor, in the model's order.
[[nodiscard]] std::vector<float> code_worths(const QuantizedTensor& tensor, std::size_t count);

/// The model's meaning beside a network made of it: the float interpreter on parts of the network's graph.
class LayerComparison {
 public:
  /// `network` has its graph, and both outlive this.
  explicit LayerComparison(const QuantizedNetwork& network);

  /// Each layer that gives a value of the graph, fed the values that the network itself has, as run_golden
  /// gives them; layers within loops and what only the machine has are left out. `tell` is called after each.
  [[nodiscard]] std::vector<LayerDifference> differences(const std::vector<std::vector<std::int32_t>>& golden,
                                                         const std::function<void()>& tell) const;

 private:
  [[nodiscard]] std::vector<std::string> values_of(int tensor) const;
  [[nodiscard]] Tensor real_tensor(int tensor, const std::string& value,
                                   const std::vector<std::int32_t>& codes) const;

  const QuantizedNetwork& network_;
  std::map<std::string, Shape> shapes_;
};

/// One value of a graph from those that are known: all that leads to it, node by node; `tell` is called after
/// each.
[[nodiscard]] Tensor evaluate_value(const Graph& graph, const std::map<std::string, Tensor>& known,
                                    const std::string& value, const std::function<void()>& tell = {});

}  // namespace tricycle
