// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "arch/datapath/tile.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Which values a tensor holds: integers from `least` to `most`; or only -1 and +1; or 0 and +-2^k up to
/// `most` = -`least`; or the bits of float32, of float16 those that half precision holds.
struct Codes {
  enum class Kind : std::uint8_t { integer, binary, power_of_two, float32, float16 };
  Kind kind = Kind::integer;
  std::int64_t least = 0, most = 0;

  [[nodiscard]] bool is_float() const { return kind == Kind::float32 || kind == Kind::float16; }
  [[nodiscard]] bool is_ternary() const { return kind == Kind::integer && least >= -1 && most <= 1; }
  bool operator==(const Codes&) const = default;

  static Codes integers(std::int64_t least, std::int64_t most) { return {Kind::integer, least, most}; }
  static Codes binary() { return {Kind::binary, -1, 1}; }
  static Codes powers_of_two(std::int64_t most) { return {Kind::power_of_two, -most, most}; }
  static Codes float32() { return {Kind::float32, 0, 0}; }
  static Codes float16() { return {Kind::float16, 0, 0}; }
  static Codes sums() { return {Kind::integer, -(std::int64_t{1} << 31), (std::int64_t{1} << 31) - 1}; }
};

/// `binary`, `ternary`, `uint8`, `int4`, `pow2`, `float32`: the narrowest that holds the codes.
[[nodiscard]] std::string codes_name(const Codes& codes);

/// The nearest half precision number, ties to even; infinite from 65,520.
[[nodiscard]] float as_half(float value);

/// A tensor of the quantized network, NHWC: rows() positions of `channels` values.
/// Real value = (code + offset) * scale; of float32 the value itself.
struct QuantizedTensor {
  std::string name;
  Codes codes = Codes::integers(0, 255);
  std::int64_t images = 1, height = 1, width = 1, channels = 1;
  Shape shape;  ///< in the model
  double scale = 1;
  std::int64_t offset = 0;

  [[nodiscard]] std::int64_t rows() const { return images * height * width; }
  /// The code of the real value 0, which padding reads.
  [[nodiscard]] std::int64_t zero() const { return -offset; }
};

/// Sums become codes: codes[number of thresholds reached], for each channel or for all alike.
struct ThresholdStage {
  std::vector<int> codes;  ///< ascending, one more than thresholds of a channel; at most 16
  bool per_channel = true;
  std::vector<std::int64_t> thresholds;  ///< channels x (codes - 1), ascending in each channel
  std::vector<int> signs;  ///< +1: value >= threshold; -1: -value >= threshold (a negative gamma)
};

/// Fixed point: clamp(round((x * multiplier + y * second + bias) / 2^shift), least, most), rounding half to
/// even, computed in 64 bits. y is the second sum of a pair or the second input of the layer; without one,
/// `second` is empty.
struct ScaleStage {
  bool per_channel = true;
  std::vector<std::int32_t> multiplier, second;
  std::vector<std::int64_t> bias;  ///< |bias| < 2^61
  std::vector<int> shift;          ///< 0 to 47
  std::int64_t least = 0, most = 0;
};

/// float32, every operation rounded: r = float(x) * scale; with a y, r = r + float(y) * second; r = r + bias;
/// then clamped to least..most.
struct AffineStage {
  bool per_channel = true;
  std::vector<float> scale, second, bias;
  float least = -std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::infinity();
};

/// The values themselves.
struct RawStage {};

using Stage = std::variant<ThresholdStage, ScaleStage, AffineStage, RawStage>;

enum class LayerKind : std::uint8_t {
  product,    ///< convolution or matrix product with constant weights
  max_pool,   ///< the largest of a window, channel by channel, as it is: its stage is raw
  sum_pool,   ///< the sum of a window (a mean has its divisor in the stage)
  pointwise,  ///< position by position: a quantizer, a change of scale, a residual addition; of the first
              ///< channels where the output has fewer than the input
  concat,     ///< the channels of all inputs, one after another; their codes, scale and offset are equal
};

/// One layer: what it computes, and what its results become.
struct QuantizedLayer {
  std::string name;
  std::string op;  ///< the operators it was made of, as "Conv+BatchNormalization+Relu+Quant+MaxPool"
  LayerKind kind = LayerKind::product;
  std::vector<int> inputs;  ///< tensors; a second one of a product or pointwise layer is the y of its stage
  int output = 0;
  /// Of the whole layer over one image: lines x columns are its outputs before `pool`, in_lines x in_columns
  /// the input's height x width. A product with flattened activations is a window as large as the image.
  Window window;

  // Of a product.
  std::vector<std::int16_t> weights;  ///< sums x kernel_h x kernel_w x (input channels / groups), codes
  std::vector<float> float_weights;   ///< the same of floating point inputs, in their precision
  Codes weight_codes = Codes::integers(-1, 1);
  std::int64_t groups = 1;
  /// Two sums for every output channel, next to each other: x with the positive, y with the negative weights
  /// (as codes 0 and 1) of two-scale ternary.
  bool pairs = false;

  Stage stage;
  /// A max pool of the stage's results, done behind the accumulator: windows do not overlap, none is padded,
  /// and all lie inside; the layer has no second input. The layer's output is the pool's.
  std::optional<Window> pool;

  [[nodiscard]] bool has_weights() const { return kind == LayerKind::product; }
};

/// A network in integers: what the golden interpreter runs and the lowering lowers.
struct QuantizedNetwork {
  std::string name;
  std::string file;
  std::string weights_source;
  bool synthetic = false;
  double input_scale_num = 1, input_scale_den = 1;  ///< the input's scale as a fraction
  bool rounds_input = false;  ///< real inputs are rounded and clamped to the codes (the model quantizes them)
  std::vector<QuantizedTensor> tensors;  ///< the first is the input, the last the output
  std::vector<QuantizedLayer> layers;    ///< in topological order; each tensor but the first is one's output
  std::vector<Verdict> verdicts;         ///< of every node of the graph it came from

  [[nodiscard]] const QuantizedTensor& input() const { return tensors.front(); }
  [[nodiscard]] const QuantizedTensor& output() const { return tensors.back(); }
  [[nodiscard]] const QuantizedTensor& tensor(int index) const {
    return tensors[static_cast<std::size_t>(index)];
  }
  /// Multiply-accumulates of a layer as the model has them: both sums of a pair are one.
  [[nodiscard]] std::int64_t macs(const QuantizedLayer& layer) const;
};

/// What an input code 1 is worth: numerator / denominator.
struct InputScale {
  double num = 1, den = 255;
};

struct QuantizeOptions {
  bool allow_unsupported = false;  ///< a trailing Softmax gets the verdict "unsupported" and is left out
  /// The network in floating point, without codes: its tensors are of this type but the output, of float32.
  std::optional<Codes> floating = std::nullopt;
};

/// Turns a graph into integers: folds constants, recognises the codes of weights by their values, and folds
/// the operators between an accumulator and the next low-bit operand into integer thresholds by evaluating
/// them in float32 for every reachable sum; into a fixed-point scale where there are more levels. Errors name
/// the node that does not fit.
[[nodiscard]] QuantizedNetwork quantize_graph(Graph graph, const InputScale& input_scale,
                                              const QuantizeOptions& options = {});

/// Whether the graph is one of floating point: it has no quantizer, and weights that are on no low-bit grid.
[[nodiscard]] bool is_floating(const Graph& graph);

/// A text of the network, for reading and for tests.
[[nodiscard]] std::string dump(const QuantizedNetwork& network);

}  // namespace tricycle
