// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "workloads/graph/wiring.hpp"
#include "workloads/integer/quantized.hpp"

namespace tricycle {

struct QuantizeOptions {
  /// The means and deviations of bytes, for a model that has no quantizer of its own at its input: none, one,
  /// or one for each channel.
  std::vector<double> means = {}, deviations = {};
  bool calibrated = false;         ///< the graph was calibrated: no message advises that
  bool allow_unsupported = false;  ///< a trailing Softmax gets the verdict "unsupported" and is left out
  /// The network in floating point, without codes. Its tensors have this type, except the output, which is
  /// float32.
  std::optional<Codes> floating = std::nullopt;
  bool keep_graph = false;  ///< keep the graph beside the network, for the reference
};

/// A graph on its way to integers, and the notes of its passes for later passes.
struct Draft {
  Graph graph;
  InputScale input_scale;
  QuantizeOptions options;
  std::vector<Verdict> verdicts;               ///< of the nodes that are gone
  std::map<std::string, Tensor> weight_steps;  ///< step sizes of constants that the model has as codes
  /// For each output: gives it from its codes, if their channels have scales of their own. The node of
  /// another has no outputs.
  std::vector<Node> restored;
};

// The passes, each in the file of its name. workloads/compile has their order and the reasons for it.

/// Refuses a second input (paths.cpp).
[[nodiscard]] Draft check_ends(Draft draft);
/// Refuses constants of the model that are NaN; not in floating point (numbers.cpp).
[[nodiscard]] Draft check_constants(Draft draft);
/// Computes all values that depend on no input; remembers the step sizes of weights that are codes
/// (fold.cpp).
[[nodiscard]] Draft fold(Draft draft);
/// Leaves out a Softmax at an end and all nodes after it, if that is allowed (softmax.cpp).
[[nodiscard]] Draft leave_out_softmax(Draft draft);
/// Refuses infinite constants that are not bounds, and variances without a root (numbers.cpp).
[[nodiscard]] Draft check_numbers(Draft draft);
/// Puts the mean and the deviation of bytes in front of a model without a quantizer there (pixels.cpp).
[[nodiscard]] Draft normalize_pixels(Draft draft);
/// Turns a quantizer of an output with a scale for each channel into one of scale 1 (output_scales.cpp).
[[nodiscard]] Draft split_output_scales(Draft draft);
/// Refuses nodes that lead nowhere (paths.cpp).
[[nodiscard]] Draft check_paths(Draft draft);
/// Makes the layers, node by node (layers.cpp).
[[nodiscard]] QuantizedNetwork build_layers(Draft draft);
/// Turns images of one channel that are read as vectors into vectors (vectors.cpp).
[[nodiscard]] QuantizedNetwork lay_pixels_side_by_side(QuantizedNetwork network);

/// For each output: the first Softmax of the chain of single-input nodes after the last product, and all
/// nodes after it, from the output back. Nothing if there is none, or if something else needs what they make.
[[nodiscard]] std::vector<std::vector<const Node*>> softmax_tails(const Graph& graph, const Wiring& wiring);

}  // namespace tricycle
