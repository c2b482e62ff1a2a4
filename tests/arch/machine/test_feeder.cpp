// SPDX-License-Identifier: Apache-2.0
// The rules F1 to F6 of docs/timing.md. The machine `cutie`: three pixels per cycle, 3 cycles besides the
// words of a weight load, 2 cycles from the last window to the feeder's rest and 2 to the next start; fetch
// 2, so that the first matmul starts in 3; 3 x 3 windows of 96 channels, whose weights are 9 x 2 words.
#include "arch/units/array/feeder.hpp"

#include <fmt/format.h>

#include <regex>
#include <set>

#include "arch/machine/elaboration.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using tricycle::test::message_of;

namespace {

using Program = std::vector<Instruction>;

MachineSpec cutie() {
  return read_machine("cutie");
}

Instruction make(const Operation& operation) {
  Instruction instruction;
  instruction.operation = operation;
  return instruction;
}

/// A padded 3 x 3 convolution of a width x height image.
isa::Matmul conv(std::uint32_t width, std::uint32_t height, std::uint32_t channels = 96,
                 std::uint32_t cols = 96, std::uint16_t stride = 1) {
  isa::Matmul i;
  i.datapath = Datapath::ternary_planes;
  i.activation_format = i.weight_format = Format::planes;
  i.im2col = 1;
  i.kernel_h = i.kernel_w = 3;
  i.dilation_y = i.dilation_x = 1;
  i.stride_y = i.stride_x = stride;
  i.pad_top = i.pad_left = 1;
  i.in_lines = height;
  i.in_columns = width;
  i.lines = (height + stride - 1U) / stride;
  i.columns = (width + stride - 1U) / stride;
  i.elements = channels;
  i.cols = cols;
  i.position_stride = (channels + 47) / 48 * 12;
  i.line_stride = width * i.position_stride;
  i.weight_stride = 9 * i.position_stride;
  i.sum_stride = 4 * cols;
  return i;
}

/// What a timing-only run takes; the run in lockstep gives the same cycles and the same times of all units.
Inference run(const MachineSpec& spec, Program program) {
  program.push_back(make(isa::Halt{}));
  Inference inferences[2];
  for (const bool lockstep : {false, true}) {
    MachineOptions options;
    options.functional = false;
    options.lockstep = lockstep;
    inferences[lockstep ? 1 : 0] = Elaboration(spec, program, 1, 1 << 16, options).run();
  }
  CHECK(inferences[0].status == RunStatus::finished);
  CHECK(inferences[0].cycles == inferences[1].cycles);
  CHECK(inferences[0].units == inferences[1].units);
  return inferences[0];
}

std::uint64_t cycles_of(const MachineSpec& spec, const Program& program) {
  return run(spec, program).cycles;
}

const UnitTimes& unit_of(const Inference& inference, const std::string& name) {
  for (const UnitTimes& unit : inference.units) {
    if (unit.name == name) return unit;
  }
  throw std::runtime_error("no unit " + name);
}

/// A padded 3 x 3 window over an image of lines x columns.
FeedShape padded(std::int64_t lines, std::int64_t columns) {
  FeedShape shape;
  shape.in_lines = shape.lines = lines;
  shape.in_columns = shape.columns = columns;
  shape.extent_y = shape.extent_x = 3;
  shape.pad_top = shape.pad_left = 1;
  shape.pixels = 3;
  shape.drain_cycles = 2;
  return shape;
}

/// Pixels written, or windows read, after each of the first steps.
template <class Count>
std::vector<std::int64_t> counts(const FeedShape& shape, int steps, Count count) {
  LineBuffer buffer(shape);
  std::vector<std::int64_t> list;
  for (int i = 0; i < steps; ++i) {
    buffer.step(true);
    list.push_back(count(buffer));
  }
  return list;
}
std::vector<std::int64_t> pixels(const FeedShape& shape, int steps) {
  return counts(shape, steps, [](const LineBuffer& b) { return b.pixels(); });
}
std::vector<std::int64_t> windows(const FeedShape& shape, int steps) {
  return counts(shape, steps, [](const LineBuffer& b) { return b.windows(); });
}

using List = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("F1: three pixels are written per cycle, on into the next line where it may be, else to its end") {
  CHECK(pixels(padded(8, 8), 4) == List{3, 6, 9, 12});
  FeedShape narrow = padded(4, 2);  // a line is shorter than a write
  CHECK(pixels(narrow, 2) == List{2, 4});
  narrow.pixels = 2;
  CHECK(pixels(narrow, 2) == List{2, 4});
}

TEST_CASE("F1: a memory that delivers three pixels in two cycles takes two for each write, at 576 bits one") {
  FeedShape slow = padded(8, 8);
  slow.fetch_cycles = 2;
  CHECK(pixels(slow, 5) == List{3, 3, 6, 6, 9});
  MachineSpec spec = cutie();
  CHECK(feed_shape_of(conv(8, 8), spec).fetch_cycles == 1);  // 3 x 96 x 2 bits
  spec.activation_memory.width_bits = 95;
  CHECK(feed_shape_of(conv(8, 8), spec).fetch_cycles == 2);
}

TEST_CASE(
    "F1: with stride 2 the writer sets the pace: 375 cycles for 32 x 32, more with two pixels per cycle") {
  MachineSpec spec = cutie();
  CHECK(cycles_of(spec, {make(conv(32, 32, 96, 96, 2))}) == 375);
  spec.array.feeder.pixels_per_cycle = 2;
  CHECK(cycles_of(spec, {make(conv(32, 32, 96, 96, 2))}) > 32 * 32 / 2);
  spec.array.feeder.pixels_per_cycle = 4;  // from this memory in two cycles, from a wider one in one
  CHECK(cycles_of(spec, {make(conv(32, 32, 96, 96, 2))}) > 32 * 32 / 2);
  spec.activation_memory.width_bits = 128;
  CHECK(cycles_of(spec, {make(conv(32, 32, 96, 96, 2))}) < 375);
}

TEST_CASE("F2: a window takes the array for the cycles of its steps: 256 windows, 256 or 512 cycles") {
  FeederRuns feeder;
  FeedShape shape = padded(16, 16);
  CHECK(feeder.cycles_to_rest(shape, 21) == 22 + 256 - 1 + 2);
  shape.hold_cycles = 2;
  CHECK(feeder.cycles_to_rest(shape, 21) == 22 + 512 - 1 + 2);
  MachineSpec spec = cutie();
  CHECK(cycles_of(spec, {make(conv(16, 16))}) == 3 + 279 + 1);
  spec.accumulator_memory.width_bits = 16;  // the sums of a window take two cycles
  CHECK(cycles_of(spec, {make(conv(16, 16))}) == 3 + 535 + 1);
}

TEST_CASE("F2: the array is busy in the cycles of windows and stalls in the others until the rest") {
  const Inference one = run(cutie(), {make(conv(16, 16))});
  CHECK(unit_of(one, "array").busy == 256);
  CHECK(unit_of(one, "popcount").busy == 256);
  CHECK(unit_of(one, "array").stall == 279 - 256);  // from the start in 3 to the rest in 282
}

TEST_CASE("F3: a window may be read when its last pixel was there at the beginning of the cycle before") {
  // The first window of 8 columns needs pixel (1, 1), the tenth: the fourth write brings it (12 pixels), it
  // is there at the beginning of the fifth step, and the sixth reads.
  CHECK(windows(padded(8, 8), 7) == List{0, 0, 0, 0, 0, 1, 2});
  FeedShape one = padded(8, 8);
  one.pixels = 1;  // the tenth write, the eleventh step decides, the twelfth reads
  CHECK(windows(one, 12) == List{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

TEST_CASE("F3: writing stops a line ahead of the windows until two writes are free behind the reader") {
  FeedShape shape = padded(32, 32);
  LineBuffer buffer(shape);
  for (int i = 0; i < 100; ++i) buffer.step(false);  // no window is read: lines 0 and 1 fill
  CHECK(buffer.pixels() == 64);
  for (int i = 0; i < 8; ++i) buffer.step(true);
  CHECK(buffer.windows() == 7);  // the next one's first column is 6, two writes beyond the writer: the
  CHECK(buffer.pixels() == 64);  // next cycle writes
  buffer.step(true);
  CHECK(buffer.pixels() == 67);
  buffer.step(true);  // decided with the writer still seen at column 0
  CHECK(buffer.pixels() == 70);
  buffer.step(true);  // column 8 less 3 is 5
  CHECK(buffer.pixels() == 70);
}

TEST_CASE("F3: images from 3 x 3 to 9 x 9 take 38, 47, 58, 71, 86, 97 and 108 cycles") {
  std::uint32_t width = 3;
  for (const std::uint64_t cycles : {38U, 47U, 58U, 71U, 86U, 97U, 108U}) {
    CHECK(cycles_of(cutie(), {make(conv(width, width))}) == cycles);
    ++width;
  }
}

TEST_CASE("F3: every run ends with all windows read and no pixel written twice") {
  for (std::int64_t lines : {1, 2, 3, 5, 9}) {
    for (std::int64_t columns : {1, 2, 3, 4, 7, 11}) {
      for (std::int64_t code = 0; code < 1 << 12; ++code) {
        FeedShape shape;
        shape.in_lines = lines;
        shape.in_columns = columns;
        shape.extent_y = 1 + code % 4 + code / 4 % 2 * 3;
        shape.extent_x = 1 + code / 8 % 4;
        shape.stride_y = 1 + code / 32 % 3 % 2;
        shape.stride_x = 1 + code / 64 % 4 % 3;
        const std::int64_t pad = code / 256 % 2;
        shape.pad_top = pad * (shape.extent_y / 2);
        shape.pad_left = pad * (shape.extent_x / 2);
        shape.lines =
            std::max<std::int64_t>(1, (lines + 2 * shape.pad_top - shape.extent_y) / shape.stride_y + 1);
        shape.columns =
            std::max<std::int64_t>(1, (columns + 2 * shape.pad_left - shape.extent_x) / shape.stride_x + 1);
        shape.pixels = 1 + code / 512 % 4;
        shape.hold_cycles = 1 + code / 2048 % 2 * 2;
        shape.fetch_cycles = 1 + code / 1024 % 2;
        LineBuffer buffer(shape);
        std::int64_t steps = 0;
        while (!buffer.at_rest() && ++steps < 10'000) buffer.step(steps >= 5);
        REQUIRE(steps < 10'000);
        REQUIRE(buffer.windows() == shape.lines * shape.columns);
        REQUIRE(buffer.pixels() <= lines * columns);
      }
    }
  }
}

TEST_CASE("F4: windows wait for 3 cycles and a word for each tap and 48 channels: 18 of 49 to 96, 9 of 48") {
  CHECK(cycles_of(cutie(), {make(conv(16, 16, 96))}) == 283);
  CHECK(cycles_of(cutie(), {make(conv(16, 16, 49))}) == 283);
  CHECK(cycles_of(cutie(), {make(conv(16, 16, 48))}) == 283 - 9);
  MachineSpec spec = cutie();
  spec.array.feeder.weight_latency_cycles = 4;
  CHECK(cycles_of(spec, {make(conv(16, 16))}) == 284);
  spec.array.dataflow = Dataflow::output_stationary;  // nothing is loaded: only the fill
  spec.weight_memory.width_bits = 1728;
  // Eight fetches bring pixel (1, 1) of 16 columns, the seventh (the 21st pixel): step 9 reads.
  CHECK(cycles_of(spec, {make(conv(16, 16))}) == 3 + 8 + 256 + 2);
}

TEST_CASE(
    "F4: the weights of a matmul behind are loaded instead, and it loads none itself when it is the last") {
  const auto both = [](std::uint32_t first, std::uint32_t second) {
    return cycles_of(cutie(), {make(conv(16, 16, first)), make(conv(16, 16, second))});
  };
  CHECK(both(96, 96) == 550);
  CHECK(both(48, 96) == 550);
  CHECK(both(96, 48) == 550 - 9);
  CHECK(cycles_of(cutie(), Program(4, make(conv(16, 16)))) == 550 + 2 * 281);
}

TEST_CASE("F4: a matmul that waits for a semaphore is not there yet: both load their own") {
  Instruction second = make(conv(16, 16));
  second.wait.add(Engine::load);
  Instruction load = make(isa::Load{Memory::weight, 100'000, 16, 0, 16, 1, 16});
  load.post.add(Engine::array);
  // The load is dispatched in 3 and long done when the first matmul rests in 3 + 279.
  CHECK(cycles_of(cutie(), {make(conv(16, 16)), load, second}) == 3 + 279 + 2 + 279 + 1);
}

TEST_CASE("F5: 97 columns take a second round over the image with its own load, 96 do not") {
  CHECK(cycles_of(cutie(), {make(conv(16, 16, 96, 96))}) == 3 + 279 + 1);
  CHECK(cycles_of(cutie(), {make(conv(16, 16, 96, 97))}) == 3 + 279 + 2 + 279 + 1);
}

TEST_CASE("F6: sums are complete depth_cycles after the last window; the next start waits for the rest") {
  const Program one = {make(conv(16, 16))}, two = {make(conv(16, 16)), make(conv(16, 16))};
  MachineSpec spec = cutie();
  spec.array.depth_cycles = 3;
  CHECK(cycles_of(spec, one) == 284);
  CHECK(cycles_of(spec, two) == 551);
  spec = cutie();
  spec.array.feeder.drain_cycles = 3;
  CHECK(cycles_of(spec, one) == 283);
  CHECK(cycles_of(spec, two) == 551);
  spec = cutie();
  spec.array.feeder.restart_cycles = 3;
  CHECK(cycles_of(spec, two) == 551);
  spec.array.feeder.restart_cycles = 0;
  spec.array.feeder.drain_cycles = 1;
  CHECK(cycles_of(spec, two) == 550 - 3);
}

TEST_CASE(
    "F6: lines below the last window are written before the feeder rests: 930 cycles of 32 x 32 unpadded") {
  isa::Matmul i = conv(32, 32);
  i.pad_top = i.pad_left = 0;
  i.lines = i.columns = 30;
  CHECK(cycles_of(cutie(), {make(i)}) == 930);
}

TEST_CASE("a line buffer in front of two rows is refused, with the place") {
  const std::string text =
      "name: two\nclock_MHz: 100\narray:\n  rows: 2\n  cols: 3\n  word_bits: 16\n"
      "  feeder: {kind: line_buffer}\n"
      "weight_memory: {size_KiB: 6}\nactivation_memory: {size_KiB: 4}\n"
      "accumulator_memory: {size_KiB: 6}\ninstruction_memory: {size_KiB: 16, width_bits: 1024}\n";
  CHECK(message_of([&] { static_cast<void>(read_machine(parse_document(text, "two.yaml"))); }) ==
        "two.yaml:4:9: error: a line buffer feeds one window at a time: 'rows' must be 1, not 2");
}

TEST_CASE("each rule of the section Feeder of docs/timing.md has a test that bears its label") {
  const std::string source = TRICYCLE_TEST_SOURCE;
  const auto labels = [](const std::string& text, const std::string& pattern) {
    std::set<std::string> found;
    const std::regex regex(pattern);
    for (auto at = std::sregex_iterator(text.begin(), text.end(), regex); at != std::sregex_iterator(); ++at)
      found.insert((*at)[1]);
    return found;
  };
  const auto rules = labels(read_text(source + "/docs/timing.md", 1 << 20), R"(\n\| (F[0-9]) \|)");
  const auto tested =
      labels(read_text(source + "/tests/arch/machine/test_feeder.cpp", 1 << 20), R"(TEST_CASE\("(F[0-9]):)");
  CHECK(rules == tested);
  CHECK(rules.size() == 6);
}
