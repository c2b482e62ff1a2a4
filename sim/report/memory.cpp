// SPDX-License-Identifier: Apache-2.0
#include "sim/report/memory.hpp"

#include <fmt/format.h>

#include "workloads/quantize/recurrent/memory.hpp"

namespace tricycle {
namespace {

std::string size_text(double bytes) {
  if (bytes < 1024) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1024.0 * 1024) return fmt::format("{:.1f} KiB", bytes / 1024);
  return fmt::format("{:.1f} MiB", bytes / 1024 / 1024);
}

std::string counted(const RecurrentModel& model) {
  const CellMemory memory = cell_memory(model);
  std::string text = fmt::format(
      "{}: {} steps, batch {}; {} weights of the cells (without biases, embedding and decoder),\n"
      "{} activations in training (all steps), {} in inference (one step)\n\n",
      model.name, model.steps, model.batch, memory.weights, memory.training_activations,
      memory.inference_activations);
  text += fmt::format("  {:<42} {:>12} {:>8} {:>12} {:>8}\n", "as HitNet Figure 1 counts", "training",
                      "saving", "inference", "saving");
  const BitWidths& full = figure1_widths()[0];
  const double training = memory_bytes(memory.weights, memory.training_activations, full);
  const double inference = memory_bytes(memory.weights, memory.inference_activations, full);
  for (const BitWidths& widths : figure1_widths()) {
    const double t = memory_bytes(memory.weights, memory.training_activations, widths);
    const double i = memory_bytes(memory.weights, memory.inference_activations, widths);
    text += fmt::format("  {:<42} {:>12} {:>7.1f}x {:>12} {:>7.1f}x\n", widths.name, size_text(t),
                        training / t, size_text(i), inference / i);
  }
  return text;
}

/// A table of the layers with parameters, with their packed bytes.
std::string packed(const QuantizedNetwork& network, const Trace& trace) {
  std::string text = fmt::format("\n  {:<24} {:<10} {:<10} {:>12} {:>12} {:>8}\n", "as it lies in memory",
                                 "weights", "datapath", "FP32", "packed", "saving");
  std::uint64_t all = 0, all_full = 0;
  for (std::size_t i = 0; i < trace.layers.size(); ++i) {
    const TraceLayer& row = trace.layers[i];
    const QuantizedLayer& layer = network.layers[i];
    if (row.weight_bytes == 0) continue;
    const std::uint64_t biases =
        layer.has_weights() ? static_cast<std::uint64_t>(network.tensor(layer.output).channels) : 0;
    const std::uint64_t full = 4 * (row.weights + biases);
    text += fmt::format(
        "  {:<24} {:<10} {:<10} {:>12} {:>12} {:>8}\n", row.name,
        row.weights > 0 ? codes_name(layer.weight_codes) : "table", row.datapath,
        size_text(static_cast<double>(full)), size_text(static_cast<double>(row.weight_bytes)),
        full > 0 ? fmt::format("{:.1f}x", static_cast<double>(full) / static_cast<double>(row.weight_bytes))
                 : "-");
    all += row.weight_bytes;
    all_full += full;
  }
  text += fmt::format("  {:<46} {:>12} {:>12} {:>7.1f}x\n", "all, with scales, biases and tables",
                      size_text(static_cast<double>(all_full)), size_text(static_cast<double>(all)),
                      static_cast<double>(all_full) / static_cast<double>(all));
  return text;
}

}  // namespace

std::string memory_table(const RecurrentModel& model, const QuantizedNetwork& network, const Trace& trace) {
  std::string text = counted(model);
  text += packed(network, trace);
  std::uint64_t states = 0;
  for (const Symbol& symbol : trace.symbols) {
    for (const QuantizedTensor& tensor : network.tensors) {
      if (tensor.role == Role::state && tensor.name == symbol.name) states += symbol.bytes;
    }
  }
  text += fmt::format("  {:<46} {:>12} {:>12}\n", "states (carried between steps)", "",
                      size_text(static_cast<double>(states)));
  return text;
}

}  // namespace tricycle
