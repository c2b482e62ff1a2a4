// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "workloads/graph/evaluation.hpp"
#include "workloads/graph/quant.hpp"

namespace tricycle {

void check_scale(const Operands& on, float scale, const std::string& what) {
  if (!(scale > 0) || !std::isnormal(scale)) on.fail(what + "a scale of " + std::to_string(scale));
}

QuantRange checked_range(const Operands& on, float bits, bool is_signed, bool narrow, Rounding rounding,
                         const std::string& what) {
  if (!(bits >= 1 && bits <= 32) || bits != std::floor(bits))
    on.fail(what + "a bit width of " + std::to_string(bits));
  if (bits == 1 && is_signed && narrow) on.fail(what + "one signed narrow bit holds only zero");
  return quant_range(static_cast<std::int64_t>(bits), is_signed, narrow, rounding);
}

namespace {

Tensor quant(const Operands& on) {
  const float bits = on.single(3);
  Rounding rounding = Rounding::round;
  const std::string mode = on.node.text("rounding_mode", "ROUND");
  if (!parse_rounding(mode, rounding)) on.fail("unknown rounding mode '" + mode + "'");
  const QuantRange range =
      checked_range(on, bits, on.node.integer("signed", 1) != 0, on.node.integer("narrow", 0) != 0, rounding);
  const float zero_point = on.single(2);
  // The scale may have one value for each channel: broadcast it by hand.
  const Tensor& scale = on.in(1);
  for (const float s : scale.floats()) check_scale(on, s);
  const Shape shape = broadcast_shape(on.graph, on.node, on.in(0).shape, scale.shape);
  if (shape != on.in(0).shape)
    on.fail("the scale's shape " + shape_text(scale.shape) + " is larger than the tensor's");
  return elementwise<float>(on, on.in(0), scale, [&](float x, float s) {
    return (static_cast<float>(quantize(x, s, zero_point, range)) - zero_point) * s;
  });
}

/// The scale and zero point of QuantizeLinear and DequantizeLinear for each element: one pair for the whole
/// tensor, or one pair for each index of an axis.
class LinearScale {
 public:
  explicit LinearScale(const Operands& on) : scale_(on.in(1).floats()), zero_(scale_.size(), 0) {
    if (!on.in(1).is_float()) on.fail("the scale is expected to be floating point");
    if (on.has(2)) zero_ = on.integers_of(2);
    if (zero_.size() != scale_.size()) {
      on.fail("has " + std::to_string(zero_.size()) + " zero points for " + std::to_string(scale_.size()) +
              " scales");
    }
    if (on.in(1).size() == 1) return;
    const Shape& shape = on.in(0).shape;
    const std::size_t axis = checked_axis(on.graph, on.node, on.node.integer("axis", 1), shape.size());
    if (on.in(1).shape != Shape{shape[axis]}) {
      on.fail("scales of shape " + shape_text(on.in(1).shape) + " for axis " + std::to_string(axis) + " of " +
              shape_text(shape));
    }
    for (std::size_t d = axis + 1; d < shape.size(); ++d) inner_ *= static_cast<std::size_t>(shape[d]);
  }

  [[nodiscard]] float scale(std::size_t i) const { return scale_[i / inner_ % scale_.size()]; }
  [[nodiscard]] std::int64_t zero(std::size_t i) const { return zero_[i / inner_ % zero_.size()]; }
  [[nodiscard]] const std::vector<float>& scales() const { return scale_; }

 private:
  std::vector<float> scale_;
  std::vector<std::int64_t> zero_;
  std::size_t inner_ = 1;
};

template <class Code>
Tensor quantize_linear_as(const Operands& on) {
  const LinearScale linear(on);
  for (const float s : linear.scales()) check_scale(on, s);
  using Limits = std::numeric_limits<Code>;
  // Far beyond all codes, so that no zero point moves a clamped value back among them.
  const QuantRange wide = {-(std::int64_t{1} << 20U), std::int64_t{1} << 20U, Rounding::round};
  const std::vector<float> values = on.in(0).floats();
  std::vector<Code> codes;
  codes.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t code = quantize(values[i], linear.scale(i), 0, wide) + linear.zero(i);
    codes.push_back(static_cast<Code>(std::clamp<std::int64_t>(code, Limits::min(), Limits::max())));
  }
  return {on.in(0).shape, std::move(codes)};
}

/// round(x / scale) + zero point, halves to even, saturated to uint8 or to the zero point's type.
Tensor quantize_linear(const Operands& on) {
  if (!on.has(2) || std::holds_alternative<std::vector<std::uint8_t>>(on.in(2).data))
    return quantize_linear_as<std::uint8_t>(on);
  if (std::holds_alternative<std::vector<std::int8_t>>(on.in(2).data))
    return quantize_linear_as<std::int8_t>(on);
  on.fail(std::string("a zero point of type ") + on.in(2).type_name() + "; supported are uint8 and int8");
}

/// (x - zero point) * scale.
Tensor dequantize_linear(const Operands& on) {
  const std::vector<std::int64_t> codes = on.integers_of(0);
  const LinearScale linear(on);
  std::vector<float> values;
  values.reserve(codes.size());
  const auto bounded = [&](std::int64_t code) {
    if (code != static_cast<std::int32_t>(code)) on.fail("codes beyond int32");
    return code;
  };
  for (std::size_t i = 0; i < codes.size(); ++i)
    values.push_back(static_cast<float>(bounded(codes[i]) - bounded(linear.zero(i))) * linear.scale(i));
  return {on.in(0).shape, std::move(values)};
}

}  // namespace

Tensor evaluate_quantizer(const Operands& on) {
  switch (on.node.op) {
    case Op::bipolar_quant: {
      const float scale = on.single(1);
      return map_floats(on, [&](float x) { return static_cast<float>(bipolar(x)) * scale; });
    }
    case Op::dequantize_linear: return dequantize_linear(on);
    case Op::quant: return quant(on);
    case Op::quantize_linear: return quantize_linear(on);
    default: break;
  }
  on.fail("cannot be evaluated");
}

}  // namespace tricycle
