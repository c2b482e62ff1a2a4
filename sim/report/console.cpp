// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "arch/params/parts.hpp"
#include "sim/report/ideal.hpp"
#include "sim/report/report.hpp"
#include "sim/report/values.hpp"

namespace tricycle {
namespace {

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

/// The bytes of weights alone, beside their entropy.
std::string memory_line(const PackedWeights& p) {
  if (p.dram == 0) return "";
  const double saving = ratio(static_cast<double>(p.fp32), static_cast<double>(p.dram));
  std::string text = fmt::format(
      "  memory       {} of weights in DRAM: values {}, metadata {}, padding {}; beside them tables {}\n",
      bytes(p.dram), bytes(p.values()), bytes(p.metadata), bytes(p.padding), bytes(p.tables));
  text += fmt::format(
      "               {} on chip, entropy {}; {:.1f}x less than FP32, where 2 bits would be 16x and 1 bit "
      "32x\n",
      bytes(p.chip), bytes(p.entropy), saving);
  return text;
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

/// For each on-chip memory the cycles in which an engine requested a port and did not get it; "" where there
/// are none.
std::string conflicts_text(const RunRecord& record) {
  std::string text;
  const std::vector<Sram> srams = srams_of(record.spec);
  for (std::size_t m = 0; m < sram_count; ++m) {
    std::string waits;
    for (const Engine engine : {Engine::array, Engine::vector, Engine::load, Engine::store}) {
      const auto e = static_cast<std::size_t>(engine);
      const std::uint64_t cycles = record.simulation.first.memories[m].conflicts[e];
      if (cycles == 0) continue;
      waits += fmt::format("{}{} {}", waits.empty() ? "" : ", ", names_of(Engine{})[e], grouped(cycles));
    }
    if (!waits.empty())
      text += fmt::format("  conflicts    {} ({}): cycles without a port: {}\n", name_of(srams[m].unit),
                          name_of(srams[m].spec.ports), waits);
  }
  return text;
}

/// What most of a layer's cycles went to, as "vector 61%", or "-" where it has none.
std::string most_of(const LayerReport& layer) {
  const auto most = std::max_element(layer.by_reason.begin(), layer.by_reason.end());
  if (*most == 0) return "-";
  return fmt::format("{} {:.0f}%",
                     names_of(CycleReason{})[static_cast<std::size_t>(most - layer.by_reason.begin())],
                     percent(static_cast<double>(*most), static_cast<double>(layer.cycles)));
}

/// An inference behind the first.
std::string warm_text(const WarmReport& warm) {
  const double rate = 1 / warm.latency_s;
  const auto whole = static_cast<std::uint64_t>(rate + 0.5);
  return fmt::format("  warm         {}  ({}, {} inferences/s, {}); {} of parameters stay on chip\n",
                     grouped(warm.cycles), seconds(warm.latency_s),
                     rate > 100 ? grouped(whole) : fmt::format("{:.3g}", rate), joules(warm.energy.total()),
                     bytes(warm.staying_bytes));
}

/// What the cycles of a run went to, the most first.
std::string reasons_text(const Report& report) {
  std::vector<std::pair<std::uint64_t, std::string>> parts;
  for (std::size_t r = 0; r < cycle_reason_count; ++r) {
    if (report.by_reason[r] > 0) parts.emplace_back(report.by_reason[r], names_of(CycleReason{})[r]);
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (const auto& [cycles, name] : parts) {
    text += fmt::format(
        "{}{} {:.1f}%", text.empty() ? "" : ", ", name,
        percent(static_cast<double>(cycles), static_cast<double>(report.record.simulation.first.cycles)));
  }
  return text.empty() ? "" : fmt::format("  spent        {}\n", text);
}

std::string layers_table(const Report& report) {
  const std::vector<TraceLayer>& layers = report.record.trace.layers;
  std::size_t width = 8;
  for (const TraceLayer& layer : layers) width = std::max(width, layer.name.size());
  std::string text =
      fmt::format("\n  {:<{}} {:<16} {:>12} {:>10} {:>10} {:>14} {:>10} {:>10} {:>8}\n", "layer", width,
                  "datapath", "MACs", "bound", "cycles", "most of them", "energy", "weights", "nonzero");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const TraceLayer& layer = layers[i];
    text += fmt::format("  {:<{}} {:<16} {:>12} {:>10} {:>10} {:>14} {:>10} {:>10} {:>8}\n", layer.name,
                        width, layer.datapath, grouped(layer.macs), grouped(layer.least_cycles),
                        grouped(report.layers[i].cycles), most_of(report.layers[i]),
                        joules(report.layers[i].energy.total()), bytes(layer.weight_bytes),
                        layer.weights == 0 ? "-" : fmt::format("{:.1f}%", 100 * density(layer)));
  }
  return text;
}

/// What a program that instruction memory cannot hold whole has cost; "" of one that fits.
std::string fetch_summary(const CounterSet& events) {
  if (events[Counter::fetch_bytes] == 0) return "";
  return fmt::format("; {} fetched, {} cycles waited for it", bytes(events[Counter::fetch_bytes]),
                     grouped(events[Counter::sequencer_fetch_stalls]));
}

/// A summary of zeros: skipped work, declared densities, and the cost of flags.
std::string zeros_summary(const RunRecord& record, const CounterSet& events) {
  const std::uint64_t steps = events[Counter::array_steps], left_out = events[Counter::array_steps_skipped];
  const std::uint64_t flags = events[Counter::array_flag_bits];
  if (flags == 0) return "";
  std::string text =
      fmt::format("  zeros        {} of {} steps left out", grouped(left_out), grouped(steps + left_out));
  const std::uint64_t predicted = events[Counter::array_steps_predicted];
  if (record.options.machine.functional)
    text +=
        fmt::format("; {} fed, where the declared densities predict {}", grouped(steps), grouped(predicted));
  return text + fmt::format("; flags: {} bits read\n", grouped(flags));
}

/// The time steps, and the gates of their cells.
std::string recurrence_table(const RecurrenceShares& recurrence) {
  if (!recurrence.any()) return "";
  std::uint64_t least = ~std::uint64_t{0}, most = 0, all = 0;
  for (const auto& [step, share] : recurrence.per_step) {
    least = std::min(least, share.cycles);
    most = std::max(most, share.cycles);
    all += share.cycles;
  }
  const std::string range = recurrence.per_step.size() == recurrence.steps
                                ? fmt::format("{} to {} cycles, mean ", grouped(least), grouped(most))
                                : "a mean of ";
  std::string text =
      fmt::format("\n  {} time steps of {}{}; {} cycles outside of loops\n", grouped(recurrence.steps), range,
                  grouped(all / recurrence.steps), grouped(recurrence.outside.cycles));
  std::size_t width = 8;
  for (const auto& [name, share] : recurrence.per_gate) width = std::max(width, name.size());
  text += fmt::format("  {:<{}} {:>10} {:>11} {:>10} {:>10}  {}\n", "gate", width, "cycles", "utilization",
                      "read", "written", "weights");
  for (const auto& [name, share] : recurrence.per_gate) {
    text += fmt::format("  {:<{}} {:>10} {:>10.1f}% {:>10} {:>10}  {}\n", name, width, grouped(share.cycles),
                        100 * share.utilization(), bytes(share.events[Counter::dram_read_bytes]),
                        bytes(share.events[Counter::dram_write_bytes]), share.weights());
  }
  return text;
}

/// What totals may be by the intervals of prices, and whose moves energy the most.
std::string intervals_text(const Intervals& intervals) {
  const bool has_any = intervals.low_pJ < intervals.high_pJ;
  if (!has_any) return "";
  const Uncertainty& most = intervals.swings.front().of;
  return fmt::format(
      "  prices       energy may be {} to {}, area {:.4g} to {:.4g} mm2; {} of '{}' moves it the most\n",
      joules(intervals.low_pJ), joules(intervals.high_pJ), intervals.low_mm2, intervals.high_mm2,
      name_of(most.quantity), most.source);
}

}  // namespace

std::string console_report(const Report& report) {
  const RunRecord& record = report.record;
  const Trace& trace = record.trace;
  const Simulation& s = record.simulation;
  const Inference& first = s.first;
  const Bound& bound = report.bound;
  const CounterSet& events = report.events;
  const auto cycles = static_cast<double>(first.cycles);
  std::string text = fmt::format("{} on {} ({} MHz, {}): {}\n", trace.workload, record.spec.name,
                                 record.spec.clock_MHz, record.prices.tech, status_name(first.status));
  constexpr std::string_view synthetic = "synthetic";
  text += fmt::format("  weights      {}\n", trace.weights.starts_with(synthetic)
                                                 ? "SYNTHETIC" + trace.weights.substr(synthetic.size())
                                                 : trace.weights);
  text += input_text(record) + outputs_text(record);
  if (record.calibration) {
    text +=
        fmt::format("  quantized    by {} items of {}: {} quantizers, {} weight tensors\n",
                    grouped(static_cast<std::uint64_t>(record.calibration->items)),
                    record.calibration->source, record.calibration->quantizers, record.calibration->weights);
  }
  for (const std::string& node : record.unsupported)
    text += fmt::format("  LEFT OUT     {}: --allow-unsupported\n", printable(node));
  for (const Ideal& ideal : ideals_of(record.spec)) {
    if (ideal.key != "dram.kind") text += fmt::format("  IDEAL        {}: {}\n", ideal.key, ideal.what);
  }
  text += fmt::format("  cycles       {}  ({} at {} MHz)\n", grouped(first.cycles), seconds(report.latency_s),
                      record.spec.clock_MHz);
  if (report.warm) text += warm_text(*report.warm);
  text += fmt::format("  bound        {} compute, {} DRAM: the run takes {:.2f}x the larger\n",
                      grouped(bound.compute_cycles), grouped(bound.dram_cycles),
                      ratio(cycles, static_cast<double>(std::max(bound.compute_cycles, bound.dram_cycles))));
  text += reasons_text(report);
  text += fmt::format("  MACs         {}, array utilization {:.1f}%\n", grouped(report.macs),
                      100 * report.utilization);
  text += fmt::format("  energy       {}  (dynamic {}, leakage {}, DRAM {})\n", joules(report.energy.total()),
                      joules(report.energy.dynamic()), joules(report.energy.leakage()),
                      joules(report.energy.dram()));
  text += fmt::format("  area         {:.4g} mm2\n", report.area_mm2);
  text += intervals_text(report.intervals);
  if (!record.prices.projection.empty())
    text += fmt::format("  PROJECTION   {}: {}\n", record.prices.tech, record.prices.projection);
  text += fmt::format("  DRAM         {}: {} read, {} written\n",
                      record.spec.dram.is_ideal() ? "ideal" : record.spec.dram.device.name,
                      bytes(events[Counter::dram_read_bytes]), bytes(events[Counter::dram_write_bytes]));
  if (report.dram) text += dram_text(record.spec.dram.device, s.dram_first, *report.dram);
  text += fmt::format(
      "  weights      {} packed, {} as FP32: {:.1f}x less\n", bytes(report.weight_bytes),
      bytes(trace.fp32_weight_bytes),
      ratio(static_cast<double>(trace.fp32_weight_bytes), static_cast<double>(report.weight_bytes)));
  text += fmt::format("  program      {}, {} instructions; {} issued{}\n", bytes(report.program.bytes),
                      grouped(report.program.instructions), grouped(report.program.issued),
                      fetch_summary(events));
  text += residency_summary(trace);
  text += zeros_summary(record, events);
  text += memory_line(report.packing);
  if (s.correct) {
    text += fmt::format("  accuracy     {:.2f}% top-1 ({} of {})\n",
                        percent(static_cast<double>(*s.correct), static_cast<double>(s.count)),
                        grouped(*s.correct), grouped(s.count));
  }
  if (s.language) {
    text += fmt::format("  language     {} over {} tokens\n", language_text(*s.language),
                        grouped(s.language->tokens));
  }
  if (record.options.verify == Verify::off || !record.options.machine.functional) {
    text += "  verify       off\n";
  } else {
    text +=
        fmt::format("  verify       {}: {} values checked against {} ones, {} mismatches\n",
                    name_of(record.options.verify), grouped(s.checked), s.reference, grouped(s.mismatches));
  }
  text += reference_text(record.reference);
  if (const std::uint64_t saturations = s.events_total[Counter::vector_saturations]; saturations > 0)
    text += fmt::format("  saturations  {} products of fixed point were clamped, cell states among them\n",
                        grouped(saturations));
  if (const std::uint64_t overflows = s.events_total[Counter::array_overflows]; overflows > 0) {
    text += fmt::format("  OVERFLOWS    {} sums did not fit the accumulator\n", grouped(overflows));
  }
  return text + conflicts_text(record) + units_table(record) + layers_table(report) +
         recurrence_table(report.recurrence);
}

}  // namespace tricycle
