// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/cost/price.hpp"

namespace tricycle {
namespace {

constexpr double ns_times_MHz = 1000;

double period_ns(double clock_MHz) {
  return ns_times_MHz / clock_MHz;
}

/// Whether `ns` fit into `cycles`. The clock is multiplied, as period and product would be rounded twice.
bool fits(double ns, std::int64_t cycles, double clock_MHz) {
  return ns * clock_MHz <= static_cast<double>(cycles) * ns_times_MHz;
}

std::int64_t cycles_of(double ns, double clock_MHz) {
  auto cycles = static_cast<std::int64_t>(std::floor(ns / period_ns(clock_MHz)));
  while (!fits(ns, cycles, clock_MHz)) ++cycles;
  return cycles;
}

/// The largest clock at which `ns` fit into `cycles`, in tenths of MHz.
double largest_clock(double ns, std::int64_t cycles) {
  constexpr double tenths = 10;
  return std::floor(static_cast<double>(cycles) * ns_times_MHz / ns * tenths) / tenths;
}

double largest_clock(const MemoryTiming& memory, const SramFigures& bank) {
  return std::min(largest_clock(bank[access_ns], memory.latency_cycles), largest_clock(bank[cycle_ns], 1));
}

std::string in_words(std::int64_t cycles) {
  return fmt::format("{} cycle{}", cycles, cycles == 1 ? "" : "s");
}

std::string at_most(double clock_MHz) {
  return fmt::format("a clock of at most {} MHz", clock_MHz);
}

/// The least `latency_cycles` with which one of the banks is in time; 0 if none is.
std::int64_t enough_latency(const MemoryTiming& memory, const std::vector<Bank>& banks) {
  constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
  std::int64_t least = none;
  for (const Bank& bank : banks) {
    if (fits(bank.figures[cycle_ns], 1, memory.clock_MHz))
      least = std::min(least, cycles_of(bank.figures[access_ns], memory.clock_MHz));
  }
  return least == none ? 0 : least;
}

}  // namespace

bool is_in_time(const MemoryTiming& memory, const SramFigures& bank) {
  return fits(bank[access_ns], memory.latency_cycles, memory.clock_MHz) &&
         fits(bank[cycle_ns], 1, memory.clock_MHz);
}

SlowPart slow_memory(const MemoryTiming& memory, const std::vector<Bank>& banks,
                     const std::vector<SramTransistors>& others) {
  const Bank& fastest = *std::max_element(banks.begin(), banks.end(), [&](const Bank& a, const Bank& b) {
    return largest_clock(memory, a.figures) < largest_clock(memory, b.figures);
  });
  const double access = fastest.figures[access_ns], cycle = fastest.figures[cycle_ns];
  std::vector<std::string> faults, remedies = {at_most(largest_clock(memory, fastest.figures))};
  if (!fits(access, memory.latency_cycles, memory.clock_MHz))
    faults.push_back(fmt::format("{} ns for a read, in {}", access, in_words(memory.latency_cycles)));
  if (!fits(cycle, 1, memory.clock_MHz))
    faults.push_back(fmt::format("{} ns from one access to the next, in 1 cycle", cycle));
  if (const std::int64_t latency = enough_latency(memory, banks); memory.has_latency && latency > 0)
    remedies.push_back(fmt::format("'latency_cycles: {}'", latency));
  for (const SramTransistors& other : others) {
    remedies.push_back(
        fmt::format("'cells: {}' with 'periphery: {}'", name_of(other.first), name_of(other.second)));
  }
  return {fmt::format("{} takes {}, and a cycle at {} MHz has {} ns; what would do: {}", memory.name,
                      fmt::join(faults, ", and "), memory.clock_MHz, rounded(period_ns(memory.clock_MHz)),
                      either(remedies)),
          largest_clock(memory, fastest.figures)};
}

SlowPart slow_array(const MachineSpec& spec, const Delay& lanes, const Delay& accumulator) {
  const double ns = lanes.ns + accumulator.ns;
  const std::int64_t cycles = spec.array.depth_cycles - 1;
  if (fits(ns, cycles, spec.clock_MHz)) return {};
  std::vector<std::string> parts;
  for (const Delay* delay : {&lanes, &accumulator}) {
    if (delay->ns > 0) parts.push_back(fmt::format("{} ns of {}", delay->ns, delay->name));
  }
  return {
      fmt::format(
          "an array step takes {}, in {} ('depth_cycles' - 1), and a cycle at {} MHz has {} ns; what would "
          "do: {} or 'depth_cycles: {}'",
          fmt::join(parts, " and "), in_words(cycles), spec.clock_MHz, rounded(period_ns(spec.clock_MHz)),
          at_most(largest_clock(ns, cycles)), cycles_of(ns, spec.clock_MHz) + 1),
      largest_clock(ns, cycles)};
}

SlowPart slow_wire(const MachineSpec& spec, double mm, double ns) {
  if (fits(ns, 1, spec.clock_MHz)) return {};
  return {
      fmt::format("an operand takes {} ns across the array's {} mm (the root of its area), in 1 cycle, and a "
                  "cycle at {} "
                  "MHz has {} ns; what would do: {} or a smaller array",
                  ns, mm, spec.clock_MHz, rounded(period_ns(spec.clock_MHz)), at_most(largest_clock(ns, 1))),
      largest_clock(ns, 1)};
}

}  // namespace tricycle
