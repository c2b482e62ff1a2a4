// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/cost/figures.hpp"
#include "support/diagnostics.hpp"
#include "support/progress.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

namespace tricycle {
namespace {

constexpr double most_macs = 2e9;

/// Adds the seconds of its lifetime to a total.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() {
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double macs_of(const QuantizedNetwork& network) {
  double macs = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    macs += static_cast<double>(network.macs(network.layers[i])) * static_cast<double>(network.steps_of(i));
  }
  return macs;
}

const QuantizedTensor& output_tensor(const QuantizedNetwork& network, std::size_t i) {
  return network.outputs.empty() ? network.output() : network.tensor(network.outputs[i].tensor);
}

/// The code step of the network's outputs. Nothing where it is not the same of all.
std::optional<double> common_step(const QuantizedNetwork& network) {
  const double step = network.output().scale;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, network.outputs.size()); ++i) {
    const QuantizedTensor& output = output_tensor(network, i);
    if (output.codes.is_float() || !output.channel_scales.empty() || output.scale != step)
      return std::nullopt;
  }
  return step;
}

/// The index of the largest value; the lowest index on ties.
std::size_t largest_of(const float* values, std::size_t count) {
  return static_cast<std::size_t>(std::max_element(values, values + count) - values);
}

/// The number of values that compete for the largest: the last dimension of the rows of a sequence or a
/// batch; otherwise all values.
std::size_t row_of(const Shape& shape, std::size_t all) {
  const bool rows = shape.size() == 2 || shape.size() == 3;
  return rows && shape.back() > 1 ? static_cast<std::size_t>(shape.back()) : all;
}

}  // namespace

std::optional<double> ReferenceRecord::sqnr_dB() const {
  return error > 0 && signal > 0 ? std::optional(10 * std::log10(signal / error)) : std::nullopt;
}

double ReferenceRecord::cosine() const {
  return signal > 0 && power > 0 ? product / std::sqrt(signal * power) : error > 0 ? 0 : 1;
}

double ReferenceRecord::top1_agreement() const {
  return ratio(static_cast<double>(agreeing), static_cast<double>(positions));
}

ReferenceCheck::ReferenceCheck(const Graph& model, const QuantizedNetwork& network,
                               std::vector<Tensor> inputs, Reference mode, Show progress)
    : model_(model), network_(network), inputs_(std::move(inputs)), progress_(progress) {
  record_.mode = mode;
  record_.step = common_step(network);
  for (const QuantizedLayer& layer : network.layers) record_.layer_names.push_back(layer.name);
}

void ReferenceCheck::take(std::uint64_t item, const std::vector<std::vector<std::int32_t>>* golden,
                          const std::vector<std::vector<float>>& outputs) {
  if (item >= inputs_.size()) return;
  const Stopwatch stopwatch(record_.seconds);
  ++record_.items;
  if (golden != nullptr && network_.graph != nullptr) compare_layers(*golden);
  compare_outputs(inputs_[item], outputs);
}

void ReferenceCheck::compare_layers(const std::vector<std::vector<std::int32_t>>& golden) {
  Progress progress("layers in the float interpreter", network_.layers.size(), progress_);
  std::uint64_t done = 0;
  const auto rows = LayerComparison(network_).differences(golden, [&] { progress.update(++done); });
  if (record_.layers.empty()) record_.layers.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    LayerDifference& most = record_.layers[i];
    const LayerDifference& row = rows[i];
    const std::uint64_t values = most.values + row.values, differ = most.differ + row.differ;
    if (most.values == 0 || row.most_steps > most.most_steps) most = row;
    most.values = values;
    most.differ = differ;
    if (row.most_steps <= 1.001 || !record_.fault.empty()) continue;
    record_.fault = fmt::format(
        "layer '{}' is {:.6g} where the model's operators make {:.6g} of the layer's own inputs (value {}): "
        "{:.3g} steps "
        "of {:.6g}",
        record_.layer_names[row.layer], row.machine, row.model, row.place, row.most_steps, row.step);
  }
}

void ReferenceCheck::compare_outputs(const Tensor& input, const std::vector<std::vector<float>>& outputs) {
  std::map<std::string, Tensor> known = {{model_.input, input}};
  for (const GraphInput& more : model_.further_inputs) {
    known[more.name] = {more.shape,
                        std::vector<float>(static_cast<std::size_t>(element_count(more.shape)), 0.0F)};
  }
  std::vector<std::string> values;
  for (const NetworkOutput& output : network_.outputs) values.push_back(output.value);
  if (values.empty()) values.push_back(model_.output);
  Progress progress("float interpreter", model_.nodes.size(), progress_);
  std::uint64_t done = 0;
  const std::vector<Tensor> results =
      evaluate_values(model_, known, values, [&] { progress.update(++done); });
  for (std::size_t i = 0; i < values.size(); ++i) {
    compare_output(results[i], output_tensor(network_, i), outputs[i]);
  }
}

