// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/files_read.hpp"

#include "tests/fuzz/target.hpp"

/// What a point of a sweep says that it read.
void tricycle::fuzz::read(Input bytes) {
  static InputCheck check("/proc/self/exe");
  const std::string path = file_of(bytes, ".inputs");
  static_cast<void>(check.inputs_of(path));
  static_cast<void>(check.changes_since(path));
}
