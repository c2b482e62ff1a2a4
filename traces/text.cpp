// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "arch/params/machine.hpp"
#include "support/fields.hpp"
#include "support/file_kind.hpp"
#include "support/files.hpp"
#include "traces/describe.hpp"
#include "traces/vocabulary.hpp"

namespace tricycle {
namespace {

constexpr std::size_t bytes_per_line = 32;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + "\"";
}

/// Writes ` name=value` for each field.
class TextWriter {
 public:
  explicit TextWriter(std::string& out) : out_(out) {}
  void operator()(const char* name, const std::string& value) { add(name, quoted(value)); }
  void operator()(const char* name, bool value) { add(name, value ? "true" : "false"); }
  void operator()(const char* name, double value) { add(name, number_text(value)); }
  void operator()(const char* name, const std::vector<double>& values) {
    std::string list;
    for (const double value : values) list += (list.empty() ? "" : ",") + number_text(value);
    add(name, list.empty() ? "none" : list);
  }
  void operator()(const char* name, const std::vector<std::int64_t>& values) {
    add(name, values.empty() ? "none" : fmt::format("{}", fmt::join(values, ",")));
  }
  template <class T>
  requires std::is_enum_v<T>
  void operator()(const char* name, T value) { add(name, name_of(value)); }
  template <class T>
  requires std::is_integral_v<T>
  void operator()(const char* name, T value) { add(name, std::to_string(value)); }

 private:
  void add(const char* name, const std::string& value) { out_ += std::string(" ") + name + "=" + value; }
  std::string& out_;
};

/// The rule of the binary form: a text has no control characters except line breaks.
void check_text(const std::string& text, const Place& place) {
  const bool control = std::any_of(text.begin(), text.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
  if (control) throw InputError(place, "a text holds a control character");
}

/// The `name=value` pairs of a line, each value used once.
class TextReader {
 public:
  TextReader(const std::string& line, std::size_t start, const Place& place) : place_(place) {
    std::size_t at = start;
    while (true) {
      at = line.find_first_not_of(' ', at);
      if (at == std::string::npos) return;
      const std::size_t equals = line.find_first_of("= ", at);
      Field field;
      field.place = place;
      field.place.column = static_cast<int>(at) + 1;
      if (equals == std::string::npos || line[equals] != '=')
        throw InputError(field.place, "expected NAME=VALUE");
      const std::string name = line.substr(at, equals - at);
      at = equals + 1;
      if (at < line.size() && line[at] == '"') {
        at = read_quoted(line, at + 1, field);
      } else {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        field.value = line.substr(at, end - at);
        at = end;
      }
      if (!fields_.emplace(name, field).second) throw InputError(field.place, "'" + name + "' stands twice");
    }
  }

  void operator()(const char* name, std::string& value) {
    const Field field = take(name);
    check_text(field.value, field.place);
    value = field.value;
  }
  void operator()(const char* name, bool& value) {
    const Field field = take(name);
    if (field.value != "true" && field.value != "false") wrong(field, name, "true or false");
    value = field.value == "true";
  }
  void operator()(const char* name, double& value) {
    const Field field = take(name);
    if (!parse_number(field.value, value)) wrong(field, name, "a number");
  }
  void operator()(const char* name, std::vector<double>& values) {
    read_list(name, "numbers", values, parse_number);
  }
  void operator()(const char* name, std::vector<std::int64_t>& values) {
    read_list(name, "integers", values, [](const std::string& text, std::int64_t& value) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc{} && end == text.data() + text.size();
    });
  }
  template <class T>
  requires std::is_enum_v<T>
  void operator()(const char* name, T& value) {
    const Field field = take(name);
    const auto& names = names_of(T{});
    const auto found = std::find(names.begin(), names.end(), field.value);
    if (found == names.end()) wrong(field, name, either(names));
    value = static_cast<T>(found - names.begin());
  }
  template <class T>
  requires std::is_integral_v<T>
  void operator()(const char* name, T& value) {
    const Field field = take(name);
    const auto [end, error] =
        std::from_chars(field.value.data(), field.value.data() + field.value.size(), value);
    if (error != std::errc{} || end != field.value.data() + field.value.size() || value < T{}) {
      wrong(field, name, "a natural number");
    }
  }
  void finish() const {
    if (fields_.empty()) return;
    throw InputError(fields_.begin()->second.place, "unknown field '" + fields_.begin()->first + "'" +
                                                        did_you_mean(fields_.begin()->first, known_));
  }

 private:
  struct Field {
    std::string value;
    Place place;
  };

  /// A list of what `parse(text, value)` takes.
  template <class T, class Parse>
  void read_list(const char* name, const std::string& what, std::vector<T>& values, Parse parse) {
    const Field field = take(name);
    values.clear();
    if (field.value == "none") return;
    for (std::size_t at = 0; at <= field.value.size();) {
      const std::size_t end = std::min(field.value.find(',', at), field.value.size());
      values.emplace_back();
      if (!parse(field.value.substr(at, end - at), values.back()))
        wrong(field, name, what + " with commas between them, or none");
      at = end + 1;
    }
  }

  std::size_t read_quoted(const std::string& line, std::size_t at, Field& field) const {
    while (at < line.size() && line[at] != '"') {
      if (line[at] == '\\' && at + 1 < line.size()) {
        ++at;
        field.value += line[at] == 'n' ? '\n' : line[at];
      } else {
        field.value += line[at];
      }
      ++at;
    }
    if (at == line.size()) throw InputError(field.place, "the text has no closing quote");
    return at + 1;
  }
  Field take(const char* name) {
    known_.emplace_back(name);
    const auto found = fields_.find(name);
    if (found == fields_.end()) throw InputError(place_, std::string("the field '") + name + "' is missing");
    Field field = found->second;
    fields_.erase(found);
    return field;
  }
  [[noreturn]] static void wrong(const Field& field, const char* name, const std::string& expected) {
    throw InputError(field.place,
                     std::string("'") + name + "' expects " + expected + ", not '" + field.value + "'");
  }

  Place place_;
  std::map<std::string, Field> fields_;
  std::vector<std::string> known_;
};

template <class Record>
void write_record(std::string& out, const char* keyword, Record record) {
  out += keyword;
  TextWriter writer(out);
  describe(writer, record);
  out += '\n';
}

void write_hex(std::string& out, const Bytes& bytes) {
  static const char* const digits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % bytes_per_line == 0) out += i == 0 ? "  " : "\n  ";
    out += digits[bytes[i] >> 4U];
    out += digits[bytes[i] & 15U];
  }
  if (!bytes.empty()) out += '\n';
}

