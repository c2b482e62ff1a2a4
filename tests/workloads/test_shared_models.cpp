// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "workloads/golden/golden.hpp"
#include "workloads/onnx/onnx_import.hpp"

namespace {

using tricycle::import_onnx;
using tricycle::import_tensor;
using tricycle::read_bytes;
using tricycle::Tensor;

constexpr std::uint64_t most_bytes = 1U << 28U;

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest;
}

/// The float interpreter and the golden one against the four outputs that lie beside a model.
void check_outputs(const std::string& folder) {
  const tricycle::Graph graph = import_onnx(read_bytes(folder + "/model.onnx", most_bytes), "model.onnx");
  const tricycle::QuantizedNetwork network = quantize_graph(graph, tricycle::test::pixels);
  for (int set = 0; set < 4; ++set) {
    const std::string data = folder + "/test_data_set_" + std::to_string(set);
    const Tensor input = import_tensor(read_bytes(data + "/input_0.pb", most_bytes), "input_0.pb");
    const std::vector<float> expected =
        import_tensor(read_bytes(data + "/output_0.pb", most_bytes), "output_0.pb").floats();
    REQUIRE(expected.size() == 10);
    const std::vector<float> real = run_float(graph, input).floats();
    CHECK(largest_difference(real, expected) <= 1e-6);
    std::vector<std::int32_t> codes;
    for (const float pixel : input.floats())
      codes.push_back(static_cast<std::int32_t>(std::lround(pixel * 255)));
    std::vector<float> golden;
    const std::vector<std::int32_t> bits_of_output = run_golden(network, codes).back();
    for (const std::int32_t bits : bits_of_output) golden.push_back(std::bit_cast<float>(bits));
    CHECK(largest_difference(golden, expected) <= 1e-6);
  }
}

}  // namespace

TEST_CASE("TFC with ternary weights and activations gives its published outputs") {
  const std::string folder = tricycle::test::shared_models();
  if (!folder.empty()) check_outputs(folder + "/quantized/qonnx_TFC_2W2A");
}

TEST_CASE("TFC with binary weights and ternary activations gives its published outputs") {
  const std::string folder = tricycle::test::shared_models();
  if (!folder.empty()) check_outputs(folder + "/quantized/qonnx_TFC_1W2A");
}
