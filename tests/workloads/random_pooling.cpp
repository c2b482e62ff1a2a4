// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/random_pooling.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "support/random.hpp"
#include "tests/workloads/onnx_models.hpp"

namespace tricycle::test {
namespace {

/// How a kernel slides along one axis.
struct Axis {
  std::int64_t kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;
};

std::string text_of(const std::vector<std::int64_t>& values) {
  std::string text = "[";
  for (const std::int64_t value : values) text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  return text + "]";
}

class Maker {
 public:
  Maker(std::uint64_t seed, bool floating)
      : random_(seed, floating ? 1 : 0), floating_(floating), model_(make_model()) {
    images_ = random_.between(1, 2);
    channels_ = random_.between(1, 9);
    size_ = {random_.between(1, 12), random_.between(1, 12)};
  }

  RandomModel make() {
    model_.mutable_opset_import(0)->set_version(19);
    const Shape shape = {images_, channels_, size_[0], size_[1]};
    add_input(model_, "x", shape);
    text_ = "x " + text_of(shape);
    if (!floating_) quantize();
    Tensor input = input_of(shape);
    if (random_.chance(0.5)) product();
    pool();
    if (random_.chance(0.25)) pool();
    if (random_.chance(0.3)) end_in_a_matrix();
    add_output(model_, value_);
    return {bytes_of(model_), std::move(input), text_};
  }

 private:
  float power(int low, int high) { return std::ldexp(1.0F, static_cast<int>(random_.between(low, high))); }

  std::string name(const std::string& kind) { return kind + std::to_string(count_++); }

  std::string scalar(float value) {
    const std::string constant = name("c");
    add_floats(model_, constant, {}, {value});
    return constant;
  }

  onnx::NodeProto* add(const std::string& op, const std::vector<std::string>& constants = {},
                       const std::string& domain = "") {
    std::vector<std::string> inputs = {value_};
    inputs.insert(inputs.end(), constants.begin(), constants.end());
    value_ = name(op);
    text_ += "; " + op;
    return add_node(model_, value_, op, inputs, domain);
  }

  // ---- quantizers ----

  /// Values up to `reach_` on either side become codes of 2, 4 or 8 bits, those of the input 4 or 8, and any
  /// zero point.
  void quantize() {
    const std::int64_t bits = std::int64_t{2}
                              << (value_ == "x" ? random_.between(1, 2) : random_.between(0, 2));
    const bool is_signed = random_.chance(0.5);
    const std::int64_t least = is_signed ? -(std::int64_t{1} << (bits - 1)) : 0;
    const std::int64_t most = least + (std::int64_t{1} << bits) - 1;
    std::int64_t zero =
        random_.chance(0.3) ? std::clamp<std::int64_t>(0, least, most) : random_.between(least, most);
    const bool beyond = random_.chance(0.1);  // no code is 0
    if (beyond) zero = random_.chance(0.5) ? least - 2 : most + 4;
    const auto levels = static_cast<double>(most - least);
    // The smallest power of two that holds the values, or half of it: some are then clamped.
    const int exponent = static_cast<int>(std::ceil(std::log2(reach_ / levels)));
    step_ = std::ldexp(1.0F, exponent - (random_.chance(0.5) ? 1 : 0));
    if (bits == 8 && !beyond && random_.chance(0.6)) {
      const std::string point = name("zero");
      onnx::TensorProto* tensor = add_floats(model_, point, {}, {});
      tensor->set_data_type(is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8);
      tensor->add_int32_data(static_cast<std::int32_t>(zero));
      const std::string scale = scalar(step_);
      add("QuantizeLinear", {scale, point});
      add("DequantizeLinear", {scale, point});
    } else {
      onnx::NodeProto* node =
          add("Quant", {scalar(step_), scalar(static_cast<float>(zero)), scalar(static_cast<float>(bits))},
              "qonnx.custom_op.general");
      set_integer(node, "signed", is_signed ? 1 : 0);
      set_integer(node, "narrow", 0);
      set_text(node, "rounding_mode", "ROUND");
    }
    text_ += (is_signed ? " int" : " uint") + std::to_string(bits) + " zero " + std::to_string(zero) +
             " step " + std::to_string(step_);
    const double from_zero =
        std::max(std::abs(static_cast<double>(least - zero)), std::abs(static_cast<double>(most - zero)));
    reach_ = std::max(from_zero, 1.0) * static_cast<double>(step_);
    is_quantized_ = true;
  }

