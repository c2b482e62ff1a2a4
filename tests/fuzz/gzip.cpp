// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.hpp"

/// A packed file, unpacked as far as it is allowed to.
void tricycle::fuzz::read(Input bytes) {
  constexpr std::uint64_t most_bytes = 1U << 20U;
  require(read_bytes(file_of(bytes, ".gz"), most_bytes).size() <= most_bytes,
          "a file unpacks to more than it may");
}
