// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/graph/shapes.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {

void Quantizer::take_pointwise(const Node& node) {
  const std::vector<std::string> names = variables(node);
  Value value = value_of(node, names[0]);
  if (value.pads != std::array<std::int64_t, 4>{}) fail(node, "reads padded values");
  // Steps of several branches, each once, in the order of the graph.
  for (const std::string& name : names) {
    const Value& other = value_of(node, name);
    if (other.layout != value.layout || other.shape != value.shape)
      fail(node, "combines values that are laid out differently");
    for (const Step& step : other.steps) {
      const auto place = std::lower_bound(value.steps.begin(), value.steps.end(), step.order,
                                          [](const Step& s, std::size_t order) { return s.order < order; });
      if (place == value.steps.end() || place->order != step.order) value.steps.insert(place, step);
    }
  }
  if (shapes_.at(node.outputs[0]) != value.shape) fail(node, "changes the shape of what it works on");
  value.steps.push_back({&node, order_ * 8, value.layout, value.shape});
  value.name = node.outputs[0];
  const bool quantizer =
      node.op == Op::quant || node.op == Op::bipolar_quant || node.op == Op::quantize_linear;
  if (quantizer) {
    // Check its parameters, and drop it where its input has its values already.
    const std::optional<Uniform> uniform = uniform_of(node);
    const std::optional<Uniform> before = last_uniform(values_.at(names[0]));
    if (node.op != Op::quantize_linear && before && uniform && before->scale == uniform->scale &&
        before->origin == uniform->origin && before->least >= uniform->least &&
        before->most <= uniform->most && (before->binary || !uniform->binary)) {
      Value same = values_.at(names[0]);
      values_[node.outputs[0]] = std::move(same);
      verdict(node, "folded", "its input has these values already");
      return;
    }
    verdict(node, "mapped", "the stage of the layer before it");
  } else {
    verdict(node, "folded", "into the stage of the layer before it");
  }
  values_[node.outputs[0]] = std::move(value);
}

/// Where the values of a layer under construction go different ways that do not meet again, they are finished
/// at the last value that all ways share.
void Quantizer::start(const std::string& name) {
  const std::string last = last_common_value(name);
  if (!last.empty()) shared_.insert(last);
}

/// The nodes behind a value whose variables all come from it through such nodes, in the order of the graph.
std::vector<const Node*> Quantizer::pointwise_behind(const std::string& name) const {
  std::vector<const Node*> region;
  std::set<std::string> inside = {name};
  // The nodes of a graph are one vector: their addresses are in its order, readers behind what they read.
  const std::vector<const Node*>& first = wiring_.readers_of(name);
  std::set<const Node*> next(first.begin(), first.end());
  while (!next.empty()) {
    const Node* node = next.extract(next.begin()).value();
    const bool works = is_pointwise(node->op) || is_view(node->op) || node->op == Op::max_pool ||
                       node->op == Op::global_max_pool;
    const std::vector<std::string> names = variables(*node);
    const auto is_inside = [&](const std::string& v) { return inside.count(v) != 0; };
    if (!works || names.empty() || !std::all_of(names.begin(), names.end(), is_inside)) continue;
    region.push_back(node);
    inside.insert(node->outputs[0]);
    const std::vector<const Node*>& readers = wiring_.readers_of(node->outputs[0]);
    next.insert(readers.begin(), readers.end());
  }
  return region;
}

std::string Quantizer::last_common_value(const std::string& name) const {
  const std::vector<const Node*> region = pointwise_behind(name);
  std::set<std::string> inside = {name};
  for (const Node* node : region) inside.insert(node->outputs[0]);
  const std::set<const Node*> nodes(region.begin(), region.end());
  const auto in_region = [&](const Node* node) { return nodes.count(node) != 0; };
  // Values that something outside reads, before they are laid out anew.
  std::set<std::string> exits;
  for (const std::string& value : inside) {
    const std::vector<const Node*>& readers = wiring_.readers_of(value);
    const bool leaves = value == graph_.output || std::any_of(readers.begin(), readers.end(),
                                                              [&](const Node* r) { return !in_region(r); });
    if (!leaves) continue;
    std::string plain = value;
    for (const Node* node = wiring_.producer_of(plain); plain != name && node != nullptr && is_view(node->op);
         node = wiring_.producer_of(plain)) {
      plain = node->inputs[0];
    }
    exits.insert(plain);
  }
  if (exits.size() < 2) return "";
  // The last value without which no exit but itself can be reached.
  std::vector<std::string> candidates = {name};
  for (const Node* node : region) {
    if (!is_view(node->op)) candidates.push_back(node->outputs[0]);
  }
  for (auto candidate = candidates.rbegin(); candidate != candidates.rend(); ++candidate) {
    std::set<std::string> reached;
    if (*candidate != name) reached.insert(name);
    for (const Node* node : region) {
      if (node->outputs[0] == *candidate) continue;
      const std::vector<std::string> names = variables(*node);
      if (std::any_of(names.begin(), names.end(),
                      [&](const std::string& v) { return reached.count(v) != 0; }))
        reached.insert(node->outputs[0]);
    }
    const bool avoided = std::any_of(exits.begin(), exits.end(),
                                     [&](const std::string& exit) { return reached.count(exit) != 0; });
    if (!avoided) return *candidate;
  }
  return name;
}

