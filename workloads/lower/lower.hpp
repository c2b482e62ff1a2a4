// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "traces/trace.hpp"
#include "workloads/integer/quantized.hpp"

namespace tricycle {

/// The formats of ternary weights: planes, trit2, trit5 or bitmap. The default on chip is the datapath's own
/// format; the default in DRAM is the format on chip.
struct WeightFormats {
  std::optional<Format> dram, on_chip;
};

/// The choice for all layers on a ternary datapath, and for single layers by name. The choice by name takes
/// precedence.
struct FormatOptions {
  WeightFormats weights;
  std::map<std::string, WeightFormats> layers;
  [[nodiscard]] bool empty() const { return !weights.dram && !weights.on_chip && layers.empty(); }
};

struct LowerOptions {
  /// Taken for each layer that it serves. Else the binary datapath where both operands are binary, else the
  /// first datapath of the machine that serves the layer.
  std::optional<Datapath> datapath;
  FormatOptions formats;
  bool allow_untaken = false;  ///< no error for a request that no layer takes: for a part of a network
  std::string tool;            ///< name and version, for the trace
};

/// Lowers a quantized network to a program for a machine: chooses datapaths and formats, places the tensors,
/// tiles each layer, emits its instructions, and orders them with semaphores. The trace has no input items.
/// Errors: no datapath for a layer, a requested datapath or format that no layer takes, no tile that fits
/// (the message says which memory is too small and how large it would have to be), an accumulator too narrow
/// for a sum.
[[nodiscard]] Trace lower(const QuantizedNetwork& network, const MachineSpec& spec,
                          const LowerOptions& options);

/// Packs the values of one item of a bound tensor into bytes as they lie in DRAM. Every NaN becomes
/// 0x7fc00000.
[[nodiscard]] std::vector<std::uint8_t> pack_tensor(const Binding& binding, const MachineSpec& spec,
                                                    const std::vector<std::int32_t>& values);

/// Products that one array step of floating point adds in a tree on this machine: `lanes` of the golden
/// interpreter.
[[nodiscard]] std::int64_t floating_lanes(const MachineSpec& spec);

}  // namespace tricycle
