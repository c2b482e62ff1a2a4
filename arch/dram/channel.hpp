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

/// The controller of one channel. In each cycle, in this order: a refresh falls due; one command is issued;
/// one request moves from where it arrived to the command queue of its bank or rank. docs/dram.md has the
/// rules.
class DramChannelLogic {
 public:
  /// Tells `observer` its commands. Both are the model's and outlive it.
  DramChannelLogic(const DramDevice& device, std::int32_t channel,
                   const std::function<void(const DramCommand&)>& observer);

  [[nodiscard]] DramCycles now() const { return now_; }
  [[nodiscard]] bool accepts(bool write) const;
  void add(std::uint64_t id, std::uint64_t address, const DramAddress& at, bool write);
  void advance(DramCycles n);
  [[nodiscard]] DramCycles horizon() const;
  [[nodiscard]] bool busy() const;
  /// No more requests come: writes wait for no others.
  void drain() {
    policy_.write_low = 0;
    asleep_until_ = now_;
  }
  /// The answers due by now are appended.
  void take_answers(std::vector<DramAnswer>& answers);
  [[nodiscard]] const DramStatistics& statistics() const { return statistics_; }

 private:
  struct Request {
    std::uint64_t address;
    DramAddress at;
    std::size_t bank;  ///< of the channel
    bool write;
  };
  struct Waiting {
    std::uint64_t id;
    DramCycles arrival;
  };
  using Queue = std::vector<Request>;
  struct Choice {
    DramCommand command;
    std::size_t queue, entry;  ///< of the request served; of no meaning for a precharge before a refresh
  };

  /// The refresh that waits first, and the banks that it is of: from `first` to before `end`.
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
  DramCycles asleep_until_ = 0;         ///< nothing happens by itself before
  Queue reads_, writes_;                ///< as they arrived; in order of arrival all are in `reads_`
  std::vector<Queue> queues_;           ///< of commands, for each bank or rank
  std::vector<DramCycles> ready_from_;  ///< of each of these, no command for it comes before
  std::size_t commands_ = 0;            ///< requests in `queues_`
  std::size_t last_queue_ = 0;          ///< that a command was issued from
  std::size_t draining_ = 0;            ///< writes still to move before reads do
  int passes_ = 0;                      ///< how often writes were drained while the oldest read waited
  std::unordered_map<std::uint64_t, std::vector<Waiting>> pending_reads_;  ///< by address
  std::unordered_set<std::uint64_t> pending_writes_;
  std::deque<DramAddress> refreshes_;  ///< that wait, the first being made way for
  DramCycles refresh_interval_ = 0;
  std::size_t next_refreshed_ = 0;
  std::deque<DramAnswer> data_, taken_;  ///< answers to come: of reads from the banks; at once
  DramStatistics statistics_;
};

}  // namespace tricycle
