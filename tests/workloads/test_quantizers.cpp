// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "support/document.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "workloads/import/network/figures.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/quantize/rules/fatnn.hpp"
#include "workloads/quantize/rules/long.hpp"

namespace {

using tricycle::best_long_q2;
using tricycle::FatnnQuantizer;
using tricycle::long_error;
using tricycle::LongLevels;
using tricycle::LongWeights;
using tricycle::Random;

double density_of_gauss(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846);
}

/// The mean squared error on x >= 0, summed in small steps.
double summed_error(const LongLevels& levels) {
  constexpr double step = 1e-4;
  double sum = 0;
  for (double x = step / 2; x < 12; x += step) {
    const double difference = levels.quantize(x) - x;
    sum += density_of_gauss(x) * difference * difference * step;
  }
  return sum;
}

}  // namespace

TEST_CASE("Long's levels are zero and powers of two, and a value takes the nearest") {
  const LongLevels levels{0.5, 4};  // 0, 0.5, 1, 2
  const double values[][2] = {{0, 0},      {0.25, 0},       {0.2501, 0.5}, {0.75, 0.5},
                              {0.7501, 1}, {1.5, 1},        {1.5001, 2},   {100, 2},
                              {-0.25, 0},  {-0.2501, -0.5}, {-1.5, -1},    {-1.5001, -2}};
  for (const auto& [x, level] : values) CHECK(levels.quantize(x) == level);
  for (int i = -1000; i <= 1000; ++i) {
    const double x = i / 300.0, found = std::abs(levels.quantize(x) - x);
    for (int k = 0; k < 4; ++k) {
      CHECK(found <= std::abs(levels.level(k) - x));
      CHECK(found <= std::abs(-levels.level(k) - x));
    }
  }
}

TEST_CASE("the error of Long's quantizer is Table 1, all thirty cells") {
  // Long et al. 2020, Table 1: rows n = 3 to 8, columns q2.
  const double steps[] = {0.0625, 0.125, 0.25, 0.5, 1};
  const char* const table[6][5] = {
      {"0.4078", "0.3298", "0.2106", "0.0825", "0.0458"}, {"0.3298", "0.2103", "0.0795", "0.0239", "0.0443"},
      {"0.2102", "0.0791", "0.0209", "0.0223", "0.0443"}, {"0.0790", "0.0205", "0.0193", "0.0223", "0.0443"},
      {"0.0204", "0.0189", "0.0193", "0.0223", "0.0443"}, {"0.0189", "0.0189", "0.0193", "0.0223", "0.0443"}};
  for (int n = 3; n <= 8; ++n) {
    for (std::size_t i = 0; i < 5; ++i) {
      CAPTURE(n, steps[i]);
      CHECK(fmt::format("{:.4f}", long_error({steps[i], n})) == table[n - 3][i]);
    }
  }
}

TEST_CASE("the closed form of Long's error is the integral") {
  for (const int n : {2, 3, 5, 8}) {
    for (const double q2 : {0.07, 0.3, 1.1}) {
      CAPTURE(n, q2);
      CHECK(long_error({q2, n}) == Approx(summed_error({q2, n})).margin(1e-7));
    }
  }
}

TEST_CASE("the best step of Long's quantizer for each number of levels") {
  const double best[][3] = {{2, 1.2240, 0.095087}, {3, 0.8430, 0.041089}, {4, 0.5181, 0.023780},
                            {5, 0.2901, 0.019937}, {6, 0.1511, 0.019301}, {7, 0.1300, 0.018928},
                            {8, 0.0655, 0.018872}};
  for (const auto& [n, q2, error] : best) {
    const int count = static_cast<int>(n);
    const double found = best_long_q2(count);
    CAPTURE(n, found);
    CHECK(std::abs(found - q2) < 5.1e-5);
    CHECK(std::abs(long_error({found, count}) - error) < 5.1e-7);
    CHECK(long_error({found, count}) <= long_error({found * 1.0001, count}));
    CHECK(long_error({found, count}) <= long_error({found / 1.0001, count}));
  }
  // The paper: refining q2 leaves the error at 0.0189.
  CHECK(fmt::format("{:.4f}", long_error({best_long_q2(16), 16})) == "0.0189");
}

