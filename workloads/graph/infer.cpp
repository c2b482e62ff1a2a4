// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/quant_lstm.hpp"
#include "workloads/graph/recurrence.hpp"
#include "workloads/graph/shapes.hpp"
#include "workloads/graph/window.hpp"

namespace tricycle {
namespace {

/// Infers the shapes of one node's outputs from the shapes of its inputs.
class Inference {
 public:
  Inference(const Graph& graph, const Node& node, const std::map<std::string, Shape>& shapes)
      : graph_(graph), node_(node), shapes_(shapes) {}

  std::vector<Shape> run() const {
    switch (node_.op) {
#define OPERATOR(identifier, name, domain, inputs, outputs, family, shape, ...) \
  case Op::identifier:                                                          \
    return all_of(shape());
#include "workloads/graph/operators.def"
#undef OPERATOR
    }
    fail_node(graph_, node_, "has no shape");
  }

 private:
  static std::vector<Shape> all_of(Shape one) {
    return {std::move(one)};
  }
  static std::vector<Shape> all_of(std::vector<Shape> several) {
    return several;
  }

  // The rules, under their names in operators.def.
  Shape same() const {
    return of(0);
  }
  Shape pool() const {
    return pool_shape(graph_, node_, of(0));
  }
  Shape constant() const {
    return evaluate(graph_, node_, {}).at(0).shape;
  }
  Shape constant_of_shape() const {
    return given_shape(graph_, node_, constant(0, "the shape is"));
  }
  Shape expand() const {
    return expand_shape(graph_, node_, of(0), constant(1, "the new shape is"));
  }
  Shape flatten() const {
    return flatten_shape(graph_, node_, of(0));
  }
  Shape gather() const {
    return gather_shape(graph_, node_, of(0), of(1));
  }
  Shape gemm() const {
    return gemm_shape(graph_, node_, of(0), of(1));
  }
  Shape global() const {
    return global_shape(graph_, node_, of(0));
  }
  Shape matmul() const {
    return matmul_shape(graph_, node_, of(0), of(1));
  }
  Shape reduce_mean() const {
    std::vector<bool> reduced;
    return reduce_shape(graph_, node_, of(0), reduced);
  }
  Shape reshape() const {
    return reshape_shape(graph_, node_, of(0), constant(1, "the new shape is"));
  }
  Shape shape() const {
    return {static_cast<std::int64_t>(shape_values(node_, of(0)).size())};
  }
  Shape squeeze() const {
    return squeeze_shape(graph_, node_, of(0), axes());
  }
  Shape unsqueeze() const {
    return unsqueeze_shape(graph_, node_, of(0), axes());
  }
  Shape transpose() const {
    std::vector<std::size_t> permutation;
    return transpose_shape(graph_, node_, of(0), permutation);
  }
  std::vector<Shape> recurrence() const {
    return read_recurrence(graph_, node_, all()).result_shapes();
  }
  std::vector<Shape> quant_lstm() const {
    return read_quant_lstm(graph_, node_, all()).result_shapes();
  }

  const Shape& of(std::size_t i) const {
    if (i >= node_.inputs.size() || node_.inputs[i].empty()) {
      fail_node(graph_, node_, "input " + std::to_string(i + 1) + " is missing");
    }
    const auto constant = graph_.constants.find(node_.inputs[i]);
    return constant != graph_.constants.end() ? constant->second.shape : shapes_.at(node_.inputs[i]);
  }

  std::vector<const Shape*> all() const {
    std::vector<const Shape*> shapes;
    for (std::size_t i = 0; i < node_.inputs.size(); ++i)
      shapes.push_back(node_.inputs[i].empty() ? nullptr : &of(i));
    return shapes;
  }

  /// The integers of an input on which the shape depends. Errors: it is not constant, or floating point.
  std::vector<std::int64_t> constant(std::size_t i, const std::string& what) const {
    static_cast<void>(of(i));
    const auto found = graph_.constants.find(node_.inputs[i]);
    if (found == graph_.constants.end()) fail_node(graph_, node_, what + " not constant");
    if (found->second.is_float()) {
      fail_node(graph_, node_, "input " + std::to_string(i + 1) + " is expected to hold integers");
    }
    return found->second.integers();
  }
  Integers constants(const std::string& what) const {
    return [this, what](std::size_t i) { return constant(i, what); };
  }
  /// The axes of Squeeze and Unsqueeze: an attribute before opset 13, a constant input since then.
  std::vector<std::int64_t> axes() const {
    return listed(node_, "axes", 1, constants("the axes are"));
  }

  Shape broadcast() const {
    Shape shape = of(0);
    const std::size_t least = node_.op == Op::max || node_.op == Op::min || node_.op == Op::sum ? 1
                              : node_.op == Op::where                                           ? 3
                                                                                                : 2;
    for (std::size_t i = 1; i < std::max(least, node_.inputs.size()); ++i)
      shape = broadcast_shape(graph_, node_, shape, of(i));
    return shape;
  }

  Shape concat() const {
    std::vector<Shape> inputs;
    for (std::size_t i = 0; i < node_.inputs.size(); ++i) inputs.push_back(of(i));
    return concat_shape(graph_, node_, inputs);
  }

  Shape conv() const {
    const bool has_bias = node_.inputs.size() > 2 && !node_.inputs[2].empty();
    return conv_shape(graph_, node_, of(0), of(1), has_bias ? &of(2) : nullptr);
  }

  Shape pad() const {
    return pad_shape(graph_, node_, of(0), pad_sizes(graph_, node_, of(0), constants("the pads are")));
  }

  Shape slice() const {
    Shape shape;
    for (const Cut& cut : slice_cuts(graph_, node_, of(0), constants("the bounds are")))
      shape.push_back(cut.count);
    return shape;
  }

  const Graph& graph_;
  const Node& node_;
  const std::map<std::string, Shape>& shapes_;
};

}  // namespace

std::vector<Shape> infer_node_shapes(const Graph& graph, const Node& node,
                                     const std::map<std::string, Shape>& shapes) {
  return Inference(graph, node, shapes).run();
}

}  // namespace tricycle
