// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/bank_reads.hpp"

#include <algorithm>
#include <vector>

#include "arch/isa/bank_count.hpp"
#include "arch/isa/footprint.hpp"
#include "arch/isa/window_of.hpp"
#include "arch/params/bank_layout.hpp"

namespace tricycle {
namespace {

/// Some elements of a position, or of a window.
struct Elements {
  std::int64_t begin = 0, end = 0;
};

/// Walks the steps of a product and counts the bank words that they read.
class BankWalk {
 public:
  BankWalk(const MachineSpec& spec, const ProductShape& shape, const Window& window, const ImagePlace& place)
      : spec_(spec),
        shape_(shape),
        window_(window),
        place_(place),
        geometry_(geometry_of(spec.array, shape)),
        layout_(bank_layout(spec.activation_memory, spec.array.word_bits, pitch_of(window, place))),
        at_once_(ceil_div(operand_bits(spec.array, shape, shape.activations), layout_.word_bits) + 1),
        planes_(passes_of(spec.array, shape) > 1 ? bits_per_element(shape.activations) : 1),
        rows_(static_cast<std::size_t>(geometry_.rows)),
        count_(layout_.banks * spec.activation_memory.halves()) {}

  StepTable table() {
    StepTable table = plain_steps(spec_, shape_);
    const std::int64_t passes = passes_of(spec_.array, shape_);
    const StepCycles plain = steps_of(spec_, shape_, 1);
    const std::int64_t times =
        passes > 1 ? multiplier_bits(spec_.array, shape_.weights) : 1;  // that a plane is read
    std::vector<StepCycles> own;
    own.reserve(static_cast<std::size_t>(table.groups * table.words));
    bool is_plain = true;
    for (std::int64_t group = 0; group < table.groups; ++group) {
      for (std::int64_t word = 0; word < table.words; ++word) {
        StepCycles step = table.each;
        for (plane_ = 0; plane_ < planes_; ++plane_) {
          const std::int64_t cycles = cycles_of(group, word);
          step.feed += times * std::max<std::int64_t>(0, cycles - plain.feed);
          step.reads += times * std::max<std::int64_t>(0, cycles - plain.reads);
        }
        is_plain = is_plain && step == table.each;
        own.push_back(step);
      }
    }
    if (is_plain) return table;
    for (auto word = own.begin(); word != own.end(); word += table.words) {
      StepCycles sum;
      std::for_each(word, word + table.words, [&](const StepCycles& step) { sum += step; });
      table.of_groups.push_back(sum);
    }
    table.own = std::move(own);
    return table;
  }

 private:
  /// Part after part, each row takes as many of its bank words as a word of its operand fills, and one more,
  /// for it may begin within one.
  std::int64_t cycles_of(std::int64_t group, std::int64_t word) {
    const std::int64_t first = group * geometry_.rows;
    const std::int64_t rows = std::min(geometry_.rows, shape_.positions - first);
    std::size_t longest = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      row_ = &rows_[static_cast<std::size_t>(r)];
      row_->clear();
      read(first + r, word);
      longest = std::max(longest, row_->size());
    }
    std::int64_t cycles = 0;
    const auto at_once = static_cast<std::size_t>(at_once_);
    for (std::size_t begin = 0; begin < longest; begin += at_once) {
      count_.begin();
      for (std::int64_t r = 0; r < rows; ++r) {
        const auto& words = rows_[static_cast<std::size_t>(r)];
        for (std::size_t k = begin; k < std::min(words.size(), begin + at_once); ++k)
          count_.add(layout_.bank_of(words[k] * layout_.word_bits), words[k]);
      }
      cycles += count_.cycles();
    }
    return cycles;
  }

  /// What a row reads of its window for a word of the reduction: elements of one tap, or of those that a
  /// densely packed word spans.
  void read(std::int64_t position, std::int64_t word) {
    const std::int64_t lanes = geometry_.lanes, elements = shape_.elements;
    if (!shape_.im2col) {
      const std::int64_t words = ceil_div(elements, lanes), begin = word % words * lanes;
      return read_tap(position, word / words, share({begin, std::min(elements, begin + lanes)}));
    }
    const Elements all = share({word * lanes, std::min(shape_.taps * elements, (word + 1) * lanes)});
    for (std::int64_t begin = all.begin; begin < all.end;) {
      const std::int64_t tap = begin / elements, end = std::min(all.end, (tap + 1) * elements);
      read_tap(position, tap, {begin - tap * elements, end - tap * elements});
      begin = end;
    }
  }

