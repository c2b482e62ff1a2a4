// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "arch/params/document_kind.hpp"
#include "sim/cli/commands.hpp"
#include "sim/exchange/replay.hpp"
#include "sim/experiment/record.hpp"
#include "sim/experiment/workload.hpp"
#include "support/ending.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

/// The DRAM of --dram with the settings applied.
DramDevice device_of(const CommandOptions& o) {
  Document document = read_document(find_preset("configs/dram", *o.dram, Place::of_file("--dram")));
  expect_kind(document, DocumentKind::dram);
  std::vector<Setting> settings;
  for (const std::string& text : o.settings) {
    settings.push_back(parse_setting(text));
    if (settings.back().key.starts_with("dram.")) continue;
    throw InputError(settings.back().origin(), "a key starts with 'dram.', such as dram.timing.CL=20");
  }
  apply_settings(document, settings, "dram");
  return read_dram(document);
}

}  // namespace

int dram_command(const CommandOptions& o) {
  const DramDevice device = device_of(o);
  std::unique_ptr<WholeFolder> folder;
  if (o.output)
    folder = std::make_unique<WholeFolder>(*o.output, FolderKind{{"dram.json", "dram.yaml"}, "dram.json"});
  if (o.output && o.commands) check_beside(*o.commands, *o.output, "--commands");
  std::optional<DramTraceFormat> format;
  if (o.format) format = dram_trace_format(*o.format, "--format");
  DramTraceReader trace = open_dram_trace(o.target, format);
  for (const std::optional<std::string>& output : {o.output, o.commands})
    if (output) refuse_input(*output);

  DramReplayOptions options;
  options.cycles = o.cycles;
  std::optional<WholeFile> commands;
  if (o.commands) {
    commands.emplace(*o.commands);
    commands->write(dram_command_columns);
    options.on_command = [&](const DramCommand& command) { commands->write(dram_command_line(command)); };
  }
  Progress progress("replaying", o.cycles.value_or(text_size(o.target)), Show::when_slow);
  options.on_progress = [&](DramCycles cycles, std::uint64_t bytes) {
    progress.update(o.cycles ? cycles : bytes);
  };
  const DramReplay replay = replay_dram(trace, o.target, device, options);
  progress.finish();
  if (commands) commands->finish();
  const std::string json = dram_json(replay);
  if (folder) {
    folder->add("dram.json", json);
    folder->add("dram.yaml", write_fields(device));
    folder->finish();
  }
  say_text(o.json ? json : dram_report(replay));
  if (o.output && !o.json) say("result: {}\n", *o.output);
  return 0;
}

}  // namespace tricycle
