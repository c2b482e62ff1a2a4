// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath/kernels.hpp"

#include "arch/datapath/dot.hpp"
#include "arch/datapath/floats.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "arch/datapath/kernels.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tricycle::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Every kernel takes a block of output channels, one in each lane (8 of 64 bits or 16 of 32). It computes
// several positions at a time, so that a vector of weights is loaded once for all of them.

/// The windows of `Rows` positions from `position` on: the place in the image where each begins.
template <class T, int Rows>
struct Windows {
  const T* row[Rows];
  Windows(const T* image, const Walk& walk, std::int64_t position) {
    for (int r = 0; r < Rows; ++r) row[r] = image + walk.bases[static_cast<std::size_t>(position + r)];
  }
};

/// Calls `kernel.rows<Rows>(position)` until all positions are done.
template <int RowsAtOnce, class Kernel>
void for_all_positions(const Kernel& kernel, const Walk& walk) {
  const std::int64_t positions = std::ssize(walk.bases);
  std::int64_t i = 0;
  for (; i + RowsAtOnce <= positions; i += RowsAtOnce) kernel.template rows<RowsAtOnce>(i);
  for (; i < positions; ++i) kernel.template rows<1>(i);
}

/// The number of channels of a block. The last block may have fewer than `block`.
std::int64_t channels_of(const SumsOut& out, std::int64_t block) {
  return out.cols - out.channel < block ? out.cols - out.channel : block;
}

/// The sum of channel `j` of the block at a position.
std::int32_t& sum_at(const SumsOut& out, std::int64_t position, std::int64_t j) {
  return out.sums[position * out.cols + out.channel + j];
}

void store_sum(const SumsOut& out, std::int64_t position, std::int64_t j, std::uint32_t sum) {
  std::int32_t& at = sum_at(out, position, j);
  at = static_cast<std::int32_t>(sum + (out.accumulate ? static_cast<std::uint32_t>(at) : 0U));
}

// Popcount datapaths.

using Words = hn::CappedTag<std::uint64_t, 8>;
using Vector = hn::Vec<Words>;

// Each struct adds to `sum` the partial dot products of one activation word with the weight words of several
// channels.
struct BinaryStep {
  static constexpr bool x_second = true, w_second = false;
  static Vector add(Vector sum, Vector x, Vector valid, Vector w, Vector) {
    return hn::Add(sum, hn::PopulationCount(hn::AndNot(hn::Xor(x, w), valid)));
  }
};
struct FatnnStep {
  static constexpr bool x_second = false, w_second = true;
  static Vector add(Vector sum, Vector x, Vector, Vector w, Vector mask) {
    const Vector xnor = hn::Not(hn::Xor(x, w));
    // Not IfVecThenElse, which selects whole bytes on some targets.
    const Vector product = hn::Or(hn::And(mask, hn::Set(Words(), fatnn::auxi)), hn::AndNot(mask, xnor));
    return hn::Add(sum, hn::PopulationCount(product));
  }
};
struct PlanesStep {
  static constexpr bool x_second = true, w_second = true;
  static Vector add(Vector sum, Vector x_nonzero, Vector x_sign, Vector w_nonzero, Vector w_sign) {
    const Vector both = hn::And(x_nonzero, w_nonzero);
    const Vector differ = hn::Xor(x_sign, w_sign);
    const Vector up = hn::PopulationCount(hn::AndNot(differ, both));
    return hn::Sub(hn::Add(sum, up), hn::PopulationCount(hn::And(both, differ)));
  }
};

template <class Step>
struct PlanesKernel {
  const Walk& walk;
  const Planes& image;
  const Planes& weights;
  std::int64_t scale;
  const std::int64_t* less;
  const SumsOut& out;

  template <int Rows>
  void rows(std::int64_t position) const {
    const Words d;
    const std::size_t lanes = hn::Lanes(d);
    const auto run_length = static_cast<std::size_t>(walk.run_length);
    const Windows<std::uint64_t, Rows> first(image.first.data(), walk, position);
    const Windows<std::uint64_t, Rows> second(Step::x_second ? image.second.data() : image.first.data(), walk,
                                              position);
    HWY_ALIGN std::uint64_t sums[Rows][8];
    for (std::size_t lane = 0; lane < 8; lane += lanes) {
      const std::uint64_t* w1 = weights.first.data() + lane;
      const std::uint64_t* w2 = Step::w_second ? weights.second.data() + lane : w1;
      Vector sum[Rows];
      for (auto& s : sum) s = hn::Zero(d);
      for (const std::int64_t run : walk.runs) {
        for (std::size_t k = 0; k < run_length; ++k) {
          const std::size_t at = static_cast<std::size_t>(run) + k;
          const Vector w_first = hn::LoadU(d, w1);
          const Vector w_second = Step::w_second ? hn::LoadU(d, w2) : w_first;
          for (int r = 0; r < Rows; ++r) {
            const Vector x_first = hn::Set(d, first.row[r][at]);
            const Vector x_second = Step::x_second ? hn::Set(d, second.row[r][at]) : x_first;
            sum[r] = Step::add(sum[r], x_first, x_second, w_first, w_second);
          }
          w1 += 8;
          w2 += 8;
        }
      }
      for (int r = 0; r < Rows; ++r) hn::Store(sum[r], d, sums[r] + lane);
    }
    const std::int64_t channels = channels_of(out, 8);
    for (int r = 0; r < Rows; ++r) {
      for (std::int64_t j = 0; j < channels; ++j) {
        const auto total = scale * static_cast<std::int64_t>(sums[r][j]) - less[position + r];
        store_sum(out, position + r, j, static_cast<std::uint32_t>(total));
      }
    }
  }
};

