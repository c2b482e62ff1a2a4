// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/onnx_models.hpp"
#include "workloads/import/onnx/onnx_import.hpp"

namespace {

namespace fs = std::filesystem;
using tricycle::Graph;
using tricycle::import_onnx;
using tricycle::InputError;
using tricycle::read_bytes;
using tricycle::Tensor;
using tricycle::test::message_of;

constexpr std::uint64_t most_bytes = 1U << 28U;

template <class Message>
Message parse(const std::string& path) {
  const tricycle::Bytes bytes = read_bytes(path, most_bytes);
  Message message;
  REQUIRE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return message;
}

/// The model with the inputs from number `first` on turned into constants. A model older than opset 7 is read
/// as one of opset 7: what changed until then are attributes, which the importer refuses.
tricycle::Bytes with_constants(const std::string& folder, onnx::ModelProto model, int first) {
  onnx::GraphProto& graph = *model.mutable_graph();
  if (model.opset_import(0).version() < 7) model.mutable_opset_import(0)->set_version(7);
  for (int i = first; i < graph.input_size(); ++i) {
    const std::string path = folder + "/test_data_set_0/input_" + std::to_string(i) + ".pb";
    if (graph.input(i).name().empty() || !fs::exists(path)) continue;
    onnx::TensorProto* tensor = graph.add_initializer();
    *tensor = parse<onnx::TensorProto>(path);
    tensor->set_name(graph.input(i).name());
  }
  if (first == 0) tricycle::test::add_input(model, "nothing", {1});
  return tricycle::test::bytes_of(model);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  const std::vector<float> x = a.floats(), y = b.floats();
  return a.shape == b.shape && std::equal(x.begin(), x.end(), y.begin(), y.end(), [](float p, float q) {
           return p == q || (std::isnan(p) && std::isnan(q));
         });
}

bool close(const Tensor& result, const Tensor& expected) {
  if (result.shape != expected.shape) return false;
  const std::vector<float> x = result.floats(), y = expected.floats();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool same = x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]));
    if (!same && !(std::abs(x[i] - y[i]) <= 1e-7F + 1e-5F * std::abs(y[i]))) return false;
  }
  return true;
}

bool knows_operators(const std::string& folder) {
  const auto model = parse<onnx::ModelProto>(folder + "/model.onnx");
  const std::vector<std::string>& known = tricycle::names_of(tricycle::Op{});
  const auto& nodes = model.graph().node();
  return std::all_of(nodes.begin(), nodes.end(), [&](const onnx::NodeProto& node) {
    return std::find(known.begin(), known.end(), node.op_type()) != known.end();
  });
}

/// Runs a case with its first input fed, and folds it with all inputs constant. Returns why it is refused, or
/// "" when it passed.
std::string run_case(const std::string& folder) {
  const auto model = parse<onnx::ModelProto>(folder + "/model.onnx");
  const auto& inputs = model.graph().input();
  Tensor expected, result;
  try {
    Graph folded = import_onnx(with_constants(folder, model, 0), "m");
    fold_constants(folded);
    REQUIRE(folded.is_constant(folded.output));
    result = folded.constants.at(folded.output);
    expected = tricycle::import_tensor(read_bytes(folder + "/test_data_set_0/output_0.pb", most_bytes), "o");
  } catch (const InputError& error) {
    return error.what();
  }
  CHECK(close(result, expected));
  if (inputs.empty()) return "";
  const Graph graph = import_onnx(with_constants(folder, model, 1), "m");
  const Tensor input =
      tricycle::import_tensor(read_bytes(folder + "/test_data_set_0/input_0.pb", most_bytes), "i");
  CHECK(same_bits(run_float(graph, input), result));
  if (input.size() == 0) return "";  // a dimension of 0 is a symbolic one to the importer
  std::map<std::string, tricycle::Shape> shapes;
  const std::string message = message_of([&] { shapes = infer_shapes(graph); });
  if (message.empty()) {
    CHECK(shapes.at(graph.output) == expected.shape);
  } else {
    CHECK(message.find("is not constant") != std::string::npos);
  }
  return "";
}

