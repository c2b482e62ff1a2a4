// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/monotone.hpp"

#include <algorithm>

namespace tricycle {
namespace {

Trend flipped(Trend trend) {
  return trend == Trend::rises ? Trend::falls : trend == Trend::falls ? Trend::rises : trend;
}

/// The trend of a sum: both terms may change, but not against each other.
Trend joined(Trend a, Trend b) {
  if (a == Trend::flat || a == b) return b;
  return b == Trend::flat ? a : Trend::unknown;
}

/// The trend of a factor after a multiplication by `other`.
Trend scaled(Trend trend, const ValueRange& other) {
  if (trend == Trend::flat || (other.least() == 0 && other.most() == 0)) return Trend::flat;
  if (other.least() >= 0) return trend;
  return other.most() <= 0 ? flipped(trend) : Trend::unknown;
}

Trend of_abs(const ValueRange& x) {
  if (x.least() >= 0) return x.trend;
  return x.most() <= 0 ? flipped(x.trend) : Trend::unknown;
}

/// The trend of a function that is x for positive x and slope * x for negative x.
Trend of_leak(const ValueRange& x, float slope) {
  return slope >= 0 || x.least() >= 0 ? x.trend : x.most() <= 0 ? flipped(x.trend) : Trend::unknown;
}

}  // namespace

Trend trend_of(const Node& node, std::span<const ValueRange> in) {
  const bool all_flat =
      std::all_of(in.begin(), in.end(), [](const ValueRange& c) { return c.trend == Trend::flat; });
  if (all_flat) return Trend::flat;
  const auto alone = [&] {
    return std::all_of(in.begin() + 1, in.end(), [](const ValueRange& c) { return c.trend == Trend::flat; });
  };
  switch (node.op) {
    case Op::bipolar_quant:
    case Op::ceil:
    case Op::clip:
    case Op::dequantize_linear:
    case Op::floor:
    case Op::quant:
    case Op::quantize_linear:
    case Op::relu:
    case Op::round:
    case Op::sigmoid:
    case Op::sign:
    case Op::sqrt:
    case Op::tanh: return alone() ? in[0].trend : Trend::unknown;
    case Op::cast: return node.integer("to", 0) == 1 ? in[0].trend : Trend::unknown;
    case Op::neg: return flipped(in[0].trend);
    case Op::abs: return of_abs(in[0]);
    case Op::leaky_relu: return of_leak(in[0], node.number("alpha", 0.01F));
    case Op::prelu: return alone() ? of_leak(in[0], in[1].first) : Trend::unknown;
    case Op::add:
    case Op::max:
    case Op::min:
    case Op::sum: {
      Trend trend = Trend::flat;
      for (const ValueRange& one : in) trend = joined(trend, one.trend);
      return trend;
    }
    case Op::greater:
    case Op::greater_or_equal:
    case Op::sub: return joined(in[0].trend, flipped(in[1].trend));
    case Op::less:
    case Op::less_or_equal: return joined(flipped(in[0].trend), in[1].trend);
    case Op::mul: return joined(scaled(in[0].trend, in[1]), scaled(in[1].trend, in[0]));
    case Op::div: return alone() ? scaled(in[0].trend, in[1]) : Trend::unknown;
    case Op::batch_normalization: return alone() ? scaled(in[0].trend, in[1]) : Trend::unknown;
    case Op::where: return in[0].trend != Trend::flat ? Trend::unknown : in[in[0].first != 0 ? 1 : 2].trend;
    default: return Trend::unknown;
  }
}

}  // namespace tricycle
