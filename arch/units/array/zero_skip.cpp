// SPDX-License-Identifier: Apache-2.0
#include "arch/units/array/zero_skip.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "arch/isa/footprint.hpp"
#include "arch/params/timing.hpp"
#include "arch/params/zero_flags.hpp"
#include "arch/units/control/events.hpp"

namespace tricycle {
namespace {

std::uint64_t count(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

/// The groups of an operand's rows that are live in a word, added up.
struct Live {
  std::int64_t groups = 0, rows = 0, accesses = 0;
};

/// One operand on its way into the array.
struct Side {
  std::int64_t total, size;       ///< rows (or columns) of the tile, and of a group
  std::int64_t bits, width_bits;  ///< of a word of a row, of a bank's port

  [[nodiscard]] std::int64_t groups() const { return ceil_div(total, size); }
  [[nodiscard]] std::int64_t rows_of(std::int64_t group) const {
    return std::min(size, total - group * size);
  }
  [[nodiscard]] std::int64_t accesses(std::int64_t rows) const { return ceil_div(rows * bits, width_bits); }
  [[nodiscard]] Live all() const {
    Live live;
    for (std::int64_t g = 0; g < groups(); ++g) add(g, live);
    return live;
  }
  [[nodiscard]] Live live_in(const Nonzeros& zeros, std::size_t word) const {
    Live live;
    for (std::int64_t g = 0; g < groups(); ++g) {
      if (zeros.is_live[static_cast<std::size_t>(g)][word]) add(g, live);
    }
    return live;
  }

 private:
  void add(std::int64_t group, Live& live) const {
    ++live.groups;
    live.rows += rows_of(group);
    live.accesses += accesses(rows_of(group));
  }
};

/// What is left of a matmul's work, for one pass.
struct Kept {
  std::int64_t steps = 0, loads = 0;
  /// Output-stationary: the steps of each group of columns with each group of rows, the rows going round
  /// first.
  std::vector<StepCycles> of_groups;
  StepCycles cycles;                                    ///< of all steps, in all passes
  std::int64_t weight_reads = 0, activation_reads = 0;  ///< bank accesses
  std::int64_t weight_words = 0, activation_words = 0;  ///< latched
  std::int64_t sums = 0;                                ///< accumulators updated
};

/// Z2: a step stays where the group of columns and the group of rows are both live.
Kept keep_words(const Side& columns, const Side& rows, const Nonzeros& weights, const Nonzeros& activations,
                const StepTable& table) {
  Kept kept;
  const auto words = static_cast<std::size_t>(table.words);
  for (std::size_t w = 0; w < words; ++w) {
    const Live c = columns.live_in(weights, w), r = rows.live_in(activations, w);
    kept.steps += c.groups * r.groups;
    kept.weight_reads += r.groups * c.accesses;
    kept.activation_reads += c.groups * r.accesses;
    kept.weight_words += r.groups * c.rows;
    kept.activation_words += c.groups * r.rows;
    kept.sums += c.rows * r.rows;
  }
  for (const auto& of_columns : weights.is_live) {
    std::int64_t row_group = 0;
    for (const auto& of_rows : activations.is_live) {
      StepCycles steps;
      for (std::size_t w = 0; w < words; ++w) {
        if (of_columns[w] && of_rows[w]) steps += table.at(row_group, static_cast<std::int64_t>(w));
      }
      kept.of_groups.push_back(steps);
      kept.cycles += steps;
      ++row_group;
    }
  }
  return kept;
}

/// Z3: weight-stationary, a word that is not zero in all columns is loaded once, for all groups of rows.
Kept keep_loads(const Side& columns, const Side& rows, const Nonzeros& weights, const StepTable& table) {
  Kept kept;
  const Live r = rows.all();
  for (std::int64_t w = 0; w < table.words; ++w) {
    const Live c = columns.live_in(weights, static_cast<std::size_t>(w));
    StepCycles with_all_rows;
    for (std::int64_t k = 0; k < r.groups; ++k) with_all_rows += table.at(k, w);
    kept.cycles += c.groups * with_all_rows;
    kept.loads += c.groups;
    kept.steps += c.groups * r.groups;
    kept.weight_reads += c.accesses;
    kept.activation_reads += c.groups * r.accesses;
    kept.weight_words += c.rows;
    kept.activation_words += c.groups * r.rows;
    kept.sums += c.rows * r.rows;
  }
  return kept;
}

/// Z4: in step t the columns that still have a weight take it; a group is done when its longest column is,
/// or, where that is later, when the activations have come that conflicts at banks hold up.
Kept keep_elements(const Side& columns, const Side& rows, const Nonzeros& weights, const StepTable& table) {
  Kept kept;
  const Live r = rows.all();
  for (std::int64_t g = 0; g < columns.groups(); ++g) {
    const auto first = weights.of_row.begin() + g * columns.size;
    std::vector<std::int64_t> left(first, first + columns.rows_of(g));
    std::sort(left.begin(), left.end(), std::greater<>());
    kept.steps += left.front() * r.groups;
    const auto& live = weights.is_live[static_cast<std::size_t>(g)];
    for (std::int64_t k = 0; k < r.groups; ++k) {
      StepCycles steps = left.front() * table.each;
      for (std::int64_t w = 0; !table.is_plain() && w < table.words; ++w) {
        if (live[static_cast<std::size_t>(w)]) steps.reads += table.at(k, w).reads - table.each.reads;
      }
      steps.feed = std::max(steps.feed, steps.reads);
      kept.of_groups.push_back(steps);
      kept.cycles += steps;
    }
    for (std::size_t k = 0; k < left.size(); ++k) {  // steps in which exactly k + 1 columns work
      const auto working = static_cast<std::int64_t>(k) + 1;
      const std::int64_t steps = left[k] - (k + 1 < left.size() ? left[k + 1] : 0);
      kept.weight_reads += steps * r.groups * columns.accesses(working);
      kept.weight_words += steps * r.groups * working;
      kept.sums += steps * r.rows * working;
    }
    const std::int64_t needed = weights.live_elements[static_cast<std::size_t>(g)];
    kept.activation_reads += needed * r.accesses;
    kept.activation_words += needed * r.rows;
  }
  return kept;
}

/// Z1: products of two operands that are not zero.
std::int64_t active_products(const Nonzeros& weights, const Nonzeros& activations) {
  std::int64_t products = 0;
  for (std::size_t e = 0; e < weights.rows_with.size(); ++e)
    products += std::int64_t{weights.rows_with[e]} * activations.rows_with[e];
  return products;
}

Counter lanes_counter(Datapath datapath) {
  switch (datapath) {
    case Datapath::ternary_planes: return Counter::popcount_ternary_planes_lanes;
    case Datapath::bitserial: return Counter::popcount_bitserial_lanes;
    case Datapath::shift: return Counter::shifter_lanes;
    default: return Counter::mac_int8_lanes;
  }
}

/// Weight-stationary, each kept word of a group of columns reads and writes its sums, but for the first one's
/// reads when nothing is there; a group without a word writes its zeros.
void count_sums(const isa::Matmul& i, const MachineSpec& spec, const Side& columns, const Nonzeros& weights,
                std::int64_t passes, CounterSet& events) {
  const std::int64_t m = std::int64_t{i.lines} * i.columns;
  std::int64_t reads = 0, writes = 0;
  for (std::int64_t g = 0; g < columns.groups(); ++g) {
    const auto& live = weights.is_live[static_cast<std::size_t>(g)];
    const std::int64_t rounds = std::count(live.begin(), live.end(), true) * passes;
    const std::int64_t sums = m * ceil_div(columns.rows_of(g) * 32, spec.accumulator_memory.width_bits);
    const std::int64_t fresh = i.accumulate != 0 ? 0 : 1;
    writes += sums * std::max(rounds, fresh);
    reads += sums * std::max<std::int64_t>(rounds - fresh, 0);
  }
  events[Counter::accumulator_memory_reads] = count(reads);
  events[Counter::accumulator_memory_writes] = count(writes);
}

/// Z8: the flags of a group of columns and of a group of rows come before the steps of the two;
/// weight-stationary those of the columns before their loads, once for all rows.
void read_flags(const MachineSpec& spec, const ProductShape& shape, const Side& columns, const Side& rows,
                SparseWork& work) {
  const ArraySpec& array = spec.array;
  const FlagGrains grains = flag_grains(array);
  const std::int64_t column_walks = array.is_weight_stationary() ? 1 : rows.groups();
  const auto read = [&](Side side, Format format, std::int64_t grain, std::int64_t walks, Counter reads) {
    side.bits = flags_of_row(array, shape, format, grain);
    const std::int64_t bits = walks * side.total * side.bits;
    work.events[reads] += count(walks * side.all().accesses);
    work.events[Counter::array_operand_bits] += count(bits);
    work.events[Counter::array_flag_bits] += count(bits);
  };
  if (array.skips_weights())
    read(columns, shape.weights, grains.weights, column_walks, Counter::weight_memory_reads);
  if (array.skips_activations() && !shape.im2col)
    read(rows, shape.activations, grains.activations, columns.groups(), Counter::activation_memory_reads);
  work.cycles += static_cast<Cycles>(columns.groups() * column_walks * flag_cycles(spec, shape));
}

}  // namespace

bool skips_zeros(const isa::Matmul& i, const MachineSpec& spec) {
  const ZeroSkip skip = spec.array.zero_skip;
  if (skip == ZeroSkip::none || i.datapath == Datapath::binary || i.datapath == Datapath::ternary_fatnn ||
      is_float(i.weight_format)) {
    return false;
  }
  if (!looks_at_weights(spec) && !looks_at_activations(i, spec)) return false;
  if (skip != ZeroSkip::gating && is_decoded(spec.array, shape_of(i)))
    return false;  // a stream is read whole
  return skip != ZeroSkip::element || geometry_of(spec.array, shape_of(i)).lanes == 1;
}

bool looks_at_weights(const MachineSpec& spec) {
  return spec.array.skips_weights();
}

bool looks_at_activations(const isa::Matmul& i, const MachineSpec& spec) {
  return spec.array.skips_activations() && (spec.array.zero_skip == ZeroSkip::gating || i.im2col == 0);
}

SparseWork sparse_work(const Instruction& instruction, const MachineSpec& spec, const Nonzeros& weights,
                       const Nonzeros& activations, const StepTable& table, const OutputRate& output) {
  const auto& i = std::get<isa::Matmul>(instruction.operation);
  const ArraySpec& array = spec.array;
  const ProductShape shape = shape_of(i, output);
  const std::int64_t col_groups = ceil_div(shape.cols, geometry_of(array, shape).cols);
  SparseWork work{static_cast<Cycles>(feed_cycles(spec, shape, table)),
                  events_of(instruction, spec),
                  {!table.is_plain(), static_cast<Cycles>(col_groups * table.sum().reads)}};
  CounterSet& events = work.events;
  std::uint64_t& lanes = events[lanes_counter(i.datapath)];
  const Geometry g = geometry_of(array, shape);
  const std::int64_t all_words = reduction_words(array, shape);
  const std::uint64_t per_product = lanes / count(shape.positions * shape.cols * all_words * g.lanes);
  if (array.zero_skip == ZeroSkip::gating) {
    const std::uint64_t active = count(active_products(weights, activations)) * per_product;
    events[Counter::array_gated_lanes] = lanes - active;
    lanes = active;
    events[Counter::array_bank_conflict_cycles] = count(col_groups * table.lost());
    return work;
  }
  const Side columns{shape.cols, g.cols, operand_bits(array, shape, i.weight_format),
                     spec.weight_memory.width_bits};
  const Side rows{shape.positions, g.rows, operand_bits(array, shape, i.activation_format),
                  spec.activation_memory.width_bits};
  const bool stationary = array.is_weight_stationary();
  const Kept kept = array.zero_skip == ZeroSkip::element ? keep_elements(columns, rows, weights, table)
                    : stationary                         ? keep_loads(columns, rows, weights, table)
                                 : keep_words(columns, rows, weights, activations, table);
  const std::int64_t passes = passes_of(array, shape);
  std::int64_t cycles = 0;
  if (stationary) {
    cycles = kept.cycles.feed + passes * kept.loads * weight_cycles(spec, shape);
  } else {
    for (std::size_t k = 0; k < kept.of_groups.size(); ++k) {
      const std::int64_t row_group = static_cast<std::int64_t>(k) % rows.groups();
      cycles += group_cycles(spec, shape, kept.of_groups[k], rows.rows_of(row_group));
    }
    cycles += columns.groups() * output_table_cycles(spec, shape);
  }
  work.cycles = static_cast<Cycles>(std::max<std::int64_t>(1, cycles));
  work.reads.activations = static_cast<Cycles>(kept.cycles.reads);
  events[Counter::array_bank_conflict_cycles] =
      count(kept.cycles.feed - passes * kept.steps * step_cycles(spec, shape));
  const auto of_all_passes = [&](std::int64_t value) { return count(passes * value); };
  events[Counter::array_steps_skipped] = events[Counter::array_steps] - of_all_passes(kept.steps);
  events[Counter::array_steps] = of_all_passes(kept.steps);
  events[Counter::weight_memory_reads] = of_all_passes(kept.weight_reads);
  events[Counter::activation_memory_reads] = of_all_passes(kept.activation_reads);
  events[Counter::array_operand_bits] =
      of_all_passes(kept.weight_words * columns.bits + kept.activation_words * rows.bits);
  events[Counter::array_sum_bits] = of_all_passes(kept.sums * array.accumulator_bits);
  lanes = count(kept.sums * g.lanes) * per_product;
  if (stationary) count_sums(i, spec, columns, weights, passes, events);
  read_flags(spec, shape, columns, rows, work);
  return work;
}

SparseWork work_of_data(const Instruction& instruction, const MachineSpec& spec, const MemoryView& memories,
                        const StepTable& steps, const OutputRate& output) {
  const auto& i = std::get<isa::Matmul>(instruction.operation);
  const bool looks = looks_at_activations(i, spec);
  const Nonzeros activations = looks ? nonzero_activations(i, spec, memories) : dense_activations(i, spec);
  SparseWork work = sparse_work(
      instruction, spec, looks_at_weights(spec) ? nonzero_weights(i, spec, memories) : dense_weights(i, spec),
      activations, steps, output);
  if (!looks) return work;
  const ProductShape shape = shape_of(i);
  work.events[Counter::array_window_elements] = count(shape.positions * shape.taps * shape.elements);
  work.events[Counter::array_window_nonzeros] =
      count(std::accumulate(activations.of_row.begin(), activations.of_row.end(), std::int64_t{0}));
  return work;
}

SparseWork work_of_draw(const Instruction& instruction, const MachineSpec& spec, std::uint64_t seed,
                        const Densities& densities, const StepTable& steps, const OutputRate& output) {
  const auto& i = std::get<isa::Matmul>(instruction.operation);
  const auto layer = instruction.layer;
  return sparse_work(instruction, spec,
                     looks_at_weights(spec) ? drawn_weights(i, spec, {seed, layer, densities.weights})
                                            : dense_weights(i, spec),
                     looks_at_activations(i, spec)
                         ? drawn_activations(i, spec, {seed, layer, densities.activations})
                         : dense_activations(i, spec),
                     steps, output);
}

}  // namespace tricycle
