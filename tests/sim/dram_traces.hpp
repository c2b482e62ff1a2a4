// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sstream>
#include <string>
#include <vector>

#include "sim/exchange/trace_file.hpp"
#include "support/random.hpp"

namespace tricycle::test {

inline DramTraceReader reader_of(const std::string& text, std::optional<DramTraceFormat> format = {},
                                 const std::string& name = "t") {
  return {std::make_unique<std::istringstream>(text), name, format};
}

inline std::vector<DramTraceRequest> requests_of(const std::string& text,
                                                 std::optional<DramTraceFormat> format = {},
                                                 const std::string& name = "t") {
  DramTraceReader reader = reader_of(text, format, name);
  std::vector<DramTraceRequest> requests;
  while (const auto request = reader.next()) requests.push_back(*request);
  return requests;
}

inline std::string trace_text(DramTraceFormat format, const std::vector<DramTraceRequest>& requests) {
  std::string text;
  for (const DramTraceRequest& request : requests) text += dram_trace_line(format, request);
  return text;
}

/// Requests with all that the format has: no cycles in Ramulator 2's, lengths in DRAMSys' alone.
inline std::vector<DramTraceRequest> random_requests(Random& random, DramTraceFormat format, int count) {
  std::vector<DramTraceRequest> requests;
  std::uint64_t cycle = 0;
  for (int i = 0; i < count; ++i) {
    DramTraceRequest request;
    if (random.chance(0.7)) cycle += random.below(300);
    if (format != DramTraceFormat::ramulator2) request.cycle = cycle;
    request.address = random.next() >> random.below(64);
    request.write = random.chance(0.3);
    if (format == DramTraceFormat::dramsys && random.chance(0.2)) request.bytes = random.below(4096) + 1;
    requests.push_back(request);
  }
  return requests;
}

}  // namespace tricycle::test
