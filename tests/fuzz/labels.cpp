// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/items.hpp"
#include "tests/fuzz/target.hpp"

/// Labels of three items, in a file that may be packed.
void tricycle::fuzz::read(Input bytes) {
  static_cast<void>(read_labels(file_of(bytes, ".pb.gz"), 3));
}
