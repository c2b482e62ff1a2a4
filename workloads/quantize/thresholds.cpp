// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/thresholds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "workloads/quantize/level_runs.hpp"

namespace tricycle {
namespace {

std::int64_t least_of(const std::vector<std::int64_t>& v) {
  return *std::min_element(v.begin(), v.end());
}
std::int64_t most_of(const std::vector<std::int64_t>& v) {
  return *std::max_element(v.begin(), v.end());
}

/// Keeps one row for all channels if all rows are equal.
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

/// Finds codes, scale and offset for a tensor's values, which ascend: value = (code + offset) * scale. False
/// if the values lie on no grid.
bool name_levels(const std::vector<float>& values, FittedThresholds& fitted,
                 std::vector<std::int64_t>& codes) {
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
      if (!(std::fabs(place - code) <= 1e-5 && std::fabs(code) <= 255)) return false;  // NaN is on no grid
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

}  // namespace

std::optional<FittedThresholds> fit_thresholds(const Chain& chain, const std::optional<Uniform>& uniform,
                                               bool strict) {
  const Source& source = chain.source;
  if (source.has_y() || chain.value.steps.empty()) return std::nullopt;
  if (uniform && uniform->levels() > static_cast<std::int64_t>(most_threshold_levels)) return std::nullopt;
  const std::size_t channels = is_same_in_all_channels(chain) ? 1 : source.channels();
  const LevelSearch search = find_level_runs(chain, channels, most_threshold_levels, strict);
  if (search.too_many) return std::nullopt;
  const std::vector<std::vector<LevelRun>>& runs = search.runs;
  std::set<float> different;
  for (const auto& list : runs) {
    for (const LevelRun& run : list) different.insert(run.value);
  }
  const std::vector<float> values(different.begin(), different.end());
  FittedThresholds fitted;
  std::vector<std::int64_t> codes;  // the codes of `values`
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
      chain.fail(
          fmt::format("its codes neither rise nor fall with the sum of channel {}; only monotone "
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
      // The smallest signed sum that reaches this level; if none does, one more than any sum.
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
  if (all.size() == 1) {  // all sums give the same code: add a level that none reaches
    fitted.stage.codes.push_back(fitted.stage.codes[0]);
    fitted.stage.thresholds.assign(fitted.stage.signs.size(), beyond);
  }
  return fitted;
}

}  // namespace tricycle
