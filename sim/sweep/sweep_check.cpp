// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "sim/experiment/run.hpp"
#include "sim/sweep/sweep.hpp"
#include "support/report.hpp"

namespace tricycle {
namespace {

/// The points that cannot run for the same reason: their number, and the first point.
struct Stopped {
  std::size_t points = 0;
  std::string first;
};

std::string text_of(const std::vector<Setting>& settings) {
  std::string text;
  for (const Setting& setting : settings) text += (text.empty() ? "" : " ") + setting.text();
  return text;
}

}  // namespace

void check_points(const SweepSpec& spec, const std::string& file) {
  check_workloads(spec);
  static_cast<void>(point_ids(spec));
  const std::vector<SweepPoint> points = sweep_points(spec);
  std::map<std::string, Stopped> reasons;
  std::size_t stopped = 0, done = 0;
  for (const SweepPoint& point : points) {
    const std::vector<Setting> settings = settings_of(spec, point);
    try {
      const Listener nothing([](const char*, std::uint64_t, std::uint64_t) {});
      check_request(request_of(spec, point));
    } catch (const InputError& error) {
      Stopped& reason = reasons[error.what()];
      if (reason.points++ == 0) reason.first = text_of(settings);
      ++stopped;
    }
    tell("checking points", ++done, points.size());
  }
  if (stopped == 0) return;
  constexpr std::size_t most = 8;
  std::vector<std::string> lines;
  for (const auto& [reason, which] : reasons) {
    const std::string others = which.points > 1 ? fmt::format(" and {} more", which.points - 1) : "";
    lines.push_back(fmt::format("{}{}: {}", which.first, others, reason));
  }
  if (lines.size() > most) {
    const std::size_t left = lines.size() - most;
    lines.resize(most);
    lines.push_back(fmt::format("and for {} more reasons", left));
  }
  throw InputError(Place::of_file(file), fmt::format("{} of {} points cannot run", stopped, points.size()),
                   lines);
}

}  // namespace tricycle
