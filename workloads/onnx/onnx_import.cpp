// SPDX-License-Identifier: Apache-2.0
#include "workloads/onnx/onnx_import.hpp"

// The generated header is not ours to keep free of warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>

#include "support/diagnostics.hpp"
#include "workloads/graph/quant_lstm.hpp"

namespace tricycle {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensor data are copied as they are");

template <class T, class Field>
std::vector<T> tensor_data(const onnx::TensorProto& proto, const Field& field, std::size_t count,
                           const Place& place) {
  std::vector<T> data;
  const std::string what = "tensor '" + proto.name() + "'";
  if (proto.has_raw_data()) {
    const std::string& raw = proto.raw_data();
    if (raw.size() != count * sizeof(T)) {
      throw InputError(place, what + " has " + std::to_string(raw.size()) + " bytes for " +
                                  std::to_string(count) + " elements of " + std::to_string(sizeof(T)));
    }
    data.resize(count);
    if (count > 0) std::memcpy(data.data(), raw.data(), raw.size());
  } else {
    if (static_cast<std::size_t>(field.size()) != count) {
      throw InputError(place, what + " has " + std::to_string(field.size()) + " values for " +
                                  std::to_string(count) + " elements");
    }
    data.reserve(count);
    for (const auto value : field) data.push_back(static_cast<T>(value));
  }
  return data;
}

/// ONNX's names of element types, by number, those that came after the ONNX this is built with included.
std::string element_name(std::int64_t type) {
  static const std::vector<std::string> names = {
      "UNDEFINED",      "FLOAT",    "UINT8",        "INT8",           "UINT16",
      "INT16",          "INT32",    "INT64",        "STRING",         "BOOL",
      "FLOAT16",        "DOUBLE",   "UINT32",       "UINT64",         "COMPLEX64",
      "COMPLEX128",     "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2",
      "FLOAT8E5M2FNUZ", "UINT4",    "INT4",         "FLOAT4E2M1",     "FLOAT8E8M0"};
  const auto at = static_cast<std::size_t>(type);
  return std::to_string(type) + (type >= 0 && at < names.size() ? " (" + names[at] + ")" : "");
}

constexpr int uint4_type = 21, int4_type = 22;

/// Two numbers in each byte, the first in its low half.
std::vector<std::int8_t> nibbles(const onnx::TensorProto& proto, std::size_t count, const Place& place) {
  const auto bytes = tensor_data<std::uint8_t>(proto, proto.int32_data(), (count + 1) / 2, place);
  std::vector<std::int8_t> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const int bits = bytes[i / 2] >> (i % 2 * 4) & 15;
    numbers.push_back(
        static_cast<std::int8_t>(proto.data_type() == int4_type && bits > 7 ? bits - 16 : bits));
  }
  return numbers;
}

/// The numbers of 16 bits each, which lie in int32_data where they are not raw.
std::vector<float> half_data(const onnx::TensorProto& proto, std::size_t count, const Place& place) {
  std::vector<float> numbers;
  for (const std::uint16_t bits : tensor_data<std::uint16_t>(proto, proto.int32_data(), count, place))
    numbers.push_back(half_number(bits));
  return numbers;
}

/// `half`: numbers of half precision are taken too, as the data of an input; as constants of a model they
/// would be computed with in half precision, which nothing here does.
Tensor convert_tensor(const onnx::TensorProto& proto, const Place& place, bool half = false) {
  Tensor tensor;
  for (const std::int64_t dimension : proto.dims()) tensor.shape.push_back(dimension);
  const std::int64_t elements = tensor.size();
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  if (elements < 0 || elements > most || tensor.shape.size() > 16) {
    throw InputError(place, "tensor '" + proto.name() + "' has the shape " + shape_text(tensor.shape));
  }
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    throw InputError(place,
                     "tensor '" + proto.name() + "' keeps its data in another file, which is not supported");
  }
  const auto count = static_cast<std::size_t>(elements);
  if (half && proto.data_type() == onnx::TensorProto::FLOAT16) {
    tensor.data = half_data(proto, count, place);
    return tensor;
  }
  switch (proto.data_type()) {
    case uint4_type:
    case int4_type: tensor.data = nibbles(proto, count, place); break;
    case onnx::TensorProto::FLOAT:
      tensor.data = tensor_data<float>(proto, proto.float_data(), count, place);
      break;
    case onnx::TensorProto::DOUBLE:
      tensor.data = tensor_data<double>(proto, proto.double_data(), count, place);
      break;
    case onnx::TensorProto::INT64:
      tensor.data = tensor_data<std::int64_t>(proto, proto.int64_data(), count, place);
      break;
    case onnx::TensorProto::INT32:
      tensor.data = tensor_data<std::int32_t>(proto, proto.int32_data(), count, place);
      break;
    case onnx::TensorProto::INT8:
      tensor.data = tensor_data<std::int8_t>(proto, proto.int32_data(), count, place);
      break;
    case onnx::TensorProto::UINT8:
      tensor.data = tensor_data<std::uint8_t>(proto, proto.int32_data(), count, place);
      break;
    case onnx::TensorProto::BOOL: {
      std::vector<std::int64_t> truth;
      for (const std::uint8_t value : tensor_data<std::uint8_t>(proto, proto.int32_data(), count, place))
        truth.push_back(value != 0 ? 1 : 0);
      tensor.data = std::move(truth);
      break;
    }
    default:
      throw InputError(place, "tensor '" + proto.name() + "' has the element type " +
                                  element_name(proto.data_type()) +
                                  "; supported are FLOAT, DOUBLE, INT64, INT32, INT8, UINT8, INT4, UINT4 and "
                                  "BOOL");
  }
  return tensor;
}

