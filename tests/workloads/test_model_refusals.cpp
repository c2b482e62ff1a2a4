// SPDX-License-Identifier: Apache-2.0
// What the models of newer exporters are taken with, and that what is refused is told by its true reason.
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/onnx_models.hpp"
#include "workloads/compile/quantize_graph.hpp"
#include "workloads/import/onnx/onnx_import.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::test;
using namespace std::string_literals;

Graph import(const onnx::ModelProto& model) {
  return import_onnx(bytes_of(model), "m.onnx");
}
std::string fault(const onnx::ModelProto& model, const QuantizeOptions& options = {}) {
  return message_of([&] { static_cast<void>(quantize_graph(import(model), pixels, options)); });
}

/// A product of the input, and what else `change` makes of it.
template <class Change>
onnx::ModelProto product_then(const std::vector<float>& weights, const Change& change) {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 2});
  add_floats(model, "w", {2, 2}, weights);
  add_node(model, "mm", "MatMul", {"x", "w"});
  change(model);
  return model;
}

/// Adds an initializer of four bits, two in a byte.
void add_nibbles(onnx::ModelProto& model, const std::string& name, const Shape& shape, int type,
                 const std::string& raw) {
  onnx::TensorProto* tensor = model.mutable_graph()->add_initializer();
  tensor->set_name(name);
  for (const std::int64_t size : shape) tensor->add_dims(size);
  tensor->set_data_type(type);
  tensor->set_raw_data(raw);
}

constexpr int uint4 = 21, int4 = 22;

}  // namespace

TEST_CASE("a Softmax at the end is refused with the option that leaves it out, another is not") {
  const auto end = product_then({1, -1, 1, 1}, [](auto& m) {
    add_node(m, "soft", "Softmax", {"mm"});
    add_output(m, "soft");
  });
  CHECK(fault(end) ==
        "m.onnx: node 'soft': error: Softmax: not supported by the vector unit; --allow-unsupported leaves "
        "it out");
  QuantizeOptions allow;
  allow.allow_unsupported = true;
  CHECK(fault(end, allow).empty());
  const auto twice = product_then({1, -1, 1, 1}, [](auto& m) {
    add_node(m, "soft", "Softmax", {"mm"});
    add_node(m, "again", "Softmax", {"soft"});
    add_node(m, "relu", "Relu", {"again"});
    add_output(m, "relu");
  });
  CHECK(fault(twice) ==
        "m.onnx: node 'soft': error: Softmax: not supported by the vector unit; --allow-unsupported leaves "
        "it out, and what follows it");
  CHECK(fault(twice, allow).empty());
  const auto middle = product_then({1, -1, 1, 1}, [](auto& m) {
    add_node(m, "soft", "Softmax", {"mm"});
    add_node(m, "mm2", "MatMul", {"soft", "w"});
    add_output(m, "mm2");
  });
  CHECK(fault(middle) == "m.onnx: node 'soft': error: Softmax: not supported by the vector unit");
  CHECK(fault(middle, allow) == "m.onnx: node 'soft': error: Softmax: not supported by the vector unit");
}

TEST_CASE("the option --calibrate is advised where it would help, and not where it is given") {
  const auto model = product_then({0.1F, 0.7F, 0.3337F, -0.2F}, [](auto& m) { add_output(m, "mm"); });
  const std::string grid =
      "m.onnx: node 'mm': error: MatMul: its weights are no low-bit codes: 4 values up to 0.7 that are no "
      "integers up to 127 times a step, nor powers of two";
  QuantizeOptions calibrated;
  calibrated.calibrated = true;
  CHECK(fault(model) == grid + "; --calibrate would quantize them");
  CHECK(fault(model, calibrated) == grid);
  const auto twice = product_then({1, -1, 1, 1}, [](auto& m) {
    add_node(m, "tanh", "Tanh", {"mm"});
    add_node(m, "mm2", "MatMul", {"tanh", "w"});
    add_output(m, "mm2");
  });
  const std::string wanted =
      "m.onnx: node 'mm2': error: MatMul: its input is not quantized: expected a quantizer before it";
  CHECK(fault(twice) == wanted + " (--calibrate puts one there)");
  CHECK(fault(twice, calibrated) == wanted);
}

