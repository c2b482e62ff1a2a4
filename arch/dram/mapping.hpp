// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "arch/dram/command.hpp"
#include "arch/params/dram.hpp"

namespace tricycle {

/// Splits byte addresses by the device's mapping. The lowest bits select a byte of the request. The fields
/// follow above them, from the least significant field (the mapping's last) to the most significant.
/// Addresses beyond the capacity wrap.
class DramMapping {
 public:
  explicit DramMapping(const DramDevice& device);
  [[nodiscard]] DramAddress locate(std::uint64_t address) const;
  /// The address within the capacity.
  [[nodiscard]] std::uint64_t wrapped(std::uint64_t address) const { return address & capacity_mask_; }

 private:
  struct Field {
    unsigned shift = 0;
    std::uint64_t mask = 0;
    [[nodiscard]] std::uint64_t of(std::uint64_t address) const { return (address >> shift) & mask; }
  };
  Field channel_, rank_, group_, bank_, row_, column_;
  std::uint64_t capacity_mask_;
};

}  // namespace tricycle
