// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <functional>

#include "workloads/graph/quant.hpp"
#include "workloads/graph/shapes.hpp"

namespace tricycle {
namespace {

/// x^y rounded once from 100 decimal digits, so that no libm decides a result.
float power(float x, float y) {
  if (y == 0.5F && x >= 0) return std::sqrt(x);
  if (y == 1.0F) return x;
  if (y == 2.0F) return x * x;
  using Wide = boost::multiprecision::cpp_bin_float_100;
  return static_cast<float>(boost::multiprecision::pow(Wide(x), Wide(y)));
}

class Evaluation {
 public:
  Evaluation(const Graph& graph, const Node& node, const std::vector<const Tensor*>& inputs)
      : graph_(graph), node_(node), inputs_(inputs) {}

  Tensor run() {
    switch (node_.op) {
      case Op::add: return arithmetic([](auto a, auto b) { return a + b; });
      case Op::sub: return arithmetic([](auto a, auto b) { return a - b; });
      case Op::mul: return arithmetic([](auto a, auto b) { return a * b; });
      case Op::div: return divide();
      case Op::pow: return elementwise<float>(power);
      case Op::sqrt: return map([](float x) { return std::sqrt(x); });
      case Op::relu: return map([](float x) { return x > 0 ? x : 0.0F; });
      case Op::batch_normalization: return batch_normalization();
      case Op::bipolar_quant: {
        const float scale = single(1);
        return map([&](float x) { return static_cast<float>(bipolar(x)) * scale; });
      }
      case Op::quant: return quant();
      case Op::concat: return concat();
      case Op::constant: return constant();
      case Op::gather: return gather();
      case Op::gemm: return gemm();
      case Op::matmul: return matmul();
      case Op::identity: return in(0);
      case Op::flatten: return with_shape(flatten_shape(graph_, node_, in(0).shape));
      case Op::reshape: return with_shape(reshape_shape(graph_, node_, in(0).shape, integers_of(1)));
      case Op::squeeze: return with_shape(squeeze_shape(graph_, node_, in(0).shape, axes()));
      case Op::unsqueeze: return with_shape(unsqueeze_shape(graph_, node_, in(0).shape, axes()));
      case Op::shape: return shape();
      case Op::transpose: return transpose();
    }
    fail("cannot be evaluated");
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { fail_node(graph_, node_, message); }

  const Tensor& in(std::size_t i) const {
    if (i >= inputs_.size() || inputs_[i] == nullptr) fail("input " + std::to_string(i + 1) + " is missing");
    return *inputs_[i];
  }
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i] != nullptr; }

  std::vector<std::int64_t> integers_of(std::size_t i) const {
    if (in(i).is_float()) fail("input " + std::to_string(i + 1) + " is expected to hold integers");
    return in(i).integers();
  }

  /// A scalar parameter.
  float single(std::size_t i) const {
    if (in(i).size() != 1) {
      fail("input " + std::to_string(i + 1) + " of shape " + shape_text(in(i).shape) +
           " is expected to be one number");
    }
    return in(i).floats()[0];
  }

  template <class T, class F>
  Tensor elementwise(F f) const {
    const Tensor& a = in(0);
    const Tensor& b = in(1);
    const Shape shape = broadcast_shape(graph_, node_, a.shape, b.shape);
    const std::vector<T> x = values<T>(a), y = values<T>(b);
    const std::vector<std::int64_t> x_step = steps(a.shape, shape), y_step = steps(b.shape, shape);
    std::vector<T> result(static_cast<std::size_t>(element_count(shape)));
    std::vector<std::int64_t> index(shape.size(), 0);
    std::int64_t at_x = 0, at_y = 0;
    for (T& value : result) {
      value = f(x[static_cast<std::size_t>(at_x)], y[static_cast<std::size_t>(at_y)]);
      for (std::size_t d = shape.size(); d-- > 0;) {
        at_x += x_step[d];
        at_y += y_step[d];
        if (++index[d] < shape[d]) break;
        at_x -= x_step[d] * shape[d];
        at_y -= y_step[d] * shape[d];
        index[d] = 0;
      }
    }
    return {shape, std::move(result)};
  }

