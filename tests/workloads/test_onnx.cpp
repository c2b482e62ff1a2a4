// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/onnx_models.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/golden.hpp"

namespace {

using tricycle::Graph;
using tricycle::import_onnx;
using tricycle::import_tensor;
using tricycle::Tensor;
using tricycle::test::add_floats;
using tricycle::test::add_input;
using tricycle::test::add_node;
using tricycle::test::add_output;
using tricycle::test::bytes_of;
using tricycle::test::floats;
using tricycle::test::make_model;
using tricycle::test::message_of;
using tricycle::test::pixels;
using tricycle::test::set_integer;
using tricycle::test::small_model;

Graph import(const onnx::ModelProto& model) {
  return import_onnx(bytes_of(model), "m.onnx");
}
std::string fault(const onnx::ModelProto& model) {
  return message_of([&] { (void)import(model); });
}
template <class Change>
std::string fault_after(Change change) {
  onnx::ModelProto model = small_model();
  change(model);
  return fault(model);
}
onnx::NodeProto* node_of(onnx::ModelProto& model, int i) {
  return model.mutable_graph()->mutable_node(i);
}
onnx::TensorProto* weights_of(onnx::ModelProto& model) {
  return model.mutable_graph()->mutable_initializer(4);
}

}  // namespace

TEST_CASE("the small model is imported, quantized and computed as by hand") {
  const Graph graph = import(small_model());
  CHECK(graph.name == "g");
  CHECK(graph.producer == "maker 1.0");
  CHECK(graph.opset == 13);
  CHECK(graph.input == "x");
  CHECK(graph.output == "fc2");
  CHECK_FALSE(graph.synthetic);
  // x = 1, 0, 0.6, 1: codes +1, -1, 0, +1; sums 1-1-1 = -1, -1+1 = 0, -1-1+1 = -1; see the batch
  // normalization.
  const Tensor result = run_float(graph, floats({1, 4}, {1, 0, 0.6F, 1}));
  CHECK(result.shape == tricycle::Shape{1, 2});
  // (-1 - 0.5) * 1 < 0; -(0 - 0) / 2 + 0.25 > 0; (-1 + 0.5) / 2 - 0.25 < 0: signs -1, +1, -1.
  CHECK(result.floats() == std::vector<float>{0.5F, 0.5F});
  const auto network = quantize_graph(graph, pixels);
  const auto values = run_golden(network, std::vector<std::int32_t>{255, 0, 153, 255});
  CHECK(values[1] == std::vector<std::int32_t>{1, -1, 0, 1});
  CHECK(values[2] == std::vector<std::int32_t>{-1, 1, -1});
}

TEST_CASE("a quantizer is known in each of its domains and under both of its names") {
  const std::string expected = dump(quantize_graph(import(small_model()), pixels));
  for (const char* domain : {"onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"}) {
    for (const char* name : {"Quant", "IntQuant"}) {
      CHECK(dump(quantize_graph(import(small_model(domain, name)), pixels)) == expected);
    }
  }
  CHECK(fault(small_model("qonnx.general")) ==
        "m.onnx: node 'codes': error: the operator qonnx.general::Quant is not supported");
  CHECK(fault(small_model("")) == "m.onnx: node 'codes': error: the operator Quant is not supported");
  CHECK(fault(small_model("onnx.brevitas", "Trunc")) ==
        "m.onnx: node 'codes': error: the operator onnx.brevitas::Trunc is not supported");
  CHECK(fault_after([](auto& m) { node_of(m, 2)->set_domain("ai.onnx"); }).empty());
}

