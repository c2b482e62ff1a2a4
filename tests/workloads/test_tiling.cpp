// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/tiling.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <set>

#include "support/random.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::aligned;
using tricycle::ceil_div;
using tricycle::ChannelRange;
using tricycle::channels_of;
using tricycle::Datapath;
using tricycle::elements_per_word;
using tricycle::Format;
using tricycle::InputRange;
using tricycle::is_packed;
using tricycle::least_tiling;
using tricycle::MachineSpec;
using tricycle::Random;
using tricycle::Tiling;
using tricycle::TilingProblem;
using tricycle::tilings;
using tricycle::Window;

MachineSpec random_machine(Random& random, std::int64_t most_KiB) {
  MachineSpec spec;
  spec.array.rows = random.between(1, 12);
  spec.array.cols = random.between(1, 20);
  spec.array.word_bits = 16 * random.between(1, 5);
  for (auto* memory : {&spec.weight_memory, &spec.activation_memory, &spec.accumulator_memory})
    *memory = {random.between(1, most_KiB), 1, 64};
  return spec;
}

/// A window, padded by up to more than its kernel.
Window random_window(Random& random) {
  while (true) {
    Window w;
    w.in_lines = random.between(1, 14);
    w.in_columns = random.between(1, 14);
    w.kernel_h = random.between(1, 4);
    w.kernel_w = random.between(1, 4);
    w.stride_y = random.between(1, 3);
    w.stride_x = random.between(1, 3);
    w.dilation_y = random.chance(0.2) ? 2 : 1;
    w.dilation_x = random.chance(0.2) ? 3 : 1;
    w.pad_top = random.chance(0.5) ? random.between(0, 4) : 0;
    w.pad_left = random.chance(0.5) ? random.between(0, 4) : 0;
    const std::int64_t high = w.in_lines + w.pad_top + random.between(0, 4) - (w.kernel_h - 1) * w.dilation_y;
    const std::int64_t wide =
        w.in_columns + w.pad_left + random.between(0, 4) - (w.kernel_w - 1) * w.dilation_x;
    if (high < 1 || wide < 1) continue;
    w.lines = (high - 1) / w.stride_y + 1;
    w.columns = (wide - 1) / w.stride_x + 1;
    return w;
  }
}

struct Operands {
  Datapath datapath;
  Format activations, weights;
};

/// A layer of any kind, as the placement describes them.
TilingProblem random_problem(Random& random, const MachineSpec& spec) {
  static const std::vector<Operands> operands = {
      {Datapath::ternary_fatnn, Format::trit2, Format::trit2},
      {Datapath::ternary_fatnn, Format::trit2, Format::trit2_mask},
      {Datapath::ternary_planes, Format::planes, Format::planes},
      {Datapath::bitserial, Format::u4, Format::s2},
      {Datapath::bitserial, Format::uint8, Format::s4},
      {Datapath::shift, Format::pow2, Format::pow2},
      {Datapath::mac, Format::uint8, Format::int8},
  };
  static const std::vector<Format> outputs = {Format::bit1, Format::trit2, Format::planes, Format::uint8,
                                              Format::u4,   Format::int16, Format::float32};
  const Operands& o = operands[random.below(operands.size())];
  TilingProblem p;
  p.word_bits = spec.array.word_bits;
  p.images = random.between(1, 3);
  p.window = random_window(random);
  p.has_weights = random.chance(0.8);
  p.inputs.push_back({o.activations, random.between(1, 80), random.chance(0.3)});
  p.n = p.has_weights ? random.between(1, 80) : p.inputs[0].channels;
  p.output = outputs[random.below(outputs.size())];
  p.table_row = random.between(0, 20);
  p.table_per_channel = random.chance(0.6);
  if (p.has_weights) {
    if (random.chance(0.3)) {
      p.groups = random.between(2, 8);
      p.inputs[0].channels = p.groups * random.between(1, 10);
      p.n = p.groups * random.between(1, 10);
    }
    p.sums = random.chance(0.1) ? 2 : 1;
    const auto unit = [&](Format f) { return is_packed(f) ? elements_per_word(f, p.word_bits) : 1; };
    p.split = std::max(unit(o.activations), unit(o.weights));
    if (p.split == 1) p.split = 16;
    const bool dense = p.groups == 1 && random.chance(0.15);
    p.shape = {o.datapath, o.activations, o.weights, 1, p.n, p.window.taps(), p.inputs[0].channels, dense, 0};
    p.dram_weights = o.weights;
    p.output_from_sums = p.sums == 1 && random.chance(0.2);
  }
  if (p.output_from_sums) {
    p.output = Format::int32;
    p.table_row = 0;
  } else {
    p.output_resident = random.chance(0.3);
    const bool pools = p.has_weights && p.window.lines > 2 && p.window.columns > 2 && random.chance(0.3);
    if (pools) {
      p.pool_h = random.between(1, 2);
      p.pool_w = random.between(1, 2);
      p.pool_stride_y = p.pool_h + (random.chance(0.3) ? random.between(1, 2) : 0);
      p.pool_stride_x = p.pool_w + (random.chance(0.3) ? random.between(1, 2) : 0);
      p.window.lines -= (p.window.lines - p.pool_h) % p.pool_stride_y;
      p.window.columns -= (p.window.columns - p.pool_w) % p.pool_stride_x;
    } else if (p.sums == 1 && random.chance(0.3)) {
      p.inputs.push_back({outputs[random.below(outputs.size())], p.n, random.chance(0.3)});
    }
  }
  return p;
}

