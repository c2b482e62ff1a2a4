// SPDX-License-Identifier: Apache-2.0
// The rules Z7 to Z9 of docs/timing.md: what skipping must know, and what that takes.
#include "arch/isa/defects.hpp"
#include "arch/units/control/events.hpp"
#include "tests/arch/machine/skipping.hpp"

using namespace tricycle;
using namespace tricycle::test;

TEST_CASE("Z7: a flag for 16 bits takes a 17th of a memory, and for 4 bits a fifth") {
  const auto fits = [](const MachineSpec& spec, Memory memory, std::uint32_t address) {
    return defect_of(make(isa::Load{memory, address, 8, 0, 8, 1, 8}), spec);
  };
  // 6144 x 16 / 17 is 5782.6, 4096 x 16 / 17 is 3855.06.
  const MachineSpec word = skipping(ZeroSkip::word);
  CHECK(fits(word, weight, 5776 - 8).empty());
  CHECK(fits(word, weight, 5776 - 7) == "'address' reaches outside the weight memory of 5776 bytes");
  CHECK(fits(word, activation, 3848 - 8).empty());
  CHECK(fits(word, activation, 3848 - 7) == "'address' reaches outside the activation memory of 3848 bytes");
  for (const ZeroSkip skip : {ZeroSkip::none, ZeroSkip::gating}) {
    CHECK(fits(skipping(skip), weight, 6144 - 8).empty());
    CHECK_FALSE(fits(skipping(skip), weight, 6144 - 7).empty());
  }
  CHECK(fits(stationary(), activation, 4096 - 8).empty());  // activations are not looked at
  CHECK(fits(one_lane(), weight, 4912 - 8).empty());        // 6144 x 4 / 5 is 4915.2
  CHECK_FALSE(fits(one_lane(), weight, 4912 - 7).empty());
  CHECK(fits(one_lane(), activation, 4096 - 8).empty());
}

TEST_CASE("Z7: 32 bytes are written with their 16 flags in one access more, 33 with 17 flags in two") {
  const auto writes = [](ZeroSkip skip, Memory memory, std::uint32_t bytes) {
    const CounterSet events =
        events_of(make(isa::Load{memory, 0, bytes, 0, bytes, 2, bytes}), skipping(skip));
    return events[memory == weight ? Counter::weight_memory_writes : Counter::activation_memory_writes];
  };
  for (const Memory memory : {weight, activation}) {
    CHECK(writes(ZeroSkip::none, memory, 32) == 2 * 16);
    CHECK(writes(ZeroSkip::word, memory, 32) == 2 * (16 + 1));
    CHECK(writes(ZeroSkip::none, memory, 33) == 2 * 17);
    CHECK(writes(ZeroSkip::word, memory, 33) == 2 * (17 + 2));
    CHECK(writes(ZeroSkip::gating, memory, 33) == 2 * 17);
  }
}

TEST_CASE("Z8: the flags of 3 columns of 16 words are read in one cycle, those of 17 words in two") {
  const auto flags = [](const MachineSpec& spec, const isa::Matmul& i) {
    const Contents zeros = {0, 0, {}};
    return left_of(spec, i, zeros).cycles + all_flag_cycles(spec, i);
  };
  // Ports of 3 x 16 bits for weights, of 2 x 16 for activations.
  CHECK(flags(skipping(ZeroSkip::word), matmul_of(2, 3, 16)) == 1 + 1);  // and the sums leave
  CHECK(flags(skipping(ZeroSkip::word), matmul_of(2, 3, 17)) == 1 + 2);
  CHECK(flags(skipping(ZeroSkip::none), matmul_of(2, 3, 17)) == 17);  // no flags: its steps
  // 2 groups of rows and 2 of columns read theirs 4 times.
  CHECK(flags(skipping(ZeroSkip::word), matmul_of(3, 4, 17)) == 4 * (1 + 2));
  // Weight-stationary once for each group of columns, of weights alone.
  CHECK(flags(stationary(), matmul_of(3, 4, 17)) == 1 + 2 * 2);
  // The slower of the two memories counts.
  MachineSpec spec = skipping(ZeroSkip::word);
  spec.activation_memory.width_bits = 8;
  CHECK(flags(spec, matmul_of(2, 3, 16)) == 1 + 2);
  spec.array.zero_skip_operands = SkipOperands::weights;
  CHECK(flags(spec, matmul_of(2, 3, 16)) == 1 + 1);
  // One lane: a flag for each of 16 elements of shift.
  CHECK(flags(one_lane(), matmul_of(2, 3, 4, Datapath::shift)) == 1 + 1);
  CHECK(flags(one_lane(), matmul_of(2, 3, 5, Datapath::shift)) == 1 + 2);
}

TEST_CASE("Z9: a window packed densely over its taps has no flags of activations") {
  isa::Matmul i = matmul_of(2, 3, 4);
  const MachineSpec spec = skipping(ZeroSkip::word);
  CHECK(cycles(spec, i, {1, 0, {}}) == 1);
  CHECK(left_of(spec, i, {1, 0, {}}).events[Counter::array_flag_bits] == 3 * 4 + 2 * 4);
  i.im2col = 1;
  CHECK(cycles(spec, i, {1, 0, {}}) == 4);
  CHECK(cycles(spec, i, {0, 1, {}}) == 1);
  CHECK(left_of(spec, i, {1, 0, {}}).events[Counter::array_flag_bits] == 3 * 4);
}
