// SPDX-License-Identifier: Apache-2.0
// Tables of sigmoid and tanh with HitNet's sloping factor lambda (Eq 11). A code of the results is 2^-14.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/catch.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/quantize/recurrent/tables.hpp"

namespace {

using namespace tricycle;

const std::vector<double> lambdas = {0.2, 0.4, 0.6, 0.8, 1.0};
const std::vector<Curve> curves = {Curve::sigmoid, Curve::tanh};

/// Eq 11, in double precision: sigmoid(x / lambda) and tanh(x / lambda).
double sloped(Curve curve, double x, double lambda) {
  const double up = std::exp(x / lambda), down = std::exp(-x / lambda);
  return curve == Curve::sigmoid ? 1 / (1 + down) : (up - down) / (up + down);
}

/// How codes of so many bits stand for real numbers.
struct Input {
  int fraction, bits;
  [[nodiscard]] double real(std::int64_t code) const {
    return std::ldexp(static_cast<double>(code), -fraction);
  }
  [[nodiscard]] std::int64_t half() const { return std::int64_t{1} << (bits - 1); }
};
const std::vector<Input> inputs = {{11, 16}, {10, 16}, {6, 12}, {4, 8}, {13, 18}};

TableRequest request_of(Curve curve, double lambda, Input input = {11, 16}, std::int64_t segments = 256,
                        bool interpolate = true) {
  return {curve, lambda, input.fraction, input.bits, segments, interpolate};
}

/// What the golden interpreter makes of every input from the least to the most.
std::vector<std::int32_t> all_values(const LookupStage& table, const Input& input) {
  QuantizedNetwork network;
  QuantizedTensor x;
  x.codes = Codes::integers(-input.half(), input.half() - 1);
  x.height = 2 * input.half();
  QuantizedTensor y = x;
  y.codes = Codes::integers(-unit, unit);
  network.tensors = {x, y};
  QuantizedLayer layer;
  layer.kind = LayerKind::pointwise;
  layer.inputs = {0};
  layer.output = 1;
  layer.window.lines = layer.window.in_lines = x.height;
  layer.stage = table;
  network.layers = {layer};
  std::vector<std::int32_t> codes(static_cast<std::size_t>(x.height));
  std::iota(codes.begin(), codes.end(), static_cast<std::int32_t>(-input.half()));
  return run_golden(network, codes).back();
}

TableError error_of(const TableRequest& request) {
  return table_error(activation_table(request), request);
}

}  // namespace

TEST_CASE(
    "every point of a table is the sloped function rounded to 2^-14, of 5 lambdas, 5 formats, 4 sizes") {
  for (const Curve curve : curves) {
    for (const double lambda : lambdas) {
      for (const Input& input : inputs) {
        for (const std::int64_t segments : {1, 16, 256, 1024}) {
          CAPTURE(static_cast<int>(curve), lambda, input.fraction, segments);
          const LookupStage table = activation_table(request_of(curve, lambda, input, segments));
          REQUIRE(table.points.size() == static_cast<std::size_t>(segments) + 1);
          REQUIRE((1 << table.segments) == segments);
          for (std::int64_t k = 0; k <= segments; ++k) {
            const double exact = 16384 * sloped(curve, input.real(k << table.segment_shift), lambda);
            const double point = table.points[static_cast<std::size_t>(k)];
            REQUIRE(std::abs(point - exact) <= 0.501);  // x / lambda is in float32
          }
        }
      }
    }
  }
}

TEST_CASE("a table ends where the function is 1 - 2^-15, and not half as far, or covers every input") {
  for (const Curve curve : curves) {
    for (const double lambda : lambdas) {
      for (const Input& input : inputs) {
        for (const std::int64_t segments : {16, 256}) {
          CAPTURE(static_cast<int>(curve), lambda, input.fraction, segments);
          const LookupStage table = activation_table(request_of(curve, lambda, input, segments));
          const std::int64_t end = segments << table.segment_shift;
          REQUIRE((table.points.back() == 16384 || end >= input.half()));
          if (table.segment_shift > 0) {
            REQUIRE(sloped(curve, input.real(end / 2), lambda) < 1 - 0.9 * 0x1p-15);
            REQUIRE(end <= 2 * input.half());
          }
        }
      }
    }
  }
}

TEST_CASE("tanh of -x is -tanh of x and sigmoid of -x is 1 - sigmoid of x, exactly, at every x") {
  for (const double lambda : lambdas) {
    for (const Input& input : inputs) {
      for (const bool interpolate : {true, false}) {
        CAPTURE(lambda, input.fraction, interpolate);
        for (const Curve curve : curves) {
          const TableRequest request = request_of(curve, lambda, input, 64, interpolate);
          const auto values = all_values(activation_table(request), input);
          const auto half = static_cast<std::size_t>(input.half());
          const std::int32_t sum = curve == Curve::sigmoid ? 16384 : 0;
          REQUIRE(values[half] == sum / 2);
          for (std::size_t x = 1; x < half; ++x) REQUIRE(values[half + x] + values[half - x] == sum);
          REQUIRE(values[0] >= sum - 16384);
        }
      }
    }
  }
}

