// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tricycle {

/// The words of the command line. Absent ones leave an experiment's or the default.
struct CommandOptions {
  std::string command;  ///< the command line, without what says where output goes and how much is printed
  std::string target;
  std::vector<std::string> settings, inputs;
  std::optional<std::string> arch, tech, input, input_scale, input_mean, input_std, labels, datapath, verify,
      output, reference, reference_mode, calibrate, input_part, vocabulary, dram, format, commands,
      dram_trace, dram_trace_format, value, note_reads;
  std::optional<std::int64_t> limit, seed;
  std::optional<std::uint64_t> cycle_limit, cycles;
  std::optional<double> weight_density, activation_density;
  bool allow_unsupported = false;
  bool timing_only = false, lockstep = false, timeline = false, quiet = false, text = false, json = false;
  int jobs = 1;
};

/// Each command returns its exit code.
int run_command(const CommandOptions& options);
int lower_command(const CommandOptions& options);
int replay_command(const CommandOptions& options);
int trace_show_command(const CommandOptions& options);
int trace_check_command(const CommandOptions& options);
int trace_asm_command(const CommandOptions& options);
int inspect_command(const CommandOptions& options);
int memory_command(const CommandOptions& options);
int infer_command(const CommandOptions& options);
int sweep_command(const CommandOptions& options);
int validate_command(const CommandOptions& options);
int dram_command(const CommandOptions& options);
int check_command(const CommandOptions& options);
int list_command(const CommandOptions& options);

}  // namespace tricycle
