// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/rules/fatnn.hpp"

#include <algorithm>
#include <cmath>

namespace tricycle {
namespace {

/// Rounds halves to even.
int rounded(double p) {
  return static_cast<int>(std::nearbyint(p));
}

}  // namespace

int FatnnQuantizer::signed_code(double p) const {
  return rounded(std::clamp(p / std::abs(alpha1), -1.0, 0.0)) +
         rounded(std::clamp(p / std::abs(alpha2), 0.0, 1.0));
}

int FatnnQuantizer::unsigned_code(double p) const {
  return rounded(std::clamp(p / std::abs(alpha1), 0.0, 1.0)) +
         rounded(std::clamp((p - std::abs(alpha1)) / std::abs(alpha2), 0.0, 1.0));
}

}  // namespace tricycle
