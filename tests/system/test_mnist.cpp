// SPDX-License-Identifier: Apache-2.0
#include "support/data_file.hpp"
#include "support/files.hpp"
#include "tests/system/program.hpp"

using tricycle::test::shared_models;
using tricycle::test::Workspace;

namespace {

std::string mnist_run(const std::string& models, const std::string& model) {
  return "'" + models + "/quantized/" + model + "/model.onnx' --input '" + models +
         "/data/mnist_t10k-images-idx3-ubyte.gz' ";
}
std::string labels(const std::string& models) {
  return "--labels '" + models + "/data/mnist_t10k-labels-idx1-ubyte.gz' ";
}

std::string trained_run(const std::string& models, const std::string& model) {
  return "'" + models + "/trained/" + model + "/model.onnx' --input '" + models +
         "/data/mnist_t10k-images-idx3-ubyte.gz' ";
}

/// Every fifth of the test images, which the LeNets were not chosen by.
void write_every_fifth(const std::string& models, const Workspace& here) {
  const auto data = [&](const std::string& name) {
    const std::string path = models + "/data/mnist_t10k-" + name;
    const tricycle::Bytes bytes = tricycle::read_bytes(path, 1U << 28U);
    return std::get<std::vector<std::uint8_t>>(tricycle::parse_idx(bytes, path).data);
  };
  const std::vector<std::uint8_t> images = data("images-idx3-ubyte.gz"), all = data("labels-idx1-ubyte.gz");
  std::vector<std::uint8_t> some, labels;
  for (std::size_t i = 0; i < all.size(); i += 5) {
    const auto first = images.begin() + static_cast<std::ptrdiff_t>(784 * i);
    some.insert(some.end(), first, first + 784);
    labels.push_back(all[i]);
  }
  here.write("images.npy", tricycle::write_npy({{2000, 1, 28, 28}, some}));
  here.write("labels.npy", tricycle::write_npy({{2000}, labels}));
}

void check_accuracy(const std::string& model, int correct) {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const auto ended = here.tricycle("run " + mnist_run(models, model) + labels(models) + "-o out");
  REQUIRE(ended.code == 0);
  const auto json = here.json("out/result.json");
  CHECK(json["accuracy"]["correct"] == correct);
  CHECK(json["accuracy"]["count"] == 10000);
  CHECK(json["accuracy"]["top1"].get<double>() == Approx(correct / 10000.0));
  CHECK(json["verify"]["mismatches"] == 0);
  CHECK(json["verify"]["checked"] == 10000 * (784 + 3 * 64 + 2 * 10));
  CHECK(json["inferences"]["cycles_min"] == json["warm"]["cycles"]);
  CHECK(json["inferences"]["cycles_max"] == json["cycles"]);
}

}  // namespace

TEST_CASE("TFC_2W2A gets 9,660 of the 10,000 MNIST test images right") {
  check_accuracy("qonnx_TFC_2W2A", 9660);
}

TEST_CASE("TFC_1W2A gets 9,474 of the 10,000 MNIST test images right") {
  check_accuracy("qonnx_TFC_1W2A", 9474);
}

TEST_CASE("the trained LeNets get 1,974 and 1,963 of their 2,000 test images right") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  write_every_fifth(models, here);
  const auto right = [&](const std::string& what) {
    REQUIRE(here.tricycle("run '" + models + "/trained/" + what +
                          " --input images.npy --labels labels.npy --verify off --reference first -q -o out")
                .code == 0);
    const auto result = here.json("out/result.json");
    CHECK(result["reference"]["differ"] == 0);
    return result["accuracy"]["correct"].get<int>();
  };
  CHECK(right("fatnn_lenet/model.onnx'") == 1974);
  CHECK(right("long_lenet/model.onnx' --datapath shift") == 1963);
}

TEST_CASE("a ternary network of two scales gets 98.42 % right after a calibration with 100 images") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const auto ended =
      here.tricycle("run " + mnist_run(models, "ttq_mnist_cnn") + labels(models) + "--calibrate '" + models +
                    "/data/mnist_t10k-images-idx3-ubyte.gz' --verify off -q -o out");
  REQUIRE(ended.code == 0);
  CHECK(here.json("out/result.json")["accuracy"]["correct"] == 9842);
}

