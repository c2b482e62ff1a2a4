// SPDX-License-Identifier: Apache-2.0
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/quantize_models.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/integer/golden.hpp"

using tricycle::Graph;
using tricycle::quantize_graph;
using tricycle::QuantizedNetwork;
using tricycle::Tensor;
using tricycle::test::items_of;
using tricycle::test::message_of;
using tricycle::test::model_of;
using tricycle::test::outputs;
using tricycle::test::shared_models;

TEST_CASE("MLPerf's keyword spotter in int8 gives the codes of its float graph, before its Softmax") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const std::string folder = models + "/quantized/mlperf_kws_dscnn_int8_qdq";
  Graph graph = model_of(folder);
  CHECK(message_of([&] {
          (void)quantize_graph(graph, {1, 255});
        }) ==
        "model.onnx: node 'softmax_66': error: Softmax: not supported by the vector unit; "
        "--allow-unsupported leaves it out, and what follows it");
  const QuantizedNetwork network = quantize_graph(graph, {1, 255}, {.allow_unsupported = true});
  CHECK(network.reading.rule == tricycle::ReadingRule::quantize_linear);
  CHECK(network.layers.size() == 11);
  int unsupported = 0;
  for (const tricycle::Verdict& verdict : network.verdicts)
    unsupported += verdict.verdict == "unsupported" ? 1 : 0;
  CHECK(unsupported == 4);  // with the quantizer and the Identity behind it
  graph.output = network.output().name;
  int compared = 0;
  for (const Tensor& item : items_of(folder + "/test_data_set_0/input_0.pb", graph.input_shape)) {
    const std::vector<float> expected = run_float(graph, item).floats();
    CHECK(outputs(network, input_codes(network, item.floats())) == expected);
    compared += static_cast<int>(expected.size());
  }
  CHECK(compared == 12);
}
