// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_levels = 16;
constexpr std::size_t most_dense = 1U << 22U;  ///< values of a value's function that are all evaluated
constexpr std::size_t piece = 1U << 19U;       ///< and how many at a time

std::int64_t least_of(const std::vector<std::int64_t>& v) {
  return *std::min_element(v.begin(), v.end());
}
std::int64_t most_of(const std::vector<std::int64_t>& v) {
  return *std::max_element(v.begin(), v.end());
}

/// One row for all channels where they are alike.
void compress(ThresholdStage& stage, std::size_t channels) {
  const std::size_t each = stage.codes.size() - 1;
  for (std::size_t c = 1; c < channels; ++c) {
    const auto first = stage.thresholds.begin();
    const bool same =
        stage.signs[c] == stage.signs[0] && std::equal(first, first + static_cast<std::ptrdiff_t>(each),
                                                       first + static_cast<std::ptrdiff_t>(c * each));
    if (!same) return;
  }
  stage.per_channel = false;
  stage.thresholds.resize(each);
  stage.signs.resize(1);
}

/// Looks for the runs of equal values of all channels at once: on a row of points, then between those that
/// differ by bisection. `evaluate` gives the values at points x channels, in one go.
class RunSearch {
 public:
  using Points = std::vector<std::int64_t>;
  using Evaluate = std::function<std::vector<float>(const Points&)>;

  RunSearch(const Source& source, std::size_t channels, std::size_t most, Evaluate evaluate)
      : source_(source), channels_(channels), most_(most), evaluate_(std::move(evaluate)), runs_(channels) {}

  [[nodiscard]] bool too_many() const { return different_.size() > most_; }

  /// The values at `count` points of each channel, evenly from its least to its most; all of them if there
  /// are no more. Remembers runs and edges when `keep`. False: more than `most` different values, or no
  /// numbers.
  bool sample(std::int64_t count, bool keep) {
    Points points, previous(channels_);
    std::vector<float> previous_values(channels_);
    const std::int64_t at_a_time = std::max<std::int64_t>(1, static_cast<std::int64_t>(piece / channels_));
    for (std::int64_t start = 0; start < count; start += at_a_time) {
      const std::int64_t end = std::min(count, start + at_a_time);
      points.clear();
      for (std::int64_t row = start; row < end; ++row) {
        for (std::size_t c = 0; c < channels_; ++c) points.push_back(point(row, count, c));
      }
      std::vector<float> values;
      if (!look(points, values)) return false;
      for (std::size_t i = 0; keep && i < values.size(); ++i) {
        const std::size_t c = i % channels_;
        if (runs_[c].empty()) {
          runs_[c].push_back({points[i], values[i]});
        } else {
          narrow({c, previous[c], points[i], previous_values[c], values[i]}, edges_);
        }
        previous[c] = points[i];
        previous_values[c] = values[i];
      }
    }
    return true;
  }

  /// Bisects all edges at once; one where a third value shows becomes two. False as above.
  bool bisect() {
    while (!edges_.empty()) {
      std::vector<std::vector<std::size_t>> of_channel(channels_);
      for (std::size_t e = 0; e < edges_.size(); ++e) of_channel[edges_[e].channel].push_back(e);
      std::size_t deepest = 0;
      for (const auto& list : of_channel) deepest = std::max(deepest, list.size());
      Points points(deepest * channels_);
      for (std::size_t i = 0; i < points.size(); ++i) {
        const std::size_t c = i % channels_, place = i / channels_;
        const bool there = place < of_channel[c].size();
        points[i] = there ? edges_[of_channel[c][place]].middle() : source_.least[c];
      }
      std::vector<float> values;
      if (!look(points, values)) return false;
      std::vector<Edge> next;
      for (std::size_t i = 0; i < points.size(); ++i) {
        const std::size_t c = i % channels_, place = i / channels_;
        if (place >= of_channel[c].size()) continue;
        const Edge& edge = edges_[of_channel[c][place]];
        narrow({c, edge.low, points[i], edge.low_value, values[i]}, next);
        narrow({c, points[i], edge.high, values[i], edge.high_value}, next);
      }
      edges_ = std::move(next);
    }
    for (auto& list : runs_) {
      std::sort(list.begin(), list.end(),
                [](const LevelRun& a, const LevelRun& b) { return a.first < b.first; });
    }
    return true;
  }

  [[nodiscard]] std::vector<std::vector<LevelRun>> take() { return std::move(runs_); }

 private:
  /// Two points of a channel whose values differ.
  struct Edge {
    std::size_t channel;
    std::int64_t low, high;
    float low_value, high_value;

    [[nodiscard]] std::int64_t middle() const { return low + (high - low) / 2; }
  };

