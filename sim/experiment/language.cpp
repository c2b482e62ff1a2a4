// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/language.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/exponential.hpp"
#include "support/fields.hpp"

namespace tricycle {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// `value` rounded to 9 significant digits; null where it is not finite.
nlohmann::ordered_json nine_digits(double value) {
  double result = 0;
  if (!parse_number(fmt::format("{:.9g}", value), result)) return nullptr;
  return result;
}

}  // namespace

double LanguageScore::nats_per_token() const {
  return tokens == 0 || not_finite > 0 ? not_a_number : nats / static_cast<double>(tokens);
}

double LanguageScore::bits_per_token() const {
  constexpr double ln2 = 0x1.62e42fefa39efp-1;
  return nats_per_token() / ln2;
}

double LanguageScore::perplexity() const {
  return exponential(nats_per_token());
}

double token_nats(std::span<const float> logits, std::int32_t target) {
  if (std::any_of(logits.begin(), logits.end(), [](float logit) { return std::isnan(logit); }))
    return not_a_number;
  const double largest = *std::max_element(logits.begin(), logits.end());
  if (std::isinf(largest)) return not_a_number;
  double sum = 0;
  for (const float logit : logits) sum += exponential(logit - largest);
  return logarithm(sum) + (largest - logits[static_cast<std::size_t>(target)]);
}

void add_rows(LanguageScore& score, std::span<const std::int32_t> rows, std::int64_t cols,
              std::span<const std::int32_t> targets) {
  std::vector<float> logits(static_cast<std::size_t>(cols));
  for (std::size_t row = 0; row < targets.size(); ++row) {
    const auto bits = rows.subspan(row * logits.size(), logits.size());
    std::transform(bits.begin(), bits.end(), logits.begin(),
                   [](std::int32_t value) { return std::bit_cast<float>(value); });
    const double nats = token_nats(logits, targets[row]);
    ++score.tokens;
    if (std::isfinite(nats)) {
      score.nats += nats;
    } else {
      ++score.not_finite;
    }
  }
}

nlohmann::ordered_json language_json(const LanguageScore& score, const TextTargets& text) {
  return {{"tokens", score.tokens},
          {"not_finite", score.not_finite},
          {"nats_per_token", nine_digits(score.nats_per_token())},
          {"bits_per_token", nine_digits(score.bits_per_token())},
          {"perplexity", nine_digits(score.perplexity())},
          {"characters_used", text.characters_used},
          {"characters_left", text.characters_left}};
}

std::string language_text(const LanguageScore& score) {
  if (score.not_finite > 0) return fmt::format("no score, the loss of {} is not finite,", score.not_finite);
  return fmt::format("{:.3f} nats per token ({:.3f} bits, perplexity {:.3g})", score.nats_per_token(),
                     score.bits_per_token(), score.perplexity());
}

}  // namespace tricycle
