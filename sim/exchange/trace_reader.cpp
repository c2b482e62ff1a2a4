// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <utility>

#include "sim/exchange/trace_file.hpp"
#include "support/file_kind.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// Parses the words of one line from left to right. Errors name the expected word and the place.
class LineParser {
 public:
  LineParser(std::string_view line, const LineReader& lines) : line_(line), lines_(lines) { skip(); }

  [[nodiscard]] bool at_end() const { return at_ == line_.size(); }
  [[nodiscard]] int column() const { return static_cast<int>(at_) + 1; }

  std::string_view word(const char* expected) {
    if (at_end()) fail(column(), fmt_expected(expected, "the end of the line"));
    const std::string_view found = peek();
    column_ = column();
    at_ += found.size();
    skip();
    return found;
  }
  [[nodiscard]] std::string_view peek() const {
    std::size_t end = at_;
    while (end < line_.size() && !is_space(line_[end])) ++end;
    return line_.substr(at_, end - at_);
  }
  void end() {
    if (!at_end()) fail(column(), fmt_expected("the end of the line", quoted(peek())));
  }

  /// Parses `digits`, a part of the last word, as a number.
  std::uint64_t number(std::string_view digits, int base, const char* expected, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    const bool whole = !digits.empty() && end == digits.data() + digits.size();
    if (!whole || error == std::errc::invalid_argument) {
      fail(column_, fmt_expected(expected, quoted(digits)));
    }
    if (error == std::errc::result_out_of_range || value > most) {
      fail(column_, std::string("expected ") + expected + " of at most " + std::to_string(most) + ", found " +
                        quoted(digits));
    }
    return value;
  }
  /// Parses an address: hexadecimal after 0x, else in `base`.
  std::uint64_t address(int base) {
    constexpr const char* expected = "an address, such as 0x1f40,";
    const std::string_view found = word(expected);
    const bool prefixed = found.starts_with("0x") || found.starts_with("0X");
    return number(prefixed ? found.substr(2) : found, prefixed ? 16 : base, expected, UINT64_MAX);
  }
  std::uint64_t cycle(std::string_view digits) {
    return number(digits, 10, "a cycle (a decimal number)", last_trace_cycle);
  }
  /// Whether the word is one of `writes` (else it is one of `reads`).
  bool is_write(std::string_view found, const std::vector<std::string>& reads,
                const std::vector<std::string>& writes) const {
    const auto among = [&](const std::vector<std::string>& words) {
      return std::find(words.begin(), words.end(), found) != words.end();
    };
    if (among(writes)) return true;
    if (among(reads)) return false;
    std::vector<std::string> known = reads;
    known.insert(known.end(), writes.begin(), writes.end());
    const std::string word = known.front() == "read" ? lower(found) : std::string(found);
    fail(column_, "expected " + either(known) + ", found " + quoted(found) + did_you_mean(word, known));
  }

  [[noreturn]] void fail(int column, const std::string& message) const {
    throw InputError(lines_.place(column), message);
  }
  /// The column of the last word.
  [[nodiscard]] int word_column() const { return column_; }

 private:
  static std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 60;
    return "'" + std::string(text.substr(0, longest)) + (text.size() > longest ? "...'" : "'");
  }
  static std::string fmt_expected(const std::string& expected, const std::string& found) {
    return "expected " + expected + (expected.ends_with(',') ? " found " : ", found ") + found;
  }
  void skip() {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
  }

  std::string_view line_;
  const LineReader& lines_;
  std::size_t at_ = 0;
  int column_ = 1;
};

const std::vector<std::string>& dramsim3_reads() {
  static const std::vector<std::string> words = {"READ", "P_MEM_RD", "P_FETCH"};
  return words;
}
const std::vector<std::string>& dramsim3_writes() {
  static const std::vector<std::string> words = {"WRITE", "P_MEM_WR", "BOFF"};
  return words;
}
const std::vector<std::string>& ramulator2_reads() {
  static const std::vector<std::string> words = {"LD", "R"};
  return words;
}
const std::vector<std::string>& ramulator2_writes() {
  static const std::vector<std::string> words = {"ST", "W"};
  return words;
}

/// ADDRESS OPERATION CYCLE
DramTraceRequest parse_dramsim3(LineParser& line, int& address_column) {
  DramTraceRequest request;
  request.address = line.address(16);
  address_column = line.word_column();
  request.write = line.is_write(upper(line.word("READ or WRITE")), dramsim3_reads(), dramsim3_writes());
  request.cycle = line.cycle(line.word("a cycle (a decimal number)"));
  return request;
}

/// OPERATION ADDRESS
DramTraceRequest parse_ramulator2(LineParser& line, int& address_column) {
  DramTraceRequest request;
  request.write = line.is_write(upper(line.word("LD or ST")), ramulator2_reads(), ramulator2_writes());
  if (line.peek().find(',') != std::string_view::npos) {
    line.fail(line.column(),
              "expected one address: vectors of channel, rank, bank ... (ReadWriteTrace) are not read");
  }
  request.address = line.address(10);
  address_column = line.word_column();
  return request;
}

