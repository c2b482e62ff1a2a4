// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

const std::string& op_name(const Node& node) {
  return op_names()[static_cast<std::size_t>(node.op)];
}

bool is_max_pool(const Node& node) {
  return node.op == Op::max_pool || node.op == Op::global_max_pool;
}

template <class T>
bool all_same(const std::vector<T>& v) {
  return std::all_of(v.begin(), v.end(), [&](const T& x) { return x == v[0]; });
}

/// One value for all channels.
template <class T>
void keep_one(std::vector<T>& v) {
  v.erase(v.begin() + 1, v.end());
}

/// Whether windows tile an image: none overlaps another, is padded or reaches beyond it.
bool tiles(const Window& w) {
  return w.dilation_y == 1 && w.dilation_x == 1 && w.pad_top == 0 && w.pad_left == 0 &&
         w.stride_y >= w.kernel_h && w.stride_x >= w.kernel_w &&
         (w.lines - 1) * w.stride_y + w.kernel_h <= w.in_lines &&
         (w.columns - 1) * w.stride_x + w.kernel_w <= w.in_columns;
}

}  // namespace

const Node* Quantizer::pool_of(const Value& value) const {
  for (const Step& step : value.steps) {
    if (is_max_pool(*step.node)) return step.node;
  }
  return nullptr;
}

int Quantizer::add_tensor(QuantizedTensor tensor, const Grid2d& grid) {
  tensor.images = grid.images;
  tensor.height = grid.height;
  tensor.width = grid.width;
  tensor.channels = grid.channels;
  network_.tensors.push_back(std::move(tensor));
  return static_cast<int>(network_.tensors.size()) - 1;
}

Source Quantizer::source_of(int tensor) const {
  const QuantizedTensor& t = network_.tensor(tensor);
  const auto channels = static_cast<std::size_t>(t.channels);
  Source source;
  source.tensor = tensor;
  source.value = t.name;
  source.grid = {t.images, t.height, t.width, t.channels};
  source.scale.assign(channels, t.scale);
  source.shift.assign(channels, t.offset);
  source.least.assign(channels, t.codes.least);
  source.most.assign(channels, t.codes.most);
  return source;
}

/// The tensor of a value: it is finished (its layer gets its stage) if it is not yet.
int Quantizer::finish(const Node& user, const std::string& name, Purpose purpose) {
  const std::string plain = value_of(user, name).name;
  const auto found = finished_.find(plain);
  if (found != finished_.end()) return found->second;
  const Value value = values_.at(plain);
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  const bool untouched = std::all_of(value.steps.begin(), value.steps.end(),
                                     [](const Step& step) { return is_view(step.node->op); });
  if (untouched && source.tensor >= 0) return source.tensor;
  const int tensor = finish_plain(user, value, purpose);
  finished_[plain] = tensor;
  sources_.push_back(source_of(tensor));
  sources_.back().value = plain;
  Value done = value;
  done.steps.clear();
  done.source = static_cast<int>(sources_.size()) - 1;
  values_[plain] = std::move(done);
  return tensor;
}

