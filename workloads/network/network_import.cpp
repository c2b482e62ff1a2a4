// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/network_import.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "support/fields.hpp"
#include "support/random.hpp"

namespace tricycle {
namespace {

constexpr Presence required = Presence::required;
constexpr Presence optional = Presence::optional;

struct LayerSpec {
  std::string name;
  std::int64_t units = 0;
  int weights = 0;       // ternary, binary
  double density = 0.6;  // of nonzero ternary weights
  int output = 0;        // ternary, binary, sums, scaled
  double threshold = 0.6;
};

struct NetworkSpec {
  std::string name;
  std::int64_t seed = 1;
  std::int64_t rows = 1, features = 0;
  int input = 0;  // uint8, ternary
  std::vector<LayerSpec> layers;
};

void describe(Fields& fields, LayerSpec& layer) {
  static const std::vector<std::string> weights = {"ternary", "binary"};
  static const std::vector<std::string> outputs = {"ternary", "binary", "sums", "scaled"};
  fields.text("name", layer.name, required);
  fields.integer("units", layer.units, 1, 1 << 20, required);
  fields.choice("weights", layer.weights, weights, optional);
  fields.number("density", layer.density, 0, 1, optional);
  fields.choice("output", layer.output, outputs, optional);
  fields.number("threshold", layer.threshold, 0, 100, optional);
}

void describe(Fields& fields, NetworkSpec& spec) {
  static const std::vector<std::string> formats = {"tricycle-network/1"};
  static const std::vector<std::string> inputs = {"uint8", "ternary"};
  int format = 0;
  fields.choice("format", format, formats, required);
  fields.text("name", spec.name, required);
  fields.integer("seed", spec.seed, 0, std::int64_t{1} << 62, optional);
  fields.section(
      "input",
      [&](Fields& inside) {
        inside.integer("rows", spec.rows, 1, 1 << 20, optional);
        inside.integer("features", spec.features, 1, 1 << 20, required);
        inside.choice("encoding", spec.input, inputs, optional);
      },
      required);
  fields.list(
      "layers", spec.layers.size(), [&](std::size_t size) { spec.layers.resize(size); },
      [&](Fields& inside, std::size_t i) { describe(inside, spec.layers[i]); }, required);
}

Tensor scalar(float value) {
  return {{}, std::vector<float>{value}};
}

class Builder {
 public:
  Builder(const NetworkSpec& spec, const Document& document) : spec_(spec), document_(document) {}

  Graph build() {
    graph_.file = document_.place.file;
    graph_.name = spec_.name;
    graph_.producer = "tricycle-network/1";
    graph_.opset = 13;
    graph_.input = "input";
    graph_.input_shape = {spec_.rows, spec_.features};
    graph_.input_encoding = spec_.input == 0 ? Encoding::uint8 : Encoding::ternary;
    graph_.synthetic = true;
    graph_.weights_source =
        fmt::format("synthetic, seed {}, independent codes, {}", spec_.seed, distributions());
    std::string value = graph_.input;
    // Pixels from 0 to 1 become -1, 0 and +1 in thirds of their range; synthetic ternary inputs are uniform.
    if (graph_.input_encoding == Encoding::uint8) value = add_quantizer("input", value, 0.5F, 1.0F / 3.0F, 0);
    std::int64_t features = spec_.features;
    for (std::size_t i = 0; i < spec_.layers.size(); ++i) value = add_layer(i, value, features);
    graph_.output = value;
    return std::move(graph_);
  }

 private:
  /// `ternary with 0.6 nonzero`, each kind of layer once.
  std::string distributions() const {
    std::vector<std::string> kinds;
    for (const LayerSpec& layer : spec_.layers) {
      const std::string kind =
          layer.weights == 1 ? "binary" : fmt::format("ternary with {} nonzero", layer.density);
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    }
    return fmt::format("{}", fmt::join(kinds, " or "));
  }

  void add(const std::string& name, Op op, std::vector<std::string> inputs, const std::string& output) {
    Node node;
    node.name = name;
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = {output};
    if (op == Op::quant) {
      node.attributes["signed"].integer = 1;
      node.attributes["narrow"].integer = 1;
    }
    graph_.nodes.push_back(std::move(node));
  }

