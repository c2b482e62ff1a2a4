// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "workloads/integer/quantized.hpp"

namespace tricycle {

/// The differences between the values of a layer and the results of the model's own operators on the same
/// inputs.
struct LayerDifference {
  std::size_t layer = 0;
  std::uint64_t values = 0, differ = 0;  ///< `differ`: by more than half a code step
  double most_steps = 0;                 ///< the largest difference, in code steps
  std::size_t place = 0;                 ///< index of the largest difference, in the model's order
  float machine = 0, model = 0;          ///< the two values there
  double step = 0;                       ///< the code step there (step_at)
};

/// The code step of a tensor at `value`: the difference that counts as one. `worth` is the real value of one
/// code more. Integer codes: `worth`. Binary codes: 2 `worth`. Powers of two: the larger of `worth` and
/// |value|. Floating point: 2^-10 (half precision: 2^-7) of the tensor's largest magnitude, because the sums
/// are added in another order; at least 1e-30.
[[nodiscard]] double step_at(const QuantizedTensor& tensor, double worth, float value, float largest);

/// The real value of one code more at each value of a tensor, in the model's order.
[[nodiscard]] std::vector<float> code_worths(const QuantizedTensor& tensor, std::size_t count);

/// Compares a network with the model it was made from. The float interpreter runs parts of the network's
/// graph.
class LayerComparison {
 public:
  /// `network` must have its graph. Both must outlive this object. Throws std::logic_error where there is no
  /// graph.
  explicit LayerComparison(const QuantizedNetwork& network);

  /// Compares each layer whose output is a value of the graph. Its inputs are the network's own values, as
  /// run_golden returns them. Layers within loops and layers that only the machine has are left out. `tell`
  /// is called after each layer.
  [[nodiscard]] std::vector<LayerDifference> differences(const std::vector<std::vector<std::int32_t>>& golden,
                                                         const std::function<void()>& tell) const;

 private:
  [[nodiscard]] std::vector<std::string> values_of(int tensor) const;
  [[nodiscard]] Tensor real_tensor(int tensor, const std::string& value,
                                   const std::vector<std::int32_t>& codes) const;

  const QuantizedNetwork& network_;
  std::map<std::string, Shape> shapes_;
};

/// Evaluates values of a graph from known values, node by node. `tell` is called after each node.
[[nodiscard]] std::vector<Tensor> evaluate_values(const Graph& graph,
                                                  const std::map<std::string, Tensor>& known,
                                                  const std::vector<std::string>& values,
                                                  const std::function<void()>& tell = {});

}  // namespace tricycle
