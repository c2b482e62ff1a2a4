// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>

#include "arch/dram/energy.hpp"
#include "arch/params/counters.hpp"
#include "arch/params/units.hpp"
#include "sim/cost/tech.hpp"

namespace tricycle {

/// Energy in pJ of a run or of a part of it: one entry for every event, and one for the leakage of every
/// unit. Parts add up to the whole.
struct Energy {
  std::array<double, counter_count> of_event{};
  std::array<double, unit_count> of_leakage{};

  /// The energy of a unit's events. For `dram`: the energy of the external memory, with standby and refresh.
  [[nodiscard]] double dynamic(UnitId unit) const;
  [[nodiscard]] double leakage(UnitId unit) const { return of_leakage[static_cast<std::size_t>(unit)]; }

  [[nodiscard]] double dynamic() const;  ///< of the units on chip
  [[nodiscard]] double leakage() const;
  [[nodiscard]] double dram() const { return dynamic(UnitId::dram); }
  [[nodiscard]] double total() const { return dynamic() + leakage() + dram(); }
  Energy& operator+=(const Energy& other);
};

/// Turns events and cycles into energy with the prices of the technology. For a DRAM device with currents it
/// takes the device's own energy instead. A part of the run gets a share of it in proportion to its bytes:
/// the read energy by bytes read, the write energy by bytes written, and everything else (activates,
/// refreshes, standby) by the sum of both.
class EnergyModel {
 public:
  EnergyModel(const Prices& prices, const MachineSpec& spec) : prices_(prices), spec_(spec) {}
  /// `all` are the events of the whole run; `statistics` are the device's over the same run.
  EnergyModel(const Prices& prices, const MachineSpec& spec, const DramStatistics& statistics,
              const CounterSet& all);

  [[nodiscard]] Energy of(const CounterSet& events, double cycles) const;

  /// The mean energy of a byte of a DRAM device; nothing where bytes have a price.
  struct PerByte {
    double read = 0, write = 0;
  };
  [[nodiscard]] std::optional<PerByte> dram_per_byte() const;

 private:
  const Prices& prices_;
  const MachineSpec& spec_;
  std::optional<DramEnergy> device_;
  double read_bytes_ = 0, write_bytes_ = 0;
};

}  // namespace tricycle
