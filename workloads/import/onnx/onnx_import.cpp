// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/onnx/onnx_import.hpp"

#include <algorithm>
#include <set>

#include "support/diagnostics.hpp"
#include "workloads/import/onnx/onnx_node.hpp"
#include "workloads/import/onnx/onnx_tensor.hpp"

namespace tricycle {
namespace {

Shape input_shape(const onnx::ValueInfoProto& input, const std::string& file, const ImportOptions& options) {
  if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) {
    fail(file, "the input '" + input.name() + "' has no shape");
  }
  Shape shape;
  for (const auto& dimension : input.type().tensor_type().shape().dim()) {
    const auto given = options.dimensions.find(dimension.dim_param());
    if (dimension.has_dim_value() && dimension.dim_value() > 0) {
      shape.push_back(dimension.dim_value());
    } else if (dimension.has_dim_param() && given != options.dimensions.end()) {
      shape.push_back(given->second);
    } else if (shape.empty()) {
      shape.push_back(1);  // a symbolic batch: items are run one after another
    } else {
      const std::string name = printable(dimension.dim_param());
      fail(file,
           "dimension " + std::to_string(shape.size()) + " of the input '" + input.name() +
               "' is not a number" +
               (name.empty() ? "" : ", but '" + name + "' (--set workload." + name + "=N gives its size)"));
    }
  }
  if (element_count(shape) < 0 || element_count(shape) > options.limits.elements()) {
    fail(file, "the input '" + input.name() + "' has the shape " + shape_text(shape));
  }
  return shape;
}

onnx::ModelProto parse_model(std::span<const std::uint8_t> bytes, const std::string& name) {
  onnx::ModelProto model;
  const bool fits = bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (!fits || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    fail(name, "is no ONNX model, or a truncated one: it does not parse as a ModelProto");
  }
  if (!model.has_graph() || model.graph().node_size() == 0) fail(name, "is no ONNX model: it holds no graph");
  return model;
}

std::optional<ElementType> element_type(const onnx::ValueInfoProto& value) {
  switch (value.type().tensor_type().elem_type()) {
    case onnx::TensorProto::FLOAT: return ElementType::float32;
    case onnx::TensorProto::DOUBLE: return ElementType::float64;
    case onnx::TensorProto::FLOAT16: return ElementType::float16;
    case onnx::TensorProto::INT64: return ElementType::int64;
    case onnx::TensorProto::INT32: return ElementType::int32;
    case onnx::TensorProto::INT8: return ElementType::int8;
    case onnx::TensorProto::UINT8: return ElementType::uint8;
    case onnx::TensorProto::BOOL: return ElementType::boolean;
    default: return std::nullopt;
  }
}

ElementType input_type(const onnx::ValueInfoProto& input, const std::string& file) {
  if (const auto type = element_type(input)) return *type;
  fail(file, "the input '" + input.name() + "' has the element type " +
                 element_name(input.type().tensor_type().elem_type()) +
                 "; supported are FLOAT, DOUBLE, FLOAT16, INT64, INT32, INT8, UINT8 and BOOL");
}

/// The symbol of the first dimension if nothing gives its size.
std::string open_dimension(const onnx::ValueInfoProto& input, const ImportOptions& options) {
  const auto& shape = input.type().tensor_type().shape();
  if (shape.dim_size() == 0 || shape.dim(0).has_dim_value()) return "";
  const std::string& name = shape.dim(0).dim_param();
  return options.dimensions.count(name) != 0 ? "" : name;
}

void take_inputs(const onnx::GraphProto& proto, const ImportOptions& options, Graph& graph) {
  std::set<std::string> seen;
  for (const onnx::ValueInfoProto& input : proto.input()) {
    if (graph.is_constant(input.name())) continue;
    if (!seen.insert(input.name()).second) fail(graph.file, "has two inputs called '" + input.name() + "'");
    GraphInput one = {input.name(), input_shape(input, graph.file, options), input_type(input, graph.file)};
    if (seen.size() > 1) {
      graph.further_inputs.push_back(std::move(one));
    } else {
      graph.input = one.name;
      graph.input_shape = one.shape;
      graph.input_type = one.type;
      graph.open_dimension = open_dimension(input, options);
    }
  }
  if (graph.input.empty()) fail(graph.file, "has no input");
}

void take_outputs(const onnx::GraphProto& proto, Graph& graph) {
  if (proto.output_size() == 0) fail(graph.file, "has no output");
  graph.output = proto.output(0).name();
  graph.output_type = element_type(proto.output(0)).value_or(ElementType::float32);
  for (int i = 1; i < proto.output_size(); ++i) {
    graph.further_outputs.push_back(
        {proto.output(i).name(), element_type(proto.output(i)).value_or(ElementType::float32)});
  }
  std::set<std::string> produced;
  for (const GraphInput& input : inputs_of(graph)) produced.insert(input.name);
  for (const Node& node : graph.nodes) produced.insert(node.outputs.begin(), node.outputs.end());
  produced.erase("");
  std::set<std::string> seen;
  for (const auto& [output, type] : outputs_of(graph)) {
    if (!seen.insert(output).second) fail(graph.file, "has two outputs called '" + output + "'");
    if (produced.count(output) == 0 && !graph.is_constant(output))
      fail(graph.file, "nothing produces the output '" + output + "'");
  }
}

}  // namespace

