// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"
#include "tests/system/program.hpp"
#include "tests/workloads/onnx_models.hpp"

using tricycle::Bytes;
using tricycle::Shape;
using tricycle::Tensor;
using tricycle::write_npy;
using tricycle::test::add_floats;
using tricycle::test::add_input;
using tricycle::test::add_node;
using tricycle::test::add_output;
using tricycle::test::bytes_of;
using tricycle::test::make_model;
using tricycle::test::shared_models;
using tricycle::test::Workspace;

namespace {

std::string text_of(const Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

/// QuantizeLinear of 4 numbers with a step of 0.5 and a zero point of 10, and their sum.
onnx::ModelProto quantized_sum() {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 4});
  add_floats(model, "step", {}, {0.5F});
  onnx::TensorProto* zero = model.mutable_graph()->add_initializer();
  zero->set_name("zero");
  zero->set_data_type(onnx::TensorProto::UINT8);
  zero->add_int32_data(10);
  add_floats(model, "w", {4, 1}, {1, 1, 1, 1});
  add_node(model, "q", "QuantizeLinear", {"x", "step", "zero"});
  add_node(model, "d", "DequantizeLinear", {"q", "step", "zero"});
  add_node(model, "y", "MatMul", {"d", "w"});
  add_output(model, "y");
  return model;
}

/// The same without a quantizer: the sum of 4 pixels behind a ternary quantizer.
onnx::ModelProto pixel_sum() {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 4});
  add_floats(model, "one", {}, {1});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {2});
  add_floats(model, "w", {4, 1}, {1, 1, 1, 1});
  add_node(model, "two", "Add", {"x", "one"});
  tricycle::test::set_integer(
      add_node(model, "q", "Quant", {"two", "one", "zero", "bits"}, "qonnx.custom_op.general"), "signed", 0);
  add_node(model, "y", "MatMul", {"q", "w"});
  add_output(model, "y");
  return model;
}

std::string npy(const Shape& shape, std::vector<float> values) {
  return write_npy({shape, std::move(values)});
}
std::string bytes_npy(const Shape& shape, std::vector<std::uint8_t> values) {
  return write_npy({shape, std::move(values)});
}

struct Here : Workspace {
  explicit Here(const onnx::ModelProto& model) {
    write("m.onnx", text_of(bytes_of(model)));
    write("real.npy", npy({1, 4}, {0.25F, 0.75F, -3, 100}));
    write("bytes.npy", bytes_npy({1, 4}, {0, 51, 102, 255}));
  }
  /// The one output, or the message of a refusal.
  std::string run(const std::string& arguments) const {
    const auto ended = tricycle("run m.onnx -q -o out " + arguments);
    if (ended.code == 2) return ended.err;
    REQUIRE(ended.code == 0);
    return json("out/result.json")["outputs"]["first"][0].dump();
  }
};

}  // namespace

TEST_CASE("real numbers reach a model's own quantizer as they are: 0, 1, -3 and 100 of steps of 0.5") {
  const Here here(quantized_sum());
  // 0.25 and 0.75 are ties to 0 and 2 steps; -3 is code 4; 100 is code 210.
  CHECK(here.run("--input real.npy") == "98.0");
  const auto input = here.json("out/result.json")["input"];
  CHECK(input["rule"] == "quantize_linear");
  CHECK(input["step"] == 0.5);
  CHECK(input["quantizer_zero_point"] == 10);
  CHECK(input["clamped"] == 0);
  CHECK(input["type"] == "float32");
}

TEST_CASE("bytes reach it as what --input-scale, --input-mean and --input-std say that they are") {
  const Here here(quantized_sum());
  // 0, 0.2, 0.4 and 1 are 0, 0.4, 0.8 and 2 steps.
  CHECK(here.run("--input bytes.npy") == "1.5");
  // 0, 25.5, 51 and 127.5, of which the last code is 122.5.
  CHECK(here.run("--input bytes.npy --input-scale 0.5") == "199.0");
  // -50, whose code is the first, -5; 1, 52 and 205.
  CHECK(here.run("--input bytes.npy --input-scale 1 --input-mean 50") == "170.5");
  CHECK(here.run("--input bytes.npy --input-scale 1 --input-mean 51 --input-std 10") == "20.5");
  CHECK(here.json("out/result.json")["input"]["byte"] ==
        nlohmann::json({{"scale", "1"}, {"mean", 51}, {"std", 10}}));
}

