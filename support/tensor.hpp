// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tricycle {

using Shape = std::vector<std::int64_t>;

/// The number of elements of a shape (1 for a scalar). -1 when a dimension is negative or the product exceeds
/// 2^40.
[[nodiscard]] std::int64_t element_count(const Shape& shape);
/// `[1, 28, 28]`.
[[nodiscard]] std::string shape_text(const Shape& shape);

/// The number with these 16 bits of half precision.
[[nodiscard]] float half_number(std::uint16_t bits);

/// A dense tensor in row-major order, of one of the element types of model files.
struct Tensor {
  Shape shape;
  std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>, std::vector<std::int32_t>,
               std::vector<std::int8_t>, std::vector<std::uint8_t>>
      data;

  [[nodiscard]] std::int64_t size() const { return element_count(shape); }
  [[nodiscard]] bool is_float() const { return data.index() < 2; }
  [[nodiscard]] const char* type_name() const;
  /// The elements as float32, rounded where necessary.
  [[nodiscard]] std::vector<float> floats() const;
  /// The elements of an integer tensor. Throws std::logic_error for a tensor of floating-point type.
  [[nodiscard]] std::vector<std::int64_t> integers() const;
};

}  // namespace tricycle
