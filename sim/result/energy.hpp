// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>

#include "arch/dram/energy.hpp"
#include "arch/spec/counters.hpp"
#include "sim/tech.hpp"

namespace tricycle {

/// Energy in pJ of a run or of a part of it, entry by entry: every event and what every unit leaked. Parts
/// add up to the whole.
struct Energy {
  std::array<double, counter_count> of_event{};
  std::array<double, unit_count> of_leakage{};

  /// Of the events of a unit; those of `dram` are what the memory outside took, standby and refresh too.
  [[nodiscard]] double dynamic(UnitId unit) const;
  [[nodiscard]] double leakage(UnitId unit) const { return of_leakage[static_cast<std::size_t>(unit)]; }

  [[nodiscard]] double dynamic() const;  ///< of the chip's units
  [[nodiscard]] double leakage() const;
  [[nodiscard]] double dram() const { return dynamic(UnitId::dram); }
  [[nodiscard]] double total() const { return dynamic() + leakage() + dram(); }
  Energy& operator+=(const Energy& other);
};

/// What turns events and cycles into energy: the technology's prices, and of a DRAM device with currents its
/// own energy. A part of the run has the share of that which its bytes have: of reads, of writes, and of
/// everything else (activates, refreshes, standby) of both.
class EnergyModel {
 public:
  EnergyModel(const Prices& prices, const MachineSpec& spec) : prices_(prices), spec_(spec) {}
  /// `all` are the events of the whole run that the device's statistics are of.
  EnergyModel(const Prices& prices, const MachineSpec& spec, const DramStatistics& statistics,
              const CounterSet& all);

  [[nodiscard]] Energy of(const CounterSet& events, double cycles) const;

  /// What the bytes of a device take on average; nothing where they have a price.
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
