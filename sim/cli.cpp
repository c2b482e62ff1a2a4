// SPDX-License-Identifier: Apache-2.0
#include "sim/cli.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <new>
#include <sstream>
#include <thread>

#include "sim/commands.hpp"
#include "sim/dram/trace_file.hpp"
#include "sim/options.hpp"
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
  app.add_flag("-q,--quiet", o.quiet, "print nothing but errors");
}

/// The known word nearest to an option or command that nobody knows.
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

/// What is wrong with standard output. Who reads no further is not told: 128 + SIGPIPE, as a shell has it.
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
    complain(fmt::format("error: a fault of the program itself, please report it: {}\n", error.what()));
    return 3;
  }
}

/// CLI11's errors as this program's: exit code 2 and the nearest word.
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

/// An option that is there and says nothing, as a shell makes of a variable that is not set.
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

/// `--name=` says nothing; the parser would take the next word for its value.
void refuse_empty_values(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1)
      fail(word.substr(0, word.size() - 1), "expects a value, not nothing");
  }
}

/// The words of the command line as a shell would take them, but for those that say where output goes and how
/// much of it is printed.
std::string command_of(int argc, char** argv) {
  std::string text = "tricycle";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto is = [&](const char* name) {
      return word == name || word.starts_with(std::string(name) + "=");
    };
    if (word == "-q" || is("--quiet")) continue;
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

}  // namespace

