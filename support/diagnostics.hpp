// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tricycle {

/// A place in the input: a line and column of a text file, a byte of a binary file, a node of a model, or
/// (with none of these) the whole file or option.
struct Place {
  std::string file;
  int line = 0;    ///< from 1; 0: not a line
  int column = 0;  ///< from 1
  std::int64_t byte = -1;
  std::string node;

  static Place of_file(std::string file_or_option);
  static Place at_byte(std::string file, std::uint64_t byte);
  static Place at_node(std::string file, std::string node);
  /// `file:line:col`, `file: byte N`, `file: node 'X'` or `file`.
  [[nodiscard]] std::string text() const;
};

/// The input is wrong, and the user can correct it. what() is the whole message: `PLACE: error: MESSAGE`,
/// always in one line, then each text of `more` in its own indented line.
class InputError : public std::runtime_error {
 public:
  InputError(const Place& place, const std::string& message, std::span<const std::string> more = {});
};

/// Throws InputError.
[[noreturn]] void fail(const Place& place, const std::string& message);
[[noreturn]] void fail(const std::string& file_or_option, const std::string& message);

/// A run failed because of the simulated program (an overflow, a violated operand lock): exit code 1.
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The candidate with the fewest edits to `word`, or "" when none is near enough.
[[nodiscard]] std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

/// `; did you mean 'X'?` for the nearest candidate, else "".
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// Makes a name fit for reports and traces: control characters and bytes that are not UTF-8 become '?'.
[[nodiscard]] std::string printable(std::string_view text);

/// Makes a text fit for a terminal: control characters other than tabs and line ends, and bytes that are not
/// UTF-8, become escapes such as `\x1b`.
[[nodiscard]] std::string presentable(std::string_view text);

/// `a, b or c`.
[[nodiscard]] std::string either(std::span<const std::string> words);

}  // namespace tricycle
