// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>

#include "arch/params/datapath.hpp"
#include "traces/trace.hpp"

namespace tricycle {

std::optional<std::string> binding_fault(const Binding& binding) {
  const auto fits = [&](const std::vector<double>& values) {
    return values.size() == 1 || values.size() == static_cast<std::uint64_t>(binding.cols);
  };
  if (binding.images < 1 || binding.rows % binding.images != 0) return "its images do not divide its rows";
  if (!fits(binding.scales) || !fits(binding.zeros))
    return "there are scales or zeros that are neither one nor one for each column";
  const auto positive = [](double v) { return v > 0 && v < 1e300; };
  if (!std::all_of(binding.scales.begin(), binding.scales.end(), positive))
    return "a scale is not a positive number";
  if (!std::all_of(binding.zeros.begin(), binding.zeros.end(), [](double v) { return std::isfinite(v); }))
    return "a zero is not finite";
  return std::nullopt;
}

std::vector<float> real_values(const Binding& binding, std::span<const std::int32_t> codes) {
  std::vector<float> reals(codes.size());
  const bool real = is_float(binding.format);
  const auto cols = static_cast<std::size_t>(binding.cols);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto of_column = [&](const std::vector<double>& v) { return v[v.size() == 1 ? 0 : i % cols]; };
    reals[i] = real ? std::bit_cast<float>(codes[i])
                    : static_cast<float>((codes[i] - of_column(binding.zeros)) * of_column(binding.scales));
  }
  return reals;
}

std::size_t model_place(const Binding& binding, std::size_t i) {
  if (!binding.channels_first) return i;
  const auto channels = static_cast<std::size_t>(binding.cols);
  const auto images = static_cast<std::size_t>(binding.images);
  const std::size_t area = static_cast<std::size_t>(binding.rows) / images;
  const std::size_t c = i % channels, position = i / channels % area, image = i / channels / area;
  return (image * channels + c) * area + position;
}

}  // namespace tricycle
