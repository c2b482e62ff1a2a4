// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support/diagnostics.hpp"
#include "support/report.hpp"
#include "workloads/graph/wiring.hpp"
#include "workloads/quantize/nodes.hpp"
#include "workloads/quantize/weights.hpp"

namespace tricycle {
namespace {

/// What is known of a value over all items: its range (which includes 0), a sample, and its different values
/// while they are few.
struct Seen {
  float least = 0, most = 0;
  std::vector<float> sample;
  std::set<float> different;
};

constexpr std::size_t most_sample = 1U << 18U;
constexpr std::size_t few = 16;

/// The noise of rounding a sample to integers from -`codes` to `codes` times a step size: the sum of squared
/// errors.
double noise(const std::vector<float>& sample, double step, double codes) {
  double sum = 0;
  for (const float x : sample) {
    const double code = std::clamp(std::nearbyint(static_cast<double>(x) / step), -codes, codes);
    const double error = static_cast<double>(x) - code * step;
    sum += error * error;
  }
  return sum;
}

class Calibration {
 public:
  Calibration(const Graph& graph, const std::vector<Tensor>& items, const CalibrateOptions& options)
      : original_(graph), items_(items), options_(options), folded_(graph), result_{.graph = graph} {}

  Calibrated run() {
    check_one_input(original_);
    if (items_.empty()) fail("needs at least one item to calibrate with");
    if (options_.bits < 2 || options_.bits > 8) fail(fmt::format("{} bits; expected 2 to 8", options_.bits));
    static_cast<void>(fold_constants(folded_));
    wiring_ = Wiring(folded_);
    for (std::size_t i = 0; i < items_.size(); ++i) look_at(i);
    quantize_weights();
    if (!is_integers() && !is_pixels()) quantize_value(folded_.input, options_.bits);
    for (const Node& node : folded_.nodes) {
      if (two_activations(node)) quantize_streams(node);
      const bool mean =
          node.op == Op::average_pool || node.op == Op::global_average_pool || node.op == Op::reduce_mean;
      if (mean && !is_quantized(node.inputs[0])) quantize_value(plain(padded_by(node).inputs[0]), 16);
    }
    for (const Node& node : folded_.nodes) {
      if (is_product(node.op) && !is_quantized(node.inputs[0])) quantize_edge(node);
    }
    sort_nodes(result_.graph);
    result_.items = static_cast<std::int64_t>(items_.size());
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    Place place;
    place.file = original_.file;
    throw InputError(place, "calibration: " + message);
  }

  bool two_activations(const Node& node) const {
    const auto variable = [&](const std::string& name) {
      return !name.empty() && !folded_.is_constant(name);
    };
    return (node.op == Op::add || node.op == Op::sum) && node.inputs.size() == 2 &&
           variable(node.inputs[0]) && variable(node.inputs[1]) && node.inputs[0] != node.inputs[1] &&
           !levels(node.outputs[0]);
  }

  /// The name of the value before views lay it out anew.
  std::string plain(std::string name) const {
    for (const Node* node = wiring_.producer_of(name); node != nullptr && is_view(node->op);
         node = wiring_.producer_of(name))
      name = node->inputs[0];
    return name;
  }

  /// The first of the Pads in front of a window, or the node itself if there is none. The zeros of a Pad are
  /// zeros in codes too.
  const Node& padded_by(const Node& node) const {
    const Node* first = &node;
    for (const Node* pad = wiring_.producer_of(node.inputs[0]); pad != nullptr && pad->op == Op::pad;
         pad = wiring_.producer_of(pad->inputs[0]))
      first = pad;
    return *first;
  }

  void look_at(std::size_t index) {
    const Tensor& item = items_[index];
    std::map<std::string, Tensor> values;
    values[folded_.input] = item;
    remember(folded_.input, item);
    std::uint64_t done = index * folded_.nodes.size();
    for (const Node& node : folded_.nodes) {
      tell("calibrating: nodes of all items", done++, items_.size() * folded_.nodes.size());
      std::vector<const Tensor*> inputs;
      for (const std::string& name : node.inputs) {
        const auto constant = folded_.constants.find(name);
        inputs.push_back(name.empty()                          ? nullptr
                         : constant != folded_.constants.end() ? &constant->second
                                                               : &values.at(name));
      }
      std::vector<Tensor> outputs = evaluate(folded_, node, inputs);
      for (std::size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i) {
        remember(node.outputs[i], outputs[i]);
        values[node.outputs[i]] = std::move(outputs[i]);
      }
    }
  }

