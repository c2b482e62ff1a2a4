// SPDX-License-Identifier: Apache-2.0
#include "workloads/compile/passes.hpp"

#include <fmt/format.h>

#include "support/diagnostics.hpp"
#include "workloads/compile/arithmetic.hpp"
#include "workloads/compile/projection.hpp"
#include "workloads/graph/text.hpp"
#include "workloads/lower/chains.hpp"
#include "workloads/lower/roll.hpp"
#include "workloads/lower/sync.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"
#include "workloads/quantize/recurrent/quantize.hpp"

namespace tricycle {
namespace {

/// A pass from draft to draft.
template <Draft (*pass)(Draft)>
void on_draft(Compilation& c) {
  c.draft = pass(std::move(c.draft));
}

void choose_arithmetic(Compilation& c) {
  c.draft.options.floating = floating_type(c.draft.graph, *c.machine, c.options.lower.datapath);
}

void check_arithmetic(Compilation& c) {
  check_floating(c.draft.graph, c.choice, *c.machine);
}

void build(Compilation& c) {
  c.network = build_layers(std::move(c.draft));
}

void lay_vectors(Compilation& c) {
  c.network = lay_pixels_side_by_side(std::move(c.network));
}

void read_model(Compilation& c) {
  c.input_type = c.draft.graph.input_type;
  c.output = outputs_of(c.draft.graph)[0];
  c.state_outputs = state_outputs(c.draft.graph);
  c.model = recurrent_model(std::move(c.draft.graph));
}

void choose_projection(Compilation& c) {
  if (c.choice.projection == Projection::automatic)
    c.choice.projection = cheaper_projection(c.model, c.choice, *c.machine, c.options.lower);
}

void build_recurrent(Compilation& c) {
  const ByteMeaning& byte = c.options.byte;
  const InputScale scale = c.options.vector_scale.value_or(InputScale{byte.num, byte.den});
  c.network = add_state_outputs(quantize_recurrent(c.model, c.choice, {scale, c.options.seed}), c.output,
                                c.state_outputs);
  c.network.input_type = c.input_type;
  c.model = {};
  InputReading& reading = c.network.reading;
  if (reading.quantizes() || reading.rule == ReadingRule::real) reading.byte = byte;
}

void choose(Compilation& c) {
  c.plan = choose_formats(c.network, *c.machine, c.options.lower);
}

void order(Compilation& c) {
  std::optional<Schedule> ordered = ordered_schedule(c.network, *c.machine, c.options.lower);
  if (!ordered) return;
  c.network = std::move(ordered->network);
  c.plan = std::move(ordered->plan);
  c.is_placed = true;
}

void place(Compilation& c) {
  if (!c.is_placed) place_tensors(c.network, *c.machine, c.plan);
}

void map(Compilation& c) {
  c.program = map_memory(c.network, *c.machine, c.plan, c.options.lower.tool);
}

void emit(Compilation& c) {
  emit_code(c.network, *c.machine, c.plan, c.program);
}

void synchronize(Compilation& c) {
  add_semaphores(c.program, *c.machine);
}

void roll(Compilation& c) {
  roll_loops(c.program, *c.machine);
}

/// The graph and the notes of passes: the type of floating point, the step sizes of weights, the scales of
/// the output, the verdicts of nodes.
std::string draft_text(const Compilation& c) {
  const Draft& draft = c.draft;
  std::string text = graph_text(draft.graph);
  if (draft.options.floating) text += "computes in " + codes_name(*draft.options.floating) + "\n";
  for (const auto& [name, step] : draft.weight_steps)
    text += fmt::format("step of {}: {} values\n", printable(name), step.size());
  for (const Node& restored : draft.restored) {
    if (restored.outputs.empty()) continue;
    text += fmt::format("{} is {} times {}\n", printable(restored.outputs[0]), printable(restored.inputs[0]),
                        printable(restored.inputs[1]));
  }
  for (const Verdict& verdict : draft.verdicts)
    text += fmt::format("{} ({}): {}, {}\n", printable(verdict.node), verdict.op, verdict.verdict,
                        verdict.reason);
  return text;
}
std::string model_as_text(const Compilation& c) {
  return model_text(c.model, c.choice);
}
std::string network_text(const Compilation& c) {
  return dump(c.network);
}
std::string plan_as_text(const Compilation& c) {
  return plan_text(c.network, c.plan);
}
std::string program_text(const Compilation& c) {
  return write_trace_text(c.program.trace);
}

constexpr Pass all[] = {
    {"arithmetic", PassOn::graph, true, choose_arithmetic, draft_text,
     "everything after it asks whether the network computes in integers or in the machine's floating point"},
    {"ends", PassOn::graph, false, on_draft<check_ends>, draft_text,
     "a second input is refused before anything is made of it"},
    {"constants", PassOn::graph, false, on_draft<check_constants>, draft_text,
     "a constant that is no number would vanish in the values that the next pass computes of it"},
    {"fold", PassOn::graph, false, on_draft<fold>, draft_text,
     "what depends on no input is computed once; the steps of weights that the model has as codes are kept, "
     "since their values alone do not always show them"},
    {"softmax", PassOn::graph, false, on_draft<leave_out_softmax>, draft_text,
     "a Softmax at the end goes where that is allowed, before anything asks for a unit that does it"},
    {"numbers", PassOn::graph, false, on_draft<check_numbers>, draft_text,
     "integers have no code for infinity; that of folded constants shows only now"},
    {"pixels", PassOn::graph, false, on_draft<normalize_pixels>, draft_text,
     "mean and deviation of bytes are steps of the model from here on, and end in its first thresholds"},
    {"output-scales", PassOn::graph, false, on_draft<split_output_scales>, draft_text,
     "codes of several scales at the output become codes of one, with the scales beside them"},
    {"paths", PassOn::graph, false, on_draft<check_paths>, draft_text,
     "a node that leads nowhere is refused before layers are made of those that do"},
    {"layers", PassOn::graph, false, build, network_text,
     "the codes of each tensor decide how the next layer is quantized, so that one walk makes all layers"},
    {"vectors", PassOn::graph, false, lay_vectors, network_text,
     "whether an image of one channel is read as a vector alone shows when all its readers are layers"},
    {"recurrent-arithmetic", PassOn::recurrent, true, check_arithmetic, draft_text,
     "cells in float32 need a machine that computes so, which is refused before anything is built"},
    {"recurrent-model", PassOn::recurrent, false, read_model, model_as_text,
     "the graph is read as a chain of cells, which the next passes schedule"},
    {"projection", PassOn::recurrent, true, choose_projection, model_as_text,
     "whether W x is computed ahead of the loop or in it is decided by lowering both"},
    {"recurrent-layers", PassOn::recurrent, false, build_recurrent, network_text,
     "cells become layers and loops"},
    {"formats", PassOn::all, true, choose, plan_as_text,
     "datapath and formats decide how many bytes each tensor takes"},
    {"order", PassOn::recurrent, true, order, network_text,
     "gates can share a pass of the vector unit only where the products that they need come before them; "
     "whether all fits so shows when it has been placed"},
    {"placement", PassOn::all, true, place, plan_as_text,
     "the tensors that stay on chip and the tiles of each layer take room from each other"},
    {"memory-map", PassOn::all, true, map, program_text,
     "code needs the addresses of tensors and of packed parameters in DRAM"},
    {"code", PassOn::all, true, emit, program_text, "in program order, without a thought for overlap"},
    {"semaphores", PassOn::all, true, synchronize, program_text,
     "the waits and posts that keep the program's meaning when engines run ahead need all of its code"},
    {"loops", PassOn::all, true, roll, program_text,
     "what is done tile by tile and time step by time step is alike, down to its waits and posts, only now"},
};

}  // namespace

std::span<const Pass> passes() {
  return all;
}

}  // namespace tricycle