/// `# name+offset` for the DRAM address of a load, store, gather or unpack, if a symbol covers it.
std::string comment_of(const Instruction& instruction, const std::vector<Symbol>& symbols) {
  std::uint64_t address = 0;
  if (const auto* load = std::get_if<isa::Load>(&instruction.operation)) {
    address = load->dram;
  } else if (const auto* store = std::get_if<isa::Store>(&instruction.operation)) {
    address = store->dram;
  } else if (const auto* gather = std::get_if<isa::Gather>(&instruction.operation)) {
    address = gather->dram;
  } else if (const auto* unpack = std::get_if<isa::Unpack>(&instruction.operation)) {
    address = unpack->dram;
  } else {
    return "";
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.memory != Memory::dram || address < symbol.address || address - symbol.address >= symbol.bytes)
      continue;
    const std::uint64_t offset = address - symbol.address;
    std::string name = symbol.name;
    std::replace(name.begin(), name.end(), '\n', ' ');  // a comment ends at the end of its line
    return "  # " + name + (offset > 0 ? fmt::format("+{}", offset) : "");
  }
  return "";
}

/// The lines of the text, one at a time.
class Lines {
 public:
  Lines(const std::string& text, std::string name) : text_(text), name_(std::move(name)) {}
  bool next() {
    if (at_ >= text_.size()) return false;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++number_;
    return true;
  }
  /// Whether the next line starts with `start`.
  [[nodiscard]] bool peek(const std::string& start) const {
    return at_ < text_.size() && text_.compare(at_, start.size(), start) == 0;
  }
  [[nodiscard]] Place place(int column = 1) const {
    Place result;
    result.file = name_;
    result.line = std::max(number_, 1);
    result.column = column;
    return result;
  }
  std::string line;

