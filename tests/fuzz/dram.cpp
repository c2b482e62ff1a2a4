// SPDX-License-Identifier: Apache-2.0
#include "arch/params/dram.hpp"

#include "arch/params/dram_prices.hpp"
#include "tests/fuzz/target.hpp"

/// A DRAM, its prices, and the same from what is written of it.
void tricycle::fuzz::read(Input bytes) {
  const DramDevice device = read_dram(document_of(bytes));
  static_cast<void>(dram_prices(device));
  const std::string written = write_fields(device);
  require(write_fields(read_dram(parse_document(written, "written.yaml"))) == written,
          "a DRAM changes when it is written and read");
}
