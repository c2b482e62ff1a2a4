// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/language.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/random.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::add_rows;
using tricycle::language_json;
using tricycle::language_text;
using tricycle::LanguageScore;
using tricycle::token_nats;

constexpr float infinity = std::numeric_limits<float>::infinity();
const float nothing = std::nanf("");

double nats(const std::vector<float>& logits, std::int32_t target) {
  return token_nats(logits, target);
}

LanguageScore score_of(const std::vector<float>& rows, const std::vector<std::int32_t>& targets) {
  std::vector<std::int32_t> bits;
  for (const float value : rows) bits.push_back(std::bit_cast<std::int32_t>(value));
  LanguageScore score;
  add_rows(score, bits, static_cast<std::int64_t>(rows.size() / targets.size()), targets);
  return score;
}

}  // namespace

TEST_CASE("equal logits of V tokens cost ln V, whatever their value") {
  CHECK(nats({0, 0}, 1) == 0x1.62e42fefa39efp-1);
  CHECK(nats(std::vector<float>(65, 0), 12) == Approx(4.174387269895637).epsilon(1e-15));
  CHECK(nats(std::vector<float>(65, -300.25F), 64) == nats(std::vector<float>(65, 0), 12));
  CHECK(nats({7}, 0) == 0);
}

TEST_CASE("a token of probability one quarter costs ln 4, and one of three quarters ln 4/3") {
  const auto ln3 = static_cast<float>(std::log(3.0));
  CHECK(nats({0, ln3}, 0) == Approx(1.3862943611198906).epsilon(1e-7));
  CHECK(nats({0, ln3}, 1) == Approx(0.28768207245178096).epsilon(1e-7));
}

TEST_CASE("logits a thousand apart neither overflow nor lose the loss") {
  CHECK(nats({1000, 0}, 0) == 0);
  CHECK(nats({1000, 0}, 1) == 1000);
  CHECK(nats({3e38F, -3e38F}, 1) == 2 * static_cast<double>(3e38F));
}

TEST_CASE("ten thousand random rows cost what 64 bits of precision say, within 10^-14") {
  tricycle::Random random(3);
  double worst = 0;
  for (int i = 0; i < 10000; ++i) {
    std::vector<float> logits(1 + random.below(100));
    for (float& logit : logits) logit = static_cast<float>(40 * random.real() - 20);
    const auto target = static_cast<std::int32_t>(random.below(logits.size()));
    long double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<long double>(logit));
    const long double exact = std::log(sum) - logits[static_cast<std::size_t>(target)];
    worst = std::max(worst, static_cast<double>(std::abs(token_nats(logits, target) - exact)));
  }
  CHECK(worst < 1e-14);
}

TEST_CASE("a token of logit -infinity has an infinite loss, and costs the others nothing") {
  CHECK(nats({0, -infinity}, 0) == 0);
  CHECK(std::isinf(nats({0, -infinity}, 1)));
}

TEST_CASE("a NaN, an infinite logit and nothing but -infinity give no loss") {
  CHECK(std::isnan(nats({0, nothing}, 0)));
  CHECK(std::isnan(nats({nothing, 0}, 1)));
  CHECK(std::isnan(nats({infinity, 0}, 0)));
  CHECK(std::isnan(nats({infinity, 0}, 1)));
  CHECK(std::isnan(nats({-infinity, -infinity}, 0)));
}

TEST_CASE("the score is the mean over rows, in nats, bits and as the perplexity") {
  // Rows of four equal logits and of two equal ones beside two without probability: ln 4 and ln 2.
  const LanguageScore score = score_of({1, 1, 1, 1, 5, 5, -infinity, -infinity}, {3, 0});
  CHECK(score.tokens == 2);
  CHECK(score.not_finite == 0);
  CHECK(score.nats_per_token() == Approx(1.5 * 0.6931471805599453).epsilon(1e-15));
  CHECK(score.bits_per_token() == Approx(1.5).epsilon(1e-15));
  CHECK(score.perplexity() == Approx(2.8284271247461903).epsilon(1e-15));
  CHECK(language_text(score) == "1.040 nats per token (1.500 bits, perplexity 2.83)");
}

TEST_CASE("result.json has the score in 9 significant digits") {
  const LanguageScore score = score_of({1, 1, 1, 1, 5, 5, -infinity, -infinity}, {3, 0});
  CHECK(language_json(score, {{3, 0}, 3, 7}).dump() ==
        R"({"tokens":2,"not_finite":0,"nats_per_token":1.03972077,"bits_per_token":1.5,)"
        R"("perplexity":2.82842712,"characters_used":3,"characters_left":7})");
}

TEST_CASE("one loss of two that is not finite leaves no mean: it is counted, and the figures are null") {
  for (const float bad : {-infinity, infinity, nothing}) {
    const LanguageScore score = score_of({0, 0, bad, 0}, {0, 0});
    CHECK(score.tokens == 2);
    CHECK(score.not_finite == 1);
    CHECK(language_json(score, {{0, 0}, 3, 0}).dump() ==
          R"({"tokens":2,"not_finite":1,"nats_per_token":null,"bits_per_token":null,"perplexity":null,)"
          R"("characters_used":3,"characters_left":0})");
    CHECK(language_text(score) == "no score, the loss of 1 is not finite,");
  }
}

TEST_CASE("a perplexity above 10^308 is null, and the nats beside it stay") {
  const auto json = language_json(score_of({1000, 0}, {1}), {{1}, 2, 0});
  CHECK(json["nats_per_token"] == 1000);
  CHECK(json["perplexity"].is_null());
}
