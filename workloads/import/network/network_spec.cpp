// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/network/network_spec.hpp"

#include <fmt/format.h>

#include "support/fields.hpp"

namespace tricycle {
namespace {

constexpr Presence required = Presence::required;
constexpr Presence optional = Presence::optional;
constexpr std::int64_t most_size = 1 << 20;
constexpr std::int64_t most_kernel = 1024;

/// All codings, in the order in which messages name them.
const std::vector<Coding>& codings() {
  static const std::vector<Coding> all = [] {
    using enum Coding::Kind;
    std::vector<Coding> list = {{ternary, 2}, {binary, 1}, {ternary012, 2}};
    for (int bits = 1; bits <= 8; ++bits) list.push_back({unsigned_integer, bits});
    for (int bits = 2; bits <= 8; ++bits) list.push_back({signed_integer, bits});
    list.push_back({pow2, 3});
    return list;
  }();
  return all;
}

std::optional<Coding> read_coding(FieldReader& reader, const char* key, bool of_weights) {
  std::vector<Coding> known;
  std::vector<std::string> names;
  for (const Coding& coding : codings()) {
    const bool positive =
        coding.kind == Coding::Kind::unsigned_integer || coding.kind == Coding::Kind::ternary012;
    if (of_weights && positive) continue;
    known.push_back(coding);
    names.push_back(coding.text());
  }
  int index = -1;
  reader.choice(key, index, names, optional);
  if (index < 0) return std::nullopt;
  return known[static_cast<std::size_t>(index)];
}

void read_output(FieldReader& reader, LayerSpec& layer) {
  std::vector<std::string> names = {"sums", "scaled", "stream"};
  for (const Coding& coding : codings()) names.push_back(coding.text());
  int index = 3;  // ternary
  reader.choice("output", index, names, optional);
  if (index < 3) {
    layer.handing = static_cast<Handing>(index + 1);
  } else {
    layer.output = codings()[static_cast<std::size_t>(index) - 3];
  }
}

/// One integer for both directions, or a list of two: rows, columns.
bool read_pair(FieldReader& reader, const char* key, Pair& pair, std::int64_t least, Presence presence) {
  const Document* node = reader.document(key, presence);
  if (node == nullptr) return false;
  const auto read = [&](const Document& from, std::int64_t& value) {
    const bool whole = from.kind == Document::Kind::scalar && parse_integer(from.scalar, value);
    if (whole && value >= least && value <= most_kernel) return;
    throw InputError(
        from.place,
        fmt::format("'{}' expects an integer from {} to {}, or a list of two{}", key, least, most_kernel,
                    from.kind == Document::Kind::scalar ? ", not '" + from.scalar + "'" : ""));
  };
  if (node->kind == Document::Kind::sequence && node->items.size() == 2) {
    read(node->items[0], pair[0]);
    read(node->items[1], pair[1]);
  } else {
    read(*node, pair[0]);
    pair[1] = pair[0];
  }
  return true;
}

void read_reference(FieldReader& reader, const char* key, LayerReference& reference) {
  reader.text(key, reference.name, optional);
  if (!reference.name.empty()) reference.place = reader.place_of(key);
}

void read_conv(const Document& node, LayerSpec& layer) {
  FieldReader reader(node, "'conv'");
  reader.integer("filters", layer.channels, 1, most_size, required);
  read_pair(reader, "kernel", layer.window.kernel, 1, required);
  layer.window.kernel_place = reader.place_of("kernel");
  read_pair(reader, "stride", layer.window.stride, 1, optional);
  read_pair(reader, "pad", layer.window.pad, 0, optional);
  read_pair(reader, "dilation", layer.window.dilation, 1, optional);
  reader.integer("groups", layer.groups, 1, most_size, optional);
  layer.groups_place = reader.place_of("groups");
  reader.finish();
}

const std::vector<std::string>& pool_kinds() {
  static const std::vector<std::string> names = {"max", "average"};
  return names;
}

void read_pool(const Document& node, LayerSpec& layer) {
  FieldReader reader(node, "'pool'");
  int kind = 0;
  reader.choice("kind", kind, pool_kinds(), optional);
  layer.average = kind == 1;
  read_pair(reader, "kernel", layer.window.kernel, 1, required);
  layer.window.kernel_place = reader.place_of("kernel");
  if (!read_pair(reader, "stride", layer.window.stride, 1, optional))
    layer.window.stride = layer.window.kernel;
  read_pair(reader, "pad", layer.window.pad, 0, optional);
  reader.boolean("count_include_pad", layer.count_include_pad, optional);
  if (layer.count_include_pad && !layer.average)
    throw InputError(reader.place_of("count_include_pad"), "'count_include_pad' is a key of averages");
  reader.finish();
}

void read_subsample(const Document& node, LayerSpec& layer) {
  FieldReader reader(node, "'subsample'");
  reader.integer("channels", layer.channels, 1, most_size, required);
  read_pair(reader, "stride", layer.window.stride, 1, optional);
  layer.window.kernel_place = reader.place_of("channels");
  reader.finish();
}

void read_parts(const Document& node, LayerSpec& layer) {
  if (node.kind != Document::Kind::sequence || node.items.size() < 2)
    throw InputError(node.place, "'concat' expects a list of at least two layers");
  for (const Document& item : node.items) {
    if (item.kind != Document::Kind::scalar || item.scalar.empty())
      throw InputError(item.place, "'concat' expects names of layers");
    layer.parts.push_back({item.scalar, item.place});
  }
}

/// Reads the key that says what a layer does. Errors: a layer has two of these keys.
void read_kind(FieldReader& reader, const Document& node, LayerSpec& layer) {
  static const std::vector<std::string> keys = {"units",       "conv",   "pool",
                                                "global_pool", "concat", "subsample"};
  const std::string* found = nullptr;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Document* inside = node.find(keys[i]);
    if (inside == nullptr) continue;
    if (found != nullptr)
      throw InputError(inside->place, fmt::format("a layer has '{}' or '{}', not both", *found, keys[i]));
    found = &keys[i];
    layer.kind = static_cast<LayerSpec::Kind>(i);
  }
  reader.integer("units", layer.channels, 1, most_size, optional);
  if (const Document* inside = reader.document("conv", optional)) read_conv(*inside, layer);
  if (const Document* inside = reader.document("pool", optional)) read_pool(*inside, layer);
  int kind = 0;
  reader.choice("global_pool", kind, pool_kinds(), optional);
  if (layer.kind == LayerSpec::Kind::global_pool) layer.average = kind == 1;
  if (const Document* inside = reader.document("concat", optional)) read_parts(*inside, layer);
  if (const Document* inside = reader.document("subsample", optional)) read_subsample(*inside, layer);
}

LayerSpec read_layer(const Document& node, std::size_t number) {
  LayerSpec layer;
  layer.place = node.place;
  const std::string what = fmt::format("entry {} of 'layers'", number);
  FieldReader reader(node, what);
  reader.text("name", layer.name, required);
  read_kind(reader, node, layer);
  if (layer.kind != LayerSpec::Kind::concat) read_reference(reader, "from", layer.from);
  const bool kind_known = node.find("units") != nullptr || layer.kind != LayerSpec::Kind::dense;
  static const std::vector<const char*> of_products = {"weights", "density", "ttq",    "activations",
                                                       "norm",    "bias",    "output", "threshold"};
  if (kind_known && !layer.is_product()) {
    for (const char* key : of_products) {
      if (const Document* inside = node.find(key)) {
        throw InputError(inside->place, fmt::format("'{}' belongs to 'units' and 'conv' alone", key));
      }
    }
  }
  layer.weights = read_coding(reader, "weights", true).value_or(Coding{});
  double density = -1;
  reader.number("density", density, 0, 1, optional);
  if (density >= 0) layer.density = density;
  reader.number("ttq", layer.ttq, 0.01, 100, optional);
  layer.activations = read_coding(reader, "activations", false);
  reader.boolean("norm", layer.norm, optional);
  reader.boolean("bias", layer.bias, optional);
  read_reference(reader, "add", layer.add);
  reader.boolean("relu", layer.relu, optional);
  read_output(reader, layer);
  reader.number("threshold", layer.threshold, 0, 100, optional);
  reader.finish();
  if (!kind_known) {
    throw InputError(node.place,
                     what + " needs one of the keys units, conv, pool, global_pool, concat and subsample");
  }
  layer.name_place = reader.place_of("name");
  if (layer.ttq != 1 && layer.weights.kind != Coding::Kind::ternary)
    throw InputError(reader.place_of("ttq"), "'ttq' belongs to ternary weights alone");
  if (layer.handing == Handing::sums && (layer.norm || layer.bias || layer.relu || !layer.add.name.empty())) {
    throw InputError(reader.place_of("output"),
                     "sums are handed on as they are, without norm, bias, add and relu");
  }
  if (!layer.is_product()) layer.handing = Handing::stream;
  return layer;
}

void read_input(const Document& node, NetworkSpec& spec) {
  FieldReader reader(node, "'input'");
  std::int64_t rows = 1, features = 1, images = 1, channels = 1, height = 1, width = 1;
  reader.integer("rows", rows, 1, most_size, optional);
  reader.integer("features", features, 1, most_size, optional);
  reader.integer("images", images, 1, most_size, optional);
  reader.integer("channels", channels, 1, most_size, optional);
  reader.integer("height", height, 1, most_size, optional);
  reader.integer("width", width, 1, most_size, optional);
  int encoding = 0;
  reader.choice("encoding", encoding, {"uint8", "ternary"}, optional);
  reader.finish();
  spec.input_place = node.place;
  spec.ternary_input = encoding == 1;
  const auto need = [&](const char* key) {
    if (node.find(key) == nullptr)
      throw InputError(node.place, fmt::format("'input' needs the key '{}'", key));
  };
  const char* image_key = nullptr;
  for (const char* key : {"images", "channels", "height", "width"}) {
    if (node.find(key) != nullptr && image_key == nullptr) image_key = key;
  }
  if (image_key == nullptr) {
    need("features");
    spec.input_shape = {rows, features};
  } else {
    for (const char* key : {"rows", "features"}) {
      if (const Document* other = node.find(key))
        throw InputError(other->place, fmt::format("'input' has '{}' or '{}', not both", image_key, key));
    }
    for (const char* key : {"channels", "height", "width"}) need(key);
    spec.input_shape = {images, channels, height, width};
  }
  constexpr std::int64_t most = std::int64_t{1} << 26U;
  std::int64_t count = 1;
  for (const std::int64_t size : spec.input_shape) count = count > most / size ? most + 1 : count * size;
  if (count > most) {
    std::string sizes;
    for (const std::int64_t size : spec.input_shape)
      sizes += (sizes.empty() ? "" : " x ") + std::to_string(size);
    throw InputError(node.place, fmt::format("{} inputs; at most {} are supported", sizes, most));
  }
}

}  // namespace

std::string Coding::text() const {
  switch (kind) {
    case Kind::binary: return "binary";
    case Kind::ternary: return "ternary";
    case Kind::ternary012: return "ternary012";
    case Kind::unsigned_integer: return "uint" + std::to_string(bits);
    case Kind::signed_integer: return "int" + std::to_string(bits);
    case Kind::pow2: return "pow2";
  }
  return {};
}

NetworkSpec read_network(const Document& document) {
  NetworkSpec spec;
  FieldReader reader(document, "a network");
  int format = 0;
  reader.choice("format", format, {"tricycle-network/1"}, required);
  reader.text("name", spec.name, required);
  reader.integer("seed", spec.seed, 0, std::int64_t{1} << 62, optional);
  const Document* input = reader.document("input", required);
  const Document* layers = reader.document("layers", required);
  reader.finish();
  if (layers->kind != Document::Kind::sequence || layers->items.empty())
    throw InputError(layers->place, "'layers' expects a list with at least one entry");
  read_input(*input, spec);
  for (std::size_t i = 0; i < layers->items.size(); ++i)
    spec.layers.push_back(read_layer(layers->items[i], i + 1));
  return spec;
}

}  // namespace tricycle
