// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/random_arithmetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/random.hpp"
#include "tests/workloads/onnx_models.hpp"

namespace tricycle::test {
namespace {

constexpr const char* quant_domain = "qonnx.custom_op.general";

/// A model as it grows: the last value, and its shape.
class Maker {
 public:
  /// With `rough`, the scales of every fourth model are any real numbers, and an output may be one step away.
  Maker(std::uint64_t seed, std::uint64_t stream, bool rough = false)
      : random_(seed, stream), rough_(rough && random_.chance(0.25)) {}

  Random& random() { return random_; }
  std::string value = "x";
  Shape shape;

  RandomModel finish(const std::string& what, double within = 0) {
    if (rough_) within = 1.01 * static_cast<double>(last_scale_);
    add_output(model_, value);
    RandomModel made;
    made.onnx = bytes_of(model_);
    made.input = {input_shape_, input_};
    made.text = what + ": " + text_;
    if (within > 0) made.text += fmt::format(" (within {})", within);
    return made;
  }

  /// A small odd number times a power of two, or any number.
  float scale(int low, int high) {
    if (rough_)
      return std::ldexp(static_cast<float>(1 + random_.real()), static_cast<int>(random_.between(low, high)));
    const std::int64_t factors[] = {1, 1, 1, 3, 5};
    return std::ldexp(static_cast<float>(factors[random_.below(5)]),
                      static_cast<int>(random_.between(low, high)));
  }

  std::string add(const std::string& op, std::vector<std::string> inputs, const std::string& domain = "") {
    const std::string name = fmt::format("{}{}", op, count_++);
    node_ = add_node(model_, name, op, inputs, domain);
    text_ += " " + op;
    return value = name;
  }
  [[nodiscard]] onnx::NodeProto* node() const { return node_; }

  std::string floats(const Shape& of, const std::vector<float>& values) {
    const std::string name = fmt::format("c{}", count_++);
    add_floats(model_, name, of, values);
    return name;
  }

  /// An input of codes of a scale, each moved by up to a quarter of a step, through its quantizer.
  void open(const Shape& of) {
    shape = input_shape_ = of;
    add_input(model_, "x", of);
    const bool is_signed = random_.chance(0.5);
    const std::int64_t zero = is_signed ? random_.between(-8, 8) : random_.between(0, 255);
    const float step = scale(-5, -3);
    const std::int64_t least = is_signed ? -128 : 0;
    for (std::int64_t i = element_count(of); i > 0; --i) {
      const auto code = static_cast<float>(least + random_.between(0, 255) - zero);
      input_.push_back((code + 0.25F * static_cast<float>(random_.between(-1, 1))) * step);
    }
    linear(step, is_signed, zero);
  }

  void linear(float step, bool is_signed, std::int64_t zero) {
    last_scale_ = step;
    const std::string s = floats({}, {step}), z = fmt::format("c{}", count_++);
    onnx::TensorProto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(z);
    tensor->set_data_type(is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8);
    tensor->add_int32_data(static_cast<std::int32_t>(zero));
    add("QuantizeLinear", {value, s, z});
    add("DequantizeLinear", {value, s, z});
    text_ += fmt::format("({}, {}int8, {})", step, is_signed ? "" : "u", zero);
  }

  void quant(float step, std::int64_t bits, bool is_signed, bool narrow, std::int64_t zero,
             const std::string& rounding = "ROUND") {
    last_scale_ = step;
    const std::string s = floats({}, {step}), z = floats({}, {static_cast<float>(zero)});
    add("Quant", {value, s, z, floats({}, {static_cast<float>(bits)})}, quant_domain);
    set_integer(node_, "signed", is_signed ? 1 : 0);
    set_integer(node_, "narrow", narrow ? 1 : 0);
    set_text(node_, "rounding_mode", rounding);
    text_ += fmt::format("({}, {} bits, signed {}, narrow {}, {}, {})", step, bits, is_signed, narrow, zero,
                         rounding);
  }

  /// A quantizer of any kind; returns its scale.
  float any_quantizer(int low, int high) {
    const float step = scale(low, high);
    const bool is_signed = random_.chance(0.5);
    if (random_.chance(0.5)) {
      linear(step, is_signed, is_signed ? random_.between(-128, 127) : random_.between(0, 255));
    } else {
      const std::int64_t bits = random_.between(2, 8);
      const std::int64_t most = std::int64_t{1} << bits;
      quant(step, bits, is_signed, random_.chance(0.3), random_.between(-most, most));
    }
    return step;
  }

