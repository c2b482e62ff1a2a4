// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "workloads/graph/quant.hpp"
#include "workloads/graph/window.hpp"
#include "workloads/graph/wiring.hpp"
#include "workloads/passes/weights.hpp"
#include "workloads/quantized.hpp"

namespace tricycle {

/// How the elements of a value in the model lie in a tensor of NHWC.
enum class Layout : std::uint8_t {
  rows,            ///< channels are the last dimension
  channels_first,  ///< [N, C, H, W]
  channels_last,   ///< [N, H, W, C]
  flat_chw,        ///< [N, C * H * W]
  flat_hwc,        ///< [N, H * W * C]
};

/// Where a tensor's positions lie.
struct Grid2d {
  std::int64_t images = 1, height = 1, width = 1, channels = 1;
};

/// What pointwise operators work on: a finished tensor's codes, or the sums of a layer that has no stage yet.
/// real = (x + shift) * scale, plus y * y_scale + constant where there is a y. Vectors: one for each channel.
struct Source {
  int tensor = -1;  ///< of a finished tensor; else `layer` is under construction
  std::optional<QuantizedLayer> layer;
  std::string value;  ///< the name of what it gives
  Grid2d grid;
  std::vector<double> scale, y_scale, constant;
  std::vector<std::int64_t> shift, least, most;  ///< reach of x
  std::vector<std::int64_t> y_least, y_most;

  [[nodiscard]] std::size_t channels() const { return scale.size(); }
  [[nodiscard]] bool has_y() const { return !y_scale.empty(); }
};

/// One pointwise operator (or one that only moves or names values) behind a source.
struct Step {
  const Node* node = nullptr;
  std::size_t order = 0;
  Layout layout = Layout::rows;
  Shape shape;  ///< of the values it reads
};

/// A value of the graph: a source and the steps behind it.
struct Value {
  int source = -1;
  std::vector<Step> steps;
  Grid2d grid;  ///< the source's, or what a max pool made of it
  Layout layout = Layout::rows;
  Shape shape;
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};  ///< zeros around it: top, left, bottom, right
  std::string name;                                 ///< of what it is before it is laid out anew

  /// Each channel's positions stand together.
  [[nodiscard]] bool channels_first() const {
    return layout == Layout::channels_first || layout == Layout::flat_chw;
  }
};

/// The codes of a uniform quantizer: code = round(x / step + zero), or round(x / step) + zero, clamped; real
/// = (code - origin) * scale.
struct Uniform {
  double step = 1, scale = 1;
  std::int64_t zero = 0, origin = 0, least = -1, most = 1;
  bool binary = false;
  bool zero_behind = false;          ///< the zero is added behind the rounding, as QuantizeLinear does
  std::optional<Rounding> rounding;  ///< as the model states it; none of codes that no quantizer asks for

  /// The code of a real value, in float32 as the model's own quantizer has it.
  [[nodiscard]] std::int64_t code_of(double real) const;
  [[nodiscard]] std::int64_t levels() const { return binary ? 2 : most - least + 1; }
  [[nodiscard]] Codes codes() const { return binary ? Codes::binary() : Codes::integers(least, most); }
};

/// A chain of steps as clamp(x * ... + y * ... + bias), for each channel, and the quantizer at its end.
struct Form {
  std::vector<double> x, y, bias, least, most;
  std::vector<double> since_pool;  ///< the factor behind a max pool; none without one
  std::optional<Uniform> uniform;
  const Node* obstacle = nullptr;  ///< the first step that is not affine; null where all are

  [[nodiscard]] bool clamped() const;
};

/// Neighbouring x of one channel that give the same value.
struct LevelRun {
  std::int64_t first = 0;  ///< the smallest of them
  float value = 0;
};

/// A quantizer in front of the machine: it reads the user's numbers and gives the input's codes.
struct InputQuantizer {
  InputReading reading;
  Uniform uniform;  ///< what the codes are and mean
  std::vector<const Node*> nodes;
};

/// Slides over an image of in_lines x in_columns as a window, with more zeros around it: top and left.
[[nodiscard]] Window window_from(const Slides& slides, std::int64_t in_lines, std::int64_t in_columns,
                                 const std::array<std::int64_t, 4>& pads);

/// What a value is wanted for.
enum class Purpose : std::uint8_t { codes, stream, output };