  /// Bytes have no planes in memory: each pass brings its share of them.
  [[nodiscard]] Elements share(const Elements& word) const {
    if (planes_ == 1 || is_packed(shape_.activations)) return word;
    const std::int64_t lanes = geometry_.lanes;
    return {std::min(word.end, word.begin + plane_ * lanes / planes_),
            std::min(word.end, word.begin + (plane_ + 1) * lanes / planes_)};
  }

  void read_tap(std::int64_t position, std::int64_t tap, const Elements& of) {
    const std::int64_t y = position / window_.columns * window_.stride_y +
                           tap / window_.kernel_w * window_.dilation_y - window_.pad_top;
    const std::int64_t x = position % window_.columns * window_.stride_x +
                           tap % window_.kernel_w * window_.dilation_x - window_.pad_left;
    if (y < 0 || y >= window_.in_lines || x < 0 || x >= window_.in_columns) return;
    read_elements(8 * (place_.address + y * place_.line_stride + x * place_.position_stride), of);
  }

  /// The bits of elements of a position, by its format (arch/datapath/packing.hpp).
  void read_elements(std::int64_t at, const Elements& of) {
    const Format format = shape_.activations;
    const std::int64_t word_bits = spec_.array.word_bits, bits = bits_per_element(format);
    const bool in_planes = format == Format::planes || is_bit_planes(format);
    if (!in_planes) return read_bits(at + of.begin * bits, at + of.end * bits);
    const std::int64_t each = elements_per_word(format, word_bits);
    const std::int64_t stored = 8 * bytes_per_word(format, word_bits);
    for (std::int64_t begin = of.begin; begin < of.end;) {
      const std::int64_t word = begin / each, end = std::min(of.end, (word + 1) * each);
      for (std::int64_t plane = 0; plane < bits; ++plane) {
        if (planes_ > 1 && plane != plane_) continue;
        const std::int64_t start = at + word * stored + plane * each - word * each;
        read_bits(start + begin, start + end);
      }
      begin = end;
    }
  }

  void read_bits(std::int64_t begin, std::int64_t end) {
    for (std::int64_t word = begin / layout_.word_bits; word * layout_.word_bits < end; ++word) {
      if (row_->empty() || row_->back() != word) row_->push_back(word);
    }
  }

  const MachineSpec& spec_;
  const ProductShape& shape_;
  const Window& window_;
  ImagePlace place_;
  Geometry geometry_;
  BankLayout layout_;
  std::int64_t at_once_, planes_;  ///< bank words of a row at a time; planes that are read one by one
  std::int64_t plane_ = 0;
  std::vector<std::vector<std::int64_t>> rows_;  ///< the bank words that each row reads, in order
  std::vector<std::int64_t>* row_ = nullptr;
  BankCount count_;
};

bool may_conflict(const MachineSpec& spec, const ProductShape& shape) {
  return !spec.array.has_line_buffer() && geometry_of(spec.array, shape).rows > 1;
}

ImagePlace place_of(const isa::Matmul& i) {
  return {i.activations, i.position_stride, i.line_stride};
}

}  // namespace

StepTable step_table(const MachineSpec& spec, const ProductShape& shape, const Window& window,
                     const ImagePlace& place) {
  if (!may_conflict(spec, shape)) return plain_steps(spec, shape);
  return BankWalk(spec, shape, window, place).table();
}

StepTable step_table(const isa::Matmul& i, const MachineSpec& spec) {
  return step_table(spec, shape_of(i), window_of(i), place_of(i));
}

const StepTable& StepTables::of(const isa::Matmul& i) {
  const ProductShape shape = shape_of(i);
  const Window w = window_of(i);
  ImagePlace place = place_of(i);
  if (may_conflict(spec_, shape) && !spec_.activation_memory.ping_pong) {
    const BankLayout layout = bank_layout(spec_.activation_memory, spec_.array.word_bits, pitch_of(w, place));
    const std::int64_t bits = std::lcm(8, layout.period());
    place.address = place.address * 8 % bits / 8;
  }
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  const StepCycles each = steps_of(spec_, shape, 1);
  const auto [at, is_new] = known_.try_emplace({w.lines,
                                                w.columns,
                                                w.kernel_h,
                                                w.kernel_w,
                                                w.stride_y,
                                                w.stride_x,
                                                w.dilation_y,
                                                w.dilation_x,
                                                w.pad_top,
                                                w.pad_left,
                                                w.in_lines,
                                                w.in_columns,
                                                place.address,
                                                place.position_stride,
                                                place.line_stride,
                                                shape.elements,
                                                number(shape.datapath),
                                                number(shape.activations),
                                                number(shape.weights),
                                                number(shape.im2col),
                                                shape.folding,
                                                each.feed,
                                                each.reads});
  if (is_new) at->second = step_table(spec_, shape, w, place);
  return at->second;
}

}  // namespace tricycle
