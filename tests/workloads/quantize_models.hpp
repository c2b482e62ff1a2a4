// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "workloads/integer/quantized.hpp"

namespace tricycle::test {

/// Digits of MNIST's test set: 784 pixels of 0 to 255, and what they show.
struct Digits {
  std::vector<std::vector<std::int32_t>> images;
  std::vector<int> labels;
};

/// Every `step`-th of the 10,000 test images in the folder of shared models, `most` of them.
Digits digits(const std::string& models, std::size_t step, std::size_t most);

/// `model.onnx` of a folder.
Graph model_of(const std::string& folder);
/// A tensor that lies in a folder, as items of the shape `item`.
std::vector<Tensor> items_of(const std::string& path, const Shape& item);

/// What the golden interpreter gives for codes, as real numbers.
std::vector<float> outputs(const QuantizedNetwork& network, const std::vector<std::int32_t>& input);

}  // namespace tricycle::test
