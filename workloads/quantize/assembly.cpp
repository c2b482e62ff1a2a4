// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/assembly.hpp"

#include "workloads/graph/shapes.hpp"

namespace tricycle {

Assembly::Assembly(Draft draft)
    : graph(std::move(draft.graph)),
      wiring(graph),
      input_scale(draft.input_scale),
      options(std::move(draft.options)),
      weight_steps(std::move(draft.weight_steps)),
      restored(std::move(draft.restored)),
      shapes(infer_shapes(graph)) {
  restored.resize(1 + graph.further_outputs.size());
  network.name = graph.name;
  network.file = graph.file;
  network.weights_source = graph.weights_source;
  network.synthetic = graph.synthetic;
  network.vocabulary = graph.vocabulary;
  network.verdicts = std::move(draft.verdicts);
}

void define_value(Assembly& a, const std::string& name, int source, Layout layout, const Shape& shape) {
  Value value;
  value.source = source;
  value.grid = a.sources[static_cast<std::size_t>(source)].grid;
  value.layout = layout;
  value.shape = shape;
  value.name = name;
  a.values[name] = std::move(value);
}

void note_verdict(Assembly& a, const Node& node, const char* what, const std::string& reason) {
  a.network.verdicts.push_back({node.name, name_of(node.op), what, reason});
}

const Value& value_of(const Assembly& a, const Node& node, const std::string& name) {
  const auto found = a.values.find(name);
  if (found == a.values.end())
    fail_node(a.graph, node, "expects an activation, not the constant '" + name + "'");
  return found->second;
}

Chain chain_of(const Assembly& a, const Value& value) {
  return {a.graph, a.sources[static_cast<std::size_t>(value.source)], value};
}

Source source_of(const Assembly& a, int tensor) {
  const QuantizedTensor& t = a.network.tensor(tensor);
  const auto channels = static_cast<std::size_t>(t.channels);
  Source source;
  source.tensor = tensor;
  source.value = t.name;
  source.grid = {t.images, t.height, t.width, t.channels};
  source.codes = t.codes;
  const bool pixels = tensor == 0 && a.network.reading.rule == ReadingRule::grid && t.codes.most == 255;
  if (pixels) source.fraction = a.input_scale;
  source.scale.assign(channels, t.scale);
  source.shift.assign(channels, t.offset);
  source.least.assign(channels, t.codes.least);
  source.most.assign(channels, t.codes.most);
  return source;
}

int source_on(Assembly& a, int tensor, const std::string& name) {
  a.sources.push_back(source_of(a, tensor));
  a.sources.back().value = name;
  return static_cast<int>(a.sources.size()) - 1;
}

int add_tensor(Assembly& a, QuantizedTensor tensor, const Grid2d& grid) {
  tensor.images = grid.images;
  tensor.height = grid.height;
  tensor.width = grid.width;
  tensor.channels = grid.channels;
  a.network.tensors.push_back(std::move(tensor));
  return static_cast<int>(a.network.tensors.size()) - 1;
}

int add_layer(Assembly& a, QuantizedLayer layer) {
  a.network.layers.push_back(std::move(layer));
  return a.network.layers.back().output;
}

QuantizedLayer layer_over(const QuantizedTensor& image, std::string name, std::string op, LayerKind kind) {
  QuantizedLayer layer;
  layer.name = std::move(name);
  layer.op = std::move(op);
  layer.kind = kind;
  layer.window.lines = layer.window.in_lines = image.height;
  layer.window.columns = layer.window.in_columns = image.width;
  return layer;
}

}  // namespace tricycle
