// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/onnx_changes.hpp"

#include <algorithm>
#include <cmath>

#include "workloads/graph/graph.hpp"

namespace tricycle::test {

void change(onnx::ModelProto& model, Random& random) {
  static const std::vector<std::string> attributes = {"activation_alpha",
                                                      "activations",
                                                      "batch_first",
                                                      "cifg",
                                                      "clip",
                                                      "direction",
                                                      "hidden_size",
                                                      "layout",
                                                      "linear_before_reset",
                                                      "reverse_input",
                                                      "alpha",
                                                      "auto_pad",
                                                      "axes",
                                                      "axis",
                                                      "ceil_mode",
                                                      "count_include_pad",
                                                      "dilations",
                                                      "ends",
                                                      "epsilon",
                                                      "group",
                                                      "keepdims",
                                                      "kernel_shape",
                                                      "mode",
                                                      "narrow",
                                                      "pads",
                                                      "perm",
                                                      "rounding_mode",
                                                      "signed",
                                                      "size",
                                                      "starts",
                                                      "strides",
                                                      "to",
                                                      "transA",
                                                      "transB",
                                                      "value"};
  const std::vector<std::string>& operators = names_of(Op{});
  onnx::GraphProto& graph = *model.mutable_graph();
  const bool whole = graph.input_size() > 0 && graph.node_size() > 0 && graph.initializer_size() > 0 &&
                     std::all_of(graph.node().begin(), graph.node().end(),
                                 [](const auto& node) { return node.output_size() > 0; });
  if (!whole) return;
  onnx::NodeProto& node =
      *graph.mutable_node(static_cast<int>(random.below(static_cast<std::uint64_t>(graph.node_size()))));
  onnx::TensorProto& tensor = *graph.mutable_initializer(
      static_cast<int>(random.below(static_cast<std::uint64_t>(graph.initializer_size()))));
  std::vector<std::string> values = {"", "x"};
  for (const auto& constant : graph.initializer()) values.push_back(constant.name());
  for (const auto& other : graph.node()) values.push_back(other.output(0));
  switch (random.below(11)) {
    case 0:
      node.set_op_type(operators[random.below(operators.size())]);
      node.clear_domain();
      node.clear_attribute();
      break;
    case 1:
      if (node.input_size() > 0) {
        node.set_input(static_cast<int>(random.below(static_cast<std::uint64_t>(node.input_size()))),
                       values[random.below(values.size())]);
      }
      break;
    case 2: node.add_input(values[random.below(values.size())]); break;
    case 3:
      if (node.input_size() > 0) node.mutable_input()->RemoveLast();
      break;
    case 4: set_integer(&node, attributes[random.below(attributes.size())], random.between(-3, 3)); break;
    case 10: {
      const std::int64_t wild[] = {-1, 0, 1, 2, 3, 4, 1 << 20, std::int64_t{1} << 31U, INT64_MAX, INT64_MIN};
      std::vector<std::int64_t> list;
      for (std::uint64_t i = random.below(5); i > 0; --i)
        list.push_back(wild[random.below(random.chance(0.8) ? 6 : 10)]);
      set_integers(&node, attributes[random.below(attributes.size())], list);
      break;
    }
    case 5:
      if (tensor.dims_size() > 0) {
        tensor.set_dims(static_cast<int>(random.below(static_cast<std::uint64_t>(tensor.dims_size()))),
                        random.between(0, 6));
      } else {
        tensor.add_dims(random.between(0, 2));
      }
      break;
    case 6: {
      // New values that fit the shape, wild ones among them.
      const float wild[] = {0, -1, 1, 2, 0.5F, 1e38F, -1e-38F, INFINITY, NAN};
      for (float& value : *tensor.mutable_float_data()) {
        if (random.chance(0.5)) value = wild[random.below(9)];
      }
      break;
    }
    case 7: {
      const std::size_t count = static_cast<std::size_t>(tensor.float_data_size());
      tensor.clear_float_data();
      tensor.set_data_type(onnx::TensorProto::INT64);
      for (std::size_t i = 0; i < count; ++i) tensor.add_int64_data(random.between(-2, 4));
      break;
    }
    case 8: {
      auto* shape = graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
      if (random.chance(0.5)) {
        shape->add_dim()->set_dim_value(random.between(0, 4));
      } else if (shape->dim_size() > 0) {
        shape->mutable_dim(static_cast<int>(random.below(static_cast<std::uint64_t>(shape->dim_size()))))
            ->set_dim_value(random.between(1, 6));
      }
      break;
    }
    default:
      tensor.clear_dims();
      tensor.clear_float_data();
      for (const std::int64_t size : {random.between(0, 4), random.between(0, 4)}) tensor.add_dims(size);
      for (std::int64_t i = tensor.dims(0) * tensor.dims(1); i > 0; --i) {
        tensor.add_float_data(static_cast<float>(random.between(-1, 1)));
      }
  }
}

}  // namespace tricycle::test
