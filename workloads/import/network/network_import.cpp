// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/network/network_import.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support/room.hpp"
#include "workloads/import/network/quantizer_nodes.hpp"
#include "workloads/import/network/recurrent_network.hpp"
#include "workloads/import/network/synthetic_weights.hpp"

namespace tricycle {
namespace {

using Kind = NetworkValue::Kind;

constexpr std::int64_t most_elements = std::int64_t{1} << 27U;

std::vector<std::int64_t> list(const Pair& pair) {
  return {pair[0], pair[1]};
}

class Builder {
 public:
  Builder(const NetworkSpec& spec, Graph& graph) : spec_(spec), graph_(graph), writer_(graph) {}

  void build() {
    graph_.input = "input";
    graph_.input_shape = spec_.input_shape;
    graph_.input_encoding = spec_.ternary_input ? Encoding::ternary : Encoding::uint8;
    NetworkValue input;
    input.name = graph_.input;
    input.shape = spec_.input_shape;
    input.kind = spec_.ternary_input ? Kind::codes : Kind::pixels;
    if (spec_.ternary_input) input.coding = Coding{};
    input.symmetric = spec_.ternary_input ? code_mean_square : 0;
    input.rectified = spec_.ternary_input ? 0 : pixel_mean_square;
    values_["input"] = input;
    names_.emplace_back("input");
    for (const LayerSpec& layer : spec_.layers) add_layer(layer);
    graph_.output = values_.at(names_.back()).name;
    names_.pop_back();
    for (const LayerSpec& layer : spec_.layers) {
      const bool last = &layer == &spec_.layers.back();
      if (!last && read_.count(layer.name) == 0)
        throw InputError(layer.name_place, fmt::format("nothing reads the layer '{}'", layer.name));
    }
  }

 private:
  void add_layer(const LayerSpec& layer) {
    if (values_.count(layer.name) != 0) {
      throw InputError(layer.name_place, layer.name == "input"
                                             ? "'input' is what layers call the network's input"
                                             : fmt::format("two layers are called '{}'", layer.name));
    }
    NetworkValue value;
    switch (layer.kind) {
      case LayerSpec::Kind::dense:
      case LayerSpec::Kind::conv: value = product(layer); break;
      case LayerSpec::Kind::pool:
      case LayerSpec::Kind::global_pool: value = pool(layer); break;
      case LayerSpec::Kind::concat: value = concat(layer); break;
      case LayerSpec::Kind::subsample: value = subsample(layer); break;
    }
    value = finish(layer, std::move(value));
    check_elements(layer, value.shape);
    values_[layer.name] = std::move(value);
    names_.push_back(layer.name);
  }

  void check_elements(const LayerSpec& layer, const Shape& shape) const {
    std::int64_t count = 1;
    for (const std::int64_t size : shape)
      count = count > most_elements / size ? most_elements + 1 : count * size;
    if (count <= most_elements) return;
    throw InputError(layer.place, fmt::format("layer '{}' makes {} values; at most {} are supported",
                                              layer.name, fmt::join(shape, " x "), most_elements));
  }

  /// The value of an earlier layer, or of the network's input.
  const NetworkValue& find(const LayerReference& reference, const char* key) {
    const auto found = values_.find(reference.name);
    if (found == values_.end()) {
      throw InputError(reference.place, fmt::format("'{}' names no layer before this one: '{}'{}", key,
                                                    reference.name, did_you_mean(reference.name, names_)));
    }
    read_.insert(reference.name);
    return found->second;
  }

  /// The value that the layer reads: `from`, or the layer before it.
  const NetworkValue& source(const LayerSpec& layer) {
    if (!layer.from.name.empty()) return find(layer.from, "from");
    return find({names_.back(), layer.place}, "from");
  }

  static const NetworkValue& image(const LayerSpec& layer, const NetworkValue& value) {
    if (value.shape.size() == 4) return value;
    throw InputError(layer.place, fmt::format("layer '{}' needs an image, not rows of {} features",
                                              layer.name, value.shape.back()));
  }

  /// The codes that a product reads.
  NetworkValue operand(const LayerSpec& layer) {
    const std::string name = layer.from.name.empty() ? names_.back() : layer.from.name;
    const NetworkValue& value = source(layer);
    if (!layer.activations) {
      if (value.kind == Kind::real) {
        throw InputError(layer.place,
                         fmt::format("layer '{}' reads the real numbers of '{}', so it needs 'activations'",
                                     layer.name, name));
      }
      if (value.kind != Kind::pixels || spec_.is_image()) return value;
      return quantized(layer, "input", value, Coding{}, 0.6);
    }
    if (value.kind == Kind::codes) {
      throw InputError(layer.place,
                       fmt::format("layer '{}' reads the {} codes of '{}': it has no 'activations'",
                                   layer.name, value.coding->text(), name));
    }
    return quantized(layer, layer.name + ".activations", value, *layer.activations, layer.threshold);
  }

