// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "traces/trace.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/quantized.hpp"

namespace tricycle {

/// `--set KEY=VALUE`, split at the first '=', or what a file says in its place.
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

/// The settings below `prefix.`, with the prefix taken off, applied to a document.
void apply_settings(Document& document, const std::vector<Setting>& settings, const std::string& prefix);

/// Loads a workload: an .onnx file, a network description, or a zoo network's name. What the settings below
/// `workload.` set is the keys of a description, or the sizes of a model's symbolic dimensions. What a
/// model's import warns of goes to stderr.
/// `seed` (not negative) replaces the description's own.
[[nodiscard]] Graph load_workload(const std::string& name_or_path, const std::vector<Setting>& settings,
                                  std::int64_t seed);

/// The machine that a network description names as its own (`arch`), or edge.
[[nodiscard]] std::string default_machine(const std::string& name_or_path);

/// `1/255` or a decimal number, greater than zero.
[[nodiscard]] InputScale parse_input_scale(const std::string& text,
                                           const Place& place = Place::of_file("--input-scale"));

}  // namespace tricycle