int Quantizer::finish_plain(const Node& user, const Value& value, Purpose purpose) {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  const Node* pool = pool_of(value);
  const auto is_work = [](const Step& step) { return !is_view(step.node->op); };
  if (source.tensor >= 0 && pool != nullptr &&
      std::count_if(value.steps.begin(), value.steps.end(), is_work) == 1) {
    return add_pool_layer(*pool, source.tensor);
  }
  const Form form = form_of(value);
  const bool affine = form.obstacle == nullptr;
  const bool falls =
      std::any_of(form.since_pool.begin(), form.since_pool.end(), [](double factor) { return factor < 0; });
  QuantizedTensor output;
  output.name = value.name;
  output.shape = value.shape;
  const auto check_pool = [&] {
    if (falls)
      fail(*pool, "what follows it falls where its values rise, so it cannot be moved behind the stage");
  };
  if (options_.floating) {
    if (!affine) fail(*form.obstacle, "is not affine: not supported in floating point");
    check_pool();
    return finish_floating(value, form, purpose);
  }
  if (purpose == Purpose::output && affine && !form.uniform) {
    check_pool();
    const bool unscaled = !source.has_y() && !form.clamped() && all_same(form.x) && form.x[0] == 1.0 &&
                          all_same(form.bias) && form.bias[0] == 0.0 && source.tensor < 0;
    if (unscaled && std::none_of(value.steps.begin(), value.steps.end(), is_work)) {
      output.codes = Codes::sums();
      return close(value, RawStage{}, output);
    }
    if (std::optional<AffineStage> stage = affine_stage(value, form)) {
      output.codes = Codes::float32();
      return close(value, std::move(*stage), output);
    }
  }
  const std::optional<Uniform> uniform = affine && form.uniform ? form.uniform : last_uniform(value);
  if (std::optional<Fitted> fitted = fit_levels(value, value.steps.empty() ? std::nullopt : uniform,
                                                uniform.has_value() || purpose != Purpose::output)) {
    output.codes = fitted->codes;
    output.scale = fitted->scale;
    output.offset = fitted->offset;
    return close(value, std::move(fitted->stage), output);
  }
  constexpr std::int64_t most_levels = std::int64_t{1} << 16U;
  const bool clamps_alike = all_same(form.least) && all_same(form.most);
  if (affine && clamps_alike && form.uniform && !form.uniform->binary &&
      form.uniform->levels() <= most_levels) {
    check_pool();
    output.codes = form.uniform->codes();
    output.scale = form.uniform->scale;
    output.offset = -form.uniform->origin;
    ScaleStage stage = scale_stage(value, form, *form.uniform);
    return close(value, std::move(stage), output);
  }
  if (purpose == Purpose::stream && affine && clamps_alike && !form.uniform) {
    check_pool();
    const Uniform stream = stream_of(value, form);
    output.codes = stream.codes();
    output.scale = stream.scale;
    ScaleStage stage = scale_stage(value, form, stream);
    return close(value, std::move(stage), output);
  }
  if (source.has_y() && !value.steps.empty()) {
    // Two sums have no thresholds: first a stream of their total, then what follows on its codes.
    Value total = value;
    total.steps.clear();
    total.name = source.value + ".total";
    const Form plain = form_of(total);
    const Uniform stream = stream_of(total, plain);
    QuantizedTensor middle;
    middle.name = total.name;
    middle.shape = value.steps.front().shape;
    middle.codes = stream.codes();
    middle.scale = stream.scale;
    const std::string reads = source.value;
    ScaleStage stage = scale_stage(total, plain, stream);
    const int tensor = close(total, std::move(stage), middle);
    sources_.push_back(source_of(tensor));
    sources_.back().value = reads;
    Value rest = value;
    rest.source = static_cast<int>(sources_.size()) - 1;
    return finish_plain(user, rest, purpose);
  }
  fail_unfinished(user, value, form, purpose);
}

/// In floating point every value is a scale, a bias and a clamp.
int Quantizer::finish_floating(const Value& value, const Form& form, Purpose purpose) {
  if (form.uniform) fail(*value.steps.back().node, "quantizes: not supported in floating point");
  std::optional<AffineStage> stage = affine_stage(value, form);
  if (!stage) fail(*value.steps.back().node, "clamps its channels to different values");
  QuantizedTensor output;
  output.name = value.name;
  output.shape = value.shape;
  output.codes = purpose == Purpose::output ? Codes::float32() : *options_.floating;
  return close(value, std::move(*stage), output);
}

void Quantizer::fail_unfinished(const Node& user, const Value& value, const Form& form,
                                Purpose purpose) const {
  if (form.obstacle != nullptr && last_uniform(value) && !value.steps.empty()) {
    fail(*form.obstacle,
         fmt::format("is not affine, and a quantizer of {} levels follows it; thresholds take at most 16",
                     last_uniform(value)->levels()));
  }
  if (purpose == Purpose::codes) {
    fail(user, "its input is not quantized: expected a quantizer before it (--calibrate puts one there)");
  }
  if (form.obstacle != nullptr) {
    fail(*form.obstacle,
         "is not affine, and no quantizer follows it; the vector unit has affine outputs and thresholds");
  }
  fail(value.steps.empty() ? user : *value.steps.back().node,
       "clamps its channels to different values, and no quantizer follows it");
}

