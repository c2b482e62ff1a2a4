// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <set>
#include <string>

#include "workloads/graph/graph.hpp"
#include "workloads/import/onnx/protobuf.hpp"

namespace tricycle {

/// The element types of constants, by ONNX's numbers.
using ElementTypes = std::map<std::string, int>;

/// The values that a node or the model's output reads.
[[nodiscard]] std::set<std::string> values_read(const onnx::GraphProto& graph);

/// A node of the graph. Errors, at its name: an operator, a number of inputs or outputs, an attribute or its
/// value that is not taken. `read`: the values that something reads; `types`: of the constants so far.
[[nodiscard]] Node convert_node(const onnx::NodeProto& proto, const std::string& name,
                                const std::string& file, const std::set<std::string>& read,
                                const ElementTypes& types);

/// Since opset 18 the axes of a ReduceMean are an input: a constant one is taken as the attribute.
void take_axes(const Graph& graph, Node& node);

/// Four bits are what an initializer is stored in; nothing here rounds to them.
void refuse_four_bits(const Graph& graph, const Node& node, const ElementTypes& types);

/// Notes the type of a constant that a node makes, or lays out anew.
void note_type(const onnx::NodeProto& node, Op op, ElementTypes& types);

/// Warns of a GRU that its exporter may have written down wrongly.
void warn_of_gru(Graph& graph, const Node& node);

}  // namespace tricycle
