// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/recurrent/from_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "workloads/graph/recurrence.hpp"
#include "workloads/graph/shapes.hpp"

namespace tricycle {
namespace {

bool is_recurrence(Op op) {
  return op == Op::lstm || op == Op::gru || op == Op::rnn;
}

/// Whether an operator only moves values.
bool is_movement(Op op) {
  switch (op) {
    case Op::dropout:
    case Op::flatten:
    case Op::gather:
    case Op::identity:
    case Op::reshape:
    case Op::slice:
    case Op::squeeze:
    case Op::transpose:
    case Op::unsqueeze: return true;
    default: return false;
  }
}

/// The values 0, 1, 2, ... in a shape. After a movement they show where each value went.
Tensor numbered(const Shape& shape) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(element_count(shape)));
  std::iota(values.begin(), values.end(), 0);
  return {shape, std::move(values)};
}

class Reader {
 public:
  explicit Reader(Graph graph) : graph_(std::move(graph)) {
    model_.verdicts = fold_constants(graph_);
    shapes_ = infer_shapes(graph_);
  }

  RecurrentModel run() {
    model_.name = graph_.name;
    model_.file = graph_.file;
    model_.weights_source = graph_.weights_source;
    model_.synthetic = graph_.synthetic;
    model_.input_shape = graph_.input_shape;
    model_.words = graph_.vocabulary;
    now_ = {{graph_.input, numbered(graph_.input_shape)}};
    for (const Node& node : graph_.nodes) read(node);
    finish();
    return std::move(model_);
  }

