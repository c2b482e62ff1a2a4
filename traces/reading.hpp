// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/choice.hpp"

namespace tricycle {

/// The rule by which a real number of the user's data becomes a code of the input:
/// `grid`: the number must be the real value of a code, because no quantizer of the model is the only reader
/// of its input.
/// `integers`: the model takes integers, and they are the codes.
/// `real`: the network computes in floating point, and the number is its own code.
/// `quantize_linear`: round(x / step), ties to even, + zero point, clamped (ONNX).
/// `quant`: round(clamp(x / step + zero point)), in the model's rounding mode (QONNX).
/// `bipolar_quant`: +1 where x >= 0, else -1 (QONNX).
enum class ReadingRule : std::uint8_t { grid, integers, real, quantize_linear, quant, bipolar_quant };
[[nodiscard]] const std::vector<std::string>& names_of(ReadingRule);

/// The real value of a byte of an input file: real = (byte * num / den - mean) / deviation. Each of the three
/// operations is rounded to float32, as in training programs.
struct ByteMeaning {
  double num = 1, den = 255;
  std::vector<double> means, deviations;  ///< empty: 0 and 1; else one, or one for each channel

  [[nodiscard]] float real(double byte, std::size_t channel) const;
  /// The byte of a real number, not rounded.
  [[nodiscard]] double byte_of(double real, std::size_t channel) const;
  /// The number of channels with their own mean or deviation; 1 where all channels share them.
  [[nodiscard]] std::size_t channels() const;
  [[nodiscard]] bool normalizes() const { return !means.empty() || !deviations.empty(); }
  bool operator==(const ByteMeaning&) const = default;
};

/// The conversion from the numbers in a user's file to the codes in memory.
struct InputReading {
  ReadingRule rule = ReadingRule::grid;
  std::string rounding = "ROUND";  ///< for `quant`: QONNX's name of the rounding mode
  double step = 1;                 ///< step size of the quantizer, as float32 holds it
  double zero_point = 0;           ///< of the quantizer
  double least = 0, most = 255;    ///< range of codes
  ByteMeaning byte;

  [[nodiscard]] bool quantizes() const { return rule >= ReadingRule::quantize_linear; }
  bool operator==(const InputReading&) const = default;
};

/// The fault of a malformed reading, or nothing: numbers that are not finite; a step, scale or deviation that
/// is not positive; a range of codes that are not integers or are in the wrong order.
[[nodiscard]] std::optional<std::string> reading_fault(const InputReading& reading);

}  // namespace tricycle
