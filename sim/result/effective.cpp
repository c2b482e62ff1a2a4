// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/result/prices.hpp"
#include "sim/result/result.hpp"
#include "sim/result/values.hpp"

namespace tricycle {

std::string effective_yaml(const RunRecord& record) {
  const auto quoted = [](const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  std::string text = "# Every parameter of the run, defaults included.\n";
  text += "name: " + quoted(record.name) + "\n";
  text += "workload: {name: " + quoted(record.trace.workload) + ", weights: " + quoted(record.trace.weights) +
          "}\n";
  nlohmann::ordered_json input = input_json(record);
  input["items"] = record.trace.items.count;
  text += "input: " + input.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  text += "datapath: " +
          (record.datapath.empty() ? std::string("by the machine's preference") : record.datapath) + "\n";
  text +=
      "labels: " + (record.labels_source.empty() ? std::string("none") : quoted(record.labels_source)) + "\n";
  text += "settings:" + std::string(record.settings.empty() ? " none\n" : "\n");
  for (const std::string& setting : record.settings) text += "  - " + quoted(setting) + "\n";
  text += "verify: " + verify_names()[static_cast<std::size_t>(record.options.verify)] + "\n";
  text += "reference: " + reference_names()[static_cast<std::size_t>(record.reference.mode)] + "\n";
  text += fmt::format("seed: {}\n", record.options.seed);
  text += fmt::format("timing_only: {}\n", !record.options.machine.functional);
  const auto declared = [](const std::optional<double>& density, const char* otherwise) {
    return density ? fmt::format("{}", *density) : std::string(otherwise);
  };
  text += "weight_density: " + declared(record.options.weight_density, "of each layer") + "\n";
  text += "activation_density: " + declared(record.options.activation_density, "1") + "\n";
  text += fmt::format("lockstep: {}\n", record.options.machine.lockstep);
  text += fmt::format("cycle_limit: {}\n", record.options.machine.cycle_limit);
  text += "machine:\n" + write_fields(record.spec, 2);
  text += "tech:\n  name: " + quoted(record.prices.tech) + "\n";
  text += fmt::format("  node_nm: {}\n  voltage_V: {}\n  temperature_K: {}\n  prices:\n",
                      record.prices.node_nm, record.prices.voltage_V, record.prices.temperature_K);
  for (const PriceLine& line : record.prices.lines) {
    text +=
        fmt::format("    - {{name: {}, value: {}, unit: {}, source: {}, scaling: {}}}\n", quoted(line.name),
                    line.value, quoted(line.unit), quoted(line.source), scaling_json(line).dump());
  }
  return text;
}

}  // namespace tricycle
