// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "support/fields.hpp"

namespace tricycle {

/// How weights of a recurrent model are written: as the model has them, in float32; quantized by HitNet's
/// threshold rule (Eqs 5 to 7), where they are not ternary already; or as 8-bit integers.
enum class RecurrentWeights : std::uint8_t { float32, ttq, int8 };
/// How those of the decoder are: like the others, or in a way of their own.
enum class DecoderAs : std::uint8_t { as_weights, float32, ttq, int8 };
/// What multiplies them: float32; the hidden state sampled to -1, 0, 1 (HitNet Eqs 8 and 9); or rounded to 8
/// bits.
enum class RecurrentActivations : std::uint8_t { float32, btq, int8 };
/// How x_t comes: 8-bit integers, numbers 0 and 1 of which one is 1, or sampled like the hidden state.
enum class RecurrentInput : std::uint8_t { int8, one_hot, btq };
/// When W_x x_t is computed: for all steps before the first, step by step, or whichever has the lower bound
/// on its cycles (of DRAM bytes at the full rate, and of the array's steps) and then moves fewer bytes.
enum class Projection : std::uint8_t { automatic, ahead, in_loop };
/// When the decoder runs: once over all steps, or in every step, as in free-running generation.
enum class Decode : std::uint8_t { once, each_step };

/// What a table of an activation function gives between its points.
enum class Interpolation : std::uint8_t { linear, nearest };

[[nodiscard]] const std::vector<std::string>& names_of(RecurrentWeights);
[[nodiscard]] const std::vector<std::string>& names_of(DecoderAs);
[[nodiscard]] const std::vector<std::string>& names_of(RecurrentActivations);
[[nodiscard]] const std::vector<std::string>& names_of(RecurrentInput);
[[nodiscard]] const std::vector<std::string>& names_of(Projection);
[[nodiscard]] const std::vector<std::string>& names_of(Decode);
[[nodiscard]] const std::vector<std::string>& names_of(Interpolation);

/// Fixed point of `integer` bits with the sign and `fraction` bits: Q6.10.
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
  bool carry_state = false;  ///< the states of an item go on in the next one

  [[nodiscard]] RecurrentWeights decoder_as() const {
    return decoder == DecoderAs::as_weights ? weights
                                            : static_cast<RecurrentWeights>(static_cast<int>(decoder) - 1);
  }
  [[nodiscard]] FixedPoint cell() const;
  /// Whether everything is computed in float32.
  [[nodiscard]] bool is_float() const { return activations == RecurrentActivations::float32; }
};

/// Errors, with a place: a word or number out of range, a cell format that is none (2 to 32 bits), segments
/// that are no power of two, low-bit activations with float32 weights.
void describe(Fields& fields, RecurrentSpec& spec);

}  // namespace tricycle
