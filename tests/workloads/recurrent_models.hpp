// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "support/random.hpp"
#include "workloads/quantize/recurrent/quantize.hpp"

namespace tricycle {
struct MachineSpec;
}

namespace tricycle::test {

using Values = std::vector<std::int32_t>;

/// What the tests vary of a recurrent model.
struct ModelShape {
  std::vector<Cell> cells = {Cell::lstm};  ///< of each layer
  bool linear_before_reset = true;
  bool forward = true, reverse = false;  ///< directions; both: two of them
  std::int64_t steps = 3, batch = 1, inputs = 3, hidden = 2;
  std::int64_t vocabulary = 0;  ///< 0: vectors
  std::int64_t outputs = 0;     ///< of a decoder; 0: none
  bool last_only = false;
};

/// The layers of a cell as a program has them, with 3 time steps, and a decoder of 9 outputs.
[[nodiscard]] inline ModelShape shape_of(Cell cell, std::int64_t hidden, std::int64_t batch,
                                         bool linear_before_reset = true) {
  ModelShape shape;
  shape.cells = {cell};
  shape.linear_before_reset = linear_before_reset;
  shape.steps = 3;
  shape.batch = batch;
  shape.inputs = 7;
  shape.hidden = hidden;
  shape.outputs = 9;
  return shape;
}

/// A model of that shape with weights in [-1, 1] / sqrt(hidden) and biases in [-1, 1] / 2.
[[nodiscard]] RecurrentModel make_model(Random& random, const ModelShape& shape);
[[nodiscard]] RecurrentModel random_model(Random& random);

/// The words of an experiment: "activations: btq, weights: ttq".
[[nodiscard]] RecurrentSpec make_spec(const std::string& text);
/// What a model with this spec may be given: one item of the network's input.
[[nodiscard]] Values random_item(Random& random, const QuantizedNetwork& network);

/// A machine of 4 x 4 elements with words of 32 bits for all integers: sizes in KiB.
struct MachineSizes {
  std::int64_t weight = 64, activation = 64, accumulator = 16;
};
[[nodiscard]] MachineSpec recurrent_machine(const MachineSizes& sizes, bool floating = false);
/// Sizes and shape of the array at random; memories often small.
[[nodiscard]] MachineSpec random_recurrent_machine(Random& random, bool floating);

/// The index of the tensor or layer of that name.
[[nodiscard]] std::size_t tensor_named(const QuantizedNetwork& network, const std::string& name);
[[nodiscard]] std::size_t layer_named(const QuantizedNetwork& network, const std::string& name);

}  // namespace tricycle::test
