// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "arch/dram/command.hpp"
#include "arch/params/dram.hpp"

namespace tricycle {

/// Statistics of one DRAM channel.
struct DramStatistics {
  DramCycles cycles = 0;
  std::uint64_t reads = 0, writes = 0;  ///< answers taken
  std::uint64_t read_commands = 0, write_commands = 0;
  std::uint64_t read_row_hits = 0, write_row_hits = 0;  ///< commands to an open row that was already used
  std::uint64_t activates = 0, precharges = 0, refreshes = 0, bank_refreshes = 0;
  std::uint64_t forwarded_reads = 0;  ///< reads answered from a waiting write
  std::uint64_t merged = 0;           ///< requests served by another request to the same address
  std::uint64_t read_latency_sum = 0, read_latency_min = ~std::uint64_t{0},
                read_latency_max = 0;                      ///< arrival to last data
  std::uint64_t active_cycles = 0, precharged_cycles = 0;  ///< summed over ranks: a row open, no row open
  DramStatistics& operator+=(const DramStatistics& other);
};

/// The answer to a request: for a read with its last data, for a write when the controller has accepted it.
struct DramAnswer {
  std::uint64_t id;
  bool write;
  DramCycles arrival, cycle;
};

/// All DRAM channels and their controllers, in cycles of the DRAM's clock. It is plain logic: `advance(a)`
/// followed by `advance(b)` is the same as `advance(a + b)`.
class DramModel {
 public:
  explicit DramModel(const DramDevice& device);
  ~DramModel();
  DramModel(const DramModel&) = delete;
  DramModel& operator=(const DramModel&) = delete;

  [[nodiscard]] DramCycles now() const;
  /// Whether the queue of the address's DRAM channel has room.
  [[nodiscard]] bool accepts(std::uint64_t address, bool write) const;
  /// Adds a request of one burst. It arrives now, before this cycle's commands. accepts() must hold.
  void add(std::uint64_t id, std::uint64_t address, bool write);
  void advance(DramCycles n);
  /// A lower bound, at least 1, of the cycles until the next answer; ~0 when no request is outstanding.
  [[nodiscard]] DramCycles horizon() const;
  /// Whether requests are outstanding, including write data.
  [[nodiscard]] bool busy() const;
  /// No more requests will come: advances until all are served, including writes that would have waited for
  /// others.
  void drain();
  /// The answers that are due and not yet taken, in order; valid until the next call.
  [[nodiscard]] const std::vector<DramAnswer>& take_answers();

  [[nodiscard]] std::vector<DramStatistics> statistics() const;  ///< of each DRAM channel
  /// Called for every command when it is issued, one DRAM channel after another.
  std::function<void(const DramCommand&)> observer;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tricycle
