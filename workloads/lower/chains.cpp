// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/chains.hpp"

#include <algorithm>
#include <vector>

#include "arch/params/machine.hpp"
#include "workloads/lower/placement.hpp"

namespace tricycle {
namespace {

/// Rows of a time step.
std::int64_t rows_of(const QuantizedTensor& t) {
  return t.role == Role::sequence ? t.width : t.rows();
}

/// Whether a layer gives one integer for each of its first input's, at the same place.
bool is_chainable(const QuantizedNetwork& network, const QuantizedLayer& layer) {
  const QuantizedTensor &input = network.tensor(layer.inputs[0]), &output = network.tensor(layer.output);
  const auto is_alike = [&](int index) {
    const QuantizedTensor& t = network.tensor(index);
    return !t.codes.is_float() && t.channels == output.channels && rows_of(t) == rows_of(output);
  };
  return layer.kind == LayerKind::pointwise && !layer.pool && !layer.pairs && input.images == 1 &&
         !output.codes.is_float() && std::all_of(layer.inputs.begin(), layer.inputs.end(), is_alike);
}

bool reads(const QuantizedLayer& layer, int tensor) {
  return std::find(layer.inputs.begin(), layer.inputs.end(), tensor) != layer.inputs.end();
}

/// Whether `later` must stay behind `earlier`.
bool depends(const QuantizedLayer& later, const QuantizedLayer& earlier) {
  return reads(later, earlier.output) || reads(earlier, later.output) || later.output == earlier.output;
}

class LoopOrder {
 public:
  LoopOrder(const QuantizedNetwork& network, const Loop& loop) : network_(network) {
    for (std::size_t i = loop.first; i <= loop.last; ++i) waiting_.push_back(i);
  }
  std::vector<std::size_t> run() {
    while (!waiting_.empty()) {
      while (take(false)) continue;
      while (take(true)) continue;
    }
    return std::move(order_);
  }

 private:
  const QuantizedLayer& layer(std::size_t i) const { return network_.layers[i]; }

  /// Moves the first layer of a kind that waits for no other to the order.
  bool take(bool chainable) {
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
      const bool can_run = std::none_of(
          waiting_.begin(), at, [&](std::size_t earlier) { return depends(layer(*at), layer(earlier)); });
      if (!can_run || is_chainable(network_, layer(*at)) != chainable) continue;
      order_.push_back(*at);
      waiting_.erase(at);
      return true;
    }
    return false;
  }

  const QuantizedNetwork& network_;
  std::vector<std::size_t> waiting_, order_;
};

/// Lets layers `first` to `last` share a pass.
void link(const QuantizedNetwork& network, std::size_t first, std::size_t last, Plan& plan) {
  for (std::size_t i = first; i <= last; ++i) {
    const QuantizedLayer& layer = network.layers[i];
    ChainLink& mine = plan.layers[i].link;
    mine.from.assign(layer.inputs.size(), 0);
    mine.last = last;
    for (std::size_t k = 0; k < layer.inputs.size(); ++k) {
      for (std::size_t before = first; before < i; ++before) {
        if (network.layers[before].output == layer.inputs[k])
          mine.from[k] = static_cast<std::uint32_t>(i - before);
      }
    }
    if (i == last) break;
    mine.chain = Chaining::forwards;
    const bool is_needed_later =
        network.tensor(layer.output).role != Role::plain || network.is_output(layer.output);
    for (std::size_t reader = 0; reader < network.layers.size(); ++reader) {
      const bool is_apart = reader <= i || reader > last;
      if (is_needed_later || (is_apart && reads(network.layers[reader], layer.output)))
        mine.chain = Chaining::goes_on;
    }
    plan.tensors[static_cast<std::size_t>(layer.output)].forwarded = mine.chain == Chaining::forwards;
  }
}

}  // namespace

QuantizedNetwork in_chain_order(QuantizedNetwork network) {
  for (const Loop& loop : network.loops) {
    std::vector<QuantizedLayer> ordered;
    for (const std::size_t i : LoopOrder(network, loop).run()) ordered.push_back(network.layers[i]);
    std::move(ordered.begin(), ordered.end(),
              network.layers.begin() + static_cast<std::ptrdiff_t>(loop.first));
  }
  return network;
}

std::optional<Schedule> ordered_schedule(const QuantizedNetwork& network, const MachineSpec& spec,
                                         const LowerOptions& options) {
  if (spec.vector.chain == 1 || network.loops.empty()) return std::nullopt;
  QuantizedNetwork ordered = in_chain_order(network);
  Plan plan = choose_formats(ordered, spec, options);
  if (!placement::place_if_it_fits(ordered, spec, plan)) return std::nullopt;
  return Schedule{std::move(ordered), std::move(plan)};
}

Schedule schedule_for(QuantizedNetwork network, const MachineSpec& spec, const LowerOptions& options) {
  Plan plan = choose_formats(network, spec, options);
  if (auto ordered = ordered_schedule(network, spec, options)) return std::move(*ordered);
  place_tensors(network, spec, plan);
  return {std::move(network), std::move(plan)};
}

void find_chains(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan) {
  const auto most = static_cast<std::size_t>(spec.vector.chain);
  const auto goes_on = [&](std::size_t first, std::size_t next, const Loop& loop) {
    if (next > loop.last || next - first >= most) return false;
    const QuantizedTensor& a = network.tensor(network.layers[first].output);
    const QuantizedTensor& b = network.tensor(network.layers[next].output);
    return is_chainable(network, network.layers[next]) && rows_of(a) == rows_of(b) &&
           a.channels == b.channels;
  };
  for (const Loop& loop : network.loops) {
    for (std::size_t first = loop.first; most > 1 && first <= loop.last;) {
      std::size_t next = first + 1;
      while (is_chainable(network, network.layers[first]) && goes_on(first, next, loop)) ++next;
      if (next - first > 1) link(network, first, next - 1, plan);
      first = next;
    }
  }
}

}  // namespace tricycle
