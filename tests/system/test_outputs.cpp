// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "support/data_file.hpp"
#include "tests/system/program.hpp"
#include "tests/workloads/onnx_models.hpp"

using tricycle::Bytes;
using tricycle::write_npy;
using tricycle::test::add_floats;
using tricycle::test::add_input;
using tricycle::test::add_node;
using tricycle::test::add_output;
using tricycle::test::bytes_of;
using tricycle::test::make_model;
using tricycle::test::set_integer;
using tricycle::test::set_text;
using tricycle::test::Workspace;

namespace {

std::string text_of(const Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

/// Four numbers in steps of 0.5, a ternary layer `hidden` of three values, and two products of it: `scores`
/// and `box`.
onnx::ModelProto two_heads() {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 4});
  add_floats(model, "half", {}, {0.5F});
  add_floats(model, "one", {}, {1});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "two", {}, {2});
  add_floats(model, "eight", {}, {8});
  add_floats(model, "w", {4, 3}, {1, 0, -1, 1, 1, 1, 0, 0, 1, -1, 1, 1});
  add_floats(model, "w1", {3, 2}, {1, -1, 1, 1, -1, 1});
  add_floats(model, "w2", {3, 4}, {0.5F, 0, -0.5F, 0.5F, 0, 0.5F, 0.5F, -0.5F, 0.5F, 0.5F, 0, 0});
  add_node(model, "q", "Quant", {"x", "half", "zero", "eight"}, "qonnx.custom_op.general");
  add_node(model, "sums", "MatMul", {"q", "w"});
  onnx::NodeProto* hidden =
      add_node(model, "hidden", "Quant", {"sums", "one", "zero", "two"}, "qonnx.custom_op.general");
  tricycle::test::set_integer(hidden, "narrow", 1);
  add_node(model, "scores", "MatMul", {"hidden", "w1"});
  add_node(model, "box", "MatMul", {"hidden", "w2"});
  add_output(model, "scores");
  return model;
}

void write_model(const Workspace& here, const onnx::ModelProto& model) {
  here.write("m.onnx", text_of(bytes_of(model)));
  std::vector<float> x;
  for (int i = 0; i < 12; ++i) x.push_back(static_cast<float>(i * 5 % 12 - 6) * 0.3F);
  here.write("x.npy", write_npy({{3, 4}, x}));
}

/// Three steps of two inputs through an LSTM of two units: its h of all steps, and its last h and c as
/// outputs. With `streamed` its first states are inputs.
onnx::ModelProto lstm(bool streamed, const std::string& direction = "forward") {
  const std::int64_t directions = direction == "bidirectional" ? 2 : 1;
  onnx::ModelProto model = make_model();
  add_input(model, "x", {3, 1, 2});
  const auto values = [](std::size_t count, int seed) {
    std::vector<float> floats;
    for (std::size_t i = 0; i < count; ++i)
      floats.push_back(static_cast<float>((static_cast<int>(i) * 7 + seed) % 11 - 5) / 8);
    return floats;
  };
  const auto count = static_cast<std::size_t>(directions);
  add_floats(model, "W", {directions, 8, 2}, values(16 * count, 1));
  add_floats(model, "R", {directions, 8, 2}, values(16 * count, 2));
  add_floats(model, "B", {directions, 16}, values(16 * count, 3));
  std::vector<std::string> inputs = {"x", "W", "R", "B"};
  if (streamed) {
    add_input(model, "h0", {directions, 1, 2});
    add_input(model, "c0", {directions, 1, 2});
    inputs.insert(inputs.end(), {"", "h0", "c0"});
  }
  onnx::NodeProto* node = add_node(model, "y", "LSTM", inputs);
  node->set_name("lstm");
  node->add_output("hn");
  node->add_output("cn");
  set_integer(node, "hidden_size", 2);
  set_text(node, "direction", direction);
  add_output(model, "y");
  add_output(model, "hn");
  add_output(model, "cn");
  return model;
}

void write_lstm(const Workspace& here, const onnx::ModelProto& model) {
  here.write("m.onnx", text_of(bytes_of(model)));
  std::vector<float> x;
  for (int i = 0; i < 12; ++i) x.push_back(static_cast<float>(i * 5 % 12 - 6) * 0.3F);
  here.write("x.npy", write_npy({{2, 3, 1, 2}, x}));
}

