// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/sram_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sim/cost/clock.hpp"
#include "sim/cost/interpolate.hpp"

namespace tricycle {
namespace {

constexpr Presence required = Presence::required;

/// The path of a file that lies beside the one that names it.
std::string beside(const Place& place, const std::string& file) {
  return (std::filesystem::path(place.file).parent_path() / file).string();
}

/// Whether a memory may have these transistors.
bool may_have(const MemorySpec& memory, const SramTransistors& transistors) {
  const auto fits = [](Transistors asked, Transistors there) {
    return asked == Transistors::automatic || asked == there;
  };
  return fits(memory.cells, transistors.first) && fits(memory.periphery, transistors.second);
}

/// The energy of a bank in a cycle if every fourth has a read. Over the zoo, banks of data memories are read
/// in a tenth to two thirds of all cycles.
double typical_pJ(const Bank& bank, double clock_MHz) {
  constexpr double reads_per_cycle = 0.25, pJ_per_mW_and_us = 1000;
  return bank.figures[read_pJ] * reads_per_cycle + bank.figures[leak_mW] * pJ_per_mW_and_us / clock_MHz;
}

MemoryTiming timing_of(const Sram& sram, const MachineSpec& spec) {
  return {name_of(sram.unit), spec.clock_MHz, sram.spec.latency_cycles,
          sram.unit != UnitId::instruction_memory};
}

}  // namespace

void SramSection::read(Fields& fields) {
  std::string table;
  fields.text("table", table, required);
  fields.number("beyond_table", beyond_, 1, 1000, required);
  read_origin(fields, origin_);
  at_place_ = fields.place_of("at");
  place_ = fields.place_of("table");
  factors_.fill(1);
  fields.section(
      "toward", [&](Fields& inside) { read_toward(inside); }, Presence::optional);
  fields.section(
      "factors", [&](Fields& inside) { read_factors(inside); }, Presence::optional);
  table_.emplace(beside(place_, table));
}

void SramSection::read_toward(Fields& fields) {
  std::string table;
  double from_nm = 0, to_nm = 0;
  fields.text("table", table, required);
  fields.number("from_nm", from_nm, 1, 1000, required);
  fields.number("to_nm", to_nm, 1, 1000, required);
  toward_.emplace(Toward{SramTable(beside(fields.place_of("table"), table)), from_nm, to_nm});
}

void SramSection::read_factors(Fields& fields) {
  constexpr double least = 1e-3, most = 1e3;
  double energy = 1, leakage = 1, area = 1, time = 1;
  fields.number("energy", energy, least, most, required);
  fields.number("leakage", leakage, least, most, required);
  fields.number("area", area, least, most, required);
  fields.number("time", time, least, most, required);
  fields.text("source", factors_source_, required);
  factors_ = {energy, energy, leakage, area, time, time};
}

void SramSection::find_corner(const Corners& corners) {
  stated_ = &corners.named(origin_.at, at_place_);
  if (!toward_) return;
  const double node_nm = *corners.own().node_nm;
  const auto [least, most] = std::minmax(toward_->from_nm, toward_->to_nm);
  if (least == most || node_nm < least || node_nm > most)
    throw InputError(place_, fmt::format("the node, {} nm, expects tables around it, not {} and {} nm",
                                         node_nm, toward_->from_nm, toward_->to_nm));
  at_ = log_ratio(node_nm / toward_->from_nm, toward_->to_nm / toward_->from_nm);
}

std::vector<Bank> SramSection::tabulated(const SramTransistors& transistors, Ports ports, double size_KiB,
                                         double width_bits) const {
  std::vector<Bank> banks = table_->at(transistors, ports, size_KiB, width_bits);
  if (!toward_) return banks;
  std::vector<Bank> others = toward_->table.at(transistors, ports, size_KiB, width_bits), between;
  for (Bank& bank : banks) {
    const auto other = std::find_if(others.begin(), others.end(),
                                    [&](const Bank& b) { return b.objective == bank.objective; });
    if (other == others.end()) continue;
    for (std::size_t i = 0; i < sram_figure_count; ++i)
      bank.figures[i] *= power(other->figures[i] / bank.figures[i], at_);
    bank.how += fmt::format(", between {} and {} nm", toward_->from_nm, toward_->to_nm);
    between.push_back(bank);
  }
  return between;
}

Bank SramSection::bank_of(const Sram& sram, const MachineSpec& spec, Corners& corners) const {
  const MemoryTiming timing = timing_of(sram, spec);
  std::vector<Bank> in_time, too_slow;
  std::vector<SramTransistors> others;
  for (const SramTransistors& kind : table_->transistors()) {
    const std::vector<Bank> banks = banks_of(sram, kind, corners);
    const auto first = std::find_if(banks.begin(), banks.end(),
                                    [&](const Bank& bank) { return is_in_time(timing, bank.figures); });
    if (!may_have(sram.spec, kind)) {
      if (first != banks.end()) others.push_back(kind);
    } else if (first != banks.end()) {
      in_time.push_back(*first);
    } else {
      too_slow.insert(too_slow.end(), banks.begin(), banks.end());
    }
  }
  if (in_time.empty() && too_slow.empty()) refuse_transistors(sram, spec);
  if (in_time.empty())
    throw TooSlow(spec.place_of(name_of(sram.unit)), slow_memory(timing, too_slow, others));
  return *std::min_element(in_time.begin(), in_time.end(), [&](const Bank& a, const Bank& b) {
    return typical_pJ(a, spec.clock_MHz) < typical_pJ(b, spec.clock_MHz);
  });
}

std::vector<Bank> SramSection::banks_of(const Sram& sram, const SramTransistors& transistors,
                                        Corners& corners) const {
  const double size_KiB = static_cast<double>(sram.spec.size_KiB) / static_cast<double>(sram.spec.banks);
  const auto width_bits = static_cast<double>(sram.spec.width_bits);
  const std::string shape = fmt::format("{} KiB x {} bits", size_KiB, width_bits);
  if (!table_->reaches(size_KiB, width_bits, beyond_)) {
    throw InputError(place_,
                     fmt::format("a bank of {}, {}, is more than {} times outside the table, which has {}",
                                 name_of(sram.unit), shape, beyond_, table_->range()));
  }
  std::vector<Bank> banks = tabulated(transistors, sram.spec.ports, size_KiB, width_bits);
  const std::string which =
      sram.spec.banks == 1 ? "one bank" : fmt::format("one of {} banks", sram.spec.banks);
  for (Bank& bank : banks) {
    for (std::size_t i = 0; i < sram_figure_count; ++i) {
      double& figure = bank.figures[i];
      figure *= factors_[i] * scaling(static_cast<SramFigure>(i), sram.unit, corners).factor;
      if (!std::isfinite(figure)) throw InputError(place_, "the table has no finite price for " + shape);
      figure = rounded(figure);
    }
    bank.how = fmt::format("{} of {}, {} cells, {} periphery, {}: {}", which, shape,
                           name_of(transistors.first), name_of(transistors.second), bank.how, origin_.source);
    if (!factors_source_.empty()) bank.how += "; " + factors_source_;
  }
  return banks;
}

void SramSection::refuse_transistors(const Sram& sram, const MachineSpec& spec) const {
  std::vector<std::string> known;
  for (const auto& [cells, periphery] : table_->transistors())
    known.push_back(fmt::format("{} with {}", name_of(cells), name_of(periphery)));
  throw InputError(spec.place_of(name_of(sram.unit), "cells"),
                   fmt::format("the technology has no memory of {} cells with {} periphery (the key "
                               "'periphery'); it has {}",
                               name_of(sram.spec.cells), name_of(sram.spec.periphery), either(known)));
}

Scaling SramSection::scaling(SramFigure figure, UnitId unit, Corners& corners) const {
  constexpr std::array<Quantity, sram_figure_count> quantities = {
      Quantity::energy, Quantity::energy, Quantity::leakage, Quantity::area, Quantity::time, Quantity::time};
  return corners.bring(*stated_, quantities[figure], name_of(unit));
}

}  // namespace tricycle
