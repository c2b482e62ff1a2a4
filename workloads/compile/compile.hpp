// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workloads/compile/quantize_graph.hpp"
#include "workloads/lower/lower.hpp"
#include "workloads/quantize/passes.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {

/// How a graph becomes a program.
struct CompileOptions {
  ByteMeaning byte = {};  ///< what an integer of a user's file of bytes means
  /// The value of a code in a recurrent network's 8-bit vectors, if it is not the value of a byte.
  std::optional<InputScale> vector_scale = std::nullopt;
  RecurrentSpec recurrent = {};    ///< how recurrent layers become integers and a schedule
  std::uint64_t seed = 1;          ///< of the shift registers of recurrent layers
  bool calibrated = false;         ///< the graph was calibrated: no message advises that
  bool allow_unsupported = false;  ///< a trailing Softmax gets the verdict "unsupported" and is left out
  bool keep_graph = false;         ///< keep the graph beside the network, for the reference
  LowerOptions lower = {};
};

/// The part of the options for the passes over a graph.
[[nodiscard]] QuantizeOptions quantize_options(const CompileOptions& options);

/// A network in integers, and its program.
struct Compiled {
  QuantizedNetwork network;
  Trace trace;
};

/// Runs all passes. The trace comes without input items. Errors name the node, the layer or the memory that
/// does not fit.
[[nodiscard]] Compiled compile(Graph graph, const MachineSpec& machine, const CompileOptions& options);

/// Runs the passes that need no machine.
[[nodiscard]] QuantizedNetwork compile_network(Graph graph, const CompileOptions& options);

/// Errors, at `place`: no pass of this name.
void check_pass_name(const std::string& name, const Place& place);

/// The result of a pass as text. No later pass runs. Errors, at `place`: a pass that this network does not go
/// through.
[[nodiscard]] std::string dump_after(const std::string& pass, const Place& place, Graph graph,
                                     const MachineSpec& machine, const CompileOptions& options);

/// Whether recurrent layers take vectors of 8-bit codes, whose scale the inputs decide.
[[nodiscard]] bool takes_vectors(const Graph& graph, const RecurrentSpec& recurrent);

}  // namespace tricycle
