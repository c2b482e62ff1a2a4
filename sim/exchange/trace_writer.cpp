// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "sim/exchange/trace_file.hpp"

namespace tricycle {

std::string dram_trace_line(DramTraceFormat format, const DramTraceRequest& r) {
  switch (format) {
    case DramTraceFormat::dramsim3:
      return fmt::format("0x{:x} {} {}\n", r.address, r.write ? "WRITE" : "READ", r.cycle);
    case DramTraceFormat::ramulator2: return fmt::format("{} 0x{:x}\n", r.write ? "ST" : "LD", r.address);
    case DramTraceFormat::dramsys:
      return fmt::format("{}: {}{} 0x{:x}\n", r.cycle, r.bytes == 0 ? "" : fmt::format("({}) ", r.bytes),
                         r.write ? "write" : "read", r.address);
  }
  throw std::logic_error("a format without a line");
}

DramTraceWriter::DramTraceWriter(const std::string& path, DramTraceFormat format, std::uint64_t burst_bytes)
    : file_(path), format_(format), burst_bytes_(burst_bytes) {
  if (burst_bytes == 0) throw std::logic_error("a burst of no bytes");
}

void DramTraceWriter::add(std::uint64_t cycle, std::uint64_t address, std::uint64_t bytes, bool write) {
  if (cycle < cycle_) throw std::logic_error("a request before the one before");
  if (bytes == 0) throw std::logic_error("a request of no bytes");
  cycle_ = cycle;
  const std::uint64_t of_line = cycle - std::min(cycle, hand_over_cycles(format_));
  const std::uint64_t last = (address + bytes - 1) / burst_bytes_;
  for (std::uint64_t burst = address / burst_bytes_; burst <= last; ++burst) {
    file_.write(dram_trace_line(format_, {of_line, burst * burst_bytes_, 0, write}));
    ++bursts_;
  }
}

void DramTraceWriter::finish() {
  if (bursts_ == 0) throw RunError("no request reached DRAM: there is no trace of them to write");
  file_.finish();
}

}  // namespace tricycle
