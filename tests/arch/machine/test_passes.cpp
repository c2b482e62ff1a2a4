// SPDX-License-Identifier: Apache-2.0
// Passes of several vector instructions (rule V8), on the small machine of test_timing.cpp with lanes for
// four: a vector instruction starts in 3 and takes in 4 values a cycle, with a latency of 3.
#include "arch/isa/defects.hpp"
#include "arch/isa/meaning.hpp"
#include "support/diagnostics.hpp"
#include "tests/arch/machine/every_way.hpp"
#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

using Ends = std::vector<std::uint64_t>;

MachineSpec chaining(MachineSpec spec = small_machine()) {
  spec.vector.chain = 4;
  return spec;
}

/// An instruction whose results go on alone, and one on the results of the one before.
template <class I>
I forwarding(I i) {
  i.chain = Chaining::forwards;
  i.result = i.result_line_stride = 0;
  return i;
}
template <class I>
I on_lanes(I i, Format format = Format::int8) {
  i.memory = Memory::lanes;
  i.source_format = format;
  i.address = 1;
  i.line_stride = 0;
  return i;
}
isa::Lookup lookup_of(std::uint32_t cols, std::uint8_t interpolate) {
  auto lookup = vector_of<isa::Lookup>(1, cols, Format::int8);
  lookup.interpolate = interpolate;
  return lookup;
}
Ends ends_of(const Program& program, const MachineSpec& spec = chaining()) {
  return completions(spec, program);
}

/// Each instruction of a pass by itself: it takes from memory what came from lanes, writes its results to a
/// place of their own, from `scratch` on, and from there a copy takes them to where the pass writes them.
Program one_by_one(const Program& pass, const MachineSpec& spec) {
  constexpr std::uint32_t scratch = 16384, room = 1024;
  Program program;
  for (std::size_t k = 0; k < pass.size(); ++k) {
    std::visit(
        [&](auto i) {
          if constexpr (requires { i.chain; }) {
            const auto from_scratch = [&](Format format, std::uint32_t& address,
                                          std::uint32_t& position_stride, std::uint32_t& line_stride) {
              address = scratch + room * (static_cast<std::uint32_t>(k) - address);
              position_stride = bytes_of(format, i.cols, spec);
              line_stride = i.columns * position_stride;
            };
            if (i.memory == Memory::lanes) {
              i.memory = Memory::activation;
              from_scratch(i.source_format, i.address, i.position_stride, i.line_stride);
            }
            if constexpr (requires { i.second; }) {
              if (i.second == Second::lanes) {
                i.second = Second::tensor;
                from_scratch(i.second_format, i.second_address, i.second_position_stride,
                             i.second_line_stride);
              }
            }
            if constexpr (requires { i.third; }) {
              if (i.third == Second::lanes) {
                i.third = Second::tensor;
                from_scratch(i.third_format, i.third_address, i.third_position_stride, i.third_line_stride);
              }
            }
            isa::Copy copy;
            one_tap(copy, i.lines, i.columns);
            copy.memory = Memory::activation;
            copy.cols = i.cols;
            copy.source_format = copy.format = i.format;
            copy.address = scratch + room * static_cast<std::uint32_t>(k);
            copy.position_stride = bytes_of(i.format, i.cols, spec);
            copy.line_stride = i.columns * copy.position_stride;
            copy.result = i.result;
            copy.first = i.first;
            copy.result_position_stride = i.result_position_stride;
            copy.result_line_stride = i.result_line_stride;
            const bool is_written = i.chain != Chaining::forwards;
            i.chain = Chaining::ends;
            i.first = 0;
            i.result = copy.address;
            i.result_position_stride = copy.position_stride;
            i.result_line_stride = copy.line_stride;
            program.push_back(make(i));
            if (is_written) program.push_back(make(copy));
          }
        },
        pass[k].operation);
  }
  return program;
}

/// The memories after instructions, up to the place for intermediate results.
std::vector<std::uint8_t> activations_after(const Program& program, const MachineSpec& spec) {
  Memories memories(spec, dram_bytes);
  fill(memories, 7);
  for (const Instruction& instruction : program) execute(instruction, spec, memories);
  memories.activation.resize(16384);
  return memories.activation;
}

}  // namespace

TEST_CASE("V8: two lookups of 8 values take 4 cycles in one pass, where they take 8 in two") {
  const isa::Lookup lookup = lookup_of(8, 1);
  // Each of 8 values reads two points in lanes for four. The second starts a cycle later, in 4, and begins
  // the intake of both.
  CHECK(ends_of({make(lookup), make(lookup), halt()}) == Ends{2 + 4 + 3, 2 + 4 + 4 + 3});
  const Program pass = {make(forwarding(lookup)), make(on_lanes(lookup)), halt()};
  CHECK(ends_of(pass) == Ends{3 + 4 + 3, 3 + 4 + 3});
}

