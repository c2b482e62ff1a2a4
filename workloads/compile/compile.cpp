// SPDX-License-Identifier: Apache-2.0
#include "workloads/compile/compile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/diagnostics.hpp"
#include "workloads/compile/passes.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

namespace tricycle {
namespace {

Compilation start(Graph graph, const MachineSpec* machine, const CompileOptions& options) {
  Compilation c;
  c.options = options;
  c.machine = machine;
  c.recurrent = is_recurrent(graph);
  c.choice = options.recurrent;
  c.draft.graph = std::move(graph);
  c.draft.input_scale = {options.byte.num, options.byte.den};
  c.draft.options = quantize_options(options);
  return c;
}

void run_passes(Compilation& c) {
  for (const Pass& pass : passes()) {
    if (applies(pass, c)) pass.run(c);
  }
}

/// The pass with this name. Errors: the network does not go through it.
const Pass& pass_of(const std::string& name, const Place& place, const Compilation& c) {
  std::vector<std::string> names;
  for (const Pass& pass : passes()) {
    if (!applies(pass, c)) continue;
    if (pass.name == name) return pass;
    names.emplace_back(pass.name);
  }
  throw InputError(place, fmt::format("this network does not go through the pass '{}'; its passes are {}",
                                      name, either(names)));
}

}  // namespace

bool applies(const Pass& pass, const Compilation& c) {
  if (pass.needs_machine && c.machine == nullptr) return false;
  return pass.on == PassOn::all || (pass.on == PassOn::recurrent) == c.recurrent;
}

QuantizeOptions quantize_options(const CompileOptions& options) {
  QuantizeOptions quantize;
  quantize.means = options.byte.means;
  quantize.deviations = options.byte.deviations;
  quantize.calibrated = options.calibrated;
  quantize.allow_unsupported = options.allow_unsupported;
  quantize.keep_graph = options.keep_graph;
  return quantize;
}

Compiled compile(Graph graph, const MachineSpec& machine, const CompileOptions& options) {
  Compilation c = start(std::move(graph), &machine, options);
  run_passes(c);
  return {std::move(c.network), std::move(c.program.trace)};
}

QuantizedNetwork compile_network(Graph graph, const CompileOptions& options) {
  Compilation c = start(std::move(graph), nullptr, options);
  run_passes(c);
  return std::move(c.network);
}

QuantizedNetwork quantize_graph(Graph graph, const InputScale& input_scale, const QuantizeOptions& options) {
  Compilation c = start(std::move(graph), nullptr, {});
  c.recurrent = false;
  c.draft.input_scale = input_scale;
  c.draft.options = options;
  run_passes(c);
  return std::move(c.network);
}

void check_pass_name(const std::string& name, const Place& place) {
  std::vector<std::string> names;
  for (const Pass& pass : passes()) names.emplace_back(pass.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  const std::string hint = did_you_mean(name, names);
  throw InputError(place, fmt::format("there is no pass '{}'{}", name,
                                      hint.empty() ? "; the passes are " + either(names) : hint));
}

std::string dump_after(const std::string& pass, const Place& place, Graph graph, const MachineSpec& machine,
                       const CompileOptions& options) {
  Compilation c = start(std::move(graph), &machine, options);
  const Pass& last = pass_of(pass, place, c);
  for (const Pass& one : passes()) {
    if (applies(one, c)) one.run(c);
    if (&one == &last) break;
  }
  return last.text(c);
}

bool takes_vectors(const Graph& graph, const RecurrentSpec& recurrent) {
  return is_recurrent(graph) && recurrent.input == RecurrentInput::int8 && !recurrent.is_float() &&
         graph.input_shape.size() > 2;
}

}  // namespace tricycle
