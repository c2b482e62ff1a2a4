// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "workloads/compile/compile.hpp"
#include "workloads/lower/program.hpp"
#include "workloads/quantize/passes.hpp"
#include "workloads/quantize/recurrent/model.hpp"
#include "workloads/quantize/state_outputs.hpp"

namespace tricycle {

/// The state between two passes: a graph, then a network in integers, then a plan and a program for a
/// machine. A graph with recurrent layers is a recurrent model in between.
struct Compilation {
  CompileOptions options;
  const MachineSpec* machine = nullptr;  ///< null if nobody asks for a program
  bool recurrent = false;
  Draft draft;
  ElementType input_type = ElementType::float32;  ///< of a recurrent graph
  GraphOutput output;                             ///< of a recurrent graph, and its other outputs
  std::vector<StateOutput> state_outputs;
  RecurrentSpec choice;  ///< of recurrent layers: asked for, or chosen by a pass
  RecurrentModel model;
  QuantizedNetwork network;
  Plan plan;
  bool is_placed = false;  ///< the plan has tiles and places
  Program program;
};

/// The networks that go through a pass: without recurrent layers, with them, or all.
enum class PassOn : std::uint8_t { graph, recurrent, all };

/// A pass: a function from value to value, with its name and the reason for its place.
struct Pass {
  const char* name;
  PassOn on;
  bool needs_machine;
  void (*run)(Compilation&);
  std::string (*text)(const Compilation&);  ///< of the pass's result
  const char* reason;
};

/// All passes in their order.
[[nodiscard]] std::span<const Pass> passes();

/// Whether a compilation goes through a pass.
[[nodiscard]] bool applies(const Pass& pass, const Compilation& compilation);

}  // namespace tricycle
