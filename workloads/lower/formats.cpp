// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "support/diagnostics.hpp"
#include "workloads/lower/image.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle {
namespace {

[[noreturn]] void fail(const QuantizedNetwork& network, const QuantizedLayer& layer,
                       const std::string& message) {
  throw InputError(Place::at_node(network.file, layer.name), message);
}

const std::string& format_name(Format format) {
  return format_names()[static_cast<std::size_t>(format)];
}

const std::string& name_of(Datapath datapath) {
  return datapath_names()[static_cast<std::size_t>(datapath)];
}

/// Bits of the narrowest integers that hold a range.
struct Width {
  std::int64_t bits;
  bool is_signed;
};
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

/// Of the weights that are there: powers of two, and integers of a model, may not use all of their range.
Width width_of(const QuantizedLayer& layer) {
  if (layer.weights.empty()) return width_of(layer.weight_codes);
  const auto [least, most] = std::minmax_element(layer.weights.begin(), layer.weights.end());
  return width_of(Codes::integers(std::min<std::int64_t>(*least, -1), *most));
}

bool is_byte(const Codes& codes) {
  return !codes.is_float() && width_of(codes).bits <= 8;
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
/// Only 0 and powers of two that the pow2 format holds.
bool is_pow2(const Codes& codes) {
  return is_low(codes) || (codes.kind == Codes::Kind::power_of_two && codes.most <= 64);
}

struct Operands {
  Format activations, weights;
};

class FormatChooser {
 public:
  FormatChooser(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options)
      : network_(network), spec_(spec), options_(options) {}

  Plan run() {
    plan_.layers.resize(network_.layers.size());
    plan_.tensors.resize(network_.tensors.size());
    chosen_.resize(network_.tensors.size());
    check_override();
    for (const QuantizedLayer& layer : network_.layers) {  // indices are plain integers
      if (layer.kind == LayerKind::gather) chosen_[static_cast<std::size_t>(layer.inputs[0])] = Format::int32;
    }
    std::int64_t products = 0;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const QuantizedLayer& layer = network_.layers[i];
      if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage))
        plan_.layers[i].threshold_bytes = threshold_bytes_of(*stage);
      if (!layer.has_weights()) continue;
      choose_product(layer, plan_.layers[i]);
      check_order_of_sums(layer);
      ++products;
      if (!spec_.array.folding.empty()) plan_.layers[i].folding = products;
    }
    const auto foldings = static_cast<std::int64_t>(spec_.array.folding.size());
    if (foldings > 0 && products != foldings) {
      fail(network_, network_.layers.back(),
           fmt::format("the machine '{}' is folded for {} product layers, and the network has {}", spec_.name,
                       foldings, products));
    }
    for (std::size_t t = 0; t < network_.tensors.size(); ++t) {
      plan_.tensors[t].format = chosen_[t] ? *chosen_[t] : free_format(network_.tensors[t].codes);
    }
    return std::move(plan_);
  }

 private:
  /// The formats in which a datapath takes the operands of a layer, if it does.
  std::optional<Operands> operands(Datapath datapath, const QuantizedLayer& layer) const {
    const auto index = static_cast<std::size_t>(layer.inputs[0]);
    const Codes& a = network_.tensors[index].codes;
    const Codes& w = layer.weight_codes;
    if (!spec_.array.has(datapath)) return std::nullopt;
    if (a.is_float() || w.is_float()) {
      const Format format = mac_format(spec_.array);
      const bool fits = datapath == Datapath::mac && a == w && a.is_float() && format == float_format(a);
      return fits ? std::optional<Operands>({format, format}) : std::nullopt;
    }
    const bool from_host = index == 0 && !is_low(a);  // bytes as they come
    const bool low = is_low(a) && is_low(w);
    const Width wide = w.least < 0 ? width_of(layer) : width_of(w);
    switch (datapath) {
      case Datapath::binary:
        if (a.kind != Codes::Kind::binary || w.kind != Codes::Kind::binary || layer.groups > 1) break;
        return Operands{Format::bit1, Format::bit1};
      case Datapath::ternary_fatnn:
        if (!low) break;
        return Operands{Format::trit2,
                        spec_.array.mask() == FatnnMask::precomputed ? Format::trit2_mask : Format::trit2};
      case Datapath::ternary_planes:
        if (!low) break;
        return Operands{Format::planes, Format::planes};
      case Datapath::bitserial: {
        if (!is_byte(a) || wide.bits > 8) break;
        const Width narrow = width_of(a);
        return Operands{from_host ? byte_format(a) : bit_planes(narrow.bits, narrow.is_signed),
                        bit_planes(wide.bits, wide.is_signed)};
      }
      case Datapath::shift:
        if (!is_pow2(w) || !(is_pow2(a) || is_byte(a))) break;
        return Operands{is_pow2(a) ? Format::pow2 : byte_format(a), Format::pow2};
      case Datapath::mac:
        if (mac_format(spec_.array) != Format::int8 || !is_byte(a) || wide.bits > 8) break;
        if (!wide.is_signed && wide.bits > 7) break;
        return Operands{byte_format(a), Format::int8};
    }
    return std::nullopt;
  }

  /// Sums of floating point have one order of additions, whatever the tiling: a group's channels must not
  /// share their steps with another's.
  void check_order_of_sums(const QuantizedLayer& layer) const {
    if (!layer.weight_codes.is_float()) return;
    if (!spec_.array.folding.empty())
      fail(network_, layer, "floating point products run on no folded machine");
    const std::int64_t each = network_.tensor(layer.inputs[0]).channels / layer.groups;
    const std::int64_t lanes = floating_lanes(spec_);
    if (layer.groups > 1 && each > 1 && each % lanes != 0) {
      fail(network_, layer,
           fmt::format("its groups of {} channels are no whole steps of the {} lanes of a floating point PE",
                       each, lanes));
    }
  }

  /// A datapath asked for must be the machine's, and serve at least one layer.
  void check_override() const {
    if (!options_.datapath) return;
    const QuantizedLayer* first = nullptr;
    bool serves = false;
    for (const QuantizedLayer& layer : network_.layers) {
      if (!layer.has_weights()) continue;
      if (first == nullptr) first = &layer;
      serves = serves || operands(*options_.datapath, layer).has_value();
    }
    if (first == nullptr || serves) return;
    if (!spec_.array.has(*options_.datapath)) {
      fail(network_, *first,
           fmt::format("the machine '{}' has no datapath {}", spec_.name, name_of(*options_.datapath)));
    }
    if (*options_.datapath == Datapath::binary) {
      fail(network_, *first, "its operands are not all -1 and +1, as the datapath binary needs");
    }
    fail(network_, *first,
         fmt::format("its operands, {} activations and {} weights, are none that the datapath {} takes",
                     codes_name(network_.tensor(first->inputs[0]).codes), codes_name(first->weight_codes),
                     name_of(*options_.datapath)));
  }

  /// The datapath asked for where it serves the layer; else binary where both operands are; else the
  /// machine's first that does.
  void choose_product(const QuantizedLayer& layer, LayerPlan& plan) {
    std::vector<Datapath> candidates;
    if (options_.datapath) candidates.push_back(*options_.datapath);
    candidates.push_back(Datapath::binary);
    for (const int datapath : spec_.array.datapaths) candidates.push_back(static_cast<Datapath>(datapath));
    auto& format = chosen_[static_cast<std::size_t>(layer.inputs[0])];
    for (const Datapath datapath : candidates) {
      const auto found = operands(datapath, layer);
      if (!found || (format && *format != found->activations)) continue;
      format = found->activations;
      plan.datapath = datapath;
      plan.weight_format = plan.dram_weight_format = found->weights;
      choose_weights(layer, plan);
      return;
    }
    const Codes& a = network_.tensor(layer.inputs[0]).codes;
    fail(network_, layer,
         fmt::format("none of the datapaths of the machine '{}' takes {} activations{} with {} weights",
                     spec_.name, codes_name(a),
                     format ? " as " + format_names()[static_cast<std::size_t>(*format)] : "",
                     codes_name(layer.weight_codes)));
  }

  /// The formats asked for: for all layers of ternary datapaths, or for this one.
  void choose_weights(const QuantizedLayer& layer, LayerPlan& plan) const {
    const FormatOptions& formats = options_.formats;
    const auto own = formats.layers.find(layer.name);
    const bool ternary = is_ternary(plan.datapath);
    if (own != formats.layers.end() && !ternary) {
      fail(network_, layer,
           fmt::format("its weights are {} on the datapath {}; formats are chosen of ternary weights, on "
                       "ternary_planes or ternary_fatnn",
                       format_name(plan.weight_format), name_of(plan.datapath)));
    }
    if (!ternary) return;
    WeightFormats chosen = formats.weights;
    if (own != formats.layers.end()) {
      if (own->second.dram) chosen.dram = own->second.dram;
      if (own->second.on_chip) chosen.on_chip = own->second.on_chip;
    }
    const Format fed = plan.weight_format;
    plan.weight_format = chosen.on_chip.value_or(fed);
    plan.dram_weight_format = chosen.dram.value_or(plan.weight_format);
    const auto need = [&](bool there, const char* field, const char* where, Format from, Format to) {
      if (there || from == to) return;
      fail(network_, layer,
           fmt::format("its weights are {} {} and become {} behind it, which needs a decoder: '{}' is false",
                       format_name(from), where, format_name(to), field));
    };
    need(spec_.decoder.load, "decoder.load", "in DRAM", plan.dram_weight_format, plan.weight_format);
    need(spec_.decoder.array, "decoder.array", "in weight memory", plan.weight_format, fed);
  }

  /// The format of a tensor that no product reads: the narrowest plain one, or bits and trits.
  static Format free_format(const Codes& codes) {
    switch (codes.kind) {
      case Codes::Kind::float32:
      case Codes::Kind::float16: return float_format(codes);
      case Codes::Kind::binary: return Format::bit1;
      case Codes::Kind::power_of_two:
      case Codes::Kind::integer: break;
    }
    if (codes.is_ternary()) return Format::trit2;
    const Width width = width_of(codes);
    if (width.bits <= 8) return byte_format(codes);
    return width.bits <= (width.is_signed ? 16 : 15) ? Format::int16 : Format::int32;
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  const LowerOptions& options_;
  Plan plan_;
  std::vector<std::optional<Format>> chosen_;
};

}  // namespace

std::int64_t floating_lanes(const MachineSpec& spec) {
  const Format format = mac_format(spec.array);
  if (!spec.array.has(Datapath::mac) || !is_float(format)) return 1;
  return lanes_of(spec.array, Datapath::mac, format, format);
}

Plan choose_formats(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options) {
  return FormatChooser(network, spec, options).run();
}

}  // namespace tricycle
