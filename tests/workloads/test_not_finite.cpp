// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/onnx_models.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/golden.hpp"

namespace tricycle::test {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// A quantized image, a convolution with a bias, a normalization, a rectifier and a quantizer; opset 13.
onnx::ModelProto plain_model() {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 2, 3, 3});
  add_floats(model, "in_scale", {}, {0.5F});
  add_floats(model, "in_zero", {}, {3});
  add_floats(model, "in_bits", {}, {8});
  add_floats(model, "w", {2, 2, 1, 1}, {1, -2, 3, 1});
  add_floats(model, "b", {2}, {0.5F, -1});
  add_floats(model, "gamma", {2}, {1, -0.5F});
  add_floats(model, "beta", {2}, {0.25F, 1});
  add_floats(model, "mean", {2}, {1, -1});
  add_floats(model, "variance", {2}, {1, 4});
  add_floats(model, "least", {}, {-8});
  add_floats(model, "most", {}, {8});
  add_floats(model, "scale", {}, {0.25F});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {8});
  const std::string domain = "qonnx.custom_op.general";
  add_node(model, "codes", "Quant", {"x", "in_scale", "in_zero", "in_bits"}, domain);
  add_node(model, "conv", "Conv", {"codes", "w", "b"});
  add_node(model, "bn", "BatchNormalization", {"conv", "gamma", "beta", "mean", "variance"});
  add_node(model, "clip", "Clip", {"bn", "least", "most"});
  add_node(model, "y", "Quant", {"clip", "scale", "zero", "bits"}, domain);
  add_output(model, "y");
  return model;
}

/// The same with one number of one initializer changed.
onnx::ModelProto changed(const std::string& name, int at, float value) {
  onnx::ModelProto model = plain_model();
  for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == name) tensor.set_float_data(at, value);
  }
  return model;
}

std::string refusal(const onnx::ModelProto& model) {
  return message_of([&] {
    static_cast<void>(quantize_graph(import_onnx(bytes_of(model), "m.onnx"), {1, 255}));
  });
}

TEST_CASE("what is no number or infinite is refused in each of 14 constants, by node and input",
          "[not_finite]") {
  REQUIRE(refusal(plain_model()).empty());
  const onnx::ModelProto model = plain_model();
  int refused = 0;
  for (const onnx::NodeProto& node : model.graph().node()) {
    for (int i = 1; i < node.input_size(); ++i) {
      const std::string& name = node.input(i);
      for (const float value : {nan, infinity, -infinity}) {
        const bool bound = node.op_type() == "Clip";
        const std::string text = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
        const std::string message = refusal(changed(name, 0, value));
        INFO(name << " " << text);
        if (bound && std::isinf(value)) {
          const bool empty = (name == "least") == (value > 0);  // a bound that leaves nothing
          if (!empty) CHECK(message.empty());
          continue;
        }
        ++refused;
        CHECK(message == fmt::format("m.onnx: node '{}': error: {}: input {} ('{}') holds {}: expected {}",
                                     node.name(), node.op_type(), i + 1, name, text,
                                     std::isnan(value) ? "numbers" : "finite numbers"));
      }
    }
  }
  CHECK(refused == 12 * 3 + 2);
}

TEST_CASE("attributes that are no numbers are refused by name", "[not_finite]") {
  onnx::ModelProto model = plain_model();
  onnx::AttributeProto* epsilon = model.mutable_graph()->mutable_node(2)->add_attribute();
  epsilon->set_name("epsilon");
  epsilon->set_type(onnx::AttributeProto::FLOAT);
  epsilon->set_f(infinity);
  CHECK(refusal(model) ==
        "m.onnx: node 'bn': error: BatchNormalization: the attribute 'epsilon' holds inf: expected finite "
        "numbers");
}

TEST_CASE("a variance without a root is refused with its channel", "[not_finite]") {
  CHECK(
      refusal(changed("variance", 1, -1)) ==
      "m.onnx: node 'bn': error: BatchNormalization: the variance of channel 1 is -1: with the epsilon 1e-05 "
      "it has no root to divide by");
}

TEST_CASE("a scale of 0, of less than 0 or below all normal numbers is refused by the quantizer's name",
          "[not_finite]") {
  CHECK(refusal(changed("scale", 0, 0)) == "m.onnx: node 'y': error: Quant: a scale of 0");
  CHECK(refusal(changed("scale", 0, -0.5F)) == "m.onnx: node 'y': error: Quant: a scale of -0.5");
  CHECK(refusal(changed("in_scale", 0, 1e-40F)) == "m.onnx: node 'codes': error: Quant: a scale of 1e-40");
}

