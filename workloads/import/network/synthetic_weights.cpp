// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/network/synthetic_weights.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tricycle {
namespace {

/// The nonzero weights of a coding. Each stands as often as its share of the probability.
std::vector<float> nonzero_weights(const Coding& coding, double positive) {
  switch (coding.kind) {
    case Coding::Kind::signed_integer: {
      if (coding.bits == 2) return {-2, -1, 1, 1, 1};  // their mean is zero
      std::vector<float> codes;
      for (int code = 1; code <= coding.largest(); ++code) {
        codes.push_back(static_cast<float>(code));
        codes.push_back(static_cast<float>(-code));
      }
      return codes;
    }
    case Coding::Kind::pow2: return {0.25F, 0.5F, 1, -0.25F, -0.5F, -1};
    default: return {-1, static_cast<float>(positive)};
  }
}

/// The nonzero weights, after as many zeros. A weight is looked up without a branch, because a network has
/// millions of them.
std::vector<float> with_zeros(const std::vector<float>& nonzero) {
  std::vector<float> table(nonzero.size(), 0.0F);
  table.insert(table.end(), nonzero.begin(), nonzero.end());
  return table;
}

/// Draws one random number for each weight. Its high half decides whether the weight is zero; its low half
/// selects the nonzero weight.
void fill(std::vector<float>& weights, Random& random, double density, const std::vector<float>& nonzero) {
  const auto below = static_cast<std::uint64_t>(density * 0x1p32 + 0.5);
  const std::uint64_t count = nonzero.size();
  const std::vector<float> table = with_zeros(nonzero);
  for (float& weight : weights) {
    const std::uint64_t number = random.next();
    const std::uint64_t hit = ((number >> 32U) - below) >> 63U;  // the sign of the difference
    weight = table[hit * count + (((number & 0xffffffffU) * count) >> 32U)];
  }
}

/// Draws a random number for the chance that a weight is not zero, and, if it is not, another one for its
/// sign.
void fill_apart(std::vector<float>& weights, Random& random, double density,
                const std::vector<float>& nonzero) {
  const std::vector<float> table = with_zeros(nonzero);
  for (float& weight : weights) {
    const std::size_t hit = static_cast<std::size_t>(random.chance(density));
    Random states[] = {random, random};
    weight = table[hit * 2 + states[1].below(2)];
    random = states[hit];
  }
}

double default_density(const Coding& coding) {
  if (coding.kind != Coding::Kind::signed_integer) return 0.6;
  if (coding.bits == 2) return 5.0 / 6.0;
  return 2.0 * coding.largest() / (2.0 * coding.largest() + 1.0);
}

}  // namespace

WeightDistribution::WeightDistribution(const LayerSpec& layer)
    : coding(layer.weights),
      density(coding.kind == Coding::Kind::binary ? 1.0 : layer.density.value_or(default_density(coding))),
      positive(layer.ttq),
      is_matrix(layer.kind == LayerSpec::Kind::dense) {}

double WeightDistribution::mean_square() const {
  switch (coding.kind) {
    case Coding::Kind::signed_integer: {
      if (coding.bits == 2) return density * 1.6;
      const double most = coding.largest();
      return density * (most + 1) * (2 * most + 1) / 6;
    }
    case Coding::Kind::pow2: return density * 0.4375;
    default: return positive == 1 ? density : density * (1 + positive * positive) / 2;
  }
}

std::vector<float> WeightDistribution::draw(Random& random, std::int64_t count) const {
  std::vector<float> weights(static_cast<std::size_t>(count));
  const std::vector<float> nonzero = nonzero_weights(coding, positive);
  if (coding.kind == Coding::Kind::binary) {
    for (float& weight : weights) weight = nonzero[random.below(2)];
  } else if (coding.kind == Coding::Kind::ternary && is_matrix) {
    fill_apart(weights, random, density, nonzero);
  } else {
    fill(weights, random, density, nonzero);
  }
  return weights;
}

std::string describe_weights(const std::vector<LayerSpec>& layers) {
  struct Kind {
    std::string word;
    bool stated;  // the density, in the description or by default
    double least, most;
  };
  std::vector<Kind> kinds;
  for (const LayerSpec& layer : layers) {
    if (!layer.is_product()) continue;
    const WeightDistribution weights(layer);
    const bool stated = weights.coding.kind == Coding::Kind::ternary ||
                        weights.coding.kind == Coding::Kind::pow2 ||
                        (weights.coding.kind == Coding::Kind::signed_integer && layer.density);
    const std::string word = (weights.positive == 1 ? "" : "two-scale ") + weights.coding.text();
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      return kind.word == word && kind.stated == stated;
    });
    if (found == kinds.end()) {
      kinds.push_back({word, stated, weights.density, weights.density});
    } else {
      found->least = std::min(found->least, weights.density);
      found->most = std::max(found->most, weights.density);
    }
  }
  std::string text;
  for (const Kind& kind : kinds) {
    text += (text.empty() ? "" : " or ") + kind.word;
    if (!kind.stated) continue;
    text += kind.least == kind.most ? fmt::format(" with {} nonzero", kind.least)
                                    : fmt::format(" with {} to {} nonzero", kind.least, kind.most);
  }
  return text.empty() ? "no weights" : text;
}

}  // namespace tricycle