/// The pass: one walk over the nodes. Methods are in quantize_graph.cpp (the walk), input.cpp, output.cpp,
/// views.cpp (layouts), products.cpp and pools.cpp (layers), regions.cpp (chains of steps), forms.cpp (affine
/// chains), levels.cpp (thresholds), finish.cpp (the end of a layer) and stages.cpp (its stage); finite.cpp
/// holds constants against what is no number.
class Quantizer {
 public:
  Quantizer(Graph graph, const InputScale& input_scale, const QuantizeOptions& options)
      : graph_(std::move(graph)), input_scale_(input_scale), options_(options) {}
  QuantizedNetwork run();

 private:
  // quantize_graph.cpp
  [[noreturn]] void fail_file(const std::string& message) const;
  [[noreturn]] void fail(const Node& node, const std::string& message) const;
  void verdict(const Node& node, const char* what, const std::string& reason);
  void note_stated_steps();
  [[nodiscard]] std::vector<const Node*> softmax_tail() const;
  void cut_tail();
  [[noreturn]] void fail_unit(const Node& node) const;
  void check_windows() const;
  void check_all_lead_to_output() const;

  // finite.cpp
  void check_numbers(bool folded) const;
  void check_variance(const Node& node) const;

  // quantize_graph.cpp
  void take(const Node& node);
  void close_output();
  const Value& value_of(const Node& node, const std::string& name) const;
  [[nodiscard]] std::vector<std::string> variables(const Node& node) const;
  const Tensor& parameter(const Node& node, std::size_t i) const;
  float single(const Node& node, std::size_t i) const;
  void define(const std::string& name, int source, Layout layout, const Shape& shape);

  // input.cpp
  [[nodiscard]] Layout input_layout() const;
  [[nodiscard]] bool is_integer_input() const;
  [[nodiscard]] const Node* lone_reader(const std::string& value) const;
  [[nodiscard]] std::optional<InputQuantizer> input_quantizer() const;
  void normalize_pixels();
  void take_integers(QuantizedTensor& input, std::vector<const Node*>& meanings) const;
  void check_half() const;
  void open_input();

  // output.cpp
  void split_output_scales();
  void name_output();

  // views.cpp
  void take_view(const Node& node);
  void take_reshape(const Node& node, const Value& from, Value& to);
  void take_transpose(const Node& node, const Value& from, Value& to);
  void take_pad(const Node& node);
  void take_slice(const Node& node);
  int add_zeros(const Node& node, int tensor, std::int64_t channels);
  void pad_channels(const Node& node, std::int64_t front, std::int64_t behind);
  void lay_pixels_side_by_side();

  // products.cpp
  void take_matmul(const Node& node);
  void take_conv(const Node& node);
  void add_product(const Node& node, int tensor, const Window& window, WeightValues weights,
                   std::int64_t groups, const Grid2d& out, Layout layout);
  void add_floating(const Node& node, Source& source, QuantizedLayer& layer, WeightValues weights);
  void add_coded(const Node& node, Source& source, QuantizedLayer& layer, const WeightValues& weights);
  void add_step(const Node& node, Op op, const Tensor& constant);
  std::vector<float> stated_steps(const Node& node, std::size_t channels) const;

  // joins.cpp
  void take_add(const Node& node);
  void take_concat(const Node& node);
  [[nodiscard]] bool can_carry_second(const Value& value) const;
  std::vector<const Node*> quantizer_behind(const Node& node) const;
  bool joins_different(const Node& node);
  void widen(const std::vector<int>& tensors);
  std::string bring_forward(const Node& node, std::size_t input, std::size_t first_channel,
                            const std::vector<const Node*>& chain);

  // pools.cpp
  void take_max_pool(const Node& node);
  void take_mean(const Node& node);
  [[nodiscard]] Window window_of_pool(const Node& node, const Shape& image, const Value* padded) const;
  void check_divisor(const Node& node, const Shape& image) const;
  int add_codes_from_zero(const Node& node, int tensor);

  // regions.cpp
  void take_pointwise(const Node& node);
  void start(const std::string& name);
  [[nodiscard]] std::vector<const Node*> pointwise_behind(const std::string& name) const;
  [[nodiscard]] std::string last_common_value(const std::string& name) const;
  Tensor channel_constant(const Step& step, const Tensor& constant, std::size_t channels) const;
  std::vector<Tensor> step_values(const Value& value, const std::vector<std::int64_t>& points,
                                  std::size_t channels, const std::vector<std::int64_t>& second = {});
  std::vector<float> run_steps(const Value& value, const std::vector<std::int64_t>& points,
                               std::size_t channels, std::vector<float>* before_pool);
  [[nodiscard]] bool is_uniform(const Value& value) const;

