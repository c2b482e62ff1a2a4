// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/report/report.hpp"

namespace tricycle {

std::string timeline_json(const Report& report) {
  const RunRecord& record = report.record;
  using Json = nlohmann::ordered_json;
  const auto microseconds = [&](std::uint64_t cycles) {
    return static_cast<double>(cycles) / record.spec.clock_MHz;
  };
  Json events = Json::array();
  events.push_back(
      {{"ph", "M"}, {"name", "process_name"}, {"pid", 1}, {"args", {{"name", record.spec.name}}}});
  for (int e = 0; e < engine_count; ++e) {
    events.push_back({{"ph", "M"},
                      {"name", "thread_name"},
                      {"pid", 1},
                      {"tid", e + 1},
                      {"args", {{"name", name_of(static_cast<Engine>(e))}}}});
  }
  std::vector<std::uint64_t> executions(record.trace.code.size(), 0);
  std::array<Json, engine_count> last;  // the slice of each row that has not got its end yet
  std::array<std::uint64_t, engine_count> last_start{}, last_end{};
  const auto close = [&](std::size_t row, std::uint64_t before) {
    if (last[row].is_null()) return;
    last[row]["dur"] = microseconds(std::min(last_end[row], before) - last_start[row]);
    events.push_back(std::move(last[row]));
  };
  for (const Inference::Span& span : record.simulation.first.timeline) {
    const Instruction& instruction = record.trace.code[span.instruction];
    const auto row = static_cast<std::size_t>(engine_of(instruction));
    close(row, span.start);
    last_start[row] = span.start;
    last_end[row] = span.end;
    std::string layer = record.trace.layers[instruction.layer].name;
    Json args = {{"instruction", span.instruction},
                 {"execution", executions[span.instruction]++},
                 {"cycles", span.end - span.start}};
    if (report.layers[instruction.layer].in_loop) {
      layer += fmt::format(" t={}", span.step);
      args["step"] = span.step;
    }
    last[row] = {{"ph", "X"},
                 {"name", fmt::format("{} {}", layer, name_of(instruction))},
                 {"cat", names_of(Engine{})[row]},
                 {"pid", 1},
                 {"tid", row + 1},
                 {"ts", microseconds(span.start)},
                 {"args", std::move(args)}};
  }
  for (std::size_t row = 0; row < engine_count; ++row) close(row, record.simulation.first.cycles);
  const Json json = {
      {"displayTimeUnit", "ns"},
      {"otherData", {{"clock_MHz", record.spec.clock_MHz}, {"workload", record.trace.workload}}},
      {"traceEvents", std::move(events)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tricycle