TEST_CASE("a float perceptron imports and runs, and quantization names the node that is not quantized") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 2});
  add_floats(model, "w1", {3, 2}, {1, 2, 3, 4, -5, 6});
  add_floats(model, "b1", {3}, {0.5F, -20, 0});
  add_floats(model, "w2", {3, 1}, {1, 1, 2});
  set_integer(add_node(model, "fc1", "Gemm", {"x", "w1", "b1"}), "transB", 1);
  add_node(model, "relu", "Relu", {"fc1"});
  add_node(model, "fc2", "Gemm", {"relu", "w2"});
  add_output(model, "fc2");
  const Graph graph = import(model);
  // 1*1 + 2*2 + 0.5 = 5.5; 3 + 8 - 20 = -9; -5 + 12 = 7: 5.5 + 0 + 14.
  CHECK(run_float(graph, floats({1, 2}, {1, 2})).floats() == std::vector<float>{19.5F});
  CHECK(message_of([&] { (void)quantize_graph(graph, pixels); }) ==
        "m.onnx: node 'fc2': error: Gemm: its input is not quantized: expected a quantizer before it "
        "(--calibrate puts one there)");
}

TEST_CASE("bytes that are no model are refused") {
  const auto bytes_fault = [](const tricycle::Bytes& bytes) {
    return message_of([&] { (void)import_onnx(bytes, "m.onnx"); });
  };
  CHECK(bytes_fault({}) == "m.onnx: error: is no ONNX model: it holds no graph");
  CHECK(bytes_fault({0xff, 0xff, 0xff}) ==
        "m.onnx: error: is no ONNX model, or a truncated one: it does not parse as a ModelProto");
  CHECK(fault(make_model()) == "m.onnx: error: is no ONNX model: it holds no graph");
}

TEST_CASE("an operator or attribute that is not known is named with its node") {
  CHECK(fault_after([](auto& m) { node_of(m, 2)->set_op_type("Elu"); }) ==
        "m.onnx: node 'fc1': error: the operator Elu is not supported");
  CHECK(fault_after([](auto& m) { node_of(m, 2)->set_domain("com.microsoft"); }) ==
        "m.onnx: node 'fc1': error: the operator com.microsoft::MatMul is not supported");
  CHECK(
      fault_after([](auto& m) { set_integer(node_of(m, 1), "narow", 1); }) ==
      "m.onnx: node 'codes': error: the attribute 'narow' of Quant is not supported; did you mean 'narrow'?");
  CHECK(fault_after([](auto& m) { set_integer(node_of(m, 3), "training_mode", 1); }) ==
        "m.onnx: node 'bn': error: BatchNormalization is supported only with training_mode = 0");
  CHECK(fault_after([](auto& m) { set_integer(node_of(m, 3), "training_mode", 0); }).empty());
  CHECK(fault_after([](auto& m) {
          set_integer(node_of(m, 3), "momentum", 0);
          node_of(m, 3)->mutable_attribute(0)->set_type(onnx::AttributeProto::GRAPH);
        }) == "m.onnx: node 'bn': error: the attribute 'momentum' has a type that is not supported");
  CHECK(fault_after([](auto& m) { node_of(m, 3)->add_output("mean_out"); }) ==
        "m.onnx: node 'bn': error: more than one output of BatchNormalization is not supported");
  CHECK(fault_after([](auto& m) { node_of(m, 3)->clear_output(); }) ==
        "m.onnx: node 'bn': error: has no output");
  CHECK(fault_after([](auto& m) {
          node_of(m, 2)->set_op_type("Elu");
          node_of(m, 2)->clear_name();
        }) == "m.onnx: node 'Elu_2': error: the operator Elu is not supported");
}

TEST_CASE("a convolutional model is imported, and its shapes and sums are those of its attributes") {
  const Graph graph = import(tricycle::test::conv_model());
  const auto shapes = infer_shapes(graph);
  CHECK(shapes.at("conv1") == tricycle::Shape{1, 4, 6, 6});
  CHECK(shapes.at("pool") == tricycle::Shape{1, 4, 3, 3});
  CHECK(shapes.at("conv2") == tricycle::Shape{1, 4, 2, 2});
  CHECK(shapes.at("means") == tricycle::Shape{1, 4, 1, 1});
  const Tensor result = run_float(graph, floats({1, 2, 6, 6}, std::vector<float>(72, 0.5F)));
  CHECK(result.shape == tricycle::Shape{1, 3});
  const std::vector<float> y = result.floats();
  CHECK(std::abs(y[0] + y[1] + y[2] - 1) < 1e-6F);
}

