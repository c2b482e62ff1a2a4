// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sstream>

#include "arch/datapath/packing.hpp"
#include "arch/params/timing.hpp"
#include "arch/params/zero_flags.hpp"
#include "arch/units/array/zero_skip.hpp"
#include "tests/arch/machine/random_programs.hpp"

namespace tricycle::test {

/// The sums of a group leave in one cycle.
inline MachineSpec skipping(ZeroSkip skip, MachineSpec spec = narrow(full_machine())) {
  spec.array.zero_skip = skip;
  spec.accumulator_memory.banks = 6;
  return spec;
}

inline MachineSpec one_lane(ZeroSkip skip = ZeroSkip::element) {
  MachineSpec spec = skipping(skip);
  spec.array.lanes.shift = 1;
  return spec;
}

inline MachineSpec stationary(ZeroSkip skip = ZeroSkip::word) {
  MachineSpec spec = skipping(skip);
  spec.array.dataflow = Dataflow::weight_stationary;
  return spec;
}

/// Element `element` of row `row` of an operand whose rows are 2 * words bytes apart.
struct Put {
  Memory memory;
  std::int64_t row, element;
};

/// What is left of one matmul of the small machine's words: cycles in which it is fed, but for those of its
/// flags (Z8), and its events. The operands are `fill` everywhere, but for `puts`, where they are `value`.
struct Left {
  std::int64_t cycles = 0;
  CounterSet events;
};
struct Contents {
  std::int32_t weights, activations;
  std::vector<Put> puts;
  std::int32_t value = 1;
};

/// Writes a row of equal values, then the puts. Rows follow each other at the matmul's strides.
inline void lay(const isa::Matmul& i, const MachineSpec& spec, const Contents& operands,
                const MemoryView& memories) {
  const std::int64_t word_bits = spec.array.word_bits;
  const auto row_at = [&](Memory memory, std::int64_t row) {
    const std::int64_t stride = memory == Memory::weight ? i.weight_stride : i.line_stride;
    return memories.of(memory).subspan(static_cast<std::size_t>(row * stride));
  };
  const auto fill_rows = [&](Memory memory, Format format, std::int64_t rows, std::int32_t value) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::vector<std::int32_t> values(i.elements, value);
      encode_row(format, word_bits, row_at(memory, r), 0, values);
    }
  };
  fill_rows(Memory::weight, i.weight_format, i.cols, operands.weights);
  fill_rows(Memory::activation, i.activation_format, i.lines, operands.activations);
  for (const Put& put : operands.puts) {
    put_element(put.memory == Memory::weight ? i.weight_format : i.activation_format, word_bits,
                row_at(put.memory, put.row), put.element, operands.value);
  }
}

/// Cycles of a matmul's flags.
inline std::int64_t all_flag_cycles(const MachineSpec& spec, const isa::Matmul& i) {
  if (!skips_zeros(i, spec) || spec.array.zero_skip == ZeroSkip::gating) return 0;
  const ProductShape shape = shape_of(i);
  const Geometry g = geometry_of(spec.array, shape);
  const std::int64_t walks = spec.array.is_weight_stationary() ? 1 : ceil_div(shape.positions, g.rows);
  return ceil_div(shape.cols, g.cols) * walks * flag_cycles(spec, shape);
}

inline Left left_of(const MachineSpec& spec, const isa::Matmul& i, const Contents& operands,
                    const MachineOptions& options = {}) {
  const auto run = [&](bool lockstep) {
    MachineOptions own = options;
    own.lockstep = lockstep;
    return simulate(spec, {make(i), halt()}, own, [&](Elaboration& machine) {
      lay(i, spec, operands, machine.memories());
      const Inference inference = machine.run();
      if (inference.status != RunStatus::finished) throw std::logic_error("the program did not finish");
      std::string text = std::to_string(inference.layer_steps.at(0).end_cycle);
      for (const std::uint64_t value : inference.layer_steps.at(0).events.counts)
        text += ' ' + std::to_string(value);
      return text;
    });
  };
  const std::string text = run(false);
  CHECK(run(true) == text);
  Left left;
  std::istringstream in(text);
  std::int64_t end = 0;
  in >> end;
  // Started in 3, complete the depth of 5 after the last step.
  left.cycles = end - 2 - spec.array.depth_cycles - all_flag_cycles(spec, i);
  for (std::uint64_t& value : left.events.counts) in >> value;
  return left;
}

inline std::int64_t cycles(const MachineSpec& spec, const isa::Matmul& i, const Contents& operands) {
  return left_of(spec, i, operands).cycles;
}

inline constexpr Memory weight = Memory::weight, activation = Memory::activation;

inline const std::vector<ZeroSkip> all_skips = {ZeroSkip::none, ZeroSkip::gating, ZeroSkip::word,
                                                ZeroSkip::element};

}  // namespace tricycle::test
