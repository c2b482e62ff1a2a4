// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "support/document.hpp"
#include "workloads/graph/graph.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {

/// Whether a network description describes a recurrent network: it has the key `sequence`.
[[nodiscard]] bool is_recurrent_network(const Document& document);

/// How the recurrent layers of a description become integers and a schedule: the section `recurrent`, or the
/// defaults.
[[nodiscard]] RecurrentSpec recurrent_choices(const Document& document);

/// The rows of an embedding's table and of a decoder's matrix: all rows, or (with synthetic weights) one row
/// each. One row is enough to find out whether a network can run.
enum class TableRows : std::uint8_t { all, one };

/// Reads the description of a recurrent network (workloads/zoo/README.md has every key) and makes its graph
/// with ONNX's LSTM, GRU and RNN. The weights are synthetic, or they come from a folder beside the file:
/// trained codes and alphas. A `seed` that is not negative overrides the seed of the file.
[[nodiscard]] Graph import_recurrent_network(const Document& document, std::int64_t seed,
                                             TableRows rows = TableRows::all);

}  // namespace tricycle
