// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/tiling.hpp"

#include <fmt/format.h>

#include "arch/params/clocks.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "arch/params/weight_stream.hpp"
#include "arch/params/zero_flags.hpp"

namespace tricycle {

ChannelRange channels_of(const TilingProblem& p, std::int64_t first, std::int64_t count) {
  const std::int64_t all = p.inputs[0].channels;
  if (p.groups == 1) return {0, all};
  const std::int64_t outputs = p.n / p.groups, inputs = all / p.groups;
  const std::int64_t begin = first / outputs * inputs / p.split * p.split;
  const std::int64_t end = ((first + count - 1) / outputs + 1) * inputs;
  return {begin, std::min(all, ceil_div(end, p.split) * p.split) - begin};
}

std::int64_t TilingProblem::pinned_weights(Format format, std::int64_t channels) const {
  if (groups == 1) return channels * sums * weight_row(format, 0, n, {0, inputs[0].channels});
  const std::int64_t block = pinned_n > 0 ? pinned_n : n;
  std::int64_t bytes = 0;
  for (std::int64_t first = 0; first < channels; first += block) {
    const std::int64_t count = std::min(block, n - first);
    bytes += count * sums * weight_row(format, first, count, channels_of(*this, first, count));
  }
  return bytes;
}

NonzeroWeights nonzero_weights(const std::vector<std::int16_t>& weights, std::int64_t taps,
                               std::int64_t channels, std::int64_t unit) {
  NonzeroWeights counts;
  counts.unit = unit;
  counts.units = ceil_div(channels, unit);
  const auto width = static_cast<std::size_t>(counts.units + 1);
  const auto each = static_cast<std::size_t>(taps * channels);
  counts.up_to.resize(weights.size() / each * width);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto u = static_cast<std::int64_t>(i) % channels / unit;
    counts.up_to[i / each * width + static_cast<std::size_t>(u) + 1] += weights[i] != 0 ? 1 : 0;
  }
  for (std::size_t k = 0; k < counts.up_to.size(); ++k) {
    if (k % width != 0) counts.up_to[k] += counts.up_to[k - 1];
  }
  return counts;
}

std::int64_t NonzeroWeights::most(std::int64_t first, std::int64_t count,
                                  const ChannelRange& channels) const {
  const std::int64_t from = channels.first / unit, to = ceil_div(channels.first + channels.count, unit);
  std::int64_t most = 0;
  for (std::int64_t r = first; r < first + count; ++r) {
    const std::int32_t* row = up_to.data() + r * (units + 1);
    most = std::max<std::int64_t>(most, row[std::min(to, units)] - row[from]);
  }
  return most;
}

std::vector<ChannelRange> blocks_of(const TilingProblem& p, std::int64_t first, std::int64_t count,
                                    std::int64_t channels) {
  if (p.groups > 1) return {channels_of(p, first, count)};
  std::vector<ChannelRange> blocks;
  for (std::int64_t c = 0; c < p.inputs[0].channels; c += channels)
    blocks.push_back({c, std::min(channels, p.inputs[0].channels - c)});
  return blocks;
}

InputRange input_range(std::int64_t outputs, std::int64_t stride, std::int64_t extent, std::int64_t pad,
                       std::int64_t size) {
  const std::int64_t begin = -pad, reach = (outputs - 1) * stride + extent;
  // Windows that lie completely outside still need an address: the address of the nearest position. They lie
  // in front of it.
  if (begin >= size) return {size - 1, 1, reach};
  const std::int64_t inside = std::max<std::int64_t>(0, begin);
  return {inside, std::max<std::int64_t>(1, std::min(size, begin + reach) - inside), inside - begin};
}

InputRange input_lines(const Window& w, std::int64_t first, std::int64_t count) {
  return input_range(count, w.stride_y, (w.kernel_h - 1) * w.dilation_y + 1, w.pad_top - first * w.stride_y,
                     w.in_lines);
}
InputRange input_columns(const Window& w, std::int64_t first, std::int64_t count) {
  return input_range(count, w.stride_x, (w.kernel_w - 1) * w.dilation_x + 1, w.pad_left - first * w.stride_x,
                     w.in_columns);
}

