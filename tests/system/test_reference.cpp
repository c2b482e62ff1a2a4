// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"
#include "support/files.hpp"
#include "tests/system/program.hpp"
#include "tests/workloads/onnx_models.hpp"
#include "workloads/import/onnx/onnx_import.hpp"

using tricycle::parse_npy;
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

std::string text_of(const tricycle::Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

Tensor npy(const Workspace& here, const std::string& name) {
  const std::string text = here.read(name);
  return parse_npy(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), name);
}

/// Eight numbers, a Quant of 8 bits, and a product with three outputs.
Workspace& with_model(Workspace& here, int outputs = 3) {
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 8});
  add_floats(model, "step", {}, {0.125F});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {8});
  std::vector<float> weights;
  for (int i = 0; i < 8 * outputs; ++i) weights.push_back(static_cast<float>(i % 5 - 2) * 0.5F);
  add_floats(model, "w", {8, outputs}, weights);
  add_node(model, "q", "Quant", {"x", "step", "zero", "bits"}, "qonnx.custom_op.general");
  add_node(model, "y", "MatMul", {"q", "w"});
  add_output(model, "y");
  here.write("m.onnx", text_of(bytes_of(model)));
  std::vector<float> x;
  for (int i = 0; i < 24; ++i) x.push_back(static_cast<float>(i * 7 % 24) * 0.3F);
  here.write("x.npy", write_npy({{3, 8}, x}));
  return here;
}

std::string mode_of(const Workspace& here) {
  return here.json("out/result.json")["reference"]["mode"].get<std::string>();
}

}  // namespace

TEST_CASE("the first item goes through the float interpreter, all when asked, none when not") {
  Workspace here;
  with_model(here);
  REQUIRE(here.tricycle("run m.onnx --input x.npy -q -o out").code == 0);
  auto reference = here.json("out/result.json")["reference"];
  CHECK(reference["mode"] == "first");
  CHECK(reference["items"] == 1);
  CHECK(reference["values"] == 3);
  CHECK(reference["differ"] == 0);
  CHECK(reference["top1_agreement"] == 1);
  CHECK(reference["layers"].size() == 1);
  CHECK(reference["layers"][0]["largest_steps"] == 0);
  REQUIRE(here.tricycle("run m.onnx --input x.npy --reference all -q -o out").code == 0);
  reference = here.json("out/result.json")["reference"];
  CHECK(reference["items"] == 3);
  CHECK(reference["values"] == 9);
  const auto ended = here.tricycle("run m.onnx --input x.npy --reference off -o out");
  CHECK(ended.out.find("  reference    off: --reference off\n") != std::string::npos);
  CHECK(here.json("out/result.json")["reference"] == nlohmann::json({{"mode", "off"}}));
}

TEST_CASE(
    "the reference is off with --verify off, in a timing-only run, with synthetic weights and in a replay") {
  Workspace here;
  with_model(here);
  REQUIRE(here.tricycle("run m.onnx --input x.npy --verify off -q -o out").code == 0);
  CHECK(mode_of(here) == "off");
  REQUIRE(here.tricycle("run m.onnx --input x.npy --verify off --reference first -q -o out").code == 0);
  CHECK(mode_of(here) == "first");
  CHECK(here.json("out/result.json")["reference"]["layers"].empty());
  REQUIRE(here.tricycle("run m.onnx --timing-only -q -o out").code == 0);
  CHECK(mode_of(here) == "off");
  const auto synthetic = here.tricycle("run mlp-mnist -o out");
  CHECK(synthetic.out.find("  reference    off: synthetic weights\n") != std::string::npos);
  REQUIRE(here.tricycle("run mlp-mnist --reference first -q -o out").code == 0);
  CHECK(here.json("out/result.json")["reference"]["differ"] == 0);
  REQUIRE(here.tricycle("lower m.onnx --input x.npy -o t.trace").code == 0);
  CHECK(here.tricycle("replay t.trace -o out").out.find("  reference    off: a trace has no graph\n") !=
        std::string::npos);
  CHECK(here.tricycle("run m.onnx --reference frist").err ==
        "--reference: error: 'reference' expects first, all or off, not 'frist'; did you mean 'first'?\n");
}

