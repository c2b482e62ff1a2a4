// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/isa/meaning.hpp"

namespace tricycle {

/// The meaning of the vector unit's instructions: reduce the source by windows, apply a function with a
/// table, and pack the results. All sources are read before any result is written.
Effects execute_vector(const isa::Threshold& i, const MachineSpec& spec, const MemoryView& memories);
Effects execute_vector(const isa::Scale& i, const MachineSpec& spec, const MemoryView& memories);
Effects execute_vector(const isa::Affine& i, const MachineSpec& spec, const MemoryView& memories);
Effects execute_vector(const isa::Copy& i, const MachineSpec& spec, const MemoryView& memories);
Effects execute_vector(const isa::Lookup& i, const MachineSpec& spec, const MemoryView& memories);
Effects execute_vector(const isa::Multiply& i, const MachineSpec& spec, const MemoryView& memories);
Effects execute_vector(const isa::Function& i, const MachineSpec& spec, const MemoryView& memories);
Effects execute_vector(const isa::Sample& i, const MachineSpec& spec, const MemoryView& memories);

}  // namespace tricycle
