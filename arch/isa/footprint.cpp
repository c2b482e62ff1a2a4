// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/footprint.hpp"

#include <fmt/format.h>

#include "arch/spec/timing.hpp"

namespace tricycle {

bool conflict(const Access& a, const Access& b) {
  return a.memory == b.memory && (a.write || b.write) && a.address < b.end() && b.address < a.end();
}

namespace {

std::uint64_t unsigned_bytes(Format format, std::uint64_t elements, std::int64_t word_bits) {
  return static_cast<std::uint64_t>(row_bytes(format, static_cast<std::int64_t>(elements), word_bits));
}

std::vector<Access> accesses_of(const isa::Load& i, const MachineSpec&) {
  return {{Memory::dram, false, i.dram, i.rows, i.row_bytes, i.dram_stride, "dram"},
          {i.memory, true, i.address, i.rows, i.row_bytes, i.stride, "address"}};
}

std::vector<Access> accesses_of(const isa::Store& i, const MachineSpec&) {
  return {{i.memory, false, i.address, i.rows, i.row_bytes, i.stride, "address"},
          {Memory::dram, true, i.dram, i.rows, i.row_bytes, i.dram_stride, "dram"}};
}

std::vector<Access> accesses_of(const isa::Matmul& i, const MachineSpec& spec) {
  const auto row = [&](Format format) {
    return std::uint64_t{i.words} * static_cast<std::uint64_t>(bytes_per_word(format, spec.array.word_bits));
  };
  return {{Memory::activation, false, i.activations, i.rows, row(activation_format(i.datapath)),
           i.activation_stride, "activations"},
          {Memory::weight, false, i.weights, i.cols, row(weight_format(i.datapath, spec.array.mask())),
           i.weight_stride, "weights"},
          {Memory::accumulator, true, i.sums, i.rows, std::uint64_t{i.cols} * 4, i.sum_stride, "sums"}};
}

std::vector<Access> accesses_of(const isa::Threshold& i, const MachineSpec& spec) {
  const std::uint64_t record = std::uint64_t{i.thresholds} * i.threshold_bytes + 1;
  const std::uint64_t value = i.memory == Memory::accumulator ? 4 : 1;
  return {{i.memory, false, i.address, i.rows, std::uint64_t{i.cols} * value, i.stride, "address"},
          {Memory::weight, false, i.table, 1, record * (i.per_channel != 0 ? i.cols : 1), 0, "table"},
          {Memory::activation, true, i.result, i.rows,
           unsigned_bytes(i.format, std::uint64_t{i.first} + i.cols, spec.array.word_bits), i.result_stride,
           "result"}};
}

std::vector<Access> accesses_of(const isa::Affine& i, const MachineSpec&) {
  return {
      {Memory::accumulator, false, i.address, i.rows, std::uint64_t{i.cols} * 4, i.stride, "address"},
      {Memory::weight, false, i.table, 1, std::uint64_t{8} * (i.per_channel != 0 ? i.cols : 1), 0, "table"},
      {Memory::activation, true, i.result, i.rows, std::uint64_t{i.cols} * 4, i.result_stride, "result"}};
}

std::vector<Access> accesses_of(const isa::Halt&, const MachineSpec&) {
  return {};
}

std::uint64_t size_of(Memory memory, const MachineSpec& spec) {
  switch (memory) {
    case Memory::weight: return static_cast<std::uint64_t>(spec.weight_memory.bytes());
    case Memory::activation: return static_cast<std::uint64_t>(spec.activation_memory.bytes());
    case Memory::accumulator: return static_cast<std::uint64_t>(spec.accumulator_memory.bytes());
    case Memory::dram: return static_cast<std::uint64_t>(spec.dram.bytes());
  }
  return 0;
}

std::string field_defect(const isa::Load& i, const MachineSpec&) {
  return i.memory == Memory::dram ? "'memory' is dram; a load goes to an on-chip memory" : "";
}
std::string field_defect(const isa::Store& i, const MachineSpec&) {
  return i.memory == Memory::dram ? "'memory' is dram; a store comes from an on-chip memory" : "";
}
std::string field_defect(const isa::Matmul& i, const MachineSpec& spec) {
  if (!spec.array.has(i.datapath)) {
    return fmt::format("the array has no datapath {}",
                       datapath_names()[static_cast<std::size_t>(i.datapath)]);
  }
  if (i.accumulate > 1) return fmt::format("'accumulate' is 0 or 1, not {}", i.accumulate);
  const auto lanes = static_cast<std::uint64_t>(lanes_per_word(i.datapath, spec.array.word_bits));
  const std::uint64_t most = std::uint64_t{i.words} * lanes;
  if (i.elements > most || std::uint64_t{i.elements} + lanes <= most) {
    return fmt::format("{} words hold {} to {} elements, not {}", i.words,
                       most < lanes ? 0 : most - lanes + 1, most, i.elements);
  }
  return "";
}
std::string field_defect(const isa::Threshold& i, const MachineSpec&) {
  if (i.memory != Memory::accumulator && i.memory != Memory::activation) {
    return "'memory' of a threshold is accumulator or activation";
  }
  if (!is_packed(i.format) || i.format == Format::trit2_mask)
    return "'format' of a threshold is bit1, trit2 or planes";
  if (i.per_channel > 1) return fmt::format("'per_channel' is 0 or 1, not {}", i.per_channel);
  if (i.thresholds < 1 || i.thresholds > 7)
    return fmt::format("'thresholds' is 1 to 7, not {}", i.thresholds);
  if (i.threshold_bytes != 1 && i.threshold_bytes != 2 && i.threshold_bytes != 4) {
    return fmt::format("'threshold_bytes' is 1, 2 or 4, not {}", i.threshold_bytes);
  }
  for (unsigned level = 0; level <= i.thresholds; ++level) {
    const auto code = static_cast<std::int8_t>(i.codes >> (8 * level));
    const bool fits = code >= -1 && code <= 1 && (code != 0 || i.format != Format::bit1);
    if (!fits)
      return fmt::format("{} cannot hold the code {}", format_names()[static_cast<std::size_t>(i.format)],
                         code);
  }
  return "";
}
std::string field_defect(const isa::Affine& i, const MachineSpec&) {
  return i.per_channel > 1 ? fmt::format("'per_channel' is 0 or 1, not {}", i.per_channel) : "";
}
std::string field_defect(const isa::Halt&, const MachineSpec&) {
  return "";
}

std::string access_defect(const Access& access, const MachineSpec& spec) {
  const std::string& memory = memory_names()[static_cast<std::size_t>(access.memory)];
  if (access.rows == 0 || access.row_bytes == 0) {
    return fmt::format("nothing lies at '{}': {} rows of {} bytes", access.what, access.rows,
                       access.row_bytes);
  }
  if (access.rows > 1 && access.stride < access.row_bytes) {
    return fmt::format("the rows at '{}' overlap: {} bytes each, {} apart", access.what, access.row_bytes,
                       access.stride);
  }
  const std::uint64_t size = size_of(access.memory, spec);
  const bool inside =
      access.address < size && access.row_bytes <= size - access.address &&
      (access.rows == 1 || (access.rows - 1) <= (size - access.address - access.row_bytes) / access.stride);
  if (inside) return "";
  return fmt::format("'{}' reaches outside the {} memory of {} bytes", access.what, memory, size);
}

}  // namespace

std::vector<Access> footprint(const Instruction& instruction, const MachineSpec& spec) {
  return std::visit([&](const auto& i) { return accesses_of(i, spec); }, instruction.operation);
}

std::string defect_of(const Instruction& instruction, const MachineSpec& spec) {
  std::string defect =
      std::visit([&](const auto& i) { return field_defect(i, spec); }, instruction.operation);
  if (!defect.empty()) return defect;
  const Engine engine = engine_of(instruction);
  if (engine == Engine::sequencer && !(instruction.wait.empty() && instruction.post.empty())) {
    return "the sequencer waits for and posts to nobody";
  }
  if (instruction.wait.has(engine) || instruction.post.has(engine)) {
    return "an engine cannot wait for or post to itself";
  }
  for (const Access& access : footprint(instruction, spec)) {
    defect = access_defect(access, spec);
    if (!defect.empty()) return defect;
  }
  return "";
}

}  // namespace tricycle
