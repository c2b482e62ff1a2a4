// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "support/files.hpp"
#include "traces/describe.hpp"
#include "traces/vocabulary.hpp"

namespace tricycle {
namespace {

constexpr char magic[8] = {'T', 'R', 'I', 'C', 'Y', 'C', 'L', 'E'};

/// The sections in the order in which they stand in a file. All of them are there; `gold` may be empty.
constexpr const char* section_ids[] = {"head", "mach", "bind", "voca", "layr", "tens",
                                       "symb", "chck", "code", "item", "imag", "gold"};

class Writer {
 public:
  Bytes bytes;

  void integer(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void raw(std::span<const std::uint8_t> data) { bytes.insert(bytes.end(), data.begin(), data.end()); }

  void operator()(const char*, const std::string& value) {
    integer(value.size(), 4);
    bytes.insert(bytes.end(), value.begin(), value.end());
  }
  void operator()(const char*, double value) { integer(std::bit_cast<std::uint64_t>(value), 8); }
  void operator()(const char* field, const std::vector<double>& values) {
    integer(values.size(), 4);
    for (const double value : values) (*this)(field, value);
  }
  void operator()(const char*, const std::vector<std::int64_t>& values) {
    integer(values.size(), 4);
    for (const std::int64_t value : values) integer(static_cast<std::uint64_t>(value), 8);
  }
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(const char*, T value) { integer(static_cast<std::uint64_t>(value), sizeof(T)); }
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::string name, std::uint64_t base)
      : bytes_(bytes), name_(std::move(name)), base_(base) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(Place::at_byte(name_, base_ + at_), message);
  }
  std::uint64_t integer(std::size_t width) {
    need(width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8U | bytes_[at_ + i];
    at_ += width;
    return value;
  }
  /// Reads a count of records of at least `least_bytes` bytes each. Errors: the rest of the file cannot hold
  /// as many, or there are more than `most`.
  std::size_t count(std::size_t least_bytes, std::uint64_t most = ~std::uint64_t{0}) {
    const std::uint64_t value = integer(8);
    if (value > (bytes_.size() - at_) / least_bytes)
      fail(fmt::format("a count of {} is more than the file holds", value));
    if (value > most) fail(fmt::format("a count of {} is more than the {} that are supported", value, most));
    return static_cast<std::size_t>(value);
  }
  std::span<const std::uint8_t> raw(std::uint64_t size) {
    need(size);
    const auto result = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return result;
  }
  void finish() const {
    if (at_ != bytes_.size()) fail("expected the end of the section");
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

  void operator()(const char*, std::string& value) {
    const auto text = raw(integer(4));
    value.assign(text.begin(), text.end());
    for (const char c : value) {
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n') fail("a text holds a control character");
    }
  }
  void operator()(const char* field, double& value) {
    value = std::bit_cast<double>(integer(8));
    if (!std::isfinite(value)) fail(fmt::format("'{}' is not finite", field));
  }
  void operator()(const char* field, std::vector<double>& values) {
    resize(field, values);
    for (double& value : values) (*this)(field, value);
  }
  void operator()(const char* field, std::vector<std::int64_t>& values) {
    resize(field, values);
    for (std::int64_t& value : values) value = static_cast<std::int64_t>(integer(8));
  }
  void operator()(const char* field, bool& value) {
    const std::uint64_t read = integer(1);
    if (read > 1) fail(fmt::format("'{}' is 0 or 1, not {}", field, read));
    value = read == 1;
  }
  void operator()(const char* field, Format& value) { choice(field, value, format_count); }
  void operator()(const char* field, Memory& value) {
    choice(field, value, static_cast<int>(names_of(Memory{}).size()));
  }
  void operator()(const char* field, ReadingRule& value) {
    choice(field, value, static_cast<int>(names_of(ReadingRule{}).size()));
  }
  template <class T>
  requires std::is_integral_v<T>
  void operator()(const char* field, T& value) {
    value = static_cast<T>(integer(sizeof(T)));
    if (std::is_signed_v<T> && value < 0) fail(fmt::format("'{}' is negative", field));
  }

 private:
  /// To a count that is read, of values of 8 bytes.
  template <class T>
  void resize(const char* field, std::vector<T>& values) {
    const std::uint64_t size = integer(4);
    if (size > left() / 8) fail(fmt::format("'{}' has {} numbers, more than the file holds", field, size));
    values.resize(static_cast<std::size_t>(size));
  }
  template <class T>
  void choice(const char* field, T& value, int count_of_names) {
    const std::uint64_t read = integer(1);
    if (read >= static_cast<std::uint64_t>(count_of_names))
      fail(fmt::format("'{}' has no value {}", field, read));
    value = static_cast<T>(read);
  }
  void need(std::uint64_t size) const {
    if (size > bytes_.size() - at_) fail("the file ends too early");
  }

  std::span<const std::uint8_t> bytes_;
  std::string name_;
  std::uint64_t base_;
  std::size_t at_ = 0;
};

template <class Record>
void write_list(Writer& w, const std::vector<Record>& records) {
  w.integer(records.size(), 8);
  for (Record record : records) describe(w, record);
}

template <class Record>
void read_list(Reader& r, std::vector<Record>& records, std::size_t least_bytes,
               std::uint64_t most = ~std::uint64_t{0}) {
  records.resize(r.count(least_bytes, most));
  for (Record& record : records) describe(r, record);
}

void read_bindings(Reader& r, std::vector<Binding>& bindings) {
  bindings.resize(r.count(4));
  for (Binding& binding : bindings) {
    describe(r, binding);
    if (const auto fault = binding_fault(binding)) r.fail(*fault);
  }
}

Bytes write_section(const std::string& id, const Trace& trace) {
  Trace t = trace;
  Writer w;
  if (id == "head") {
    describe_header(w, t);
  } else if (id == "mach") {
    w("machine", t.machine);
  } else if (id == "bind") {
    describe(w, t.input);
    write_list(w, t.outputs);
    write_list(w, t.states);
    describe(w, t.reading);
  } else if (id == "voca") {
    write_list(w, t.vocabulary);
  } else if (id == "layr") {
    write_list(w, t.layers);
  } else if (id == "tens") {
    write_list(w, t.tensors);
  } else if (id == "symb") {
    write_list(w, t.symbols);
  } else if (id == "chck") {
    write_list(w, t.checkpoints);
  } else if (id == "code") {
    w.integer(t.code.size(), 8);
    for (const Instruction& instruction : t.code) {
      w.integer(instruction.layer, 4);
      w.integer(instruction.step, 4);
      encode(instruction, w.bytes);
    }
  } else if (id == "item") {
    describe(w, t.items);
    w.integer(t.items.bytes.size(), 8);
    w.raw(t.items.bytes);
  } else if (id == "imag") {
    w.integer(t.image.size(), 8);
    for (const ImageSegment& segment : t.image) {
      w.integer(segment.address, 8);
      w.integer(segment.bytes.size(), 8);
      w.raw(segment.bytes);
    }
  } else if (t.golden_crc) {
    w.integer(*t.golden_crc, 4);
  }
  return std::move(w.bytes);
}

void read_section(const std::string& id, Reader& r, Trace& t, std::span<const std::uint8_t> bytes,
                  std::uint64_t base, const std::string& name) {
  if (id == "head") {
    describe_header(r, t);
  } else if (id == "mach") {
    r("machine", t.machine);
    if (!t.machine.empty() && t.machine.back() != '\n')
      r.fail("the machine's text does not end in a line break");
  } else if (id == "bind") {
    const auto check = [&](const auto& fault) {
      if (fault) r.fail(*fault);
    };
    describe(r, t.input);
    check(binding_fault(t.input));
    read_bindings(r, t.outputs);
    if (t.outputs.empty()) r.fail("there is no output");
    read_bindings(r, t.states);
    describe(r, t.reading);
    check(reading_fault(t.reading));
  } else if (id == "voca") {
    read_list(r, t.vocabulary, 4, most_tokens);
    if (const auto fault = vocabulary_fault(t.vocabulary)) r.fail(fault->message);
  } else if (id == "layr") {
    read_list(r, t.layers, 4);
  } else if (id == "tens") {
    read_list(r, t.tensors, 4);
  } else if (id == "symb") {
    read_list(r, t.symbols, 4);
  } else if (id == "chck") {
    read_list(r, t.checkpoints, 8);
  } else if (id == "code") {
    constexpr std::size_t least_bytes = 11;
    const std::size_t count = r.count(least_bytes);
    t.code.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto layer = static_cast<std::uint32_t>(r.integer(4));
      const auto step = static_cast<std::uint32_t>(r.integer(4));
      std::size_t at = bytes.size() - r.left();
      const std::size_t start = at;
      t.code.push_back(decode(bytes, at, name, base));
      t.code.back().layer = layer;
      t.code.back().step = step;
      r.raw(at - start);
    }
  } else if (id == "item") {
    describe(r, t.items);
    const auto raw = r.raw(r.integer(8));
    t.items.bytes.assign(raw.begin(), raw.end());
  } else if (id == "imag") {
    t.image.resize(r.count(16));
    for (ImageSegment& segment : t.image) {
      segment.address = r.integer(8);
      const auto raw = r.raw(r.integer(8));
      segment.bytes.assign(raw.begin(), raw.end());
    }
  } else if (r.left() > 0) {
    t.golden_crc = static_cast<std::uint32_t>(r.integer(4));
  }
  r.finish();
}

}  // namespace

Bytes write_trace(const Trace& trace) {
  Writer w;
  w.bytes.insert(w.bytes.end(), std::begin(magic), std::end(magic));
  w.integer(trace_version, 4);
  for (const char* id : section_ids) {
    const Bytes section = write_section(id, trace);
    w.bytes.insert(w.bytes.end(), id, id + 4);
    w.integer(section.size(), 8);
    w.integer(crc32(section), 4);
    w.raw(section);
  }
  return std::move(w.bytes);
}

Trace read_trace(std::span<const std::uint8_t> bytes, const std::string& name) {
  constexpr std::size_t header_bytes = sizeof magic + 4;
  const auto fail = [&](std::size_t at, const std::string& message) {
    throw InputError(Place::at_byte(name, at), message);
  };
  if (bytes.size() < sizeof magic || std::memcmp(bytes.data(), magic, sizeof magic) != 0) {
    fail(0, "not a trace: it does not start with TRICYCLE");
  }
  if (bytes.size() < header_bytes) fail(bytes.size(), "the file ends too early");
  Reader header(bytes.subspan(sizeof magic, 4), name, sizeof magic);
  const std::uint64_t version = header.integer(4);
  if (version != trace_version) {
    fail(sizeof magic, fmt::format("version {} of the format is not known; this program reads version {}",
                                   version, trace_version));
  }
  Trace trace;
  std::size_t at = header_bytes;
  for (const char* id : section_ids) {
    constexpr std::size_t frame_bytes = 16;
    if (bytes.size() - at < frame_bytes) fail(at, fmt::format("the file ends before the section '{}'", id));
    if (std::memcmp(bytes.data() + at, id, 4) != 0) fail(at, fmt::format("expected the section '{}'", id));
    Reader frame(bytes.subspan(at + 4, 12), name, at + 4);
    const std::uint64_t size = frame.integer(8);
    const std::uint64_t crc = frame.integer(4);
    if (size > bytes.size() - at - frame_bytes) {
      fail(at + 4, fmt::format("section '{}' says it has {} bytes, but {} are left: the file is truncated",
                               id, size, bytes.size() - at - frame_bytes));
    }
    const std::size_t base = at + frame_bytes;
    const auto section = bytes.subspan(base, static_cast<std::size_t>(size));
    if (const std::uint32_t found = crc32(section); found != crc) {
      fail(at + 12, fmt::format("section '{}' is damaged: its CRC is {:08x}, but the file states {:08x}", id,
                                found, crc));
    }
    Reader reader(section, name, base);
    read_section(id, reader, trace, section, base, name);
    at = base + static_cast<std::size_t>(size);
  }
  if (at != bytes.size()) fail(at, "expected the end of the file");
  return trace;
}

}  // namespace tricycle
