// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/sram_table.hpp"

#include "tests/fuzz/target.hpp"

void tricycle::fuzz::read(Input bytes) {
  const SramTable table(file_of(bytes, ".csv"));
  if (!table.reaches(64, 128, 1000)) return;
  for (const SramTransistors& transistors : table.transistors())
    static_cast<void>(table.at(transistors, Ports::rw_rw, 64, 128));
}