  /// Values around the input quantizer's range and a little beyond.
  Tensor input_of(const Shape& shape) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    for (float& value : values) value = static_cast<float>((2 * random_.real() - 1) * reach_ * 1.1);
    return {shape, std::move(values)};
  }

  // ---- layers ----

  std::vector<float> weights(std::int64_t count) {
    const float scale = power(-3, 0);
    const std::int64_t most = random_.chance(0.4) ? 1 : 7;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
      value = floating_ ? static_cast<float>(2 * random_.real() - 1)
                        : static_cast<float>(random_.between(-most, most)) * scale;
    }
    if (!floating_) values[0] = scale;  // the grid's step
    return values;
  }

  void note_reach(const std::vector<float>& values, std::int64_t rows) {
    const std::size_t each = values.size() / static_cast<std::size_t>(rows);
    double most = 0;
    for (std::size_t r = 0; r < values.size(); r += each) {
      double sum = 0;
      for (std::size_t i = r; i < r + each; ++i) sum += std::abs(static_cast<double>(values[i]));
      most = std::max(most, sum);
    }
    reach_ = std::max(reach_ * most * 0.5, 1e-3);
  }

  /// A convolution that may fuse with the pool behind it.
  void product() {
    const std::vector<Axis> axes = {axis(size_[0], false), axis(size_[1], false)};
    const std::int64_t outputs = random_.between(1, 9);
    const Shape shape = {outputs, channels_, axes[0].kernel, axes[1].kernel};
    const std::vector<float> values = weights(element_count(shape));
    const std::string constant = name("w");
    add_floats(model_, constant, shape, values);
    set_axes(add("Conv", {constant}), axes, false);
    for (std::size_t d = 0; d < 2; ++d) size_[d] = outputs_of(axes[d], size_[d], false);
    channels_ = outputs;
    note_reach(values, outputs);
    is_quantized_ = false;
    if (random_.chance(0.4)) add("Relu");
    if (floating_) return;
    if (random_.chance(0.5)) pool(true);
    quantize();
  }

  /// A pool; between a product and its quantizer a max pool.
  void pool(bool behind_product = false) {
    const bool max = behind_product || random_.chance(0.5);
    if (!max && !floating_ && !is_quantized_) quantize();
    if (!max && random_.chance(0.2)) pad();
    bool ceil = false;
    std::vector<Axis> axes;
    std::string automatic;
    do {
      ceil = random_.chance(max ? 0.4 : 0.15);
      automatic = random_.chance(0.2) ? (random_.chance(0.5) ? "SAME_UPPER" : "SAME_LOWER") : "";
      axes = {axis(size_[0], true), axis(size_[1], true)};
      if (!automatic.empty()) {
        ceil = false;
        for (std::size_t d = 0; d < 2; ++d) pad_same(axes[d], size_[d], automatic == "SAME_UPPER");
      }
    } while (!is_possible(axes[0], size_[0], ceil) || !is_possible(axes[1], size_[1], ceil));
    onnx::NodeProto* node = add(max ? "MaxPool" : "AveragePool");
    set_axes(node, axes, !automatic.empty());
    if (!automatic.empty()) {
      set_text(node, "auto_pad", automatic);
      text_ += " " + automatic;
    }
    if (ceil) {
      set_integer(node, "ceil_mode", 1);
      text_ += " ceil";
    }
    if (!max && random_.chance(0.9)) {
      set_integer(node, "count_include_pad", 1);
      text_ += " with padding";
    }
    for (std::size_t d = 0; d < 2; ++d) size_[d] = outputs_of(axes[d], size_[d], ceil);
    if (max) return;
    is_quantized_ = false;
    const std::int64_t taps = axes[0].kernel * axes[1].kernel;
    is_exact_ = is_exact_ && (taps & (taps - 1)) == 0;
    if (!floating_ && random_.chance(0.6)) quantize();
  }

  /// Zeros around the image.
  void pad() {
    const std::vector<std::int64_t> pads = {0, 0, random_.between(0, 2), random_.between(0, 2),
                                            0, 0, random_.between(0, 2), random_.between(0, 2)};
    const std::string constant = name("pads");
    onnx::TensorProto* tensor = add_floats(model_, constant, {8}, {});
    tensor->set_data_type(onnx::TensorProto::INT64);
    for (const std::int64_t value : pads) tensor->add_int64_data(value);
    add("Pad", {constant});
    text_ += " " + text_of(pads);
    size_ = {size_[0] + pads[2] + pads[6], size_[1] + pads[3] + pads[7]};
  }