namespace {

/// The smallest tile size that is a multiple of `unit`, for every number of tiles into which `total` can be
/// cut.
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

/// The positions that all tiles along one axis read of the image, and the most that one tile reads.
struct Reach {
  std::int64_t total = 0, most = 0;
};
template <class Inputs>
Reach reach_of(std::int64_t outputs, std::int64_t tile, Inputs inputs) {
  Reach reach;
  for (std::int64_t first = 0; first < outputs; first += tile) {
    const std::int64_t count = inputs(first, std::min(tile, outputs - first)).count;
    reach.total += count;
    reach.most = std::max(reach.most, count);
  }
  return reach;
}

/// Cycles of a transfer of rows that are not contiguous. The limit is the bandwidth, one burst per cycle, or
/// the window of outstanding bursts, whichever takes longest.
double transfer_cycles(const MachineSpec& spec, const DmaSpec& dma, double rows, double row_bytes) {
  if (rows * row_bytes <= 0) return 0;
  const auto bytes = std::max<std::int64_t>(1, static_cast<std::int64_t>(row_bytes));
  const double bursts = rows * static_cast<double>(ceil_div(bytes, dma.burst_bytes));
  const double burst_bytes = rows * row_bytes / bursts;
  const auto round_trip = static_cast<double>(dram_latency_cycles(spec) + 3);
  const double interval =
      std::max({1.0 / static_cast<double>(dma.ports), burst_bytes / dram_bytes_per_cycle(spec),
                round_trip / static_cast<double>(dma.outstanding)});
  return static_cast<double>(dma.setup_cycles) + bursts * interval;
}

/// One layer's tilings: sizes, blocks, traffic, and an estimate of time.
class Search {
 public:
  Search(const TilingProblem& problem, const MachineSpec& spec) : p_(problem), spec_(spec) {}

  std::vector<Tiling> run() {
    const auto line_sizes = tile_sizes(p_.out_lines(), 1);
    const auto channel_sizes = p_.may_split() ? tile_sizes(p_.inputs[0].channels, p_.split)
                                              : std::vector<std::int64_t>{p_.inputs[0].channels};
    const bool is_whole = !p_.has_weights && !p_.by_channel();
    const auto n_sizes = p_.pinned_n > 0 && p_.pinned ? std::vector<std::int64_t>{p_.pinned_n}
                         : is_whole                   ? std::vector<std::int64_t>{p_.n}
                                                      : tile_sizes(p_.n, channel_unit());
    for (const std::int64_t n : n_sizes) {
      for (const std::int64_t channels : channel_sizes) {
        measure_weights(n, channels);
        for (const std::int64_t lines : line_sizes) {
          consider(lines, p_.out_columns(), n, channels);
          if (lines > 1) continue;
          for (const std::int64_t columns : tile_sizes(p_.out_columns(), 1)) {
            if (columns < p_.out_columns()) consider(lines, columns, n, channels);
          }
        }
      }
    }
    std::sort(found_.begin(), found_.end(), [](const Tiling& a, const Tiling& b) {
      const auto key = [](const Tiling& t) {
        return std::tuple(t.dram_bytes, t.cycles, !t.streams, -t.n, -t.lines, -t.columns, -t.channels,
                          -t.pass_lines, !t.weights_outer);
      };
      return key(a) < key(b);
    });
    return std::move(found_);
  }

  std::int64_t pinned_channels() const {
    std::int64_t best = 0, fewest = 0;
    TilingProblem blocks = p_;
    for (const std::int64_t n : tile_sizes(p_.n, channel_unit())) {  // the largest first
      blocks.pinned_n = n;
      const std::int64_t bytes = blocks.weight_bytes(p_.shape.weights);
      if (best > 0 && bytes >= fewest) continue;
      best = n;
      fewest = bytes;
    }
    return best;
  }

  /// The smallest tile.
  Tiling least() {
    const std::int64_t n = !p_.has_weights && !p_.by_channel() ? p_.n : std::min(channel_unit(), p_.n);
    Tiling t;
    t.lines = t.columns = t.pass_lines = 1;
    t.n = n;
    t.channels = p_.may_split() ? std::min(p_.split, p_.inputs[0].channels) : p_.inputs[0].channels;
    measure_weights(t.n, t.channels);
    measure(t);
    return t;
  }

