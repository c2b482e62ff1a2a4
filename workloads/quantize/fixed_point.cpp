// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/fixed_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "support/random.hpp"
#include "workloads/integer/golden.hpp"

namespace tricycle {
namespace {

/// Keeps one value for all channels.
template <class T>
void keep_one(std::vector<T>& v) {
  v.erase(v.begin() + 1, v.end());
}

/// How a scale rounds for a quantizer.
ScaleRounding rounding_of(const Uniform& uniform) {
  if (!uniform.rounding) return ScaleRounding::exact;
  switch (*uniform.rounding) {
    case Rounding::round: return ScaleRounding::half_to_even;
    case Rounding::ceil: return ScaleRounding::ceil;
    case Rounding::floor: return ScaleRounding::floor;
    case Rounding::up: return ScaleRounding::away;
    case Rounding::down: return ScaleRounding::toward;
    case Rounding::half_up: return ScaleRounding::half_away;
    case Rounding::half_down: return ScaleRounding::half_toward;
  }
  return ScaleRounding::exact;
}

/// Two factors as small multiples of a common unit. If only the common unit is rounded, its error is relative
/// to the whole sum, whatever the terms are.
struct CommonUnit {
  double unit = 0, x = 0, y = 0;
};

constexpr double most_multiple = 64;

/// The common unit of two factors, by the continued fraction of their ratio. None if a multiple would exceed
/// `most_multiple`.
std::optional<CommonUnit> common_unit(double x, double y) {
  if (y == 0) return CommonUnit{x, 1, 0};
  if (x == 0) return CommonUnit{y, 0, 1};
  const double ratio = std::fabs(x / y);
  double rest = ratio, p = 1, q = 0, last_p = 0, last_q = 1;
  while (true) {
    const double whole = std::floor(rest);
    const double next_p = whole * p + last_p, next_q = whole * q + last_q;
    if (!(next_p <= most_multiple && next_q <= most_multiple)) return std::nullopt;
    last_p = std::exchange(p, next_p);
    last_q = std::exchange(q, next_q);
    if (p > 0 && std::fabs(ratio * q - p) <= p * 0x1p-40) break;
    if (rest == whole) return std::nullopt;
    rest = 1 / (rest - whole);
  }
  return CommonUnit{std::fabs(y) / q, std::copysign(p, x), std::copysign(q, y)};
}

}  // namespace

Uniform stream_of(const Source& source, const AffineForm& form) {
  double bound = 0;
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    const auto [low, high] = reach_of(source, form, c);
    for (const double end : {low, high})
      bound = std::max(bound, std::fabs(std::clamp(end, form.least[c], form.most[c])));
  }
  Uniform stream;
  stream.least = -32768;
  stream.most = 32767;
  int exponent = 0;
  if (bound > 0) {
    const double fraction = std::frexp(bound / 32767.0, &exponent);
    if (fraction == 0.5) --exponent;
  }
  stream.step = stream.scale = bound > 0 ? std::ldexp(1.0, exponent) : 1.0;
  return stream;
}

ScaleStage scale_stage(const Chain& chain, const AffineForm& form, const Uniform& uniform) {
  const Source& source = chain.source;
  ScaleStage stage;
  stage.end = {rounding_of(uniform), static_cast<std::int32_t>(uniform.zero), uniform.zero_behind};
  const auto zero = static_cast<double>(uniform.zero);
  stage.least = std::isfinite(form.least[0]) ? uniform.code_of(form.least[0]) : uniform.least;
  stage.most = std::isfinite(form.most[0]) ? uniform.code_of(form.most[0]) : uniform.most;
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    const double x = form.x[c] / uniform.step, y = source.has_y() ? form.y[c] / uniform.step : 0;
    const double bias = form.bias[c] / uniform.step;
    const auto reach = [](std::int64_t a, std::int64_t b) {
      return static_cast<double>(std::max(std::abs(a), std::abs(b)));
    };
    int shift = 47;
    const auto too_large = [&] {
      const double unit = std::ldexp(1.0, shift);
      const double x_reach = reach(source.least[c], source.most[c]);
      const double y_reach = source.has_y() ? reach(source.y_least[c], source.y_most[c]) : 0;
      constexpr double most = 2147483647.0 - most_multiple;
      return std::fabs(x) * unit > most || std::fabs(y) * unit > most ||
             (std::fabs(bias) + std::fabs(zero)) * unit >= 0x1p61 ||
             (std::fabs(x) * x_reach + std::fabs(y) * y_reach) * unit >= 0x1p62;
    };
    while (shift > 0 && too_large()) --shift;
    if (!std::isfinite(x) || !std::isfinite(y) || !std::isfinite(bias) || too_large())
      chain.fail(fmt::format("scales channel {} by {} and adds {}: not in fixed point", c, x, bias));
    const auto fixed = [&](double v) { return std::nearbyint(std::ldexp(v, shift)); };
    double multiplier = fixed(x), second = fixed(y), moved = 0;
    if (const auto common = common_unit(x, y); common && common->unit != 0) {
      const double unit = fixed(common->unit);
      multiplier = common->x * unit;
      second = common->y * unit;
      // The bias gets the error of the common unit too.
      moved = (unit - std::ldexp(common->unit, shift)) * (bias / common->unit);
    }
    stage.multiplier.push_back(static_cast<std::int32_t>(multiplier));
    if (source.has_y()) stage.second.push_back(static_cast<std::int32_t>(second));
    stage.bias.push_back(static_cast<std::int64_t>(std::nearbyint(std::ldexp(bias, shift) + moved)));
    stage.shift.push_back(shift);
  }
  stage.per_channel = !(all_same(stage.multiplier) && (stage.second.empty() || all_same(stage.second)) &&
                        all_same(stage.bias) && all_same(stage.shift));
  if (!stage.per_channel) {
    keep_one(stage.multiplier);
    if (!stage.second.empty()) keep_one(stage.second);
    keep_one(stage.bias);
    keep_one(stage.shift);
  }
  return stage;
}

