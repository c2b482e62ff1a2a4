// SPDX-License-Identifier: Apache-2.0
#include "sim/results/accelergy.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

namespace tricycle {
namespace {

using Action = std::pair<std::string, ResultFile::Event>;

/// The actions of each unit: `weight_memory.reads` is the action `reads` of `weight_memory`.
std::map<std::string, std::vector<Action>> actions_of(const ResultFile& run) {
  std::map<std::string, std::vector<Action>> units;
  for (const auto& [name, event] : run.events) {
    const std::size_t dot = name.find('.');
    const std::string action = name.substr(dot + 1);
    units[name.substr(0, dot)].emplace_back(action == "leakage" ? "leak" : action, event);
  }
  return units;
}

std::string first_lines(const ResultFile& run, const char* what) {
  return fmt::format("# {} of {} on {} ({} MHz, {}), in the form of Accelergy 0.4.\n", what, run.workload,
                     run.machine, run.clock_MHz, run.tech);
}

/// What a unit is among Accelergy's primitive classes, or one that it does not have.
std::string class_of(const std::string& unit) {
  if (unit == "dram") return "DRAM";
  if (unit.ends_with("_memory")) return "SRAM";
  if (unit == "mac") return "intmac";
  return "tricycle_" + unit;
}

}  // namespace

std::string accelergy_ert(const ResultFile& run) {
  std::string text = first_lines(run, "Energy of an action in pJ") + "ERT:\n  version: '0.4'\n  tables:\n";
  for (const auto& [unit, actions] : actions_of(run)) {
    text += fmt::format("    - name: system.{}[1..1]\n      actions:\n", unit);
    for (const auto& [action, event] : actions)
      text += fmt::format("        - {{name: {}, arguments: {{}}, energy: {}}}\n", action, event.price_pJ);
  }
  return text;
}

std::string accelergy_art(const ResultFile& run) {
  std::string text = first_lines(run, "Area in um2") + "ART:\n  version: '0.4'\n  tables:\n";
  constexpr double um2_per_mm2 = 1e6;
  for (const auto& [unit, mm2] : run.areas_mm2)
    text += fmt::format("    - {{name: 'system.{}[1..1]', area: {}}}\n", unit, mm2 * um2_per_mm2);
  return text;
}

std::string accelergy_action_counts(const ResultFile& run) {
  std::string text = first_lines(run, "Actions of the first inference") +
                     "action_counts:\n  version: '0.4'\n  subtree:\n    - name: system\n      local:\n";
  for (const auto& [unit, actions] : actions_of(run)) {
    text += fmt::format("        - name: {}\n          action_counts:\n", unit);
    for (const auto& [action, event] : actions)
      text +=
          fmt::format("            - {{name: {}, arguments: {{}}, counts: {:.0f}}}\n", action, event.count);
  }
  return text;
}

std::string accelergy_architecture(const ResultFile& run) {
  std::string text = first_lines(run, "Components") + "architecture:\n  version: '0.4'\n  subtree:\n" +
                     "    - name: system\n      local:\n";
  std::string classes;
  for (const auto& [unit, actions] : actions_of(run)) {
    const std::string name = class_of(unit);
    text += fmt::format("        - {{name: {}, class: {}, attributes: {{}}}}\n", unit, name);
    if (!name.starts_with("tricycle_")) continue;
    classes += fmt::format("    - name: {}\n      attributes: {{}}\n      actions:\n", name);
    for (const auto& [action, event] : actions) classes += fmt::format("        - name: {}\n", action);
  }
  return text + "primitive_components:\n  version: '0.4'\n  classes:\n" + classes;
}

}  // namespace tricycle
