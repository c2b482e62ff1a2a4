// SPDX-License-Identifier: Apache-2.0
#include "traces/reading.hpp"

#include <algorithm>
#include <cmath>

namespace tricycle {
namespace {

double of_channel(const std::vector<double>& values, std::size_t channel, double otherwise) {
  if (values.empty()) return otherwise;
  return values[values.size() == 1 ? 0 : channel];
}

constexpr std::size_t most_channels = std::size_t{1} << 20U;

}  // namespace

const std::vector<std::string>& names_of(ReadingRule) {
  static const std::vector<std::string> names = {"grid",  "integers",     "real", "quantize_linear",
                                                 "quant", "bipolar_quant"};
  return names;
}

float ByteMeaning::real(double byte, std::size_t channel) const {
  auto real = static_cast<float>(byte * num / den);
  if (!means.empty()) real -= static_cast<float>(of_channel(means, channel, 0));
  if (!deviations.empty()) real /= static_cast<float>(of_channel(deviations, channel, 1));
  return real;
}

double ByteMeaning::byte_of(double real, std::size_t channel) const {
  return (real * of_channel(deviations, channel, 1) + of_channel(means, channel, 0)) * den / num;
}

std::size_t ByteMeaning::channels() const {
  return std::max({std::size_t{1}, means.size(), deviations.size()});
}

std::optional<std::string> reading_fault(const InputReading& reading) {
  const ByteMeaning& byte = reading.byte;
  const auto positive = [](double v) { return v > 0 && v < 1e300; };
  const auto finite = [](double v) { return std::isfinite(v); };
  const auto integer = [](double v) { return std::fabs(v) <= 0x1p31 && v == std::floor(v); };
  if (!positive(byte.num) || !positive(byte.den)) return "the scale of a byte is not a positive number";
  if (!std::all_of(byte.means.begin(), byte.means.end(), finite)) return "a mean is not finite";
  if (!std::all_of(byte.deviations.begin(), byte.deviations.end(), positive))
    return "a deviation is not a positive number";
  if (byte.channels() > most_channels) return "there are more than 2^20 means or deviations";
  if (!positive(reading.step)) return "the step is not a positive number";
  if (!finite(reading.zero_point)) return "the zero point is not finite";
  if (!integer(reading.least) || !integer(reading.most) || reading.least > reading.most)
    return "the range of codes needs two integers, the smaller first";
  return std::nullopt;
}

}  // namespace tricycle