TEST_CASE("Long's weights are seven states, and 3 becomes 2 or 4 with equal chances") {
  const LongWeights weights{-2};
  CHECK(weights.top() == 4);
  const double states[][2] = {{0, 0},     {0.1249, 0}, {0.125, 1}, {0.3, 1},   {0.375, 2}, {0.5, 2},
                              {0.625, 3}, {0.75, 3},   {0.874, 3}, {0.875, 4}, {1, 4},     {1.7, 4}};
  for (const auto& [x, state] : states) {
    CHECK(weights.state(x) == static_cast<std::int64_t>(state));
    CHECK(weights.state(-x) == -static_cast<std::int64_t>(state));
  }
  Random random(1);
  std::map<std::int64_t, std::map<std::int64_t, int>> seen;
  constexpr int draws = 100'000;
  for (std::int64_t state = -4; state <= 4; ++state) {
    for (int i = 0; i < draws; ++i) ++seen[state][LongWeights::defined_state(state, random)];
  }
  std::set<std::int64_t> all;
  for (const auto& [state, results] : seen) {
    for (const auto& [result, count] : results) all.insert(result);
    if (state == 3 || state == -3) {
      const std::int64_t sign = state / 3;
      CHECK(results.size() == 2);
      // Five standard deviations of a fair coin.
      CHECK(std::abs(results.at(2 * sign) - draws / 2) < 5 * std::sqrt(draws / 4.0));
      CHECK(results.at(2 * sign) + results.at(4 * sign) == draws);
    } else {
      CHECK(results == std::map<std::int64_t, int>{{state, draws}});
    }
  }
  CHECK(all == std::set<std::int64_t>{-4, -2, -1, 0, 1, 2, 4});  // Fig 2
}

TEST_CASE("Long's weights as numbers, for other smallest weights too") {
  Random random(2);
  const LongWeights seven{-2}, nine{-3}, three{0};
  CHECK(seven.value(-4) == -1);
  CHECK(seven.value(1) == 0.25);
  std::set<double> values;
  for (int i = -1000; i <= 1000; ++i) values.insert(nine.discretize(i / 1000.0, random));
  CHECK(values == std::set<double>{-1, -0.5, -0.25, -0.125, 0, 0.125, 0.25, 0.5, 1});
  CHECK(three.discretize(0.49, random) == 0);
  CHECK(three.discretize(-0.51, random) == -1);
  // 5, 6 and 7 eighths lie between a half and one.
  for (const double x : {0.625, 0.75, 0.875}) {
    values.clear();
    for (int i = 0; i < 100; ++i) values.insert(nine.discretize(x, random));
    CHECK(values == std::set<double>{0.5, 1});
  }
}

TEST_CASE("Long's weights move by whole steps, and by one more with the chance of Eq 14") {
  const LongWeights weights{-2};
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    CHECK(weights.updated(0.25, 0.25, 0.5, random) == 0.5);  // no rest: nothing is drawn for
    CHECK(weights.updated(0.5, -0.5, 0.5, random) == 0);
    CHECK(weights.updated(-0.5, -5, 0.5, random) == -1);  // limited to -1 to 1
    CHECK(weights.updated(0.25, 0, 0.5, random) == 0.25);
  }
  // 0.2 is 0.8 of a step: one step with the chance tanh(0.5 x 0.8).
  constexpr int draws = 100'000;
  const double chance = std::tanh(0.4);
  std::map<double, int> up, down;
  for (int i = 0; i < draws; ++i) {
    ++up[weights.updated(0, 0.2, 0.5, random)];
    ++down[weights.updated(0.25, -0.45, 0.5, random)];  // one step and 0.8 of the next
  }
  const double most = 5 * std::sqrt(draws * chance * (1 - chance));
  CHECK(std::abs(up[0.25] - draws * chance) < most);
  CHECK(up[0] + up[0.25] == draws);
  CHECK(std::abs(down[-0.25] - draws * chance) < most);
  CHECK(down[0] + down[-0.25] == draws);
  // A seed gives the same weights.
  Random first(4), second(4);
  for (int i = 0; i < 1000; ++i) {
    CHECK(weights.updated(0.25, i / 500.0 - 1, 0.5, first) ==
          weights.updated(0.25, i / 500.0 - 1, 0.5, second));
  }
}

TEST_CASE("FATNN's weights: two steps, halves to even (Eqs 8 and 9)") {
  const FatnnQuantizer quantizer{0.5, 2, 0.25};  // thresholds -0.25 and 1
  const double codes[][2] = {{-9, -1},    {-0.5, -1}, {-0.2501, -1}, {-0.25, 0}, {-0.1, 0}, {0, 0},
                             {0.9999, 0}, {1, 0},     {1.0001, 1},   {2, 1},     {9, 1}};
  for (const auto& [p, code] : codes) {
    CAPTURE(p);
    CHECK(quantizer.signed_code(p) == static_cast<int>(code));
    CHECK(FatnnQuantizer{-0.5, -2}.signed_code(p) == static_cast<int>(code));  // steps by magnitude
  }
  CHECK(quantizer.value(-1) == -0.25);
  CHECK(quantizer.value(1) == 0.25);
}

