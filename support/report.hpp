// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "support/progress.hpp"

namespace tricycle {

/// Hears how far some work is: its name, and what is done of how much. Works follow each other.
using Hear = std::function<void(const char* work, std::uint64_t done, std::uint64_t total)>;

/// While it lives it hears what the work of its thread tells; whoever heard before does so again behind it.
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

/// Tells the thread's listener, if there is one, how far some work is. No result depends on it.
void tell(const char* work, std::uint64_t done, std::uint64_t total);

/// A progress line for each work that takes more than two seconds, or for none.
[[nodiscard]] Hear progress_lines(Show show);

}  // namespace tricycle
