// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/random_input.hpp"

#include <fmt/format.h>

#include <cmath>

#include "support/random.hpp"
#include "tests/workloads/onnx_models.hpp"

namespace tricycle::test {
namespace {

const char* const domain = "qonnx.custom_op.general";
const std::vector<std::string> modes = {"ROUND",   "CEIL",      "FLOOR", "UP",  "DOWN",
                                        "HALF_UP", "HALF_DOWN", "Floor", "ceil"};

void add_bytes(onnx::ModelProto& model, const std::string& name, bool is_signed, std::int64_t value) {
  onnx::TensorProto* tensor = model.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8);
  tensor->add_int32_data(static_cast<std::int32_t>(value));
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed, 7), model_(make_model()) {}

  RandomModel make() {
    const bool image = random_.chance(0.6);
    const std::int64_t channels = random_.between(1, 5), height = random_.between(2, 6),
                       width = random_.between(2, 6);
    const Shape shape = image ? Shape{1, channels, height, width} : Shape{1, random_.between(1, 40)};
    add_input(model_, "x", shape);
    add_output(model_, "y");
    step_ = std::ldexp(1.0, static_cast<int>(random_.between(-6, 2)));
    add_floats(model_, "step", {}, {static_cast<float>(step_)});
    const std::string codes = quantizer();
    const std::int64_t outputs = random_.between(1, 6);
    if (image) {
      const std::int64_t kernel = random_.between(1, std::min<std::int64_t>(3, std::min(height, width)));
      weights({outputs, channels, kernel, kernel});
      onnx::NodeProto* conv = add_node(model_, "y", "Conv", {codes, "w"});
      // Zeros around an image need a code of zero.
      if (zero_is_a_code_ && random_.chance(0.5)) set_integers(conv, "pads", {1, 0, 0, 1});
    } else {
      weights({shape[1], outputs});
      add_node(model_, "y", "MatMul", {codes, "w"});
    }
    return {bytes_of(model_), {shape, inputs(shape)}, text_};
  }

 private:
  std::string quantizer() {
    const auto kind = random_.between(0, 9);
    if (kind < 4) {
      const bool is_signed = random_.chance(0.5);
      const std::int64_t zero = is_signed ? random_.between(-128, 127) : random_.between(0, 255);
      zero_ = static_cast<double>(zero);
      add_bytes(model_, "zero", is_signed, zero);
      add_node(model_, "q", "QuantizeLinear", {"x", "step", "zero"});
      add_node(model_, "d", "DequantizeLinear", {"q", "step", "zero"});
      text_ = fmt::format("QuantizeLinear {} zero {} step {}", is_signed ? "int8" : "uint8", zero, step_);
      return "d";
    }
    if (kind == 4) {
      add_node(model_, "q", "BipolarQuant", {"x", "step"}, domain);
      zero_is_a_code_ = false;
      text_ = fmt::format("BipolarQuant step {}", step_);
      return "q";
    }
    const std::int64_t bits = random_.between(1, 8);
    const bool is_signed = random_.chance(0.6), narrow = bits > 1 && random_.chance(0.3);
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    const std::int64_t least = is_signed ? (narrow ? -half + 1 : -half) : 0;
    const std::int64_t most = is_signed ? half - 1 : 2 * half - (narrow ? 2 : 1);
    const std::int64_t zero = random_.chance(0.5) ? 0 : random_.between(least, most);
    zero_ = static_cast<double>(zero);
    const std::string mode = modes[random_.below(modes.size())];
    add_floats(model_, "zero", {}, {static_cast<float>(zero)});
    add_floats(model_, "bits", {}, {static_cast<float>(bits)});
    onnx::NodeProto* node = add_node(model_, "q", random_.chance(0.5) ? "Quant" : "IntQuant",
                                     {"x", "step", "zero", "bits"}, domain);
    set_integer(node, "signed", is_signed ? 1 : 0);
    set_integer(node, "narrow", narrow ? 1 : 0);
    set_text(node, "rounding_mode", mode);
    text_ = fmt::format("Quant {} bits{}{} zero {} step {} {}", bits, is_signed ? " signed" : "",
                        narrow ? " narrow" : "", zero, step_, mode);
    return "q";
  }

  void weights(const Shape& shape) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    const std::int64_t most = random_.chance(0.5) ? 1 : 100;
    for (float& value : values) value = static_cast<float>(random_.between(-most, most)) * 0.25F;
    add_floats(model_, "w", shape, values);
  }

  /// Multiples of a quarter of a step, so that some are ties, over the codes and a little beyond.
  std::vector<float> inputs(const Shape& shape) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    for (float& value : values) {
      const double place = 0.25 * static_cast<double>(random_.between(-1100, 1100));
      value = static_cast<float>((random_.chance(0.5) ? place : std::fmod(place, 8)) * step_);
    }
    return values;
  }

  Random random_;
  onnx::ModelProto model_;
  double step_ = 1, zero_ = 0;
  bool zero_is_a_code_ = true;
  std::string text_;
};

}  // namespace

RandomModel random_input_quantizer(std::uint64_t seed) {
  return Maker(seed).make();
}

}  // namespace tricycle::test
