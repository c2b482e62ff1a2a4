// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/cli.hpp"
#include "support/ending.hpp"

int main(int argc, char** argv) {
  tricycle::prepare_process();
  return tricycle::command_line(argc, argv);
}
