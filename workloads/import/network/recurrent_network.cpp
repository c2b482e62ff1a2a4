// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/network/recurrent_network.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "support/data_file.hpp"
#include "support/fields.hpp"
#include "support/file_kind.hpp"
#include "support/files.hpp"
#include "support/random.hpp"
#include "support/room.hpp"
#include "workloads/graph/cell.hpp"
#include "workloads/quantize/rules/recurrent_spec.hpp"

namespace tricycle {
namespace {

namespace fs = std::filesystem;
constexpr Presence optional = Presence::optional;
constexpr Presence required = Presence::required;
constexpr std::int64_t most_units = 1 << 16;
constexpr std::int64_t most_weights = 1 << 28, most_values = 1 << 26;

enum class Direction : std::uint8_t { forward, reverse, bidirectional };

const std::vector<std::string>& names_of(Direction) {
  static const std::vector<std::string> names = {"forward", "reverse", "bidirectional"};
  return names;
}

struct CellSpec {
  std::string name;
  Cell cell = Cell::lstm;
  std::int64_t units = 0;
  bool linear_before_reset = true;
  Direction direction = Direction::forward;
  Place place, name_place;  ///< of its units and its name
};

struct DecoderSpec {
  std::string name = "decoder";
  std::int64_t units = 0;
  Place place, name_place;
};

struct RecurrentNetworkSpec {
  std::string format, name;
  std::string arch;  ///< the machine that runs it if none is named
  std::int64_t seed = 1, sequence = 1, batch = 1, vocabulary = 0, embedding = 0;
  std::string characters;
  std::string trained;  ///< folder of trained codes; empty: synthetic weights
  std::vector<std::pair<std::string, double>> alpha;
  std::vector<CellSpec> layers;
  DecoderSpec decoder;
  RecurrentSpec recurrent;
};

void describe(Fields& fields, CellSpec& spec) {
  fields.text("name", spec.name, required);
  fields.choice("cell", spec.cell, required);
  fields.integer("units", spec.units, 1, most_units, required);
  fields.boolean("linear_before_reset", spec.linear_before_reset, optional);
  fields.choice("direction", spec.direction, optional);
  spec.place = fields.place_of("units");
  spec.name_place = fields.place_of("name");
}

/// The arrays of a trained model: wx_i, wh_i, bx_i, bh_i and so on for each gate, then the decoder.
std::vector<std::string> trained_names(Cell cell) {
  std::vector<std::string> names;
  for (const std::string& gate : gate_names(cell)) {
    for (const char* what : {"wx_", "wh_", "bx_", "bh_"}) names.push_back(what + gate);
  }
  names.emplace_back("decoder");
  return names;
}

void describe(Fields& fields, RecurrentNetworkSpec& spec) {
  fields.text("format", spec.format, required);
  fields.text("name", spec.name, required);
  fields.text("arch", spec.arch, optional);
  fields.integer("seed", spec.seed, 0, std::int64_t{1} << 62, optional);
  fields.integer("sequence", spec.sequence, 1, 1 << 20, required);
  fields.integer("batch", spec.batch, 1, 1 << 16, optional);
  fields.integer("vocabulary", spec.vocabulary, 1, std::int64_t{1} << 24, required);
  fields.integer("embedding", spec.embedding, 1, most_units, optional);
  fields.text("characters", spec.characters, optional);
  fields.text("trained", spec.trained, optional);
  fields.list(
      "layers", spec.layers.size(), [&](std::size_t n) { spec.layers.resize(n); },
      [&](Fields& inside, std::size_t i) { describe(inside, spec.layers[i]); }, required);
  fields.section(
      "decoder",
      [&](Fields& inside) {
        inside.text("name", spec.decoder.name, optional);
        inside.integer("units", spec.decoder.units, 1, std::int64_t{1} << 24, required);
        spec.decoder.place = inside.place_of("units");
        spec.decoder.name_place = inside.place_of("name");
      },
      optional);
  fields.section(
      "recurrent", [&](Fields& inside) { describe(inside, spec.recurrent); }, optional);
  if (!spec.trained.empty() && !spec.layers.empty()) {
    const std::vector<std::string> names = trained_names(spec.layers[0].cell);
    spec.alpha.clear();
    for (const std::string& name : names) spec.alpha.emplace_back(name, 0);
    fields.section(
        "alpha",
        [&](Fields& inside) {
          for (auto& [name, value] : spec.alpha) inside.number(name.c_str(), value, 0, 1e6, required);
        },
        required);
  }
}

/// The characters of a UTF-8 text, one string each.
std::vector<std::string> split_characters(const std::string& text) {
  std::vector<std::string> characters;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
    if (continues && !characters.empty())
      characters.back() += c;
    else
      characters.emplace_back(1, c);
  }
  return characters;
}

/// Layers, decoder and embedding must have different names.
void check_names(const RecurrentNetworkSpec& spec) {
  std::set<std::string> names;
  const auto add = [&](const std::string& name, const Place& place) {
    if (!names.insert(name).second) throw InputError(place, fmt::format("two layers are called '{}'", name));
  };
  if (spec.embedding > 0) add("embedding", {});
  for (const CellSpec& layer : spec.layers) add(layer.name, layer.name_place);
  if (spec.decoder.units > 0) add(spec.decoder.name, spec.decoder.name_place);
}

/// Refuses a network that no memory holds, before anything is built: too many weights, or too many values in
/// one tensor.
class SizeCheck {
 public:
  explicit SizeCheck(const RecurrentNetworkSpec& spec) : spec_(spec) {}