TEST_CASE("what contradicts the model's scale by more than a unit in the last place of float32 is refused") {
  const Here here(quantized_sum());
  CHECK(here.run("--input real.npy --input-scale 0.5") == "98.0");
  CHECK(here.run("--input real.npy --input-scale 0.50000003") == "98.0");
  CHECK(here.run("--input real.npy --input-scale 0.5000002") ==
        "--input-scale: error: 0.5000002 contradicts the model: the model quantizes real numbers of 0.5 "
        "each, and the "
        "input holds real numbers, whose bytes nobody has\n");
  CHECK(here.run("--input real.npy --input-mean 1") ==
        "--input-mean: error: applies only to bytes; it holds real "
        "numbers\n");
  CHECK(here.run("--input bytes.npy --input-mean 1,2") ==
        "--input-mean: error: has 2 numbers for the 4 channels of the input 'x'\n");
  CHECK(here.run("--input bytes.npy --input-std 0") ==
        "--input-std: error: expected a number greater than zero, or one for each channel with commas "
        "between them, "
        "not '0'\n");
  CHECK(here.run("--input bytes.npy --input-mean 1,,2").find("not '1,,2'") != std::string::npos);
}

TEST_CASE("values that the model's quantizer clamps are counted, and noted above one in a hundred") {
  const Here here(quantized_sum());
  here.write("x.npy", npy({2, 4}, {0, 1, 2, 1000, 3, 4, -1000, 122.5F}));
  const auto ended = here.tricycle("run m.onnx --input x.npy -o out");
  CHECK(ended.code == 0);
  CHECK(here.json("out/result.json")["input"]["clamped"] == 2);
  CHECK(here.json("out/result.json")["input"]["values"] == 8);
  CHECK(ended.out.find("NOTE         the model's quantizer clamps 25.0% of the input's values") !=
        std::string::npos);
}

TEST_CASE("numbers that are not finite are refused with their element") {
  const Here here(quantized_sum());
  here.write("x.npy", npy({1, 4}, {0, 1, std::numeric_limits<float>::infinity(), 0}));
  CHECK(here.run("--input x.npy") == "x.npy: error: element 2 is inf: not finite\n");
  here.write("x.npy", npy({1, 4}, {0, std::numeric_limits<float>::quiet_NaN(), 1, 0}));
  CHECK(here.run("--input x.npy") == "x.npy: error: element 1 is nan: not finite\n");
}

TEST_CASE(
    "without a quantizer of its own a model takes pixels, with --input-mean and --input-std in front of it") {
  const Here here(pixel_sum());
  // x + 1 of 0, 0.2, 0.4 and 1 rounds to 1, 1, 1 and 2.
  CHECK(here.run("--input bytes.npy") == "5.0");
  // (x - 0.4) / 0.2 + 1 is -1, 0, 1 and 4, of codes from 0 to 3.
  CHECK(here.run("--input bytes.npy --input-mean 0.4 --input-std 0.2") == "4.0");
  here.write("x.npy", npy({1, 4}, {-2, -1, 0, 3}));
  CHECK(here.run("--input x.npy --input-mean 0.4 --input-std 0.2") == "4.0");
  here.write("x.npy", npy({1, 4}, {-2, -1, 0.3F, 3}));
  CHECK(here.run("--input x.npy --input-mean 0.4 --input-std 0.2")
            .find("behind the mean and deviation of bytes") != std::string::npos);
}

TEST_CASE("a replay reads other inputs by the header of its trace, and gives what a run gives") {
  const Here here(quantized_sum());
  REQUIRE(here.tricycle("lower m.onnx -o t.trace").code == 0);
  for (const std::string& input :
       {std::string("--input real.npy"), std::string("--input bytes.npy --input-scale 0.5 --input-mean 3")}) {
    REQUIRE(here.tricycle("replay t.trace -q -o a " + input).code == 0);
    REQUIRE(here.tricycle("run m.onnx -q -o b --reference off " + input).code == 0);
    const auto a = here.json("a/result.json"), b = here.json("b/result.json");
    CHECK(a["outputs"] == b["outputs"]);
    CHECK(a["input"] == b["input"]);
  }
  CHECK(here.tricycle("replay t.trace --input real.npy --input-scale 0.25").code == 2);
  const Here pixels(pixel_sum());
  REQUIRE(pixels.tricycle("lower m.onnx -o t.trace").code == 0);
  CHECK(pixels.tricycle("replay t.trace --input bytes.npy --input-scale 0.5").err ==
        "--input-scale: error: 0.5 contradicts the model: the thresholds of the first layer are for codes of "
        "0.003921569 each\n");
}

