// SPDX-License-Identifier: Apache-2.0
#include "workloads/compile/arithmetic.hpp"

#include <fmt/format.h>

#include "support/diagnostics.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {

std::optional<Codes> floating_type(const Graph& graph, const MachineSpec& machine,
                                   std::optional<Datapath> asked) {
  const Format format = mac_format(machine.array);
  if (!machine.array.has(Datapath::mac) || !is_float(format)) return std::nullopt;
  const bool only = machine.array.datapaths.size() == 1 && !asked;
  if (!only && asked != Datapath::mac) return std::nullopt;
  if (has_quantizers(graph)) return std::nullopt;
  return format == Format::float16 ? Codes::float16() : Codes::float32();
}

void check_floating(const Graph& graph, const RecurrentSpec& recurrent, const MachineSpec& machine) {
  if (!recurrent.is_float()) return;
  if (machine.array.has(Datapath::mac) && mac_format(machine.array) == Format::float32) return;
  fail(graph.file,
       fmt::format(
           "computes in float32, and the machine '{}' has no mac array of fp32: give one, such as --arch "
           "recurrent-fp32, or --set recurrent.weights=ttq --set recurrent.activations=btq",
           machine.name));
}

}  // namespace tricycle
