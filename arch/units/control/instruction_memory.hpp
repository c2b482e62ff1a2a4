// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <systemc>

#include "arch/units/control/component.hpp"
#include "arch/units/control/countdown.hpp"
#include "arch/units/control/loaded_program.hpp"

namespace tricycle {

/// Where a sequencer gets its instructions.
class InstructionFetch : public virtual sc_core::sc_interface {
 public:
  /// The instruction at an index of the program. It has come (rule P4 of docs/timing.md).
  [[nodiscard]] virtual const Instruction& fetch(std::uint32_t index) = 0;
  /// Cycles of the read port that an instruction takes (rule S7).
  [[nodiscard]] virtual Cycles cycles_of(std::uint32_t index) const = 0;
};

/// Where instructions that come from DRAM are written.
class InstructionWrite : public virtual sc_core::sc_interface {
 public:
  /// A burst of instructions is written. Returns the cycles of the write port that it takes (rule P3).
  [[nodiscard]] virtual Cycles write(std::uint64_t bytes) = 0;
};

/// INSTRUCTION MEMORY: gives the sequencer one word of all banks in a cycle, and takes as much from DRAM. It
/// holds a program whole, or two of its pages (rules S7 and P1 to P4 of docs/timing.md). Its contents are
/// kept decoded. Parameters: `instruction_memory`.
///
/// | port | to |
/// |---|---|
/// | `instructions` (export) | the sequencer |
/// | `arriving` (export) | the fetch unit |
class InstructionMemory final : public sc_core::sc_module,
                                public Component,
                                public InstructionFetch,
                                public InstructionWrite {
 public:
  InstructionMemory(const sc_core::sc_module_name& name, const LoadedProgram& program);
  sc_core::sc_export<InstructionFetch> instructions{"instructions"};
  sc_core::sc_export<InstructionWrite> arriving{"arriving"};

  [[nodiscard]] const Instruction& fetch(std::uint32_t index) override {
    ++fetches_;
    return program_.code[index];
  }
  [[nodiscard]] Cycles cycles_of(std::uint32_t index) const override;
  [[nodiscard]] Cycles write(std::uint64_t bytes) override;
  /// Instructions fetched since reset.
  [[nodiscard]] std::uint64_t fetches() const { return fetches_; }
  void reset() override { fetches_ = 0; }
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  /// Cycles of a port that so many bank accesses take.
  [[nodiscard]] Cycles port_cycles(std::uint64_t accesses) const;

  const LoadedProgram& program_;
  std::uint64_t fetches_ = 0;
};

}  // namespace tricycle