bool are_close(const nlohmann::json& found, const std::vector<float>& expected) {
  const auto values = found.get<std::vector<float>>();
  bool close = values.size() == expected.size();
  for (std::size_t i = 0; close && i < values.size(); ++i) close = std::abs(values[i] - expected[i]) < 1e-5;
  return close;
}

/// The values of an output that the float interpreter gives for the first item.
std::vector<float> inferred(const Workspace& here, const std::string& value) {
  REQUIRE(here.tricycle("infer m.onnx --input x.npy --limit 1 --value " + value + " -o y.npy").code == 0);
  const std::string text = here.read("y.npy");
  return tricycle::parse_npy(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), "y")
      .floats();
}

}  // namespace

TEST_CASE("each of a model's three outputs is computed, checked, and named in the result with its values") {
  const Workspace here;
  onnx::ModelProto model = two_heads();
  add_output(model, "box");
  add_output(model, "hidden");
  write_model(here, model);
  const auto ended = here.tricycle("run m.onnx --input x.npy --reference all -o out");
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  const auto result = here.json("out/result.json");
  const auto outputs = result["outputs"];
  CHECK(outputs["name"] == "scores");
  CHECK(outputs["shape"] == "[1, 2]");
  CHECK(outputs["first"].get<std::vector<float>>() == inferred(here, "scores"));
  REQUIRE(outputs["further"].size() == 2);
  CHECK(outputs["further"][0]["name"] == "box");
  CHECK(outputs["further"][0]["first"].get<std::vector<float>>() == inferred(here, "box"));
  CHECK(outputs["further"][1]["name"] == "hidden");
  CHECK(outputs["further"][1]["first"].get<std::vector<float>>() == inferred(here, "hidden"));
  CHECK(outputs["further"][1]["codes"].size() == 3);
  CHECK(outputs["further"][1]["scale"] == 1);
  const std::vector<std::string> crcs = {outputs["crc32"], outputs["further"][0]["crc32"],
                                         outputs["further"][1]["crc32"]};
  CHECK(crcs[0].size() == 8);
  CHECK(crcs[0] != crcs[1]);
  CHECK(result["verify"]["mismatches"] == 0);
  // Three items of 3 values behind the first layer, 2 and 4 of the products, and 9 of the outputs.
  CHECK(result["verify"]["checked"] == 3 * (9 + 9));
  CHECK(result["reference"]["items"] == 3);
  CHECK(result["reference"]["values"] == 3 * 9);
  CHECK(result["reference"]["differ"] == 0);
  CHECK(ended.out.find("\n  outputs      scores [1, 2], box [1, 4], hidden [1, 3]\n") != std::string::npos);
}

TEST_CASE("a trace of three outputs has them in both forms, and a replay gives the same values") {
  const Workspace here;
  onnx::ModelProto model = two_heads();
  add_output(model, "box");
  add_output(model, "hidden");
  write_model(here, model);
  REQUIRE(here.tricycle("run m.onnx --input x.npy -q -o ran").code == 0);
  REQUIRE(here.tricycle("lower m.onnx --input x.npy -o t.trace").code == 0);
  const std::string text = here.tricycle("trace show t.trace").out;
  CHECK(text.find("\noutput name=\"scores\" ") != std::string::npos);
  CHECK(text.find("\noutput name=\"box\" ") != std::string::npos);
  CHECK(text.find("\noutput name=\"hidden\" ") != std::string::npos);
  REQUIRE(here.tricycle("replay t.trace -q -o replayed").code == 0);
  CHECK(here.json("replayed/result.json")["outputs"] == here.json("ran/result.json")["outputs"]);
  CHECK(here.json("replayed/result.json")["verify"]["reference"] == "golden");
}

