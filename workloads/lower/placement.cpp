// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/placement.hpp"

#include <algorithm>
#include <numeric>

#include "arch/params/clocks.hpp"
#include "arch/params/zero_flags.hpp"
#include "support/report.hpp"
#include "workloads/lower/chains.hpp"

namespace tricycle::placement {

bool Placement::run() {
  count_nonzeros();
  find_last_uses();
  keep_lives();
  const std::size_t all = pin_candidates();
  if (!place(all) && (!drop_chains() || !place(all))) return false;
  Cost least = cost_of(base_);
  while (!price_keeping(least)) continue;
  return true;
}

bool Placement::drop_chains() {
  const bool had_any = std::any_of(plan_.layers.begin(), plan_.layers.end(),
                                   [](const LayerPlan& plan) { return plan.link.is_shared(); });
  for (LayerPlan& plan : plan_.layers) plan.link = {};
  for (TensorPlan& tensor : plan_.tensors) tensor.forwarded = false;
  tilings_.clear();
  find_last_uses();
  keep_lives();
  return had_any;
}

Cost Placement::cost_of(const Trellis& trellis) {
  return {trellis.back()[0].dram_bytes, trellis.back()[0].cycles};
}

bool Placement::price_keeping(Cost& least) {
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const int output = network_.layers[i].output;
    TensorPlan& spilled = plan_.tensors[static_cast<std::size_t>(output)];
    if (spilled.resident || !may_stay(i) || bytes_of(output) > usable_activation_bytes(spec_)) continue;
    kept_ = output;
    const std::optional<Cost> cost = cost_of_keeping(i);
    const bool better = cost && *cost < least;
    if (better) {
      Trellis trellis;
      search(trellis);
      keep(trellis);
      least = *cost;
    }
    kept_ = -1;
    if (better) return false;
    spilled.may_stay = cost.has_value();
    if (cost) spilled.bytes_if_kept = cost->first - least.first;
  }
  return true;
}

std::optional<Cost> Placement::cost_of_keeping(std::size_t i) {
  std::vector<State> states = base_[i];
  for (; i < network_.layers.size(); ++i) {
    states = advance(i, states);
    if (states.empty()) return std::nullopt;
    if (const std::int64_t more = more_bytes(states, base_[i + 1]); more > 0)
      return Cost{cost_of(base_).first + more, 0};
  }
  return Cost{states[0].dram_bytes, states[0].cycles};
}

std::int64_t Placement::more_bytes(const std::vector<State>& states, const std::vector<State>& others) {
  const std::int64_t more = states[0].dram_bytes - others[0].dram_bytes;
  const bool same = std::equal(states.begin(), states.end(), others.begin(), others.end(),
                               [&](const State& a, const State& b) {
                                 return a.dram_bytes - b.dram_bytes == more && a.residents == b.residents;
                               });
  return same ? more : 0;
}

void Placement::find_last_uses() {
  last_use_.assign(network_.tensors.size(), -1);
  must_stay_.assign(network_.tensors.size(), false);
  std::vector<std::size_t> made(network_.tensors.size(), 0);
  for (std::size_t i = network_.layers.size(); i-- > 0;)
    made[static_cast<std::size_t>(network_.layers[i].output)] = i;
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const Loop* loop = network_.loop_of(i);
    const Role role = tensor(network_.layers[i].output).role;
    if (role == Role::state || (loop != nullptr && role == Role::plain))
      must_stay_[static_cast<std::size_t>(network_.layers[i].output)] = true;
    for (const int input : network_.layers[i].inputs) {
      const auto t = static_cast<std::size_t>(input);
      const bool again = loop != nullptr && (input == 0 || made[t] < loop->first);
      const ChainLink& link = plan_.layers[i].link;
      const std::size_t last = again ? loop->last : link.is_shared() ? link.last : i;
      last_use_[t] = std::max(last_use_[t], static_cast<int>(last));
    }
  }
}

void Placement::keep_lives() {
  for (std::size_t t = 0; t < last_use_.size(); ++t) plan_.tensors[t].last_use = last_use_[t];
  for (std::size_t i = network_.layers.size(); i-- > 0;)
    plan_.tensors[static_cast<std::size_t>(network_.layers[i].output)].made = static_cast<int>(i);
}

TilingProblem Placement::whole_problem(std::size_t i) const {
  return problem_of(i, std::vector<bool>(network_.layers[i].inputs.size(), false), false);
}

std::size_t Placement::loop_index(std::size_t layer) const {
  return static_cast<std::size_t>(network_.loop_of(layer) - network_.loops.data());
}

bool Placement::search(Trellis& trellis) {
  trellis = {{State{}}};
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    trellis.push_back(advance(i, trellis.back()));
    if (!trellis.back().empty()) continue;
    failed_ = i;
    return false;
  }
  return true;
}

