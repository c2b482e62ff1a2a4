// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/output_rate.hpp"

namespace tricycle {
namespace {

bool takes_sums(const QuantizedLayer& layer, const TilingProblem& p, const MachineSpec& spec) {
  const bool stays_in_pes = !spec.array.is_weight_stationary() && !spec.array.has_line_buffer();
  return layer.has_weights() && spec.output_stage.is_there() && stays_in_pes && !is_float(p.shape.weights);
}

/// Windows of at most 2 x 2 side by side, whose largest results so far have room.
bool pools(const TilingProblem& p, const MachineSpec& spec) {
  if (p.pool_h == 1 && p.pool_w == 1) return p.pool_stride_y == 1 && p.pool_stride_x == 1;
  const bool lie_side_by_side =
      p.pool_h <= 2 && p.pool_w <= 2 && p.pool_stride_y == p.pool_h && p.pool_stride_x == p.pool_w;
  const std::uint64_t bytes = output_pool_bytes(spec, p.out_columns(), p.n, bits_per_element(p.output));
  return lie_side_by_side && bytes <= static_cast<std::uint64_t>(spec.output_stage.pool_bytes);
}

}  // namespace

OutputRate output_rate_of(const QuantizedLayer& layer, const TilingProblem& p, const MachineSpec& spec) {
  if (!takes_sums(layer, p, spec) || !pools(p, spec)) return {};
  OutputRate rate;
  if (std::holds_alternative<ThresholdStage>(layer.stage)) {
    if (p.operations > spec.output_stage.thresholds) return {};
    rate.lanes = spec.output_stage.lanes;
    rate.operations = p.operations;
  } else if (std::holds_alternative<ScaleStage>(layer.stage)) {
    rate.lanes = spec.output_stage.scale_lanes;  // 0: the vector unit scales
  } else {
    return {};
  }
  rate.values = p.sums;
  rate.taps = p.pool_h * p.pool_w;
  rate.result_bits = bits_per_element(p.output);
  for (std::size_t k = 1; k < p.inputs.size(); ++k) rate.second_bits += bits_per_element(p.inputs[k].format);
  rate.table_bits = p.table_per_channel ? 8 * p.table_row : 0;
  return rate;
}

}  // namespace tricycle