/// A constant of a step: one number, or one for each channel.
Tensor Quantizer::channel_constant(const Step& step, const Tensor& constant, std::size_t channels) const {
  Tensor result = constant;
  const auto count = static_cast<std::int64_t>(channels);
  const bool of_channels = step.node->op == Op::batch_normalization;
  if (constant.size() == 1 && !(of_channels && count == 1)) {
    result.shape = {};
    if (of_channels) result.shape = {1};
    return result;
  }
  bool fits = constant.size() == count;
  if (fits && !of_channels) {
    // The one dimension that is not 1 is the channels'.
    const std::size_t rank = step.shape.size();
    const bool first = step.layout == Layout::channels_first;
    const bool flat = step.layout == Layout::flat_chw || step.layout == Layout::flat_hwc;
    for (std::size_t i = 0; i < constant.shape.size() && fits; ++i) {
      if (constant.shape[i] == 1) continue;
      const std::size_t from_end = constant.shape.size() - 1 - i;
      fits = constant.shape.size() <= rank && from_end == (first ? 2U : 0U) &&
             (!flat || step.shape.back() == count);
    }
  }
  if (!fits) {
    fail(*step.node,
         fmt::format("a constant of shape {} is neither one number nor one for each of {} channels",
                     shape_text(constant.shape), count));
  }
  result.shape = {count};
  return result;
}

/// Whether the steps do the same in every channel.
bool Quantizer::is_uniform(const Value& value) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  const auto same = [](const auto& v) {
    return std::all_of(v.begin(), v.end(), [&](const auto& x) { return x == v[0]; });
  };
  if (source.channels() == 1 || !same(source.scale) || !same(source.shift) || !same(source.constant))
    return source.channels() == 1;
  if (!same(source.least) || !same(source.most)) return false;
  for (const Step& step : value.steps) {
    if (is_view(step.node->op)) continue;
    if (step.node->op == Op::batch_normalization) return false;
    for (const std::string& input : step.node->inputs) {
      if (!input.empty() && graph_.is_constant(input) && graph_.constants.at(input).size() != 1) return false;
    }
  }
  return true;
}

/// The results of a value's steps for integers `points`, points x channels, evaluated in the model's own
/// operators: first the source's (with its y of `second`), in float32, then each step's. What only moves
/// values hands them on.
std::vector<Tensor> Quantizer::step_values(const Value& value, const std::vector<std::int64_t>& points,
                                           std::size_t channels, const std::vector<std::int64_t>& second) {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  std::vector<float> start(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t c = i % channels;
    // One rounding to float32 of the exact product; an input's scale is a fraction.
    const auto x = static_cast<double>(points[i] + source.shift[c]);
    const bool pixels = source.tensor == 0 && network_.reading.rule == ReadingRule::grid &&
                        network_.tensors[0].codes.most == 255;
    double real = pixels ? x * input_scale_.num / input_scale_.den : x * source.scale[c];
    if (!second.empty()) real += static_cast<double>(second[i]) * source.y_scale[c] + source.constant[c];
    start[i] = static_cast<float>(real);
  }
  const auto count = static_cast<std::int64_t>(channels);
  const Shape shape = {static_cast<std::int64_t>(points.size()) / count, count};
  std::vector<Tensor> results;
  results.reserve(value.steps.size() + 1);
  results.push_back({shape, std::move(start)});
  // What is not computed here is the source, laid out anew or under another name.
  std::map<std::string, std::size_t> place;
  const auto at = [&](const std::string& name) -> const Tensor& {
    const auto found = place.find(name);
    return results[found != place.end() ? found->second : 0];
  };
  for (const Step& step : value.steps) {
    const Node& node = *step.node;
    if (hands_on(node)) {
      results.push_back(at(node.inputs[0]));
    } else {
      std::deque<Tensor> constants;
      std::vector<const Tensor*> inputs;
      for (const std::string& name : node.inputs) {
        if (name.empty()) {
          inputs.push_back(nullptr);
        } else if (graph_.is_constant(name)) {
          constants.push_back(channel_constant(step, graph_.constants.at(name), channels));
          inputs.push_back(&constants.back());
        } else {
          inputs.push_back(&at(name));
        }
      }
      results.push_back(std::move(evaluate(graph_, node, inputs)[0]));
      if (results.back().shape != shape) fail(node, "changes the shape of what it works on");
    }
    place[node.outputs[0]] = results.size() - 1;
  }
  return results;
}

/// The float32 results of all steps; and, on request, what the max pool among them reads.
std::vector<float> Quantizer::run_steps(const Value& value, const std::vector<std::int64_t>& points,
                                        std::size_t channels, std::vector<float>* before_pool) {
  const std::vector<Tensor> results = step_values(value, points, channels);
  for (std::size_t i = 0; i < value.steps.size() && before_pool != nullptr; ++i) {
    const Op op = value.steps[i].node->op;
    if (op == Op::max_pool || op == Op::global_max_pool) *before_pool = results[i + 1].floats();
  }
  return results.back().floats();
}

}  // namespace tricycle