/// CYCLE[:] [(BYTES)] OPERATION ADDRESS [DATA]
DramTraceRequest parse_dramsys(LineParser& line, int& address_column) {
  DramTraceRequest request;
  std::string_view word = line.word("a cycle (a decimal number)");
  request.cycle = line.cycle(word.ends_with(':') ? word.substr(0, word.size() - 1) : word);
  word = line.word("read or write");
  if (word.starts_with('(')) {
    constexpr const char* expected = "the bytes of the request, such as (64),";
    const bool closed = word.ends_with(')');
    const std::string_view digits = word.substr(1, word.size() - (closed ? 2 : 1));
    request.bytes = line.number(closed ? digits : "", 10, expected, longest_trace_request);
    if (request.bytes == 0) line.fail(line.word_column(), "expected a request of at least 1 byte, found 0");
    word = line.word("read or write");
  }
  request.write = line.is_write(word, {"read"}, {"write"});
  request.address = line.address(16);
  address_column = line.word_column();
  if (request.write && !line.at_end()) {  // the data are checked for their form, but not used
    const std::string_view data = line.word("data");
    const bool hex =
        data.starts_with("0x") && data.size() % 2 == 0 && data.size() > 2 &&
        std::all_of(data.begin() + 2, data.end(), [](unsigned char c) { return std::isxdigit(c); });
    if (!hex) line.fail(line.word_column(), "expected data, 0x and two hexadecimal digits for each byte");
  }
  return request;
}

/// Guesses the format from the first line of a trace.
DramTraceFormat format_of_line(std::string_view text, const LineReader& lines) {
  if (text.starts_with('#')) return DramTraceFormat::dramsys;
  LineParser line(text, lines);
  const std::string_view first = line.word("a request");
  const std::string second = line.at_end() ? "" : upper(line.word("a request"));
  const std::string_view third = line.at_end() ? "" : line.word("a request");
  const auto among = [](const std::string& word, const auto& reads, const auto& writes) {
    return std::find(reads.begin(), reads.end(), word) != reads.end() ||
           std::find(writes.begin(), writes.end(), word) != writes.end();
  };
  if (among(upper(first), ramulator2_reads(), ramulator2_writes())) return DramTraceFormat::ramulator2;
  const bool length = second.starts_with('(');
  const bool operation = among(second, dramsim3_reads(), dramsim3_writes());
  if (first.ends_with(':') || length || (operation && third.starts_with("0x"))) {
    return DramTraceFormat::dramsys;
  }
  if (operation) return DramTraceFormat::dramsim3;
  line.fail(1,
            "cannot tell the format: expected '0x1f40 READ 10' (dramsim3), 'LD 0x1f40' (ramulator2) or "
            "'10: read 0x1f40' (dramsys); or give --format");
}

bool is_blank(std::string_view line) {
  return std::all_of(line.begin(), line.end(), is_space);
}

}  // namespace

const std::vector<std::string>& names_of(DramTraceFormat) {
  static const std::vector<std::string> names = {"dramsim3", "ramulator2", "dramsys"};
  return names;
}

DramTraceFormat dram_trace_format(const std::string& name, const std::string& option) {
  if (const auto format = value_of<DramTraceFormat>(name)) return *format;
  const std::vector<std::string>& names = names_of(DramTraceFormat{});
  fail(option, "expected " + either(names) + ", found '" + name + "'" + did_you_mean(name, names));
}

std::optional<DramTraceFormat> format_by_extension(const std::string& path) {
  if (has_ending(path, ".stl") || has_ending(path, ".rstl")) return DramTraceFormat::dramsys;
  return std::nullopt;
}

DramTraceReader::DramTraceReader(std::unique_ptr<std::istream> stream, const std::string& name,
                                 std::optional<DramTraceFormat> format)
    : lines_(std::move(stream), name), relative_(has_ending(name, ".rstl")) {
  if (!format) format = format_by_extension(name);
  if (format) {
    format_ = *format;
    return;
  }
  do {
    pending_ = lines_.next();
  } while (pending_ && is_blank(*pending_));
  format_ = pending_ ? format_of_line(*pending_, lines_) : DramTraceFormat::dramsim3;
}

RequestTiming DramTraceReader::timing() const {
  switch (format_) {
    case DramTraceFormat::dramsim3: return RequestTiming::absolute;
    case DramTraceFormat::ramulator2: return RequestTiming::none;
    case DramTraceFormat::dramsys: return relative_ ? RequestTiming::relative : RequestTiming::absolute;
  }
  throw std::logic_error("a format without a timing");
}

std::optional<std::string_view> DramTraceReader::next_line() {
  if (!pending_) return lines_.next();
  return std::exchange(pending_, std::nullopt);
}

DramTraceRequest DramTraceReader::parse(std::string_view text) {
  LineParser line(text, lines_);
  DramTraceRequest request;
  switch (format_) {
    case DramTraceFormat::dramsim3: request = parse_dramsim3(line, address_column_); break;
    case DramTraceFormat::ramulator2: request = parse_ramulator2(line, address_column_); break;
    case DramTraceFormat::dramsys: request = parse_dramsys(line, address_column_); break;
  }
  line.end();
  if (timing() == RequestTiming::absolute && request.cycle < cycle_) {
    const int column = format_ == DramTraceFormat::dramsys ? 1 : line.word_column();
    line.fail(column, "cycle " + std::to_string(request.cycle) + " is before that of the request before, " +
                          std::to_string(cycle_));
  }
  cycle_ = request.cycle;
  empty_ = false;
  return request;
}

std::optional<DramTraceRequest> DramTraceReader::next() {
  while (const std::optional<std::string_view> line = next_line()) {
    const bool comment = format_ == DramTraceFormat::dramsys && line->starts_with('#');
    if (!comment && !is_blank(*line)) return parse(*line);
  }
  if (empty_) throw InputError(lines_.place(1), "the trace has no request");
  return std::nullopt;
}

DramTraceReader open_dram_trace(const std::string& path, std::optional<DramTraceFormat> format) {
  std::error_code error;
  if (!std::filesystem::is_fifo(path, error)) {
    const std::string kind = kind_of_file(first_bytes(path, 64), unpacked_name(path));
    if (!kind.empty())
      throw InputError(Place::of_file(path), "is " + kind + "; expected a trace of DRAM requests");
  }
  return {open_text(path), path, format};
}

}  // namespace tricycle
