// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/vector_meaning.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "arch/datapath/floats.hpp"
#include "arch/datapath/packing.hpp"
#include "arch/isa/footprint.hpp"

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

/// Thresholds of all channels, threshold by threshold, so that channels are compared side by side.
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
  void apply(ConstValues x, ConstValues, Values results) const {
    std::fill(results.begin(), results.end(), 0);
    for (std::size_t t = 0; t < count_; ++t) {
      const std::int32_t* threshold = thresholds_.data() + t * cols_;
      for (std::size_t c = 0; c < cols_; ++c)
        results[c] += std::int64_t{signs_[c]} * x[c] >= threshold[c] ? 1 : 0;
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
      : least_(static_cast<std::int32_t>(i.least)), most_(static_cast<std::int32_t>(i.most)) {
    for (std::size_t c = 0; c < i.cols; ++c) {
      const std::uint8_t* row = table + (i.per_channel != 0 ? c : 0) * table_row(i);
      rows_.push_back({read_as<std::int32_t>(row), read_as<std::int32_t>(row + 4),
                       read_as<std::uint64_t>(row + 8), std::min<unsigned>(row[16], 62)});
    }
  }
  void apply(ConstValues x, ConstValues y, Values results) const {
    for (std::size_t c = 0; c < results.size(); ++c) {
      const Row& row = rows_[c];
      std::uint64_t sum = static_cast<std::uint64_t>(std::int64_t{x[c]} * row.multiplier) + row.bias;
      if (!y.empty()) sum += static_cast<std::uint64_t>(std::int64_t{y[c]} * row.second);
      const std::int64_t rounded = round_shift(static_cast<std::int64_t>(sum), row.shift);
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
  /// value / 2^shift, rounded half to even.
  static std::int64_t round_shift(std::int64_t value, unsigned shift) {
    if (shift == 0) return value;
    const std::int64_t whole = value >> shift;
    const std::int64_t rest = value - whole * (std::int64_t{1} << shift);
    const std::int64_t half = std::int64_t{1} << (shift - 1);
    return whole + (rest > half || (rest == half && (whole & 1) != 0) ? 1 : 0);
  }
  std::int32_t least_, most_;
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
  void apply(ConstValues x, ConstValues y, Values results) const {
    for (std::size_t c = 0; c < results.size(); ++c) {
      const Row& row = rows_[c];
      float value = (float_x_ ? as_float(x[c]) : static_cast<float>(x[c])) * row.scale;
      if (!y.empty()) value += (float_y_ ? as_float(y[c]) : static_cast<float>(y[c])) * row.second;
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
  void apply(ConstValues x, ConstValues, Values results) const {
    std::copy(x.begin(), x.end(), results.begin());
  }
};

/// Larger of two results, or their sum: integers (sums wrap), or floating point.
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

/// Reads the positions of a vector instruction's source and makes one result of each window.
template <class I, class Table>
class VectorPass {
 public:
  VectorPass(const I& i, const MachineSpec& spec, const Memories& memories)
      : i_(i),
        memory_(memories.of(i.memory)),
        activation_(memories.activation),
        word_bits_(spec.array.word_bits),
        table_(i, table_at(i, memories)),
        x_(i.cols * source_values(i)),
        y_(source_values(i) == 2 || has_second() ? i.cols : 0),
        f_(i.cols) {}

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

 private:
  static const std::uint8_t* table_at(const I& i, const Memories& memories) {
    if constexpr (requires { i.table; }) return memories.weight.data() + i.table;
    return nullptr;
  }
  [[nodiscard]] bool has_second() const {
    if constexpr (requires { i_.second; }) return i_.second == Second::tensor;
    return false;
  }

  /// The result of the window at (line, column). A window without taps inside is 0 of the source.
  void one(const Window& w, std::int64_t line, std::int64_t column, Values result) {
    read_second(line, column);
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
    const std::uint64_t at = i_.address + static_cast<std::uint64_t>(y) * i_.line_stride +
                             static_cast<std::uint64_t>(x) * i_.position_stride;
    decode_row(i_.source_format, word_bits_, std::span(memory_).subspan(at), 0, x_);
  }

  void read_second(std::int64_t line, std::int64_t column) {
    if constexpr (requires { i_.second; }) {
      if (i_.second != Second::tensor) return;
      const std::uint64_t at = i_.second_address + static_cast<std::uint64_t>(line) * i_.second_line_stride +
                               static_cast<std::uint64_t>(column) * i_.second_position_stride;
      decode_row(i_.second_format, word_bits_, std::span(activation_).subspan(at), 0, y_);
    }
  }

  void apply(Values result) {
    if (source_values(i_) == 1) return table_.apply(x_, y_, result);
    first_.resize(i_.cols);
    for (std::size_t c = 0; c < i_.cols; ++c) {
      first_[c] = x_[2 * c];
      y_[c] = x_[2 * c + 1];
    }
    table_.apply(first_, y_, result);
  }

  const I& i_;
  const std::vector<std::uint8_t>& memory_;
  const std::vector<std::uint8_t>& activation_;
  std::int64_t word_bits_;
  Table table_;
  std::vector<std::int32_t> x_, y_, f_, sum_, first_;
};

template <class Table, class I>
void pass(const I& i, const MachineSpec& spec, Memories& memories) {
  const std::vector<std::int32_t> results = VectorPass<I, Table>(i, spec, memories).run();
  for (std::size_t line = 0; line < i.lines; ++line) {
    for (std::size_t column = 0; column < i.columns; ++column) {
      const std::uint64_t at = i.result + line * i.result_line_stride + column * i.result_position_stride;
      encode_row(i.format, spec.array.word_bits, std::span(memories.activation).subspan(at), i.first,
                 std::span(results).subspan((line * i.columns + column) * i.cols, i.cols));
    }
  }
}

}  // namespace

void execute_vector(const isa::Threshold& i, const MachineSpec& spec, Memories& memories) {
  pass<ThresholdTable>(i, spec, memories);
}
void execute_vector(const isa::Scale& i, const MachineSpec& spec, Memories& memories) {
  pass<ScaleTable>(i, spec, memories);
}
void execute_vector(const isa::Affine& i, const MachineSpec& spec, Memories& memories) {
  pass<AffineTable>(i, spec, memories);
}
void execute_vector(const isa::Copy& i, const MachineSpec& spec, Memories& memories) {
  pass<NoTable>(i, spec, memories);
}

}  // namespace tricycle