TEST_CASE("masks and indices that nothing reads are left out, and others are refused") {
  for (const char* op : {"Dropout", "MaxPool"}) {
    onnx::ModelProto model = make_model();
    add_input(model, "x", {1, 1, 2, 2});
    onnx::NodeProto* node = add_node(model, "y", op, {"x"});
    if (node->op_type() == "MaxPool") tricycle::test::set_integers(node, "kernel_shape", {1, 1});
    node->add_output("second");
    add_output(model, "y");
    CHECK(run_float(import(model), floats({1, 1, 2, 2}, {1, 2, 3, 4})).floats() ==
          std::vector<float>{1, 2, 3, 4});
    add_node(model, "z", "Identity", {"second"});
    CHECK(fault(model) ==
          std::string("m.onnx: node 'y': error: more than one output of ") + op + " is not supported");
  }
}

TEST_CASE("the value of Pad is a number where that of Constant is a tensor") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 1});
  onnx::NodeProto* node = add_node(model, "y", "Pad", {"x"});
  tricycle::test::set_integers(node, "pads", {0, 1, 0, 0});
  onnx::AttributeProto* value = node->add_attribute();
  value->set_name("value");
  value->set_type(onnx::AttributeProto::FLOAT);
  value->set_f(7);
  add_output(model, "y");
  CHECK(run_float(import(model), floats({1, 1}, {3})).floats() == std::vector<float>{7, 3});
  node->set_op_type("ConstantOfShape");
  node->mutable_attribute()->DeleteSubrange(0, 1);
  CHECK(fault(model) ==
        "m.onnx: node 'y': error: the attribute 'value' of ConstantOfShape is expected to be of type TENSOR, "
        "not FLOAT");
}

TEST_CASE("int8 weights behind DequantizeLinear fold into float constants") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 2});
  onnx::TensorProto* codes = add_floats(model, "codes", {2, 1}, {});
  codes->set_data_type(onnx::TensorProto::INT8);
  for (const int code : {-4, 6}) codes->add_int32_data(code);
  add_floats(model, "scale", {}, {0.25F});
  add_node(model, "w", "DequantizeLinear", {"codes", "scale"});
  add_node(model, "y", "MatMul", {"x", "w"});
  add_output(model, "y");
  Graph graph = import(model);
  CHECK(fold_constants(graph).size() == 1);
  CHECK(graph.constants.at("w").floats() == std::vector<float>{-1, 1.5F});
  CHECK(run_float(graph, floats({1, 2}, {1, 2})).floats() == std::vector<float>{2});
}

TEST_CASE("an operator with more inputs than it knows is refused") {
  CHECK(fault_after([](auto& m) { node_of(m, 0)->add_input("one"); }) ==
        "m.onnx: node 'centred': error: has 3 inputs; Sub takes at most 2");
  CHECK(fault_after([](auto& m) { node_of(m, 3)->add_input("one"); }) ==
        "m.onnx: node 'bn': error: has 6 inputs; BatchNormalization takes at most 5");
}