AffineStage affine_stage(const Chain& chain, const AffineForm& form) {
  const Source& source = chain.source;
  AffineStage stage;
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    stage.scale.push_back(static_cast<float>(form.x[c]));
    if (source.has_y()) stage.second.push_back(static_cast<float>(form.y[c]));
    stage.bias.push_back(static_cast<float>(form.bias[c]));
    const bool finite = std::isfinite(stage.scale.back()) && std::isfinite(stage.bias.back()) &&
                        (stage.second.empty() || std::isfinite(stage.second.back()));
    if (finite) continue;
    const std::string message =
        fmt::format("scales channel {} by {} and adds {}: not finite", c, form.x[c], form.bias[c]);
    chain.fail(chain.value.steps.empty() ? "'" + chain.value.name + "' " + message : message);
  }
  stage.least = static_cast<float>(form.least[0]);
  stage.most = static_cast<float>(form.most[0]);
  if (all_same(stage.scale) && all_same(stage.bias) && (stage.second.empty() || all_same(stage.second))) {
    stage.per_channel = false;
    keep_one(stage.scale);
    keep_one(stage.bias);
    if (!stage.second.empty()) keep_one(stage.second);
  }
  return stage;
}

void check_stage(const Chain& chain, const AffineForm& form, const ScaleStage& stage, const Uniform& uniform,
                 std::uint64_t seed) {
  const Source& source = chain.source;
  const std::size_t channels = !source.has_y() && is_same_in_all_channels(chain) ? 1 : source.channels();
  constexpr std::size_t most_points = 1U << 16U, most_rows = 4096;
  const auto rows = static_cast<std::int64_t>(std::clamp<std::size_t>(most_points / channels, 8, most_rows));
  std::int64_t longest = 1;
  for (std::size_t c = 0; c < channels; ++c)
    longest = std::max(longest, source.most[c] - source.least[c] + 1);
  const bool all = longest <= rows && !source.has_y();
  const std::int64_t count = all ? longest : rows;
  Random random(seed);
  std::vector<std::int64_t> points, second;
  for (std::int64_t row = 0; row < count; ++row) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::int64_t least = source.least[c], most = source.most[c];
      const double part = random.real(), y_part = random.real();
      const auto between = [](std::int64_t a, std::int64_t b, double at) {
        return a + static_cast<std::int64_t>(static_cast<double>(b - a) * at);
      };
      double y = 0;
      if (source.has_y()) {
        second.push_back(between(source.y_least[c], source.y_most[c], y_part));
        y = form.y[c] * static_cast<double>(second.back());
      }
      std::int64_t point = all ? std::min(most, least + row) : row == 0 ? least : row == 1 ? most : 0;
      if (!all && row > 1) {
        point = between(least, most, part);
        const double code = static_cast<double>(between(stage.least, stage.most, part) - uniform.zero);
        const double wanted = (code * uniform.step - form.bias[c] - y) / form.x[c];
        if (row % 2 == 0 && wanted > static_cast<double>(least) && wanted < static_cast<double>(most))
          point = static_cast<std::int64_t>(wanted);
      }
      points.push_back(point);
    }
  }
  const std::vector<float> reals = evaluate_steps(chain, {channels, points, second}).back().floats();
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const std::size_t c = i % channels;
    const std::int32_t found = scaled(stage, c, static_cast<std::int32_t>(points[i]),
                                      second.empty() ? 0 : static_cast<std::int32_t>(second[i]));
    const double expected =
        static_cast<double>(reals[i]) / uniform.scale + static_cast<double>(uniform.origin);
    if (std::fabs(expected - found) < 1.5) continue;
    chain.fail(fmt::format(
        "float32 gives the code {} where {} of channel {} {}, and fixed point {}", std::nearbyint(expected),
        second.empty() ? "the sum" : "the sums", c,
        second.empty() ? fmt::format("is {}", points[i]) : fmt::format("are {} and {}", points[i], second[i]),
        found));
  }
}

}  // namespace tricycle
