// SPDX-License-Identifier: Apache-2.0
#include "workloads/compile/projection.hpp"

#include <algorithm>
#include <utility>

#include "arch/isa/footprint.hpp"
#include "arch/isa/loops.hpp"
#include "arch/params/clocks.hpp"
#include "workloads/lower/chains.hpp"
#include "workloads/quantize/recurrent/quantize.hpp"

namespace tricycle {
namespace {

/// The least cycles that a program needs, and its DRAM bytes.
std::pair<double, std::uint64_t> cost_of(const Trace& trace, const MachineSpec& spec) {
  std::uint64_t bytes = 0, cycles = 0;
  const Loops loops(trace.code);
  for (std::size_t index = 0; index < trace.code.size(); ++index) {
    const std::uint64_t times = loops.executions(index);
    std::visit(
        [&](const auto& i) {
          if constexpr (requires { i.dram; }) bytes += times * i.rows * i.row_bytes;
          if constexpr (requires { i.sums; })
            cycles += times * static_cast<std::uint64_t>(tile_steps(spec.array, shape_of(i)));
        },
        trace.code[index].operation);
  }
  const double transfer = static_cast<double>(bytes) / dram_bytes_per_cycle(spec);
  return {std::max(transfer, static_cast<double>(cycles)), bytes};
}

}  // namespace

Projection cheaper_projection(RecurrentModel model, RecurrentSpec spec, const MachineSpec& machine,
                              LowerOptions options) {
  options.allow_untaken = true;
  if (spec.decode == Decode::once) model.decoder.reset();
  if (model.vocabulary > 0) {
    model.vocabulary = 1;
    model.embedding.resize(static_cast<std::size_t>(model.layers[0].inputs));
  }
  const auto cost = [&](Projection projection) {
    spec.projection = projection;
    return cost_of(
        lower(schedule_for(quantize_recurrent(model, spec, {}), machine, options), machine, options),
        machine);
  };
  const auto ahead = cost(Projection::ahead);  // first, so that its message is given if both are refused
  const bool in_loop = cost(Projection::in_loop) <= ahead;
  return in_loop ? Projection::in_loop : Projection::ahead;
}

}  // namespace tricycle