TEST_CASE("a model has inputs with shapes, and outputs that something produces") {
  CHECK(fault_after([](auto& m) { add_input(m, "w1", {4, 3}); }).empty());  // an initializer is no input
  CHECK(fault_after([](auto& m) { m.mutable_graph()->clear_input(); }) == "m.onnx: error: has no input");
  CHECK(fault_after([](auto& m) { m.mutable_graph()->clear_output(); }) == "m.onnx: error: has no output");
  CHECK(fault_after([](auto& m) { add_input(m, "x", {1}); }) == "m.onnx: error: has two inputs called 'x'");
  CHECK(fault_after([](auto& m) { add_output(m, "fc2"); }) == "m.onnx: error: has two outputs called 'fc2'");
  CHECK(fault_after([](auto& m) { add_output(m, "fc3"); }) ==
        "m.onnx: error: nothing produces the output 'fc3'");
  CHECK(fault_after([](auto& m) { m.mutable_graph()->mutable_output(0)->set_name("y"); }) ==
        "m.onnx: error: nothing produces the output 'y'");
  CHECK(fault_after([](auto& m) { m.mutable_graph()->mutable_input(0)->clear_type(); }) ==
        "m.onnx: error: the input 'x' has no shape");
  CHECK(fault_after([](auto& m) { node_of(m, 2)->set_input(0, "z"); }) ==
        "m.onnx: node 'fc1': error: reads 'z', which nothing produces");
  CHECK(fault_after([](auto& m) { weights_of(m)->clear_name(); }) ==
        "m.onnx: error: has a tensor without a name");
}

TEST_CASE("a model of 2 inputs and 3 outputs runs, and is not quantized") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 2});
  add_input(model, "state", {2});
  add_node(model, "sum", "Add", {"x", "state"});
  add_node(model, "difference", "Sub", {"x", "state"});
  add_output(model, "sum");
  add_output(model, "difference");
  add_output(model, "state");
  Graph graph = import(model);
  REQUIRE(graph.further_inputs.size() == 1);
  CHECK(graph.further_inputs[0].shape == tricycle::Shape{2});
  CHECK(graph.further_outputs == std::vector<tricycle::GraphOutput>{{"difference"}, {"state"}});
  const std::vector<Tensor> inputs = {floats({1, 2}, {5, 7}), floats({2}, {1, 2})};
  const std::vector<Tensor> outputs = run_float(graph, inputs);
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].floats() == std::vector<float>{6, 9});
  CHECK(outputs[1].floats() == std::vector<float>{4, 5});
  CHECK(outputs[2].floats() == std::vector<float>{1, 2});
  CHECK(infer_shapes(graph).at("difference") == tricycle::Shape{1, 2});
  CHECK(message_of([&] { (void)run_float(graph, inputs[0]); }) ==
        "m.onnx: error: has 2 inputs and is given 1");
  const auto fault_of = [&] { return message_of([&] { (void)quantize_graph(graph, pixels); }); };
  CHECK(fault_of() == "m.onnx: error: has more than one input: 'x' and 'state'");
}

TEST_CASE("an LSTM, a GRU and an RNN are imported with outputs left out and inputs left out") {
  onnx::ModelProto model = tricycle::test::recurrent_model();
  const Graph graph = import(model);
  CHECK(graph.warnings.empty());
  const auto shapes = infer_shapes(graph);
  CHECK(shapes.at("lstm") == tricycle::Shape{2, 2, 1, 2});
  CHECK(shapes.at("cell") == tricycle::Shape{2, 1, 2});
  CHECK(shapes.count("") == 0);
  CHECK(run_float(graph, floats({2, 1, 3}, {1, 0, -1, 0.5F, 2, 0})).shape == tricycle::Shape{2, 1, 1, 2});
  CHECK(message_of([&] { (void)quantize_graph(graph, pixels); }) ==
        "m.onnx: node 'lstm': error: LSTM: cannot stand on the way from the input to the output");
  node_of(model, 0)->set_output(0, "");
  node_of(model, 1)->set_input(0, "cell");
  CHECK(fault(model).empty());
  node_of(model, 0)->set_output(2, "");
  node_of(model, 1)->set_input(0, "x");
  CHECK(fault(model) == "m.onnx: node 'lstm': error: has no output");
  model = tricycle::test::recurrent_model();
  node_of(model, 2)->add_output("hidden");
  node_of(model, 2)->add_output("cell2");
  CHECK(fault(model) == "m.onnx: node 'gru': error: has 3 outputs; GRU has at most 2");
  model = tricycle::test::recurrent_model();
  set_integer(node_of(model, 2), "input_forget", 1);
  CHECK(fault(model) == "m.onnx: node 'gru': error: the attribute 'input_forget' of GRU is not supported");
  model = tricycle::test::recurrent_model();
  tricycle::test::set_text(node_of(model, 2), "activations", "Tanh");
  CHECK(
      fault(model) ==
      "m.onnx: node 'gru': error: the attribute 'activations' of GRU is expected to be of type STRINGS, not "
      "STRING");
}

