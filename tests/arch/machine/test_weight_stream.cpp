// SPDX-License-Identifier: Apache-2.0
// Weights that stream from DRAM into the array (rules D9 and A12), on the small machine: the load starts in 3
// and asks for its first 16 bytes in 7, which it sees answered in 30; the matmul starts in 4. A word of its
// three columns is 6 bytes.
#include <set>

#include "arch/datapath/packing.hpp"
#include "arch/datapath/trits.hpp"
#include "arch/isa/bank_reads.hpp"
#include "arch/isa/defects.hpp"
#include "arch/isa/meaning.hpp"
#include "arch/isa/vector_time.hpp"
#include "arch/params/parts.hpp"
#include "arch/params/weight_stream.hpp"
#include "arch/units/array/stream_walk.hpp"
#include "tests/arch/machine/every_way.hpp"
#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

using Ends = std::vector<std::uint64_t>;

MachineSpec streaming(MachineSpec spec = small_machine(), std::int64_t bytes = 256) {
  spec.weight_stream.bytes = bytes;
  return spec;
}

/// What brings the block of a streamed matmul as it lies in DRAM.
isa::Load block_for(const isa::Matmul& matmul, const MachineSpec& spec) {
  const auto bytes =
      static_cast<std::uint32_t>(streamed_bytes(spec.array, shape_of(matmul), matmul.weight_format));
  return {Memory::stream, 0, 0, 4096, bytes, 1, bytes};
}
Program streamed_program(const isa::Matmul& matmul, const MachineSpec& spec) {
  return {make(block_for(streamed(matmul), spec)), make(streamed(matmul)), halt()};
}
/// The cycles in which the load and the matmul complete.
Ends ends_of(const isa::Matmul& matmul, const MachineSpec& spec = streaming()) {
  return completions(spec, streamed_program(matmul, spec));
}

CounterSet events_of_run(const MachineSpec& spec, const Program& program) {
  return simulate(spec, program, {}, [](Elaboration& machine) { return machine.run().events(); });
}

/// The elements of a matmul's weights in the order of the steps, one by one.
std::vector<std::int32_t> in_order(const isa::Matmul& i, const MachineSpec& spec,
                                   const std::vector<std::vector<std::int32_t>>& channels) {
  const Geometry g = geometry_of(spec.array, shape_of(i));
  const std::size_t taps = i.im2col != 0 ? 1 : std::size_t{i.kernel_h} * i.kernel_w;
  const std::size_t each = channels[0].size() / taps, lanes = static_cast<std::size_t>(g.lanes);
  std::vector<std::int32_t> order;
  for (std::size_t first = 0; first < channels.size(); first += static_cast<std::size_t>(g.cols)) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      for (std::size_t e = 0; e < each; e += lanes) {
        for (std::size_t c = first; c < std::min(channels.size(), first + static_cast<std::size_t>(g.cols));
             ++c) {
          for (std::size_t k = e; k < std::min(each, e + lanes); ++k)
            order.push_back(channels[c][tap * each + k]);
        }
      }
    }
  }
  return order;
}

/// A random machine into which weights stream.
MachineSpec random_streaming_machine(Random& random) {
  MachineSpec spec = random_machine(random);
  spec.array.dataflow = Dataflow::output_stationary;
  spec.array.feeder.kind = FeederKind::none;
  spec.array.zero_skip = ZeroSkip::none;
  spec.weight_stream.bytes = random.between(64, 1024);
  return spec;
}

}  // namespace

TEST_CASE(
    "A12: a streamed word is fed in the cycle after the load engine has seen it, as a semaphore would let "
    "it") {
  // One word of 6 bytes is there in 30, fed in 31, its sums are complete five cycles later.
  CHECK(ends_of(matmul_of(2, 3, 1)) == Ends{30, 31 + 5});
  const isa::Matmul matmul = matmul_of(2, 3, 1);
  const Program stopping = {make(load_of(1, 6), {}, set_of({Engine::array})),
                            make(matmul, set_of({Engine::load})), halt()};
  CHECK(completions(streaming(), stopping) == Ends{30, 31 + 5});
}

