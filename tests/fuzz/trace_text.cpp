// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/trace_checks.hpp"

void tricycle::fuzz::read(Input bytes) {
  check_whole(read_trace_text(text_of(bytes), "input.txt"));
}
