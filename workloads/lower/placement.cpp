// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "arch/params/clocks.hpp"
#include "arch/params/zero_flags.hpp"
#include "support/diagnostics.hpp"
#include "support/report.hpp"
#include "workloads/lower/chains.hpp"
#include "workloads/lower/image.hpp"
#include "workloads/lower/output_rate.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle {

std::int64_t tensor_bytes(const QuantizedTensor& tensor, Format format, std::int64_t word_bits) {
  return tensor.rows() * row_bytes(format, tensor.channels, word_bits);
}

namespace {

/// A tensor in activation memory: at the low end, above earlier tensors there, or at the high end, below
/// earlier tensors.
struct Placed {
  int tensor;
  bool low;
  std::int64_t begin, end;
  auto operator<=>(const Placed&) const = default;
};

/// The resident tensors between two layers, the choices that led here, and the cost so far.
struct State {
  std::vector<Placed> residents;
  std::int64_t dram_bytes = 0;
  double cycles = 0;
  int before = -1;               ///< its predecessor among the states before the layer
  std::optional<Placed> output;  ///< the layer's output, where it is resident
  Tiling tiling;
  std::int64_t free_begin = 0, free_end = 0;
};

/// The cost of a plan: DRAM bytes, then cycles.
using Cost = std::pair<std::int64_t, double>;

class Placement {
 public:
  Placement(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan)
      : network_(network), spec_(spec), plan_(plan) {}

  void run() {
    count_nonzeros();
    find_last_uses();
    keep_lives();
    const std::size_t all = pin_candidates();
    if (place(all)) return;
    if (!drop_chains() || !place(all)) fail_to_fit();
  }