  std::vector<float> numbers(std::int64_t count, std::int64_t most, float unit) {
    std::vector<float> values;
    for (; count > 0; --count) values.push_back(static_cast<float>(random_.between(-most, most)) * unit);
    return values;
  }

  /// A convolution, or a product of rows; of dead channels all weights are 0.
  void product(std::int64_t outputs, bool dead = false, std::int64_t most_kernel = 3) {
    const float unit = std::ldexp(1.0F, static_cast<int>(random_.between(-3, 0)));
    const bool image = shape.size() == 4;
    const std::int64_t kernel = image ? random_.between(1, std::min({most_kernel, shape[2], shape[3]})) : 1;
    const std::int64_t each = shape[1] * kernel * kernel;
    std::vector<float> weights = numbers(outputs * each, 7, unit);
    if (dead) std::fill_n(weights.begin(), random_.chance(0.2) ? each * outputs : each, 0.0F);
    const std::string bias = floats({outputs}, numbers(outputs, 99, unit / 8));
    if (image) {
      add("Conv", {value, floats({outputs, shape[1], kernel, kernel}, weights), bias});
      shape = {1, outputs, shape[2] - kernel + 1, shape[3] - kernel + 1};
    } else {
      add("Gemm", {value, floats({outputs, each}, weights), bias});
      set_integer(node_, "transB", 1);
      shape = {shape[0], outputs};
    }
  }

  /// (x - mean) * gamma / 2^k + beta with exact roots.
  void normalization(double zero, double negative) {
    const std::int64_t n = shape[1];
    std::vector<float> gamma, beta = numbers(n, 40, 0.25F), mean = numbers(n, 8, 0.5F), variance;
    for (std::int64_t c = 0; c < n; ++c) {
      const float size = std::ldexp(1.0F, static_cast<int>(random_.between(-2, 0)));
      gamma.push_back(random_.chance(zero) ? 0.0F : random_.chance(negative) ? -size : size);
      variance.push_back(random_.chance(0.5) ? 1.0F : 4.0F);
    }
    add("BatchNormalization",
        {value, floats({n}, gamma), floats({n}, beta), floats({n}, mean), floats({n}, variance)});
    onnx::AttributeProto* epsilon = node_->add_attribute();
    epsilon->set_name("epsilon");
    epsilon->set_type(onnx::AttributeProto::FLOAT);
    epsilon->set_f(0);
  }

  /// An image or rows, quantized.
  void open_any() {
    if (random_.chance(0.6)) {
      open({1, random_.between(1, 4), random_.between(2, 5), random_.between(3, 5)});
    } else {
      open({random_.between(1, 4), random_.between(1, 12)});
    }
  }

 private:
  Random random_;
  bool rough_;
  float last_scale_ = 0;
  onnx::ModelProto model_ = make_model();
  onnx::NodeProto* node_ = nullptr;
  int count_ = 0;
  Shape input_shape_;
  std::vector<float> input_;
  std::string text_;
};

std::string rounding_mode(Random& random) {
  const std::string modes[] = {"ROUND", "HALF_EVEN", "CEIL",      "FLOOR",        "UP",
                               "DOWN",  "HALF_UP",   "HALF_DOWN", "ROUND_TO_ZERO"};
  std::string mode = modes[random.below(9)];
  const std::uint64_t letters = random.below(3);
  for (std::size_t i = letters == 1 ? 1 : 0; i < mode.size() && letters > 0; ++i)
    mode[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(mode[i])));
  return mode;
}

}  // namespace

RandomModel random_output_quantizer(std::uint64_t seed) {
  Maker maker(seed, 101, true);
  maker.open_any();
  maker.product(maker.random().between(1, 5));
  if (maker.random().chance(0.3)) maker.add("Relu", {maker.value});
  maker.any_quantizer(-2, 3);
  return maker.finish("output quantizer");
}

RandomModel random_rounding(std::uint64_t seed) {
  Maker maker(seed, 102, true);
  maker.open_any();
  maker.product(maker.random().between(1, 5));
  if (maker.random().chance(0.3)) maker.add("Relu", {maker.value});
  Random& random = maker.random();
  const std::int64_t bits = random.chance(0.2) ? 16 : random.between(1, 8);
  const bool is_signed = random.chance(0.6), narrow = bits > 1 && random.chance(0.3);
  const std::int64_t most = std::int64_t{1} << std::min<std::int64_t>(bits, 8);
  maker.quant(maker.scale(bits == 16 ? -7 : -1, bits == 16 ? -5 : 3), bits, is_signed, narrow,
              random.chance(0.5) ? 0 : random.between(-most, most), rounding_mode(random));
  return maker.finish("rounding");
}

