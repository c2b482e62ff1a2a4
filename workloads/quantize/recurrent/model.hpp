// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workloads/graph/cell.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {

/// One gate: pre-activation = wx x_t + bx + wh h_(t-1) + bh.
struct GateWeights {
  std::vector<float> wx;      ///< hidden x inputs
  std::vector<float> wh;      ///< hidden x hidden
  std::vector<float> bx, bh;  ///< hidden; zeros where the model has none
};

struct DirectionWeights {
  bool reverse = false;
  std::vector<GateWeights> gates;
};

struct RecurrentLayer {
  std::string name;
  Cell cell = Cell::lstm;
  bool linear_before_reset = true;  ///< of a GRU: r multiplies wh h + bh, rather than h
  std::int64_t inputs = 1, hidden = 1;
  std::vector<DirectionWeights> directions;  ///< one, or two whose outputs stand side by side
};

/// y = weights h + bias.
struct DecoderWeights {
  std::string name;
  std::int64_t outputs = 1;
  std::vector<float> weights;  ///< outputs x inputs
  std::vector<float> bias;     ///< outputs; zeros where the model has none
};

/// A recurrent network as a chain: embedding (or none), layers of cells, decoder (or none).
struct RecurrentModel {
  std::string name, file, weights_source;
  bool synthetic = false;
  std::int64_t steps = 1, batch = 1;
  std::int64_t vocabulary =
      0;  ///< rows of the embedding; 0: the input is vectors of the first layer's inputs
  std::vector<float> embedding;  ///< vocabulary x inputs of the first layer
  std::vector<RecurrentLayer> layers;
  std::optional<DecoderWeights> decoder;
  bool last_only = false;          ///< the output is that of the last step
  bool carries = false;            ///< states come in from outside: those of the item before
  std::vector<std::string> words;  ///< the text of each token, where the model has it
  Shape input_shape, output_shape;
  std::vector<Verdict> verdicts;
};

/// A model, and the choices that it is quantized and scheduled with, as text.
[[nodiscard]] std::string model_text(const RecurrentModel& model, const RecurrentSpec& spec);

}  // namespace tricycle
