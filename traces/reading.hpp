// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/choice.hpp"

namespace tricycle {

/// How a real number of the user's data becomes a code of the input:
/// `grid`: it must be a code times a step, for the model has no quantizer that alone reads its input.
/// `integers`: the model takes integers, which are the codes.
/// `real`: the network computes in floating point: the number is its own code.
/// `quantize_linear`: round(x / step), ties to even, + zero point, clamped (ONNX).
/// `quant`: round(clamp(x / step + zero point)), in the model's rounding mode (QONNX).
/// `bipolar_quant`: +1 where x >= 0, else -1 (QONNX).
enum class ReadingRule : std::uint8_t { grid, integers, real, quantize_linear, quant, bipolar_quant };
[[nodiscard]] const std::vector<std::string>& names_of(ReadingRule);

/// What an integer of a file of bytes means: real = (byte * num / den - mean) / deviation, each of the three
/// steps rounded to float32, as the programs that train networks have it.
struct ByteMeaning {
  double num = 1, den = 255;
  std::vector<double> means, deviations;  ///< none: 0 and 1; one, or one for each channel

  [[nodiscard]] float real(double byte, std::size_t channel) const;
  /// The byte, not rounded, that means a real number.
  [[nodiscard]] double byte_of(double real, std::size_t channel) const;
  /// How many channels have a mean or a deviation of their own; 1 where all have the same.
  [[nodiscard]] std::size_t channels() const;
  [[nodiscard]] bool normalizes() const { return !means.empty() || !deviations.empty(); }
  bool operator==(const ByteMeaning&) const = default;
};

/// From the numbers in a user's file to the codes in memory.
struct InputReading {
  ReadingRule rule = ReadingRule::grid;
  std::string rounding = "ROUND";  ///< QONNX's name of the mode, of `quant`
  double step = 1;                 ///< of a quantizer, as float32 holds it
  double zero_point = 0;           ///< of a quantizer
  double least = 0, most = 255;    ///< codes
  ByteMeaning byte;

  [[nodiscard]] bool quantizes() const { return rule >= ReadingRule::quantize_linear; }
  bool operator==(const InputReading&) const = default;
};

/// What keeps a reading from being one: numbers that are not finite, a step, scale or deviation that is not
/// positive, codes that are no integers or in no order.
[[nodiscard]] std::optional<std::string> reading_fault(const InputReading& reading);

}  // namespace tricycle
