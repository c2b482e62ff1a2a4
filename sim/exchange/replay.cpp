// SPDX-License-Identifier: Apache-2.0
#include "sim/exchange/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/cost/dram_figures.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

/// Commands and answers are collected after at most this many cycles. It bounds memory and changes nothing
/// else.
constexpr DramCycles stride = 4096;

/// Turns a trace into bursts, each with the cycle in which it is due.
class BurstSource {
 public:
  struct Burst {
    DramCycles due;
    std::uint64_t address;
    bool write;
  };

  BurstSource(DramTraceReader& trace, const DramDevice& device)
      : trace_(trace),
        name_(device.name),
        burst_bytes_(static_cast<std::uint64_t>(device.geometry.request_bytes())),
        dram_bytes_(static_cast<std::uint64_t>(device.geometry.bytes())) {}

  /// The next burst. The previous burst was accepted in cycle `accepted`.
  std::optional<Burst> next(DramCycles accepted) {
    if (left_ == 0 && !read_request(accepted)) return std::nullopt;
    --left_;
    const Burst burst = {due_, address_, write_};
    address_ += burst_bytes_;
    return burst;
  }

 private:
  bool read_request(DramCycles accepted) {
    const auto request = trace_.next();
    if (!request) return false;
    const std::uint64_t bytes = std::max<std::uint64_t>(request->bytes, 1);
    if (request->address >= dram_bytes_ || bytes > dram_bytes_ - request->address) {
      throw InputError(trace_.address_place(),
                       fmt::format("the request at 0x{:x} is beyond the {} bytes of {}", request->address,
                                   dram_bytes_, name_));
    }
    const std::uint64_t first = request->address / burst_bytes_;
    const std::uint64_t last = (request->address + bytes - 1) / burst_bytes_;
    // A request of one burst keeps its address: requests of other bytes of the same burst are different
    // requests, as in DRAMsim3.
    address_ = first == last ? request->address : first * burst_bytes_;
    left_ = last - first + 1;
    write_ = request->write;
    due_ = request->cycle + (trace_.timing() == RequestTiming::relative ? accepted : 0);
    if (due_ > last_trace_cycle) {
      throw InputError(trace_.address_place(),
                       fmt::format("the request would be due in cycle {}; {} is the last that is simulated",
                                   due_, last_trace_cycle));
    }
    due_ += hand_over_cycles(trace_.format());
    return true;
  }

  DramTraceReader& trace_;
  std::string name_;
  std::uint64_t burst_bytes_, dram_bytes_;
  std::uint64_t left_ = 0;  ///< remaining bursts of the request
  DramCycles due_ = 0;
  std::uint64_t address_ = 0;
  bool write_ = false;
};

class Replayer {
 public:
  Replayer(DramTraceReader& trace, const DramDevice& device, const DramReplayOptions& options)
      : options_(options), trace_(trace), bursts_(trace, device), model_(device) {
    if (options.on_command) {
      model_.observer = [this](const DramCommand& command) { commands_.push_back(command); };
    }
  }

  void run(DramReplay& replay) {
    std::optional<BurstSource::Burst> burst = bursts_.next(0);
    const DramCycles end = options_.cycles.value_or(~DramCycles{0});
    while (model_.now() < end && (burst || model_.busy())) {
      const DramCycles now = model_.now();
      DramCycles step = 1;
      if (burst && burst->due > now) {
        step = burst->due - now;
      } else if (burst && model_.accepts(burst->address, burst->write)) {
        model_.add(replay.requests++, burst->address, burst->write);
        burst = bursts_.next(now);
        if (!burst && !options_.cycles) {
          model_.drain();
          break;
        }
      } else if (burst) {
        ++replay.blocked_cycles;
      }
      advance(std::min({step, stride, end - model_.now()}));
      if (!burst) static_cast<void>(model_.take_answers());  // the model is busy until its answers are taken
    }
    replay.finished = !burst && !model_.busy();
    if (options_.cycles) advance_to(end);
    collect();
    replay.cycles = model_.now();
    replay.channels = model_.statistics();
  }

 private:
  void advance(DramCycles n) {
    model_.advance(n);
    since_collected_ += n;
    if (since_collected_ >= stride) collect();
  }
  void advance_to(DramCycles end) {
    while (model_.now() < end) advance(std::min(stride, end - model_.now()));
  }
  /// DRAM channels report their commands one channel after another; this sorts them.
  void collect() {
    since_collected_ = 0;
    static_cast<void>(model_.take_answers());
    std::stable_sort(commands_.begin(), commands_.end(),
                     [](const DramCommand& a, const DramCommand& b) { return a.cycle < b.cycle; });
    for (const DramCommand& command : commands_) options_.on_command(command);
    commands_.clear();
    if (options_.on_progress) options_.on_progress(model_.now(), trace_.bytes_read());
  }

  const DramReplayOptions& options_;
  DramTraceReader& trace_;
  BurstSource bursts_;
  DramModel model_;
  std::vector<DramCommand> commands_;
  DramCycles since_collected_ = 0;
};

}  // namespace

DramReplay replay_dram(DramTraceReader& trace, const std::string& name, const DramDevice& device,
                       const DramReplayOptions& options) {
  DramReplay replay;
  replay.trace = base_name(name);
  replay.format = trace.format();
  replay.timing = trace.timing();
  replay.device = device;
  Replayer(trace, device, options).run(replay);
  replay.total = sum_of(replay.channels);
  return replay;
}

std::string dram_command_line(const DramCommand& c) {
  return fmt::format("{},{},{},{},{},{},{},{}\n", c.cycle,
                     dram_command_names[static_cast<std::size_t>(c.kind)], c.at.channel, c.at.rank,
                     c.at.group, c.at.bank, c.at.row, c.at.column);
}

}  // namespace tricycle
