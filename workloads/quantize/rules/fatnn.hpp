// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tricycle {

// Chen et al., "FATNN: Fast and Accurate Ternary Neural Networks", ICCV 2021.

/// A quantizer with two learnt step sizes. One scale gives the codes their values, because two scales would
/// break the popcount of Eq 3. The step sizes count by their magnitude and are not zero. Halves round to
/// even, so each code begins above the middle of its step.
struct FatnnQuantizer {
  double alpha1, alpha2;
  double scale = 1;

  /// Eqs 8 and 9, for weights and for signed activations: -1, 0 or 1.
  [[nodiscard]] int signed_code(double p) const;
  /// Eq 10, for activations after ReLU: 0, 1 or 2.
  [[nodiscard]] int unsigned_code(double p) const;
  [[nodiscard]] double value(int code) const { return scale * code; }
};

}  // namespace tricycle
