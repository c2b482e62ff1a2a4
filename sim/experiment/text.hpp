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

/// Part of a text, in fractions of its n characters: from int(n * from) up to, but not including, int(n *
/// to).
struct TextPart {
  double from = 0, to = 1;
};
/// Parses a part such as `0.95:1`. Returns nothing for a malformed part; `wrong_part` says why.
[[nodiscard]] std::optional<TextPart> parse_part(const std::string& text);
/// The error message for a malformed part.
[[nodiscard]] std::string wrong_part(const std::string& text);

/// How an input takes tokens: not at all, as token ids, or as rows with a 1 in the token's column.
enum class TokenInput : std::uint8_t { none, ids, one_hot };
[[nodiscard]] TokenInput token_input(const Binding& binding, std::size_t vocabulary);

/// The first two dimensions of a sequence's shape: time steps and text streams.
struct Sequence {
  std::int64_t steps = 0, streams = 0;
};
/// Returns nothing where the binding's shape is not [steps, streams, ...] with as many rows as the binding
/// has.
[[nodiscard]] std::optional<Sequence> sequence_of(const Binding& binding);

/// The tokens of a part of a UTF-8 text, one for each character. Errors, with line and column: a byte that is
/// not UTF-8; in the part, a character that is not in the vocabulary. Errors call the text `name`.
[[nodiscard]] std::vector<std::int32_t> tokens_of(std::string_view text,
                                                  const std::vector<std::string>& vocabulary,
                                                  const TextPart& part, const std::string& name);

/// A text as items: inputs[item][time step][text stream], and for each input the token that follows in the
/// text.
struct CutText {
  std::uint64_t items = 0;
  std::vector<std::int32_t> inputs, targets;
  std::uint64_t used = 0, left = 0;  ///< characters that are an input or a target; all other characters
};
/// Cuts n characters into text streams of L = floor((n - 1) / streams) time steps. Text stream b starts at
/// character b * L. Item k has the time steps from k * T on, where T is the sequence's number of steps. There
/// are floor(L / T) items; `limit` (not negative) keeps the first ones. Characters that do not fill an item
/// are left out.
[[nodiscard]] CutText cut_text(std::span<const std::int32_t> tokens, const Sequence& sequence,
                               std::int64_t limit);

/// Reads a text, plain or gzipped, as the items of a model with a vocabulary. Errors: no vocabulary, an input
/// that takes no tokens, a character that is not a token, too few characters for one item.
[[nodiscard]] CutText read_text_items(const std::string& path, const TextPart& part, const Trace& trace,
                                      std::int64_t limit);

/// Turns token ids of shape [...] into rows of real zeros with one 1, of shape [..., vocabulary]. Errors: an
/// id outside the vocabulary.
[[nodiscard]] Tensor one_hot(const Tensor& ids, std::size_t vocabulary, const std::string& name);

}  // namespace tricycle