  void run(const Place& vocabulary) {
    std::int64_t features = spec_.vocabulary;
    if (spec_.embedding > 0) {
      features = spec_.embedding;
      add("the embedding", spec_.vocabulary * features, vocabulary);
    }
    check_values(features, vocabulary);
    for (const CellSpec& layer : spec_.layers) {
      const std::int64_t directions = layer.direction == Direction::bidirectional ? 2 : 1;
      const auto gates = static_cast<std::int64_t>(gate_names(layer.cell).size());
      add(fmt::format("layer '{}'", layer.name), directions * gates * layer.units * (features + layer.units),
          layer.place);
      features = directions * layer.units;
      check_values(features, layer.place);
    }
    if (spec_.decoder.units == 0) return;
    add("the decoder", features * spec_.decoder.units, spec_.decoder.place);
    check_values(spec_.decoder.units, spec_.decoder.place);
  }

 private:
  void add(const std::string& what, std::int64_t weights, const Place& place) {
    weights_ += weights;
    if (weights_ <= most_weights) return;
    throw InputError(place, fmt::format("with {} the network has {} weights; it may have {}", what, weights_,
                                        most_weights));
  }
  void check_values(std::int64_t features, const Place& place) const {
    if (spec_.sequence * spec_.batch <= most_values / features) return;
    throw InputError(place, fmt::format("{} steps of {} vectors of {} numbers are more than {}",
                                        spec_.sequence, spec_.batch, features, most_values));
  }

  const RecurrentNetworkSpec& spec_;
  std::int64_t weights_ = 0;
};

RecurrentNetworkSpec read_spec(const Document& document) {
  RecurrentNetworkSpec spec;
  FieldReader reader(document, "a recurrent network");
  describe(reader, spec);
  reader.finish();
  const auto refuse = [&](const char* key, const std::string& message) {
    throw InputError(reader.place_of(key), message);
  };
  if (spec.format != "tricycle-network/1")
    refuse("format", fmt::format("'format' expects tricycle-network/1, not '{}'", spec.format));
  if (spec.layers.empty()) refuse("layers", "'layers' expects at least one recurrent layer");
  const auto characters = static_cast<std::int64_t>(split_characters(spec.characters).size());
  if (characters > 0 && characters != spec.vocabulary) {
    refuse("characters", fmt::format("'characters' has {} characters, and the vocabulary {} tokens",
                                     characters, spec.vocabulary));
  }
  std::set<std::string> seen;
  for (const std::string& character : split_characters(spec.characters)) {
    if (!seen.insert(character).second)
      refuse("characters", fmt::format("'characters' has the character '{}' twice", character));
  }
  check_names(spec);
  if (!spec.trained.empty() && (spec.layers.size() > 1 || spec.layers[0].direction != Direction::forward ||
                                spec.decoder.units == 0 || spec.embedding > 0))
    refuse("trained", "'trained' expects one layer, forward, with a decoder and without an embedding");
  SizeCheck(spec).run(reader.place_of("vocabulary"));
  return spec;
}

class Builder {
 public:
  Builder(const RecurrentNetworkSpec& spec, const Document& document, Graph& graph)
      : spec_(spec), document_(document), graph_(graph) {}

