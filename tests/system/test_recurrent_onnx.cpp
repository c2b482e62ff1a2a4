// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"
#include "tests/system/program.hpp"
#include "tests/workloads/onnx_models.hpp"

using tricycle::Shape;
using tricycle::test::add_floats;
using tricycle::test::add_input;
using tricycle::test::add_node;
using tricycle::test::add_output;
using tricycle::test::make_model;
using tricycle::test::set_integer;
using tricycle::test::Workspace;

namespace {

/// Three steps of two inputs through a recurrent layer of two units.
struct Model {
  std::string op = "LSTM";
  Shape w = {1, 4 * 2, 2}, r = {1, 4 * 2, 2}, b = {1, 2 * 4 * 2};
  std::vector<std::string> more_inputs;  ///< behind X, W, R and B
  std::function<void(onnx::ModelProto&, onnx::NodeProto&)> bend;
};

void add_constant(onnx::ModelProto& model, const std::string& name, const Shape& shape, float value = 0.25F) {
  const auto count = static_cast<std::size_t>(tricycle::element_count(shape));
  add_floats(model, name, shape, std::vector<float>(count, value));
}

std::string bytes_of(const Model& what) {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {3, 1, 2});
  add_constant(model, "W", what.w);
  add_constant(model, "R", what.r);
  add_constant(model, "B", what.b);
  std::vector<std::string> inputs = {"x", "W", "R", "B"};
  inputs.insert(inputs.end(), what.more_inputs.begin(), what.more_inputs.end());
  onnx::NodeProto* node = add_node(model, "cell", what.op, inputs);
  set_integer(node, "hidden_size", 2);
  if (what.bend) what.bend(model, *node);
  if (model.graph().output().empty()) add_output(model, "cell");
  return model.SerializeAsString();
}

void check_refused(const Model& model, const std::string& message, const std::string& options = "") {
  const Workspace here;
  here.write("m.onnx", bytes_of(model));
  const auto ended = here.tricycle("run m.onnx --arch recurrent-fp32 -o out " + options);
  CHECK(ended.err == message + "\n");
  CHECK(ended.code == 2);
  CHECK(ended.out.empty());
  CHECK_FALSE(here.has("out"));
}

/// The message begins with the layer.
void check_cell_refused(const Model& model, const std::string& message) {
  check_refused(model, "m.onnx: node 'cell': error: LSTM: " + message);
}

Model bent(std::function<void(onnx::ModelProto&, onnx::NodeProto&)> bend) {
  Model model;
  model.bend = std::move(bend);
  return model;
}

}  // namespace

TEST_CASE("an LSTM of two units runs in float32, and with ternary weights and states") {
  const Workspace here;
  here.write("m.onnx", bytes_of({}));
  CHECK(here.tricycle("run m.onnx --arch recurrent-fp32 -q -o a").code == 0);
  CHECK(
      here.tricycle("run m.onnx --set recurrent.weights=ttq --set recurrent.activations=btq -q -o b").code ==
      0);
  CHECK(here.json("a/result.json")["verify"]["mismatches"] == 0);
  CHECK(here.json("b/result.json")["verify"]["mismatches"] == 0);
}

TEST_CASE(
    "a GRU of two units runs with sequence lengths of all of its 3 steps, and is refused with one of 2") {
  const auto gru = [](std::int32_t length) {
    Model model = bent([length](onnx::ModelProto& proto, auto& node) {
      onnx::TensorProto* lengths = proto.mutable_graph()->add_initializer();
      lengths->set_name("lengths");
      lengths->set_data_type(onnx::TensorProto::INT32);
      lengths->add_dims(1);
      lengths->add_int32_data(length);
      set_integer(&node, "linear_before_reset", 1);
    });
    model.op = "GRU";
    model.w = model.r = {1, 3 * 2, 2};
    model.b = {1, 2 * 3 * 2};
    model.more_inputs = {"lengths"};
    return model;
  };
  const Workspace here;
  here.write("m.onnx", bytes_of(gru(3)));
  const auto ended = here.tricycle("run m.onnx --arch recurrent-fp32 -q -o out");
  CHECK(ended.err.empty());
  REQUIRE(ended.code == 0);
  CHECK(here.json("out/result.json")["verify"]["mismatches"] == 0);
  CHECK(here.json("out/result.json")["recurrence"]["steps"] == 3);
  check_refused(gru(2),
                "m.onnx: node 'cell': error: GRU: with sequence_lens other than the number of steps is "
                "not mapped: it runs in the float interpreter only ('tricycle infer')");
}

TEST_CASE("weights and biases of other shapes are refused with both shapes") {
  Model model;
  model.w = {1, 6, 2};
  check_cell_refused(model, "W is expected to have the shape [1, 8, 2], not [1, 6, 2]");
  model = {};
  model.r = {1, 8, 3};
  check_cell_refused(model, "R is expected to have the shape [1, 8, 2], not [1, 8, 3]");
  model = {};
  model.b = {1, 8};
  check_cell_refused(model, "B is expected to have the shape [1, 16], not [1, 8]");
  model = {};
  model.w = {8, 2};
  check_cell_refused(model, "W is expected to have three dimensions, not the shape [8, 2]");
}

TEST_CASE("a hidden_size that the weights do not have is refused") {
  check_cell_refused(bent([](auto&, auto& node) { node.mutable_attribute(0)->set_i(3); }),
                     "W is expected to have the shape [1, 12, 2], not [1, 8, 2]");
}

