// SPDX-License-Identifier: Apache-2.0
#include "arch/spec/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/files.hpp"

namespace tricycle {

const std::vector<std::string>& datapath_names() {
  static const std::vector<std::string> names = {"binary", "ternary_fatnn", "ternary_planes"};
  return names;
}

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> names = {"bit1",  "trit2", "trit2_mask", "planes",
                                                 "uint8", "int32", "float32"};
  return names;
}

bool ArraySpec::has(Datapath datapath) const {
  return std::find(datapaths.begin(), datapaths.end(), static_cast<int>(datapath)) != datapaths.end();
}

namespace {

constexpr Presence required = Presence::required;
constexpr Presence optional = Presence::optional;

void describe(Fields& fields, ArraySpec& array) {
  static const std::vector<std::string> masks = {"on_the_fly", "precomputed"};
  fields.integer("rows", array.rows, 1, 4096, required);
  fields.integer("cols", array.cols, 1, 4096, required);
  fields.integer("word_bits", array.word_bits, 16, 4096, required);
  fields.integer("accumulator_bits", array.accumulator_bits, 4, 32, optional);
  fields.integer("depth_cycles", array.depth_cycles, 3, 1000, optional);
  fields.choices("datapaths", array.datapaths, datapath_names(), optional);
  fields.choice("fatnn_mask", array.fatnn_mask, masks, optional);
  if (array.word_bits % 16 != 0) {
    throw InputError(fields.place_of("word_bits"),
                     fmt::format("'word_bits' must be a multiple of 16, and {} is not; the next is {}",
                                 array.word_bits, (array.word_bits / 16 + 1) * 16));
  }
}

void describe(Fields& fields, MemorySpec& memory) {
  fields.integer("size_KiB", memory.size_KiB, 1, 1 << 18, required);
  fields.integer("banks", memory.banks, 0, 4096, optional);
  fields.integer("width_bits", memory.width_bits, 0, 8192, optional);
}

void describe(Fields& fields, VectorSpec& vector) {
  fields.integer("lanes", vector.lanes, 1, 4096, optional);
  fields.integer("latency_cycles", vector.latency_cycles, 1, 1000, optional);
}

void describe(Fields& fields, DmaSpec& dma) {
  fields.integer("setup_cycles", dma.setup_cycles, 1, 10000, optional);
  fields.integer("burst_bytes", dma.burst_bytes, 1, 4096, optional);
  fields.integer("outstanding", dma.outstanding, 1, 4096, optional);
}

void describe(Fields& fields, SequencerSpec& sequencer) {
  fields.integer("fetch_cycles", sequencer.fetch_cycles, 1, 1000, optional);
  fields.integer("queue_depth", sequencer.queue_depth, 1, 1024, optional);
}

void describe(Fields& fields, DramSpec& dram) {
  static const std::vector<std::string> kinds = {"ideal"};
  int kind = 0;
  fields.choice("kind", kind, kinds, optional);
  fields.integer("bytes_per_cycle", dram.bytes_per_cycle, 1, 1 << 20, optional);
  fields.integer("latency_cycles", dram.latency_cycles, 1, 1'000'000, optional);
  fields.integer("size_MiB", dram.size_MiB, 1, 1 << 20, optional);
}

void describe_memory(Fields& fields, const char* key, MemorySpec& memory) {
  fields.section(
      key, [&](Fields& inside) { describe(inside, memory); }, required);
}

/// One place for the width the array asks of each memory.
void resolve(MachineSpec& spec) {
  const ArraySpec& array = spec.array;
  const auto fill = [](MemorySpec& memory, std::int64_t banks, std::int64_t width_bits) {
    if (memory.banks == 0) memory.banks = banks;
    if (memory.width_bits == 0) memory.width_bits = width_bits;
  };
  const bool masks = array.has(Datapath::ternary_fatnn) && array.mask() == FatnnMask::precomputed;
  fill(spec.weight_memory, array.cols, masks ? array.word_bits + array.word_bits / 2 : array.word_bits);
  fill(spec.activation_memory, array.rows, array.word_bits);
  fill(spec.accumulator_memory, array.cols, 32);
  fill(spec.instruction_memory, 1, 64);
}

void check_memory(const Document& document, const char* key, const MemorySpec& memory) {
  const std::int64_t word_bytes_x8 = memory.banks * memory.width_bits;
  const std::int64_t bits = memory.bytes() * 8;
  if (bits % word_bytes_x8 == 0) return;
  const Document* section = document.find(key);
  const Document* size = section->find("size_KiB");
  const std::int64_t rows = (bits + word_bytes_x8 - 1) / word_bytes_x8;
  std::int64_t fit = rows * word_bytes_x8;
  while (fit % (1024 * 8) != 0) fit += word_bytes_x8;
  throw InputError(size->place,
                   fmt::format("{} KiB do not divide into {} banks of whole {}-bit words; {} KiB would",
                               memory.size_KiB, memory.banks, memory.width_bits, fit / (1024 * 8)));
}

}  // namespace

