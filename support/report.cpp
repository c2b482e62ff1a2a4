// SPDX-License-Identifier: Apache-2.0
#include "support/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace tricycle {
namespace {

thread_local Listener* listening = nullptr;

}  // namespace

Listener::Listener(Hear hear) : hear_(std::move(hear)), before_(std::exchange(listening, this)) {}

Listener::~Listener() {
  listening = before_;
}

void tell(const char* work, std::uint64_t done, std::uint64_t total) {
  if (listening != nullptr) listening->hear_(work, done, total);
}

Hear progress_lines(Show show) {
  struct Line {
    std::string work;
    std::unique_ptr<Progress> progress;
  };
  return [show, line = std::make_shared<Line>()](const char* work, std::uint64_t done, std::uint64_t total) {
    if (show == Show::never) return;
    if (done >= total) {  // nothing is left of its line
      line->progress.reset();
      line->work.clear();
      return;
    }
    if (line->work != work) {
      line->progress.reset();  // the line before is wiped first
      line->progress = std::make_unique<Progress>(work, total, Show::when_slow);
      line->work = work;
    }
    line->progress->update(done);
  };
}

std::string time_left(double elapsed_s, std::uint64_t done, std::uint64_t total) {
  if (done == 0 || done >= total) return "";
  const double part = static_cast<double>(done) / static_cast<double>(total);
  if (elapsed_s < 1 || (part < 0.01 && elapsed_s < 10)) return "";
  const double left_s = elapsed_s * (1 - part) / part;
  if (left_s < 100) return fmt::format("{:.0f} s left", std::max(1.0, std::ceil(left_s)));
  if (left_s < 6000) return fmt::format("{:.0f} min left", left_s / 60);
  return fmt::format("{:.0f} h left", left_s / 3600);
}

}  // namespace tricycle
