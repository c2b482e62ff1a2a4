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
#include "arch/datapath/tile.hpp"
#include "arch/isa/instruction.hpp"
#include "traces/reading.hpp"
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

/// What a tensor is to the time steps of a loop.
enum class Role : std::uint8_t {
  plain,     ///< made within a loop: the value of the step under way
  sequence,  ///< height steps of width rows: line t belongs to time t, for the layers of a loop just that
             ///< line
  state,  ///< carried from step to step: read before its layer it is the last step's value, after it the new
};

/// A tensor of the quantized network, NHWC: rows() positions of `channels` values.
/// Real value = (code + offset) * scale; of float32 the value itself.
struct QuantizedTensor {
  std::string name;
  Role role = Role::plain;
  Codes codes = Codes::integers(0, 255);
  std::int64_t images = 1, height = 1, width = 1, channels = 1;
  Shape shape;  ///< in the model
  double scale = 1;
  std::int64_t offset = 0;
  std::vector<double> channel_scales = {};  ///< of an output, in place of `scale`: one for each channel
  /// Whether the model has each channel's positions together; not said: where its shape reads so.
  std::optional<bool> channels_first = std::nullopt;
  std::vector<std::string> values = {};  ///< of the graph that it holds; none of what the machine alone has

  [[nodiscard]] bool has_channels_first() const;
  [[nodiscard]] std::int64_t rows() const { return images * height * width; }
  /// The code of the real value 0, which padding reads.
  [[nodiscard]] std::int64_t zero() const { return -offset; }
};

/// The codes that windows over a tensor read: the tensor's, and where they reach into padding, the code of 0
/// (but of binary codes, where padding adds nothing).
[[nodiscard]] Codes codes_read(const Window& window, const QuantizedTensor& tensor);

/// Sums become codes: codes[number of thresholds reached], for each channel or for all alike.
struct ThresholdStage {
  std::vector<int> codes;  ///< ascending, one more than thresholds of a channel; at most 16
  bool per_channel = true;
  std::vector<std::int64_t> thresholds;  ///< channels x (codes - 1), ascending in each channel
  std::vector<int> signs;  ///< +1: value >= threshold; -1: -value >= threshold (a negative gamma)
};

/// Fixed point: clamp(round((x * multiplier + y * second + bias) / 2^shift) + zero, least, most), the sum in
/// 64 bits, rounded as `end` says. y is the second sum of a pair or the second input of the layer; without
/// one, `second` is empty.
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

/// The values themselves.
struct RawStage {};

/// A function from a table of its points for x >= 0: point k at code k * 2^segment_shift, 2^segments + 1 of
/// them; between two points the line or the nearest point; behind the last its value.
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
  product,    ///< convolution or matrix product with constant weights
  max_pool,   ///< the largest of a window, channel by channel, as it is: its stage is raw
  sum_pool,   ///< the sum of a window (a mean has its divisor in the stage)
  pointwise,  ///< position by position: a quantizer, a change of scale, a residual addition; of the first
              ///< channels where the output has fewer than the input
  concat,     ///< the channels of all inputs, one after another; their codes, scale and offset are equal
  gather,     ///< the input's values are rows of a table of the output's codes, `weights`
  initial,  ///< a state before its loop: `start`, or what the item before left where the network carries it;
            ///< its input is the state itself
  save,     ///< a state behind its loop, kept for the next item; its input and output are the state
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

  // Of a product; of a gather the rows of its table.
  std::vector<std::int16_t> weights;  ///< sums x kernel_h x kernel_w x (input channels / groups), codes
  std::vector<float> float_weights;   ///< the same of floating point inputs, in their precision
  Codes weight_codes = Codes::integers(-1, 1);
  std::int64_t groups = 1;
  /// Two sums for every output channel, next to each other: x with the positive, y with the negative weights
  /// (as codes 0 and 1) of two-scale ternary.
  bool pairs = false;

  Stage stage;
  /// A max pool of the stage's results, done behind the accumulator: windows do not overlap (there may be
  /// gaps between them), none is padded or dilated, and all lie inside; the layer has no second input. The
  /// layer's output is the pool's.
  std::optional<Window> pool;
  std::vector<std::int32_t> start;  ///< of an initial layer: the state's values; codes or bits of float32

  [[nodiscard]] bool has_weights() const { return kind == LayerKind::product; }
};

/// Layers that run step after step: those from `first` to `last` for time 0, then for time 1, and so on (or
/// from the last time to the first).
struct Loop {
  std::string name;
  std::size_t first = 0, last = 0;  ///< layers
  std::int64_t steps = 1;
  bool reverse = false;

  [[nodiscard]] bool contains(std::size_t layer) const { return layer >= first && layer <= last; }
  /// The line of a sequence that belongs to a step.
  [[nodiscard]] std::int64_t time(std::int64_t step) const { return reverse ? steps - 1 - step : step; }
};

/// A network in integers: what the golden interpreter runs and the lowering lowers.
struct QuantizedNetwork {
  /// What it was made of, constants folded, where `keep_graph` asked for it: for the float interpreter.
  std::shared_ptr<const Graph> graph;
  std::string name;
  std::string file;
  std::string weights_source;
  bool synthetic = false;
  InputReading reading;  ///< how a user's numbers become the input's codes
  ElementType input_type = ElementType::float32, output_type = ElementType::float32;
  std::string output_value;              ///< of the graph it came from: the value that the output is
  std::vector<QuantizedTensor> tensors;  ///< the first is the input, the last the output
  std::vector<QuantizedLayer> layers;    ///< in topological order; each tensor but the first is one's output,
                                       ///< a state that of its initial layer, of one in its loop, of its save
  std::vector<Loop> loops;              ///< of different layers, the earlier first
  std::vector<Verdict> verdicts;        ///< of every node of the graph it came from
  std::vector<std::string> vocabulary;  ///< of a language model: what each token stands for

  [[nodiscard]] const QuantizedTensor& input() const { return tensors.front(); }
  [[nodiscard]] const QuantizedTensor& output() const { return tensors.back(); }
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
  /// Multiply-accumulates of one run of a layer as the model has them: both sums of a pair are one.
  [[nodiscard]] std::int64_t macs(const QuantizedLayer& layer) const;
};

/// What an input code 1 is worth: numerator / denominator.
struct InputScale {
  double num = 1, den = 255;
};

struct QuantizeOptions {
  /// Of bytes, in front of a model that has no quantizer of its own at its input: none, one, or one for each
  /// channel.
  std::vector<double> means = {}, deviations = {};
  bool calibrated = false;         ///< the graph was quantized by inputs: no message advises that
  bool allow_unsupported = false;  ///< a trailing Softmax gets the verdict "unsupported" and is left out
  /// The network in floating point, without codes: its tensors are of this type but the output, of float32.
  std::optional<Codes> floating = std::nullopt;
  bool keep_graph = false;  ///< beside the network, for its reference
};

/// Turns a graph into integers: folds constants, recognises the codes of weights by their values, and folds
/// the operators between an accumulator and the next low-bit operand into integer thresholds by evaluating
/// them in float32 for every reachable sum; into a fixed-point scale where there are more levels. Errors name
/// the node that does not fit.
[[nodiscard]] QuantizedNetwork quantize_graph(Graph graph, const InputScale& input_scale,
                                              const QuantizeOptions& options = {});

/// Whether anything in the graph makes codes of real values: a graph without is one of floating point, also
/// where its weights have few values.
[[nodiscard]] bool has_quantizers(const Graph& graph);

/// A text of the network, for reading and for tests.
[[nodiscard]] std::string dump(const QuantizedNetwork& network);

}  // namespace tricycle
