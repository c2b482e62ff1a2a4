// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"
#include "tests/fuzz/target.hpp"

/// A .npy file, and the same from what is written of it.
void tricycle::fuzz::read(Input bytes) {
  const Tensor tensor = parse_npy(bytes, "input.npy");
  require(static_cast<std::int64_t>(tensor.floats().size()) == tensor.size(), "a tensor is not whole");
  const std::string written = write_npy(tensor);
  const Bytes again(written.begin(), written.end());
  require(write_npy(parse_npy(again, "written.npy")) == written,
          "an array changes when it is written and read");
}
