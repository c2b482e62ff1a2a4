// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arch/dram/model.hpp"
#include "sim/exchange/trace_file.hpp"
#include "support/progress.hpp"

namespace tricycle {

struct DramReplayOptions {
  std::optional<DramCycles> cycles;  ///< stop at this cycle; without it, when every request is served
  std::function<void(const DramCommand&)> on_command{};  ///< called for every command, in the order of cycles
  std::function<void(DramCycles, std::uint64_t)> on_progress{};  ///< now and then: cycles, trace bytes read
};

/// The result of a DRAM replay.
struct DramReplay {
  std::string trace;  ///< its base name
  DramTraceFormat format = DramTraceFormat::dramsim3;
  RequestTiming timing = RequestTiming::absolute;
  DramDevice device;
  bool finished = false;  ///< every request was served; else the replay was stopped
  DramCycles cycles = 0;
  std::uint64_t requests = 0;        ///< bursts that were accepted
  std::uint64_t blocked_cycles = 0;  ///< cycles in which a request was due and its queue was full
  std::vector<DramStatistics> channels;
  DramStatistics total;  ///< of all DRAM channels, in `cycles`
};

/// Sends the requests of a trace to a DRAM in their order, at most one burst per cycle. A burst is sent in
/// the first cycle in which it is due, the burst before it was accepted, and its queue has room. A request of
/// several bursts is sent burst by burst. Errors: an address that the DRAM does not have.
[[nodiscard]] DramReplay replay_dram(DramTraceReader& trace, const std::string& name,
                                     const DramDevice& device, const DramReplayOptions& options);

/// dram.json: no wall-clock time and no path in it. docs/dram_exchange.md describes it.
[[nodiscard]] std::string dram_json(const DramReplay& replay);
/// For the terminal.
[[nodiscard]] std::string dram_report(const DramReplay& replay);

/// The header line of a command file, and the line of one command.
inline constexpr const char* dram_command_columns = "cycle,command,channel,rank,bank_group,bank,row,column\n";
[[nodiscard]] std::string dram_command_line(const DramCommand& command);

}  // namespace tricycle
