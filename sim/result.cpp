// SPDX-License-Identifier: Apache-2.0
#include "sim/result.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "arch/spec/timing.hpp"
#include "support/diagnostics.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

const char* status_name(RunStatus status) {
  switch (status) {
    case RunStatus::finished: return "finished";
    case RunStatus::deadlock: return "deadlock";
    case RunStatus::cycle_limit: return "cycle_limit";
  }
  return "";
}

std::uint64_t total_macs(const Trace& trace) {
  std::uint64_t macs = 0;
  for (const TraceLayer& layer : trace.layers) macs += layer.macs;
  return macs;
}

std::uint64_t weight_bytes(const Trace& trace) {
  std::uint64_t bytes = 0;
  for (const TraceLayer& layer : trace.layers) bytes += layer.weight_bytes;
  return bytes;
}

double ratio(double a, double b) {
  return b > 0 ? a / b : 0.0;
}

double density(const TraceLayer& layer) {
  return ratio(static_cast<double>(layer.nonzero_weights), static_cast<double>(layer.weights));
}

/// Leakage energy of one unit over some cycles: 1 mW for 1 ns is 1 pJ.
double leakage_pJ(double leakage_mW, double cycles, const MachineSpec& spec) {
  return leakage_mW * cycles * 1000.0 / spec.clock_MHz;
}

Json energy_json(const CounterSet& events, double cycles, const RunRecord& record) {
  const Energy energy = energy_of(events, cycles, record.prices, record.spec);
  Json by_unit = Json::object();
  for (const CounterInfo& info : counter_infos()) {
    if (info.priced && !by_unit.contains(info.unit)) by_unit[info.unit] = 0.0;
  }
  for (const Prices::Static& unit : record.prices.units) {
    by_unit[unit.unit] = leakage_pJ(unit.leakage_mW, cycles, record.spec);
  }
  const auto& infos = counter_infos();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i].priced) continue;
    by_unit[infos[i].unit] = by_unit[infos[i].unit].get<double>() +
                             static_cast<double>(events.counts[i]) * record.prices.event_pJ[i];
  }
  return {{"total", energy.total()},
          {"dynamic", energy.dynamic},
          {"leakage", energy.leakage},
          {"dram", energy.dram},
          {"by_unit", by_unit}};
}

Json layers_json(const RunRecord& record) {
  Json layers = Json::array();
  const std::vector<std::uint64_t> cycles = layer_cycles(record.simulation.first);
  for (std::size_t i = 0; i < record.trace.layers.size(); ++i) {
    const TraceLayer& layer = record.trace.layers[i];
    const CounterSet& events = record.simulation.first.events_by_layer[i];
    layers.push_back(
        {{"name", layer.name},
         {"op", layer.op},
         {"datapath", layer.datapath},
         {"macs", layer.macs},
         {"cycles", cycles[i]},
         {"energy_pJ", energy_of(events, static_cast<double>(cycles[i]), record.prices, record.spec).total()},
         {"weight_bytes", layer.weight_bytes},
         {"activation_bytes", layer.activation_bytes},
         {"dram_read_bytes", events[Counter::dram_read_bytes]},
         {"dram_write_bytes", events[Counter::dram_write_bytes]},
         {"weight_density", density(layer)},
         {"array_steps", events[Counter::array_steps]},
         {"skipped_steps", events[Counter::array_steps_skipped]}});
  }
  return layers;
}

Json outputs_json(const RunRecord& record) {
  Json values = Json::array();
  for (const std::int32_t value : record.simulation.outputs) {
    if (record.trace.output.format == Format::float32) {
      values.push_back(std::bit_cast<float>(value));
    } else {
      values.push_back(value);
    }
  }
  return {{"name", record.trace.output.name},
          {"shape", record.trace.output.shape},
          {"first", values},
          {"crc32", fmt::format("{:08x}", record.simulation.outputs_crc)}};
}

