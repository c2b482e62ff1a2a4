// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/lower_and_run.hpp"

#include "arch/datapath/floats.hpp"
#include "tests/catch.hpp"
#include "traces/checkpoints.hpp"
#include "traces/tools/check.hpp"
#include "traces/tools/untimed.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/lower/image.hpp"
#include "workloads/lower/program.hpp"
#include "workloads/lower/sync.hpp"

namespace tricycle::test {

std::uint64_t planned_traffic(const QuantizedNetwork& network, const MachineSpec& spec,
                              const LowerOptions& options) {
  Plan plan = choose_formats(network, spec, options);
  place_tensors(network, spec, plan);
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const LayerPlan& layer = plan.layers[i];
    bytes += network.steps_of(i) * layer.tiling.dram_bytes;
    if (layer.problem.pinned && !layer.problem.loads_stay) bytes += layer.problem.parameter_bytes();
  }
  return static_cast<std::uint64_t>(bytes);
}

std::uint64_t dram_traffic(const std::vector<Instruction>& code) {
  std::uint64_t bytes = 0;
  for (const Instruction& instruction : unrolled(code)) {
    if (const auto* load = std::get_if<isa::Load>(&instruction.operation)) {
      bytes += std::uint64_t{load->rows} * load->row_bytes;
    } else if (const auto* store = std::get_if<isa::Store>(&instruction.operation)) {
      bytes += std::uint64_t{store->rows} * store->row_bytes;
    } else if (const auto* gather = std::get_if<isa::Gather>(&instruction.operation)) {
      bytes += std::uint64_t{gather->rows} * gather->row_bytes;
    } else if (const auto* unpack = std::get_if<isa::Unpack>(&instruction.operation)) {
      bytes += std::uint64_t{unpack->rows} * unpack->row_bytes;
    }
  }
  return bytes;
}

namespace {

using Values = std::vector<std::int32_t>;

/// Holds what a program leaves in memory against the golden values.
class Runner {
 public:
  Runner(const QuantizedNetwork& network, const MachineSpec& spec, const Trace& trace)
      : network_(network),
        spec_(spec),
        trace_(trace),
        memories_(spec, trace.dram_bytes),
        checkpoints_(trace) {
    for (const auto& segment : trace.image) {
      std::copy(segment.bytes.begin(), segment.bytes.end(),
                memories_.dram.begin() + static_cast<std::ptrdiff_t>(segment.address));
    }
  }

  void run(const Values& item) {
    const std::vector<std::uint8_t> bytes = pack_tensor(trace_.input, spec_, item);
    std::copy(bytes.begin(), bytes.end(),
              memories_.dram.begin() + static_cast<std::ptrdiff_t>(trace_.input.address));
    const std::vector<Values> before = std::move(golden_);
    GoldenOptions options = {floating_lanes(spec_)};
    if (!before.empty()) options.before = &before;
    golden_ = run_golden(network_, item, options);
    seen_.assign(network_.layers.size(), 0);
    const auto result = execute_untimed(trace_.code, spec_, memories_, [&](const Issued& issued) {
      checkpoints_.for_each(issued, [&](std::size_t, const Checkpoint& checkpoint) { check(checkpoint); });
    });
    REQUIRE(result.finished);
    REQUIRE(result.overflows == 0);
    for (std::size_t i = 0; i < seen_.size(); ++i) REQUIRE(seen_[i] == values_of(i));
    REQUIRE(trace_.outputs.size() == std::max<std::size_t>(1, network_.outputs.size()));
    for (std::size_t i = 0; i < trace_.outputs.size(); ++i) {
      const int tensor = network_.outputs.empty() ? network_.output_index() : network_.outputs[i].tensor;
      check_end(trace_.outputs[i], golden_.at(static_cast<std::size_t>(tensor)));
    }
    std::size_t states = 0;
    for (const QuantizedLayer& layer : network_.layers) {
      if (layer.kind != LayerKind::save) continue;
      const QuantizedTensor& state = network_.tensor(layer.output);
      const Values& all = golden_.at(static_cast<std::size_t>(layer.output));
      check_end(trace_.states.at(states++), {all.end() - state.rows() * state.channels, all.end()});
    }
    REQUIRE(trace_.states.size() == states);
  }

