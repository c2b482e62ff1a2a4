// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <set>

#include "sim/experiment/simulate.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/random_network.hpp"
#include "tests/workloads/random_pooling.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/golden.hpp"

namespace tricycle::test {
namespace {

/// What a random model may be refused for.
bool is_known(const std::string& message) {
  for (const char* reason : {"divides by fewer values at the borders: ", ", the code of 0: none of the "}) {
    if (message.find(reason) != std::string::npos) return true;
  }
  return says_why(message);
}

/// The step of the quantizer that the output's rounding is of.
float step_of(const QuantizedNetwork& network) {
  for (auto t = network.tensors.rbegin(); t != network.tensors.rend(); ++t) {
    if (!t->codes.is_float() && t->codes != Codes::sums()) return static_cast<float>(t->scale);
  }
  return 0;
}

/// Means whose divisor is no power of two are rounded by float32, and may fall on the other side of a tie.
bool is_exact(const QuantizedNetwork& network) {
  for (const QuantizedLayer& layer : network.layers) {
    const std::int64_t taps = layer.window.taps();
    if (layer.kind == LayerKind::sum_pool && (taps & (taps - 1)) != 0) return false;
  }
  return true;
}

/// Values that differ from the float interpreter's by more than float32 rounds, and by `most` at most.
int count_different(const std::vector<float>& found, const std::vector<float>& expected, double most) {
  REQUIRE(found.size() == expected.size());
  float largest = 0;
  for (const float value : expected) largest = std::max(largest, std::fabs(value));
  const double rounding = 1e-5 * static_cast<double>(largest);
  int different = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double error = std::fabs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
    if (error <= rounding) continue;
    CAPTURE(i, found[i], expected[i]);
    REQUIRE(error <= most + rounding);
    ++different;
  }
  return different;
}

/// As a share of the largest value expected.
double largest_error(const std::vector<float>& found, const std::vector<float>& expected) {
  REQUIRE(found.size() == expected.size());
  float error = 0, largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    error = std::max(error, std::fabs(found[i] - expected[i]));
    largest = std::max(largest, std::fabs(expected[i]));
  }
  return error == 0 ? 0 : static_cast<double>(error) / static_cast<double>(largest);
}

MachineSpec float_machine(Random& random, MacType type) {
  MachineSpec spec = read_machine(std::string("edge"));
  spec.array.datapaths = {Datapath::mac};
  spec.array.mac_type = type;
  spec.array.lanes.mac = random.between(1, 9);
  for (MemorySpec* memory : {&spec.activation_memory, &spec.accumulator_memory, &spec.weight_memory})
    memory->size_KiB = random.between(1, 16);
  return spec;
}

}  // namespace

TEST_CASE("600 random pools of codes are the model's, and random machines give the golden values") {
  int exact = 0, rounded = 0, different = 0, values = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const RandomModel model = random_pooling(seed);
    CAPTURE(seed, model.text);
    const Graph graph = import_onnx(model.onnx, "m");
    const std::vector<float> expected = run_float(graph, model.input).floats();
    try {
      const QuantizedNetwork network = quantize_graph(graph, {1, 255});
      CAPTURE(dump(network));
      const auto codes = input_codes(network, model.input.floats());
      const auto found = real_values(network.output(), run_golden(network, codes).back());
      if (is_exact(network)) {
        static_cast<void>(count_different(found, expected, 0));
        ++exact;
      } else {
        different += count_different(found, expected, static_cast<double>(step_of(network)));
        values += static_cast<int>(found.size());
        ++rounded;
      }
      Random random(seed, 7);
      static_cast<void>(lower_and_run(network, random_cnn_machine(random), codes));
    } catch (const InputError& error) {
      ++refused;
      if (!is_known(error.what())) FAIL(error.what());
    }
  }
  CAPTURE(exact, rounded, different, values, refused);
  CHECK(exact > 400);
  CHECK(rounded > 100);
  CHECK(different * 100 < values);  // near-ties
  CHECK(refused < 60);              // 10 %
}

TEST_CASE("400 random pools of floating point are the model's, and machines give the golden bits") {
  int ran = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const RandomModel model = random_float_pooling(seed);
    CAPTURE(seed, model.text);
    const Graph graph = import_onnx(model.onnx, "m");
    const std::vector<float> expected = run_float(graph, model.input).floats();
    Random random(seed, 8);
    for (const bool half : {false, true}) {
      QuantizeOptions options;
      options.floating = half ? Codes::float16() : Codes::float32();
      const MachineSpec spec = float_machine(random, half ? MacType::fp16 : MacType::fp32);
      try {
        const QuantizedNetwork network = quantize_graph(graph, {1, 1}, options);
        CAPTURE(dump(network));
        const auto bits = input_codes(network, model.input.floats());
        const auto found =
            real_values(network.output(), run_golden(network, bits, {floating_lanes(spec)}).back());
        if (half) {
          CHECK(largest_error(found, expected) < 0.01);
        } else {
          CHECK(largest_error(found, expected) < 1e-5);
        }
        static_cast<void>(lower_and_run(network, spec, bits));
        ++ran;
      } catch (const InputError& error) {
        ++refused;
        if (!is_known(error.what())) FAIL(error.what());
      }
    }
  }
  CHECK(ran > 700);
  CHECK(refused < 80);  // 10 %
}

TEST_CASE("the machine gives the golden values of random pools, of codes and of floating point") {
  int ran = 0;
  for (std::uint64_t seed = 1000; seed < 1060; ++seed) {
    const bool floating = seed % 3 == 0;
    const RandomModel model = floating ? random_float_pooling(seed) : random_pooling(seed);
    CAPTURE(seed, model.text);
    QuantizeOptions options;
    if (floating) options.floating = Codes::float32();
    Random random(seed, 9);
    const MachineSpec spec = floating ? float_machine(random, MacType::fp32) : random_cnn_machine(random);
    try {
      const QuantizedNetwork network = quantize_graph(import_onnx(model.onnx, "m"), {1, 255}, options);
      Trace trace = lower(network, spec, {});
      const auto codes = input_codes(network, model.input.floats());
      trace.items = {"random", "", 1, pack_tensor(trace.input, spec, codes)};
      SimulateOptions of;
      of.progress = Show::never;
      const Simulation run = simulate(trace, spec, &network, of);
      CHECK(run.first.status == RunStatus::finished);
      CHECK(run.checked > 0);
      CHECK(run.first_mismatch.empty());
      ++ran;
    } catch (const InputError& error) {
      if (!is_known(error.what())) FAIL(error.what());
    }
  }
  CHECK(ran > 50);
}

}  // namespace tricycle::test