 private:
  const std::string& text_;
  std::string name_;
  std::size_t at_ = 0;
  int number_ = 0;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

Bytes read_hex(Lines& lines, std::uint64_t count) {
  Bytes bytes;
  while (bytes.size() < count) {
    if (!lines.peek("  ") || !lines.next()) {
      throw InputError(lines.place(),
                       fmt::format("expected {} bytes in hexadecimal, found {}", count, bytes.size()));
    }
    const std::string& line = lines.line;
    for (std::size_t i = 2; i < line.size(); i += 2) {
      const int high = hex_digit(line[i]);
      const int low = i + 1 < line.size() ? hex_digit(line[i + 1]) : -1;
      if (high < 0 || low < 0)
        throw InputError(lines.place(static_cast<int>(i) + 1), "expected two hexadecimal digits");
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
  }
  if (bytes.size() > count)
    throw InputError(lines.place(), fmt::format("expected {} bytes, found more", count));
  return bytes;
}

/// `LAYER.STEP: instruction  # comment`
Instruction read_instruction(const Lines& lines) {
  std::string line = lines.line.substr(0, lines.line.find('#'));
  const std::size_t colon = line.find(':');
  Instruction place_only;
  const char* at = line.data() + std::min(line.find_first_not_of(' '), line.size());
  const char* end = line.data() + std::min(colon, line.size());
  const auto layer = std::from_chars(at, end, place_only.layer);
  const bool dot = layer.ec == std::errc{} && layer.ptr != end && *layer.ptr == '.';
  const auto step = dot ? std::from_chars(layer.ptr + 1, end, place_only.step)
                        : std::from_chars_result{end, std::errc::invalid_argument};
  if (colon == std::string::npos || step.ec != std::errc{} || step.ptr != end) {
    throw InputError(lines.place(), "expected LAYER.STEP: and an instruction, such as '0.0: halt'");
  }
  std::fill(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon) + 1, ' ');
  Instruction instruction = assemble(line, lines.place());
  instruction.layer = place_only.layer;
  instruction.step = place_only.step;
  return instruction;
}

void check_fault(const std::optional<std::string>& fault, const Place& place) {
  if (fault) throw InputError(place, *fault);
}

template <class Record>
Record read_record(const Lines& lines, std::size_t start) {
  Record record;
  TextReader reader(lines.line, start, lines.place());
  describe(reader, record);
  reader.finish();
  return record;
}

/// Reads the number after a keyword, which is written as `name=...`.
template <class T = std::uint64_t>
T read_count(const Lines& lines, std::size_t start, const char* name) {
  TextReader reader(lines.line, start, lines.place());
  T value = 0;
  reader(name, value);
  reader.finish();
  return value;
}

}  // namespace

std::string write_trace_text(const Trace& trace) {
  Trace t = trace;
  std::string out = fmt::format("tricycle-trace {}\nheader", trace_version);
  TextWriter header(out);
  describe_header(header, t);
  out += "\nmachine\n";
  std::size_t at = 0;
  while (at < t.machine.size()) {
    const std::size_t end = std::min(t.machine.find('\n', at), t.machine.size());
    out += "| " + t.machine.substr(at, end - at) + "\n";
    at = end + 1;
  }
  write_record(out, "input", t.input);
  for (const Binding& output : t.outputs) write_record(out, "output", output);
  for (const Binding& state : t.states) write_record(out, "state", state);
  write_record(out, "reading", t.reading);
  for (const std::string& token : t.vocabulary) write_record(out, "token", token);
  for (const TraceLayer& layer : t.layers) write_record(out, "layer", layer);
  for (const TraceTensor& tensor : t.tensors) write_record(out, "tensor", tensor);
  for (const Symbol& symbol : t.symbols) write_record(out, "symbol", symbol);
  for (const Checkpoint& checkpoint : t.checkpoints) write_record(out, "checkpoint", checkpoint);
  for (const Instruction& i : t.code) {
    out += fmt::format("{}.{}: {}{}\n", i.layer, i.step, disassemble(i), comment_of(i, t.symbols));
  }
  write_record(out, "items", t.items);
  out += fmt::format("bytes count={}\n", t.items.bytes.size());
  write_hex(out, t.items.bytes);
  for (const ImageSegment& segment : t.image) {
    out += fmt::format("segment address={}\nbytes count={}\n", segment.address, segment.bytes.size());
    write_hex(out, segment.bytes);
  }
  if (t.golden_crc) out += fmt::format("golden crc={}\n", *t.golden_crc);
  return out;
}

