// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/formats.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "arch/params/machine.hpp"
#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

const std::vector<std::string>& memories() {
  static const std::vector<std::string> names = {"dram", "on_chip"};
  return names;
}

/// The names of the formats that ternary weights may have.
std::vector<std::string> trit_formats() {
  std::vector<std::string> names;
  for (int i = 0; i < format_count; ++i) {
    const auto format = static_cast<Format>(i);
    if (holds_trits(format)) names.push_back(name_of(format));
  }
  return names;
}

void check_word(const std::string& word, const std::string& what, const std::vector<std::string>& names,
                const Place& place) {
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  throw InputError(
      place, fmt::format("{} expects {}, not '{}'{}", what, either(names), word, did_you_mean(word, names)));
}

void choose(WeightFormats& formats, const std::string& memory, const std::string& name, const Place& place) {
  check_word(memory, "a choice of formats", memories(), place);
  check_word(name, "'" + memory + "'", trit_formats(), place);
  (memory == "dram" ? formats.dram : formats.on_chip) = value_of<Format>(name).value();
}

const std::string prefix = "formats.";

}  // namespace

FormatOptions formats_of(const std::vector<Setting>& settings) {
  FormatOptions options;
  for (const Setting& setting : settings) {
    if (!setting.key.starts_with(prefix)) continue;
    const Place place = setting.origin();
    const std::string key = setting.key.substr(prefix.size());
    const std::string section = key.substr(0, key.find('.'));
    check_word(section, "'formats'", {"weights", "layers"}, place);
    const std::size_t last = key.rfind('.');  // a layer's name may have dots of its own
    const std::string name = last > section.size() && last != std::string::npos
                                 ? key.substr(section.size() + 1, last - section.size() - 1)
                                 : "";
    if (last == std::string::npos || name.empty() != (section == "weights")) {
      throw InputError(place,
                       "expected formats.weights.MEMORY or formats.layers.NAME.MEMORY, such as "
                       "formats.weights.dram=trit5");
    }
    choose(section == "weights" ? options.weights : options.layers[name], key.substr(last + 1), setting.value,
           place);
  }
  return options;
}

std::vector<Setting> read_formats(const Document& section) {
  std::vector<Setting> settings;
  const auto expect = [](const Document& document, const std::string& what) {
    if (document.kind != Document::Kind::mapping)
      throw InputError(document.place, what + " expects keys and values");
  };
  const auto take = [&](const Document& choice, const std::string& key) {
    expect(choice, "'" + key + "'");
    for (std::size_t i = 0; i < choice.entries.size(); ++i) {
      const auto& [memory, format] = choice.entries[i];
      WeightFormats checked;
      check_word(memory, "a choice of formats", memories(), choice.key_places[i]);
      choose(checked, memory, format.scalar, format.place);
      settings.push_back({prefix + key + "." + memory, format.scalar, format.place});
    }
  };
  expect(section, "'formats'");
  for (std::size_t i = 0; i < section.entries.size(); ++i) {
    const auto& [key, inside] = section.entries[i];
    check_word(key, "'formats'", {"weights", "layers"}, section.key_places[i]);
    if (key == "weights") {
      take(inside, key);
      continue;
    }
    expect(inside, "'layers'");
    for (const Document::Entry& layer : inside.entries) take(layer.second, "layers." + layer.first);
  }
  return settings;
}

std::vector<FieldEntry> format_fields() {
  std::vector<FieldEntry> entries;
  for (const std::string of : {"weights", "layers.NAME"}) {
    for (const std::string& memory : memories()) {
      const std::string whose =
          of == "weights" ? "of all layers' ternary weights" : "of one layer's ternary weights";
      entries.push_back({prefix + of + "." + memory, "one of", either(trit_formats()), "by the datapath", "",
                         fmt::format("packing {}, {}", whose, memory == "dram" ? "in DRAM" : "on chip")});
    }
  }
  return entries;
}

void add_decoders(const FormatOptions& formats, MachineSpec& spec) {
  if (!formats.empty()) spec.decoder.load = spec.decoder.array = true;
}

}  // namespace tricycle
