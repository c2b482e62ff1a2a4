// SPDX-License-Identifier: Apache-2.0
#include "support/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "support/ending.hpp"

namespace tricycle {

std::string time_left(double elapsed_s, std::uint64_t done, std::uint64_t total) {
  if (done == 0 || done >= total) return "";
  const double part = static_cast<double>(done) / static_cast<double>(total);
  if (elapsed_s < 1 || (part < 0.01 && elapsed_s < 10)) return "";
  const double left_s = elapsed_s * (1 - part) / part;
  if (left_s < 100) return fmt::format("{:.0f} s left", std::max(1.0, std::ceil(left_s)));
  if (left_s < 6000) return fmt::format("{:.0f} min left", left_s / 60);
  return fmt::format("{:.0f} h left", left_s / 3600);
}

Progress::Progress(std::string label, std::uint64_t total, Show show)
    : label_(std::move(label)),
      total_(std::max<std::uint64_t>(total, 1)),
      show_(show),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_ && terminal_) tricycle::draw("\r\033[K");
}

void Progress::update(std::uint64_t done) {
  if (show_ == Show::never) return;
  const Clock::time_point now = Clock::now();
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  const double since_drawn_s = std::chrono::duration<double>(now - drawn_).count();
  const double patience_s = show_ == Show::always ? 0.1 : 2.0;
  if (elapsed_s < patience_s || (shown_ && since_drawn_s < (terminal_ ? 0.1 : 10.0))) return;
  drawn_ = now;
  draw(done, elapsed_s);
}

void Progress::finish() {
  if (show_ == Show::never || (show_ == Show::when_slow && !shown_)) return;
  draw(total_, std::chrono::duration<double>(Clock::now() - start_).count());
  if (terminal_) tricycle::draw("\n");
  shown_ = false;
}

void Progress::draw(std::uint64_t done, double elapsed_s) {
  shown_ = true;
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  std::string time = done >= total_ ? fmt::format("{:.1f} s", elapsed_s) : time_left(elapsed_s, done, total_);
  if (!time.empty()) time = ", " + time;
  constexpr int width = 30;
  const auto full = static_cast<std::size_t>(part * width);
  tricycle::draw(fmt::format("{}{} [{}{}] {}/{}{}{}", terminal_ ? "\r\033[K" : "", label_,
                             std::string(full, '#'), std::string(width - full, '.'), done, total_, time,
                             terminal_ ? "" : "\n"));
}

}  // namespace tricycle
