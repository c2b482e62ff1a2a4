// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/affine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

void scale_by(AffineForm& form, std::size_t c, double factor) {
  form.x[c] *= factor;
  form.bias[c] *= factor;
  if (!form.y.empty()) form.y[c] *= factor;
  if (!form.since_pool.empty()) form.since_pool[c] *= factor;
  const double a = form.least[c] * factor, b = form.most[c] * factor;
  if (factor == 0) {
    form.least[c] = form.most[c] = 0;
  } else {
    form.least[c] = std::min(a, b);
    form.most[c] = std::max(a, b);
  }
}

void move_by(AffineForm& form, std::size_t c, double distance) {
  form.bias[c] += distance;
  form.least[c] += distance;
  form.most[c] += distance;
}

void clamp_to(AffineForm& form, std::size_t c, double least, double most) {
  form.least[c] = std::clamp(form.least[c], least, most);
  form.most[c] = std::clamp(form.most[c], least, most);
}

void compose_batch_normalization(const Graph& graph, AffineForm& form, const Step& step) {
  const Node& node = *step.node;
  std::vector<float> p[4];
  for (std::size_t i = 0; i < 4; ++i) {
    p[i] = parameter(graph, node, i + 1).floats();
    if (p[i].size() != form.x.size()) fail_node(graph, node, "does not have one value for each channel");
  }
  const auto epsilon = static_cast<double>(node.number("epsilon", 1e-5F));
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    const double gain = static_cast<double>(p[0][c]) / std::sqrt(static_cast<double>(p[3][c]) + epsilon);
    move_by(form, c, -static_cast<double>(p[2][c]));
    scale_by(form, c, gain);
    move_by(form, c, static_cast<double>(p[1][c]));
  }
}

/// A bound of a Clip: an input, an attribute of older opsets, or `otherwise`.
double bound_of(const Graph& graph, const Node& node, const char* attribute, std::size_t i,
                double otherwise) {
  if (i < node.inputs.size() && !node.inputs[i].empty()) return static_cast<double>(single(graph, node, i));
  const auto found = node.attributes.find(attribute);
  return found == node.attributes.end() || !found->second.number ? otherwise
                                                                 : static_cast<double>(*found->second.number);
}

/// Clamps codes. The bounds must be codes themselves, or lie beyond all codes.
bool clamp_codes(Uniform& uniform, double least, double most) {
  if (uniform.binary) return false;
  const auto code_at = [&](double v) { return v / uniform.scale + static_cast<double>(uniform.origin); };
  const double low = std::max(code_at(least), static_cast<double>(uniform.least));
  const double high = std::min(code_at(most), static_cast<double>(uniform.most));
  if (low != std::floor(low) || high != std::floor(high) || low > high) return false;
  uniform.least = static_cast<std::int64_t>(low);
  uniform.most = static_cast<std::int64_t>(high);
  return true;
}

bool compose_clamp(const Graph& graph, AffineForm& form, const Node& node) {
  const double least = node.op == Op::relu ? 0 : bound_of(graph, node, "min", 1, -infinite);
  const double most = node.op == Op::relu ? infinite : bound_of(graph, node, "max", 2, infinite);
  if (least > most) return false;
  if (form.uniform) return clamp_codes(*form.uniform, least, most);
  for (std::size_t c = 0; c < form.x.size(); ++c) clamp_to(form, c, least, most);
  return true;
}

/// Ends the form with a quantizer. A quantizer after another must have the same scale and zero point and hold
/// all its codes. It changes only their meaning.
bool compose_quantizer(const Graph& graph, AffineForm& form, const Node& node) {
  const Uniform uniform = uniform_of(graph, node);
  if (!form.uniform) {
    form.uniform = uniform;
    return true;
  }
  Uniform& before = *form.uniform;
  if (before.binary || before.scale != uniform.step || before.origin != uniform.zero ||
      before.least < uniform.least || before.most > uniform.most)
    return false;
  before.scale = uniform.scale;
  before.origin = uniform.origin;
  return true;
}

/// A DequantizeLinear gives the codes of a QuantizeLinear their meaning.
bool compose_meaning(const Graph& graph, AffineForm& form, const Node& node) {
  if (!form.uniform || form.uniform->scale != 1 || form.uniform->origin != 0) return false;
  const Uniform meaning = uniform_of(graph, node);
  form.uniform->scale = meaning.scale;
  form.uniform->origin = meaning.zero;
  return true;
}

/// Multiplies codes by one positive number: only their scale changes.
bool scale_codes(const Graph& graph, Uniform& uniform, const Node& node) {
  if ((node.op != Op::mul && node.op != Op::div) || node.inputs.size() != 2) return false;
  const bool first = !graph.is_constant(node.inputs[0]);
  const Tensor& constant = graph.constants.at(node.inputs[first ? 1 : 0]);
  if (constant.size() != 1 || (node.op == Op::div && !first)) return false;
  const auto factor = static_cast<double>(constant.floats()[0]);
  if (!(factor > 0)) return false;
  uniform.scale = node.op == Op::mul ? uniform.scale * factor : uniform.scale / factor;
  return true;
}

