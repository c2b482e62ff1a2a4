// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tricycle {

/// How this process writes to the user and how it ends.

/// To be called once, first thing in main(), before any thread is started. A stream that is closed takes
/// nothing, so that no file that is opened later gets its number; a closed pipe and a file that is too large
/// are errors of writing, not deaths; and SIGINT, SIGTERM or SIGHUP (unless ignored) remove what is
/// unfinished, say what is kept and end the process with 128 + the signal's number.
void prepare_process();

/// A file or folder that is being written, removed when the process is told to end or when this object goes.
class Unfinished {
 public:
  /// `make` makes it, undisturbed; where it says that it did not, nothing is unfinished.
  explicit Unfinished(std::string path, const std::function<bool()>& make = {});
  ~Unfinished();
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  /// Puts what is written in its place, undisturbed; afterwards nothing is removed. Where `place` throws, it
  /// stays unfinished.
  void finish(const std::function<void()>& place);
  /// It is another's: nothing is removed.
  void forget();

 private:
  std::string path_;
};

/// What is said to a user who ends the process, such as what is kept; "" where nothing is.
void say_at_end(std::function<std::string()> text);

/// Writes to stderr what goes there, with names as they can be shown; where that cannot be written, nobody is
/// told.
void complain(std::string_view text);
/// The same for a terminal's own words, as they are.
void draw(std::string_view text);

/// Writes to stdout, with names as they can be shown; flush_output() tells whether it could.
void say_text(std::string_view text);
template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  say_text(fmt::format(format, std::forward<Args>(args)...));
}

/// Everything printed to stdout is written. Throws std::system_error where it cannot be.
void flush_output();

}  // namespace tricycle
