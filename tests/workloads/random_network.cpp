// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/random_network.hpp"

#include <algorithm>

#include "arch/params/machine.hpp"
#include "support/document.hpp"

namespace tricycle::test {
namespace {

Codes random_kind(Random& random) {
  switch (random.below(6)) {
    case 0: return Codes::binary();
    case 1: return Codes::integers(-1, 1);
    case 2: return Codes::powers_of_two(std::int64_t{1} << random.below(7));
    case 3: return Codes::integers(0, (std::int64_t{1} << random.between(1, 8)) - 1);
    default: break;
  }
  const std::int64_t half = std::int64_t{1} << random.below(8);
  return Codes::integers(-half, half - 1);
}

std::int32_t random_code(Random& random, const Codes& codes) {
  if (codes.kind == Codes::Kind::binary) return random.chance(0.5) ? 1 : -1;
  if (codes.kind == Codes::Kind::power_of_two) {
    std::int64_t most = 0;
    while ((std::int64_t{1} << most) < codes.most) ++most;
    const auto value = static_cast<std::int32_t>(std::int64_t{1} << random.between(0, most));
    return random.chance(0.3) ? 0 : random.chance(0.5) ? value : -value;
  }
  return static_cast<std::int32_t>(random.between(codes.least, codes.most));
}

class Maker {
 public:
  explicit Maker(Random& random) : random_(random) {}

  QuantizedNetwork make() {
    net_.name = "random";
    net_.file = "random";
    QuantizedTensor input;
    input.name = "x";
    input.images = random_.between(1, 2);
    input.height = random_.between(1, 9);
    input.width = random_.between(1, 9);
    input.channels = random_.between(1, 40);
    input.codes = random_kind(random_);
    set_offset(input);
    net_.tensors.push_back(input);
    const std::int64_t layers = random_.between(1, 6);
    for (std::int64_t i = 0; i < layers; ++i) add_layer(i + 1 == layers);
    return std::move(net_);
  }

 private:
  void set_offset(QuantizedTensor& t) {
    // The code of zero must be one of the codes.
    if (t.codes.kind != Codes::Kind::integer || t.codes.least < -128 || t.codes.most > 255) return;
    if (random_.chance(0.4)) t.offset = -random_.between(t.codes.least, t.codes.most);
    if (t.zero() < t.codes.least || t.zero() > t.codes.most) t.offset = 0;
  }
  static bool byte(const Codes& c) { return !c.is_float() && c.least >= -128 && c.most <= 255; }

  int last() const { return static_cast<int>(net_.tensors.size()) - 1; }

  void add_layer(bool is_last) {
    QuantizedLayer layer;
    layer.name = "l" + std::to_string(net_.layers.size());
    layer.op = "Op";
    const int from = last();
    const QuantizedTensor in = net_.tensor(from);
    layer.inputs = {from};
    QuantizedTensor out;
    out.name = layer.name + ".out";
    out.images = in.images;
    const std::uint64_t kind = random_.below(10);
    if (kind < 6 && byte(in.codes) && !in.codes.is_float()) {
      make_product(layer, in, out);
    } else if (kind < 7) {
      make_pool(layer, in, out, random_.chance(0.5));
    } else if (kind < 8) {
      make_concat(layer, in, out);
    } else {
      layer.kind = LayerKind::pointwise;
      set_pixels(layer.window, in);
      copy_shape(in, out, in.channels);
    }
    make_stage(layer, out, is_last);
    layer.output = static_cast<int>(net_.tensors.size());
    net_.tensors.push_back(out);
    net_.layers.push_back(std::move(layer));
  }

  static void set_pixels(Window& w, const QuantizedTensor& in) {
    w.lines = w.in_lines = in.height;
    w.columns = w.in_columns = in.width;
  }
  static void copy_shape(const QuantizedTensor& in, QuantizedTensor& out, std::int64_t channels) {
    out.height = in.height;
    out.width = in.width;
    out.channels = channels;
  }

