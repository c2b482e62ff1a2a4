// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "arch/params/machine.hpp"
#include "arch/units/dram/dram_end.hpp"
#include "arch/units/dram/dram_port.hpp"

namespace tricycle {

/// DRAM of our own: the ideal pipe or a device (rules M1 to M7 of docs/timing.md). Parameters:
/// `dram`.
class DramChannel final : public DramEnd {
 public:
  struct Options {
    bool check = false;                                  ///< a device's commands against the rules
    std::function<void(const DramCommand&)> commands{};  ///< called with each command of a device
  };
  DramChannel(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes,
              const MachineSpec& spec, const Options& options);

  DramDone finish() override { return memory_->settle(); }
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  void advance(Cycles n) override { memory_->advance(n); }
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override { return memory_->horizon(); }
  void clear() override { memory_->reset(); }

  const DramSpec& spec_;
  double bytes_per_cycle_;  ///< at most
  std::unique_ptr<DramPort> memory_;
};

}  // namespace tricycle
