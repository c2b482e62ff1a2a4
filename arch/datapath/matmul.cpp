// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/matmul.hpp"

#include <cstring>

#include "arch/datapath/dot.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "arch/datapath/matmul.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tricycle::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::CappedTag<std::uint64_t, 8>;
using Vector = hn::Vec<Words>;

// Each adds the partial dot products of one activation word with the weight words of some columns to `sum`.
// Binary counts agreements; the caller turns them into 2 * agreements - N. FATNN's N is subtracted by the
// caller too.
struct BinaryStep {
  static Vector add(Vector sum, Vector x, Vector, Vector w, Vector valid) {
    return hn::Add(sum, hn::PopulationCount(hn::AndNot(hn::Xor(x, w), valid)));
  }
};
struct FatnnStep {
  static Vector add(Vector sum, Vector x, Vector, Vector w, Vector mask) {
    const Vector xnor = hn::Not(hn::Xor(x, w));
    const Vector product = hn::Or(hn::And(mask, hn::Set(Words(), fatnn::auxi)), hn::AndNot(mask, xnor));
    return hn::Add(sum, hn::PopulationCount(product));
  }
};
struct PlanesStep {
  static Vector add(Vector sum, Vector x_nonzero, Vector x_sign, Vector w_nonzero, Vector w_sign) {
    const Vector both = hn::And(x_nonzero, w_nonzero);
    const Vector negative = hn::And(both, hn::Xor(x_sign, w_sign));
    const Vector twice = hn::ShiftLeft<1>(hn::PopulationCount(negative));
    return hn::Add(sum, hn::Sub(hn::PopulationCount(both), twice));
  }
};

/// `Rows` activation rows from row `i` against one block of 8 weight rows.
template <class Step, int Rows>
void block(const Operand& a, const std::uint64_t* w1, const std::uint64_t* w2, std::int64_t i,
           std::int64_t scale, std::int64_t offset, std::int64_t columns, std::int32_t* out,
           std::int64_t out_stride) {
  const Words d;
  const std::size_t lanes = hn::Lanes(d);
  const bool has_second = !a.second.empty();
  const auto words = static_cast<std::size_t>(a.words);
  const std::uint64_t* first = a.first.data() + static_cast<std::size_t>(i) * words;
  const std::uint64_t* second = has_second ? a.second.data() + static_cast<std::size_t>(i) * words : first;
  HWY_ALIGN std::uint64_t sums[Rows][8];
  for (std::size_t lane = 0; lane < 8; lane += lanes) {
    Vector sum[Rows];
    for (auto& s : sum) s = hn::Zero(d);
    for (std::size_t k = 0; k < words; ++k) {
      const Vector w_first = hn::LoadU(d, w1 + 8 * k + lane);
      const Vector w_second = hn::LoadU(d, w2 + 8 * k + lane);
      for (std::size_t r = 0; r < Rows; ++r) {
        sum[r] = Step::add(sum[r], hn::Set(d, first[r * words + k]), hn::Set(d, second[r * words + k]),
                           w_first, w_second);
      }
    }
    for (std::size_t r = 0; r < Rows; ++r) hn::Store(sum[r], d, sums[r] + lane);
  }
  for (std::int64_t r = 0; r < Rows; ++r) {
    for (std::int64_t j = 0; j < columns; ++j) {
      out[r * out_stride + j] =
          static_cast<std::int32_t>(scale * static_cast<std::int64_t>(sums[r][j]) - offset);
    }
  }
}

template <class Step>
void multiply_all(const Operand& a, const Operand& w, std::int64_t scale, std::int64_t offset,
                  std::int32_t* sums) {
  constexpr std::int64_t rows_at_once = 4;
  for (std::int64_t j = 0; j < w.rows; j += 8) {
    const std::int64_t columns = w.rows - j < 8 ? w.rows - j : 8;
    const std::uint64_t* w1 = w.first.data() + j * w.words;
    const std::uint64_t* w2 = w.second.data() + j * w.words;
    std::int64_t i = 0;
    for (; i + rows_at_once <= a.rows; i += rows_at_once) {
      block<Step, rows_at_once>(a, w1, w2, i, scale, offset, columns, sums + i * w.rows + j, w.rows);
    }
    for (; i < a.rows; ++i)
      block<Step, 1>(a, w1, w2, i, scale, offset, columns, sums + i * w.rows + j, w.rows);
  }
}