  /// A window that fits the image.
  Window random_window(const QuantizedTensor& in, bool may_dilate, bool may_pad) {
    while (true) {
      Window w;
      w.in_lines = in.height;
      w.in_columns = in.width;
      w.kernel_h = random_.between(1, 3);
      w.kernel_w = random_.chance(0.7) ? w.kernel_h : random_.between(1, 3);
      w.stride_y = random_.between(1, 2);
      w.stride_x = random_.between(1, 2);
      if (may_dilate && random_.chance(0.2)) w.dilation_y = w.dilation_x = 2;
      std::int64_t bottom = 0, right = 0;
      if (may_pad && random_.chance(0.6)) {
        // Windows of a product may lie in the padding altogether.
        const std::int64_t more = may_dilate && random_.chance(0.2) ? 3 : 0;
        w.pad_top = random_.between(0, w.kernel_h - 1 + more);
        w.pad_left = random_.between(0, w.kernel_w - 1 + more);
        bottom = random_.between(0, w.kernel_h - 1 + more);
        right = random_.between(0, w.kernel_w - 1 + more);
      }
      const std::int64_t high = in.height + w.pad_top + bottom - (w.kernel_h - 1) * w.dilation_y - 1;
      const std::int64_t wide = in.width + w.pad_left + right - (w.kernel_w - 1) * w.dilation_x - 1;
      if (high < 0 || wide < 0) continue;
      w.lines = high / w.stride_y + 1;
      w.columns = wide / w.stride_x + 1;
      return w;
    }
  }

  /// Taps further apart, as far as the image has room for them and every window keeps one inside.
  void dilate(Window& w, const QuantizedTensor& in) {
    const auto stretch = [&](std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t size,
                             std::int64_t& dilation, std::int64_t& outputs) {
      const std::int64_t most = kernel > 1 ? (size + pad - 1) / (kernel - 1) : 1;
      if (most < 2) return;
      const std::int64_t apart = random_.between(2, std::min<std::int64_t>(most, 4));
      const std::int64_t count = (size + pad - 1 - (kernel - 1) * apart) / stride + 1;
      for (std::int64_t o = 0; o < count; ++o) {
        bool inside = false;
        for (std::int64_t k = 0; k < kernel; ++k) {
          const std::int64_t at = o * stride + k * apart - pad;
          inside = inside || (at >= 0 && at < size);
        }
        if (!inside) return;
      }
      dilation = apart;
      outputs = count;
    };
    stretch(w.kernel_h, w.stride_y, w.pad_top, in.height, w.dilation_y, w.lines);
    stretch(w.kernel_w, w.stride_x, w.pad_left, in.width, w.dilation_x, w.columns);
  }

  void make_product(QuantizedLayer& layer, const QuantizedTensor& in, QuantizedTensor& out) {
    layer.kind = LayerKind::product;
    layer.window = random_window(in, true, true);
    if (random_.chance(0.15)) {  // flattened
      layer.window = {};
      layer.window.in_lines = layer.window.kernel_h = in.height;
      layer.window.in_columns = layer.window.kernel_w = in.width;
    }
    out.height = layer.window.lines;
    out.width = layer.window.columns;
    out.channels = random_.between(1, 40);
    if (random_.chance(0.25)) {
      for (const std::int64_t groups : {in.channels, std::int64_t{4}, std::int64_t{2}}) {
        if (in.channels % groups == 0) layer.groups = groups;
      }
      out.channels = layer.groups * random_.between(1, 2);
    }
    layer.pairs = random_.chance(0.1);
    do {
      layer.weight_codes = layer.pairs ? Codes::integers(0, 1) : random_kind(random_);
    } while (layer.weight_codes.most > 127);
    const std::int64_t count =
        out.channels * (layer.pairs ? 2 : 1) * layer.window.taps() * (in.channels / layer.groups);
    for (std::int64_t i = 0; i < count; ++i)
      layer.weights.push_back(static_cast<std::int16_t>(random_code(random_, layer.weight_codes)));
    const bool fits = out.height >= 2 && out.width >= 2;
    if (fits && !layer.pairs && random_.chance(0.3)) {
      Window pool;
      pool.in_lines = out.height;
      pool.in_columns = out.width;
      pool.kernel_h = pool.stride_y = random_.between(1, 2);
      pool.kernel_w = pool.stride_x = 2;
      if (random_.chance(0.3)) pool.stride_y += random_.between(1, 2);
      if (random_.chance(0.3)) pool.stride_x += random_.between(1, 2);
      pool.lines = (out.height - pool.kernel_h) / pool.stride_y + 1;
      pool.columns = (out.width - pool.kernel_w) / pool.stride_x + 1;
      out.height = pool.lines;
      out.width = pool.columns;
      layer.pool = pool;
    }
  }

