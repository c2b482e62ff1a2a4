// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "support/diagnostics.hpp"
#include "support/fields.hpp"
#include "workloads/graph/quant.hpp"
#include "workloads/graph/shapes.hpp"
#include "workloads/quantized.hpp"

namespace tricycle {
namespace {

/// Weights as integer codes with a scale for each output channel: value = code * scale.
struct CodedWeights {
  std::vector<std::int8_t> codes;  ///< n x k
  std::vector<float> scale;        ///< n
  Encoding encoding = Encoding::binary;
};

class Quantizer {
 public:
  Quantizer(Graph graph, const InputScale& input_scale)
      : graph_(std::move(graph)), input_scale_(input_scale) {}

  QuantizedNetwork run() {
    network_.verdicts = fold_constants(graph_);
    shapes_ = infer_shapes(graph_);
    network_.name = graph_.name;
    network_.file = graph_.file;
    network_.weights_source = graph_.weights_source;
    network_.synthetic = graph_.synthetic;
    network_.input_scale_num = input_scale_.num;
    network_.input_scale_den = input_scale_.den;
    open_input();
    std::string value = graph_.input;
    while (value != graph_.output) {
      const Node& node = consumer_of(value);
      take(node, value);
      value = node.outputs[0];
    }
    if (const std::size_t left = graph_.nodes.size() - taken_; left > 0) {
      fail_file(fmt::format("{} nodes do not lie on the way from the input to the output", left));
    }
    close_output();
    return std::move(network_);
  }

 private:
  [[noreturn]] void fail_file(const std::string& message) const {
    Place place;
    place.file = graph_.file;
    throw InputError(place, message);
  }
  [[noreturn]] void fail(const Node& node, const std::string& message) const {
    fail_node(graph_, node, message);
  }

  void verdict(const Node& node, const char* what, const std::string& reason) {
    network_.verdicts.push_back({node.name, op_names()[static_cast<std::size_t>(node.op)], what, reason});
    ++taken_;
  }

  void open_input() {
    QuantizedTensor input;
    input.name = graph_.input;
    input.encoding = graph_.input_encoding;
    input.shape = graph_.input_shape;
    set_rows(input, input.shape);
    network_.tensors.push_back(input);
    scale_ = 1;
  }

  static void set_rows(QuantizedTensor& tensor, const Shape& shape) {
    tensor.cols = shape.empty() ? 1 : shape.back();
    tensor.rows = tensor.cols == 0 ? 0 : element_count(shape) / tensor.cols;
  }

  const Node& consumer_of(const std::string& value) const {
    const Node* found = nullptr;
    for (const Node& node : graph_.nodes) {
      if (std::find(node.inputs.begin(), node.inputs.end(), value) == node.inputs.end()) continue;
      if (found != nullptr)
        fail(node,
             "reads '" + value + "', which '" + found->name + "' reads too; branches are not supported");
      found = &node;
    }
    if (found == nullptr)
      fail_file("nothing leads from '" + value + "' to the output '" + graph_.output + "'");
    return *found;
  }

  void take(const Node& node, const std::string& value) {
    switch (node.op) {
      case Op::flatten:
      case Op::identity:
      case Op::reshape:
      case Op::squeeze:
      case Op::unsqueeze: return take_reshape(node);
      case Op::transpose: return take_transpose(node, value);
      case Op::add:
      case Op::batch_normalization:
      case Op::div:
      case Op::mul:
      case Op::pow:
      case Op::relu:
      case Op::sqrt:
      case Op::sub: return take_pointwise(node, value);
      case Op::quant:
      case Op::bipolar_quant: return take_quant(node);
      case Op::matmul:
      case Op::gemm: return take_product(node, value);
      case Op::concat:
      case Op::constant:
      case Op::gather:
      case Op::shape: break;
    }
    fail(node, "cannot stand on the way from the input to the output");
  }

