// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <systemc>

#include "arch/units/control/component.hpp"
#include "arch/units/control/loaded_program.hpp"

namespace tricycle {

/// Where a sequencer gets its instructions.
class InstructionFetch : public virtual sc_core::sc_interface {
 public:
  /// The instruction at an index of the program.
  [[nodiscard]] virtual const Instruction& fetch(std::uint32_t index) = 0;
};

/// INSTRUCTION MEMORY: holds a program whole and gives one instruction a cycle (rule S2 of docs/timing.md).
/// Its contents are kept decoded. Parameters: `instruction_memory`.
///
/// | port | to |
/// |---|---|
/// | `instructions` (export) | the sequencer |
class InstructionMemory final : public sc_core::sc_module, public Component, public InstructionFetch {
 public:
  InstructionMemory(const sc_core::sc_module_name& name, const LoadedProgram& program);
  sc_core::sc_export<InstructionFetch> instructions{"instructions"};

  [[nodiscard]] const Instruction& fetch(std::uint32_t index) override {
    ++fetches_;
    return program_.code[index];
  }
  /// Instructions fetched since reset.
  [[nodiscard]] std::uint64_t fetches() const { return fetches_; }
  void reset() override { fetches_ = 0; }
  [[nodiscard]] std::vector<Property> properties() const override;

 private:
  const LoadedProgram& program_;
  std::uint64_t used_bytes_ = 0;  ///< of the program as it is encoded
  std::uint64_t fetches_ = 0;
};

}  // namespace tricycle
