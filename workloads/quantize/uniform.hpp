// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>

#include "workloads/graph/quant.hpp"
#include "workloads/quantize/chain.hpp"

namespace tricycle {

/// The codes of a uniform quantizer: code = round(x / step + zero), or round(x / step) + zero, clamped; real
/// = (code - origin) * scale.
struct Uniform {
  double step = 1, scale = 1;
  std::int64_t zero = 0, origin = 0, least = -1, most = 1;
  bool binary = false;
  bool zero_behind = false;          ///< the zero is added after the rounding, as QuantizeLinear does
  std::optional<Rounding> rounding;  ///< as the model states it; none if no quantizer asks for the codes

  /// The code of a real value, computed in float32 like the model's own quantizer.
  [[nodiscard]] std::int64_t code_of(double real) const;
  [[nodiscard]] std::int64_t levels() const { return binary ? 2 : most - least + 1; }
  [[nodiscard]] Codes codes() const { return binary ? Codes::binary() : Codes::integers(least, most); }
};

/// The codes of a quantizing node; for DequantizeLinear only their meaning. Errors: several scales, a scale
/// that is no positive number, and bits, zero points or rounding modes that do not exist.
/// The most levels of a quantizer that the host or a stage in fixed point gives.
inline constexpr std::int64_t most_uniform_levels = std::int64_t{1} << 16U;

[[nodiscard]] Uniform uniform_of(const Graph& graph, const Node& node);

/// The codes at the end of a chain: from the quantizer there or, without an operator, from its tensor.
/// Nothing if the chain ends otherwise.
[[nodiscard]] std::optional<Uniform> last_uniform(const Chain& chain);

}  // namespace tricycle