void describe(Fields& fields, MachineSpec& spec) {
  fields.text("name", spec.name, required);
  fields.number("clock_MHz", spec.clock_MHz, 1, 100000, required);
  fields.section(
      "array", [&](Fields& inside) { describe(inside, spec.array); }, required);
  describe_memory(fields, "weight_memory", spec.weight_memory);
  describe_memory(fields, "activation_memory", spec.activation_memory);
  describe_memory(fields, "accumulator_memory", spec.accumulator_memory);
  describe_memory(fields, "instruction_memory", spec.instruction_memory);
  fields.section(
      "vector", [&](Fields& inside) { describe(inside, spec.vector); }, optional);
  fields.section(
      "load", [&](Fields& inside) { describe(inside, spec.load); }, optional);
  fields.section(
      "store", [&](Fields& inside) { describe(inside, spec.store); }, optional);
  fields.section(
      "sequencer", [&](Fields& inside) { describe(inside, spec.sequencer); }, optional);
  fields.section(
      "dram", [&](Fields& inside) { describe(inside, spec.dram); }, optional);
}

MachineSpec read_machine(const Document& document) {
  MachineSpec spec;
  read_fields(document, "a machine", spec);
  resolve(spec);
  check_memory(document, "weight_memory", spec.weight_memory);
  check_memory(document, "activation_memory", spec.activation_memory);
  check_memory(document, "accumulator_memory", spec.accumulator_memory);
  check_memory(document, "instruction_memory", spec.instruction_memory);
  return spec;
}

MachineSpec read_machine(const std::string& name_or_path) {
  return read_machine(read_document(find_preset("configs/arch", name_or_path, "--arch")));
}

std::string shape_difference(const MachineSpec& of, const MachineSpec& on) {
  struct Row {
    const char* name;
    std::int64_t there, here;
  };
  const Row rows[] = {
      {"array.rows", of.array.rows, on.array.rows},
      {"array.cols", of.array.cols, on.array.cols},
      {"array.word_bits", of.array.word_bits, on.array.word_bits},
      {"array.accumulator_bits", of.array.accumulator_bits, on.array.accumulator_bits},
      {"weight_memory.size_KiB", of.weight_memory.size_KiB, on.weight_memory.size_KiB},
      {"activation_memory.size_KiB", of.activation_memory.size_KiB, on.activation_memory.size_KiB},
      {"accumulator_memory.size_KiB", of.accumulator_memory.size_KiB, on.accumulator_memory.size_KiB},
      {"instruction_memory.size_KiB", of.instruction_memory.size_KiB, on.instruction_memory.size_KiB},
      {"dram.size_MiB", of.dram.size_MiB, on.dram.size_MiB},
  };
  for (const Row& row : rows) {
    if (row.there != row.here)
      return fmt::format("{} is {} there and {} here", row.name, row.there, row.here);
  }
  for (const int datapath : of.array.datapaths) {
    if (!on.array.has(static_cast<Datapath>(datapath))) {
      return fmt::format("array.datapaths has {} there and not here",
                         datapath_names()[static_cast<std::size_t>(datapath)]);
    }
  }
  if (of.array.has(Datapath::ternary_fatnn) && of.array.fatnn_mask != on.array.fatnn_mask) {
    return "array.fatnn_mask differs";
  }
  return "";
}

}  // namespace tricycle