TEST_CASE("attributes of newer operator sets are taken at their defaults, and refused by name at others") {
  const auto cast = [](const auto& change) {
    return product_then({1, -1, 1, 1}, [&](auto& m) {
      onnx::NodeProto* node = add_node(m, "cast", "Cast", {"mm"});
      set_integer(node, "to", 1);
      change(node);
      add_output(m, "cast");
    });
  };
  CHECK(fault(cast([](auto* node) { set_integer(node, "saturate", 1); })).empty());
  CHECK(fault(cast([](auto* node) { set_text(node, "round_mode", "up"); })).empty());
  CHECK(fault(cast([](auto* node) { set_integer(node, "saturate", 0); })) ==
        "m.onnx: node 'cast': error: Cast is supported only with saturate = 1");
  CHECK(fault(cast([](auto* node) { set_text(node, "round_mode", "down"); })) ==
        "m.onnx: node 'cast': error: Cast is supported only with round_mode = up");
}

TEST_CASE("the axes of a ReduceMean are an attribute or, since opset 18, a constant input") {
  const auto model = [](const auto& change) {
    onnx::ModelProto m = make_model();
    add_input(m, "x", {1, 2, 2, 3});
    onnx::NodeProto* mean = add_node(m, "mean", "ReduceMean", {"x"});
    change(m, mean);
    add_output(m, "mean");
    return m;
  };
  const auto add_axes = [](auto& m, const std::vector<std::int64_t>& axes) {
    onnx::TensorProto* tensor = m.mutable_graph()->add_initializer();
    tensor->set_name("axes");
    tensor->set_data_type(onnx::TensorProto::INT64);
    tensor->add_dims(static_cast<std::int64_t>(axes.size()));
    for (const std::int64_t axis : axes) tensor->add_int64_data(axis);
  };
  const Tensor x = floats({1, 2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const auto attribute = model([](auto&, auto* mean) { set_integers(mean, "axes", {2, 3}); });
  const auto input = model([&](auto& m, auto* mean) {
    add_axes(m, {2, 3});
    mean->add_input("axes");
    set_integer(mean, "noop_with_empty_axes", 0);
  });
  const auto constant = model([&](auto& m, auto* mean) {
    add_axes(m, {-1, -2});
    onnx::NodeProto* node = m.mutable_graph()->add_node();
    node->set_op_type("Constant");
    node->add_output("made");
    onnx::AttributeProto* value = node->add_attribute();
    value->set_name("value");
    value->set_type(onnx::AttributeProto::TENSOR);
    *value->mutable_t() = m.graph().initializer(0);
    mean->add_input("made");
    m.mutable_graph()->mutable_node()->SwapElements(0, 1);
  });
  for (const auto& m : {attribute, input, constant}) {
    const Tensor result = run_float(import(m), x);
    CHECK(result.shape == Shape{1, 2, 1, 1});
    CHECK(result.floats() == std::vector<float>{3.5F, 9.5F});
  }
  const auto all = model([&](auto& m, auto* mean) {
    add_axes(m, {});
    mean->add_input("axes");
  });
  CHECK(run_float(import(all), x).floats() == std::vector<float>{6.5F});
  CHECK(fault(model([&](auto& m, auto* mean) {
          add_input(m, "axes", {2});
          mean->add_input("axes");
        })) == "m.onnx: node 'mean': error: ReduceMean: its axes are expected to be constant integers");
  CHECK(fault(model([](auto&, auto* mean) { set_integer(mean, "noop_with_empty_axes", 1); })) ==
        "m.onnx: node 'mean': error: ReduceMean is supported only with noop_with_empty_axes = 0");
}

TEST_CASE("weights of four bits lie two in a byte, the first in its low half") {
  const auto dequantized = [](int type, const std::string& raw, const Shape& shape) {
    onnx::ModelProto m = make_model();
    add_nibbles(m, "q", shape, type, raw);
    add_floats(m, "s", {}, {0.5F});
    add_input(m, "x", shape);
    add_node(m, "w", "DequantizeLinear", {"q", "s"});
    add_node(m, "sum", "Add", {"x", "w"});
    add_output(m, "sum");
    return run_float(import(m),
                     floats(shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))))
        .floats();
  };
  CHECK(dequantized(int4, "\x87\xf0"s, {1, 4}) == std::vector<float>{3.5F, -4, 0, -0.5F});
  CHECK(dequantized(uint4, "\x87\xf0"s, {1, 4}) == std::vector<float>{3.5F, 4, 0, 7.5F});
  CHECK(dequantized(int4, "\x21\x0f"s, {1, 3}) == std::vector<float>{0.5F, 1, -0.5F});
  onnx::ModelProto m = make_model();
  add_nibbles(m, "q", {3}, int4, "\x21");
  add_node(m, "same", "Identity", {"q"});
  CHECK(message_of([&] { static_cast<void>(import(m)); }) ==
        "m.onnx: node 'q': error: tensor 'q' has 1 bytes for 2 elements of 1");
}

