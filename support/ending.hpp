// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tricycle {

/// Output of this process to the user, and its end.

/// Must be called once at the start of main(), before any thread is started. Closed standard streams are
/// replaced, so that no file opened later gets their number; reading or writing them remains an error. A
/// closed pipe and a file that is too large become write errors and do not kill the process. SIGINT, SIGTERM
/// and SIGHUP (unless ignored) remove unfinished files, say what is kept, and end the process with 128 + the
/// signal's number.
void prepare_process();

/// A file or folder that is being written. It is removed when a signal ends the process or when this object
/// is destroyed.
class Unfinished {
 public:
  /// `make` creates it, with signals held back. Where `make` returns false, nothing is unfinished.
  explicit Unfinished(std::string path, const std::function<bool()>& make = {});
  ~Unfinished();
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  /// Calls `place` to move the written file to its path, with signals held back. Afterwards nothing is
  /// removed. Where `place` throws, the file stays unfinished.
  void finish(const std::function<void()>& place);
  /// Gives it up to another owner: nothing is removed.
  void forget();

 private:
  std::string path_;
};

/// Sets a function that returns the text for a user who interrupts the process, such as what is kept; "" for
/// none.
void say_at_end(std::function<std::string()> text);

/// Writes a text to stderr, made fit for a terminal (presentable). Write errors are ignored.
void complain(std::string_view text);
/// The same for text with terminal control sequences: it is written unchanged.
void draw(std::string_view text);

/// Writes a text to stdout, made fit for a terminal (presentable). flush_output() reports write errors.
void say_text(std::string_view text);
template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
  say_text(fmt::format(format, std::forward<Args>(args)...));
}

/// Writes out everything printed to stdout. Throws std::system_error on a write error.
void flush_output();

}  // namespace tricycle
