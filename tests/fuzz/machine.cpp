// SPDX-License-Identifier: Apache-2.0
#include "arch/params/machine.hpp"

#include "tests/fuzz/target.hpp"

/// A machine, and the same from what is written of it.
void tricycle::fuzz::read(Input bytes) {
  const std::string written = write_fields(read_machine(document_of(bytes)));
  require(write_fields(read_machine(parse_document(written, "written.yaml"))) == written,
          "a machine changes when it is written and read");
}