double area_mm2(const Prices& prices) {
  double area = 0;
  for (const Prices::Static& unit : prices.units) area += unit.area_mm2;
  return area;
}

}  // namespace

Energy energy_of(const CounterSet& events, double cycles, const Prices& prices, const MachineSpec& spec) {
  Energy energy;
  const auto& infos = counter_infos();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i].priced) continue;
    (infos[i].unit == "dram" ? energy.dram : energy.dynamic) +=
        static_cast<double>(events.counts[i]) * prices.event_pJ[i];
  }
  for (const Prices::Static& unit : prices.units) energy.leakage += leakage_pJ(unit.leakage_mW, cycles, spec);
  return energy;
}

Bound bound_of(const Trace& trace, const MachineSpec& spec) {
  Bound bound;
  for (const TraceLayer& layer : trace.layers) bound.compute_cycles += layer.least_cycles;
  const auto rate = static_cast<std::uint64_t>(spec.dram.bytes_per_cycle);
  bound.dram_cycles = (trace.compulsory_bytes + rate - 1) / rate;
  return bound;
}

namespace {

/// Cycles that the array needs for all MACs with every lane at work, and fractions of cycles, of those that
/// the run took.
double utilization_of(const Trace& trace, const MachineSpec& spec, double cycles) {
  std::vector<bool> counted(trace.layers.size(), false);
  double needed = 0;
  for (const Instruction& instruction : trace.code) {
    const auto* product = std::get_if<isa::Matmul>(&instruction.operation);
    if (product == nullptr || counted[instruction.layer]) continue;
    counted[instruction.layer] = true;
    ProductShape shape;
    shape.datapath = product->datapath;
    shape.activations = product->activation_format;
    shape.weights = product->weight_format;
    shape.folding = product->folding;
    needed += static_cast<double>(trace.layers[instruction.layer].macs) *
              static_cast<double>(passes_of(spec.array, shape)) /
              static_cast<double>(peak_macs(spec.array, shape));
  }
  return ratio(needed, cycles);
}

}  // namespace

std::vector<std::uint64_t> layer_cycles(const Inference& inference) {
  std::vector<std::uint64_t> cycles;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < inference.layer_end_cycles.size(); ++i) {
    const bool last = i + 1 == inference.layer_end_cycles.size();
    const std::uint64_t end =
        last ? inference.cycles : std::max(before, std::min(inference.layer_end_cycles[i], inference.cycles));
    cycles.push_back(end - before);
    before = end;
  }
  return cycles;
}

