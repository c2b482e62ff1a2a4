// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/operands.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "arch/datapath/dot.hpp"
#include "arch/datapath/packing.hpp"

namespace tricycle {
namespace {

static_assert(std::endian::native == std::endian::little,
              "planes are filled byte by byte, least significant first");

/// The number of lines (or columns) from the first tap of the first window to the last tap of the last
/// window.
std::int64_t span_of(std::int64_t outputs, std::int64_t stride, std::int64_t kernel, std::int64_t dilation) {
  return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
}

/// The lines (or columns) of this span that some tap of some window reads.
std::vector<std::int64_t> read_of(std::int64_t outputs, std::int64_t stride, std::int64_t kernel,
                                  std::int64_t dilation) {
  std::vector<bool> is_read(static_cast<std::size_t>(span_of(outputs, stride, kernel, dilation)));
  for (std::int64_t i = 0; i < outputs; ++i) {
    for (std::int64_t k = 0; k < kernel; ++k)
      is_read[static_cast<std::size_t>(i * stride + k * dilation)] = true;
  }
  std::vector<std::int64_t> read;
  for (std::size_t i = 0; i < is_read.size(); ++i) {
    if (is_read[i]) read.push_back(static_cast<std::int64_t>(i));
  }
  return read;
}

/// Goes over the positions of the padded image that are read: calls `inside(index, row)` for a position in
/// the image and `outside(index)` for any other.
template <class Inside, class Outside>
void for_each_position(const TileProduct& p, Inside inside, Outside outside) {
  const Window& w = p.window;
  const std::int64_t width = span_of(w.columns, w.stride_x, w.kernel_w, w.dilation_x);
  const auto columns = read_of(w.columns, w.stride_x, w.kernel_w, w.dilation_x);
  const std::int64_t bytes = row_bytes(p.activation_format, p.elements, p.word_bits);
  for (const std::int64_t line : read_of(w.lines, w.stride_y, w.kernel_h, w.dilation_y)) {
    const std::int64_t y = line - w.pad_top;
    for (const std::int64_t column : columns) {
      const std::int64_t x = column - w.pad_left;
      const std::int64_t index = line * width + column;
      if (y < 0 || y >= w.in_lines || x < 0 || x >= w.in_columns) {
        outside(index);
        continue;
      }
      inside(index, p.activations.subspan(static_cast<std::size_t>(y * p.line_stride + x * p.position_stride),
                                          static_cast<std::size_t>(bytes)));
    }
  }
}

std::int64_t padded_positions(const Window& w) {
  return span_of(w.lines, w.stride_y, w.kernel_h, w.dilation_y) *
         span_of(w.columns, w.stride_x, w.kernel_w, w.dilation_x);
}

/// Calls `use(index, row)` for every row of weights of up to `block` channels from `channel` on. `index`
/// counts [channel][tap] from there.
template <class Use>
void for_each_weight_row(const TileProduct& p, std::int64_t channel, std::int64_t block, Use use) {
  const std::int64_t bytes = row_bytes(p.weight_format, p.elements, p.word_bits);
  const std::int64_t taps = p.window.taps();
  for (std::int64_t j = 0; j < std::min(block, p.cols - channel); ++j) {
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      use(j * taps + tap,
          p.weights.subspan(static_cast<std::size_t>((channel + j) * p.weight_stride + tap * bytes),
                            static_cast<std::size_t>(bytes)));
    }
  }
}

/// `Block` rows side by side: [row][k] becomes [k][row].
template <std::size_t Block, class T>
std::vector<T> side_by_side(const std::vector<T>& rows) {
  const std::size_t length = rows.size() / Block;
  std::vector<T> block(rows.size());
  for (std::size_t k = 0; k < length; ++k) {
    for (std::size_t j = 0; j < Block; ++j) block[k * Block + j] = rows[j * length + k];
  }
  return block;
}

/// A row with the same value in every element.
std::vector<std::int32_t> repeated(std::int32_t value, std::int64_t elements) {
  return std::vector<std::int32_t>(static_cast<std::size_t>(elements), value);
}

// Popcount datapaths.

/// The bits in the lanes after the end of a row: zeros of the format.
std::uint64_t filling(Format format) {
  return format == Format::trit2 || format == Format::trit2_mask ? fatnn::auxi : 0;
}

/// One mask bit for each trit, copied to both of the trit's bits.
std::uint64_t spread_mask(std::uint32_t bits) {
  std::uint64_t x = bits;
  x = (x | (x << 16U)) & 0x0000ffff0000ffffU;
  x = (x | (x << 8U)) & 0x00ff00ff00ff00ffU;
  x = (x | (x << 4U)) & 0x0f0f0f0f0f0f0f0fU;
  x = (x | (x << 2U)) & 0x3333333333333333U;
  x = (x | (x << 1U)) & 0x5555555555555555U;
  return x | (x << 1U);
}

/// Joins pieces of `piece` bytes, which lie `stride` bytes apart, to `bytes` bytes of a plane. Each common
/// size of a piece has its own code, so that no copy is a call.
template <std::int64_t Piece>
void join(const std::uint8_t* from, std::int64_t stride, std::int64_t piece, std::uint8_t* to,
          std::int64_t bytes) {
  const std::int64_t whole = Piece > 0 ? Piece : piece;
  for (; bytes >= whole; bytes -= whole) {
    std::memcpy(to, from, static_cast<std::size_t>(whole));
    to += whole;
    from += stride;
  }
  if (bytes > 0) std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

void join(const std::uint8_t* from, std::int64_t stride, std::int64_t piece, void* to, std::int64_t bytes) {
  auto* at = static_cast<std::uint8_t*>(to);
  switch (piece) {
    case 1: return join<1>(from, stride, piece, at, bytes);
    case 2: return join<2>(from, stride, piece, at, bytes);
    case 4: return join<4>(from, stride, piece, at, bytes);
    case 8: return join<8>(from, stride, piece, at, bytes);
    default: return join<0>(from, stride, piece, at, bytes);
  }
}

/// Joins a row's words into planes of 64-bit words, as many as the row's elements need. Any words of the row
/// after those hold only zeros. `second` is filled if the format has a second plane (planes, trit2_mask).
void join_planes(Format format, std::int64_t word_bits, std::int64_t elements,
                 std::span<const std::uint8_t> row, std::uint64_t* first, std::uint64_t* second) {
  const std::int64_t words = plane_words(format, elements);
  const std::int64_t stride = bytes_per_word(format, word_bits);
  const std::int64_t stored = std::ssize(row) / stride;
  const std::int64_t word_bytes = word_bits / 8;
  std::fill_n(first, words, filling(format));
  if (format == Format::bit1 || format == Format::trit2) {
    std::memcpy(first, row.data(), static_cast<std::size_t>(std::min(8 * words, stored * word_bytes)));
    return;
  }
  if (format == Format::planes) {
    const std::int64_t half = word_bytes / 2;
    const std::int64_t bytes = std::min(8 * words, stored * half);
    std::fill_n(second, words, 0);
    join(row.data(), stride, half, first, bytes);
    join(row.data() + half, stride, half, second, bytes);
    return;
  }
  // trit2_mask: first the codec's words, then the masks. Each mask bit is copied to both bits of its trit.
  join(row.data(), stride, word_bytes, first, std::min(8 * words, stored * word_bytes));
  std::vector<std::uint32_t> masks(static_cast<std::size_t>(words), ~std::uint32_t{0});
  join(row.data() + word_bytes, stride, word_bytes / 2, masks.data(),
       std::min(4 * words, stored * word_bytes / 2));
  std::transform(masks.begin(), masks.end(), second, spread_mask);
}

/// Bits of the `word`th word of a plane that hold elements.
std::uint64_t valid_bits(std::int64_t elements, std::int64_t word) {
  const std::int64_t left = elements - 64 * word;
  return left >= 64 ? ~std::uint64_t{0} : left <= 0 ? 0 : (std::uint64_t{1} << left) - 1;
}

// Integers and floating point.

void to_pairs(std::span<const std::int32_t> values, std::int32_t* pairs) {
  const auto pair = [](std::int32_t low, std::int32_t high) {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(low) & 0xffffU) |
                                     static_cast<std::uint32_t>(high) << 16U);
  };
  std::size_t i = 0;
  for (; i + 2 <= values.size(); i += 2) pairs[i / 2] = pair(values[i], values[i + 1]);
  if (i < values.size()) pairs[i / 2] = pair(values[i], 0);
}