  /// (value - centre), then 0 up to spread / 2 from zero and +-1 beyond, or binary by sign (kind 1).
  std::string add_quantizer(const std::string& name, const std::string& value, float centre, float spread,
                            int kind) {
    const std::string shifted = name + ".centred", scaled = name + ".scaled", result = name + ".codes";
    graph_.constants[name + ".centre"] = scalar(centre);
    graph_.constants[name + ".spread"] = scalar(spread);
    graph_.constants[name + ".scale"] = scalar(1);
    graph_.constants[name + ".zero"] = scalar(0);
    graph_.constants[name + ".bits"] = scalar(2);
    std::string from = value;
    if (centre != 0.0F) {
      add(name + ".centre", Op::sub, {from, name + ".centre"}, shifted);
      from = shifted;
    }
    if (kind == 1) {
      add(name + ".quant", Op::bipolar_quant, {from, name + ".scale"}, result);
      return result;
    }
    // Quant rounds at half its scale: values beyond `spread` / 2 become +-1.
    add(name + ".spread", Op::div, {from, name + ".spread"}, scaled);
    add(name + ".quant", Op::quant, {scaled, name + ".scale", name + ".zero", name + ".bits"}, result);
    return result;
  }

  std::string add_layer(std::size_t i, const std::string& value, std::int64_t& features) {
    const LayerSpec& layer = spec_.layers[i];
    const std::string weights = layer.name + ".weights", sums = layer.name + ".sums";
    const bool last = i + 1 == spec_.layers.size();
    if (!last && layer.output > 1) {
      throw InputError(
          document_.find("layers")->items[i].place,
          fmt::format("layer '{}' is not the last one, so its output is ternary or binary", layer.name));
    }
    graph_.constants[weights] = random_weights(layer, i, features);
    add(layer.name, Op::matmul, {value, weights}, sums);
    // Independent products of nonzero codes: the standard deviation of a sum.
    const double density = layer.weights == 1 ? 1.0 : layer.density;
    const double deviation = std::sqrt(static_cast<double>(features) * density * (2.0 / 3.0)) + 1e-3;
    features = layer.units;
    if (layer.output == 2) return sums;
    if (layer.output == 3) {
      graph_.constants[layer.name + ".gain"] = scalar(static_cast<float>(1.0 / deviation));
      add(layer.name + ".gain", Op::mul, {sums, layer.name + ".gain"}, layer.name + ".scaled_sums");
      return layer.name + ".scaled_sums";
    }
    const auto spread = static_cast<float>(2.0 * layer.threshold * deviation + 1e-3);
    return add_quantizer(layer.name, sums, 0.0F, spread, layer.output);
  }

  Tensor random_weights(const LayerSpec& layer, std::size_t index, std::int64_t features) const {
    const std::int64_t count = features * layer.units;
    constexpr std::int64_t most = std::int64_t{1} << 27U;
    if (features > most / layer.units) {
      throw InputError(document_.find("layers")->items[index].place,
                       fmt::format("layer '{}' has {} x {} weights; at most {} are supported", layer.name,
                                   features, layer.units, most));
    }
    Random random(static_cast<std::uint64_t>(spec_.seed), index + 1);
    std::vector<float> weights(static_cast<std::size_t>(count));
    for (float& weight : weights) {
      const bool nonzero = layer.weights == 1 || random.chance(layer.density);
      weight = !nonzero ? 0.0F : random.below(2) == 0 ? -1.0F : 1.0F;
    }
    return {{features, layer.units}, std::move(weights)};
  }

  const NetworkSpec& spec_;
  const Document& document_;
  Graph graph_;
};

}  // namespace

Graph import_network(const Document& document, std::int64_t seed) {
  NetworkSpec spec;
  read_fields(document, "a network", spec);
  if (seed >= 0) spec.seed = seed;
  constexpr std::int64_t most_inputs = std::int64_t{1} << 26U;
  if (spec.rows > most_inputs / spec.features) {
    throw InputError(document.find("input")->place, fmt::format("{} x {} inputs; at most {} are supported",
                                                                spec.rows, spec.features, most_inputs));
  }
  Graph graph = Builder(spec, document).build();
  sort_nodes(graph);
  return graph;
}

}  // namespace tricycle
