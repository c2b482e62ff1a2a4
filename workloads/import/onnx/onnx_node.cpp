// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/onnx/onnx_node.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "support/diagnostics.hpp"
#include "workloads/graph/quant_lstm.hpp"
#include "workloads/import/onnx/onnx_tensor.hpp"

namespace tricycle {
namespace {

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

/// Whether the attribute only states the type that the node gives anyway: the type of a quantizer's zero
/// point, or of a dequantizer's scale.
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
  bool is_quant = false;                ///< its domain is one of quant_domains()
  std::size_t inputs = 0, outputs = 0;  ///< at most
  std::set<std::string> attributes;
  std::map<std::string, std::string> fixed;  ///< attributes that must have one certain value
};

/// The words of a text, separated by spaces.
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

/// Whether an attribute has the value that a rule demands.
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

bool is_four_bits(int type) {
  return type == int4_type || type == uint4_type;
}

}  // namespace

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

void refuse_four_bits(const Graph& graph, const Node& node, const ElementTypes& types) {
  if (node.op != Op::quantize_linear || node.inputs.size() < 3) return;
  const auto zero = types.find(node.inputs[2]);
  if (zero == types.end() || !is_four_bits(zero->second)) return;
  throw InputError(
      Place::at_node(graph.file, node.name),
      "QuantizeLinear: to INT4 or UINT4 is not supported; to INT8 and UINT8 is, and Quant takes any "
      "number of bits");
}

void note_type(const onnx::NodeProto& node, Op op, ElementTypes& types) {
  const bool moves = op == Op::identity || op == Op::reshape || op == Op::squeeze || op == Op::unsqueeze ||
                     op == Op::transpose || op == Op::flatten;
  const auto read = moves && node.input_size() > 0 ? types.find(node.input(0)) : types.end();
  if (read != types.end()) types[node.output(0)] = read->second;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (op == Op::constant && attribute.has_t()) types[node.output(0)] = attribute.t().data_type();
  }
}

void warn_of_gru(Graph& graph, const Node& node) {
  if (node.op != Op::gru || node.integer("linear_before_reset", 0) != 0 ||
      !graph.producer.starts_with("pytorch"))
    return;
  graph.warnings.push_back(Place::at_node(graph.file, node.name).text() +
                           ": linear_before_reset is 0, but PyTorch's GRU needs 1: some PyTorch exporters "
                           "leave the attribute out; set it to 1 in the model");
}

}  // namespace tricycle