std::int64_t pairs_of(const TileProduct& product) {
  return (product.elements + 1) / 2;
}

/// The float32 bits of a tap in array steps: each takes `lanes` elements and is filled to `width`.
void to_steps(std::span<const std::int32_t> values, std::int64_t lanes, std::int64_t width, float* steps) {
  for (std::int64_t i = 0; i < std::ssize(values); i += lanes, steps += width) {
    const std::int64_t count = std::min(lanes, std::ssize(values) - i);
    std::memcpy(steps, values.data() + i, static_cast<std::size_t>(count) * sizeof(float));
  }
}

/// The padded image of decoded rows. `convert` turns the elements of a position into `units` values.
template <class T, class Convert>
std::vector<T> image_of(const TileProduct& p, std::int64_t units, Convert convert) {
  std::vector<T> image(static_cast<std::size_t>(padded_positions(p.window) * units));
  std::vector<T> pad(static_cast<std::size_t>(units));
  convert(repeated(p.pad, p.elements), pad.data());
  std::vector<std::int32_t> values(static_cast<std::size_t>(p.elements));
  for_each_position(
      p,
      [&](std::int64_t index, std::span<const std::uint8_t> row) {
        decode_row(p.activation_format, p.word_bits, row, 0, values);
        convert(values, image.data() + index * units);
      },
      [&](std::int64_t index) { std::copy(pad.begin(), pad.end(), image.begin() + index * units); });
  return image;
}