  void take_reshape(const Node& node) {
    QuantizedTensor& tensor = network_.tensors.back();
    const Shape& shape = shapes_.at(node.outputs[0]);
    if (pending_ || !chain_.empty()) {
      // Channels are the last dimension of what a product or a chain works on; they must stay there.
      if (shape.empty() || shape.back() != columns())
        fail(node, "moves channels between a product and its quantizer");
      if (pending_) pending_shape_ = shape;
    }
    if (!pending_ && network_.tensors.size() > 1) {
      // Codes of the input may be laid out anew before the first product, together with what they came from;
      // behind a product a tensor's channels are what its thresholds and weights count on.
      const bool of_input = network_.layers.size() == 1 && !network_.layers[0].has_weights;
      const bool moves_channels = shape.empty() || shape.back() != tensor.cols;
      const auto& stage = std::get<ThresholdStage>(network_.layers.back().stage);
      if (moves_channels && (!of_input || stage.per_channel)) {
        fail(node, fmt::format("turns {} channels of quantized activations into {}, which is not supported",
                               tensor.cols, shape_text(shape)));
      }
      if (of_input) set_rows(network_.tensors[0], shape);
    }
    if (!pending_) {
      if (network_.tensors.size() > 1)
        tensor.shape = shape;  // the input keeps the shape that its data come in
      set_rows(tensor, shape);
    }
    verdict(node, "folded", "moves no data");
  }

  void take_transpose(const Node& node, const std::string& value) {
    std::vector<std::size_t> permutation;
    const Shape& shape = shapes_.at(value);
    static_cast<void>(transpose_shape(graph_, node, shape, permutation));
    std::vector<std::size_t> moved;
    for (const std::size_t d : permutation) {
      if (shape[d] != 1) moved.push_back(d);
    }
    if (!std::is_sorted(moved.begin(), moved.end())) fail(node, "moves activations, which is not supported");
    take_reshape(node);
  }

  void take_pointwise(const Node& node, const std::string& value) {
    if (!pending_ && network_.tensors.size() > 1) {
      fail(node, "works on values that are already quantized; expected a product or the output");
    }
    if (!pending_ && graph_.input_encoding != Encoding::uint8)
      fail(node, "works on an input that is already quantized");
    for (const std::string& input : node.inputs) {
      if (input != value && !input.empty() && !graph_.is_constant(input)) {
        fail(node, "combines two activations, which is not supported");
      }
    }
    if (std::count(node.inputs.begin(), node.inputs.end(), value) != 1)
      fail(node, "combines a value with itself");
    if (node.op == Op::batch_normalization && shapes_.at(value).size() != 2) {
      fail(node, "expects a matrix, not " + shape_text(shapes_.at(value)));
    }
    if (shapes_.at(node.outputs[0]) != shapes_.at(value)) fail(node, "changes the shape of what it works on");
    chain_.push_back(node);
    verdict(node, "folded", "into the thresholds or the affine output behind it");
  }

  std::int64_t columns() const {
    if (pending_) return static_cast<std::int64_t>(pending_scale_.size());
    return network_.tensors.back().cols;
  }

  /// The chain's float32 results for integers `codes`, each in every channel: codes x channels.
  std::vector<float> run_chain(const std::vector<std::int64_t>& codes) {
    const auto channels = static_cast<std::size_t>(columns());
    Shape shape = {static_cast<std::int64_t>(codes.size()), columns()};
    std::vector<float> start(codes.size() * channels);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      for (std::size_t c = 0; c < channels; ++c) start[i * channels + c] = real_value(codes[i], c);
    }
    Tensor value = {std::move(shape), std::move(start)};
    for (const Node& node : chain_) {
      std::vector<Tensor> constants(node.inputs.size());
      std::vector<const Tensor*> inputs;
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const bool constant = graph_.is_constant(node.inputs[i]);
        if (constant) constants[i] = channel_constant(node, graph_.constants.at(node.inputs[i]));
        inputs.push_back(constant ? &constants[i] : node.inputs[i].empty() ? nullptr : &value);
      }
      Tensor result = std::move(evaluate(graph_, node, inputs)[0]);
      value = std::move(result);
    }
    return value.floats();
  }

  /// A constant of a chain: one number, or one for each channel.
  Tensor channel_constant(const Node& node, Tensor constant) const {
    if (constant.size() == 1) {
      constant.shape = {};
      if (node.op == Op::batch_normalization) constant.shape = {1};
    } else if (constant.size() == columns() && constant.shape.back() == columns()) {
      constant.shape = {columns()};
    } else {
      fail(node, fmt::format("a constant of shape {} is neither one number nor one for each of {} channels",
                             shape_text(constant.shape), columns()));
    }
    return constant;
  }