TEST_CASE("a uint8 input takes integers as they are, and nothing else") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 4});
  model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::UINT8);
  add_floats(model, "step", {}, {0.5F});
  add_floats(model, "w", {4, 1}, {1, 1, 1, 1});
  add_node(model, "d", "DequantizeLinear", {"x", "step"});
  add_node(model, "y", "MatMul", {"d", "w"});
  add_output(model, "y");
  const Here here(model);
  CHECK(here.run("--input bytes.npy") == "204.0");
  CHECK(here.json("out/result.json")["input"]["type"] == "uint8");
  CHECK(here.json("out/result.json")["reference"]["differ"] == 0);
  CHECK(here.run("--input real.npy") ==
        "real.npy: error: holds floating point; the input 'x' takes integers (uint8)\n");
  CHECK(here.run("--input bytes.npy --input-scale 0.5") == "204.0");
  CHECK(here.run("--input bytes.npy --input-scale 1/255") ==
        "--input-scale: error: 1/255 contradicts the model: the model takes integers of 0.5 each\n");
  here.write("x.npy", write_npy({{1, 4}, std::vector<std::int32_t>{0, 1, 256, 3}}));
  CHECK(here.run("--input x.npy") ==
        "x.npy: error: element 2 is 256; the input takes integers from 0 to 255\n");
}

TEST_CASE("a float16 input rounds numbers to half precision before the model sees them") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 4});
  model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::FLOAT16);
  add_floats(model, "step", {}, {1.0F / 1024});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {16});
  add_floats(model, "bits8", {}, {8});
  add_floats(model, "w", {4, 1}, {1, 0, 0, 0});
  tricycle::test::set_integer(add_node(model, "wide", "Cast", {"x"}), "to", 1);
  add_node(model, "q", "Quant", {"wide", "step", "zero", "bits8"}, "qonnx.custom_op.general");
  add_node(model, "y", "MatMul", {"q", "w"});
  add_output(model, "y");
  const Here here(model);
  // 100.5 steps below 0.125 are exact in half precision; 100.50001 steps are not, and become a tie to 100.
  here.write("x.npy", npy({1, 4}, {100.50001F / 1024, 0, 0, 0}));
  CHECK(here.run("--input x.npy") == "0.09765625");
  CHECK(here.json("out/result.json")["reference"]["differ"] == 0);
}

TEST_CASE("MLPerf's keyword spotter in int8 answers the right word from its own input file") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const std::string folder = models + "/quantized/mlperf_kws_dscnn_int8_qdq";
  here.write("labels.npy", write_npy({{1}, std::vector<std::int64_t>{11}}));
  const auto ended = here.tricycle("run '" + folder + "/model.onnx' --allow-unsupported --input '" + folder +
                                   "/test_data_set_0/input_0.pb' --labels labels.npy -q -o out");
  REQUIRE(ended.code == 0);
  const auto result = here.json("out/result.json");
  CHECK(result["accuracy"]["correct"] == 1);
  CHECK(result["reference"]["differ"] == 0);
  CHECK(result["input"]["quantizer_zero_point"] == 83);
}

TEST_CASE(
    "means and deviations of other counts than the channels are refused, each by its option, in infer too") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 3, 2, 2});
  add_floats(model, "step", {}, {0.5F});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {8});
  add_floats(model, "w", {1, 3, 1, 1}, {1, 1, 1});
  add_node(model, "q", "Quant", {"x", "step", "zero", "bits"}, "qonnx.custom_op.general");
  add_node(model, "y", "Conv", {"q", "w"});
  add_output(model, "y");
  const Here here(model);
  here.write("x.npy", bytes_npy({1, 3, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  const std::string refusal = "--input-std: error: has 2 numbers for the 3 channels of the input 'x'\n";
  const std::string bytes = " --input x.npy --input-mean 1,2,3 --input-std 1,2 ";
  CHECK(here.run(bytes) == refusal);
  CHECK(here.tricycle("infer m.onnx -o y.npy" + bytes).err == refusal);
  // (0 - 1), (4 - 2) and (8 - 3) of a byte worth 1.
  CHECK(here.run("--input x.npy --input-mean 1,2,3 --input-scale 1") == "6.0");
  CHECK(here.json("out/result.json")["reference"]["differ"] == 0);
  here.write("real.npy", npy({1, 3, 2, 2}, std::vector<float>(12, 1)));
  CHECK(here.tricycle("infer m.onnx --input real.npy --input-mean 1 -o y.npy").err ==
        "--input-mean: error: applies only to an input file; give one with --input\n");
}

TEST_CASE("an input of integers is what infer, run and calibration read, not bytes of 1/255") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 4});
  model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::UINT8);
  add_floats(model, "most", {}, {255});
  add_floats(model, "w", {4, 1}, {0.3F, -0.7F, 0.9F, 0.2F});
  tricycle::test::set_integer(add_node(model, "wide", "Cast", {"x"}), "to", 1);
  add_node(model, "part", "Div", {"wide", "most"});
  add_node(model, "y", "MatMul", {"part", "w"});
  add_output(model, "y");
  const Here here(model);
  REQUIRE(here.tricycle("infer m.onnx --input bytes.npy -o y.npy").out ==
          "y.npy: 'y', float32 [1, 1], 1 item\n");
  // 0.2 * -0.7 + 0.4 * 0.9 + 0.2
  REQUIRE(here.tricycle("run m.onnx --input bytes.npy --calibrate bytes.npy -q -o out").code == 0);
  const auto result = here.json("out/result.json");
  CHECK(result["outputs"]["first"][0].get<double>() == Approx(0.42).margin(0.01));
  CHECK(result["reference"]["sqnr_dB"].get<double>() > 35);
  here.write("x.npy", write_npy({{1, 4}, std::vector<std::int32_t>{0, 1, 300, 3}}));
  CHECK(here.tricycle("infer m.onnx --input x.npy -o y.npy").err ==
        "x.npy: error: element 2 is 300; the input takes integers from 0 to 255\n");
}