/// The type that an attribute of an operator has.
onnx::AttributeProto::AttributeType type_of(Op op, const std::string& attribute) {
  using Proto = onnx::AttributeProto;
  static const std::map<std::string, Proto::AttributeType> others = {{"activation_alpha", Proto::FLOATS},
                                                                     {"activation_beta", Proto::FLOATS},
                                                                     {"activations", Proto::STRINGS},
                                                                     {"alpha", Proto::FLOAT},
                                                                     {"auto_pad", Proto::STRING},
                                                                     {"axes", Proto::INTS},
                                                                     {"beta", Proto::FLOAT},
                                                                     {"bias", Proto::FLOAT},
                                                                     {"clip", Proto::FLOAT},
                                                                     {"dilations", Proto::INTS},
                                                                     {"direction", Proto::STRING},
                                                                     {"ends", Proto::INTS},
                                                                     {"epsilon", Proto::FLOAT},
                                                                     {"kernel_shape", Proto::INTS},
                                                                     {"max", Proto::FLOAT},
                                                                     {"min", Proto::FLOAT},
                                                                     {"mode", Proto::STRING},
                                                                     {"momentum", Proto::FLOAT},
                                                                     {"pads", Proto::INTS},
                                                                     {"perm", Proto::INTS},
                                                                     {"ratio", Proto::FLOAT},
                                                                     {"rounding_mode", Proto::STRING},
                                                                     {"starts", Proto::INTS},
                                                                     {"strides", Proto::INTS},
                                                                     {"value", Proto::TENSOR},
                                                                     {"value_float", Proto::FLOAT}};
  if (attribute == "value" && op == Op::pad) return Proto::FLOAT;
  if (op == Op::quant_lstm_cell && attribute.ends_with("_rounding_mode")) return Proto::STRING;
  const auto found = others.find(attribute);
  return found == others.end() ? Proto::INT : found->second;
}

/// The element types of constants, by ONNX's numbers.
using ElementTypes = std::map<std::string, int>;

/// Whether the type that a quantizer is told to give is the one that it gives anyway: that of its zero point,
/// or of a dequantizer that of its scale.
bool states_its_type(const onnx::NodeProto& node, const onnx::AttributeProto& attribute,
                     const ElementTypes& types) {
  if (attribute.name() != "output_dtype") return false;
  const int input = node.op_type() == "QuantizeLinear" ? 2 : 1;
  const auto type = node.input_size() > input ? types.find(node.input(input)) : types.end();
  return type != types.end() && type->second == attribute.i();
}

/// What the importer knows of an operator.
struct Rule {
  Op op = Op::identity;
  bool is_quant = false;                ///< of one of quant_domains()
  std::size_t inputs = 0, outputs = 0;  ///< at most
  std::set<std::string> attributes;
  std::map<std::string, std::string> fixed;  ///< attributes that must have one certain value
};

/// The words of a text, which stand between spaces.
std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::set<std::string> quant_lstm_attributes() {
  std::set<std::string> names = {"batch_first", "cifg", "reverse_input", "output_sigmoid_narrow_range"};
  for (const std::string& part : quant_lstm_part_names()) {
    for (const char* attribute : {"_narrow", "_signed", "_rounding_mode"}) names.insert(part + attribute);
  }
  return names;
}

