// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/sram_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/cost/interpolate.hpp"
#include "sim/cost/table_file.hpp"
#include "support/choice.hpp"

namespace tricycle {
namespace {

bool is_outside(double at) {
  return at < 0 || at > 1;
}

/// Four words, two integers and the figures.
enum Column : std::size_t { in_cells, in_periphery, in_ports, in_objective, in_size, in_width, first_figure };
constexpr std::array<const char*, 12> columns = {"cells",    "periphery",  "ports",     "objective",
                                                 "size_KiB", "width_bits", "read_pJ",   "write_pJ",
                                                 "leak_mW",  "area_mm2",   "access_ns", "cycle_ns"};

Transistors transistors_in(const TableRow& row, Column column) {
  const auto value = value_of<Transistors>(row.text(column));
  if (value && *value != Transistors::automatic) return *value;
  throw row.refusal(column, "hp, lop or lstp");
}

/// Interpolates in logarithms. The result is exact at both ends.
SramFigures mix(const SramFigures& low, const SramFigures& high, double at) {
  if (at == 0) return low;
  SramFigures result = high;
  for (std::size_t i = 0; i < result.size() && at != 1; ++i) result[i] = low[i] * power(high[i] / low[i], at);
  return result;
}

std::string text_of(const SramTransistors& transistors) {
  return fmt::format("{} cells with {} periphery", name_of(transistors.first), name_of(transistors.second));
}

}  // namespace

const std::vector<std::string>& names_of(SramObjective) {
  static const std::vector<std::string> names = {"balanced", "fast"};
  return names;
}

void SramTable::add_row(const TableRow& row) {
  const SramTransistors transistors = {transistors_in(row, in_cells), transistors_in(row, in_periphery)};
  const auto ports = row.word<Ports>(in_ports);
  const auto sought = row.word<SramObjective>(in_objective);
  const double size_KiB = row.count(in_size), width_bits = row.count(in_width);
  SramFigures figures{};
  for (std::size_t i = 0; i < figures.size(); ++i) figures[i] = row.number_above_0(first_figure + i);
  if (!points_[transistors][sought][ports][width_bits].emplace(size_KiB, figures).second) {
    throw InputError(row.place(),
                     fmt::format("{} KiB of {} bits stand here a second time", size_KiB, width_bits));
  }
  const bool is_first = most_size_ == 0;
  least_size_ = is_first ? size_KiB : std::min(least_size_, size_KiB);
  least_width_ = is_first ? width_bits : std::min(least_width_, width_bits);
  most_size_ = std::max(most_size_, size_KiB);
  most_width_ = std::max(most_width_, width_bits);
}

SramTable::SramTable(const std::string& path) {
  check(read_table(path, columns, [&](const TableRow& row) { add_row(row); }));
}

/// Checks that each objective has enough points of 1rw, and that one has these points of all other ports,
/// too.
void SramTable::check(const Place& end) const {
  if (points_.empty()) throw InputError(end, "the table ends here, without a point");
  const auto is_short = [](const auto& of_width) { return of_width.second.size() < 2; };
  for (const auto& [transistors, objectives] : points_) {
    for (const auto& [sought, by_ports] : objectives) {
      const auto one = by_ports.find(Ports::rw);
      const Widths widths = one == by_ports.end() ? Widths{} : one->second;
      if (widths.size() >= 2 && std::none_of(widths.begin(), widths.end(), is_short)) continue;
      throw InputError(end, fmt::format("the table ends here, and of {}, 1rw, {}, it needs at least two "
                                        "widths, each of at least two sizes",
                                        text_of(transistors), name_of(sought)));
    }
    for (const Ports ports : {Ports::r_w, Ports::rw_rw}) {
      const auto is_whole = [&](const auto& of_objective) {
        const auto found = of_objective.second.find(ports);
        return found != of_objective.second.end() &&
               points_of(found->second) == points_of(of_objective.second.at(Ports::rw));
      };
      if (std::any_of(objectives.begin(), objectives.end(), is_whole)) continue;
      throw InputError(end,
                       fmt::format("the table ends here, and of {} it needs all points of 1rw for {}, too",
                                   text_of(transistors), name_of(ports)));
    }
  }
}

std::vector<std::pair<double, double>> SramTable::points_of(const Widths& widths) {
  std::vector<std::pair<double, double>> points;
  for (const auto& [width_bits, sizes] : widths) {
    for (const auto& [size_KiB, figures] : sizes) points.emplace_back(width_bits, size_KiB);
  }
  return points;
}

SramFigures SramTable::mean_ratios(const SramTransistors& transistors, Ports ports) const {
  SramFigures product;
  product.fill(1);
  int count = 0;
  for (const auto& [sought, by_ports] : points_.at(transistors)) {
    const auto more = by_ports.find(ports);
    if (more == by_ports.end()) continue;
    const Widths& one = by_ports.at(Ports::rw);
    for (const auto& [width_bits, size_KiB] : points_of(more->second)) {
      const auto same = one.find(width_bits);
      if (same == one.end() || same->second.count(size_KiB) == 0) continue;
      const SramFigures& figures = more->second.at(width_bits).at(size_KiB);
      const SramFigures& base = same->second.at(size_KiB);
      for (std::size_t i = 0; i < product.size(); ++i) product[i] *= figures[i] / base[i];
      ++count;
    }
  }
  for (double& figure : product) figure = power(figure, 1.0 / count);
  return product;
}

Bank SramTable::bank_of(const Widths& widths, double size_KiB, double width_bits) {
  const Segment<Sizes> width = segment_of(widths, width_bits);
  const Segment<SramFigures> low = segment_of(width.low, size_KiB);
  const Segment<SramFigures> high = segment_of(width.high, size_KiB);
  const SramFigures narrow = mix(low.low, low.high, low.at);
  const SramFigures wide = mix(high.low, high.high, high.at);
  Bank bank;
  bank.figures = mix(narrow, wide, width.at);
  const bool is_outer =
      is_outside(width.at) || (width.at != 1 && is_outside(low.at)) || (width.at != 0 && is_outside(high.at));
  const auto sizes = widths.find(width_bits);
  const bool is_point = sizes != widths.end() && sizes->second.count(size_KiB) != 0;
  bank.how = is_outer ? "extrapolated" : is_point ? "tabulated" : "interpolated";
  return bank;
}

std::vector<Bank> SramTable::at(const SramTransistors& transistors, Ports ports, double size_KiB,
                                double width_bits) const {
  std::vector<Bank> banks;
  const auto found = points_.find(transistors);
  if (found == points_.end()) return banks;
  const bool is_more = ports != Ports::rw;
  const SramFigures ratios = is_more ? mean_ratios(transistors, ports) : SramFigures{};
  for (const auto& [sought, by_ports] : found->second) {
    Bank bank = bank_of(by_ports.at(Ports::rw), size_KiB, width_bits);
    for (std::size_t i = 0; i < ratios.size() && is_more; ++i) bank.figures[i] *= ratios[i];
    bank.objective = sought;
    bank.how = fmt::format("{}, {}{}", name_of(sought), bank.how,
                           is_more ? ", " + name_of(ports) + " by mean ratios" : "");
    banks.push_back(std::move(bank));
  }
  return banks;
}

std::vector<SramTransistors> SramTable::transistors() const {
  std::vector<SramTransistors> all;
  for (const auto& [transistors, objectives] : points_) all.push_back(transistors);
  return all;
}

bool SramTable::reaches(double size_KiB, double width_bits, double factor) const {
  return size_KiB * factor >= least_size_ && size_KiB <= most_size_ * factor &&
         width_bits * factor >= least_width_ && width_bits <= most_width_ * factor;
}

std::string SramTable::range() const {
  return fmt::format("{} to {} KiB, {} to {} bits", least_size_, most_size_, least_width_, most_width_);
}

}  // namespace tricycle