const std::vector<Tiling>& Placement::tilings_of(std::size_t i, const std::vector<bool>& resident,
                                                 bool output) {
  const Key key = {i, plan_.layers[i].problem.pinned, stays_[i], taken_bytes(i), resident, output};
  const auto found = tilings_.find(key);
  if (found != tilings_.end()) return found->second;
  const TilingProblem problem = problem_of(i, resident, output);
  if (!moves_state(i)) return tilings_.emplace(key, fitting_tilings(i, problem)).first->second;
  Tiling t;  // a state is loaded from DRAM or stored there
  t.dram_bytes = bytes_of(network_.layers[i].output);
  t.cycles = static_cast<double>(t.dram_bytes) / dram_bytes_per_cycle(spec_);
  return tilings_.emplace(key, std::vector<Tiling>{t}).first->second;
}

std::vector<Tiling> Placement::fitting_tilings(std::size_t i, const TilingProblem& problem) const {
  std::vector<Tiling> fitting = tilings(problem, spec_);
  if (!plan_.layers[i].link.is_shared()) return fitting;
  if (problem.parameter_bytes() > 0 && !problem.pinned) return {};
  std::erase_if(fitting, [&](const Tiling& t) {
    return t.n != problem.n || t.lines != problem.out_lines() || t.columns != problem.out_columns();
  });
  return fitting;
}

bool Placement::moves_state(std::size_t i) const {
  const LayerKind kind = network_.layers[i].kind;
  return kind == LayerKind::initial || kind == LayerKind::save;
}

std::int64_t Placement::bytes_of(int index) const {
  if (plan_.tensors[static_cast<std::size_t>(index)].forwarded) return 0;
  return tensor_bytes(tensor(index), format(index), spec_.array.word_bits);
}

bool Placement::may_stay(std::size_t i) const {
  const QuantizedLayer& layer = network_.layers[i];
  const bool from_sums = layer.has_weights() && std::holds_alternative<RawStage>(layer.stage);
  const bool streams = network_.loop_of(i) != nullptr && tensor(layer.output).role == Role::sequence;
  return !network_.is_output(layer.output) && !from_sums && !streams;
}

std::vector<std::optional<Placed>> Placement::choices_of(std::size_t i, const State& from, std::int64_t begin,
                                                         std::int64_t end) const {
  const QuantizedLayer& layer = network_.layers[i];
  for (const Placed& placed : from.residents) {
    if (placed.tensor == layer.output) return {placed};
  }
  if (plan_.tensors[static_cast<std::size_t>(layer.output)].forwarded)
    return {Placed{layer.output, true, begin, begin}};
  std::vector<std::optional<Placed>> choices;
  if (!must_stay(layer.output) && layer.output != kept_) choices.push_back(std::nullopt);
  const std::int64_t bytes = aligned(bytes_of(layer.output));
  if (may_stay(i) && bytes <= end - begin) {
    choices.push_back(Placed{layer.output, true, begin, begin + bytes});
    choices.push_back(Placed{layer.output, false, end - bytes, end});
  }
  return choices;
}

std::vector<State> Placement::advance(std::size_t i, const std::vector<State>& from) {
  ++placed_;
  tell("placing layers", placed_, std::max(placed_, to_place_));
  const QuantizedLayer& layer = network_.layers[i];
  const std::int64_t size = usable_activation_bytes(spec_), steps = network_.steps_of(i);
  const std::int64_t pinned = bytes_before_loop(i);
  std::map<std::pair<std::vector<bool>, bool>, const std::vector<Tiling>*> known;
  std::map<std::vector<Placed>, State> reached;
  for (std::size_t s = 0; s < from.size(); ++s) {
    std::int64_t begin = 0, end = size;
    for (const Placed& placed : from[s].residents) {
      if (placed.low)
        begin = std::max(begin, placed.end);
      else
        end = std::min(end, placed.begin);
    }
    std::vector<bool> resident;
    for (const int input : layer.inputs) {
      resident.push_back(std::any_of(from[s].residents.begin(), from[s].residents.end(),
                                     [&](const Placed& p) { return p.tensor == input; }));
    }
    for (const auto& choice : choices_of(i, from[s], begin, end)) {
      const std::int64_t free_begin = choice && choice->low ? std::max(begin, choice->end) : begin;
      const std::int64_t free_end = choice && !choice->low ? std::min(end, choice->begin) : end;
      const std::vector<Tiling>*& candidates = known[{resident, choice.has_value()}];
      if (candidates == nullptr) candidates = &tilings_of(i, resident, choice.has_value());
      const auto fits = std::find_if(candidates->begin(), candidates->end(), [&](const Tiling& t) {
        return t.activation_bytes() <= free_end - free_begin;
      });
      if (fits == candidates->end()) continue;
      const Cost cost = {from[s].dram_bytes + steps * fits->dram_bytes + pinned,
                         from[s].cycles + static_cast<double>(steps) * fits->cycles};
      const auto [at, is_new] = reached.try_emplace(residents_behind(i, from[s], choice));
      State& next = at->second;
      if (!is_new && cost >= Cost{next.dram_bytes, next.cycles}) continue;
      std::tie(next.dram_bytes, next.cycles) = cost;
      next.before = static_cast<int>(s);
      next.output = choice;
      next.tiling = *fits;
      next.free_begin = free_begin;
      next.free_end = free_end;
    }
  }
  std::vector<State> states;
  for (auto& [residents, state] : reached) {
    states.push_back(std::move(state));
    states.back().residents = residents;
  }
  constexpr std::size_t most_states = 256;
  std::stable_sort(states.begin(), states.end(), [](const State& a, const State& b) {
    return std::pair(!a.residents.empty(), a.dram_bytes) < std::pair(!b.residents.empty(), b.dram_bytes);
  });
  if (states.size() > most_states) drop_states(states, most_states, size);
  return states;
}

