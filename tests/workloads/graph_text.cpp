// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/graph_text.hpp"

#include <regex>
#include <sstream>
#include <stdexcept>

#include "support/choice.hpp"

namespace tricycle::test {
namespace {

template <class T>
std::vector<T> numbers_of(const std::string& text) {
  std::vector<T> numbers;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) numbers.push_back(static_cast<T>(std::stod(word)));
  return numbers;
}

/// `1, 28` or `1 28`.
std::vector<std::int64_t> integers_of(const std::string& text) {
  return numbers_of<std::int64_t>(std::regex_replace(text, std::regex(","), " "));
}

std::vector<std::string> names_of_list(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream stream(std::regex_replace(text, std::regex(","), " "));
  for (std::string name; stream >> name;) names.push_back(name == "_" ? "" : name);
  return names;
}

Tensor tensor_of(const Shape& shape, const std::string& type, const std::string& values) {
  if (type == "float32") return {shape, numbers_of<float>(values)};
  if (type == "int64") return {shape, numbers_of<std::int64_t>(values)};
  if (type == "int32") return {shape, numbers_of<std::int32_t>(values)};
  if (type == "int8") return {shape, numbers_of<std::int8_t>(values)};
  if (type == "uint8") return {shape, numbers_of<std::uint8_t>(values)};
  throw std::runtime_error("no type " + type);
}

Attribute attribute_of(const std::string& text) {
  Attribute attribute;
  if (text.front() == '\'') {
    attribute.text = text.substr(1, text.size() - 2);
  } else if (text.front() == '[' && text.back() == 'f') {
    attribute.numbers = numbers_of<float>(text.substr(1, text.size() - 3));
  } else if (text.front() == '[') {
    attribute.integers = integers_of(text.substr(1, text.size() - 2));
  } else if (text.back() == 'f') {
    attribute.number = std::stof(text);
  } else {
    attribute.integer = std::stoll(text);
  }
  return attribute;
}

Node node_of(const std::smatch& line) {
  Node node;
  node.name = line[1];
  node.outputs = names_of_list(line[2]);
  node.op = value_of<Op>(std::string(line[3])).value();
  node.inputs = names_of_list(line[4]);
  static const std::regex attribute(" (\\w+)=('[^']*'|\\[[^\\]]*\\]f?|\\S+)");
  const std::string rest = line[5];
  for (auto at = std::sregex_iterator(rest.begin(), rest.end(), attribute); at != std::sregex_iterator();
       ++at)
    node.attributes[(*at)[1]] = attribute_of((*at)[2]);
  return node;
}

}  // namespace

Graph graph_of(const std::string& text) {
  static const std::regex name("graph (\\S+)"), input("input (\\S+) \\[([^\\]]*)\\] (\\w+)(?: as (\\w+))?"),
      constant("const (\\S+) \\[([^\\]]*)\\] (\\w+) = (.*)"),
      node("(\\S+): ([^=]*) = (\\w+)\\(([^)]*)\\)(.*)"), output("output (\\S+)");
  Graph graph;
  graph.file = "f";
  graph.opset = 13;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::smatch match;
    if (std::regex_match(line, match, name)) {
      graph.name = match[1];
    } else if (std::regex_match(line, match, input)) {
      graph.input = match[1];
      graph.input_shape = integers_of(match[2]);
      graph.input_type = value_of<ElementType>(std::string(match[3])).value();
      if (match[4].matched) graph.input_encoding = value_of<Encoding>(std::string(match[4])).value();
    } else if (std::regex_match(line, match, constant)) {
      graph.constants[match[1]] = tensor_of(integers_of(match[2]), match[3], match[4]);
    } else if (std::regex_match(line, match, node)) {
      graph.nodes.push_back(node_of(match));
    } else if (std::regex_match(line, match, output)) {
      if (graph.output.empty()) {
        graph.output = match[1];
      } else {
        graph.further_outputs.push_back({match[1]});
      }
    } else if (!line.empty()) {
      throw std::runtime_error("cannot read: " + line);
    }
  }
  return graph;
}

}  // namespace tricycle::test