TEST_CASE("a recurrent network in float32 reads bytes as what they are said to mean") {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {2, 1, 2});
  add_floats(model, "w", {1, 2, 2}, {0.5F, -0.25F, 0.75F, 0.5F});
  add_floats(model, "r", {1, 2, 2}, {0.1F, 0.2F, -0.3F, 0.4F});
  onnx::NodeProto* node = add_node(model, "y", "RNN", {"x", "w", "r"});
  tricycle::test::set_integer(node, "hidden_size", 2);
  add_output(model, "y");
  const Here here(model);
  here.write("bytes.npy", bytes_npy({2, 1, 2}, {0, 51, 102, 255}));
  here.write("real.npy", npy({2, 1, 2}, {0, 0.2F, 0.4F, 1}));
  const std::string on = "--arch recurrent-fp32 ";
  const std::string real = here.run(on + "--input real.npy");
  CHECK(real == here.run(on + "--input bytes.npy"));
  CHECK(here.json("out/result.json")["reference"]["differ"] == 0);
  CHECK(here.run(on + "--input bytes.npy --input-scale 1") != real);
  CHECK(here.run(on + "--input real.npy --input-scale 1") ==
        "--input-scale: error: applies only to bytes; the input holds real numbers\n");
}

TEST_CASE(
    "a replay of a trace's own items takes nothing of bytes, and knows what is clamped of all items alone") {
  const Here here(quantized_sum());
  here.write("x.npy", npy({2, 4}, {0, 1, 2, 1000, 3, 4, -1000, 122.5F}));
  REQUIRE(here.tricycle("lower m.onnx --input x.npy -o t.trace").code == 0);
  CHECK(here.tricycle("replay t.trace --input-scale 0.5").err ==
        "--input-scale: error: applies only to an input file; give one with --input\n");
  REQUIRE(here.tricycle("replay t.trace -q -o out").code == 0);
  CHECK(here.json("out/result.json")["input"]["clamped"] == 2);
  REQUIRE(here.tricycle("replay t.trace --limit 1 -q -o out").code == 0);
  CHECK(here.json("out/result.json")["input"]["clamped"].is_null());
}

TEST_CASE("a reading written by hand that does not fit its input is refused before it is used") {
  const Here here(quantized_sum());
  REQUIRE(here.tricycle("lower m.onnx --text -o t.txt").code == 0);
  const std::string text = here.read("t.txt");
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string bent = text;
    bent.replace(bent.find(from), from.size(), to);
    here.write("bent.txt", bent);
    return here.tricycle("replay bent.txt -o out").err;
  };
  const std::string start = "bent.txt: error: the reading of its input: ";
  CHECK(refusal("rounding=\"ROUND\"", "rounding=\"FOO\"") == start + "unknown rounding mode 'FOO'\n");
  CHECK(refusal("rule=quantize_linear", "rule=real") == start + "the rule 'real' does not go with uint8\n");
  CHECK(refusal("most=255", "most=256") == start + "codes from 0 to 256, and uint8 holds 0 to 255\n");
  CHECK(refusal("step=0.5", "step=1e-60") == start + "a step that float32 does not hold\n");
  CHECK(refusal("zero_point=10", "zero_point=1e30") == start + "a zero point beyond 2^20\n");
  CHECK(refusal("byte_means=none", "byte_means=1,2") == start + "2 means or deviations for 4 channels\n");
}
