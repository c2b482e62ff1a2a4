// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/exchange/line_reader.hpp"
#include "support/choice.hpp"
#include "support/output.hpp"

namespace tricycle {

/// The formats of request traces. docs/dram_exchange.md has the grammar of each.
enum class DramTraceFormat : std::uint8_t { dramsim3, ramulator2, dramsys };
[[nodiscard]] const std::vector<std::string>& names_of(DramTraceFormat);
/// The format with this name. Errors, at `option`: an unknown name, with the nearest one.
[[nodiscard]] DramTraceFormat dram_trace_format(const std::string& name, const std::string& option);
/// The format of a file's extension (.stl, .rstl); nothing for another extension.
[[nodiscard]] std::optional<DramTraceFormat> format_by_extension(const std::string& path);

/// Cycles between the cycle of a line and the cycle in which the memory sees the request. DRAMsim3's reader
/// hands a request over after the memory has done that cycle.
[[nodiscard]] constexpr std::uint64_t hand_over_cycles(DramTraceFormat format) {
  return format == DramTraceFormat::dramsim3 ? 1 : 0;
}

/// The reference point of a request's cycle.
enum class RequestTiming : std::uint8_t {
  absolute,  ///< the start of the trace
  relative,  ///< the cycle in which the previous request was accepted
  none,      ///< the file has no cycles: every request is due at once
};

struct DramTraceRequest {
  std::uint64_t cycle = 0;  ///< as in its line; see RequestTiming and hand_over_cycles
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;  ///< 0: one burst of the memory
  bool write = false;
  bool operator==(const DramTraceRequest&) const = default;
};

/// Later cycles and longer requests are refused.
inline constexpr std::uint64_t last_trace_cycle = 1'000'000'000'000;
inline constexpr std::uint64_t longest_trace_request = 1U << 20U;

/// Reads a request trace request by request. Errors have the line and column.
class DramTraceReader {
 public:
  /// Without a format, the file's extension decides, else the first line.
  DramTraceReader(std::unique_ptr<std::istream> stream, const std::string& name,
                  std::optional<DramTraceFormat> format);

  /// The next request, or nothing at the end of the file. Errors: a malformed line, a cycle that is earlier
  /// than the previous request's, a file without any request.
  [[nodiscard]] std::optional<DramTraceRequest> next();

  [[nodiscard]] DramTraceFormat format() const { return format_; }
  [[nodiscard]] RequestTiming timing() const;
  /// The place of the last request's address in the file.
  [[nodiscard]] Place address_place() const { return lines_.place(address_column_); }
  [[nodiscard]] std::uint64_t bytes_read() const { return lines_.bytes_read(); }

 private:
  [[nodiscard]] std::optional<std::string_view> next_line();
  [[nodiscard]] DramTraceRequest parse(std::string_view line);

  LineReader lines_;
  DramTraceFormat format_;
  bool relative_;
  std::optional<std::string_view> pending_;  ///< the first line, read to find the format
  std::uint64_t cycle_ = 0;                  ///< of the previous request
  int address_column_ = 1;
  bool empty_ = true;
};

/// Opens a trace file. Errors: missing, a directory, unreadable.
[[nodiscard]] DramTraceReader open_dram_trace(const std::string& path, std::optional<DramTraceFormat> format);

/// One line of a trace, its end included.
[[nodiscard]] std::string dram_trace_line(DramTraceFormat format, const DramTraceRequest& request);

/// Writes the requests of a run: one line for each burst that a request touches. The file is written whole or
/// not at all.
class DramTraceWriter {
 public:
  /// `burst_bytes`: bytes of one burst of the memory.
  DramTraceWriter(const std::string& path, DramTraceFormat format, std::uint64_t burst_bytes);
  /// `cycle` is the memory's cycle in which it sees the request. It never decreases from one request to the
  /// next.
  void add(std::uint64_t cycle, std::uint64_t address, std::uint64_t bytes, bool write);
  /// Moves the finished file to its path. Without this call no file remains.
  void finish();
  [[nodiscard]] std::uint64_t bursts() const { return bursts_; }

 private:
  WholeFile file_;
  DramTraceFormat format_;
  std::uint64_t burst_bytes_;
  std::uint64_t bursts_ = 0;
  std::uint64_t cycle_ = 0;
};

}  // namespace tricycle