void ReferenceCheck::compare_output(const Tensor& model, const QuantizedTensor& tensor,
                                    const std::vector<float>& outputs) {
  const std::vector<float> expected = model.floats();
  if (expected.size() != outputs.size()) {
    throw std::logic_error(fmt::format("the model's '{}' has {} values, and the machine's output {}",
                                       tensor.name, expected.size(), outputs.size()));
  }
  float largest = 0;
  for (const float v : expected) largest = std::isfinite(v) ? std::max(largest, std::fabs(v)) : largest;
  const std::vector<float> worths = code_worths(tensor, outputs.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto a = static_cast<double>(expected[i]), b = static_cast<double>(outputs[i]);
    ++record_.values;
    if (expected[i] == outputs[i] || (std::isnan(a) && std::isnan(b))) {
      if (!std::isfinite(a)) continue;
    } else {
      const double difference =
          std::isnan(a - b) ? std::numeric_limits<double>::infinity() : std::fabs(a - b);
      record_.largest_difference = std::max(record_.largest_difference, difference);
      if (difference > step_at(tensor, worths[i], outputs[i], largest) / 2) ++record_.differ;
    }
    record_.signal += a * a;
    record_.power += b * b;
    record_.product += a * b;
    record_.error += (a - b) * (a - b);
  }
  const std::size_t row = row_of(model.shape, expected.size());
  for (std::size_t at = 0; at < expected.size(); at += row) {
    ++record_.positions;
    if (largest_of(expected.data() + at, row) == largest_of(outputs.data() + at, row)) ++record_.agreeing;
  }
}

Reference reference_of(const RunRequest& request, const QuantizedNetwork& network, std::string& reason) {
  const auto off = [&](const std::string& why) {
    reason = why;
    return Reference::off;
  };
  const bool asked = request.reference.has_value();
  const Reference mode = request.reference.value_or(Reference::first);
  if (mode == Reference::off) return off("--reference off");
  if (request.timing_only && asked) {
    throw InputError(request.place_of("reference"),
                     "a timing-only run computes no values to hold against the float interpreter");
  }
  if (request.timing_only) return off("a timing-only run computes no values");
  if (asked) return mode;
  if (request.verify == Verify::off) return off("--verify off");
  if (network.synthetic) return off("synthetic weights");
  const double macs = macs_of(network);
  if (macs > most_macs) return off(fmt::format("{:.3g} GMAC an item", macs / 1e9));
  return mode;
}

nlohmann::ordered_json reference_json(const ReferenceRecord& record) {
  using Json = nlohmann::ordered_json;
  Json json = {{"mode", name_of(record.mode)}};
  if (record.items == 0) return json;
  const auto finite = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
  json["items"] = record.items;
  json["values"] = record.values;
  json["differ"] = record.differ;
  json["largest_difference"] = finite(record.largest_difference);
  json["step"] = record.step ? Json(*record.step) : Json(nullptr);
  json["largest_steps"] = record.step ? finite(record.largest_difference / *record.step) : Json(nullptr);
  json["sqnr_dB"] = record.sqnr_dB() ? finite(*record.sqnr_dB()) : Json(nullptr);
  json["cosine"] = finite(record.cosine());
  json["top1_agreement"] = record.top1_agreement();
  json["layers"] = Json::array();
  for (const LayerDifference& layer : record.layers) {
    json["layers"].push_back({{"name", record.layer_names[layer.layer]},
                              {"values", layer.values},
                              {"differ", layer.differ},
                              {"largest_steps", finite(layer.most_steps)}});
  }
  return json;
}

std::string reference_text(const ReferenceRecord& record) {
  if (record.items == 0) return fmt::format("  reference    off: {}\n", record.reason);
  std::string text = fmt::format("  reference    {} item{} through the float interpreter in {:.2f} s: ",
                                 grouped(record.items), record.items == 1 ? "" : "s", record.seconds);
  if (record.differ == 0) {
    text += fmt::format("all {} output values agree", grouped(record.values));
  } else {
    text += fmt::format("{} of {} output values differ, by {:.4g} at most", grouped(record.differ),
                        grouped(record.values), record.largest_difference);
    if (record.step) text += fmt::format(" ({:.3g} steps)", record.largest_difference / *record.step);
  }
  text += "\n               ";
  text += record.sqnr_dB() ? fmt::format("SQNR {:.1f} dB, ", *record.sqnr_dB()) : "";
  text +=
      fmt::format("cosine {:.6f}, top-1 agreement {:.1f}%\n", record.cosine(), 100 * record.top1_agreement());
  if (record.layers.empty())
    return text +
           "               layers are not compared: their values are not verified, or are made in a loop\n";
  const auto most =
      std::max_element(record.layers.begin(), record.layers.end(),
                       [](const auto& a, const auto& b) { return a.most_steps < b.most_steps; });
  const auto exact = std::count_if(record.layers.begin(), record.layers.end(),
                                   [](const LayerDifference& layer) { return layer.differ == 0; });
  text += fmt::format("               {} of {} layers give ONNX's values of their own inputs", exact,
                      record.layers.size());
  if (most->differ > 0)
    text += fmt::format("; '{}' differs most, by {:.3g} steps, in {} of {} values",
                        record.layer_names[most->layer], most->most_steps, grouped(most->differ),
                        grouped(most->values));
  return text + "\n";
}

}  // namespace tricycle
