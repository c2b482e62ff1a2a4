// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/choice.hpp"
#include "support/tensor.hpp"

namespace tricycle {

/// The operators the graph knows: operators.def.
enum class Op : std::uint8_t {
#define OPERATOR(identifier, ...) identifier,
#include "workloads/graph/operators.def"
#undef OPERATOR
};

/// Operator names as ONNX writes them, in the order of Op.
[[nodiscard]] const std::vector<std::string>& names_of(Op);

/// The values that a tensor of the quantized network holds.
enum class Encoding : std::uint8_t { uint8, binary, ternary, int32, float32 };
[[nodiscard]] const std::vector<std::string>& names_of(Encoding);

/// The element type of a graph's input.
enum class ElementType : std::uint8_t { float32, float64, float16, int64, int32, int8, uint8, boolean };
[[nodiscard]] const std::vector<std::string>& names_of(ElementType);
[[nodiscard]] constexpr bool is_floating_type(ElementType type) {
  return type <= ElementType::float16;
}

/// An attribute of a node: one of these kinds, as in ONNX.
struct Attribute {
  std::optional<std::int64_t> integer;
  std::optional<float> number;
  std::optional<std::string> text;
  std::vector<std::int64_t> integers;
  std::vector<float> numbers;
  std::vector<std::string> texts;
  std::optional<Tensor> tensor;
};

struct Node {
  std::string name;
  Op op = Op::identity;
  std::vector<std::string> inputs;   ///< value names; "" for an optional input left out
  std::vector<std::string> outputs;  ///< value names; "" for an output that is not used
  std::map<std::string, Attribute> attributes;

  [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t otherwise) const;
  [[nodiscard]] float number(const std::string& key, float otherwise) const;
  [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise) const;
};

/// What the compiler did with a node.
struct Verdict {
  std::string node;
  std::string op;
  std::string verdict;  ///< "mapped" or "folded"
  std::string reason;
};

struct GraphInput {
  std::string name;
  Shape shape;
  ElementType type = ElementType::float32;
};

struct GraphOutput {
  std::string name;
  ElementType type = ElementType::float32;
  bool operator==(const GraphOutput&) const = default;
};

/// The largest sizes that a model may ask for, as powers of two. Larger sizes are a mistake or take hours.
struct GraphLimits {
  int log2_elements = 27;         ///< of a tensor
  int log2_multiplications = 38;  ///< of a convolution, a pool or a recurrence

  [[nodiscard]] std::int64_t elements() const { return std::int64_t{1} << log2_elements; }
  [[nodiscard]] std::int64_t multiplications() const { return std::int64_t{1} << log2_multiplications; }
};

/// A network as a list of nodes in topological order over named values, some of them constant.
struct Graph {
  std::string file;  ///< the model's name in errors
  std::string name;
  std::string producer;
  std::int64_t opset = 0;
  GraphLimits limits;
  std::vector<Node> nodes;
  std::map<std::string, Tensor> constants;
  std::string input;  ///< the first input that is not a constant
  Shape input_shape;
  ElementType input_type = ElementType::float32;
  std::string open_dimension;  ///< the symbolic first dimension of the input, taken as 1, or ""
  std::vector<GraphInput> further_inputs;
  /// The encoding of the input: pixels, codes of few bits, or (float32) numbers of `input_type`. A quantizer
  /// of the model reads these numbers, or they are the 256 values of a pixel.
  Encoding input_encoding = Encoding::uint8;
  std::string output;  ///< the first output
  ElementType output_type = ElementType::float32;
  std::vector<GraphOutput> further_outputs;
  std::string weights_source;           ///< where the weights came from, for reports
  bool synthetic = false;               ///< the weights are synthetic
  std::vector<std::string> warnings;    ///< `FILE: node 'X': SENTENCE`, each
  std::vector<std::string> vocabulary;  ///< of a language model: the text of each token

  [[nodiscard]] bool is_constant(const std::string& value) const { return constants.count(value) != 0; }
};

/// All inputs, the first one first; and all outputs likewise.
[[nodiscard]] std::vector<GraphInput> inputs_of(const Graph& graph);
[[nodiscard]] std::vector<GraphOutput> outputs_of(const Graph& graph);
/// Whether a value is an output.
[[nodiscard]] bool is_output(const Graph& graph, const std::string& value);

/// Throws InputError when the graph has a second input.
void check_one_input(const Graph& graph);

/// Sorts the nodes topologically: each follows the producers of its inputs. Errors: a cycle, an input without
/// a producer, a value with two producers.
void sort_nodes(Graph& graph);

/// Evaluates one node on given inputs (null where left out) and returns its outputs. It computes in float32,
/// in ONNX's order of operations, without libm: square roots are IEEE's, powers and exponentials are
/// correctly rounded. Integers are computed in int64; truth values are 0 and 1 in int64. Throws InputError
/// with the node's name: inputs that are missing or do not fit together, attributes out of range, sizes above
/// the graph's limits.
[[nodiscard]] std::vector<Tensor> evaluate(const Graph& graph, const Node& node,
                                           const std::vector<const Tensor*>& inputs);

/// The float interpreter: runs the whole graph node by node on all its inputs, and returns all its outputs.
[[nodiscard]] std::vector<Tensor> run_float(const Graph& graph, const std::vector<Tensor>& inputs);
/// Runs a graph with one input, and returns its first output.
[[nodiscard]] Tensor run_float(const Graph& graph, const Tensor& input);

/// Replaces every node whose inputs are all constant by its value, and every Shape node too, because shapes
/// are static. Returns a verdict for each folded node.
std::vector<Verdict> fold_constants(Graph& graph);

/// The shapes of a node's outputs, from the shapes of its inputs and the values of its constants.
[[nodiscard]] std::vector<Shape> infer_node_shapes(const Graph& graph, const Node& node,
                                                   const std::map<std::string, Shape>& shapes);

/// Infers the shape of every value, starting from the input.
[[nodiscard]] std::map<std::string, Shape> infer_shapes(const Graph& graph);

}  // namespace tricycle
