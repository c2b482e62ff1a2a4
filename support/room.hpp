// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>

namespace tricycle {

/// This computer's memory is too small for the object that the message names.
class OutOfMemory : public std::runtime_error {
 public:
  /// `out of memory for WHAT, 1.9 GiB`.
  OutOfMemory(const std::string& what, std::uint64_t bytes);
};

/// The bytes of this computer's memory.
[[nodiscard]] std::uint64_t memory_of_computer();

/// Runs `work`, which needs `bytes` bytes for `what`. Throws OutOfMemory with the name `what` where the
/// computer has less memory or the work runs out of memory. In nested calls the inner `what` is named.
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
