// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <optional>

#include "arch/units/dma_logic.hpp"
#include "arch/units/unit.hpp"

namespace tricycle {

class DmaEngine;
class DramChannel;

/// Where DRAM posts its answers. A load's burst is then written on chip and only counts when that is done; a
/// store's counts at once.
class Answers {
 public:
  explicit Answers(DmaEngine& engine) : engine_(engine) {}
  void post(Cycles now, const DramRequest& answered);

 private:
  DmaEngine& engine_;
};

/// LOAD or STORE ENGINE: moves rows between DRAM and on-chip memory in bursts (rules D1 to D7 of
/// docs/timing.md) through the ports of the memory (rule R6).
class DmaEngine : public EngineUnit {
 public:
  DmaEngine(const sc_core::sc_module_name& name, Core& core, Engine engine, const DmaSpec& spec);
  DramChannel* dram = nullptr;
  Channel<DramRequest> requests;  ///< to DRAM
  Answers answers{*this};         ///< from DRAM

 protected:
  void advance(Cycles n) override { logic_.advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override;
  void reset() override;

 private:
  friend class Answers;
  [[nodiscard]] std::optional<DramRequest> take_answer(Cycles now);
  void read_next(Cycles from);
  [[nodiscard]] DmaRows rows_of(std::uint32_t index) const;
  [[nodiscard]] std::uint64_t gathered_row(const isa::Gather& gather, std::uint32_t index,
                                           std::uint64_t row) const;

  bool writes_;
  DmaLogic logic_;
  const std::vector<Access>* rows_ = nullptr;  ///< of the transfer that asks
  std::deque<DramRequest> arrived_;            ///< a load's bursts that are being written
  Channel<DramRequest> stored_;                ///< a store's answers
  bool is_read_ = false;                       ///< a store's next burst
};

}  // namespace tricycle
