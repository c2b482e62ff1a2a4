// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/cli.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <new>
#include <sstream>
#include <thread>

#include "sim/cli/commands.hpp"
#include "sim/cli/options.hpp"
#include "sim/exchange/trace_file.hpp"
#include "support/diagnostics.hpp"
#include "support/ending.hpp"
#include "support/report.hpp"
#include "support/room.hpp"

namespace tricycle {
namespace {

void add_settings(CLI::App& app, CommandOptions& o) {
  app.add_option("--set", o.settings, "set a parameter, such as arch.array.rows=16 (may be repeated)")
      ->type_name("KEY=VALUE")
      ->take_all();
}
void add_output(CLI::App& app, CommandOptions& o) {
  app.add_option("-o,--output", o.output,
                 "result folder (default: runs/NAME); an earlier result there is replaced")
      ->type_name("DIR");
  app.add_flag("--no-html", o.no_html, "write no report.html; 'tricycle report DIR' can do so later");
  app.add_flag("-q,--quiet", o.quiet, "print nothing but errors");
}

void add_tree(CLI::App& app, CommandOptions& o) {
  app.add_flag("--tree", o.tree, "print the machine's modules, channels and ports before it runs")
      ->excludes(app.get_option("--quiet"));
}

/// The known word nearest to an unknown option or command.
std::string hint_for(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  if (word.starts_with("-")) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      for (const std::string& name : option->get_snames()) known.push_back("-" + name);
    }
  } else {
    for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  }
  return did_you_mean(word.substr(0, word.find('=')), known);
}

const CLI::App& innermost(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.front());
}

/// Reports an error of standard output. A closed pipe gives no message and 128 + SIGPIPE, as in a shell.
int report_output_error(const std::system_error& error) {
  constexpr int pipe_closed = 128 + 13;
  if (error.code().value() == EPIPE) return pipe_closed;
  complain(fmt::format("error: standard output cannot be written: {}\n", error.code().message()));
  return 2;
}

int guarded(const std::function<int()>& work) {
  try {
    const int code = work();
    flush_output();
    return code;
  } catch (const InputError& error) {
    complain(fmt::format("{}\n", error.what()));
    return 2;
  } catch (const RunError& error) {
    complain(fmt::format("error: the run failed: {}\n", error.what()));
    return 1;
  } catch (const std::filesystem::filesystem_error& error) {
    complain(fmt::format("error: {}\n", error.what()));
    return 2;
  } catch (const std::system_error& error) {
    return report_output_error(error);
  } catch (const OutOfMemory& error) {
    complain(
        fmt::format("error: {}: the workload or the machine is too large for this computer\n", error.what()));
    return 2;
  } catch (const std::bad_alloc&) {
    complain("error: out of memory: the workload or the machine is too large for this computer\n");
    return 2;
  } catch (const std::exception& error) {
    complain(fmt::format("error: internal error, please report it: {}\n", error.what()));
    return 3;
  }
}

/// Reports CLI11's errors in this program's form: exit code 2 and the nearest word.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream help;
    app.exit(error, help, help);
    return guarded([&] {
      say_text(help.str());
      return 0;
    });
  }
  const CLI::App& command = innermost(app);
  const std::vector<std::string> extras = app.remaining(true);
  std::string message = error.what();
  if (!extras.empty()) {
    const std::string& word = extras.front();
    const bool option = word.starts_with("-");
    const bool sub = !option && !command.get_subcommands([](const CLI::App*) { return true; }).empty();
    message = fmt::format("unknown {} '{}'{}",
                          option ? "option"
                          : sub  ? "command"
                                 : "argument",
                          word, hint_for(command, word));
  }
  complain(fmt::format("error: {}\n(see 'tricycle{} --help')\n", message,
                       &command == &app ? "" : " " + command.get_name()));
  return 2;
}

/// Errors: an option with an empty value, which a shell makes from an unset variable.
void refuse_empty(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& word : option->results()) {
      if (!word.empty() || option->get_items_expected() == 0) continue;
      throw InputError(Place::of_file(option->get_name()),
                       fmt::format("expects {}, not nothing",
                                   option->get_type_name() == "TEXT" ? "a value" : option->get_type_name()));
    }
  }
}

