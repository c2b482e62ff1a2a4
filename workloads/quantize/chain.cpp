// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {

const Node* Value::pool() const {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [](const Step& step) { return is_max_pool(step.node->op); });
  return found == steps.end() ? nullptr : found->node;
}

void Chain::fail(const std::string& message) const {
  if (!value.steps.empty()) fail_node(graph, *value.steps.back().node, message);
  fail_graph(graph, message);
}

Tensor channel_constant(const Graph& graph, const Step& step, const Tensor& constant, std::size_t channels) {
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
    // The only dimension that is not 1 must be the channel dimension.
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
    fail_node(graph, *step.node,
              fmt::format("a constant of shape {} is neither one number nor one for each of {} channels",
                          shape_text(constant.shape), count));
  }
  result.shape = {count};
  return result;
}

bool is_same_in_all_channels(const Chain& chain) {
  const Source& source = chain.source;
  if (source.channels() == 1 || !all_same(source.scale) || !all_same(source.shift) ||
      !all_same(source.constant))
    return source.channels() == 1;
  if (!all_same(source.least) || !all_same(source.most)) return false;
  for (const Step& step : chain.value.steps) {
    if (is_view(step.node->op)) continue;
    if (step.node->op == Op::batch_normalization) return false;
    for (const std::string& input : step.node->inputs) {
      if (!input.empty() && chain.graph.is_constant(input) && chain.graph.constants.at(input).size() != 1)
        return false;
    }
  }
  return true;
}

std::vector<Tensor> evaluate_steps(const Chain& chain, const Points& points) {
  const Source& source = chain.source;
  const std::size_t channels = points.channels;
  std::vector<float> start(points.x.size());
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    const std::size_t c = i % channels;
    // The exact product is rounded once to float32. The scale of pixels is a fraction.
    const auto x = static_cast<double>(points.x[i] + source.shift[c]);
    double real = source.fraction ? x * source.fraction->num / source.fraction->den : x * source.scale[c];
    if (!points.y.empty()) real += static_cast<double>(points.y[i]) * source.y_scale[c] + source.constant[c];
    start[i] = static_cast<float>(real);
  }
  const auto count = static_cast<std::int64_t>(channels);
  const Shape shape = {static_cast<std::int64_t>(points.x.size()) / count, count};
  std::vector<Tensor> results;
  results.reserve(chain.value.steps.size() + 1);
  results.push_back({shape, std::move(start)});
  // A value that is not computed here is the source, in another layout or under another name.
  std::map<std::string, std::size_t> place;
  const auto at = [&](const std::string& name) -> const Tensor& {
    const auto found = place.find(name);
    return results[found != place.end() ? found->second : 0];
  };
  for (const Step& step : chain.value.steps) {
    const Node& node = *step.node;
    if (hands_on(node.op)) {
      results.push_back(at(node.inputs[0]));
    } else {
      std::deque<Tensor> constants;
      std::vector<const Tensor*> inputs;
      for (const std::string& name : node.inputs) {
        if (name.empty()) {
          inputs.push_back(nullptr);
        } else if (chain.graph.is_constant(name)) {
          constants.push_back(channel_constant(chain.graph, step, chain.graph.constants.at(name), channels));
          inputs.push_back(&constants.back());
        } else {
          inputs.push_back(&at(name));
        }
      }
      results.push_back(std::move(evaluate(chain.graph, node, inputs)[0]));
      if (results.back().shape != shape)
        fail_node(chain.graph, node, "changes the shape of what it works on");
    }
    place[node.outputs[0]] = results.size() - 1;
  }
  return results;
}

std::vector<float> evaluate_chain(const Chain& chain, const Points& points, std::vector<float>* before_pool) {
  const std::vector<Tensor> results = evaluate_steps(chain, points);
  for (std::size_t i = 0; i < chain.value.steps.size() && before_pool != nullptr; ++i) {
    if (is_max_pool(chain.value.steps[i].node->op)) *before_pool = results[i + 1].floats();
  }
  return results.back().floats();
}

}  // namespace tricycle
