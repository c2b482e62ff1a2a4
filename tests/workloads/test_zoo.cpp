// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "support/files.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"
#include "workloads/import/network/figures.hpp"
#include "workloads/import/network/network_import.hpp"

namespace {

using tricycle::Document;
using tricycle::element_count;
using tricycle::figures_of;
using tricycle::Graph;
using tricycle::NetworkFigures;
using tricycle::ProductFigures;
using tricycle::Random;
using tricycle::Shape;
using tricycle::Tensor;

Document zoo_document(const std::string& name) {
  return tricycle::read_document(
      tricycle::find_preset("workloads/zoo", name, tricycle::Place::of_file("MODEL")));
}
Graph zoo(const std::string& name) {
  return import_network(zoo_document(name), -1);
}

/// A network of the zoo and what it is called in layers.csv.
struct Known {
  const char* name;
  const char* in_csv;
  std::int64_t macs, parameters;
};
const Known known[] = {
    {"fatnn-resnet18", "resnet18_imagenet", 1814073344, 11689512},
    {"fatnn-resnet34", "resnet34_imagenet", 3663761408, 21797672},
    {"fatnn-resnet50", "resnet50_imagenet_v1.5", 4089184256, 25557032},
    {"fatnn-resnet20", "resnet20_cifar10_optA", 40551040, 269722},
    {"fatnn-nin", "nin_cifar10", 222486528, 966986},
    {"fatnn-vgg-small", "vgg_small_cifar10", 607600640, 4660106},
    {"long-lenet5", "lenet5_bnn_mnist", 4267008, 582026},
    {"long-svhn-vgg", "vgg_svhn_half", 156968960, 5350848},
    {"long-resnet18", "resnet18_cifar10", 555422720, 11173962},
    {"long-resnet34", "resnet34_cifar100", 1159448576, 21328292},
    {"long-resnet50", "resnet50_cifar100", 1298014208, 23705252},
};

using Row = std::map<std::string, std::string>;

/// The rows of a CSV file without quoted commas in the columns that are read here; none, and a word about it,
/// where the file is missing.
std::vector<Row> shared_rows(const std::string& name) {
  const std::string path = std::string(TRICYCLE_TEST_SOURCE) + "/../shared/data/" + name;
  std::ifstream file(path);
  if (!file) {
    std::cout << "SKIPPED: ../shared/data/" << name << " is not here\n";
    return {};
  }
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells;
    std::stringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) {
      if (!cell.empty() && cell.back() == '\r') cell.pop_back();
      cells.push_back(cell);
    }
    return cells;
  };
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> head = split(line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line);
    Row row;
    for (std::size_t i = 0; i < head.size() && i < cells.size(); ++i) row[head[i]] = cells[i];
    rows.push_back(row);
  }
  return rows;
}
std::int64_t number(const Row& row, const std::string& column) {
  return std::stoll(row.at(column));
}

/// Bits of the operands of a product as Bit Fusion takes them, at least two.
struct Bits {
  std::int64_t input = 2, weights = 2;
};

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// A layer's key in the description of its network.
std::string key_of(const Document& document, const std::string& layer, const char* key) {
  for (const Document& item : document.find("layers")->items) {
    if (item.find("name")->scalar != layer) continue;
    return item.find(key) == nullptr ? "" : item.find(key)->scalar;
  }
  return "";
}
std::int64_t bits_of(const std::string& coding) {
  if (coding == "binary" || coding == "ternary" || coding.empty()) return 2;
  return coding.back() - '0';
}

/// The bits of what a chain of networks reads: its `activations`, or the `output` of the product before it,
/// or the bytes of the image.
Bits bits_of(const Document& document, const NetworkFigures& figures, std::size_t product) {
  const std::string& name = figures.products[product].name;
  Bits bits;
  bits.weights = bits_of(key_of(document, name, "weights"));
  const std::string activations = key_of(document, name, "activations");
  if (!activations.empty()) {
    bits.input = bits_of(activations);
  } else if (product == 0) {
    bits.input = 8;
  } else {
    bits.input = bits_of(key_of(document, figures.products[product - 1].name, "output"));
  }
  return bits;
}

/// Bit Fusion's compute cycles for an array of n x m fusion units.
std::int64_t fusion_cycles(const Shape& weights, const Shape& output, const Bits& bits, std::int64_t n,
                           std::int64_t m) {
  const std::int64_t fused = n * (8 / bits.input) * (8 / bits.weights);
  if (output.size() == 2) return output[0] * ceil_divide(output[1], m) * ceil_divide(weights[0], fused);
  const std::int64_t positions = output[0] * ceil_divide(output[1], m) * output[2] * output[3];
  const std::int64_t window = weights[2] * weights[3];
  if (weights[1] <= 3) return positions * ceil_divide(window * weights[1], fused);
  return positions * window * ceil_divide(weights[1], fused);
}

