// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>

namespace tricycle {

/// There is no room in this computer's memory for what the message names.
class OutOfMemory : public std::runtime_error {
 public:
  /// `out of memory for WHAT, 1.9 GiB`.
  OutOfMemory(const std::string& what, std::uint64_t bytes);
};

/// Bytes of this computer's memory.
[[nodiscard]] std::uint64_t memory_of_computer();

/// Does work that needs so many bytes for something large, and names it where they are more than there are or
/// the work runs out of memory. Of work within work the inner one is named.
template <class Work>
auto with_room_for(const std::string& what, std::uint64_t bytes, Work work) -> decltype(work()) {
  if (bytes > memory_of_computer()) throw OutOfMemory(what, bytes);
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(what, bytes);
  } catch (const std::length_error&) {
    throw OutOfMemory(what, bytes);
  }
}

}  // namespace tricycle