  /// The real value of an input code or of a sum: one rounding to float32 of the exact product.
  float real_value(std::int64_t code, std::size_t channel) const {
    if (!pending_) return static_cast<float>(static_cast<double>(code) * input_scale_.num / input_scale_.den);
    return static_cast<float>(static_cast<double>(code) *
                              (static_cast<double>(pending_scale_[channel]) * scale_));
  }

  void take_quant(const Node& node) {
    if (!pending_ && network_.tensors.size() > 1) return take_second_quant(node);
    if (!pending_ && graph_.input_encoding != Encoding::uint8)
      fail(node, "quantizes an input that is quantized already");
    const std::int64_t least = pending_ ? -pending_reach_ : 0;
    const std::int64_t most = pending_ ? pending_reach_ : 255;
    if (!pending_) check_size(graph_, node, {most - least + 1, columns()});
    std::vector<std::int64_t> sums;
    for (std::int64_t sum = least; sum <= most; ++sum) sums.push_back(sum);
    const auto [codes, scale] = output_codes(node);
    const auto channels = static_cast<std::size_t>(columns());
    const std::vector<std::uint8_t> levels = levels_of(node, sums);
    ThresholdStage stage;
    stage.codes = codes;
    for (std::size_t c = 0; c < channels; ++c) {
      add_thresholds(node, stage, sums, std::span(levels).subspan(c * sums.size(), sums.size()), c);
    }
    compress(stage, channels);
    QuantizedTensor output;
    output.name = node.outputs[0];
    output.encoding = codes == std::vector<int>{-1, 1} ? Encoding::binary : Encoding::ternary;
    close_layer(node, std::move(stage), output);
    scale_ = scale;
    verdict(node, "mapped", "thresholds of the vector unit");
  }

  /// A quantizer directly behind another that has the same values changes nothing.
  void take_second_quant(const Node& node) {
    const auto [codes, scale] = output_codes(node);
    const bool holds = network_.tensors.back().encoding == Encoding::binary
                           ? codes == std::vector<int>{-1, 1} || codes == std::vector<int>{-1, 0, 1}
                           : codes == std::vector<int>{-1, 0, 1};
    if (!holds || scale != scale_) fail(node, "quantizes again what is already quantized, to other values");
    verdict(node, "folded", "its input has these values already");
  }

  struct OutputCodes {
    std::vector<int> codes;
    double scale;
  };

  OutputCodes output_codes(const Node& node) const {
    const Tensor& scale = parameter(node, 1);
    if (scale.size() != 1) fail(node, "a scale for each channel of activations is not supported");
    const auto scale_value = static_cast<double>(scale.floats()[0]);
    if (!(scale_value > 0) || !std::isfinite(scale_value))
      fail(node, fmt::format("a scale of {}", scale_value));
    if (node.op == Op::bipolar_quant) return {{-1, 1}, scale_value};
    const QuantRange range = range_of(node);
    const float zero_point = single(node, 2);
    if (zero_point != 0.0F || range.least < -1 || range.most > 1) {
      fail(node, fmt::format("gives codes from {} to {} with zero point {}; the datapaths take -1, 0 and +1",
                             range.least, range.most, zero_point));
    }
    if (range.least == range.most) fail(node, "gives no code but 0");
    std::vector<int> codes;
    for (std::int64_t code = range.least; code <= range.most; ++code) codes.push_back(static_cast<int>(code));
    return {codes, scale_value};
  }

  const Tensor& parameter(const Node& node, std::size_t i) const {
    if (i >= node.inputs.size() || !graph_.is_constant(node.inputs[i])) {
      fail(node, fmt::format("input {} is expected to be constant", i + 1));
    }
    const Tensor& tensor = graph_.constants.at(node.inputs[i]);
    if (tensor.size() < 1) fail(node, fmt::format("input {} is empty", i + 1));
    return tensor;
  }

