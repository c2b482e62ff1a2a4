// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "arch/params/document_kind.hpp"
#include "sim/experiment/calibration.hpp"
#include "sim/experiment/effects.hpp"
#include "sim/experiment/formats.hpp"
#include "sim/experiment/reference.hpp"
#include "sim/experiment/text.hpp"
#include "sim/experiment/vocabulary.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"
#include "traces/tools/check.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/quantize/layout.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

namespace tricycle {
namespace {

SimulateOptions options_of(const RunRequest& request) {
  SimulateOptions options;
  options.machine.lockstep = request.lockstep;
  options.machine.timeline = request.timeline;
  options.machine.functional = !request.timing_only;
  options.machine.cycle_limit = static_cast<std::uint64_t>(request.cycle_limit);
  options.verify = request.timing_only ? Verify::off : request.verify.value_or(Verify::all);
  options.seed = request.seed_or_default();
  options.weight_density = request.weight_density;
  options.activation_density = request.activation_density;
  options.progress = request.progress;
  options.show_tree = request.show_tree;
  return options;
}

/// Adds the targets of a text, which score the outputs. Errors: outputs that are not logits.
void add_targets(const RunRequest& request, std::optional<TextTargets> text, RunRecord& record) {
  if (!text || request.timing_only) return;
  const Binding& output = record.trace.output();
  const auto tokens = static_cast<std::int64_t>(record.trace.vocabulary.size());
  if (output.format != Format::float32 || output.rows != record.trace.input.rows || output.cols != tokens) {
    fail(request.input,
         fmt::format("is text, and its score needs float32 logits of {} x {}; the output '{}' is {} of "
                     "{} x {} (--timing-only runs without a score)",
                     record.trace.input.rows, tokens, output.name, name_of(output.format), output.rows,
                     output.cols));
  }
  record.options.text = std::move(text);
}

/// Adds the labels. Errors: not as many labels as items.
void add_labels(const RunRequest& request, std::uint64_t count_all, RunRecord& record) {
  if (request.labels.empty()) return;
  if (request.timing_only)
    fail(request.place_of("labels"), "a timing-only run computes no values to compare with labels");
  std::vector<std::int64_t> labels = read_labels(request.labels, count_all);
  const auto classes = static_cast<std::int64_t>(record.trace.output().rows * record.trace.output().cols);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes) {
      fail(request.labels,
           fmt::format("label {} is {}; the network has the classes 0 to {}", i, labels[i], classes - 1));
    }
  }
  labels.resize(record.trace.items.count);
  record.options.labels = std::move(labels);
  record.labels_source = printable(base_name(request.labels));
  record.labels_sha256 = sha256_of_file(request.labels);
}

/// Gives a model without a vocabulary the vocabulary of a file.
void set_vocabulary(const RunRequest& request, Graph& graph) {
  if (request.vocabulary.empty()) return;
  if (!graph.vocabulary.empty())
    fail(request.place_of("vocabulary"),
         fmt::format("the model has a vocabulary of its own, of {} tokens", graph.vocabulary.size()));
  graph.vocabulary = read_vocabulary(request.vocabulary);
}

/// Errors: a vocabulary from a file that has not as many tokens as the input takes.
void check_vocabulary(const RunRequest& request, const Lowered& lowered) {
  if (request.vocabulary.empty()) return;
  const Binding& input = lowered.trace.input;
  const std::size_t tokens = lowered.trace.vocabulary.size();
  const TokenInput takes = token_input(input, tokens);
  const Codes& codes = lowered.network.input().codes;
  const std::int64_t rows = takes == TokenInput::ids ? codes.most + 1 : input.cols;
  if (takes != TokenInput::none && rows == static_cast<std::int64_t>(tokens)) return;
  fail(request.vocabulary,
       fmt::format("has {} tokens; the model's input '{}' of shape {} takes {}", tokens, input.name,
                   input.shape, takes == TokenInput::ids ? fmt::format("{}", rows) : "no tokens of so many"));
}

}  // namespace

RunRequest read_experiment(const Document& document) {
  return read_request(flat_words(document), "an experiment");
}

