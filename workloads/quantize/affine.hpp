// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <vector>

#include "workloads/quantize/chain.hpp"
#include "workloads/quantize/uniform.hpp"

namespace tricycle {

/// A chain of operators as clamp(x * ... + y * ... + bias), for each channel, and the quantizer at its end.
struct AffineForm {
  std::vector<double> x, y, bias, least, most;
  std::vector<double> since_pool;  ///< the factor after a max pool; none without one
  std::optional<Uniform> uniform;
  const Node* obstacle = nullptr;  ///< the first operator that is not affine; null if all are

  [[nodiscard]] bool clamped() const;
};

/// The operators of a chain, composed in double precision up to the first that is not affine.
[[nodiscard]] AffineForm affine_form(const Chain& chain);

/// The form with one clamp for all channels. A constant channel has its value as bias and needs no clamp. A
/// channel that does not reach its clamp needs none either, if its reach is known (in floating point it is
/// not). None if the channels differ all the same.
[[nodiscard]] std::optional<AffineForm> with_one_clamp(const Source& source, const AffineForm& form,
                                                       bool reach_is_known);

/// The least and the largest value of a channel before its clamp.
[[nodiscard]] std::pair<double, double> reach_of(const Source& source, const AffineForm& form,
                                                 std::size_t channel);

}  // namespace tricycle
