// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arch/machine/elaboration.hpp"
#include "sim/experiment/language.hpp"
#include "support/choice.hpp"
#include "support/progress.hpp"
#include "traces/trace.hpp"
#include "workloads/integer/quantized.hpp"

namespace tricycle {

enum class Verify : std::uint8_t { all, sample, off };
[[nodiscard]] const std::vector<std::string>& names_of(Verify);

struct SimulateOptions;

/// The densities that a run declares for a layer (rule Z5 of docs/timing.md).
struct DeclaredDensity {
  double weights = 1, activations = 1;
};
[[nodiscard]] DeclaredDensity declared_density(const TraceLayer& layer, const SimulateOptions& options);

struct SimulateOptions {
  MachineOptions machine;
  Verify verify = Verify::all;
  std::uint64_t seed = 1;  ///< seed of the sample
  /// Densities declared for all layers. Absent: a layer's weights have the density of the trace, activations
  /// have no zeros.
  std::optional<double> weight_density, activation_density;
  std::vector<std::int64_t> labels;  ///< one for each item, or none
  std::optional<TextTargets> text;   ///< the target token for each row of each item, to score the output
  Show progress = Show::when_slow;
  std::function<void(const std::string&)> show_tree = {};  ///< called with `Elaboration::tree`
  /// Called after each finished item with the golden values of the network's tensors and the codes of the
  /// outputs. `golden` is null where the machine's memories were not compared with golden values.
  std::function<void(std::uint64_t item, const std::vector<std::vector<std::int32_t>>* golden,
                     const std::vector<std::vector<std::int32_t>>& outputs)>
      observe = {};
};

/// The results of a run of all items.
struct Simulation {
  Inference first;                ///< cold
  std::optional<Inference> warm;  ///< the second; without values where there is one item alone
  std::uint64_t count = 0;        ///< number of items that ran
  std::uint64_t cycles_min = 0, cycles_max = 0, cycles_total = 0;
  CounterSet events_total;
  DramStatistics dram_first, dram_total;  ///< of a DRAM device: the first item's and all items'
  std::uint64_t dram_commands_checked = 0, dram_violations = 0;
  std::string first_violation;  ///< the first violated rule of the DRAM device, and when
  std::uint64_t checked = 0, mismatches = 0;
  std::string reference =
      "none";                  ///< the reference of the values: golden, or untimed (a replay of other inputs)
  std::string first_mismatch;  ///< place, expected value and found value
  /// Each output's values for the first item, and each state's behind the last item; none in a timing-only
  /// run.
  std::vector<std::vector<std::int32_t>> outputs, states;
  /// Over all items' outputs as they lie in DRAM: of each output, and of all of them one after another.
  std::vector<std::uint32_t> outputs_crcs;
  std::uint32_t outputs_crc = 0;
  std::optional<std::uint64_t> correct;  ///< items whose largest output is at the label
  std::optional<LanguageScore> language;
};

/// Runs every item of the trace on the machine. It compares the contents of the machine's memories at the
/// checkpoints and at the end with the golden interpreter of `network`, and the golden interpreter with the
/// untimed meaning of the trace. Without a network (a replay) the reference is the untimed meaning, and the
/// trace's golden CRC if it is for these items. `trace` must pass check_ranges for `spec`.
[[nodiscard]] Simulation simulate(const Trace& trace, const MachineSpec& spec,
                                  const QuantizedNetwork* network, const SimulateOptions& options);

/// The CRC of the golden outputs of all of the trace's items.
[[nodiscard]] std::uint32_t golden_crc(const Trace& trace, const MachineSpec& spec,
                                       const QuantizedNetwork& network);

}  // namespace tricycle