  void build() {
    graph_.input = "input";
    std::int64_t features = spec_.vocabulary;
    std::string x = "input";
    if (spec_.embedding > 0) {
      features = spec_.embedding;
      graph_.input_shape = {spec_.sequence, spec_.batch};
      add_constant("embedding.table", {spec_.vocabulary, features}, 1.0);
      x = add("embedding", Op::gather, {"embedding.table", x});
    } else {
      graph_.input_shape = {spec_.sequence, spec_.batch, features};
    }
    for (const CellSpec& layer : spec_.layers) {
      const std::int64_t directions = layer.direction == Direction::bidirectional ? 2 : 1;
      x = recurrent(layer, x, features, directions);
      features = directions * layer.units;
    }
    if (spec_.decoder.units > 0) x = decoder(x, features);
    graph_.output = x;
  }

  /// Every byte of the trained arrays, for their checksum.
  Bytes all_bytes;

 private:
  std::string add(const std::string& name, Op op, std::vector<std::string> inputs) {
    Node node;
    node.name = name;
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = {name + ".out"};
    graph_.nodes.push_back(std::move(node));
    return name + ".out";
  }
  Node& last() { return graph_.nodes.back(); }

  void add_constant(const std::string& name, const Shape& shape, double range) {
    Random random(static_cast<std::uint64_t>(spec_.seed), stream_++);
    const auto count = static_cast<std::size_t>(element_count(shape));
    auto values = with_room_for(fmt::format("the weights '{}'", name), 4 * count,
                                [&] { return std::vector<float>(count); });
    for (float& value : values) value = static_cast<float>((2 * random.real() - 1) * range);
    graph_.constants[name] = {shape, std::move(values)};
  }
  void add_integers(const std::string& name, std::vector<std::int64_t> values) {
    graph_.constants[name] = {{static_cast<std::int64_t>(values.size())}, std::move(values)};
  }

  std::string recurrent(const CellSpec& layer, const std::string& x, std::int64_t inputs,
                        std::int64_t directions) {
    const Cell cell = layer.cell;
    const auto gates = static_cast<std::int64_t>(gate_names(cell).size());
    const std::int64_t h = layer.units;
    const double range = 1 / std::sqrt(static_cast<double>(h));
    const std::string w = layer.name + ".W", r = layer.name + ".R", b = layer.name + ".B";
    if (spec_.trained.empty()) {
      add_constant(w, {directions, gates * h, inputs}, range);
      add_constant(r, {directions, gates * h, h}, range);
      add_constant(b, {directions, 2 * gates * h}, range);
    } else {
      add_trained(layer, inputs);
    }
    constexpr Op ops[] = {Op::lstm, Op::gru, Op::rnn};
    const std::string y = add(layer.name, ops[static_cast<std::size_t>(layer.cell)], {x, w, r, b});
    last().attributes["hidden_size"].integer = h;
    last().attributes["direction"].text = name_of(layer.direction);
    last().attributes["slope"].number = 1 / static_cast<float>(spec_.recurrent.sloping_factor);
    if (cell == Cell::gru)
      last().attributes["linear_before_reset"].integer = layer.linear_before_reset ? 1 : 0;
    if (directions == 1) {
      add_integers(layer.name + ".axes", {1});
      return add(layer.name + ".squeeze", Op::squeeze, {y, layer.name + ".axes"});
    }
    const std::string turned = add(layer.name + ".transpose", Op::transpose, {y});
    last().attributes["perm"].integers = {0, 2, 1, 3};
    add_integers(layer.name + ".shape", {spec_.sequence, spec_.batch, 2 * h});
    return add(layer.name + ".reshape", Op::reshape, {turned, layer.name + ".shape"});
  }

  std::string decoder(const std::string& x, std::int64_t features) {
    const std::string& name = spec_.decoder.name;
    const std::int64_t outputs = spec_.decoder.units;
    if (spec_.trained.empty()) {
      const double range = 1 / std::sqrt(static_cast<double>(features));
      add_constant(name + ".weights", {features, outputs}, range);
      add_constant(name + ".bias", {outputs}, range);
    } else {
      const std::vector<float> rows = trained("decoder", {outputs, features});
      std::vector<float> columns(rows.size());
      for (std::int64_t o = 0; o < outputs; ++o) {
        for (std::int64_t i = 0; i < features; ++i)
          columns[static_cast<std::size_t>(i * outputs + o)] =
              rows[static_cast<std::size_t>(o * features + i)];
      }
      graph_.constants[name + ".weights"] = {{features, outputs}, std::move(columns)};
      graph_.constants[name + ".bias"] = {{outputs}, read("decoder_bias", {outputs}).floats()};
    }
    const std::string product = add(name, Op::matmul, {x, name + ".weights"});
    return add(name + ".add", Op::add, {product, name + ".bias"});
  }

