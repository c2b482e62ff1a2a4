// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/recurrent/quantize.hpp"

namespace tricycle {

/// Results of the activation functions have so many fraction bits in 16: 1 is 16,384.
inline constexpr int unit_fraction = 14;
inline constexpr std::int64_t unit = std::int64_t{1} << unit_fraction;

/// What a table of an activation function is made for.
struct TableRequest {
  Curve function = Curve::sigmoid;
  double sloping_factor = 1;    ///< lambda of HitNet Eq 11: the table holds f(x / lambda)
  int fraction = 11;            ///< fraction bits of x
  int bits = 16;                ///< of x, with its sign
  std::int64_t segments = 256;  ///< a power of two
  bool interpolate = true;
};

/// The table: its segments are as narrow as they can be while the last point is within half a code of the
/// function's limit, or while they cover all of x.
[[nodiscard]] LookupStage activation_table(const TableRequest& request);

/// How far the table's values lie from the real function, over every x there is: the largest difference and
/// the root of the mean square, both in units of 1.
struct TableError {
  double most = 0, rms = 0;
  std::int64_t worst = 0;  ///< the code x of the largest difference
};
[[nodiscard]] TableError table_error(const LookupStage& table, const TableRequest& request);

/// The tables that a recurrent network uses, each with the name of what it is for: sigmoid and tanh of gates,
/// and tanh of an LSTM's cell state.
[[nodiscard]] std::vector<std::pair<std::string, TableRequest>> tables_of(const RecurrentSpec& spec);

}  // namespace tricycle