 private:
  /// The output channels of a tile are a multiple of this: the array's columns, and whole words where the
  /// tile is stored packed.
  std::int64_t channel_unit() const {
    if (p_.by_channel()) return word_unit();
    const std::int64_t cols = geometry_of(spec_.array, p_.shape).cols;
    const std::int64_t unit = std::max<std::int64_t>(1, cols / p_.sums);
    if (p_.output_from_sums) return unit;
    std::int64_t granule = is_packed(p_.output) ? elements_per_word(p_.output, p_.word_bits) : 1;
    for (std::size_t i = 1; i < p_.inputs.size(); ++i) {
      if (is_packed(p_.inputs[i].format))
        granule = std::lcm(granule, elements_per_word(p_.inputs[i].format, p_.word_bits));
    }
    if (p_.output_resident && p_.inputs.size() == 1) return unit;
    return ceil_div(unit, granule) * granule;
  }

  /// The same for a layer without weights: tiles start at whole words of every tensor, and have at least 16
  /// channels.
  std::int64_t word_unit() const {
    std::int64_t unit = 16;
    const auto add = [&](Format format) {
      if (is_packed(format)) unit = std::lcm(unit, elements_per_word(format, p_.word_bits));
    };
    add(p_.output);
    for (const TiledInput& input : p_.inputs) add(input.format);
    return unit;
  }

  void measure(Tiling& t) {
    lines_ = reach_of(p_.out_lines(), t.lines, [&](std::int64_t first, std::int64_t count) {
      const Range range = p_.lines_before_pool(first, count);
      return input_lines(p_.window, range.first, range.count);
    });
    columns_ = reach_of(p_.out_columns(), t.columns, [&](std::int64_t first, std::int64_t count) {
      const Range range = p_.columns_before_pool(first, count);
      return input_columns(p_.window, range.first, range.count);
    });
    const std::int64_t outputs = t.pass_lines * t.columns, results = p_.results(t.pass_lines, t.columns);
    channels_ = t.channels;
    if (p_.has_weights && p_.groups > 1) measure_groups(t.n);
    t.weight_block = p_.pinned ? 0 : p_.table_per_channel ? p_.table_bytes(t.n) : aligned(p_.table_row);
    if (p_.has_weights) {
      if (!p_.pinned && !t.streams) t.weight_block += largest_block_;
      const bool is_split = p_.groups == 1 && t.channels < p_.inputs[0].channels;
      t.sum_block = p_.stores_sums(is_split) ? results * t.n * p_.sums * 4 : 0;
    }
    t.input_block = 0;
    if (!p_.inputs[0].resident) {
      const std::int64_t pixel = p_.pixel(0, p_.has_weights     ? channels_
                                             : !p_.by_channel() ? p_.inputs[0].channels
                                                                : t.n);
      t.input_block = aligned(lines_.most * columns_.most * pixel);
    }
    for (std::size_t i = 1; i < p_.inputs.size(); ++i) {
      if (p_.inputs[i].resident) continue;
      t.second_block += aligned(results * p_.pixel(i, second_channels(i, t.n)));
    }
    const bool block = !p_.output_resident && !p_.output_from_sums;
    t.output_block = block ? aligned(outputs * p_.output_pixel(t.n)) : 0;
  }

  /// The bytes of the weight blocks: the largest block in weight memory, and all blocks in DRAM.
  void measure_weights(std::int64_t n, std::int64_t channels) {
    largest_block_ = dram_weights_ = 0;
    if (p_.loads_stay) dram_weights_ = p_.weight_bytes(p_.dram_weights);
    if (!p_.has_weights || p_.pinned) return;
    for (std::int64_t first = 0; first < p_.n; first += n) {
      const std::int64_t count = std::min(n, p_.n - first), rows = count * p_.sums;
      for (const ChannelRange& block : blocks_of(p_, first, count, channels)) {
        largest_block_ =
            std::max(largest_block_, rows * p_.weight_row(p_.shape.weights, first, count, block));
        dram_weights_ += rows * p_.weight_row(p_.dram_weights, first, count, block);
      }
    }
  }

  /// A tile of grouped channels reads only the channels of its groups.
  void measure_groups(std::int64_t n) {
    channels_ = group_pixels_ = group_changes_ = 0;
    ChannelRange before;
    for (std::int64_t first = 0; first < p_.n; first += n) {
      const std::int64_t count = std::min(n, p_.n - first);
      const ChannelRange range = channels_of(p_, first, count);
      channels_ = std::max(channels_, range.count);
      group_pixels_ += p_.pixel(0, range.count);
      if (range != before) group_changes_ += p_.pixel(0, range.count);
      before = range;
    }
  }

