// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "support/diagnostics.hpp"
#include "workloads/lower/image.hpp"
#include "workloads/lower/operands.hpp"
#include "workloads/lower/plan.hpp"
#include "workloads/lower/requests.hpp"

namespace tricycle {
namespace {

[[noreturn]] void fail(const QuantizedNetwork& network, const QuantizedLayer& layer,
                       const std::string& message) {
  throw InputError(Place::at_node(network.file, layer.name), message);
}

class FormatChooser {
 public:
  FormatChooser(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options)
      : network_(network), spec_(spec), options_(options) {}

  Plan run() {
    plan_.layers.resize(network_.layers.size());
    plan_.tensors.resize(network_.tensors.size());
    chosen_.resize(network_.tensors.size());
    held_ = codes_held(network_);
    for (const QuantizedLayer& layer : network_.layers) {  // indices are plain integers
      if (layer.kind == LayerKind::gather) chosen_[static_cast<std::size_t>(layer.inputs[0])] = Format::int32;
    }
    std::int64_t products = 0;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const QuantizedLayer& layer = network_.layers[i];
      if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage))
        plan_.layers[i].threshold_bytes = threshold_bytes_of(*stage);
      check_sum(layer);
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
    if (!options_.allow_untaken) check_requests(network_, spec_, options_, plan_);
    return std::move(plan_);
  }

 private:
  /// Errors: a sum pool with padding where the code of 0 is not 0. Vector instructions leave taps outside of
  /// the image out of a sum, which is right only for code 0.
  void check_sum(const QuantizedLayer& layer) const {
    const QuantizedTensor& in = network_.tensor(layer.inputs[0]);
    if (layer.kind != LayerKind::sum_pool || !layer.window.reads_padding() || in.zero() == 0) return;
    fail(network_, layer, fmt::format("its sums add padding of code {}; the vector unit's is 0", in.zero()));
  }

  /// Floating point sums must have one order of additions for every tiling. So the channels of two groups
  /// must not share an array step.
  void check_order_of_sums(const QuantizedLayer& layer) const {
    if (!layer.weight_codes.is_float()) return;
    if (!spec_.array.folding.empty())
      fail(network_, layer, "floating point products run on no folded machine");
    const std::int64_t each = network_.tensor(layer.inputs[0]).channels / layer.groups;
    const std::int64_t lanes = floating_lanes(spec_);
    if (layer.groups > 1 && each > 1 && each % lanes != 0) {
      fail(network_, layer,
           fmt::format("its groups of {} channels are not a multiple of the {} lanes of a floating point PE",
                       each, lanes));
    }
  }

  /// Chooses the requested datapath where it serves the layer; else binary where both operands are binary;
  /// else the first datapath of the machine that serves it.
  void choose_product(const QuantizedLayer& layer, LayerPlan& plan) {
    std::vector<Datapath> candidates;
    if (options_.datapath) candidates.push_back(*options_.datapath);
    candidates.push_back(Datapath::binary);
    candidates.insert(candidates.end(), spec_.array.datapaths.begin(), spec_.array.datapaths.end());
    auto& format = chosen_[static_cast<std::size_t>(layer.inputs[0])];
    const Codes& a = held_[static_cast<std::size_t>(layer.inputs[0])];
    for (const Datapath datapath : candidates) {
      const auto found = operands_of(spec_, datapath, layer, a);
      if (!found || (format && *format != found->activations)) continue;
      format = found->activations;
      plan.datapath = datapath;
      plan.weight_format = plan.dram_weight_format = found->weights;
      choose_weights(layer, plan);
      return;
    }
    const QuantizedTensor& in = network_.tensor(layer.inputs[0]);
    if (a != in.codes) {
      fail(network_, layer,
           fmt::format("its input has the codes {} to {}, and padding reads {}, the code of 0: none of the "
                       "datapaths of the machine '{}' takes {} activations with {} weights",
                       in.codes.least, in.codes.most, in.zero(), spec_.name, codes_name(a),
                       codes_name(layer.weight_codes)));
    }
    fail(network_, layer,
         fmt::format("none of the datapaths of the machine '{}' takes {} activations{} with {} weights",
                     spec_.name, codes_name(a), format ? " as " + name_of(*format) : "",
                     codes_name(layer.weight_codes)));
  }

  /// Sets the requested weight formats: the formats for all layers of ternary datapaths, or the formats for
  /// this layer.
  void choose_weights(const QuantizedLayer& layer, LayerPlan& plan) const {
    const FormatOptions& formats = options_.formats;
    const auto own = formats.layers.find(layer.name);
    const bool ternary = is_ternary(plan.datapath);
    if (own != formats.layers.end() && !ternary) {
      fail(network_, layer,
           fmt::format("its weights are {} on the datapath {}; formats are chosen of ternary weights, on "
                       "ternary_planes or ternary_fatnn",
                       name_of(plan.weight_format), name_of(plan.datapath)));
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
                       name_of(from), where, name_of(to), field));
    };
    need(spec_.decoder.load, "decoder.load", "in DRAM", plan.dram_weight_format, plan.weight_format);
    need(spec_.decoder.array, "decoder.array", "in weight memory", plan.weight_format, fed);
  }

  /// The format of a tensor that no product reads: the narrowest plain format, or bits and trits.
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
  std::vector<std::optional<Format>> chosen_;  ///< for each tensor
  std::vector<Codes> held_;
};

}  // namespace

std::int64_t floating_lanes(const MachineSpec& spec) {
  const Format format = mac_format(spec.array);
  if (!spec.array.has(Datapath::mac) || !is_float(format)) return 1;
  return lanes_of(spec.array, Datapath::mac, format, format);
}

Plan choose_formats(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options) {
  if (!options.allow_untaken) check_layer_names(network, options.formats);
  return FormatChooser(network, spec, options).run();
}

}  // namespace tricycle
