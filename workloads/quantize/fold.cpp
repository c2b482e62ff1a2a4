// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/passes.hpp"

namespace tricycle {

Draft fold(Draft draft) {
  Graph& graph = draft.graph;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::dequantize_linear && node.op != Op::quant) continue;
    if (node.inputs.size() < 2 || !graph.is_constant(node.inputs[0])) continue;
    if (!graph.is_constant(node.inputs[1])) continue;
    draft.weight_steps[node.outputs[0]] = graph.constants.at(node.inputs[1]);
  }
  draft.verdicts = fold_constants(graph);
  return draft;
}

}  // namespace tricycle