void count_planes_here(Datapath datapath, const Walk& walk, const Planes& image, const Planes& weights,
                       std::int64_t scale, const std::int64_t* less, const SumsOut& out) {
  const auto run = [&]<class Step>(Step) {
    for_all_positions<4>(PlanesKernel<Step>{walk, image, weights, scale, less, out}, walk);
  };
  if (datapath == Datapath::binary) return run(BinaryStep());
  if (datapath == Datapath::ternary_fatnn) return run(FatnnStep());
  run(PlanesStep());
}

// Integers.

using Sums = hn::CappedTag<std::int32_t, 16>;

/// sum + x0 * w0 + x1 * w1 in every lane, modulo 2^32. The operands are the signed halves of 32 bits.
template <class V>
V add_pair(V sum, V x, V w) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  // pmaddwd adds the two products of neighbours; the second sum stays as it is.
  const hn::Repartition<std::int16_t, Sums> d16;
  V unused = hn::Zero(Sums());
  return hn::ReorderWidenMulAccumulate(Sums(), hn::BitCast(d16, x), hn::BitCast(d16, w), sum, unused);
#else
  const auto low = [](V v) { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
  const auto high = [](V v) { return hn::ShiftRight<16>(v); };
  return hn::Add(sum, hn::Add(hn::Mul(low(x), low(w)), hn::Mul(high(x), high(w))));
#endif
}

struct PairsKernel {
  const Walk& walk;
  const std::int32_t* image;
  const std::int32_t* weights;
  const SumsOut& out;

  template <int Rows>
  void rows(std::int64_t position) const {
    const Sums d;
    const std::size_t lanes = hn::Lanes(d);
    const auto run_length = static_cast<std::size_t>(walk.run_length);
    const Windows<std::int32_t, Rows> windows(image, walk, position);
    HWY_ALIGN std::int32_t sums[Rows][16];
    for (std::size_t lane = 0; lane < 16; lane += lanes) {
      const std::int32_t* w = weights + lane;
      hn::Vec<Sums> sum[Rows];
      for (auto& s : sum) s = hn::Zero(d);
      for (const std::int64_t run : walk.runs) {
        for (std::size_t k = 0; k < run_length; ++k) {
          const auto weight = hn::LoadU(d, w);
          for (int r = 0; r < Rows; ++r) {
            const auto x = hn::Set(d, windows.row[r][static_cast<std::size_t>(run) + k]);
            sum[r] = add_pair(sum[r], x, weight);
          }
          w += 16;
        }
      }
      for (int r = 0; r < Rows; ++r) hn::Store(sum[r], d, sums[r] + lane);
    }
    const std::int64_t channels = channels_of(out, 16);
    for (int r = 0; r < Rows; ++r) {
      for (std::int64_t j = 0; j < channels; ++j) {
        store_sum(out, position + r, j, static_cast<std::uint32_t>(sums[r][j]));
      }
    }
  }
};

void multiply_pairs_here(const Walk& walk, const std::int32_t* image, const std::int32_t* weights,
                         const SumsOut& out) {
  for_all_positions<8>(PairsKernel{walk, image, weights, out}, walk);
}

// Floating point. A product and a sum are two roundings: no fused multiply-add.

using Floats = hn::CappedTag<float, 16>;

template <int Rows>
struct FloatVectors {
  hn::Vec<Floats> row[Rows];
};

/// The sum of `Width` products of an array step from lane `at` on, added in a tree.
template <int Width, int Rows>
FloatVectors<Rows> tree(const Windows<float, Rows>& x, std::size_t at, const float* w) {
  const Floats d;
  FloatVectors<Rows> sum;
  if constexpr (Width == 1) {
    const auto weight = hn::LoadU(d, w);
    for (int r = 0; r < Rows; ++r) sum.row[r] = hn::Mul(hn::Set(d, x.row[r][at]), weight);
  } else {
    sum = tree<Width / 2, Rows>(x, at, w);
    const auto right = tree<Width / 2, Rows>(x, at + Width / 2, w + Width / 2 * 16);
    for (int r = 0; r < Rows; ++r) sum.row[r] = hn::Add(sum.row[r], right.row[r]);
  }
  return sum;
}