/// Ends the layer under construction (or a pointwise one of its own) with its output; a max pool among the
/// steps goes behind the stage.
int Quantizer::close(const Value& value, Stage stage, QuantizedTensor output) {
  Source& source = sources_[static_cast<std::size_t>(value.source)];
  QuantizedLayer layer;
  const bool has_layer = source.tensor < 0;
  if (has_layer) {
    if (!source.layer) throw std::logic_error("the layer of '" + source.value + "' is finished twice");
    layer = std::move(*source.layer);
    source.layer.reset();
  } else {
    layer.kind = LayerKind::pointwise;
    layer.inputs = {source.tensor};
    layer.window.lines = layer.window.in_lines = source.grid.height;
    layer.window.columns = layer.window.in_columns = source.grid.width;
    layer.name = value.steps.back().node->name;
  }
  const Node* pool = pool_of(value);
  Grid2d grid = source.grid;
  std::optional<Window> window;
  if (pool != nullptr) {
    window = window_of_pool(*pool, Shape{grid.images, grid.channels, grid.height, grid.width}, nullptr);
  }
  // A second input has one value for each output, not for each of a window.
  const bool fused = window && layer.kind == LayerKind::product && layer.inputs.size() == 1 && tiles(*window);
  for (const Step& step : value.steps) {
    const bool part_of_layer = has_layer && step.node->name == layer.name;
    if (is_view(step.node->op) || part_of_layer || (is_max_pool(*step.node) && !fused)) continue;
    layer.op += (layer.op.empty() ? "" : "+") + op_name(*step.node);
  }
  layer.stage = std::move(stage);
  if (fused) {
    layer.pool = window;
    grid.height = window->lines;
    grid.width = window->columns;
  }
  if (window && !fused) {
    output.name += ".before_pool";
    output.shape = Shape{grid.images, grid.channels, grid.height, grid.width};
  }
  layer.output = add_tensor(std::move(output), grid);
  const int tensor = layer.output;
  network_.layers.push_back(std::move(layer));
  if (!window || fused) return tensor;
  const int pooled = add_pool_layer(*pool, tensor);
  network_.tensors[static_cast<std::size_t>(pooled)].name = value.name;
  return pooled;
}

int Quantizer::add_pool_layer(const Node& node, int tensor) {
  const QuantizedTensor& in = network_.tensor(tensor);
  QuantizedLayer layer;
  layer.name = node.name;
  layer.op = op_name(node);
  layer.kind = LayerKind::max_pool;
  layer.inputs = {tensor};
  layer.window = window_of_pool(node, Shape{in.images, in.channels, in.height, in.width}, nullptr);
  layer.stage = RawStage{};
  QuantizedTensor output = in;
  output.name = node.outputs[0];
  output.shape = Shape{in.images, in.channels, layer.window.lines, layer.window.columns};
  const Grid2d grid = {in.images, layer.window.lines, layer.window.columns, in.channels};
  layer.output = add_tensor(std::move(output), grid);
  network_.layers.push_back(std::move(layer));
  return network_.layers.back().output;
}

/// A residual stream: 16 bits, the scale the power of two that the bound of the values asks for.
Uniform Quantizer::stream_of(const Value& value, const Form& form) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  double bound = 0;
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    double low = form.bias[c], high = form.bias[c];
    const auto add = [&](double factor, std::int64_t least, std::int64_t most) {
      const double a = factor * static_cast<double>(least), b = factor * static_cast<double>(most);
      low += std::min(a, b);
      high += std::max(a, b);
    };
    add(form.x[c], source.least[c], source.most[c]);
    if (source.has_y()) add(form.y[c], source.y_least[c], source.y_most[c]);
    low = std::clamp(low, form.least[c], form.most[c]);
    high = std::clamp(high, form.least[c], form.most[c]);
    bound = std::max({bound, std::fabs(low), std::fabs(high)});
  }
  Uniform stream;
  stream.least = -32768;
  stream.most = 32767;
  int exponent = 0;
  if (bound > 0) {
    const double fraction = std::frexp(bound / 32767.0, &exponent);
    if (fraction == 0.5) --exponent;
  }
  stream.step = stream.scale = bound > 0 ? std::ldexp(1.0, exponent) : 1.0;
  return stream;
}

