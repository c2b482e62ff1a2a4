// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "support/diagnostics.hpp"
#include "workloads/lower/operands.hpp"

namespace tricycle {
namespace {

/// Why a layer does not take a request: a verb for one or for many layers, and the rest of the sentence.
struct Reason {
  const char *of_one, *of_many;
  std::string rest;
  bool operator==(const Reason& other) const { return rest == other.rest; }
};
Reason has(std::string rest) {
  return {"has", "have", std::move(rest)};
}
Reason runs(std::string rest) {
  return {"runs", "run", std::move(rest)};
}

/// `'a', 'b', 'c' and 4 more`
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    text += (i == 0                                          ? "'"
             : i + 1 == names.size() && names.size() <= most ? " and '"
                                                             : ", '") +
            names[i] + "'";
  return names.size() <= most ? text : text + fmt::format(" and {} more", names.size() - most);
}

/// Groups layers by their reason, in the order of the first layer of each group.
class Refusals {
 public:
  void add(const std::string& layer, const Reason& reason) {
    auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& r) { return r.first == reason; });
    if (found == all_.end()) found = all_.insert(found, {reason, {}});
    found->second.push_back(layer);
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [reason, layers] : all_) {
      text += fmt::format("{}{} {} {}", text.empty() ? "" : "; ", some_of(layers),
                          layers.size() == 1 ? reason.of_one : reason.of_many, reason.rest);
    }
    return text.empty() ? "no layer has weights" : text;
  }

 private:
  std::vector<std::pair<Reason, std::vector<std::string>>> all_;
};

class RequestCheck {
 public:
  RequestCheck(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options,
               const Plan& plan)
      : network_(network), spec_(spec), options_(options), plan_(plan) {}

  void run() const {
    if (options_.datapath) check_datapath(*options_.datapath);
    const FormatOptions& formats = options_.formats;
    if (formats.weights.dram) check_formats("dram", *formats.weights.dram, &WeightFormats::dram);
    if (formats.weights.on_chip) check_formats("on_chip", *formats.weights.on_chip, &WeightFormats::on_chip);
  }

 private:
  /// Errors: every layer with weights has a reason not to take the request.
  template <class Why>
  void need_one(const std::string& request, const Why& why) const {
    Refusals refusals;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const QuantizedLayer& layer = network_.layers[i];
      if (!layer.has_weights()) continue;
      const std::optional<Reason> reason = why(layer, plan_.layers[i]);
      if (!reason) return;
      refusals.add(layer.name, *reason);
    }
    fail(request + ": " + refusals.text());
  }

  void check_datapath(Datapath asked) const {
    const std::string request = "no layer takes the datapath " + name_of(asked);
    if (!spec_.array.has(asked)) fail(fmt::format("{}: the machine '{}' has none", request, spec_.name));
    const std::vector<Codes> held = codes_held(network_);
    need_one(request, [&](const QuantizedLayer& layer, const LayerPlan& plan) -> std::optional<Reason> {
      if (plan.datapath == asked) return std::nullopt;
      const auto input = static_cast<std::size_t>(layer.inputs[0]);
      if (operands_of(spec_, asked, layer, held[input]))
        return has("an input that another layer takes as " + name_of(plan_.tensors[input].format));
      return has(fmt::format("{} activations and {} weights{}", codes_name(network_.tensors[input].codes),
                             codes_name(layer.weight_codes), layer.groups > 1 ? " in groups" : ""));
    });
  }

  void check_formats(const char* memory, Format asked, std::optional<Format> WeightFormats::*own) const {
    const std::string request =
        fmt::format("'formats.weights.{}={}' changes no layer", memory, name_of(asked));
    need_one(request, [&](const QuantizedLayer& layer, const LayerPlan& plan) -> std::optional<Reason> {
      if (!is_low(layer.weight_codes)) return has(codes_name(layer.weight_codes) + " weights");
      if (!is_ternary(plan.datapath)) return runs("on " + name_of(plan.datapath) + ", which has no packings");
      const auto of_layer = options_.formats.layers.find(layer.name);
      if (of_layer == options_.formats.layers.end() || !(of_layer->second.*own)) return std::nullopt;
      return has("a format of its own");
    });
  }

  [[noreturn]] void fail(const std::string& message) const {
    Place place;
    place.file = network_.file;
    throw InputError(place, message);
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  const LowerOptions& options_;
  const Plan& plan_;
};

}  // namespace

void check_requests(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options,
                    const Plan& plan) {
  RequestCheck(network, spec, options, plan).run();
}

void check_layer_names(const QuantizedNetwork& network, const FormatOptions& formats) {
  std::vector<std::string> names;
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.has_weights()) names.push_back(layer.name);
  }
  for (const auto& [name, choice] : formats.layers) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string hint = did_you_mean(name, names);
    throw InputError(Place::of_file(network.file),
                     fmt::format("no layer with weights is called '{}', whose formats are chosen{}", name,
                                 hint.empty() ? "; there are " + either(names) : hint));
  }
}

}  // namespace tricycle