  template <class T>
  static std::vector<T> values(const Tensor& tensor) {
    if constexpr (std::is_same_v<T, float>) {
      return tensor.floats();
    } else {
      return tensor.integers();
    }
  }

  /// Elements to move per dimension of `to` in a tensor of shape `from`: 0 where it is broadcast.
  static std::vector<std::int64_t> steps(const Shape& from, const Shape& to) {
    std::vector<std::int64_t> result(to.size(), 0);
    std::int64_t step = 1;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::int64_t dimension = from[from.size() - 1 - i];
      if (dimension != 1) result[to.size() - 1 - i] = step;
      step *= dimension;
    }
    return result;
  }

  template <class F>
  Tensor arithmetic(F f) const {
    if (in(0).is_float() != in(1).is_float()) fail("mixes integers and floating point");
    if (in(0).is_float()) return elementwise<float>(f);
    return elementwise<std::int64_t>([&](std::int64_t a, std::int64_t b) {
      // Shapes are what integers compute here: far below where this could overflow.
      constexpr std::int64_t most = std::int64_t{1} << 31U;
      if (a > most || a < -most || b > most || b < -most) fail("integers beyond 2^31");
      return f(a, b);
    });
  }

  Tensor divide() const {
    if (in(0).is_float()) return arithmetic([](auto a, auto b) { return a / b; });
    return arithmetic([&](auto a, auto b) {
      if (b == 0) fail("division by zero");
      return a / b;
    });
  }

  template <class F>
  Tensor map(F f) const {
    std::vector<float> values = in(0).floats();
    std::transform(values.begin(), values.end(), values.begin(), f);
    return {in(0).shape, std::move(values)};
  }

  Tensor with_shape(Shape shape) const {
    Tensor result = in(0);
    result.shape = std::move(shape);
    return result;
  }

  std::vector<std::int64_t> axes() const {
    if (has(1)) return integers_of(1);
    const auto found = node_.attributes.find("axes");
    return found == node_.attributes.end() ? std::vector<std::int64_t>{} : found->second.integers;
  }