  /// A product of the whole image, where its codes are the float interpreter's.
  void end_in_a_matrix() {
    if (!floating_ && (!is_quantized_ || !is_exact_)) return;
    const std::int64_t inputs = channels_ * size_[0] * size_[1], outputs = random_.between(1, 5);
    add("Flatten");
    const std::string constant = name("w");
    add_floats(model_, constant, {inputs, outputs}, weights(inputs * outputs));
    add("Gemm", {constant});
  }

  // ---- geometry ----

  Axis axis(std::int64_t size, bool pools) {
    while (true) {
      Axis a;
      a.kernel = random_.between(1, pools ? 4 : 3);
      a.stride = random_.chance(0.4) ? a.kernel : random_.between(1, pools ? 4 : 2);
      a.dilation = random_.chance(0.35) ? random_.between(2, 3) : 1;
      if (random_.chance(0.5)) {
        a.before = random_.between(0, a.kernel - 1);
        a.after = random_.between(0, a.kernel - 1);
      }
      if (is_possible(a, size, false)) return a;
    }
  }

  static std::int64_t span(const Axis& a) { return (a.kernel - 1) * a.dilation + 1; }

  static void pad_same(Axis& a, std::int64_t size, bool upper) {
    const std::int64_t outputs = (size + a.stride - 1) / a.stride;
    const std::int64_t padding = std::max<std::int64_t>(0, (outputs - 1) * a.stride + span(a) - size);
    a.before = upper ? padding / 2 : padding - padding / 2;
    a.after = padding - a.before;
  }

  /// As ONNX counts them: with ceil_mode a last window that begins inside the image or the padding before it.
  static std::int64_t outputs_of(const Axis& a, std::int64_t size, bool ceil) {
    const std::int64_t room = size + a.before + a.after - span(a);
    std::int64_t outputs = (ceil ? room + a.stride - 1 : room) / a.stride + 1;
    if (ceil && (outputs - 1) * a.stride >= size + a.before) --outputs;
    return outputs;
  }

  /// Whether the kernel fits and every window has a tap inside.
  static bool is_possible(const Axis& a, std::int64_t size, bool ceil) {
    if (size + a.before + a.after < span(a) || a.before >= span(a) || a.after >= span(a)) return false;
    for (std::int64_t o = 0; o < outputs_of(a, size, ceil); ++o) {
      bool inside = false;
      for (std::int64_t k = 0; k < a.kernel; ++k) {
        const std::int64_t at = o * a.stride + k * a.dilation - a.before;
        inside = inside || (at >= 0 && at < size);
      }
      if (!inside) return false;
    }
    return true;
  }

  void set_axes(onnx::NodeProto* node, const std::vector<Axis>& axes, bool automatic) {
    const auto both = [&](std::int64_t Axis::*member) {
      return std::vector<std::int64_t>{axes[0].*member, axes[1].*member};
    };
    const auto set = [&](const char* attribute, const std::vector<std::int64_t>& values) {
      set_integers(node, attribute, values);
      text_ += std::string(" ") + attribute + " " + text_of(values);
    };
    set("kernel_shape", both(&Axis::kernel));
    set("strides", both(&Axis::stride));
    if (axes[0].dilation > 1 || axes[1].dilation > 1) set("dilations", both(&Axis::dilation));
    if (!automatic) set("pads", {axes[0].before, axes[1].before, axes[0].after, axes[1].after});
  }

  Random random_;
  bool floating_;
  onnx::ModelProto model_;
  std::int64_t images_ = 1, channels_ = 1;
  std::vector<std::int64_t> size_;
  std::string value_ = "x", text_;
  int count_ = 0;
  double reach_ = 1;           ///< of the last value
  float step_ = 1;             ///< of the last quantizer
  bool is_quantized_ = false;  ///< the last value are codes
  bool is_exact_ = true;       ///< all values are what float32 computes
};

}  // namespace

RandomModel random_pooling(std::uint64_t seed) {
  return Maker(seed, false).make();
}

RandomModel random_float_pooling(std::uint64_t seed) {
  return Maker(seed, true).make();
}

}  // namespace tricycle::test
