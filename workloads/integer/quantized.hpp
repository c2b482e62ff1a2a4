// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "arch/datapath/rounding.hpp"
#include "arch/datapath/window.hpp"
#include "arch/isa/curves.hpp"
#include "traces/reading.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// The set of values that a tensor holds: integers from `least` to `most`; only -1 and +1; 0 and +-2^k up to
/// `most` = -`least`; or the bits of float32. The kind float16 has only the float32 numbers that half
/// precision holds.
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

/// `binary`, `ternary`, `uint8`, `int4`, `pow2`, `float32`: the name of the narrowest type that holds the
/// codes.
[[nodiscard]] std::string codes_name(const Codes& codes);

/// The nearest half precision number, ties to even; infinite from 65,520.
[[nodiscard]] float as_half(float value);

/// The role of a tensor in the time steps of a loop.
enum class Role : std::uint8_t {
  plain,     ///< no special role; a tensor made within a loop has the value of the current time step
  sequence,  ///< `height` time steps of `width` rows: line t belongs to time t; the layers of a loop see only
             ///< this line
  state,  ///< carried from one time step to the next: read before its layer it has the previous step's value,
          ///< after it the new value
};

/// A tensor of the quantized network, NHWC: rows() positions of `channels` values.
/// Real value = (code + offset) * scale; for float32 the value itself.
struct QuantizedTensor {
  std::string name;
  Role role = Role::plain;
  Codes codes = Codes::integers(0, 255);
  std::int64_t images = 1, height = 1, width = 1, channels = 1;
  Shape shape;  ///< in the model
  double scale = 1;
  std::int64_t offset = 0;
  std::vector<double> channel_scales = {};  ///< of an output: one for each channel, in place of `scale`
  /// Whether the model stores the positions of each channel together (NCHW). Without a value:
  /// has_channels_first() derives it from the shape.
  std::optional<bool> channels_first = std::nullopt;
  /// The graph's values that it holds; empty for a tensor that only the machine has.
  std::vector<std::string> values = {};

  [[nodiscard]] bool has_channels_first() const;
  [[nodiscard]] std::int64_t rows() const { return images * height * width; }
  /// The code of the real value 0, which padding reads.
  [[nodiscard]] std::int64_t zero() const { return -offset; }
};

/// The codes that windows over a tensor read: the tensor's codes, and the code of 0 where the windows reach
/// into padding. With binary codes padding adds nothing, so the code of 0 is not included.
[[nodiscard]] Codes codes_read(const Window& window, const QuantizedTensor& tensor);

/// Turns sums into codes: codes[number of thresholds reached]. The thresholds are per channel or shared by
/// all channels.
struct ThresholdStage {
  std::vector<int> codes;  ///< ascending, one more than the thresholds of a channel; at most 16
  bool per_channel = true;
  std::vector<std::int64_t> thresholds;  ///< channels x (codes - 1), ascending in each channel
  std::vector<int> signs;  ///< +1: value >= threshold; -1: -value >= threshold (a negative gamma)
};

/// Fixed point: clamp(round((x * multiplier + y * second + bias) / 2^shift) + zero, least, most), the sum is
/// in 64 bits and rounded as `end` says. y is the second sum of a pair or the second input of the layer;
/// without a y, `second` is empty.
struct ScaleStage {
  bool per_channel = true;
  std::vector<std::int32_t> multiplier, second;
  std::vector<std::int64_t> bias;  ///< |bias| < 2^61
  std::vector<int> shift;          ///< 0 to 47
  std::int64_t least = 0, most = 0;
  ScaleEnd end = {};
};

/// float32, every operation rounded: r = float(x) * scale; with a y, r = r + float(y) * second; r = r + bias;
/// then clamped to least..most.
struct AffineStage {
  bool per_channel = true;
  std::vector<float> scale, second, bias;
  float least = -std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::infinity();
};

/// Leaves the values as they are.
struct RawStage {};

/// A function given by a table of 2^segments + 1 points for x >= 0. Point k is at code k * 2^segment_shift.
/// Between two points the value is interpolated linearly, or taken from the nearest point. Beyond the last
/// point it is the last point's value.
struct LookupStage {
  Symmetry symmetry = Symmetry::odd;
  std::vector<std::int16_t> points;
  int segments = 8, segment_shift = 4;
  bool interpolate = true;
  std::int32_t one = 0;  ///< code of 1 in the results, for f(-x) = 1 - f(x)
};

/// clamp(round((x * y + z * 2^third_shift) / 2^shift), least, most), half to even, in 64 bits; floating
/// point: x * y, then + z, each rounded. x, y and z are the layer's inputs; without a third z is 0.
struct MultiplyStage {
  int shift = 0, third_shift = 0;
  std::int64_t least = 0, most = 0;
};

/// float32: sigmoid or tanh of x * slope.
struct FunctionStage {
  Curve function = Curve::sigmoid;
  float slope = 1;
};

/// Bernoulli ternary quantization (HitNet, Eqs 8 and 9): the sign of x where |x| * 2^shift exceeds 16 fresh
/// bits of the value's shift register, else 0. The layer's second input is the registers, a state.
struct SampleStage {
  int shift = 2;
};

using Stage = std::variant<ThresholdStage, ScaleStage, AffineStage, RawStage, LookupStage, MultiplyStage,
                           FunctionStage, SampleStage>;

