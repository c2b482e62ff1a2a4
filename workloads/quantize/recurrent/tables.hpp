// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/quantize/recurrent/quantize.hpp"

namespace tricycle {

/// Results of the activation functions are 16 bits with this many fraction bits: 1 is 16,384.
inline constexpr int unit_fraction = 14;
inline constexpr std::int64_t unit = std::int64_t{1} << unit_fraction;

/// The parameters of an activation function's table.
struct TableRequest {
  Curve function = Curve::sigmoid;
  double sloping_factor = 1;    ///< lambda of HitNet Eq 11: the table holds f(x / lambda)
  int fraction = 11;            ///< fraction bits of x
  int bits = 16;                ///< of x, with its sign
  std::int64_t segments = 256;  ///< a power of two
  bool interpolate = true;
};

/// Makes the table. Its segments are as narrow as possible, but so wide that the last point is within half a
/// code of the function's limit, or that they cover all of x.
[[nodiscard]] LookupStage activation_table(const TableRequest& request);

/// The error of a table against the real function over all values of x (beyond 2^20 values over a sample of
/// them): the largest difference and the root mean square, both in real values.
struct TableError {
  double most = 0, rms = 0;
  std::int64_t worst = 0;  ///< the code x of the largest difference
};
[[nodiscard]] TableError table_error(const LookupStage& table, const TableRequest& request);

/// The tables of a recurrent network, each with the name of its use: sigmoid and tanh of gates, and tanh of
/// an LSTM's cell state.
[[nodiscard]] std::vector<std::pair<std::string, TableRequest>> tables_of(const RecurrentSpec& spec);

}  // namespace tricycle
