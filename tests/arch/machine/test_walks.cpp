// SPDX-License-Identifier: Apache-2.0
// The closed forms of time and events against a walk through random tiles and windows, step by step.
#include "arch/isa/vector_time.hpp"
#include "arch/units/control/events.hpp"
#include "tests/arch/machine/random_programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// What a walk through a tile finds.
struct Walked {
  std::int64_t cycles = 0, steps = 0, products = 0, operand_bits = 0, sum_bits = 0;
  std::int64_t weight_reads = 0, activation_reads = 0, sum_reads = 0, sum_writes = 0;
};

/// Elements of each word of the reduction, by dealing them out one by one.
std::vector<std::int64_t> dealt_words(const isa::Matmul& i, std::int64_t lanes) {
  std::vector<std::int64_t> words;
  for (int tap = 0; tap < i.kernel_h * i.kernel_w; ++tap) {
    for (std::uint32_t element = 0; element < i.elements; ++element) {
      const bool new_tap = element == 0 && i.im2col == 0;
      if (words.empty() || new_tap || words.back() == lanes) words.push_back(0);
      ++words.back();
    }
  }
  return words;
}

class TileWalk {
 public:
  TileWalk(const isa::Matmul& i, const MachineSpec& spec)
      : i_(i), spec_(spec), shape_(shape_of(i)), g_(geometry_of(spec.array, shape_)) {
    const std::int64_t passes = passes_of(spec.array, shape_);
    const auto bits = [&](Format format) { return g_.lanes * (passes > 1 ? 1 : bits_per_element(format)); };
    weight_bits_ = bits(i.weight_format);
    fed_bits_ = bits(fed_weights(i.datapath, i.weight_format, spec.array.fatnn_mask));
    activation_bits_ = bits(i.activation_format);
    // A pass is one product of bits in each lane; without passes, a bitserial lane joins its products.
    if (i.datapath == Datapath::bitserial && passes == 1) {
      products_ =
          multiplier_bits(spec.array, i.activation_format) * multiplier_bits(spec.array, i.weight_format);
    }
    rounds_ = static_cast<std::int64_t>(dealt_words(i, g_.lanes).size()) * passes;
  }

  Walked run() {
    const bool stationary = spec_.array.dataflow == Dataflow::weight_stationary;
    const std::int64_t turns = spec_.accumulator_memory.ports == Ports::rw ? 2 : 1;  // 1rw: out, then in
    for (std::int64_t col = 0; col < shape_.cols; col += g_.cols) {
      const std::int64_t cols = std::min(g_.cols, shape_.cols - col);
      if (stationary) {
        for (std::int64_t round = 0; round < rounds_; ++round) {
          load_weights(cols);
          w_.cycles += beats(g_.cols * weight_bits_, spec_.weight_memory);
          for_row_groups([&](std::int64_t rows) {
            step(rows, cols);
            w_.cycles += std::max(beats(g_.rows * activation_bits_, spec_.activation_memory),
                                  turns * beats(g_.rows * g_.cols * 32, spec_.accumulator_memory));
            move_sums(rows, cols, round > 0 || i_.accumulate != 0);
          });
        }
      } else {
        for_row_groups([&](std::int64_t rows) {
          std::int64_t fed = 0;
          for (std::int64_t round = 0; round < rounds_; ++round) {
            load_weights(cols);
            step(rows, cols);
            fed += std::max(beats(g_.rows * activation_bits_, spec_.activation_memory),
                            beats(g_.cols * weight_bits_, spec_.weight_memory));
          }
          const std::int64_t in_turn = i_.accumulate != 0 && spec_.accumulator_memory.has_one_port() ? 2 : 1;
          w_.cycles += std::max(fed, in_turn * beats(rows * g_.cols * 32, spec_.accumulator_memory));
        });
      }
    }
    if (!stationary) {  // the sums of a position go out together
      for (std::int64_t p = 0; p < shape_.positions; ++p) move_sums(1, shape_.cols, i_.accumulate != 0);
    }
    return w_;
  }

 private:
  static std::int64_t beats(std::int64_t bits, const MemorySpec& memory) {
    return ceil_div(bits, memory.banks * memory.width_bits);
  }
  template <class F>
  void for_row_groups(F f) {
    for (std::int64_t row = 0; row < shape_.positions; row += g_.rows)
      f(std::min(g_.rows, shape_.positions - row));
  }
  void load_weights(std::int64_t cols) {
    w_.weight_reads += ceil_div(cols * weight_bits_, spec_.weight_memory.width_bits);
    w_.operand_bits += cols * fed_bits_;
  }
  void step(std::int64_t rows, std::int64_t cols) {
    ++w_.steps;
    w_.activation_reads += ceil_div(rows * activation_bits_, spec_.activation_memory.width_bits);
    w_.operand_bits += rows * activation_bits_;
    w_.products += rows * cols * g_.lanes * products_;
    w_.sum_bits += rows * cols * spec_.array.accumulator_bits;
  }
  void move_sums(std::int64_t rows, std::int64_t cols, bool read) {
    const std::int64_t accesses = rows * ceil_div(cols * 32, spec_.accumulator_memory.width_bits);
    w_.sum_writes += accesses;
    w_.sum_reads += read ? accesses : 0;
  }

  const isa::Matmul& i_;
  const MachineSpec& spec_;
  ProductShape shape_;
  Geometry g_;
  std::int64_t weight_bits_ = 0, fed_bits_ = 0, activation_bits_ = 0, products_ = 1, rounds_ = 0;
  Walked w_;
};

