// SPDX-License-Identifier: Apache-2.0
#include "sim/exchange/line_reader.hpp"

#include <algorithm>

namespace tricycle {

LineReader::LineReader(std::unique_ptr<std::istream> stream, std::string name)
    : stream_(std::move(stream)), name_(std::move(name)), buffer_(4 * longest) {}

Place LineReader::place(int column) const {
  Place place;
  place.file = name_;
  place.line = std::max(line_, 1);
  place.column = column;
  return place;
}

std::optional<std::string_view> LineReader::next() {
  ++line_;
  std::size_t looked = begin_;
  while (true) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(looked);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto newline = std::find(from, to, '\n');
    const auto length = static_cast<std::size_t>(newline - buffer_.begin()) - begin_;
    if (length > longest) {
      throw InputError(
          place(static_cast<int>(longest) + 1),
          "expected the end of the line: it has more than " + std::to_string(longest) + " bytes");
    }
    const bool last = newline == to && !*stream_;
    if (last && length == 0) {
      --line_;
      return std::nullopt;
    }
    if (newline != to || last) {
      const std::string_view line(buffer_.data() + begin_, length);
      begin_ += length + (newline != to ? 1 : 0);
      return line;
    }
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), to, buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    looked = end_;
    stream_->read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    if (stream_->bad()) throw InputError(place(1), "cannot be read to its end");
    end_ += static_cast<std::size_t>(stream_->gcount());
    bytes_read_ += static_cast<std::uint64_t>(stream_->gcount());
  }
}

}  // namespace tricycle
