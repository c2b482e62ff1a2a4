// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/recurrent/model.hpp"

namespace tricycle {

/// Whether a graph has an LSTM, a GRU or an RNN.
[[nodiscard]] bool is_recurrent(const Graph& graph);

/// Reads a recurrent graph as a chain: an embedding (Gather of a constant table) or vectors, layers of LSTM,
/// GRU or RNN, a decoder (Gemm or MatMul, with an Add) or none; between them whatever only moves values. The
/// first dimension of the input is time. Initial states are zeros or further inputs of the model, which
/// then are carried from item to item. Errors name the node that does not fit: another operator, peepholes,
/// clip, coupled gates, functions other than the default ones, sequence lengths below the steps.
[[nodiscard]] RecurrentModel recurrent_model(Graph graph);

}  // namespace tricycle
