// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/text.hpp"

#include "tests/fuzz/target.hpp"

/// A text, plain or packed, as the items of a model of three tokens, two steps and two streams.
void tricycle::fuzz::read(Input bytes) {
  Trace trace;
  trace.vocabulary = {"a", "b", "\n"};
  trace.input.format = Format::int32;
  trace.input.shape = "[2, 2]";
  trace.input.rows = 4;
  trace.input.cols = 1;
  const CutText cut = read_text_items(file_of(bytes, ".txt.gz"), {0.25, 1}, trace, 100);
  require(cut.inputs.size() == cut.items * 4 && cut.targets.size() == cut.inputs.size(),
          "items are not whole");
}