TEST_CASE(
    "an unknown activation is refused with the nearest one, others than the cell's own on the machine") {
  const auto with = [](const std::vector<std::string>& names) {
    return bent([names](auto&, auto& node) { tricycle::test::set_texts(&node, "activations", names); });
  };
  check_cell_refused(with({"Sigmoid", "Tanhh", "Tanh"}),
                     "the activation 'Tanhh' is not known; did you mean 'Tanh'?");
  check_cell_refused(with({"Sigmoid", "Tanh"}), "has 2 activations; expected 3, 3 for each direction");
  check_cell_refused(
      with({"HardSigmoid", "Tanh", "Tanh"}),
      "with other functions than sigmoid for gates and tanh is not mapped: it runs in the float "
      "interpreter only ('tricycle infer')");
}

TEST_CASE("peepholes, a clip, a coupled forget gate and layout 1 run in the float interpreter only") {
  Model peepholes = bent([](auto& model, auto&) { add_constant(model, "P", {1, 3 * 2}); });
  peepholes.more_inputs = {"", "", "", "P"};
  const std::string only = " is not mapped: it runs in the float interpreter only ('tricycle infer')";
  check_cell_refused(peepholes, "with peepholes" + only);
  check_cell_refused(bent([](auto&, auto& node) {
                       onnx::AttributeProto* clip = node.add_attribute();
                       clip->set_name("clip");
                       clip->set_type(onnx::AttributeProto::FLOAT);
                       clip->set_f(3);
                     }),
                     "with clip" + only);
  check_cell_refused(bent([](auto&, auto& node) { set_integer(&node, "input_forget", 1); }),
                     "with input_forget" + only);
  check_cell_refused(bent([](auto& model, auto& node) {
                       model.mutable_opset_import(0)->set_version(14);
                       set_integer(&node, "layout", 1);
                     }),
                     "with layout 1" + only);
}

TEST_CASE("an initial state that is constant and not 0 runs in the float interpreter only") {
  Model model = bent([](auto& proto, auto&) { add_constant(proto, "h0", {1, 1, 2}); });
  model.more_inputs = {"", "h0"};
  check_cell_refused(model,
                     "with constant initial states other than 0 is not mapped: it runs in the float "
                     "interpreter only ('tricycle infer')");
}

TEST_CASE("last states of both directions are refused by what they are, and computed by infer") {
  Model model = bent([](onnx::ModelProto& proto, auto& node) {
    tricycle::test::set_text(&node, "direction", "bidirectional");
    node.add_output("h");
    add_node(proto, "heads", "Transpose", {"h"});
    add_output(proto, "heads");
  });
  model.w = model.r = {2, 4 * 2, 2};
  model.b = {2, 2 * 4 * 2};
  check_refused(
      model,
      "m.onnx: node 'heads': error: Transpose: reads Y_h of the bidirectional layer 'cell', which is not "
      "mapped: it runs in the float interpreter only ('tricycle infer')");
  const Workspace here;
  here.write("m.onnx", bytes_of(model));
  here.write("x.npy", tricycle::write_npy({{3, 1, 2}, std::vector<float>{1, 0, 0.5F, -1, 0, 2}}));
  const auto ended = here.tricycle("infer m.onnx --input x.npy -o y.npy");
  CHECK(ended.out == "y.npy: 'heads', float32 [2, 1, 2], 1 item\n");
  CHECK(ended.code == 0);
}

TEST_CASE("a recurrent network with another operator names it") {
  check_refused(
      bent([](auto& model, auto&) {
        add_node(model, "soft", "Softmax", {"cell"});
        add_output(model, "soft");
      }),
      "m.onnx: node 'soft': error: Softmax: is not mapped: a recurrent network on the machine is an "
      "embedding, LSTM, GRU or RNN layers and a decoder");
}

TEST_CASE("weights that come from outside are refused by the layer's name") {
  check_cell_refused(bent([](auto& model, auto&) {
                       auto* initializers = model.mutable_graph()->mutable_initializer();
                       initializers->DeleteSubrange(1, 1);  // R
                       add_input(model, "R", {1, 8, 2});
                     }),
                     "its weights are not constant: only constant ones run on the machine");
}

TEST_CASE("a vocabulary that is none, or of another number of tokens than the input takes, is refused") {
  const Workspace here;
  here.write("m.onnx", bytes_of({}));
  const auto check = [&](const std::string& name, const std::string& text, const std::string& message) {
    here.write(name, text);
    const auto ended = here.tricycle("run m.onnx --arch recurrent-fp32 -o out --vocabulary " + name);
    CHECK(ended.err == name + ": error: " + message + "\n");
    CHECK(ended.code == 2);
    CHECK_FALSE(here.has("out"));
  };
  check("v.txt", "abc",
        "has 3 tokens; the model's input 'input' of shape [3, 1, 2] takes no tokens of so many");
  check("v.txt", "aba", "token 2 is the same as token 0");
  check("v.txt", "", "is an empty file; expected a vocabulary");
  check("v.txt", "a\xff", "the byte 0xff is no UTF-8");
  check("v.json", "[\"a\", 7]", "token 1 is 7, not a text");
  check("v.json", "[\"a\", \"\"]", "token 1 is empty");
  check("v.json", "{\"words\": [\"a\", \"b\"]}",
        "is expected to be a list of tokens in JSON, or to have one as 'vocab' or 'vocabulary'");
  check("v.json", "[\"a\"",
        "is expected to be a list of tokens in JSON, or to have one as 'vocab' or 'vocabulary'");
  here.write("v.json", "{\"vocabulary\": [\"a\", \"\\n\"]}");
  CHECK(here.tricycle("run m.onnx --arch recurrent-fp32 -q -o out --vocabulary v.json").code == 0);
  const auto own = here.tricycle("run hitnet-lstm300-char --vocabulary v.json -q -o own");
  CHECK(own.code == 2);
  CHECK(own.err == "--vocabulary: error: the model has a vocabulary of its own, of 65 tokens\n");
}
