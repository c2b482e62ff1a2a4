// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/graph/quant.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

void scale_by(Form& form, std::size_t c, double factor) {
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

void move_by(Form& form, std::size_t c, double distance) {
  form.bias[c] += distance;
  form.least[c] += distance;
  form.most[c] += distance;
}

void clamp_to(Form& form, std::size_t c, double least, double most) {
  form.least[c] = std::clamp(form.least[c], least, most);
  form.most[c] = std::clamp(form.most[c], least, most);
}

}  // namespace

bool Form::clamped() const {
  return std::any_of(least.begin(), least.end(), [](double v) { return v > -infinite; }) ||
         std::any_of(most.begin(), most.end(), [](double v) { return v < infinite; });
}

std::int64_t Uniform::code_of(double real) const {
  const auto x = static_cast<float>(real), scale_of_codes = static_cast<float>(step);
  const Rounding how = rounding.value_or(Rounding::round);
  if (!zero_behind) return quantize(x, scale_of_codes, static_cast<float>(zero), {least, most, how});
  return std::clamp(quantize(x, scale_of_codes, 0, {least - zero, most - zero, how}) + zero, least, most);
}

/// The codes that a quantizing node gives; of DequantizeLinear only what they mean.
std::optional<Uniform> Quantizer::uniform_of(const Node& node) const {
  Uniform uniform;
  const Tensor& scale = parameter(node, 1);
  if (scale.size() != 1) fail(node, "a scale for each channel of activations is not supported");
  const float step = scale.floats()[0];
  if (!(step > 0) || !std::isnormal(step)) fail(node, fmt::format("a scale of {}", step));
  uniform.step = uniform.scale = static_cast<double>(step);
  if (node.op == Op::bipolar_quant) {
    uniform.binary = true;
    return uniform;
  }
  if (node.op == Op::quant) {
    const float zero = single(node, 2), bits = single(node, 3);
    Rounding rounding = Rounding::round;
    const std::string mode = node.text("rounding_mode", "ROUND");
    if (!parse_rounding(mode, rounding)) fail(node, "unknown rounding mode '" + mode + "'");
    if (!(bits >= 1 && bits <= 32) || bits != std::floor(bits))
      fail(node, fmt::format("a bit width of {}", bits));
    if (zero != std::floor(zero) || std::fabs(zero) > 65536)
      fail(node, fmt::format("a zero point of {}", zero));
    const QuantRange range = quant_range(static_cast<std::int64_t>(bits), node.integer("signed", 1) != 0,
                                         node.integer("narrow", 0) != 0, rounding);
    if (range.least == range.most) fail(node, "gives no code but 0");
    uniform.zero = uniform.origin = static_cast<std::int64_t>(zero);
    uniform.least = range.least;
    uniform.most = range.most;
    uniform.rounding = rounding;
    return uniform;
  }
  const bool has_zero = node.inputs.size() > 2 && !node.inputs[2].empty();
  if (has_zero) {
    const Tensor& zero = parameter(node, 2);
    if (zero.size() != 1) fail(node, "a zero point for each channel of activations is not supported");
    const bool byte = std::holds_alternative<std::vector<std::int8_t>>(zero.data) ||
                      std::holds_alternative<std::vector<std::uint8_t>>(zero.data);
    if (!byte && (zero.is_float() || node.op == Op::quantize_linear))
      fail(node, fmt::format("a zero point of type {}; supported are uint8 and int8", zero.type_name()));
    uniform.zero = zero.integers()[0];
  }
  const bool is_signed =
      has_zero && std::holds_alternative<std::vector<std::int8_t>>(parameter(node, 2).data);
  uniform.least = is_signed ? -128 : 0;
  uniform.most = is_signed ? 127 : 255;
  uniform.origin = uniform.zero;
  uniform.rounding = Rounding::round;
  uniform.zero_behind = true;
  if (node.op == Op::quantize_linear) {
    uniform.scale = 1;  // until a DequantizeLinear says what the codes mean
    uniform.origin = 0;
  }
  return uniform;
}