void multiply_dispatched(Datapath datapath, const Operand& a, const Operand& w, std::int64_t elements,
                         std::int32_t* sums) {
  switch (datapath) {
    case Datapath::binary: return multiply_all<BinaryStep>(a, w, 2, elements, sums);
    case Datapath::ternary_fatnn: return multiply_all<FatnnStep>(a, w, 1, 32 * a.words, sums);
    case Datapath::ternary_planes: return multiply_all<PlanesStep>(a, w, 1, 0, sums);
  }
}

}  // namespace tricycle::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tricycle {
namespace {

HWY_EXPORT(multiply_dispatched);

/// Appends pieces of bytes to a plane of 64-bit words.
class PlaneWriter {
 public:
  explicit PlaneWriter(std::uint64_t* words) : at_(reinterpret_cast<std::uint8_t*>(words)) {}
  void append(const std::uint8_t* bytes, std::int64_t count) {
    std::memcpy(at_, bytes, static_cast<std::size_t>(count));
    at_ += count;
  }

 private:
  std::uint8_t* at_;
};

/// Splits words of planes into their two planes. Compiled for the common half words, so that no copy is a
/// call.
template <std::int64_t HalfBytes>
void split_planes(const std::uint8_t* bytes, std::int64_t words, std::int64_t half_bytes,
                  std::uint64_t* first, std::uint64_t* second) {
  const std::int64_t half = HalfBytes > 0 ? HalfBytes : half_bytes;
  PlaneWriter one(first), two(second);
  for (std::int64_t k = 0; k < words; ++k) {
    one.append(bytes + 2 * k * half, half);
    two.append(bytes + (2 * k + 1) * half, half);
  }
}

/// One mask bit for each trit, spread to both of the trit's bits.
std::uint64_t spread(std::uint32_t bits) {
  std::uint64_t x = bits;
  x = (x | (x << 16U)) & 0x0000ffff0000ffffU;
  x = (x | (x << 8U)) & 0x00ff00ff00ff00ffU;
  x = (x | (x << 4U)) & 0x0f0f0f0f0f0f0f0fU;
  x = (x | (x << 2U)) & 0x3333333333333333U;
  x = (x | (x << 1U)) & 0x5555555555555555U;
  return x | (x << 1U);
}

static_assert(std::endian::native == std::endian::little,
              "planes are filled byte by byte, least significant first");

std::int64_t plane_words(Format format, const PackedRows& packed) {
  const std::int64_t bits = format == Format::planes ? packed.word_bits / 2 : packed.word_bits;
  return (packed.words * bits + 63) / 64;
}

/// Fills the planes of one row: `first`, and `second` where the format holds one (planes, trit2_mask).
void unpack_planes(Format format, const PackedRows& packed, std::int64_t row, std::uint64_t* first,
                   std::uint64_t* second) {
  const std::uint8_t* bytes = packed.bytes.data() + row * packed.stride;
  const std::int64_t word_bytes = packed.word_bits / 8;
  PlaneWriter one(first);
  if (format == Format::bit1 || format == Format::trit2) {
    one.append(bytes, packed.words * word_bytes);
    return;
  }
  if (format == Format::planes) {
    const std::int64_t half = word_bytes / 2;
    switch (half) {
      case 2: return split_planes<2>(bytes, packed.words, half, first, second);
      case 4: return split_planes<4>(bytes, packed.words, half, first, second);
      case 8: return split_planes<8>(bytes, packed.words, half, first, second);
      case 16: return split_planes<16>(bytes, packed.words, half, first, second);
      default: return split_planes<0>(bytes, packed.words, half, first, second);
    }
  }
  // trit2_mask: the codec's words, and the masks gathered and then spread to two bits a trit.
  const std::int64_t stored = bytes_per_word(format, packed.word_bits);
  std::vector<std::uint32_t> masks(static_cast<std::size_t>(plane_words(format, packed)), ~std::uint32_t{0});
  auto* mask_at = reinterpret_cast<std::uint8_t*>(masks.data());
  for (std::int64_t k = 0; k < packed.words; ++k) {
    one.append(bytes + k * stored, word_bytes);
    std::memcpy(mask_at + k * word_bytes / 2, bytes + k * stored + word_bytes,
                static_cast<std::size_t>(word_bytes / 2));
  }
  for (std::size_t i = 0; i < masks.size(); ++i) second[i] = spread(masks[i]);
}

/// What fills the lanes behind a row's last word: zeros of the format.
std::uint64_t padding(Format format) {
  return format == Format::trit2 || format == Format::trit2_mask ? fatnn::auxi : 0;
}

std::uint64_t valid_bits(std::int64_t elements, std::int64_t word) {
  const std::int64_t left = elements - 64 * word;
  return left >= 64 ? ~std::uint64_t{0} : left <= 0 ? 0 : (std::uint64_t{1} << left) - 1;
}

}  // namespace

