// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/recurrent/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "arch/datapath/lfsr.hpp"
#include "support/diagnostics.hpp"
#include "workloads/quantize/recurrent/tables.hpp"
#include "workloads/quantize/rules/hitnet.hpp"

namespace tricycle {
namespace {

/// The values of one code of 16 bits and of one code of 8 bits: 2^-14 and 2^-7.
constexpr double unit_scale = 1.0 / static_cast<double>(unit);
constexpr int byte_fraction = 7;
constexpr double byte_scale = 1.0 / 128;
constexpr std::int64_t most_byte = 127;
/// The limit for the scale of a product's codes and for its biases. With 11 fraction bits and a shift of 30
/// they stay below 2^60.
constexpr double most_scale = 0x1p18;

const Codes& half_words() {
  static const Codes codes = Codes::integers(-32768, 32767);
  return codes;
}

std::int64_t power(int exponent) {
  return std::int64_t{1} << exponent;
}

/// A factor as multiplier / 2^shift. The multiplier has as many bits as 31 hold, at most 30 of them after the
/// binary point.
struct Factor {
  std::int32_t multiplier;
  int shift;
};
Factor as_factor(double factor) {
  int shift = 30;
  while (shift > 0 && std::abs(std::ldexp(factor, shift)) >= 0x1p30) --shift;
  return {static_cast<std::int32_t>(std::nearbyint(std::ldexp(factor, shift))), shift};
}

/// Signed 8-bit codes with one scale, from -127 to 127. If `scale` is 0, the largest magnitude gets the code
/// 127.
MatrixCodes as_bytes(std::span<const float> values, double scale) {
  MatrixCodes matrix;
  if (scale == 0) {
    float most = 0;
    for (const float value : values) most = std::max(most, std::fabs(value));
    scale = most > 0 ? static_cast<double>(most) / most_byte : 1;
  }
  for (const float value : values) {
    const double code = std::nearbyint(static_cast<double>(value) / scale);
    matrix.codes.push_back(static_cast<std::int16_t>(std::clamp(code, -127.0, 127.0)));
  }
  matrix.kind = Codes::integers(-most_byte, most_byte);
  matrix.scale = scale;
  return matrix;
}

}  // namespace

NetworkBuilder::NetworkBuilder(const RecurrentModel& model, const RecurrentSpec& spec,
                               const RecurrentOptions& options)
    : model_(model), spec_(spec), options_(options) {
  network_.name = model.name;
  network_.file = model.file;
  network_.weights_source = model.weights_source;
  network_.synthetic = model.synthetic;
  network_.verdicts = model.verdicts;
  network_.vocabulary = model.words;
}

// ---- tensors and layers ----

int NetworkBuilder::add_tensor(QuantizedTensor tensor) {
  network_.tensors.push_back(std::move(tensor));
  return static_cast<int>(network_.tensors.size()) - 1;
}

/// A tensor of the current time step or, outside of loops, of all time steps.
QuantizedTensor NetworkBuilder::like_step(const std::string& name, const Codes& codes, double scale,
                                          std::int64_t channels) const {
  QuantizedTensor t;
  t.name = name;
  t.codes = is_float() ? Codes::float32() : codes;
  t.scale = is_float() ? 1 : scale;
  t.role = in_loop_ ? Role::plain : Role::sequence;
  t.height = in_loop_ ? 1 : model_.steps;
  t.width = model_.batch;
  t.channels = channels;
  t.shape = {t.height, t.width, t.channels};
  return t;
}

QuantizedLayer& NetworkBuilder::add_layer(const std::string& name, const std::string& op, LayerKind kind,
                                          std::vector<int> inputs, int output) {
  QuantizedLayer layer;
  layer.name = name;
  layer.op = op;
  layer.kind = kind;
  layer.inputs = std::move(inputs);
  layer.output = output;
  layer.stage = RawStage{};
  const QuantizedTensor in = tensor(layer.inputs[0]);
  layer.window.lines = layer.window.in_lines = in_loop_ ? 1 : in.height;
  layer.window.columns = layer.window.in_columns = in.width;
  network_.layers.push_back(std::move(layer));
  return network_.layers.back();
}

int NetworkBuilder::pointwise(const std::string& name, const std::string& op, std::vector<int> inputs,
                              Stage stage, const Codes& codes, double scale, int into) {
  const std::int64_t channels = tensor(inputs[0]).channels;
  QuantizedTensor result = like_step(name, codes, scale, channels);
  result.height = in_loop_ ? 1 : tensor(inputs[0]).height;
  const int output = into >= 0 ? into : add_tensor(std::move(result));
  add_layer(name, op, LayerKind::pointwise, std::move(inputs), output).stage = std::move(stage);
  return output;
}

int NetworkBuilder::fraction_of(int index) const {
  return static_cast<int>(std::lround(-std::log2(tensor(index).scale)));
}

void NetworkBuilder::begin_loop(const std::string& name, bool reverse) {
  network_.loops.push_back({name, network_.layers.size(), 0, model_.steps, reverse});
  in_loop_ = true;
}

void NetworkBuilder::end_loop() {
  network_.loops.back().last = network_.layers.size() - 1;
  in_loop_ = false;
}

int NetworkBuilder::state(const std::string& name, const Codes& codes, double scale, std::int64_t channels,
                          std::vector<std::int32_t> start) {
  QuantizedTensor t = like_step(name, codes, scale, channels);
  t.codes = codes;
  t.role = Role::state;
  t.height = 1;
  t.shape = {t.width, t.channels};
  const int index = add_tensor(std::move(t));
  QuantizedLayer& layer = add_layer(name + ".initial", "Initial", LayerKind::initial, {index}, index);
  layer.start = std::move(start);
  layer.start.resize(static_cast<std::size_t>(model_.batch * channels));
  states_.push_back(index);
  return index;
}

void NetworkBuilder::save_states() {
  for (const int index : states_) {
    if (spec_.carry_state || model_.carries)
      add_layer(tensor(index).name + ".save", "Save", LayerKind::save, {index}, index);
  }
  states_.clear();
}

// ---- arithmetic ----

MatrixCodes NetworkBuilder::matrix(std::span<const float> values, RecurrentWeights as) const {
  MatrixCodes matrix;
  switch (as) {
    case RecurrentWeights::float32: return {{}, {values.begin(), values.end()}, Codes::float32(), 1};
    case RecurrentWeights::int8: matrix = as_bytes(values, 0); break;
    case RecurrentWeights::ttq: {
      const std::optional<TernaryWeights> exact = as_ternary(values);
      TernaryWeights ternary = exact ? *exact : ttq(values);
      matrix = {std::move(ternary.codes), {}, Codes::integers(-1, 1), ternary.alpha};
      break;
    }
  }
  if (!is_float()) return matrix;
  for (const std::int16_t code : matrix.codes)
    matrix.values.push_back(static_cast<float>(code * matrix.scale));
  return {{}, std::move(matrix.values), Codes::float32(), 1};
}

int NetworkBuilder::project(const std::string& name, const std::string& op, int x, const MatrixCodes& matrix,
                            const std::vector<double>& bias, int second) {
  const bool real = is_float();
  const auto elements = real ? matrix.values.size() : matrix.codes.size();
  const std::int64_t channels = static_cast<std::int64_t>(elements) / tensor(x).channels;
  const int output = add_tensor(like_step(name, half_words(), std::ldexp(1.0, -gate_fraction), channels));
  std::vector<int> inputs = {x};
  if (second >= 0) inputs.push_back(second);
  QuantizedLayer& layer = add_layer(name, op, LayerKind::product, std::move(inputs), output);
  layer.weights = matrix.codes;
  layer.float_weights = matrix.values;
  layer.weight_codes = matrix.kind;
  const std::size_t rows = bias.empty() ? 1 : bias.size();
  if (real) {
    AffineStage stage;
    stage.per_channel = !bias.empty();
    stage.scale.assign(rows, 1.0F);
    if (second >= 0) stage.second.assign(rows, 1.0F);
    stage.bias.assign(rows, 0.0F);
    for (std::size_t i = 0; i < bias.size(); ++i) stage.bias[i] = static_cast<float>(bias[i]);
    layer.stage = std::move(stage);
    return output;
  }
  const double per_code = matrix.scale * tensor(x).scale;
  const auto largest = [&] {
    double most = per_code;
    for (const double value : bias) most = std::max(most, std::abs(value));
    return most;
  };
  if (!(largest() < most_scale)) {
    throw InputError(
        Place::at_node(model_.file, name),
        fmt::format("its scale or a bias is {:g}; fixed point needs them below 2^18", largest()));
  }
  const Factor factor = as_factor(std::ldexp(per_code, gate_fraction));
  ScaleStage stage;
  stage.per_channel = !bias.empty();
  stage.multiplier.assign(rows, factor.multiplier);
  if (second >= 0) stage.second.assign(rows, static_cast<std::int32_t>(power(factor.shift)));
  stage.shift.assign(rows, factor.shift);
  stage.bias.assign(rows, 0);
  for (std::size_t i = 0; i < bias.size(); ++i)
    stage.bias[i] =
        static_cast<std::int64_t>(std::nearbyint(std::ldexp(bias[i], gate_fraction + factor.shift)));
  stage.least = half_words().least;
  stage.most = half_words().most;
  layer.stage = std::move(stage);
  return output;
}

int NetworkBuilder::activate(const std::string& name, int x, Curve function, int into) {
  const std::string op = function == Curve::sigmoid ? "Sigmoid" : "Tanh";
  if (is_float()) {
    const auto slope = static_cast<float>(1 / spec_.sloping_factor);
    return pointwise(name, op, {x}, FunctionStage{function, slope}, Codes::float32(), 1, into);
  }
  const Codes codes = tensor(x).codes;
  int bits = 2;
  while (codes.most >= power(bits - 1)) ++bits;
  const TableRequest request = {function,           spec_.sloping_factor,
                                fraction_of(x),     bits,
                                spec_.lut_segments, spec_.lut_interpolation == Interpolation::linear};
  LookupStage table = activation_table(request);
  constexpr int most_shift = 24;  // the largest segment shift of a lookup
  if (table.segment_shift > most_shift) {
    throw InputError(
        Place::at_node(network_.file, name),
        fmt::format("the segments of its table would have 2^{} codes, and have 2^{} at most; lut_segments "
                    "would have to be {}",
                    table.segment_shift, most_shift, request.segments << (table.segment_shift - most_shift)));
  }
  const std::int64_t least = function == Curve::sigmoid ? 0 : -unit;
  return pointwise(name, op, {x}, std::move(table), Codes::integers(least, unit), unit_scale, into);
}

int NetworkBuilder::multiply(const std::string& name, int x, int y, int z, int fraction, int into) {
  std::vector<int> inputs = {x, y};
  if (z >= 0) inputs.push_back(z);
  MultiplyStage stage;
  const Codes codes = into >= 0 ? tensor(into).codes : half_words();
  if (!is_float()) {
    stage.shift = fraction_of(x) + fraction_of(y) - fraction;
    if (z >= 0) stage.third_shift = fraction_of(x) + fraction_of(y) - fraction_of(z);
    stage.least = codes.least;
    stage.most = codes.most;
  }
  return pointwise(name, z >= 0 ? "Mul+Add" : "Mul", std::move(inputs), stage, codes,
                   std::ldexp(1.0, -fraction), into);
}

int NetworkBuilder::complement(const std::string& name, int x) {
  if (is_float()) {
    AffineStage stage{false, {-1.0F}, {}, {1.0F}};
    return pointwise(name, "Sub", {x}, std::move(stage), Codes::float32(), 1, -1);
  }
  ScaleStage stage;
  stage.per_channel = false;
  stage.multiplier = {-1};
  stage.bias = {unit};
  stage.shift = {0};
  stage.least = 0;
  stage.most = unit;
  return pointwise(name, "Sub", {x}, std::move(stage), Codes::integers(0, unit), unit_scale, -1);
}

std::pair<Codes, double> NetworkBuilder::operand_codes() const {
  switch (spec_.activations) {
    case RecurrentActivations::btq: return {Codes::integers(-1, 1), 1};
    case RecurrentActivations::int8: return {Codes::integers(-most_byte, most_byte), byte_scale};
    case RecurrentActivations::float32: break;
  }
  return {Codes::float32(), 1};
}

int NetworkBuilder::operand(const std::string& name, int x, int registers, int into) {
  const auto [codes, scale] = operand_codes();
  if (is_float()) return x;
  if (spec_.activations == RecurrentActivations::btq)
    return pointwise(name, "BTQ", {x, registers}, SampleStage{16 - fraction_of(x)}, codes, scale, into);
  ScaleStage stage;
  stage.per_channel = false;
  stage.multiplier = {1};
  stage.bias = {0};
  stage.shift = {fraction_of(x) - byte_fraction};
  stage.least = codes.least;
  stage.most = codes.most;
  return pointwise(name, "Quant", {x}, std::move(stage), codes, scale, into);
}

int NetworkBuilder::registers(const std::string& name, std::size_t layer, bool reverse,
                              std::int64_t channels) {
  if (spec_.activations != RecurrentActivations::btq) return -1;
  return shift_registers(name, layer, reverse ? 1 : 0, channels);
}

int NetworkBuilder::shift_registers(const std::string& name, std::size_t layer, std::uint64_t direction,
                                    std::int64_t channels) {
  std::vector<std::int32_t> start;
  for (std::int64_t b = 0; b < model_.batch; ++b) {
    for (std::int64_t c = 0; c < channels; ++c) {
      start.push_back(static_cast<std::int32_t>(first_register(
          options_.seed, {layer, direction, static_cast<std::uint64_t>(b), static_cast<std::uint64_t>(c)})));
    }
  }
  return state(name, Codes::sums(), 1, channels, std::move(start));
}

// ---- input and output ----

int NetworkBuilder::input() {
  const std::int64_t features = model_.layers[0].inputs;
  const RecurrentInput as = spec_.input;
  const bool tokens = model_.vocabulary > 0;
  QuantizedTensor t = like_step("input", Codes::integers(0, 1), 1, tokens ? 1 : features);
  if (tokens) {
    t.codes = Codes::integers(0, model_.vocabulary - 1);
    t.scale = 1;
  } else if (!is_float() && as != RecurrentInput::one_hot) {
    t.codes = Codes::integers(-128, 127);
    t.scale = as == RecurrentInput::btq ? byte_scale : options_.input_scale.num / options_.input_scale.den;
  }
  network_.reading = reading_of(t, tokens);
  t.shape = model_.input_shape;
  int x = add_tensor(std::move(t));
  if (tokens) {
    const MatrixCodes table = is_float()
                                  ? matrix(model_.embedding, RecurrentWeights::float32)
                                  : as_bytes(model_.embedding, as == RecurrentInput::btq ? byte_scale : 0);
    const int rows = add_tensor(like_step("embedding", table.kind, table.scale, features));
    QuantizedLayer& layer = add_layer("embedding", "Gather", LayerKind::gather, {x}, rows);
    layer.weights = table.codes;
    layer.float_weights = table.values;
    layer.weight_codes = table.kind;
    x = rows;
  }
  return is_float() || as != RecurrentInput::btq ? x : sample_input(x);
}

/// The reading of the input. Numbers are rounded to the codes of 8-bit vectors; integers of a file are the
/// codes themselves.
InputReading NetworkBuilder::reading_of(const QuantizedTensor& input, bool tokens) const {
  InputReading reading;
  reading.byte = {1, 1, {}, {}};
  reading.least = static_cast<double>(input.codes.least);
  reading.most = static_cast<double>(input.codes.most);
  if (input.codes.is_float()) {
    reading.rule = ReadingRule::real;
  } else if (tokens) {
    reading.rule = ReadingRule::integers;
  } else if (input.codes.least < 0) {
    reading.rule = ReadingRule::quantize_linear;
    reading.step = input.scale;
    const bool sampled = spec_.input == RecurrentInput::btq;
    reading.byte.num = sampled ? 1 : options_.input_scale.num;
    reading.byte.den = sampled ? 128 : options_.input_scale.den;
  }
  return reading;
}

int NetworkBuilder::sample_input(int x) {
  constexpr std::size_t input_layer = 0xffff;  // no layer has this number
  const std::int64_t channels = tensor(x).channels;
  const int registers = shift_registers("input.registers", input_layer, 0, channels);
  const int sampled = add_tensor(like_step("input.sampled", Codes::integers(-1, 1), 1, channels));
  begin_loop("input", false);
  pointwise("input.sampled", "BTQ", {x, registers}, SampleStage{16 - byte_fraction}, Codes::integers(-1, 1),
            1, sampled);
  end_loop();
  save_states();
  return sampled;
}

int NetworkBuilder::collect(const std::string& name, int x) {
  in_loop_ = false;
  const QuantizedTensor from = tensor(x);
  const int sequence = add_tensor(like_step(name, from.codes, from.scale, from.channels));
  in_loop_ = true;
  return pointwise(name, "Identity", {x}, RawStage{}, from.codes, from.scale, sequence);
}

int NetworkBuilder::concat(const std::string& name, const std::vector<int>& parts) {
  QuantizedTensor joined = tensor(parts[0]);
  joined.name = name + ".both";
  joined.channels = 0;
  joined.role = Role::sequence;
  for (const int part : parts) joined.channels += tensor(part).channels;
  const int output = add_tensor(std::move(joined));
  add_layer(name + ".both", "Concat", LayerKind::concat, parts, output);
  return output;
}

int NetworkBuilder::decode(const DecoderWeights& decoder, int x) {
  const MatrixCodes codes = matrix(decoder.weights, spec_.decoder_as());
  QuantizedTensor result = tensor(x);
  result.name = decoder.name;
  result.codes = Codes::float32();
  result.scale = 1;
  result.channels = decoder.outputs;
  // Within a loop the decoder makes a sequence. After a loop it makes as many positions as its input has.
  if (in_loop_) result.height = model_.steps;
  result.role = Role::sequence;
  const double scale = codes.scale * tensor(x).scale;
  const int output = add_tensor(std::move(result));
  QuantizedLayer& layer = add_layer(decoder.name, "Gemm", LayerKind::product, {x}, output);
  layer.weights = codes.codes;
  layer.float_weights = codes.values;
  layer.weight_codes = codes.kind;
  AffineStage stage;
  stage.scale.assign(decoder.bias.size(), static_cast<float>(scale));
  stage.bias = decoder.bias;
  layer.stage = std::move(stage);
  return output;
}

QuantizedNetwork NetworkBuilder::finish(int output) {
  if (tensor(output).role == Role::state || output == 0) {
    QuantizedTensor copy = tensor(output);
    copy.name = "output";
    copy.role = Role::sequence;
    const int to = add_tensor(std::move(copy));
    output = pointwise("output", "Identity", {output}, RawStage{}, tensor(to).codes, 1, to);
  }
  // The output must be the last tensor.
  const int last = static_cast<int>(network_.tensors.size()) - 1;
  const auto moved = [&](int index) { return index == output ? last : index > output ? index - 1 : index; };
  std::rotate(network_.tensors.begin() + output, network_.tensors.begin() + output + 1,
              network_.tensors.end());
  for (QuantizedLayer& layer : network_.layers) {
    layer.output = moved(layer.output);
    for (int& input : layer.inputs) input = moved(input);
  }
  network_.tensors.back().shape = model_.output_shape;
  return std::move(network_);
}

}  // namespace tricycle