  /// The quantized value. Layers that read a value in the same way share its quantizer, which has the name of
  /// the first of these layers.
  NetworkValue quantized(const LayerSpec& layer, const std::string& prefix, const NetworkValue& value,
                         const Coding& coding, double threshold) {
    const bool by_threshold = coding.kind == Coding::Kind::ternary && value.kind != Kind::pixels;
    const std::string key =
        fmt::format("{} {} {}", value.name, coding.text(), by_threshold ? threshold : 0.0);
    const auto found = quantizers_.find(key);
    if (found != quantizers_.end()) return found->second;
    if (coding.kind == Coding::Kind::binary && value.kind == Kind::real && value.symmetric == 0) {
      throw InputError(layer.place, fmt::format("layer '{}': the sign of values that are never negative "
                                                "says nothing; take another quantizer than binary",
                                                layer.name));
    }
    return quantizers_[key] = write_quantizer(writer_, prefix, value, coding, threshold);
  }

  /// The rows and columns of a window's result. Errors: the kernel does not fit.
  static Pair window_outputs(const LayerSpec& layer, const Shape& shape) {
    const WindowSpec& window = layer.window;
    Pair result{}, padded{}, span{};
    for (std::size_t d = 0; d < 2; ++d) {
      padded[d] = shape[d + 2] + 2 * window.pad[d];
      span[d] = (window.kernel[d] - 1) * window.dilation[d] + 1;
      result[d] = (padded[d] - span[d]) / window.stride[d] + 1;
    }
    if (span[0] <= padded[0] && span[1] <= padded[1]) return result;
    throw InputError(window.kernel_place,
                     fmt::format("a kernel that spans {} x {} does not fit a padded input of {} x {}",
                                 span[0], span[1], padded[0], padded[1]));
  }

  static void set_window(Node& node, const WindowSpec& window) {
    node.attributes["kernel_shape"].integers = list(window.kernel);
    node.attributes["strides"].integers = list(window.stride);
    const auto [rows, columns] = window.pad;
    node.attributes["pads"].integers = {rows, columns, rows, columns};
  }

  Shape convolution_shape(const LayerSpec& layer, const Shape& from) const {
    const std::pair<std::int64_t, const char*> sides[] = {{from[1], "input"}, {layer.channels, "output"}};
    for (const auto& [channels, side] : sides) {
      if (channels % layer.groups != 0) {
        throw InputError(layer.groups_place,
                         fmt::format("{} groups do not divide {} {} channels", layer.groups, channels, side));
      }
    }
    const Pair size = window_outputs(layer, from);
    return {from[0], layer.channels, size[0], size[1]};
  }

  NetworkValue product(const LayerSpec& layer) {
    const bool is_conv = layer.kind == LayerSpec::Kind::conv;
    const NetworkValue from = operand(layer);
    if (is_conv) image(layer, from);
    std::string input = from.name;
    NetworkValue value;
    Shape weights;
    if (is_conv) {
      value.shape = convolution_shape(layer, from.shape);
      weights = {layer.channels, from.shape[1] / layer.groups, layer.window.kernel[0],
                 layer.window.kernel[1]};
    } else {
      const std::int64_t features = element_count(from.shape) / from.shape[0];
      if (from.shape.size() == 4) {
        input = layer.name + ".flat";
        writer_.add(layer.name + ".flatten", Op::flatten, {from.name}, input).attributes["axis"].integer = 1;
      }
      value.shape = {from.shape[0], layer.channels};
      weights = {features, layer.channels};
    }
    check_elements(layer, value.shape);
    const std::int64_t taps = weights_count(layer, weights) / layer.channels;
    Random random(static_cast<std::uint64_t>(spec_.seed), names_.size());
    const WeightDistribution distribution(layer);
    // The standard deviation of a sum of independent products, if the mean of the weights is zero.
    const double deviation =
        std::sqrt(static_cast<double>(taps) * distribution.mean_square() * from.mean_square()) + 1e-3;
    value.name = layer.name + ".sums";
    value.symmetric = deviation * deviation;
    value.kind = layer.handing == Handing::sums ? Kind::sums : Kind::real;
    std::vector<std::string> inputs = {
        input,
        writer_.constant(layer.name + ".weights",
                         {weights, with_room_for(fmt::format("the weights of layer '{}'", layer.name),
                                                 4 * static_cast<std::uint64_t>(element_count(weights)), [&] {
                                                   return distribution.draw(random, element_count(weights));
                                                 })})};
    if (!is_conv) {
      writer_.add(layer.name, Op::matmul, std::move(inputs), value.name);
      if (layer.bias)
        per_channel(layer, value, Op::add, "bias", "biased", draw(random, layer, 0, deviation / 4));
    } else {
      if (layer.bias) {
        const std::string bias = layer.name + ".bias";
        inputs.push_back(writer_.constant(bias, {{layer.channels}, draw(random, layer, 0, deviation / 4)}));
      }
      Node& node = writer_.add(layer.name, Op::conv, std::move(inputs), value.name);
      set_window(node, layer.window);
      node.attributes["dilations"].integers = list(layer.window.dilation);
      node.attributes["group"].integer = layer.groups;
    }
    if (layer.norm) {
      per_channel(layer, value, Op::mul, "gain", "gained",
                  draw(random, layer, 1 / deviation, 0.25 / deviation));
      per_channel(layer, value, Op::add, "shift", "shifted", draw(random, layer, 0, 0.25));
      value.symmetric = 1;
    } else if (layer.handing == Handing::scaled || layer.handing == Handing::stream ||
               !layer.add.name.empty()) {
      const std::string gain = writer_.scalar(layer.name + ".gain", 1.0 / deviation);
      writer_.add(layer.name + ".gain", Op::mul, {value.name, gain}, layer.name + ".scaled_sums");
      value.name = layer.name + ".scaled_sums";
      value.symmetric = 1;
    }
    return value;
  }