TEST_CASE("a quantizer to four bits is refused by name, also behind what lays its zero point out anew") {
  const auto model = [](const std::string& zero) {
    onnx::ModelProto m = make_model();
    add_nibbles(m, "zero", {1}, int4, "\1"s);
    add_floats(m, "s", {}, {0.5F});
    add_input(m, "x", {1, 4});
    add_node(m, "same", "Identity", {"zero"});
    add_node(m, "q", "QuantizeLinear", {"x", "s", zero});
    add_output(m, "q");
    return m;
  };
  for (const char* zero : {"zero", "same"}) {
    CHECK(fault(model(zero)) ==
          "m.onnx: node 'q': error: QuantizeLinear: to INT4 or UINT4 is not supported; to INT8 and UINT8 is, "
          "and "
          "Quant takes any number of bits");
  }
}

TEST_CASE("an element type that is not known is told by its number, and by its name where it has one") {
  const auto weights_of = [](int type) {
    onnx::ModelProto m = make_model();
    add_nibbles(m, "w", {2}, type, "ab");
    add_node(m, "same", "Identity", {"w"});
    return message_of([&] { static_cast<void>(import(m)); });
  };
  const std::string supported =
      "; supported are FLOAT, DOUBLE, INT64, INT32, INT8, UINT8, INT4, UINT4 and BOOL";
  CHECK(weights_of(17) ==
        "m.onnx: node 'w': error: tensor 'w' has the element type 17 (FLOAT8E4M3FN)" + supported);
  CHECK(weights_of(16) ==
        "m.onnx: node 'w': error: tensor 'w' has the element type 16 (BFLOAT16)" + supported);
  CHECK(weights_of(23) ==
        "m.onnx: node 'w': error: tensor 'w' has the element type 23 (FLOAT4E2M1)" + supported);
  CHECK(weights_of(99) == "m.onnx: node 'w': error: tensor 'w' has the element type 99" + supported);
  onnx::ModelProto m = make_model();
  add_input(m, "x", {1, 2});
  add_node(m, "same", "Identity", {"x"});
  m.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(8);
  CHECK(message_of([&] { static_cast<void>(import(m)); }) ==
        "m.onnx: error: the input 'x' has the element type 8 (STRING); supported are FLOAT, DOUBLE, FLOAT16, "
        "INT64, "
        "INT32, INT8, UINT8 and BOOL");
}

TEST_CASE("a quantizer may state the type that it gives anyway, and no other") {
  const auto model = [](std::int64_t quantized, std::int64_t real) {
    onnx::ModelProto m = make_model();
    add_input(m, "x", {1, 2});
    add_floats(m, "s", {}, {0.5F});
    onnx::TensorProto* zero = m.mutable_graph()->add_initializer();
    zero->set_name("zero");
    zero->set_data_type(onnx::TensorProto::INT8);
    zero->set_raw_data(std::string(1, '\0'));
    set_integer(add_node(m, "q", "QuantizeLinear", {"x", "s", "zero"}), "output_dtype", quantized);
    set_integer(add_node(m, "r", "DequantizeLinear", {"q", "s", "zero"}), "output_dtype", real);
    add_output(m, "r");
    return message_of([&] { static_cast<void>(import(m)); });
  };
  CHECK(model(0, 0).empty());
  CHECK(model(3, 1).empty());
  CHECK(model(2, 0) == "m.onnx: node 'q': error: QuantizeLinear is supported only with output_dtype = 0");
  CHECK(model(0, 10) == "m.onnx: node 'r': error: DequantizeLinear is supported only with output_dtype = 0");
}

TEST_CASE("a zero point of a type that no quantizer gives is refused by name") {
  for (const auto type : {onnx::TensorProto::FLOAT, onnx::TensorProto::INT32}) {
    onnx::ModelProto m = make_model();
    add_input(m, "x", {1, 2});
    add_floats(m, "s", {}, {0.5F});
    onnx::TensorProto* zero = m.mutable_graph()->add_initializer();
    zero->set_name("zero");
    zero->set_data_type(type);
    zero->set_raw_data(std::string(4, '\0'));
    add_node(m, "q", "QuantizeLinear", {"x", "s", "zero"});
    add_node(m, "r", "DequantizeLinear", {"q", "s", "zero"});
    add_node(m, "same", "Relu", {"r"});
    add_output(m, "same");
    CHECK(fault(m) == std::string("m.onnx: node 'q': error: QuantizeLinear: a zero point of type ") +
                          (type == onnx::TensorProto::FLOAT ? "float32" : "int32") +
                          "; supported are uint8 and int8");
  }
}
