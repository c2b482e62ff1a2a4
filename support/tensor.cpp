// SPDX-License-Identifier: Apache-2.0
#include "support/tensor.hpp"

#include <cmath>
#include <stdexcept>

namespace tricycle {

std::int64_t element_count(const Shape& shape) {
  constexpr std::int64_t most = std::int64_t{1} << 40U;
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0 || dimension > most) return -1;
    if (dimension == 0) {
      empty = true;
      continue;
    }
    if (count > most / dimension) return -1;
    count *= dimension;
  }
  return empty ? 0 : count;
}

std::string shape_text(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

float half_number(std::uint16_t bits) {
  const int exponent = bits >> 10U & 31U, fraction = bits & 1023U;
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return std::copysign(fraction == 0 ? INFINITY : NAN, sign);
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

namespace {

template <class To>
std::vector<To> converted(const Tensor& tensor) {
  if (const auto* same = std::get_if<std::vector<To>>(&tensor.data)) return *same;
  return std::visit(
      [](const auto& values) {
        std::vector<To> result;
        result.reserve(values.size());
        for (const auto value : values) result.push_back(static_cast<To>(value));
        return result;
      },
      tensor.data);
}

}  // namespace

const char* Tensor::type_name() const {
  static constexpr const char* names[] = {"float32", "float64", "int64", "int32", "int8", "uint8"};
  return names[data.index()];
}

std::vector<float> Tensor::floats() const {
  return converted<float>(*this);
}
std::vector<std::int64_t> Tensor::integers() const {
  if (is_float()) throw std::logic_error("a tensor of floating-point type was asked for integers");
  return converted<std::int64_t>(*this);
}

}  // namespace tricycle