/// Decoded weights of 16 channels from `channel` on, side by side.
template <class T, class Convert>
std::vector<T> weights_of(const TileProduct& p, std::int64_t channel, std::int64_t units, Convert convert) {
  std::vector<T> rows(static_cast<std::size_t>(16 * p.window.taps() * units));
  std::vector<std::int32_t> values(static_cast<std::size_t>(p.elements));
  for_each_weight_row(p, channel, 16, [&](std::int64_t index, std::span<const std::uint8_t> row) {
    decode_row(p.weight_format, p.word_bits, row, 0, values);
    convert(values, rows.data() + index * units);
  });
  return side_by_side<16>(rows);
}

}  // namespace

Walk walk_of(const Window& w, std::int64_t units) {
  const std::int64_t width = span_of(w.columns, w.stride_x, w.kernel_w, w.dilation_x);
  Walk walk;
  walk.bases.reserve(static_cast<std::size_t>(w.positions()));
  for (std::int64_t y = 0; y < w.lines; ++y) {
    for (std::int64_t x = 0; x < w.columns; ++x) {
      walk.bases.push_back((y * w.stride_y * width + x * w.stride_x) * units);
    }
  }
  const bool dense = w.dilation_x == 1;  // the taps of a kernel line follow each other
  walk.run_length = dense ? w.kernel_w * units : units;
  for (std::int64_t ky = 0; ky < w.kernel_h; ++ky) {
    for (std::int64_t kx = 0; kx < (dense ? 1 : w.kernel_w); ++kx) {
      walk.runs.push_back((ky * w.dilation_y * width + kx * w.dilation_x) * units);
    }
  }
  return walk;
}

std::int64_t plane_words(Format format, std::int64_t elements) {
  const std::int64_t per_word = format == Format::trit2 || format == Format::trit2_mask ? 32 : 64;
  return (elements + per_word - 1) / per_word;
}

Planes image_planes(const TileProduct& p) {
  const Format format = p.activation_format;
  const std::int64_t words = plane_words(format, p.elements);
  const auto size = static_cast<std::size_t>(padded_positions(p.window) * words);
  Planes image;
  image.first.resize(size);
  if (format != Format::trit2) image.second.resize(size);
  const auto second = [&](std::int64_t index) {
    return image.second.empty() ? nullptr : image.second.data() + index * words;
  };
  std::vector<std::uint64_t> pad_first(static_cast<std::size_t>(words)), pad_second(pad_first);
  if (format != Format::bit1) {  // binary: taps outside add nothing and have no valid bits
    join_planes(format, p.word_bits, p.elements, pack_row(format, p.word_bits, repeated(p.pad, p.elements)),
                pad_first.data(), pad_second.data());
  }
  for_each_position(
      p,
      [&](std::int64_t index, std::span<const std::uint8_t> row) {
        join_planes(format, p.word_bits, p.elements, row, image.first.data() + index * words, second(index));
        if (format != Format::bit1) return;
        for (std::int64_t k = 0; k < words; ++k) second(index)[k] = valid_bits(p.elements, k);
      },
      [&](std::int64_t index) {
        std::copy(pad_first.begin(), pad_first.end(), image.first.begin() + index * words);
        if (format != Format::trit2) std::copy(pad_second.begin(), pad_second.end(), second(index));
      });
  return image;
}

Planes weight_planes(const TileProduct& p, std::int64_t channel) {
  const Format format = p.weight_format;
  const std::int64_t words = plane_words(format, p.elements);
  const auto size = static_cast<std::size_t>(8 * p.window.taps() * words);
  std::vector<std::uint64_t> first(size), second(format == Format::bit1 ? 0 : size);
  for_each_weight_row(p, channel, 8, [&](std::int64_t index, std::span<const std::uint8_t> row) {
    std::uint64_t* to_second = second.empty() ? nullptr : second.data() + index * words;
    join_planes(format, p.word_bits, p.elements, row, first.data() + index * words, to_second);
  });
  if (format == Format::trit2) std::transform(first.begin(), first.end(), second.begin(), fatnn::zero_mask);
  return {side_by_side<8>(first), side_by_side<8>(second)};
}

std::vector<std::int32_t> image_pairs(const TileProduct& p) {
  return image_of<std::int32_t>(p, pairs_of(p), to_pairs);
}

std::vector<std::int32_t> weight_pairs(const TileProduct& p, std::int64_t channel) {
  return weights_of<std::int32_t>(p, channel, pairs_of(p), to_pairs);
}

std::int64_t step_width(const TileProduct& p) {
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(p.lanes)));
}

std::int64_t steps_of_tap(const TileProduct& p) {
  return (p.elements + p.lanes - 1) / p.lanes;
}

std::vector<float> image_floats(const TileProduct& p) {
  return image_of<float>(
      p, steps_of_tap(p) * step_width(p),
      [&](std::span<const std::int32_t> values, float* to) { to_steps(values, p.lanes, step_width(p), to); });
}

std::vector<float> weight_floats(const TileProduct& p, std::int64_t channel) {
  return weights_of<float>(
      p, channel, steps_of_tap(p) * step_width(p),
      [&](std::span<const std::int32_t> values, float* to) { to_steps(values, p.lanes, step_width(p), to); });
}

}  // namespace tricycle