/// Errors: `--name=` without a value. The parser would take the next word as its value.
void refuse_empty_values(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1)
      fail(word.substr(0, word.size() - 1), "expects a value, not nothing");
  }
}

/// The words of the command line as a shell would take them, without the options for where output goes and
/// how much is printed.
std::string command_of(int argc, char** argv) {
  std::string text = "tricycle";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto is = [&](const char* name) {
      return word == name || word.starts_with(std::string(name) + "=");
    };
    if (word == "-q" || is("--quiet") || is("--tree") || is("--no-html")) continue;
    if (is("-o") || is("--output") || is("--note-reads")) {
      if (word.find('=') == std::string::npos) ++i;
      continue;
    }
    const bool plain =
        word.find_first_of(" \t\n\"'\\$&|;<>()*?[]#~`!{}") == std::string::npos && !word.empty();
    text += " ";
    if (plain) {
      text += word;
      continue;
    }
    text += "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += "'";
  }
  return text;
}

/// The commands, what they are told, and the work of the one that was asked for.
struct Commands {
  CLI::App app{"Tricycle: a cycle-level simulator of low-bit neural-network accelerators.", "tricycle"};
  CommandOptions options;
  std::function<int()> work;

  CLI::App& add(CLI::App& parent, const char* name, const char* meaning,
                int (*function)(const CommandOptions&)) {
    CLI::App* command = parent.add_subcommand(name, meaning);
    command->callback([this, function] { work = [this, function] { return function(options); }; });
    return *command;
  }
};

void add_run(Commands& c) {
  CLI::App& run = c.add(c.app, "run", "simulate a workload and write its result folder", run_command);
  run.add_option("WORKLOAD", c.options.target,
                 "an experiment (.yaml), a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  add_options(run,
              {describe_machine, describe_technology, describe_input, describe_bytes, describe_limit,
               describe_labels, describe_model, describe_datapath, describe_seed, describe_reference,
               describe_simulation, describe_records},
              c.options.words);
  add_settings(run, c.options);
  add_output(run, c.options);
  add_tree(run, c.options);
  run.add_option("--note-reads", c.options.note_reads,
                 "write which files the run read, with the SHA-256 of each, as JSON")
      ->type_name("FILE");
}

