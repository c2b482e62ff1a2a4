// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "arch/params/clocks.hpp"
#include "arch/params/zero_flags.hpp"
#include "workloads/lower/placement.hpp"

namespace tricycle::placement {
namespace {

/// The first item may be slower by this factor.
constexpr double most_slower = 1.01;
/// The others must be faster by this part of it, as estimated.
constexpr double least_saved = 0.005;
/// Loads run ahead of the array by up to so many blocks of weights; of a layer that waits for its loads, by
/// so many. In a ring of fewer blocks it gets slower.
constexpr std::int64_t most_ahead = 8, most_ahead_of_loads = 12;
/// What may stay at most is tried in steps of this part of weight memory.
constexpr std::int64_t shares = 16;

}  // namespace

bool Placement::place(std::size_t all) {
  to_place_ = placed_ + (all + 2) * network_.layers.size();
  if (!has_groups() && place_all_staying()) return true;
  const bool again = std::all_of(network_.loops.begin(), network_.loops.end(),
                                 [](const Loop& loop) { return loop.steps > 1; });
  std::optional<Cost> best;
  std::size_t best_count = 0;
  for (std::size_t count = all + 1; count-- > 0 && !(again && best && best_count == all);) {
    if (!pin({}, count)) continue;
    Trellis trellis;
    if (!search(trellis) || (best && cost_of(trellis) >= *best)) continue;
    best = cost_of(trellis);
    best_count = count;
    base_ = std::move(trellis);
  }
  if (!best) return false;
  pin({}, best_count);
  keep(base_);
  let_stay(best_count, *best);
  return true;
}

bool Placement::place_all_staying() {
  Trellis trellis;
  if (!pin(layers_with_parameters(), 0) || !search(trellis)) return false;
  base_ = std::move(trellis);
  keep(base_);
  return staying_bytes_ > 0;
}

void Placement::let_stay(std::size_t count, const Cost& now) {
  const std::vector<Stayer> all = stayers();
  const std::vector<LayerPlan> before = plan_.layers;
  std::vector<std::size_t> tried;
  for (std::int64_t share = shares; share > 0; --share) {
    std::int64_t room = usable_weight_bytes(spec_) / shares * share;
    double saved = 0;
    std::vector<std::size_t> staying;
    for (const Stayer& stayer : all) {
      if (stayer.bytes > room) continue;
      room -= stayer.bytes;
      saved += stayer.saved_cycles;
      staying.push_back(stayer.layer);
    }
    if (saved < least_saved * now.second) break;
    std::sort(staying.begin(), staying.end());
    if (staying == tried) continue;
    tried = staying;
    Trellis trellis;
    if (!pin(staying, count) || !search(trellis)) continue;
    const auto [bytes, cycles] = cost_of(trellis);
    if (bytes > now.first || cycles > most_slower * now.second) continue;
    keep(trellis);
    if (!leaves_others_alone(before)) continue;
    base_ = std::move(trellis);
    return;
  }
  pin({}, count);
  keep(base_);
}

bool Placement::leaves_others_alone(const std::vector<LayerPlan>& layers) const {
  const std::int64_t all = usable_weight_bytes(spec_);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (stays_[i]) continue;
    const Tiling &now = plan_.layers[i].tiling, &before = layers[i].tiling;
    const bool is_same = now.lines == before.lines && now.columns == before.columns && now.n == before.n &&
                         now.pass_lines == before.pass_lines && now.channels == before.channels &&
                         now.weights_outer == before.weights_outer && now.streams == before.streams;
    if (!is_same) return false;
    const double loads = static_cast<double>(before.weight_loads * layers[i].problem.parameter_bytes()) /
                         dram_bytes_per_cycle(spec_);
    const std::int64_t most = loads > before.cycles / 2 ? most_ahead_of_loads : most_ahead;
    const auto blocks = [&](std::int64_t room) {
      return before.weight_block == 0 ? most : std::min(most, room / before.weight_block);
    };
    if (blocks(all - staying_bytes_) != blocks(all)) return false;
  }
  return true;
}

std::vector<Placement::Stayer> Placement::stayers() {
  std::vector<Stayer> found;
  const Plan normal = plan_;
  for (const std::size_t i : layers_with_parameters()) {
    const LayerPlan& before = normal.layers[i];
    std::vector<bool> resident;
    for (const TiledInput& input : before.problem.inputs) resident.push_back(input.resident);
    if (!pin({i}, 0)) continue;
    const std::vector<Tiling>& all = tilings_of(i, resident, before.problem.output_resident);
    const auto tile = std::find_if(all.begin(), all.end(), [&](const Tiling& t) {
      return t.activation_bytes() <= before.free_end - before.free_begin;
    });
    const std::int64_t steps = network_.steps_of(i);
    const std::int64_t loaded_before = before.problem.pinned ? parameter_bytes(i) : 0;
    if (tile == all.end() ||
        steps * tile->dram_bytes + bytes_before_loop(i) > steps * before.tiling.dram_bytes + loaded_before)
      continue;
    const double saved = static_cast<double>(steps) * (before.tiling.cycles - tile->warm_cycles) +
                         static_cast<double>(loaded_before) / dram_bytes_per_cycle(spec_);
    if (saved >= 0) found.push_back({i, aligned(whole_problem(i).pinned_size()), saved});
  }
  std::stable_sort(found.begin(), found.end(), [](const Stayer& a, const Stayer& b) {
    return a.saved_cycles * static_cast<double>(b.bytes) > b.saved_cycles * static_cast<double>(a.bytes);
  });
  return found;
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

bool Placement::pin(const std::vector<std::size_t>& staying, std::size_t count) {
  stays_.assign(network_.layers.size(), false);
  pinned_bytes_.assign(network_.loops.size(), 0);
  for (LayerPlan& plan : plan_.layers) plan.problem.pinned = false;
  std::int64_t at = usable_weight_bytes(spec_);
  for (const std::size_t i : staying) {
    at -= aligned(whole_problem(i).pinned_size());
    stays_[i] = plan_.layers[i].problem.pinned = true;
    plan_.layers[i].pinned_at = at;
  }
  staying_bytes_ = usable_weight_bytes(spec_) - at;
  bool fits = at >= 0;
  for (std::size_t k = 0; k < count; ++k) {
    LayerPlan& plan = plan_.layers[candidates_[k]];
    if (plan.problem.pinned) continue;
    std::int64_t& bytes = pinned_bytes_[loop_index(candidates_[k])];
    bytes += aligned(whole_problem(candidates_[k]).pinned_size());
    plan.pinned_at = at - bytes;
    plan.problem.pinned = true;
    fits = fits && plan.pinned_at >= 0;
  }
  return fits;
}

std::int64_t Placement::taken_bytes(std::size_t i) const {
  const bool in_loop = network_.loop_of(i) != nullptr && !pinned_bytes_.empty();
  return staying_bytes_ + (in_loop ? pinned_bytes_[loop_index(i)] : 0);
}

std::int64_t Placement::bytes_before_loop(std::size_t i) const {
  return plan_.layers[i].problem.pinned && network_.loop_of(i) != nullptr ? parameter_bytes(i) : 0;
}

}  // namespace tricycle::placement
