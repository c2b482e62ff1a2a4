// SPDX-License-Identifier: Apache-2.0
#include "workloads/graph/recurrence.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include "support/diagnostics.hpp"
#include "support/exact.hpp"
#include "workloads/graph/shapes.hpp"

namespace tricycle {
namespace {

/// A parameter of an activation: whether the activation takes it, and its default if it has one.
struct Parameter {
  bool taken = false;
  std::optional<float> otherwise;
};
const Parameter none, needed = {true, {}};

struct Known {
  std::string name;
  Parameter alpha, beta;
};

/// In the order of the enumeration Activate.
const std::vector<Known>& known_activations() {
  static const std::vector<Known> table = {{"Affine", {true, 1.0F}, {true, 0.0F}},
                                           {"Elu", {true, 1.0F}, none},
                                           {"HardSigmoid", {true, 0.2F}, {true, 0.5F}},
                                           {"LeakyRelu", {true, 0.01F}, none},
                                           {"Relu", none, none},
                                           {"ScaledTanh", needed, needed},
                                           {"Sigmoid", none, none},
                                           {"Softplus", none, none},
                                           {"Softsign", none, none},
                                           {"Tanh", none, none},
                                           {"ThresholdedRelu", {true, 1.0F}, none}};
  return table;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

class Reader {
 public:
  Reader(const Graph& graph, const Node& node, const std::vector<const Shape*>& inputs)
      : graph_(graph), node_(node), inputs_(inputs) {}

  RecurrentNode read() {
    r_.op = node_.op;
    read_layout();
    read_direction();
    read_sizes();
    read_activations();
    read_clip();
    r_.coupled = node_.integer("input_forget", 0) != 0;
    r_.linear_before_reset = node_.integer("linear_before_reset", 0) != 0;
    check_shapes();
    check_work();
    return r_;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { fail_node(graph_, node_, message); }

  [[nodiscard]] const Shape* given(std::size_t i) const { return i < inputs_.size() ? inputs_[i] : nullptr; }
  [[nodiscard]] const Shape& three_dimensions(std::size_t i, const std::string& name) const {
    const Shape* shape = given(i);
    if (shape == nullptr) fail("the input " + name + " is missing");
    if (shape->size() != 3)
      fail(name + " is expected to have three dimensions, not the shape " + shape_text(*shape));
    return *shape;
  }

  void read_layout() {
    const std::int64_t layout = node_.integer("layout", 0);
    if (layout != 0 && layout != 1)
      fail("the layout is expected to be 0 or 1, not " + std::to_string(layout));
    r_.items_first = layout == 1;
  }

  void read_direction() {
    static const std::vector<std::string> names = {"forward", "reverse", "bidirectional"};
    const std::string name = node_.text("direction", "forward");
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail("the direction is expected to be " + either(names) + ", not '" + printable(name) + "'" +
           did_you_mean(name, names));
    }
    r_.backwards =
        name == "bidirectional" ? std::vector<bool>{false, true} : std::vector<bool>{name == "reverse"};
  }

  void read_sizes() {
    const Shape& x = three_dimensions(0, "X");
    static_cast<void>(three_dimensions(1, "W"));
    const Shape& r = three_dimensions(2, "R");
    r_.steps = x[r_.items_first ? 1 : 0];
    r_.items = x[r_.items_first ? 0 : 1];
    r_.inputs = x[2];
    r_.hidden = node_.integer("hidden_size", r[2]);
    if (r_.hidden < 1 || r_.hidden > (std::int64_t{1} << 27U))
      fail("hidden_size is expected to be from 1 to 2^27, not " + std::to_string(r_.hidden));
  }

  void read_activations() {
    static const std::vector<std::vector<std::string>> defaults = {
        {"Sigmoid", "Tanh", "Tanh"}, {"Sigmoid", "Tanh"}, {"Tanh"}};
    const std::vector<std::string>& usual = defaults[r_.op == Op::lstm ? 0 : r_.op == Op::gru ? 1 : 2];
    std::vector<std::string> names;
    const auto found = node_.attributes.find("activations");
    if (found != node_.attributes.end()) {
      names = found->second.texts;
      const std::size_t wanted = r_.directions() * r_.functions();
      if (names.size() != wanted) {
        fail("has " + std::to_string(names.size()) + " activations; expected " + std::to_string(wanted) +
             ", " + std::to_string(r_.functions()) + " for each direction");
      }
    } else {
      for (std::size_t d = 0; d < r_.directions(); ++d) names.insert(names.end(), usual.begin(), usual.end());
    }
    std::size_t alphas = 0, betas = 0;
    for (const std::string& name : names) {
      const std::size_t index = index_of(name);
      const Known& known = known_activations()[index];
      Activation activation;
      activation.function = static_cast<Activate>(index);
      activation.alpha = parameter("activation_alpha", known.name, known.alpha, alphas);
      activation.beta = parameter("activation_beta", known.name, known.beta, betas);
      activation.slope = node_.number("slope", 1);
      r_.activations.push_back(activation);
    }
    check_used("activation_alpha", alphas);
    check_used("activation_beta", betas);
  }

  [[nodiscard]] std::size_t index_of(const std::string& name) const {
    std::vector<std::string> names;
    for (const Known& known : known_activations()) {
      if (lower_case(known.name) == lower_case(name)) return names.size();
      names.push_back(known.name);
    }
    fail("the activation '" + printable(name) + "' is not known" + did_you_mean(name, names));
  }

  [[nodiscard]] const std::vector<float>& numbers(const std::string& key) const {
    static const std::vector<float> nothing;
    const auto found = node_.attributes.find(key);
    return found == node_.attributes.end() ? nothing : found->second.numbers;
  }

  /// The next value of `key` if the activation takes this parameter. Only then a value is used up.
  float parameter(const std::string& key, const std::string& name, const Parameter& rule,
                  std::size_t& used) const {
    if (!rule.taken) return 0;
    if (used < numbers(key).size()) return numbers(key)[used++];
    if (!rule.otherwise) fail(name + " needs a value in '" + key + "'");
    return *rule.otherwise;
  }

  void check_used(const std::string& key, std::size_t used) const {
    if (used == numbers(key).size()) return;
    fail("'" + key + "' has " + std::to_string(numbers(key).size()) + " values; the activations take " +
         std::to_string(used));
  }

  void read_clip() {
    if (node_.attributes.count("clip") == 0) return;
    r_.clip = node_.number("clip", 0);
    if (!(r_.clip > 0)) fail("the clip is expected to be greater than 0, not " + std::to_string(r_.clip));
  }

  void check_shape(std::size_t input, const std::string& name, const Shape& expected) const {
    const Shape* shape = given(input);
    if (shape == nullptr || *shape == expected) return;
    fail(name + " is expected to have the shape " + shape_text(expected) + ", not " + shape_text(*shape));
  }

  void check_shapes() const {
    const auto directions = static_cast<std::int64_t>(r_.directions());
    const std::int64_t rows = static_cast<std::int64_t>(r_.gates()) * r_.hidden;
    check_shape(1, "W", {directions, rows, r_.inputs});
    check_shape(2, "R", {directions, rows, r_.hidden});
    check_shape(3, "B", {directions, 2 * rows});
    check_shape(4, "sequence_lens", {r_.items});
    check_shape(5, "initial_h", r_.state_shape());
    if (r_.op != Op::lstm) return;
    check_shape(6, "initial_c", r_.state_shape());
    check_shape(7, "P", {directions, 3 * r_.hidden});
  }

  void check_work() const {
    for (const Shape& shape : r_.result_shapes()) check_size(graph_, node_, shape);
    const double rows = static_cast<double>(r_.directions() * r_.gates()) * static_cast<double>(r_.hidden);
    const double products = static_cast<double>(r_.steps) * static_cast<double>(r_.items) * rows *
                            static_cast<double>(r_.inputs + r_.hidden);
    if (products > static_cast<double>(graph_.limits.multiplications()))
      fail("more than 2^" + std::to_string(graph_.limits.log2_multiplications) + " multiplications");
  }

  const Graph& graph_;
  const Node& node_;
  const std::vector<const Shape*>& inputs_;
  RecurrentNode r_;
};

}  // namespace

float Activation::operator()(float x) const {
  switch (function) {
    case Activate::affine: return alpha * x + beta;
    case Activate::elu: return x < 0 ? alpha * exact_expm1(x) : x;
    case Activate::hard_sigmoid: return std::min(std::max(alpha * x + beta, 0.0F), 1.0F);
    case Activate::leaky_relu: return x < 0 ? alpha * x : x;
    case Activate::relu: return x > 0 ? x : 0.0F;
    case Activate::scaled_tanh: return alpha * exact_tanh(beta * x);
    case Activate::sigmoid: return exact_sigmoid(x * slope);
    case Activate::softplus: return exact_softplus(x);
    case Activate::softsign: return x / (1 + std::abs(x));
    case Activate::tanh: return exact_tanh(x * slope);
    case Activate::thresholded_relu: return x >= alpha ? x : 0.0F;
  }
  return x;
}

Shape RecurrentNode::state_shape() const {
  const auto d = static_cast<std::int64_t>(directions());
  return items_first ? Shape{items, d, hidden} : Shape{d, items, hidden};
}

std::vector<Shape> RecurrentNode::result_shapes() const {
  const auto d = static_cast<std::int64_t>(directions());
  std::vector<Shape> shapes = {items_first ? Shape{items, steps, d, hidden} : Shape{steps, d, items, hidden},
                               state_shape()};
  if (op == Op::lstm) shapes.push_back(state_shape());
  return shapes;
}

std::size_t RecurrentNode::input_at(std::size_t step, std::size_t item) const {
  const auto t = static_cast<std::size_t>(steps), n = static_cast<std::size_t>(items);
  return (items_first ? item * t + step : step * n + item) * static_cast<std::size_t>(inputs);
}

std::size_t RecurrentNode::output_at(std::size_t step, std::size_t direction, std::size_t item) const {
  const auto t = static_cast<std::size_t>(steps), n = static_cast<std::size_t>(items);
  return (items_first ? (item * t + step) * directions() + direction
                      : (step * directions() + direction) * n + item) *
         static_cast<std::size_t>(hidden);
}

std::size_t RecurrentNode::state_at(std::size_t direction, std::size_t item) const {
  const auto n = static_cast<std::size_t>(items);
  return (items_first ? item * directions() + direction : direction * n + item) *
         static_cast<std::size_t>(hidden);
}

RecurrentNode read_recurrence(const Graph& graph, const Node& node, const std::vector<const Shape*>& inputs) {
  return Reader(graph, node, inputs).read();
}

}  // namespace tricycle