TEST_CASE("A12: the third word of 6 bytes waits for the second burst of 16, which brings its last two") {
  const auto end = [](double bytes_per_cycle, std::uint32_t words) {
    MachineSpec spec = streaming();
    spec.dram.bytes_per_cycle = bytes_per_cycle;
    return ends_of(matmul_of(2, 3, words), spec)[1] - 5;  // the last step
  };
  CHECK(end(16, 4) == 34);  // the second burst is seen by the array in 32, before its word's turn
  // At 2 bytes a cycle the bursts of 16 and 8 move in 8 to 15 and 16 to 19: seen in 37 and 41.
  CHECK(end(2, 2) == 37);  // 12 bytes in one burst move in 8 to 13
  CHECK(end(2, 4) == 43);  // words in 38, 39, 42, 43
  CHECK(end(2, 3) == 40);  // 18 bytes: the last burst, of 2, moves in 16 and is seen in 38
}

TEST_CASE("A12: a group of columns takes what its sums need to leave, and waits count in it") {
  // 6 sums of 32 bits through 96 bits a cycle are 2 cycles; at 32 bits they are 6.
  const auto ends = [](std::int64_t width_bits, std::uint32_t words) {
    MachineSpec spec = streaming();
    spec.accumulator_memory = {.size_KiB = 6, .banks = 1, .width_bits = width_bits};
    return ends_of(matmul_of(2, 6, words), spec)[1] - 30;
  };
  CHECK(ends(96, 2) == 2 + 2 + 5);
  CHECK(ends(95, 2) == 3 + 3 + 5);
  CHECK(ends(95, 3) == 3 + 3 + 5);
}

TEST_CASE("A12: words of a streamed matmul come from no other memory, and those of activations as ever") {
  const auto last_step = [](std::int64_t weight_bits, std::int64_t activation_banks) {
    MachineSpec spec = streaming();
    spec.weight_memory.width_bits = weight_bits;
    spec.activation_memory.banks = activation_banks;
    return ends_of(matmul_of(2, 3, 4), spec)[1] - 5;
  };
  CHECK(last_step(64, 16) == 34);
  CHECK(last_step(1, 2) == 34);
  CHECK(last_step(64, 1) == 38);  // two cycles for each of four words
}

TEST_CASE("A12: the decoder in front of the PEs takes as long for words that stream as for others") {
  const auto last_step = [](std::int64_t rate) {
    MachineSpec spec = streaming();
    spec.decoder.array = true;
    spec.array.decoder_elements_per_cycle = rate;
    isa::Matmul matmul = matmul_of(2, 3, 4);
    matmul.weight_format = Format::trit2;
    return completions(spec, streamed_program(matmul, spec))[1] - 5;
  };
  CHECK(last_step(24) == 34);  // 8 trits of three columns
  CHECK(last_step(23) == 38);
}

TEST_CASE("A12: a bitserial word of 2 x 3 planes comes once, and is fed in 6 passes") {
  MachineSpec spec = streaming(full_machine());
  isa::Matmul matmul = matmul_of(2, 3, 2, Datapath::bitserial);
  matmul.activation_format = Format::s2;
  matmul.weight_format = Format::s3;
  matmul.line_stride = 8;
  // 32 elements of 3 columns are 36 bytes, a word 18: two bursts for each, seen by the array in 31, 32
  // and 33.
  CHECK(ends_of(matmul, spec)[1] == 32 + 6 + 6 - 1 + 5);
  CHECK(events_of_run(spec, streamed_program(matmul, spec))[Counter::array_stream_bits] == 8 * 36);
}

