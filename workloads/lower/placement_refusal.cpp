// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "arch/params/zero_flags.hpp"
#include "support/diagnostics.hpp"
#include "workloads/lower/placement.hpp"

namespace tricycle::placement {

bool Placement::fits() {
  count_nonzeros();
  find_last_uses();
  pin({}, 0);
  Trellis trellis;
  return search(trellis);
}

void Placement::fail_to_fit() const {
  MachineSpec enough = spec_;
  const FlagGrains grains = flag_grains(spec_.array);
  std::vector<Fault> faults;
  demand(&MachineSpec::weight_memory, grains.weights, "weight_memory", &Tiling::weight_block, enough, faults);
  demand(&MachineSpec::accumulator_memory, 0, "accumulator_memory", &Tiling::sum_block, enough, faults);
  std::size_t failed = 0;
  if (!fits_on(enough, failed)) {
    const std::int64_t kept = kept_bytes(failed), has = usable_activation_bytes(spec_);
    const auto [layer, bytes] = hungriest([](const Tiling& t) { return t.activation_bytes(); }, false);
    faults.push_back({kept > 0 ? failed : layer, "activation_memory", &MachineSpec::activation_memory,
                      kept > 0 ? fmt::format("a time step keeps {} bytes in activation_memory, which has {}, "
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

void Placement::demand(MemoryField field, std::int64_t grain, const char* name, std::int64_t Tiling::*block,
                       MachineSpec& enough, std::vector<Fault>& faults) const {
  const auto [layer, bytes] = hungriest([&](const Tiling& t) { return t.*block; }, true);
  MemorySpec& memory = enough.*field;
  const std::int64_t has = usable_bytes(memory, grain);
  if (bytes <= has) return;
  memory.size_KiB = ceil_div(bytes, 1024);
  while (usable_bytes(memory, grain) < bytes) ++memory.size_KiB;
  faults.push_back({layer, name, field, no_tile_fits(name, bytes, has)});
}

template <class Bytes>
std::pair<std::size_t, std::int64_t> Placement::hungriest(Bytes bytes, bool output_may_stay) const {
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

bool Placement::fits_on(const MachineSpec& machine, std::size_t& failed) const {
  Plan plan = plan_;
  Placement placement(network_, machine, plan);
  const bool fits = placement.fits();
  failed = placement.failed_;
  return fits;
}

void Placement::shrink(MemoryField memory, MachineSpec& enough) const {
  std::int64_t too_small = (spec_.*memory).size_KiB, fitting = (enough.*memory).size_KiB;
  std::size_t failed = 0;
  while (fitting - too_small > 1) {
    const std::int64_t middle = (too_small + fitting) / 2;
    (enough.*memory).size_KiB = middle;
    (fits_on(enough, failed) ? fitting : too_small) = middle;
  }
  (enough.*memory).size_KiB = fitting;
}

std::int64_t Placement::kept_bytes(std::size_t layer) const {
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

}  // namespace tricycle::placement
