// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tricycle {

/// A recurrent cell.
enum class Cell : std::uint8_t { lstm, gru, rnn };
[[nodiscard]] const std::vector<std::string>& names_of(Cell);

/// The gates of a cell in the order of `DirectionWeights`: i, f, g, o of an LSTM; r, z, n of a GRU; the only
/// gate of an RNN.
[[nodiscard]] const std::vector<std::string>& gate_names(Cell cell);

}  // namespace tricycle
