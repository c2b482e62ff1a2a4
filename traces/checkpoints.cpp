// SPDX-License-Identifier: Apache-2.0
#include "traces/checkpoints.hpp"

namespace tricycle {
namespace {

/// The address that an instruction writes results to, and the element of a row that they start at.
struct Destination {
  std::uint64_t address = 0, first = 0;
};

Destination destination_of(const Instruction& instruction) {
  return std::visit(
      [](const auto& i) -> Destination {
        if constexpr (requires { i.sums; }) return {i.sums, 0};
        if constexpr (requires { i.result; }) return {i.result, i.first};
        if constexpr (requires { i.address; }) return {i.address, 0};
        return {};
      },
      instruction.operation);
}

void add(Region& region, const Destination& to, const Destination& from) {
  region.address += to.address - from.address;
  region.first += static_cast<std::int64_t>(to.first - from.first);
}

std::int64_t sum_of(const std::vector<std::int64_t>& strides, const Iterations& iterations) {
  std::int64_t sum = 0;
  for (std::size_t d = 0; d < strides.size(); ++d) sum += strides[d] * iterations[d];
  return sum;
}

}  // namespace

Checkpoint moved_checkpoint(const Checkpoint& checkpoint, const Instruction& instruction,
                            const Instruction& issued, const Iterations& iterations) {
  Checkpoint result = checkpoint;
  add(result.region, destination_of(issued), destination_of(instruction));
  result.row += sum_of(checkpoint.row_strides, iterations);
  result.col += sum_of(checkpoint.col_strides, iterations);
  return result;
}

Region region_at_zero(const Checkpoint& checkpoint, const Instruction& instruction) {
  Region region = checkpoint.region;
  add(region, {}, destination_of(instruction));
  return region;
}

Checkpoints::Checkpoints(const Trace& trace) : trace_(trace), first_(trace.code.size() + 1, 0) {
  for (const Checkpoint& checkpoint : trace.checkpoints) ++first_[checkpoint.instruction + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
}

}  // namespace tricycle