int command_line(int argc, char** argv) {
  google::protobuf::SetLogHandler(nullptr);  // a damaged model is reported once, by us
  CLI::App app("Tricycle: a cycle-level simulator of low-bit neural-network accelerators.", "tricycle");
  app.set_version_flag("--version", std::string("tricycle ") + TRICYCLE_VERSION);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "show the help of every command");
  CommandOptions o;
  o.command = command_of(argc, argv);
  std::function<int()> work;
  const auto command = [&](CLI::App& parent, const char* name, const char* meaning,
                           int (*function)(const CommandOptions&)) -> CLI::App& {
    CLI::App* sub = parent.add_subcommand(name, meaning);
    sub->callback([&work, &o, function] { work = [&o, function] { return function(o); }; });
    return *sub;
  };

  CLI::App& run = command(app, "run", "simulate a workload and write its result folder", run_command);
  run.add_option("WORKLOAD", o.target,
                 "an experiment (.yaml), a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  add_options(run,
              {describe_machine, describe_technology, describe_input, describe_bytes, describe_limit,
               describe_labels, describe_model, describe_datapath, describe_seed, describe_reference,
               describe_simulation, describe_records},
              o.words);
  add_settings(run, o);
  add_output(run, o);
  run.add_option("--note-reads", o.note_reads,
                 "write which files the run read, with the SHA-256 of each, as JSON")
      ->type_name("FILE");

  CLI::App& lower = command(app, "lower", "lower a workload to an instruction trace", lower_command);
  lower.add_option("WORKLOAD", o.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  lower.add_option("-o,--output", o.output, "the trace to write")->type_name("FILE")->required();
  lower.add_flag("--text", o.text, "write the text form");
  add_options(lower,
              {describe_machine, describe_input, describe_bytes, describe_limit, describe_model,
               describe_datapath, describe_seed},
              o.words);
  add_settings(lower, o);

  CLI::App& replay = command(app, "replay", "simulate a trace", replay_command);
  replay.add_option("TRACE", o.target, "a trace, in either form")->required();
  add_options(replay,
              {describe_machine, describe_technology, describe_input, describe_bytes, describe_limit,
               describe_labels, describe_seed, describe_simulation, describe_records},
              o.words);
  add_settings(replay, o);
  add_output(replay, o);
  replay.get_option("--arch")->description(
      "machine: a preset's name or a .yaml file (default: the trace's own)");
  replay.get_option("--input")->description(
      "inputs: .npy, .pb, idx or text (.txt), also .gz (default: the trace's own)");

  CLI::App& trace = *app.add_subcommand("trace", "show, check or assemble a trace");
  trace.require_subcommand(1);
  CLI::App& show = command(trace, "show", "print a trace as text", trace_show_command);
  show.add_option("TRACE", o.target, "a trace")->required();
  CLI::App& check_trace =
      command(trace, "check", "prove that a trace can run: ranges, semaphores, order", trace_check_command);
  check_trace.add_option("TRACE", o.target, "a trace")->required();
  CLI::App& assemble =
      command(trace, "asm", "turn a trace in text form into its binary form", trace_asm_command);
  assemble.add_option("TEXT", o.target, "a trace in text form")->required();
  assemble.add_option("-o,--output", o.output, "the trace to write")->type_name("FILE")->required();

  CLI::App& inspect = command(app, "inspect", "print a model's layers, weights and the verdict on every node",
                              inspect_command);
  inspect.add_option("WORKLOAD", o.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  add_settings(inspect, o);
  add_options(inspect, {describe_model, describe_bytes}, o.words);

  CLI::App& infer = command(app, "infer", "run a model in the float interpreter alone: ONNX's meaning of it",
                            infer_command);
  infer.add_option("WORKLOAD", o.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  infer
      .add_option(
          "--input", o.inputs,
          "inputs: .npy, .pb or idx, one item or a batch, also .gz; once for each input of the model, in its "
          "order")
      ->type_name("FILE")
      ->required()
      ->take_all();
  infer.add_option("-o,--output", o.output, "the outputs to write, .npy")->type_name("OUT.npy")->required();
  infer.add_option("--value", o.value, "any value of the model's graph in place of its first output")
      ->type_name("NAME");
  add_options(infer, {describe_limit, describe_bytes}, o.words);
  add_settings(infer, o);

  CLI::App& memory =
      command(app, "memory",
              "print what a recurrent network needs in memory, as HitNet Figure 1 counts it and "
              "as it is packed",
              memory_command);
  memory.add_option("WORKLOAD", o.target, "a model (.onnx), a network (.yaml) or a zoo network's name")
      ->required();
  add_options(memory, {describe_machine, describe_model}, o.words);
  add_settings(memory, o);

  CLI::App& sweep = command(app, "sweep", "run a grid of machines or workloads", sweep_command);
  sweep.add_option("SWEEP", o.target, "a sweep (.yaml), or the name of one of configs/sweeps")->required();
  sweep
      .add_option("-o,--output", o.output,
                  "folder of the points and sweep.csv; a sweep that was stopped goes on there")
      ->type_name("DIR")
      ->required();
  o.jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  sweep.add_option("-j,--jobs", o.jobs, "processes at a time (default: one for each core)")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));

  CLI::App& validate = command(
      app, "validate", "hold the simulator against a published or measured accelerator", validate_command);
  validate.add_option("REFERENCE", o.target, "bitfusion, finn or cutie")->required();
  validate
      .add_option("FILE", o.reference,
                  "reference figures (.csv, docs/validation.md; default: those of configs/references)")
      ->type_name("FILE");
  validate.add_option("-o,--output", o.output, "also write the table as CSV")->type_name("FILE.csv");

  CLI::App& dram = command(app, "dram", "run a trace of memory requests on a DRAM alone", dram_command);
  dram.add_option("TRACE", o.target,
                  "requests in the format of DRAMsim3, Ramulator 2 or DRAMSys (docs/dram_exchange.md)")
      ->required();
  dram.add_option("--dram", o.dram, "DRAM: a preset's name or a .yaml file")->type_name("DRAM")->required();
  dram.add_option("--format", o.format,
                  "format of the trace: dramsim3, ramulator2 or dramsys (default: by its extension, .stl or "
                  ".rstl, else by its first line)")
      ->type_name("F");
  dram.add_option("--cycles", o.cycles, "stop in this DRAM cycle (default: when every request is served)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, last_trace_cycle));
  dram.add_option("--commands", o.commands, "write every command issued, as CSV")->type_name("FILE");
  dram.add_option("-o,--output", o.output, "write dram.json and dram.yaml into this folder")
      ->type_name("DIR");
  dram.add_flag("--json", o.json, "print dram.json instead of the table");
  add_settings(dram, o);
  dram.get_option("--set")->description(
      "set a parameter of the DRAM, such as dram.timing.CL=20 (may be repeated)");

  CLI::App& check =
      command(app, "check", "check a .yaml file without simulating: of a sweep, every point", check_command);
  check.add_option("FILE", o.target, "a machine, technology, network, experiment, sweep or DRAM")->required();

  CLI::App& explain =
      command(app, "explain", "print the type, unit, range, default and meaning of a key", explain_command);
  explain.add_option("KEY", o.target,
                     "a key, a section or the last word of one, such as arch.array.rows, "
                     "arch.array or rows; without it all keys are listed");
  explain.add_flag("--page", o.page, "print docs/keys.md");
  explain.allow_extras();  // a key may be given as its option

  command(app, "list", "list the presets and the networks of the zoo", list_command);

  try {
    refuse_empty_values(argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error);
  } catch (const InputError& error) {
    complain(fmt::format("{}\n", error.what()));
    return 2;
  }
  return guarded([&] {
    std::vector<std::string> keys = explain.remaining();
    if (!o.target.empty()) keys.insert(keys.begin(), o.target);
    if (explain.parsed() && keys.size() > 1)
      fail("explain", "takes one key, not " + std::to_string(keys.size()));
    if (explain.parsed() && !keys.empty()) o.target = keys.front();
    refuse_empty(innermost(app));
    const Listener listener(progress_lines(o.quiet ? Show::never : Show::when_slow));
    return work();  // an error stands behind a line that is wiped
  });
}

}  // namespace tricycle
