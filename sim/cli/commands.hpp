// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/document.hpp"

namespace tricycle {

/// The parsed command line.
struct CommandOptions {
  std::string command;  ///< the command line, without options for the place of output and how much to print
  std::string target;
  Document words;  ///< words of a run (sim/experiment/request.hpp), each placed at its option
  std::vector<std::string> settings, inputs;
  std::optional<std::string> output, reference, dram, format, commands, value, note_reads, dump_after;
  std::optional<std::uint64_t> cycles;
  bool quiet = false, no_html = false, tree = false, ledger = false, sensitivity = false, text = false,
       json = false, page = false;
  int jobs = 1;
};

/// Each command returns its exit code.
int run_command(const CommandOptions& options);
int lower_command(const CommandOptions& options);
int replay_command(const CommandOptions& options);
int report_command(const CommandOptions& options);
int trace_show_command(const CommandOptions& options);
int trace_check_command(const CommandOptions& options);
int trace_asm_command(const CommandOptions& options);
int inspect_command(const CommandOptions& options);
int memory_command(const CommandOptions& options);
int infer_command(const CommandOptions& options);
int compare_command(const CommandOptions& options);
int export_command(const CommandOptions& options);
int sweep_command(const CommandOptions& options);
int validate_command(const CommandOptions& options);
int dram_command(const CommandOptions& options);
int check_command(const CommandOptions& options);
int list_command(const CommandOptions& options);
int explain_command(const CommandOptions& options);

}  // namespace tricycle
