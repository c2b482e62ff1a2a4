// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/logic_table.hpp"

#include "tests/fuzz/target.hpp"

void tricycle::fuzz::read(Input bytes) {
  const LogicTable table(file_of(bytes, ".csv"));
  for (const double node_nm : {45.0, 28.0, 7.0}) {
    if (!table.reaches(node_nm)) continue;
    static_cast<void>(table.energy(node_nm, 0.9));
    static_cast<void>(table.delay(node_nm, 0.9));
    static_cast<void>(table.area(node_nm));
    static_cast<void>(table.rows(node_nm));
  }
}
