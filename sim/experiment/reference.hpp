// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/experiment/request.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/integer/layer_comparison.hpp"

namespace tricycle {

/// The comparison of a run with the float interpreter.
struct ReferenceRecord {
  Reference mode = Reference::off;
  std::string reason;                   ///< why the comparison is off, or what is left out
  std::uint64_t items = 0;              ///< items that went through the float interpreter
  double seconds = 0;                   ///< wall-clock seconds: never in a file
  std::vector<LayerDifference> layers;  ///< the largest differences over all items
  std::vector<std::string> layer_names;
  std::string fault;  ///< describes the first layer whose values differ by more than a code step

  // The outputs of the machine against the outputs of the model, both from the user's own input.
  std::uint64_t values = 0, differ = 0;
  double largest_difference = 0;
  std::optional<double> step;  ///< code step of the outputs, where all have the same
  double signal = 0, error = 0, product = 0, power = 0;
  std::uint64_t positions = 0, agreeing = 0;  ///< `agreeing`: the largest output is the same

  [[nodiscard]] std::optional<double> sqnr_dB() const;  ///< absent where nothing differs
  [[nodiscard]] double cosine() const;
  [[nodiscard]] double top1_agreement() const;
};

/// Compares a run with the float interpreter, item by item.
class ReferenceCheck {
 public:
  /// `model` is the model as its file has it. `network` was made from it; it has its graph where layers are
  /// to be compared. Both must outlive this object. `inputs` are the items as the model's own numbers.
  ReferenceCheck(const Graph& model, const QuantizedNetwork& network, std::vector<Tensor> inputs,
                 Reference mode, Show progress);

  /// Compares one item; does nothing for an item without an entry in `inputs`. `golden` are the network's
  /// values (null: layers are left out). `outputs` are the machine's real values of each output in the
  /// model's order.
  void take(std::uint64_t item, const std::vector<std::vector<std::int32_t>>* golden,
            const std::vector<std::vector<float>>& outputs);
  [[nodiscard]] ReferenceRecord finish() { return std::move(record_); }

 private:
  void compare_layers(const std::vector<std::vector<std::int32_t>>& golden);
  void compare_outputs(const Tensor& input, const std::vector<std::vector<float>>& outputs);
  void compare_output(const Tensor& model, const QuantizedTensor& tensor, const std::vector<float>& outputs);

  const Graph& model_;
  const QuantizedNetwork& network_;
  std::vector<Tensor> inputs_;
  Show progress_;
  ReferenceRecord record_;
};

/// The mode of the comparison for a request and a workload. Without an explicit request it is off, with the
/// reason, where verification is off, the run computes no values, weights are synthetic or an item has more
/// than 2 GMAC. Error: an explicit request for a timing-only run.
[[nodiscard]] Reference reference_of(const RunRequest& request, const QuantizedNetwork& network,
                                     std::string& reason);

[[nodiscard]] nlohmann::ordered_json reference_json(const ReferenceRecord& record);
[[nodiscard]] std::string reference_text(const ReferenceRecord& record);

}  // namespace tricycle
