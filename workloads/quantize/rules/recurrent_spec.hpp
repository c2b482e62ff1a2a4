// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "support/fields.hpp"

namespace tricycle {

/// The format of a recurrent model's weights: float32, as the model has them; quantized by HitNet's threshold
/// rule (Eqs 5 to 7) unless they are already ternary; or 8-bit integers.
enum class RecurrentWeights : std::uint8_t { float32, ttq, int8 };
/// The format of the decoder's weights: the same as the other weights, or its own.
enum class DecoderAs : std::uint8_t { as_weights, float32, ttq, int8 };
/// The operand that multiplies the weights: float32; the hidden state sampled to -1, 0, 1 (HitNet Eqs 8 and
/// 9); or the hidden state rounded to 8 bits.
enum class RecurrentActivations : std::uint8_t { float32, btq, int8 };
/// The format of x_t: 8-bit integers, one-hot (zeros and a single 1), or sampled like the hidden state.
enum class RecurrentInput : std::uint8_t { int8, one_hot, btq };
/// When W_x x_t is computed: for all time steps before the first, or in each time step. Automatic: the choice
/// with the lower bound on cycles (from DRAM bytes at the full rate, and from array steps), and then with
/// fewer bytes moved.
enum class Projection : std::uint8_t { automatic, ahead, in_loop };
/// When the decoder runs: once over all time steps, or in every time step, as in free-running generation.
enum class Decode : std::uint8_t { once, each_step };

/// How the table of an activation function is read between its points.
enum class Interpolation : std::uint8_t { linear, nearest };

[[nodiscard]] const std::vector<std::string>& names_of(RecurrentWeights);
[[nodiscard]] const std::vector<std::string>& names_of(DecoderAs);
[[nodiscard]] const std::vector<std::string>& names_of(RecurrentActivations);
[[nodiscard]] const std::vector<std::string>& names_of(RecurrentInput);
[[nodiscard]] const std::vector<std::string>& names_of(Projection);
[[nodiscard]] const std::vector<std::string>& names_of(Decode);
[[nodiscard]] const std::vector<std::string>& names_of(Interpolation);

/// Fixed point with `integer` bits, including the sign, and `fraction` bits: Q6.10.
struct FixedPoint {
  int integer = 6, fraction = 10;
  [[nodiscard]] int bits() const { return integer + fraction; }
  [[nodiscard]] std::string text() const;
};

/// How a recurrent model becomes integers and a schedule: the `recurrent` section of an experiment or of a
/// network description, and `--set recurrent.KEY=VALUE`.
struct RecurrentSpec {
  RecurrentWeights weights = RecurrentWeights::float32;
  RecurrentActivations activations = RecurrentActivations::float32;
  RecurrentInput input = RecurrentInput::int8;
  DecoderAs decoder = DecoderAs::as_weights;
  double sloping_factor = 1;  ///< lambda of HitNet Eq 11
  std::string cell_format = "Q6.10";
  std::int64_t lut_segments = 256;  ///< of the activation functions' tables, a power of two
  Interpolation lut_interpolation = Interpolation::linear;
  Projection projection = Projection::automatic;
  Decode decode = Decode::once;
  bool carry_state = false;  ///< the next item starts with the last states of an item

  [[nodiscard]] RecurrentWeights decoder_as() const {
    switch (decoder) {
      case DecoderAs::as_weights: break;
      case DecoderAs::float32: return RecurrentWeights::float32;
      case DecoderAs::int8: return RecurrentWeights::int8;
      case DecoderAs::ttq: return RecurrentWeights::ttq;
    }
    return weights;
  }
  [[nodiscard]] FixedPoint cell() const;
  /// Whether everything is computed in float32.
  [[nodiscard]] bool is_float() const { return activations == RecurrentActivations::float32; }
};

/// Errors, with a place: a word or number out of range, a malformed cell format (2 to 32 bits), a number of
/// segments that is not a power of two, low-bit activations with float32 weights.
void describe(Fields& fields, RecurrentSpec& spec);

}  // namespace tricycle