std::vector<Placed> Placement::residents_behind(std::size_t i, const State& from,
                                                const std::optional<Placed>& output) const {
  std::vector<Placed> residents = from.residents;
  if (output && std::find(residents.begin(), residents.end(), *output) == residents.end())
    residents.push_back(*output);
  std::erase_if(residents, [&](const Placed& placed) {
    return last_use_[static_cast<std::size_t>(placed.tensor)] <= static_cast<int>(i);
  });
  std::sort(residents.begin(), residents.end());
  return residents;
}

void Placement::drop_states(std::vector<State>& states, std::size_t most_states, std::int64_t size) {
  constexpr std::size_t most_roomy = 64;
  const auto reach = [size](const State& state) {  // bytes in use from both ends, minus a constant
    std::int64_t low = 0, high = size;
    for (const Placed& p : state.residents) {
      if (p.low)
        low = std::max(low, p.end);
      else
        high = std::min(high, p.begin);
    }
    return low - high;
  };
  const auto taken = [](const State& state) {
    return std::accumulate(state.residents.begin(), state.residents.end(), std::int64_t{0},
                           [](std::int64_t sum, const Placed& p) { return sum + p.end - p.begin; });
  };
  std::stable_sort(states.begin(), states.end(), [&](const State& a, const State& b) {
    return std::pair(reach(a), a.dram_bytes) < std::pair(reach(b), b.dram_bytes);
  });
  const auto least = taken(*std::min_element(
      states.begin(), states.end(), [&](const State& a, const State& b) { return taken(a) < taken(b); }));
  std::map<std::vector<int>, std::size_t> seen;  // number of states seen, for each set of residents
  std::vector<std::tuple<std::size_t, std::int64_t, std::size_t>> order;  // turn, bytes, state
  for (std::size_t s = 0; s < states.size(); ++s) {
    std::vector<int> residents;
    for (const Placed& p : states[s].residents) residents.push_back(p.tensor);
    std::sort(residents.begin(), residents.end());
    const std::size_t turn = seen[residents]++;
    const bool always = turn < most_roomy && taken(states[s]) == least;
    order.emplace_back(always ? 0 : turn, always ? -1 : states[s].dram_bytes, s);
  }
  std::sort(order.begin(), order.end());
  std::vector<State> kept;
  for (std::size_t k = 0; k < most_states; ++k) kept.push_back(std::move(states[std::get<2>(order[k])]));
  states = std::move(kept);
}

void Placement::keep(const Trellis& states) {
  int s = 0;  // after the last layer nothing is resident: there is one state
  for (std::size_t i = network_.layers.size(); i-- > 0;) {
    const State& state = states[i + 1][static_cast<std::size_t>(s)];
    LayerPlan& plan = plan_.layers[i];
    plan.tiling = state.tiling;
    plan.free_begin = state.free_begin;
    plan.free_end = state.free_end;
    TensorPlan& output = plan_.tensors[static_cast<std::size_t>(network_.layers[i].output)];
    output.resident = state.output.has_value();
    if (state.output) output.address = state.output->begin;
    s = state.before;
  }
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const QuantizedLayer& layer = network_.layers[i];
    std::vector<bool> resident;
    for (const int input : layer.inputs)
      resident.push_back(plan_.tensors[static_cast<std::size_t>(input)].resident);
    plan_.layers[i].problem =
        problem_of(i, resident, plan_.tensors[static_cast<std::size_t>(layer.output)].resident);
  }
}

bool place_if_it_fits(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan) {
  find_chains(network, spec, plan);
  return Placement(network, spec, plan).run();
}

}  // namespace tricycle::placement

namespace tricycle {

std::int64_t tensor_bytes(const QuantizedTensor& tensor, Format format, std::int64_t word_bits) {
  return tensor.rows() * row_bytes(format, tensor.channels, word_bits);
}

void place_tensors(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan) {
  find_chains(network, spec, plan);
  placement::Placement placement(network, spec, plan);
  if (!placement.run()) placement.fail_to_fit();
}

}  // namespace tricycle
