// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/onnx_models.hpp"

namespace tricycle::test {

onnx::ModelProto make_model() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("maker");
  model.set_producer_version("1.0");
  model.add_opset_import()->set_version(13);
  model.mutable_graph()->set_name("g");
  return model;
}

void add_input(onnx::ModelProto& model, const std::string& name, const Shape& shape) {
  onnx::ValueInfoProto* input = model.mutable_graph()->add_input();
  input->set_name(name);
  auto* type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape();
  for (const std::int64_t dimension : shape) type->mutable_shape()->add_dim()->set_dim_value(dimension);
}

void add_output(onnx::ModelProto& model, const std::string& name) {
  model.mutable_graph()->add_output()->set_name(name);
}

onnx::TensorProto* add_floats(onnx::ModelProto& model, const std::string& name, const Shape& shape,
                              const std::vector<float>& values) {
  onnx::TensorProto* tensor = model.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t dimension : shape) tensor->add_dims(dimension);
  for (const float value : values) tensor->add_float_data(value);
  return tensor;
}

onnx::NodeProto* add_node(onnx::ModelProto& model, const std::string& name, const std::string& op,
                          const std::vector<std::string>& inputs, const std::string& domain) {
  onnx::NodeProto* node = model.mutable_graph()->add_node();
  node->set_name(name);
  node->set_op_type(op);
  node->set_domain(domain);
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(name);
  return node;
}

void set_integer(onnx::NodeProto* node, const std::string& name, std::int64_t value) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

void set_integers(onnx::NodeProto* node, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

void set_floats(onnx::NodeProto* node, const std::string& name, const std::vector<float>& values) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::FLOATS);
  for (const float value : values) attribute->add_floats(value);
}

void set_texts(onnx::NodeProto* node, const std::string& name, const std::vector<std::string>& values) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::STRINGS);
  for (const std::string& value : values) attribute->add_strings(value);
}

void set_text(onnx::NodeProto* node, const std::string& name, const std::string& value) {
  onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::STRING);
  attribute->set_s(value);
}

onnx::ModelProto small_model(const std::string& domain, const std::string& quant) {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 4});
  add_floats(model, "half", {}, {0.5F});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {2});
  add_floats(model, "one", {}, {1});
  add_floats(model, "w1", {4, 3}, {1, 0, -1, 1, 1, 1, 0, 0, 1, -1, 1, 1});
  add_floats(model, "gamma", {3}, {1, -1, 0.5F});
  add_floats(model, "beta", {3}, {0, 0.25F, -0.25F});
  add_floats(model, "mean", {3}, {0.5F, 0, -0.5F});
  add_floats(model, "variance", {3}, {1, 4, 1});
  add_floats(model, "w2", {3, 2}, {0.5F, -0.5F, 0.5F, 0.5F, -0.5F, 0.5F});
  add_node(model, "centred", "Sub", {"x", "half"});
  onnx::NodeProto* node = add_node(model, "codes", quant, {"centred", "half", "zero", "bits"}, domain);
  set_integer(node, "signed", 1);
  set_integer(node, "narrow", 1);
  set_text(node, "rounding_mode", "ROUND");
  add_node(model, "fc1", "MatMul", {"codes", "w1"});
  add_node(model, "bn", "BatchNormalization", {"fc1", "gamma", "beta", "mean", "variance"});
  add_node(model, "signs", "BipolarQuant", {"bn", "one"}, domain);
  add_node(model, "fc2", "MatMul", {"signs", "w2"});
  add_output(model, "fc2");
  return model;
}

namespace {

std::vector<float> pattern(std::size_t count) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i * 5 % 7) / 4 - 0.75F);
  return values;
}

void add_patterned(onnx::ModelProto& model, const std::string& name, const Shape& shape) {
  add_floats(model, name, shape, pattern(static_cast<std::size_t>(element_count(shape))));
}

void add_row(onnx::ModelProto& model, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::TensorProto* tensor = add_floats(model, name, {static_cast<std::int64_t>(values.size())}, {});
  tensor->set_data_type(onnx::TensorProto::INT64);
  for (const std::int64_t value : values) tensor->add_int64_data(value);
}

}  // namespace

