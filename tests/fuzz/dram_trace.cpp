// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "sim/exchange/replay.hpp"
#include "tests/fuzz/target.hpp"

namespace tricycle::fuzz {
namespace {

/// Requests in one format, or in the one that their name and first line tell, and 2,000 cycles of them.
void replay(Input bytes, const std::string& name, std::optional<DramTraceFormat> format) {
  static const DramDevice device = read_dram(std::string("DDR4_8Gb_x8_2400"));
  constexpr DramCycles most_cycles = 2000;
  const auto stream = [&] { return std::make_unique<std::istringstream>(text_of(bytes)); };
  try {
    DramTraceReader trace(stream(), name, format);
    static_cast<void>(dram_json(replay_dram(trace, name, device, {.cycles = most_cycles})));
    DramTraceReader whole(stream(), name, format);
    while (const auto request = whole.next()) static_cast<void>(dram_trace_line(whole.format(), *request));
  } catch (const InputError&) {
    if (!format) throw;
  }
}

}  // namespace

void read(Input bytes) {
  for (const char* name : {"a.trace", "a.rstl"}) {
    for (const auto format :
         {DramTraceFormat::dramsim3, DramTraceFormat::ramulator2, DramTraceFormat::dramsys})
      replay(bytes, name, format);
  }
  replay(bytes, "a.trace", std::nullopt);
}

}  // namespace tricycle::fuzz