Operand unpack_activations(Datapath datapath, const PackedRows& packed) {
  const Format format = activation_format(datapath);
  Operand operand;
  operand.rows = packed.rows;
  operand.words = plane_words(format, packed);
  const auto size = static_cast<std::size_t>(operand.rows * operand.words);
  operand.first.assign(size, padding(format));
  if (format == Format::planes) operand.second.assign(size, 0);
  for (std::int64_t i = 0; i < packed.rows; ++i) {
    const std::int64_t at = i * operand.words;
    unpack_planes(format, packed, i, operand.first.data() + at,
                  operand.second.empty() ? nullptr : operand.second.data() + at);
  }
  return operand;
}

Operand unpack_weights(Datapath datapath, FatnnMask mask, const PackedRows& packed) {
  const Format format = weight_format(datapath, mask);
  Operand operand;
  operand.rows = packed.rows;
  operand.words = plane_words(format, packed);
  const std::int64_t blocks = (packed.rows + 7) / 8;
  const auto size = static_cast<std::size_t>(blocks * 8 * operand.words);
  operand.first.assign(size, padding(format));
  operand.second.assign(size, 0);
  std::vector<std::uint64_t> first, second;
  for (std::int64_t j = 0; j < packed.rows; ++j) {
    first.assign(static_cast<std::size_t>(operand.words), padding(format));
    second.assign(static_cast<std::size_t>(operand.words), 0);
    unpack_planes(format, packed, j, first.data(), second.data());
    for (std::int64_t k = 0; k < operand.words; ++k) {
      const auto word = static_cast<std::size_t>(k);
      if (format == Format::bit1) second[word] = valid_bits(packed.elements, k);
      if (format == Format::trit2) second[word] = fatnn::zero_mask(first[word]);
      const auto at = static_cast<std::size_t>((j / 8 * operand.words + k) * 8 + j % 8);
      operand.first[at] = first[word];
      operand.second[at] = second[word];
    }
  }
  return operand;
}

void multiply(Datapath datapath, const Operand& activations, const Operand& weights, std::int64_t elements,
              std::span<std::int32_t> sums) {
  HWY_DYNAMIC_DISPATCH(multiply_dispatched)(datapath, activations, weights, elements, sums.data());
}

void multiply_reference(std::span<const std::int8_t> activations, std::span<const std::int8_t> weights,
                        std::int64_t m, std::int64_t n, std::int64_t k, std::span<std::int32_t> sums) {
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      const auto row = activations.subspan(static_cast<std::size_t>(i * k), static_cast<std::size_t>(k));
      const auto column = weights.subspan(static_cast<std::size_t>(j * k), static_cast<std::size_t>(k));
      sums[static_cast<std::size_t>(i * n + j)] = static_cast<std::int32_t>(dot_reference(row, column));
    }
  }
}

}  // namespace tricycle
#endif  // HWY_ONCE
