// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/rules/recurrent_spec.hpp"

#include <fmt/format.h>

#include <bit>

namespace tricycle {
namespace {

/// Reads a format such as Q6.10. False: the text is no format, or has more than 32 bits.
bool parse_fixed_point(const std::string& text, FixedPoint& format) {
  const std::size_t dot = text.find('.');
  std::int64_t integer = 0, fraction = 0;
  if (!text.starts_with("Q") || dot == std::string::npos) return false;
  if (!parse_integer(text.substr(1, dot - 1), integer) || !parse_integer(text.substr(dot + 1), fraction))
    return false;
  if (integer < 1 || fraction < 1 || integer > 31 || fraction > 30 || integer + fraction > 32) return false;
  format = {static_cast<int>(integer), static_cast<int>(fraction)};
  return true;
}

}  // namespace

using Words = std::vector<std::string>;

const Words& names_of(RecurrentWeights) {
  static const Words names = {"float32", "ttq", "int8"};
  return names;
}
const Words& names_of(DecoderAs) {
  static const Words names = {"as_weights", "float32", "ttq", "int8"};
  return names;
}
const Words& names_of(RecurrentActivations) {
  static const Words names = {"float32", "btq", "int8"};
  return names;
}
const Words& names_of(RecurrentInput) {
  static const Words names = {"int8", "one_hot", "btq"};
  return names;
}
const Words& names_of(Projection) {
  static const Words names = {"auto", "ahead", "in_loop"};
  return names;
}
const Words& names_of(Decode) {
  static const Words names = {"once", "each_step"};
  return names;
}
const Words& names_of(Interpolation) {
  static const Words names = {"linear", "nearest"};
  return names;
}

std::string FixedPoint::text() const {
  return fmt::format("Q{}.{}", integer, fraction);
}

FixedPoint RecurrentSpec::cell() const {
  FixedPoint format;
  parse_fixed_point(cell_format, format);
  return format;
}

void describe(Fields& fields, RecurrentSpec& spec) {
  constexpr Presence optional = Presence::optional;
  fields.choice(
      {"weights", "how weights become numbers: as they are, HitNet's threshold rule (Eqs 5 to 7), or 8 bits"},
      spec.weights, optional);
  fields.choice({"activations",
                 "number type of the operands that weights multiply: float32, states sampled to -1, 0, 1 "
                 "(HitNet Eqs 8 and 9), or 8 bits"},
                spec.activations, optional);
  fields.choice({"input", "how x_t comes: 8 bits, one 1 among zeros, or sampled like the states"}, spec.input,
                optional);
  fields.choice({"decoder", "the weights of the decoder"}, spec.decoder, optional);
  fields.number({"sloping_factor", "lambda of HitNet Eq 11"}, spec.sloping_factor, 0.01, 100, optional);
  fields.text({"cell_format", "fixed point of the cell state, 2 to 32 bits", "", "", "QI.F"},
              spec.cell_format, optional);
  fields.integer({"lut_segments", "segments of each activation function's table; a power of two", "segments"},
                 spec.lut_segments, 1, 4096, optional);
  fields.choice({"lut_interpolation", "value between two points of a table"}, spec.lut_interpolation,
                optional);
  fields.choice(
      {"projection",
       "when W_x x_t is computed: ahead of the loop for all steps, in it, or what costs fewer cycles (auto)"},
      spec.projection, optional);
  fields.choice({"decode", "when the decoder runs: once over all steps, or in each (generation)"},
                spec.decode, optional);
  fields.boolean({"carry_state", "whether the last states of an item are the first of the next one"},
                 spec.carry_state, optional);
  fields.finish();
  if (!fields.is_reading()) return;
  FixedPoint format;
  if (!parse_fixed_point(spec.cell_format, format)) {
    throw InputError(fields.place_of("cell_format"),
                     fmt::format("'cell_format' expects a fixed-point format of 2 to 32 bits such as Q6.10, "
                                 "not '{}'",
                                 spec.cell_format));
  }
  if (!std::has_single_bit(static_cast<std::uint64_t>(spec.lut_segments))) {
    throw InputError(fields.place_of("lut_segments"),
                     fmt::format("'lut_segments' expects a power of two, not {}", spec.lut_segments));
  }
  const auto needs = [&](const char* key, RecurrentWeights as) {
    if (spec.is_float() || as != RecurrentWeights::float32) return;
    throw InputError(fields.place_of("activations"),
                     fmt::format("'activations' of {} need '{}' of ttq or int8, not float32",
                                 name_of(spec.activations), key));
  };
  needs("weights", spec.weights);
  needs("decoder", spec.decoder_as());
}

}  // namespace tricycle
