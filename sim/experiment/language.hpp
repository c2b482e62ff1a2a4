// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

namespace tricycle {

/// The targets of a language model's output rows: for each row the token that follows in the text, item after
/// item.
struct TextTargets {
  std::vector<std::int32_t> tokens;
  std::uint64_t characters_used = 0, characters_left = 0;
};

/// How well the output rows predict the next tokens.
struct LanguageScore {
  std::uint64_t tokens = 0;
  std::uint64_t not_finite = 0;  ///< tokens whose loss is infinite or NaN; with any, there is no mean
  double nats = 0;               ///< the sum of the finite losses, in the order of the text's rows

  [[nodiscard]] double nats_per_token() const;  ///< NaN where there is no mean
  [[nodiscard]] double bits_per_token() const;
  [[nodiscard]] double perplexity() const;
};

/// ln(sum of e^logit) - logit[target] in double precision: the largest logit is subtracted first, then the
/// exponentials are added from the first to the last. The result is infinite where only the target's
/// probability is zero. It is NaN where the logits define no probabilities: one logit is NaN, or the largest
/// is infinite.
[[nodiscard]] double token_nats(std::span<const float> logits, std::int32_t target);

/// Adds rows of `cols` logits to a score. The logits are given as the bits of float32.
void add_rows(LanguageScore& score, std::span<const std::int32_t> rows, std::int64_t cols,
              std::span<const std::int32_t> targets);

/// The entry `language` of result.json: numbers of 9 significant digits, null for numbers that are not
/// finite.
[[nodiscard]] nlohmann::ordered_json language_json(const LanguageScore& score, const TextTargets& text);

/// `1.984 nats per token (2.862 bits, perplexity 7.27)`.
[[nodiscard]] std::string language_text(const LanguageScore& score);

}  // namespace tricycle
