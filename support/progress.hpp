// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace tricycle {

/// When a progress line is shown: always, once the work has taken two seconds, or not at all.
enum class Show : std::uint8_t { always, when_slow, never };

/// The time that is left of some work at its pace so far, such as "12 s left", or "" before there is a pace:
/// a second of work and a hundredth of it, or ten seconds.
[[nodiscard]] std::string time_left(double elapsed_s, std::uint64_t done, std::uint64_t total);

/// A progress line on standard error with the time left: a bar that redraws on a terminal, a line every ten
/// seconds elsewhere.
class Progress {
 public:
  Progress(std::string label, std::uint64_t total, Show show = Show::when_slow);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(std::uint64_t done);
  /// All is done: with Show::always the full bar stays to be seen.
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
