// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.hpp"

namespace tricycle {

/// Reads an input stream line by line in bounded memory.
class LineReader {
 public:
  LineReader(std::unique_ptr<std::istream> stream, std::string name);
  /// The next line without its end, valid until the next call; nothing at the end of the input. Errors: a
  /// line of more than `longest` bytes.
  [[nodiscard]] std::optional<std::string_view> next();
  [[nodiscard]] Place place(int column) const;
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  static constexpr std::size_t longest = 16384;

 private:
  std::unique_ptr<std::istream> stream_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  ///< of the part of the buffer that next() has not yet returned
  std::uint64_t bytes_read_ = 0;
  int line_ = 0;
};

}  // namespace tricycle
