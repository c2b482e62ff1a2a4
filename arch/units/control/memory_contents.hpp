// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <systemc>

namespace tricycle {

/// The bytes of a memory. When they move, and what that takes, is asked for elsewhere; an instruction's
/// values move at once when it completes (rule E4 of docs/timing.md).
class MemoryContents : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual std::span<std::uint8_t> bytes() = 0;
};

}  // namespace tricycle
