// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/document.hpp"

namespace tricycle {

/// A coding of numbers with few bits.
struct Coding {
  enum class Kind : std::uint8_t { binary, ternary, ternary012, unsigned_integer, signed_integer, pow2 };
  Kind kind = Kind::ternary;
  int bits = 2;  ///< of integers

  [[nodiscard]] std::string text() const;
  /// The largest code of an integer.
  [[nodiscard]] int largest() const { return (1 << (kind == Kind::signed_integer ? bits - 1 : bits)) - 1; }
  friend bool operator==(const Coding&, const Coding&) = default;
};

/// The kind of a layer's output: codes, sums, scaled sums or a residual stream of real numbers.
enum class Handing : std::uint8_t { codes, sums, scaled, stream };

/// Rows and columns.
using Pair = std::array<std::int64_t, 2>;

/// The sliding window of a convolution or a pool.
struct WindowSpec {
  Pair kernel = {1, 1}, stride = {1, 1}, pad = {0, 0}, dilation = {1, 1};
  Place kernel_place;
};

/// The name of another layer.
struct LayerReference {
  std::string name;  ///< empty: none
  Place place;
};

struct LayerSpec {
  enum class Kind : std::uint8_t { dense, conv, pool, global_pool, concat, subsample };
  std::string name;
  Place place, name_place;
  LayerReference from, add;
  Kind kind = Kind::dense;
  std::int64_t channels = 0;  ///< hidden units, filters or channels
  std::int64_t groups = 1;
  Place groups_place;
  WindowSpec window;
  bool average = false;            ///< pool by average; false: by maximum
  bool count_include_pad = false;  ///< an average divides by the whole window, at the borders too
  std::vector<LayerReference> parts;
  Coding weights;
  std::optional<double> density;  ///< of nonzero weights; absent: the coding's own density
  double ttq = 1;                 ///< value of a positive ternary weight; a negative one is -1
  std::optional<Coding> activations;
  bool norm = false, bias = false, relu = false;
  Handing handing = Handing::codes;
  Coding output;
  double threshold = 0.6;

  [[nodiscard]] bool is_product() const { return kind == Kind::dense || kind == Kind::conv; }
};

struct NetworkSpec {
  std::string name;
  std::int64_t seed = 1;
  std::vector<std::int64_t> input_shape;  ///< [rows, features] or [images, channels, height, width]
  Place input_place;
  bool ternary_input = false;  ///< ternary codes; false: bytes
  std::vector<LayerSpec> layers;

  [[nodiscard]] bool is_image() const { return input_shape.size() == 4; }
};

/// Reads a description strictly. Errors, with a place: unknown keys, values out of range, keys that do not
/// fit together.
[[nodiscard]] NetworkSpec read_network(const Document& document);

}  // namespace tricycle
