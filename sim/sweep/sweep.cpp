// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "arch/params/document_kind.hpp"
#include "sim/cost/tech.hpp"
#include "sim/experiment/run.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_points = 100'000, most_axes = 64;
constexpr const char* what = "a sweep";

/// Whether a key cannot be an axis, because all points would write to the same place.
bool is_of_one_run(const std::string& key) {
  return key == "dram_trace" || key == "dram_trace_format";
}

void check_axis_key(const std::string& key, const Place& place) {
  if (is_setting_key(key)) return;
  const std::vector<std::string> keys = request_keys();
  if (is_of_one_run(key)) fail(place, fmt::format("'{}' is no axis: every point would write that file", key));
  if (std::find(keys.begin(), keys.end(), key) != keys.end()) return;
  const std::string rule = "is no axis, which is a key of a run, such as limit, or " + setting_key_rule();
  const std::string near = did_you_mean(key, keys);
  fail(place, fmt::format("'{}' {}", key, near.empty() ? rule : "is no axis" + near));
}

SweepSpec::Axis read_axis(const std::string& key, const Document& values) {
  if (values.kind != Document::Kind::sequence || values.items.empty())
    fail(values.place, "'" + key + "' expects a list of values");
  SweepSpec::Axis axis{key, {}, {}};
  std::set<std::string> seen;
  for (const Document& value : values.items) {
    if (value.kind != Document::Kind::scalar) fail(value.place, "'" + key + "' expects plain values");
    if (!seen.insert(value.scalar).second)
      fail(value.place, "'" + value.scalar + "' stands twice in '" + key + "'");
    axis.values.push_back(value.scalar);
    axis.places.push_back(value.place);
  }
  return axis;
}

/// Takes the value of `key` out of the words and returns it.
Document taken_out(Document& words, const char* key) {
  for (std::size_t i = 0; i < words.entries.size(); ++i) {
    if (words.entries[i].first != key) continue;
    Document value = std::move(words.entries[i].second);
    words.entries.erase(words.entries.begin() + static_cast<std::ptrdiff_t>(i));
    words.key_places.erase(words.key_places.begin() + static_cast<std::ptrdiff_t>(i));
    return value;
  }
  fail(words.place, fmt::format("{} needs the key '{}'", what, key));
}

/// The words of a point. A required key may occur only as an axis.
Document words_of(const SweepSpec& spec, const SweepPoint& point) {
  Document words = spec.base;
  for (const Setting& setting : settings_of(spec, point)) {
    set_word(words, setting.key, setting.value, setting.place);
    if (!is_setting_key(setting.key) || setting.value.find_first_of("[{") != 0) continue;
    Document value;  // a list is given as text: '[binary, mac]'
    set_value(value, "value", setting.value, setting.place);
    *words.find(setting.key) = *value.find("value");
  }
  return words;
}

/// Checks each value of the axes that are keys of a run, one by one. This needs no run.
void check_values(const SweepSpec& spec) {
  const Document first = words_of(spec, SweepPoint(spec.axes.size(), 0));
  static_cast<void>(read_request(first, what));
  for (const SweepSpec::Axis& axis : spec.axes) {
    if (is_setting_key(axis.key)) continue;
    for (std::size_t i = 1; i < axis.values.size(); ++i) {
      Document words = first;
      set_word(words, axis.key, axis.values[i], axis.places[i]);
      static_cast<void>(read_request(words, what));
    }
  }
}

}  // namespace

SweepSpec read_sweep(const Document& document) {
  SweepSpec spec;
  Document rest = document;
  const Document axes = taken_out(rest, "axes");
  spec.base = flat_words(rest);
  for (std::size_t i = 0; i < spec.base.entries.size(); ++i) {
    const std::string& key = spec.base.entries[i].first;
    if (is_of_one_run(key))
      fail(spec.base.key_places[i],
           fmt::format("'{}' is of one run: every point would write that file", key));
  }
  if (spec.base.find("reference") == nullptr) set_word(spec.base, "reference", "off", document.place);
  if (axes.kind != Document::Kind::mapping || axes.entries.empty())
    fail(axes.place, "'axes' expects keys with lists of values, such as arch.array.rows: [8, 16]");
  if (axes.entries.size() > most_axes) {
    fail(axes.key_places[most_axes],
         fmt::format("the sweep has {} axes; at most {} are supported", axes.entries.size(), most_axes));
  }
  std::size_t points = 1;
  for (std::size_t i = 0; i < axes.entries.size(); ++i) {
    const auto& [key, values] = axes.entries[i];
    check_axis_key(key, axes.key_places[i]);
    spec.axes.push_back(read_axis(key, values));
    points *= values.items.size();
    if (points > most_points)
      fail(values.place, fmt::format("the sweep has more than {} points", most_points));
  }
  check_values(spec);
  return spec;
}

std::vector<SweepPoint> sweep_points(const SweepSpec& spec) {
  std::vector<SweepPoint> points = {{}};
  for (const SweepSpec::Axis& axis : spec.axes) {
    std::vector<SweepPoint> longer;
    for (const SweepPoint& point : points) {
      for (std::size_t i = 0; i < axis.values.size(); ++i) {
        longer.push_back(point);
        longer.back().push_back(i);
      }
    }
    points = std::move(longer);
  }
  return points;
}

std::vector<Setting> settings_of(const SweepSpec& spec, const SweepPoint& point) {
  std::vector<Setting> settings;
  for (std::size_t a = 0; a < point.size(); ++a) {
    const SweepSpec::Axis& axis = spec.axes[a];
    settings.push_back({axis.key, axis.values[point[a]], axis.places[point[a]]});
  }
  return settings;
}

RunRequest request_of(const SweepSpec& spec, const SweepPoint& point) {
  return read_request(words_of(spec, point), what);
}

namespace {

/// Errors: an experiment, which `run` would take, in place of a workload.
void check_workload(const std::string& name, const Place& place) {
  const std::string path = path_beside(name, place, true);
  if (!is_yaml_name(path)) {
    if (!has_ending(path, ".onnx")) static_cast<void>(find_preset("workloads/zoo", path, place));
    return;
  }
  const DocumentKind kind = kind_of(read_document(path));
  if (kind == DocumentKind::network) return;
  fail(place,
       fmt::format("'{}' is {}; the workload of a sweep is a model or a network", name, kind_name(kind)));
}

}  // namespace

void check_workloads(const SweepSpec& spec) {
  if (const Document* workload = spec.base.find("workload"))
    check_workload(workload->scalar, workload->place);
  for (const SweepSpec::Axis& axis : spec.axes) {
    for (std::size_t i = 0; axis.key == "workload" && i < axis.values.size(); ++i)
      check_workload(axis.values[i], axis.places[i]);
  }
}

void check_any_point(const SweepSpec& spec) {
  constexpr std::size_t most = 64;
  std::size_t longest = 1;
  for (const SweepSpec::Axis& axis : spec.axes) longest = std::max(longest, axis.values.size());
  std::optional<InputError> first;
  for (std::size_t k = 0; k < std::min(longest, most); ++k) {
    SweepPoint point;  // uses each value of each axis in turn
    for (const SweepSpec::Axis& axis : spec.axes) point.push_back(k % axis.values.size());
    try {
      const RunRequest request = request_of(spec, point);
      static_cast<void>(read_prices(request.tech, machine_of(request), request.place_of("tech")));
      static_cast<void>(load_workload(request.workload, request.settings, -1));
      return;
    } catch (const InputError& error) {
      if (!first) first = error;
    }
  }
  throw *first;
}

}  // namespace tricycle