MachineSpec machine_of(const RunRequest& request) {
  const std::string arch = request.arch.empty() ? default_machine(request.workload) : request.arch;
  Document document = read_document(find_preset("configs/arch", arch, request.place_of("arch")));
  expect_kind(document, DocumentKind::machine);
  apply_settings(document, request.settings, "arch");
  MachineSpec spec = read_machine(document);
  add_decoders(formats_of(request.settings), spec);
  return spec;
}

namespace {

/// The real value of one code of 8-bit vectors where the user gives none, or where the input is bytes, whose
/// meaning --input-scale gives: the largest input becomes 127. Text and synthetic inputs are at most 1.
InputScale scale_of_vectors(const RunRequest& request, const Graph& graph, const ByteMeaning& byte) {
  double most = 0;
  const bool file = !request.input.empty() && !is_text_file(request.input);
  const Tensor data = file ? read_data(request.input) : Tensor{};
  const bool stated = !request.input_scale.empty() && !(file && !data.is_float());
  if (stated) return {byte.num, byte.den};
  if (file) {
    constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
    for (const Tensor& item : real_items(data, request.input, inputs_of(graph)[0], byte, false, all)) {
      for (const float value : item.floats()) most = std::max(most, std::fabs(static_cast<double>(value)));
    }
  }
  return {most > 0 && std::isfinite(most) ? most : 1, 127};
}

/// The compile options of a request.
CompileOptions compile_options(const RunRequest& request, const Workload& workload) {
  CompileOptions options;
  options.byte = byte_meaning(request);
  if (takes_vectors(workload.graph, workload.recurrent))
    options.vector_scale = scale_of_vectors(request, workload.graph, options.byte);
  options.recurrent = workload.recurrent;
  options.seed = request.seed_or_default();
  options.calibrated = !request.calibrate.empty();
  options.allow_unsupported = request.allow_unsupported;
  options.lower.tool = tool_name;
  options.lower.datapath = request.datapath;
  options.lower.formats = formats_of(request.settings);
  return options;
}

/// Quantizes the model with the request's calibration file.
CalibrationRecord calibrate(const RunRequest& request, const CompileOptions& options, Graph& graph) {
  Calibrated calibrated = calibrate_with(request.calibrate, graph, options.byte, quantize_options(options));
  graph = std::move(calibrated.graph);
  return {printable(base_name(request.calibrate)), sha256_of_file(request.calibrate), calibrated.items,
          calibrated.quantizers, calibrated.weights};
}

/// The workload of a request with its vocabulary.
Workload named_workload(const RunRequest& request) {
  Workload workload = load_model(request);
  set_vocabulary(request, workload.graph);
  return workload;
}

}  // namespace

std::string dump_request(const RunRequest& request, const MachineSpec& spec, const std::string& pass) {
  Workload workload = named_workload(request);
  const CompileOptions options = compile_options(request, workload);
  if (!request.calibrate.empty()) static_cast<void>(calibrate(request, options, workload.graph));
  return dump_after(pass, Place::of_file("--dump-after"), std::move(workload.graph), spec, options);
}

Lowered lower_request(const RunRequest& request, const MachineSpec& spec) {
  Lowered lowered;
  Workload workload = named_workload(request);
  Graph& graph = workload.graph;
  lowered.recurrent = workload.recurrent;
  const bool asked = request.reference.has_value();
  const bool may_refer = request.reference != Reference::off && !request.timing_only &&
                         (asked || (request.verify != Verify::off && !graph.synthetic));
  if (may_refer) lowered.model = std::make_shared<const Graph>(graph);
  CompileOptions options = compile_options(request, workload);
  options.keep_graph = may_refer;
  if (!request.calibrate.empty()) lowered.calibration = calibrate(request, options, graph);
  Compiled compiled = compile(std::move(graph), spec, options);
  lowered.network = std::move(compiled.network);
  lowered.trace = std::move(compiled.trace);
  Trace& trace = lowered.trace;
  check_vocabulary(request, lowered);
  if (request.input.empty()) {
    trace.items = make_items(request, trace, spec);
    lowered.count_all = 1;
  } else {
    Inputs inputs = read_inputs(request, trace, spec);
    trace.items = std::move(inputs.items);
    lowered.count_all = inputs.count_all;
    lowered.text = std::move(inputs.text);
  }
  check_ranges(trace, spec, request.workload);
  check_order(trace, spec, request.workload);
  return lowered;
}

