// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>

#include "support/files.hpp"
#include "support/random.hpp"

namespace tricycle::test {

/// One to three random faults: bytes set, flipped, inserted, removed, copied, cut off, or made into telling
/// characters and extreme numbers.
inline Bytes mutated(Bytes bytes, Random& random) {
  static constexpr std::array<std::uint64_t, 8> extremes = {
      0, 1, 0x7f, 0x80, 0x7fffffff, 0x80000000, 0x7fffffffffffffff, 0xffffffffffffffff};
  static constexpr std::array<std::uint8_t, 12> telling = {'\'', '"', '{', '[', ',', ':',
                                                           '\n', ' ', '9', '0', '-', '='};
  for (std::uint64_t fault = random.below(3) + 1; fault > 0; --fault) {
    if (bytes.empty()) return bytes;
    const std::size_t at = random.below(bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        here + static_cast<std::ptrdiff_t>(1 + random.below(std::min<std::uint64_t>(16, bytes.size() - at)));
    switch (random.below(11)) {
      case 0: *here = static_cast<std::uint8_t>(random.below(256)); break;
      case 1: *here = static_cast<std::uint8_t>(*here ^ (1U << random.below(8))); break;
      case 2: bytes.insert(here, static_cast<std::uint8_t>(random.below(256))); break;
      case 3: bytes.erase(here); break;
      case 4: {
        const std::size_t width = random.chance(0.5) ? 8 : 4;
        const std::uint64_t number = extremes[random.below(extremes.size())];
        if (bytes.size() - at < 8) break;
        for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<std::uint8_t>(number >> (8 * i));
        break;
      }
      case 5: *here = bytes[random.below(bytes.size())]; break;
      case 6: *here = static_cast<std::uint8_t>(*here + (random.chance(0.5) ? 1 : 255)); break;
      case 7: *here = telling[random.below(telling.size())]; break;
      case 8: bytes.erase(here, end); break;
      case 9: {
        const Bytes copy(here, end);
        bytes.insert(here, copy.begin(), copy.end());
        break;
      }
      default:
        if (random.chance(0.05)) bytes.erase(here, bytes.end());
    }
  }
  return bytes;
}

}  // namespace tricycle::test
