// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/recurrent/tables.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "arch/datapath/lookup.hpp"
#include "support/exact.hpp"

namespace tricycle {
namespace {

double real_value(const TableRequest& request, double x) {
  const auto at = static_cast<float>(x / request.sloping_factor);
  return request.function == Curve::sigmoid ? exact_sigmoid(at) : exact_tanh(at);
}

std::int16_t point(const TableRequest& request, std::int64_t code) {
  const double x = std::ldexp(static_cast<double>(code), -request.fraction);
  return static_cast<std::int16_t>(std::nearbyint(real_value(request, x) * static_cast<double>(unit)));
}

/// The value of the table at code x, as the vector unit computes it.
std::int32_t table_value(const LookupStage& table, std::int64_t x) {
  const LookupTable points = {table.points, static_cast<unsigned>(table.segment_shift)};
  const std::int64_t size = std::abs(x);
  const std::int32_t value = table.interpolate ? interpolated(points, size) : nearest_point(points, size);
  if (x >= 0) return value;
  return table.symmetry == Symmetry::odd ? -value : table.one - value;
}

}  // namespace

LookupStage activation_table(const TableRequest& request) {
  LookupStage table;
  const bool sigmoid = request.function == Curve::sigmoid;
  table.symmetry = sigmoid ? Symmetry::complement : Symmetry::odd;
  table.one = sigmoid ? static_cast<std::int32_t>(unit) : 0;
  table.interpolate = request.interpolate;
  table.segments = std::countr_zero(static_cast<std::uint64_t>(request.segments));
  table.segment_shift = 0;
  const int most_shift = std::max(0, request.bits - 1 - table.segments);
  while (table.segment_shift < most_shift && point(request, request.segments << table.segment_shift) < unit)
    ++table.segment_shift;
  for (std::int64_t k = 0; k <= request.segments; ++k)
    table.points.push_back(point(request, k << table.segment_shift));
  return table;
}

TableError table_error(const LookupStage& table, const TableRequest& request) {
  TableError error;
  const std::int64_t half = std::int64_t{1} << (request.bits - 1);
  // After the last segment the table is flat. Before its end, if there are more than 2^20 inputs, only some
  // are taken. Their distance is an odd number, so that all places within a segment are visited.
  const std::int64_t end =
      std::min(half, static_cast<std::int64_t>(table.points.size()) << table.segment_shift);
  const std::int64_t inside = (end >> 19) | 1, behind = std::max<std::int64_t>(1, half >> 16);
  double squares = 0, count = 0;
  for (std::int64_t x = -half, step = 1; x < half; x += step) {
    step = x < -end || x > end ? behind : inside;
    if (x < -end) step = std::min(step, -end - x);
    const double real = real_value(request, std::ldexp(static_cast<double>(x), -request.fraction));
    const double difference = std::abs(table_value(table, x) / static_cast<double>(unit) - real);
    squares += difference * difference * static_cast<double>(step);
    count += static_cast<double>(step);
    if (difference > error.most) {
      error.most = difference;
      error.worst = x;
    }
  }
  error.rms = std::sqrt(squares / count);
  return error;
}

std::vector<std::pair<std::string, TableRequest>> tables_of(const RecurrentSpec& spec) {
  const bool interpolate = spec.lut_interpolation == Interpolation::linear;
  const FixedPoint cell = spec.cell();
  return {{"sigmoid of gates",
           {Curve::sigmoid, spec.sloping_factor, gate_fraction, 16, spec.lut_segments, interpolate}},
          {"tanh of gates",
           {Curve::tanh, spec.sloping_factor, gate_fraction, 16, spec.lut_segments, interpolate}},
          {"tanh of an LSTM's cell",
           {Curve::tanh, spec.sloping_factor, cell.fraction, cell.bits(), spec.lut_segments, interpolate}}};
}

}  // namespace tricycle
