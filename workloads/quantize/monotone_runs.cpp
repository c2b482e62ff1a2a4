// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "workloads/quantize/monotone.hpp"
#include "workloads/quantize/nodes.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_open = 48;  ///< open intervals of a channel; with more, too little is known

/// The input of an operator: the result of the link `from`, or a constant (one number, or one per channel).
struct Operand {
  std::size_t from = 0;
  std::vector<float> constant;
};
struct Link {
  const Node* node;  ///< null for an operator that hands on its input: a view, a max pool
  std::vector<Operand> operands;
};

/// The results of all links at points x channels.
using Table = std::vector<std::vector<float>>;

/// The values at one point of a channel.
struct End {
  std::int64_t x = 0;
  float value = 0;                     ///< of the last link
  std::shared_ptr<const Table> table;  ///< the values of all links, while they are needed
  std::size_t at = 0;
};

struct Interval {
  std::size_t channel = 0;
  End low, high;
  bool known = false;  ///< the last value only rises or only falls
};

/// Whether the trend of the last value over an interval is known.
bool is_known(const std::vector<Link>& links, const Interval& interval) {
  std::vector<ValueRange> ranges(links.size());
  std::vector<ValueRange> in;
  for (std::size_t i = 0; i < links.size(); ++i) {
    ValueRange& range = ranges[i];
    range.first = (*interval.low.table)[i][interval.low.at];
    range.last = (*interval.high.table)[i][interval.high.at];
    const bool flat = range.first == range.last;
    if (i == 0) {  // the source: an integer times its scale
      range.trend = flat ? Trend::flat : range.first < range.last ? Trend::rises : Trend::falls;
      continue;
    }
    in.clear();
    for (const Operand& operand : links[i].operands) {
      if (operand.constant.empty()) {
        in.push_back(ranges[operand.from]);
      } else {
        const float v = operand.constant[operand.constant.size() == 1 ? 0 : interval.channel];
        in.push_back({Trend::flat, v, v});
      }
    }
    range.trend = links[i].node == nullptr ? in[0].trend : trend_of(*links[i].node, in);
    if (range.trend == Trend::unknown) return false;
    if (flat) range.trend = Trend::flat;
  }
  return true;
}

/// The search for the runs of one chain. It goes from the ends of each channel inwards and halves all open
/// intervals at once.
class MonotoneSearch {
 public:
  MonotoneSearch(const Chain& chain, std::size_t channels, std::size_t most_levels)
      : chain_(chain), channels_(channels), most_(most_levels), open_(channels) {
    found_.runs.assign(channels, {});
    for (const Step& step : chain.value.steps) add_link(step);
  }

  std::optional<LevelSearch> run() {
    if (!start()) return std::nullopt;
    while (different_.size() <= most_) {
      std::size_t deepest = 0;
      for (const auto& list : open_) deepest = std::max(deepest, list.size());
      if (deepest == 0) break;
      if (deepest > most_open || !halve(deepest)) return std::nullopt;
    }
    found_.too_many = different_.size() > most_;
    const bool pooled = chain_.value.pool() != nullptr;
    if (pooled && (found_.too_many || !rises_with(before_, behind_, channels_))) return std::nullopt;
    for (auto& list : found_.runs) {
      std::sort(list.begin(), list.end(),
                [](const LevelRun& a, const LevelRun& b) { return a.first < b.first; });
    }
    return std::move(found_);
  }

 private:
  using Points = std::vector<std::int64_t>;

  void add_link(const Step& step) {
    const Node& node = *step.node;
    Link link = {hands_on(node.op) ? nullptr : &node, {}};
    for (const std::string& name : node.inputs) {
      if (name.empty()) continue;
      Operand operand;
      if (chain_.graph.is_constant(name)) {
        if (link.node == nullptr) continue;
        const Tensor& constant = chain_.graph.constants.at(name);
        operand.constant = channel_constant(chain_.graph, step, constant, channels_).floats();
      } else if (const auto found = place_.find(name); found != place_.end()) {
        operand.from = found->second;
      }
      if (&node == chain_.value.pool()) before_pool_ = operand.from;
      link.operands.push_back(std::move(operand));
    }
    place_[node.outputs[0]] = links_.size();
    links_.push_back(std::move(link));
  }