TEST_CASE("a float model that was quantized says how far the machine's own outputs moved") {
  Workspace here;
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 8});
  std::vector<float> weights;
  for (int i = 0; i < 32; ++i) weights.push_back(static_cast<float>((i * 37) % 64 - 31) / 40);
  add_floats(model, "w", {8, 4}, weights);
  add_node(model, "y", "MatMul", {"x", "w"});
  add_output(model, "y");
  here.write("m.onnx", text_of(bytes_of(model)));
  std::vector<float> x;
  for (int i = 0; i < 160; ++i) x.push_back(static_cast<float>((i * 53) % 97 - 48) / 31);
  here.write("x.npy", write_npy({{20, 8}, x}));
  REQUIRE(here.tricycle("run m.onnx --input x.npy --calibrate x.npy --reference all -q -o out").code == 0);
  const auto result = here.json("out/result.json");
  CHECK(result["reference"]["items"] == 20);
  CHECK(result["reference"]["sqnr_dB"].get<double>() > 30);
  CHECK(result["reference"]["sqnr_dB"].get<double>() < 60);
  CHECK(result["reference"]["cosine"].get<double>() > 0.999);
  CHECK_FALSE(result["calibration"].contains("sqnr_dB"));
  // The layer itself gives what the quantized model's operators make of its codes.
  CHECK(result["reference"]["layers"][0]["differ"] == 0);
}

TEST_CASE("infer writes what ONNX's operators make of the user's file: any value, of each item") {
  Workspace here;
  with_model(here);
  const auto ended = here.tricycle("infer m.onnx --input x.npy -o y.npy");
  REQUIRE(ended.code == 0);
  CHECK(ended.out == "y.npy: 'y', float32 [3, 3], 3 items\n");
  REQUIRE(here.tricycle("run m.onnx --input x.npy -q -o out").code == 0);
  const Tensor y = npy(here, "y.npy");
  CHECK(y.shape == tricycle::Shape{3, 3});
  const auto first = here.json("out/result.json")["outputs"]["first"].get<std::vector<float>>();
  const std::vector<float> all = y.floats();
  CHECK(first == std::vector<float>(all.begin(), all.begin() + 3));
  REQUIRE(here.tricycle("infer m.onnx --input x.npy --value q --limit 2 -o q.npy").code == 0);
  CHECK(npy(here, "q.npy").shape == tricycle::Shape{2, 8});
  CHECK(here.tricycle("infer m.onnx --input x.npy --value z -o q.npy").err ==
        "--value: error: the model computes no 'z'\n");
  CHECK(here.tricycle("infer m.onnx --input x.npy --input x.npy -o q.npy").err ==
        "--input: error: is given 2 times; the model has 1 input, one file each\n");
  CHECK(here.tricycle("infer m.onnx -o q.npy").code == 2);
}

TEST_CASE("outputs say name, type, shape, scale and zero point, real values and codes") {
  Workspace here;
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 2});
  add_floats(model, "step", {}, {0.25F});
  add_floats(model, "last", {}, {0.5F});
  onnx::TensorProto* zero = model.mutable_graph()->add_initializer();
  zero->set_name("zero");
  zero->set_data_type(onnx::TensorProto::INT8);
  zero->add_int32_data(-3);
  add_floats(model, "w", {2, 2}, {1, 2, 3, 4});
  add_node(model, "q", "QuantizeLinear", {"x", "step", "zero"});
  add_node(model, "d", "DequantizeLinear", {"q", "step", "zero"});
  add_node(model, "s", "MatMul", {"d", "w"});
  add_node(model, "c", "QuantizeLinear", {"s", "last", "zero"});
  add_node(model, "y", "DequantizeLinear", {"c", "last", "zero"});
  add_output(model, "y");
  here.write("m.onnx", text_of(bytes_of(model)));
  here.write("x.npy", write_npy({{1, 2}, std::vector<float>{1, -2}}));
  REQUIRE(here.tricycle("run m.onnx --input x.npy -q -o out").code == 0);
  const auto outputs = here.json("out/result.json")["outputs"];
  CHECK(outputs["name"] == "y");
  CHECK(outputs["type"] == "float32");
  CHECK(outputs["shape"] == "[1, 2]");
  CHECK(outputs["scale"] == 0.5);
  CHECK(outputs["zero_point"] == -3);
  CHECK(outputs["first"] == std::vector<double>{-5, -6});
  CHECK(outputs["codes"] == std::vector<int>{-13, -15});
  CHECK(here.json("out/result.json")["reference"]["step"] == 0.5);
}

