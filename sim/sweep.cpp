// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "sim/reference.hpp"
#include "sim/run.hpp"
#include "sim/simulate.hpp"
#include "sim/tech.hpp"
#include "sim/text.hpp"
#include "support/fields.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_points = 100'000, most_axes = 64;

}  // namespace

SweepSpec read_sweep(const Document& document) {
  SweepSpec spec;
  FieldReader reader(document, "a sweep");
  std::int64_t limit = -1;
  reader.text("name", spec.name, Presence::optional);
  reader.text("workload", spec.workload, Presence::required);
  reader.text("arch", spec.arch, Presence::optional);
  reader.text("tech", spec.tech, Presence::optional);
  reader.text("input", spec.input, Presence::optional);
  reader.text("input_part", spec.input_part, Presence::optional);
  reader.text("labels", spec.labels, Presence::optional);
  reader.text("verify", spec.verify, Presence::optional);
  reader.text("reference", spec.reference, Presence::optional);
  reader.integer("limit", limit, 1, std::int64_t{1} << 40, Presence::optional);
  const Document* axes = reader.document("axes", Presence::required);
  reader.finish();
  if (!spec.input_part.empty() && !parse_part(spec.input_part)) {
    throw InputError(reader.place_of("input_part"), "'input_part' " + wrong_part(spec.input_part));
  }
  const auto check_word = [&](const char* key, const std::string& word,
                              const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return;
    throw InputError(reader.place_of(key), fmt::format("'{}' expects {}, not '{}'{}", key, either(words),
                                                       word, did_you_mean(word, words)));
  };
  check_word("reference", spec.reference, reference_names());
  check_word("verify", spec.verify, verify_names());
  spec.places = option_places(document);
  spec.limit = limit;
  resolve_path(spec.workload, document, true);
  resolve_path(spec.arch, document, true);
  resolve_path(spec.tech, document, true);
  resolve_path(spec.input, document, false);
  resolve_path(spec.labels, document, false);
  if (axes->kind != Document::Kind::mapping || axes->entries.empty()) {
    throw InputError(axes->place,
                     "'axes' expects keys with lists of values, such as arch.array.rows: [8, 16]");
  }
  if (axes->entries.size() > most_axes) {
    throw InputError(
        axes->key_places[most_axes],
        fmt::format("the sweep has {} axes; at most {} are supported", axes->entries.size(), most_axes));
  }
  std::size_t points = 1;
  for (std::size_t i = 0; i < axes->entries.size(); ++i) {
    const auto& [key, values] = axes->entries[i];
    const auto starts = [&key = key](const char* prefix) { return key.starts_with(prefix); };
    if (!starts("arch.") && !starts("workload.") && !starts("recurrent.") && !starts("formats.")) {
      throw InputError(
          axes->key_places[i],
          "an axis starts with 'arch.', 'workload.', 'recurrent.' or 'formats.', such as arch.array.rows; '" +
              key + "' does not");
    }
    if (values.kind != Document::Kind::sequence || values.items.empty()) {
      throw InputError(values.place, "'" + key + "' expects a list of values");
    }
    SweepSpec::Axis axis{key, {}, {}};
    std::set<std::string> seen;
    for (const Document& value : values.items) {
      if (value.kind != Document::Kind::scalar)
        throw InputError(value.place, "'" + key + "' expects plain values");
      if (!seen.insert(value.scalar).second) {
        throw InputError(value.place, "'" + value.scalar + "' stands twice in '" + key + "'");
      }
      axis.values.push_back(value.scalar);
      if (key == "arch.dram.kind") resolve_path(axis.values.back(), document, true);
      axis.places.push_back(value.place);
    }
    points *= axis.values.size();
    if (points > most_points)
      throw InputError(values.place, fmt::format("the sweep has more than {} points", most_points));
    spec.axes.push_back(std::move(axis));
  }
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
  RunRequest request;
  request.places = spec.places;
  request.workload = spec.workload;
  request.arch = spec.arch;
  request.tech = spec.tech;
  request.input = spec.input;
  request.input_part = spec.input_part;
  request.labels = spec.labels;
  request.verify = spec.verify;
  request.reference = spec.reference;
  request.limit = spec.limit;
  request.settings = settings_of(spec, point);
  return request;
}

void check_any_point(const SweepSpec& spec) {
  constexpr std::size_t most = 64;
  std::size_t longest = 1;
  for (const SweepSpec::Axis& axis : spec.axes) longest = std::max(longest, axis.values.size());
  std::optional<InputError> first;
  for (std::size_t k = 0; k < std::min(longest, most); ++k) {
    SweepPoint point;  // each value of each axis has its turn
    for (const SweepSpec::Axis& axis : spec.axes) point.push_back(k % axis.values.size());
    try {
      const RunRequest request = request_of(spec, point);
      static_cast<void>(read_prices(request.tech, machine_of(request), request.place_of("--tech")));
      static_cast<void>(load_workload(request.workload, request.settings, -1));
      return;
    } catch (const InputError& error) {
      if (!first) first = error;
    }
  }
  throw *first;
}

}  // namespace tricycle