TEST_CASE("A12: sums of a streamed matmul can go to the output stage, whose tables come first") {
  MachineSpec spec = streaming(staged_machine());
  spec.weight_memory = {.size_KiB = 6, .banks = 3, .width_bits = 16};  // 6 bytes of tables of a group
  isa::Threshold stage = threshold_of(2, 6, 1);
  stage.per_channel = 1;
  const auto ends = [&](double bytes_per_cycle) {
    spec.dram.bytes_per_cycle = bytes_per_cycle;
    Program program = streamed_program(staged(matmul_of(2, 6, 2)), spec);
    program.insert(program.end() - 1, make(on_sums(stage)));
    return completions(spec, program);
  };
  // The stage starts in 5, so the matmul in 6: the first tables are there long before the words. The second
  // group's take a cycle behind the words of the first, in 31 and 32.
  CHECK(ends(16) == Ends{31, 31 + 2 + 1 + 2 + 5 - 1, 31 + 2 + 1 + 2 + 5 - 1 + 3});
}

TEST_CASE("A12: cycles in which a streamed matmul has no word are those of DRAM, all others the array's") {
  MachineSpec spec = streaming();
  spec.dram.bytes_per_cycle = 2;
  const auto reasons = simulate(spec, streamed_program(matmul_of(2, 3, 4), spec), {},
                                [](Elaboration& machine) { return machine.run().layer_steps[0].by_reason; });
  const auto cycles = [&](CycleReason reason) { return reasons[static_cast<std::size_t>(reason)]; };
  // It starts in 4 and feeds in 38, 39, 42 and 43.
  CHECK(cycles(CycleReason::dram) == 44 - 4 - 4);
  CHECK(cycles(CycleReason::mapped) + cycles(CycleReason::array) == 4);
}

TEST_CASE("D9: a burst is asked for while it fits beside what the array has not used: 23 bytes for 24 wait") {
  // Bursts of 16 and 8 bytes. With room for 24 the second is asked for in 8; with 23 when the array has used
  // the first word, in 31, which the load engine sees in 33; with 16 when it has used the second, a cycle
  // later.
  const auto ends = [](std::int64_t bytes) {
    return ends_of(matmul_of(2, 3, 4), streaming(small_machine(), bytes));
  };
  CHECK(ends(24) == Ends{31, 34 + 5});
  CHECK(ends(23) == Ends{33 + 23, 33 + 24 + 1 + 5});
  CHECK(ends(18) == Ends{33 + 23, 33 + 24 + 1 + 5});
  CHECK(ends(17) == Ends{34 + 23, 34 + 24 + 1 + 5});
  CHECK(ends(16) == Ends{34 + 23, 34 + 24 + 1 + 5});
}

TEST_CASE("D9: the block of the next matmul comes while there is room, behind the one at work") {
  const auto ends = [](std::int64_t bytes) {
    const MachineSpec spec = streaming(small_machine(), bytes);
    const isa::Matmul matmul = streamed(matmul_of(2, 3, 1));
    isa::Load second = block_for(matmul, spec);
    second.dram += 64;
    return completions(spec,
                       {make(block_for(matmul, spec)), make(matmul), make(second), make(matmul), halt()});
  };
  CHECK(ends(12) == Ends{30, 36, 35, 41});
  // In 8 the second transfer starts, which could ask in 12; the first word is used in 31, which is seen
  // in 33.
  CHECK(ends(11) == Ends{30, 36, 33 + 23, 33 + 24 + 5});
}

TEST_CASE("D9: what the load engine decodes is in the stream when the decoder has taken it") {
  // 96 trits in trit2, 16 of them in 4 bytes: all 24 bytes arrive in 31.
  const auto ends = [](std::int64_t rate) {
    MachineSpec spec = streaming();
    spec.decoder = {.load = true, .array = false, .elements_per_cycle = rate};
    const isa::Matmul matmul = streamed(matmul_of(2, 3, 4));
    const isa::Unpack unpack = {Memory::stream, 0, 0, 4096, 1, 24, Format::trit2, Format::planes, 1, 96};
    return completions(spec, {make(unpack), make(matmul), halt()});
  };
  CHECK(ends(96) == Ends{32, 35 + 5});
  CHECK(ends(24) ==
        Ends{34, 35 + 5});  // a word in each of 31, 32, 33 and 34, seen by the array a cycle later
  CHECK(ends(12) == Ends{38, 39 + 5});
}

