// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/formats.hpp"
#include "sim/experiment/run.hpp"
#include "tests/fuzz/target.hpp"

/// An experiment, without what it names.
void tricycle::fuzz::read(Input bytes) {
  static_cast<void>(formats_of(read_experiment(document_of(bytes)).settings));
}
