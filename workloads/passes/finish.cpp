// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

const std::string& op_name(const Node& node) {
  return name_of(node.op);
}

bool is_max_pool(const Node& node) {
  return node.op == Op::max_pool || node.op == Op::global_max_pool;
}

template <class T>
bool all_same(const std::vector<T>& v) {
  return std::all_of(v.begin(), v.end(), [&](const T& x) { return x == v[0]; });
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
  network_.tensors[static_cast<std::size_t>(tensor)].values.push_back(plain);
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
  const std::optional<Form> alike = affine ? settled(source, form) : std::nullopt;
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
    if (alike) {
      output.codes = Codes::float32();
      return close(value, affine_stage(value, *alike), output);
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
  const bool codes = affine && form.uniform && !form.uniform->binary && form.uniform->levels() <= most_levels;
  const bool streams = affine && purpose == Purpose::stream && !form.uniform;
  if (alike && codes) {
    check_pool();
    return finish_scaled(value, *alike, *form.uniform);
  }
  if (alike && streams) {
    check_pool();
    return finish_scaled(value, *alike, stream_of(value, *alike));
  }
  if (!affine && form.uniform) return finish_behind_codes(user, value, *form.obstacle, purpose);
  if ((codes || streams) && pool == nullptr) {
    if (const std::optional<int> tensor = finish_behind_stream(user, value, form, purpose)) return *tensor;
  }
  if (source.has_y() && !value.steps.empty()) {
    // Two sums have no thresholds: first a stream of their total, then what follows on its codes.
    Value total = value;
    total.steps.clear();
    total.name = source.value + ".total";
    total.shape = value.steps.front().shape;
    const std::string reads = source.value;
    const Form plain = form_of(total);
    Value rest = value;
    rest.source = source_on(finish_scaled(total, plain, stream_of(total, plain)), reads);
    return finish_plain(user, rest, purpose);
  }
  fail_unfinished(user, value, form, purpose);
}

/// Ends a layer with the codes of a quantizer or of a stream, in fixed point.
int Quantizer::finish_scaled(const Value& value, const Form& form, const Uniform& uniform) {
  QuantizedTensor output;
  output.name = value.name;
  output.shape = value.shape;
  output.codes = uniform.codes();
  output.scale = uniform.scale;
  output.offset = -uniform.origin;
  ScaleStage stage = scale_stage(value, form, uniform);
  if (uniform.rounding) check_stage(value, form, stage, uniform);
  return close(value, std::move(stage), std::move(output));
}

/// A source that goes on from a tensor, under the name that the steps behind it read.
int Quantizer::source_on(int tensor, const std::string& name) {
  sources_.push_back(source_of(tensor));
  sources_.back().value = name;
  return static_cast<int>(sources_.size()) - 1;
}

/// A quantizer, and steps behind it that do not end with its codes: it becomes codes, and the steps work on
/// them.
int Quantizer::finish_behind_codes(const Node& user, const Value& value, const Node& obstacle,
                                   Purpose purpose) {
  const auto at = std::find_if(value.steps.begin(), value.steps.end(),
                               [&](const Step& step) { return step.node == &obstacle; });
  Value head = value, rest = value;
  head.steps.erase(head.steps.begin() + (at - value.steps.begin()), head.steps.end());
  head.name = head.steps.back().node->outputs[0];
  head.shape = at->shape;
  rest.steps.erase(rest.steps.begin(), rest.steps.begin() + (at - value.steps.begin()));
  const int codes = finish_plain(user, head, Purpose::stream);
  network_.tensors[static_cast<std::size_t>(codes)].values.push_back(head.name);
  rest.source = source_on(codes, head.name);
  return finish_plain(user, rest, purpose);
}

/// Clamps that differ between channels: the steps up to the last value that all channels clamp alike become a
/// stream, and the others work on its codes. Nothing where the stream's steps are too coarse for the
/// quantizer.
std::optional<int> Quantizer::finish_behind_stream(const Node& user, const Value& value, const Form& form,
                                                   Purpose purpose) {
  for (std::size_t count = value.steps.size() - 1; count > 0; --count) {
    Value head = value;
    head.steps.resize(count);
    const Form start = form_of(head);
    const std::optional<Form> alike =
        start.uniform ? std::nullopt : settled(sources_[static_cast<std::size_t>(value.source)], start);
    if (!alike) continue;
    head.name = head.steps.back().node->outputs[0] + ".stream";
    head.shape = value.steps[count].shape;
    const Uniform stream = stream_of(head, *alike);
    for (std::size_t c = 0; c < form.x.size(); ++c) {
      const double gain = start.x[c] == 0 ? 0 : form.x[c] / start.x[c];
      if (form.uniform && std::fabs(gain) * stream.step > form.uniform->step) return std::nullopt;
    }
    const std::string reads = head.steps.back().node->outputs[0];
    Value rest = value;
    rest.steps.erase(rest.steps.begin(), rest.steps.begin() + static_cast<std::ptrdiff_t>(count));
    const int codes = finish_scaled(head, *alike, stream);
    network_.tensors[static_cast<std::size_t>(codes)].values.push_back(reads);
    rest.source = source_on(codes, reads);
    return finish_plain(user, rest, purpose);
  }
  return std::nullopt;
}

/// In floating point every value is a scale, a bias and a clamp.
int Quantizer::finish_floating(const Value& value, const Form& form, Purpose purpose) {
  if (form.uniform) fail(*value.steps.back().node, "quantizes: not supported in floating point");
  const std::optional<Form> alike = settled(sources_[static_cast<std::size_t>(value.source)], form);
  if (!alike) fail(*value.steps.back().node, "clamps its channels to different values");
  QuantizedTensor output;
  output.name = value.name;
  output.shape = value.shape;
  output.codes = purpose == Purpose::output ? Codes::float32() : *options_.floating;
  return close(value, affine_stage(value, *alike), output);
}

void Quantizer::fail_unfinished(const Node& user, const Value& value, const Form& form,
                                Purpose purpose) const {
  if (form.obstacle != nullptr && last_uniform(value) && !value.steps.empty()) {
    fail(*form.obstacle,
         fmt::format("is not affine, and a quantizer of {} levels follows it; thresholds take at most 16",
                     last_uniform(value)->levels()));
  }
  if (form.obstacle == nullptr && form.uniform && !form.uniform->binary && !value.steps.empty()) {
    constexpr std::int64_t most = std::int64_t{1} << 16U;
    const std::int64_t levels = form.uniform->levels();
    fail(
        *value.steps.back().node,
        levels > most
            ? fmt::format("gives {} levels; at most {} are supported", levels, most)
            : fmt::format("its channels are clamped to different values before it gives {} levels, which one "
                          "stage cannot do",
                          levels));
  }
  if (purpose == Purpose::codes) {
    fail(user, fmt::format("its input is not quantized: expected a quantizer before it{}",
                           options_.calibrated ? "" : " (--calibrate puts one there)"));
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
  output.channels_first = value.channels_first() || (window && !fused);
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
  output.values.clear();
  output.name = node.outputs[0];
  output.shape = Shape{in.images, in.channels, layer.window.lines, layer.window.columns};
  output.channels_first = true;
  const Grid2d grid = {in.images, layer.window.lines, layer.window.columns, in.channels};
  layer.output = add_tensor(std::move(output), grid);
  network_.layers.push_back(std::move(layer));
  return network_.layers.back().output;
}

}  // namespace tricycle
