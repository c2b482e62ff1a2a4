// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>

#include "workloads/passes/courses.hpp"
#include "workloads/passes/quantizer.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_open = 48;  ///< intervals of a channel at a time; with more, too little is known

/// What an operator reads: the result of the link `from`, or a constant (one number, or one per channel).
struct Operand {
  std::size_t from = 0;
  std::vector<float> constant;
};
struct Link {
  const Node* node;  ///< null of what hands on its input: a view, a max pool
  std::vector<Operand> operands;
};

/// The results of all links at points x channels.
using Table = std::vector<std::vector<float>>;

/// The values at one point of a channel.
struct End {
  std::int64_t x = 0;
  float value = 0;                     ///< of the last link
  std::shared_ptr<const Table> table;  ///< of all links, while they are asked for
  std::size_t at = 0;
};

struct Interval {
  std::size_t channel = 0;
  End low, high;
  bool known = false;  ///< the last value only rises or only falls
};

/// Whether the last value's way over an interval is known.
bool is_known(const std::vector<Link>& links, const Interval& interval) {
  std::vector<Course> courses(links.size());
  std::vector<Course> in;
  for (std::size_t i = 0; i < links.size(); ++i) {
    Course& course = courses[i];
    course.first = (*interval.low.table)[i][interval.low.at];
    course.last = (*interval.high.table)[i][interval.high.at];
    const bool flat = course.first == course.last;
    if (i == 0) {  // the source: an integer times its scale
      course.way = flat ? Way::flat : course.first < course.last ? Way::rises : Way::falls;
      continue;
    }
    in.clear();
    for (const Operand& operand : links[i].operands) {
      if (operand.constant.empty()) {
        in.push_back(courses[operand.from]);
      } else {
        const float v = operand.constant[operand.constant.size() == 1 ? 0 : interval.channel];
        in.push_back({Way::flat, v, v});
      }
    }
    course.way = links[i].node == nullptr ? in[0].way : way_of(*links[i].node, in);
    if (course.way == Way::unknown) return false;
    if (flat) course.way = Way::flat;
  }
  return true;
}

}  // namespace

/// The same runs as by evaluating every x, found by bisection alone: an interval is done where every step is
/// known to rise or fall over it, and its ends have the same value. False: more than `most` different values.
/// None where too little is known of the steps.
std::optional<bool> Quantizer::find_runs_by_course(const Value& value, std::size_t channels,
                                                   std::vector<std::vector<LevelRun>>& runs,
                                                   std::size_t most) {
  const Source& source = sources_[static_cast<std::size_t>(value.source)];
  std::vector<Link> links(1);
  std::map<std::string, std::size_t> place;
  const Node* pool = pool_of(value);
  std::size_t before_pool = 0;
  for (const Step& step : value.steps) {
    const Node& node = *step.node;
    Link link = {hands_on(node) ? nullptr : &node, {}};
    for (const std::string& name : node.inputs) {
      if (name.empty()) continue;
      Operand operand;
      if (graph_.is_constant(name)) {
        if (link.node == nullptr) continue;
        operand.constant = channel_constant(step, graph_.constants.at(name), channels).floats();
      } else if (const auto found = place.find(name); found != place.end()) {
        operand.from = found->second;
      }
      if (&node == pool) before_pool = operand.from;
      link.operands.push_back(std::move(operand));
    }
    place[node.outputs[0]] = links.size();
    links.push_back(std::move(link));
  }
  std::set<float> different;
  bool finite = true;
  const auto look = [&](const std::vector<std::int64_t>& points) {
    auto table = std::make_shared<Table>();
    for (const Tensor& result : step_values(value, points, channels)) table->push_back(result.floats());
    for (const std::vector<float>& list : *table)
      finite = finite && std::all_of(list.begin(), list.end(), [](float v) { return std::isfinite(v); });
    for (const float v : table->back()) {
      if (different.size() <= most) different.insert(v);
    }
    return std::shared_ptr<const Table>(std::move(table));
  };
  const auto end_at = [&](const std::shared_ptr<const Table>& table, std::size_t at, std::int64_t x) {
    const float v = table->back()[at];
    return End{x, v == 0.0F ? 0.0F : v, table, at};  // one zero
  };
  // From the ends of each channel inwards; all open intervals are halved at once.
  std::vector<std::int64_t> points(source.least.begin(),
                                   source.least.begin() + static_cast<std::ptrdiff_t>(channels));
  points.insert(points.end(), source.most.begin(),
                source.most.begin() + static_cast<std::ptrdiff_t>(channels));
  std::shared_ptr<const Table> table = look(points);
  if (!finite) return std::nullopt;
  std::vector<float> before = (*table)[before_pool], behind = table->back();
  runs.assign(channels, {});
  std::vector<std::vector<Interval>> open(channels);
  const auto keep = [&](Interval interval) {
    if (interval.low.x == interval.high.x) return;
    const bool same = interval.low.value == interval.high.value;
    if (interval.low.x + 1 == interval.high.x) {
      if (!same) runs[interval.channel].push_back({interval.high.x, interval.high.value});
      return;
    }
    if (!interval.known) interval.known = is_known(links, interval);
    if (interval.known && same) return;
    if (interval.known) interval.low.table = interval.high.table = nullptr;
    open[interval.channel].push_back(std::move(interval));
  };
  for (std::size_t c = 0; c < channels; ++c) {
    const End low = end_at(table, c, points[c]), high = end_at(table, channels + c, points[channels + c]);
    runs[c].push_back({low.x, low.value});
    keep({c, low, high, false});
  }
  while (different.size() <= most) {
    std::size_t deepest = 0;
    for (const auto& list : open) deepest = std::max(deepest, list.size());
    if (deepest == 0) break;
    if (deepest > most_open) return std::nullopt;
    points.assign(deepest * channels, 0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::size_t c = i % channels, row = i / channels;
      points[i] = source.least[c];
      if (row >= open[c].size()) continue;
      const Interval& interval = open[c][row];
      points[i] = interval.low.x + (interval.high.x - interval.low.x) / 2;
    }
    table = look(points);
    if (!finite) return std::nullopt;
    before.insert(before.end(), (*table)[before_pool].begin(), (*table)[before_pool].end());
    behind.insert(behind.end(), table->back().begin(), table->back().end());
    for (std::size_t c = 0; c < channels; ++c) {
      const std::vector<Interval> list = std::move(open[c]);
      open[c].clear();
      for (std::size_t row = 0; row < list.size(); ++row) {
        const std::size_t at = row * channels + c;
        const End middle = end_at(table, at, points[at]);
        keep({c, list[row].low, middle, list[row].known});
        keep({c, middle, list[row].high, list[row].known});
      }
    }
  }
  const bool too_many = different.size() > most;
  if (pool != nullptr && (too_many || !rises_with(before, behind, channels))) return std::nullopt;
  if (too_many) return false;
  for (auto& list : runs) {
    std::sort(list.begin(), list.end(),
              [](const LevelRun& a, const LevelRun& b) { return a.first < b.first; });
  }
  return true;
}

}  // namespace tricycle