  void remember(const std::string& name, const Tensor& tensor) {
    if (!tensor.is_float()) return;
    const std::vector<float> values = tensor.floats();
    Seen& seen = seen_[name];
    for (const float x : values) {
      if (!std::isfinite(x)) fail("'" + name + "' is not finite");
      seen.least = std::min(seen.least, x);
      seen.most = std::max(seen.most, x);
      if (seen.different.size() <= few) seen.different.insert(x);
    }
    // Values at even distances from each item, the same share of each.
    const std::size_t share = std::max<std::size_t>(1, most_sample / items_.size());
    const std::size_t stride = std::max<std::size_t>(1, values.size() / share);
    for (std::size_t i = 0; i < values.size(); i += stride) seen.sample.push_back(values[i]);
  }

  bool levels(const std::string& name) const {
    const auto found = seen_.find(name);
    return found != seen_.end() && found->second.different.size() <= few &&
           found->second.sample.size() > 4 * few;
  }

  /// Whether the model takes integers, which are codes already.
  bool is_integers() const { return !is_floating_type(folded_.input_type); }

  /// Whether the inputs are pixels: every one is an integer from 0 to 255 times the input scale.
  bool is_pixels() const {
    if (!options_.pixels) return false;
    const double step = options_.input_scale.num / options_.input_scale.den;
    for (const Tensor& item : items_) {
      for (const float x : item.floats()) {
        const double place = static_cast<double>(x) / step, code = std::nearbyint(place);
        if (std::fabs(place - code) > 1e-2 || code < 0 || code > 255) return false;
      }
    }
    return true;
  }

  /// Whether a value has few levels, or comes from a quantizer through operators that keep codes as they are.
  bool is_quantized(const std::string& name) const {
    if (replaced_.count(name) != 0 && replaced_.at(name) <= 8) return true;
    if (name == folded_.input) return is_integers() || is_pixels();
    if (levels(name)) return true;
    const Node* node = wiring_.producer_of(name);
    if (node == nullptr) return true;
    if (node->op == Op::quant || node->op == Op::bipolar_quant || node->op == Op::dequantize_linear)
      return true;
    const bool keeps = is_view(node->op) || node->op == Op::max_pool || node->op == Op::global_max_pool ||
                       node->op == Op::pad;
    return keeps && is_quantized(node->inputs[0]);
  }

  double step_of(const Seen& seen, bool is_signed, int bits) const {
    const double codes = is_signed ? std::ldexp(1.0, bits - 1) - 1 : std::ldexp(1.0, bits) - 1;
    const double largest =
        std::max(std::fabs(static_cast<double>(seen.least)), std::fabs(static_cast<double>(seen.most)));
    if (largest == 0) return 1;
    double best = largest / codes;
    if (bits > 8) return best;
    double least_noise = noise(seen.sample, best, codes) * 0.8;  // a percentile must be clearly better
    std::vector<float> magnitudes = seen.sample;
    for (float& x : magnitudes) x = std::fabs(x);
    std::sort(magnitudes.begin(), magnitudes.end());
    for (const double percentile : {0.9999, 0.999, 0.99}) {
      const auto at = static_cast<std::size_t>(percentile * static_cast<double>(magnitudes.size() - 1));
      const double step = static_cast<double>(magnitudes[at]) / codes;
      if (!(step > 0)) continue;
      const double found = noise(seen.sample, step, codes);
      if (found < least_noise) {
        least_noise = found;
        best = step;
      }
    }
    return best;
  }

  /// Adds a Quant that reads `value`. Returns the name of its output.
  std::string add_quantizer(const std::string& value, int bits, const std::string& name) {
    const Seen& seen = seen_.at(value);
    const bool is_signed = seen.least < 0 || bits > 8;  // streams are signed
    Node node;
    node.name = name;
    node.op = Op::quant;
    node.inputs = {value, name + ".scale", name + ".zero", name + ".bits"};
    node.outputs = {name + ".values"};
    node.attributes["signed"].integer = is_signed ? 1 : 0;
    node.attributes["narrow"].integer = is_signed ? 1 : 0;
    Graph& graph = result_.graph;
    const auto scalar = [](double v) { return Tensor{{}, std::vector<float>{static_cast<float>(v)}}; };
    graph.constants[name + ".scale"] = scalar(step_of(seen, is_signed, bits));
    graph.constants[name + ".zero"] = scalar(0);
    graph.constants[name + ".bits"] = scalar(bits);
    graph.nodes.push_back(node);
    ++result_.quantizers;
    return node.outputs[0];
  }

  /// Makes all readers of `value` read its quantized values.
  void quantize_value(const std::string& value, int bits) {
    if (replaced_.count(value) != 0) return;
    replaced_[value] = bits;
    const std::string name = "calibrated." + value;
    const std::string result = add_quantizer(value, bits, name);
    for (Node& node : result_.graph.nodes) {
      if (node.name == name) continue;
      std::replace(node.inputs.begin(), node.inputs.end(), value, result);
    }
  }

