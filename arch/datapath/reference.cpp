// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <optional>
#include <vector>

#include "arch/datapath/dot.hpp"
#include "arch/datapath/floats.hpp"
#include "arch/datapath/packing.hpp"
#include "arch/datapath/tile.hpp"

namespace tricycle {
namespace {

using Bits = std::vector<std::uint64_t>;

/// A row in the form that its datapath's arithmetic takes.
struct Row {
  std::vector<Bits> planes;          // popcount datapaths and bitserial
  std::vector<std::int32_t> values;  // mac, shift
  std::vector<float> floats;
  std::vector<Power> powers;
};

/// The bits of a packed row, one after another: `per_word` bits from bit `offset` of every stored word. The
/// last 64-bit word is filled up with bits of `filling`.
Bits bits_of(std::span<const std::uint8_t> row, std::int64_t stored_bits, std::int64_t offset,
             std::int64_t per_word, std::uint64_t filling) {
  const std::int64_t count = std::ssize(row) * 8 / stored_bits * per_word;
  Bits words(static_cast<std::size_t>((count + 63) / 64), filling);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t from = i / per_word * stored_bits + offset + i % per_word;
    const bool bit = ((row[static_cast<std::size_t>(from / 8)] >> static_cast<unsigned>(from % 8)) & 1U) != 0;
    std::uint64_t& word = words[static_cast<std::size_t>(i / 64)];
    const std::uint64_t at = std::uint64_t{1} << static_cast<unsigned>(i % 64);
    word = bit ? word | at : word & ~at;
  }
  return words;
}

/// Bit plane `m` of plain bytes.
Bits byte_plane(std::span<const std::uint8_t> row, unsigned m) {
  Bits words((row.size() + 63) / 64);
  for (std::size_t i = 0; i < row.size(); ++i) words[i / 64] |= std::uint64_t{(row[i] >> m) & 1U} << i % 64;
  return words;
}

/// FATNN's codec words. If a mask is stored beside them, each of its bits is copied to both bits of its trit.
void take_trits(Row& to, Format format, std::int64_t word_bits, std::span<const std::uint8_t> row) {
  const std::int64_t stored = 8 * bytes_per_word(format, word_bits);
  to.planes.push_back(bits_of(row, stored, 0, word_bits, fatnn::auxi));
  if (format == Format::trit2) return;
  const Bits masks = bits_of(row, stored, word_bits, word_bits / 2, ~std::uint64_t{0});
  Bits both(to.planes[0].size());
  for (std::size_t trit = 0; trit < 32 * both.size(); ++trit) {
    const bool zero = ((masks[trit / 64] >> trit % 64) & 1U) != 0;
    if (zero) both[trit / 32] |= std::uint64_t{3} << (2 * (trit % 32));
  }
  to.planes.push_back(std::move(both));
}

Row row_of(Datapath datapath, Format format, std::int64_t word_bits, std::int64_t elements,
           std::span<const std::uint8_t> row) {
  Row to;
  switch (datapath) {
    case Datapath::binary: to.planes = {bits_of(row, word_bits, 0, word_bits, 0)}; return to;
    case Datapath::ternary_fatnn: take_trits(to, format, word_bits, row); return to;
    case Datapath::ternary_planes:
      to.planes = {bits_of(row, word_bits, 0, word_bits / 2, 0),
                   bits_of(row, word_bits, word_bits / 2, word_bits / 2, 0)};
      return to;
    case Datapath::bitserial: {
      const std::int64_t bits = bits_per_element(format);
      for (std::int64_t m = 0; m < bits; ++m) {
        to.planes.push_back(is_packed(format) ? bits_of(row, bits * word_bits, m * word_bits, word_bits, 0)
                                              : byte_plane(row, static_cast<unsigned>(m)));
        // A row of bytes and one of array words may be padded to a different length.
        to.planes.back().resize(static_cast<std::size_t>((elements + 63) / 64));
      }
      return to;
    }
    case Datapath::shift:
    case Datapath::mac: break;
  }
  if (format == Format::pow2) {
    for (std::int64_t i = 0; i < elements; ++i) {
      const unsigned code = row[static_cast<std::size_t>(i / 2)] >> (i % 2 * 4);
      to.powers.push_back({code & 7U, (code & 8U) != 0});
    }
    return to;
  }
  to.values = unpack_row(format, word_bits, row, elements);
  if (is_float(format)) {
    for (const std::int32_t bits : to.values) to.floats.push_back(std::bit_cast<float>(bits));
  }
  return to;
}

std::int64_t shift_dot(const Row& x, const Row& y) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < y.powers.size(); ++i) {
    sum +=
        x.powers.empty() ? shift_product(x.values[i], y.powers[i]) : shift_product(x.powers[i], y.powers[i]);
  }
  return sum;
}

