// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include "arch/isa/defects.hpp"
#include "arch/isa/footprint.hpp"
#include "arch/machine/elaboration.hpp"
#include "support/files.hpp"
#include "support/random.hpp"
#include "tests/arch/machines.hpp"
#include "tests/catch.hpp"

namespace tricycle::test {

using Program = std::vector<Instruction>;

inline EngineSet set_of(std::initializer_list<Engine> engines) {
  EngineSet set;
  for (const Engine engine : engines) set.add(engine);
  return set;
}

template <class Operation>
Instruction make(const Operation& operation, EngineSet wait = {}, EngineSet post = {}) {
  Instruction instruction;
  instruction.operation = operation;
  instruction.wait = wait;
  instruction.post = post;
  return instruction;
}

/// Rows side by side on chip and in DRAM.
inline isa::Load load_of(std::uint32_t rows, std::uint32_t row_bytes, Memory memory = Memory::weight,
                         std::uint32_t address = 0) {
  return {memory, address, row_bytes, address, row_bytes, rows, row_bytes};
}
inline isa::Store store_of(std::uint32_t rows, std::uint32_t row_bytes, std::uint32_t address = 0) {
  return {Memory::activation, address, row_bytes, 32768 + address, row_bytes, rows, row_bytes};
}
/// Operands of a datapath whose elements are as small as they come: what the helpers below take.
inline Format smallest_operand(Datapath datapath) {
  switch (datapath) {
    case Datapath::binary: return Format::bit1;
    case Datapath::ternary_fatnn: return Format::trit2;
    case Datapath::ternary_planes: return Format::planes;
    case Datapath::bitserial: return Format::s1;
    case Datapath::shift: return Format::pow2;
    case Datapath::mac: break;
  }
  return Format::int8;
}
/// A window of one tap for each position of an image of lines x columns.
template <class I>
void one_tap(I& i, std::uint32_t lines, std::uint32_t columns = 1) {
  i.lines = i.in_lines = lines;
  i.columns = i.in_columns = columns;
  i.kernel_h = i.kernel_w = i.stride_y = i.stride_x = 1;
}
/// rows x cols sums over `words` words of the small machine: 16 bits of each operand.
inline isa::Matmul matmul_of(std::uint32_t rows, std::uint32_t cols, std::uint32_t words,
                             Datapath datapath = Datapath::ternary_planes) {
  isa::Matmul i;
  i.datapath = datapath;
  i.activation_format = i.weight_format = smallest_operand(datapath);
  one_tap(i, rows);
  i.dilation_y = i.dilation_x = 1;
  i.line_stride = i.weight_stride = 2 * words;
  i.sum_stride = 4 * cols;
  i.cols = cols;
  i.elements = static_cast<std::uint32_t>(words * 16 / bits_per_element(i.weight_format));
  return i;
}
/// Outputs of lines x columns with `cols` channels of a kernel of size x size over an image of `elements`
/// channels on the small machine, padded to keep its size.
inline isa::Matmul convolution_of(std::uint32_t lines, std::uint32_t columns, std::uint32_t cols,
                                  std::uint16_t size, std::uint32_t elements,
                                  Datapath datapath = Datapath::ternary_planes) {
  isa::Matmul i = matmul_of(lines, cols, 1, datapath);
  one_tap(i, lines, columns);
  i.kernel_h = i.kernel_w = size;
  i.pad_top = i.pad_left = size / 2;
  i.elements = elements;
  i.position_stride = static_cast<std::uint32_t>(row_bytes(i.activation_format, elements, 16));
  i.line_stride = columns * i.position_stride;
  i.weight_stride = static_cast<std::uint32_t>(size * size * row_bytes(i.weight_format, elements, 16));
  return i;
}
/// What the vector instructions below have in common: they read sums and write behind the first 512 bytes.
template <class I>
I vector_of(std::uint32_t rows, std::uint32_t cols, Format format) {
  I i;
  i.memory = Memory::accumulator;
  i.source_format = Format::int32;
  one_tap(i, rows);
  i.line_stride = 4 * cols;
  i.cols = cols;
  i.format = format;
  i.result = 512;
  i.result_line_stride = static_cast<std::uint32_t>(row_bytes(format, cols, 16));
  if constexpr (requires { i.table; }) i.table = 2048;
  return i;
}
/// Sums to trits, each compared with `thresholds` thresholds of a byte.
inline isa::Threshold threshold_of(std::uint32_t rows, std::uint32_t cols, std::uint8_t thresholds = 2) {
  auto i = vector_of<isa::Threshold>(rows, cols, Format::planes);
  i.thresholds = thresholds;
  i.threshold_bytes = 1;
  return i;
}
inline isa::Affine affine_of(std::uint32_t rows, std::uint32_t cols) {
  return vector_of<isa::Affine>(rows, cols, Format::float32);
}
inline isa::Scale scale_of(std::uint32_t rows, std::uint32_t cols) {
  return vector_of<isa::Scale>(rows, cols, Format::int8);
}
inline isa::Copy copy_of(std::uint32_t rows, std::uint32_t cols) {
  return vector_of<isa::Copy>(rows, cols, Format::int8);
}
/// A matmul whose sums go to the output stage, and an instruction that takes them there.
inline isa::Matmul staged(isa::Matmul i) {
  i.staged = 1;
  return i;
}
template <class I>
I on_sums(I i) {
  i.memory = Memory::array;
  i.position_stride = static_cast<std::uint32_t>(4 * source_values(i)) * i.cols;
  i.line_stride = i.in_columns * i.position_stride;
  return i;
}
/// A matmul whose weights stream.
inline isa::Matmul streamed(isa::Matmul i) {
  i.streamed = 1;
  i.weights = i.weight_stride = 0;
  return i;
}
inline Instruction halt() {
  return make(isa::Halt{});
}

inline constexpr std::uint64_t dram_bytes = 65536;

/// Random bytes in DRAM and the on-chip memories, but for accumulators, which start at 0.
inline void fill(const MemoryView& memories, std::uint64_t seed) {
  Random random(seed);
  for (const auto memory : {memories.dram, memories.weight, memories.activation}) {
    for (auto& byte : memory) byte = static_cast<std::uint8_t>(random.next());
  }
}

inline std::uint32_t crc_of(const MemoryView& memories) {
  std::vector<std::uint8_t> all;
  for (const auto memory : {memories.dram, memories.weight, memories.activation, memories.accumulator}) {
    all.insert(all.end(), memory.begin(), memory.end());
  }
  return crc32(all);
}

/// Whether what each engine did for its layers and time steps adds up to what it did.
inline bool busy_adds_up(const Inference& inference) {
  for (std::size_t e = 0; e < engine_count; ++e) {
    std::uint64_t sum = 0;
    for (const LayerStep& entry : inference.layer_steps) sum += entry.busy_cycles[e];
    for (const UnitTimes& unit : inference.units) {
      if (unit.name == names_of(Engine{})[e] && unit.busy != sum) return false;
    }
  }
  return true;
}

/// Whether the reasons of all layers and time steps add up to the run's cycles.
inline bool reasons_add_up(const Inference& inference) {
  std::uint64_t cycles = 0;
  for (const LayerStep& entry : inference.layer_steps) cycles += entry.cycles();
  return cycles == inference.cycles;
}

/// Everything an inference measured, as text.
inline std::string text_of(const Inference& inference) {
  static const char* const states[] = {"finished", "deadlock", "cycle limit"};
  std::string text =
      std::string(states[static_cast<int>(inference.status)]) + ' ' + std::to_string(inference.cycles);
  for (const UnitTimes& unit : inference.units) {
    text += '\n' + unit.name + ' ' + std::to_string(unit.busy) + ' ' + std::to_string(unit.stall) + ' ' +
            std::to_string(unit.idle);
    if (unit.busy + unit.stall + unit.idle != inference.cycles) text += " do not add up to the cycles";
  }
  for (std::size_t m = 0; m < sram_count; ++m) {
    const MemoryUse& use = inference.memories[m];
    text += "\nports of " + names_of(Memory{})[m] + ' ' + std::to_string(use.port_cycles) + ", in vain";
    for (const std::uint64_t cycles : use.conflicts) text += ' ' + std::to_string(cycles);
  }
  for (const LayerStep& entry : inference.layer_steps) {
    text += "\nlayer " + std::to_string(entry.layer) + " in step " + std::to_string(entry.step) +
            " to cycle " + std::to_string(entry.end_cycle) + ", busy";
    for (const std::uint64_t cycles : entry.busy_cycles) text += ' ' + std::to_string(cycles);
    text += ", spent";
    for (const std::uint64_t cycles : entry.by_reason) text += ' ' + std::to_string(cycles);
    text += ':';
    for (const std::uint64_t count : entry.events.counts) text += ' ' + std::to_string(count);
  }
  const DramDone& dram = inference.dram;
  for (const DramStatistics& channel : dram.channels) {
    text += "\nDRAM in " + std::to_string(channel.cycles) + " cycles " + std::to_string(channel.reads) + ' ' +
            std::to_string(channel.writes) + ' ' + std::to_string(channel.activates) + ' ' +
            std::to_string(channel.precharges) + ' ' + std::to_string(channel.refreshes) + ' ' +
            std::to_string(channel.read_latency_sum) + ' ' + std::to_string(channel.active_cycles);
  }
  if (!dram.violations.empty()) text += "\nDRAM commands do not add up: " + violations_text(dram.violations);
  if (!reasons_add_up(inference)) text += "\nthe reasons of cycles do not add up to the run's cycles";
  if (!busy_adds_up(inference)) text += "\nlayers and steps do not add up to the engines' busy cycles";
  return text;
}

/// Simulates a program and returns what `tell` says of it.
template <class Tell>
auto simulate(const MachineSpec& spec, const Program& program, const MachineOptions& options, Tell&& tell) {
  std::size_t layers = 1;
  for (const Instruction& instruction : program) {
    const std::string defect = defect_of(instruction, spec);
    if (!defect.empty()) FAIL(disassemble(instruction) << ": " << defect);
    layers = std::max<std::size_t>(layers, instruction.layer + 1);
  }
  Elaboration machine(spec, program, layers, dram_bytes, options);
  fill(machine.memories(), 1);
  return tell(machine);
}

inline std::string run_text(const MachineSpec& spec, const Program& program,
                            const MachineOptions& options = {}) {
  return simulate(spec, program, options, [](Elaboration& machine) { return text_of(machine.run()); });
}

/// The cycles of a program that must finish, equal in both modes.
inline std::uint64_t cycles_of(const MachineSpec& spec, const Program& program) {
  const std::string text = run_text(spec, program);
  CHECK(run_text(spec, program, {.lockstep = true}) == text);
  const std::string finished = "finished ";
  if (!text.starts_with(finished)) FAIL(text);
  return std::stoull(text.substr(finished.size()));
}

/// The cycle in which each instruction completed (its layer's end: each has a layer of its own).
inline std::vector<std::uint64_t> completions(const MachineSpec& spec, Program program) {
  for (std::size_t i = 0; i < program.size(); ++i) program[i].layer = static_cast<std::uint32_t>(i);
  CHECK(run_text(spec, program, {.lockstep = true}) == run_text(spec, program));
  const std::string text = simulate(spec, program, {}, [](Elaboration& machine) {
    std::string ends;
    const Inference inference = machine.run();
    if (inference.status != RunStatus::finished) throw std::logic_error("the program did not finish");
    for (const LayerStep& layer : inference.by_layer()) ends += std::to_string(layer.end_cycle) + ' ';
    return ends;
  });
  std::vector<std::uint64_t> ends;
  for (std::size_t at = 0; at < text.size(); at = text.find(' ', at) + 1)
    ends.push_back(std::stoull(text.substr(at)));
  ends.pop_back();  // the halt's
  return ends;
}

}  // namespace tricycle::test
