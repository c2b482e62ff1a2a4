// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "traces/trace.hpp"

namespace tricycle {

/// The DRAM traffic of one tensor.
struct TensorTraffic {
  std::uint64_t read_bytes = 0, write_bytes = 0;
  [[nodiscard]] std::uint64_t total() const { return read_bytes + write_bytes; }
};

/// For each tensor of a trace, the bytes that the code moves from and to its place in DRAM. A lowered program
/// moves nothing else, so they add up to the run's DRAM bytes.
[[nodiscard]] std::vector<TensorTraffic> tensor_traffic(const Trace& trace);

/// tensors.csv, or "" where the trace has no table of tensors.
[[nodiscard]] std::string tensors_csv(const Trace& trace, const std::vector<TensorTraffic>& traffic);

/// For the console: the number of tensors that stay on chip, and the largest activations that do not, with
/// the reason.
[[nodiscard]] std::string residency_summary(const Trace& trace);

}  // namespace tricycle
