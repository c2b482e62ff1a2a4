// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_values = 16;  ///< the most values of a constant that are written out

std::string constant_text(const std::string& name, const Tensor& tensor) {
  std::string text =
      fmt::format("const {} {} {}", printable(name), shape_text(tensor.shape), tensor.type_name());
  return std::visit(
      [&](const auto& values) {
        if (values.size() <= most_values) return text + fmt::format(" = {}\n", fmt::join(values, " "));
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        return text + fmt::format(": {} values from {} to {}\n", values.size(), *least, *most);
      },
      tensor.data);
}

std::string attribute_text(const Attribute& attribute) {
  if (attribute.integer) return fmt::format("{}", *attribute.integer);
  if (attribute.number) return fmt::format("{}f", *attribute.number);
  if (attribute.text) return "'" + printable(*attribute.text) + "'";
  if (attribute.tensor)
    return fmt::format("{} {}", attribute.tensor->type_name(), shape_text(attribute.tensor->shape));
  if (!attribute.numbers.empty()) return fmt::format("[{}]f", fmt::join(attribute.numbers, " "));
  if (!attribute.texts.empty()) return fmt::format("[{}]", fmt::join(attribute.texts, " "));
  return fmt::format("[{}]", fmt::join(attribute.integers, " "));
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : ", ") + (name.empty() ? std::string("_") : printable(name));
  return text;
}

std::string node_text(const Node& node) {
  std::string text = fmt::format("{}: {} = {}({})", printable(node.name), names_text(node.outputs),
                                 name_of(node.op), names_text(node.inputs));
  for (const auto& [name, attribute] : node.attributes)
    text += fmt::format(" {}={}", printable(name), attribute_text(attribute));
  return text + "\n";
}

std::string input_text(const GraphInput& input) {
  return fmt::format("input {} {} {}", printable(input.name), shape_text(input.shape), name_of(input.type));
}

}  // namespace

std::string graph_text(const Graph& graph) {
  std::string text = fmt::format("graph {}\n", printable(graph.name));
  text += input_text({graph.input, graph.input_shape, graph.input_type}) +
          fmt::format(" as {}\n", name_of(graph.input_encoding));
  for (const GraphInput& input : graph.further_inputs) text += input_text(input) + "\n";
  std::set<std::string> read;
  for (const Node& node : graph.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  for (const auto& [name, tensor] : graph.constants) {
    if (read.count(name) != 0) text += constant_text(name, tensor);
  }
  for (const Node& node : graph.nodes) text += node_text(node);
  for (const GraphOutput& output : outputs_of(graph))
    text += fmt::format("output {}\n", printable(output.name));
  return text;
}

}  // namespace tricycle
