// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arch/machine/machine.hpp"
#include "sim/dram/record.hpp"
#include "sim/workload.hpp"
#include "support/diagnostics.hpp"
#include "support/progress.hpp"

namespace tricycle {

/// What the command line or an experiment file asks for. Empty and absent mean the default.
struct RunRequest {
  /// Where a file says what an option would, by the option's name: `--arch`.
  std::map<std::string, Place> places;
  [[nodiscard]] Place place_of(const std::string& option) const {
    const auto found = places.find(option);
    return found != places.end() ? found->second : Place::of_file(option);
  }

  std::string name;      ///< of the result folder
  std::string workload;  ///< a zoo network's name, an .onnx file or a network description
  std::string arch;      ///< empty: the one that the workload names, or edge; of a replay the trace's own
  std::string tech = "45nm";
  std::vector<Setting> settings;
  std::string input, labels, datapath;
  /// What a byte of the input is worth: (byte * scale - mean) / std; mean and std are one number, or one for
  /// each channel with commas between them.
  std::string input_scale, input_mean, input_std;
  std::string input_part;          ///< of a text: FROM:TO
  std::string vocabulary;          ///< file of the tokens, of a model that has none
  std::string calibrate;           ///< inputs that choose the scales of a float model
  bool allow_unsupported = false;  ///< leave out a trailing operator that no unit does
  std::int64_t limit = -1;
  std::int64_t seed = -1;
  std::string verify;     ///< of values; empty: all, or off where only time is run
  std::string reference;  ///< items that also go through the float interpreter; empty: as reference_of says
  std::optional<double> weight_density, activation_density;  ///< declared, of all layers
  bool timing_only = false;
  bool lockstep = false;
  bool timeline = false;
  DramTraceTarget dram_trace;
  std::uint64_t cycle_limit = MachineOptions{}.cycle_limit;
  Show progress = Show::when_slow;
  std::function<void()> before_simulation;  ///< called when everything is read
};

}  // namespace tricycle
