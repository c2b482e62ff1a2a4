// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <type_traits>

#include "workloads/graph/quant.hpp"
#include "workloads/graph/shapes.hpp"

namespace tricycle {

/// The inputs of the evaluation of one node. Every member function throws InputError with the node's name.
struct Operands {
  const Graph& graph;
  const Node& node;
  const std::vector<const Tensor*>& inputs;  ///< null where left out

  [[noreturn]] void fail(const std::string& message) const { fail_node(graph, node, message); }
  [[nodiscard]] bool has(std::size_t i) const { return i < inputs.size() && inputs[i] != nullptr; }
  /// A required input.
  [[nodiscard]] const Tensor& in(std::size_t i) const;
  [[nodiscard]] std::vector<std::int64_t> integers_of(std::size_t i) const;
  [[nodiscard]] Integers integers() const;
  /// A scalar parameter.
  [[nodiscard]] float single(std::size_t i) const;
};

/// The shapes of a node's inputs, null where left out.
[[nodiscard]] std::vector<const Shape*> shapes_of(const Operands& on);

/// The elements of a tensor as float or std::int64_t.
template <class T>
std::vector<T> values_of(const Tensor& tensor) {
  if constexpr (std::is_same_v<T, float>) {
    return tensor.floats();
  } else {
    return tensor.integers();
  }
}

/// Elements to move per dimension of `to` in a tensor of shape `from`: 0 where it is broadcast.
[[nodiscard]] std::vector<std::int64_t> broadcast_steps(const Shape& from, const Shape& to);

/// Calls f(offsets) for every index of `shape` in order; offset i moves by steps[i][d] in dimension d.
template <std::size_t N, class F>
void for_each_index(const Shape& shape, const std::vector<std::int64_t> (&steps)[N], F f) {
  std::vector<std::int64_t> index(shape.size(), 0);
  std::size_t at[N] = {};
  for (std::int64_t left = element_count(shape); left > 0; --left) {
    f(at);
    for (std::size_t d = shape.size(); d-- > 0;) {
      const bool carry = ++index[d] == shape[d];
      for (std::size_t i = 0; i < N; ++i)
        at[i] += static_cast<std::size_t>(steps[i][d] * (carry ? 1 - shape[d] : 1));
      if (!carry) break;
      index[d] = 0;
    }
  }
}

/// The elements as T. They are copied only where the tensor stores another type.
template <class T>
class ValuesOf {
 public:
  explicit ValuesOf(const Tensor& tensor) {
    const auto* stored = std::get_if<std::vector<T>>(&tensor.data);
    if (stored == nullptr) copy_ = values_of<T>(tensor);
    values_ = stored != nullptr ? stored->data() : copy_.data();
  }
  T operator[](std::size_t i) const { return values_[i]; }

 private:
  std::vector<T> copy_;
  const T* values_;
};

/// f(a, b) of two inputs broadcast to each other, as T.
template <class T, class F>
Tensor elementwise(const Operands& on, const Tensor& a, const Tensor& b, F f) {
  const Shape shape = broadcast_shape(on.graph, on.node, a.shape, b.shape);
  const ValuesOf<T> x(a), y(b);
  std::vector<T> result(static_cast<std::size_t>(element_count(shape)));
  if (a.shape == shape && b.shape == shape) {
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = f(x[i], y[i]);
  } else if (a.shape == shape && b.size() == 1) {
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = f(x[i], y[0]);
  } else {
    const std::vector<std::int64_t> steps[] = {broadcast_steps(a.shape, shape),
                                               broadcast_steps(b.shape, shape)};
    std::size_t i = 0;
    for_each_index(shape, steps, [&](const std::size_t(&at)[2]) { result[i++] = f(x[at[0]], y[at[1]]); });
  }
  return {shape, std::move(result)};
}

/// Applies f to every element of the first input, in float32.
template <class F>
Tensor map_floats(const Operands& on, F f) {
  std::vector<float> values = on.in(0).floats();
  for (float& value : values) value = f(value);
  return {on.in(0).shape, std::move(values)};
}

/// Check the rules of Quant: for a scale, and for the codes of a bit width. An error message begins with
/// `what`.
void check_scale(const Operands& on, float scale, const std::string& what = "");
[[nodiscard]] QuantRange checked_range(const Operands& on, float bits, bool is_signed, bool narrow,
                                       Rounding rounding, const std::string& what = "");

/// The families of operators, one file each. `evaluate` sends each operator to its family.
[[nodiscard]] Tensor evaluate_elementwise(const Operands& on);
[[nodiscard]] Tensor evaluate_movement(const Operands& on);
[[nodiscard]] Tensor evaluate_product(const Operands& on);
[[nodiscard]] Tensor evaluate_quantizer(const Operands& on);
[[nodiscard]] std::vector<Tensor> evaluate_quant_lstm(const Operands& on);
[[nodiscard]] std::vector<Tensor> evaluate_recurrence(const Operands& on);
[[nodiscard]] Tensor evaluate_reduction(const Operands& on);
[[nodiscard]] Tensor evaluate_window(const Operands& on);

}  // namespace tricycle