  std::int64_t weights_count(const LayerSpec& layer, const Shape& weights) const {
    std::int64_t count = 1;
    for (const std::int64_t size : weights)
      count = count > most_elements / size ? most_elements + 1 : count * size;
    if (count <= most_elements) return count;
    throw InputError(layer.place, fmt::format("layer '{}' has {} weights; at most {} are supported",
                                              layer.name, fmt::join(weights, " x "), most_elements));
  }

  /// A number for each output channel, uniform from centre - half to centre + half.
  static std::vector<float> draw(Random& random, const LayerSpec& layer, double centre, double half) {
    std::vector<float> values(static_cast<std::size_t>(layer.channels));
    for (float& value : values) value = static_cast<float>(centre + (2 * random.real() - 1) * half);
    return values;
  }

  void per_channel(const LayerSpec& layer, NetworkValue& value, Op op, const std::string& name,
                   const std::string& output, std::vector<float> numbers) {
    Shape shape = {layer.channels};
    if (value.shape.size() == 4) shape = {layer.channels, 1, 1};
    const std::string constant =
        writer_.constant(layer.name + "." + name, {std::move(shape), std::move(numbers)});
    writer_.add(layer.name + "." + name, op, {value.name, constant}, layer.name + "." + output);
    value.name = layer.name + "." + output;
  }

  NetworkValue pool(const LayerSpec& layer) {
    NetworkValue value = image(layer, source(layer));
    const std::string from = value.name;
    const bool global = layer.kind == LayerSpec::Kind::global_pool;
    value.name = layer.name + ".pooled";
    if (global) {
      value.shape[2] = value.shape[3] = 1;
      writer_.add(layer.name, layer.average ? Op::global_average_pool : Op::global_max_pool, {from},
                  value.name);
    } else {
      const Pair size = window_outputs(layer, value.shape);
      for (std::size_t d = 0; d < 2; ++d) {
        if (layer.window.pad[d] >= layer.window.kernel[d])
          throw InputError(layer.window.kernel_place,
                           fmt::format("padding of {} holds a whole kernel of {} x {}", layer.window.pad[d],
                                       layer.window.kernel[0], layer.window.kernel[1]));
        value.shape[d + 2] = size[d];
      }
      Node& node =
          writer_.add(layer.name, layer.average ? Op::average_pool : Op::max_pool, {from}, value.name);
      set_window(node, layer.window);
      if (layer.count_include_pad) node.attributes["count_include_pad"].integer = 1;
    }
    if (layer.average) make_real(value);
    return value;
  }

  static void make_real(NetworkValue& value) {
    value.kind = Kind::real;
    value.coding.reset();
  }

