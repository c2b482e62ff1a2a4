// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/quantize/recurrent/model.hpp"

namespace tricycle {

/// Whether a graph has an LSTM, a GRU or an RNN.
[[nodiscard]] bool is_recurrent(const Graph& graph);

/// Reads a recurrent graph as a chain: an embedding (Gather of a constant table) or vectors; layers of LSTM,
/// GRU or RNN; a decoder (Gemm or MatMul, with an Add) or none. Operators that only move values may stand
/// between them. The first dimension of the input is time. Initial states are zeros or further inputs of the
/// model; the latter are carried from item to item. Errors name the node that does not fit: another operator,
/// peepholes, clip, coupled gates, functions other than the defaults, sequence lengths below the number of
/// time steps.
[[nodiscard]] RecurrentModel recurrent_model(Graph graph);

}  // namespace tricycle
