// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/vector_meaning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "arch/datapath/floats.hpp"
#include "arch/datapath/lfsr.hpp"
#include "arch/datapath/lookup.hpp"
#include "arch/datapath/packing.hpp"
#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"
#include "arch/isa/footprint.hpp"
#include "arch/isa/window_of.hpp"
#include "support/diagnostics.hpp"
#include "support/exact.hpp"

namespace tricycle {
namespace {

using Values = std::span<std::int32_t>;
using ConstValues = std::span<const std::int32_t>;

template <class T>
T read_as(const std::uint8_t* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

float as_float(std::int32_t bits) {
  return std::bit_cast<float>(bits);
}

/// The arguments of a function for all channels. The source gives x, or x and y; the side operands, if there
/// are any, give the rest.
struct Arguments {
  ConstValues x, y, z;
};

/// The thresholds of all channels, threshold by threshold, so that channels are compared side by side.
class ThresholdTable {
 public:
  ThresholdTable(const isa::Threshold& i, const std::uint8_t* table) : count_(i.thresholds), cols_(i.cols) {
    for (std::size_t t = 0; t <= count_; ++t) {
      const std::uint64_t word = t < 8 ? i.codes : i.more_codes;
      codes_.push_back(static_cast<std::int8_t>(word >> (8 * (t % 8))));
    }
    thresholds_.resize(count_ * cols_);
    signs_.resize(cols_);
    for (std::size_t c = 0; c < cols_; ++c) {
      const std::uint8_t* row = table + (i.per_channel != 0 ? c : 0) * table_row(i);
      for (std::size_t t = 0; t < count_; ++t, row += i.threshold_bytes) {
        thresholds_[t * cols_ + c] = i.threshold_bytes == 1   ? read_as<std::int8_t>(row)
                                     : i.threshold_bytes == 2 ? read_as<std::int16_t>(row)
                                                              : read_as<std::int32_t>(row);
      }
      signs_[c] = static_cast<std::int8_t>(*row);
    }
  }
  void apply(const Arguments& of, Values results) const {
    std::fill(results.begin(), results.end(), 0);
    for (std::size_t t = 0; t < count_; ++t) {
      const std::int32_t* threshold = thresholds_.data() + t * cols_;
      for (std::size_t c = 0; c < cols_; ++c)
        results[c] += std::int64_t{signs_[c]} * of.x[c] >= threshold[c] ? 1 : 0;
    }
    for (std::int32_t& result : results) result = codes_[static_cast<std::size_t>(result)];
  }

 private:
  std::size_t count_, cols_;
  std::vector<std::int32_t> codes_, thresholds_, signs_;
};

class ScaleTable {
 public:
  ScaleTable(const isa::Scale& i, const std::uint8_t* table)
      : least_(static_cast<std::int32_t>(i.least)),
        most_(static_cast<std::int32_t>(i.most)),
        end_{i.rounding, static_cast<std::int32_t>(i.zero), i.zero_behind != 0} {
    for (std::size_t c = 0; c < i.cols; ++c) {
      const std::uint8_t* row = table + (i.per_channel != 0 ? c : 0) * table_row(i);
      rows_.push_back({read_as<std::int32_t>(row), read_as<std::int32_t>(row + 4),
                       read_as<std::uint64_t>(row + 8), std::min<unsigned>(row[16], 62)});
    }
  }
  void apply(const Arguments& of, Values results) const {
    for (std::size_t c = 0; c < results.size(); ++c) {
      const Row& row = rows_[c];
      std::uint64_t sum = static_cast<std::uint64_t>(std::int64_t{of.x[c]} * row.multiplier) + row.bias;
      if (!of.y.empty()) sum += static_cast<std::uint64_t>(std::int64_t{of.y[c]} * row.second);
      const std::int64_t rounded = round_scaled(static_cast<std::int64_t>(sum), row.shift, end_);
      results[c] =
          static_cast<std::int32_t>(std::max<std::int64_t>(least_, std::min<std::int64_t>(most_, rounded)));
    }
  }

 private:
  struct Row {
    std::int64_t multiplier, second;
    std::uint64_t bias;
    unsigned shift;
  };
  std::int32_t least_, most_;
  ScaleEnd end_;
  std::vector<Row> rows_;
};

class AffineTable {
 public:
  AffineTable(const isa::Affine& i, const std::uint8_t* table)
      : least_(std::bit_cast<float>(i.least)),
        most_(std::bit_cast<float>(i.most)),
        float_x_(is_float(i.source_format)),
        float_y_(i.second == Second::pair ? float_x_ : is_float(i.second_format)) {
    for (std::size_t c = 0; c < i.cols; ++c) {
      const std::uint8_t* row = table + (i.per_channel != 0 ? c : 0) * table_row(i);
      rows_.push_back({read_as<float>(row), read_as<float>(row + 4), read_as<float>(row + 8)});
    }
  }
  void apply(const Arguments& of, Values results) const {
    for (std::size_t c = 0; c < results.size(); ++c) {
      const Row& row = rows_[c];
      float value = (float_x_ ? as_float(of.x[c]) : static_cast<float>(of.x[c])) * row.scale;
      if (!of.y.empty()) value += (float_y_ ? as_float(of.y[c]) : static_cast<float>(of.y[c])) * row.second;
      value += row.bias;
      value = value < least_ ? least_ : value > most_ ? most_ : value;
      results[c] = sum_bits(value);
    }
  }

 private:
  struct Row {
    float scale, second, bias;
  };
  float least_, most_;
  bool float_x_, float_y_;
  std::vector<Row> rows_;
};

class NoTable {
 public:
  NoTable(const isa::Copy&, const std::uint8_t*) {}
  void apply(const Arguments& of, Values results) const {
    std::copy(of.x.begin(), of.x.end(), results.begin());
  }
};

class PointTable {
 public:
  PointTable(const isa::Lookup& i, const std::uint8_t* table) : i_(i), points_(table_bytes(i) / 2) {
    std::memcpy(points_.data(), table, table_bytes(i));
  }
  void apply(const Arguments& of, Values results) const {
    const LookupTable table = {points_, i_.segment_shift};
    for (std::size_t c = 0; c < results.size(); ++c) {
      const std::int64_t x = of.x[c];
      const std::int64_t size = x < 0 ? -x : x;
      const std::int32_t value = i_.interpolate != 0 ? interpolated(table, size) : nearest_point(table, size);
      results[c] = x < 0 ? mirrored(value) : value;
    }
  }

 private:
  [[nodiscard]] std::int32_t mirrored(std::int32_t value) const {
    const std::uint32_t whole = i_.symmetry == Symmetry::complement ? i_.one : 0;
    return static_cast<std::int32_t>(whole - static_cast<std::uint32_t>(value));
  }
  const isa::Lookup& i_;
  std::vector<std::int16_t> points_;
};

class Multiplier {
 public:
  Multiplier(const isa::Multiply& i, const std::uint8_t*) : i_(i), floating_(is_float(i.source_format)) {}
  void apply(const Arguments& of, Values results) {
    for (std::size_t c = 0; c < results.size(); ++c) {
      const std::int32_t z = of.z.empty() ? 0 : of.z[c];
      results[c] =
          floating_ ? floating(of.x[c], of.y[c], of.z.empty() ? nullptr : &z) : integer(of.x[c], of.y[c], z);
    }
  }
  [[nodiscard]] std::uint64_t saturations() const { return saturations_; }

 private:
  std::int32_t integer(std::int32_t x, std::int32_t y, std::int32_t z) {
    const std::uint64_t sum = static_cast<std::uint64_t>(std::int64_t{x} * y) +
                              (static_cast<std::uint64_t>(std::int64_t{z}) << i_.third_shift);
    const std::int64_t rounded = round_shift(static_cast<std::int64_t>(sum), i_.shift);
    const std::int64_t least = static_cast<std::int32_t>(i_.least), most = static_cast<std::int32_t>(i_.most);
    const std::int64_t clamped = std::max(least, std::min(most, rounded));
    saturations_ += clamped != rounded ? 1 : 0;
    return static_cast<std::int32_t>(clamped);
  }
  [[nodiscard]] std::int32_t floating(std::int32_t x, std::int32_t y, const std::int32_t* z) const {
    float value = as_float(x) * as_float(y);
    if (z != nullptr) value += as_float(*z);
    const auto least = std::bit_cast<float>(i_.least), most = std::bit_cast<float>(i_.most);
    return sum_bits(value < least ? least : value > most ? most : value);
  }
  const isa::Multiply& i_;
  bool floating_;
  std::uint64_t saturations_ = 0;
};

class FloatFunction {
 public:
  FloatFunction(const isa::Function& i, const std::uint8_t*)
      : slope_(std::bit_cast<float>(i.slope)),
        function_(i.function == Curve::sigmoid ? exact_sigmoid : exact_tanh) {}
  void apply(const Arguments& of, Values results) const {
    for (std::size_t c = 0; c < results.size(); ++c)
      results[c] = sum_bits(function_(as_float(of.x[c]) * slope_));
  }

 private:
  float slope_;
  float (*function_)(float);
};

/// y holds the registers before the draw.
class Sampler {
 public:
  Sampler(const isa::Sample& i, const std::uint8_t*) : shift_(i.shift) {}
  void apply(const Arguments& of, Values results) const {
    for (std::size_t c = 0; c < results.size(); ++c) {
      const std::uint32_t drawn = next_register(static_cast<std::uint32_t>(of.y[c]));
      results[c] = bernoulli_ternary(of.x[c], shift_, draw_of(drawn));
    }
  }

 private:
  unsigned shift_;
};

/// Merges `from` into `into`: the larger of two results, or their sum. They are integers (sums wrap) or
/// floating point.
void merge(Pool pool, bool floating, ConstValues from, Values into) {
  for (std::size_t c = 0; c < into.size(); ++c) {
    if (pool == Pool::max) {
      const bool larger = floating ? as_float(from[c]) > as_float(into[c]) : from[c] > into[c];
      if (larger) into[c] = from[c];
    } else if (floating) {
      into[c] = sum_bits(as_float(into[c]) + as_float(from[c]));
    } else {
      into[c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(into[c]) +
                                          static_cast<std::uint32_t>(from[c]));
    }
  }
}

/// Reads the positions of a vector instruction's source and computes one result for each window.
template <class I, class Table>
class VectorPass {
 public:
  VectorPass(const I& i, const MachineSpec& spec, const MemoryView& memories)
      : i_(i),
        word_bits_(spec.array.word_bits),
        table_(i, table_at(i, memories)),
        source_(located({"address", i.memory, i.source_format, i.address, i.position_stride, i.line_stride},
                        memories)),
        x_(i.cols * source_values(i)),
        f_(i.cols) {
    for (const SideOperand& operand : side_operands(i)) sides_.push_back(located(operand, memories));
    if (source_values(i) == 2 || !sides_.empty()) y_.resize(i.cols);
    if (sides_.size() == 2) z_.resize(i.cols);
  }

  std::vector<std::int32_t> run() {
    const Window w = window_of(i_);
    const std::size_t cols = i_.cols;
    std::vector<std::int32_t> results(static_cast<std::size_t>(w.positions()) * cols);
    for (std::int64_t line = 0; line < w.lines; ++line) {
      for (std::int64_t column = 0; column < w.columns; ++column) {
        const auto at = static_cast<std::size_t>(line * w.columns + column) * cols;
        one(w, line, column, std::span(results).subspan(at, cols));
      }
    }
    return results;
  }
  [[nodiscard]] const Table& table() const { return table_; }

 private:
  /// An operand's bytes, from its first position on.
  struct Located {
    Format format;
    std::span<const std::uint8_t> bytes;
    std::uint64_t position_stride, line_stride;

    [[nodiscard]] std::span<const std::uint8_t> at(std::int64_t line, std::int64_t column) const {
      return bytes.subspan(static_cast<std::uint64_t>(line) * line_stride +
                           static_cast<std::uint64_t>(column) * position_stride);
    }
  };
  Located located(const SideOperand& operand, const MemoryView& memories) const {
    if (operand.memory != Memory::lanes) {
      return {operand.format, memories.of(operand.memory).subspan(operand.address), operand.position_stride,
              operand.line_stride};
    }
    const LaneResults& before = *memories.forwarded;
    const auto row = static_cast<std::uint64_t>(row_bytes(operand.format, i_.cols, word_bits_));
    const bool is_there = operand.address <= before.size();
    const std::size_t there = is_there ? before[before.size() - operand.address].size() : 0;
    if (there != i_.lines * i_.columns * row) {
      throw RunError(
          fmt::format("'{}' takes the results of instruction {} before it in its pass, {} bytes, "
                      "and {} are there",
                      operand.what, operand.address, i_.lines * i_.columns * row, there));
    }
    return {operand.format, before[before.size() - operand.address], row, i_.columns * row};
  }

  static const std::uint8_t* table_at(const I& i, const MemoryView& memories) {
    if constexpr (requires { i.table; }) return memories.weight.data() + i.table;
    return nullptr;
  }
  /// The result of the window at (line, column). A window without taps in the image has a source of 0.
  void one(const Window& w, std::int64_t line, std::int64_t column, Values result) {
    read_side_operands(line, column);
    bool any = false;
    for (std::int64_t ky = 0; ky < w.kernel_h; ++ky) {
      const std::int64_t y = line * w.stride_y + ky - w.pad_top;
      if (y < 0 || y >= w.in_lines) continue;
      for (std::int64_t kx = 0; kx < w.kernel_w; ++kx) {
        const std::int64_t x = column * w.stride_x + kx - w.pad_left;
        if (x < 0 || x >= w.in_columns) continue;
        read(y, x);
        if (i_.pool == Pool::max) {
          apply(any ? Values(f_) : result);
          if (any) merge(Pool::max, is_float(i_.format), f_, result);
        } else if (any) {
          merge(Pool::sum, is_float(i_.source_format), x_, sum_);
        } else {
          sum_ = x_;
        }
        any = true;
      }
    }
    if (!any) std::fill(x_.begin(), x_.end(), 0);
    if (i_.pool == Pool::sum && any) x_ = sum_;
    if (i_.pool == Pool::sum || !any) apply(result);
  }

  void read(std::int64_t y, std::int64_t x) {
    decode_row(source_.format, word_bits_, source_.at(y, x), 0, x_);
  }

  void read_side_operands(std::int64_t line, std::int64_t column) {
    for (std::size_t n = 0; n < sides_.size(); ++n)
      decode_row(sides_[n].format, word_bits_, sides_[n].at(line, column), 0, n == 0 ? y_ : z_);
  }

  void apply(Values result) {
    if (source_values(i_) == 1) return table_.apply({x_, y_, z_}, result);
    first_.resize(i_.cols);
    for (std::size_t c = 0; c < i_.cols; ++c) {
      first_[c] = x_[2 * c];
      y_[c] = x_[2 * c + 1];
    }
    table_.apply({first_, y_, z_}, result);
  }

  const I& i_;
  std::int64_t word_bits_;
  Table table_;
  Located source_;
  std::vector<Located> sides_;
  std::vector<std::int32_t> x_, y_, z_, f_, sum_, first_;
};

/// Advances every register by the shifts of one draw.
void draw_registers(const isa::Sample& i, const MemoryView& memories) {
  for (std::size_t line = 0; line < i.lines; ++line) {
    for (std::size_t column = 0; column < i.columns; ++column) {
      std::uint8_t* row = memories.activation.data() + i.registers + line * i.registers_line_stride +
                          column * i.registers_position_stride;
      for (std::size_t c = 0; c < i.cols; ++c, row += sizeof(std::uint32_t)) {
        const std::uint32_t drawn = next_register(read_as<std::uint32_t>(row));
        std::memcpy(row, &drawn, sizeof drawn);
      }
    }
  }
}

template <class Table, class I>
Effects pass(const I& i, const MachineSpec& spec, const MemoryView& memories) {
  VectorPass<I, Table> vector(i, spec, memories);
  const std::vector<std::int32_t> results = vector.run();
  if constexpr (requires { i.registers; }) draw_registers(i, memories);
  const auto row_of = [&](std::size_t line, std::size_t column) {
    return std::span(results).subspan((line * i.columns + column) * i.cols, i.cols);
  };
  const std::int64_t word_bits = spec.array.word_bits;
  for (std::size_t line = 0; i.chain != Chaining::forwards && line < i.lines; ++line) {
    for (std::size_t column = 0; column < i.columns; ++column) {
      const std::uint64_t at = i.result + line * i.result_line_stride + column * i.result_position_stride;
      encode_row(i.format, word_bits, std::span(memories.activation).subspan(at), i.first,
                 row_of(line, column));
    }
  }
  if (i.chain == Chaining::ends) {
    if (i.memory != Memory::array) memories.forwarded->clear();
  } else {
    const auto bytes = static_cast<std::size_t>(row_bytes(i.format, i.cols, word_bits));
    std::vector<std::uint8_t>& block = memories.forwarded->emplace_back(bytes * i.lines * i.columns);
    for (std::size_t r = 0; r < std::size_t{i.lines} * i.columns; ++r)
      encode_row(i.format, word_bits, std::span(block).subspan(r * bytes), 0, row_of(0, r));
  }
  Effects effects;
  if constexpr (requires { vector.table().saturations(); })
    effects.saturations = vector.table().saturations();
  return effects;
}

}  // namespace

Effects execute_vector(const isa::Threshold& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<ThresholdTable>(i, spec, memories);
}
Effects execute_vector(const isa::Scale& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<ScaleTable>(i, spec, memories);
}
Effects execute_vector(const isa::Affine& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<AffineTable>(i, spec, memories);
}
Effects execute_vector(const isa::Copy& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<NoTable>(i, spec, memories);
}
Effects execute_vector(const isa::Lookup& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<PointTable>(i, spec, memories);
}
Effects execute_vector(const isa::Multiply& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<Multiplier>(i, spec, memories);
}
Effects execute_vector(const isa::Function& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<FloatFunction>(i, spec, memories);
}
Effects execute_vector(const isa::Sample& i, const MachineSpec& spec, const MemoryView& memories) {
  return pass<Sampler>(i, spec, memories);
}

}  // namespace tricycle