  /// Takes every so many rows and columns, and puts channels of zeros on both sides of the channels.
  NetworkValue subsample(const LayerSpec& layer) {
    NetworkValue value = image(layer, source(layer));
    const std::int64_t more = layer.channels - value.shape[1];
    if (more < 0) {
      throw InputError(layer.window.kernel_place, fmt::format("the {} channels of the input are more than {}",
                                                              value.shape[1], layer.channels));
    }
    if (value.coding && value.coding->kind == Coding::Kind::binary)
      throw InputError(layer.place,
                       fmt::format("layer '{}' adds zeros, which binary codes lack", layer.name));
    const Pair size = window_outputs(layer, value.shape);
    const std::string sampled = layer.name + ".sampled";
    set_window(writer_.add(layer.name, Op::max_pool, {value.name}, sampled), layer.window);
    value.name = sampled;
    value.shape = {value.shape[0], layer.channels, size[0], size[1]};
    if (more == 0) return value;
    value.name = layer.name + ".padded";
    const std::vector<std::int64_t> pads = {0, more / 2, 0, 0, 0, more - more / 2, 0, 0};
    const std::string constant = writer_.constant(layer.name + ".pads", {{8}, pads});
    writer_.add(layer.name + ".pad", Op::pad, {sampled, constant}, value.name);
    return value;
  }

  NetworkValue concat(const LayerSpec& layer) {
    NetworkValue value = find(layer.parts[0], "concat");
    std::vector<std::string> inputs = {value.name};
    for (std::size_t i = 1; i < layer.parts.size(); ++i) {
      const LayerReference& part = layer.parts[i];
      const NetworkValue& other = find(part, "concat");
      Shape shape = other.shape;
      if (shape.size() == value.shape.size()) shape[1] = value.shape[1];
      if (shape != value.shape) {
        throw InputError(part.place,
                         fmt::format("{} of '{}' and {} of '{}' do not join", shape_text(other.shape),
                                     part.name, shape_text(value.shape), layer.parts[0].name));
      }
      if (other.kind != value.kind || other.coding != value.coding) {
        throw InputError(part.place,
                         fmt::format("'{}' and '{}' have different codes, and 'concat' needs equal ones",
                                     part.name, layer.parts[0].name));
      }
      value.shape[1] += other.shape[1];
      value.symmetric = std::max(value.symmetric, other.symmetric);
      value.rectified = std::max(value.rectified, other.rectified);
      inputs.push_back(other.name);
    }
    value.name = layer.name + ".joined";
    writer_.add(layer.name, Op::concat, std::move(inputs), value.name).attributes["axis"].integer = 1;
    return value;
  }

  /// Adds the residual, the rectifier and the quantizer after a layer.
  NetworkValue finish(const LayerSpec& layer, NetworkValue value) {
    if (!layer.add.name.empty()) {
      const NetworkValue& other = find(layer.add, "add");
      if (other.shape != value.shape) {
        throw InputError(layer.add.place,
                         fmt::format("cannot add {} of '{}' to {} of '{}'", shape_text(other.shape),
                                     layer.add.name, shape_text(value.shape), layer.name));
      }
      writer_.add(layer.name + ".add", Op::add, {value.name, other.name}, layer.name + ".added");
      value.name = layer.name + ".added";
      value.symmetric += other.symmetric;
      value.rectified += other.rectified;
      make_real(value);
    }
    if (layer.relu) {
      writer_.add(layer.name + ".relu", Op::relu, {value.name}, layer.name + ".rectified");
      value.name = layer.name + ".rectified";
      value.rectified += value.symmetric / 2;
      value.symmetric = 0;
      if (value.kind == Kind::codes) make_real(value);
    }
    const bool last = &layer == &spec_.layers.back();
    if (!last && (layer.handing == Handing::sums || layer.handing == Handing::scaled)) {
      throw InputError(layer.place, fmt::format("layer '{}' is not the last one, so its 'output' cannot be "
                                                "sums or scaled; stream gives real numbers to other layers",
                                                layer.name));
    }
    if (layer.handing == Handing::codes)
      return quantized(layer, layer.name, value, layer.output, layer.threshold);
    return value;
  }

  const NetworkSpec& spec_;
  Graph& graph_;
  NodeWriter writer_;
  std::map<std::string, NetworkValue> values_;  ///< by the name of the layer
  std::vector<std::string> names_;              ///< of the input and the layers so far
  std::set<std::string> read_;
  std::map<std::string, NetworkValue> quantizers_;
};

}  // namespace

Graph import_network(const Document& document, std::int64_t seed) {
  if (is_recurrent_network(document)) return import_recurrent_network(document, seed);
  NetworkSpec spec = read_network(document);
  if (seed >= 0) spec.seed = seed;
  Graph graph;
  graph.file = document.place.file;
  graph.name = spec.name;
  graph.producer = "tricycle-network/1";
  graph.opset = 13;
  graph.synthetic = true;
  graph.weights_source =
      fmt::format("synthetic, seed {}, independent codes, {}", spec.seed, describe_weights(spec.layers));
  Builder(spec, graph).build();
  sort_nodes(graph);
  return graph;
}

}  // namespace tricycle