/// What outputs first .. first + count - 1 touch of one axis of the image: the taps inside, and how many
/// positions there are from the first window's begin to the last one's end, those that are there.
struct Touched {
  std::set<std::int64_t> taps;
  std::int64_t first = 0, count = 0;
};
Touched touched(std::int64_t first, std::int64_t count, std::int64_t stride, std::int64_t kernel,
                std::int64_t dilation, std::int64_t pad, std::int64_t size) {
  Touched result;
  std::int64_t begin = std::numeric_limits<std::int64_t>::max(),
               end = std::numeric_limits<std::int64_t>::min();
  for (std::int64_t o = first; o < first + count; ++o) {
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t position = o * stride + k * dilation - pad;
      begin = std::min(begin, position);
      end = std::max(end, position + 1);
      if (position >= 0 && position < size) result.taps.insert(position);
    }
  }
  for (std::int64_t position = 0; position < size; ++position) {
    if (position < begin || position >= end) continue;
    if (result.count == 0) result.first = position;
    ++result.count;
  }
  return result;
}
Touched touched_lines(const Window& w, std::int64_t first, std::int64_t count) {
  return touched(first, count, w.stride_y, w.kernel_h, w.dilation_y, w.pad_top, w.in_lines);
}
Touched touched_columns(const Window& w, std::int64_t first, std::int64_t count) {
  return touched(first, count, w.stride_x, w.kernel_w, w.dilation_x, w.pad_left, w.in_columns);
}
/// At least one position is in memory, even when all windows lie in the padding.
std::int64_t reach(const Touched& t) {
  return std::max<std::int64_t>(1, t.count);
}

/// The blocks that a walk over all tiles needs, and what it moves when it keeps the last block of weights and
/// the last block of inputs.
struct Walk {
  std::int64_t weights = 0, input = 0, second = 0, output = 0, sums = 0;
  std::int64_t dram_bytes = 0;
};
class Walker {
 public:
  Walker(const TilingProblem& p, const Tiling& t) : p_(p), t_(t) {}

  Walk walk() {
    const std::int64_t shared = p_.table_per_channel ? 0 : p_.table_row;
    walk_.weights = aligned(shared);
    walk_.dram_bytes = shared;
    for (std::int64_t outer = 0; outer < (t_.weights_outer ? p_.n : tiles());
         outer += t_.weights_outer ? t_.n : 1)
      for (std::int64_t inner = 0; inner < (t_.weights_outer ? tiles() : p_.n);
           inner += t_.weights_outer ? 1 : t_.n)
        tile(t_.weights_outer ? outer : inner, t_.weights_outer ? inner : outer);
    return walk_;
  }

 private:
  std::int64_t down() const { return ceil_div(p_.out_lines(), t_.lines); }
  std::int64_t across() const { return ceil_div(p_.out_columns(), t_.columns); }
  std::int64_t tiles() const { return p_.images * down() * across(); }
  /// From the first result that the pool's windows of so many outputs read to the last.
  std::int64_t before_pool_y(std::int64_t lines) const { return lines * p_.pool_stride_y - gap_y(); }
  std::int64_t before_pool_x(std::int64_t columns) const { return columns * p_.pool_stride_x - gap_x(); }
  std::int64_t gap_y() const { return p_.pool_stride_y - p_.pool_h; }
  std::int64_t gap_x() const { return p_.pool_stride_x - p_.pool_w; }