  // ---- trained weights ----

  Tensor read(const std::string& name, const Shape& shape) {
    const fs::path folder = fs::path(document_.place.file).parent_path() / spec_.trained;
    const std::string path = (folder / (name + ".npy")).string();
    const Bytes bytes = read_bytes(path, std::uint64_t{1} << 30U);
    all_bytes.insert(all_bytes.end(), bytes.begin(), bytes.end());
    if (!looks_like_npy(bytes)) refuse_other_kinds(bytes, path, "a NumPy array (.npy)");
    Tensor tensor = parse_npy(bytes, path);
    if (tensor.shape != shape) {
      Place place;
      place.file = path;
      throw InputError(place, fmt::format("has the shape {}; the network needs {}", shape_text(tensor.shape),
                                          shape_text(shape)));
    }
    return tensor;
  }
  /// alpha times the codes of a file.
  std::vector<float> trained(const std::string& name, const Shape& shape) {
    std::vector<float> values = read(name, shape).floats();
    double alpha = 0;
    for (const auto& [known, value] : spec_.alpha) {
      if (known == name) alpha = value;
    }
    for (float& value : values) value = static_cast<float>(value * alpha);
    return values;
  }

  /// Adds the weights of a layer. ONNX has the gates in the order i o f c, or z r h.
  void add_trained(const CellSpec& layer, std::int64_t inputs) {
    const Cell cell = layer.cell;
    static const std::vector<std::string> lstm = {"i", "o", "f", "g"}, gru = {"z", "r", "n"};
    const std::vector<std::string>& gates = cell == Cell::lstm  ? lstm
                                            : cell == Cell::gru ? gru
                                                                : gate_names(cell);
    std::vector<float> w, r, bx, bh;
    const std::int64_t h = layer.units;
    const auto append = [&](std::vector<float>& to, const std::string& name, const Shape& shape) {
      const std::vector<float> values = trained(name, shape);
      to.insert(to.end(), values.begin(), values.end());
    };
    for (const std::string& gate : gates) {
      append(w, "wx_" + gate, {h, inputs});
      append(r, "wh_" + gate, {h, h});
      append(bx, "bx_" + gate, {h});
      append(bh, "bh_" + gate, {h});
    }
    bx.insert(bx.end(), bh.begin(), bh.end());
    const auto rows = static_cast<std::int64_t>(gates.size()) * h;
    graph_.constants[layer.name + ".W"] = {{1, rows, inputs}, std::move(w)};
    graph_.constants[layer.name + ".R"] = {{1, rows, h}, std::move(r)};
    graph_.constants[layer.name + ".B"] = {{1, 2 * rows}, std::move(bx)};
  }

  const RecurrentNetworkSpec& spec_;
  const Document& document_;
  Graph& graph_;
  std::uint64_t stream_ = 0;
};

}  // namespace

bool is_recurrent_network(const Document& document) {
  return document.find("sequence") != nullptr || document.find("vocabulary") != nullptr;
}

RecurrentSpec recurrent_choices(const Document& document) {
  return is_recurrent_network(document) ? read_spec(document).recurrent : RecurrentSpec{};
}

Graph import_recurrent_network(const Document& document, std::int64_t seed, TableRows rows) {
  RecurrentNetworkSpec spec = read_spec(document);
  if (rows == TableRows::one && spec.trained.empty()) {
    if (spec.embedding > 0) spec.vocabulary = 1;
    if (spec.decoder.units > 0) spec.decoder.units = 1;
  }
  if (seed >= 0) spec.seed = seed;
  Graph graph;
  graph.file = document.place.file;
  graph.name = spec.name;
  graph.producer = "tricycle-network/1";
  graph.opset = 14;
  graph.vocabulary = split_characters(spec.characters);
  Builder builder(spec, document, graph);
  builder.build();
  graph.synthetic = spec.trained.empty();
  graph.weights_source =
      graph.synthetic ? fmt::format("synthetic, seed {}, uniform within 1 / sqrt(units){}", spec.seed,
                                    spec.embedding > 0 ? ", of the embedding within 1" : "")
                      : fmt::format("{}, sha256 of its arrays {}", spec.trained, sha256(builder.all_bytes));
  sort_nodes(graph);
  return graph;
}

}  // namespace tricycle
