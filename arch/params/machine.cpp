// SPDX-License-Identifier: Apache-2.0
#include "arch/params/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <numeric>

#include "arch/params/clocks.hpp"
#include "arch/params/timing.hpp"
#include "support/files.hpp"

namespace tricycle {

Format mac_format(const ArraySpec& array) {
  switch (array.mac_type) {
    case MacType::int8: return Format::int8;
    case MacType::fp16: return Format::float16;
    case MacType::fp32: break;
  }
  return Format::float32;
}

Format smallest_operands(const ArraySpec& array, Datapath datapath) {
  switch (datapath) {
#define DATAPATH(identifier, unit, operands, ...) \
  case Datapath::identifier:                      \
    return operands;
#include "arch/params/datapaths.def"
#undef DATAPATH
  }
  return Format::int8;
}

bool ArraySpec::has(Datapath datapath) const {
  return std::find(datapaths.begin(), datapaths.end(), datapath) != datapaths.end();
}

namespace {

constexpr Presence required = Presence::required;
constexpr Presence optional = Presence::optional;

void describe(Fields& fields, LanesSpec& lanes) {
  constexpr std::int64_t most = 1 << 20;
#define DATAPATH(identifier, unit, operands, meaning)                                                      \
  fields.integer({#identifier, "lanes of a PE for " meaning, "elements per step", "what word_bits holds"}, \
                 lanes.identifier, 0, most, optional);
#include "arch/params/datapaths.def"
#undef DATAPATH
}

void describe(Fields& fields, FeederSpec& feeder) {
  fields.choice(
      {"kind", "what brings windows to the array: the activation memory word by word, or a line buffer"},
      feeder.kind, optional);
  fields.integer(
      {"pixels_per_cycle", "what the line buffer takes in, from one image line", "pixels per cycle"},
      feeder.pixels_per_cycle, 1, 4096, optional);
  fields.integer(
      {"weight_latency_cycles", "latency of loading weight registers, besides their words' cycles", "cycles"},
      feeder.weight_latency_cycles, 0, 1000, optional);
  fields.integer({"drain_cycles", "time from a matmul's last window to the feeder's rest", "cycles"},
                 feeder.drain_cycles, 1, 1000, optional);
  fields.integer({"restart_cycles", "time from the feeder's rest to the start of the next matmul", "cycles"},
                 feeder.restart_cycles, 0, 1000, optional);
}

/// Whether a PE takes one element per array step in some datapath to which zeros matter.
bool has_one_lane(const ArraySpec& array) {
  const auto one = [&](Datapath datapath, Format format) {
    return array.has(datapath) && lanes_of(array, datapath, format, format) == 1;
  };
  return one(Datapath::ternary_planes, Format::planes) || one(Datapath::bitserial, Format::s8) ||
         one(Datapath::shift, Format::pow2) ||
         (!is_float(mac_format(array)) && one(Datapath::mac, mac_format(array))) ||
         std::any_of(array.folding.begin(), array.folding.end(),
                     [](const Folding& f) { return f.lanes == 1; });
}

void check_zero_skip(Fields& fields, const ArraySpec& array) {
  const ZeroSkip skip = array.zero_skip;
  const bool skips_steps = skip == ZeroSkip::word || skip == ZeroSkip::element;
  if (skips_steps && array.has_line_buffer()) {
    throw InputError(fields.place_of("zero_skip"),
                     "with a line buffer 'zero_skip' must be none or gating: it skips no windows");
  }
  const SkipOperands asked = array.zero_skip_operands;
  const bool walks_weights =
      skip == ZeroSkip::element || (skip == ZeroSkip::word && array.is_weight_stationary());
  if (walks_weights && (asked == SkipOperands::activations || asked == SkipOperands::both)) {
    throw InputError(
        fields.place_of("zero_skip_operands"),
        fmt::format("'{}' leaves out the zeros of weights alone: 'zero_skip_operands' must be weights "
                    "(or auto) with it",
                    skip == ZeroSkip::element ? "zero_skip: element"
                                              : "zero_skip: word, dataflow: weight_stationary"));
  }
  if (skip != ZeroSkip::element) return;
  if (array.is_weight_stationary()) {
    throw InputError(
        fields.place_of("zero_skip"),
        "columns walk their own weights only where sums stay in the PEs: with 'zero_skip: element' "
        "'dataflow' must be output_stationary");
  }
  if (!has_one_lane(array)) {
    throw InputError(
        fields.place_of("zero_skip"),
        "'zero_skip: element' needs PEs of one lane: set 'lanes' to 1 for ternary_planes, bitserial, "
        "shift or mac (int8), one that is among the 'datapaths'");
  }
}

void describe(Fields& fields, ArraySpec& array) {
  fields.integer(
      {"rows", "rows of PEs: output positions (pixels, tokens or batch) worked on at a time", "PEs"},
      array.rows, 1, 4096, required);
  fields.integer({"cols", "columns of PEs: output channels worked on at a time", "PEs"}, array.cols, 1, 4096,
                 required);
  fields.integer({"word_bits", "what a PE takes of each operand per step; a multiple of 16", "bits"},
                 array.word_bits, 16, 4096, required);
  fields.integer(
      {"accumulator_bits", "width of a sum in a PE; it wraps, and a wrapped sum fails the run", "bits"},
      array.accumulator_bits, 4, 32, optional);
  fields.integer({"depth_cycles", "time from a tile's last step to its sums in accumulator memory", "cycles"},
                 array.depth_cycles, 2, 1000, optional);
  fields.choices({"datapaths", "what a PE can compute, the preferred first"}, array.datapaths, optional);
  fields.choice(
      {"fatnn_mask", "whether a ternary_fatnn PE makes the mask of FATNN Eq 6 or weight memory holds it"},
      array.fatnn_mask, optional);
  fields.choice({"dataflow", "which operand stays in the PEs: sums, or weights"}, array.dataflow, optional);
  fields.choice({"packing",
                 "how the reduction is cut into words: tap by tap, densely over all taps, or densely where a "
                 "tap has at most 3 channels (auto)"},
                array.packing, optional);
  fields.section(
      {"lanes", "elements of the reduction that a PE takes per step, by datapath"},
      [&](Fields& inside) { describe(inside, array.lanes); }, optional);
  fields.choice(
      {"bitserial_fusion",
       "how one-bit multipliers serve wider operands: pair of planes after pair, or joined (Bit Fusion)"},
      array.bitserial_fusion, optional);
  fields.integer({"min_operand_bits", "bitserial operands of fewer bits take as many", "bits"},
                 array.min_operand_bits, 1, 8, optional);
  fields.choice({"mac_type", "number type of the mac datapath"}, array.mac_type, optional);
  fields.list(
      {"folding", "a geometry for each product layer in turn (FINN); without it the array serves all"},
      array.folding.size(), [&](std::size_t size) { array.folding.resize(size); },
      [&](Fields& inside, std::size_t i) {
        inside.integer({"lanes", "SIMD: elements of the reduction per step", "elements per step"},
                       array.folding[i].lanes, 1, 1 << 20, required);
        inside.integer({"cols", "PE: output channels per step", "PEs"}, array.folding[i].cols, 1, 4096,
                       required);
      },
      optional);
  fields.section(
      {"feeder", "what forms the windows of a convolution"},
      [&](Fields& inside) { describe(inside, array.feeder); }, optional);
  fields.choice(
      {"zero_skip",
       "what is done about zeros: nothing, lanes gated, steps of zero words left out, or elements left out"},
      array.zero_skip, optional);
  fields.choice({"zero_skip_operands", "whose zeros; auto: all that zero_skip can look at"},
                array.zero_skip_operands, optional);
  fields.integer({"decoder_elements_per_cycle", "rate of the decoder between weight memory and PEs",
                  "elements per cycle", "keeps up"},
                 array.decoder_elements_per_cycle, 0, 1 << 24, optional);
  if (!fields.is_reading()) return;
  check_zero_skip(fields, array);
  if (array.has_line_buffer() && array.rows != 1) {
    throw InputError(
        fields.place_of("rows"),
        fmt::format("a line buffer feeds one window at a time: 'rows' must be 1, not {}", array.rows));
  }
  if (array.word_bits % 16 != 0) {
    throw InputError(fields.place_of("word_bits"),
                     fmt::format("'word_bits' must be a multiple of 16, and {} is not; the next is {}",
                                 array.word_bits, (array.word_bits / 16 + 1) * 16));
  }
}

void describe(Fields& fields, MemorySpec& memory) {
  fields.integer({"size_KiB", "size of the memory", "KiB"}, memory.size_KiB, 1, 1 << 18, required);
  fields.integer(
      {"banks", "banks that a port reaches at once", "banks", "one for each row or column that it feeds"},
      memory.banks, 0, 4096, optional);
  fields.integer({"width_bits", "width of a bank's port", "bits", "one array word, or one sum"},
                 memory.width_bits, 0, 8192, optional);
  fields.choice(
      {"cells",
       "transistors of its cells: fast (hp), of low power (lop) or of low leakage (lstp); auto: the "
       "technology takes those that take the least energy of all that keep up with the clock"},
      memory.cells, optional);
  fields.choice({"periphery", "transistors of its decoders, drivers and sense amplifiers"}, memory.periphery,
                optional);
}

void describe_ports(Fields& fields, MemorySpec& memory) {
  fields.choice(
      {"ports",
       "its ports: one for either kind of access, one for reads and one for writes, or two for either"},
      memory.ports, optional);
  fields.integer({"latency_cycles", "latency of a read", "cycles"}, memory.latency_cycles, 1, 100, optional);
  fields.boolean({"ping_pong", "two halves by address, each with banks and ports of its own"},
                 memory.ping_pong, optional);
}

void describe(Fields& fields, WeightStreamSpec& stream) {
  fields.integer({"bytes", "weights that it holds; 0: there is none", "bytes"}, stream.bytes, 0, 1 << 24,
                 optional);
}

void describe(Fields& fields, OutputStageSpec& stage) {
  fields.integer(
      {"lanes", "sums compared with a threshold at a time; 0: there is no stage, whatever its other keys say",
       "sums per cycle"},
      stage.lanes, 0, 65536, optional);
  fields.integer({"scale_lanes", "sums scaled at a time; 0: thresholds alone", "sums per cycle"},
                 stage.scale_lanes, 0, 65536, optional);
  fields.integer({"thresholds", "the most thresholds of a channel", "thresholds"}, stage.thresholds, 1, 15,
                 optional);
  fields.integer({"latency_cycles", "time from a matmul's last sums to its results in memory", "cycles"},
                 stage.latency_cycles, 1, 1000, optional);
  fields.integer({"tiles", "matmuls whose results may be under way at once", "matmuls"}, stage.tiles, 1, 64,
                 optional);
  fields.integer({"pool_bytes",
                  "largest results so far of a line of 2x2 windows; 0: pools are the vector unit's", "bytes"},
                 stage.pool_bytes, 0, 1 << 20, optional);
}

void describe(Fields& fields, VectorSpec& vector) {
  fields.integer({"lanes", "elements of a vector worked on at a time", "elements per cycle"}, vector.lanes, 1,
                 4096, optional);
  fields.integer(
      {"latency_cycles", "time from an instruction's last elements to its results in memory", "cycles"},
      vector.latency_cycles, 1, 1000, optional);
  fields.integer(
      {"chain",
       "instructions on integers that one pass executes behind each other, each in lanes of its own; "
       "1: every instruction has a pass of its own",
       "instructions"},
      vector.chain, 1, 32, optional);
}

void describe(Fields& fields, DmaSpec& dma) {
  fields.integer({"setup_cycles", "time before the first burst of a transfer", "cycles"}, dma.setup_cycles, 1,
                 10000, optional);
  fields.integer({"burst_bytes", "size of a burst", "bytes"}, dma.burst_bytes, 1, 4096, optional);
  fields.integer({"outstanding", "bursts under way at once", "bursts"}, dma.outstanding, 1, 4096, optional);
  fields.integer({"ports", "bursts asked for in a cycle, each through a port of its own", "bursts per cycle"},
                 dma.ports, 1, 64, optional);
}

void describe(Fields& fields, SequencerSpec& sequencer) {
  fields.integer({"fetch_cycles", "time before the first instruction", "cycles"}, sequencer.fetch_cycles, 1,
                 1000, optional);
  fields.integer({"queue_depth", "instructions that wait in front of each engine", "instructions"},
                 sequencer.queue_depth, 1, 1024, optional);
  fields.integer({"loop_cycles", "time to set up a loop, and each of its strides and guards", "cycles"},
                 sequencer.loop_cycles, 0, 1000, optional);
  fields.integer({"branch_cycles", "time at the end of each iteration of a loop", "cycles"},
                 sequencer.branch_cycles, 0, 1000, optional);
  fields.integer({"loop_registers", "strides and guards of the loops under way at once", "registers"},
                 sequencer.loop_registers, 0, 1 << 16, optional);
}

void describe(Fields& fields, DecoderSpec& decoder) {
  fields.boolean({"load", "whether the load engine turns packed ternary weights into another format"},
                 decoder.load, optional);
  fields.boolean({"array", "whether weights are decoded between weight memory and PEs"}, decoder.array,
                 optional);
  fields.integer({"elements_per_cycle", "rate of the load engine's decoder", "elements per cycle"},
                 decoder.elements_per_cycle, 1, 1 << 24, optional);
}

void describe(Fields& fields, DramSpec& dram) {
  fields.text(
      {"kind",
       "ideal (a pipe of a bandwidth and a latency), device, a preset of configs/dram or a .yaml file"},
      dram.kind, optional);
  if (!dram.is_ideal()) {
    fields.section(
        {"device", "a DRAM with banks, commands and a clock of its own; changes the preset that kind names"},
        [&](Fields& inside) { describe(inside, dram.device); }, required);
    return;
  }
  fields.number(
      {"bandwidth_GBps", "bandwidth of the ideal DRAM, whatever the clock", "GB/s", "bytes_per_cycle"},
      dram.bandwidth_GBps, 0.001, 1e6);
  fields.number({"bytes_per_cycle", "bandwidth of the ideal DRAM, where bandwidth_GBps is not given",
                 "bytes per core cycle", "16"},
                dram.bytes_per_cycle, 0.001, 1 << 20);
  fields.integer({"latency_cycles", "latency of the ideal DRAM", "core cycles"}, dram.latency_cycles, 1,
                 1'000'000, optional);
  fields.integer({"size_MiB", "size of the ideal DRAM", "MiB"}, dram.size_MiB, 1, 1 << 20, optional);
}

void drop(Document& mapping, const std::string& key) {
  for (std::size_t i = 0; i < mapping.entries.size(); ++i) {
    if (mapping.entries[i].first != key) continue;
    mapping.entries.erase(mapping.entries.begin() + static_cast<std::ptrdiff_t>(i));
    mapping.key_places.erase(mapping.key_places.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

/// A bandwidth from outside of the machine's own file takes the place of the one there, in whichever unit.
void choose_bandwidth(Document& machine) {
  Document* dram = machine.find("dram");
  if (dram == nullptr || dram->kind != Document::Kind::mapping) return;
  const Document* in_seconds = dram->find("bandwidth_GBps");
  const Document* in_cycles = dram->find("bytes_per_cycle");
  if (in_seconds == nullptr || in_cycles == nullptr) return;
  const bool own_seconds = in_seconds->place.file == machine.place.file;
  const bool own_cycles = in_cycles->place.file == machine.place.file;
  if (own_seconds == own_cycles) {
    throw InputError(in_cycles->place,
                     "'bandwidth_GBps' and 'bytes_per_cycle' say the same thing: one of them must go");
  }
  drop(*dram, own_seconds ? "bandwidth_GBps" : "bytes_per_cycle");
}

/// Drops the keys of the ideal DRAM. Keys of the machine's own file give way to a device; a `--set` of one is
/// an error.
void drop_ideal(Document& dram) {
  for (const char* key : {"bandwidth_GBps", "bytes_per_cycle", "latency_cycles", "size_MiB"}) {
    const Document* value = dram.find(key);
    if (value != nullptr && value->place.file.starts_with("--set")) {
      throw InputError(value->place,
                       fmt::format("'{}' is of the ideal DRAM, and this machine has a device: its times and "
                                   "sizes are in 'dram.device'",
                                   key));
    }
    drop(dram, key);
  }
}

/// The path of a file that `word` names. If the machine's own file names it and it lies beside that file, the
/// path begins there. Otherwise the name stays as it is written.
std::string beside(const Document& word, const Document& machine) {
  namespace fs = std::filesystem;
  const bool own = word.place.file == machine.place.file && word.place.line > 0;
  const fs::path path = fs::path(machine.place.file).parent_path() / word.scalar;
  std::error_code error;
  return own && fs::exists(path, error) && path.has_extension() ? path.string() : word.scalar;
}

/// `kind: NAME` becomes the preset of that name, changed by the keys of `device`.
void expand_dram(Document& machine) {
  Document* dram = machine.find("dram");
  Document* kind = dram == nullptr ? nullptr : dram->find("kind");
  if (kind == nullptr || kind->kind != Document::Kind::scalar) return;
  if (const Document* device = dram->find("device"); kind->scalar == "ideal" && device != nullptr)
    throw InputError(device->place, "'device' changes a DRAM device, and this machine's DRAM is ideal");
  if (kind->scalar == "ideal") return;
  drop_ideal(*dram);
  kind = dram->find("kind");
  if (kind->scalar == "device") return;
  std::vector<std::string> known = preset_names("configs/dram");
  known.insert(known.end(), {"ideal", "device"});
  const std::string file = beside(*kind, machine);
  if (!is_file_name(file) && std::find(known.begin(), known.end(), kind->scalar) == known.end()) {
    throw InputError(kind->place,
                     fmt::format("there is no DRAM '{}'{}", kind->scalar, did_you_mean(kind->scalar, known)));
  }
  Document device = read_document(find_preset("configs/dram", file, kind->place));
  kind->scalar = "device";
  if (Document* changes = dram->find("device")) {
    overlay(device, *changes);
    *changes = std::move(device);
  } else {
    dram->key_places.push_back(kind->place);
    dram->entries.push_back({"device", std::move(device)});
  }
}

enum class Holds { data, program };

/// The places of a machine's sections and of the keys in them.
std::map<std::string, Place> places_in(const Document& machine) {
  std::map<std::string, Place> places;
  for (std::size_t i = 0; i < machine.entries.size(); ++i) {
    const auto& [section, inside] = machine.entries[i];
    places[section] = machine.key_places[i];
    for (std::size_t k = 0; k < inside.entries.size(); ++k)
      places[section + "." + inside.entries[k].first] = inside.key_places[k];
  }
  return places;
}

/// Whether `whole` is a multiple of `part`.
bool divides(std::int64_t part, std::int64_t whole) {
  return std::gcd(part, whole) == part;
}

void describe_memory(Fields& fields, const Key& key, MemorySpec& memory, Holds holds) {
  const auto inside = [&](Fields& section) {
    describe(section, memory);
    if (holds == Holds::data) describe_ports(section, memory);
  };
  fields.section(key, inside, required);
}

/// Sets the banks and the width of each memory that does not state them to the needs of the array.
void resolve(MachineSpec& spec) {
  const ArraySpec& array = spec.array;
  // If the size is no multiple of the width (1.5 words of a loaded mask), the next power of two is taken.
  const auto fill = [](MemorySpec& memory, std::int64_t banks, std::int64_t width_bits) {
    if (memory.banks == 0) memory.banks = banks;
    if (memory.width_bits != 0) return;
    memory.width_bits =
        divides(memory.halves() * memory.banks * width_bits, memory.bytes() * 8)
            ? width_bits
            : static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(width_bits)));
  };
  const OperandBits widest = widest_operands(array);
  const bool stationary = array.dataflow == Dataflow::weight_stationary;
  fill(spec.weight_memory, array.cols, widest.weights);
  fill(spec.activation_memory, array.rows, widest.activations);
  fill(spec.accumulator_memory, stationary ? array.rows * array.cols : array.cols, 32);
  fill(spec.instruction_memory, 1, 64);
  if (spec.dram.is_ideal() && !spec.dram.bandwidth_GBps && !spec.dram.bytes_per_cycle)
    spec.dram.bytes_per_cycle = default_dram_bytes_per_cycle;
}

/// Errors: an output stage behind an array whose sums it cannot take.
void check_output_stage(const MachineSpec& spec) {
  if (spec.output_stage.lanes == 0) return;
  const char* obstacle = spec.array.has_line_buffer()        ? "has a line buffer"
                         : spec.array.is_weight_stationary() ? "is weight-stationary"
                                                             : nullptr;
  if (obstacle == nullptr) return;
  throw InputError(spec.place_of("output_stage", "lanes"),
                   fmt::format("an output stage takes sums that stay in the PEs, and this array {}: "
                               "'output_stage.lanes' must be 0",
                               obstacle));
}

void check_memory(const Document& document, const std::string& key, const MemorySpec& memory) {
  constexpr std::int64_t bits_per_KiB = 1024 * 8;
  const std::int64_t row_bits = memory.halves() * memory.banks * memory.width_bits;
  if (divides(row_bits, memory.bytes() * 8)) return;
  const std::int64_t unit = std::lcm(row_bits, bits_per_KiB) / bits_per_KiB;  // sizes must be multiples of it
  // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): banks and bits are at least 1, so `unit` is
  const std::int64_t below = memory.size_KiB / unit * unit;
  throw InputError(
      document.find(key)->find("size_KiB")->place,
      fmt::format("{} KiB do not divide into {}{} banks of whole {}-bit words; {}{} KiB would",
                  memory.size_KiB, memory.ping_pong ? "2 halves of " : "", memory.banks, memory.width_bits,
                  below > 0 ? fmt::format("{} or ", below) : "", below + unit));
}

}  // namespace

OperandBits widest_operands(const ArraySpec& array) {
  OperandBits widest;
  const auto consider = [&](Datapath datapath, Format activations, Format weights) {
    const ProductShape shape = {datapath, activations, weights};
    widest.activations = std::max(widest.activations, operand_bits(array, shape, activations));
    widest.weights = std::max(widest.weights, operand_bits(array, shape, weights));
  };
  for (const Datapath datapath : array.datapaths) {
    switch (datapath) {
      case Datapath::binary: consider(datapath, Format::bit1, Format::bit1); break;
      case Datapath::ternary_fatnn:
        consider(datapath, Format::trit2,
                 array.fatnn_mask == FatnnMask::precomputed ? Format::trit2_mask : Format::trit2);
        break;
      case Datapath::ternary_planes: consider(datapath, Format::planes, Format::planes); break;
      case Datapath::bitserial:
        consider(datapath, bit_planes(array.min_operand_bits, true),
                 bit_planes(array.min_operand_bits, true));
        consider(datapath, Format::s8, Format::s8);
        break;
      case Datapath::shift: consider(datapath, Format::pow2, Format::pow2); break;
      case Datapath::mac: consider(datapath, mac_format(array), mac_format(array)); break;
    }
  }
  return widest;
}

void describe(Fields& fields, MachineSpec& spec) {
  fields.text({"name", "what reports call the machine"}, spec.name, required);
  fields.number({"clock_MHz", "clock of the core", "MHz"}, spec.clock_MHz, 1, 100000, required);
  fields.section(
      {"array", "the processing array"}, [&](Fields& inside) { describe(inside, spec.array); }, required);
#define MEMORY(identifier, holds, meaning) \
  describe_memory(fields, {#identifier, meaning}, spec.identifier, Holds::holds);
#include "arch/params/memories.def"
#undef MEMORY
  fields.section(
      {"weight_stream", "what takes weights from DRAM to the array past weight memory"},
      [&](Fields& inside) { describe(inside, spec.weight_stream); }, optional);
  fields.section(
      {"output_stage", "what turns sums into results between the array and activation memory"},
      [&](Fields& inside) { describe(inside, spec.output_stage); }, optional);
  fields.section(
      {"vector", "the vector unit: scales, thresholds, pooling, activation functions, gates"},
      [&](Fields& inside) { describe(inside, spec.vector); }, optional);
  fields.section(
      {"fetch", "what brings a program from DRAM that instruction memory cannot hold whole"},
      [&](Fields& inside) { describe(inside, spec.fetch); }, optional);
  fields.section(
      {"load", "the engine that brings data from DRAM"}, [&](Fields& inside) { describe(inside, spec.load); },
      optional);
  fields.section(
      {"store", "the engine that takes data to DRAM"}, [&](Fields& inside) { describe(inside, spec.store); },
      optional);
  fields.section(
      {"sequencer", "what fetches and dispatches instructions"},
      [&](Fields& inside) { describe(inside, spec.sequencer); }, optional);
  fields.section(
      {"decoder", "what turns ternary weights from one format into another"},
      [&](Fields& inside) { describe(inside, spec.decoder); }, optional);
  fields.section(
      {"dram", "what is outside the chip"}, [&](Fields& inside) { describe(inside, spec.dram); }, optional);
}

Place MachineSpec::place_of(const std::string& section, const std::string& key) const {
  for (const std::string& path : {section + "." + key, section}) {
    if (const auto place = places.find(path); place != places.end()) return place->second;
  }
  return Place::of_file(name);
}

MachineSpec read_machine(const Document& given) {
  Document document = given;
  choose_bandwidth(document);
  expand_dram(document);
  MachineSpec spec;
  read_fields(document, "a machine", spec);
  spec.places = places_in(document);
  resolve(spec);
  for_each_memory(
      spec, [&](UnitId unit, const MemorySpec& memory) { check_memory(document, name_of(unit), memory); });
  check_output_stage(spec);
  return spec;
}

MachineSpec read_machine(const std::string& name_or_path) {
  return read_machine(read_document(find_preset("configs/arch", name_or_path, Place::of_file("--arch"))));
}

std::string shape_difference(const MachineSpec& of, const MachineSpec& on) {
  struct Row {
    std::string name;
    std::int64_t there, here;
  };
  std::vector<Row> rows = {
      {"array.rows", of.array.rows, on.array.rows},
      {"array.cols", of.array.cols, on.array.cols},
      {"array.word_bits", of.array.word_bits, on.array.word_bits},
      {"array.accumulator_bits", of.array.accumulator_bits, on.array.accumulator_bits},
  };
#define MEMORY(identifier, holds, meaning) \
  if (Holds::holds == Holds::data)         \
    rows.push_back({#identifier ".size_KiB", of.identifier.size_KiB, on.identifier.size_KiB});
#include "arch/params/memories.def"
#undef MEMORY
  for (const Row& row : rows) {
    if (row.there != row.here)
      return fmt::format("{} is {} in the trace and {} on this machine", row.name, row.there, row.here);
  }
  if (on.vector.chain < of.vector.chain) {
    return fmt::format("vector.chain is {} in the trace and {} on this machine", of.vector.chain,
                       on.vector.chain);
  }
  for (const Datapath datapath : of.array.datapaths) {
    if (!on.array.has(datapath)) {
      return fmt::format("array.datapaths has {} in the trace and not on this machine", name_of(datapath));
    }
  }
  if (of.array.has(Datapath::mac) && of.array.mac_type != on.array.mac_type) return "array.mac_type differs";
  const Format number = mac_format(of.array);
  if (of.array.has(Datapath::mac) && is_float(number)) {  // the products of an array step are added in a tree
    const auto lanes = [&](const ArraySpec& array) { return lanes_of(array, Datapath::mac, number, number); };
    if (lanes(of.array) != lanes(on.array)) {
      return fmt::format(
          "a mac PE has {} lanes in the trace and {} on this machine, which changes sums of floating point",
          lanes(of.array), lanes(on.array));
    }
  }
  if (of.array.folding != on.array.folding) return "array.folding differs";
  if (!of.weight_stream.is_there()) return "";
  const char* const order = "which changes the order of weights that stream";
  for (const Datapath datapath : of.array.datapaths) {
    if (datapath == Datapath::bitserial && of.array.bitserial_fusion != on.array.bitserial_fusion)
      return fmt::format("array.bitserial_fusion differs, {}", order);
    const Format operand = smallest_operands(of.array, datapath);
    const auto lanes = [&](const ArraySpec& array) { return lanes_of(array, datapath, operand, operand); };
    if (lanes(of.array) != lanes(on.array)) {
      return fmt::format("a {} PE has {} lanes in the trace and {} on this machine, {}", name_of(datapath),
                         lanes(of.array), lanes(on.array), order);
    }
  }
  return "";
}

}  // namespace tricycle
