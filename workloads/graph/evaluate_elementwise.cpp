// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "support/exact.hpp"
#include "workloads/graph/evaluation.hpp"

namespace tricycle {
namespace {

/// Refuses integers beyond 2^31. Integers are shapes and codes here, far below the values at which arithmetic
/// could overflow.
std::int64_t bounded(const Operands& on, std::int64_t value) {
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  if (value > most || value < -most) on.fail("integers beyond 2^31");
  return value;
}

void check_types(const Operands& on, const Tensor& a, const Tensor& b) {
  if (a.is_float() != b.is_float()) on.fail("mixes integers and floating point");
}

template <class F>
Tensor arithmetic(const Operands& on, const Tensor& a, const Tensor& b, F f) {
  check_types(on, a, b);
  if (a.is_float()) return elementwise<float>(on, a, b, f);
  return elementwise<std::int64_t>(
      on, a, b, [&](std::int64_t x, std::int64_t y) { return f(bounded(on, x), bounded(on, y)); });
}

template <class F>
Tensor arithmetic(const Operands& on, F f) {
  return arithmetic(on, on.in(0), on.in(1), f);
}

/// The same over any number of inputs, from the first to the last.
template <class F>
Tensor accumulate(const Operands& on, F f) {
  Tensor result = on.in(0);
  for (std::size_t i = 1; i < on.inputs.size(); ++i) result = arithmetic(on, result, on.in(i), f);
  return result;
}

Tensor divide(const Operands& on) {
  if (on.in(0).is_float()) return arithmetic(on, [](auto a, auto b) { return a / b; });
  return arithmetic(on, [&](auto a, auto b) {
    if (b == 0) on.fail("division by zero");
    return a / b;
  });
}

/// f of each element of the only input, in the input's own kind of number.
template <class F>
Tensor map_either(const Operands& on, F f) {
  if (on.in(0).is_float()) return map_floats(on, f);
  std::vector<std::int64_t> values = on.in(0).integers();
  for (std::int64_t& value : values) value = f(bounded(on, value));
  return {on.in(0).shape, std::move(values)};
}

/// NaN where either is NaN.
template <class T>
T larger(T a, T b) {
  return b > a || b != b ? b : a;
}
template <class T>
T smaller(T a, T b) {
  return b < a || b != b ? b : a;
}

/// f(a, b) as 0 or 1.
template <class F>
Tensor compare(const Operands& on, F f) {
  const Tensor &a = on.in(0), &b = on.in(1);
  check_types(on, a, b);
  Tensor result = a.is_float()
                      ? elementwise<float>(on, a, b, [&](float x, float y) { return f(x, y) ? 1.0F : 0.0F; })
                      : elementwise<std::int64_t>(
                            on, a, b, [&](std::int64_t x, std::int64_t y) { return std::int64_t{f(x, y)}; });
  if (a.is_float()) {
    const std::vector<float> truth = result.floats();
    result.data = std::vector<std::int64_t>(truth.begin(), truth.end());
  }
  return result;
}

template <class T>
Tensor where_as(const Operands& on) {
  const Tensor &condition = on.in(0), &a = on.in(1), &b = on.in(2);
  const Shape both = broadcast_shape(on.graph, on.node, a.shape, b.shape);
  const Shape shape = broadcast_shape(on.graph, on.node, condition.shape, both);
  const std::vector<std::int64_t> truth = on.integers_of(0);
  const std::vector<T> x = values_of<T>(a), y = values_of<T>(b);
  std::vector<T> result;
  const std::vector<std::int64_t> steps[] = {broadcast_steps(condition.shape, shape),
                                             broadcast_steps(a.shape, shape),
                                             broadcast_steps(b.shape, shape)};
  for_each_index(shape, steps, [&](const std::size_t(&at)[3]) {
    result.push_back(truth[at[0]] != 0 ? x[at[1]] : y[at[2]]);
  });
  return {shape, std::move(result)};
}

Tensor where(const Operands& on) {
  check_types(on, on.in(1), on.in(2));
  return on.in(1).is_float() ? where_as<float>(on) : where_as<std::int64_t>(on);
}

/// A bound of Clip: an attribute before opset 11, an input since then, and without either the bound of the
/// type itself.
template <class T>
T bound(const Operands& on, const std::string& name, std::size_t input, T otherwise) {
  if (!on.has(input)) {
    if constexpr (std::is_same_v<T, float>) return on.node.number(name, otherwise);
    return otherwise;
  }
  if (on.in(input).size() != 1 || on.in(input).is_float() != on.in(0).is_float())
    on.fail("'" + name + "' is expected to be one number of the input's type");
  return values_of<T>(on.in(input))[0];
}

Tensor clip(const Operands& on) {
  if (on.in(0).is_float()) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const float low = bound(on, "min", 1, -infinity), high = bound(on, "max", 2, infinity);
    return map_floats(on, [&](float x) {
      const float raised = x < low ? low : x;
      return raised > high ? high : raised;
    });
  }
  using Limits = std::numeric_limits<std::int64_t>;
  const auto low = bound(on, "min", 1, Limits::min()), high = bound(on, "max", 2, Limits::max());
  std::vector<std::int64_t> values = on.in(0).integers();
  for (std::int64_t& value : values) value = std::min(std::max(value, low), high);
  return {on.in(0).shape, std::move(values)};
}

Tensor prelu(const Operands& on) {
  if (broadcast_shape(on.graph, on.node, on.in(0).shape, on.in(1).shape) != on.in(0).shape)
    on.fail("the slope's shape " + shape_text(on.in(1).shape) + " is larger than the tensor's");
  return elementwise<float>(on, on.in(0), on.in(1),
                            [](float x, float slope) { return x < 0 ? slope * x : x; });
}

float round_half_even(float x) {
  const float whole = std::floor(x);
  const float part = x - whole;  // exact
  const bool up = part > 0.5F || (part == 0.5F && std::fmod(whole, 2.0F) != 0.0F);
  return std::copysign(up ? whole + 1 : whole, x);
}

/// The elements as To. Floating point is cut towards zero.
template <class To>
std::vector<To> cast_to(const Operands& on, const char* name) {
  return std::visit(
      [&](const auto& values) {
        std::vector<To> result;
        result.reserve(values.size());
        for (const auto value : values) {
          if constexpr (std::is_floating_point_v<To>) {
            result.push_back(static_cast<To>(value));
          } else {
            // The bounds are powers of two, so both comparisons are exact in each type.
            using Limits = std::numeric_limits<To>;
            bool fits = false;
            if constexpr (std::is_integral_v<std::decay_t<decltype(value)>>) {
              fits = std::in_range<To>(value);
            } else {
              const double number = std::trunc(static_cast<double>(value));
              const double limit = std::ldexp(1.0, Limits::digits);
              fits = number < limit && number >= (Limits::is_signed ? -limit : 0.0);
            }
            if (!fits) on.fail("the value " + std::to_string(value) + " does not fit " + name);
            result.push_back(static_cast<To>(value));
          }
        }
        return result;
      },
      on.in(0).data);
}

Tensor cast(const Operands& on) {
  const Shape& shape = on.in(0).shape;
  // The numbers of ONNX's element types.
  switch (on.node.integer("to", 0)) {
    case 1: return {shape, cast_to<float>(on, "float32")};
    case 2: return {shape, cast_to<std::uint8_t>(on, "uint8")};
    case 3: return {shape, cast_to<std::int8_t>(on, "int8")};
    case 6: return {shape, cast_to<std::int32_t>(on, "int32")};
    case 7: return {shape, cast_to<std::int64_t>(on, "int64")};
    case 9: {
      std::vector<std::int64_t> truth;
      for (const double value : cast_to<double>(on, "float64")) truth.push_back(value != 0 ? 1 : 0);
      return {shape, std::move(truth)};
    }
    case 11: return {shape, cast_to<double>(on, "float64")};
    default: break;
  }
  on.fail("to element type " + std::to_string(on.node.integer("to", 0)) +
          " is not supported (1 FLOAT, 2 UINT8, 3 INT8, 6 INT32, 7 INT64, 9 BOOL, 11 DOUBLE)");
}

}  // namespace