  /// A constant parameter that is one number.
  float single(const Node& node, std::size_t i) const {
    const Tensor& tensor = parameter(node, i);
    if (tensor.size() != 1) {
      fail(node,
           fmt::format("input {} of shape {} is expected to be one number", i + 1, shape_text(tensor.shape)));
    }
    return tensor.floats()[0];
  }

  QuantRange range_of(const Node& node) const {
    const float bits = single(node, 3);
    Rounding rounding = Rounding::round;
    const std::string mode = node.text("rounding_mode", "ROUND");
    if (!parse_rounding(mode, rounding)) fail(node, "unknown rounding mode '" + mode + "'");
    if (!(bits >= 1 && bits <= 32) || bits != std::floor(bits))
      fail(node, fmt::format("a bit width of {}", bits));
    return quant_range(static_cast<std::int64_t>(bits), node.integer("signed", 1) != 0,
                       node.integer("narrow", 0) != 0, rounding);
  }

  /// The level that the chain and its quantizer give for every sum, channel by channel: channels x sums.
  std::vector<std::uint8_t> levels_of(const Node& node, const std::vector<std::int64_t>& sums) {
    const auto channels = static_cast<std::size_t>(columns());
    constexpr std::size_t most_values = 1U << 22U;  // of the chain at a time
    const std::size_t piece = std::max<std::size_t>(1, most_values / std::max<std::size_t>(1, channels));
    std::vector<std::uint8_t> levels(channels * sums.size());
    for (std::size_t start = 0; start < sums.size(); start += piece) {
      const std::size_t end = std::min(sums.size(), start + piece);
      const std::vector<float> values = run_chain({sums.begin() + static_cast<std::ptrdiff_t>(start),
                                                   sums.begin() + static_cast<std::ptrdiff_t>(end)});
      for (std::size_t i = start; i < end; ++i) {
        for (std::size_t c = 0; c < channels; ++c) {
          const float value = values[(i - start) * channels + c];
          if (std::isnan(value))
            fail(node,
                 fmt::format("its input is not a number where the sum of channel {} is {}", c, sums[i]));
          levels[c * sums.size() + i] = static_cast<std::uint8_t>(level_of(node, value));
        }
      }
    }
    return levels;
  }

  /// The index of the code that a quantizer gives for a real value.
  std::int64_t level_of(const Node& node, float value) const {
    if (node.op == Op::bipolar_quant) return bipolar(value) > 0 ? 1 : 0;
    const QuantRange range = range_of(node);
    const float scale = graph_.constants.at(node.inputs[1]).floats()[0];
    return quantize(value, scale, 0.0F, range) - range.least;
  }