/// Multipliers of up to 31 bits: code = round(value / step) + zero for the form's real value.
ScaleStage Quantizer::scale_stage(const Value& value, const Form& form, const Uniform& uniform) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  ScaleStage stage;
  double least = static_cast<double>(uniform.least), most = static_cast<double>(uniform.most);
  const auto code = [&](double real) {
    return std::nearbyint(real / uniform.step) + static_cast<double>(uniform.zero);
  };
  if (std::isfinite(form.least[0])) least = std::clamp(code(form.least[0]), least, most);
  if (std::isfinite(form.most[0])) most = std::clamp(code(form.most[0]), least, most);
  stage.least = static_cast<std::int64_t>(least);
  stage.most = static_cast<std::int64_t>(most);
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    const double x = form.x[c] / uniform.step, y = source.has_y() ? form.y[c] / uniform.step : 0;
    const double bias = form.bias[c] / uniform.step + static_cast<double>(uniform.zero);
    const auto reach = [](std::int64_t a, std::int64_t b) {
      return static_cast<double>(std::max(std::abs(a), std::abs(b)));
    };
    int shift = 47;
    const auto too_large = [&] {
      const double unit = std::ldexp(1.0, shift);
      const double x_reach = reach(source.least[c], source.most[c]);
      const double y_reach = source.has_y() ? reach(source.y_least[c], source.y_most[c]) : 0;
      return std::fabs(x) * unit > 2147483647.0 || std::fabs(y) * unit > 2147483647.0 ||
             std::fabs(bias) * unit >= 0x1p61 ||
             (std::fabs(x) * x_reach + std::fabs(y) * y_reach) * unit >= 0x1p62;
    };
    while (shift > 0 && too_large()) --shift;
    if (!std::isfinite(x) || !std::isfinite(y) || !std::isfinite(bias) || too_large()) {
      const Node* node = value.steps.empty() ? nullptr : value.steps.back().node;
      const std::string message =
          fmt::format("scales channel {} by {} and adds {}: not in fixed point", c, x, bias);
      if (node != nullptr) fail(*node, message);
      fail_file(message);
    }
    const auto fixed = [&](double v) { return std::nearbyint(std::ldexp(v, shift)); };
    stage.multiplier.push_back(static_cast<std::int32_t>(fixed(x)));
    if (source.has_y()) stage.second.push_back(static_cast<std::int32_t>(fixed(y)));
    stage.bias.push_back(static_cast<std::int64_t>(fixed(bias)));
    stage.shift.push_back(shift);
  }
  stage.per_channel = !(all_same(stage.multiplier) && (stage.second.empty() || all_same(stage.second)) &&
                        all_same(stage.bias) && all_same(stage.shift));
  if (!stage.per_channel) {
    keep_one(stage.multiplier);
    if (!stage.second.empty()) keep_one(stage.second);
    keep_one(stage.bias);
    keep_one(stage.shift);
  }
  return stage;
}

/// A scale and a bias for each channel; none where the clamps of channels differ.
std::optional<AffineStage> Quantizer::affine_stage(const Value& value, const Form& form) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  if (!all_same(form.least) || !all_same(form.most)) return std::nullopt;
  AffineStage stage;
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    stage.scale.push_back(static_cast<float>(form.x[c]));
    if (source.has_y()) stage.second.push_back(static_cast<float>(form.y[c]));
    stage.bias.push_back(static_cast<float>(form.bias[c]));
    const bool finite = std::isfinite(stage.scale.back()) && std::isfinite(stage.bias.back()) &&
                        (stage.second.empty() || std::isfinite(stage.second.back()));
    if (!finite && !value.steps.empty()) {
      fail(*value.steps.back().node,
           fmt::format("scales channel {} by {} and adds {}: not finite", c, form.x[c], form.bias[c]));
    }
  }
  stage.least = static_cast<float>(form.least[0]);
  stage.most = static_cast<float>(form.most[0]);
  if (all_same(stage.scale) && all_same(stage.bias) && (stage.second.empty() || all_same(stage.second))) {
    stage.per_channel = false;
    keep_one(stage.scale);
    keep_one(stage.bias);
    if (!stage.second.empty()) keep_one(stage.second);
  }
  return stage;
}

}  // namespace tricycle