  /// Evaluates all links at points x channels. Null if a result is not finite.
  std::shared_ptr<const Table> look(const Points& points) {
    auto table = std::make_shared<Table>();
    bool finite = true;
    for (const Tensor& result : evaluate_steps(chain_, {channels_, points, {}})) {
      const std::vector<float>& list = table->emplace_back(result.floats());
      finite = finite && std::all_of(list.begin(), list.end(), [](float v) { return std::isfinite(v); });
    }
    if (!finite) return nullptr;
    for (const float v : table->back()) {
      if (different_.size() <= most_) different_.insert(v);
    }
    const std::vector<float>& before = (*table)[before_pool_];
    before_.insert(before_.end(), before.begin(), before.end());
    behind_.insert(behind_.end(), table->back().begin(), table->back().end());
    return table;
  }

  static End end_at(const std::shared_ptr<const Table>& table, std::size_t at, std::int64_t x) {
    const float v = table->back()[at];
    return {x, v == 0.0F ? 0.0F : v, table, at};  // -0 and 0 are one value
  }

  /// Evaluates the two ends of each channel. False: a result is not finite.
  bool start() {
    const auto count = static_cast<std::ptrdiff_t>(channels_);
    const Source& source = chain_.source;
    Points points(source.least.begin(), source.least.begin() + count);
    points.insert(points.end(), source.most.begin(), source.most.begin() + count);
    const std::shared_ptr<const Table> table = look(points);
    if (table == nullptr) return false;
    for (std::size_t c = 0; c < channels_; ++c) {
      const End low = end_at(table, c, points[c]);
      const End high = end_at(table, channels_ + c, points[channels_ + c]);
      found_.runs[c].push_back({low.x, low.value});
      keep({c, low, high, false});
    }
    return true;
  }

  /// Evaluates the middle of every open interval. `deepest` is the most open intervals of a channel. False: a
  /// result is not finite.
  bool halve(std::size_t deepest) {
    Points points(deepest * channels_, 0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::size_t c = i % channels_, row = i / channels_;
      points[i] = chain_.source.least[c];
      if (row >= open_[c].size()) continue;
      const Interval& interval = open_[c][row];
      points[i] = interval.low.x + (interval.high.x - interval.low.x) / 2;
    }
    const std::shared_ptr<const Table> table = look(points);
    if (table == nullptr) return false;
    for (std::size_t c = 0; c < channels_; ++c) {
      const std::vector<Interval> list = std::move(open_[c]);
      open_[c].clear();
      for (std::size_t row = 0; row < list.size(); ++row) {
        const std::size_t at = row * channels_ + c;
        const End middle = end_at(table, at, points[at]);
        keep({c, list[row].low, middle, list[row].known});
        keep({c, middle, list[row].high, list[row].known});
      }
    }
    return true;
  }

  /// An interval is open until it is one point wide, or known to hold one value.
  void keep(Interval interval) {
    if (interval.low.x == interval.high.x) return;
    const bool same = interval.low.value == interval.high.value;
    if (interval.low.x + 1 == interval.high.x) {
      if (!same) found_.runs[interval.channel].push_back({interval.high.x, interval.high.value});
      return;
    }
    if (!interval.known) interval.known = is_known(links_, interval);
    if (interval.known && same) return;
    if (interval.known) interval.low.table = interval.high.table = nullptr;
    open_[interval.channel].push_back(std::move(interval));
  }

  const Chain& chain_;
  std::size_t channels_, most_;
  std::vector<Link> links_ = std::vector<Link>(1);  ///< the first is the source
  std::map<std::string, std::size_t> place_;
  std::size_t before_pool_ = 0;  ///< the link that the max pool reads
  std::set<float> different_;
  std::vector<float> before_, behind_;  ///< the inputs of the max pool, and the values at the end
  std::vector<std::vector<Interval>> open_;
  LevelSearch found_;
};

}  // namespace

std::optional<LevelSearch> find_monotone_runs(const Chain& chain, std::size_t channels, std::size_t most) {
  return MonotoneSearch(chain, channels, most).run();
}

}  // namespace tricycle