 private:
  /// What DRAM holds of a bound tensor behind an item.
  void check_end(const Binding& binding, const Values& expected) {
    const auto row =
        static_cast<std::uint64_t>(row_bytes(binding.format, binding.cols, spec_.array.word_bits));
    const Region region = {Memory::dram, binding.format, binding.address, row, 0, binding.rows, binding.cols};
    const Values found = read_region(region, spec_, memories_);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
      REQUIRE(same_value(is_float(binding.format), found[i], expected[i]));
  }

  void check(const Checkpoint& checkpoint) {
    const auto tensor = static_cast<std::size_t>(network_.layers[checkpoint.layer].output);
    const auto cols = static_cast<std::size_t>(network_.tensors[tensor].channels);
    const Values found = read_region(checkpoint.region, spec_, memories_);
    seen_[checkpoint.layer] += found.size();
    const auto width = static_cast<std::size_t>(checkpoint.region.cols);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::size_t row = static_cast<std::size_t>(checkpoint.row) + i / width;
      const std::size_t col = static_cast<std::size_t>(checkpoint.col) + i % width;
      const std::int32_t expected = golden_[tensor].at(row * cols + col);
      if (!same_value(is_float(checkpoint.region.format), found[i], expected)) {
        FAIL("layer " << checkpoint.layer << ", instruction " << checkpoint.instruction << ", value " << i
                      << ": " << found[i] << " instead of " << expected << ": "
                      << disassemble(trace_.code[checkpoint.instruction]));
      }
    }
  }

  /// What a layer makes for one item, all steps: every value has its checkpoint. States that come in or go
  /// out have none.
  std::size_t values_of(std::size_t i) const {
    const QuantizedLayer& layer = network_.layers[i];
    if (layer.kind == LayerKind::initial || layer.kind == LayerKind::save) return 0;
    const QuantizedTensor& output = network_.tensor(layer.output);
    const std::int64_t runs = output.role == Role::sequence ? 1 : network_.steps_of(i);
    return static_cast<std::size_t>(runs * output.rows() * output.channels);
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  const Trace& trace_;
  Memories memories_;
  Checkpoints checkpoints_;
  std::vector<Values> golden_;     ///< of the last item
  std::vector<std::size_t> seen_;  ///< of each layer, values checked
};

std::vector<Instruction> written_out(const QuantizedNetwork& network, const MachineSpec& spec,
                                     const LowerOptions& options) {
  Plan plan = choose_formats(network, spec, options);
  place_tensors(network, spec, plan);
  Program program = map_memory(network, spec, plan, options.tool);
  emit_code(network, spec, plan, program);
  add_semaphores(program, spec);
  return program.trace.code;
}

}  // namespace

Trace lower_and_run_items(const QuantizedNetwork& network, const MachineSpec& spec,
                          const std::vector<std::vector<std::int32_t>>& items, const LowerOptions& options) {
  Trace trace = lower(network, spec, options);
  // What the loops issue is what was written before they were found.
  REQUIRE(unrolled(trace.code) == written_out(network, spec, options));
  trace.items = {"random", "", items.size(), {}};
  for (const Values& item : items) {
    const std::vector<std::uint8_t> bytes = pack_tensor(trace.input, spec, item);
    trace.items.bytes.insert(trace.items.bytes.end(), bytes.begin(), bytes.end());
  }
  check_ranges(trace, spec, "t");
  check_order(trace, spec, "t");
  Runner runner(network, spec, trace);
  for (const Values& item : items) runner.run(item);
  return trace;
}

Trace lower_and_run(const QuantizedNetwork& network, const MachineSpec& spec,
                    const std::vector<std::int32_t>& input, const LowerOptions& options) {
  return lower_and_run_items(network, spec, {input}, options);
}

bool says_why(const std::string& message) {
  for (const char* reason : {"no tile fits: ", "a time step keeps "}) {
    if (message.find(reason) != std::string::npos) return true;
  }
  return false;
}

}  // namespace tricycle::test