TEST_CASE("outputs of more than a megabyte go to outputs.npy, in the model's shape, named with their hash") {
  Workspace here;
  with_model(here, 250'001);
  REQUIRE(here.tricycle("run m.onnx --input x.npy --limit 1 --verify off -q -o out").code == 0);
  const auto outputs = here.json("out/result.json")["outputs"];
  CHECK_FALSE(outputs.contains("first"));
  CHECK(outputs["file"] == "outputs.npy");
  const std::string file = here.read("out/outputs.npy");
  CHECK(outputs["sha256"] == tricycle::sha256(tricycle::Bytes(file.begin(), file.end())));
  CHECK(npy(here, "out/outputs.npy").shape == tricycle::Shape{1, 250'001});
  REQUIRE(here.tricycle("infer m.onnx --input x.npy --limit 1 -o y.npy").code == 0);
  CHECK(npy(here, "out/outputs.npy").floats() == npy(here, "y.npy").floats());
  // A folder with them is a result, which another run replaces.
  CHECK(here.tricycle("run mlp-mnist --timing-only -q -o out").code == 0);
  CHECK_FALSE(here.has("out/outputs.npy"));
}

TEST_CASE("a recurrent model that leaves its time steps open takes them from its input file") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const std::string folder = models + "/quantized/ocr_blstm_W2A2";
  REQUIRE(here.tricycle("infer '" + folder + "/model.onnx' --input '" + folder +
                        "/test_data_set_0/input_0.pb' -o y.npy")
              .code == 0);
  const Tensor y = npy(here, "y.npy");
  CHECK(y.shape == tricycle::Shape{520, 1, 82});
  const std::string logits = folder + "/test_data_set_0/output_0.pb";
  const std::vector<float> found = y.floats();
  const std::vector<float> expected =
      tricycle::import_tensor(tricycle::read_bytes(logits, 1U << 24U), logits).floats();
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == Approx(expected[i]).margin(1e-4));
  CHECK(here.tricycle("run '" + folder + "/model.onnx' --arch recurrent-fp32")
            .err.find("dimension 0 ('T') of the input 'x' is the number of time steps, which is open: give "
                      "it with --set "
                      "workload.T=N, or an input of the shape [T, ...]") != std::string::npos);
}

TEST_CASE("an output that is laid out anew is compared in its own layout: lines, columns, channels") {
  Workspace here;
  onnx::ModelProto model = make_model();
  add_input(model, "x", {1, 2, 2, 3});
  add_floats(model, "step", {}, {0.5F});
  add_floats(model, "zero", {}, {0});
  add_floats(model, "bits", {}, {8});
  add_floats(model, "w", {3, 2, 1, 1}, {1, 2, -1, 0.5F, 3, 1});
  add_node(model, "q", "Quant", {"x", "step", "zero", "bits"}, "qonnx.custom_op.general");
  add_node(model, "c", "Conv", {"q", "w"});
  tricycle::test::set_integers(add_node(model, "y", "Transpose", {"c"}), "perm", {0, 2, 3, 1});
  add_output(model, "y");
  here.write("m.onnx", text_of(bytes_of(model)));
  std::vector<float> x;
  for (int i = 0; i < 12; ++i) x.push_back(static_cast<float>(i * 5 % 12) * 0.5F);
  here.write("x.npy", write_npy({{1, 2, 2, 3}, x}));
  REQUIRE(here.tricycle("run m.onnx --input x.npy -q -o out").code == 0);
  REQUIRE(here.tricycle("infer m.onnx --input x.npy -o y.npy").code == 0);
  CHECK(here.json("out/result.json")["outputs"]["shape"] == "[1, 2, 3, 3]");
  CHECK(here.json("out/result.json")["outputs"]["first"].get<std::vector<float>>() ==
        npy(here, "y.npy").floats());
  CHECK(here.json("out/result.json")["reference"]["differ"] == 0);
  CHECK(here.tricycle("run m.onnx --timing-only --reference first").err ==
        "--reference: error: a timing-only run computes no values to hold against the float interpreter\n");
}
