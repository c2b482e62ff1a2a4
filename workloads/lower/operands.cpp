// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/operands.hpp"

#include <algorithm>
#include <bit>

namespace tricycle {
namespace {

/// The width of the actual weights: powers of two and a model's integers may not use their whole range.
Width width_of_weights(const QuantizedLayer& layer) {
  const Codes& codes = layer.weight_codes;
  if (codes.least >= 0 || layer.weights.empty()) return width_of(codes);
  const auto [least, most] = std::minmax_element(layer.weights.begin(), layer.weights.end());
  return width_of(Codes::integers(std::min<std::int64_t>(*least, -1), *most));
}

bool is_byte(const Codes& codes) {
  return !codes.is_float() && width_of(codes).bits <= 8;
}

/// Whether codes are only 0 and powers of two that the pow2 format holds.
bool is_pow2(const Codes& codes) {
  return is_low(codes) || (codes.kind == Codes::Kind::power_of_two && codes.most <= 64);
}

}  // namespace

Width width_of(const Codes& codes) {
  if (codes.least >= 0) {
    const auto width = static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(codes.most)));
    return {std::max<std::int64_t>(1, width), false};
  }
  std::int64_t bits = 1;
  while (bits < 63 &&
         (codes.least < -(std::int64_t{1} << (bits - 1)) || codes.most > (std::int64_t{1} << (bits - 1)) - 1))
    ++bits;
  return {bits, true};
}

Format byte_format(const Codes& codes) {
  return codes.least < 0 ? Format::int8 : Format::uint8;
}

Format float_format(const Codes& codes) {
  return codes.kind == Codes::Kind::float16 ? Format::float16 : Format::float32;
}

bool is_low(const Codes& codes) {
  return codes.kind == Codes::Kind::binary || codes.is_ternary();
}

std::vector<Codes> codes_held(const QuantizedNetwork& network) {
  std::vector<Codes> held;
  for (const QuantizedTensor& tensor : network.tensors) held.push_back(tensor.codes);
  for (const QuantizedLayer& layer : network.layers) {
    if (!layer.has_weights()) continue;
    const Codes read = codes_read(layer.window, network.tensor(layer.inputs[0]));
    Codes& codes = held[static_cast<std::size_t>(layer.inputs[0])];
    codes.least = std::min(codes.least, read.least);
    codes.most = std::max(codes.most, read.most);
  }
  return held;
}

std::optional<OperandFormats> operands_of(const MachineSpec& spec, Datapath datapath,
                                          const QuantizedLayer& layer, const Codes& held) {
  const Codes& a = held;
  const Codes& w = layer.weight_codes;
  if (!spec.array.has(datapath)) return std::nullopt;
  if (a.is_float() || w.is_float()) {
    const Format format = mac_format(spec.array);
    const bool fits = datapath == Datapath::mac && a == w && a.is_float() && format == float_format(a);
    return fits ? std::optional<OperandFormats>({format, format}) : std::nullopt;
  }
  const bool from_host = layer.inputs[0] == 0 && !is_low(a);  // bytes as they come
  const bool low = is_low(a) && is_low(w);
  const Width wide = width_of_weights(layer);
  switch (datapath) {
    case Datapath::binary:
      if (a.kind != Codes::Kind::binary || w.kind != Codes::Kind::binary || layer.groups > 1) break;
      return OperandFormats{Format::bit1, Format::bit1};
    case Datapath::ternary_fatnn:
      if (!low) break;
      return OperandFormats{Format::trit2, spec.array.fatnn_mask == FatnnMask::precomputed
                                               ? Format::trit2_mask
                                               : Format::trit2};
    case Datapath::ternary_planes:
      if (!low) break;
      return OperandFormats{Format::planes, Format::planes};
    case Datapath::bitserial: {
      if (!is_byte(a) || wide.bits > 8) break;
      const Width narrow = width_of(a);
      return OperandFormats{from_host ? byte_format(a) : bit_planes(narrow.bits, narrow.is_signed),
                            bit_planes(wide.bits, wide.is_signed)};
    }
    case Datapath::shift:
      if (!is_pow2(w) || !(is_pow2(a) || is_byte(a))) break;
      return OperandFormats{is_pow2(a) ? Format::pow2 : byte_format(a), Format::pow2};
    case Datapath::mac:
      if (mac_format(spec.array) != Format::int8 || !is_byte(a) || wide.bits > 8) break;
      if (!wide.is_signed && wide.bits > 7) break;
      return OperandFormats{byte_format(a), Format::int8};
  }
  return std::nullopt;
}

}  // namespace tricycle