TEST_CASE("a GRU of PyTorch that resets before its product gets 1 warning") {
  onnx::ModelProto model = tricycle::test::recurrent_model();
  node_of(model, 2)->mutable_attribute(0)->set_i(0);
  CHECK(import(model).warnings.empty());
  model.set_producer_name("pytorch");
  CHECK(import(model).warnings ==
        std::vector<std::string>{"m.onnx: node 'gru': linear_before_reset is 0, but PyTorch's GRU needs 1: "
                                 "some PyTorch exporters leave the attribute out; set it to 1 in the model"});
  node_of(model, 2)->mutable_attribute(0)->set_i(1);
  CHECK(import(model).warnings.empty());
  node_of(model, 2)->clear_attribute();
  CHECK(import(model).warnings.size() == 1);
}

TEST_CASE("a QuantLSTMCell of Brevitas is imported with its 48 inputs and 3 outputs") {
  onnx::ModelProto model = tricycle::test::quant_lstm_model();
  const Graph graph = import(model);
  CHECK(infer_shapes(graph).at("hidden") == tricycle::Shape{1, 2});
  CHECK(run_float(graph, floats({2, 1, 2}, {1, 0, -1, 0.5F})).shape == tricycle::Shape{2, 1, 2});
  set_integer(node_of(model, 0), "cell_narow", 1);
  CHECK(fault(model) ==
        "m.onnx: node 'cell': error: the attribute 'cell_narow' of QuantLSTMCell is not supported");
  node_of(model, 0)->mutable_attribute()->RemoveLast();
  set_integer(node_of(model, 0), "cell_tanh_rounding_mode", 1);
  CHECK(fault(model) ==
        "m.onnx: node 'cell': error: the attribute 'cell_tanh_rounding_mode' of QuantLSTMCell is expected to "
        "be "
        "of type STRING, not INT");
  node_of(model, 0)->add_input("x");
  CHECK(fault(model) == "m.onnx: node 'cell': error: has 49 inputs; QuantLSTMCell takes at most 48");
}

TEST_CASE("a symbolic batch is one row, and another symbolic dimension needs a size") {
  onnx::ModelProto model = small_model();
  auto* shape =
      model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape->mutable_dim(0)->set_dim_param("N");
  CHECK(import(model).input_shape == tricycle::Shape{1, 4});
  shape->mutable_dim(1)->set_dim_param("features");
  CHECK(fault(model) ==
        "m.onnx: error: dimension 1 of the input 'x' is not a number, but 'features' "
        "(--set workload.features=N gives its size)");
  CHECK(tricycle::symbolic_dimensions(bytes_of(model), "m.onnx") ==
        std::vector<std::string>{"N", "features"});
  tricycle::ImportOptions options;
  options.dimensions = {{"N", 3}, {"features", 4}};
  CHECK(import_onnx(bytes_of(model), "m.onnx", options).input_shape == tricycle::Shape{3, 4});
  shape->mutable_dim(1)->set_dim_value(-1);
  CHECK(fault(model) == "m.onnx: error: dimension 1 of the input 'x' is not a number");
  shape->mutable_dim(1)->set_dim_value(std::int64_t{1} << 28U);
  CHECK(fault(model) == "m.onnx: error: the input 'x' has the shape [1, 268435456]");
}

TEST_CASE("a quantizer alike in all of a million channels is evaluated once") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 1 << 20});
  add_floats(model, "one", {}, {1});
  add_node(model, "signs", "BipolarQuant", {"x", "one"}, "onnx.brevitas");
  add_output(model, "signs");
  CHECK(quantize_graph(import(model), pixels).layers.size() == 1);
}

