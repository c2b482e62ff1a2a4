// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "support/diagnostics.hpp"
#include "workloads/lower/image.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle {

std::int64_t tensor_bytes(const QuantizedTensor& tensor, Format format, std::int64_t word_bits) {
  return tensor.rows() * row_bytes(format, tensor.channels, word_bits);
}

namespace {

/// A tensor in activation memory: at its low end, above those that were there, or at its high end, below.
struct Placed {
  int tensor;
  bool low;
  std::int64_t begin, end;
  auto operator<=>(const Placed&) const = default;
};

/// What is resident between two layers, how it came to be, and the DRAM bytes up to here.
struct State {
  std::vector<Placed> residents;
  std::int64_t dram_bytes = 0;
  double cycles = 0;
  int before = -1;               ///< the state that it came from, of the layer before
  std::optional<Placed> output;  ///< of the layer behind it, where it is resident
  Tiling tiling;
  std::int64_t free_begin = 0, free_end = 0;
};

class Placement {
 public:
  Placement(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan)
      : network_(network), spec_(spec), plan_(plan) {}

  void run() {
    find_last_uses();
    std::vector<std::vector<State>> states = {{State{}}};
    for (std::size_t i = 0; i < network_.layers.size(); ++i) states.push_back(advance(i, states.back()));
    keep(states);
  }

 private:
  const QuantizedTensor& tensor(int index) const { return network_.tensor(index); }
  Format format(int index) const { return plan_.tensors[static_cast<std::size_t>(index)].format; }

  void find_last_uses() {
    last_use_.assign(network_.tensors.size(), -1);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      for (const int input : network_.layers[i].inputs)
        last_use_[static_cast<std::size_t>(input)] = static_cast<int>(i);
    }
  }

  /// Images one above the other, where no window reaches from one into the next.
  static void stack_images(std::int64_t& images, Window& w, std::int64_t pool_h) {
    if (images == 1 || w.pad_top != 0 || w.lines % pool_h != 0) return;
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
      p.window.lines = layer.pool->lines * p.pool_h;  // what is left over at the end is in no window
      p.window.columns = layer.pool->columns * p.pool_w;
    }
    stack_images(p.images, p.window, p.pool_h);
    for (std::size_t k = 0; k < layer.inputs.size(); ++k) {
      p.inputs.push_back({format(layer.inputs[k]), tensor(layer.inputs[k]).channels, resident[k]});
    }
    p.n = tensor(layer.output).channels;
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
    }
    const TableShape table = table_shape(layer, plan.threshold_bytes);
    p.table_row = table.row;
    p.table_per_channel = table.per_channel;
    if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage))
      p.operations = static_cast<std::int64_t>(stage->codes.size()) - 1;
    return p;
  }

  /// Channels at which both operands start a new word.
  std::int64_t split_of(Format activations, Format weights) const {
    const auto unit = [&](Format f) {
      return is_packed(f) ? elements_per_word(f, spec_.array.word_bits) : 1;
    };
    const std::int64_t split = std::max(unit(activations), unit(weights));
    return split > 1 ? split : 16;  // plain bytes may be split anywhere
  }

  /// Whether the feeder packs the reduction densely over all taps.
  bool is_dense(const QuantizedLayer& layer) const {
    const auto packing = static_cast<Packing>(spec_.array.packing);
    if (packing == Packing::channel || layer.window.taps() == 1) return false;
    return packing == Packing::im2col || tensor(layer.inputs[0]).channels / layer.groups <= 3;
  }

  using Cache = std::map<std::pair<std::vector<bool>, bool>, std::vector<Tiling>>;

  const std::vector<Tiling>& tilings_of(std::size_t i, const std::vector<bool>& resident, bool output,
                                        Cache& cache) const {
    const auto key = std::pair(resident, output);
    const auto found = cache.find(key);
    if (found != cache.end()) return found->second;
    return cache.emplace(key, tilings(problem_of(i, resident, output), spec_)).first->second;
  }

  std::vector<State> advance(std::size_t i, const std::vector<State>& from) const {
    const QuantizedLayer& layer = network_.layers[i];
    const std::int64_t size = spec_.activation_memory.bytes();
    const std::int64_t output_bytes =
        aligned(tensor_bytes(tensor(layer.output), format(layer.output), spec_.array.word_bits));
    const bool from_sums = layer.has_weights() && std::holds_alternative<RawStage>(layer.stage);
    const bool may_stay = i + 1 < network_.layers.size() && !from_sums;
    Cache cache;
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
      std::vector<std::optional<Placed>> choices = {std::nullopt};
      if (may_stay && output_bytes <= end - begin) {
        choices.push_back(Placed{layer.output, true, begin, begin + output_bytes});
        choices.push_back(Placed{layer.output, false, end - output_bytes, end});
      }
      for (const auto& choice : choices) {
        State next;
        next.free_begin = choice && choice->low ? choice->end : begin;
        next.free_end = choice && !choice->low ? choice->begin : end;
        const auto& candidates = tilings_of(i, resident, choice.has_value(), cache);
        const auto fits = std::find_if(candidates.begin(), candidates.end(), [&](const Tiling& t) {
          return t.activation_bytes() <= next.free_end - next.free_begin;
        });
        if (fits == candidates.end()) continue;
        next.tiling = *fits;
        next.dram_bytes = from[s].dram_bytes + fits->dram_bytes;
        next.cycles = from[s].cycles + fits->cycles;
        next.before = static_cast<int>(s);
        next.output = choice;
        next.residents = from[s].residents;
        if (choice) next.residents.push_back(*choice);
        std::erase_if(next.residents, [&](const Placed& placed) {
          return last_use_[static_cast<std::size_t>(placed.tensor)] <= static_cast<int>(i);
        });
        std::sort(next.residents.begin(), next.residents.end());
        const auto [at, is_new] = reached.try_emplace(next.residents, next);
        if (!is_new && better(next, at->second)) at->second = next;
      }
    }
    if (reached.empty()) fail_to_fit(i);
    std::vector<State> states;
    for (auto& [residents, state] : reached) states.push_back(std::move(state));
    // With nothing resident the next layer has all of the memory: that state always stays.
    constexpr std::size_t most_states = 256;
    std::stable_sort(states.begin(), states.end(), [](const State& a, const State& b) {
      return std::pair(!a.residents.empty(), a.dram_bytes) < std::pair(!b.residents.empty(), b.dram_bytes);
    });
    if (states.size() > most_states) states.resize(most_states);
    return states;
  }

  static bool better(const State& a, const State& b) {
    return std::pair(a.dram_bytes, a.cycles) < std::pair(b.dram_bytes, b.cycles);
  }

  void keep(const std::vector<std::vector<State>>& states) {
    int s = 0;  // behind the last layer nothing is resident: there is one state
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

  [[noreturn]] void fail_to_fit(std::size_t i) const {
    const QuantizedLayer& layer = network_.layers[i];
    const TilingProblem p = problem_of(i, std::vector<bool>(layer.inputs.size(), false), false);
    throw InputError(Place::at_node(network_.file, layer.name), explain_no_tiling(p, spec_));
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  Plan& plan_;
  std::vector<int> last_use_;  ///< of each tensor, a layer
};

}  // namespace

void place_tensors(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan) {
  Placement(network, spec, plan).run();
}

}  // namespace tricycle
