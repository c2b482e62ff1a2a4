// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/request.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/reference/reference.hpp"

namespace tricycle {

/// What the float interpreter says of a run.
struct ReferenceRecord {
  Reference mode = Reference::off;
  std::string reason;                   ///< why it is off, or what is left out
  std::uint64_t items = 0;              ///< that went through it
  double seconds = 0;                   ///< of this computer: never in a file
  std::vector<LayerDifference> layers;  ///< the largest over the items
  std::vector<std::string> layer_names;
  std::string fault;  ///< of the first layer whose values are more than a step off

  // From the user's own input to the output, the machine's beside the model's.
  std::uint64_t values = 0, differ = 0;
  double largest_difference = 0;
  std::optional<double> step;  ///< of the output's codes
  double signal = 0, error = 0, product = 0, power = 0;
  std::uint64_t positions = 0, agreeing = 0;  ///< whose largest output is the same

  [[nodiscard]] std::optional<double> sqnr_dB() const;  ///< none where nothing differs
  [[nodiscard]] double cosine() const;
  [[nodiscard]] double top1_agreement() const;
};

/// Holds a run against the float interpreter, item by item.
class ReferenceCheck {
 public:
  /// `model` is the model as its file has it, `network` what was made of it (with its graph, where layers are
  /// to be compared). Both outlive this. `inputs` are the items as the model's own numbers.
  ReferenceCheck(const Graph& model, const QuantizedNetwork& network, std::vector<Tensor> inputs,
                 Reference mode, Show progress);

  /// Whether an item is to be held: `golden` are the network's values of it (none: layers are left out), and
  /// `outputs` the machine's real values in the model's order.
  void take(std::uint64_t item, const std::vector<std::vector<std::int32_t>>* golden,
            const std::vector<float>& outputs);
  [[nodiscard]] ReferenceRecord finish() { return std::move(record_); }

 private:
  void compare_layers(const std::vector<std::vector<std::int32_t>>& golden);
  void compare_outputs(const Tensor& input, const std::vector<float>& outputs);

  const Graph& model_;
  const QuantizedNetwork& network_;
  std::vector<Tensor> inputs_;
  Show progress_;
  ReferenceRecord record_;
};

/// What the request and the workload ask for: nothing, with the reason, where verification is off, the run
/// computes no values, weights are synthetic or an item has more than 2 GMAC, unless it is asked for.
[[nodiscard]] Reference reference_of(const RunRequest& request, const QuantizedNetwork& network,
                                     std::string& reason);

[[nodiscard]] nlohmann::ordered_json reference_json(const ReferenceRecord& record);
[[nodiscard]] std::string reference_text(const ReferenceRecord& record);

}  // namespace tricycle
