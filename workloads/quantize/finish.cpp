// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/affine.hpp"
#include "workloads/quantize/assembly.hpp"
#include "workloads/quantize/fixed_point.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/thresholds.hpp"

namespace tricycle {
namespace {

int finish_value(Assembly& a, const Node& user, const Value& value, Purpose purpose);

/// The number of operators that compute something.
std::ptrdiff_t count_work(const Value& value) {
  return std::count_if(value.steps.begin(), value.steps.end(),
                       [](const Step& step) { return !is_view(step.node->op); });
}

/// A tensor for a value. Only its name and shape are known yet.
QuantizedTensor tensor_of(const Value& value) {
  QuantizedTensor tensor;
  tensor.name = value.name;
  tensor.shape = value.shape;
  return tensor;
}

/// A max pool moves behind the stage, so the operators after it must not fall while its values rise.
void check_pool(const Assembly& a, const Value& value, const AffineForm& form) {
  const bool falls =
      std::any_of(form.since_pool.begin(), form.since_pool.end(), [](double factor) { return factor < 0; });
  if (falls) {
    fail_node(a.graph, *value.pool(),
              "what follows it reverses the order of its values, so it cannot be moved behind the stage");
  }
}

/// Ends a layer with the codes of a quantizer or of a stream, in fixed point.
int finish_scaled(Assembly& a, const Value& value, const AffineForm& form, const Uniform& uniform) {
  QuantizedTensor output = tensor_of(value);
  output.codes = uniform.codes();
  output.scale = uniform.scale;
  output.offset = -uniform.origin;
  const Chain chain = chain_of(a, value);
  ScaleStage stage = scale_stage(chain, form, uniform);
  if (uniform.rounding) check_stage(chain, form, stage, uniform, a.order);
  return close_layer(a, value, std::move(stage), std::move(output));
}

/// A source that goes on from a tensor, which holds a value of the graph.
int source_holding(Assembly& a, int tensor, const std::string& value) {
  a.network.tensors[static_cast<std::size_t>(tensor)].values.push_back(value);
  return source_on(a, tensor, value);
}

/// Splits a chain at the first operator that is not affine, which comes after a quantizer. The operators
/// before it end with the quantizer's codes, and the others work on these codes.
int finish_behind_codes(Assembly& a, const Node& user, const Value& value, const Node& obstacle,
                        Purpose purpose) {
  const auto at = std::find_if(value.steps.begin(), value.steps.end(),
                               [&](const Step& step) { return step.node == &obstacle; });
  Value head = value, rest = value;
  head.steps.erase(head.steps.begin() + (at - value.steps.begin()), head.steps.end());
  head.name = head.steps.back().node->outputs[0];
  head.shape = at->shape;
  rest.steps.erase(rest.steps.begin(), rest.steps.begin() + (at - value.steps.begin()));
  const int codes = finish_value(a, user, head, Purpose::stream);
  rest.source = source_holding(a, codes, head.name);
  return finish_value(a, user, rest, purpose);
}

/// For clamps that differ between channels: the operators up to the last value that all channels clamp alike
/// become a stream, and the others work on its codes. Nothing if there is no such value, or if the stream's
/// step size is too coarse for the quantizer.
std::optional<int> finish_behind_stream(Assembly& a, const Node& user, const Value& value,
                                        const AffineForm& form, Purpose purpose) {
  const Source& source = chain_of(a, value).source;
  for (std::size_t count = value.steps.size() - 1; count > 0; --count) {
    Value head = value;
    head.steps.resize(count);
    const AffineForm start = affine_form(chain_of(a, head));
    const std::optional<AffineForm> alike =
        start.uniform ? std::nullopt : with_one_clamp(source, start, true);
    if (!alike) continue;
    head.name = head.steps.back().node->outputs[0] + ".stream";
    head.shape = value.steps[count].shape;
    const Uniform stream = stream_of(source, *alike);
    for (std::size_t c = 0; c < form.x.size(); ++c) {
      const double gain = start.x[c] == 0 ? 0 : form.x[c] / start.x[c];
      if (form.uniform && std::fabs(gain) * stream.step > form.uniform->step) return std::nullopt;
    }
    const std::string reads = head.steps.back().node->outputs[0];
    Value rest = value;
    rest.steps.erase(rest.steps.begin(), rest.steps.begin() + static_cast<std::ptrdiff_t>(count));
    const int codes = finish_scaled(a, head, *alike, stream);
    rest.source = source_holding(a, codes, reads);
    return finish_value(a, user, rest, purpose);
  }
  return std::nullopt;
}

/// In floating point every value is a scale, a bias and a clamp.
int finish_floating(Assembly& a, const Value& value, const AffineForm& form, Purpose purpose) {
  const Chain chain = chain_of(a, value);
  if (form.obstacle != nullptr)
    fail_node(a.graph, *form.obstacle, "is not affine: not supported in floating point");
  check_pool(a, value, form);
  if (form.uniform) chain.fail("quantizes: not supported in floating point");
  const std::optional<AffineForm> alike = with_one_clamp(chain.source, form, false);
  if (!alike) chain.fail("clamps its channels to different values");
  QuantizedTensor output = tensor_of(value);
  output.codes = purpose == Purpose::output ? Codes::float32() : *a.options.floating;
  return close_layer(a, value, affine_stage(chain, *alike), output);
}

[[noreturn]] void fail_unfinished(const Assembly& a, const Node& user, const Value& value,
                                  const AffineForm& form, Purpose purpose) {
  const Chain chain = chain_of(a, value);
  const std::optional<Uniform> last = last_uniform(chain);
  if (form.obstacle != nullptr && last && !value.steps.empty()) {
    fail_node(
        a.graph, *form.obstacle,
        fmt::format("is not affine, and a quantizer of {} levels follows it; thresholds take at most {}",
                    last->levels(), most_threshold_levels));
  }
  if (form.obstacle == nullptr && form.uniform && !form.uniform->binary && !value.steps.empty()) {
    const std::int64_t levels = form.uniform->levels();
    chain.fail(
        levels > most_uniform_levels
            ? fmt::format("gives {} levels; at most {} are supported", levels, most_uniform_levels)
            : fmt::format("its channels are clamped to different values before it gives {} levels, which one "
                          "stage cannot do",
                          levels));
  }
  if (purpose == Purpose::codes) {
    fail_node(a.graph, user,
              fmt::format("its input is not quantized: expected a quantizer before it{}",
                          a.options.calibrated ? "" : " (--calibrate puts one there)"));
  }
  if (form.obstacle != nullptr) {
    fail_node(
        a.graph, *form.obstacle,
        "is not affine, and no quantizer follows it; the vector unit has affine outputs and thresholds");
  }
  fail_node(a.graph, value.steps.empty() ? user : *value.steps.back().node,
            "clamps its channels to different values, and no quantizer follows it");
}

/// Ends a layer at the output: with the sums as they are, or with a scale and a bias of float32. Nothing if
/// its channels are clamped to different values.
std::optional<int> finish_output(Assembly& a, const Value& value, const AffineForm& form) {
  const Chain chain = chain_of(a, value);
  const Source& source = chain.source;
  check_pool(a, value, form);
  QuantizedTensor output = tensor_of(value);
  const bool unscaled = !source.has_y() && !form.clamped() && all_same(form.x) && form.x[0] == 1.0 &&
                        all_same(form.bias) && form.bias[0] == 0.0 && source.tensor < 0;
  if (unscaled && count_work(value) == 0) {
    output.codes = Codes::sums();
    return close_layer(a, value, RawStage{}, output);
  }
  const std::optional<AffineForm> alike = with_one_clamp(source, form, true);
  if (!alike) return std::nullopt;
  output.codes = Codes::float32();
  return close_layer(a, value, affine_stage(chain, *alike), output);
}

/// Two sums have no thresholds. First their total becomes a stream, then the other operators work on its
/// codes.
int finish_behind_total(Assembly& a, const Node& user, const Value& value, Purpose purpose) {
  Value total = value;
  total.steps.clear();
  const std::string reads = chain_of(a, value).source.value;
  total.name = reads + ".total";
  total.shape = value.steps.front().shape;
  const Chain chain = chain_of(a, total);
  const AffineForm plain = affine_form(chain);
  Value rest = value;
  rest.source = source_on(a, finish_scaled(a, total, plain, stream_of(chain.source, plain)), reads);
  return finish_value(a, user, rest, purpose);
}

int finish_value(Assembly& a, const Node& user, const Value& value, Purpose purpose) {
  const Chain chain = chain_of(a, value);
  const Source& source = chain.source;
  const Node* pool = value.pool();
  if (source.tensor >= 0 && pool != nullptr && count_work(value) == 1)
    return add_pool_layer(a, *pool, source.tensor);
  const AffineForm form = affine_form(chain);
  if (a.options.floating) return finish_floating(a, value, form, purpose);
  const bool affine = form.obstacle == nullptr;
  if (purpose == Purpose::output && affine && !form.uniform) {
    if (const std::optional<int> tensor = finish_output(a, value, form)) return *tensor;
  }
  const std::optional<Uniform> uniform = affine && form.uniform ? form.uniform : last_uniform(chain);
  if (std::optional<FittedThresholds> fitted =
          fit_thresholds(chain, value.steps.empty() ? std::nullopt : uniform,
                         uniform.has_value() || purpose != Purpose::output)) {
    QuantizedTensor output = tensor_of(value);
    output.codes = fitted->codes;
    output.scale = fitted->scale;
    output.offset = fitted->offset;
    return close_layer(a, value, std::move(fitted->stage), output);
  }
  const bool codes =
      affine && form.uniform && !form.uniform->binary && form.uniform->levels() <= most_uniform_levels;
  const bool streams = affine && purpose == Purpose::stream && !form.uniform;
  if (codes || streams) {
    if (const std::optional<AffineForm> alike = with_one_clamp(source, form, true)) {
      check_pool(a, value, form);
      return finish_scaled(a, value, *alike, codes ? *form.uniform : stream_of(source, *alike));
    }
  }
  if (!affine && form.uniform) return finish_behind_codes(a, user, value, *form.obstacle, purpose);
  if ((codes || streams) && pool == nullptr) {
    if (const std::optional<int> tensor = finish_behind_stream(a, user, value, form, purpose)) return *tensor;
  }
  if (source.has_y() && !value.steps.empty()) return finish_behind_total(a, user, value, purpose);
  fail_unfinished(a, user, value, form, purpose);
}

}  // namespace

int finished_tensor(Assembly& a, const Node& user, const std::string& name, Purpose purpose) {
  const std::string plain = value_of(a, user, name).name;
  const auto found = a.finished.find(plain);
  if (found != a.finished.end()) return found->second;
  const Value value = a.values.at(plain);
  const Source& source = chain_of(a, value).source;
  if (count_work(value) == 0 && source.tensor >= 0) return source.tensor;
  const int tensor = finish_value(a, user, value, purpose);
  a.finished[plain] = tensor;
  Value done = value;
  done.steps.clear();
  done.source = source_holding(a, tensor, plain);
  a.values[plain] = std::move(done);
  return tensor;
}

}  // namespace tricycle
