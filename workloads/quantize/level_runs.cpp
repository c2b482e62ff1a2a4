// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/level_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "workloads/graph/shapes.hpp"
#include "workloads/quantize/monotone.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_dense = 1U << 22U;  ///< the most points that are all evaluated
constexpr std::size_t piece = 1U << 19U;       ///< the most points in one evaluation

/// Finds the runs of equal values of all channels at once: first on a row of points, then by bisection
/// between points whose values differ. `evaluate` gives the values at points x channels.
class RunSearch {
 public:
  using Points = std::vector<std::int64_t>;
  using Evaluate = std::function<std::vector<float>(const Points&)>;

  RunSearch(const Source& source, std::size_t channels, std::size_t most, Evaluate evaluate)
      : source_(source), channels_(channels), most_(most), evaluate_(std::move(evaluate)), runs_(channels) {}

  [[nodiscard]] bool too_many() const { return different_.size() > most_; }

  /// Evaluates `count` points of each channel, evenly from its least to its most, or all points if there are
  /// no more. Remembers runs and edges if `keep`. False: there are more than `most` different values, or a
  /// value is no number.
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

  /// Bisects all edges at once. An edge with a third value in its middle becomes two edges. False as above.
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
      value = value == 0.0F ? 0.0F : value;  // -0 and 0 are one value
      if (!too_many()) different_.insert(value);
    }
    return !too_many();
  }

  /// Equal ends are no edge. Between neighbours a run starts. Any other edge is bisected further.
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

LevelSearch find_level_runs(const Chain& chain, std::size_t channels, std::size_t most, bool strict) {
  const Source& source = chain.source;
  const Node* pool = chain.value.pool();
  const auto evaluate_at = [&](const RunSearch::Points& points) {
    std::vector<float> before;
    std::vector<float> values =
        evaluate_chain(chain, {channels, points, {}}, pool != nullptr ? &before : nullptr);
    for (std::size_t i = 0; i < values.size() && strict; ++i) {
      if (std::isnan(values[i])) {
        chain.fail(fmt::format("its input is not a number where the sum of channel {} is {}", i % channels,
                               points[i]));
      }
    }
    if (pool != nullptr && !rises_with(before, values, channels))
      fail_node(
          chain.graph, *pool,
          "what follows it reverses the order of its values, so it cannot be moved behind the thresholds");
    return values;
  };
  if (channels == 0) return {};  // every tensor has one
  std::int64_t longest = 1;
  for (std::size_t c = 0; c < channels; ++c)
    longest = std::max(longest, source.most[c] - source.least[c] + 1);
  constexpr std::int64_t few = 64;  // so few points are all evaluated
  if (longest > few) {
    if (std::optional<LevelSearch> found = find_monotone_runs(chain, channels, most))
      return std::move(*found);
  }
  const bool dense = static_cast<std::size_t>(longest) <= most_dense / channels;
  const auto coarse = std::max<std::int64_t>(9, static_cast<std::int64_t>((1U << 18U) / channels));
  const std::int64_t count = dense ? longest : std::min(longest, coarse);
  RunSearch search(source, channels, most, evaluate_at);
  // A glance at few points first: it rules out most chains that have no levels.
  if (!search.sample(std::min<std::int64_t>(count, 65), false)) return {{}, true};
  if (!search.sample(count, true) || !search.bisect()) return {{}, true};
  return {search.take(), false};
}

}  // namespace tricycle