  /// (x - mean) / sqrt(variance + epsilon) * scale + bias, channels in dimension 1.
  Tensor batch_normalization() const {
    const Shape& shape = in(0).shape;
    if (shape.size() < 2) fail("expects at least two dimensions, not " + shape_text(shape));
    const auto channels = static_cast<std::size_t>(shape[1]);
    std::vector<float> parameters[4];
    for (std::size_t p = 0; p < 4; ++p) {
      parameters[p] = in(p + 1).floats();
      if (parameters[p].size() != channels) {
        fail("input " + std::to_string(p + 2) + " has " + std::to_string(parameters[p].size()) +
             " values for " + std::to_string(channels) + " channels");
      }
    }
    const float epsilon = node_.number("epsilon", 1e-5F);
    std::size_t inner = 1;
    for (std::size_t d = 2; d < shape.size(); ++d) inner *= static_cast<std::size_t>(shape[d]);
    std::vector<float> values = in(0).floats();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t c = i / inner % channels;
      const float normal = (values[i] - parameters[2][c]) / std::sqrt(parameters[3][c] + epsilon);
      values[i] = normal * parameters[0][c] + parameters[1][c];
    }
    return {shape, std::move(values)};
  }

  Tensor quant() const {
    const float bits = single(3);
    if (!(bits >= 1 && bits <= 32) || bits != std::floor(bits))
      fail("a bit width of " + std::to_string(bits));
    Rounding rounding = Rounding::round;
    const std::string mode = node_.text("rounding_mode", "ROUND");
    if (!parse_rounding(mode, rounding)) fail("unknown rounding mode '" + mode + "'");
    const bool is_signed = node_.integer("signed", 1) != 0;
    const bool narrow = node_.integer("narrow", 0) != 0;
    if (bits == 1 && is_signed && narrow) fail("one signed narrow bit holds only zero");
    const QuantRange range = quant_range(static_cast<std::int64_t>(bits), is_signed, narrow, rounding);
    const float zero_point = single(2);
    // The scale may have one value for each channel: broadcast it by hand.
    const Tensor& scale = in(1);
    for (const float s : scale.floats()) {
      if (!(s > 0) || !std::isfinite(s)) fail("a scale of " + std::to_string(s));
    }
    const Shape shape = broadcast_shape(graph_, node_, in(0).shape, scale.shape);
    if (shape != in(0).shape)
      fail("the scale's shape " + shape_text(scale.shape) + " is larger than the tensor's");
    return elementwise<float>([&](float x, float s) {
      return (static_cast<float>(quantize(x, s, zero_point, range)) - zero_point) * s;
    });
  }

  Tensor concat() const {
    const std::size_t axis = checked_axis(graph_, node_, node_.integer("axis", 0), in(0).shape.size());
    Shape shape = in(0).shape;
    shape[axis] = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      Shape other = in(i).shape;
      if (other.size() != shape.size() || in(i).is_float() != in(0).is_float())
        fail("the inputs do not fit together");
      shape[axis] += other[axis];
      other[axis] = shape[axis];
      if (other != shape) fail("the inputs do not fit together");
    }
    check_size(graph_, node_, shape);
    return in(0).is_float() ? concat_as<float>(shape, axis) : concat_as<std::int64_t>(shape, axis);
  }

  template <class T>
  Tensor concat_as(const Shape& shape, std::size_t axis) const {
    const std::int64_t outer =
        element_count(Shape(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis)));
    std::vector<std::vector<T>> parts;
    for (std::size_t i = 0; i < inputs_.size(); ++i) parts.push_back(values<T>(in(i)));
    std::vector<T> result;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const auto& part : parts) {
        const auto run = static_cast<std::ptrdiff_t>(part.size()) / outer;
        result.insert(result.end(), part.begin() + o * run, part.begin() + (o + 1) * run);
      }
    }
    return {shape, std::move(result)};
  }

  Tensor constant() const {
    const auto found = node_.attributes.find("value");
    if (found != node_.attributes.end() && found->second.tensor) return *found->second.tensor;
    const auto number = node_.attributes.find("value_float");
    if (number != node_.attributes.end() && number->second.number)
      return {{}, std::vector<float>{*number->second.number}};
    const auto integer = node_.attributes.find("value_int");
    if (integer != node_.attributes.end() && integer->second.integer) {
      return {{}, std::vector<std::int64_t>{*integer->second.integer}};
    }
    fail("has no value that is supported (value, value_float or value_int)");
  }

  Tensor gather() const {
    const std::size_t axis = checked_axis(graph_, node_, node_.integer("axis", 0), in(0).shape.size());
    return in(0).is_float() ? gather_as<float>(axis) : gather_as<std::int64_t>(axis);
  }

  template <class T>
  Tensor gather_as(std::size_t axis) const {
    const Shape& from = in(0).shape;
    const std::vector<T> data = values<T>(in(0));
    const std::vector<std::int64_t> indices = integers_of(1);
    const auto cut = static_cast<std::ptrdiff_t>(axis);
    Shape shape(from.begin(), from.begin() + cut);
    shape.insert(shape.end(), in(1).shape.begin(), in(1).shape.end());
    shape.insert(shape.end(), from.begin() + cut + 1, from.end());
    check_size(graph_, node_, shape);
    const std::int64_t outer = element_count(Shape(from.begin(), from.begin() + cut));
    const std::int64_t inner = element_count(Shape(from.begin() + cut + 1, from.end()));
    std::vector<T> result;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t index : indices) {
        if (index < -from[axis] || index >= from[axis])
          fail("index " + std::to_string(index) + " is outside " + shape_text(from));
        if (index < 0) index += from[axis];
        const auto start = data.begin() + (o * from[axis] + index) * inner;
        result.insert(result.end(), start, start + inner);
      }
    }
    return {shape, std::move(result)};
  }

  /// Rows of `a` (m x k, element (i, k) at i*a_row + k*a_col) by columns of `b`, summed in the order of k.
  static std::vector<float> product(const std::vector<float>& a, std::size_t a_row, std::size_t a_col,
                                    const std::vector<float>& b, std::size_t b_row, std::size_t b_col,
                                    std::size_t m, std::size_t n, std::size_t k) {
    std::vector<float> result(m * n, 0.0F);
    for (std::size_t i = 0; i < m; ++i) {
      float* row = result.data() + i * n;
      for (std::size_t l = 0; l < k; ++l) {
        const float x = a[i * a_row + l * a_col];
        for (std::size_t j = 0; j < n; ++j) row[j] += x * b[l * b_row + j * b_col];
      }
    }
    return result;
  }

  Tensor matmul() const {
    const Shape shape = matmul_shape(graph_, node_, in(0).shape, in(1).shape);
    const auto k = static_cast<std::size_t>(in(1).shape[0]);
    const auto n = static_cast<std::size_t>(in(1).shape[1]);
    const std::size_t m = n == 0 ? 0 : static_cast<std::size_t>(element_count(shape)) / n;
    return {shape, product(in(0).floats(), k, 1, in(1).floats(), n, 1, m, n, k)};
  }

  Tensor gemm() const {
    const Shape shape = gemm_shape(graph_, node_, in(0).shape, in(1).shape);
    const bool transpose_a = node_.integer("transA", 0) != 0;
    const bool transpose_b = node_.integer("transB", 0) != 0;
    const auto m = static_cast<std::size_t>(shape[0]);
    const auto n = static_cast<std::size_t>(shape[1]);
    const auto k = static_cast<std::size_t>(in(0).shape[transpose_a ? 0 : 1]);
    std::vector<float> result = product(in(0).floats(), transpose_a ? 1 : k, transpose_a ? m : 1,
                                        in(1).floats(), transpose_b ? 1 : n, transpose_b ? k : 1, m, n, k);
    const float alpha = node_.number("alpha", 1.0F), beta = node_.number("beta", 1.0F);
    if (alpha != 1.0F) {
      for (float& value : result) value *= alpha;
    }
    if (!has(2)) return {shape, std::move(result)};
    if (broadcast_shape(graph_, node_, shape, in(2).shape) != shape) fail("the bias does not fit");
    const std::vector<float> bias = in(2).floats();
    const std::vector<std::int64_t> step = steps(in(2).shape, shape);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const auto at = i * static_cast<std::size_t>(step[0]) + j * static_cast<std::size_t>(step[1]);
        result[i * n + j] += beta == 1.0F ? bias[at] : beta * bias[at];
      }
    }
    return {shape, std::move(result)};
  }

  Tensor shape() const {
    const Shape& shape = in(0).shape;
    return {{static_cast<std::int64_t>(shape.size())}, std::vector<std::int64_t>(shape.begin(), shape.end())};
  }

  Tensor transpose() const {
    std::vector<std::size_t> permutation;
    const Shape shape = transpose_shape(graph_, node_, in(0).shape, permutation);
    return in(0).is_float() ? transpose_as<float>(shape, permutation)
                            : transpose_as<std::int64_t>(shape, permutation);
  }

  template <class T>
  Tensor transpose_as(const Shape& shape, const std::vector<std::size_t>& permutation) const {
    const std::vector<T> data = values<T>(in(0));
    const std::vector<std::int64_t> from_step = steps(in(0).shape, in(0).shape);
    std::vector<T> result(data.size());
    std::vector<std::int64_t> index(shape.size(), 0);
    for (T& value : result) {
      std::int64_t at = 0;
      for (std::size_t d = 0; d < shape.size(); ++d) at += index[d] * from_step[permutation[d]];
      value = data[static_cast<std::size_t>(at)];
      for (std::size_t d = shape.size(); d-- > 0;) {
        if (++index[d] < shape[d]) break;
        index[d] = 0;
      }
    }
    return {shape, std::move(result)};
  }

  const Graph& graph_;
  const Node& node_;
  const std::vector<const Tensor*>& inputs_;
};

}  // namespace

std::vector<Tensor> evaluate(const Graph& graph, const Node& node, const std::vector<const Tensor*>& inputs) {
  std::vector<Tensor> outputs;
  outputs.push_back(Evaluation(graph, node, inputs).run());
  return outputs;
}

}  // namespace tricycle
