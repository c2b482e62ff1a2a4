// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/lower_and_run.hpp"

#include "tests/catch.hpp"
#include "traces/check.hpp"
#include "traces/untimed.hpp"
#include "workloads/golden/golden.hpp"
#include "workloads/lower/image.hpp"

namespace tricycle::test {

std::uint64_t planned_traffic(const QuantizedNetwork& network, const MachineSpec& spec) {
  Plan plan = choose_formats(network, spec, {});
  place_tensors(network, spec, plan);
  std::uint64_t bytes = 0;
  for (const LayerPlan& layer : plan.layers) bytes += static_cast<std::uint64_t>(layer.tiling.dram_bytes);
  return bytes;
}

std::uint64_t dram_traffic(const std::vector<Instruction>& code) {
  std::uint64_t bytes = 0;
  for (const Instruction& instruction : code) {
    if (const auto* load = std::get_if<isa::Load>(&instruction.operation)) {
      bytes += std::uint64_t{load->rows} * load->row_bytes;
    } else if (const auto* store = std::get_if<isa::Store>(&instruction.operation)) {
      bytes += std::uint64_t{store->rows} * store->row_bytes;
    }
  }
  return bytes;
}

/// Lowers, checks and runs a network; every checkpoint and the output must hold the golden values.
Trace lower_and_run(const QuantizedNetwork& network, const MachineSpec& spec,
                    const std::vector<std::int32_t>& input, const LowerOptions& options) {
  Trace trace = lower(network, spec, options);
  trace.items = {"random", "", 1, pack_tensor(trace.input, spec, input)};
  check_ranges(trace, spec, "t");
  check_order(trace, spec, "t");
  const auto golden = run_golden(network, input, {floating_lanes(spec)});
  Memories memories(spec, trace.dram_bytes);
  for (const auto& segment : trace.image) {
    std::copy(segment.bytes.begin(), segment.bytes.end(),
              memories.dram.begin() + static_cast<std::ptrdiff_t>(segment.address));
  }
  std::copy(trace.items.bytes.begin(), trace.items.bytes.end(),
            memories.dram.begin() + static_cast<std::ptrdiff_t>(trace.input.address));
  std::vector<std::size_t> seen(network.layers.size(), 0);
  const auto result = execute_untimed(trace.code, spec, memories, [&](std::size_t index) {
    for (const auto& checkpoint : trace.checkpoints) {
      if (checkpoint.instruction != index) continue;
      const auto tensor = static_cast<std::size_t>(network.layers[checkpoint.layer].output);
      const auto cols = static_cast<std::size_t>(network.tensors[tensor].channels);
      const std::vector<std::int32_t> found = read_region(checkpoint.region, spec, memories);
      seen[checkpoint.layer] += found.size();
      const auto width = static_cast<std::size_t>(checkpoint.region.cols);
      for (std::size_t i = 0; i < found.size(); ++i) {
        const std::size_t row = static_cast<std::size_t>(checkpoint.row) + i / width;
        const std::size_t col = static_cast<std::size_t>(checkpoint.col) + i % width;
        if (found[i] != golden[tensor].at(row * cols + col))
          FAIL("layer " << checkpoint.layer << ", instruction " << index << ", value " << i << ": "
                        << found[i] << " instead of " << golden[tensor].at(row * cols + col) << ": "
                        << disassemble(trace.code[index]));
      }
    }
  });
  REQUIRE(result.finished);
  REQUIRE(result.overflows == 0);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto& output = network.tensors[static_cast<std::size_t>(network.layers[i].output)];
    REQUIRE(seen[i] ==
            static_cast<std::size_t>(output.rows() * output.channels));  // every value has its checkpoint
  }
  const Region output = {
      Memory::dram,
      trace.output.format,
      trace.output.address,
      static_cast<std::uint64_t>(row_bytes(trace.output.format, trace.output.cols, spec.array.word_bits)),
      0,
      trace.output.rows,
      trace.output.cols};
  REQUIRE(read_region(output, spec, memories) == golden.back());
  return trace;
}

bool says_why(const std::string& message) {
  for (const char* reason : {"no tile fits: ", "instruction_memory.size_KiB would have to be "}) {
    if (message.find(reason) != std::string::npos) return true;
  }
  return false;
}

}  // namespace tricycle::test