  void make_pool(QuantizedLayer& layer, const QuantizedTensor& in, QuantizedTensor& out, bool max) {
    layer.kind = max ? LayerKind::max_pool : LayerKind::sum_pool;
    layer.window = random_window(in, false, max || in.zero() == 0);
    if (random_.chance(0.3)) dilate(layer.window, in);
    if (max) {
      out.codes = in.codes;
      out.offset = in.offset;
    }
    out.height = layer.window.lines;
    out.width = layer.window.columns;
    out.channels = in.channels;
  }

  void make_concat(QuantizedLayer& layer, const QuantizedTensor& in, QuantizedTensor& out) {
    layer.kind = LayerKind::concat;
    set_pixels(layer.window, in);
    copy_shape(in, out, in.channels);
    for (int t = 0; t < last() && layer.inputs.size() < 3; ++t) {
      const QuantizedTensor& other = net_.tensor(t);
      if (other.codes == in.codes && other.offset == in.offset && other.height == in.height &&
          other.width == in.width) {
        layer.inputs.push_back(t);
        out.channels += other.channels;
      }
    }
    out.codes = in.codes;
    out.offset = in.offset;
  }

  /// Another tensor of the same positions and channels.
  int twin_of(const QuantizedTensor& out) {
    for (int t = last(); t >= 0; --t) {
      const QuantizedTensor& other = net_.tensor(t);
      if (other.height == out.height && other.width == out.width && other.channels == out.channels &&
          !other.codes.is_float())
        return t;
    }
    return -1;
  }

  void make_stage(QuantizedLayer& layer, QuantizedTensor& out, bool is_last) {
    if (layer.kind == LayerKind::concat || layer.kind == LayerKind::max_pool) {
      layer.stage = RawStage{};
      return;
    }
    const bool product = layer.kind == LayerKind::product;
    const bool alone = layer.pairs || layer.pool.has_value();
    const int twin = !alone && (product || layer.kind == LayerKind::pointwise) ? twin_of(out) : -1;
    const std::uint64_t choice = random_.below(10);
    const auto channels = static_cast<std::size_t>(out.channels);
    const bool per_channel = random_.chance(0.7);
    const std::size_t rows = per_channel ? channels : 1;
    if (is_last && choice < 2 && !layer.pool && product && !layer.pairs) {
      layer.stage = RawStage{};
      out.codes = Codes::sums();
    } else if (choice < 6 && !layer.pairs) {
      layer.stage = thresholds(out, rows, per_channel);
    } else if (is_last && choice < 8) {
      AffineStage stage;
      stage.per_channel = per_channel;
      const bool has_y = layer.pairs || (twin >= 0 && random_.chance(0.5));
      if (has_y && !layer.pairs) layer.inputs.push_back(twin);
      for (std::size_t r = 0; r < rows; ++r) {
        stage.scale.push_back(static_cast<float>(random_.between(-100, 100)) / 7.0F);
        if (has_y) stage.second.push_back(static_cast<float>(random_.between(-100, 100)) / 9.0F);
        stage.bias.push_back(static_cast<float>(random_.between(-100, 100)) / 3.0F);
      }
      if (random_.chance(0.5)) stage.least = 0;
      layer.stage = stage;
      out.codes = Codes::float32();
    } else {
      ScaleStage stage;
      stage.per_channel = per_channel;
      const bool has_y = layer.pairs || (twin >= 0 && random_.chance(0.7));
      if (has_y && !layer.pairs) layer.inputs.push_back(twin);
      for (std::size_t r = 0; r < rows; ++r) {
        stage.multiplier.push_back(static_cast<std::int32_t>(random_.between(-(1 << 20), 1 << 20)));
        if (has_y) stage.second.push_back(static_cast<std::int32_t>(random_.between(-(1 << 20), 1 << 20)));
        stage.bias.push_back(random_.between(-(1 << 24), 1 << 24));
        stage.shift.push_back(static_cast<int>(random_.between(10, 22)));
      }
      out.codes = random_.chance(0.4)   ? Codes::integers(-32768, 32767)
                  : random_.chance(0.5) ? Codes::integers(-128, 127)
                                        : Codes::integers(0, (1 << random_.between(1, 8)) - 1);
      stage.least = out.codes.least;
      stage.most = out.codes.most;
      stage.end = {static_cast<ScaleRounding>(random_.below(scale_rounding_count)),
                   static_cast<std::int32_t>(random_.between(-20, 20)), random_.chance(0.5)};
      layer.stage = stage;
      set_offset(out);
    }
  }

