// SPDX-License-Identifier: Apache-2.0
#include "tests/traces/sample.hpp"

#include <fmt/format.h>

#include <array>

#include "arch/params/machine.hpp"
#include "tests/arch/isa/random_instruction.hpp"

namespace tricycle::test {

std::string small_machine_text(std::int64_t queue_depth) {
  return fmt::format(
      "name: small\n"
      "clock_MHz: 100\n"
      "array: {{rows: 2, cols: 2, word_bits: 16, accumulator_bits: 16, "
      "datapaths: [ternary_planes, ternary_fatnn]}}\n"
      "weight_memory: {{size_KiB: 1}}\n"
      "activation_memory: {{size_KiB: 1}}\n"
      "accumulator_memory: {{size_KiB: 1}}\n"
      "instruction_memory: {{size_KiB: 1}}\n"
      "sequencer: {{queue_depth: {}}}\n"
      "dram: {{size_MiB: 1}}\n",
      queue_depth);
}

MachineSpec small_machine(std::int64_t queue_depth) {
  return read_machine(parse_document(small_machine_text(queue_depth), "small.yaml"));
}

std::string sample_text() {
  std::string machine;
  std::string line;
  for (const char c : small_machine_text()) {
    line += c;
    if (c != '\n') continue;
    machine += "| " + line;
    line.clear();
  }
  return "tricycle-trace 4\n"
         "header tool=\"tricycle 0.1.0\" workload=\"tiny\" weights=\"synthetic, seed 1\" synthetic=true"
         " compulsory_bytes=14 "
         "dram_bytes=192 fp32_weight_bytes=72\n"
         "machine\n" +
         machine +
         "input name=\"x\" format=planes address=0 rows=1 cols=8 shape=\"[1, 8]\""
         " type=\"float32\" images=1 channels_first=false scales=0.5 zeros=0\n"
         "output name=\"y\" format=int32 address=64 rows=1 cols=2 shape=\"[1, 2]\""
         " type=\"float32\" images=1 channels_first=false scales=0.25,0.5 zeros=0\n"
         "reading rule=quant rounding=\"ROUND\" step=0.5 zero_point=0 least=-1 most=1 byte_num=1 byte_den=255"
         " byte_means=none byte_deviations=none\n"
         "layer name=\"fc\" op=\"MatMul\" datapath=\"ternary_planes\" macs=16 least_cycles=1 weights=16 "
         "nonzero_weights=9"
         " weight_bytes=4 dram_format=planes chip_format=planes dram_bytes=4 chip_bytes=4 metadata_bytes=0"
         " padding_bytes=0 entropy_bytes=3 activation_bytes=10 flag_bytes=0\n"
         "symbol name=\"input\" memory=dram address=0 bytes=2\n"
         "symbol name=\"output\" memory=dram address=64 bytes=8\n"
         "symbol name=\"fc.weights\" memory=dram address=128 bytes=4\n"
         "checkpoint instruction=2 layer=0 memory=accumulator format=int32 address=0 stride=8 first=0 rows=1"
         " cols=2 row=0 col=0 row_strides=none col_strides=none\n"
         "0.0: load memory=activation address=0 stride=2 dram=0x0 dram_stride=2 rows=1 row_bytes=2 once=0  # "
         "input\n"
         "0.0: load memory=weight address=0 stride=4 dram=0x80 dram_stride=4 rows=1 row_bytes=4 once=0 "
         "post=array"
         "  # fc.weights\n"
         "0.0: matmul datapath=ternary_planes activation_format=planes weight_format=planes im2col=0 "
         "folding=0"
         " accumulate=0 staged=0 streamed=0 activations=0 position_stride=2 line_stride=2 lines=1 columns=1 "
         "kernel_h=1 "
         "kernel_w=1"
         " stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=1 in_columns=1 dilation_y=1 dilation_x=1 pad=0"
         " elements=8 weights=0 weight_stride=2 sums=0 sum_stride=8 cols=2 wait=load post=store\n"
         "0.0: store memory=accumulator address=0 stride=8 dram=0x40 dram_stride=8 rows=1 row_bytes=8"
         " wait=array  # output\n"
         "0.0: halt\n"
         "items source=\"synthetic, seed 1\" sha256=\"\" count=1 clamped=0\n"
         "bytes count=2\n"
         "  a753\n"
         "segment address=128\n"
         "bytes count=4\n"
         "  0f02f110\n"
         "golden crc=305419896\n";
}

Trace sample_trace() {
  return read_trace_text(sample_text(), "sample.txt");
}

Trace sample_with(const std::vector<std::string>& code) {
  Trace trace = sample_trace();
  trace.code.clear();
  trace.checkpoints.clear();
  for (const std::string& line : code) trace.code.push_back(assemble(line, Place{}));
  return trace;
}

Trace windowed_trace() {
  Trace trace = sample_with({
      // An image of 2 lines of 3 positions of 8 trits, a tap of 2 bytes each.
      "load memory=activation address=0 stride=6 dram=0 dram_stride=6 rows=2 row_bytes=6 once=0",
      "load memory=weight address=0 stride=8 dram=0x80 dram_stride=8 rows=1 row_bytes=53 once=0 "
      "post=array,vector",
      "matmul datapath=ternary_planes activation_format=planes weight_format=planes im2col=0 folding=0 "
      "accumulate=0 staged=0 streamed=0 activations=0 position_stride=2 line_stride=6 lines=1 columns=2 "
      "kernel_h=2 "
      "kernel_w=2 "
      "stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=2 in_columns=3 dilation_y=1 dilation_x=1 pad=0 "
      "elements=8 weights=0 weight_stride=8 sums=0 sum_stride=8 cols=2 wait=load post=vector",
      "threshold memory=accumulator source_format=int32 address=0 position_stride=8 line_stride=16 pool=max "
      "lines=1 columns=1 kernel_h=1 kernel_w=2 stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=1 "
      "in_columns=2 cols=2 table=16 per_channel=0 thresholds=2 threshold_bytes=1 codes=0x100ff "
      "more_codes=0x0 format=int8 result=100 "
      "result_position_stride=2 result_line_stride=2 first=0 chain=ends wait=load,array",
      "scale memory=accumulator source_format=int32 address=0 position_stride=8 line_stride=16 pool=max "
      "lines=1 "
      "columns=1 kernel_h=1 kernel_w=1 stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=1 in_columns=1 "
      "cols=2 second=tensor second_format=int8 second_address=100 second_position_stride=2 "
      "second_line_stride=2 table=19 per_channel=1 rounding=half_to_even zero=0 zero_behind=1 "
      "least=4294967168 most=127 format=int32 result=200 "
      "result_position_stride=8 "
      "result_line_stride=8 first=0 chain=ends post=store",
      "store memory=activation address=200 stride=8 dram=0x40 dram_stride=8 rows=1 row_bytes=8 wait=vector",
      "halt",
  });
  trace.input.rows = 6;
  trace.items.bytes.resize(12);
  trace.image[0].bytes.resize(53);
  return trace;
}

namespace {

std::string random_text(Random& random) {
  static const std::array<std::string, 8> pieces = {"a", "\"", "\\", "\n", " ", "=", "#", "\xc3\xa9"};
  std::string text;
  for (std::uint64_t i = random.below(12); i > 0; --i) text += pieces[random.below(pieces.size())];
  return text;
}

std::int64_t natural(Random& random) {
  return static_cast<std::int64_t>(random.next() >> (1 + random.below(63)));
}

Bytes random_bytes(Random& random, std::uint64_t below) {
  Bytes bytes(random.below(below));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return bytes;
}

std::vector<std::int64_t> random_integers(Random& random) {
  std::vector<std::int64_t> integers(random.below(4));
  for (std::int64_t& integer : integers) integer = static_cast<std::int64_t>(random.next());
  return integers;
}

Binding random_binding(Random& random) {
  Binding binding;
  binding.name = random_text(random);
  binding.format = static_cast<Format>(random.below(format_count));
  binding.address = random.next();
  binding.images = 1 + static_cast<std::int64_t>(random.below(3));
  binding.rows = static_cast<std::int64_t>(random.below(1000)) * binding.images;
  binding.cols = 1 + static_cast<std::int64_t>(random.below(4));
  binding.shape = random_text(random);
  binding.type = random_text(random);
  binding.channels_first = random.chance(0.5);
  binding.scales.assign(random.chance(0.5) ? 1 : static_cast<std::size_t>(binding.cols),
                        random.real() + 1e-9);
  binding.zeros.assign(random.chance(0.5) ? 1 : static_cast<std::size_t>(binding.cols), random.real() - 0.5);
  return binding;
}

}  // namespace

Trace random_trace(Random& random) {
  Trace t;
  t.tool = random_text(random);
  t.workload = random_text(random);
  t.weights = random_text(random);
  t.synthetic = random.chance(0.5);
  t.reading.rule = static_cast<ReadingRule>(random.below(6));
  t.reading.rounding = random_text(random);
  t.reading.step = random.real() + 1e-9;
  t.reading.zero_point = random.real() - 0.5;
  t.reading.least = -static_cast<double>(random.below(100));
  t.reading.most = static_cast<double>(random.below(100));
  t.reading.byte.num = random.real() + 1e-9;
  t.reading.byte.den = 1 / (random.real() + 1e-200);
  for (std::uint64_t i = random.below(4); i > 0; --i) t.reading.byte.means.push_back(random.real() - 0.5);
  for (std::uint64_t i = random.below(4); i > 0; --i)
    t.reading.byte.deviations.push_back(random.real() + 1e-9);
  for (std::uint64_t i = random.below(4); i > 0; --i) t.machine += "| line: \"\\\"\n\n";
  t.compulsory_bytes = random.next();
  t.dram_bytes = random.next();
  t.fp32_weight_bytes = random.next();
  t.input = random_binding(random);
  for (std::uint64_t i = random.below(3); i > 0; --i) t.outputs.push_back(random_binding(random));
  t.outputs.push_back(random_binding(random));
  for (std::uint64_t i = random.below(3); i > 0; --i) t.states.push_back(random_binding(random));
  for (std::uint64_t i = random.below(4); i > 0; --i)
    t.vocabulary.push_back(std::to_string(i) + random_text(random));
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    t.layers.push_back({random_text(random), random_text(random), random_text(random), random.next(),
                        random.next(), random.next(), random.next(), random.next(),
                        static_cast<Format>(random.below(format_count)),
                        static_cast<Format>(random.below(format_count)), random.next(), random.next(),
                        random.next(), random.next(), random.next(), random.next(), random.next()});
  }
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    t.tensors.push_back({random_text(random), random_text(random), random_text(random), random.next(),
                         static_cast<Memory>(random.below(memory_count)),
                         static_cast<std::uint32_t>(random.next()), static_cast<std::uint32_t>(random.next()),
                         random.next(), random.next(), random_text(random)});
  }
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    t.symbols.push_back(
        {random_text(random), static_cast<Memory>(random.below(memory_count)), random.next(), random.next()});
  }
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    const Region region = {static_cast<Memory>(random.below(memory_count)),
                           static_cast<Format>(random.below(format_count)),
                           random.next(),
                           random.next(),
                           natural(random),
                           natural(random),
                           natural(random)};
    t.checkpoints.push_back({static_cast<std::uint32_t>(random.next()),
                             static_cast<std::uint32_t>(random.next()), region, natural(random),
                             natural(random), random_integers(random), random_integers(random)});
  }
  for (std::uint64_t i = random.below(12); i > 0; --i) {
    t.code.push_back(random_instruction(random, random.below(kinds)));
    t.code.back().layer = static_cast<std::uint32_t>(random.next());
    t.code.back().step = static_cast<std::uint32_t>(random.below(3));
  }
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    t.image.push_back({random.next(), random_bytes(random, 80)});
  }
  t.items = {random_text(random), random_text(random), random.next(), random_bytes(random, 100),
             random.next()};
  if (random.chance(0.5)) t.golden_crc = static_cast<std::uint32_t>(random.next());
  return t;
}

