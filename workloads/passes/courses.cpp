// SPDX-License-Identifier: Apache-2.0
#include "workloads/passes/courses.hpp"

#include <algorithm>
#include <cmath>

namespace tricycle {
namespace {

Way flipped(Way way) {
  return way == Way::rises ? Way::falls : way == Way::falls ? Way::rises : way;
}

/// Of a sum: both may change, but not against each other.
Way joined(Way a, Way b) {
  if (a == Way::flat || a == b) return b;
  return b == Way::flat ? a : Way::unknown;
}

/// The way of a factor that is multiplied by `other`.
Way scaled(Way way, const Course& other) {
  if (way == Way::flat || (other.least() == 0 && other.most() == 0)) return Way::flat;
  if (other.least() >= 0) return way;
  return other.most() <= 0 ? flipped(way) : Way::unknown;
}

Way of_abs(const Course& x) {
  if (x.least() >= 0) return x.way;
  return x.most() <= 0 ? flipped(x.way) : Way::unknown;
}

/// x where it is positive, slope * x where it is negative.
Way of_leak(const Course& x, float slope) {
  return slope >= 0 || x.least() >= 0 ? x.way : x.most() <= 0 ? flipped(x.way) : Way::unknown;
}

}  // namespace

Way way_of(const Node& node, std::span<const Course> in) {
  const bool all_flat = std::all_of(in.begin(), in.end(), [](const Course& c) { return c.way == Way::flat; });
  if (all_flat) return Way::flat;
  const auto alone = [&] {
    return std::all_of(in.begin() + 1, in.end(), [](const Course& c) { return c.way == Way::flat; });
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
    case Op::tanh: return alone() ? in[0].way : Way::unknown;
    case Op::cast: return node.integer("to", 0) == 1 ? in[0].way : Way::unknown;
    case Op::neg: return flipped(in[0].way);
    case Op::abs: return of_abs(in[0]);
    case Op::leaky_relu: return of_leak(in[0], node.number("alpha", 0.01F));
    case Op::prelu: return alone() ? of_leak(in[0], in[1].first) : Way::unknown;
    case Op::add:
    case Op::max:
    case Op::min:
    case Op::sum: {
      Way way = Way::flat;
      for (const Course& one : in) way = joined(way, one.way);
      return way;
    }
    case Op::greater:
    case Op::greater_or_equal:
    case Op::sub: return joined(in[0].way, flipped(in[1].way));
    case Op::less:
    case Op::less_or_equal: return joined(flipped(in[0].way), in[1].way);
    case Op::mul: return joined(scaled(in[0].way, in[1]), scaled(in[1].way, in[0]));
    case Op::div: return alone() ? scaled(in[0].way, in[1]) : Way::unknown;
    case Op::batch_normalization: return alone() ? scaled(in[0].way, in[1]) : Way::unknown;
    case Op::where: return in[0].way != Way::flat ? Way::unknown : in[in[0].first != 0 ? 1 : 2].way;
    default: return Way::unknown;
  }
}

}  // namespace tricycle