  std::int64_t point(std::int64_t row, std::int64_t count, std::size_t c) const {
    const std::int64_t span = source_.most[c] - source_.least[c];
    if (count > span) return std::min(source_.most[c], source_.least[c] + row);
    return source_.least[c] + static_cast<std::int64_t>(static_cast<double>(span) * static_cast<double>(row) /
                                                        static_cast<double>(count - 1));
  }

  bool look(const Points& points, std::vector<float>& values) {
    values = evaluate_(points);
    for (float& value : values) {
      if (std::isnan(value)) return false;
      value = value == 0.0F ? 0.0F : value;  // one zero
      if (!too_many()) different_.insert(value);
    }
    return !too_many();
  }

  /// Equal ends are no edge; neighbours are where a run starts; anything else is bisected further.
  void narrow(const Edge& edge, std::vector<Edge>& further) {
    if (edge.low_value == edge.high_value) return;
    if (edge.low + 1 == edge.high) {
      runs_[edge.channel].push_back({edge.high, edge.high_value});
    } else {
      further.push_back(edge);
    }
  }

  const Source& source_;
  std::size_t channels_, most_;
  Evaluate evaluate_;
  std::set<float> different_;
  std::vector<std::vector<LevelRun>> runs_;
  std::vector<Edge> edges_;
};

}  // namespace

bool rises_with(const std::vector<float>& before, const std::vector<float>& behind, std::size_t channels) {
  const std::size_t count = before.size() / channels;
  std::vector<std::pair<float, float>> pairs(count);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < count; ++i) pairs[i] = {before[i * channels + c], behind[i * channels + c]};
    std::sort(pairs.begin(), pairs.end());
    for (std::size_t i = 1; i < count; ++i) {
      if (pairs[i].second < pairs[i - 1].second) return false;
    }
  }
  return true;
}

/// The runs of equal values of each channel, from its least x to its most: by what is known of the steps;
/// else all x are evaluated where they are few enough; else a coarse row of them, and the edges between by
/// bisection. False when there are more than `most` different values.
bool Quantizer::find_runs(const Value& value, std::size_t channels, std::vector<std::vector<LevelRun>>& runs,
                          std::size_t most, bool strict) {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  const Node* pool = pool_of(value);
  const auto evaluate_at = [&](const RunSearch::Points& points) {
    std::vector<float> before;
    std::vector<float> values = run_steps(value, points, channels, pool != nullptr ? &before : nullptr);
    for (std::size_t i = 0; i < values.size() && strict; ++i) {
      if (std::isnan(values[i])) {
        fail(*value.steps.back().node,
             fmt::format("its input is not a number where the sum of channel {} is {}", i % channels,
                         points[i]));
      }
    }
    if (pool != nullptr && !rises_with(before, values, channels))
      fail(*pool, "what follows it falls where its values rise, so it cannot be moved behind the thresholds");
    return values;
  };
  std::int64_t longest = 1;
  for (std::size_t c = 0; c < channels; ++c)
    longest = std::max(longest, source.most[c] - source.least[c] + 1);
  constexpr std::int64_t few = 64;  // of which all are evaluated at once
  if (longest > few) {
    if (const std::optional<bool> found = find_runs_by_course(value, channels, runs, most)) return *found;
  }
  const bool dense = static_cast<std::size_t>(longest) <= most_dense / channels;
  const auto coarse = std::max<std::int64_t>(9, static_cast<std::int64_t>((1U << 18U) / channels));
  const std::int64_t count = dense ? longest : std::min(longest, coarse);
  RunSearch search(source, channels, most, evaluate_at);
  // A glance first: most chains that have no levels show it there.
  if (!search.sample(std::min<std::int64_t>(count, 65), false)) return false;
  if (!search.sample(count, true) || !search.bisect()) return false;
  runs = search.take();
  return true;
}

