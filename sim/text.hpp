// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/tensor.hpp"
#include "traces/trace.hpp"

namespace tricycle {

/// Whether a file is text: its name ends in .txt or .txt.gz.
[[nodiscard]] bool is_text_file(const std::string& path);

/// Part of a text, in fractions of its characters: those from int(n * from) to before int(n * to).
struct TextPart {
  double from = 0, to = 1;
};
/// `0.95:1`; nothing where `wrong_part` says why.
[[nodiscard]] std::optional<TextPart> parse_part(const std::string& text);
/// What an error says of a text that is no part.
[[nodiscard]] std::string wrong_part(const std::string& text);

/// How an input takes tokens: as their numbers, as rows with a one at the token's column, or not at all.
enum class TokenInput : std::uint8_t { none, ids, one_hot };
[[nodiscard]] TokenInput token_input(const Binding& binding, std::size_t vocabulary);

/// The two first dimensions of a sequence's shape.
struct Sequence {
  std::int64_t steps = 0, streams = 0;
};
/// Nothing where the binding's shape is no [steps, streams, ...] of as many rows as it has.
[[nodiscard]] std::optional<Sequence> sequence_of(const Binding& binding);

/// The tokens of a part of a UTF-8 text, one for each character. Errors, with line and column: a byte that is
/// no UTF-8, and in the part a character that is not in the vocabulary. `name` is what errors call the text.
[[nodiscard]] std::vector<std::int32_t> tokens_of(std::string_view text,
                                                  const std::vector<std::string>& vocabulary,
                                                  const TextPart& part, const std::string& name);

/// A text as items: inputs[item][step][stream], and the token that follows each in the text.
struct CutText {
  std::uint64_t items = 0;
  std::vector<std::int32_t> inputs, targets;
  std::uint64_t used = 0, left = 0;  ///< characters that are an input or a target, and the others
};
/// Cuts n characters into streams of L = floor((n - 1) / streams) steps: stream b starts at character b * L,
/// and item k has its steps from k * T on, where T is the sequence's. There are floor(L / T) items, of which
/// `limit` (not negative) keeps the first; what does not fill an item is left.
[[nodiscard]] CutText cut_text(std::span<const std::int32_t> tokens, const Sequence& sequence,
                               std::int64_t limit);

/// Reads a text, plain or gzipped, as the items of a model with a vocabulary. Errors: no vocabulary, an input
/// that takes no tokens, a character that is no token, too few characters for one item.
[[nodiscard]] CutText read_text_items(const std::string& path, const TextPart& part, const Trace& trace,
                                      std::int64_t limit);

/// Token ids of shape [...] as rows of real zeros with one 1, of shape [..., vocabulary]. Errors: an id
/// outside the vocabulary.
[[nodiscard]] Tensor one_hot(const Tensor& ids, std::size_t vocabulary, const std::string& name);

}  // namespace tricycle
