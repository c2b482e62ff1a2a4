// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/quant.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace tricycle {

QuantRange quant_range(std::int64_t bits, bool is_signed, bool narrow, Rounding rounding) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  QuantRange range;
  range.rounding = rounding;
  range.least = is_signed ? (narrow ? -half + 1 : -half) : 0;
  range.most = is_signed ? half - 1 : (narrow ? 2 * half - 2 : 2 * half - 1);
  return range;
}

bool parse_rounding(const std::string& name, Rounding& rounding) {
  // HALF_EVEN is QONNX's other name for ROUND. ROUND_TO_ZERO is Brevitas's name for DOWN.
  static const std::array<std::pair<std::string, Rounding>, 9> names = {{{"ROUND", Rounding::round},
                                                                         {"HALF_EVEN", Rounding::round},
                                                                         {"CEIL", Rounding::ceil},
                                                                         {"FLOOR", Rounding::floor},
                                                                         {"UP", Rounding::up},
                                                                         {"DOWN", Rounding::down},
                                                                         {"ROUND_TO_ZERO", Rounding::down},
                                                                         {"HALF_UP", Rounding::half_up},
                                                                         {"HALF_DOWN", Rounding::half_down}}};
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& one) { return one.first == upper; });
  if (found == names.end()) return false;
  rounding = found->second;
  return true;
}

std::int64_t quantize(float x, float scale, float zero_point, const QuantRange& range) {
  float y = x / scale + zero_point;
  if (std::isnan(y)) y = 0;
  y = std::min(std::max(y, static_cast<float>(range.least)), static_cast<float>(range.most));
  const float whole = std::floor(y);
  const float part = y - whole;  // exact
  bool up = false;
  switch (range.rounding) {
    case Rounding::round: up = part > 0.5F || (part == 0.5F && std::fmod(whole, 2.0F) != 0.0F); break;
    case Rounding::ceil: up = part > 0; break;
    case Rounding::floor: break;
    case Rounding::up: up = part > 0 && y > 0; break;                              // away from zero
    case Rounding::down: up = part > 0 && y < 0; break;                            // towards zero
    case Rounding::half_up: up = part > 0.5F || (part == 0.5F && y > 0); break;    // ties away from zero
    case Rounding::half_down: up = part > 0.5F || (part == 0.5F && y < 0); break;  // ties towards zero
  }
  return static_cast<std::int64_t>(whole) + (up ? 1 : 0);
}

}  // namespace tricycle
