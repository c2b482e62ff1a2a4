// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "support/progress.hpp"

namespace tricycle {

/// Receives the progress of some work: its name, the amount done and the total. Works follow each other.
using Hear = std::function<void(const char* work, std::uint64_t done, std::uint64_t total)>;

/// Receives the progress of the work of its thread as long as it exists. Afterwards the previous listener
/// receives it again.
class Listener {
 public:
  explicit Listener(Hear hear);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  Hear hear_;
  Listener* before_;
  friend void tell(const char* work, std::uint64_t done, std::uint64_t total);
};

/// Tells the progress of some work to the thread's listener, if any. No result depends on it.
void tell(const char* work, std::uint64_t done, std::uint64_t total);

/// Shows a progress line for each work, as `show` says.
[[nodiscard]] Hear progress_lines(Show show);

}  // namespace tricycle