/// Arithmetic with a constant on either side, if the result is affine.
bool compose_arithmetic(const Graph& graph, AffineForm& form, const Step& step) {
  const Node& node = *step.node;
  if (node.inputs.size() != 2) return node.op == Op::sum && node.inputs.size() == 1;
  const bool first = !graph.is_constant(node.inputs[0]);
  if (!first && node.op == Op::div) return false;
  if (node.op != Op::add && node.op != Op::sub && node.op != Op::mul && node.op != Op::div &&
      node.op != Op::sum && node.op != Op::min && node.op != Op::max)
    return false;
  const std::size_t channels = form.x.size();
  std::vector<float> values =
      channel_constant(graph, step, graph.constants.at(node.inputs[first ? 1 : 0]), channels).floats();
  if (values.size() == 1) values.resize(channels, values[0]);
  for (std::size_t c = 0; c < channels; ++c) {
    const auto v = static_cast<double>(values[c]);
    switch (node.op) {
      case Op::add:
      case Op::sum: move_by(form, c, v); break;
      case Op::sub:
        if (!first) scale_by(form, c, -1);
        move_by(form, c, first ? -v : v);
        break;
      case Op::mul: scale_by(form, c, v); break;
      case Op::div: scale_by(form, c, 1 / v); break;
      case Op::max: clamp_to(form, c, v, infinite); break;
      default: clamp_to(form, c, -infinite, v);
    }
  }
  return true;
}

/// Whether an operator reads, once and alone, the value that the form has reached. `at` is "" at the source.
bool continues(const Graph& graph, const Node& node, const std::string& at) {
  const std::vector<std::string> names = variables_of(graph, node);
  if (names.empty()) return true;  // there is no variable to check
  return names.size() == 1 && (at.empty() || names[0] == at) &&
         std::count(node.inputs.begin(), node.inputs.end(), names[0]) == 1;
}

/// Adds one more operator to a form. False: it is not affine, or does not continue the form.
bool compose(const Graph& graph, AffineForm& form, const Step& step, const std::string& at) {
  const Node& node = *step.node;
  if (!continues(graph, node, at)) return false;
  if (is_view(node.op)) return true;
  if (is_max_pool(node.op)) {
    if (!form.since_pool.empty()) return false;
    form.since_pool.assign(form.x.size(), 1.0);
    return true;
  }
  switch (node.op) {
    case Op::relu:
    case Op::clip: return compose_clamp(graph, form, node);
    case Op::quant:
    case Op::quantize_linear: return compose_quantizer(graph, form, node);
    case Op::dequantize_linear: return compose_meaning(graph, form, node);
    case Op::cast: return !form.uniform && node.integer("to", 1) == 1;
    default: break;
  }
  if (form.uniform) return scale_codes(graph, *form.uniform, node);
  if (node.op == Op::batch_normalization) {
    compose_batch_normalization(graph, form, step);
    return true;
  }
  if (node.op == Op::neg) {
    for (std::size_t c = 0; c < form.x.size(); ++c) scale_by(form, c, -1);
    return true;
  }
  return compose_arithmetic(graph, form, step);
}

}  // namespace

bool AffineForm::clamped() const {
  return std::any_of(least.begin(), least.end(), [](double v) { return v > -infinite; }) ||
         std::any_of(most.begin(), most.end(), [](double v) { return v < infinite; });
}

AffineForm affine_form(const Chain& chain) {
  const Source& source = chain.source;
  const std::size_t channels = source.channels();
  AffineForm form;
  form.x = source.scale;
  form.y = source.y_scale;
  form.least.assign(channels, -infinite);
  form.most.assign(channels, infinite);
  for (std::size_t c = 0; c < channels; ++c) {
    form.bias.push_back(static_cast<double>(source.shift[c]) * source.scale[c] +
                        (source.constant.empty() ? 0.0 : source.constant[c]));
  }
  std::string at;  // "" is the source
  for (const Step& step : chain.value.steps) {
    if (!compose(chain.graph, form, step, at)) {
      form.obstacle = step.node;
      break;
    }
    at = step.node->outputs[0];
  }
  return form;
}

std::pair<double, double> reach_of(const Source& source, const AffineForm& form, std::size_t c) {
  double low = form.bias[c], high = form.bias[c];
  const auto add = [&](double factor, std::int64_t least, std::int64_t most) {
    const double a = factor * static_cast<double>(least), b = factor * static_cast<double>(most);
    low += std::min(a, b);
    high += std::max(a, b);
  };
  add(form.x[c], source.least[c], source.most[c]);
  if (source.has_y()) add(form.y[c], source.y_least[c], source.y_most[c]);
  return {low, high};
}

std::optional<AffineForm> with_one_clamp(const Source& source, const AffineForm& form, bool reach_is_known) {
  if (all_same(form.least) && all_same(form.most)) return form;
  AffineForm one = form;
  double least = -infinite, most = infinite;
  std::vector<std::pair<double, double>> reached;
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    const bool constant = form.x[c] == 0 && (form.y.empty() || form.y[c] == 0);
    auto [low, high] = reach_of(source, form, c);
    if (!reach_is_known && !constant) {
      low = -infinite;
      high = infinite;
    }
    const double a = std::clamp(low, form.least[c], form.most[c]);
    const double b = std::clamp(high, form.least[c], form.most[c]);
    reached.emplace_back(a, b);
    if (a == b) {
      one.x[c] = 0;
      if (!one.y.empty()) one.y[c] = 0;
      one.bias[c] = a;
      continue;
    }
    if (low < form.least[c]) least = std::max(least, form.least[c]);
    if (high > form.most[c]) most = std::min(most, form.most[c]);
  }
  for (const auto& [low, high] : reached) {
    if (low < least || high > most) return std::nullopt;
  }
  one.least.assign(form.x.size(), least);
  one.most.assign(form.x.size(), most);
  return one;
}

}  // namespace tricycle
