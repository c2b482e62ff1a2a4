// SPDX-License-Identifier: Apache-2.0
#include "support/room.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace tricycle {
namespace {

std::string size_text(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  return size < 0x1p30 ? fmt::format("{:.1f} MiB", size / 0x1p20) : fmt::format("{:.1f} GiB", size / 0x1p30);
}

}  // namespace

OutOfMemory::OutOfMemory(const std::string& what, std::uint64_t bytes)
    : std::runtime_error(fmt::format("out of memory for {}, {}", what, size_text(bytes))) {}

std::uint64_t memory_of_computer() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

}  // namespace tricycle
