// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace tricycle {

/// When a progress line is shown: always, after the work has taken two seconds, or never.
enum class Show : std::uint8_t { always, when_slow, never };

/// The remaining time of some work at its pace so far, such as "12 s left". It is "" before the pace is
/// known: after one second and a hundredth of the work, or after ten seconds.
[[nodiscard]] std::string time_left(double elapsed_s, std::uint64_t done, std::uint64_t total);

/// A progress line with the remaining time on standard error: on a terminal a bar that is redrawn, elsewhere
/// a line every ten seconds.
class Progress {
 public:
  Progress(std::string label, std::uint64_t total, Show show = Show::when_slow);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(std::uint64_t done);
  /// Ends the work: with Show::always the full bar remains visible.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(std::uint64_t done, double elapsed_s);
  std::string label_;
  std::uint64_t total_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_ = start_;
  Show show_;
  bool terminal_;
  bool shown_ = false;
};

}  // namespace tricycle
