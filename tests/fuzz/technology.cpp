// SPDX-License-Identifier: Apache-2.0
#include "arch/params/machine.hpp"
#include "sim/cost/tech.hpp"
#include "tests/fuzz/target.hpp"

/// A technology, whose tables may be those of configs/tech.
void tricycle::fuzz::read(Input bytes) {
  static const MachineSpec machine = read_machine(std::string("edge"));
  std::string text = text_of(bytes);
  for (const char* table : {"cacti_45nm.csv", "cacti_22nm.csv", "stillmaker.csv"}) {
    if (const std::size_t at = text.find(table); at != std::string::npos)
      text.insert(at, share_folder() + "/configs/tech/");
  }
  const Bytes placed(text.begin(), text.end());
  static_cast<void>(read_prices(file_of(placed, ".yaml"), machine));
}
