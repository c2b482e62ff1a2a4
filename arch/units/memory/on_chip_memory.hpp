// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <systemc>

#include "arch/units/control/component.hpp"
#include "arch/units/control/memory_contents.hpp"
#include "arch/units/memory/memory_ports.hpp"

namespace tricycle {

/// The ports of an on-chip memory, as the crossbar sees them.
class PortsOfMemory : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual MemoryPorts& ports() = 0;
};

/// WEIGHT, ACTIVATION and ACCUMULATOR MEMORY: an on-chip SRAM with its contents, its ports, who gets them,
/// and the counts of their use (rules R1 to R8 of docs/timing.md). Its contents stay when the machine is
/// reset. Parameters: `weight_memory`, `activation_memory`, `accumulator_memory`.
///
/// | port | to |
/// |---|---|
/// | `access` (export) | the crossbar, which brings the requesters |
/// | `contents` (export) | the engines whose instructions read and write it |
class OnChipMemory final : public sc_core::sc_module,
                           public Component,
                           public MemoryContents,
                           public PortsOfMemory {
 public:
  OnChipMemory(const sc_core::sc_module_name& name, Memory memory, const MemorySpec& spec);

  sc_core::sc_export<PortsOfMemory> access{"access"};
  sc_core::sc_export<MemoryContents> contents{"contents"};

  [[nodiscard]] std::span<std::uint8_t> bytes() override { return bytes_; }
  [[nodiscard]] MemoryPorts& ports() override { return ports_; }
  [[nodiscard]] Memory memory() const { return memory_; }
  void reset() override { ports_.reset(); }
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  Memory memory_;
  const MemorySpec& spec_;
  std::vector<std::uint8_t> bytes_;
  MemoryPorts ports_;
};

}  // namespace tricycle
