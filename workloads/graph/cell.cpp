// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/cell.hpp"

namespace tricycle {

const std::vector<std::string>& names_of(Cell) {
  static const std::vector<std::string> names = {"lstm", "gru", "rnn"};
  return names;
}

const std::vector<std::string>& gate_names(Cell cell) {
  static const std::vector<std::string> lstm = {"i", "f", "g", "o"}, gru = {"r", "z", "n"}, rnn = {"h"};
  return cell == Cell::lstm ? lstm : cell == Cell::gru ? gru : rnn;
}

}  // namespace tricycle