  ThresholdStage thresholds(QuantizedTensor& out, std::size_t rows, bool per_channel) {
    static const std::vector<std::vector<int>> sets = {
        {-1, 1}, {-1, 0, 1}, {-4, -2, -1, 0, 1, 2, 4}, {0, 1, 2, 3, 4, 5}, {-2, -1, 0, 1}, {0, 1}};
    ThresholdStage stage;
    const std::size_t set = random_.below(sets.size());
    stage.codes = sets[set];
    stage.per_channel = per_channel;
    for (std::size_t r = 0; r < rows; ++r) {
      std::vector<std::int64_t> row;
      for (std::size_t t = 1; t < stage.codes.size(); ++t) row.push_back(random_.between(-150, 150));
      std::sort(row.begin(), row.end());
      stage.thresholds.insert(stage.thresholds.end(), row.begin(), row.end());
      stage.signs.push_back(random_.chance(0.7) ? 1 : -1);
    }
    out.codes = set == 0   ? Codes::binary()
                : set == 2 ? Codes::powers_of_two(4)
                           : Codes::integers(stage.codes.front(), stage.codes.back());
    set_offset(out);
    return stage;
  }

  Random& random_;
  QuantizedNetwork net_;
};

}  // namespace

QuantizedNetwork random_network(Random& random) {
  return Maker(random).make();
}

std::vector<std::int32_t> random_codes(Random& random, const QuantizedTensor& tensor) {
  std::vector<std::int32_t> codes(static_cast<std::size_t>(tensor.rows() * tensor.channels));
  for (std::int32_t& code : codes) code = random_code(random, tensor.codes);
  return codes;
}

MachineSpec random_cnn_machine(Random& random) {
  const auto size = [&] {
    return std::to_string(random.chance(0.4) ? random.between(1, 4) : random.between(4, 64));
  };
  const auto memory = [&](const std::string& name, const std::string& kib) {
    return name + "_memory: {size_KiB: " + kib + ", banks: 1, width_bits: 64}\n";
  };
  std::string preferred =
      random.chance(0.5) ? "ternary_planes, ternary_fatnn" : "ternary_fatnn, ternary_planes";
  preferred =
      random.chance(0.5) ? "mac, " + preferred + ", bitserial, shift" : preferred + ", shift, bitserial, mac";
  const std::string text =
      "name: m\nclock_MHz: 100\narray: {rows: " + std::to_string(random.between(1, 9)) +
      ", cols: " + std::to_string(random.between(1, 12)) +
      ", word_bits: " + std::to_string(16 * random.between(1, 5)) + ", accumulator_bits: 32, datapaths: [" +
      preferred + ", binary], fatnn_mask: " + (random.chance(0.5) ? "on_the_fly" : "precomputed") +
      ", dataflow: " + (random.chance(0.3) ? "weight_stationary" : "output_stationary") + ", packing: " +
      (random.chance(0.5)   ? "auto"
       : random.chance(0.5) ? "channel"
                            : "im2col") +
      "}\n" + memory("weight", size()) + memory("activation", size()) + memory("accumulator", size()) +
      memory("instruction", "4096") + "sequencer: {queue_depth: " + std::to_string(random.between(1, 8)) +
      "}\n";
  return read_machine(parse_document(text, "m.yaml"));
}

}  // namespace tricycle::test