namespace {

/// Whether the network samples states, which have no meaning in ONNX. Notes this as the reason.
bool recurrent_without_meaning(const Lowered& lowered, ReferenceRecord& record) {
  if (!is_recurrent(*lowered.model) || lowered.recurrent.activations != RecurrentActivations::btq)
    return false;
  record.reason = "states sampled by HitNet's BTQ have no meaning in ONNX";
  return true;
}

/// The items for the reference, as the model's own numbers: the numbers of the user's file, or the real
/// values of the codes for text and synthetic items. For recurrent networks only the first item, because
/// states are carried from item to item.
std::vector<Tensor> model_inputs(const RunRequest& request, const Lowered& lowered, const RunRecord& record) {
  const Graph& model = *lowered.model;
  const bool all = record.reference.mode == Reference::all && !is_recurrent(model);
  const std::uint64_t count = all ? record.trace.items.count : 1;
  const bool file = !request.input.empty() && !is_text_file(request.input);
  const Tensor data = file ? read_data(request.input) : Tensor{};
  if (file && items_in(data.shape, model.input_shape) > 0) {
    return real_items(data, request.input, inputs_of(model)[0], byte_meaning(request),
                      channels_come_last(model), static_cast<std::int64_t>(count));
  }
  return decoded_items(record.trace, record.spec, model.input_shape, model.input_type, count);
}

/// Does all that comes before a simulation.
RunRecord prepare(const RunRequest& request, Lowered& lowered) {
  RunRecord record;
  record.request = request;
  record.spec = machine_of(request);
  check_effects(request, record.spec);
  record.prices = read_prices(request.tech, record.spec, request.place_of("tech"));
  record.options = options_of(request);
  lowered = lower_request(request, record.spec);
  record.trace = std::move(lowered.trace);
  record.calibration = lowered.calibration;
  for (const Verdict& verdict : lowered.network.verdicts) {
    if (verdict.verdict == "unsupported")
      record.unsupported.push_back(verdict.node + " (" + verdict.op + ")");
  }
  if (request.input.empty() && !request.labels.empty()) {
    throw InputError(request.place_of("labels"), "labels need the inputs that they belong to: give --input");
  }
  add_labels(request, lowered.count_all, record);
  add_targets(request, std::move(lowered.text), record);
  return record;
}

}  // namespace

void check_request(const RunRequest& request) {
  Lowered lowered;
  static_cast<void>(prepare(request, lowered));
}

RunRecord run_request(const RunRequest& request) {
  Lowered lowered;
  RunRecord record = prepare(request, lowered);
  std::optional<ReferenceCheck> check;
  record.reference.mode = reference_of(request, lowered.network, record.reference.reason);
  if (record.reference.mode != Reference::off && recurrent_without_meaning(lowered, record.reference))
    record.reference.mode = Reference::off;
  if (record.reference.mode != Reference::off) {
    check.emplace(*lowered.model, lowered.network, model_inputs(request, lowered, record),
                  record.reference.mode, request.progress);
    record.options.observe = [&](std::uint64_t item, const auto* golden, const auto& codes) {
      std::vector<std::vector<float>> outputs;
      for (std::size_t i = 0; i < codes.size(); ++i) {
        const Binding& output = record.trace.outputs[i];
        outputs.push_back(in_model_order(output, real_values(output, codes[i])));
      }
      check->take(item, golden, outputs);
    };
  }
  if (request.before_simulation) request.before_simulation();
  record.simulation =
      simulate_recording(record.trace, record.spec, &lowered.network, record.options, request.dram_trace);
  if (check) record.reference = check->finish();
  record.options.observe = {};
  return record;
}