void add_lower(Commands& c) {
  CLI::App& lower = c.add(c.app, "lower", "lower a workload to an instruction trace", lower_command);
  lower
      .add_option("WORKLOAD", c.options.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  CLI::Option* trace_file =
      lower.add_option("-o,--output", c.options.output, "the trace to write")->type_name("FILE");
  lower.add_flag("--text", c.options.text, "write the text form")->needs(trace_file);
  lower
      .add_option("--dump-after", c.options.dump_after,
                  "print what stands behind a pass in place of a trace ('tricycle list' names the passes)")
      ->type_name("PASS")
      ->excludes(trace_file);
  add_options(lower,
              {describe_machine, describe_input, describe_bytes, describe_limit, describe_model,
               describe_datapath, describe_seed},
              c.options.words);
  add_settings(lower, c.options);
}

void add_replay(Commands& c) {
  CLI::App& replay = c.add(c.app, "replay", "simulate a trace", replay_command);
  replay.add_option("TRACE", c.options.target, "a trace, in either form")->required();
  add_options(replay,
              {describe_machine, describe_technology, describe_input, describe_bytes, describe_limit,
               describe_labels, describe_seed, describe_simulation, describe_records},
              c.options.words);
  add_settings(replay, c.options);
  add_output(replay, c.options);
  add_tree(replay, c.options);
  replay.get_option("--arch")->description(
      "machine: a preset's name or a .yaml file (default: the trace's own)");
  replay.get_option("--input")->description(
      "inputs: .npy, .pb, idx or text (.txt), also .gz (default: the trace's own)");
}

void add_report(Commands& c) {
  CLI::App& report = c.add(c.app, "report", "write the report.html of a result folder anew", report_command);
  report.add_option("DIR", c.options.target, "a result folder")->required();
  report.add_flag("--ledger", c.options.ledger, "also print count, price, energy and sources of every event");
  report.add_flag(
      "--sensitivity", c.options.sensitivity,
      "also print what the interval of each source of prices moves the energy to, the most first");
}

void add_trace(Commands& c) {
  CLI::App& trace = *c.app.add_subcommand("trace", "show, check or assemble a trace");
  trace.require_subcommand(1);
  CLI::App& show = c.add(trace, "show", "print a trace as text", trace_show_command);
  show.add_option("TRACE", c.options.target, "a trace")->required();
  CLI::App& check_trace =
      c.add(trace, "check", "prove that a trace can run: ranges, semaphores, order", trace_check_command);
  check_trace.add_option("TRACE", c.options.target, "a trace")->required();
  CLI::App& assemble =
      c.add(trace, "asm", "turn a trace in text form into its binary form", trace_asm_command);
  assemble.add_option("TEXT", c.options.target, "a trace in text form")->required();
  assemble.add_option("-o,--output", c.options.output, "the trace to write")->type_name("FILE")->required();
}

void add_inspect(Commands& c) {
  CLI::App& inspect = c.add(c.app, "inspect", "print a model's layers, weights and the verdict on every node",
                            inspect_command);
  inspect
      .add_option("WORKLOAD", c.options.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  add_settings(inspect, c.options);
  add_options(inspect, {describe_model, describe_bytes}, c.options.words);
}

void add_infer(Commands& c) {
  CLI::App& infer = c.add(c.app, "infer", "run a model in the float interpreter alone: ONNX's meaning of it",
                          infer_command);
  infer
      .add_option("WORKLOAD", c.options.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  infer
      .add_option(
          "--input", c.options.inputs,
          "inputs: .npy, .pb or idx, one item or a batch, also .gz; once for each input of the model, in its "
          "order")
      ->type_name("FILE")
      ->required()
      ->take_all();
  infer.add_option("-o,--output", c.options.output, "the outputs to write, .npy")
      ->type_name("OUT.npy")
      ->required();
  infer.add_option("--value", c.options.value, "any value of the model's graph in place of its first output")
      ->type_name("NAME");
  add_options(infer, {describe_limit, describe_bytes}, c.options.words);
  add_settings(infer, c.options);
}

void add_memory(Commands& c) {
  CLI::App& memory = c.add(c.app, "memory",
                           "print what a recurrent network needs in memory, as HitNet Figure 1 counts it and "
                           "as it is packed",
                           memory_command);
  memory
      .add_option("WORKLOAD", c.options.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  add_options(memory, {describe_machine, describe_model}, c.options.words);
  add_settings(memory, c.options);
}

void add_compare(Commands& c) {
  CLI::App& compare =
      c.add(c.app, "compare", "print results beside each other and, of two, what makes their difference",
            compare_command);
  compare.add_option("DIR", c.options.inputs, "result folders, the first being the one to compare with")
      ->required()
      ->expected(2, 1000);
  compare
      .add_option("-o,--output", c.options.output, "also write the tables as CSV and LaTeX, and bars as SVG")
      ->type_name("DIR");
}

void add_export(Commands& c) {
  CLI::App& command =
      c.add(c.app, "export", "write a result as Accelergy's tables of energies, areas and action counts",
            export_command);
  command.add_option("DIR", c.options.target, "a result folder")->required();
  command.add_option("-o,--output", c.options.output, "the folder to write")->type_name("DIR")->required();
}

void add_sweep(Commands& c) {
  CLI::App& sweep = c.add(c.app, "sweep", "run a grid of machines or workloads", sweep_command);
  sweep.add_option("SWEEP", c.options.target, "a sweep (.yaml), or the name of one of configs/sweeps")
      ->required();
  sweep
      .add_option("-o,--output", c.options.output,
                  "folder of the points and sweep.csv; a sweep that was stopped goes on there")
      ->type_name("DIR")
      ->required();
  c.options.jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  sweep.add_option("-j,--jobs", c.options.jobs, "processes at a time (default: one for each core)")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
}

void add_validate(Commands& c) {
  CLI::App& validate = c.add(
      c.app, "validate", "compare the simulator with a published or measured accelerator", validate_command);
  validate.add_option("REFERENCE", c.options.target, "bitfusion, finn or cutie")->required();
  validate
      .add_option("FILE", c.options.reference,
                  "reference figures (.csv, docs/validation.md; default: those of configs/references)")
      ->type_name("FILE");
  validate.add_option("-o,--output", c.options.output, "also write the table as CSV")->type_name("FILE.csv");
}

void add_dram(Commands& c) {
  CLI::App& dram = c.add(c.app, "dram", "run a trace of memory requests on a DRAM alone", dram_command);
  dram.add_option("TRACE", c.options.target,
                  "requests in the format of DRAMsim3, Ramulator 2 or DRAMSys (docs/dram_exchange.md)")
      ->required();
  dram.add_option("--dram", c.options.dram, "DRAM: a preset's name or a .yaml file")
      ->type_name("DRAM")
      ->required();
  dram.add_option("--format", c.options.format,
                  "format of the trace: dramsim3, ramulator2 or dramsys (default: by its extension, .stl or "
                  ".rstl, else by its first line)")
      ->type_name("F");
  dram.add_option("--cycles", c.options.cycles,
                  "stop in this DRAM cycle (default: when every request is served)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, last_trace_cycle));
  dram.add_option("--commands", c.options.commands, "write every command issued, as CSV")->type_name("FILE");
  dram.add_option("-o,--output", c.options.output, "write dram.json and dram.yaml into this folder")
      ->type_name("DIR");
  dram.add_flag("--json", c.options.json, "print dram.json instead of the table");
  add_settings(dram, c.options);
  dram.get_option("--set")->description(
      "set a parameter of the DRAM, such as dram.timing.CL=20 (may be repeated)");
}

void add_check(Commands& c) {
  CLI::App& check =
      c.add(c.app, "check", "check a .yaml file without simulating: of a sweep, every point", check_command);
  check.add_option("FILE", c.options.target, "a machine, technology, network, experiment, sweep or DRAM")
      ->required();
}

CLI::App* add_explain(Commands& c) {
  CLI::App& explain =
      c.add(c.app, "explain", "print the type, unit, range, default and meaning of a key", explain_command);
  explain.add_option("KEY", c.options.target,
                     "a key, a section or the last word of one, such as arch.array.rows, "
                     "arch.array or rows; without it all keys are listed");
  explain.add_flag("--page", c.options.page, "print docs/keys.md");
  explain.allow_extras();  // a key may be given as its option
  return &explain;
}

/// A key may be given as its option, which the parser leaves over.
void take_key(const CLI::App& explain, CommandOptions& options) {
  std::vector<std::string> keys = explain.remaining();
  if (!options.target.empty()) keys.insert(keys.begin(), options.target);
  if (keys.size() > 1) fail("explain", "takes one key, not " + std::to_string(keys.size()));
  if (!keys.empty()) options.target = keys.front();
}

}  // namespace

int command_line(int argc, char** argv) {
  google::protobuf::SetLogHandler(nullptr);  // a damaged model is reported once, by us
  Commands c;
  c.app.set_version_flag("--version", std::string("tricycle ") + TRICYCLE_VERSION);
  c.app.require_subcommand(1);
  c.app.set_help_all_flag("--help-all", "show the help of every command");
  c.options.command = command_of(argc, argv);
  add_run(c);
  add_lower(c);
  add_replay(c);
  add_report(c);
  add_trace(c);
  add_inspect(c);
  add_infer(c);
  add_memory(c);
  add_compare(c);
  add_export(c);
  add_sweep(c);
  add_validate(c);
  add_dram(c);
  add_check(c);
  CLI::App* explain = add_explain(c);
  c.add(c.app, "list", "list the presets, the networks of the zoo and the passes", list_command);
  try {
    refuse_empty_values(argc, argv);
    c.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(c.app, error);
  } catch (const InputError& error) {
    complain(fmt::format("{}\n", error.what()));
    return 2;
  }
  return guarded([&] {
    if (explain->parsed()) take_key(*explain, c.options);
    refuse_empty(innermost(c.app));
    const Listener listener(progress_lines(c.options.quiet ? Show::never : Show::when_slow));
    return c.work();  // the progress line is cleared before an error is printed
  });
}

}  // namespace tricycle
