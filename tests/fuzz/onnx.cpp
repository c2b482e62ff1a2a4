// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

/// A model, the integers that become of it, and what the float interpreter makes of it; each with small
/// limits, and the two latter whatever the other says.
void tricycle::fuzz::read(Input bytes) {
  const GraphLimits limits = {.log2_elements = 16, .log2_multiplications = 20};
  const Graph graph = import_onnx(bytes, "input.onnx", {.limits = limits});
  std::exception_ptr refused;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const InputError&) {
      refused = std::current_exception();
    }
  };
  if (is_recurrent(graph)) {
    attempt([&] { static_cast<void>(compile_network(graph, {})); });
  } else {
    for (const bool allow : {false, true})
      attempt([&] { static_cast<void>(quantize_graph(graph, {1, 255}, {.allow_unsupported = allow})); });
  }
  attempt([&] {
    std::vector<Tensor> inputs;
    for (const GraphInput& input : inputs_of(graph)) {
      const auto count = static_cast<std::size_t>(element_count(input.shape));
      if (is_floating_type(input.type)) {
        inputs.push_back({input.shape, std::vector<float>(count, 0.75F)});
      } else {
        inputs.push_back({input.shape, std::vector<std::int64_t>(count, 1)});
      }
    }
    static_cast<void>(run_float(graph, inputs));
  });
  if (refused) std::rethrow_exception(refused);
}