/// The quantizer at the end of a value's steps, if there is one.
std::optional<Uniform> Quantizer::last_uniform(const Value& value) const {
  for (auto step = value.steps.rbegin(); step != value.steps.rend(); ++step) {
    const Node& node = *step->node;
    if (is_view(node.op) || node.op == Op::max_pool || node.op == Op::global_max_pool) continue;
    if (node.op == Op::quant || node.op == Op::bipolar_quant || node.op == Op::quantize_linear)
      return uniform_of(node);
    if (node.op != Op::dequantize_linear) return std::nullopt;
    // The codes are those of the QuantizeLinear before it.
    std::optional<Uniform> meaning = uniform_of(node);
    for (++step; step != value.steps.rend(); ++step) {
      if (step->node->op == Op::quantize_linear) {
        Uniform uniform = *uniform_of(*step->node);
        uniform.scale = meaning->scale;
        uniform.origin = meaning->zero;
        return uniform;
      }
      if (!is_view(step->node->op) && step->node->op != Op::max_pool) return std::nullopt;
    }
    return std::nullopt;
  }
  // No step: the codes of a finished tensor.
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  if (source.tensor < 0) return std::nullopt;
  const QuantizedTensor& tensor = network_.tensor(source.tensor);
  if (tensor.codes.is_float() || tensor.codes.kind == Codes::Kind::power_of_two) return std::nullopt;
  Uniform uniform;
  uniform.scale = uniform.step = tensor.scale;
  uniform.origin = uniform.zero = -tensor.offset;
  uniform.least = tensor.codes.least;
  uniform.most = tensor.codes.most;
  uniform.binary = tensor.codes.kind == Codes::Kind::binary;
  return uniform;
}

/// The steps composed in double precision, up to the first that is not affine.
Form Quantizer::form_of(const Value& value) {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  const std::size_t channels = source.channels();
  Form form;
  form.x = source.scale;
  form.y = source.y_scale;
  form.least.assign(channels, -infinite);
  form.most.assign(channels, infinite);
  for (std::size_t c = 0; c < channels; ++c) {
    form.bias.push_back(static_cast<double>(source.shift[c]) * source.scale[c] +
                        (source.constant.empty() ? 0.0 : source.constant[c]));
  }
  std::string at;  // "": the source
  for (const Step& step : value.steps) {
    if (!compose(form, step, at)) {
      form.obstacle = step.node;
      break;
    }
    at = step.node->outputs[0];
  }
  return form;
}