Trace read_trace_text(const std::string& text, const std::string& name) {
  Lines lines(text, name);
  if (!lines.next() || lines.line != fmt::format("tricycle-trace {}", trace_version)) {
    throw InputError(lines.place(),
                     fmt::format("expected the first line 'tricycle-trace {}'", trace_version));
  }
  static const std::vector<std::string> keywords = {
      "header", "machine", "input",      "output", "state",   "reading", "token",         "layer",
      "tensor", "symbol",  "checkpoint", "items",  "segment", "golden",  "an instruction"};
  static const std::set<std::string> often = {"output", "state",  "token",      "layer",
                                              "tensor", "symbol", "checkpoint", "segment"};
  Trace t;
  std::map<std::string, int> seen;
  std::vector<Place> token_places;
  while (lines.next()) {
    if (lines.line.empty() || lines.line[0] == '#') continue;
    const std::size_t end = std::min(lines.line.find(' '), lines.line.size());
    const std::string keyword = lines.line.substr(0, end);
    if (std::isdigit(static_cast<unsigned char>(keyword[0])) != 0) {
      t.code.push_back(read_instruction(lines));
      continue;
    }
    if (++seen[keyword] > 1 && often.count(keyword) == 0)
      throw InputError(lines.place(), "a second '" + keyword + "'");
    if (keyword == "header") {
      TextReader reader(lines.line, end, lines.place());
      describe_header(reader, t);
      reader.finish();
    } else if (keyword == "machine") {
      while (lines.peek("| ") && lines.next()) {
        check_text(lines.line, lines.place());
        t.machine += lines.line.substr(2) + "\n";
      }
    } else if (keyword == "input") {
      t.input = read_record<Binding>(lines, end);
      check_fault(binding_fault(t.input), lines.place());
    } else if (keyword == "output") {
      t.outputs.push_back(read_record<Binding>(lines, end));
      check_fault(binding_fault(t.outputs.back()), lines.place());
    } else if (keyword == "state") {
      t.states.push_back(read_record<Binding>(lines, end));
      check_fault(binding_fault(t.states.back()), lines.place());
    } else if (keyword == "reading") {
      t.reading = read_record<InputReading>(lines, end);
      check_fault(reading_fault(t.reading), lines.place());
    } else if (keyword == "token") {
      t.vocabulary.push_back(read_record<std::string>(lines, end));
      token_places.push_back(lines.place());
    } else if (keyword == "layer") {
      t.layers.push_back(read_record<TraceLayer>(lines, end));
    } else if (keyword == "tensor") {
      t.tensors.push_back(read_record<TraceTensor>(lines, end));
    } else if (keyword == "symbol") {
      t.symbols.push_back(read_record<Symbol>(lines, end));
    } else if (keyword == "checkpoint") {
      t.checkpoints.push_back(read_record<Checkpoint>(lines, end));
    } else if (keyword == "items" || keyword == "segment") {
      ImageSegment segment;
      if (keyword == "items") {
        t.items = read_record<TraceItems>(lines, end);
      } else {
        segment.address = read_count(lines, end, "address");
      }
      if (!lines.peek("bytes ") || !lines.next())
        throw InputError(lines.place(), "expected 'bytes count=N' below");
      segment.bytes = read_hex(lines, read_count(lines, 5, "count"));
      if (keyword == "items") {
        t.items.bytes = std::move(segment.bytes);
      } else {
        t.image.push_back(std::move(segment));
      }
    } else if (keyword == "golden") {
      t.golden_crc = read_count<std::uint32_t>(lines, end, "crc");
    } else {
      const std::string hint = did_you_mean(keyword, keywords);
      throw InputError(lines.place(), "unknown word '" + keyword + "'" +
                                          (hint.empty() ? "; expected " + either(keywords) : hint));
    }
  }
  for (const char* needed : {"header", "machine", "input", "output", "reading", "items"}) {
    if (seen[needed] == 0)
      throw InputError(lines.place(), std::string("the line '") + needed + "' is missing");
  }
  if (const auto fault = vocabulary_fault(t.vocabulary))
    throw InputError(token_places[fault->entry], fault->message);
  return t;
}

Trace read_trace_file(const std::string& path) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30U, most_text_bytes = std::uint64_t{1} << 27U;
  const Bytes start = first_bytes(path, 64);
  const std::string kind = kind_of_file(start, unpacked_name(path));
  if (kind == "a trace in text form") return read_trace_text(read_text(path, most_text_bytes), path);
  if (!kind.empty() && kind != "a trace")
    throw InputError(Place::of_file(path), "is " + kind + "; expected a trace");
  return read_trace(read_bytes(path, most_bytes), path);
}

MachineSpec Trace::machine_spec(const std::string& file) const {
  const std::string name = "the trace's machine";
  return read_machine(parse_document(machine, file.empty() ? name : file + ": " + name));
}

}  // namespace tricycle