  void tile(std::int64_t n, std::int64_t spot) {
    const std::int64_t line = spot / across() % down() * t_.lines, column = spot % across() * t_.columns;
    const std::int64_t lines = std::min(t_.lines, p_.out_lines() - line);
    const std::int64_t columns = std::min(t_.columns, p_.out_columns() - column);
    const std::int64_t cols = std::min(t_.n, p_.n - n);
    const ChannelRange range = p_.has_weights ? channels_of(p_, n, cols) : ChannelRange{n, cols};
    const std::int64_t step = p_.has_weights && p_.groups == 1 ? t_.channels : range.count;
    for (std::int64_t channel = range.first; channel < range.first + range.count; channel += step) {
      const std::int64_t channels = std::min(step, range.first + range.count - channel);
      const bool last = channel + channels == range.first + range.count;
      load_weights(n, cols, channel, channels, last);
      load_input(spot,
                 reach(touched_lines(p_.window, line * p_.pool_stride_y, before_pool_y(lines))) *
                     reach(touched_columns(p_.window, column * p_.pool_stride_x, before_pool_x(columns))),
                 channel, channels);
    }
    const std::int64_t pass = std::min(t_.pass_lines, lines);
    const std::int64_t results = before_pool_y(pass) * before_pool_x(columns);
    if (p_.has_weights) walk_.sums = std::max(walk_.sums, results * cols * p_.sums * 4);
    std::int64_t second = 0;
    for (std::size_t i = 1; i < p_.inputs.size(); ++i) {
      if (p_.inputs[i].resident) continue;
      const std::int64_t pixel = p_.pixel(i, cols);
      second += aligned(results * pixel);
      walk_.dram_bytes += before_pool_y(lines) * before_pool_x(columns) * pixel;
    }
    walk_.second = std::max(walk_.second, second);
    if (p_.output_resident) return;
    const std::int64_t pixel = p_.output_pixel(cols);
    walk_.dram_bytes += lines * columns * pixel;
    if (!p_.output_from_sums) walk_.output = std::max(walk_.output, aligned(pass * columns * pixel));
  }

  void load_weights(std::int64_t n, std::int64_t cols, std::int64_t channel, std::int64_t channels,
                    bool last) {
    const std::pair<std::int64_t, std::int64_t> block = {n, channel};
    if (block == weights_) return;
    weights_ = block;
    const std::int64_t bytes =
        p_.has_weights ? cols * p_.sums * p_.weight_row(p_.shape.weights, n, cols, {channel, channels}) : 0;
    const std::int64_t table = p_.table_per_channel ? p_.table_row * cols : 0;
    const std::int64_t shared = p_.table_per_channel ? 0 : aligned(p_.table_row);
    walk_.weights = std::max(walk_.weights, bytes + table + shared);
    walk_.dram_bytes += bytes + (last ? table : 0);
  }

  void load_input(std::int64_t spot, std::int64_t positions, std::int64_t channel, std::int64_t channels) {
    const std::array<std::int64_t, 3> block = {spot, channel, channels};
    if (p_.inputs[0].resident || block == input_) return;
    input_ = block;
    const std::int64_t bytes = positions * p_.pixel(0, channels);
    walk_.input = std::max(walk_.input, aligned(bytes));
    walk_.dram_bytes += bytes;
  }

  const TilingProblem& p_;
  const Tiling& t_;
  Walk walk_;
  std::pair<std::int64_t, std::int64_t> weights_ = {-1, -1};
  std::array<std::int64_t, 3> input_ = {-1, -1, -1};
};

/// The lines and columns that a tap of some output reads; those between the pool's windows have none.
std::set<std::int64_t> lines_read(const TilingProblem& p) {
  std::set<std::int64_t> lines;
  for (std::int64_t o = 0; o < p.out_lines(); ++o)
    lines.merge(touched_lines(p.window, o * p.pool_stride_y, p.pool_h).taps);
  return lines;
}
std::set<std::int64_t> columns_read(const TilingProblem& p) {
  std::set<std::int64_t> columns;
  for (std::int64_t o = 0; o < p.out_columns(); ++o)
    columns.merge(touched_columns(p.window, o * p.pool_stride_x, p.pool_w).taps);
  return columns;
}

