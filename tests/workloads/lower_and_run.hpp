// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "traces/trace.hpp"
#include "workloads/lower/lower.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle::test {

/// Bytes that a program moves to and from DRAM, and those that its plan counted: of a layer in a loop those
/// of every step, and what stays on chip through the steps once.
[[nodiscard]] std::uint64_t dram_traffic(const std::vector<Instruction>& code);
[[nodiscard]] std::uint64_t planned_traffic(const QuantizedNetwork& network, const MachineSpec& spec,
                                            const LowerOptions& options = {});

/// Lowers, checks and runs a network without time; every checkpoint and the output must hold the golden
/// values, and every value must have its checkpoint.
Trace lower_and_run(const QuantizedNetwork& network, const MachineSpec& spec,
                    const std::vector<std::int32_t>& input, const LowerOptions& options = {});

/// The same for items one after another: a network that saves its states goes on from item to item.
Trace lower_and_run_items(const QuantizedNetwork& network, const MachineSpec& spec,
                          const std::vector<std::vector<std::int32_t>>& items,
                          const LowerOptions& options = {});

/// Whether an error says what is too small and how large it would have to be.
[[nodiscard]] bool says_why(const std::string& message);

}  // namespace tricycle::test
