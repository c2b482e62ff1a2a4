// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/experiment/text.hpp"
#include "support/diagnostics.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"
#include "workloads/graph/quant.hpp"
#include "workloads/integer/quantized.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

namespace tricycle {
namespace {

/// Parses numbers separated by commas.
std::vector<double> parse_numbers(const Place& option, const std::string& text, bool positive) {
  std::vector<double> numbers;
  if (text.empty()) return numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    double number = 0;
    const bool fits = parse_number(text.substr(at, end - at), number) && std::fabs(number) < 1e30 &&
                      (!positive || number > 1e-30);
    if (!fits) {
      throw InputError(
          option,
          fmt::format("expected a number{}, or one for each channel with commas between them, not '{}'",
                      positive ? " greater than zero" : "", text));
    }
    numbers.push_back(number);
    at = end + 1;
  }
  return numbers;
}

/// Whether two numbers differ by at most one unit in the last place of float32.
bool alike(double a, double b) {
  const auto x = static_cast<float>(a), y = static_cast<float>(b);
  constexpr float most = std::numeric_limits<float>::infinity();
  return x == y || x == std::nextafter(y, most) || x == std::nextafter(y, -most);
}

/// The meaning of a number's code where the model, not the user, defines it.
struct Stated {
  double step = 1;
  const char* by = "";
};
/// Time steps of the first recurrent layer; 0 where there is none.
std::int64_t recurrent_steps(Graph graph) {
  static_cast<void>(fold_constants(graph));
  const auto shapes = infer_shapes(graph);
  for (const Node& node : graph.nodes) {
    if (node.op != Op::lstm && node.op != Op::gru && node.op != Op::rnn) continue;
    const Shape& shape = shapes.at(node.inputs[0]);
    return shape.empty() ? 0 : shape[node.integer("layout", 0) == 0 || shape.size() < 2 ? 0 : 1];
  }
  return 0;
}

std::optional<Stated> stated_step(const Trace& trace, bool numbers) {
  const InputReading& reading = trace.reading;
  if (reading.rule == ReadingRule::integers) return Stated{trace.input.scales[0], "the model takes integers"};
  if (reading.rule == ReadingRule::grid)
    return Stated{
        reading.byte.num / reading.byte.den,
        reading.least < 0 ? "the model takes codes" : "the thresholds of the first layer are for codes"};
  if (reading.quantizes() && numbers) return Stated{reading.step, "the model quantizes real numbers"};
  return std::nullopt;
}

}  // namespace

Workload load_model(const RunRequest& request) {
  Workload workload = load_workload(request.workload, request.settings, request.seed.value_or(-1));
  const Graph& graph = workload.graph;
  const std::string& open = graph.open_dimension;
  if (open.empty() || graph.input_shape.empty() || !is_recurrent(graph)) return workload;
  const auto steps_with = [&](std::int64_t size) {
    std::vector<Setting> settings = request.settings;
    settings.push_back({"workload." + open, std::to_string(size)});
    return load_workload(request.workload, settings, request.seed.value_or(-1));
  };
  if (recurrent_steps(graph) != 1 || recurrent_steps(steps_with(2).graph) != 2)
    return workload;  // the batch is open
  const bool file = !request.input.empty() && !is_text_file(request.input);
  const Shape shape = file ? read_data(request.input).shape : Shape{};
  if (shape.size() == graph.input_shape.size() &&
      std::equal(shape.begin() + 1, shape.end(), graph.input_shape.begin() + 1))
    return shape[0] == 1 ? workload : steps_with(shape[0]);
  fail(request.workload, fmt::format("dimension 0 ('{}') of the input '{}' is the number of time steps, "
                                     "which is open: give it with --set "
                                     "workload.{}=N, or an input of the shape [{}, ...]",
                                     open, graph.input, open, open));
}

ByteMeaning byte_meaning(const RunRequest& request) {
  ByteMeaning byte;
  if (!request.input_scale.empty()) {
    const InputScale scale = parse_input_scale(request.input_scale, request.place_of("input_scale"));
    byte.num = scale.num;
    byte.den = scale.den;
  }
  byte.means = parse_numbers(request.place_of("input_mean"), request.input_mean, false);
  byte.deviations = parse_numbers(request.place_of("input_std"), request.input_std, true);
  return byte;
}