TEST_CASE("opset 7 is the first that is taken") {
  CHECK(fault_after([](auto& m) { m.mutable_opset_import(0)->set_version(7); }).empty());
  CHECK(fault_after([](auto& m) { m.mutable_opset_import(0)->set_version(6); }) ==
        "m.onnx: error: opset 6 is older than 7, the first that is supported");
  CHECK(fault_after([](auto& m) { m.clear_opset_import(); }) ==
        "m.onnx: error: opset 0 is older than 7, the first that is supported");
}

TEST_CASE("tensors whose data do not fit their shape or type are refused") {
  CHECK(fault_after([](auto& m) { weights_of(m)->add_float_data(1); }) ==
        "m.onnx: node 'w1': error: tensor 'w1' has 13 values for 12 elements");
  CHECK(fault_after([](auto& m) { weights_of(m)->set_raw_data(std::string(47, '\0')); }) ==
        "m.onnx: node 'w1': error: tensor 'w1' has 47 bytes for 12 elements of 4");
  CHECK(fault_after([](auto& m) { weights_of(m)->set_data_location(onnx::TensorProto::EXTERNAL); }) ==
        "m.onnx: node 'w1': error: tensor 'w1' keeps its data in another file, which is not supported");
  CHECK(
      fault_after([](auto& m) { weights_of(m)->set_data_type(onnx::TensorProto::FLOAT16); }) ==
      "m.onnx: node 'w1': error: tensor 'w1' has the element type 10 (FLOAT16); supported are FLOAT, DOUBLE, "
      "INT64, INT32, INT8, UINT8, INT4, UINT4 and BOOL");
  CHECK(fault_after([](auto& m) { weights_of(m)->set_dims(0, -4); }) ==
        "m.onnx: node 'w1': error: tensor 'w1' has the shape [-4, 3]");
  CHECK(fault_after([](auto& m) { weights_of(m)->set_dims(0, std::int64_t{1} << 40U); }) ==
        "m.onnx: node 'w1': error: tensor 'w1' has the shape [1099511627776, 3]");
}

TEST_CASE("a tensor of each type is read from raw and from typed data") {
  const auto tensor = [](onnx::TensorProto::DataType type, const std::string& raw) {
    onnx::TensorProto proto;
    proto.set_data_type(type);
    proto.add_dims(2);
    proto.set_raw_data(raw);
    const std::string text = proto.SerializeAsString();
    return import_tensor(tricycle::Bytes(text.begin(), text.end()), "t.pb");
  };
  using std::string_literals::operator""s;
  CHECK(tensor(onnx::TensorProto::FLOAT, "\0\0\x80\x3f\0\0\0\xc0"s).floats() == std::vector<float>{1, -2});
  CHECK(tensor(onnx::TensorProto::DOUBLE, "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\0"s).floats() ==
        std::vector<float>{1, 0});
  CHECK(tensor(onnx::TensorProto::INT64, "\xff\xff\xff\xff\xff\xff\xff\xff\2\0\0\0\0\0\0\0"s).integers() ==
        std::vector<std::int64_t>{-1, 2});
  CHECK(tensor(onnx::TensorProto::INT32, "\xfe\xff\xff\xff\3\0\0\0"s).integers() ==
        std::vector<std::int64_t>{-2, 3});
  CHECK(tensor(onnx::TensorProto::INT8, "\x80\x7f"s).integers() == std::vector<std::int64_t>{-128, 127});
  CHECK(tensor(onnx::TensorProto::BOOL, "\0\2"s).integers() == std::vector<std::int64_t>{0, 1});
  CHECK(tensor(onnx::TensorProto::UINT8, "\x80\x7f"s).integers() == std::vector<std::int64_t>{128, 127});
  CHECK(message_of([] { (void)import_tensor({}, "t.pb"); }) ==
        "t.pb: error: is no ONNX tensor, or a truncated one: it does not parse as a TensorProto");
}
