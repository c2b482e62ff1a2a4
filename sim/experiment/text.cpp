// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "sim/experiment/items.hpp"
#include "support/diagnostics.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"
#include "support/utf8.hpp"

namespace tricycle {
namespace {

/// Walks over the characters of a text.
class Characters {
 public:
  Characters(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  std::string_view next() {
    const std::size_t length = utf8_length(text_, at_);
    if (length == 0)
      fail(fmt::format("the byte 0x{:02x} is no UTF-8", static_cast<unsigned char>(text_[at_])));
    const std::string_view character = text_.substr(at_, length);
    at_ += length;
    ++column_;
    if (character == "\n") {
      ++line_;
      column_ = 1;
    }
    return character;
  }
  /// Throws an error at the next character.
  [[noreturn]] void fail(const std::string& message) const {
    Place place;
    place.file = name_;
    place.line = line_;
    place.column = column_;
    throw InputError(place, message);
  }

 private:
  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  int line_ = 1, column_ = 1;
};

std::string shown(std::string_view character) {
  if (character == "\n") return "\\n";
  if (character == "\r") return "\\r";
  if (character == "\t") return "\\t";
  return std::string(character);
}

}  // namespace

bool is_text_file(const std::string& path) {
  return has_ending(path, ".txt");
}

std::optional<TextPart> parse_part(const std::string& text) {
  TextPart part;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const bool numbers =
      parse_number(text.substr(0, colon), part.from) && parse_number(text.substr(colon + 1), part.to);
  if (!numbers || part.from < 0 || part.to > 1 || part.from >= part.to) return std::nullopt;
  return part;
}

std::string wrong_part(const std::string& text) {
  return fmt::format(
      "expects FROM:TO, two fractions from 0 to 1 of which the first is the smaller, such as 0.95:1, not "
      "'{}'",
      text);
}

TokenInput token_input(const Binding& binding, std::size_t vocabulary) {
  if (vocabulary == 0 || !sequence_of(binding)) return TokenInput::none;
  if (binding.cols == 1 && binding.format == Format::int32) return TokenInput::ids;
  return static_cast<std::uint64_t>(binding.cols) == vocabulary ? TokenInput::one_hot : TokenInput::none;
}

std::optional<Sequence> sequence_of(const Binding& binding) {
  const Shape shape = parse_shape(binding.shape);
  const bool fits = shape.size() >= 2 && shape[0] > 0 && shape[1] > 0 && binding.rows % shape[0] == 0 &&
                    binding.rows / shape[0] == shape[1];
  if (!fits) return std::nullopt;
  return Sequence{shape[0], shape[1]};
}

std::vector<std::int32_t> tokens_of(std::string_view text, const std::vector<std::string>& vocabulary,
                                    const TextPart& part, const std::string& name) {
  std::int64_t count = 0;
  for (Characters all(text, name); !all.at_end(); ++count) all.next();
  const auto from = static_cast<std::int64_t>(static_cast<double>(count) * part.from);
  const auto to = static_cast<std::int64_t>(static_cast<double>(count) * part.to);
  std::unordered_map<std::string_view, std::int32_t> number;
  for (const std::string& token : vocabulary) number.emplace(token, static_cast<std::int32_t>(number.size()));
  std::vector<std::int32_t> tokens;
  tokens.reserve(static_cast<std::size_t>(to - from));
  Characters characters(text, name);
  for (std::int64_t i = 0; i < to; ++i) {
    const Characters here = characters;
    const std::string_view character = characters.next();
    if (i < from) continue;
    const auto found = number.find(character);
    if (found == number.end()) {
      here.fail(fmt::format("the character '{}' is not among the {} entries of the model's vocabulary",
                            shown(character), vocabulary.size()));
    }
    tokens.push_back(found->second);
  }
  return tokens;
}

CutText cut_text(std::span<const std::int32_t> tokens, const Sequence& sequence, std::int64_t limit) {
  const auto steps = static_cast<std::uint64_t>(sequence.steps);
  const auto streams = static_cast<std::uint64_t>(sequence.streams);
  const std::uint64_t length = tokens.empty() ? 0 : (tokens.size() - 1) / streams;
  CutText cut;
  cut.items = length / steps;
  if (limit >= 0) cut.items = std::min(cut.items, static_cast<std::uint64_t>(limit));
  cut.inputs.reserve(cut.items * steps * streams);
  cut.targets.reserve(cut.items * steps * streams);
  for (std::uint64_t step = 0; step < cut.items * steps; ++step) {
    for (std::uint64_t stream = 0; stream < streams; ++stream) {
      cut.inputs.push_back(tokens[stream * length + step]);
      cut.targets.push_back(tokens[stream * length + step + 1]);
    }
  }
  // If text streams are used completely, the last target of one is the first input of the next.
  if (cut.items > 0) cut.used = cut.inputs.size() + (cut.items * steps == length ? 1 : streams);
  cut.left = tokens.size() - cut.used;
  return cut;
}

CutText read_text_items(const std::string& path, const TextPart& part, const Trace& trace,
                        std::int64_t limit) {
  if (trace.vocabulary.empty())
    fail(path, "is text, but the model has no vocabulary; give one with --vocabulary");
  if (token_input(trace.input, trace.vocabulary.size()) == TokenInput::none) {
    fail(path, fmt::format("is text; the model's input '{}' of shape {} takes no tokens: they come as int32 "
                           "[steps, streams] or as one-hot rows [steps, streams, {}]",
                           trace.input.name, trace.input.shape, trace.vocabulary.size()));
  }
  const Sequence sequence = *sequence_of(trace.input);
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 27U;  // text8 has 10^8
  const std::string text = read_text(path, most_bytes);
  const std::vector<std::int32_t> tokens = tokens_of(text, trace.vocabulary, part, path);
  CutText cut = cut_text(tokens, sequence, limit);
  if (cut.items == 0) {
    const bool whole = part.from == 0 && part.to == 1;
    fail(path, fmt::format("has {} characters{}; an item of {} steps in {} streams needs {}", tokens.size(),
                           whole ? "" : " in this part", sequence.steps, sequence.streams,
                           sequence.steps * sequence.streams + 1));
  }
  return cut;
}

Tensor one_hot(const Tensor& ids, std::size_t vocabulary, const std::string& name) {
  const std::vector<std::int64_t> tokens = ids.integers();
  std::vector<float> rows(tokens.size() * vocabulary, 0.0F);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] < 0 || tokens[i] >= static_cast<std::int64_t>(vocabulary)) {
      fail(name, fmt::format("element {} is {}; the input takes tokens from 0 to {}", i, tokens[i],
                             vocabulary - 1));
    }
    rows[i * vocabulary + static_cast<std::size_t>(tokens[i])] = 1;
  }
  Tensor result{ids.shape, std::move(rows)};
  result.shape.push_back(static_cast<std::int64_t>(vocabulary));
  return result;
}

}  // namespace tricycle
