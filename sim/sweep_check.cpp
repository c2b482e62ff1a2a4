// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "sim/run.hpp"
#include "sim/sweep.hpp"
#include "support/report.hpp"

namespace tricycle {
namespace {

/// The points that one reason stops: how many, and the first of them.
struct Stopped {
  std::size_t points = 0;
  std::string first;
};

std::string text_of(const std::vector<Setting>& settings) {
  std::string text;
  for (const Setting& setting : settings)
    text += (text.empty() ? "" : " ") + setting.key + "=" + setting.value;
  return text;
}

RunRequest request_of(const SweepSpec& spec, std::vector<Setting> settings) {
  RunRequest request;
  request.workload = spec.workload;
  request.arch = spec.arch;
  request.tech = spec.tech;
  request.input = spec.input;
  request.input_part = spec.input_part;
  request.labels = spec.labels;
  request.verify = spec.verify;
  request.reference = spec.reference;
  request.limit = spec.limit;
  request.settings = std::move(settings);
  return request;
}

}  // namespace

void check_points(const SweepSpec& spec, const std::string& file) {
  const std::vector<SweepPoint> points = sweep_points(spec);
  std::map<std::string, Stopped> reasons;
  std::size_t stopped = 0, done = 0;
  for (const SweepPoint& point : points) {
    const std::vector<Setting> settings = settings_of(spec, point);
    try {
      const Listener nothing([](const char*, std::uint64_t, std::uint64_t) {});
      check_request(request_of(spec, settings));
    } catch (const InputError& error) {
      Stopped& reason = reasons[error.what()];
      if (reason.points++ == 0) reason.first = text_of(settings);
      ++stopped;
    }
    tell("checking points", ++done, points.size());
  }
  if (stopped == 0) return;
  constexpr std::size_t most = 6;
  std::string message = fmt::format("{} of {} points cannot run", stopped, points.size());
  std::size_t shown = 0;
  for (const auto& [reason, which] : reasons) {
    if (shown++ == most) break;
    message += fmt::format("\n  {}{}: {}", which.first,
                           which.points > 1 ? fmt::format(" and {} more", which.points - 1) : "", reason);
  }
  if (reasons.size() > most) message += fmt::format("\n  and {} other reasons", reasons.size() - most);
  throw InputError(Place::of_file(file), message);
}

}  // namespace tricycle
