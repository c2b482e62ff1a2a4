// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "arch/isa/loops.hpp"

namespace tricycle {

/// A field of an operation as a number of its own width.
struct FieldValue {
  const char* name = nullptr;  ///< none: there is no such field, or it is no address
  std::uint64_t value = 0, most = 0;
};

/// The address field of this place in the operation's list.
[[nodiscard]] FieldValue address_of(const Operation& operation, std::size_t field);
void set_address(Operation& operation, std::size_t field, std::uint64_t address);

/// The smallest and the largest address that generators of one field make of `base`. What lies farther out
/// than any memory is not told apart.
struct AddressRange {
  std::int64_t least, most;
};
[[nodiscard]] AddressRange range_of(std::uint64_t base, std::span<const AddressGenerator> generators,
                                    const std::vector<ProgramLoop>& loops);

/// What divides all strides of one field, and the length of its ring; 0 where there is nothing but 0.
[[nodiscard]] std::uint64_t common_stride(std::span<const AddressGenerator> generators);

/// Calls f(generators) for each run of generators that move the same field of the same instruction.
template <class F>
void for_each_field(std::span<const AddressGenerator> generators, F f) {
  for (std::size_t begin = 0; begin < generators.size();) {
    std::size_t end = begin + 1;
    while (end < generators.size() && generators[end].instruction == generators[begin].instruction &&
           generators[end].field == generators[begin].field)
      ++end;
    f(generators.subspan(begin, end - begin));
    begin = end;
  }
}

}  // namespace tricycle