TEST_CASE("an LSTM's last states are outputs beside its h of all steps, as in the float interpreter") {
  const Workspace here;
  write_lstm(here, lstm(false));
  const auto ended =
      here.tricycle("run m.onnx --input x.npy --arch recurrent-fp32 --reference first -q -o out");
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  const auto result = here.json("out/result.json");
  const auto outputs = result["outputs"];
  CHECK(outputs["name"] == "y");
  REQUIRE(outputs["further"].size() == 2);
  CHECK(outputs["further"][0]["name"] == "hn");
  CHECK(outputs["further"][0]["shape"] == "[1, 1, 2]");
  CHECK(are_close(outputs["first"], inferred(here, "y")));
  CHECK(are_close(outputs["further"][0]["first"], inferred(here, "hn")));
  CHECK(are_close(outputs["further"][1]["first"], inferred(here, "cn")));
  CHECK(result["reference"]["values"] == 6 + 2 + 2);
  CHECK(result["reference"]["differ"] == 0);
  CHECK(result["verify"]["mismatches"] == 0);
  CHECK_FALSE(result.contains("states"));  // each item begins at zeros
}

TEST_CASE("a GRU's last state has the 16 bits that it is carried in, an LSTM's cell those of its format") {
  const Workspace here;
  write_lstm(here, lstm(false));
  REQUIRE(here.tricycle("run m.onnx --input x.npy --arch recurrent --set recurrent.weights=ttq "
                        "--set recurrent.activations=int8 -q -o out")
              .code == 0);
  auto further = here.json("out/result.json")["outputs"]["further"];
  CHECK(further[0]["scale"] == 1.0 / 128);
  CHECK(further[1]["scale"] == 1.0 / 1024);
  onnx::ModelProto gru = lstm(false);
  onnx::NodeProto* node = gru.mutable_graph()->mutable_node(0);
  node->set_op_type("GRU");
  node->mutable_output()->RemoveLast();
  gru.mutable_graph()->mutable_output()->RemoveLast();
  for (int i = 0; i < 3; ++i) {
    onnx::TensorProto* tensor = gru.mutable_graph()->mutable_initializer(i);
    tensor->set_dims(1, i < 2 ? 6 : 12);  // three gates
    tensor->mutable_float_data()->Truncate(12);
  }
  write_lstm(here, gru);
  const auto ended = here.tricycle(
      "run m.onnx --input x.npy --arch recurrent --set recurrent.weights=ttq "
      "--set recurrent.activations=int8 -q -o out");
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  further = here.json("out/result.json")["outputs"]["further"];
  REQUIRE(further.size() == 1);
  CHECK(further[0]["name"] == "hn");
  CHECK(further[0]["scale"] == 1.0 / 16384);
}

TEST_CASE("states that are carried are bound in the trace, and the result has them behind the last item") {
  const Workspace here;
  write_lstm(here, lstm(true));
  const std::string options = " --arch recurrent-fp32 --input x.npy";
  REQUIRE(here.tricycle("run m.onnx -q -o ran" + options).code == 0);
  REQUIRE(here.tricycle("run m.onnx -q -o one --limit 1" + options).code == 0);
  const auto result = here.json("ran/result.json");
  REQUIRE(result["states"].size() == 2);
  CHECK(result["states"][0]["name"] == "lstm.h");
  CHECK(result["states"][0]["shape"] == "[1, 2]");
  CHECK(result["states"][1]["name"] == "lstm.c");
  // The first item's last states are its outputs; those behind the second are others.
  const auto one = here.json("one/result.json");
  CHECK(one["states"][0]["last"] == one["outputs"]["further"][0]["first"]);
  CHECK(one["states"][1]["last"] == one["outputs"]["further"][1]["first"]);
  CHECK(one["outputs"]["first"] == result["outputs"]["first"]);
  CHECK(one["states"][1]["last"] != result["states"][1]["last"]);
  CHECK(result["verify"]["mismatches"] == 0);
  REQUIRE(here.tricycle("lower m.onnx -o t.trace" + options).code == 0);
  const std::string text = here.tricycle("trace show t.trace").out;
  CHECK(text.find("\nstate name=\"lstm.h\" format=float32 ") != std::string::npos);
  CHECK(text.find("\nstate name=\"lstm.c\" format=float32 ") != std::string::npos);
  REQUIRE(here.tricycle("replay t.trace -q -o replayed").code == 0);
  CHECK(here.json("replayed/result.json")["states"] == result["states"]);
}

