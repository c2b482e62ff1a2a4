// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arch/machine/elaboration.hpp"
#include "sim/cost/tech.hpp"
#include "traces/trace.hpp"

namespace tricycle {

/// Events that reports list for each layer. One more event is one more line here.
struct LayerEvent {
  const char* key;
  Counter counter;
};
inline constexpr LayerEvent layer_events[] = {
    {"array_steps", Counter::array_steps},
    {"skipped_steps", Counter::array_steps_skipped},
    {"predicted_steps", Counter::array_steps_predicted},
    {"flag_bits", Counter::array_flag_bits},
    {"saturations", Counter::vector_saturations},
};

/// a / b, or 0 where b is 0.
[[nodiscard]] double ratio(double a, double b);

/// 12,345,678
[[nodiscard]] std::string grouped(std::uint64_t value);

[[nodiscard]] const char* status_name(RunStatus status);

[[nodiscard]] std::uint64_t total_macs(const Trace& trace);
[[nodiscard]] std::uint64_t packed_weight_bytes(const Trace& trace);
/// The fraction of a layer's weights that are not zero.
[[nodiscard]] double density(const TraceLayer& layer);

/// The fraction of the inspected activations that are not zero; nothing where none was inspected.
[[nodiscard]] std::optional<double> activation_density(const CounterSet& events);

[[nodiscard]] double area_mm2(const Prices& prices);
/// Lower bounds of a run: cycles of the array at its peak, and cycles of the DRAM when every byte moves once.
struct Bound {
  std::uint64_t compute_cycles = 0, dram_cycles = 0;
};
[[nodiscard]] Bound bound_of(const Trace& trace, const MachineSpec& spec);

/// The cycles that the array needs for all MACs with every lane busy, as a fraction of `cycles`.
[[nodiscard]] double utilization_of(const Trace& trace, const MachineSpec& spec, double cycles);

/// The cycles that the array needs for the MACs of each layer and time step, in the order of a Ledger. The
/// MACs of a layer are divided among its time steps in proportion to its matmuls.
[[nodiscard]] std::vector<double> array_cycles_of_steps(const Trace& trace, const MachineSpec& spec);

}  // namespace tricycle