/// Every operator of the graph, by its name.
const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> table = [] {
    constexpr std::size_t any = std::numeric_limits<int>::max();
    constexpr bool onnx = false, qonnx = true;
    std::map<std::string, Rule> rules;
    const auto add = [&](Op op, bool is_quant, std::size_t inputs, std::size_t outputs,
                         const char* attributes, const char* fixed) {
      Rule& rule = rules[name_of(op)];
      rule = {op, is_quant, inputs, outputs, {}, {}};
      for (const std::string& word : words_of(attributes)) rule.attributes.insert(word);
      for (const std::string& word : words_of(fixed))
        rule.fixed[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    };
#define OPERATOR(identifier, name, domain, inputs, outputs, family, shape, quantization, attributes, fixed) \
  add(Op::identifier, domain, inputs, outputs, attributes, fixed);
#include "workloads/graph/operators.def"
#undef OPERATOR
    rules[name_of(Op::quant_lstm_cell)].attributes = quant_lstm_attributes();
    rules["IntQuant"] = rules[name_of(Op::quant)];  // as QONNX calls it today
    return rules;
  }();
  return table;
}

/// Whether an attribute has the value that a rule says.
bool is_value(const onnx::AttributeProto& attribute, const std::string& value) {
  return attribute.type() == onnx::AttributeProto::STRING ? attribute.s() == value
                                                          : std::to_string(attribute.i()) == value;
}

const std::set<std::string>& quant_domains() {
  static const std::set<std::string> domains = {"onnx.brevitas", "qonnx.custom_op.general",
                                                "finn.custom_op.general"};
  return domains;
}

Attribute convert_attribute(const onnx::AttributeProto& proto, const Place& place) {
  Attribute attribute;
  switch (proto.type()) {
    case onnx::AttributeProto::INT: attribute.integer = proto.i(); break;
    case onnx::AttributeProto::FLOAT: attribute.number = proto.f(); break;
    case onnx::AttributeProto::STRING: attribute.text = proto.s(); break;
    case onnx::AttributeProto::INTS:
      attribute.integers.assign(proto.ints().begin(), proto.ints().end());
      break;
    case onnx::AttributeProto::FLOATS:
      attribute.numbers.assign(proto.floats().begin(), proto.floats().end());
      break;
    case onnx::AttributeProto::STRINGS:
      attribute.texts.assign(proto.strings().begin(), proto.strings().end());
      break;
    case onnx::AttributeProto::TENSOR: attribute.tensor = convert_tensor(proto.t(), place); break;
    default: throw InputError(place, "the attribute '" + proto.name() + "' has a type that is not supported");
  }
  return attribute;
}

/// Refuses a node that has no output, or more than its operator may have.
void check_outputs(const Node& node, std::size_t most, const std::string& op, const Place& place) {
  const auto wanted = [](const std::string& name) { return !name.empty(); };
  const bool any = most == 1 ? !node.outputs.empty() && wanted(node.outputs[0])
                             : std::any_of(node.outputs.begin(), node.outputs.end(), wanted);
  if (!any) throw InputError(place, "has no output");
  for (std::size_t i = most; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    if (most == 1) throw InputError(place, "more than one output of " + op + " is not supported");
    throw InputError(place, "has " + std::to_string(node.outputs.size()) + " outputs; " + op +
                                " has at most " + std::to_string(most));
  }
}

/// The values that a node or the model's output reads.
std::set<std::string> values_read(const onnx::GraphProto& graph) {
  std::set<std::string> read;
  for (const onnx::NodeProto& node : graph.node()) read.insert(node.input().begin(), node.input().end());
  for (const onnx::ValueInfoProto& output : graph.output()) read.insert(output.name());
  return read;
}