  // forms.cpp
  Form form_of(const Value& value);
  bool compose(Form& form, const Step& step, const std::string& at);
  std::optional<Uniform> uniform_of(const Node& node) const;
  std::optional<Uniform> last_uniform(const Value& value) const;
  void compose_batch_normalization(Form& form, const Step& step);

  // levels.cpp
  struct Fitted {
    ThresholdStage stage;
    Codes codes;
    double scale = 1;
    std::int64_t offset = 0;
  };
  std::optional<Fitted> fit_levels(const Value& value, const std::optional<Uniform>& uniform, bool strict);
  bool find_runs(const Value& value, std::size_t channels, std::vector<std::vector<LevelRun>>& runs,
                 std::size_t most_levels, bool strict);
  std::optional<bool> find_runs_by_course(const Value& value, std::size_t channels,
                                          std::vector<std::vector<LevelRun>>& runs, std::size_t most);
  bool name_levels(const std::vector<float>& values, Fitted& fitted, std::vector<std::int64_t>& codes) const;

  // finish.cpp
  int finish(const Node& user, const std::string& name, Purpose purpose);
  int finish_plain(const Node& user, const Value& value, Purpose purpose);
  int finish_floating(const Value& value, const Form& form, Purpose purpose);
  int close(const Value& value, Stage stage, QuantizedTensor output);
  [[noreturn]] void fail_unfinished(const Node& user, const Value& value, const Form& form,
                                    Purpose purpose) const;
  int finish_behind_codes(const Node& user, const Value& value, const Node& obstacle, Purpose purpose);
  std::optional<int> finish_behind_stream(const Node& user, const Value& value, const Form& form,
                                          Purpose purpose);
  int source_on(int tensor, const std::string& name);
  int finish_scaled(const Value& value, const Form& form, const Uniform& uniform);

  // stages.cpp
  std::optional<Form> settled(const Source& source, const Form& form) const;
  ScaleStage scale_stage(const Value& value, const Form& form, const Uniform& uniform) const;
  AffineStage affine_stage(const Value& value, const Form& form) const;
  Uniform stream_of(const Value& value, const Form& form) const;
  void check_stage(const Value& value, const Form& form, const ScaleStage& stage, const Uniform& uniform);

  // finish.cpp
  int add_tensor(QuantizedTensor tensor, const Grid2d& grid);
  int add_pool_layer(const Node& node, int tensor);
  Source source_of(int tensor) const;
  [[nodiscard]] const Node* pool_of(const Value& value) const;

  Graph graph_;
  Wiring wiring_;  ///< of the graph: made anew where nodes come or go
  InputScale input_scale_;
  QuantizeOptions options_;
  std::map<std::string, Shape> shapes_;
  QuantizedNetwork network_;
  std::map<std::string, Value> values_;
  std::deque<Source> sources_;
  std::deque<Node> made_;  ///< steps that are no nodes of the graph: a bias, a factor
  std::map<std::string, int> finished_;
  std::set<std::string>
      shared_;  ///< values that several layers start from: finished as soon as they are there
  struct Stated {
    Tensor scale;
    std::int64_t axis = 0;
  };
  std::map<std::string, Stated> stated_;
  std::size_t order_ = 0;
  Node restored_;  ///< gives the model's output from codes whose channels have scales of their own, where
                   ///< they have
};

/// What becomes of an operator in the quantized network (operators.def).
enum class QuantizedAs : std::uint8_t {
  pointwise,  ///< one step of the chain behind a layer
  view,       ///< another view of the same values
  matmul,
  conv,
  max_pool,
  mean,
  pad,
  slice,
  concat,
  no_unit,     ///< no unit does it
  recurrence,  ///< of workloads/recurrent
  none,
};
[[nodiscard]] QuantizedAs quantized_as(Op op);

/// Operators that work on each element by itself, or with one constant for each channel.
[[nodiscard]] bool is_pointwise(Op op);
/// Operators that only lay values out anew or hand them on.
[[nodiscard]] bool is_view(Op op);
/// Views and max pools: of single values they give what they read.
[[nodiscard]] bool hands_on(const Node& node);
/// Whether the values behind a max pool never fall where those before it rise; both are points x channels.
[[nodiscard]] bool rises_with(const std::vector<float>& before, const std::vector<float>& behind,
                              std::size_t channels);

}  // namespace tricycle