TEST_CASE("the values of a table never fall where x grows, at every x of 16 bits") {
  for (const Curve curve : curves) {
    for (const double lambda : lambdas) {
      const auto values = all_values(activation_table(request_of(curve, lambda)), {11, 16});
      REQUIRE(std::is_sorted(values.begin(), values.end()));
      REQUIRE(values.back() == 16384);
    }
  }
}

TEST_CASE("the error reported is the largest and the root mean square of what the golden interpreter does") {
  for (const Curve curve : curves) {
    for (const bool interpolate : {true, false}) {
      const Input input = {11, 16};
      const TableRequest request = request_of(curve, 0.4, input, 256, interpolate);
      const LookupStage table = activation_table(request);
      const auto values = all_values(table, input);
      double most = 0, squares = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double x = input.real(static_cast<std::int64_t>(i) - input.half());
        const double difference = std::abs(values[i] / 16384.0 - sloped(curve, x, 0.4));
        most = std::max(most, difference);
        squares += difference * difference;
      }
      const TableError error = table_error(table, request);
      CHECK(error.most == Approx(most).margin(1e-7));
      CHECK(error.rms == Approx(std::sqrt(squares / static_cast<double>(values.size()))).margin(1e-7));
      const double worst = values[static_cast<std::size_t>(error.worst + input.half())] / 16384.0;
      CHECK(std::abs(worst - sloped(curve, input.real(error.worst), 0.4)) == Approx(most).margin(1e-7));
    }
  }
}

TEST_CASE(
    "256 linear segments are within 1.2e-4 of sigmoid and 2e-4 of tanh, and 2.6e-5 in the mean square") {
  for (const double lambda : lambdas) {
    const TableError sigmoid = error_of(request_of(Curve::sigmoid, lambda));
    const TableError tanh = error_of(request_of(Curve::tanh, lambda));
    CAPTURE(lambda, sigmoid.most, sigmoid.rms, tanh.most, tanh.rms);
    CHECK(sigmoid.most <= 1.2e-4);
    CHECK(tanh.most <= 2e-4);
    CHECK(sigmoid.rms <= 2.6e-5);
    CHECK(tanh.rms <= 2.6e-5);
  }
  CHECK(error_of(request_of(Curve::sigmoid, 0.4)).most == Approx(1.14e-4).margin(1e-6));
  CHECK(error_of(request_of(Curve::tanh, 0.4)).most == Approx(1.82e-4).margin(1e-6));
}

TEST_CASE(
    "of 256 nearest points the error is a hundred times that of lines: 0.0098 of sigmoid, 0.0195 of tanh") {
  for (const double lambda : lambdas) {
    for (const Curve curve : curves) {
      CAPTURE(lambda, static_cast<int>(curve));
      const double lines = error_of(request_of(curve, lambda)).most;
      const double points = error_of(request_of(curve, lambda, {11, 16}, 256, false)).most;
      CHECK(points > 70 * lines);
      CHECK(points <= (curve == Curve::sigmoid ? 0.0098 : 0.0196));
    }
  }
}

TEST_CASE("twice the segments are a quarter of the error from 16 to 128, and never more up to 1024") {
  for (const Curve curve : curves) {
    TableError before;
    for (const std::int64_t segments : {16, 32, 64, 128, 256, 512, 1024}) {
      const TableError error = error_of(request_of(curve, 0.4, {11, 16}, segments));
      CAPTURE(static_cast<int>(curve), segments, error.most);
      if (segments > 16) {
        CHECK(error.most < before.most);
        CHECK(error.rms < before.rms);
        if (segments <= 128) CHECK(error.most / before.most == Approx(0.265).margin(0.03));
      }
      before = error;
    }
    CHECK(before.most < 6.5e-5);  // a code is 6.1e-5
  }
}

TEST_CASE(
    "Eq 11: at x = 0.5 sigmoid is 0.6225, 0.7773 and 0.9241 for lambda 1, 0.4 and 0.2; tanh 0.4621 to "
    "0.9866") {
  const auto at = [](Curve curve, double lambda, std::size_t code) {
    return all_values(activation_table(request_of(curve, lambda)), {11, 16}).at(32768 + code) / 16384.0;
  };
  CHECK(at(Curve::sigmoid, 1, 1024) == Approx(0.62246).margin(1.2e-4));
  CHECK(at(Curve::sigmoid, 0.4, 1024) == Approx(0.77730).margin(1.2e-4));
  CHECK(at(Curve::sigmoid, 0.2, 1024) == Approx(0.92414).margin(1.2e-4));
  CHECK(at(Curve::tanh, 1, 1024) == Approx(0.46212).margin(1.9e-4));
  CHECK(at(Curve::tanh, 0.4, 1024) == Approx(0.84828).margin(1.9e-4));
  CHECK(at(Curve::tanh, 0.2, 1024) == Approx(0.98661).margin(1.9e-4));
  for (const Curve curve : curves) CHECK(at(curve, 0.1, 4096) == 1);  // a smaller lambda is nearer to a step
}
