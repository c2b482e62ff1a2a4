// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/networks.hpp"
#include "tests/workloads/onnx_models.hpp"
#include "workloads/onnx/onnx_import.hpp"

namespace {

using tricycle::Bytes;
using tricycle::import_onnx;
using tricycle::InputError;
using tricycle::Random;
using tricycle::test::bytes_of;
using tricycle::test::pixels;
using tricycle::test::small_model;

struct Outcomes {
  int refused_importing = 0, refused_quantizing = 0, accepted = 0, ran = 0;
};

/// Anything but success or InputError escapes and fails the test.
void examine(const Bytes& bytes, Outcomes& outcomes) {
  tricycle::Graph graph;
  try {
    graph = import_onnx(bytes, "m.onnx");
  } catch (const InputError&) {
    ++outcomes.refused_importing;
    return;
  }
  try {
    (void)quantize_graph(graph, pixels);
    ++outcomes.accepted;
  } catch (const InputError&) {
    ++outcomes.refused_quantizing;
  }
  try {
    std::vector<tricycle::Tensor> inputs;
    for (const tricycle::GraphInput& input : inputs_of(graph)) {
      const auto count = static_cast<std::size_t>(tricycle::element_count(input.shape));
      if (count > 4096) return;
      inputs.push_back(tricycle::test::floats(input.shape, std::vector<float>(count, 0.75F)));
    }
    (void)run_float(graph, inputs);
    ++outcomes.ran;
  } catch (const InputError&) {
  }
}

Bytes damaged(Bytes bytes, Random& random) {
  for (std::uint64_t fault = random.below(3) + 1; fault > 0 && !bytes.empty(); --fault) {
    const std::size_t at = random.below(bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random.below(6)) {
      case 0: bytes[at] = static_cast<std::uint8_t>(random.below(256)); break;
      case 1: bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << random.below(8))); break;
      case 2: bytes[at] = static_cast<std::uint8_t>(random.below(16)); break;
      case 3: bytes[at] = bytes[random.below(bytes.size())]; break;
      case 4: bytes.erase(here); break;
      default: bytes.insert(here, static_cast<std::uint8_t>(random.below(256)));
    }
  }
  return bytes;
}

/// Changes the model as a message: well-formed bytes, nonsense in them.
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
  const std::vector<std::string>& operators = tricycle::op_names();
  onnx::GraphProto& graph = *model.mutable_graph();
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
    case 4:
      tricycle::test::set_integer(&node, attributes[random.below(attributes.size())], random.between(-3, 3));
      break;
    case 10: {
      const std::int64_t wild[] = {-1, 0, 1, 2, 3, 4, 1 << 20, std::int64_t{1} << 31U, INT64_MAX, INT64_MIN};
      std::vector<std::int64_t> list;
      for (std::uint64_t i = random.below(5); i > 0; --i)
        list.push_back(wild[random.below(random.chance(0.8) ? 6 : 10)]);
      tricycle::test::set_integers(&node, attributes[random.below(attributes.size())], list);
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

}  // namespace

TEST_CASE("a small model cut off anywhere is imported or refused") {
  const Bytes whole = bytes_of(small_model());
  Outcomes outcomes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    examine(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), outcomes);
  }
  CHECK(outcomes.refused_importing >= static_cast<int>(whole.size()) - 8);
}

TEST_CASE("six thousand models with damaged bytes are imported or refused, and nothing else") {
  Random random(61);
  const Bytes whole = bytes_of(small_model());
  Outcomes outcomes;
  for (int i = 0; i < 6000; ++i) examine(damaged(whole, random), outcomes);
  CHECK(outcomes.refused_importing > 2000);
  CHECK(outcomes.refused_quantizing > 50);
  CHECK(outcomes.accepted > 200);
}

TEST_CASE("six thousand models with changed operators, inputs and tensors are imported or refused") {
  Random random(62);
  Outcomes outcomes;
  for (int i = 0; i < 6000; ++i) {
    onnx::ModelProto model = small_model();
    for (std::uint64_t changes = random.below(3) + 1; changes > 0; --changes) change(model, random);
    examine(bytes_of(model), outcomes);
  }
  CHECK(outcomes.refused_importing > 500);
  CHECK(outcomes.refused_quantizing > 1000);
  CHECK(outcomes.accepted > 200);
}

TEST_CASE("two thousand convolutional models with damaged bytes are imported or refused") {
  Random random(64);
  const Bytes whole = bytes_of(tricycle::test::conv_model());
  Outcomes outcomes;
  examine(whole, outcomes);
  CHECK(outcomes.ran == 1);
  for (int i = 0; i < 2000; ++i) examine(damaged(whole, random), outcomes);
  CHECK(outcomes.refused_importing > 500);
  CHECK(outcomes.ran > 200);
}

TEST_CASE("six thousand convolutional models with changed operators, inputs and tensors run or are refused") {
  Random random(65);
  Outcomes outcomes;
  for (int i = 0; i < 6000; ++i) {
    onnx::ModelProto model = tricycle::test::conv_model();
    for (std::uint64_t changes = random.below(3) + 1; changes > 0; --changes) change(model, random);
    examine(bytes_of(model), outcomes);
  }
  CHECK(outcomes.refused_importing > 500);
  CHECK(outcomes.ran > 500);
}

TEST_CASE("two thousand recurrent models with damaged bytes are imported or refused") {
  Random random(66);
  for (const Bytes& whole :
       {bytes_of(tricycle::test::recurrent_model()), bytes_of(tricycle::test::quant_lstm_model())}) {
    Outcomes outcomes;
    examine(whole, outcomes);
    CHECK(outcomes.ran == 1);
    for (int i = 0; i < 1000; ++i) examine(damaged(whole, random), outcomes);
    CHECK(outcomes.refused_importing > 200);
    CHECK(outcomes.ran > 50);
  }
}

TEST_CASE("six thousand recurrent models with changed operators, inputs and tensors run or are refused") {
  Random random(67);
  Outcomes outcomes;
  for (int i = 0; i < 6000; ++i) {
    onnx::ModelProto model =
        i % 2 == 0 ? tricycle::test::recurrent_model() : tricycle::test::quant_lstm_model();
    for (std::uint64_t changes = random.below(3) + 1; changes > 0; --changes) change(model, random);
    examine(bytes_of(model), outcomes);
  }
  CHECK(outcomes.refused_importing > 500);
  CHECK(outcomes.ran > 500);
}

TEST_CASE("a real model cut off at many positions is refused") {
  const std::string folder = tricycle::test::shared_models();
  if (folder.empty()) return;
  const Bytes whole = tricycle::read_bytes(folder + "/quantized/qonnx_TFC_2W2A/model.onnx", 1 << 28);
  Random random(63);
  for (int i = 0; i < 300; ++i) {
    const std::size_t size = i < 100 ? static_cast<std::size_t>(i) : random.below(whole.size());
    CHECK_THROWS_AS(import_onnx(std::span(whole).first(size), "m.onnx"), InputError);
  }
}