  /// Thresholds of one channel from the level of every sum, which must rise or fall.
  void add_thresholds(const Node& node, ThresholdStage& stage, const std::vector<std::int64_t>& sums,
                      std::span<const std::uint8_t> levels, std::size_t channel) const {
    const bool rises = std::is_sorted(levels.begin(), levels.end());
    const bool falls = std::is_sorted(levels.rbegin(), levels.rend());
    if (!rises && !falls) {
      fail(node, fmt::format("its codes neither rise nor fall with the sum of channel {}; only monotone "
                             "chains fold into thresholds",
                             channel));
    }
    const int sign = rises ? 1 : -1;
    stage.signs.push_back(sign);
    const std::int64_t beyond = std::max(std::abs(sums.front()), std::abs(sums.back())) + 1;
    for (std::size_t level = 1; level < stage.codes.size(); ++level) {
      // The smallest signed sum that reaches this level; one more than any sum when none does.
      std::int64_t threshold = beyond;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        if (levels[i] >= level) threshold = std::min(threshold, sign * sums[i]);
      }
      stage.thresholds.push_back(threshold);
    }
  }

  /// One row for all channels where they are alike.
  static void compress(ThresholdStage& stage, std::size_t channels) {
    const std::size_t each = stage.codes.size() - 1;
    for (std::size_t c = 1; c < channels; ++c) {
      const auto first = stage.thresholds.begin();
      const bool same =
          stage.signs[c] == stage.signs[0] && std::equal(first, first + static_cast<std::ptrdiff_t>(each),
                                                         first + static_cast<std::ptrdiff_t>(c * each));
      if (!same) return;
    }
    stage.per_channel = false;
    stage.thresholds.resize(each);
    stage.signs.resize(1);
  }

  void take_product(const Node& node, const std::string& value) {
    if (node.inputs[0] != value || node.inputs.size() < 2 || !graph_.is_constant(node.inputs[1])) {
      fail(node, "expects an activation times constant weights");
    }
    const QuantizedTensor& input = network_.tensors.back();
    const bool quantized = !pending_ && chain_.empty() &&
                           (input.encoding == Encoding::binary || input.encoding == Encoding::ternary);
    if (!quantized) {
      fail(node, "its input is not quantized to -1, 0 and +1: expected a Quant or BipolarQuant before it");
    }
    if (node.op == Op::gemm && node.integer("transA", 0) != 0) fail(node, "transA is not supported");
    const Tensor& weights = graph_.constants.at(node.inputs[1]);
    if (weights.size() == 0) fail(node, "its weights are empty: " + shape_text(weights.shape));
    const bool transposed = node.op == Op::gemm && node.integer("transB", 0) != 0;
    CodedWeights coded = code_weights(node, weights, transposed);
    QuantizedLayer layer;
    layer.name = node.name;
    layer.op = op_names()[static_cast<std::size_t>(node.op)];
    layer.input = static_cast<int>(network_.tensors.size()) - 1;
    layer.weights = std::move(coded.codes);
    layer.weight_encoding = coded.encoding;
    pending_ = std::move(layer);
    pending_scale_ = std::move(coded.scale);
    pending_shape_ = shapes_.at(node.outputs[0]);
    pending_reach_ = input.cols;  // codes of both operands lie in -1 .. +1
    verdict(node, "mapped",
            fmt::format("{} weights on the array",
                        encoding_names()[static_cast<std::size_t>(pending_->weight_encoding)]));
    if (node.op == Op::gemm) add_gemm_steps(node);
  }

  /// alpha and the bias of a Gemm are steps behind its product.
  void add_gemm_steps(const Node& node) {
    const auto add_step = [&](const char* suffix, Op op, Tensor constant) {
      Node step;
      step.name = node.name;
      step.op = op;
      step.inputs = {"", node.name + suffix};
      step.inputs[0] = node.outputs[0];
      step.outputs = {node.outputs[0]};
      graph_.constants[node.name + suffix] = std::move(constant);
      chain_.push_back(std::move(step));
    };
    const float alpha = node.number("alpha", 1.0F), beta = node.number("beta", 1.0F);
    if (alpha != 1.0F) add_step(" alpha", Op::mul, {{}, std::vector<float>{alpha}});
    if (node.inputs.size() < 3 || node.inputs[2].empty()) return;
    if (!graph_.is_constant(node.inputs[2])) fail(node, "the bias is not constant");
    std::vector<float> bias = graph_.constants.at(node.inputs[2]).floats();
    for (float& b : bias) b = beta == 1.0F ? b : beta * b;
    add_step(" bias", Op::add, {graph_.constants.at(node.inputs[2]).shape, std::move(bias)});
  }

  CodedWeights code_weights(const Node& node, const Tensor& weights, bool transposed) const {
    const auto k = static_cast<std::size_t>(weights.shape[transposed ? 1 : 0]);
    const auto n = static_cast<std::size_t>(weights.shape[transposed ? 0 : 1]);
    if (k == 0 || n == 0) fail(node, "has no weights: their shape is " + shape_text(weights.shape));
    const std::vector<float> values = weights.floats();
    CodedWeights coded;
    coded.codes.resize(n * k);
    for (std::size_t j = 0; j < n; ++j) {
      std::set<float> magnitudes;
      for (std::size_t i = 0; i < k; ++i) {
        const float value = values[transposed ? j * k + i : i * n + j];
        if (!std::isfinite(value)) fail(node, "a weight is not finite");
        if (value != 0.0F) magnitudes.insert(std::fabs(value));
        if (value == 0.0F) coded.encoding = Encoding::ternary;
        coded.codes[j * k + i] = static_cast<std::int8_t>((value > 0) - (value < 0));
        if (magnitudes.size() > 1) {
          fail(node, fmt::format("its weights are neither binary nor ternary: those of output channel {} "
                                 "take the magnitudes {} and {}{}",
                                 j, *magnitudes.begin(), *magnitudes.rbegin(),
                                 " (the datapaths hold one magnitude for each output channel)"));
        }
      }
      coded.scale.push_back(magnitudes.empty() ? 1.0F : *magnitudes.begin());
    }
    return coded;
  }

  /// The chain as scale * sum + bias for each channel, composed in double precision.
  AffineStage affine_stage() {
    const auto channels = static_cast<std::size_t>(columns());
    std::vector<double> a(channels), b(channels, 0.0);
    for (std::size_t c = 0; c < channels; ++c) a[c] = static_cast<double>(pending_scale_[c]) * scale_;
    for (const Node& node : chain_) {
      if (node.op == Op::batch_normalization) {
        compose_batch_normalization(node, a, b);
        continue;
      }
      if (node.inputs.size() < 2) fail_not_affine(node);
      const bool first = !graph_.is_constant(node.inputs[0]);
      const Tensor constant = channel_constant(node, graph_.constants.at(node.inputs[first ? 1 : 0]));
      const std::vector<float> values = constant.floats();
      for (std::size_t c = 0; c < channels; ++c) {
        const double v = static_cast<double>(values[values.size() == 1 ? 0 : c]);
        compose(node, first, v, a[c], b[c]);
      }
    }
    AffineStage stage;
    for (std::size_t c = 0; c < channels; ++c) {
      stage.scale.push_back(static_cast<float>(a[c]));
      stage.bias.push_back(static_cast<float>(b[c]));
      if (!std::isfinite(stage.scale.back()) || !std::isfinite(stage.bias.back())) {
        fail(chain_.back(), fmt::format("scales channel {} by {} and adds {}: not finite", c, a[c], b[c]));
      }
    }
    const auto all_same = [](const std::vector<float>& v) {
      return std::all_of(v.begin(), v.end(), [&](float x) { return x == v[0]; });
    };
    if (all_same(stage.scale) && all_same(stage.bias)) {
      stage.per_channel = false;
      stage.scale.resize(1);
      stage.bias.resize(1);
    }
    return stage;
  }

  void compose(const Node& node, bool value_first, double v, double& a, double& b) const {
    switch (node.op) {
      case Op::add: b += v; return;
      case Op::sub:
        b = value_first ? b - v : v - b;
        if (!value_first) a = -a;
        return;
      case Op::mul:
        a *= v;
        b *= v;
        return;
      case Op::div:
        if (!value_first) break;
        a /= v;
        b /= v;
        return;
      default: break;
    }
    fail_not_affine(node);
  }

  [[noreturn]] void fail_not_affine(const Node& node) const {
    fail(node,
         "is not affine, and no quantizer follows it; the vector unit has affine outputs and thresholds");
  }

  void compose_batch_normalization(const Node& node, std::vector<double>& a, std::vector<double>& b) const {
    std::vector<float> p[4];
    for (std::size_t i = 0; i < 4; ++i) {
      p[i] = parameter(node, i + 1).floats();
      if (p[i].size() != a.size()) fail(node, "does not have one value for each channel");
    }
    const double epsilon = static_cast<double>(node.number("epsilon", 1e-5F));
    for (std::size_t c = 0; c < a.size(); ++c) {
      const double gain = static_cast<double>(p[0][c]) / std::sqrt(static_cast<double>(p[3][c]) + epsilon);
      a[c] *= gain;
      b[c] = (b[c] - static_cast<double>(p[2][c])) * gain + static_cast<double>(p[1][c]);
    }
  }

  /// Ends the layer under construction (or the quantizer of the input) with its output.
  void close_layer(const Node& node, std::variant<ThresholdStage, AffineStage, RawStage> stage,
                   QuantizedTensor output) {
    QuantizedLayer layer;
    if (pending_) {
      layer = std::move(*pending_);
    } else {
      layer.name = node.name;
      layer.has_weights = false;
      layer.input = static_cast<int>(network_.tensors.size()) - 1;
    }
    for (const Node& step : chain_) {
      if (step.name != layer.name)
        layer.op += (layer.op.empty() ? "" : "+") + op_names()[static_cast<std::size_t>(step.op)];
    }
    if (std::holds_alternative<ThresholdStage>(stage)) {
      layer.op += (layer.op.empty() ? "" : "+") + op_names()[static_cast<std::size_t>(node.op)];
    }
    const QuantizedTensor& input = network_.tensors[static_cast<std::size_t>(layer.input)];
    output.shape = pending_ ? pending_shape_ : Shape{input.rows, input.cols};
    set_rows(output, output.shape);
    layer.output = static_cast<int>(network_.tensors.size());
    layer.stage = std::move(stage);
    network_.tensors.push_back(std::move(output));
    network_.layers.push_back(std::move(layer));
    pending_.reset();
    chain_.clear();
  }

  void close_output() {
    if (!pending_) {
      if (!chain_.empty())
        fail(chain_.back(), "stands between the input and the output with no product or quantizer");
      if (network_.layers.empty()) fail_file("the network has no layer: its output is its input");
      return;
    }
    QuantizedTensor output;
    output.name = graph_.output;
    const bool unscaled = std::all_of(pending_scale_.begin(), pending_scale_.end(),
                                      [&](float s) { return static_cast<double>(s) * scale_ == 1.0; });
    const Node node = chain_.empty() ? Node{} : chain_.back();
    if (chain_.empty() && unscaled) {
      output.encoding = Encoding::int32;
      close_layer(node, RawStage{}, output);
    } else {
      output.encoding = Encoding::float32;
      AffineStage stage = affine_stage();
      close_layer(node, std::move(stage), output);
    }
  }

  Graph graph_;
  InputScale input_scale_;
  std::map<std::string, Shape> shapes_;
  QuantizedNetwork network_;
  std::size_t taken_ = 0;

  double scale_ = 1;                       ///< real value of code 1 of the last quantized tensor
  std::optional<QuantizedLayer> pending_;  ///< a product whose sums have not become an output yet
  std::vector<float> pending_scale_;       ///< of its weights, for each channel
  Shape pending_shape_;
  std::int64_t pending_reach_ = 0;  ///< the largest sum that its operands can give
  std::vector<Node> chain_;         ///< pointwise operators behind the pending product or the input
};

}  // namespace