TEST_CASE("D9: what streams behind a transfer to a memory is there when that has completed") {
  // The first load's burst wants a port of 8 bits for 16 cycles.
  const auto ends = [](std::int64_t width_bits) {
    MachineSpec spec = streaming();
    spec.weight_memory = {.size_KiB = 6, .banks = 1, .width_bits = width_bits};
    const isa::Matmul matmul = streamed(matmul_of(2, 3, 1));
    return completions(spec, {make(load_of(1, 16)), make(block_for(matmul, spec)), make(matmul), halt()});
  };
  CHECK(ends(128) == Ends{30, 35, 36 + 5});
  CHECK(ends(8) == Ends{45, 45, 46 + 5});
}

TEST_CASE("bits that stream are counted once, and no access of weight memory is") {
  const MachineSpec spec = streaming();
  const CounterSet events = events_of_run(spec, streamed_program(matmul_of(2, 6, 4), spec));
  CHECK(events[Counter::array_stream_bits] == 6 * 4 * 16);
  CHECK(events[Counter::load_bytes] == 48);
  CHECK(events[Counter::weight_memory_reads] == 0);
  CHECK(events[Counter::weight_memory_writes] == 0);
  CHECK(events[Counter::array_operand_bits] == 2 * 4 * 16 * (3 + 2));
}

TEST_CASE("the buffer is a part of 8 bits for each byte") {
  const auto bits = [](const MachineSpec& spec) {
    for (const Part& part : parts_of(spec)) {
      if (part.unit == UnitId::array && part.name == "stream_bits") return part.count;
    }
    return std::int64_t{-1};
  };
  CHECK(bits(small_machine()) == 0);
  CHECK(bits(streaming()) == 2048);
}

TEST_CASE("where all weights have come, 1,000 random matmuls take the cycles that tile_cycles says") {
  Random random(54);
  int staged_count = 0;
  for (int n = 0; n < 1000; ++n) {
    const MachineSpec spec = random_streaming_machine(random);
    const Program program = random_streamed(random, spec);
    const auto& matmul = std::get<isa::Matmul>(program[1].operation);
    const OutputRate rate = is_staged(program[1]) ? output_rate(program[2], spec) : OutputRate{};
    staged_count += rate.is_used() ? 1 : 0;
    const ProductShape shape = shape_of(matmul, rate);
    const StepTable steps = step_table(matmul, spec);
    StreamWalk walk(spec, shape, steps);
    Cycles now = 100, used = 0;
    while (!walk.is_over()) {
      now += walk.next(now).cycles;
      used += walk.take_used();
    }
    REQUIRE(now == 100 + static_cast<Cycles>(feed_cycles(spec, shape, steps)));
    REQUIRE(used == walk.bytes());
  }
  CHECK(staged_count > 100);
}

