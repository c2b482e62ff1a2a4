// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/exchange/trace_file.hpp"
#include "sim/experiment/flat_fields.hpp"
#include "sim/experiment/formats.hpp"
#include "sim/experiment/inputs.hpp"
#include "sim/experiment/text.hpp"
#include "support/field_list.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr Presence optional = Presence::optional;
constexpr const char* dram_kind = "arch.dram.kind";

/// A word as YAML: in quotes where it would mean something else without them. In a list a comma needs quotes,
/// too.
std::string yaml_word(const std::string& word, bool in_list) {
  const auto is_plain = [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || std::string_view("_./+-").find(c) != std::string_view::npos ||
           (!in_list && std::string_view("=, ").find(c) != std::string_view::npos);
  };
  const bool ends = !word.empty() && word.front() != ' ' && word.back() != ' ' && !word.starts_with("- ");
  if (ends && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string quoted = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// A value of a file in the form of `--set`.
std::string yaml_text(const Document& value, bool inside = false) {
  if (value.kind == Document::Kind::scalar) return yaml_word(value.scalar, inside);
  const bool list = value.kind == Document::Kind::sequence;
  std::string text;
  for (const Document& item : value.items) text += (text.empty() ? "" : ", ") + yaml_text(item, true);
  for (const Document::Entry& entry : value.entries)
    text += (text.empty() ? "" : ", ") + yaml_word(entry.first, true) + ": " + yaml_text(entry.second, true);
  return list ? "[" + text + "]" : "{" + text + "}";
}

/// Adds the setting for which `dram` stands. If two places set its key, the command line overrides the file.
void add_dram(RunRequest& request) {
  if (request.dram.empty()) return;
  const Setting dram = {dram_kind, yaml_word(request.dram, false), request.place_of("dram")};
  request.dram.clear();
  std::vector<Setting>& settings = request.settings;
  const auto other = std::find_if(settings.begin(), settings.end(),
                                  [](const Setting& setting) { return setting.key == dram_kind; });
  const auto in_file = [](const Setting& setting) { return setting.origin().line > 0; };
  if (other == settings.end()) {
    settings.insert(in_file(dram) ? settings.begin() : settings.end(), dram);
  } else if (in_file(*other) == in_file(dram)) {
    fail(dram.place, fmt::format("'{}' is given already, by {}", dram_kind, other->origin().text()));
  } else if (in_file(*other)) {
    *other = dram;
  }
}

/// Takes the settings out of the words.
std::vector<Setting> take_settings(Document& words) {
  std::vector<Setting> settings;
  Document rest = words;
  rest.entries.clear();
  rest.key_places.clear();
  for (std::size_t i = 0; i < words.entries.size(); ++i) {
    const auto& [key, value] = words.entries[i];
    if (!is_setting_key(key)) {
      rest.entries.push_back(words.entries[i]);
      rest.key_places.push_back(words.key_places[i]);
      continue;
    }
    // Words of the command line are already YAML.
    const bool in_file = value.place.line > 0;
    Document found = value;
    if (key == dram_kind && in_file) found.scalar = path_beside(found.scalar, value.place, true);
    settings.push_back({key, in_file ? yaml_text(found) : found.scalar, value.place});
  }
  words = std::move(rest);
  return settings;
}

/// Writes the values that are not defaults as options.
class ArgumentWriter : public FlatFields {
 public:
  explicit ArgumentWriter(std::vector<std::string>& out) : out_(out) {}
  void integer(const Key& key, std::int64_t& value, std::int64_t, std::int64_t, Presence) override {
    add(key, std::to_string(value));
  }
  void number(const Key& key, double& value, double, double, Presence) override {
    add(key, number_text(value));
  }
  void text(const Key& key, std::string& value, Presence) override {
    if (!value.empty()) add(key, value);
  }
  void path(const Key& key, std::string& value, PathTo, Presence presence) override {
    text(key, value, presence);
  }
  void boolean(const Key& key, bool& value, Presence) override {
    if (value) out_.push_back(option_of(key.name));
  }
  using Fields::choice;
  void choice(const Key& key, int& value, const std::vector<std::string>& names, Presence) override {
    add(key, names.at(static_cast<std::size_t>(value)));
  }
  [[nodiscard]] bool has(const Key&, bool there) override { return there; }

 private:
  void add(const Key& key, const std::string& value) {
    out_.push_back(option_of(key.name));
    out_.push_back(value);
  }
  std::vector<std::string>& out_;
};

}  // namespace

std::string option_of(const std::string& key) {
  std::string option = "--" + key;
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

Place RunRequest::place_of(const std::string& key) const {
  const auto found = places.find(key);
  return found != places.end() ? found->second : Place::of_file(option_of(key));
}

const std::vector<std::string>& names_of(Reference) {
  static const std::vector<std::string> names = {"first", "all", "off"};
  return names;
}

void describe_workload(Fields& fields, RunRequest& request) {
  fields.path({"workload", "a model (.onnx), a network (.yaml) or the name of a network of the zoo"},
              request.workload, PathTo::preset, Presence::required);
}

void describe_machine(Fields& fields, RunRequest& request) {
  fields.path(
      {"arch", "machine: a preset's name or a .yaml file", "", "the one that the network names, or edge"},
      request.arch, PathTo::preset, optional);
  fields.path({"dram",
               "DRAM in place of the machine's: a preset's name, a .yaml file, or ideal (short for "
               "arch.dram.kind)",
               "", "the machine's"},
              request.dram, PathTo::preset, optional);
}

void describe_technology(Fields& fields, RunRequest& request) {
  fields.path({"tech", "technology: a preset's name or a .yaml file"}, request.tech, PathTo::preset,
              optional);
}

void describe_input(Fields& fields, RunRequest& request) {
  fields.path({"input",
               "inputs: .npy, .pb (ONNX tensor) or idx, one item or a batch, or text (.txt) for a model with "
               "a vocabulary; also .gz",
               "", "one synthetic item"},
              request.input, PathTo::file, optional);
  fields.text({"input_part", "take this part of a text, in fractions of its characters, such as 0.95:1", "",
               "the whole text", "FROM:TO"},
              request.input_part, optional);
  if (!request.input_part.empty() && fields.is_reading() && !parse_part(request.input_part))
    throw InputError(fields.place_of("input_part"), "'input_part' " + wrong_part(request.input_part));
}

void describe_limit(Fields& fields, RunRequest& request) {
  fields.integer({"limit", "run only the first N items", "items", "all items"}, request.limit, 1,
                 std::int64_t{1} << 40);
}

void describe_bytes(Fields& fields, RunRequest& request) {
  fields.text({"input_scale",
               "real value of a byte of the input, such as 1/255 or 0.0078125; real numbers are read as they "
               "are",
               "", "1/255", "X"},
              request.input_scale, optional);
  fields.text({"input_mean",
               "subtracted from a byte's real value: one number, or one for each channel: 0.485,0.456,0.406",
               "", "nothing", "X[,X...]"},
              request.input_mean, optional);
  fields.text(
      {"input_std",
       "divides a byte's real value after input_mean is subtracted: one number, or one for each channel", "",
       "nothing", "X[,X...]"},
      request.input_std, optional);
  if (fields.is_reading()) static_cast<void>(byte_meaning(request));
}

void describe_labels(Fields& fields, RunRequest& request) {
  fields.path({"labels", "labels of the inputs, .npy or idx: reports top-1 accuracy", "", "none"},
              request.labels, PathTo::file, optional);
}

void describe_model(Fields& fields, RunRequest& request) {
  fields.path({"calibrate",
               "inputs (.npy, .pb or idx, also .gz) whose first hundred choose the scales of a model that is "
               "not quantized",
               "", "none"},
              request.calibrate, PathTo::file, optional);
  fields.path({"vocabulary",
               "the tokens of a language model that has none: a text whose characters they are, or a list of "
               "them (.json)",
               "", "the model's own"},
              request.vocabulary, PathTo::file, optional);
  fields.boolean(
      {"allow_unsupported", "leave out a Softmax at the end, and what follows it, and say so in the report"},
      request.allow_unsupported, optional);
}

void describe_datapath(Fields& fields, RunRequest& request) {
  fields.choice({"datapath", "use this datapath for all layers whose operands it takes", "",
                 "by the machine's preference"},
                request.datapath);
}

void describe_seed(Fields& fields, RunRequest& request) {
  fields.integer({"seed", "seed of synthetic weights and inputs and of the verification's sample", "",
                  "the network's own, 1"},
                 request.seed, 0, std::int64_t{1} << 62);
}

void describe_reference(Fields& fields, RunRequest& request) {
  fields.choice({"reference", "items that also go through the float interpreter, from the input file on", "",
                 "first; off with verify: off, synthetic weights, and above 2 GMAC an item"},
                request.reference);
}

void describe_simulation(Fields& fields, RunRequest& request) {
  fields.choice(
      {"verify", "how many values are checked: all, a tenth, or none", "", "all; off with timing_only"},
      request.verify);
  fields.number({"weight_density", "nonzero weights declared for all layers", "fraction", "of each layer"},
                request.weight_density, 0, 1);
  fields.number({"activation_density", "nonzero activations declared for all layers", "fraction", "1"},
                request.activation_density, 0, 1);
  fields.boolean({"timing_only", "only cycles and events: compute no values"}, request.timing_only, optional);
  fields.boolean({"lockstep", "wake every unit in every cycle (slow; gives the same result)"},
                 request.lockstep, optional);
  fields.integer({"cycle_limit", "give up after so many cycles of one inference", "cycles"},
                 request.cycle_limit, 1, std::int64_t{1} << 60, optional);
}

void describe_records(Fields& fields, RunRequest& request) {
  fields.text({"name", "name of the run: its folder is runs/NAME", "", "the workload's or the experiment's"},
              request.name, optional);
  if (fields.is_reading() && (request.name.find('/') != std::string::npos || request.name.starts_with("."))) {
    throw InputError(fields.place_of("name"), "'name' expects a plain word: it names a folder below runs/");
  }
  fields.boolean({"timeline", "write timeline.json: when each instruction was under way, for Perfetto"},
                 request.timeline, optional);
  fields.boolean(
      {"ledger", "write ledger.csv: count, price and energy of every event in each layer and time step"},
      request.ledger, optional);
  fields.path({"dram_trace",
               "write the requests that reach DRAM in the first item, for DRAMsim3, Ramulator 2 or DRAMSys",
               "", "none"},
              request.dram_trace.path, PathTo::file, optional);
  fields.choice({"dram_trace_format", "of the dram_trace", "", "dramsim3; dramsys of an .stl file"},
                request.dram_trace.format);
  if (fields.is_reading()) {
    check_target(request.dram_trace,
                 fields.place_of(request.dram_trace.path.empty() ? "dram_trace_format" : "dram_trace"));
  }
}

void describe(Fields& fields, RunRequest& request) {
  describe_workload(fields, request);
  describe_machine(fields, request);
  describe_technology(fields, request);
  describe_input(fields, request);
  describe_limit(fields, request);
  describe_bytes(fields, request);
  describe_labels(fields, request);
  describe_model(fields, request);
  describe_datapath(fields, request);
  describe_seed(fields, request);
  describe_reference(fields, request);
  describe_simulation(fields, request);
  describe_records(fields, request);
}

bool is_setting_key(const std::string& key) {
  const auto starts = [&](const char* prefix) { return key.starts_with(prefix); };
  return starts("arch.") || starts("workload.") || starts("recurrent.") || starts("formats.");
}

std::string setting_key_rule() {
  return "starts with 'arch.', 'workload.', 'recurrent.' or 'formats.', such as arch.array.rows";
}

std::vector<std::string> request_keys() {
  std::vector<std::string> keys;
  for (const FieldEntry& entry : list_fields(RunRequest{})) keys.push_back(entry.key);
  return keys;
}

void set_word(Document& words, const std::string& key, const std::string& value, const Place& place) {
  Document word;
  word.kind = Document::Kind::scalar;
  word.scalar = value;
  word.place = place;
  if (Document* there = words.find(key)) {
    *there = std::move(word);
    return;
  }
  words.entries.push_back({key, std::move(word)});
  words.key_places.push_back(place);
}

Document flat_words(const Document& file) {
  Document words = file;
  words.entries.clear();
  words.key_places.clear();
  const auto add = [&](const std::string& key, const Document& value, const Place& place) {
    if (const Document* before = words.find(key))
      fail(place, fmt::format("'{}' is given already, by {}", key, before->place.text()));
    words.entries.push_back({key, value});
    words.key_places.push_back(place);
  };
  for (std::size_t i = 0; i < file.entries.size(); ++i) {
    const auto& [key, value] = file.entries[i];
    if (key == "recurrent") {
      RecurrentSpec spec;
      read_fields(value, "'recurrent'", spec);  // its errors have their place
      for (std::size_t k = 0; k < value.entries.size(); ++k)
        add("recurrent." + value.entries[k].first, value.entries[k].second, value.key_places[k]);
    } else if (key == "formats") {
      for (const Setting& setting : read_formats(value)) {
        Document word;
        word.kind = Document::Kind::scalar;
        word.scalar = setting.value;
        word.place = setting.place;
        add(setting.key, word, setting.place);
      }
    } else {
      add(key, value, file.key_places[i]);
    }
  }
  return words;
}

void lay_over(Document& words, const Document& others) {
  for (const Document::Entry& entry : others.entries)
    set_word(words, entry.first, entry.second.scalar, entry.second.place);
}

RunRequest read_request(const Document& words, const std::string& what) {
  Document rest = words;
  RunRequest request;
  request.settings = take_settings(rest);
  for (const Document::Entry& entry : rest.entries) request.places[entry.first] = entry.second.place;
  FieldReader reader(rest, what);
  for (const char* section : {"recurrent", "formats"}) reader.document(section, optional);  // now known
  describe(reader, request);
  reader.finish();
  add_dram(request);
  return request;
}

std::vector<std::string> arguments_of(const RunRequest& request) {
  RunRequest copy = request;
  copy.workload.clear();
  std::vector<std::string> arguments = {request.workload};
  ArgumentWriter writer(arguments);
  describe(writer, copy);
  for (const Setting& setting : request.settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting.text());
  }
  return arguments;
}

}  // namespace tricycle