TEST_CASE("V8: a pass takes in for as long as its slowest instruction: of 8 values 4 cycles, of 9 values 6") {
  const auto ends = [](std::uint32_t cols) {
    return ends_of({make(forwarding(copy_of(1, cols))), make(forwarding(on_lanes(lookup_of(cols, 1)))),
                    make(on_lanes(copy_of(1, cols))), halt()});
  };
  CHECK(ends(8) == Ends(3, 4 + 4 + 3));
  CHECK(ends(9) == Ends(3, 4 + 6 + 3));
}

TEST_CASE("V8: an operand from lanes takes no cycle, one from memory takes one for each 4 values") {
  auto multiply = on_lanes(vector_of<isa::Multiply>(1, 8, Format::int8));
  multiply.second = Second::lanes;
  multiply.second_format = Format::int8;
  multiply.second_address = 1;
  const Instruction first = make(forwarding(copy_of(1, 8)));
  CHECK(ends_of({first, make(multiply), halt()}) == Ends(2, 3 + 2 + 3));
  multiply.second = Second::tensor;
  multiply.second_line_stride = 8;
  CHECK(ends_of({first, make(multiply), halt()}) == Ends(2, 3 + 4 + 3));
}

TEST_CASE("V8: tables of a pass are read one after the other, 17 bytes a channel through 192 bits a cycle") {
  isa::Scale scale = scale_of(1, 4);
  scale.per_channel = 1;
  CHECK(ends_of({make(forwarding(copy_of(1, 4))), make(on_lanes(scale)), halt()}) == Ends(2, 3 + 3 + 1 + 3));
  CHECK(ends_of({make(forwarding(scale)), make(on_lanes(scale)), halt()}) == Ends(2, 3 + 6 + 1 + 3));
}

TEST_CASE(
    "V8: a pass begins when the last of its instructions has what it waits for, and posts when it is done") {
  // The load completes in 29, so the second copy starts in 30; the store waits for the first one.
  const Program program = {make(load_of(1, 16), {}, set_of({Engine::vector})),
                           make(forwarding(copy_of(1, 4)), {}, set_of({Engine::store})),
                           make(on_lanes(copy_of(1, 4)), set_of({Engine::load})),
                           make(store_of(1, 16), set_of({Engine::vector})), halt()};
  const Ends ends = ends_of(program);
  CHECK(ends[1] == ends[0] + 1 + 1 + 3 - 1);
  CHECK(ends[2] == ends[1]);
  CHECK(ends[3] > ends[2]);
}

TEST_CASE("V8: a pass of 5 instructions is a run error where 'vector.chain' is 4, and one of 4 runs") {
  const auto error_of = [](std::size_t count) {
    Program pass(count, make(forwarding(copy_of(1, 4))));
    pass.back() = make(copy_of(1, 4));
    pass.push_back(halt());
    return simulate(chaining(), pass, {}, [](Elaboration& machine) -> std::string {
      try {
        machine.run();
      } catch (const RunError& error) {
        return error.what();
      }
      return "no error";
    });
  };
  CHECK(error_of(4) == "no error");
  CHECK(error_of(5) == "instruction 4 (copy) is number 5 of its pass; 'vector.chain' is 4");
}

TEST_CASE(
    "V8: what goes from lane to lane moves no bit in memory, and is counted for each register on its way") {
  isa::Multiply multiply = on_lanes(vector_of<isa::Multiply>(1, 8, Format::int8));
  multiply.address = 2;
  multiply.second = Second::lanes;
  multiply.second_format = Format::int8;
  multiply.second_address = 1;
  const Program pass = {make(forwarding(copy_of(1, 8))), make(forwarding(copy_of(1, 8))), make(multiply),
                        halt()};
  const CounterSet events = simulate(chaining(), pass, {}, [](Elaboration& machine) {
    CounterSet sum;
    for (const LayerStep& entry : machine.run().layer_steps) sum += entry.events;
    return sum;
  });
  CHECK(events[Counter::vector_forwarded_bits] == 8 * 8 * 2 + 8 * 8 * 1);
  CHECK(events[Counter::activation_memory_reads] == 0);
  CHECK(events[Counter::activation_memory_writes] == 4);      // 64 bits through 16
  CHECK(events[Counter::accumulator_memory_reads] == 2 * 4);  // 8 sums of 32 bits each through 64
}

TEST_CASE("1,000 random passes give what their instructions give one by one") {
  Random random(41);
  std::size_t forwarded = 0;
  for (int n = 0; n < 1000; ++n) {
    MachineSpec spec = chaining(random_machine(random));
    spec.activation_memory.size_KiB = 32;
    spec.activation_memory.ping_pong = false;
    const Program pass = random_pass(random, spec);
    for (const Instruction& i : pass) forwarded += chain_of(i) == Chaining::forwards ? 1 : 0;
    for (const Instruction& i : pass) REQUIRE(defect_of(i, spec).empty());
    REQUIRE(activations_after(pass, spec) == activations_after(one_by_one(pass, spec), spec));
  }
  CHECK(forwarded > 500);
}

TEST_CASE(
    "200 random programs with passes give the same in lockstep, and the memories of their untimed "
    "execution") {
  Random random(42);
  for (int n = 0; n < 200; ++n) {
    const MachineSpec spec = chaining(random_machine(random));
    const Program program = random_program(random, spec);
    check_every_way(spec, program);
  }
}
