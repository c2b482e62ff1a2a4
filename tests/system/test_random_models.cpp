// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "support/data_file.hpp"
#include "tests/system/program.hpp"
#include "tests/workloads/random_arithmetic.hpp"
#include "tests/workloads/random_input.hpp"
#include "tests/workloads/random_pooling.hpp"
#include "workloads/import/onnx/onnx_import.hpp"

using tricycle::Graph;
using tricycle::import_onnx;
using tricycle::run_float;
using tricycle::Tensor;
using tricycle::write_npy;
using tricycle::test::RandomModel;
using tricycle::test::Workspace;

namespace {

/// What the program says of an output, channels last, in the order of the model's tensor.
std::vector<double> in_model_order(const nlohmann::json& first, const tricycle::Shape& shape) {
  std::vector<double> values = first.get<std::vector<double>>();
  if (shape.size() != 4) return values;
  std::vector<double> ordered(values.size());
  const auto channels = static_cast<std::size_t>(shape[1]),
             area = static_cast<std::size_t>(shape[2] * shape[3]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i % channels, position = i / channels % area, image = i / channels / area;
    ordered[(image * channels + c) * area + position] = values[i];
  }
  return ordered;
}

/// Runs models through the program, from their files to the outputs of result.json: the float interpreter's,
/// within a step of the output's codes, or 1e-5 of the largest where it has none.
void check_models(RandomModel (*make)(std::uint64_t), std::uint64_t count, std::uint64_t most_refused) {
  const Workspace here;
  std::uint64_t refused = 0, values = 0;
  for (std::uint64_t seed = 1000; seed < 1000 + count; ++seed) {
    const RandomModel random = make(seed);
    INFO("seed " << seed << ": " << random.text);
    here.write("m.onnx", std::string(random.onnx.begin(), random.onnx.end()));
    here.write("x.npy", write_npy(random.input));
    const auto ended = here.tricycle("run m.onnx --input x.npy -q -o out");
    INFO(ended.err);
    if (ended.code == 2) {
      REQUIRE(ended.err.find("m.onnx: node '") == 0);
      ++refused;
      continue;
    }
    REQUIRE(ended.code == 0);
    const Tensor expected = run_float(import_onnx(random.onnx, "m.onnx"), random.input);
    const std::vector<float> numbers = expected.floats();
    const nlohmann::json outputs = here.json("out/result.json")["outputs"];
    const std::vector<double> found = in_model_order(outputs["first"], expected.shape);
    REQUIRE(found.size() == numbers.size());
    double largest = 0;
    for (const float number : numbers) largest = std::max(largest, std::fabs(static_cast<double>(number)));
    const double step = outputs.contains("scale") ? outputs["scale"].get<double>() * 1.001 : 1e-5 * largest;
    for (std::size_t i = 0; i < found.size(); ++i) {
      INFO("value " << i << " is " << found[i] << ", expected " << numbers[i]);
      REQUIRE(std::fabs(found[i] - static_cast<double>(numbers[i])) <= step);
    }
    values += found.size();
  }
  CHECK(refused <= most_refused);
  CHECK(values > count);
}

}  // namespace

TEST_CASE("40 models with a quantizer of their own at the input run from their files to the right numbers") {
  check_models(tricycle::test::random_input_quantizer, 40, 0);
}

TEST_CASE("40 models of random pools run from their files to the right numbers") {
  check_models(tricycle::test::random_pooling, 40, 8);
}

TEST_CASE("40 models that end in a quantizer of any zero point run from their files to the right numbers") {
  check_models(tricycle::test::random_output_quantizer, 40, 4);
}

TEST_CASE("40 models of every rounding mode run from their files to the right numbers") {
  check_models(tricycle::test::random_rounding, 40, 4);
}

TEST_CASE("40 models of steps such as 0.1 and 0.35 run from their files to the right numbers") {
  check_models(tricycle::test::random_decimal_step, 40, 4);
}

TEST_CASE("40 models of means over any count run from their files to the right numbers") {
  check_models(tricycle::test::random_average, 40, 4);
}

TEST_CASE("40 models with constant channels run from their files to the right numbers") {
  check_models(tricycle::test::random_constant_channel, 40, 4);
}

TEST_CASE(
    "40 models that join and add tensors of different scales run from their files to the right numbers") {
  check_models(tricycle::test::random_join, 40, 8);
}