 private:
  [[noreturn]] void fail(const Node& node, const std::string& message) const {
    fail_node(graph_, node, message);
  }
  void verdict(const Node& node, const char* what, const char* why) {
    model_.verdicts.push_back({node.name, name_of(node.op), what, why});
  }
  const Tensor& constant(const Node& node, std::size_t i, const char* what) const {
    const auto found =
        i < node.inputs.size() ? graph_.constants.find(node.inputs[i]) : graph_.constants.end();
    if (found == graph_.constants.end())
      fail(node, fmt::format("its {} are not constant: only constant ones run on the machine", what));
    check_finite(node, found->second, what);
    return found->second;
  }
  void check_finite(const Node& node, const Tensor& tensor, const char* what) const {
    if (!tensor.is_float()) return;
    const std::vector<float> values = tensor.floats();
    const auto found =
        std::find_if_not(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
    if (found != values.end())
      fail(node, fmt::format("value {} of its {} is {}: not finite", found - values.begin(), what, *found));
  }
  bool has(const Node& node, std::size_t i) const {
    return i < node.inputs.size() && !node.inputs[i].empty();
  }
  /// The origins of a value's elements: their places in the output of the last layer, or at first in the
  /// model's input. Null if they are unknown.
  const Tensor* origin(const std::string& value) const {
    const auto found = now_.find(value);
    return found != now_.end() ? &found->second : nullptr;
  }

  void read(const Node& node) {
    if (is_recurrence(node.op)) return read_layer(node);
    if (node.op == Op::gemm || node.op == Op::matmul) return read_product(node);
    if (node.op == Op::add) return read_bias(node);
    if (node.op == Op::gather && graph_.is_constant(node.inputs[0])) return read_embedding(node);
    if (is_movement(node.op)) return move(node);
    fail(node,
         "is not mapped: a recurrent network on the machine is an embedding, LSTM, GRU or RNN layers and a "
         "decoder");
  }

  void move(const Node& node) {
    const Tensor* from = origin(node.inputs[0]);
    const auto lost = untaken_.find(node.inputs[0]);
    if (lost != untaken_.end()) {
      fail(node,
           fmt::format(
               "reads {}, which is not mapped: it runs in the float interpreter only ('tricycle infer')",
               lost->second));
    }
    if (from == nullptr) fail(node, "its input is not part of the chain from the model's input");
    std::vector<const Tensor*> inputs = {from};
    for (std::size_t i = 1; i < node.inputs.size(); ++i)
      inputs.push_back(has(node, i) ? &constant(node, i, "parameters") : nullptr);
    now_[node.outputs[0]] = evaluate(graph_, node, inputs)[0];
    verdict(node, "folded", "moves values only");
  }

  void read_embedding(const Node& node) {
    const Tensor& table = graph_.constants.at(node.inputs[0]);
    const Tensor* ids = origin(node.inputs[1]);
    if (table.shape.size() != 2 || node.integer("axis", 0) != 0 || !model_.layers.empty() || ids == nullptr ||
        model_.vocabulary > 0)
      fail(node, "is expected to be an embedding: rows of a constant table, chosen by the model's input");
    check_finite(node, table, "table");
    model_.vocabulary = table.shape[0];
    model_.embedding = table.floats();
    // Every value of a row comes from the index of the row.
    Tensor rows = *ids;
    rows.shape.push_back(table.shape[1]);
    std::vector<std::int64_t> numbers;
    for (const std::int64_t id : ids->integers()) {
      for (std::int64_t c = 0; c < table.shape[1]; ++c) numbers.push_back(id * table.shape[1] + c);
    }
    rows.data = std::move(numbers);
    now_ = {{node.outputs[0], std::move(rows)}};
    verdict(node, "mapped", "gather");
  }

  void read_layer(const Node& node) {
    std::vector<const Shape*> shapes;
    for (const std::string& input : node.inputs) {
      const auto constant = graph_.constants.find(input);
      shapes.push_back(input.empty()                        ? nullptr
                       : constant != graph_.constants.end() ? &constant->second.shape
                                                            : &shapes_.at(input));
    }
    const RecurrentNode r = read_recurrence(graph_, node, shapes);
    check(node, r);
    const Tensor* x = origin(node.inputs[0]);
    const std::int64_t values = r.steps * r.items * r.inputs;
    const bool is_first = model_.layers.empty();
    const bool in_order = x != nullptr && (is_first ? x->integers() == numbered({values}).integers()
                                                    : r.steps == model_.steps && r.items == model_.batch &&
                                                          extent_of(*x) == Extent::all);
    if (!in_order) {
      fail(node,
           "its input is not in the order [time steps, items, values]; expected the values of the layer "
           "before it in that order, with time as the first dimension of the model's input");
    }
    if (is_first) {
      model_.steps = r.steps;
      model_.batch = r.items;
    }
    model_.layers.push_back(layer(node, r));
    const Shape y = {r.steps, static_cast<std::int64_t>(r.directions()), r.items, r.hidden};
    const Shape last = {static_cast<std::int64_t>(r.directions()), r.items, r.hidden};
    now_.clear();
    if (!node.outputs[0].empty()) now_[node.outputs[0]] = numbered(y);
    // A last state is the output of the last time step or, in a backward layer, of the first.
    if (node.outputs.size() > 1 && !node.outputs[1].empty() && r.directions() == 1) {
      Tensor h = numbered(last);
      for (std::int64_t& number : std::get<std::vector<std::int64_t>>(h.data))
        number += r.backwards[0] ? 0 : (r.steps - 1) * r.items * r.hidden;
      now_[node.outputs[1]] = std::move(h);
    } else if (node.outputs.size() > 1) {
      untaken_[node.outputs[1]] = fmt::format("Y_h of the bidirectional layer '{}'", node.name);
    }
    if (node.outputs.size() > 2) untaken_[node.outputs[2]] = fmt::format("Y_c of '{}'", node.name);
    verdict(node, "mapped", "time steps in order");
  }

  void check(const Node& node, const RecurrentNode& r) {
    const auto refuse = [&](const std::string& what) {
      fail(node,
           fmt::format("with {} is not mapped: it runs in the float interpreter only ('tricycle infer')",
                       what));
    };
    if (has(node, 7)) refuse("peepholes");
    if (r.clip < std::numeric_limits<float>::infinity()) refuse("clip");
    if (r.coupled) refuse("input_forget");
    if (r.items_first) refuse("layout 1");
    for (std::size_t i = 0; i < r.activations.size(); ++i) {
      const bool gate = r.op != Op::rnn && i % r.functions() == 0;
      if (r.activations[i].function != (gate ? Activate::sigmoid : Activate::tanh))
        refuse("other functions than sigmoid for gates and tanh");
    }
    if (has(node, 4)) {
      for (const std::int64_t length : constant(node, 4, "sequence lengths").integers()) {
        if (length != r.steps) refuse("sequence_lens other than the number of steps");
      }
    }
    for (const std::size_t i : {5U, 6U}) {
      if (!has(node, i)) continue;
      const auto& further = graph_.further_inputs;
      const bool from_outside = std::any_of(further.begin(), further.end(), [&](const GraphInput& input) {
        return input.name == node.inputs[i];
      });
      if (from_outside) {
        model_.carries = true;
        continue;
      }
      for (const float value : constant(node, i, "initial states").floats()) {
        if (value != 0) refuse("constant initial states other than 0");
      }
    }
  }

  RecurrentLayer layer(const Node& node, const RecurrentNode& r) const {
    RecurrentLayer layer;
    layer.name = node.name;
    layer.cell = node.op == Op::lstm ? Cell::lstm : node.op == Op::gru ? Cell::gru : Cell::rnn;
    layer.linear_before_reset = r.linear_before_reset;
    layer.inputs = r.inputs;
    layer.hidden = r.hidden;
    const std::vector<float> w = constant(node, 1, "weights").floats();
    const std::vector<float> u = constant(node, 2, "weights").floats();
    const std::vector<float> b = has(node, 3) ? constant(node, 3, "biases").floats() : std::vector<float>();
    // ONNX has the gates in the order i o f c, or z r h.
    static constexpr std::array<std::size_t, 4> lstm = {0, 2, 3, 1}, gru = {1, 0, 2, 3};
    const auto h = static_cast<std::size_t>(r.hidden), inputs = static_cast<std::size_t>(r.inputs);
    const auto part = [](const std::vector<float>& of, std::size_t index, std::size_t size) {
      if (of.empty()) return std::vector<float>(size, 0.0F);
      const auto begin = of.begin() + static_cast<std::ptrdiff_t>(index * size);
      return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(size));
    };
    for (std::size_t d = 0; d < r.directions(); ++d) {
      DirectionWeights direction;
      direction.reverse = r.backwards[d];
      for (std::size_t g = 0; g < r.gates(); ++g) {
        const std::size_t at = layer.cell == Cell::lstm ? lstm[g] : layer.cell == Cell::gru ? gru[g] : 0;
        direction.gates.push_back({part(w, d * r.gates() + at, h * inputs),
                                   part(u, d * r.gates() + at, h * h), part(b, 2 * d * r.gates() + at, h),
                                   part(b, (2 * d + 1) * r.gates() + at, h)});
      }
      layer.directions.push_back(std::move(direction));
    }
    return layer;
  }

