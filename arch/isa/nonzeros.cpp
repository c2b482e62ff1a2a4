// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/nonzeros.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "arch/datapath/packing.hpp"
#include "arch/datapath/trits.hpp"
#include "arch/isa/footprint.hpp"
#include "arch/params/timing.hpp"
#include "support/random.hpp"

namespace tricycle {
namespace {

/// One byte for each element of the reduction: 1 if it is not zero.
using Row = std::vector<std::uint8_t>;

/// How a row's taps lie in its words.
struct Layout {
  std::size_t lanes, words, taps, elements, tap_stride;
};

Layout layout_of(const isa::Matmul& i, const MachineSpec& spec) {
  const ProductShape shape = shape_of(i);
  const auto lanes = static_cast<std::size_t>(geometry_of(spec.array, shape).lanes);
  const auto words = static_cast<std::size_t>(reduction_words(spec.array, shape));
  const auto taps = static_cast<std::size_t>(shape.taps), elements = static_cast<std::size_t>(shape.elements);
  return {lanes, words, taps, elements, shape.im2col ? elements : (elements + lanes - 1) / lanes * lanes};
}

/// Gathers rows in groups of `size`.
class Gatherer {
 public:
  Gatherer(const Layout& layout, std::int64_t size)
      : layout_(layout), size_(size), of_group_(layout.words * layout.lanes) {
    found_.rows_with.resize(of_group_.size());
  }

  void add(const Row& row) {
    std::uint32_t sum = 0;
    for (std::size_t e = 0; e < row.size(); ++e) {
      found_.rows_with[e] += row[e];
      of_group_[e] = static_cast<std::uint8_t>(of_group_[e] | row[e]);
      sum += row[e];
    }
    found_.of_row.push_back(sum);
    if (++in_group_ == size_) end_group();
  }

  Nonzeros finish() {
    if (in_group_ > 0) end_group();
    return std::move(found_);
  }

 private:
  void end_group() {
    std::vector<bool> live(layout_.words);
    std::int64_t elements = 0;
    for (std::size_t w = 0; w < layout_.words; ++w) {
      const std::uint8_t* word = of_group_.data() + w * layout_.lanes;
      const int count = std::accumulate(word, word + layout_.lanes, 0);
      live[w] = count > 0;
      elements += count;
    }
    found_.is_live.push_back(std::move(live));
    found_.live_elements.push_back(elements);
    std::fill(of_group_.begin(), of_group_.end(), std::uint8_t{0});
    in_group_ = 0;
  }

  const Layout& layout_;
  std::int64_t size_, in_group_ = 0;
  Row of_group_;
  Nonzeros found_;
};

void mark(std::span<const std::int32_t> values, std::uint8_t* to) {
  for (std::size_t k = 0; k < values.size(); ++k) to[k] = values[k] != 0 ? 1 : 0;
}

/// The positions of the image. Each is decoded when a window first reads it.
class Image {
 public:
  Image(const isa::Matmul& i, const MachineSpec& spec, const MemoryView& memories)
      : i_(i),
        word_bits_(spec.array.word_bits),
        bytes_(std::span(memories.activation).subspan(i.activations)),
        is_known_(std::size_t{i.in_lines} * i.in_columns),
        nonzeros_(is_known_.size() * i.elements),
        values_(i.elements) {}

  const std::uint8_t* at(std::size_t y, std::size_t x) {
    const std::size_t position = y * i_.in_columns + x;
    std::uint8_t* to = nonzeros_.data() + position * i_.elements;
    if (!is_known_[position]) {
      is_known_[position] = true;
      decode_row(i_.activation_format, word_bits_,
                 bytes_.subspan(y * i_.line_stride + x * i_.position_stride), 0, values_);
      mark(values_, to);
    }
    return to;
  }

 private:
  const isa::Matmul& i_;
  std::int64_t word_bits_;
  std::span<const std::uint8_t> bytes_;
  std::vector<bool> is_known_;
  Row nonzeros_;
  std::vector<std::int32_t> values_;
};

std::uint32_t limit_of(const Draw& draw) {
  return static_cast<std::uint32_t>(std::lround(std::clamp(draw.density, 0.0, 1.0) * 65536));
}

/// The positions of an image that is drawn at random. The address of a position decides its contents.
class DrawnImage {
 public:
  DrawnImage(const isa::Matmul& i, const Draw& draw)
      : i_(i), limit_(limit_of(draw)), stream_(mix(mix(draw.seed) ^ draw.layer)), nonzeros_(i.elements) {}

  const std::uint8_t* at(std::size_t y, std::size_t x) {
    const std::uint64_t place = (i_.activations + y * i_.line_stride + x * i_.position_stride) << 20U;
    std::uint64_t bits = 0;
    for (std::size_t e = 0; e < nonzeros_.size(); ++e, bits >>= 16U) {
      if (e % 4 == 0) bits = mix(stream_ ^ mix(place + e));  // 16 bits for each of four
      nonzeros_[e] = (bits & 0xffffU) < limit_ ? 1 : 0;
    }
    return nonzeros_.data();
  }

