// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "arch/dram/command.hpp"
#include "arch/spec/dram.hpp"

namespace tricycle {

/// What one channel has done.
struct DramStatistics {
  DramCycles cycles = 0;
  std::uint64_t reads = 0, writes = 0;  ///< answers taken
  std::uint64_t read_commands = 0, write_commands = 0;
  std::uint64_t read_row_hits = 0, write_row_hits = 0;  ///< commands to a row that was open and already used
  std::uint64_t activates = 0, precharges = 0, refreshes = 0, bank_refreshes = 0;
  std::uint64_t forwarded_reads = 0;  ///< answered from a write that still waited
  std::uint64_t merged = 0;           ///< requests that another to the same address served
  std::uint64_t read_latency_sum = 0, read_latency_min = ~std::uint64_t{0},
                read_latency_max = 0;                      ///< arrival to last data
  std::uint64_t active_cycles = 0, precharged_cycles = 0;  ///< summed over ranks: some row open, none open
  DramStatistics& operator+=(const DramStatistics& other);
};

/// A request answered: a read with its last data, a write when it has been taken over.
struct DramAnswer {
  std::uint64_t id;
  bool write;
  DramCycles arrival, cycle;
};

/// All channels of a DRAM and their controllers, in cycles of the DRAM's clock. Plain logic: `advance(a)`
/// and then `advance(b)` is `advance(a + b)`.
class DramModel {
 public:
  explicit DramModel(const DramDevice& device);
  ~DramModel();
  DramModel(const DramModel&) = delete;
  DramModel& operator=(const DramModel&) = delete;

  [[nodiscard]] DramCycles now() const;
  /// The queue of the address's channel has room.
  [[nodiscard]] bool accepts(std::uint64_t address, bool write) const;
  /// A request of one burst arrives now, before this cycle's commands; it must be accepted.
  void add(std::uint64_t id, std::uint64_t address, bool write);
  void advance(DramCycles n);
  /// No answer comes in fewer cycles than these (1 at least); ~0 when nothing is under way.
  [[nodiscard]] DramCycles horizon() const;
  /// Requests are under way, written data among them.
  [[nodiscard]] bool busy() const;
  /// No more requests come: advances until all are served, the writes that would have waited for company too.
  void drain();
  /// The answers due by now that have not been taken, in order; valid until the next call.
  [[nodiscard]] const std::vector<DramAnswer>& take_answers();

  [[nodiscard]] std::vector<DramStatistics> statistics() const;  ///< of each channel
  /// Told every command as it is issued, channel by channel.
  std::function<void(const DramCommand&)> observer;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tricycle