namespace {

std::uint64_t get(const Bytes& bytes, std::size_t at, int width) {
  std::uint64_t value = 0;
  for (int i = width; i-- > 0;) value = value << 8U | bytes[at + static_cast<std::size_t>(i)];
  return value;
}

}  // namespace

void put(Bytes& bytes, std::size_t at, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) {
    bytes.at(at + static_cast<std::size_t>(i)) = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

std::size_t section_start(const Bytes& bytes, const std::string& id) {
  std::size_t at = 12;
  while (std::string(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at) + 4) != id) {
    at += 16 + static_cast<std::size_t>(get(bytes, at + 4, 8));
  }
  return at + 16;
}

std::size_t section_size(const Bytes& bytes, const std::string& id) {
  return static_cast<std::size_t>(get(bytes, section_start(bytes, id) - 12, 8));
}

void mend_crcs(Bytes& bytes) {
  std::size_t at = 12;
  while (bytes.size() >= at + 16) {
    const std::uint64_t size = get(bytes, at + 4, 8);
    if (size > bytes.size() - at - 16) return;
    put(bytes, at + 12, crc32(std::span(bytes).subspan(at + 16, static_cast<std::size_t>(size))), 4);
    at += 16 + static_cast<std::size_t>(size);
  }
}

}  // namespace tricycle::test