/// What must move at least once: every weight, the table, every position that a tap reads, every output.
std::int64_t least_bytes(const TilingProblem& p) {
  const auto lines = lines_read(p).size(), columns = columns_read(p).size();
  const std::int64_t group = p.inputs[0].channels / p.groups;
  std::int64_t bytes = p.table_bytes(p.n);
  if (p.has_weights) bytes += p.n * p.sums * p.weight_row(p.dram_weights, 0, p.n, {0, group});
  if (!p.inputs[0].resident)
    bytes += p.images * static_cast<std::int64_t>(lines * columns) * p.pixel(0, p.inputs[0].channels);
  for (std::size_t i = 1; i < p.inputs.size(); ++i) {
    if (!p.inputs[i].resident) bytes += p.images * p.window.positions() * p.pixel(i, p.n);
  }
  return bytes + (p.output_resident ? 0 : p.images * p.out_lines() * p.out_columns() * p.output_pixel(p.n));
}

/// Whether one tile of all outputs touches every position between its first and its last tap.
bool is_gapless(const TilingProblem& p) {
  const auto full = [](const std::set<std::int64_t>& taps, const Touched& t) {
    return static_cast<std::int64_t>(taps.size()) == reach(t);
  };
  const Window& w = p.window;
  return full(lines_read(p), touched_lines(w, 0, w.lines)) &&
         full(columns_read(p), touched_columns(w, 0, w.columns));
}

std::int64_t& size_of(MachineSpec& spec, std::size_t memory) {
  return (memory == 0   ? spec.weight_memory
          : memory == 1 ? spec.activation_memory
                        : spec.accumulator_memory)
      .size_KiB;
}

}  // namespace

TEST_CASE("every tiling of random layers stays inside every memory and moves what a walk over it moves") {
  Random random(71);
  std::size_t found = 0;
  int layers = 0;
  for (int i = 0; i < 1500; ++i) {
    const MachineSpec spec = random_machine(random, 6);
    const TilingProblem p = random_problem(random, spec);
    const std::int64_t least = least_bytes(p);
    const std::vector<Tiling> all = tilings(p, spec);
    layers += all.empty() ? 0 : 1;
    found += all.size();
    const std::size_t step = all.size() / 40 + 1;
    for (std::size_t k = 0; k < all.size(); k += step) {
      const Tiling& t = all[k];
      CAPTURE(i, k, t.lines, t.columns, t.n, t.pass_lines, t.channels, t.weights_outer);
      REQUIRE((t.lines >= 1 && t.lines <= p.out_lines() && t.columns >= 1 && t.columns <= p.out_columns()));
      REQUIRE((t.pass_lines >= 1 && t.pass_lines <= t.lines && t.n >= 1 && t.n <= p.n));
      REQUIRE((t.channels >= 1 && t.channels <= p.inputs[0].channels));
      const Walk walk = Walker(p, t).walk();
      REQUIRE(walk.weights <= t.weight_block);
      REQUIRE(walk.sums <= t.sum_block);
      REQUIRE(walk.input <= t.input_block);
      REQUIRE(walk.second <= t.second_block);
      REQUIRE(walk.output <= t.output_block);
      REQUIRE(t.weight_block <= spec.weight_memory.bytes());
      REQUIRE(t.sum_block <= spec.accumulator_memory.bytes());
      REQUIRE(t.activation_bytes() <= spec.activation_memory.bytes());
      REQUIRE(t.dram_bytes == walk.dram_bytes);
      REQUIRE(t.dram_bytes >= least);
      REQUIRE(t.cycles > 0);
    }
  }
  CHECK(layers > 900);
  CHECK(found > 30000);
}

TEST_CASE("tiles of packed outputs and of a split reduction are whole words, or all that there is") {
  Random random(72);
  for (int i = 0; i < 800; ++i) {
    const MachineSpec spec = random_machine(random, 6);
    const TilingProblem p = random_problem(random, spec);
    const bool packed = is_packed(p.output) && !p.output_resident;
    const std::int64_t word = packed ? elements_per_word(p.output, p.word_bits) : 1;
    for (const Tiling& t : tilings(p, spec)) {
      if (t.n < p.n) REQUIRE(t.n % word == 0);
      if (t.channels < p.inputs[0].channels) REQUIRE(t.channels % p.split == 0);
      if (p.groups > 1 || p.shape.im2col) REQUIRE(t.channels == p.inputs[0].channels);
      if (t.columns < p.out_columns()) REQUIRE(t.lines == 1);
    }
  }
}

TEST_CASE("tilings come sorted, the fewest DRAM bytes first and then the fewest cycles") {
  Random random(73);
  for (int i = 0; i < 800; ++i) {
    const MachineSpec spec = random_machine(random, 6);
    const std::vector<Tiling> all = tilings(random_problem(random, spec), spec);
    REQUIRE(std::is_sorted(all.begin(), all.end(), [](const Tiling& a, const Tiling& b) {
      return std::pair(a.dram_bytes, a.cycles) < std::pair(b.dram_bytes, b.cycles);
    }));
  }
}