  std::int64_t second_channels(std::size_t i, std::int64_t n) const {
    return p_.joins ? p_.inputs[i].channels : std::min(n, p_.inputs[i].channels);
  }

  void consider(std::int64_t lines, std::int64_t columns, std::int64_t n, std::int64_t channels) {
    Tiling t;
    t.lines = t.pass_lines = lines;
    t.columns = columns;
    t.n = n;
    t.channels = channels;
    consider(t);
    if (!p_.has_weights || channels < p_.inputs[0].channels) return;
    // Also consider fewer lines at a time: as many as leave room for one block of sums, for two blocks, and a
    // single line, which leaves the most room for other blocks.
    const std::int64_t line_sums = p_.columns_before_pool(0, columns).count * n * p_.sums * 4;
    for (std::int64_t blocks = 1; blocks <= 2 && p_.stores_sums(false); ++blocks) {
      const std::int64_t room = spec_.accumulator_memory.bytes() / (blocks * line_sums);
      const std::int64_t most = room < p_.pool_h ? 0 : (room - p_.pool_h) / p_.pool_stride_y + 1;
      if (most < 1 || most >= lines) continue;
      const std::int64_t pass_lines = ceil_div(lines, ceil_div(lines, most));
      if (pass_lines == t.pass_lines) continue;
      t.pass_lines = pass_lines;
      consider(t);
    }
    if (t.pass_lines == 1) return;
    t.pass_lines = 1;
    consider(t);
  }

  void consider(Tiling t) {
    add(t);
    t.streams = can_stream(t);
    if (t.streams) add(t);
  }

  /// Whether weights may stream: each is used once, by one group of rows that are all the positions, and the
  /// buffer holds what the array waits for.
  bool can_stream(const Tiling& t) const {
    const ArraySpec& array = spec_.array;
    const bool is_able = spec_.weight_stream.is_there() && !array.is_weight_stationary() &&
                         !array.has_line_buffer() && array.zero_skip == ZeroSkip::none;
    const bool has_bitmap = p_.dram_weights == Format::bitmap || p_.shape.weights == Format::bitmap;
    if (!is_able || !p_.has_weights || p_.pinned || p_.groups > 1 || has_bitmap) return false;
    const bool is_whole = p_.images == 1 && t.lines == p_.out_lines() && t.columns == p_.out_columns() &&
                          t.pass_lines == t.lines && t.channels == p_.inputs[0].channels;
    if (!is_whole || p_.results(t.lines, t.columns) > geometry_of(array, p_.shape).rows) return false;
    constexpr std::int64_t most = std::int64_t{1} << 28U;  // of one block
    const auto fits = [&](std::int64_t n) {
      ProductShape shape = p_.shape;
      shape.cols = n * p_.sums;
      return streamed_elements(shape) <= most &&
             least_stream_bytes(spec_, shape, p_.dram_weights) <= spec_.weight_stream.bytes;
    };
    return fits(t.n) && fits((p_.n - 1) % t.n + 1);
  }

  void add(Tiling t) {
    measure(t);
    if (t.weight_block > usable_weight_bytes(spec_) - p_.pinned_bytes ||
        t.sum_block > spec_.accumulator_memory.bytes() ||
        t.activation_bytes() > usable_activation_bytes(spec_))
      return;
    for (const bool weights_outer : {true, false}) {
      t.weights_outer = weights_outer;
      count(t);
      found_.push_back(t);
      if (!p_.has_weights || t.streams) break;
    }
  }