enum class LayerKind : std::uint8_t {
  product,    ///< a convolution or matrix product with constant weights
  max_pool,   ///< the maximum of a window, channel by channel, unchanged: its stage is raw
  sum_pool,   ///< the sum of a window (a mean has its divisor in the stage)
  pointwise,  ///< position by position: a quantizer, a change of scale, a residual addition; where the output
              ///< has fewer channels than the input, the first channels
  concat,     ///< the channels of all inputs, one after another; their codes, scale and offset are equal
  gather,     ///< the input's values select rows of a table, `weights`, which holds codes of the output
  initial,    ///< sets a state before its loop: to `start`, or to the previous item's last value where the
              ///< network saves the state; its input is the state itself
  save,       ///< keeps a state after its loop for the next item; its input and output are the state
};

/// One layer: what it computes, and the stage that its results go through.
struct QuantizedLayer {
  std::string name;
  std::string op;  ///< the operators it was made from, as "Conv+BatchNormalization+Relu+Quant+MaxPool"
  LayerKind kind = LayerKind::product;
  std::vector<int> inputs;  ///< tensors; the second one of a product or pointwise layer is its stage's y
  int output = 0;
  /// The window of the whole layer over one image: lines x columns are its outputs before `pool`, in_lines x
  /// in_columns are the input's height x width. A product with flattened activations is a window as large as
  /// the image.
  Window window;

  // For a product: its weights; for a gather: the rows of its table.
  std::vector<std::int16_t> weights;  ///< sums x kernel_h x kernel_w x (input channels / groups), codes
  std::vector<float> float_weights;   ///< the weights for floating point inputs, in the precision of these
  Codes weight_codes = Codes::integers(-1, 1);
  std::int64_t groups = 1;
  /// Two-scale ternary: every output channel has two sums next to each other. x is the sum with the positive
  /// weights, y the sum with the negative weights; both use codes 0 and 1.
  bool pairs = false;

  Stage stage;
  /// A max pool of the stage's results, done behind the accumulator. Its windows do not overlap (there may be
  /// gaps between them), are not padded or dilated, and all lie inside. The layer has no second input. The
  /// layer's output is the output of the pool.
  std::optional<Window> pool;
  std::vector<std::int32_t> start;  ///< of an initial layer: the state's values; codes or bits of float32

  [[nodiscard]] bool has_weights() const { return kind == LayerKind::product; }
};

/// Layers that run once for each time step: layers `first` to `last` for time 0, then for time 1, and so on.
/// With `reverse` from the last time to the first.
struct Loop {
  std::string name;
  std::size_t first = 0, last = 0;  ///< layers
  std::int64_t steps = 1;
  bool reverse = false;

  [[nodiscard]] bool contains(std::size_t layer) const { return layer >= first && layer <= last; }
  /// The line of a sequence that belongs to a time step.
  [[nodiscard]] std::int64_t time(std::int64_t step) const { return reverse ? steps - 1 - step : step; }
};

/// An output of the model: the tensor that holds it, and the value of the graph that it is.
struct NetworkOutput {
  int tensor = -1;
  std::string value = {};
  ElementType type = ElementType::float32;
};

/// A network in integers. The golden interpreter runs it, and the lowering turns it into a program.
struct QuantizedNetwork {
  /// The graph that it was made from, with constants folded; for the float interpreter. Null unless
  /// `keep_graph` asked for it.
  std::shared_ptr<const Graph> graph;
  std::string name;
  std::string file;
  std::string weights_source;
  bool synthetic = false;
  InputReading reading;  ///< how a user's numbers become the input's codes
  ElementType input_type = ElementType::float32;
  /// The model's outputs. None stated: the last tensor is the output.
  std::vector<NetworkOutput> outputs = {};
  std::vector<QuantizedTensor> tensors;  ///< the first is the input
  /// In topological order. Each tensor but the first is the output of one layer; a state is the output of its
  /// initial layer, of one layer in its loop, and of its save layer.
  std::vector<QuantizedLayer> layers;
  std::vector<Loop> loops;              ///< of disjoint ranges of layers, the earlier first
  std::vector<Verdict> verdicts;        ///< of every node of the graph it came from
  std::vector<std::string> vocabulary;  ///< of a language model: the text of each token

  [[nodiscard]] const QuantizedTensor& input() const { return tensors.front(); }
  /// The first output.
  [[nodiscard]] int output_index() const {
    return outputs.empty() ? static_cast<int>(tensors.size()) - 1 : outputs.front().tensor;
  }
  [[nodiscard]] const QuantizedTensor& output() const { return tensor(output_index()); }
  [[nodiscard]] bool is_output(int tensor) const;
  [[nodiscard]] const QuantizedTensor& tensor(int index) const {
    return tensors[static_cast<std::size_t>(index)];
  }
  /// The loop that a layer is in, or null.
  [[nodiscard]] const Loop* loop_of(std::size_t layer) const;
  /// How often a layer runs for one item.
  [[nodiscard]] std::int64_t steps_of(std::size_t layer) const {
    const Loop* loop = loop_of(layer);
    return loop != nullptr ? loop->steps : 1;
  }
  /// Multiply-accumulates of one run of a layer as the model counts them: the two sums of a pair count once.
  [[nodiscard]] std::int64_t macs(const QuantizedLayer& layer) const;
};

/// The real value of the input code 1: numerator / denominator.
struct InputScale {
  double num = 1, den = 255;
};

/// A text of the network, for reading and for tests.
[[nodiscard]] std::string dump(const QuantizedNetwork& network);

}  // namespace tricycle
