// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/logic_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/cost/interpolate.hpp"
#include "sim/cost/table_file.hpp"

namespace tricycle {
namespace {

enum Column : std::size_t { in_row, in_node, in_nominal, first_delay, first_energy = 7, in_area = 10 };
constexpr std::array<const char*, 11> columns = {"row", "node_nm", "nominal_V", "d3", "d2",  "d1",
                                                 "d0",  "e2",      "e1",        "e0", "area"};

/// Of a row's nominal supply: below it transistors come near their threshold, and the fits bend.
constexpr double least_share = 0.6;

/// The highest power first.
template <std::size_t n>
double polynomial(const std::array<double, n>& coefficients, double x) {
  double sum = 0;
  for (const double coefficient : coefficients) sum = sum * x + coefficient;
  return sum;
}

}  // namespace

LogicTable::LogicTable(const std::string& path) {
  const Place end = read_table(path, columns, [&](const TableRow& row) {
    Row read{
        std::string(row.text(in_row)), row.number_above_0(in_nominal), {}, {}, row.number_above_0(in_area)};
    for (std::size_t i = 0; i < read.delay.size(); ++i) read.delay[i] = row.number(first_delay + i);
    for (std::size_t i = 0; i < read.energy.size(); ++i) read.energy[i] = row.number(first_energy + i);
    const double node_nm = row.count(in_node);
    if (!rows_.emplace(node_nm, std::move(read)).second)
      throw InputError(row.place(), fmt::format("{} nm stands here a second time", node_nm));
  });
  if (rows_.size() < 2) throw InputError(end, "the table ends here, and it needs at least two nodes");
}

bool LogicTable::reaches(double node_nm) const {
  return node_nm >= rows_.begin()->first && node_nm <= rows_.rbegin()->first;
}

std::string LogicTable::range() const {
  return fmt::format("from {} to {} nm", rows_.begin()->first, rows_.rbegin()->first);
}

std::string LogicTable::rows(double node_nm) const {
  const auto above = rows_.lower_bound(node_nm);
  if (above->first == node_nm) return above->second.name;
  return above->second.name + " and " + std::prev(above)->second.name;
}

/// `of` a row, or between those of two rows.
template <class Of>
std::optional<double> LogicTable::at(double node_nm, const Of& of) const {
  const auto row = rows_.find(node_nm);
  if (row != rows_.end()) return of(row->second);
  const Segment<Row> segment = segment_of(rows_, node_nm);
  const std::optional<double> low = of(segment.low), high = of(segment.high);
  if (!low || !high) return std::nullopt;
  return *low * power(*high / *low, segment.at);
}

std::optional<double> LogicTable::energy(double node_nm, double voltage_V) const {
  return at(node_nm, [&](const Row& row) -> std::optional<double> {
    const double value = polynomial(row.energy, voltage_V);
    return value > 0 && voltage_V >= least_share * row.nominal_V ? std::optional(value) : std::nullopt;
  });
}

std::optional<double> LogicTable::delay(double node_nm, double voltage_V) const {
  return at(node_nm, [&](const Row& row) -> std::optional<double> {
    const double value = polynomial(row.delay, std::min(voltage_V, row.nominal_V));
    return value > 0 && voltage_V >= least_share * row.nominal_V ? std::optional(value) : std::nullopt;
  });
}

double LogicTable::area(double node_nm) const {
  return at(node_nm, [](const Row& row) { return std::optional(row.area); }).value_or(0);
}

}  // namespace tricycle