/// Codes, scale and offset for a tensor's values, ascending: value = (code + offset) * scale. False where
/// they lie on no grid.
bool Quantizer::name_levels(const std::vector<float>& values, Fitted& fitted,
                            std::vector<std::int64_t>& codes) const {
  double step = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double magnitude = std::fabs(static_cast<double>(values[i]));
    if (magnitude > 0 && (step == 0 || magnitude < step)) step = magnitude;
  }
  if (step == 0) step = 1;
  const auto on_grid = [&](double unit) {
    codes.clear();
    for (const float value : values) {
      const double place = static_cast<double>(value) / unit, code = std::nearbyint(place);
      if (!(std::fabs(place - code) <= 1e-5 && std::fabs(code) <= 255)) return false;  // nor is NaN on one
      codes.push_back(static_cast<std::int64_t>(code));
    }
    return true;
  };
  bool found = on_grid(step);
  for (std::size_t i = 1; i < values.size() && !found; ++i) {
    step = static_cast<double>(values[i]) - static_cast<double>(values[i - 1]);
    found = on_grid(step);
  }
  if (!found) return false;
  fitted.scale = step;
  fitted.offset = 0;
  const std::int64_t least = codes.front(), most = codes.back();
  const auto power = [](std::int64_t code) {
    const std::int64_t m = std::abs(code);
    return (m & (m - 1)) == 0 && m <= 64;
  };
  if (codes == std::vector<std::int64_t>{-1, 1}) {
    fitted.codes = Codes::binary();
  } else if (least >= -1 && most <= 1) {
    fitted.codes = Codes::integers(-1, 1);
  } else if (least >= 0 && most <= 2) {
    fitted.codes = Codes::integers(-1, 1);
    fitted.offset = 1;
  } else if (std::all_of(codes.begin(), codes.end(), power) &&
             static_cast<std::int64_t>(codes.size()) < most - least + 1) {
    fitted.codes = Codes::powers_of_two(std::max(-least, most));
  } else {
    std::int64_t half = 1;
    while (least < -half || most >= (least < 0 ? half : 2 * half)) half *= 2;
    fitted.codes = least < 0 ? Codes::integers(-half, half - 1) : Codes::integers(0, 2 * half - 1);
  }
  for (std::int64_t& code : codes) code -= fitted.offset;
  return true;
}

/// A value of few levels as thresholds, each found where the float32 value itself changes.
std::optional<Quantizer::Fitted> Quantizer::fit_levels(const Value& value,
                                                       const std::optional<Uniform>& uniform, bool strict) {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  if (source.has_y() || value.steps.empty()) return std::nullopt;
  if (uniform && uniform->levels() > static_cast<std::int64_t>(most_levels)) return std::nullopt;
  const std::size_t channels = is_uniform(value) ? 1 : source.channels();
  std::vector<std::vector<LevelRun>> runs;
  if (!find_runs(value, channels, runs, most_levels, strict)) return std::nullopt;
  std::set<float> different;
  for (const auto& list : runs) {
    for (const LevelRun& run : list) different.insert(run.value);
  }
  const std::vector<float> values(different.begin(), different.end());
  Fitted fitted;
  std::vector<std::int64_t> codes;  // of `values`
  std::vector<std::int64_t> all;
  if (uniform) {
    fitted.codes = uniform->codes();
    fitted.scale = uniform->scale;
    fitted.offset = -uniform->origin;
    for (const float v : values) {
      codes.push_back(static_cast<std::int64_t>(std::nearbyint(static_cast<double>(v) / uniform->scale)) +
                      uniform->origin);
    }
    if (uniform->binary) {
      all = {-1, 1};
    } else {
      for (std::int64_t code = uniform->least; code <= uniform->most; ++code) all.push_back(code);
    }
  } else {
    if (!name_levels(values, fitted, codes)) return std::nullopt;
    all = codes;
  }
  const Node& last = *value.steps.back().node;
  const std::int64_t least = least_of(source.least), most = most_of(source.most);
  const std::int64_t beyond = std::max(std::abs(least), std::abs(most)) + 1;
  fitted.stage.codes.assign(all.begin(), all.end());
  for (std::size_t c = 0; c < channels; ++c) {
    const std::vector<LevelRun>& list = runs[c];
    const auto less = [](const LevelRun& a, const LevelRun& b) { return a.value < b.value; };
    const bool rises = std::is_sorted(list.begin(), list.end(), less);
    const bool falls = std::is_sorted(list.rbegin(), list.rend(), less);
    if (!rises && !falls) {
      if (!strict) return std::nullopt;
      fail(last, fmt::format("its codes neither rise nor fall with the sum of channel {}; only monotone "
                             "chains fold into thresholds",
                             c));
    }
    const std::int64_t sign = rises ? 1 : -1;
    fitted.stage.signs.push_back(static_cast<int>(sign));
    const auto code_of = [&](float v) {
      return codes[static_cast<std::size_t>(std::lower_bound(values.begin(), values.end(), v) -
                                            values.begin())];
    };
    for (std::size_t level = 1; level < all.size(); ++level) {
      // The smallest signed sum that reaches this level; one more than any sum when none does.
      std::int64_t threshold = beyond;
      for (std::size_t r = 0; r < list.size(); ++r) {
        if (code_of(list[r].value) < all[level]) continue;
        const bool outermost = rises ? r == 0 : r + 1 == list.size();
        std::int64_t first = rises ? list[r].first : (outermost ? most : list[r + 1].first - 1);
        if (outermost && rises) first = least;
        threshold = std::min(threshold, sign * first);
      }
      fitted.stage.thresholds.push_back(threshold);
    }
  }
  compress(fitted.stage, channels);
  if (all.size() == 1) {  // every sum gives the same: a second level that none reaches
    fitted.stage.codes.push_back(fitted.stage.codes[0]);
    fitted.stage.thresholds.assign(fitted.stage.signs.size(), beyond);
  }
  return fitted;
}

}  // namespace tricycle