 private:
  /// If weight memory holds the parameters of all layers, they stay there from item to item. Otherwise it
  /// chooses how many candidate layers within loops have pinned parameters, which stay in weight memory
  /// through all time steps, and from item to item where that costs nothing. It tries every number that fits,
  /// the largest first. If all candidates fit and every loop has more than one time step, no other number
  /// moves fewer bytes. Returns whether anything fits.
  bool place(std::size_t all) {
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

  /// Returns whether there were any.
  bool drop_chains() {
    const bool had_any = std::any_of(plan_.layers.begin(), plan_.layers.end(),
                                     [](const LayerPlan& plan) { return plan.link.is_shared(); });
    for (LayerPlan& plan : plan_.layers) plan.link = {};
    for (TensorPlan& tensor : plan_.tensors) tensor.forwarded = false;
    tilings_.clear();
    find_last_uses();
    keep_lives();
    return had_any;
  }

  /// Places the parameters of some layers side by side at the end of weight memory, where they stay from item
  /// to item. Returns whether they fit, and all else beside them, with no more DRAM bytes and no more cycles
  /// for the first item than `most` has.
  bool place_staying(const std::vector<std::size_t>& layers, const std::optional<Cost>& most) {
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

  /// Lets the parameters of loops stay where no other layer's tiles change for it, and none loses the room
  /// for four blocks of weights: loads run so far ahead of the array.
  bool stays_for_nothing(const Cost& best) {
    const Plan normal = plan_;
    const Trellis base = base_;
    const std::int64_t all = usable_weight_bytes(spec_);
    bool is_free = place_staying(candidates_, best);
    const auto has_four_blocks = [](const Tiling& t, std::int64_t room) {
      return 4 * t.weight_block <= room;
    };
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

  /// Weights of groups are pinned with the zeros of all other groups, which would cost more than staying
  /// saves.
  bool has_groups() const {
    return std::any_of(network_.layers.begin(), network_.layers.end(),
                       [](const QuantizedLayer& layer) { return layer.has_weights() && layer.groups > 1; });
  }

  /// The layers with weights or tables that are loaded into weight memory.
  std::vector<std::size_t> layers_with_parameters() const {
    std::vector<std::size_t> layers;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const TilingProblem problem = whole_problem(i);
      if (problem.gather_row == 0 && problem.parameter_bytes() > 0) layers.push_back(i);
    }
    return layers;
  }

  const QuantizedTensor& tensor(int index) const { return network_.tensor(index); }
  Format format(int index) const { return plan_.tensors[static_cast<std::size_t>(index)].format; }

  /// Element i has the states after i layers. The last element, after all layers, has a single state.
  using Trellis = std::vector<std::vector<State>>;
  static Cost cost_of(const Trellis& trellis) {
    return {trellis.back()[0].dram_bytes, trellis.back()[0].cycles};
  }

  /// Computes for each tensor in DRAM the cost of keeping it on chip, with all other choices made anew.
  /// Because states are dropped, this may turn out cheaper than the plan. Then it becomes the plan, and the
  /// function returns false.
  bool price_keeping(Cost& least) {
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

  /// The cost of a plan that keeps the output of layer `i`; nothing where no such plan exists. Before layer
  /// `i` the states are the states of the free plan. Later they may become the states of the free plan again,
  /// each with the same number of additional bytes. From there on they stay so, and the cycles do not matter.
  std::optional<Cost> cost_of_keeping(std::size_t i) {
    std::vector<State> states = base_[i];
    for (; i < network_.layers.size(); ++i) {
      states = advance(i, states);
      if (states.empty()) return std::nullopt;
      if (const std::int64_t more = more_bytes(states, base_[i + 1]); more > 0)
        return Cost{cost_of(base_).first + more, 0};
    }
    return Cost{states[0].dram_bytes, states[0].cycles};
  }

  /// The number of bytes that each state has moved in addition to the other state with the same index and
  /// residents. 0 where this number differs between states.
  static std::int64_t more_bytes(const std::vector<State>& states, const std::vector<State>& others) {
    const std::int64_t more = states[0].dram_bytes - others[0].dram_bytes;
    const bool same = std::equal(states.begin(), states.end(), others.begin(), others.end(),
                                 [&](const State& a, const State& b) {
                                   return a.dram_bytes - b.dram_bytes == more && a.residents == b.residents;
                                 });
    return same ? more : 0;
  }

  /// Counts the nonzero weights of the layers with a bitmap.
  void count_nonzeros() {
    nonzeros_.resize(network_.layers.size());
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const LayerPlan& plan = plan_.layers[i];
      if (plan.weight_format != Format::bitmap && plan.dram_weight_format != Format::bitmap) continue;
      const QuantizedLayer& layer = network_.layers[i];
      const std::int64_t channels = tensor(layer.inputs[0]).channels / layer.groups;
      const std::int64_t unit =
          layer.groups > 1 ? channels : split_of(format(layer.inputs[0]), plan.weight_format);
      nonzeros_[i] = std::make_shared<NonzeroWeights>(
          nonzero_weights(layer.weights, layer.window.taps(), channels, unit));
    }
  }

  /// A tensor that is made before a loop and read in it is read again in each time step. So it is in use up
  /// to the loop's last layer. What one layer of a pass reads, all of them leave alone: values stream
  /// through.
  void find_last_uses() {
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

  void keep_lives() {
    for (std::size_t t = 0; t < last_use_.size(); ++t) plan_.tensors[t].last_use = last_use_[t];
    for (std::size_t i = network_.layers.size(); i-- > 0;)
      plan_.tensors[static_cast<std::size_t>(network_.layers[i].output)].made = static_cast<int>(i);
  }

  /// Finds the layers within loops that have parameters: first the layers with tables only, then the layers
  /// with weights. This order does not depend on the machine's memory.
  std::size_t pin_candidates() {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (network_.loop_of(i) != nullptr && parameter_bytes(i) > 0) candidates_.push_back(i);
    }
    std::stable_sort(candidates_.begin(), candidates_.end(), [this](std::size_t a, std::size_t b) {
      return network_.layers[a].has_weights() < network_.layers[b].has_weights();
    });
    return candidates_.size();
  }
  TilingProblem whole_problem(std::size_t i) const {
    return problem_of(i, std::vector<bool>(network_.layers[i].inputs.size(), false), false);
  }
  std::int64_t parameter_bytes(std::size_t i) const { return whole_problem(i).parameter_bytes(); }

  /// Places the parameters of the first `count` candidates at the end of weight memory, separately for each
  /// loop. Returns false where they do not fit.
  bool pin(std::size_t count) {
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
  std::size_t loop_index(std::size_t layer) const {
    return static_cast<std::size_t>(network_.loop_of(layer) - network_.loops.data());
  }

  /// Finds the states after each layer, with the current pinned parameters. Returns false where a layer does
  /// not fit.
  bool search(Trellis& trellis) {
    trellis = {{State{}}};
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      trellis.push_back(advance(i, trellis.back()));
      if (!trellis.back().empty()) continue;
      failed_ = i;
      return false;
    }
    return true;
  }

  /// Stacks the images into one tall image where no window reaches from one image into the next.
  static void stack_images(std::int64_t& images, Window& w, std::int64_t pool_stride) {
    if (images == 1 || w.pad_top != 0 || w.lines % pool_stride != 0) return;
    const std::int64_t extent = (w.kernel_h - 1) * w.dilation_y + 1;
    if ((w.lines - 1) * w.stride_y + extent > w.in_lines) return;
    if (w.lines == 1) w.stride_y = w.in_lines;
    if (w.lines * w.stride_y != w.in_lines) return;
    w.lines *= images;
    w.in_lines *= images;
    images = 1;
  }

  TilingProblem problem_of(std::size_t i, const std::vector<bool>& resident, bool output_resident) const {
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
    if (staying_bytes_ > 0) {
      p.pinned = p.stays = plan.problem.pinned;
      p.loads_stay = p.stays && network_.loop_of(i) == nullptr;
      p.pinned_bytes = staying_bytes_;
    } else if (network_.loop_of(i) != nullptr && !pinned_bytes_.empty()) {
      p.pinned = plan.problem.pinned;
      p.pinned_bytes = pinned_bytes_[loop_index(i)];
    }
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
    return p;
  }

  /// A tile's input channels are a multiple of this, so that both operands start a new word.
  std::int64_t split_of(Format activations, Format weights) const {
    const auto unit = [&](Format f) {
      return is_packed(f) ? elements_per_word(f, spec_.array.word_bits) : 1;
    };
    const std::int64_t split = std::max(unit(activations), unit(weights));
    return split > 1 ? split : 16;  // plain bytes may be split anywhere
  }

  /// Whether the feeder packs the reduction densely over all taps.
  bool is_dense(const QuantizedLayer& layer) const {
    const auto packing = spec_.array.packing;
    if (packing == Packing::channel || layer.window.taps() == 1) return false;
    return packing == Packing::im2col || tensor(layer.inputs[0]).channels / layer.groups <= 3;
  }

  /// A layer, whether its parameters are pinned, the bytes of pinned parameters in its loop, the resident
  /// inputs, and whether the output is resident.
  using Key = std::tuple<std::size_t, bool, std::int64_t, std::vector<bool>, bool>;

  const std::vector<Tiling>& tilings_of(std::size_t i, const std::vector<bool>& resident, bool output) {
    const bool in_loop = network_.loop_of(i) != nullptr;
    const bool is_pinned = (in_loop || staying_bytes_ > 0) && plan_.layers[i].problem.pinned;
    const std::int64_t taken = staying_bytes_ > 0 ? staying_bytes_
                               : in_loop          ? pinned_bytes_[loop_index(i)]
                                                  : 0;
    const Key key = {i, is_pinned, taken, resident, output};
    const auto found = tilings_.find(key);
    if (found != tilings_.end()) return found->second;
    const TilingProblem problem = problem_of(i, resident, output);
    if (!moves_state(i)) return tilings_.emplace(key, fitting_tilings(i, problem)).first->second;
    Tiling t;  // a state is loaded from DRAM or stored there
    t.dram_bytes = bytes_of(network_.layers[i].output);
    t.cycles = static_cast<double>(t.dram_bytes) / dram_bytes_per_cycle(spec_);
    return tilings_.emplace(key, std::vector<Tiling>{t}).first->second;
  }

  /// A layer that shares a pass has one tile, and its table is in weight memory before.
  std::vector<Tiling> fitting_tilings(std::size_t i, const TilingProblem& problem) const {
    std::vector<Tiling> fitting = tilings(problem, spec_);
    if (!plan_.layers[i].link.is_shared()) return fitting;
    if (problem.parameter_bytes() > 0 && !problem.pinned) return {};
    std::erase_if(fitting, [&](const Tiling& t) {
      return t.n != problem.n || t.lines != problem.out_lines() || t.columns != problem.out_columns();
    });
    return fitting;
  }

  bool moves_state(std::size_t i) const {
    const LayerKind kind = network_.layers[i].kind;
    return kind == LayerKind::initial || kind == LayerKind::save;
  }

  std::int64_t bytes_of(int index) const {
    if (plan_.tensors[static_cast<std::size_t>(index)].forwarded) return 0;
    return tensor_bytes(tensor(index), format(index), spec_.array.word_bits);
  }

  /// Whether a layer's output may lie in activation memory.
  bool may_stay(std::size_t i) const {
    const QuantizedLayer& layer = network_.layers[i];
    const bool from_sums = layer.has_weights() && std::holds_alternative<RawStage>(layer.stage);
    const bool streams = network_.loop_of(i) != nullptr && tensor(layer.output).role == Role::sequence;
    return !network_.is_output(layer.output) && !from_sums && !streams;
  }

  /// The possible places of a layer's output: DRAM, or either end of the free stretch of activation memory.
  /// Tensors within a time step and states always lie in activation memory. A sequence that a loop makes
  /// always lies in DRAM.
  std::vector<std::optional<Placed>> choices_of(std::size_t i, const State& from, std::int64_t begin,
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

  std::vector<State> advance(std::size_t i, const std::vector<State>& from) {
    ++placed_;
    tell("placing layers", placed_, std::max(placed_, to_place_));
    const QuantizedLayer& layer = network_.layers[i];
    const std::int64_t size = usable_activation_bytes(spec_), steps = network_.steps_of(i);
    const std::int64_t pinned = pinned_bytes(i);
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

  /// The resident tensors after a layer with the chosen place of its output.
  std::vector<Placed> residents_behind(std::size_t i, const State& from,
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

  /// Keeps `most_states` states. It works in turns: in each turn every set of residents contributes its state
  /// with the most free room, and the states with the fewest bytes come first. The first 64 states of each
  /// set that takes the least memory come before all others: if the next layers fit with any set, they fit
  /// with such a set.
  static void drop_states(std::vector<State>& states, std::size_t most_states, std::int64_t size) {
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

  /// Whether a tensor must lie in activation memory: tensors within a time step, and states.
  bool must_stay(int index) const { return must_stay_[static_cast<std::size_t>(index)]; }

  /// The bytes that are loaded once for all time steps.
  std::int64_t pinned_bytes(std::size_t i) const {
    const bool is_loaded_before =
        plan_.layers[i].problem.pinned && (staying_bytes_ == 0 || network_.loop_of(i) != nullptr);
    return is_loaded_before ? parameter_bytes(i) : 0;
  }

  void keep(const Trellis& states) {
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

  /// Whether every layer fits, without pinned parameters.
  bool fits() {
    count_nonzeros();
    find_last_uses();
    pin(0);
    Trellis trellis;
    return search(trellis);
  }

  /// Says which memories are too small, and gives sizes with which the whole network fits. None of these
  /// sizes could be smaller.
  [[noreturn]] void fail_to_fit() const {
    MachineSpec enough = spec_;
    const FlagGrains grains = flag_grains(spec_.array);
    std::vector<Fault> faults;
    demand(&MachineSpec::weight_memory, grains.weights, "weight_memory", &Tiling::weight_block, enough,
           faults);
    demand(&MachineSpec::accumulator_memory, 0, "accumulator_memory", &Tiling::sum_block, enough, faults);
    std::size_t failed = 0;
    if (!fits_on(enough, failed)) {
      const std::int64_t kept = kept_bytes(failed), has = usable_activation_bytes(spec_);
      const auto [layer, bytes] = hungriest([](const Tiling& t) { return t.activation_bytes(); }, false);
      faults.push_back({kept > 0 ? failed : layer, "activation_memory", &MachineSpec::activation_memory,
                        kept > 0
                            ? fmt::format("a time step keeps {} bytes in activation_memory, which has {}, "
                                          "and needs room for blocks beside them",
                                          kept, has)
                            : no_tile_fits("activation_memory", bytes, has)});
      do enough.activation_memory.size_KiB *= 2;
      while (!fits_on(enough, failed));
    }
    std::string message;
    for (const Fault& fault : faults) {
      shrink(fault.memory, enough);
      message += fmt::format("{}; {}.size_KiB would have to be {}{}", message.empty() ? fault.message : "",
                             fault.name, (enough.*fault.memory).size_KiB, message.empty() ? "" : " as well");
    }
    throw InputError(Place::at_node(network_.file, network_.layers[faults[0].layer].name), message);
  }

  using MemoryField = MemorySpec MachineSpec::*;

  /// A memory that is too small, and a layer that needs more.
  struct Fault {
    std::size_t layer;
    const char* name;
    MemoryField memory;
    std::string message;
  };

  /// Enlarges a memory to the need of the layer that needs the most of it.
  void demand(MemoryField field, std::int64_t grain, const char* name, std::int64_t Tiling::*block,
              MachineSpec& enough, std::vector<Fault>& faults) const {
    const auto [layer, bytes] = hungriest([&](const Tiling& t) { return t.*block; }, true);
    MemorySpec& memory = enough.*field;
    const std::int64_t has = usable_bytes(memory, grain);
    if (bytes <= has) return;
    memory.size_KiB = ceil_div(bytes, 1024);
    while (usable_bytes(memory, grain) < bytes) ++memory.size_KiB;
    faults.push_back({layer, name, field, no_tile_fits(name, bytes, has)});
  }

  /// The layer whose smallest tile needs the most bytes, and this number. A tile whose output stays on chip
  /// may need fewer bytes in the other memories.
  template <class Bytes>
  std::pair<std::size_t, std::int64_t> hungriest(Bytes bytes, bool output_may_stay) const {
    std::pair<std::size_t, std::int64_t> most = {0, -1};
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (moves_state(i)) continue;
      const std::vector<bool> none(network_.layers[i].inputs.size(), false);
      std::int64_t needed = bytes(least_tiling(problem_of(i, none, false), spec_));
      const Tiling kept = least_tiling(problem_of(i, none, output_may_stay && may_stay(i)), spec_);
      needed = std::min(needed, bytes(kept));
      if (needed > most.second) most = {i, needed};
    }
    return most;
  }

  bool fits_on(const MachineSpec& machine, std::size_t& failed) const {
    Plan plan = plan_;
    Placement placement(network_, machine, plan);
    const bool fits = placement.fits();
    failed = placement.failed_;
    return fits;
  }

  /// Makes a memory as small as possible so that everything still fits. The machine's own memory is too
  /// small.
  void shrink(MemoryField memory, MachineSpec& enough) const {
    std::int64_t too_small = (spec_.*memory).size_KiB, fitting = (enough.*memory).size_KiB;
    std::size_t failed = 0;
    while (fitting - too_small > 1) {
      const std::int64_t middle = (too_small + fitting) / 2;
      (enough.*memory).size_KiB = middle;
      (fits_on(enough, failed) ? fitting : too_small) = middle;
    }
    (enough.*memory).size_KiB = fitting;
  }

  /// The bytes that must lie in activation memory while a layer in a loop, or a layer of a state, runs.
  std::int64_t kept_bytes(std::size_t layer) const {
    std::int64_t bytes = 0;
    for (std::size_t t = 1; t < network_.tensors.size(); ++t) {
      std::size_t made = network_.layers.size();
      for (std::size_t i = network_.layers.size(); i-- > 0;) {
        if (network_.layers[i].output == static_cast<int>(t)) made = i;
      }
      if (must_stay(static_cast<int>(t)) && made <= layer && last_use_[t] >= static_cast<int>(layer))
        bytes += aligned(bytes_of(static_cast<int>(t)));
    }
    return bytes;
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  Plan& plan_;
  std::vector<std::shared_ptr<const NonzeroWeights>> nonzeros_;  ///< for each layer with a bitmap
  std::vector<int> last_use_;                                    ///< for each tensor, its last layer
  std::vector<bool> must_stay_;                                  ///< of each tensor
  std::vector<std::size_t> candidates_;                          ///< layers whose parameters may be pinned
  std::vector<std::int64_t> pinned_bytes_;                       ///< of each loop
  std::int64_t staying_bytes_ = 0;  ///< of weight memory, where all parameters stay
  std::map<Key, std::vector<Tiling>> tilings_;
  Trellis base_;                             ///< states of the free plan
  std::uint64_t placed_ = 0, to_place_ = 0;  ///< layers, counted once for each number of pinned layers
  int kept_ = -1;                            ///< a tensor that must not lie in DRAM, or -1
  std::size_t failed_ = 0;                   ///< the layer at which the last placement ended
};

}  // namespace

void place_tensors(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan) {
  find_chains(network, spec, plan);
  Placement(network, spec, plan).run();
}

}  // namespace tricycle
