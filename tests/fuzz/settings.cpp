// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "arch/params/machine.hpp"
#include "sim/experiment/formats.hpp"
#include "sim/experiment/workload.hpp"
#include "tests/fuzz/target.hpp"

/// Lines of KEY=VALUE, each what `--set` takes, on the machine `edge`.
void tricycle::fuzz::read(Input bytes) {
  static const Document edge =
      read_document(find_preset("configs/arch", "edge", tricycle::Place::of_file("--arch")));
  std::istringstream lines(text_of(bytes));
  std::vector<Setting> settings;
  for (std::string line; std::getline(lines, line);) settings.push_back(parse_setting(line));
  Document document = edge;
  apply_settings(document, settings, "arch");
  MachineSpec machine = read_machine(document);
  add_decoders(formats_of(settings), machine);
}