QuantizedNetwork quantize_graph(Graph graph, const InputScale& input_scale) {
  return Quantizer(std::move(graph), input_scale).run();
}

std::string dump(const QuantizedNetwork& network) {
  std::string text = fmt::format("network {}\n", network.name);
  for (const QuantizedLayer& layer : network.layers) {
    const QuantizedTensor& in = network.tensors[static_cast<std::size_t>(layer.input)];
    const QuantizedTensor& out = network.tensors[static_cast<std::size_t>(layer.output)];
    const auto encoding = [](Encoding e) { return encoding_names()[static_cast<std::size_t>(e)]; };
    text += fmt::format("{} ({}): {}x{} {}", layer.name, layer.op, in.rows, in.cols, encoding(in.encoding));
    if (layer.has_weights)
      text += fmt::format(" * {}x{} {}", in.cols, out.cols, encoding(layer.weight_encoding));
    text += fmt::format(" -> {}x{} {}\n", out.rows, out.cols, encoding(out.encoding));
    if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage)) {
      const std::size_t each = stage->codes.size() - 1;
      for (std::size_t c = 0; c < stage->signs.size(); ++c) {
        text += fmt::format("  {}: {}", stage->per_channel ? std::to_string(c) : "all",
                            stage->signs[c] > 0 ? "+" : "-");
        for (std::size_t t = 0; t < each; ++t) text += fmt::format(" {}", stage->thresholds[c * each + t]);
        text += "\n";
      }
    } else if (const auto* affine = std::get_if<AffineStage>(&layer.stage)) {
      for (std::size_t c = 0; c < affine->scale.size(); ++c) {
        text += fmt::format("  {}: * {} + {}\n", affine->per_channel ? std::to_string(c) : "all",
                            affine->scale[c], affine->bias[c]);
      }
    }
  }
  return text;
}

}  // namespace tricycle