 private:
  const isa::Matmul& i_;
  std::uint32_t limit_;
  std::uint64_t stream_;
  Row nonzeros_;
};

/// Gathers all windows. `image` gives the positions that they read.
template <class Source>
Nonzeros gather_windows(const isa::Matmul& i, const MachineSpec& spec, Source image) {
  const Layout layout = layout_of(i, spec);
  Gatherer gatherer(layout, geometry_of(spec.array, shape_of(i)).rows);
  const std::uint8_t outside = i.pad != 0 ? 1 : 0;
  Row row(layout.words * layout.lanes);
  for (std::int64_t line = 0; line < i.lines; ++line) {
    for (std::int64_t column = 0; column < i.columns; ++column) {
      std::uint8_t* to = row.data();
      for (std::int64_t ky = 0; ky < i.kernel_h; ++ky) {
        const std::int64_t y = line * i.stride_y + ky * i.dilation_y - i.pad_top;
        for (std::int64_t kx = 0; kx < i.kernel_w; ++kx, to += layout.tap_stride) {
          const std::int64_t x = column * i.stride_x + kx * i.dilation_x - i.pad_left;
          if (y < 0 || y >= i.in_lines || x < 0 || x >= i.in_columns) {
            std::fill_n(to, layout.elements, outside);
          } else {
            std::copy_n(image.at(static_cast<std::size_t>(y), static_cast<std::size_t>(x)), layout.elements,
                        to);
          }
        }
      }
      gatherer.add(row);
    }
  }
  return gatherer.finish();
}

}  // namespace

Nonzeros nonzero_weights(const isa::Matmul& i, const MachineSpec& spec, const MemoryView& memories) {
  const Layout layout = layout_of(i, spec);
  Gatherer gatherer(layout, geometry_of(spec.array, shape_of(i)).cols);
  const auto weights = std::span(memories.weight).subspan(i.weights);
  const auto bytes = static_cast<std::size_t>(weight_row(i, spec));
  Row row(layout.words * layout.lanes);
  for (std::size_t c = 0; c < i.cols; ++c) {
    const auto values =
        unpack_weight_row(weights_of(i), spec.array.word_bits, weights.subspan(c * i.weight_stride, bytes));
    for (std::size_t tap = 0; tap < layout.taps; ++tap) {
      mark(std::span(values).subspan(tap * layout.elements, layout.elements),
           row.data() + tap * layout.tap_stride);
    }
    gatherer.add(row);
  }
  return gatherer.finish();
}

Nonzeros nonzero_activations(const isa::Matmul& i, const MachineSpec& spec, const MemoryView& memories) {
  return gather_windows(i, spec, Image(i, spec, memories));
}

Nonzeros drawn_activations(const isa::Matmul& i, const MachineSpec& spec, const Draw& draw) {
  return gather_windows(i, spec, DrawnImage(i, draw));
}

Nonzeros drawn_weights(const isa::Matmul& i, const MachineSpec& spec, const Draw& draw) {
  const Layout layout = layout_of(i, spec);
  Gatherer gatherer(layout, geometry_of(spec.array, shape_of(i)).cols);
  const std::uint32_t limit = limit_of(draw);
  const std::uint64_t stream = mix(draw.seed ^ mix(~std::uint64_t{draw.layer}));
  Row row(layout.words * layout.lanes);
  for (std::uint64_t c = 0; c < i.cols; ++c) {
    const std::uint64_t place = (i.weights + c * i.weight_stride) << 20U;
    std::size_t element = 0;
    for (std::size_t tap = 0; tap < layout.taps; ++tap) {
      std::uint8_t* to = row.data() + tap * layout.tap_stride;
      std::uint64_t bits = 0;
      for (std::size_t k = 0; k < layout.elements; ++k, ++element, bits >>= 16U) {
        if (k == 0 || element % 4 == 0)
          bits = mix(stream ^ mix(place + element));  // 16 bits for each of four
        to[k] = (bits & 0xffffU) < limit ? 1 : 0;
      }
    }
    gatherer.add(row);
  }
  return gatherer.finish();
}

Nonzeros dense_weights(const isa::Matmul& i, const MachineSpec& spec) {
  return drawn_weights(i, spec, {1, 0, 1.0});
}

Nonzeros dense_activations(const isa::Matmul& i, const MachineSpec& spec) {
  const Layout layout = layout_of(i, spec);
  Gatherer gatherer(layout, geometry_of(spec.array, shape_of(i)).rows);
  Row row(layout.words * layout.lanes);
  for (std::size_t tap = 0; tap < layout.taps; ++tap)
    std::fill_n(row.data() + tap * layout.tap_stride, layout.elements, std::uint8_t{1});
  for (std::uint64_t p = 0; p < std::uint64_t{i.lines} * i.columns; ++p) gatherer.add(row);
  return gatherer.finish();
}

}  // namespace tricycle
