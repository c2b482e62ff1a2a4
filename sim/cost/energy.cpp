// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/energy.hpp"

#include <numeric>

#include "arch/params/machine.hpp"
#include "sim/cost/figures.hpp"

namespace tricycle {
namespace {

constexpr auto index_of(Counter counter) {
  return static_cast<std::size_t>(counter);
}

double bytes_of(const CounterSet& events, Counter counter) {
  return static_cast<double>(events[counter]);
}

// 1 mW for 1 ns is 1 pJ.
double leakage_pJ(double leakage_mW, double cycles, const MachineSpec& spec) {
  return leakage_mW * cycles * 1000.0 / spec.clock_MHz;
}

}  // namespace

double Energy::dynamic(UnitId unit) const {
  const std::vector<CounterInfo>& infos = counter_infos();
  double sum = 0;
  for (std::size_t i = 0; i < of_event.size(); ++i) {
    if (infos[i].unit == unit) sum += of_event[i];
  }
  return sum;
}

double Energy::dynamic() const {
  const std::vector<CounterInfo>& infos = counter_infos();
  double sum = 0;
  for (std::size_t i = 0; i < of_event.size(); ++i) {
    if (infos[i].unit != UnitId::dram) sum += of_event[i];
  }
  return sum;
}

double Energy::leakage() const {
  return std::accumulate(of_leakage.begin(), of_leakage.end(), 0.0);
}

Energy& Energy::operator+=(const Energy& other) {
  for (std::size_t i = 0; i < of_event.size(); ++i) of_event[i] += other.of_event[i];
  for (std::size_t i = 0; i < of_leakage.size(); ++i) of_leakage[i] += other.of_leakage[i];
  return *this;
}

EnergyModel::EnergyModel(const Prices& prices, const MachineSpec& spec, const DramStatistics& statistics,
                         const CounterSet& all)
    : prices_(prices), spec_(spec) {
  if (spec.dram.is_ideal() || spec.dram.device.rails.empty()) return;
  device_ = dram_energy(dram_prices(spec.dram.device), statistics);
  read_bytes_ = bytes_of(all, Counter::dram_read_bytes);
  write_bytes_ = bytes_of(all, Counter::dram_write_bytes);
}

std::optional<EnergyModel::PerByte> EnergyModel::dram_per_byte() const {
  if (!device_) return std::nullopt;
  const double other = ratio(device_->total() - device_->read - device_->write, read_bytes_ + write_bytes_);
  return PerByte{read_bytes_ > 0 ? device_->read / read_bytes_ + other : 0,
                 write_bytes_ > 0 ? device_->write / write_bytes_ + other : 0};
}

Energy EnergyModel::of(const CounterSet& events, double cycles) const {
  Energy energy;
  for (std::size_t i = 0; i < energy.of_event.size(); ++i)
    energy.of_event[i] = static_cast<double>(events.counts[i]) * prices_.event_pJ[i];
  if (device_) {
    const double read = bytes_of(events, Counter::dram_read_bytes);
    const double written = bytes_of(events, Counter::dram_write_bytes);
    const double other = device_->total() - device_->read - device_->write, all = read_bytes_ + write_bytes_;
    energy.of_event[index_of(Counter::dram_read_bytes)] =
        device_->read * ratio(read, read_bytes_) + other * ratio(read, all);
    energy.of_event[index_of(Counter::dram_write_bytes)] =
        device_->write * ratio(written, write_bytes_) + other * ratio(written, all);
  }
  for (const Prices::Static& unit : prices_.units)
    energy.of_leakage[static_cast<std::size_t>(unit.unit)] = leakage_pJ(unit.leakage_mW, cycles, spec_);
  return energy;
}

}  // namespace tricycle
