// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/result/energy.hpp"
#include "sim/result/figures.hpp"

namespace tricycle {

/// What some part of a recurrent program took: a layer in a time step, a step, a gate, a layer.
struct Share {
  std::uint64_t cycles = 0;  ///< by which it moved the end of the run
  std::uint64_t array_busy_cycles = 0;
  double array_cycles = 0;  ///< that the array needs for its MACs with every lane at work
  CounterSet events;
  Energy energy;
  std::uint64_t weights_first_step = 0;   ///< bytes loaded into weight memory in each layer's first step
  std::uint64_t weights_later_steps = 0;  ///< and in all steps after it
  std::uint64_t weights_every_step = 0;   ///< in later steps if each loaded what the first step did

  [[nodiscard]] double utilization() const { return ratio(array_cycles, static_cast<double>(cycles)); }
  /// "resident", "partly resident", "streamed", or "none" without weights.
  [[nodiscard]] const char* weights() const;
  Share& operator+=(const Share& other);
};

/// How the first inference of a program of several time steps divides. The steps and what lies outside add
/// up to the inference, and so do the rows.
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
  std::vector<Row> rows;         ///< each step and layer, in the order of steps, then of layers
  std::vector<Step> per_step;    ///< the layers in loops
  Share outside;                 ///< the layers outside of loops
  std::vector<Gate> per_gate;    ///< of the layers in loops, in the order of layers
  std::vector<Share> per_layer;  ///< of all layers

  /// Whether there is more than one step; without, all of the above is empty.
  [[nodiscard]] bool any() const { return !rows.empty(); }
};
[[nodiscard]] RecurrenceShares recurrence_of(const Trace& trace, const Inference& inference,
                                             const MachineSpec& spec, const EnergyModel& model);

/// Of each layer, whether it is in a loop: whether it works in any step but the first.
[[nodiscard]] std::vector<bool> layers_in_loops(const Trace& trace);

/// A layer's gate: its name without a last part of `x` or `h`, so that "lstm.i.x", "lstm.i.h" and "lstm.i"
/// are one.
[[nodiscard]] std::string gate_of(const std::string& layer);

}  // namespace tricycle
