// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/quantize_models.hpp"

#include "support/files.hpp"
#include "tests/catch.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/golden.hpp"

namespace tricycle::test {
namespace {

constexpr std::uint64_t most_bytes = 1U << 28U;

}  // namespace

Digits digits(const std::string& models, std::size_t step, std::size_t most) {
  const Bytes images = read_bytes(models + "/data/mnist_t10k-images-idx3-ubyte.gz", most_bytes);
  const Bytes labels = read_bytes(models + "/data/mnist_t10k-labels-idx1-ubyte.gz", most_bytes);
  REQUIRE(images.size() == 16 + 784 * 10000);
  REQUIRE(labels.size() == 8 + 10000);
  Digits result;
  for (std::size_t i = 0; i < 10000 && result.labels.size() < most; i += step) {
    const auto first = images.begin() + static_cast<std::ptrdiff_t>(16 + 784 * i);
    result.images.emplace_back(first, first + 784);
    result.labels.push_back(labels[8 + i]);
  }
  return result;
}

Graph model_of(const std::string& folder) {
  return import_onnx(read_bytes(folder + "/model.onnx", most_bytes), "model.onnx");
}

std::vector<Tensor> items_of(const std::string& path, const Shape& item) {
  const std::vector<float> values = import_tensor(read_bytes(path, most_bytes), path).floats();
  const auto size = static_cast<std::ptrdiff_t>(element_count(item));
  std::vector<Tensor> items;
  for (auto first = values.begin(); values.end() - first >= size; first += size)
    items.push_back({item, std::vector<float>(first, first + size)});
  return items;
}

std::vector<float> outputs(const QuantizedNetwork& network, const std::vector<std::int32_t>& input) {
  return real_values(network.output(), run_golden(network, input).back());
}

}  // namespace tricycle::test