TEST_CASE("FATNN's activations after ReLU: 0, 1 and 2 with two steps (Eq 10)") {
  const FatnnQuantizer quantizer{0.5, 2};  // thresholds 0.25 and 0.5 + 1
  const double codes[][2] = {{-3, 0},  {0, 0},   {0.25, 0},   {0.2501, 1}, {0.5, 1},
                             {1.4, 1}, {1.5, 1}, {1.5001, 2}, {2.5, 2},    {100, 2}};
  for (const auto& [p, code] : codes) {
    CAPTURE(p);
    CHECK(quantizer.unsigned_code(p) == static_cast<int>(code));
    CHECK(FatnnQuantizer{-0.5, -2}.unsigned_code(p) == static_cast<int>(code));
  }
  // Equal steps are the uniform quantizer round(clip(p / a, 0, 2)).
  for (int i = -100; i <= 500; ++i) {
    const double p = i / 100.0 + 0.001;
    CHECK(FatnnQuantizer{0.7, 0.7}.unsigned_code(p) ==
          static_cast<int>(std::nearbyint(std::clamp(p / 0.7, 0.0, 2.0))));
  }
}

TEST_CASE("Long's Table 5: total density, and what it saves") {
  // Long et al. 2020, Table 5: weight tensor and density in percent; the layer of long-resnet18.
  struct Row {
    const char* layer;
    std::int64_t filters, channels, kernel;
    const char* density;
  };
  const Row table[] = {{"conv1", 64, 3, 3, "1"},
                       {"layer1.0.conv1", 64, 64, 3, "0.8532"},
                       {"layer1.0.conv2", 64, 64, 3, "0.8671"},
                       {"layer1.1.conv1", 64, 64, 3, "0.8584"},
                       {"layer1.1.conv2", 64, 64, 3, "0.851"},
                       {"layer2.0.conv1", 128, 64, 3, "0.8604"},
                       {"layer2.0.conv2", 128, 128, 3, "0.8346"},
                       {"layer2.0.downsample", 128, 64, 1, "0.8652"},
                       {"layer2.1.conv1", 128, 128, 3, "0.8288"},
                       {"layer2.1.conv2", 128, 128, 3, "0.8075"},
                       {"layer3.0.conv1", 256, 128, 3, "0.7745"},
                       {"layer3.0.conv2", 256, 256, 3, "0.7023"},
                       {"layer3.0.downsample", 256, 128, 1, "0.7774"},
                       {"layer3.1.conv1", 256, 256, 3, "0.5951"},
                       {"layer3.1.conv2", 256, 256, 3, "0.4264"},
                       {"layer4.0.conv1", 512, 256, 3, "0.2216"},
                       {"layer4.0.conv2", 512, 512, 3, "0.1072"},
                       {"layer4.0.downsample", 512, 256, 1, "0.4156"},
                       {"layer4.1.conv1", 512, 512, 3, "0.0502"},
                       {"layer4.1.conv2", 512, 512, 3, "0.0346"}};
  const auto document = tricycle::read_document(
      tricycle::find_preset("workloads/zoo", "long-resnet18", tricycle::Place::of_file("MODEL")));
  const auto figures = figures_of(import_network(document, -1));
  std::int64_t weights = 0, macs = 0;
  double nonzero = 0, worked = 0;
  for (const Row& row : table) {
    CAPTURE(row.layer);
    const auto product = std::find_if(figures.products.begin(), figures.products.end(),
                                      [&](const auto& p) { return p.name == row.layer; });
    REQUIRE(product != figures.products.end());
    CHECK(product->weights == row.filters * row.channels * row.kernel * row.kernel);
    for (const auto& layer : document.find("layers")->items) {
      if (layer.find("name")->scalar == row.layer) CHECK(layer.find("density")->scalar == row.density);
    }
    const double density = std::stod(row.density);
    weights += product->weights;
    macs += product->macs;
    nonzero += density * static_cast<double>(product->weights);
    worked += density * static_cast<double>(product->macs);
  }
  CHECK(weights == 11'159'232);
  CHECK(macs == 555'417'600);
  CHECK(std::llround(nonzero) == 2'602'523);
  CHECK(fmt::format("{:.4f}", 100 * nonzero / static_cast<double>(weights)) == "23.3217");  // printed: 23.32
  CHECK(fmt::format("{:.2f}", 100 * worked / static_cast<double>(macs)) == "60.53");
  CHECK(fmt::format("{:.2f}", static_cast<double>(macs) / worked) == "1.65");
}
