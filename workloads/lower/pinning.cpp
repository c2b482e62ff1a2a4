// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "arch/params/zero_flags.hpp"
#include "workloads/lower/placement.hpp"

namespace tricycle::placement {

bool Placement::place(std::size_t all) {
  to_place_ = placed_ + (all + 2) * network_.layers.size();
  if (!has_groups() && place_staying(layers_with_parameters(), std::nullopt)) return true;
  const bool again = std::all_of(network_.loops.begin(), network_.loops.end(),
                                 [](const Loop& loop) { return loop.steps > 1; });
  std::optional<Cost> best;
  std::size_t best_count = 0;
  for (std::size_t count = all + 1; count-- > 0 && !(again && best && best_count == all);) {
    if (!pin(count)) continue;
    Trellis trellis;
    if (!search(trellis) || (best && cost_of(trellis) >= *best)) continue;
    best = cost_of(trellis);
    best_count = count;
    base_ = std::move(trellis);
  }
  if (!best) return false;
  pin(best_count);
  keep(base_);
  if (best_count == all && stays_for_nothing(*best)) return true;
  while (!price_keeping(*best)) continue;
  return true;
}

bool Placement::place_staying(const std::vector<std::size_t>& layers, const std::optional<Cost>& most) {
  std::int64_t at = usable_weight_bytes(spec_);
  for (LayerPlan& plan : plan_.layers) plan.problem.pinned = false;
  for (const std::size_t i : layers) {
    at -= aligned(whole_problem(i).pinned_size());
    plan_.layers[i].problem.pinned = true;
    plan_.layers[i].pinned_at = at;
  }
  if (layers.empty() || at < 0) return false;
  staying_bytes_ = usable_weight_bytes(spec_) - at;
  Trellis trellis;
  const auto is_dearer = [&](const Cost& cost) {
    return most && (cost.first > most->first || cost.second > most->second);
  };
  if (!search(trellis) || is_dearer(cost_of(trellis))) {
    staying_bytes_ = 0;
    return false;
  }
  base_ = std::move(trellis);
  Cost best = cost_of(base_);
  keep(base_);
  while (!price_keeping(best)) continue;
  return true;
}

bool Placement::stays_for_nothing(const Cost& best) {
  const Plan normal = plan_;
  const Trellis base = base_;
  const std::int64_t all = usable_weight_bytes(spec_);
  bool is_free = place_staying(candidates_, best);
  const auto has_four_blocks = [](const Tiling& t, std::int64_t room) { return 4 * t.weight_block <= room; };
  for (std::size_t i = 0; i < plan_.layers.size() && is_free; ++i) {
    const Tiling &now = plan_.layers[i].tiling, &before = normal.layers[i].tiling;
    is_free = now.lines == before.lines && now.columns == before.columns && now.n == before.n &&
              now.pass_lines == before.pass_lines && now.channels == before.channels &&
              now.weights_outer == before.weights_outer &&
              has_four_blocks(now, all - staying_bytes_) == has_four_blocks(before, all);
  }
  if (is_free) return true;
  staying_bytes_ = 0;
  plan_ = normal;
  base_ = base;
  return false;
}

bool Placement::has_groups() const {
  return std::any_of(network_.layers.begin(), network_.layers.end(),
                     [](const QuantizedLayer& layer) { return layer.has_weights() && layer.groups > 1; });
}

std::vector<std::size_t> Placement::layers_with_parameters() const {
  std::vector<std::size_t> layers;
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const TilingProblem problem = whole_problem(i);
    if (problem.gather_row == 0 && problem.parameter_bytes() > 0) layers.push_back(i);
  }
  return layers;
}

std::size_t Placement::pin_candidates() {
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    if (network_.loop_of(i) != nullptr && parameter_bytes(i) > 0) candidates_.push_back(i);
  }
  std::stable_sort(candidates_.begin(), candidates_.end(), [this](std::size_t a, std::size_t b) {
    return network_.layers[a].has_weights() < network_.layers[b].has_weights();
  });
  return candidates_.size();
}

bool Placement::pin(std::size_t count) {
  pinned_bytes_.assign(network_.loops.size(), 0);
  for (LayerPlan& plan : plan_.layers) plan.problem.pinned = false;
  for (std::size_t k = 0; k < count; ++k) {
    LayerPlan& plan = plan_.layers[candidates_[k]];
    std::int64_t& bytes = pinned_bytes_[loop_index(candidates_[k])];
    bytes += aligned(whole_problem(candidates_[k]).pinned_size());
    plan.pinned_at = usable_weight_bytes(spec_) - bytes;
    plan.problem.pinned = true;
    if (plan.pinned_at < 0) return false;
  }
  return true;
}

std::int64_t Placement::pinned_bytes(std::size_t i) const {
  const bool is_loaded_before =
      plan_.layers[i].problem.pinned && (staying_bytes_ == 0 || network_.loop_of(i) != nullptr);
  return is_loaded_before ? parameter_bytes(i) : 0;
}

}  // namespace tricycle::placement