Node convert_node(const onnx::NodeProto& proto, const std::string& name, const std::string& file,
                  const std::set<std::string>& read, const ElementTypes& types) {
  const Place place = Place::at_node(file, name);
  const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
  const auto found = rules().find(proto.op_type());
  const bool known = found != rules().end() &&
                     (found->second.is_quant ? quant_domains().count(proto.domain()) != 0 : standard);
  if (!known) {
    const std::string full = (standard ? "" : proto.domain() + "::") + proto.op_type();
    throw InputError(place, "the operator " + full + " is not supported");
  }
  const Rule& rule = found->second;
  Node node;
  node.name = name;
  node.op = rule.op;
  node.inputs.assign(proto.input().begin(), proto.input().end());
  if (node.inputs.size() > rule.inputs) {
    throw InputError(place, "has " + std::to_string(proto.input_size()) + " inputs; " + proto.op_type() +
                                " takes at most " + std::to_string(rule.inputs));
  }
  node.outputs.assign(proto.output().begin(), proto.output().end());
  // Exporters write down masks and indices that nothing reads.
  if ((node.op == Op::dropout || node.op == Op::max_pool) && node.outputs.size() == 2 &&
      read.count(node.outputs[1]) == 0)
    node.outputs.pop_back();
  check_outputs(node, rule.outputs, proto.op_type(), place);
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    const auto fixed = rule.fixed.find(attribute.name());
    if (fixed != rule.fixed.end()) {
      if (is_value(attribute, fixed->second) || states_its_type(proto, attribute, types)) continue;
      throw InputError(
          place, proto.op_type() + " is supported only with " + attribute.name() + " = " + fixed->second);
    }
    Attribute value = convert_attribute(attribute, place);
    if (rule.attributes.count(attribute.name()) == 0) {
      const std::vector<std::string> known(rule.attributes.begin(), rule.attributes.end());
      throw InputError(place, "the attribute '" + attribute.name() + "' of " + proto.op_type() +
                                  " is not supported" + did_you_mean(attribute.name(), known));
    }
    if (attribute.type() != type_of(rule.op, attribute.name())) {
      throw InputError(
          place, "the attribute '" + attribute.name() + "' of " + proto.op_type() +
                     " is expected to be of type " +
                     onnx::AttributeProto_AttributeType_Name(type_of(rule.op, attribute.name())) + ", not " +
                     onnx::AttributeProto_AttributeType_Name(attribute.type()));
    }
    node.attributes.emplace(attribute.name(), std::move(value));
  }
  return node;
}

/// Since opset 18 the axes of a ReduceMean are an input: a constant one is taken as the attribute.
void take_axes(const Graph& graph, Node& node) {
  if (node.op != Op::reduce_mean || node.inputs.size() < 2) return;
  const std::string name = node.inputs[1];
  node.inputs.resize(1);
  if (name.empty()) return;
  const auto made = std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& other) {
    return other.op == Op::constant && other.outputs[0] == name;
  });
  const Tensor* axes = graph.is_constant(name) ? &graph.constants.at(name)
                       : made != graph.nodes.end() && made->attributes.count("value") != 0
                           ? &*made->attributes.at("value").tensor
                           : nullptr;
  if (axes == nullptr || axes->is_float())
    throw InputError(Place::at_node(graph.file, node.name),
                     "ReduceMean: its axes are expected to be constant integers");
  node.attributes["axes"].integers = axes->integers();
}

bool is_four_bits(int type) {
  return type == int4_type || type == uint4_type;
}

/// Four bits are what an initializer is stored in; nothing here rounds to them.
void refuse_four_bits(const Graph& graph, const Node& node, const ElementTypes& types) {
  if (node.op != Op::quantize_linear || node.inputs.size() < 3) return;
  const auto zero = types.find(node.inputs[2]);
  if (zero == types.end() || !is_four_bits(zero->second)) return;
  throw InputError(
      Place::at_node(graph.file, node.name),
      "QuantizeLinear: to INT4 or UINT4 is not supported; to INT8 and UINT8 is, and Quant takes any "
      "number of bits");
}

/// Notes the type of a constant that a node makes, or lays out anew.
void note_type(const onnx::NodeProto& node, Op op, ElementTypes& types) {
  const bool moves = op == Op::identity || op == Op::reshape || op == Op::squeeze || op == Op::unsqueeze ||
                     op == Op::transpose || op == Op::flatten;
  const auto read = moves && node.input_size() > 0 ? types.find(node.input(0)) : types.end();
  if (read != types.end()) types[node.output(0)] = read->second;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (op == Op::constant && attribute.has_t()) types[node.output(0)] = attribute.t().data_type();
  }
}

/// Warns of a GRU that its exporter may have written down wrongly.
void warn_of_gru(Graph& graph, const Node& node) {
  if (node.op != Op::gru || node.integer("linear_before_reset", 0) != 0 ||
      !graph.producer.starts_with("pytorch"))
    return;
  graph.warnings.push_back(Place::at_node(graph.file, node.name).text() +
                           ": linear_before_reset is 0, which no GRU of PyTorch means: some of its exporters "
                           "leave the attribute out");
}

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

/// The symbol of the first dimension, where nothing says its size.
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
  if (proto.output_size() == 0) fail(graph.file, "has 0 outputs; one is supported");
  graph.output = proto.output(0).name();
  graph.output_type = element_type(proto.output(0)).value_or(ElementType::float32);
  for (int i = 1; i < proto.output_size(); ++i) graph.further_outputs.push_back(proto.output(i).name());
  std::set<std::string> produced;
  for (const GraphInput& input : inputs_of(graph)) produced.insert(input.name);
  for (const Node& node : graph.nodes) produced.insert(node.outputs.begin(), node.outputs.end());
  produced.erase("");
  for (const std::string& output : outputs_of(graph)) {
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