  void count(Tiling& t) const {
    const std::int64_t nt = ceil_div(p_.n, t.n), kt = ceil_div(p_.inputs[0].channels, t.channels);
    const std::int64_t mt =
        p_.images * ceil_div(p_.out_lines(), t.lines) * ceil_div(p_.out_columns(), t.columns);
    const bool weights_stay = p_.loads_stay     ? true
                              : t.weights_outer ? kt == 1 || mt == 1
                                                : kt == 1 && nt == 1;
    const bool input_stays = !p_.has_weights || (t.weights_outer ? kt == 1 && mt == 1 : kt == 1 || nt == 1);
    const bool grouped = p_.has_weights && p_.groups > 1;
    const std::int64_t weights = t.streams ? streamed_weights(t.n) : dram_weights_;
    const std::int64_t tables = p_.pinned && !p_.loads_stay ? 0 : p_.table_bytes(p_.n);
    const std::int64_t weight_loads = weights_stay ? 1 : mt;
    t.weight_loads = weight_loads;
    const std::int64_t pixels = p_.images * lines_.total * columns_.total;
    const std::int64_t whole = p_.images * p_.window.positions();
    const std::int64_t bytes =
        grouped ? (t.weights_outer && mt > 1 ? group_pixels_ : group_changes_)
                : p_.pixel(0, p_.by_channel() ? p_.n : p_.inputs[0].channels) * (input_stays ? 1 : nt);
    const std::int64_t input = p_.inputs[0].resident ? 0 : pixels * bytes;
    std::int64_t others = whole * p_.gather_row;
    for (std::size_t i = 1; i < p_.inputs.size(); ++i) {
      if (!p_.inputs[i].resident) others += whole * p_.pixel(i, p_.inputs[i].channels);
    }
    const std::int64_t output =
        p_.output_resident ? 0 : p_.images * p_.out_lines() * p_.out_columns() * p_.output_pixel(p_.n);
    t.dram_bytes =
        weights * weight_loads + tables * (p_.table_per_channel ? weight_loads : 1) + input + others + output;
    estimate(t, nt, mt, kt, weights, tables, weight_loads, input, others, output);
    t.warm_cycles = t.cycles;
    if (!p_.loads_stay) return;
    Tiling warm = t;
    warm.dram_bytes -= weights + tables;
    estimate(warm, nt, mt, kt, 0, 0, 1, input, others, output);
    t.warm_cycles = warm.cycles;
  }

  /// The bytes of all blocks in DRAM, where weights stream.
  std::int64_t streamed_weights(std::int64_t n) const {
    const std::int64_t rest = p_.n % n;
    return p_.n / n * p_.streamed_bytes(p_.dram_weights, n) +
           (rest > 0 ? p_.streamed_bytes(p_.dram_weights, rest) : 0);
  }