TEST_CASE("weights that overflow behind finite constants are refused", "[not_finite]") {
  CHECK(refusal(changed("gamma", 0, 3e38F)).find("m.onnx: node 'y': error: Quant: ") == 0);
}

TEST_CASE("two initializers of one name, or one that a node gives too, are refused", "[not_finite]") {
  onnx::ModelProto model = plain_model();
  add_floats(model, "w", {2, 2, 1, 1}, {1, 1, 1, 1});
  CHECK(refusal(model) == "m.onnx: error: has two initializers called 'w'");
  model = plain_model();
  add_floats(model, "bn", {2}, {1, 1});
  CHECK(refusal(model) == "m.onnx: node 'bn': error: gives 'bn', which is an initializer too");
}

TEST_CASE("attributes of newer quantizers are taken at their defaults, and refused by name at others",
          "[not_finite]") {
  const auto with = [](const std::string& name, std::int64_t value) {
    onnx::ModelProto model = make_model();
    add_input(model, "x", {1, 2});
    add_floats(model, "s", {}, {0.5F});
    add_floats(model, "w", {2, 2}, {1, -1, 1, 1});
    set_integer(add_node(model, "q", "QuantizeLinear", {"x", "s"}), name, value);
    add_node(model, "d", "DequantizeLinear", {"q", "s"});
    add_node(model, "y", "MatMul", {"d", "w"});
    add_output(model, "y");
    return refusal(model);
  };
  CHECK(with("saturate", 1).empty());
  CHECK(with("block_size", 0).empty());
  CHECK(with("output_dtype", 0).empty());
  CHECK(with("saturate", 0) == "m.onnx: node 'q': error: QuantizeLinear is supported only with saturate = 1");
  CHECK(with("block_size", 2) ==
        "m.onnx: node 'q': error: QuantizeLinear is supported only with block_size = 0");
}

/// The edge preset with nothing but float32 arithmetic.
MachineSpec float_machine() {
  MachineSpec spec = read_machine(std::string("edge"));
  spec.array.datapaths = {Datapath::mac};
  spec.array.mac_type = MacType::fp32;
  return spec;
}

TEST_CASE(
    "infinities and NaNs of inputs and weights go through floating point as they are, whatever a NaN's sign",
    "[not_finite]") {
  Graph graph;
  graph.file = graph.name = "net";
  graph.input = "x";
  graph.input_shape = {1, 1, 4, 4};
  graph.constants["w"] = floats({2, 1, 1, 2}, {1, -1, infinity, 0.5F});
  graph.nodes = {make_node("conv", Op::conv, {"x", "w"}, "c"), make_node("relu", Op::relu, {"c"}, "r"),
                 make_node("pool", Op::max_pool, {"r"}, "y")};
  graph.nodes[2].attributes["kernel_shape"].integers = {2, 1};
  graph.output = "y";
  QuantizeOptions options;
  options.floating = Codes::float32();
  const QuantizedNetwork network = quantize_graph(graph, {1, 255}, options);
  const float minus_nan = std::bit_cast<float>(0xffc12345U);
  std::vector<std::int32_t> values;
  for (const float v : {infinity, infinity, 1.0F, 2.0F, -infinity, infinity, 0.0F, nan, minus_nan, 1.0F,
                        -1.0F, 3.0F, 0.0F, -0.0F, 1e38F, -3e38F})
    values.push_back(std::bit_cast<std::int32_t>(v));
  lower_and_run(network, float_machine(), values);
  const auto golden = run_golden(network, values).back();
  int nans = 0;
  for (const std::int32_t v : golden) nans += std::isnan(std::bit_cast<float>(v)) ? 1 : 0;
  CHECK(nans > 0);
}

TEST_CASE("a bias that is not finite is refused in floating point too", "[not_finite]") {
  for (const float value : {nan, infinity, -infinity}) {
    Graph graph;
    graph.file = graph.name = "net";
    graph.input = "x";
    graph.input_shape = {1, 2};
    graph.constants["w"] = floats({2, 1}, {0.3F, -0.7F});
    graph.constants["b"] = floats({1}, {value});
    graph.nodes = {make_node("y", Op::gemm, {"x", "w", "b"}, "y")};
    graph.output = "y";
    QuantizeOptions options;
    options.floating = Codes::float32();
    CHECK(message_of([&] {
            static_cast<void>(quantize_graph(graph, {1, 255}, options));
          }) == fmt::format("net: node 'y': error: Gemm: input 3 ('b') holds {}: expected finite numbers",
                            std::isnan(value) ? "nan"
                            : value > 0       ? "inf"
                                              : "-inf"));
  }
}

}  // namespace
}  // namespace tricycle::test