bool is_signed(Format format) {
  return code_range(format).first < 0;
}

/// The sum of one tap, for the integer datapaths.
std::int64_t dot_of(const TileProduct& p, const Row& x, const Row& y) {
  switch (p.datapath) {
    case Datapath::binary: return binary_dot(x.planes[0], y.planes[0], p.elements);
    case Datapath::ternary_fatnn:
      return y.planes.size() == 1 ? fatnn::dot(x.planes[0], y.planes[0])
                                  : fatnn::dot(x.planes[0], y.planes[0], y.planes[1]);
    case Datapath::ternary_planes: return planes_dot(x.planes[0], x.planes[1], y.planes[0], y.planes[1]);
    case Datapath::bitserial:
      return bitserial_dot({x.planes, is_signed(p.activation_format)},
                           {y.planes, is_signed(p.weight_format)});
    case Datapath::shift: return shift_dot(x, y);
    case Datapath::mac: break;
  }
  return dot_reference(x.values, y.values);
}

/// The rows of the image, and the row for taps outside of it.
class Image {
 public:
  explicit Image(const TileProduct& p) : window_(p.window) {
    const auto row = [&](std::span<const std::uint8_t> bytes) {
      return row_of(p.datapath, p.activation_format, p.word_bits, p.elements, bytes);
    };
    const auto bytes = static_cast<std::size_t>(row_bytes(p.activation_format, p.elements, p.word_bits));
    rows_.resize(static_cast<std::size_t>(window_.in_lines * window_.in_columns));
    for (std::int64_t y = 0; y < window_.in_lines; ++y) {
      for (std::int64_t x = 0; x < window_.in_columns; ++x) {
        const auto at = static_cast<std::size_t>(y * p.line_stride + x * p.position_stride);
        if (at + bytes > p.activations.size()) continue;  // no window reads it
        rows_[static_cast<std::size_t>(y * window_.in_columns + x)] = row(p.activations.subspan(at, bytes));
      }
    }
    if (p.datapath == Datapath::binary) return;  // taps outside add nothing
    const std::vector<std::int32_t> pad(static_cast<std::size_t>(p.elements), p.pad);
    outside_ = row(pack_row(p.activation_format, p.word_bits, pad));
  }

  /// The row that a tap of an output position reads; null if the tap adds nothing.
  [[nodiscard]] const Row* at(std::int64_t position, std::int64_t tap) const {
    const Window& w = window_;
    const std::int64_t y = position / w.columns * w.stride_y + tap / w.kernel_w * w.dilation_y - w.pad_top;
    const std::int64_t x = position % w.columns * w.stride_x + tap % w.kernel_w * w.dilation_x - w.pad_left;
    if (y >= 0 && y < w.in_lines && x >= 0 && x < w.in_columns) {
      return &rows_[static_cast<std::size_t>(y * w.in_columns + x)];
    }
    return outside_ ? &*outside_ : nullptr;
  }

 private:
  const Window& window_;
  std::vector<Row> rows_;
  std::optional<Row> outside_;
};

}  // namespace

void multiply_tile_reference(const TileProduct& p, bool accumulate, std::span<std::int32_t> sums) {
  const Image image(p);
  const auto bytes = row_bytes(p.weight_format, p.elements, p.word_bits);
  for (std::int64_t j = 0; j < p.cols; ++j) {
    std::vector<Row> weights;
    for (std::int64_t tap = 0; tap < p.window.taps(); ++tap) {
      const auto row = p.weights.subspan(static_cast<std::size_t>(j * p.weight_stride + tap * bytes),
                                         static_cast<std::size_t>(bytes));
      weights.push_back(row_of(p.datapath, p.weight_format, p.word_bits, p.elements, row));
    }
    for (std::int64_t position = 0; position < p.window.positions(); ++position) {
      std::int32_t& out = sums[static_cast<std::size_t>(position * p.cols + j)];
      std::int64_t sum = accumulate ? out : 0;
      float float_sum = accumulate ? std::bit_cast<float>(out) : 0.0F;
      for (std::int64_t tap = 0; tap < p.window.taps(); ++tap) {
        const Row* x = image.at(position, tap);
        if (x == nullptr) continue;
        const Row& y = weights[static_cast<std::size_t>(tap)];
        if (is_float(p.activation_format)) {
          float_sum = mac_tree(x->floats, y.floats, p.lanes, float_sum);
        } else {
          sum += dot_of(p, *x, y);
        }
      }
      out = is_float(p.activation_format) ? sum_bits(float_sum) : static_cast<std::int32_t>(sum);
    }
  }
}

}  // namespace tricycle
