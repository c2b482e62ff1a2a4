// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "traces/trace.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/integer/quantized.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {

/// A setting: `--set KEY=VALUE`, split at the first '=', or its equivalent in a file.
struct Setting {
  std::string key, value;
  Place place = {};  ///< in that file
  [[nodiscard]] std::string text() const { return key + "=" + value; }
  [[nodiscard]] Place origin() const {
    return place.file.empty() ? Place::of_file("--set " + text()) : place;
  }
};

/// Splits `KEY=VALUE`. Errors: no '=', an empty key.
[[nodiscard]] Setting parse_setting(const std::string& text);

/// Applies the settings below `prefix.`, without the prefix, to a document.
void apply_settings(Document& document, const std::vector<Setting>& settings, const std::string& prefix);

/// A network, and how its recurrent layers, if any, become integers and a schedule.
struct Workload {
  Graph graph;
  RecurrentSpec recurrent;
};

/// Loads a workload: an .onnx file, a network description, or the name of a zoo network. The settings below
/// `workload.` set keys of a description, or sizes of a model's symbolic dimensions. Warnings of the import
/// go to stderr. `seed` (not negative) replaces the description's own.
[[nodiscard]] Workload load_workload(const std::string& name_or_path, const std::vector<Setting>& settings,
                                     std::int64_t seed);

/// The machine that a network description names (`arch`), or edge.
[[nodiscard]] std::string default_machine(const std::string& name_or_path);

/// Parses `1/255` or a decimal number. It must be greater than zero.
[[nodiscard]] InputScale parse_input_scale(const std::string& text,
                                           const Place& place = Place::of_file("--input-scale"));

}  // namespace tricycle
