// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "traces/trace.hpp"
#include "workloads/quantized.hpp"

namespace tricycle {

/// In which of planes, trit2, trit5 and bitmap ternary weights lie. What is left open: on chip the datapath's
/// own format, in DRAM the one on chip.
struct WeightFormats {
  std::optional<Format> dram, on_chip;
};

/// The choice for all layers on a ternary datapath, and for single ones by name, which comes first.
struct FormatOptions {
  WeightFormats weights;
  std::map<std::string, WeightFormats> layers;
  [[nodiscard]] bool empty() const { return !weights.dram && !weights.on_chip && layers.empty(); }
};

struct LowerOptions {
  std::optional<Datapath> datapath;  ///< for all layers; otherwise the first of the machine's that fits each
  FormatOptions formats;
  bool allow_untaken = false;  ///< a request that no layer takes is no error: in a part of a network
  std::string tool;            ///< name and version, for the trace
};

/// Lowers a quantized network to a program for a machine: choose datapaths and formats, place the tensors,
/// tile each layer, emit its instructions, order them with semaphores. The trace comes without input items.
/// Errors: no datapath for a layer, a datapath or format asked for that no layer takes, no tile that fits
/// (the message says which memory and how large it would have to be), an accumulator too narrow for a sum.
[[nodiscard]] Trace lower(const QuantizedNetwork& network, const MachineSpec& spec,
                          const LowerOptions& options);

/// The bytes of one item of a bound tensor as they lie in DRAM, from its values. Every NaN is
/// 0x7fc00000.
[[nodiscard]] std::vector<std::uint8_t> pack_tensor(const Binding& binding, const MachineSpec& spec,
                                                    const std::vector<std::int32_t>& values);

/// Products that a step of floating point adds in a tree on this machine: the golden interpreter's `lanes`.
[[nodiscard]] std::int64_t floating_lanes(const MachineSpec& spec);

}  // namespace tricycle