/// One step more. False: it is not affine, or not a continuation of what was before it.
bool Quantizer::compose(Form& form, const Step& step, const std::string& at) {
  const Node& node = *step.node;
  const std::vector<std::string> names = variables(node);
  if (names.empty()) {
    // A step that is not in the graph (a bias) reads "" for the sums.
  } else if (names.size() != 1 || (!at.empty() && names[0] != at) ||
             std::count(node.inputs.begin(), node.inputs.end(), names[0]) != 1) {
    return false;
  }
  if (is_view(node.op)) return true;
  const std::size_t channels = form.x.size();
  if (node.op == Op::max_pool || node.op == Op::global_max_pool) {
    if (!form.since_pool.empty()) return false;
    form.since_pool.assign(channels, 1.0);
    return true;
  }
  const auto constant_of = [&](std::size_t i) {
    std::vector<float> values =
        channel_constant(step, graph_.constants.at(node.inputs[i]), channels).floats();
    if (values.size() == 1) values.resize(channels, values[0]);
    return values;
  };
  const auto bound = [&](const char* attribute, std::size_t i, double otherwise) {
    if (i < node.inputs.size() && !node.inputs[i].empty()) return static_cast<double>(single(node, i));
    const auto found = node.attributes.find(attribute);
    return found == node.attributes.end() || !found->second.number
               ? otherwise
               : static_cast<double>(*found->second.number);
  };
  const bool ends = form.uniform.has_value();
  if (node.op == Op::relu || node.op == Op::clip) {
    const double least = node.op == Op::relu ? 0 : bound("min", 1, -infinite);
    const double most = node.op == Op::relu ? infinite : bound("max", 2, infinite);
    if (least > most) return false;
    if (!ends) {
      for (std::size_t c = 0; c < channels; ++c) clamp_to(form, c, least, most);
      return true;
    }
    // Of codes: the bounds must be codes themselves, or beyond them.
    Uniform& uniform = *form.uniform;
    if (uniform.binary) return false;
    const auto code_at = [&](double v) { return v / uniform.scale + static_cast<double>(uniform.origin); };
    const double low = std::max(code_at(least), static_cast<double>(uniform.least));
    const double high = std::min(code_at(most), static_cast<double>(uniform.most));
    if (low != std::floor(low) || high != std::floor(high) || low > high) return false;
    uniform.least = static_cast<std::int64_t>(low);
    uniform.most = static_cast<std::int64_t>(high);
    return true;
  }
  if (node.op == Op::quant || node.op == Op::quantize_linear) {
    const std::optional<Uniform> uniform = uniform_of(node);
    if (ends) {
      // The same codes again change nothing.
      const Uniform& before = *form.uniform;
      if (before.binary || before.scale != uniform->step || before.origin != uniform->zero ||
          before.least < uniform->least || before.most > uniform->most)
        return false;
      form.uniform->scale = uniform->scale;
      form.uniform->origin = uniform->origin;
      return true;
    }
    form.uniform = uniform;
    return true;
  }
  if (node.op == Op::dequantize_linear) {
    if (!ends || form.uniform->scale != 1 || form.uniform->origin != 0) return false;
    const std::optional<Uniform> meaning = uniform_of(node);
    form.uniform->scale = meaning->scale;
    form.uniform->origin = meaning->zero;
    return true;
  }
  if (node.op == Op::cast) return !ends && node.integer("to", 1) == 1;
  if (ends) {
    // Codes times one positive number.
    if ((node.op != Op::mul && node.op != Op::div) || node.inputs.size() != 2) return false;
    const bool first = !graph_.is_constant(node.inputs[0]);
    const Tensor& constant = graph_.constants.at(node.inputs[first ? 1 : 0]);
    if (constant.size() != 1 || (node.op == Op::div && !first)) return false;
    const auto factor = static_cast<double>(constant.floats()[0]);
    if (!(factor > 0)) return false;
    form.uniform->scale = node.op == Op::mul ? form.uniform->scale * factor : form.uniform->scale / factor;
    return true;
  }
  if (node.op == Op::batch_normalization) {
    compose_batch_normalization(form, step);
    return true;
  }
  if (node.op == Op::neg) {
    for (std::size_t c = 0; c < channels; ++c) scale_by(form, c, -1);
    return true;
  }
  if (node.inputs.size() != 2) return node.op == Op::sum && node.inputs.size() == 1;
  const bool first = !graph_.is_constant(node.inputs[0]);
  if (!first && node.op == Op::div) return false;
  if (node.op != Op::add && node.op != Op::sub && node.op != Op::mul && node.op != Op::div &&
      node.op != Op::sum && node.op != Op::min && node.op != Op::max)
    return false;
  const std::vector<float> values = constant_of(first ? 1 : 0);
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

void Quantizer::compose_batch_normalization(Form& form, const Step& step) {
  const Node& node = *step.node;
  std::vector<float> p[4];
  for (std::size_t i = 0; i < 4; ++i) {
    p[i] = parameter(node, i + 1).floats();
    if (p[i].size() != form.x.size()) fail(node, "does not have one value for each channel");
  }
  const auto epsilon = static_cast<double>(node.number("epsilon", 1e-5F));
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    const double gain = static_cast<double>(p[0][c]) / std::sqrt(static_cast<double>(p[3][c]) + epsilon);
    move_by(form, c, -static_cast<double>(p[2][c]));
    scale_by(form, c, gain);
    move_by(form, c, static_cast<double>(p[1][c]));
  }
}

}  // namespace tricycle