TEST_CASE("2,000 random matmuls give the same sums of weights that stream as of weights in memory") {
  Random random(51);
  std::set<Format> formats;
  for (int n = 0; n < 2000; ++n) {
    MachineSpec spec = random_streaming_machine(random);
    isa::Matmul matmul = random_matmul(random, spec);
    matmul.lines = 1;
    matmul.columns = std::min(matmul.columns, static_cast<std::uint32_t>(spec.array.rows));
    if (matmul.folding > 0) matmul.columns = 1;
    if (matmul.weight_format == Format::bitmap || is_float(matmul.weight_format)) continue;
    INFO(disassemble(make(matmul)));
    Memories apart(spec, dram_bytes), on_the_way(spec, dram_bytes);
    for (Memories* memories : {&apart, &on_the_way}) fill(*memories, static_cast<std::uint64_t>(n));
    const WeightRow row = weights_of(matmul);
    const auto bytes = static_cast<std::size_t>(weight_row(matmul, spec));
    std::vector<std::vector<std::int32_t>> channels;
    for (std::size_t c = 0; c < matmul.cols; ++c) {
      const auto stored = std::span(apart.weight).subspan(matmul.weights + c * matmul.weight_stride, bytes);
      if (is_stream(matmul.weight_format)) {
        for (auto& byte : stored) byte = static_cast<std::uint8_t>(byte % 243);
      }
      channels.push_back(unpack_weight_row(row, spec.array.word_bits, stored));
      pack_weight_row(row, spec.array.word_bits, channels.back(),
                      stored);  // with the masks that its trits have
    }
    const auto block = pack_row(matmul.weight_format, spec.array.word_bits, in_order(matmul, spec, channels));
    std::copy(block.begin(), block.end(), on_the_way.dram.begin() + 4096);
    const Instruction load = make(block_for(streamed(matmul), spec)), taking = make(streamed(matmul));
    REQUIRE(defect_of(load, spec).empty());
    REQUIRE(defect_of(taking, spec).empty());
    execute(make(matmul), spec, apart);
    execute(load, spec, on_the_way);
    execute(taking, spec, on_the_way);
    REQUIRE(on_the_way.streamed.empty());
    REQUIRE(on_the_way.accumulator == apart.accumulator);
    formats.insert(matmul.weight_format);
  }
  CHECK(formats.size() >= 12);
}

TEST_CASE("a block through the load engine's decoder is the block in the format behind it, from trit5 too") {
  Random random(52);
  const MachineSpec spec = [] {
    MachineSpec machine = streaming();
    machine.decoder.load = true;
    return machine;
  }();
  for (int n = 0; n < 100; ++n) {
    std::vector<std::int32_t> trits(
        static_cast<std::size_t>(random.between(1, 200'000 / (n % 10 == 0 ? 1 : 1000))));
    for (auto& trit : trits) trit = static_cast<std::int32_t>(random.between(-1, 1));
    const auto packed = pack_row(Format::trit5, 16, trits);
    Memories memories(spec, dram_bytes);
    std::copy(packed.begin(), packed.end(), memories.dram.begin());
    isa::Unpack unpack = {Memory::stream,
                          0,
                          0,
                          0,
                          1,
                          static_cast<std::uint32_t>(packed.size()),
                          Format::trit5,
                          Format::planes,
                          1,
                          static_cast<std::uint32_t>(trits.size())};
    execute(make(unpack), spec, memories);
    REQUIRE(memories.streamed.size() == 1);
    REQUIRE(unpack_row(Format::planes, 16, memories.streamed[0], std::ssize(trits)) == trits);
  }
}

TEST_CASE("a matmul takes the next block whole, or the run ends with an error") {
  const MachineSpec spec = streaming();
  const isa::Matmul matmul = streamed(matmul_of(2, 3, 4));
  isa::Load load = block_for(matmul, spec);
  load.row_bytes = 23;
  Memories memories(spec, dram_bytes);
  execute(make(load), spec, memories);
  CHECK(message_of([&] { execute(make(matmul), spec, memories); }) ==
        "takes 24 bytes of weights that stream, and the next block has 23");
}

TEST_CASE(
    "300 random programs with weights that stream give the same in lockstep, and their untimed memories") {
  Random random(53);
  std::size_t streamed_count = 0;
  for (int n = 0; n < 300; ++n) {
    const MachineSpec spec = random_streaming_machine(random);
    const Program program = random_program(random, spec);
    for (const Instruction& i : program) streamed_count += takes_stream(i) ? 1 : 0;
    INFO("program " << n);
    check_every_way(spec, program);
  }
  CHECK(streamed_count > 100);
}