TEST_CASE("a replay whose trace has other states before its first item goes on from them") {
  const Workspace here;
  write_lstm(here, lstm(true));
  const std::string options = " --arch recurrent-fp32 --input x.npy";
  REQUIRE(here.tricycle("run m.onnx -q -o both" + options).code == 0);
  REQUIRE(here.tricycle("lower m.onnx --text -o t.txt --limit 1" + options).code == 0);
  REQUIRE(here.tricycle("replay t.txt -q -o first").code == 0);
  const auto states = here.json("first/result.json")["states"];
  std::string text = here.read("t.txt");
  for (const auto& state : states) {
    // The segment at the state's address holds its zeros before the first item.
    const std::string name = state["name"];
    const std::size_t line = text.find("\nstate name=\"" + name + "\"");
    const std::size_t at = text.find("address=", line) + 8;
    const std::string segment = "\nsegment address=" + text.substr(at, text.find(' ', at) - at) + "\n";
    const std::size_t bytes = text.find("\n  ", text.find(segment)) + 3;
    std::string hex;
    for (const float value : state["last"].get<std::vector<float>>()) {
      const auto bits = std::bit_cast<std::uint32_t>(value);
      for (unsigned shift = 0; shift < 32; shift += 8) hex += fmt::format("{:02x}", bits >> shift & 0xffU);
    }
    REQUIRE(text.substr(bytes, hex.size()) == std::string(hex.size(), '0'));
    text.replace(bytes, hex.size(), hex);
  }
  text.erase(text.find("golden crc="));
  here.write("next.txt", text);
  std::vector<float> second;
  for (int i = 6; i < 12; ++i) second.push_back(static_cast<float>(i * 5 % 12 - 6) * 0.3F);
  here.write("second.npy", write_npy({{1, 3, 1, 2}, second}));
  const auto ended = here.tricycle("replay next.txt --input second.npy -q -o next");
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  CHECK(here.json("next/result.json")["states"] == here.json("both/result.json")["states"]);
}

TEST_CASE("outputs of a recurrent model that are no last states of one direction are refused by name") {
  const Workspace here;
  write_lstm(here, lstm(false, "bidirectional"));
  check_refused(here, "run m.onnx --arch recurrent-fp32 -o out",
                "m.onnx: error: the output 'hn' is the last state of both directions of 'lstm', which is not "
                "supported");
  onnx::ModelProto model = lstm(false);
  model.mutable_graph()->mutable_output()->SwapElements(0, 1);
  write_lstm(here, model);
  check_refused(here, "run m.onnx --arch recurrent-fp32 -o out",
                "m.onnx: error: the output 'y' is no last state of a layer, and only the first output is the "
                "end of the chain");
}

TEST_CASE("a replay quantizes a new input as the model does: the trace has the model's own quantizer") {
  const Workspace here;
  onnx::ModelProto model = two_heads();
  add_output(model, "box");
  onnx::NodeProto* quant = model.mutable_graph()->mutable_node(0);
  set_text(quant, "rounding_mode", "CEIL");
  add_floats(model, "three", {}, {3});
  quant->set_input(2, "three");
  write_model(here, model);
  const auto lowered = here.tricycle("lower m.onnx -o t.trace");
  INFO(lowered.err);
  REQUIRE(lowered.code == 0);
  REQUIRE(here.tricycle("lower m.onnx --text -o t.txt").code == 0);
  REQUIRE(here.tricycle("run m.onnx --input x.npy -q -o ran").code == 0);
  const auto ran = here.json("ran/result.json");
  CHECK(ran["input"]["rule"] == "quant");
  CHECK(ran["input"]["rounding"] == "CEIL");
  CHECK(ran["input"]["step"] == 0.5);
  CHECK(ran["input"]["quantizer_zero_point"] == 3);
  for (const char* trace : {"t.trace", "t.txt"}) {
    REQUIRE(here.tricycle(std::string("replay ") + trace + " --input x.npy -q -o replayed").code == 0);
    const auto replayed = here.json("replayed/result.json");
    CHECK(replayed["input"] == ran["input"]);
    CHECK(replayed["outputs"] == ran["outputs"]);
  }
}