TEST_CASE("a larger memory of any kind never moves more DRAM bytes, and never fits less") {
  Random random(74);
  int fewer = 0, grown = 0;
  for (int i = 0; i < 2000; ++i) {
    MachineSpec spec = random_machine(random, 6);
    const TilingProblem p = random_problem(random, spec);
    const std::vector<Tiling> before = tilings(p, spec);
    if (before.empty()) continue;
    const std::size_t memory = random.below(3);
    size_of(spec, memory) += random.between(1, 12);
    const std::vector<Tiling> after = tilings(p, spec);
    CAPTURE(i, memory);
    REQUIRE_FALSE(after.empty());
    REQUIRE(after[0].dram_bytes <= before[0].dram_bytes);
    fewer += after[0].dram_bytes < before[0].dram_bytes ? 1 : 0;
    ++grown;
  }
  CHECK(grown > 1200);
  CHECK(fewer > 50);
}

TEST_CASE("a layer that fits whole and whose windows leave no gap moves every byte once") {
  Random random(75);
  int whole = 0;
  for (int i = 0; i < 600; ++i) {
    MachineSpec spec = random_machine(random, 1);
    for (std::size_t memory = 0; memory < 3; ++memory) size_of(spec, memory) = 1024;
    const TilingProblem p = random_problem(random, spec);
    if (p.groups > 1 || !is_gapless(p)) continue;
    const std::vector<Tiling> all = tilings(p, spec);
    REQUIRE_FALSE(all.empty());
    CAPTURE(i);
    REQUIRE(all[0].dram_bytes == least_bytes(p));
    ++whole;
  }
  CHECK(whole > 150);
}

TEST_CASE("whether a layer fits is decided by the smallest tile, which is the smallest in every memory") {
  Random random(76);
  int none = 0;
  for (int i = 0; i < 2500; ++i) {
    MachineSpec spec = random_machine(random, 2);
    for (std::size_t memory = 0; memory < 3; ++memory) size_of(spec, memory) = 1;
    TilingProblem p = random_problem(random, spec);
    p.inputs[0].channels *= 8;
    p.shape.elements = p.inputs[0].channels;
    p.table_row *= 20;
    const Tiling least = least_tiling(p, spec);
    const std::array<std::int64_t, 3> needs = {least.weight_block, least.activation_bytes(), least.sum_block};
    for (std::size_t memory = 0; memory < 3; ++memory)
      size_of(spec, memory) = std::max<std::int64_t>(1, ceil_div(needs[memory], 1024));
    CAPTURE(i, needs);
    REQUIRE_FALSE(tilings(p, spec).empty());
    for (std::size_t memory = 0; memory < 3; ++memory) {
      if (size_of(spec, memory) == 1) continue;
      ++none;
      --size_of(spec, memory);
      REQUIRE(tilings(p, spec).empty());
      ++size_of(spec, memory);
    }
  }
  CHECK(none > 300);
}

TEST_CASE("the smallest tile of a layer needs these bytes of each memory") {
  MachineSpec spec;
  spec.array.rows = 8;
  spec.array.cols = 16;
  spec.array.word_bits = 64;
  spec.weight_memory = spec.activation_memory = spec.accumulator_memory = {1, 1, 64};
  TilingProblem p;
  p.window.lines = p.window.in_lines = 20;
  p.window.columns = p.window.in_columns = 20;
  p.window.kernel_h = p.window.kernel_w = 3;
  p.window.pad_top = p.window.pad_left = 1;
  p.inputs.push_back({Format::planes, 64, false});
  p.n = 64;
  p.has_weights = true;
  p.shape = {Datapath::ternary_planes, Format::planes, Format::planes, 1, 64, 9, 64, false, 0};
  p.split = 32;
  p.table_row = 5;
  p.output = Format::planes;
  // The smallest tile: one output of 32 channels (a whole word of outputs) from 32 channels of nine taps.
  // Weights: 32 x 9 x 8 bytes and 32 x 5 of the table. Sums: 32 x 4. Activations: 3 x 3 x 8 and 8.
  CHECK(least_tiling(p, spec).weight_block == 2464);
  CHECK(least_tiling(p, spec).sum_block == 128);
  CHECK(least_tiling(p, spec).activation_bytes() == 80);
  CHECK(tilings(p, spec).empty());
  spec.weight_memory.size_KiB = 3;
  REQUIRE_FALSE(tilings(p, spec).empty());
  CHECK(tilings(p, spec)[0].n == 32);
  p.pool_h = p.pool_w = p.pool_stride_y = p.pool_stride_x =
      4;  // 16 outputs at a time: 16 x 32 x 4 bytes of sums
  CHECK(least_tiling(p, spec).sum_block == 2048);
  p.pool_stride_y = p.pool_stride_x = 9;  // those between the windows are not made at the end
  CHECK(least_tiling(p, spec).sum_block == 2048);
  p.pool_h = p.pool_w = p.pool_stride_y = p.pool_stride_x = 1;
  p.window.kernel_h = p.window.kernel_w = 20;
  p.window.lines = p.window.columns = p.window.pad_top = p.window.pad_left = 1;
  p.window.pad_top = p.window.pad_left = 0;
  p.shape.taps = 400;
  CHECK(least_tiling(p, spec).activation_bytes() == 3208);  // the whole image: 400 x 8 bytes, and 8
  CHECK(tricycle::no_tile_fits("activation_memory", 3208, 1024) ==
        "no tile fits: the smallest needs 3208 bytes of activation_memory, which has 1024");
}

