// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>

#include "arch/params/machine.hpp"

namespace tricycle {

/// Where a tensor's addresses lie in the banks of a memory (rule R9 of docs/timing.md). A line is one word of
/// each bank. Lines are turned, so that the same number of positions as there are banks, one after another,
/// begin in banks of their own. Any turn of a line is one-to-one: it takes no room.
struct BankLayout {
  std::int64_t banks = 1, word_bits = 1;                              ///< of one of its words
  std::int64_t half_bits = std::numeric_limits<std::int64_t>::max();  ///< from which on the banks are others
  std::int64_t turn_bits = std::numeric_limits<std::int64_t>::max();  ///< from one turn to the next
  std::int64_t turns = 1, step = 1;  ///< turns until the first comes again; banks that each goes on

  /// Of the bank word in which a bit lies.
  [[nodiscard]] std::int64_t bank_of(std::int64_t bit) const {
    const std::int64_t turn = bit / turn_bits % turns * step;
    return (bit / word_bits + turn) % banks + (bit >= half_bits ? banks : 0);
  }
  /// Bits after which everything comes again.
  [[nodiscard]] std::int64_t period() const { return turns > 1 ? turn_bits * turns : banks * word_bits; }
};

/// The layout of a tensor whose positions lie `pitch` bytes apart. `unit_bits`: of a word of the array, which
/// stays in banks that lie side by side.
[[nodiscard]] inline BankLayout bank_layout(const MemorySpec& memory, std::int64_t unit_bits,
                                            std::int64_t pitch) {
  BankLayout layout;
  layout.banks = memory.banks;
  layout.word_bits = memory.width_bits;
  if (memory.ping_pong) layout.half_bits = memory.bytes() / 2 * 8;
  if (pitch == 0) return layout;
  const std::int64_t line = memory.bits_per_cycle(), shared = std::gcd(8 * pitch, line);
  layout.step = std::max<std::int64_t>(1, unit_bits / memory.width_bits);
  layout.turns = std::max<std::int64_t>(1, shared / (layout.step * memory.width_bits));
  if (layout.turns > 1) layout.turn_bits = std::lcm(8 * pitch, line);
  return layout;
}

}  // namespace tricycle