  /// Quantizes the streams of a residual addition. The sums of one product stay as they are if the addition
  /// can become the product's second input: the later of two products, if nothing else reads its sums.
  void quantize_streams(const Node& node) {
    std::string carried;
    std::size_t latest = 0;
    for (const std::string& name : node.inputs) {
      const std::size_t at = product_behind(name);
      if (at > latest) {
        latest = at;
        carried = name;
      }
    }
    for (const std::string& name : node.inputs) {
      if (name != carried && !is_quantized(name)) quantize_value(plain(name), 16);
    }
  }

  /// The position (from 1) of a product if the value is its sums, scaled and biased; 0 for any other value.
  std::size_t product_behind(std::string name) const {
    while (true) {
      const Node* node = wiring_.producer_of(name);
      const std::vector<const Node*>& readers = wiring_.readers_of(name);
      const bool read_once =
          readers.size() == 1 && std::count(readers[0]->inputs.begin(), readers[0]->inputs.end(), name) == 1;
      if (node == nullptr || !read_once) return 0;
      if (is_product(node->op)) return static_cast<std::size_t>(node - folded_.nodes.data()) + 1;
      const bool affine = node->op == Op::batch_normalization || node->op == Op::add || node->op == Op::mul ||
                          node->op == Op::sub || node->op == Op::div;
      if (!affine || two_activations(*node)) return 0;
      name = folded_.is_constant(node->inputs[0]) ? node->inputs[1] : node->inputs[0];
    }
  }

  void quantize_edge(const Node& product) {
    const Node& reader = padded_by(product);
    const std::string value = reader.inputs[0];
    auto found = edges_.find(value);
    if (found == edges_.end()) {
      // After the value's 16-bit quantizer if it has one.
      const std::string name = "calibrated." + value + ".codes";
      const std::string result = add_quantizer(value, options_.bits, name);
      if (replaced_.count(value) != 0) {
        Node& quant = result_.graph.nodes.back();
        quant.inputs[0] = "calibrated." + value + ".values";
      }
      found = edges_.emplace(value, result).first;
    }
    for (Node& node : result_.graph.nodes) {
      if (node.name == reader.name && node.outputs == reader.outputs) node.inputs[0] = found->second;
    }
  }

  void quantize_weights() {
    for (const Node& node : folded_.nodes) {
      if (!is_product(node.op) || node.inputs.size() < 2 || !folded_.is_constant(node.inputs[1])) continue;
      const Tensor& constant = folded_.constants.at(node.inputs[1]);
      const bool rows = node.op == Op::conv || (node.op == Op::gemm && node.integer("transB", 0) != 0);
      if (constant.shape.empty() || constant.size() == 0) continue;
      WeightValues weights;
      const auto size = static_cast<std::size_t>(constant.size());
      weights.channels = static_cast<std::size_t>(rows ? constant.shape[0] : constant.shape.back());
      weights.each = size / weights.channels;
      std::vector<float> values = constant.floats();
      const auto place = [&](std::size_t c, std::size_t i) {
        return rows ? c * weights.each + i : i * weights.channels + c;
      };
      for (std::size_t c = 0; c < weights.channels; ++c) {
        for (std::size_t i = 0; i < weights.each; ++i) weights.values.push_back(values[place(c, i)]);
      }
      std::string error;
      if (code_weights(weights, error)) continue;
      const double codes = std::ldexp(1.0, options_.bits - 1) - 1;
      for (std::size_t c = 0; c < weights.channels; ++c) {
        double largest = 0;
        for (std::size_t i = 0; i < weights.each; ++i)
          largest = std::max(largest, std::fabs(static_cast<double>(values[place(c, i)])));
        const double step = largest > 0 ? largest / codes : 1;
        for (std::size_t i = 0; i < weights.each; ++i) {
          float& w = values[place(c, i)];
          w = static_cast<float>(std::nearbyint(static_cast<double>(w) / step) * step);
        }
      }
      const std::string name = "calibrated." + node.inputs[1];
      result_.graph.constants[name] = {constant.shape, std::move(values)};
      for (Node& other : result_.graph.nodes) {
        if (other.name == node.name && other.outputs == node.outputs) other.inputs[1] = name;
      }
      ++result_.weights;
    }
  }

  const Graph& original_;
  const std::vector<Tensor>& items_;
  CalibrateOptions options_;
  Graph folded_;
  Wiring wiring_;  ///< of the folded graph
  Calibrated result_;
  std::map<std::string, Seen> seen_;
  std::map<std::string, int> replaced_;  ///< values with one quantizer for all readers, and its bits
  std::map<std::string, std::string> edges_;
};

}  // namespace

Calibrated calibrate(const Graph& graph, const std::vector<Tensor>& items, const CalibrateOptions& options) {
  return Calibration(graph, items, options).run();
}

}  // namespace tricycle