std::string result_json(const RunRecord& record) {
  const Trace& trace = record.trace;
  const Simulation& s = record.simulation;
  const Inference& first = s.first;
  const Bound bound = bound_of(trace, record.spec);
  const CounterSet events = first.events();
  const auto cycles = static_cast<double>(first.cycles);

  Json json;
  json["schema"] = "tricycle.result/1";
  json["status"] = status_name(first.status);
  json["workload"] = {
      {"name", trace.workload}, {"weights", trace.weights}, {"synthetic_weights", trace.synthetic}};
  json["machine"] = record.spec.name;
  json["tech"] = {{"name", record.prices.tech},
                  {"node_nm", record.prices.node_nm},
                  {"voltage_V", record.prices.voltage_V},
                  {"temperature_K", record.prices.temperature_K}};
  json["input"] = {{"source", trace.items.source},
                   {"sha256", trace.items.sha256},
                   {"scale", fmt::format("{}/{}", trace.input_scale_num, trace.input_scale_den)}};
  if (record.calibration) {
    const CalibrationRecord& c = *record.calibration;
    json["calibration"] = {{"source", c.source},
                           {"sha256", c.sha256},
                           {"items", c.items},
                           {"quantizers", c.quantizers},
                           {"weight_tensors", c.weights},
                           {"sqnr_dB", c.sqnr_dB},
                           {"cosine", c.cosine},
                           {"top1_agreement", c.top1_agreement}};
  }
  json["unsupported"] = record.unsupported;
  json["start"] = "reset, instructions in instruction memory, weights and input in DRAM";
  json["cycles"] = first.cycles;
  json["clock_MHz"] = record.spec.clock_MHz;
  json["latency_s"] = cycles / (record.spec.clock_MHz * 1e6);
  json["macs"] = total_macs(trace);
  json["bound"] = {{"compute_cycles", bound.compute_cycles}, {"dram_cycles", bound.dram_cycles}};
  json["utilization"] = utilization_of(trace, record.spec, cycles);
  json["energy_pJ"] = energy_json(events, cycles, record);
  json["area_mm2"] = area_mm2(record.prices);
  Json area = Json::object();
  for (const Prices::Static& unit : record.prices.units) area[unit.unit] = unit.area_mm2;
  json["area_by_unit_mm2"] = area;
  json["dram"] = {{"read_bytes", events[Counter::dram_read_bytes]},
                  {"write_bytes", events[Counter::dram_write_bytes]}};
  json["units"] = Json::array();
  for (const UnitTimes& unit : first.units) {
    json["units"].push_back({{"name", unit.name},
                             {"busy_cycles", unit.busy},
                             {"stall_cycles", unit.stall},
                             {"idle_cycles", unit.idle}});
  }
  json["counters"] = Json::object();
  const auto& infos = counter_infos();
  for (std::size_t i = 0; i < infos.size(); ++i) json["counters"][infos[i].full_name()] = events.counts[i];
  json["layers"] = layers_json(record);
  const std::uint64_t packed = weight_bytes(trace);
  json["memory"] = {
      {"weights_bytes", packed},
      {"fp32_weights_bytes", trace.fp32_weight_bytes},
      {"saving", ratio(static_cast<double>(trace.fp32_weight_bytes), static_cast<double>(packed))}};
  json["verify"] = {{"mode", verify_names()[static_cast<std::size_t>(record.options.verify)]},
                    {"checked", s.checked},
                    {"mismatches", s.mismatches},
                    {"overflows", s.events_total[Counter::array_overflows]},
                    {"reference", s.reference}};
  json["outputs"] = outputs_json(record);
  const Energy all =
      energy_of(s.events_total, static_cast<double>(s.cycles_total), record.prices, record.spec);
  json["inferences"] = {
      {"count", s.count},
      {"cycles_min", s.cycles_min},
      {"cycles_mean", ratio(static_cast<double>(s.cycles_total), static_cast<double>(s.count))},
      {"cycles_max", s.cycles_max},
      {"energy_total_pJ", all.total()}};
  if (s.correct) {
    json["accuracy"] = {{"top1", ratio(static_cast<double>(*s.correct), static_cast<double>(s.count))},
                        {"correct", *s.correct},
                        {"count", s.count},
                        {"labels", record.labels_source},
                        {"labels_sha256", record.labels_sha256}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string layers_csv(const RunRecord& record) {
  std::string text =
      "name,op,datapath,macs,cycles,energy_pJ,weight_bytes,activation_bytes,dram_read_bytes,dram_write_bytes,"
      "weight_density,array_steps,skipped_steps\n";
  const std::vector<std::uint64_t> cycles = layer_cycles(record.simulation.first);
  for (std::size_t i = 0; i < record.trace.layers.size(); ++i) {
    const TraceLayer& layer = record.trace.layers[i];
    const CounterSet& events = record.simulation.first.events_by_layer[i];
    std::string name = layer.name;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == ',' || c == '"' || c == '\n'; }, '_');
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", name, layer.op, layer.datapath,
                        layer.macs, cycles[i],
                        energy_of(events, static_cast<double>(cycles[i]), record.prices, record.spec).total(),
                        layer.weight_bytes, layer.activation_bytes, events[Counter::dram_read_bytes],
                        events[Counter::dram_write_bytes], density(layer), events[Counter::array_steps],
                        events[Counter::array_steps_skipped]);
  }
  return text;
}

