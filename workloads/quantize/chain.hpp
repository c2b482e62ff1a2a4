// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "workloads/integer/quantized.hpp"
#include "workloads/quantize/layout.hpp"

namespace tricycle {

/// The input of pointwise operators: the codes of a finished tensor, or the sums of a layer that has no stage
/// yet. real = (x + shift) * scale, plus y * y_scale + constant if there is a y. Vectors have one element for
/// each channel.
struct Source {
  int tensor = -1;  ///< a finished tensor; -1 while `layer` is under construction
  std::optional<QuantizedLayer> layer;
  std::string value;  ///< the name of its values
  Grid2d grid;
  std::optional<Codes> codes;          ///< of a finished tensor
  std::optional<InputScale> fraction;  ///< the scale of pixels; their product with it is rounded once
  std::vector<double> scale, y_scale, constant;
  std::vector<std::int64_t> shift, least, most;  ///< reach of x
  std::vector<std::int64_t> y_least, y_most;

  [[nodiscard]] std::size_t channels() const { return scale.size(); }
  [[nodiscard]] bool has_y() const { return !y_scale.empty(); }
};

/// One operator of a chain: pointwise, or one that only moves or renames values.
struct Step {
  const Node* node = nullptr;
  std::size_t order = 0;
  Layout layout = Layout::rows;
  Shape shape;  ///< of the values that the operator reads
};

/// A value of the graph: a source and the operators after it.
struct Value {
  int source = -1;
  std::vector<Step> steps;
  Grid2d grid;  ///< the grid of the source, or of a max pool after it
  Layout layout = Layout::rows;
  Shape shape;
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};  ///< zeros around it: top, left, bottom, right
  std::string name;                                 ///< its name before it is laid out anew

  [[nodiscard]] bool is_padded() const { return pads != std::array<std::int64_t, 4>{}; }
  /// Whether each channel's positions stand together.
  [[nodiscard]] bool channels_first() const {
    return layout == Layout::channels_first || layout == Layout::flat_chw;
  }
  /// The max pool among its operators, or null.
  [[nodiscard]] const Node* pool() const;
};

/// A value with its source. The operators compute a function of the source alone.
struct Chain {
  const Graph& graph;
  const Source& source;
  const Value& value;

  /// Fails at the last operator or, without one, at the model's file.
  [[noreturn]] void fail(const std::string& message) const;
};

/// A constant of an operator with one number, or one for each channel. Errors: any other shape.
[[nodiscard]] Tensor channel_constant(const Graph& graph, const Step& step, const Tensor& constant,
                                      std::size_t channels);

/// Whether the operators do the same in every channel.
[[nodiscard]] bool is_same_in_all_channels(const Chain& chain);

/// The integers at which a chain is evaluated, points x channels: values of its x and, if it has one, of its
/// y.
struct Points {
  std::size_t channels = 1;
  std::span<const std::int64_t> x, y;
};

/// The results of a chain's source and of each of its operators at points, in the model's own operators and
/// float32. An operator that only moves values hands them on.
[[nodiscard]] std::vector<Tensor> evaluate_steps(const Chain& chain, const Points& points);

/// The results of the last operator. `before_pool`, if it is not null, gets the input of the max pool among
/// them.
[[nodiscard]] std::vector<float> evaluate_chain(const Chain& chain, const Points& points,
                                                std::vector<float>* before_pool = nullptr);

/// Whether all elements are equal.
template <class T>
[[nodiscard]] bool all_same(const std::vector<T>& v) {
  return std::all_of(v.begin(), v.end(), [&](const T& x) { return x == v[0]; });
}

}  // namespace tricycle
