// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/tiling.hpp"

#include "arch/spec/timing.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::choose_tiling;
using tricycle::Datapath;
using tricycle::explain_no_tiling;
using tricycle::MachineSpec;
using tricycle::Random;
using tricycle::Tiling;
using tricycle::TilingProblem;

MachineSpec machine(std::int64_t rows, std::int64_t cols) {
  MachineSpec spec;
  spec.array.rows = rows;
  spec.array.cols = cols;
  spec.array.word_bits = 64;
  spec.weight_memory.banks = spec.activation_memory.banks = 4096;
  spec.weight_memory.width_bits = spec.activation_memory.width_bits = 64;
  return spec;
}

TilingProblem random_problem(Random& random) {
  TilingProblem p;
  p.m = random.between(1, 200);
  p.n = random.between(1, 200);
  p.words = random.between(1, 40);
  p.datapath = Datapath::ternary_planes;
  p.weight_word_bytes = random.chance(0.3) ? 12 : 8;
  p.activation_word_bytes = 8;
  (random.chance(0.5) ? p.table_bytes : p.shared_table_bytes) = random.between(0, 9);
  p.output_from_sums = random.chance(0.3);
  p.output_bits = p.output_from_sums ? 32 : random.chance(0.3) ? 1 : 2;
  p.output_granule = p.output_from_sums ? 1 : p.output_bits == 1 ? 64 : 32;
  p.input_resident = random.chance(0.3);
  p.output_resident = !p.output_from_sums && random.chance(0.3);
  p.weight_capacity = random.between(1, 8192);
  p.activation_capacity = random.between(1, 8192);
  p.accumulator_capacity = random.between(1, 8192);
  return p;
}

void require_inside(const Tiling& t, const TilingProblem& p) {
  REQUIRE((t.m >= 1 && t.m <= p.m && t.n >= 1 && t.n <= p.n && t.words >= 1 && t.words <= p.words));
  REQUIRE(t.weight_block(p) <= p.weight_capacity);
  REQUIRE(t.activation_block(p) + t.output_block(p) <= p.activation_capacity);
  REQUIRE(t.sum_block() <= p.accumulator_capacity);
  // A stored tile has whole words of outputs, or all of them.
  if (!p.output_resident && t.n < p.n) REQUIRE(t.n % p.output_granule == 0);
}

/// What must move at least once.
std::int64_t least_bytes(const TilingProblem& p) {
  return p.n * p.words * p.weight_word_bytes + p.n * p.table_bytes + p.shared_table_bytes +
         (p.input_resident ? 0 : p.m * p.words * p.activation_word_bytes) +
         (p.output_resident ? 0 : p.m * p.output_row(p.n));
}

}  // namespace

TEST_CASE("a tiling stays inside every memory and moves at least what must move") {
  Random random(71);
  int found = 0;
  for (int i = 0; i < 3000; ++i) {
    const MachineSpec spec = machine(random.between(1, 20), random.between(1, 40));
    const TilingProblem p = random_problem(random);
    const auto tiling = choose_tiling(p, spec);
    if (!tiling) continue;
    ++found;
    require_inside(*tiling, p);
    REQUIRE(tiling->dram_bytes >= least_bytes(p));
  }
  CHECK(found > 1000);
}

TEST_CASE("a larger memory never moves more DRAM bytes, and never fits less") {
  Random random(72);
  int fewer = 0;
  for (int i = 0; i < 1500; ++i) {
    const MachineSpec spec = machine(random.between(1, 20), random.between(1, 40));
    TilingProblem p = random_problem(random);
    const auto before = choose_tiling(p, spec);
    std::int64_t& capacity =
        *std::array{&p.weight_capacity, &p.activation_capacity, &p.accumulator_capacity}[random.below(3)];
    capacity += random.between(1, 8192);
    const auto after = choose_tiling(p, spec);
    if (!before) continue;
    REQUIRE(after.has_value());
    REQUIRE(after->dram_bytes <= before->dram_bytes);
    fewer += after->dram_bytes < before->dram_bytes ? 1 : 0;
  }
  CHECK(fewer > 50);
}

TEST_CASE("a layer that fits whole moves every byte once") {
  Random random(73);
  for (int i = 0; i < 300; ++i) {
    TilingProblem p = random_problem(random);
    p.weight_capacity = p.activation_capacity = p.accumulator_capacity = 1 << 20;
    const auto tiling = choose_tiling(p, machine(8, 16));
    REQUIRE(tiling.has_value());
    REQUIRE(tiling->dram_bytes == least_bytes(p));
  }
}

TEST_CASE("whether a tiling exists is decided by the smallest tile, and the reason names its memory") {
  Random random(74);
  int none = 0;
  for (int i = 0; i < 3000; ++i) {
    const MachineSpec spec = machine(random.between(1, 20), random.between(1, 40));
    TilingProblem p = random_problem(random);
    p.weight_capacity /= 16;
    p.activation_capacity /= 16;
    p.accumulator_capacity /= 4;
    if (choose_tiling(p, spec)) continue;
    ++none;
    // Doing what the message asks for, memory by memory, must end in a tiling.
    for (int mended = 0; mended < 4 && !choose_tiling(p, spec); ++mended) {
      const std::string reason = explain_no_tiling(p, spec);
      const std::int64_t asked = std::stoll(reason.substr(reason.rfind(' ') + 1)) * 1024;
      std::int64_t& capacity = reason.find("weight_memory") != std::string::npos ? p.weight_capacity
                               : reason.find("accumulator_memory") != std::string::npos
                                   ? p.accumulator_capacity
                                   : p.activation_capacity;
      REQUIRE(asked > capacity);
      capacity = asked;
    }
    REQUIRE(choose_tiling(p, spec).has_value());
  }
  CHECK(none > 500);
}

TEST_CASE("each memory that is too small is named with the size it would have to have") {
  const MachineSpec spec = machine(8, 16);
  TilingProblem p;
  p.m = 100;
  p.n = 100;
  p.words = 10;
  p.weight_word_bytes = p.activation_word_bytes = 8;
  p.table_bytes = 5;
  p.output_bits = 2;
  p.output_granule = 32;
  // The smallest tile: 8 rows, 32 channels (a whole word of outputs), one word of the reduction.
  p.weight_capacity = 415;  // 32 x 8 + 32 x 5 = 416
  p.accumulator_capacity = 1023;
  p.activation_capacity = 127;
  CHECK(explain_no_tiling(p, spec) ==
        "no tile fits: the smallest needs 416 bytes of weight_memory, which has 415; weight_memory.size_KiB "
        "would have to be 1");
  p.weight_capacity = 416;
  CHECK(explain_no_tiling(p, spec) ==
        "no tile fits: the smallest needs 1024 bytes of accumulator_memory, which has 1023; "
        "accumulator_memory.size_KiB would have to be 1");
  p.accumulator_capacity = 1024;
  CHECK(explain_no_tiling(p, spec) ==
        "no tile fits: the smallest needs 128 bytes of activation_memory, which has 127; "
        "activation_memory.size_KiB would have to be 1");
  CHECK_FALSE(choose_tiling(p, spec).has_value());
  p.activation_capacity = 128;
  const auto tiling = choose_tiling(p, spec);
  REQUIRE(tiling.has_value());
  CHECK(tiling->m == 8);
  CHECK(tiling->n == 32);
  CHECK(tiling->words == 1);
}
