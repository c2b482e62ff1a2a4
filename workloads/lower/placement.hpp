// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "workloads/lower/plan.hpp"

namespace tricycle::placement {

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

/// Element i has the states after i layers. The last element, after all layers, has a single state.
using Trellis = std::vector<std::vector<State>>;

/// The cost of a plan: DRAM bytes, then cycles.
using Cost = std::pair<std::int64_t, double>;

/// Finds the tensors that stay in activation memory and the tiles of each layer (placement.cpp), and what has
/// a place of its own in weight memory (pinning.cpp).
class Placement {
 public:
  Placement(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan)
      : network_(network), spec_(spec), plan_(plan), stays_(network.layers.size(), false) {}

  /// Completes the plan. Returns whether everything fits.
  bool run();
  /// Says which memories are too small, and gives sizes with which the whole network fits. None of these
  /// sizes could be smaller.
  [[noreturn]] void fail_to_fit() const;

 private:
  /// If weight memory holds the parameters of all layers, they stay there from item to item. Otherwise it
  /// chooses how many candidate layers within loops have pinned parameters, which stay in weight memory
  /// through all time steps. It tries every number that fits, the largest first. If all candidates fit and
  /// every loop has more than one time step, no other number moves fewer bytes. Then it lets as much stay
  /// from item to item as costs the first item nothing. Returns whether anything fits.
  bool place(std::size_t all);
  /// Returns whether there were any.
  bool drop_chains();
  /// Lets the parameters of all layers stay. Returns whether everything fits so.
  bool place_all_staying();
  /// Lets parameters stay beside the plan at hand, with `count` pinned candidates and this cost: as many as
  /// leave all other layers alone.
  void let_stay(std::size_t count, const Cost& now);
  /// Whether layers whose parameters do not stay have the tiles that they had before, and a ring of as many
  /// blocks of weights, up to what loads run ahead of the array.
  [[nodiscard]] bool leaves_others_alone(const std::vector<LayerPlan>& before) const;
  /// A layer whose parameters could stay.
  struct Stayer {
    std::size_t layer;
    std::int64_t bytes;   ///< of weight memory
    double saved_cycles;  ///< of a warm inference, estimated
  };
  /// The layers whose parameters could stay at no cost in DRAM bytes, those first that save the most cycles
  /// for each byte of weight memory.
  std::vector<Stayer> stayers();
  [[nodiscard]] bool has_groups() const;
  /// The layers with weights or tables that are loaded into weight memory.
  [[nodiscard]] std::vector<std::size_t> layers_with_parameters() const;
  const QuantizedTensor& tensor(int index) const { return network_.tensor(index); }
  Format format(int index) const { return plan_.tensors[static_cast<std::size_t>(index)].format; }
  static Cost cost_of(const Trellis& trellis);
  /// Computes for each tensor in DRAM the cost of keeping it on chip, with all other choices made anew.
  /// Because states are dropped, this may turn out cheaper than the plan. Then it becomes the plan, and the
  /// function returns false.
  bool price_keeping(Cost& least);
  /// The cost of a plan that keeps the output of layer `i`; nothing where no such plan exists. Before layer
  /// `i` the states are the states of the free plan. Later they may become the states of the free plan again,
  /// each with the same number of additional bytes. From there on they stay so, and the cycles do not matter.
  std::optional<Cost> cost_of_keeping(std::size_t i);
  /// The number of bytes that each state has moved in addition to the other state with the same index and
  /// residents. 0 where this number differs between states.
  static std::int64_t more_bytes(const std::vector<State>& states, const std::vector<State>& others);
  /// Counts the nonzero weights of the layers with a bitmap.
  void count_nonzeros();
  /// A tensor that is made before a loop and read in it is read again in each time step. So it is in use up
  /// to the loop's last layer. What one layer of a pass reads, all of them leave alone: values stream
  /// through.
  void find_last_uses();
  void keep_lives();
  /// Finds the layers within loops that have parameters: first the layers with tables only, then the layers
  /// with weights. This order does not depend on the machine's memory.
  std::size_t pin_candidates();
  TilingProblem whole_problem(std::size_t i) const;
  std::int64_t parameter_bytes(std::size_t i) const { return whole_problem(i).parameter_bytes(); }
  /// Places the parameters of some layers, which stay from item to item, side by side at the end of weight
  /// memory; below them those of the first `count` candidates, separately for each loop. Returns false where
  /// they do not fit.
  bool pin(const std::vector<std::size_t>& staying, std::size_t count);
  /// The bytes of weight memory that are not free for a layer's blocks.
  [[nodiscard]] std::int64_t taken_bytes(std::size_t i) const;
  std::size_t loop_index(std::size_t layer) const;
  /// Finds the states after each layer, with the current pinned parameters. Returns false where a layer does
  /// not fit.
  bool search(Trellis& trellis);
  /// Stacks the images into one tall image where no window reaches from one image into the next.
  static void stack_images(std::int64_t& images, Window& w, std::int64_t pool_stride);
  TilingProblem problem_of(std::size_t i, const std::vector<bool>& resident, bool output_resident) const;
  /// A tile's input channels are a multiple of this, so that both operands start a new word.
  std::int64_t split_of(Format activations, Format weights) const;
  /// Whether the feeder packs the reduction densely over all taps.
  bool is_dense(const QuantizedLayer& layer) const;
  /// A layer, whether its parameters are pinned and whether they stay, the bytes of pinned parameters beside
  /// it, the resident inputs, and whether the output is resident.
  using Key = std::tuple<std::size_t, bool, bool, std::int64_t, std::vector<bool>, bool>;
  const std::vector<Tiling>& tilings_of(std::size_t i, const std::vector<bool>& resident, bool output);
  /// A layer that shares a pass has one tile, and its table is in weight memory before.
  std::vector<Tiling> fitting_tilings(std::size_t i, const TilingProblem& problem) const;
  bool moves_state(std::size_t i) const;
  std::int64_t bytes_of(int index) const;
  /// Whether a layer's output may lie in activation memory.
  bool may_stay(std::size_t i) const;
  /// The possible places of a layer's output: DRAM, or either end of the free stretch of activation memory.
  /// Tensors within a time step and states always lie in activation memory. A sequence that a loop makes
  /// always lies in DRAM.
  std::vector<std::optional<Placed>> choices_of(std::size_t i, const State& from, std::int64_t begin,
                                                std::int64_t end) const;
  std::vector<State> advance(std::size_t i, const std::vector<State>& from);
  /// The resident tensors after a layer with the chosen place of its output.
  std::vector<Placed> residents_behind(std::size_t i, const State& from,
                                       const std::optional<Placed>& output) const;
  /// Keeps `most_states` states. It works in turns: in each turn every set of residents contributes its state
  /// with the most free room, and the states with the fewest bytes come first. The first 64 states of each
  /// set that takes the least memory come before all others: if the next layers fit with any set, they fit
  /// with such a set.
  static void drop_states(std::vector<State>& states, std::size_t most_states, std::int64_t size);
  /// Whether a tensor must lie in activation memory: tensors within a time step, and states.
  bool must_stay(int index) const { return must_stay_[static_cast<std::size_t>(index)]; }
  /// The bytes of a layer that are loaded once for all time steps, before its loop.
  [[nodiscard]] std::int64_t bytes_before_loop(std::size_t i) const;
  void keep(const Trellis& states);
  /// Whether every layer fits, without pinned parameters.
  bool fits();
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
              MachineSpec& enough, std::vector<Fault>& faults) const;
  /// The layer whose smallest tile needs the most bytes, and this number. A tile whose output stays on chip
  /// may need fewer bytes in the other memories.
  template <class Bytes>
  std::pair<std::size_t, std::int64_t> hungriest(Bytes bytes, bool output_may_stay) const;
  bool fits_on(const MachineSpec& machine, std::size_t& failed) const;
  /// Makes a memory as small as possible so that everything still fits. The machine's own memory is too
  /// small.
  void shrink(MemoryField memory, MachineSpec& enough) const;
  /// The bytes that must lie in activation memory while a layer in a loop, or a layer of a state, runs.
  std::int64_t kept_bytes(std::size_t layer) const;

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  Plan& plan_;
  std::vector<std::shared_ptr<const NonzeroWeights>> nonzeros_;  ///< for each layer with a bitmap
  std::vector<int> last_use_;                                    ///< for each tensor, its last layer
  std::vector<bool> must_stay_;                                  ///< of each tensor
  std::vector<std::size_t> candidates_;                          ///< layers whose parameters may be pinned
  std::vector<std::int64_t> pinned_bytes_;                       ///< of each loop
  std::vector<bool> stays_;         ///< of each layer, whether its parameters stay from item to item
  std::int64_t staying_bytes_ = 0;  ///< of weight memory
  std::map<Key, std::vector<Tiling>> tilings_;
  Trellis base_;                             ///< states of the free plan
  std::uint64_t placed_ = 0, to_place_ = 0;  ///< layers, counted once for each number of pinned layers
  int kept_ = -1;                            ///< a tensor that must not lie in DRAM, or -1
  std::size_t failed_ = 0;                   ///< the layer at which the last placement ended
};

/// `place_tensors` of a network that may not fit. Returns whether it does.
[[nodiscard]] bool place_if_it_fits(const QuantizedNetwork& network, const MachineSpec& spec, Plan& plan);

}  // namespace tricycle::placement