namespace {

/// Replaces the meaning of bytes in a trace's reading by the meaning in the request of a replay, where the
/// user defines it.
void replace_bytes(const RunRequest& request, InputReading& reading) {
  if (!reading.quantizes() && reading.rule != ReadingRule::real)
    return;  // check_bytes compares it with the trace's
  const ByteMeaning asked = byte_meaning(request);
  if (!request.input_scale.empty()) {
    reading.byte.num = asked.num;
    reading.byte.den = asked.den;
  }
  if (!request.input_mean.empty()) reading.byte.means = asked.means;
  if (!request.input_std.empty()) reading.byte.deviations = asked.deviations;
}

}  // namespace

RunRecord replay_trace(const std::string& path, const RunRequest& request) {
  RunRecord record;
  record.request = request;
  record.trace = read_trace_file(path);
  check_reading(record.trace, path);
  const MachineSpec lowered_for = record.trace.machine_spec(path);
  record.spec = lowered_for;
  if (!request.arch.empty()) {
    record.spec = machine_of(request);
    const std::string difference = shape_difference(lowered_for, record.spec);
    if (!difference.empty()) {
      fail(path, fmt::format("is a trace of another machine, '{}': {}", lowered_for.name, difference));
    }
  } else if (!request.settings.empty()) {
    throw InputError(request.settings[0].origin(),
                     "a trace has a machine of its own; give --arch to replay it on another");
  }
  check_replay_settings(request);
  check_effects(request, record.spec);
  record.reference.reason = "a trace has no graph";
  record.prices = read_prices(request.tech, record.spec, request.place_of("tech"));
  record.options = options_of(request);
  check_ranges(record.trace, record.spec, path);
  std::uint64_t count_all = record.trace.items.count;
  if (request.input.empty()) {
    refuse_lone_part(request);
    refuse_lone_bytes(request);
  }
  if (!request.input.empty()) {
    replace_bytes(request, record.trace.reading);
    Inputs inputs = read_inputs(request, record.trace, record.spec);
    count_all = inputs.count_all;
    const bool same = inputs.items.bytes == record.trace.items.bytes;
    record.trace.items = std::move(inputs.items);
    if (!same) record.trace.golden_crc.reset();
    add_targets(request, std::move(inputs.text), record);
  } else if (request.limit && static_cast<std::uint64_t>(*request.limit) < record.trace.items.count) {
    TraceItems& items = record.trace.items;
    items.bytes.resize(items.bytes.size() / items.count * static_cast<std::size_t>(*request.limit));
    items.count = static_cast<std::uint64_t>(*request.limit);
    record.clamped_known = items.clamped == 0;  // the trace has the sum of all its items
    record.trace.golden_crc.reset();
  }
  add_labels(request, count_all, record);
  if (request.before_simulation) request.before_simulation();
  record.simulation =
      simulate_recording(record.trace, record.spec, nullptr, record.options, request.dram_trace);
  return record;
}

int verdict_of(const RunRecord& record, std::string& message) {
  const Simulation& s = record.simulation;
  const auto add = [&](const std::string& reason) { message += (message.empty() ? "" : "; ") + reason; };
  if (s.first.status == RunStatus::deadlock) add(fmt::format("deadlock after {} cycles", s.first.cycles));
  if (s.first.status == RunStatus::cycle_limit)
    add(fmt::format("the cycle limit of {} was reached", s.first.cycles));
  // Overflowing sums come first, because they explain wrong values.
  const std::uint64_t overflows = s.events_total[Counter::array_overflows];
  if (overflows > 0) {
    add(fmt::format("{} sums overflowed accumulators of {} bits", overflows,
                    record.spec.array.accumulator_bits));
  }
  if (s.dram_violations > 0) {
    add(fmt::format("{} commands of the DRAM break its rules: {}", s.dram_violations, s.first_violation));
  }
  if (!record.reference.fault.empty()) add(record.reference.fault);
  if (s.mismatches > 0) add(fmt::format("{} values differ; the first: {}", s.mismatches, s.first_mismatch));
  return message.empty() ? 0 : 1;
}

}  // namespace tricycle
