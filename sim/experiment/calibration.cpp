// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/calibration.hpp"

#include "sim/experiment/items.hpp"
#include "support/diagnostics.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/quantize/layout.hpp"

namespace tricycle {
namespace {

/// Finds nodes that cannot be mapped. They show with the scales of the first items. A single item may mislead
/// (a value that is 0 in it needs no quantizer), so ten items must agree.
void refuse_blockers(const Graph& graph, const std::vector<Tensor>& items,
                     const CalibrateOptions& calibration, const QuantizeOptions& options) {
  constexpr std::size_t counts[] = {1, 10};
  std::string said;
  for (const std::size_t count : counts) {
    if (items.size() <= count) return;
    const std::vector<Tensor> first(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count));
    try {
      static_cast<void>(
          quantize_graph(calibrate(graph, first, calibration).graph, calibration.input_scale, options));
      return;
    } catch (const InputError& error) {
      if (error.what() == said) throw;
      said = error.what();
    }
  }
}

}  // namespace

Calibrated calibrate_with(const std::string& path, const Graph& graph, const ByteMeaning& byte,
                          const QuantizeOptions& options) {
  constexpr std::int64_t most_items = 100;
  CalibrateOptions calibration;
  calibration.input_scale = {byte.num, byte.den};
  calibration.pixels = !byte.normalizes() && graph.input_type == ElementType::float32;
  const std::vector<Tensor> items =
      real_items(read_data(path), path, inputs_of(graph)[0], byte, channels_come_last(graph), most_items);
  refuse_blockers(graph, items, calibration, options);
  return calibrate(graph, items, calibration);
}

}  // namespace tricycle
