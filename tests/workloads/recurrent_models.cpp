// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/recurrent_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "arch/params/machine.hpp"
#include "support/document.hpp"

namespace tricycle::test {
namespace {

std::vector<float> floats_within(Random& random, std::int64_t count, double most) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>((2 * random.real() - 1) * most);
  return values;
}

DirectionWeights direction_of(Random& random, const RecurrentLayer& layer, bool reverse) {
  DirectionWeights direction;
  direction.reverse = reverse;
  const double most = 1 / std::sqrt(static_cast<double>(layer.hidden));
  for (std::size_t g = 0; g < gate_names(layer.cell).size(); ++g) {
    GateWeights gate;
    gate.wx = floats_within(random, layer.hidden * layer.inputs, most);
    gate.wh = floats_within(random, layer.hidden * layer.hidden, most);
    gate.bx = floats_within(random, layer.hidden, 0.5);
    gate.bh = floats_within(random, layer.hidden, 0.5);
    direction.gates.push_back(std::move(gate));
  }
  return direction;
}

std::string memory_text(const char* name, std::int64_t size_KiB) {
  return fmt::format("{}_memory: {{size_KiB: {}, banks: 1, width_bits: 64}}\n", name, size_KiB);
}

MachineSpec machine_of(std::int64_t rows, std::int64_t cols, std::int64_t word_bits,
                       const MachineSizes& sizes, const std::string& array, std::int64_t queue_depth) {
  const std::string text =
      fmt::format(
          "name: m\nclock_MHz: 100\narray: {{rows: {}, cols: {}, word_bits: {}, accumulator_bits: 32, {}}}\n",
          rows, cols, word_bits, array) +
      memory_text("weight", sizes.weight) + memory_text("activation", sizes.activation) +
      memory_text("accumulator", sizes.accumulator) + memory_text("instruction", 16384) +
      fmt::format("sequencer: {{queue_depth: {}}}\n", queue_depth);
  return read_machine(parse_document(text, "m.yaml"));
}

}  // namespace

RecurrentModel make_model(Random& random, const ModelShape& shape) {
  RecurrentModel model;
  model.name = "rnn";
  model.file = "rnn.yaml";
  model.steps = shape.steps;
  model.batch = shape.batch;
  model.vocabulary = shape.vocabulary;
  if (shape.vocabulary > 0) model.embedding = floats_within(random, shape.vocabulary * shape.inputs, 0.9);
  std::int64_t inputs = shape.inputs;
  for (std::size_t i = 0; i < shape.cells.size(); ++i) {
    RecurrentLayer layer;
    layer.name = fmt::format("l{}", i);
    layer.cell = shape.cells[i];
    layer.linear_before_reset = shape.linear_before_reset;
    layer.inputs = inputs;
    layer.hidden = shape.hidden;
    if (shape.forward) layer.directions.push_back(direction_of(random, layer, false));
    if (shape.reverse) layer.directions.push_back(direction_of(random, layer, true));
    inputs = shape.hidden * static_cast<std::int64_t>(layer.directions.size());
    model.layers.push_back(std::move(layer));
  }
  model.last_only = shape.last_only;
  if (shape.outputs > 0) {
    model.decoder = DecoderWeights{"decoder", shape.outputs, floats_within(random, shape.outputs * inputs, 1),
                                   floats_within(random, shape.outputs, 1)};
  }
  const std::int64_t width = shape.outputs > 0 ? shape.outputs : inputs;
  model.input_shape = {shape.steps, shape.batch};
  if (shape.vocabulary == 0) model.input_shape.push_back(shape.inputs);
  model.output_shape = {shape.last_only ? 1 : shape.steps, shape.batch, width};
  return model;
}

RecurrentModel random_model(Random& random) {
  static const std::vector<Cell> cells = {Cell::lstm, Cell::gru, Cell::rnn};
  ModelShape shape;
  shape.cells.clear();
  for (std::int64_t i = random.between(1, 2); i > 0; --i) shape.cells.push_back(cells[random.below(3)]);
  shape.linear_before_reset = random.chance(0.5);
  const std::uint64_t directions = random.below(4);
  shape.forward = directions != 0;
  shape.reverse = directions <= 1;
  shape.steps = random.between(1, 6);
  shape.batch = random.between(1, 4);
  shape.inputs = random.between(1, 40);
  shape.hidden = random.between(1, 40);
  if (random.chance(0.4)) shape.vocabulary = random.between(2, 30);
  if (random.chance(0.7)) shape.outputs = random.between(1, 40);
  shape.last_only = random.chance(0.2) && !(shape.forward && shape.reverse);
  return make_model(random, shape);
}

RecurrentSpec make_spec(const std::string& text) {
  RecurrentSpec spec;
  const Document document = parse_document("{" + text + "}", "rnn.yaml");
  read_fields(document, "the spec", spec);
  return spec;
}

Values random_item(Random& random, const QuantizedNetwork& network) {
  const QuantizedTensor& input = network.input();
  Values values(static_cast<std::size_t>(input.rows() * input.channels));
  for (std::int32_t& value : values) {
    value = input.codes.is_float()
                ? std::bit_cast<std::int32_t>(static_cast<float>(2 * random.real() - 1))
                : static_cast<std::int32_t>(random.between(input.codes.least, input.codes.most));
  }
  return values;
}

MachineSpec recurrent_machine(const MachineSizes& sizes, bool floating) {
  return machine_of(4, 4, 32, sizes,
                    floating ? "datapaths: [mac], mac_type: fp32" : "datapaths: [ternary_planes, mac]", 8);
}

MachineSpec random_recurrent_machine(Random& random, bool floating) {
  static const std::vector<std::string> integers = {
      "ternary_planes, mac",      "ternary_fatnn, mac", "mac, ternary_planes",
      "ternary_fatnn, bitserial", "bitserial",          "ternary_planes, bitserial, shift"};
  const auto size = [&] { return random.chance(0.6) ? random.between(2, 12) : random.between(8, 128); };
  const MachineSizes sizes = {size(), size() + size(), size()};
  std::string array = floating ? "datapaths: [mac], mac_type: fp32"
                               : "datapaths: [" + integers[random.below(integers.size())] + "]";
  if (!floating) array += random.chance(0.5) ? ", fatnn_mask: on_the_fly" : ", fatnn_mask: precomputed";
  if (random.chance(0.3)) array += ", dataflow: weight_stationary";
  return machine_of(random.between(1, 9), random.between(1, 12), 32 * random.between(1, 3), sizes, array,
                    random.between(1, 8));
}

std::size_t tensor_named(const QuantizedNetwork& network, const std::string& name) {
  for (std::size_t t = 0; t < network.tensors.size(); ++t) {
    if (network.tensors[t].name == name) return t;
  }
  throw std::out_of_range("no tensor " + name);
}

std::size_t layer_named(const QuantizedNetwork& network, const std::string& name) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].name == name) return i;
  }
  throw std::out_of_range("no layer " + name);
}

}  // namespace tricycle::test
