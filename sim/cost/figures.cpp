// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/figures.hpp"

#include <algorithm>
#include <cmath>

#include "arch/isa/footprint.hpp"
#include "arch/isa/ledger.hpp"
#include "arch/params/clocks.hpp"
#include "arch/params/timing.hpp"

namespace tricycle {

const char* status_name(RunStatus status) {
  switch (status) {
    case RunStatus::finished: return "finished";
    case RunStatus::deadlock: return "deadlock";
    case RunStatus::cycle_limit: return "cycle_limit";
  }
  return "";
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::uint64_t total_macs(const Trace& trace) {
  std::uint64_t macs = 0;
  for (const TraceLayer& layer : trace.layers) macs += layer.macs;
  return macs;
}

std::uint64_t packed_weight_bytes(const Trace& trace) {
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

std::optional<double> activation_density(const CounterSet& events) {
  const std::uint64_t all = events[Counter::array_window_elements];
  if (all == 0) return std::nullopt;
  return ratio(static_cast<double>(events[Counter::array_window_nonzeros]), static_cast<double>(all));
}

double area_mm2(const Prices& prices) {
  double area = 0;
  for (const Prices::Static& unit : prices.units) area += unit.area_mm2;
  return area;
}

Bound bound_of(const Trace& trace, const MachineSpec& spec) {
  Bound bound;
  for (const TraceLayer& layer : trace.layers) bound.compute_cycles += layer.least_cycles;
  bound.dram_cycles = static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(trace.compulsory_bytes) / dram_bytes_per_cycle(spec)));
  return bound;
}

namespace {

/// Cycles that the array needs for a layer's MACs with every lane busy, in the shape of one of its matmuls.
double array_cycles(const TraceLayer& layer, const isa::Matmul& product, const MachineSpec& spec) {
  ProductShape shape;
  shape.datapath = product.datapath;
  shape.activations = product.activation_format;
  shape.weights = product.weight_format;
  shape.folding = product.folding;
  return static_cast<double>(layer.macs) * static_cast<double>(passes_of(spec.array, shape)) /
         static_cast<double>(peak_macs(spec.array, shape));
}

/// The first matmul of each layer, or null.
std::vector<const isa::Matmul*> first_matmuls(const Trace& trace) {
  std::vector<const isa::Matmul*> first(trace.layers.size(), nullptr);
  for (const Instruction& instruction : trace.code) {
    const isa::Matmul*& product = first[instruction.layer];
    if (product == nullptr) product = std::get_if<isa::Matmul>(&instruction.operation);
  }
  return first;
}

/// MACs of a matmul, including padding.
double volume_of(const isa::Matmul& product) {
  const ProductShape shape = shape_of(product);
  return static_cast<double>(shape.positions) * static_cast<double>(shape.cols) *
         static_cast<double>(shape.elements) * static_cast<double>(shape.taps);
}

}  // namespace

double utilization_of(const Trace& trace, const MachineSpec& spec, double cycles) {
  const std::vector<const isa::Matmul*> products = first_matmuls(trace);
  double needed = 0;
  for (std::size_t i = 0; i < products.size(); ++i) {
    if (products[i] != nullptr) needed += array_cycles(trace.layers[i], *products[i], spec);
  }
  return ratio(needed, cycles);
}

std::vector<double> array_cycles_of_steps(const Trace& trace, const MachineSpec& spec) {
  const Loops loops(trace.code);
  const Ledger ledger(trace.code, loops);
  std::vector<double> volumes(ledger.entries.size(), 0), of_layer(trace.layers.size(), 0);
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    const auto* product = std::get_if<isa::Matmul>(&trace.code[i].operation);
    if (product == nullptr) continue;
    ledger.for_each_entry(loops, trace.code[i], i, [&](std::size_t entry, std::uint64_t times) {
      const double volume = static_cast<double>(times) * volume_of(*product);
      volumes[entry] += volume;
      of_layer[trace.code[i].layer] += volume;
    });
  }
  const std::vector<const isa::Matmul*> products = first_matmuls(trace);
  std::vector<double> cycles(volumes.size(), 0);
  for (std::size_t e = 0; e < cycles.size(); ++e) {
    const std::size_t layer = ledger.entries[e].layer;
    if (products[layer] == nullptr) continue;
    cycles[e] =
        array_cycles(trace.layers[layer], *products[layer], spec) * ratio(volumes[e], of_layer[layer]);
  }
  return cycles;
}

}  // namespace tricycle