  /// The extent of values in the hidden states of the last layer: all time steps in order, the last one only,
  /// or neither.
  enum class Extent : std::uint8_t { all, last, neither };
  Extent extent_of(const Tensor& values) const {
    const RecurrentLayer& layer = model_.layers.back();
    const auto directions = static_cast<std::int64_t>(layer.directions.size());
    const auto in_order = [&](std::int64_t first, std::int64_t steps) {
      std::vector<std::int64_t> expected;
      for (std::int64_t t = first; t < first + steps; ++t) {
        for (std::int64_t b = 0; b < model_.batch; ++b) {
          for (std::int64_t d = 0; d < directions; ++d) {
            for (std::int64_t h = 0; h < layer.hidden; ++h)
              expected.push_back(((t * directions + d) * model_.batch + b) * layer.hidden + h);
          }
        }
      }
      return expected == values.integers();
    };
    if (in_order(0, model_.steps)) return Extent::all;
    const std::int64_t last = layer.directions[0].reverse ? 0 : model_.steps - 1;
    return directions == 1 && in_order(last, 1) ? Extent::last : Extent::neither;
  }

  void read_product(const Node& node) {
    const Tensor* x = model_.layers.empty() || model_.decoder ? nullptr : origin(node.inputs[0]);
    const Tensor& weights = constant(node, 1, "weights");
    const std::int64_t hidden =
        model_.layers.empty()
            ? 0
            : model_.layers.back().hidden * static_cast<std::int64_t>(model_.layers.back().directions.size());
    const bool transposed = node.op == Op::gemm && node.integer("transB", 0) != 0;
    const bool plain = node.op == Op::matmul || (node.integer("transA", 0) == 0 &&
                                                 node.number("alpha", 1) == 1 && node.number("beta", 1) == 1);
    if (x == nullptr || !plain || weights.shape.size() != 2 || weights.shape[transposed ? 1 : 0] != hidden ||
        x->shape.empty() || x->shape.back() != hidden)
      fail(node, "is not mapped: the only product beside the recurrent layers is a decoder behind them");
    const Extent extent = extent_of(*x);
    if (extent == Extent::neither)
      fail(node, "a decoder reads the hidden states of all steps, or those of the last");
    model_.last_only = extent == Extent::last;
    DecoderWeights decoder;
    decoder.name = node.name;
    decoder.outputs = weights.shape[transposed ? 0 : 1];
    decoder.weights = weights.floats();
    if (!transposed) {
      const std::vector<float> rows = decoder.weights;
      for (std::int64_t o = 0; o < decoder.outputs; ++o) {
        for (std::int64_t i = 0; i < hidden; ++i)
          decoder.weights[static_cast<std::size_t>(o * hidden + i)] =
              rows[static_cast<std::size_t>(i * decoder.outputs + o)];
      }
    }
    decoder.bias.assign(static_cast<std::size_t>(decoder.outputs), 0.0F);
    model_.decoder = std::move(decoder);
    if (has(node, 2)) set_bias(node, constant(node, 2, "biases"));
    Shape shape = x->shape;
    shape.back() = model_.decoder->outputs;
    now_ = {{node.outputs[0], numbered(shape)}};
    verdict(node, "mapped", "decoder");
  }