Tensor evaluate_elementwise(const Operands& on) {
  switch (on.node.op) {
    case Op::abs: return map_either(on, [](auto x) { return std::abs(x); });
    case Op::add: return arithmetic(on, [](auto a, auto b) { return a + b; });
    case Op::cast: return cast(on);
    case Op::ceil: return map_floats(on, [](float x) { return std::ceil(x); });
    case Op::clip: return clip(on);
    case Op::div: return divide(on);
    case Op::equal: return compare(on, [](auto a, auto b) { return a == b; });
    case Op::floor: return map_floats(on, [](float x) { return std::floor(x); });
    case Op::greater: return compare(on, [](auto a, auto b) { return a > b; });
    case Op::greater_or_equal: return compare(on, [](auto a, auto b) { return a >= b; });
    case Op::leaky_relu: {
      const float slope = on.node.number("alpha", 0.01F);
      return map_floats(on, [&](float x) { return x < 0 ? slope * x : x; });
    }
    case Op::less: return compare(on, [](auto a, auto b) { return a < b; });
    case Op::less_or_equal: return compare(on, [](auto a, auto b) { return a <= b; });
    case Op::max: return accumulate(on, [](auto a, auto b) { return larger(a, b); });
    case Op::min: return accumulate(on, [](auto a, auto b) { return smaller(a, b); });
    case Op::mul: return arithmetic(on, [](auto a, auto b) { return a * b; });
    case Op::neg: return map_either(on, [](auto x) { return -x; });
    case Op::pow: return elementwise<float>(on, on.in(0), on.in(1), exact_power);
    case Op::prelu: return prelu(on);
    case Op::relu: return map_floats(on, [](float x) { return x > 0 || std::isnan(x) ? x : 0.0F; });
    case Op::round: return map_floats(on, round_half_even);
    case Op::sigmoid: return map_floats(on, exact_sigmoid);
    case Op::sign:
      return map_either(on, [](auto x) { return x > 0 ? decltype(x){1} : x < 0 ? decltype(x){-1} : x; });
    case Op::sqrt: return map_floats(on, [](float x) { return std::sqrt(x); });
    case Op::sub: return arithmetic(on, [](auto a, auto b) { return a - b; });
    case Op::sum: return accumulate(on, [](auto a, auto b) { return a + b; });
    case Op::tanh: return map_floats(on, exact_tanh);
    case Op::where: return where(on);
    default: break;
  }
  on.fail("cannot be evaluated");
}

}  // namespace tricycle
