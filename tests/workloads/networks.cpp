// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/networks.hpp"
#include "workloads/integer/quantized.hpp"

#include <cmath>

namespace tricycle::test {

Tensor floats(Shape shape, std::vector<float> values) {
  return {std::move(shape), std::move(values)};
}
Tensor integers(Shape shape, std::vector<std::int64_t> values) {
  return {std::move(shape), std::move(values)};
}
Tensor scalar(float value) {
  return floats({}, {value});
}

Node make_node(const std::string& name, Op op, std::vector<std::string> inputs, const std::string& output) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  return node;
}

GraphMaker::GraphMaker(Shape input_shape, Encoding encoding) {
  graph.file = "f";
  graph.name = "net";
  graph.opset = 13;
  graph.input = "x";
  graph.input_shape = std::move(input_shape);
  graph.input_encoding = encoding;
}

Node& GraphMaker::add(Op op, const std::vector<Tensor>& constants) {
  const std::string name = name_of(op) + "_" + std::to_string(graph.nodes.size());
  std::vector<std::string> inputs = {value};
  for (const Tensor& constant : constants) {
    inputs.push_back(name + "." + std::to_string(inputs.size()));
    graph.constants[inputs.back()] = constant;
  }
  value = name + ".out";
  graph.nodes.push_back(make_node(name, op, inputs, value));
  return graph.nodes.back();
}

void GraphMaker::add_ternary_quant(float scale) {
  Node& node = add(Op::quant, {scalar(scale), scalar(0), scalar(2)});
  node.attributes["signed"].integer = 1;
  node.attributes["narrow"].integer = 1;
}
void GraphMaker::add_bipolar_quant(float scale) {
  add(Op::bipolar_quant, {scalar(scale)});
}

Graph GraphMaker::finish() {
  graph.output = value;
  sort_nodes(graph);
  return graph;
}

Tensor random_weights(Random& random, std::int64_t inputs, std::int64_t outputs, bool binary, float scale) {
  std::vector<float> values(static_cast<std::size_t>(inputs * outputs));
  const double density = random.real();
  for (float& value : values) {
    const float sign = random.chance(0.5) ? 1.0F : -1.0F;
    value = binary || random.chance(density) ? sign * scale : 0.0F;
  }
  return floats({inputs, outputs}, std::move(values));
}

namespace {

float power_of_two(Random& random) {
  return std::ldexp(1.0F, static_cast<int>(random.between(-3, 3)));
}

std::vector<float> random_floats(Random& random, std::int64_t count, double low, double high) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(low + (high - low) * random.real());
  return values;
}

/// Operators between a product of `cols` channels and its quantizer, that rise or fall in each channel.
void add_chain(GraphMaker& maker, Random& random, std::int64_t cols, double reach) {
  const auto each = [&](double low, double high) {
    const bool per_channel = random.chance(0.7);
    return per_channel ? floats({cols}, random_floats(random, cols, low, high))
                       : scalar(random_floats(random, 1, low, high)[0]);
  };
  for (std::uint64_t steps = random.below(3); steps > 0; --steps) {
    switch (random.below(5)) {
      case 0: maker.add(Op::mul, {each(-2, 2)}); break;
      case 1: maker.add(Op::add, {each(-reach, reach)}); break;
      case 2: maker.add(Op::sub, {each(-reach, reach)}); break;
      case 3: maker.add(Op::div, {each(0.5, 4)}); break;
      default:
        maker.add(Op::batch_normalization, {floats({cols}, random_floats(random, cols, -1, 1)),
                                            floats({cols}, random_floats(random, cols, -1, 1)),
                                            floats({cols}, random_floats(random, cols, -reach, reach)),
                                            floats({cols}, random_floats(random, cols, 0.01, reach))});
    }
  }
}

}  // namespace

Graph random_graph(Random& random, std::int64_t most_rows, std::int64_t most_cols) {
  const bool pixel_input = random.chance(0.5);
  std::int64_t cols = random.between(1, most_cols);
  GraphMaker maker({random.between(1, most_rows), cols}, pixel_input ? Encoding::uint8 : Encoding::ternary);
  float scale = 1;  // of the codes that a product reads
  const auto quantizer = [&](double reach) {
    scale = power_of_two(random);
    if (random.chance(0.4)) return maker.add_bipolar_quant(scale);
    maker.add(Op::div, {scalar(static_cast<float>(0.3 * reach + 0.1))});
    maker.add_ternary_quant(scale);
  };
  if (pixel_input) {
    maker.add(Op::sub, {scalar(0.5F)});
    quantizer(0.5);
  }
  const std::uint64_t layers = random.below(4) + 1;
  for (std::uint64_t layer = 1; layer <= layers; ++layer) {
    const std::int64_t next = random.between(1, most_cols);
    const float weight_scale = power_of_two(random);
    maker.add(Op::matmul, {random_weights(random, cols, next, random.chance(0.4), weight_scale)});
    const double reach = std::sqrt(static_cast<double>(cols)) * static_cast<double>(weight_scale * scale);
    cols = next;
    const bool last = layer == layers;
    if (last && random.chance(0.3)) break;  // the sums themselves, or scaled
    add_chain(maker, random, cols, reach);
    if (last && random.chance(0.3)) break;  // an affine output
    quantizer(reach);
  }
  return maker.finish();
}

std::vector<std::int32_t> random_input(Random& random, const QuantizedNetwork& network) {
  const QuantizedTensor& input = network.input();
  std::vector<std::int32_t> codes(static_cast<std::size_t>(input.rows() * input.channels));
  for (std::int32_t& code : codes)
    code = static_cast<std::int32_t>(random.between(input.codes.least, input.codes.most));
  return codes;
}

namespace {

/// Pixels, or real numbers of which 256 are those of pixels.
bool pixels_of(const Graph& graph) {
  return graph.input_encoding == Encoding::uint8 || graph.input_encoding == Encoding::float32;
}

}  // namespace

Tensor float_input(const Graph& graph, const InputScale& scale, const std::vector<std::int32_t>& codes) {
  std::vector<float> values;
  for (const std::int32_t code : codes) {
    const double value = pixels_of(graph) ? code * scale.num / scale.den : code;
    values.push_back(static_cast<float>(value));
  }
  return floats(graph.input_shape, std::move(values));
}

}  // namespace tricycle::test
