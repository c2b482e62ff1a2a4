// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/calibration.hpp"

#include "support/data_file.hpp"
#include "support/report.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"
#include "workloads/graph/graph.hpp"

using namespace tricycle;
using tricycle::test::message_of;

namespace {

/// A product of weights on no grid, and an operator behind it.
Graph model(Op op) {
  Graph graph;
  graph.file = "f";
  graph.input = "x";
  graph.input_shape = {1, 4};
  graph.constants["w"] = {{4, 2}, std::vector<float>{0.1F, 0.7F, 0.3337F, -0.2F, 0.05F, 0.9F, 1, 0.6F}};
  Node product{"mm", Op::matmul, {"x", "w"}, {"sums"}, {}};
  Node behind{"behind", op, {"sums"}, {"y"}, {}};
  graph.nodes = {product, behind};
  graph.output = "y";
  return graph;
}

/// Calibrates with `items` random items: the message, and how many nodes were computed for it.
std::pair<std::string, std::uint64_t> calibrated(Op op, std::int64_t items) {
  const tricycle::test::Folder folder;
  std::vector<float> values;
  for (std::int64_t i = 0; i < 4 * items; ++i) values.push_back(static_cast<float>(i % 13) - 5.5F);
  tricycle::test::put(folder.path("x.npy"), write_npy({{items, 4}, values}));
  std::uint64_t nodes = 0;
  const Listener listener([&](const char* work, std::uint64_t, std::uint64_t) {
    nodes += std::string(work).starts_with("calibrating") ? 1 : 0;
  });
  const std::string message =
      message_of([&] { static_cast<void>(calibrate_with(folder.path("x.npy"), model(op), {}, {})); });
  return {message, nodes};
}

}  // namespace

TEST_CASE("what no calibration changes is refused after 11 of 100 items, and as after all of 10") {
  const std::string expected =
      "f: node 'behind': error: Softmax: not supported by the vector unit; "
      "--allow-unsupported leaves it out";
  const auto [message, nodes] = calibrated(Op::softmax, 100);
  CHECK(message == expected);
  CHECK(nodes == 2 * (1 + 10));
  CHECK(calibrated(Op::relu, 100).first.empty());
  CHECK(calibrated(Op::relu, 100).second == 2 * (1 + 100));
}
