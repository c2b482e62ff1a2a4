// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "support/random.hpp"
#include "workloads/golden/golden.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

template <class T>
bool all_same(const std::vector<T>& v) {
  return std::all_of(v.begin(), v.end(), [&](const T& x) { return x == v[0]; });
}

/// One value for all channels.
template <class T>
void keep_one(std::vector<T>& v) {
  v.erase(v.begin() + 1, v.end());
}

/// The least and the largest value of a channel before its clamp.
std::pair<double, double> reach_of(const Source& source, const Form& form, std::size_t c) {
  double low = form.bias[c], high = form.bias[c];
  const auto add = [&](double factor, std::int64_t least, std::int64_t most) {
    const double a = factor * static_cast<double>(least), b = factor * static_cast<double>(most);
    low += std::min(a, b);
    high += std::max(a, b);
  };
  add(form.x[c], source.least[c], source.most[c]);
  if (source.has_y()) add(form.y[c], source.y_least[c], source.y_most[c]);
  return {low, high};
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

/// Two factors as small multiples of one unit. Where the unit alone is rounded, its error is relative to the
/// whole sum, whatever its terms are.
struct CommonUnit {
  double unit = 0, x = 0, y = 0;
};

constexpr double most_multiple = 64;

/// None where the factors have no unit. By the continued fraction of their ratio.
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

/// The form with one clamp for all channels. A channel that is constant has its value as bias, and needs no
/// clamp; neither does one that does not reach it. None where channels differ all the same.
std::optional<Form> Quantizer::settled(const Source& source, const Form& form) const {
  if (all_same(form.least) && all_same(form.most)) return form;
  Form one = form;
  double least = -infinite, most = infinite;
  std::vector<std::pair<double, double>> reached;
  for (std::size_t c = 0; c < form.x.size(); ++c) {
    const bool constant = form.x[c] == 0 && (form.y.empty() || form.y[c] == 0);
    auto [low, high] = reach_of(source, form, c);
    if (options_.floating && !constant) {  // sums of floating point have no reach that is known
      low = -infinite;
      high = infinite;
    }
    const double a = std::clamp(low, form.least[c], form.most[c]);
    const double b = std::clamp(high, form.least[c], form.most[c]);
    reached.emplace_back(a, b);
    if (a == b) {
      one.x[c] = 0;
      if (!one.y.empty()) one.y[c] = 0;
      one.bias[c] = a;
      continue;
    }
    if (low < form.least[c]) least = std::max(least, form.least[c]);
    if (high > form.most[c]) most = std::min(most, form.most[c]);
  }
  for (const auto& [low, high] : reached) {
    if (low < least || high > most) return std::nullopt;
  }
  one.least.assign(form.x.size(), least);
  one.most.assign(form.x.size(), most);
  return one;
}

/// A residual stream: 16 bits, the scale the power of two that the bound of the values asks for.
Uniform Quantizer::stream_of(const Value& value, const Form& form) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
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

/// Multipliers of up to 31 bits: the code of the form's real value.
ScaleStage Quantizer::scale_stage(const Value& value, const Form& form, const Uniform& uniform) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  const auto refuse = [&](const std::string& message) {
    if (!value.steps.empty()) fail(*value.steps.back().node, message);
    fail_file(message);
  };
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
      refuse(fmt::format("scales channel {} by {} and adds {}: not in fixed point", c, x, bias));
    const auto fixed = [&](double v) { return std::nearbyint(std::ldexp(v, shift)); };
    double multiplier = fixed(x), second = fixed(y), moved = 0;
    if (const auto common = common_unit(x, y); common && common->unit != 0) {
      const double unit = fixed(common->unit);
      multiplier = common->x * unit;
      second = common->y * unit;
      // The bias has the unit's error too.
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

/// A scale and a bias for each channel.
AffineStage Quantizer::affine_stage(const Value& value, const Form& form) const {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
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
    if (!value.steps.empty()) fail(*value.steps.back().node, message);
    fail_file("'" + value.name + "' " + message);
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

/// Holds a stage against the model's own float32 arithmetic: at all sums where they are few, else at the ends
/// and at a sample, every other one of it within the quantizer's codes. They may differ by one code.
void Quantizer::check_stage(const Value& value, const Form& form, const ScaleStage& stage,
                            const Uniform& uniform) {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  const std::size_t channels = !source.has_y() && is_uniform(value) ? 1 : source.channels();
  constexpr std::size_t most_points = 1U << 16U, most_rows = 4096;
  const auto rows = static_cast<std::int64_t>(std::clamp<std::size_t>(most_points / channels, 8, most_rows));
  std::int64_t longest = 1;
  for (std::size_t c = 0; c < channels; ++c)
    longest = std::max(longest, source.most[c] - source.least[c] + 1);
  const bool all = longest <= rows && !source.has_y();
  const std::int64_t count = all ? longest : rows;
  Random random(order_);
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
  const std::vector<float> reals = step_values(value, points, channels, second).back().floats();
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const std::size_t c = i % channels;
    const std::int32_t found = scaled(stage, c, static_cast<std::int32_t>(points[i]),
                                      second.empty() ? 0 : static_cast<std::int32_t>(second[i]));
    const double expected =
        static_cast<double>(reals[i]) / uniform.scale + static_cast<double>(uniform.origin);
    if (std::fabs(expected - found) < 1.5) continue;
    fail(*value.steps.back().node,
         fmt::format("float32 gives the code {} where {} of channel {} {}, and fixed point {}",
                     std::nearbyint(expected), second.empty() ? "the sum" : "the sums", c,
                     second.empty() ? fmt::format("is {}", points[i])
                                    : fmt::format("are {} and {}", points[i], second[i]),
                     found));
  }
}

}  // namespace tricycle