TEST_CASE("TFC_2W2A gives the same result in lockstep, and replayed from its trace") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const std::string what = mnist_run(models, "qonnx_TFC_2W2A") + "--limit 500 ";
  const std::string run = "run " + what + labels(models) + "--reference off ";  // a trace has no graph
  REQUIRE(here.tricycle(run + "-q -o a").code == 0);
  REQUIRE(here.tricycle(run + "-q -o b --lockstep").code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
  REQUIRE(here.tricycle("lower " + what + "-o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace --input '" + models +
                        "/data/mnist_t10k-images-idx3-ubyte.gz' --limit 500 " + labels(models) + "-q -o c")
              .code == 0);
  CHECK(here.read("a/result.json") == here.read("c/result.json"));
}

TEST_CASE("the trained LeNets get 100 images right on every datapath that takes their layers") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const std::string masked = " --set arch.array.fatnn_mask=precomputed --set arch.weight_memory.size_KiB=144";
  for (const char* model : {"fatnn_lenet", "long_lenet"}) {
    nlohmann::json outputs;
    for (const std::string machine :
         {"ternary_fatnn", "ternary_fatnn precomputed", "ternary_planes", "bitserial", "shift"}) {
      const std::string datapath = machine.substr(0, machine.find(' '));
      const bool ternary = datapath.starts_with("ternary");
      if (ternary && model == std::string("long_lenet")) continue;  // its operands are powers of two and int8
      INFO(model << " on " << machine);
      const auto ended =
          here.tricycle("run " + trained_run(models, model) + labels(models) +
                        "--limit 100 -q -o out --datapath " + datapath + (machine == datapath ? "" : masked));
      REQUIRE(ended.code == 0);
      const auto json = here.json("out/result.json");
      CHECK(json["verify"]["mismatches"] == 0);
      CHECK(json["verify"]["overflows"] == 0);
      CHECK(json["accuracy"]["correct"] == 100);
      CHECK(json["layers"][1]["datapath"] == datapath);
      if (outputs.is_null()) outputs = json["outputs"];
      CHECK(json["outputs"] == outputs);
    }
  }
}

TEST_CASE("a network of powers of two is refused on a ternary datapath with its operands") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const auto ended = here.tricycle("run " + trained_run(models, "long_lenet") +
                                   "--limit 1 -o out --datapath ternary_planes");
  CHECK(ended.code == 2);
  CHECK(ended.err == models +
                         "/trained/long_lenet/model.onnx: error: no layer takes the datapath "
                         "ternary_planes: 'Conv_0' has uint8 activations and int8 weights; 'Conv_21', "
                         "'MatMul_43' and 'Gemm_63' have pow2 activations and pow2 weights\n");
}

TEST_CASE("the ternary LeNet gives the same result replayed from its trace") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  const std::string what = trained_run(models, "fatnn_lenet") + "--limit 20 ";
  REQUIRE(here.tricycle("run " + what + labels(models) + "--reference off -q -o a").code == 0);
  REQUIRE(here.tricycle("lower " + what + "-o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace --input '" + models +
                        "/data/mnist_t10k-images-idx3-ubyte.gz' --limit 20 " + labels(models) + "-q -o b")
              .code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
}

TEST_CASE("the TFC models give the logits of their test data within one millionth") {
  const std::string models = shared_models();
  if (models.empty()) return;
  const Workspace here;
  for (const char* model : {"qonnx_TFC_2W2A", "qonnx_TFC_1W2A"}) {
    for (int set = 0; set < 4; ++set) {
      const std::string folder = models + "/quantized/" + model;
      const std::string data = folder + "/test_data_set_" + std::to_string(set);
      REQUIRE(
          here.tricycle("run '" + folder + "/model.onnx' --input '" + data + "/input_0.pb' -q -o out").code ==
          0);
      const std::string raw = tricycle::test::slurp(data + "/output_0.pb");
      const auto first = here.json("out/result.json")["outputs"]["first"];
      REQUIRE(first.size() == 10);
      for (std::size_t i = 0; i < 10; ++i) {
        float expected = 0;  // the last forty bytes of the file are its data
        std::memcpy(&expected, raw.data() + raw.size() - 40 + 4 * i, 4);
        CHECK(std::abs(first[i].get<double>() - static_cast<double>(expected)) < 1e-6);
      }
    }
  }
}
