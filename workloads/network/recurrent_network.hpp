// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "support/document.hpp"
#include "workloads/graph/graph.hpp"

namespace tricycle {

/// Whether a network description is of a recurrent network: it has the key `sequence`.
[[nodiscard]] bool is_recurrent_network(const Document& document);

/// The rows that the table of an embedding and the matrix of a decoder have: all, or, of synthetic weights,
/// one of each. All are alike to whoever asks only whether a network can run.
enum class TableRows : std::uint8_t { all, one };

/// Reads the description of a recurrent network (workloads/zoo/README.md has every key) and makes its graph,
/// with ONNX's LSTM, GRU and RNN, and with synthetic weights, or with those of a folder beside the file:
/// codes and alphas as they were trained. `seed` overrides the file's where it is not negative.
[[nodiscard]] Graph import_recurrent_network(const Document& document, std::int64_t seed,
                                             TableRows rows = TableRows::all);

}  // namespace tricycle
