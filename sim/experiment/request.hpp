// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arch/machine/elaboration.hpp"
#include "sim/experiment/recording.hpp"
#include "sim/experiment/workload.hpp"
#include "support/choice.hpp"
#include "support/diagnostics.hpp"
#include "support/progress.hpp"

namespace tricycle {

/// The items of a run that also go through the float interpreter.
enum class Reference : std::uint8_t { first, all, off };
[[nodiscard]] const std::vector<std::string>& names_of(Reference);

/// The request of a run. `describe` below names, explains and bounds each member once. The command line,
/// experiments, sweeps, effective.yaml and docs/keys.md are made from it. Empty and absent mean the default.
struct RunRequest {
  std::string name;  ///< of the result folder
  std::string workload;
  std::string arch;  ///< empty: the workload's machine, or edge; in a replay the trace's machine
  std::string dram;  ///< read_request makes it a setting, `arch.dram.kind`
  std::string tech = "45nm";
  std::string input, input_part;
  std::optional<std::int64_t> limit;
  std::string input_scale, input_mean, input_std;
  std::string labels, calibrate, vocabulary;
  bool allow_unsupported = false;
  std::optional<Datapath> datapath;
  std::optional<std::int64_t> seed;
  std::optional<Verify> verify;
  std::optional<Reference> reference;
  std::optional<double> weight_density, activation_density;
  bool timing_only = false, lockstep = false;
  std::int64_t cycle_limit = static_cast<std::int64_t>(MachineOptions{}.cycle_limit);
  bool timeline = false;
  bool ledger = false;
  DramTraceTarget dram_trace;

  std::vector<Setting> settings;        ///< keys of the machine and of the workload
  std::map<std::string, Place> places;  ///< places of the given values, by key
  Show progress = Show::when_slow;
  std::function<void()> before_simulation;            ///< called after everything is read
  std::function<void(const std::string&)> show_tree;  ///< called with the machine's tree before it runs

  /// The place of a key's value; for a key without a value, the option that would set it.
  [[nodiscard]] Place place_of(const std::string& key) const;
  [[nodiscard]] std::uint64_t seed_or_default() const { return static_cast<std::uint64_t>(seed.value_or(1)); }
};

/// Describe the keys of a request, by subject. A command takes whole groups.
void describe_workload(Fields& fields, RunRequest& request);
void describe_machine(Fields& fields, RunRequest& request);
void describe_technology(Fields& fields, RunRequest& request);
void describe_input(Fields& fields, RunRequest& request);
void describe_limit(Fields& fields, RunRequest& request);
void describe_bytes(Fields& fields, RunRequest& request);
void describe_labels(Fields& fields, RunRequest& request);
void describe_model(Fields& fields, RunRequest& request);
void describe_datapath(Fields& fields, RunRequest& request);
void describe_seed(Fields& fields, RunRequest& request);
void describe_reference(Fields& fields, RunRequest& request);
void describe_simulation(Fields& fields, RunRequest& request);
void describe_records(Fields& fields, RunRequest& request);
/// All groups. Errors, when a request is read: values out of range, unknown words.
void describe(Fields& fields, RunRequest& request);

/// The command-line option of a key: `--input-scale` for `input_scale`.
[[nodiscard]] std::string option_of(const std::string& key);

/// Whether a key belongs to a machine or a workload, as in `--set` and the axes of a sweep:
/// `arch.array.rows`.
[[nodiscard]] bool is_setting_key(const std::string& key);
/// The text of an error for a key that is no setting key.
[[nodiscard]] std::string setting_key_rule();

/// The keys of a run, in order.
[[nodiscard]] std::vector<std::string> request_keys();

/// Adds `KEY: VALUE` to the words of a request. It replaces an earlier value of the key.
void set_word(Document& words, const std::string& key, const std::string& value, const Place& place);

/// The words of a file, with its sections `recurrent` and `formats` as keys with dots. Error: such a key that
/// occurs twice.
[[nodiscard]] Document flat_words(const Document& file);

/// Overrides words with others: the words of a file with those of the command line.
void lay_over(Document& words, const Document& others);

/// Makes a request from its words: the keys of `describe`, and setting keys (`is_setting_key`). Each word
/// comes from a file or from the command line, as its place says. A path in a file is relative to this file.
/// `what` names the whole in messages, such as "an experiment". Errors: unknown keys, and all that `describe`
/// refuses.
[[nodiscard]] RunRequest read_request(const Document& words, const std::string& what);

/// The request as words of a command line, the workload first.
[[nodiscard]] std::vector<std::string> arguments_of(const RunRequest& request);

}  // namespace tricycle