std::string effective_yaml(const RunRecord& record) {
  const auto quoted = [](const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::string text = "# Every parameter of the run, defaults included.\n";
  text += "name: " + quoted(record.name) + "\n";
  text += "workload: {name: " + quoted(record.trace.workload) + ", weights: " + quoted(record.trace.weights) +
          "}\n";
  text += fmt::format("input: {{source: {}, scale: {}/{}, items: {}}}\n", quoted(record.trace.items.source),
                      record.trace.input_scale_num, record.trace.input_scale_den, record.trace.items.count);
  text += "datapath: " +
          (record.datapath.empty() ? std::string("by the machine's preference") : record.datapath) + "\n";
  text +=
      "labels: " + (record.labels_source.empty() ? std::string("none") : quoted(record.labels_source)) + "\n";
  text += "settings:" + std::string(record.settings.empty() ? " none\n" : "\n");
  for (const std::string& setting : record.settings) text += "  - " + quoted(setting) + "\n";
  text += "verify: " + verify_names()[static_cast<std::size_t>(record.options.verify)] + "\n";
  text += fmt::format("seed: {}\n", record.options.seed);
  text += fmt::format("timing_only: {}\n", !record.options.machine.functional);
  text += fmt::format("lockstep: {}\n", record.options.machine.lockstep);
  text += fmt::format("cycle_limit: {}\n", record.options.machine.cycle_limit);
  text += "machine:\n" + write_fields(record.spec, 2);
  text += "tech:\n  name: " + quoted(record.prices.tech) + "\n";
  text += fmt::format("  node_nm: {}\n  voltage_V: {}\n  temperature_K: {}\n  prices:\n",
                      record.prices.node_nm, record.prices.voltage_V, record.prices.temperature_K);
  for (const PriceLine& line : record.prices.lines) {
    text += fmt::format("    - {{name: {}, value: {}, unit: {}, source: {}}}\n", quoted(line.name),
                        line.value, quoted(line.unit), quoted(line.source));
  }
  return text;
}

std::string timeline_json(const RunRecord& record) {
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
                      {"args", {{"name", engine_names()[static_cast<std::size_t>(e)]}}}});
  }
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
    last[row] = {
        {"ph", "X"},
        {"name", fmt::format("{} {}", record.trace.layers[instruction.layer].name, name_of(instruction))},
        {"cat", engine_names()[row]},
        {"pid", 1},
        {"tid", row + 1},
        {"ts", microseconds(span.start)},
        {"args", {{"instruction", span.instruction}, {"cycles", span.end - span.start}}}};
  }
  for (std::size_t row = 0; row < engine_count; ++row) close(row, record.simulation.first.cycles);
  const Json json = {
      {"displayTimeUnit", "ns"},
      {"otherData", {{"clock_MHz", record.spec.clock_MHz}, {"workload", record.trace.workload}}},
      {"traceEvents", std::move(events)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

namespace {

/// 12,345,678
std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

/// 1.23 uJ
std::string scaled(double value, const std::vector<std::pair<double, const char*>>& units) {
  for (const auto& [size, unit] : units) {
    if (value >= size || size == units.back().first) return fmt::format("{:.4g} {}", value / size, unit);
  }
  return "";
}
std::string joules(double pJ) {
  return scaled(pJ, {{1e9, "mJ"}, {1e6, "uJ"}, {1e3, "nJ"}, {1, "pJ"}});
}
std::string seconds(double s) {
  return scaled(s, {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}});
}
std::string bytes(std::uint64_t b) {
  return b < 1024 ? fmt::format("{} B", b)
                  : scaled(static_cast<double>(b), {{1048576, "MiB"}, {1024, "KiB"}});
}
double percent(double part, double whole) {
  return 100 * ratio(part, whole);
}

std::string units_table(const RunRecord& record) {
  const Inference& first = record.simulation.first;
  std::string text = fmt::format("\n  {:<12} {:>8} {:>8} {:>8}\n", "unit", "busy", "stall", "idle");
  for (const UnitTimes& unit : first.units) {
    const auto part = [&](std::uint64_t n) {
      return percent(static_cast<double>(n), static_cast<double>(first.cycles));
    };
    text += fmt::format("  {:<12} {:>7.1f}% {:>7.1f}% {:>7.1f}%\n", unit.name, part(unit.busy),
                        part(unit.stall), part(unit.idle));
  }
  return text;
}

std::string layers_table(const RunRecord& record) {
  const std::vector<std::uint64_t> cycles = layer_cycles(record.simulation.first);
  std::size_t width = 8;
  for (const TraceLayer& layer : record.trace.layers) width = std::max(width, layer.name.size());
  std::string text = fmt::format("\n  {:<{}} {:<16} {:>12} {:>10} {:>10} {:>10} {:>8}\n", "layer", width,
                                 "datapath", "MACs", "cycles", "energy", "weights", "nonzero");
  for (std::size_t i = 0; i < record.trace.layers.size(); ++i) {
    const TraceLayer& layer = record.trace.layers[i];
    const Energy energy = energy_of(record.simulation.first.events_by_layer[i],
                                    static_cast<double>(cycles[i]), record.prices, record.spec);
    text += fmt::format("  {:<{}} {:<16} {:>12} {:>10} {:>10} {:>10} {:>8}\n", layer.name, width,
                        layer.datapath, grouped(layer.macs), grouped(cycles[i]), joules(energy.total()),
                        bytes(layer.weight_bytes),
                        layer.weights == 0 ? "-" : fmt::format("{:.1f}%", 100 * density(layer)));
  }
  return text;
}

}  // namespace

std::string console_report(const RunRecord& record) {
  const Trace& trace = record.trace;
  const Simulation& s = record.simulation;
  const Inference& first = s.first;
  const Bound bound = bound_of(trace, record.spec);
  const CounterSet events = first.events();
  const auto cycles = static_cast<double>(first.cycles);
  const Energy energy = energy_of(events, cycles, record.prices, record.spec);
  const std::uint64_t packed = weight_bytes(trace);
  std::string text = fmt::format("{} on {} ({} MHz, {}): {}\n", trace.workload, record.spec.name,
                                 record.spec.clock_MHz, record.prices.tech, status_name(first.status));
  constexpr std::string_view synthetic = "synthetic";
  text += fmt::format("  weights      {}\n", trace.weights.starts_with(synthetic)
                                                 ? "SYNTHETIC" + trace.weights.substr(synthetic.size())
                                                 : trace.weights);
  text += fmt::format("  input        {}, {} item{}\n", trace.items.source, grouped(s.count),
                      s.count == 1 ? "" : "s");
  if (record.calibration) {
    text += fmt::format(
        "  quantized    by {} items of {}: outputs moved, SQNR {:.1f} dB, top-1 agreement {:.1f}%\n",
        grouped(static_cast<std::uint64_t>(record.calibration->items)), record.calibration->source,
        record.calibration->sqnr_dB, 100 * record.calibration->top1_agreement);
  }
  for (const std::string& node : record.unsupported)
    text += fmt::format("  LEFT OUT     {}: not supported by the machine\n", node);
  text += fmt::format("  cycles       {}  ({} at {} MHz)\n", grouped(first.cycles),
                      seconds(cycles * 1e-6 / record.spec.clock_MHz), record.spec.clock_MHz);
  text += fmt::format("  bound        {} compute, {} DRAM: the run takes {:.2f}x the larger\n",
                      grouped(bound.compute_cycles), grouped(bound.dram_cycles),
                      ratio(cycles, static_cast<double>(std::max(bound.compute_cycles, bound.dram_cycles))));
  text += fmt::format("  MACs         {}, array utilization {:.1f}%\n", grouped(total_macs(trace)),
                      100 * utilization_of(trace, record.spec, cycles));
  text += fmt::format("  energy       {}  (dynamic {}, leakage {}, DRAM {})\n", joules(energy.total()),
                      joules(energy.dynamic), joules(energy.leakage), joules(energy.dram));
  text += fmt::format("  area         {:.4g} mm2\n", area_mm2(record.prices));
  text += fmt::format("  DRAM         {} read, {} written\n", bytes(events[Counter::dram_read_bytes]),
                      bytes(events[Counter::dram_write_bytes]));
  text += fmt::format("  weights      {} packed, {} as FP32: {:.1f}x less\n", bytes(packed),
                      bytes(trace.fp32_weight_bytes),
                      ratio(static_cast<double>(trace.fp32_weight_bytes), static_cast<double>(packed)));
  if (s.correct) {
    text += fmt::format("  accuracy     {:.2f}% top-1 ({} of {})\n",
                        percent(static_cast<double>(*s.correct), static_cast<double>(s.count)),
                        grouped(*s.correct), grouped(s.count));
  }
  if (record.options.verify == Verify::off || !record.options.machine.functional) {
    text += "  verify       off\n";
  } else {
    text += fmt::format("  verify       {}: {} values checked against {} ones, {} mismatches\n",
                        verify_names()[static_cast<std::size_t>(record.options.verify)], grouped(s.checked),
                        s.reference, grouped(s.mismatches));
  }
  if (const std::uint64_t overflows = s.events_total[Counter::array_overflows]; overflows > 0) {
    text += fmt::format("  OVERFLOWS    {} sums did not fit the accumulator\n", grouped(overflows));
  }
  return text + units_table(record) + layers_table(record);
}

void check_result_folder(const std::string& folder) {
  static const std::vector<std::string> own = {"result.json", "layers.csv", "effective.yaml",
                                               "timeline.json"};
  Place place;
  place.file = folder;
  if (folder.empty()) throw InputError(place, "the result folder has no name; give one with -o");
  std::error_code error;
  const fs::file_status status = fs::symlink_status(folder, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) throw InputError(place, "exists and is no folder; give another with -o");
  bool other = false;
  bool result = false;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    result = result || name == "result.json";
    other = other || std::find(own.begin(), own.end(), name) == own.end() || !entry.is_regular_file(error);
  }
  const bool empty = fs::is_empty(folder, error);
  if (other || (!empty && !result)) {
    throw InputError(place, "is a folder that holds something other than a result; give another with -o");
  }
}

void write_result_folder(const RunRecord& record, const std::string& folder) {
  check_result_folder(folder);
  fs::path target = fs::path(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // a slash at the end
  const fs::path part(target.string() + ".part" + std::to_string(::getpid()));
  std::error_code error;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
  fs::remove_all(part, error);
  if (!fs::create_directory(part, error)) {
    Place place;
    place.file = folder;
    throw InputError(place, "cannot be created: " + error.message());
  }
  try {
    write_whole((part / "result.json").string(), result_json(record));
    write_whole((part / "layers.csv").string(), layers_csv(record));
    write_whole((part / "effective.yaml").string(), effective_yaml(record));
    if (record.options.machine.timeline)
      write_whole((part / "timeline.json").string(), timeline_json(record));
    const fs::path old(part.string() + ".old");
    const bool replaces = fs::exists(target);
    if (replaces) fs::rename(target, old);
    std::error_code failed;
    fs::rename(part, target, failed);
    if (failed && replaces) fs::rename(old, target);
    if (failed) throw fs::filesystem_error("cannot be put in its place", target, failed);
    if (replaces) fs::remove_all(old);
  } catch (...) {
    fs::remove_all(part, error);
    throw;
  }
}

}  // namespace tricycle