TEST_CASE("the lines and columns that outputs read are those that a walk over their windows touches") {
  Random random(77);
  int outside = 0;
  const auto check = [&](const InputRange& range, const Touched& walked, std::int64_t begin,
                         std::int64_t stride, std::int64_t count, std::int64_t kernel, std::int64_t dilation,
                         std::int64_t size) {
    REQUIRE((range.first >= 0 && range.count >= 1 && range.first + range.count <= size));
    REQUIRE(range.count == reach(walked));
    if (walked.count > 0) REQUIRE(range.first == walked.first);
    outside += walked.count == 0 ? 1 : 0;
    // Every tap is found where the block has it, or is outside of the block as it is outside of the image.
    for (std::int64_t o = 0; o < count; ++o) {
      for (std::int64_t k = 0; k < kernel; ++k) {
        const std::int64_t in_image = begin + o * stride + k * dilation;
        const std::int64_t in_block = o * stride + k * dilation - range.pad;
        const bool there = in_image >= 0 && in_image < size;
        REQUIRE((in_block >= 0 && in_block < range.count) == there);
        if (there) REQUIRE(range.first + in_block == in_image);
      }
    }
  };
  for (int i = 0; i < 4000; ++i) {
    const Window w = random_window(random);
    CAPTURE(i);
    const std::int64_t line = random.between(0, w.lines - 1), lines = random.between(1, w.lines - line);
    check(input_lines(w, line, lines), touched_lines(w, line, lines), line * w.stride_y - w.pad_top,
          w.stride_y, lines, w.kernel_h, w.dilation_y, w.in_lines);
    const std::int64_t column = random.between(0, w.columns - 1);
    const std::int64_t columns = random.between(1, w.columns - column);
    check(input_columns(w, column, columns), touched_columns(w, column, columns),
          column * w.stride_x - w.pad_left, w.stride_x, columns, w.kernel_w, w.dilation_x, w.in_columns);
  }
  CHECK(outside > 100);
}

TEST_CASE("the channels that grouped outputs need are those of their groups, widened to whole words") {
  Random random(78);
  for (int i = 0; i < 4000; ++i) {
    TilingProblem p;
    p.groups = random.between(1, 12);
    const std::int64_t inputs = random.between(1, 12), outputs = random.between(1, 12);
    p.inputs.push_back({Format::planes, p.groups * inputs, false});
    p.n = p.groups * outputs;
    p.split = random.between(1, 40);
    const std::int64_t first = random.between(0, p.n - 1), count = random.between(1, p.n - first);
    std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = 0;
    for (std::int64_t output = first; output < first + count; ++output) {
      for (std::int64_t input = 0; input < p.inputs[0].channels; ++input) {
        if (input / inputs != output / outputs) continue;
        least = std::min(least, input);
        most = std::max(most, input);
      }
    }
    while (least % p.split != 0) --least;
    while ((most + 1) % p.split != 0 && most + 1 < p.inputs[0].channels) ++most;
    if (p.groups == 1) {
      least = 0;
      most = p.inputs[0].channels - 1;
    }
    CAPTURE(i, p.groups, inputs, outputs, p.split, first, count);
    REQUIRE(channels_of(p, first, count) == ChannelRange{least, most - least + 1});
  }
}
