// SPDX-License-Identifier: Apache-2.0
#include "sim/results/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace tricycle {
namespace {

/// The letter of a run: A, B, ... Z, A1, B1, ...
std::string letter(std::size_t run) {
  constexpr std::size_t letters = 26;
  const std::string name(1, static_cast<char>('A' + run % letters));
  return run < letters ? name : name + std::to_string(run / letters);
}

/// 12,345,678
std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value < 0 ? -value : value);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return value < 0 ? "-" + text : text;
}

std::string signed_count(std::int64_t value) {
  return (value > 0 ? "+" : "") + grouped(value);
}

/// Whole numbers with all digits, others with four.
std::string figure(double value) {
  constexpr double most_digits = 1e15;
  const bool is_whole = value == std::floor(value) && std::abs(value) < most_digits;
  return is_whole ? grouped(static_cast<std::int64_t>(value)) : fmt::format("{:.4g}", value);
}

std::string signed_figure(double value) {
  return fmt::format("{:+.4g}", value);
}

std::string ratio_text(double a, double b) {
  return a == 0 ? (b == 0 ? "" : "-") : fmt::format("{:.4g}", b / a);
}

template <class Cause>
void sort_by_size(std::vector<Cause>& causes) {
  std::stable_sort(causes.begin(), causes.end(), [](const Cause& x, const Cause& y) {
    return std::abs(x.difference()) > std::abs(y.difference());
  });
}

}  // namespace

std::vector<CycleCause> cycle_causes(const ResultFile& a, const ResultFile& b) {
  std::vector<CycleCause> causes;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  const auto cause = [&](const std::string& layer, const std::string& reason) -> CycleCause& {
    const auto [place, is_new] = places.try_emplace({layer, reason}, causes.size());
    if (is_new) causes.push_back({layer, reason, 0, 0});
    return causes[place->second];
  };
  for (const ResultFile::Layer& layer : a.layers) {
    for (const auto& [reason, cycles] : layer.cycles) cause(layer.name, reason).a += cycles;
  }
  for (const ResultFile::Layer& layer : b.layers) {
    for (const auto& [reason, cycles] : layer.cycles) cause(layer.name, reason).b += cycles;
  }
  std::erase_if(causes, [](const CycleCause& known) { return known.difference() == 0; });
  sort_by_size(causes);
  return causes;
}

std::vector<EnergyCause> energy_causes(const ResultFile& a, const ResultFile& b) {
  std::vector<EnergyCause> causes;
  const auto event_in = [](const ResultFile& run, const std::string& name) {
    const auto found = run.events.find(name);
    return found == run.events.end() ? ResultFile::Event{} : found->second;
  };
  std::set<std::string> names;
  for (const ResultFile* run : {&a, &b}) {
    for (const auto& [name, event] : run->events) names.insert(name);
  }
  for (const std::string& name : names) {
    const EnergyCause cause{name, event_in(a, name), event_in(b, name)};
    if (cause.difference() != 0) causes.push_back(cause);
  }
  sort_by_size(causes);
  return causes;
}

Table figures_table(const std::vector<ResultFile>& runs) {
  Table table{"Figures", {"figure"}, {}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    table.head.push_back(letter(i));
    if (i > 0) table.head.push_back(letter(i) + " / A");
  }
  std::vector<std::string> names;
  for (const ResultFile& run : runs) {
    for (const auto& [name, value] : run.figures) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  for (const std::string& name : names) {
    std::vector<std::string> row = {name};
    std::optional<double> first;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto found = std::find_if(runs[i].figures.begin(), runs[i].figures.end(),
                                      [&](const auto& one) { return one.first == name; });
      const bool is_there = found != runs[i].figures.end();
      row.push_back(is_there ? figure(found->second) : "");
      if (i == 0 && is_there) first = found->second;
      if (i > 0) row.push_back(first && is_there ? ratio_text(*first, found->second) : "");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table cycles_table(const std::vector<CycleCause>& causes, std::size_t most) {
  Table table{"Cycles, by layer and reason", {"layer", "reason", "A", "B", "B - A"}, {}};
  std::int64_t others = 0, total = 0;
  for (std::size_t i = 0; i < causes.size(); ++i) {
    const CycleCause& cause = causes[i];
    total += cause.difference();
    if (i >= most) others += cause.difference();
    if (i >= most) continue;
    table.rows.push_back({cause.layer, cause.reason, grouped(static_cast<std::int64_t>(cause.a)),
                          grouped(static_cast<std::int64_t>(cause.b)), signed_count(cause.difference())});
  }
  if (causes.size() > most)
    table.rows.push_back({fmt::format("{} others", causes.size() - most), "", "", "", signed_count(others)});
  table.rows.push_back({"all", "", "", "", signed_count(total)});
  return table;
}

Table energy_table(const std::vector<EnergyCause>& causes, std::size_t most) {
  Table table{"Energy, pJ, by event: what the counts change at A's prices, and the prices for B's counts",
              {"event", "count A", "count B", "price A", "price B", "by count", "by price", "B - A"},
              {}};
  double others = 0, by_count = 0, by_price = 0;
  for (std::size_t i = 0; i < causes.size(); ++i) {
    const EnergyCause& cause = causes[i];
    by_count += cause.by_count();
    by_price += cause.by_price();
    if (i >= most) others += cause.difference();
    if (i >= most) continue;
    table.rows.push_back({cause.event, figure(cause.a.count), figure(cause.b.count), figure(cause.a.price_pJ),
                          figure(cause.b.price_pJ), signed_figure(cause.by_count()),
                          signed_figure(cause.by_price()), signed_figure(cause.difference())});
  }
  if (causes.size() > most)
    table.rows.push_back(
        {fmt::format("{} others", causes.size() - most), "", "", "", "", "", "", signed_figure(others)});
  table.rows.push_back({"all", "", "", "", "", signed_figure(by_count), signed_figure(by_price),
                        signed_figure(by_count + by_price)});
  return table;
}

Bars cycles_bars(const std::vector<CycleCause>& causes, std::size_t most) {
  Bars bars{"Cycles of B - A by layer and reason", "cycles", {}};
  for (std::size_t i = 0; i < std::min(most, causes.size()); ++i) {
    bars.bars.push_back({causes[i].layer + ", " + causes[i].reason,
                         static_cast<double>(causes[i].difference()), signed_count(causes[i].difference())});
  }
  return bars;
}

Bars energy_bars(const std::vector<EnergyCause>& causes, std::size_t most) {
  Bars bars{"Energy of B - A by event", "pJ", {}};
  for (std::size_t i = 0; i < std::min(most, causes.size()); ++i)
    bars.bars.push_back({causes[i].event, causes[i].difference(), signed_figure(causes[i].difference())});
  return bars;
}

std::string heading(const std::vector<ResultFile>& runs) {
  std::string text;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    text += fmt::format("{}  {} on {} ({} MHz, {}): {}\n", letter(i), runs[i].workload, runs[i].machine,
                        runs[i].clock_MHz, runs[i].tech, runs[i].folder);
  }
  const bool is_one_network = std::all_of(
      runs.begin(), runs.end(), [&](const ResultFile& run) { return run.workload == runs.front().workload; });
  if (!is_one_network) text += "The networks are not the same: layers are compared by their names.\n";
  return text;
}

}  // namespace tricycle
