// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/trace_checks.hpp"
#include "tests/traces/sample.hpp"

/// A binary trace, as it is and with the checksums that its bytes should have.
void tricycle::fuzz::read(Input bytes) {
  Bytes mended(bytes.begin(), bytes.end());
  test::mend_crcs(mended);
  if (!std::equal(mended.begin(), mended.end(), bytes.begin())) {
    try {
      check_whole(read_trace(mended, "input.trace"));
    } catch (const InputError&) {
    }
  }
  check_whole(read_trace(bytes, "input.trace"));
}