void check_reading(const Trace& trace, const std::string& path) {
  const InputReading& reading = trace.reading;
  const Binding& input = trace.input;
  const auto refuse = [&](const std::string& what) { fail(path, "the reading of its input: " + what); };
  Rounding rounding = Rounding::round;
  if (!parse_rounding(reading.rounding, rounding)) refuse("unknown rounding mode '" + reading.rounding + "'");
  if (is_float(input.format) != (reading.rule == ReadingRule::real))
    refuse(fmt::format("the rule '{}' does not go with {}", name_of(reading.rule), name_of(input.format)));
  if (!is_float(input.format)) {
    const auto [least, most] = code_range(input.format);
    if (reading.least < static_cast<double>(least) || reading.most > static_cast<double>(most))
      refuse(fmt::format("codes from {:.0f} to {:.0f}, and {} holds {} to {}", reading.least, reading.most,
                         name_of(input.format), least, most));
  }
  const double smallest = std::numeric_limits<float>::min(), largest = std::numeric_limits<float>::max();
  if (reading.step < smallest || reading.step > largest) refuse("a step that float32 does not hold");
  if (std::fabs(reading.zero_point) > 0x1p20) refuse("a zero point beyond 2^20");
  for (const std::vector<double>* values : {&reading.byte.means, &reading.byte.deviations}) {
    if (values->size() > 1 && values->size() != static_cast<std::uint64_t>(input.cols))
      refuse(fmt::format("{} means or deviations for {} channels", values->size(), input.cols));
  }
}

void check_bytes(const RunRequest& request, const Trace& trace, bool numbers) {
  const ByteMeaning asked = byte_meaning(request);
  const InputReading& reading = trace.reading;
  const Place normalizing = request.place_of(request.input_mean.empty() ? "input_std" : "input_mean");
  check_channels(asked, trace.input.cols, trace.input.name);
  const std::optional<Stated> stated = stated_step(trace, numbers);
  if (!request.input_scale.empty()) {
    const double scale = asked.num / asked.den;
    if (stated && !alike(scale, stated->step)) {
      fail(request.place_of("input_scale"),
           fmt::format("{} contradicts the model: {} of {} each{}", request.input_scale, stated->by,
                       static_cast<float>(stated->step),
                       numbers && reading.quantizes()
                           ? ", and the input holds real numbers, whose bytes nobody has"
                           : ""));
    }
    if (!stated && numbers && reading.rule == ReadingRule::real)
      fail(request.place_of("input_scale"), "applies only to bytes; the input holds real numbers");
  }
  if (!asked.normalizes()) return;
  const bool grid = reading.rule == ReadingRule::grid && reading.least >= 0;
  if (grid && (asked.means != reading.byte.means || asked.deviations != reading.byte.deviations))
    fail(normalizing, "contradicts the trace: the thresholds of its first layer were made for other bytes");
  if (!grid && (numbers || reading.rule == ReadingRule::integers || reading.rule == ReadingRule::grid))
    fail(normalizing,
         "applies only to bytes; " +
             std::string(numbers ? "it holds real numbers" : "the model takes integers as they are"));
}

void refuse_lone_part(const RunRequest& request) {
  if (!request.input_part.empty())
    fail(request.place_of("input_part"), "takes a part of a text: give one with --input");
}

void refuse_lone_bytes(const RunRequest& request) {
  const std::pair<const char*, const std::string*> options[] = {{"input_scale", &request.input_scale},
                                                                {"input_mean", &request.input_mean},
                                                                {"input_std", &request.input_std}};
  for (const auto& [option, value] : options) {
    if (!value->empty())
      fail(request.place_of(option), "applies only to an input file; give one with --input");
  }
}

Inputs read_inputs(const RunRequest& request, const Trace& trace, const MachineSpec& spec) {
  Inputs inputs;
  if (!is_text_file(request.input)) {
    if (!request.input_part.empty())
      fail(request.place_of("input_part"),
           fmt::format("takes a part of a text (.txt, .txt.gz); '{}' is none", request.input));
    Tensor data = read_data(request.input);
    check_bytes(request, trace, data.is_float());
    inputs.items =
        file_items(std::move(data), request.input, trace, spec, request.limit.value_or(-1), inputs.count_all);
    return inputs;
  }
  const auto part = request.input_part.empty() ? TextPart{} : parse_part(request.input_part);
  if (!part) fail(request.place_of("input_part"), wrong_part(request.input_part));
  if (!request.labels.empty())
    fail(request.place_of("labels"),
         "the targets of a text are its own next tokens: labels do not go with it");
  CutText text = read_text_items(request.input, *part, trace, request.limit.value_or(-1));
  check_bytes(request, trace, true);
  const Sequence sequence = *sequence_of(trace.input);
  const Shape ids = {static_cast<std::int64_t>(text.items), sequence.steps, sequence.streams};
  inputs.items = token_items({ids, std::move(text.inputs)}, request.input, trace, spec);
  inputs.items.source = printable(base_name(request.input));
  if (!request.input_part.empty()) inputs.items.source += ", part " + request.input_part;
  inputs.items.sha256 = sha256_of_file(request.input);
  inputs.count_all = text.items;
  inputs.text = {std::move(text.targets), text.used, text.left};
  return inputs;
}

TraceItems make_items(const RunRequest& request, const Trace& trace, const MachineSpec& spec) {
  if (request.limit.value_or(1) > 1)
    fail(request.place_of("limit"), "there is one synthetic input; give --input for more");
  refuse_lone_part(request);
  check_bytes(request, trace, true);
  return synthetic_items(trace, spec, request.seed_or_default());
}

}  // namespace tricycle