std::vector<std::string> symbolic_dimensions(std::span<const std::uint8_t> bytes, const std::string& name) {
  const onnx::ModelProto model = parse_model(bytes, name);
  std::vector<std::string> names;
  for (const onnx::ValueInfoProto& input : model.graph().input()) {
    for (const auto& dimension : input.type().tensor_type().shape().dim()) {
      const std::string& one = dimension.dim_param();
      if (!one.empty() && std::find(names.begin(), names.end(), one) == names.end()) names.push_back(one);
    }
  }
  return names;
}

Graph import_onnx(std::span<const std::uint8_t> bytes, const std::string& name,
                  const ImportOptions& options) {
  const onnx::ModelProto model = parse_model(bytes, name);
  const onnx::GraphProto& proto = model.graph();
  Graph graph;
  graph.file = name;
  graph.name = proto.name();
  graph.limits = options.limits;
  graph.input_encoding = Encoding::float32;
  graph.producer =
      model.producer_name() + (model.producer_version().empty() ? "" : " " + model.producer_version());
  for (const auto& import : model.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") graph.opset = import.version();
  }
  if (graph.opset < 7)
    fail(name, "opset " + std::to_string(graph.opset) + " is older than 7, the first that is supported");
  ElementTypes types;
  for (const onnx::TensorProto& tensor : proto.initializer()) {
    if (tensor.name().empty()) fail(name, "has a tensor without a name");
    const bool is_new =
        graph.constants.emplace(tensor.name(), convert_tensor(tensor, Place::at_node(name, tensor.name())))
            .second;
    if (!is_new) fail(name, "has two initializers called '" + tensor.name() + "'");
    types[tensor.name()] = tensor.data_type();
  }
  take_inputs(proto, options, graph);
  const std::set<std::string> read = values_read(proto);
  for (int i = 0; i < proto.node_size(); ++i) {
    const onnx::NodeProto& node = proto.node(i);
    graph.nodes.push_back(
        convert_node(node, node.name().empty() ? node.op_type() + "_" + std::to_string(i) : node.name(), name,
                     read, types));
    take_axes(graph, graph.nodes.back());
    refuse_four_bits(graph, graph.nodes.back(), types);
    note_type(node, graph.nodes.back().op, types);
    for (const std::string& output : graph.nodes.back().outputs) {
      if (graph.is_constant(output))
        throw InputError(Place::at_node(name, graph.nodes.back().name),
                         "gives '" + output + "', which is an initializer too");
    }
    warn_of_gru(graph, graph.nodes.back());
  }
  sort_nodes(graph);
  take_outputs(proto, graph);
  return graph;
}

Tensor import_tensor(std::span<const std::uint8_t> bytes, const std::string& name) {
  onnx::TensorProto proto;
  const bool fits = bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (!fits || bytes.empty() || !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    fail(name, "is no ONNX tensor, or a truncated one: it does not parse as a TensorProto");
  }
  Place place;
  place.file = name;
  return convert_tensor(proto, place, true);
}

}  // namespace tricycle
