// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep/sweep.hpp"

#include "tests/fuzz/target.hpp"

void tricycle::fuzz::read(Input bytes) {
  static_cast<void>(sweep_points(read_sweep(document_of(bytes))));
}
