// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "workloads/lower/image.hpp"
#include "workloads/lower/output_rate.hpp"
#include "workloads/lower/placement.hpp"

namespace tricycle::placement {

void Placement::count_nonzeros() {
  nonzeros_.resize(network_.layers.size());
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const LayerPlan& plan = plan_.layers[i];
    if (plan.weight_format != Format::bitmap && plan.dram_weight_format != Format::bitmap) continue;
    const QuantizedLayer& layer = network_.layers[i];
    const std::int64_t channels = tensor(layer.inputs[0]).channels / layer.groups;
    const std::int64_t unit =
        layer.groups > 1 ? channels : split_of(format(layer.inputs[0]), plan.weight_format);
    nonzeros_[i] =
        std::make_shared<NonzeroWeights>(nonzero_weights(layer.weights, layer.window.taps(), channels, unit));
  }
}

void Placement::stack_images(std::int64_t& images, Window& w, std::int64_t pool_stride) {
  if (images == 1 || w.pad_top != 0 || w.lines % pool_stride != 0) return;
  const std::int64_t extent = (w.kernel_h - 1) * w.dilation_y + 1;
  if ((w.lines - 1) * w.stride_y + extent > w.in_lines) return;
  if (w.lines == 1) w.stride_y = w.in_lines;
  if (w.lines * w.stride_y != w.in_lines) return;
  w.lines *= images;
  w.in_lines *= images;
  images = 1;
}

TilingProblem Placement::problem_of(std::size_t i, const std::vector<bool>& resident,
                                    bool output_resident) const {
  const QuantizedLayer& layer = network_.layers[i];
  const LayerPlan& plan = plan_.layers[i];
  TilingProblem p;
  p.word_bits = spec_.array.word_bits;
  p.images = tensor(layer.inputs[0]).images;
  p.window = layer.window;
  if (layer.pool) {
    p.pool_h = layer.pool->kernel_h;
    p.pool_w = layer.pool->kernel_w;
    p.pool_stride_y = layer.pool->stride_y;
    p.pool_stride_x = layer.pool->stride_x;
    // Lines and columns left over at the end are in no window.
    p.window.lines = p.lines_before_pool(0, layer.pool->lines).count;
    p.window.columns = p.columns_before_pool(0, layer.pool->columns).count;
  }
  stack_images(p.images, p.window, p.pool_stride_y);
  for (std::size_t k = 0; k < layer.inputs.size(); ++k) {
    p.inputs.push_back({format(layer.inputs[k]), tensor(layer.inputs[k]).channels, resident[k]});
  }
  const bool in_loop = network_.loop_of(i) != nullptr;
  p.pinned = plan.problem.pinned;
  p.stays = stays_[i];
  p.loads_stay = p.stays && !in_loop;
  p.pinned_bytes = taken_bytes(i);
  p.n = tensor(layer.output).channels;
  if (layer.kind == LayerKind::gather) p.gather_row = row_bytes(format(layer.output), p.n, p.word_bits);
  p.output = format(layer.output);
  p.output_resident = output_resident;
  p.has_weights = layer.has_weights();
  p.joins = layer.kind == LayerKind::concat;
  if (p.has_weights) {
    p.output_from_sums = std::holds_alternative<RawStage>(layer.stage);
    p.sums = layer.pairs ? 2 : 1;
    p.groups = layer.groups;
    p.in_order = is_float(plan.weight_format);
    p.split = split_of(p.inputs[0].format, plan.weight_format);
    if (p.in_order) p.split = std::lcm(p.split, floating_lanes(spec_));
    p.shape = {plan.datapath,       p.inputs[0].format,   plan.weight_format, 1,           p.n,
               layer.window.taps(), p.inputs[0].channels, is_dense(layer),    plan.folding};
    p.dram_weights = plan.dram_weight_format;
    p.nonzeros = nonzeros_[i];
  }
  const TableShape table = table_shape(layer, plan.threshold_bytes);
  p.table_row = table.row;
  p.table_per_channel = table.per_channel;
  if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage))
    p.operations = static_cast<std::int64_t>(stage->codes.size()) - 1;
  if (const auto* stage = std::get_if<LookupStage>(&layer.stage)) p.operations = stage->interpolate ? 2 : 1;
  if (std::holds_alternative<FunctionStage>(layer.stage)) p.operations = function_operations;
  p.shape.output = output_rate_of(layer, p, spec_);
  if (p.groups > 1) p.pinned_n = pinned_channels(p, spec_);
  return p;
}

std::int64_t Placement::split_of(Format activations, Format weights) const {
  const auto unit = [&](Format f) { return is_packed(f) ? elements_per_word(f, spec_.array.word_bits) : 1; };
  const std::int64_t split = std::max(unit(activations), unit(weights));
  return split > 1 ? split : 16;  // plain bytes may be split anywhere
}

bool Placement::is_dense(const QuantizedLayer& layer) const {
  const auto packing = spec_.array.packing;
  if (packing == Packing::channel || layer.window.taps() == 1) return false;
  return packing == Packing::im2col || tensor(layer.inputs[0]).channels / layer.groups <= 3;
}

}  // namespace tricycle::placement