  /// Compute and transfers overlap where there is room for two blocks, and where weights stream; otherwise
  /// they add up.
  void estimate(Tiling& t, std::int64_t nt, std::int64_t mt, std::int64_t kt, std::int64_t weights,
                std::int64_t tables, std::int64_t weight_loads, std::int64_t input, std::int64_t others,
                std::int64_t output) const {
    const auto f = [](std::int64_t x) { return static_cast<double>(x); };
    const double passes = f(ceil_div(t.lines, t.pass_lines));
    const double tiles = f(nt * mt) * passes;
    const double weight_transfers = f(weight_loads * nt * kt);
    const double decoded = p_.dram_weights == p_.shape.weights
                               ? 0
                               : f(p_.n * p_.sums * p_.shape.taps * p_.inputs[0].channels) * f(weight_loads);
    DmaSpec weight_engine = spec_.load;
    if (t.streams) {  // as many bursts as the buffer has room for
      ProductShape block = p_.shape;
      block.cols = t.n * p_.sums;
      weight_engine.outstanding = stream_outstanding(spec_, block, p_.dram_weights);
    }
    const double load_weights =
        weights == 0
            ? 0
            : std::max(decoded / f(spec_.decoder.elements_per_cycle),
                       weight_transfers * transfer_cycles(spec_, weight_engine, 1,
                                                          f(weights) * f(weight_loads) / weight_transfers));
    const double table_loads = p_.table_per_channel ? f(weight_loads) : 1;
    const double table_transfers = p_.table_per_channel ? table_loads * f(nt) : 1;
    const double load_tables =
        table_transfers * transfer_cycles(spec_, spec_.load, 1, f(tables) * table_loads / table_transfers);
    const bool whole_lines = t.columns == p_.out_columns();
    const bool all_channels = p_.by_channel() ? t.n == p_.inputs[0].channels : kt == 1;
    const double line_rows = !all_channels ? f(lines_.most * columns_.most)
                             : whole_lines ? 1
                                           : f(lines_.most);
    const double input_transfers = std::max(1.0, f(input) / f(std::max<std::int64_t>(1, t.input_block)));
    const double load_input = input == 0
                                  ? 0
                                  : input_transfers * transfer_cycles(spec_, spec_.load, line_rows,
                                                                      f(input) / input_transfers / line_rows);
    const double load_others = f(others) / dram_bytes_per_cycle(spec_);
    const bool whole_rows = nt == 1 && whole_lines;
    const double store_rows = whole_rows ? 1 : nt == 1 ? f(t.pass_lines) : f(t.pass_lines * t.columns);
    const double store =
        output == 0 ? 0
                    : tiles * transfer_cycles(spec_, spec_.store, store_rows, f(output) / tiles / store_rows);
    const double transfer = std::max({load_weights + load_tables + load_input + load_others, store,
                                      f(t.dram_bytes) / dram_bytes_per_cycle(spec_)});
    double compute = 0;
    if (p_.has_weights) {
      ProductShape shape = p_.shape;
      shape.streamed = t.streams;
      shape.positions = p_.results(t.pass_lines, t.columns);
      shape.cols = t.n * p_.sums;
      shape.elements = p_.groups > 1 ? channels_ : t.channels;
      // For a byte stream of weights: the row for all output channels.
      if (is_stream(shape.weights))
        shape.weight_row = p_.weight_row(shape.weights, 0, p_.n, {0, shape.elements});
      // Whole tiles have their full cost; the last tile of each axis has its share.
      const double share = f(p_.n) / f(nt * t.n) * f(p_.out_lines()) /
                           (f(ceil_div(p_.out_lines(), t.lines)) * passes * f(t.pass_lines)) *
                           f(p_.out_columns()) / f(ceil_div(p_.out_columns(), t.columns) * t.columns) *
                           (p_.groups > 1 ? 1.0 : f(p_.inputs[0].channels) / f(kt * t.channels));
      compute = f(tile_cycles(spec_, shape)) * tiles * f(kt) * share + tiles * f(kt);
    }
    const double read =
        f(p_.images * p_.window.positions() * p_.n * p_.sums) * (p_.has_weights ? 1.0 : f(p_.window.taps()));
    const double vector = p_.is_staged() ? 0 : read / f(spec_.vector.lanes) * f(p_.operations);
    const bool two_blocks = 2 * t.weight_block <= usable_weight_bytes(spec_) - p_.pinned_bytes &&
                            2 * t.activation_bytes() <= usable_activation_bytes(spec_);
    const bool two_sums = 2 * t.sum_block <= spec_.accumulator_memory.bytes();
    // Who takes the sums away: the vector unit, or the store engine.
    const double taking = p_.output_from_sums ? store : vector;
    const double work = two_sums || tiles < 2 ? std::max(compute, taking) : compute + taking;
    const double overlapped =
        two_blocks || t.streams || tiles < 2 ? std::max(work, transfer) : work + transfer;
    // The overhead of a tile: starts, waits and pipelines of its instructions. It keeps programs short.
    constexpr double tile_overhead = 32;
    const double overhead = tile_overhead * tiles * f(kt);
    const double first_weights = t.streams ? 0 : load_weights / std::max(1.0, weight_transfers);
    const double first = first_weights + load_input / input_transfers;
    t.cycles = first + overlapped + (compute + vector) / tiles + overhead;
  }

  const TilingProblem& p_;
  const MachineSpec& spec_;
  std::vector<Tiling> found_;
  Reach lines_, columns_;      ///< of the tiling under consideration
  std::int64_t channels_ = 1;  ///< channels of a tap in the weight block
  std::int64_t largest_block_ = 0, dram_weights_ = 0;
  // For grouped channels, summed over all tiles: bytes of a pixel; the same only for tiles whose channels
  // differ from the previous tile's.
  std::int64_t group_pixels_ = 0, group_changes_ = 0;
};

}  // namespace

std::vector<Tiling> tilings(const TilingProblem& problem, const MachineSpec& spec) {
  return Search(problem, spec).run();
}

Tiling least_tiling(const TilingProblem& problem, const MachineSpec& spec) {
  return Search(problem, spec).least();
}

std::int64_t pinned_channels(const TilingProblem& problem, const MachineSpec& spec) {
  TilingProblem any = problem;
  any.output_resident = false;  // the blocks are the same wherever the results go
  return Search(any, spec).pinned_channels();
}

std::string no_tile_fits(const char* memory, std::int64_t needs_bytes, std::int64_t has_bytes) {
  return fmt::format("no tile fits: the smallest needs {} bytes of {}, which has {}", needs_bytes, memory,
                     has_bytes);
}

}  // namespace tricycle