Tensor random_image(const Graph& graph, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<std::size_t>(element_count(graph.input_shape)));
  for (float& value : values) {
    const bool codes = graph.input_encoding == tricycle::Encoding::ternary;
    value =
        codes ? static_cast<float>(random.between(-1, 1)) : static_cast<float>(random.below(256)) / 255.0F;
  }
  return {graph.input_shape, std::move(values)};
}

/// The value of the graph called `name`, for a random input.
std::vector<float> value_of(Graph graph, const std::string& name) {
  graph.output = name;
  return run_float(graph, random_image(graph, 1)).floats();
}

std::set<float> distinct(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

double mean_square(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("the multiplications and parameters of the zoo's networks are the published ones") {
  for (const Known& network : known) {
    CAPTURE(network.name);
    const NetworkFigures figures = figures_of(zoo(network.name));
    CHECK(figures.macs == network.macs);
    CHECK(figures.parameters == network.parameters);
  }
}

TEST_CASE("layers of the zoo's networks have the published shapes") {
  struct Layer {
    const char *network, *name;
    std::int64_t macs, weights;
    Shape output;
  };
  const Layer layers[] = {
      {"fatnn-resnet18", "conv1", 118013952, 9408, {1, 64, 112, 112}},
      {"fatnn-resnet18", "layer1.0.conv1", 115605504, 36864, {1, 64, 56, 56}},
      {"fatnn-resnet18", "layer2.0.conv1", 57802752, 73728, {1, 128, 28, 28}},
      {"fatnn-resnet18", "layer2.0.downsample", 6422528, 8192, {1, 128, 28, 28}},
      {"fatnn-resnet18", "layer4.1.conv2", 115605504, 2359296, {1, 512, 7, 7}},
      {"fatnn-resnet18", "fc", 512000, 512000, {1, 1000}},
      {"fatnn-resnet34", "layer3.5.conv2", 115605504, 589824, {1, 256, 14, 14}},
      {"fatnn-resnet50", "layer2.0.conv1", 102760448, 32768, {1, 128, 56, 56}},
      {"fatnn-resnet50", "layer2.0.conv2", 115605504, 147456, {1, 128, 28, 28}},
      {"fatnn-resnet50", "layer4.0.downsample", 102760448, 2097152, {1, 2048, 7, 7}},
      {"fatnn-resnet20", "layer2.0.conv1", 1179648, 4608, {1, 32, 16, 16}},
      {"fatnn-nin", "conv2", 117964800, 460800, {1, 192, 16, 16}},
      {"fatnn-nin", "cccp6", 122880, 1920, {1, 10, 8, 8}},
      {"fatnn-vgg-small", "conv6", 150994944, 2359296, {1, 512, 8, 8}},
      {"fatnn-vgg-small", "fc", 81920, 81920, {1, 10}},
      {"long-lenet5", "conv2", 3276800, 51200, {1, 64, 8, 8}},
      {"long-svhn-vgg", "fc1", 4194304, 4194304, {1, 1024}},
      {"long-resnet18", "conv1", 1769472, 1728, {1, 64, 32, 32}},
      {"long-resnet34", "layer4.2.conv2", 37748736, 2359296, {1, 512, 4, 4}},
      {"long-resnet50", "layer2.0.conv1", 33554432, 32768, {1, 128, 32, 32}},
  };
  std::map<std::string, std::map<std::string, ProductFigures>> networks;
  for (const Layer& layer : layers) {
    auto& products = networks[layer.network];
    if (products.empty()) {
      for (const ProductFigures& product : figures_of(zoo(layer.network)).products)
        products[product.name] = product;
    }
    CAPTURE(layer.network, layer.name);
    REQUIRE(products.count(layer.name) == 1);
    CHECK(products[layer.name].macs == layer.macs);
    CHECK(products[layer.name].weights == layer.weights);
    CHECK(products[layer.name].output == layer.output);
  }
}

TEST_CASE("every layer of the zoo's networks has the shape in the table of layers") {
  const std::vector<Row> rows = shared_rows("layers.csv");
  const std::vector<Row> totals = shared_rows("layers_summary.csv");
  if (rows.empty() || totals.empty()) return;
  for (const Known& network : known) {
    CAPTURE(network.name);
    const NetworkFigures figures = figures_of(zoo(network.name));
    std::map<std::string, ProductFigures> products;
    for (const ProductFigures& product : figures.products) products[product.name] = product;
    std::size_t checked = 0;
    for (const Row& row : rows) {
      if (row.at("net") != network.in_csv) continue;
      CAPTURE(row.at("layer"));
      REQUIRE(products.count(row.at("layer")) == 1);
      const ProductFigures& product = products.at(row.at("layer"));
      CHECK(product.macs == number(row, "macs"));
      CHECK(product.weights == number(row, "weights"));
      Shape output = {1, number(row, "K")};
      if (row.at("type") == "conv") output = {1, number(row, "K"), number(row, "P"), number(row, "Q")};
      CHECK(product.output == output);
      ++checked;
    }
    CHECK(checked == products.size());
    for (const Row& row : totals) {
      if (row.at("net") != network.in_csv) continue;
      CHECK(figures.macs == number(row, "macs"));
      CHECK(figures.weights == number(row, "weights"));
      CHECK(figures.parameters == number(row, "params_total"));
      CHECK(checked == static_cast<std::size_t>(number(row, "layers")));
    }
  }
}

TEST_CASE("the cases of FATNN are 3 x 3 convolutions of these sizes") {
  const Shape sizes[] = {{64, 28}, {64, 56}, {64, 112}, {64, 224}, {128, 56}, {256, 56}, {512, 56}};
  const double macs[] = {28.9e6, 115.6e6, 462.4e6, 1849.7e6, 462.4e6, 1849.7e6, 7398.8e6};
  for (std::size_t i = 0; i < 7; ++i) {
    const Graph graph = zoo("fatnn-case" + std::to_string(i + 1));
    const NetworkFigures figures = figures_of(graph);
    const std::int64_t channels = sizes[i][0], side = sizes[i][1];
    CHECK(graph.input_encoding == tricycle::Encoding::ternary);
    CHECK(figures.products.at(0).output == Shape{1, channels, side, side});
    CHECK(figures.weights == 9 * channels * channels);
    CHECK(static_cast<double>(figures.macs) == Approx(macs[i]).epsilon(0.002));
  }
}

TEST_CASE("Bit Fusion's compute cycles follow from the zoo's shapes and precisions") {
  const auto cycles = [](const std::string& name, std::size_t product, std::int64_t m) {
    const Document document = zoo_document(name);
    const Graph graph = zoo(name);
    const NetworkFigures figures = figures_of(graph);
    const ProductFigures& figure = figures.products.at(product);
    return fusion_cycles(graph.constants.at(figure.name + ".weights").shape, figure.output,
                         bits_of(document, figures, product), 16, m);
  };
  CHECK(cycles("bitfusion-svhn", 0, 32) == 32768);
  CHECK(cycles("bitfusion-svhn", 1, 32) == 294912);
  CHECK(cycles("bitfusion-svhn", 6, 256) == 1024);
  CHECK(cycles("bitfusion-cifar10", 0, 32) == 131072);
  CHECK(cycles("bitfusion-cifar10", 5, 64) == 147456);
  CHECK(cycles("bitfusion-cifar10", 8, 32) == 64);
  CHECK(cycles("bitfusion-lenet5", 0, 32) == 16384);
  CHECK(cycles("bitfusion-lenet5", 1, 32) == 204800);
  CHECK(cycles("bitfusion-rnn", 0, 32) == 131072);
  CHECK(cycles("bitfusion-lstm", 0, 32) == 337175 - 231383 - 2736);
}

TEST_CASE("every row of Bit Fusion's own results is met") {
  const std::vector<Row> rows = shared_rows("bitfusion_layer_cycles.csv");
  if (rows.empty()) return;
  const std::map<std::string, std::string> names = {{"SVHN", "bitfusion-svhn"},
                                                    {"CIFAR10", "bitfusion-cifar10"},
                                                    {"LeNet-5", "bitfusion-lenet5"},
                                                    {"RNN", "bitfusion-rnn"}};
  std::map<std::string, std::set<std::string>> layers;
  for (const auto& [network, name] : names) {
    const Document document = zoo_document(name);
    const Graph graph = zoo(name);
    const NetworkFigures figures = figures_of(graph);
    for (std::size_t i = 0; i < figures.products.size(); ++i) {
      const ProductFigures& product = figures.products[i];
      const Shape& weights = graph.constants.at(product.name + ".weights").shape;
      const Bits bits = bits_of(document, figures, i);
      for (const Row& row : rows) {
        const std::string layer = row.at("Layer").substr(0, row.at("Layer").find('/'));
        if (row.at("Network") != network || layer != product.name) continue;
        CAPTURE(network, layer, row.at("N"), row.at("M"));
        CHECK(fusion_cycles(weights, product.output, bits, number(row, "N"), number(row, "M")) ==
              number(row, "Cycles") - number(row, "Memory wait cycles"));
        CHECK(product.output[0] == number(row, "Batch size"));
        layers[network].insert(layer);
      }
    }
    CHECK(layers[network].size() == figures.products.size());
  }
  for (const Row& row : rows) CHECK(names.count(row.at("Network")) == 1);
}

TEST_CASE("Bit Fusion's other benchmarks have its numbers of multiplications") {
  const auto macs_of_one = [](const std::string& name) { return figures_of(zoo(name)).macs / 16; };
  // Two branches of 3 x 3 convolutions at 32, 16 and 8 pixels, and a layer of 8192 x 1024.
  CHECK(macs_of_one("bitfusion-vgg7") ==
        2 * 9 * (1024 * 3 * 128 + 256 * 128 * 256 + 64 * 256 * 512) + 8192 * 1024);
  // 7 x 7 at 112, then pairs of 1 x 1 and 3 x 3 at 56, 28, 14 and 7 pixels.
  std::int64_t macs = std::int64_t{112} * 112 * 147 * 128 + 2 * std::int64_t{3136} * 10 * 128 * 128;
  for (const std::int64_t c : {256, 512, 1024}) {
    const std::int64_t pixels = (std::int64_t{28} * 256 / c) * (std::int64_t{28} * 256 / c);
    macs += pixels * (c / 2 * c + c * c + 2 * 9 * c * c);
  }
  CHECK(macs_of_one("bitfusion-resnet18") == macs);
  CHECK(macs_of_one("bitfusion-lstm") == 3600 * 3600);
}

TEST_CASE("the cycles of FINN's foldings follow from the zoo's shapes") {
  struct Folding {
    std::int64_t simd, pe;
  };
  const auto cycles = [](const std::string& name, const std::vector<Folding>& foldings) {
    const Graph graph = zoo(name);
    std::vector<std::int64_t> result;
    for (const ProductFigures& product : figures_of(graph).products) {
      const Folding folding = foldings.at(result.size());
      const bool is_conv = product.output.size() == 4;
      const std::int64_t depth = product.weights / product.output[1];
      // The last layer's ten outputs are filled up to 64.
      const std::int64_t outputs = std::max<std::int64_t>(64, product.output[1]);
      result.push_back((is_conv ? product.output[2] * product.output[3] : 1) * (depth / folding.simd) *
                       (outputs / folding.pe));
    }
    return result;
  };
  CHECK(cycles("finn-cnv-w1a1",
               {{3, 16}, {32, 32}, {32, 16}, {32, 16}, {32, 4}, {32, 1}, {4, 1}, {8, 1}, {1, 4}}) ==
        std::vector<std::int64_t>{32400, 28224, 20736, 28800, 20736, 18432, 32768, 32768, 8192});
  CHECK(
      cycles("finn-cnv-w2a2", {{3, 8}, {16, 16}, {16, 8}, {16, 8}, {8, 4}, {8, 1}, {2, 1}, {2, 2}, {1, 4}}) ==
      std::vector<std::int64_t>{64800, 112896, 82944, 115200, 82944, 73728, 65536, 65536, 8192});
}

TEST_CASE("the densities of long-resnet18 are those of the paper's table") {
  const Graph graph = zoo("long-resnet18");
  std::int64_t weights = 0, nonzero = 0;
  for (const ProductFigures& product : figures_of(graph).products) {
    if (product.name == "fc") continue;
    const std::vector<float> values = graph.constants.at(product.name + ".weights").floats();
    const std::int64_t zeros = std::count(values.begin(), values.end(), 0.0F);
    const std::string stated = key_of(zoo_document("long-resnet18"), product.name, "density");
    const double density = std::stod(stated), count = static_cast<double>(values.size());
    // Within five standard deviations of a sample.
    CHECK(1 - static_cast<double>(zeros) / count ==
          Approx(density).margin(5 * std::sqrt(density * (1 - density) / count) + 1e-9));
    weights += product.weights;
    nonzero += product.weights - zeros;
    if (product.name != "conv1") CHECK(distinct(values) == std::set<float>{-1, -0.5, -0.25, 0, 0.25, 0.5, 1});
  }
  CHECK(weights == 11159232);
  CHECK(nonzero == Approx(2602523).epsilon(0.002));  // 23.32 %
}

TEST_CASE("the same seed gives a network of the zoo the same constants, another seed others") {
  const Document document = zoo_document("long-lenet5");
  const Graph a = import_network(document, -1), b = import_network(document, 1),
              c = import_network(document, 2);
  for (const auto& [name, tensor] : a.constants) {
    CHECK(tensor.data == b.constants.at(name).data);
    if (!tensor.shape.empty()) CHECK(tensor.data != c.constants.at(name).data);
  }
}

TEST_CASE("the weights of a seed never change") {
  const auto crc = [](const std::string& network, const std::string& layer) {
    tricycle::Bytes bytes;
    const Graph graph = zoo(network);
    for (const float weight : graph.constants.at(layer + ".weights").floats())
      bytes.push_back(static_cast<std::uint8_t>(static_cast<int>(weight * 4) & 255));
    return tricycle::crc32(bytes);
  };
  CHECK(crc("mlp-mnist", "fc1") == 3721303265U);
  CHECK(crc("mlp-mnist", "fc4") == 1801160926U);
  CHECK(crc("finn-cnv-w1a1", "conv5") == 1851792465U);
  CHECK(crc("finn-cnv-w2a2", "conv5") == 2649910158U);
  CHECK(crc("long-lenet5", "conv1") == 2081622923U);
  CHECK(crc("long-lenet5", "conv2") == 3650030561U);
  CHECK(crc("fatnn-resnet20", "layer3.2.conv2") == 1752304040U);
}

TEST_CASE("long-lenet5 computes with powers of two") {
  const Graph graph = zoo("long-lenet5");
  const std::set<float> levels = {0, 1, 2, 4};  // of values that are never negative
  CHECK(distinct(value_of(graph, "conv2.activations.codes")) == levels);
  CHECK(distinct(value_of(graph, "fc1.activations.codes")) == levels);
  CHECK(distinct(value_of(graph, "fc2.activations.codes")) == levels);
  const std::vector<float> output = value_of(graph, graph.output);
  CHECK(output.size() == 10);
  CHECK(mean_square(output) > 0.2);  // taken for 1
  CHECK(mean_square(output) < 5);
}

TEST_CASE("a case of FATNN runs at a smaller size and gives ternary codes") {
  Document document = zoo_document("fatnn-case1");
  for (const char* key : {"input.height", "input.width"})
    set_value(document, key, "8", tricycle::Place::of_file("--set"));
  const Graph graph = import_network(document, -1);
  CHECK(graph.input_shape == Shape{1, 64, 8, 8});
  const std::vector<float> sums = value_of(graph, "conv.sums"), codes = value_of(graph, graph.output);
  CHECK(codes.size() == 64 * 64);
  CHECK(distinct(codes) == std::set<float>{-1, 0, 1});
  // The deviation that the README states, from which the quantizer's step is taken.
  const double deviation = std::sqrt(576 * 0.6 * 2 / 3) + 0.001;
  CHECK(std::sqrt(mean_square(sums)) == Approx(deviation).epsilon(0.15));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double sum = static_cast<double>(sums[i]);
    CHECK(codes[i] == (std::abs(sum) <= 0.6 * deviation ? 0.0F : sum > 0 ? 1.0F : -1.0F));
  }
}

TEST_CASE("a small ResNet of FATNN's keeps its streams real and its operands 0, 1 and 2") {
  Document document = zoo_document("fatnn-resnet20");
  for (const char* key : {"input.height", "input.width"})
    set_value(document, key, "8", tricycle::Place::of_file("--set"));
  const Graph graph = import_network(document, -1);
  CHECK(distinct(value_of(graph, "layer1.0.conv2.activations.codes")) == std::set<float>{0, 1, 2});
  CHECK(distinct(value_of(graph, "layer3.0.conv1.activations.codes")) == std::set<float>{0, 1, 2});
  const std::vector<float> stream = value_of(graph, "layer3.2.conv2.rectified");
  CHECK(distinct(stream).size() > 50);
  CHECK(mean_square(stream) > 0.3);
  CHECK(mean_square(stream) < 6);
  // The shortcut of option A: every other pixel, between channels of zeros.
  const std::vector<float> from = value_of(graph, "layer1.2.conv2.rectified");
  const std::vector<float> shortcut = value_of(graph, "layer2.0.shortcut.padded");
  REQUIRE(from.size() == 16 * 64);
  REQUIRE(shortcut.size() == 32 * 16);
  for (std::size_t c = 0; c < 32; ++c) {
    for (std::size_t i = 0; i < 16; ++i) {
      const bool kept = c >= 8 && c < 24;
      CHECK(shortcut[c * 16 + i] == (kept ? from[(c - 8) * 64 + i / 4 * 16 + i % 4 * 2] : 0.0F));
    }
  }
}
