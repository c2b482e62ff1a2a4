// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cost/prices.hpp"
#include "sim/report/report.hpp"
#include "sim/report/values.hpp"
#include "support/files.hpp"

namespace tricycle {

namespace {

/// A name as a quoted YAML string.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The request, with the chosen values where it had none. Files have only their names: their folders change
/// no result.
RunRequest effective_request(const RunRecord& record) {
  RunRequest request = record.request;
  for (std::string* path : {&request.arch, &request.tech, &request.input, &request.labels, &request.calibrate,
                            &request.vocabulary, &request.dram_trace.path})
    *path = printable(base_name(*path));
  for (const Setting& setting : request.settings) {
    if (setting.key != "arch.dram.kind") continue;
    Document kind;
    set_value(kind, "kind", setting.value, setting.place);
    request.dram = printable(base_name(kind.find("kind")->scalar));
  }
  request.workload = record.trace.workload;
  if (request.arch.empty()) request.arch = record.spec.name;
  // Without other options a replay has the input of its trace and the meaning of its bytes.
  const TraceItems& items = record.trace.items;
  if (request.input.empty() && !items.source.starts_with("synthetic"))
    request.input = printable(items.source);
  if (request.input_scale.empty()) request.input_scale = byte_scale(record.trace.reading.byte);
  request.verify = record.options.verify;
  request.reference = record.reference.mode;
  request.seed = static_cast<std::int64_t>(record.options.seed);
  return request;
}

}  // namespace

std::string effective_yaml(const Report& report) {
  const RunRecord& record = report.record;
  std::string text = "# Every parameter of the run, defaults included.\n";
  text += "run:\n" + write_fields(effective_request(record), 2, Absent::said);
  text += "settings:" + std::string(record.request.settings.empty() ? " none\n" : "\n");
  for (const Setting& setting : record.request.settings) text += "  - " + quoted(setting.text()) + "\n";
  text += "workload: {name: " + quoted(record.trace.workload) + ", weights: " + quoted(record.trace.weights) +
          "}\n";
  nlohmann::ordered_json input = input_json(record);
  input["items"] = record.trace.items.count;
  text += "input: " + input.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  text += "machine:\n" + write_fields(record.spec, 2);
  text += "tech:\n  name: " + quoted(record.prices.tech) + "\n";
  text += fmt::format("  node_nm: {}\n  voltage_V: {}\n  temperature_K: {}\n  prices:\n",
                      record.prices.node_nm, record.prices.voltage_V, record.prices.temperature_K);
  for (const PriceLine& line : report.prices) {
    text +=
        fmt::format("    - {{name: {}, value: {}, unit: {}, source: {}, scaling: {}}}\n", quoted(line.name),
                    line.value, quoted(line.unit), quoted(line.source), scaling_json(line).dump());
  }
  return text;
}

}  // namespace tricycle