std::int64_t lane_events(const CounterSet& events) {
  std::uint64_t all = 0;
  for (int c = static_cast<int>(Counter::popcount_binary_lanes);
       c <= static_cast<int>(Counter::mac_fp32_lanes); ++c) {
    all += events.counts[static_cast<std::size_t>(c)];
  }
  return static_cast<std::int64_t>(all);
}

}  // namespace

TEST_CASE("3000 random tiles take the cycles, steps and accesses that a walk through them finds") {
  Random random(41);
  for (int n = 0; n < 3000; ++n) {
    const MachineSpec spec = random_machine(random);
    const isa::Matmul i = random_matmul(random, spec);
    const Walked walked = TileWalk(i, spec).run();
    const CounterSet events = events_of(make(i), spec);
    const auto counted = [&](Counter counter) { return static_cast<std::int64_t>(events[counter]); };
    INFO("tile " << n << ": " << disassemble(make(i)));
    REQUIRE(tile_cycles(spec, shape_of(i)) == walked.cycles);
    REQUIRE(tile_steps(spec.array, shape_of(i)) == walked.steps);
    REQUIRE(counted(Counter::array_steps) == walked.steps);
    REQUIRE(counted(Counter::weight_memory_reads) == walked.weight_reads);
    REQUIRE(counted(Counter::activation_memory_reads) == walked.activation_reads);
    REQUIRE(counted(Counter::accumulator_memory_reads) == walked.sum_reads);
    REQUIRE(counted(Counter::accumulator_memory_writes) == walked.sum_writes);
    REQUIRE(counted(Counter::array_operand_bits) == walked.operand_bits);
    REQUIRE(counted(Counter::array_sum_bits) == walked.sum_bits);
    REQUIRE(lane_events(events) == walked.products);
  }
}

/// Whether it is a multiply of floating point, and how many fixed-point products its function takes.
template <class I>
bool of_floats(const I& i) {
  return std::is_same_v<I, isa::Multiply> && is_float(i.source_format);
}
template <class I>
std::int64_t products_of(const I& i) {
  if constexpr (requires { i.interpolate; }) return i.interpolate;
  return std::is_same_v<I, isa::Multiply> && !of_floats(i) ? 1 : 0;
}

TEST_CASE(
    "2000 random vector instructions take the cycles and operations that a walk through their windows "
    "finds") {
  Random random(42);
  for (int n = 0; n < 2000; ++n) {
    const MachineSpec spec = random_machine(random);
    Instruction instruction;
    instruction.operation = random_vector(random, spec);
    const CounterSet events = events_of(instruction, spec);
    INFO("instruction " << n << ": " << disassemble(instruction));
    std::visit(
        [&](const auto& i) {
          if constexpr (requires { i.pool; }) {
            std::int64_t values = 0, function = 0, merges = 0;
            std::int64_t second_values = 0, third_values = 0, registers = 0;
            for (std::uint32_t output = 0; output < i.lines * i.columns * i.cols; ++output) {
              for (int tap = 0; tap < i.kernel_h * i.kernel_w; ++tap) {
                values += source_values(i) == 2 ? 2 : 1;
                function += i.pool == Pool::max || tap == 0 ? 1 : 0;
                merges += tap > 0 ? 1 : 0;
              }
              if constexpr (requires { i.second; }) second_values += i.second == Second::tensor ? 1 : 0;
              if constexpr (requires { i.third; }) third_values += i.third == Second::tensor ? 1 : 0;
              if constexpr (requires { i.registers; }) ++registers;
            }
            std::int64_t operations = 1;
            std::int64_t comparisons = i.pool == Pool::max ? merges : 0;
            if constexpr (requires { i.thresholds; }) {
              operations = i.thresholds;
              comparisons += function * i.thresholds;
            }
            if constexpr (requires { i.interpolate; }) operations += i.interpolate;
            if constexpr (requires { i.function; }) operations = 8;
            if constexpr (
                requires { i.second; } && !requires { i.third; })
              function *= i.second == Second::none ? 1 : 2;
            const std::int64_t lanes = spec.vector.lanes;
            std::int64_t table = 0;
            if constexpr (requires { i.per_channel; }) {
              const std::int64_t port = spec.weight_memory.banks * spec.weight_memory.width_bits;
              if (i.per_channel != 0)
                table = ceil_div(i.cols * static_cast<std::int64_t>(table_row(i)) * 8, port);
            }
            REQUIRE(vector_cycles(spec, i) == table + ceil_div(values, lanes) * operations +
                                                  ceil_div(second_values, lanes) +
                                                  ceil_div(third_values, lanes) + ceil_div(registers, lanes));
            const auto counted = [&](Counter counter) { return static_cast<std::int64_t>(events[counter]); };
            using I = std::decay_t<decltype(i)>;
            REQUIRE(counted(Counter::vector_comparisons) == comparisons);
            REQUIRE(counted(Counter::vector_additions) == (i.pool == Pool::sum ? merges : 0));
            REQUIRE(counted(Counter::vector_scale_operations) ==
                    (std::is_same_v<I, isa::Scale> ? function : 0));
            REQUIRE(counted(Counter::vector_affine_operations) ==
                    (std::is_same_v<I, isa::Affine> || of_floats(i) ? function : 0));
            REQUIRE(counted(Counter::vector_lookups) == (std::is_same_v<I, isa::Lookup> ? function : 0));
            REQUIRE(counted(Counter::vector_multiplications) == products_of(i) * function);
            REQUIRE(counted(Counter::vector_function_operations) ==
                    (std::is_same_v<I, isa::Function> ? 8 * function : 0));
            REQUIRE(counted(Counter::vector_draws) == (std::is_same_v<I, isa::Sample> ? registers : 0));
          }
        },
        instruction.operation);
  }
}
