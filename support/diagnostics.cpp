// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

#include "support/utf8.hpp"

namespace tricycle {

Place Place::of_file(std::string file_or_option) {
  Place place;
  place.file = std::move(file_or_option);
  return place;
}

Place Place::at_byte(std::string file, std::uint64_t byte) {
  Place place;
  place.file = std::move(file);
  place.byte = static_cast<std::int64_t>(byte);
  return place;
}

Place Place::at_node(std::string file, std::string node) {
  Place place;
  place.file = std::move(file);
  place.node = std::move(node);
  return place;
}

std::string Place::text() const {
  if (line > 0) return file + ":" + std::to_string(line) + ":" + std::to_string(column);
  if (byte >= 0) return file + ": byte " + std::to_string(byte);
  if (!node.empty()) return file + ": node '" + node + "'";
  return file;
}

namespace {

/// Cuts off a long text: messages quote files.
std::string of_bounded_length(std::string text) {
  constexpr std::size_t longest = 2000;
  if (text.size() <= longest) return text;
  text.resize(longest);
  return text + "...";
}

/// The length in bytes of the character at `at`. 0 if it is no character, or a control character that a
/// terminal would obey.
std::size_t shown_length(std::string_view text, std::size_t at) {
  const std::size_t length = utf8_length(text, at);
  const auto lead = static_cast<unsigned char>(text[at]);
  const bool blank = lead == '\n' || lead == '\t';
  const bool second_page = length == 2 && lead == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
  return (lead < 0x20 && !blank) || lead == 0x7f || second_page ? 0 : length;
}

}  // namespace

std::string presentable(std::string_view text) {
  static constexpr const char* digits = "0123456789abcdef";
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t length = shown_length(text, i); length > 0) {
      result.append(text, i, length);
      i += length;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i++]);
    result += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
  }
  return result;
}

namespace {

std::string in_one_line(const std::string& text) {
  std::string line;
  for (const char c : presentable(text)) line += c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
  return line;
}

std::string whole_message(const Place& place, const std::string& message, std::span<const std::string> more) {
  std::string text =
      in_one_line(place.text().empty() ? "error: " + message : place.text() + ": error: " + message);
  for (const std::string& line : more) text += "\n  " + in_one_line(line);
  return of_bounded_length(std::move(text));
}

}  // namespace

InputError::InputError(const Place& place, const std::string& message, std::span<const std::string> more)
    : std::runtime_error(whole_message(place, message, more)) {}

void fail(const Place& place, const std::string& message) {
  throw InputError(place, message);
}

void fail(const std::string& file_or_option, const std::string& message) {
  fail(Place::of_file(file_or_option), message);
}

namespace {

/// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t longest = 64;
  if (word.size() > longest) return "";
  const auto same_letters = [&](const std::string& candidate) {
    return std::equal(word.begin(), word.end(), candidate.begin(), candidate.end(),
                      [](char a, char b) { return std::tolower(a) == std::tolower(b); });
  };
  const auto in_capitals = std::find_if(candidates.begin(), candidates.end(), same_letters);
  if (in_capitals != candidates.end()) return *in_capitals;
  std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best && distance < std::max(word.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::string nearest = nearest_word(word, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

std::string either(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const auto lead = static_cast<unsigned char>(text[i]);
    const bool valid = length > 0 && lead >= 0x20 && lead != 0x7f;
    result += valid ? std::string(text.substr(i, length)) : "?";
    i += valid ? length : 1;
  }
  return result;
}

}  // namespace tricycle
