// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "arch/params/document_kind.hpp"
#include "arch/params/dram.hpp"
#include "sim/cli/explain.hpp"
#include "sim/experiment/calibration.hpp"
#include "sim/experiment/infer.hpp"
#include "sim/experiment/run.hpp"
#include "sim/report/folder.hpp"
#include "sim/report/memory.hpp"
#include "sim/report/report.hpp"
#include "sim/results/ledger_table.hpp"
#include "sim/sweep/files_read.hpp"
#include "sim/sweep/sweep.hpp"
#include "sim/validate/validate.hpp"
#include "support/data_file.hpp"
#include "support/ending.hpp"
#include "support/files.hpp"
#include "support/output.hpp"
#include "traces/tools/check.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/compile/passes.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/import/network/recurrent_network.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"
#include "workloads/quantize/recurrent/tables.hpp"

namespace tricycle {
namespace {

namespace fs = std::filesystem;

/// The words of a run from the command line, including every `--set`.
Document words_of(const CommandOptions& o) {
  Document words = o.words;
  for (const std::string& text : o.settings) {
    const Setting setting = parse_setting(text);
    if (!is_setting_key(setting.key)) fail(setting.origin(), "a key " + setting_key_rule());
    if (const Document* before = words.find(setting.key))
      fail(setting.origin(), fmt::format("'{}' is given already, by {}", setting.key, before->place.text()));
    set_word(words, setting.key, setting.value, setting.origin());
  }
  return words;
}

/// The request for a run of the command's target, which is not an experiment.
RunRequest plain_request(const CommandOptions& o) {
  Document words = words_of(o);
  set_word(words, "workload", o.target, Place::of_file("workload"));
  return read_request(words, "a run");
}

std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string stem_of(const std::string& path) {
  const std::string base = base_name(unpacked_name(path));
  return base.substr(0, base.rfind('.'));
}

/// The file of an experiment with this bare name, or the target itself.
std::string experiment_file(const std::string& target) {
  if (is_yaml_name(target)) return find_preset("workloads/zoo", target, Place::of_file("workload"));
  const auto is_one_of = [&](const char* kind) {
    const std::vector<std::string> names = preset_names(kind);
    return std::find(names.begin(), names.end(), target) != names.end();
  };
  const bool experiment = !is_one_of("workloads/zoo") && is_one_of("configs/experiments");
  return experiment ? find_preset("configs/experiments", target, Place::of_file("experiment")) : target;
}

/// Error: a file that is neither an experiment nor a network. The message says what it is, or which key may
/// be misspelt.
[[noreturn]] void fail_workload(const Document& document, DocumentKind kind) {
  if (kind != DocumentKind::unknown) {
    throw InputError(
        document.place,
        fmt::format("is {}; expected an experiment (with a 'workload') or a network "
                    "(with 'layers'){}",
                    kind_name(kind), kind == DocumentKind::sweep ? ", or 'tricycle sweep'" : ""));
  }
  const std::vector<std::string> keys = {"workload", "layers", "format"};
  std::string hint;
  for (const Document::Entry& entry : document.entries) {
    const std::string near = nearest_word(entry.first, keys);
    if (hint.empty() && !near.empty())
      hint = fmt::format("; is '{}' a misspelling of '{}'?", entry.first, near);
  }
  throw InputError(document.place,
                   "is no experiment (with a 'workload') and no network (with 'layers')" + hint);
}

/// What is printed besides the report: progress, and the machine's tree.
void set_shown(RunRequest& request, const CommandOptions& o) {
  request.progress = o.quiet ? Show::never : Show::always;
  if (o.tree) request.show_tree = [](const std::string& tree) { say_text(tree + '\n'); };
}

RunRequest request_of(const CommandOptions& o) {
  RunRequest request;
  const std::string file = experiment_file(o.target);
  const Document document = is_yaml_name(file) ? read_document(file) : Document{};
  const DocumentKind kind = is_yaml_name(file) ? kind_of(document) : DocumentKind::network;
  if (kind == DocumentKind::experiment) {
    Document words = flat_words(document);
    lay_over(words, words_of(o));
    request = read_request(words, "an experiment");
    if (!has_ending(request.workload, ".onnx"))  // a name that is no preset's has a place here
      static_cast<void>(find_preset("workloads/zoo", request.workload, request.place_of("workload")));
  } else if (kind == DocumentKind::network) {
    request = plain_request(o);
  } else {
    fail_workload(document, kind);
  }
  if (request.name.empty()) request.name = stem_of(o.target);
  if (request.name == "model") request.name = base_name(fs::absolute(o.target).parent_path().string());
  set_shown(request, o);
  return request;
}

/// Finds and reserves the result folder before a run starts, and refuses output that would replace input.
std::unique_ptr<WholeFolder> open_output(RunRequest& request, const CommandOptions& o) {
  std::unique_ptr<WholeFolder> folder =
      o.output ? open_result_folder(*o.output) : open_numbered_folder("runs/" + request.name, o.command);
  const std::string& dram_trace = request.dram_trace.path;
  if (!dram_trace.empty()) check_beside(dram_trace, folder->name(), request.place_of("dram_trace").text());
  if (o.note_reads) check_beside(*o.note_reads, folder->name(), "--note-reads");
  request.before_simulation = [name = folder->name(), trace = dram_trace, notes = o.note_reads.value_or("")] {
    refuse_input(name);
    for (const std::string& file : {trace, notes})
      if (!file.empty()) refuse_input(file);
  };
  say_at_end([name = folder->name()] {
    std::error_code error;
    return fs::exists(fs::path(name) / "result.json", error) ? name + " is as it was"
                                                             : std::string("nothing was written");
  });
  return folder;
}

/// Writes the folder, prints the report and the folder's path, and says what was wrong.
int conclude(RunRecord record, const CommandOptions& o, WholeFolder& folder) {
  const Report report = report_of(std::move(record));
  write_result_folder(report, o.command, !o.no_html, folder);
  say_at_end([name = folder.name()] { return "the result is in " + name; });
  if (!o.quiet) {
    say("{}\n", console_report(report));
    if (!o.no_html) say("report: {}\n", (fs::path(folder.name()) / "report.html").string());
    say("result: {}\n", folder.name());
  }
  std::string message;
  const int code = verdict_of(report.record, message);
  if (code != 0) complain(fmt::format("error: {}\n", message));
  return code;
}

/// The first comment line of a description says what it is.
std::string summary_of(const std::string& path) {
  if (path.ends_with(".onnx")) return "An ONNX model: the README of workloads/zoo says of what.";
  const Document document = read_document(path);
  const std::string text = read_text(document.place.file, 1U << 20U);
  return text.starts_with("# ") ? text.substr(2, text.find('\n') - 2) : "";
}

struct PresetKind {
  const char *title, *folder;
};
constexpr PresetKind preset_kinds[] = {{"machines (--arch)", "configs/arch"},
                                       {"technologies (--tech)", "configs/tech"},
                                       {"DRAMs (--dram)", "configs/dram"},
                                       {"networks", "workloads/zoo"},
                                       {"experiments (configs/experiments)", "configs/experiments"},
                                       {"sweeps", "configs/sweeps"}};

/// Prints the errors of the hardware's activation functions.
void print_tables(const RecurrentSpec& spec) {
  if (spec.is_float()) return;
  say("\n  {:<24} {:>7} {:>8} {:>14} {:>12} {:>12}  {}\n", "activation table", "lambda", "segments",
      "segment width", "worst error", "rms error", "between points");
  for (const auto& [name, request] : tables_of(spec)) {
    const LookupStage table = activation_table(request);
    const TableError error = table_error(table, request);
    say("  {:<24} {:>7} {:>8} {:>14} {:>12.3g} {:>12.3g}  {}\n", name, request.sloping_factor,
        request.segments, fmt::format("2^{}", table.segment_shift - request.fraction), error.most, error.rms,
        request.interpolate ? "linear" : "nearest");
  }
}

/// Prints every operator that remains after constant folding, and its output shape.
void print_nodes(Graph graph) {
  for (const Verdict& folded : fold_constants(graph)) {
    say("  {:<24} {:<20} folded: {}\n", printable(folded.node), folded.op, folded.reason);
  }
  const auto shapes = infer_shapes(graph);
  for (const Node& node : graph.nodes) {
    std::string results;
    for (const std::string& output : node.outputs) {
      if (!output.empty()) results += (results.empty() ? "" : ", ") + shape_text(shapes.at(output));
    }
    say("  {:<24} {:<20} {}\n", printable(node.name), name_of(node.op), results);
  }
}

}  // namespace

int run_command(const CommandOptions& o) {
  if (o.note_reads) note_reads();
  RunRequest request = request_of(o);
  const auto folder = open_output(request, o);
  if (o.note_reads && *o.note_reads == request.dram_trace.path)
    throw InputError(Place::of_file("--note-reads " + *o.note_reads),
                     "is where --dram-trace goes; give another path");
  std::optional<WholeFile> notes;
  if (o.note_reads) notes.emplace(*o.note_reads);
  RunRecord record = run_request(request);
  if (notes) {
    notes->write(files_read());
    notes->finish();
  }
  return conclude(std::move(record), o, *folder);
}

int lower_command(const CommandOptions& o) {
  if (!o.output && !o.dump_after) fail("--output", "is required, or --dump-after");
  if (o.dump_after) check_pass_name(*o.dump_after, Place::of_file("--dump-after"));
  const RunRequest request = request_of(o);
  if (o.dump_after && request.limit)
    fail(request.place_of("limit"), "has no effect on what --dump-after prints");
  const MachineSpec spec = machine_of(request);
  if (o.dump_after) {
    say_text(dump_request(request, spec, *o.dump_after));
    return 0;
  }
  WholeFile file(*o.output);
  Lowered lowered = lower_request(request, spec);
  refuse_input(*o.output);
  lowered.trace.golden_crc = golden_crc(lowered.trace, spec, lowered.network);
  if (o.text) {
    file.write(write_trace_text(lowered.trace));
  } else {
    file.write(text_of(write_trace(lowered.trace)));
  }
  file.finish();
  const auto number = [](std::uint64_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
  };
  say("{}: {}, {}, {}\n", *o.output, number(lowered.trace.code.size(), "instruction"),
      number(lowered.trace.layers.size(), "layer"), number(lowered.trace.items.count, "item"));
  say_text(residency_summary(lowered.trace));
  return 0;
}

int replay_command(const CommandOptions& o) {
  RunRequest request = plain_request(o);
  if (request.name.empty()) request.name = stem_of(o.target);
  set_shown(request, o);
  const auto folder = open_output(request, o);
  return conclude(replay_trace(o.target, request), o, *folder);
}

int report_command(const CommandOptions& o) {
  if (o.ledger || o.sensitivity) {
    const ResultFile run = read_result(o.target);
    if (o.ledger) say_text(text_of(ledger_table(run)) + "\n");
    if (o.sensitivity) say_text(text_of(sensitivity_table(run)) + "\n");
  }
  say("report: {}\n", write_report(o.target));
  return 0;
}

int trace_show_command(const CommandOptions& o) {
  say_text(write_trace_text(read_trace_file(o.target)));
  return 0;
}

int trace_check_command(const CommandOptions& o) {
  const Trace trace = read_trace_file(o.target);
  const MachineSpec spec = trace.machine_spec(o.target);
  check_ranges(trace, spec, o.target);
  check_order(trace, spec, o.target);
  say("{}: ok, {} instructions for '{}'\n", o.target, trace.code.size(), spec.name);
  return 0;
}

int trace_asm_command(const CommandOptions& o) {
  const std::string text = read_text(o.target, std::uint64_t{1} << 27U);
  refuse_input(*o.output);
  write_whole(*o.output, text_of(write_trace(read_trace_text(text, o.target))));
  return 0;
}

int inspect_command(const CommandOptions& o) {
  for (const std::string& text : o.settings) {
    const Setting setting = parse_setting(text);
    if (setting.key.starts_with("workload.") || setting.key.starts_with("recurrent.")) continue;
    fail(setting.origin(), "a key of a model starts with 'workload.' or 'recurrent.'");
  }
  const RunRequest request = plain_request(o);
  const auto refuse = [&](const char* key) {
    fail(request.place_of(key), "changes nothing that 'inspect' prints of this model");
  };
  if (!request.vocabulary.empty()) refuse("vocabulary");
  const Workload workload = load_workload(o.target, request.settings, -1);
  const Graph& graph = workload.graph;
  if (is_recurrent(graph) && !request.calibrate.empty()) refuse("calibrate");
  say("{}: {} nodes, opset {}, from {}\n", printable(graph.name), graph.nodes.size(), graph.opset,
      graph.producer);
  say("weights: {}\n\n", graph.weights_source);
  CompileOptions options;
  options.byte = byte_meaning(request);
  options.allow_unsupported = request.allow_unsupported;
  options.calibrated = !request.calibrate.empty();
  options.recurrent = workload.recurrent;
  QuantizedNetwork network;
  try {
    network = compile_network(
        options.calibrated
            ? calibrate_with(request.calibrate, graph, options.byte, quantize_options(options)).graph
            : graph,
        options);
  } catch (const InputError&) {
    print_nodes(graph);  // the nodes to which the error refers
    throw;
  }
  std::size_t width = 24;
  for (const Verdict& verdict : network.verdicts) width = std::max(width, verdict.node.size());
  for (const QuantizedLayer& layer : network.layers) width = std::max(width, layer.name.size());
  say("  {:<{}} {:<20} {:<8} {}\n", "node", width, "operator", "verdict", "reason");
  for (const Verdict& verdict : network.verdicts) {
    say("  {:<{}} {:<20} {:<8} {}\n", printable(verdict.node), width, verdict.op, verdict.verdict,
        verdict.reason);
  }
  say("\n  {:<{}} {:<9} {:>12} {:<9} {:>12} {:>9} {}\n", "layer", width, "input", "shape", "weights", "MACs",
      "nonzero", "output, operators");
  for (const QuantizedLayer& layer : network.layers) {
    const QuantizedTensor& in = network.tensor(layer.inputs[0]);
    const QuantizedTensor& out = network.tensor(layer.output);
    const auto shape = [](const QuantizedTensor& t) {
      const std::string images = t.images > 1 ? fmt::format("{}x", t.images) : "";
      return fmt::format("{}{}x{}x{}", images, t.height, t.width, t.channels);
    };
    const auto zeros = std::count(layer.weights.begin(), layer.weights.end(), 0);
    const double nonzero =
        layer.weights.empty()
            ? 0
            : 100.0 * (1.0 - static_cast<double>(zeros) / static_cast<double>(layer.weights.size()));
    say("  {:<{}} {:<9} {:>12} {:<9} {:>12} {:>9} {} {}  {}\n", printable(layer.name), width,
        codes_name(in.codes), shape(in), layer.has_weights() ? codes_name(layer.weight_codes) : "-",
        network.macs(layer),
        layer.has_weights() ? fmt::format("{:.1f}%", layer.pairs ? 2 * nonzero : nonzero) : "-", shape(out),
        codes_name(out.codes), layer.op);
  }
  if (is_recurrent(graph)) print_tables(workload.recurrent);
  return 0;
}

int memory_command(const CommandOptions& o) {
  const RunRequest request = request_of(o);
  const MachineSpec spec = machine_of(request);
  const Graph graph = load_model(request).graph;
  if (!is_recurrent(graph)) {
    Place place;
    place.file = o.target;
    throw InputError(place, "has no recurrent layer; the memory of other networks is in the report of a run");
  }
  const Lowered lowered = lower_request(request, spec);
  say_text(memory_table(recurrent_model(graph), lowered.network, lowered.trace));
  return 0;
}

int infer_command(const CommandOptions& o) {
  RunRequest request = request_of(o);
  if (!o.inputs.empty()) request.input = o.inputs[0];
  WholeFile file(*o.output);
  request.before_simulation = [output = *o.output] { refuse_input(output); };
  const Inferred inferred = infer(request, o.inputs, o.value.value_or(""));
  file.write(write_npy(inferred.result));
  file.finish();
  say("{}: '{}', {} {}, {} item{}\n", *o.output, inferred.value, inferred.result.type_name(),
      shape_text(inferred.result.shape), inferred.items, inferred.items == 1 ? "" : "s");
  return 0;
}

int sweep_command(const CommandOptions& o) {
  const Document document = read_document(find_preset("configs/sweeps", o.target, Place::of_file("sweep")));
  expect_kind(document, DocumentKind::sweep);
  const SweepSpec spec = read_sweep(document);
  const int code = run_sweep(spec, *o.output, o.jobs, fs::read_symlink("/proc/self/exe").string());
  say("result: {}\n", (fs::path(*o.output) / "sweep.csv").string());
  if (code != 0) complain("error: some points failed; their rows in sweep.csv say why\n");
  return code;
}

int validate_command(const CommandOptions& o) {
  std::optional<WholeFile> file;
  if (o.output) file.emplace(*o.output);
  const Validation validation = validate(o.target, o.reference, Show::when_slow);
  if (file) {
    refuse_input(*o.output);
    file->write(validation.csv());
    file->finish();
  }
  say_text(validation.table());
  if (file) say("result: {}\n", *o.output);
  if (validation.outside() == 0) return 0;
  complain(fmt::format("error: rows that differ by more than the tolerance: {}\n", validation.outside()));
  return 1;
}

int check_command(const CommandOptions& o) {
  const Document document = read_document(o.target);
  const DocumentKind kind = kind_of(document);
  std::string what = kind_name(kind);
  switch (kind) {
    case DocumentKind::experiment: check_request(read_experiment(document)); break;
    case DocumentKind::network:
      static_cast<void>(compile_network(is_recurrent_network(document)
                                            ? import_recurrent_network(document, -1, TableRows::one)
                                            : import_network(document, -1),
                                        {.recurrent = recurrent_choices(document)}));
      break;
    case DocumentKind::machine: static_cast<void>(read_machine(document)); break;
    case DocumentKind::tech: {
      MachineSpec machine = read_machine(std::string("edge"));
      machine.clock_MHz = 1;  // its prices are what is checked, not whether edge keeps up with its clock
      static_cast<void>(read_prices(o.target, machine));
      break;
    }
    case DocumentKind::sweep: {
      const SweepSpec sweep = read_sweep(document);
      check_points(sweep, o.target);
      what += fmt::format(" of {} points", sweep_points(sweep).size());
      break;
    }
    case DocumentKind::dram: static_cast<void>(read_dram(document)); break;
    case DocumentKind::unknown:
      throw InputError(document.place,
                       "is no machine (array), technology (events), network (layers), experiment (workload), "
                       "sweep (axes) or DRAM (geometry)");
  }
  say("{}: ok, {}\n", o.target, what);
  return 0;
}

int explain_command(const CommandOptions& o) {
  if (o.page) {
    say_text(keys_page());
  } else if (!o.target.empty()) {
    say_text(explain(o.target));
  } else {
    for (const KeyTable& table : key_tables()) {
      say("{}\n", table.title);
      for (const FieldEntry& entry : table.entries) say("  {}\n", entry.key);
    }
  }
  return 0;
}

int list_command(const CommandOptions&) {
  std::size_t width = 0;
  for (const PresetKind& kind : preset_kinds) {
    for (const std::string& name : preset_names(kind.folder)) width = std::max(width, name.size());
  }
  for (const PresetKind& kind : preset_kinds) {
    say("{}\n", kind.title);
    for (const std::string& name : preset_names(kind.folder)) {
      say("  {:<{}} {}\n", name, width, summary_of(find_preset(kind.folder, name, Place::of_file("list"))));
    }
  }
  say("passes (lower --dump-after)\n");
  for (const Pass& pass : passes()) say("  {:<{}} {}\n", pass.name, width, pass.reason);
  return 0;
}

}  // namespace tricycle