RandomModel random_decimal_step(std::uint64_t seed) {
  Maker maker(seed, 106);
  maker.open_any();
  maker.product(maker.random().between(1, 5));
  Random& random = maker.random();
  const float step = static_cast<float>(random.between(1, 60)) / 20.0F;
  const bool is_signed = random.chance(0.5);
  if (random.chance(0.5)) {
    maker.linear(step, is_signed, is_signed ? random.between(-128, 127) : random.between(0, 255));
  } else {
    maker.quant(step, random.between(5, 8), is_signed, false, random.between(-256, 256),
                rounding_mode(random));
  }
  return maker.finish("decimal step");
}

RandomModel random_average(std::uint64_t seed) {
  Maker maker(seed, 103, true);
  Random& random = maker.random();
  maker.open({1, random.between(1, 4), random.between(1, 12), random.between(1, 12)});
  const std::int64_t height = maker.shape[2], width = maker.shape[3];
  switch (random.below(3)) {
    case 0: {
      maker.add("AveragePool", {maker.value});
      const std::int64_t kh = random.between(1, height), kw = random.between(1, width);
      set_integers(maker.node(), "kernel_shape", {kh, kw});
      set_integers(maker.node(), "strides", {random.between(1, 2), random.between(1, 2)});
      break;
    }
    case 1: maker.add("GlobalAveragePool", {maker.value}); break;
    default:
      maker.add("ReduceMean", {maker.value});
      set_integers(maker.node(), "axes", {2, 3});
      set_integer(maker.node(), "keepdims", random.chance(0.5) ? 1 : 0);
  }
  if (random.chance(0.2)) maker.add("Relu", {maker.value});
  maker.any_quantizer(-5, -1);
  return maker.finish(fmt::format("average over at most {} x {}", height, width));
}

RandomModel random_constant_channel(std::uint64_t seed) {
  Maker maker(seed, 104);
  Random& random = maker.random();
  maker.open_any();
  maker.product(random.between(2, 5), random.chance(0.4));
  const bool before = random.chance(0.3);
  if (before) maker.add("Relu", {maker.value});
  maker.normalization(0.4, before ? 0.4 : 0.2);
  if (!before && random.chance(0.7)) maker.add("Relu", {maker.value});
  const float step = maker.any_quantizer(-1, 3);
  // A clamp before a gain of any sign goes through a stream of 16 bits.
  if (before) return maker.finish("clamps that differ", static_cast<double>(step));
  if (random.chance(0.5)) maker.product(random.between(1, 3));
  return maker.finish("constant channel");
}

RandomModel random_join(std::uint64_t seed) {
  Maker maker(seed, 105);
  Random& random = maker.random();
  maker.open_any();
  const bool joined = random.chance(0.5);
  const std::string start = maker.value;
  const Shape shape = maker.shape;
  const std::int64_t outputs = random.between(1, 4);
  std::vector<std::string> parts;
  std::int64_t channels = 0;
  int quantized = 0;
  for (int i = 0; i < 2; ++i) {
    maker.value = start;
    maker.shape = shape;
    maker.product(joined ? random.between(1, 4) : outputs, false, 1);
    channels += maker.shape[1];
    if (random.chance(0.9)) {
      maker.any_quantizer(-1, 2);
      ++quantized;
    }
    parts.push_back(maker.value);
  }
  if (joined) {
    maker.add("Concat", parts);
    set_integer(maker.node(), "axis", 1);
    maker.shape[1] = channels;
    if (random.chance(0.3)) maker.normalization(0.2, 0);
  } else {
    maker.add("Add", parts);
  }
  if (random.chance(0.3)) maker.add("Relu", {maker.value});
  const float step = maker.any_quantizer(0, 2);
  // One of two products that are added is a stream of 16 bits.
  return maker.finish("join", !joined && quantized == 0 ? static_cast<double>(step) : 0);
}

double allowed(const RandomModel& model) {
  const std::string key = "(within ";
  const std::size_t at = model.text.rfind(key);
  return at == std::string::npos ? 0 : std::stod(model.text.substr(at + key.size()));
}

}  // namespace tricycle::test
