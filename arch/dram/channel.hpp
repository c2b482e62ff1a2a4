// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "arch/dram/banks.hpp"
#include "arch/dram/model.hpp"

namespace tricycle {

/// The controller of one DRAM channel. In each cycle, in this order: a refresh may become due; one command is
/// issued; one request moves from the request queue to the command queue of its bank or rank. docs/dram.md
/// has the rules.
class DramChannelLogic {
 public:
  /// Calls `observer` for each command. `device` and `observer` belong to the DRAM model and must outlive
  /// this object.
  DramChannelLogic(const DramDevice& device, std::int32_t channel,
                   const std::function<void(const DramCommand&)>& observer);

  [[nodiscard]] DramCycles now() const { return now_; }
  [[nodiscard]] bool accepts(bool write) const;
  void add(std::uint64_t id, std::uint64_t address, const DramAddress& at, bool write);
  void advance(DramCycles n);
  [[nodiscard]] DramCycles horizon() const;
  [[nodiscard]] bool busy() const;
  /// No more requests will come: writes no longer wait for others.
  void drain() {
    policy_.write_low = 0;
    asleep_until_ = now_;
  }
  /// Appends the answers that are due by now.
  void take_answers(std::vector<DramAnswer>& answers);
  [[nodiscard]] const DramStatistics& statistics() const { return statistics_; }

 private:
  struct Request {
    std::uint64_t address;
    DramAddress at;
    std::size_t bank;  ///< index of the bank in the DRAM channel
    bool write;
  };
  struct Waiting {
    std::uint64_t id;
    DramCycles arrival;
  };
  using Queue = std::vector<Request>;
  struct Choice {
    DramCommand command;
    std::size_t queue, entry;  ///< place of the served request; unused for a precharge before a refresh
  };

  /// The oldest waiting refresh, and its banks: `first` up to, but not including, `end`.
  struct Refreshed {
    DramCommandKind kind;
    std::size_t first, end;
  };

  void tick();
  void fall_due();
  [[nodiscard]] Refreshed waiting_refresh() const;
  [[nodiscard]] std::optional<DramCommand> refresh_step() const;
  [[nodiscard]] std::optional<Choice> choose();
  [[nodiscard]] std::optional<Choice> first_ready(std::size_t queue);
  [[nodiscard]] DramCommandKind needed(const Request& request) const;
  [[nodiscard]] bool may_precharge(const Queue& queue, std::size_t entry) const;
  [[nodiscard]] bool gives_way(const Queue& queue, std::size_t entry) const;
  [[nodiscard]] bool overtakes_read(const Queue& queue, std::size_t entry) const;
  [[nodiscard]] bool held_for_refresh(std::size_t queue) const;
  void issue(const DramCommand& command);
  void serve(const Choice& choice);
  bool schedule();
  [[nodiscard]] Queue::iterator first_with_room(Queue& from);
  void move(Queue& from, Queue::iterator request);
  void sleep();
  [[nodiscard]] std::size_t queue_of(const Request& request) const;
  [[nodiscard]] bool commands_empty() const { return commands_ == 0; }

  const DramDevice& device_;
  const std::function<void(const DramCommand&)>& observer_;
  DramController policy_;
  bool in_order_, closed_page_, per_rank_;
  DramBanks banks_;
  DramCycles now_ = 0;
  DramCycles asleep_until_ = 0;  ///< nothing happens before this cycle unless a request comes
  Queue reads_, writes_;  ///< request queues, by arrival; the scheduler fcfs keeps all requests in `reads_`
  std::vector<Queue> queues_;           ///< command queue of each bank or rank; fcfs has one for all
  std::vector<DramCycles> ready_from_;  ///< for each command queue: no command comes before this cycle
  std::size_t commands_ = 0;            ///< requests in `queues_`
  std::size_t last_queue_ = 0;          ///< the queue of the last issued command
  std::size_t draining_ = 0;            ///< writes that still move before reads
  int passes_ = 0;                      ///< how often writes were drained while the oldest read waited
  std::unordered_map<std::uint64_t, std::vector<Waiting>> pending_reads_;  ///< by address
  std::unordered_set<std::uint64_t> pending_writes_;
  std::deque<DramAddress> refreshes_;  ///< waiting refreshes; banks are being closed for the first
  DramCycles refresh_interval_ = 0;
  std::size_t next_refreshed_ = 0;
  std::deque<DramAnswer> data_, taken_;  ///< answers to come: `data_` from the banks, `taken_` at once
  DramStatistics statistics_;
};

}  // namespace tricycle