/// The same for any width that is a power of two of at least 16.
template <int Rows>
FloatVectors<Rows> wide_tree(std::size_t width, const Windows<float, Rows>& x, std::size_t at,
                             const float* w) {
  if (width == 16) return tree<16, Rows>(x, at, w);
  auto sum = wide_tree<Rows>(width / 2, x, at, w);
  const auto right = wide_tree<Rows>(width / 2, x, at + width / 2, w + width / 2 * 16);
  for (int r = 0; r < Rows; ++r) sum.row[r] = hn::Add(sum.row[r], right.row[r]);
  return sum;
}

/// `Width` is the number of lanes in an array step, or 0 for more than 8.
template <int Width>
struct FloatsKernel {
  const Walk& walk;
  const float* image;
  const float* weights;
  std::size_t width;
  const SumsOut& out;

  template <int Rows>
  void rows(std::int64_t position) const {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    const auto run_length = static_cast<std::size_t>(walk.run_length);
    const Windows<float, Rows> windows(image, walk, position);
    const std::int64_t channels = channels_of(out, 16);
    HWY_ALIGN float sums[Rows][16] = {};
    for (int r = 0; out.accumulate && r < Rows; ++r) {
      for (std::int64_t j = 0; j < channels; ++j) {
        sums[r][j] = std::bit_cast<float>(sum_at(out, position + r, j));
      }
    }
    for (std::size_t lane = 0; lane < 16; lane += lanes) {
      const float* w = weights + lane;
      hn::Vec<Floats> sum[Rows];
      for (int r = 0; r < Rows; ++r) sum[r] = hn::Load(d, sums[r] + lane);
      for (const std::int64_t run : walk.runs) {
        for (std::size_t k = 0; k < run_length; k += width) {
          const auto step = step_at<Rows>(windows, static_cast<std::size_t>(run) + k, w);
          for (int r = 0; r < Rows; ++r) sum[r] = hn::Add(sum[r], step.row[r]);
          w += 16 * width;
        }
      }
      for (int r = 0; r < Rows; ++r) hn::Store(sum[r], d, sums[r] + lane);
    }
    for (int r = 0; r < Rows; ++r) {
      for (std::int64_t j = 0; j < channels; ++j) {
        sum_at(out, position + r, j) = sum_bits(sums[r][j]);
      }
    }
  }

 private:
  template <int Rows>
  [[nodiscard]] FloatVectors<Rows> step_at(const Windows<float, Rows>& x, std::size_t at,
                                           const float* w) const {
    if constexpr (Width > 0) {
      return tree<Width, Rows>(x, at, w);
    } else {
      return wide_tree<Rows>(width, x, at, w);
    }
  }
};

void multiply_floats_here(const Walk& walk, const float* image, const float* weights, std::size_t width,
                          const SumsOut& out) {
  const auto run = [&]<int Width>(FloatsKernel<Width> kernel) { for_all_positions<4>(kernel, walk); };
  switch (width) {
    case 1: return run(FloatsKernel<1>{walk, image, weights, 1, out});
    case 2: return run(FloatsKernel<2>{walk, image, weights, 2, out});
    case 4: return run(FloatsKernel<4>{walk, image, weights, 4, out});
    case 8: return run(FloatsKernel<8>{walk, image, weights, 8, out});
    default: return run(FloatsKernel<0>{walk, image, weights, width, out});
  }
}

}  // namespace
}  // namespace tricycle::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tricycle {

HWY_EXPORT(count_planes_here);
HWY_EXPORT(multiply_pairs_here);
HWY_EXPORT(multiply_floats_here);

void count_planes(Datapath datapath, const Walk& walk, const Planes& image, const Planes& weights,
                  std::int64_t scale, std::span<const std::int64_t> less, const SumsOut& out) {
  HWY_DYNAMIC_DISPATCH(count_planes_here)(datapath, walk, image, weights, scale, less.data(), out);
}

void multiply_pairs(const Walk& walk, std::span<const std::int32_t> image,
                    std::span<const std::int32_t> weights, const SumsOut& out) {
  HWY_DYNAMIC_DISPATCH(multiply_pairs_here)(walk, image.data(), weights.data(), out);
}

void multiply_floats(const Walk& walk, std::span<const float> image, std::span<const float> weights,
                     std::int64_t width, const SumsOut& out) {
  HWY_DYNAMIC_DISPATCH(multiply_floats_here)
  (walk, image.data(), weights.data(), static_cast<std::size_t>(width), out);
}

}  // namespace tricycle
#endif  // HWY_ONCE
