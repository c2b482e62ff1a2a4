// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"
#include "tests/fuzz/target.hpp"

void tricycle::fuzz::read(Input bytes) {
  const Tensor tensor = parse_idx(bytes, "input.idx");
  require(static_cast<std::int64_t>(tensor.floats().size()) == tensor.size(), "a tensor is not whole");
}
