// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/tiling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "arch/spec/timing.hpp"

namespace tricycle {

std::int64_t Tiling::weight_block(const TilingProblem& problem) const {
  return n * words * problem.weight_word_bytes + n * problem.table_bytes + problem.shared_table_bytes;
}
std::int64_t Tiling::activation_block(const TilingProblem& problem) const {
  return problem.input_resident ? 0 : aligned(m * words * problem.activation_word_bytes);
}
std::int64_t Tiling::output_block(const TilingProblem& problem) const {
  if (problem.output_resident || problem.output_from_sums) return 0;
  return aligned(m * problem.output_row(n));
}

namespace {

/// For every number of tiles that `total` can be cut into, the smallest tile size that is a multiple of
/// `unit`.
std::vector<std::int64_t> tile_sizes(std::int64_t total, std::int64_t unit) {
  std::vector<std::int64_t> sizes;
  const std::int64_t units = ceil_div(total, unit);
  for (std::int64_t count = 1; count <= units;) {
    const std::int64_t size = ceil_div(units, count);
    sizes.push_back(std::min(size * unit, total));
    if (size == 1) break;
    count = std::max(count + 1, ceil_div(units, size - 1));  // the next count with a smaller tile
  }
  return sizes;
}

std::int64_t traffic(const TilingProblem& p, Tiling& t) {
  const std::int64_t nt = ceil_div(p.n, t.n), mt = ceil_div(p.m, t.m), kt = ceil_div(p.words, t.words);
  const std::int64_t weights = p.n * p.words * p.weight_word_bytes;
  const std::int64_t activations = p.input_resident ? 0 : p.m * p.words * p.activation_word_bytes;
  const std::int64_t output = p.output_resident ? 0 : p.m * p.output_row(p.n);
  const std::int64_t tables = p.n * p.table_bytes + nt * p.shared_table_bytes;
  const bool weights_stay = t.weights_outer ? kt == 1 || mt == 1 : kt == 1 && nt == 1;
  const bool activations_stay = t.weights_outer ? kt == 1 && mt == 1 : kt == 1 || nt == 1;
  return (weights + tables) * (weights_stay ? 1 : mt) + activations * (activations_stay ? 1 : nt) + output;
}

/// Cycles of a transfer of rows that do not lie next to each other: bytes, bursts (one a cycle) or the window
/// of outstanding bursts, whichever takes longest.
double transfer_cycles(const MachineSpec& spec, const DmaSpec& dma, std::int64_t rows,
                       std::int64_t row_bytes) {
  if (rows * row_bytes == 0) return 0;
  const auto bursts = static_cast<double>(transfer_bursts(dma, rows, row_bytes));
  const double burst_bytes = static_cast<double>(rows * row_bytes) / bursts;
  const double round_trip = static_cast<double>(spec.dram.latency_cycles + 3);
  const double interval = std::max({1.0, burst_bytes / static_cast<double>(spec.dram.bytes_per_cycle),
                                    round_trip / static_cast<double>(dma.outstanding)});
  return static_cast<double>(dma.setup_cycles) + bursts * interval;
}

/// Compute and transfers overlap where there is room for two blocks, and add up where there is not.
double estimate(const TilingProblem& p, const MachineSpec& spec, const Tiling& t) {
  const std::int64_t nt = ceil_div(p.n, t.n), mt = ceil_div(p.m, t.m), kt = ceil_div(p.words, t.words);
  const std::int64_t tiles = nt * mt * kt;
  const auto load = [&](std::int64_t rows, std::int64_t word_bytes) {
    const bool contiguous = kt == 1;
    return transfer_cycles(spec, spec.load, contiguous ? 1 : rows,
                           (contiguous ? rows : 1) * t.words * word_bytes);
  };
  const double weight_load = load(t.n, p.weight_word_bytes);
  const double table_load = transfer_cycles(spec, spec.load, 1, t.n * p.table_bytes + p.shared_table_bytes);
  const double activation_load = p.input_resident ? 0 : load(t.m, p.activation_word_bytes);
  const bool weights_stay = t.weights_outer ? kt == 1 || mt == 1 : kt == 1 && nt == 1;
  const bool activations_stay = t.weights_outer ? kt == 1 && mt == 1 : kt == 1 || nt == 1;
  const double loads = (static_cast<double>(kt) * weight_load + table_load) *
                           static_cast<double>(nt * (weights_stay ? 1 : mt)) +
                       activation_load * static_cast<double>(kt * mt * (activations_stay ? 1 : nt));
  const bool whole_rows = nt == 1;
  const double stores = p.output_resident ? 0
                                          : static_cast<double>(nt * mt) *
                                                transfer_cycles(spec, spec.store, whole_rows ? 1 : t.m,
                                                                p.output_row(t.n) * (whole_rows ? t.m : 1));
  const double bytes = static_cast<double>(t.dram_bytes) / static_cast<double>(spec.dram.bytes_per_cycle);
  const double transfer = std::max({loads, stores, bytes});
  const double compute = static_cast<double>(tile_cycles(spec, p.datapath, p.m, p.n, p.words) + tiles);
  const double vector = static_cast<double>(ceil_div(p.m * p.n, spec.vector.lanes) * 2);
  const bool two_blocks = 2 * t.weight_block(p) <= p.weight_capacity &&
                          2 * (t.activation_block(p) + t.output_block(p)) <= p.activation_capacity;
  const bool two_sums = 2 * t.sum_block() <= p.accumulator_capacity;
  const double work = two_sums || tiles == 1 ? std::max(compute, vector) : compute + vector;
  const double last = (compute + vector) / static_cast<double>(tiles);
  const double overlapped = two_blocks || tiles == 1 ? std::max(work, transfer) : work + transfer;
  return weight_load + activation_load + overlapped + last;
}

/// Channels that a tile's are a multiple of: the array's columns, and whole words where the tile is stored
/// packed.
std::int64_t channel_unit(const TilingProblem& p, const MachineSpec& spec) {
  if (p.output_resident || p.output_from_sums) return spec.array.cols;
  return ceil_div(spec.array.cols, p.output_granule) * p.output_granule;
}

}  // namespace

std::optional<Tiling> choose_tiling(const TilingProblem& p, const MachineSpec& spec) {
  std::optional<Tiling> best;
  const auto better = [](const Tiling& a, const Tiling& b) {
    return std::tuple(a.dram_bytes, a.cycles, -a.n, -a.m, -a.words) <
           std::tuple(b.dram_bytes, b.cycles, -b.n, -b.m, -b.words);
  };
  const std::int64_t n_unit = channel_unit(p, spec);
  for (const std::int64_t n : tile_sizes(p.n, n_unit)) {
    for (const std::int64_t m : tile_sizes(p.m, spec.array.rows)) {
      if (m * n * 4 > p.accumulator_capacity) continue;
      for (const std::int64_t words : tile_sizes(p.words, 1)) {
        for (const bool weights_outer : {true, false}) {
          Tiling t = {m, n, words, weights_outer, 0, 0};
          if (t.weight_block(p) > p.weight_capacity) continue;
          if (t.activation_block(p) + t.output_block(p) > p.activation_capacity) continue;
          t.dram_bytes = traffic(p, t);
          if (best && t.dram_bytes > best->dram_bytes) continue;
          t.cycles = estimate(p, spec, t);
          if (!best || better(t, *best)) best = t;
        }
      }
    }
  }
  return best;
}

std::string explain_no_tiling(const TilingProblem& p, const MachineSpec& spec) {
  const std::int64_t n_unit = channel_unit(p, spec);
  const Tiling least = {std::min(spec.array.rows, p.m), std::min(n_unit, p.n), 1, true, 0, 0};
  const auto too_small = [](const char* memory, std::int64_t bytes, std::int64_t capacity) {
    return fmt::format(
        "no tile fits: the smallest needs {} bytes of {}, which has {}; {}.size_KiB would have to be {}",
        bytes, memory, capacity, memory, (bytes + 1023) / 1024);
  };
  if (least.weight_block(p) > p.weight_capacity)
    return too_small("weight_memory", least.weight_block(p), p.weight_capacity);
  if (least.sum_block() > p.accumulator_capacity) {
    return too_small("accumulator_memory", least.sum_block(), p.accumulator_capacity);
  }
  return too_small("activation_memory", least.activation_block(p) + least.output_block(p),
                   p.activation_capacity);
}

}  // namespace tricycle