onnx::ModelProto conv_model() {
  onnx::ModelProto model = make_model();
  const auto row = [&](const std::string& name, const std::vector<std::int64_t>& values) {
    add_row(model, name, values);
  };
  add_input(model, "x", {1, 2, 6, 6});
  add_floats(model, "w1", {4, 2, 3, 3}, pattern(72));
  add_floats(model, "b1", {4}, pattern(4));
  for (const char* name : {"gamma", "beta", "mean"}) add_floats(model, name, {4}, pattern(4));
  add_floats(model, "variance", {4}, {1, 2, 3, 4});
  add_floats(model, "low", {}, {0});
  add_floats(model, "high", {}, {6});
  add_floats(model, "w2", {4, 1, 2, 2}, pattern(16));
  row("starts", {0, 0});
  row("ends", {2, 2});
  row("axes", {2, 3});
  add_floats(model, "w3", {4, 3}, pattern(12));
  onnx::NodeProto* node = add_node(model, "conv1", "Conv", {"x", "w1", "b1"});
  set_integers(node, "pads", {1, 1, 1, 1});
  set_integers(node, "kernel_shape", {3, 3});
  add_node(model, "bn", "BatchNormalization", {"conv1", "gamma", "beta", "mean", "variance"});
  add_node(model, "clip", "Clip", {"bn", "low", "high"});
  node = add_node(model, "pool", "MaxPool", {"clip"});
  set_integers(node, "kernel_shape", {2, 2});
  set_integers(node, "strides", {2, 2});
  node = add_node(model, "conv2", "Conv", {"pool", "w2"});
  set_integer(node, "group", 4);
  add_node(model, "cut", "Slice", {"pool", "starts", "ends", "axes"});
  add_node(model, "joined", "Add", {"conv2", "cut"});
  node = add_node(model, "means", "AveragePool", {"joined"});
  set_integers(node, "kernel_shape", {2, 2});
  set_integer(node, "ceil_mode", 1);
  add_node(model, "row", "Flatten", {"means"});
  add_node(model, "fc", "MatMul", {"row", "w3"});
  add_node(model, "y", "Softmax", {"fc"});
  add_output(model, "y");
  return model;
}

onnx::ModelProto recurrent_model() {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {2, 1, 3});
  for (const auto& [name, shape] : {std::pair<std::string, Shape>{"lstm.w", {2, 8, 3}},
                                    {"lstm.r", {2, 8, 2}},
                                    {"lstm.b", {2, 16}},
                                    {"state", {2, 1, 2}},
                                    {"lstm.p", {2, 6}},
                                    {"gru.w", {1, 6, 4}},
                                    {"gru.r", {1, 6, 2}},
                                    {"rnn.w", {1, 2, 2}},
                                    {"rnn.r", {1, 2, 2}}})
    add_patterned(model, name, shape);
  add_row(model, "lengths", {2});
  add_row(model, "rows", {2, 1, 4});
  add_row(model, "one", {1});
  onnx::NodeProto* node = add_node(
      model, "lstm", "LSTM", {"x", "lstm.w", "lstm.r", "lstm.b", "lengths", "state", "state", "lstm.p"});
  node->add_output("");
  node->add_output("cell");
  set_text(node, "direction", "bidirectional");
  set_integer(node, "hidden_size", 2);
  set_texts(node, "activations", {"Sigmoid", "Tanh", "Tanh", "HardSigmoid", "LeakyRelu", "Tanh"});
  set_floats(node, "activation_alpha", {0.25F, 0.125F});
  set_integer(node, "input_forget", 0);
  add_node(model, "both", "Reshape", {"lstm", "rows"});
  node = add_node(model, "gru", "GRU", {"both", "gru.w", "gru.r"});
  set_integer(node, "linear_before_reset", 1);
  add_node(model, "squeezed", "Squeeze", {"gru", "one"});
  node = add_node(model, "rnn", "RNN", {"squeezed", "rnn.w", "rnn.r"});
  set_text(node, "direction", "reverse");
  add_output(model, "rnn");
  return model;
}

onnx::ModelProto quant_lstm_model() {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {2, 1, 2});
  std::vector<std::string> inputs = {"x", "state", "state"};
  add_patterned(model, "state", {1, 2});
  for (const char* name : {"ii", "if", "ic", "io", "hi", "hf", "hc", "ho"}) {
    add_patterned(model, name, {2, 2});
    inputs.emplace_back(name);
  }
  add_patterned(model, "bias", {2});
  inputs.insert(inputs.end(), 4, "bias");
  add_floats(model, "scale", {}, {1 / 16.0F});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {6});
  for (int part = 0; part < 11; ++part) inputs.insert(inputs.end(), {"scale", "zero", "bits"});
  onnx::NodeProto* node = add_node(model, "cell", "QuantLSTMCell", inputs, "onnx.brevitas");
  node->add_output("hidden");
  node->add_output("state_of_cell");
  set_integer(node, "batch_first", 0);
  set_integer(node, "cifg", 0);
  set_integer(node, "output_sigmoid_narrow_range", 0);
  set_integer(node, "output_sigmoid_signed", 0);
  set_text(node, "output_rounding_mode", "ROUND");
  add_output(model, "cell");
  return model;
}

Bytes bytes_of(const onnx::ModelProto& model) {
  const std::string text = model.SerializeAsString();
  return {text.begin(), text.end()};
}

}  // namespace tricycle::test