  void set_bias(const Node& node, const Tensor& bias) {
    if (bias.size() != model_.decoder->outputs && bias.size() != 1)
      fail(node, "its bias does not have one value for each output of the decoder");
    const std::vector<float> values = bias.floats();
    for (std::size_t i = 0; i < model_.decoder->bias.size(); ++i)
      model_.decoder->bias[i] += values[values.size() == 1 ? 0 : i];
  }

  void read_bias(const Node& node) {
    const bool first = graph_.is_constant(node.inputs[0]);
    const std::string& value = node.inputs[first ? 1 : 0];
    const Tensor* x = origin(value);
    if (!model_.decoder || x == nullptr ||
        x->integers() != numbered({static_cast<std::int64_t>(x->size())}).integers())
      fail(node, "is not mapped: the only addition is that of a decoder's bias");
    set_bias(node, constant(node, first ? 0 : 1, "biases"));
    const Tensor moved = *x;
    now_ = {{node.outputs[0], moved}};
    verdict(node, "folded", "the decoder's bias");
  }

  void finish() {
    if (model_.layers.empty())
      throw InputError(Place::at_node(graph_.file, graph_.output), "no recurrent layer");
    const Tensor* result = origin(graph_.output);
    const auto fail_output = [&](const char* why) {
      throw InputError(Place::at_node(graph_.file, graph_.output), why);
    };
    if (result == nullptr) fail_output("the model's output is not the end of the chain from its input");
    if (model_.decoder) {
      if (result->integers() != numbered({static_cast<std::int64_t>(result->size())}).integers())
        fail_output("the model's output does not have the decoder's results step by step, item by item");
    } else {
      const Extent extent = extent_of(*result);
      if (extent == Extent::neither)
        fail_output("the model's output is expected to be the hidden states of all steps, or of the last");
      model_.last_only = extent == Extent::last;
    }
    model_.output_shape = result->shape;
  }

  Graph graph_;
  std::map<std::string, Shape> shapes_;
  RecurrentModel model_;
  std::map<std::string, Tensor> now_;  ///< the origins of the elements of values
  std::map<std::string, std::string>
      untaken_;  ///< outputs of layers that nothing may read, with descriptions
};

}  // namespace

bool is_recurrent(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const Node& node) { return is_recurrence(node.op); });
}

RecurrentModel recurrent_model(Graph graph) {
  return Reader(std::move(graph)).run();
}

}  // namespace tricycle
