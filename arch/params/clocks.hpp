// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>

#include "arch/params/machine.hpp"

namespace tricycle {

/// Converts cycles between the core's clock and a DRAM's clock, in exact rationals. Core cycle n reaches the
/// DRAM in DRAM cycle ceil(n Tc / tCK). DRAM cycle d reaches the core in core cycle ceil(d tCK / Tc). Both
/// clocks start with cycle 0.
class ClockCrossing {
 public:
  ClockCrossing(double core_MHz, std::int64_t tCK_ps)
      : core_hertz_ps_(static_cast<Wide>(std::llround(core_MHz * 1e6)) * static_cast<Wide>(tCK_ps)) {}

  [[nodiscard]] std::uint64_t to_dram(std::uint64_t core) const {
    return divide(static_cast<Wide>(core) * ps_per_s, core_hertz_ps_);
  }
  [[nodiscard]] std::uint64_t to_core(std::uint64_t dram) const {
    return divide(static_cast<Wide>(dram) * core_hertz_ps_, ps_per_s);
  }
  /// DRAM cycles per core cycle.
  [[nodiscard]] double ratio() const {
    return static_cast<double>(ps_per_s) / static_cast<double>(core_hertz_ps_);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr Wide ps_per_s = 1'000'000'000'000;
  static std::uint64_t divide(Wide a, Wide b) { return static_cast<std::uint64_t>((a + b - 1) / b); }
  Wide core_hertz_ps_;
};

[[nodiscard]] inline ClockCrossing clock_crossing(const MachineSpec& spec) {
  return {spec.clock_MHz, spec.dram.device.tCK_ps};
}

/// Of an ideal DRAM without a bandwidth.
inline constexpr double default_dram_bytes_per_cycle = 16;

/// Peak bytes of DRAM per core cycle, all DRAM channels together.
[[nodiscard]] inline double dram_bytes_per_cycle(const MachineSpec& spec) {
  if (spec.dram.is_ideal() && spec.dram.bandwidth_GBps)
    return *spec.dram.bandwidth_GBps * 1000 / spec.clock_MHz;
  if (spec.dram.is_ideal()) return spec.dram.bytes_per_cycle.value_or(default_dram_bytes_per_cycle);
  return spec.dram.device.peak_bytes_per_s() / (spec.clock_MHz * 1e6);
}

/// Core cycles from the acceptance of a burst by DRAM to its answer, without contention. For a device: with
/// the row closed.
[[nodiscard]] inline std::int64_t dram_latency_cycles(const MachineSpec& spec) {
  if (spec.dram.is_ideal()) return spec.dram.latency_cycles;
  const DramTiming& t = spec.dram.device.timing;
  return static_cast<std::int64_t>(
      clock_crossing(spec).to_core(static_cast<std::uint64_t>(1 + t.tRCDRD + t.CL + t.burst)));
}

}  // namespace tricycle
