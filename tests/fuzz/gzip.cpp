// SPDX-License-Identifier: Apache-2.0
#include "support/file_kind.hpp"
#include "tests/fuzz/target.hpp"

/// A file, packed or not, as bytes, as a text and piece by piece, unpacked as far as it is allowed to.
void tricycle::fuzz::read(Input bytes) {
  constexpr std::uint64_t most_bytes = 1U << 20U;
  const std::string path = file_of(bytes, ".gz");
  static_cast<void>(kind_of_file(bytes, path));
  require(read_bytes(path, most_bytes).size() <= most_bytes, "a file unpacks to more than it may");
  const std::string text = read_text(path, most_bytes);
  const auto stream = open_text(path);
  std::string pieces;
  for (char piece[999]; stream->read(piece, sizeof piece) || stream->gcount() > 0;)
    pieces.append(piece, static_cast<std::size_t>(stream->gcount()));
  for (std::size_t at = 0; (at = pieces.find("\r\n", at)) != std::string::npos;) pieces.erase(at, 1);
  require(!stream->bad() && pieces == text, "a text is not the same piece by piece");
  static_cast<void>(text_size(path));
}
