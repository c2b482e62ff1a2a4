// SPDX-License-Identifier: Apache-2.0
#include "sim/cli.hpp"

int main(int argc, char** argv) {
  return tricycle::command_line(argc, argv);
}
