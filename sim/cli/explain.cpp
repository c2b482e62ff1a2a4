// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "arch/params/machine.hpp"
#include "sim/experiment/formats.hpp"
#include "sim/experiment/request.hpp"
#include "support/diagnostics.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {
namespace {

const char* const device = "arch.dram.device.";

/// The machine's own keys, with the keys of both kinds of DRAM.
std::vector<FieldEntry> machine_entries() {
  MachineSpec spec;
  std::vector<FieldEntry> entries = list_fields(spec, "arch.");
  spec.dram.kind = "device";
  for (const FieldEntry& entry : list_fields(spec, "arch.")) {
    if (entry.key + "." != device) continue;
    entries.push_back(entry);
    entries.back().standard = "none, of an ideal DRAM";
  }
  return entries;
}

std::string lower_of(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// The plain key of a user's word: an option, with or without its dashes, or `dram.timing.CL` as in 'tricycle
/// dram'.
std::string plain_key(std::string key) {
  if (key.starts_with("--")) key.erase(0, 2);
  if (key.find('.') == std::string::npos) std::replace(key.begin(), key.end(), '-', '_');
  if (key.starts_with("dram.")) key = device + key.substr(5);
  if (key.starts_with("workload.")) key = "workload.KEY";
  const std::string layers = "formats.layers.";
  const std::size_t memory = key.rfind('.');
  if (key.starts_with(layers) && memory > layers.size()) key = layers + "NAME" + key.substr(memory);
  return key;
}

/// `integer, 1 to 4096`, or `one of first, all or off`.
std::string range_of(const FieldEntry& entry) {
  if (entry.range.empty()) return entry.type;
  return entry.type + (entry.type.ends_with(" of") ? " " : ", ") + entry.range;
}

/// The type and range with the unit of measure.
std::string type_of(const FieldEntry& entry) {
  return range_of(entry) + (entry.unit.empty() ? "" : " " + entry.unit);
}

std::string text_of(const KeyTable& table, const FieldEntry& entry) {
  std::string text = entry.key + "\n  " + entry.meaning + "\n";
  if (!entry.section) {
    text += "  type: " + range_of(entry) + "\n";
    if (!entry.unit.empty()) text += "  unit: " + entry.unit + "\n";
    text += (entry.standard == "required" ? "  required" : "  default: " + entry.standard) + "\n";
  }
  return text + "  where: " + table.where + "\n";
}

/// The keys of a section, each with its type and range and, below, its meaning.
std::string lines_below(const std::string& section) {
  std::string text;
  for (const KeyTable& table : key_tables()) {
    for (const FieldEntry& entry : table.entries) {
      const bool below = entry.key.starts_with(section + ".") || entry.key.starts_with(section + "[].");
      if (!below || entry.section) continue;
      const std::string standard = entry.standard == "required" ? "required" : "default: " + entry.standard;
      text += fmt::format("  {}  ({}; {})\n      {}\n", entry.key, type_of(entry), standard, entry.meaning);
    }
  }
  return text;
}

/// A cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
  return result;
}

}  // namespace

std::vector<KeyTable> key_tables() {
  std::vector<KeyTable> tables;
  tables.push_back(
      {"A run",
       "an experiment (configs/experiments), a sweep's base or one of its axes; on the command line an "
       "option, `--input-scale` for `input_scale`",
       list_fields(RunRequest{})});
  tables.push_back(
      {"A machine",
       "a machine (configs/arch) without the prefix `arch.`; `--set KEY=VALUE`; an experiment, a "
       "sweep's base or one of its axes",
       machine_entries()});
  tables.push_back(
      {"A DRAM device",
       "a DRAM (configs/dram) without the prefix; `tricycle dram` with `dram.` for prefix; else as a "
       "machine's",
       list_fields(DramDevice{}, device)});
  tables.push_back(
      {"A recurrent network",
       "the section `recurrent` of a network or an experiment; `--set KEY=VALUE`; an axis of a sweep",
       list_fields(RecurrentSpec{}, "recurrent.")});
  tables.push_back({"Formats of ternary weights",
                    "the section `formats` of an experiment; `--set KEY=VALUE`; an axis of a sweep",
                    format_fields()});
  tables.push_back(
      {"A workload",
       "`--set KEY=VALUE`; an experiment, a sweep's base or one of its axes",
       {{"workload.KEY", "word", "", "the workload's own", "",
         "a key of a network's description (workloads/zoo/README.md), or the size of a symbolic dimension of "
         "an ONNX model"}}});
  return tables;
}

std::string explain(const std::string& given) {
  const std::string key = plain_key(given);
  std::string text;
  std::vector<std::string> keys;
  const auto add = [&](const auto& is_meant) {
    for (const KeyTable& table : key_tables()) {
      for (const FieldEntry& entry : table.entries) {
        keys.push_back(entry.key);
        if (is_meant(entry.key)) text += (text.empty() ? "" : "\n") + text_of(table, entry);
      }
    }
  };
  add([&](const std::string& known) { return known == key; });
  const std::string below = given.starts_with("--") ? "" : lines_below(key);
  if (!below.empty()) text += (text.empty() ? key + "\n" : std::string("\n")) + below;
  if (text.empty()) add([&](const std::string& known) { return known.ends_with("." + key); });
  if (!text.empty()) return text;
  // The nearest whole key, or the nearest last word of one.
  std::string near = nearest_word(key, keys);
  std::vector<std::string> words;
  for (const std::string& known : keys) words.push_back(known.substr(known.rfind('.') + 1));
  if (near.empty()) near = nearest_word(key, words);
  if (near.empty()) near = nearest_word(lower_of(key), words);
  fail("explain", fmt::format("no key is called '{}'{}", given,
                              near.empty() ? "; 'tricycle explain' without a key lists all"
                                           : "; did you mean '" + near + "'?"));
}

std::string keys_page() {
  std::string page =
      "# Keys\n\nEvery key that can be set, with its range and default. `tricycle explain KEY` prints one, "
      "`tricycle explain arch.array` a section. This page is what `tricycle explain --page` prints; a test "
      "holds it "
      "to that.\n";
  for (const KeyTable& table : key_tables()) {
    page += fmt::format(
        "\n## {}\n\nWritten in {}.\n\n| key | type | unit | default | meaning |\n|---|---|---|---|---|\n",
        table.title, table.where);
    for (const FieldEntry& entry : table.entries) {
      page += fmt::format("| `{}` | {} | {} | {} | {} |\n", entry.key, cell(range_of(entry)),
                          cell(entry.unit), cell(entry.standard), cell(entry.meaning));
    }
  }
  return page;
}

}  // namespace tricycle
