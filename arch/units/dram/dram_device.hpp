// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "arch/params/clocks.hpp"
#include "arch/units/dram/dram_port.hpp"

namespace tricycle {

/// A DRAM device behind the clock crossing (rules M4 to M7 of docs/timing.md). A burst becomes the requests
/// that it touches; it is answered with the last of them.
class DramDevicePort final : public DramPort {
 public:
  using Observer = std::function<void(const DramCommand&)>;
  /// With `check` every command is held against the rules (arch/dram/command_checker.hpp).
  explicit DramDevicePort(const MachineSpec& spec, bool check = false, Observer commands = {});

  void accept(const DramRequest& request) override;
  void advance(Cycles n) override;
  [[nodiscard]] Cycles horizon() const override;
  [[nodiscard]] bool due() const override { return !answered_.empty() && answered_.begin()->first <= now_; }
  DramRequest finish() override;
  [[nodiscard]] bool moving() const override { return !bursts_.empty(); }
  void reset() override;
  DramDone settle() override;

 private:
  struct Burst {
    DramRequest request;
    std::uint64_t unanswered;
  };
  struct Part {
    std::uint64_t burst, address;
  };
  void send();

  DramDevice device_;
  bool check_;
  Observer commands_;
  std::unique_ptr<CommandChecker> checker_;
  ClockCrossing clocks_;
  std::unique_ptr<DramModel> model_;
  Cycles now_ = 0;
  std::uint64_t next_burst_ = 0;
  std::unordered_map<std::uint64_t, Burst> bursts_;
  std::array<std::deque<Part>, 2> waiting_;        ///< reads, writes: for room in their queue
  std::multimap<Cycles, std::uint64_t> answered_;  ///< by the core cycle in which the answer comes
};

}  // namespace tricycle
