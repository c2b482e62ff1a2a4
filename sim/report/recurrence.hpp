// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/cost/energy.hpp"
#include "sim/cost/figures.hpp"

namespace tricycle {

/// The cost of a part of a recurrent program: of a layer in one time step, a time step, a gate or a layer.
struct Share {
  std::uint64_t cycles = 0;  ///< that it answers for
  std::uint64_t array_busy_cycles = 0;
  double array_cycles = 0;  ///< cycles that the array needs for its MACs with every lane busy
  CounterSet events;
  Energy energy;
  std::uint64_t weights_first_step = 0;   ///< bytes loaded into weight memory in each layer's first time step
  std::uint64_t weights_later_steps = 0;  ///< bytes loaded in all later time steps
  std::uint64_t weights_every_step = 0;   ///< bytes of later time steps if each loaded as much as the first

  [[nodiscard]] double utilization() const { return ratio(array_cycles, static_cast<double>(cycles)); }
  /// "resident", "partly resident", "streamed", or "none" without weights.
  [[nodiscard]] const char* weights() const;
  Share& operator+=(const Share& other);
};

/// The division of the first inference of a program with several time steps. `per_step` and `outside` add up
/// to the inference, and so do the rows.
struct RecurrenceShares {
  struct Row {
    std::uint32_t step, layer;
    Share share;
  };
  struct Step {
    std::uint32_t step;
    Share share;
  };
  struct Gate {
    std::string name;
    Share share;
  };
  std::vector<Row> rows;         ///< each time step and layer, in the order of steps, then of layers
  std::uint64_t steps = 0;       ///< time steps
  std::vector<Step> per_step;    ///< layers in loops; one for all where there are too many (Ledger)
  Share outside;                 ///< layers outside of loops
  std::vector<Gate> per_gate;    ///< layers in loops, in the order of layers
  std::vector<Share> per_layer;  ///< all layers

  /// Whether there is more than one time step. If not, all of the above is empty.
  [[nodiscard]] bool any() const { return !rows.empty(); }
};
[[nodiscard]] RecurrenceShares recurrence_of(const Trace& trace, const Inference& inference,
                                             const MachineSpec& spec, const EnergyModel& model);

/// For each layer whether it is in a loop: it has instructions in a time step after the first.
[[nodiscard]] std::vector<bool> layers_in_loops(const Trace& trace);

/// A layer's gate: its name without a last part `x` or `h`. So "lstm.i.x", "lstm.i.h" and "lstm.i" are one
/// gate.
[[nodiscard]] std::string gate_of(const std::string& layer);

}  // namespace tricycle