/// Every case of a folder: counts those that pass, and holds those that are refused, other than for an
/// unknown operator, to `reasons`.
int run_folder(const std::string& folder, const std::map<std::string, std::string>& reasons) {
  int passed = 0;
  std::size_t explained = 0;
  std::vector<std::string> cases;
  for (const auto& entry : fs::directory_iterator(folder)) cases.push_back(entry.path().filename().string());
  std::sort(cases.begin(), cases.end());
  for (const std::string& name : cases) {
    if (!knows_operators(folder + "/" + name)) continue;
    INFO(name);
    const std::string refused = run_case(folder + "/" + name);
    if (refused.empty()) {
      ++passed;
      continue;
    }
    const auto reason = reasons.find(name);
    CHECK((reason != reasons.end() ? reason->second : "an unlisted reason") == refused);
    ++explained;
  }
  CHECK(explained == reasons.size());
  return passed;
}

}  // namespace

TEST_CASE("191 of ONNX's examples of single operators come out within 1e-5, and 8 are refused") {
  const std::string folder = tricycle::test::shared_models();
  if (folder.empty()) return;
  const std::string two = "m: node 'MaxPool_0': error: more than one output of MaxPool is not supported";
  const std::map<std::string, std::string> reasons = {
      {"test_averagepool_3d_default",
       "m: node 'AveragePool_0': error: AveragePool: 'kernel_shape' has 3 values; expected 2"},
      {"test_identity_opt",
       "m: node 'opt_in': error: tensor 'opt_in' has the shape [111, 112, 116, 95, 105, 110]"},
      {"test_identity_sequence", "m: node 'x': error: tensor 'x' has 0 values for 120 elements"},
      {"test_matmul_3d", "m: node 'MatMul_0': error: MatMul: cannot multiply [2, 3, 4] by [2, 4, 3]"},
      {"test_matmul_4d", "m: node 'MatMul_0': error: MatMul: cannot multiply [1, 2, 3, 4] by [1, 2, 4, 3]"},
      {"test_maxpool_3d_default",
       "m: node 'MaxPool_0': error: MaxPool: 'kernel_shape' has 3 values; expected 2"},
      {"test_maxpool_with_argmax_2d_precomputed_pads", two},
      {"test_maxpool_with_argmax_2d_precomputed_strides", two}};
  CHECK(run_folder(folder + "/conformance/onnx_node_1.12", reasons) == 191);
}

TEST_CASE("39 of ONNX's examples exported from PyTorch come out within 1e-5, and 11 are refused") {
  const std::string folder = tricycle::test::shared_models();
  if (folder.empty()) return;
  const std::string is_test =
      "m: node 'BatchNormalization_0': error: the attribute 'is_test' of BatchNormalization is not supported";
  const auto broadcast = [](const std::string& node, const std::string& op) {
    return "m: node '" + node + "': error: the attribute 'broadcast' of " + op + " is not supported";
  };
  CHECK(run_folder(folder + "/conformance/onnx_pytorch_converted",
                   {{"test_BatchNorm2d_eval", is_test},
                    {"test_BatchNorm2d_momentum_eval", is_test},
                    {"test_Linear", broadcast("Gemm_0", "Gemm")},
                    {"test_PReLU_1d_multiparam",
                     "m: node 'PRelu_0': error: PRelu: shapes [2, 3, 4] and [3] do not broadcast"},
                    {"test_PReLU_2d_multiparam",
                     "m: node 'PRelu_0': error: PRelu: shapes [2, 3, 4, 5] and [3] do not broadcast"}}) ==
        32);
  CHECK(run_folder(folder + "/conformance/onnx_pytorch_operator",
                   {{"test_operator_add_broadcast", broadcast("Add_0", "Add")},
                    {"test_operator_add_size1_broadcast", broadcast("Add_0", "Add")},
                    {"test_operator_add_size1_right_broadcast", broadcast("Add_0", "Add")},
                    {"test_operator_add_size1_singleton_broadcast", broadcast("Add_0", "Add")},
                    {"test_operator_addmm", broadcast("Gemm_0", "Gemm")},
                    {"test_operator_mm", broadcast("Gemm_1", "Gemm")}}) == 7);
}
