// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <vector>

#include "arch/params/step_table.hpp"
#include "arch/params/weight_stream.hpp"
#include "arch/units/memory/sram_demand.hpp"

namespace tricycle {

/// A matmul's way through its groups of columns and its words, where weights stream: each word waits for its
/// bytes (rule A12). Plain logic.
class StreamWalk {
 public:
  StreamWalk(const MachineSpec& spec, const ProductShape& shape, StepTable steps)
      : bytes_(static_cast<Cycles>(streamed_bytes(spec.array, shape, shape.weights))),
        cols_(shape.cols),
        at_once_(geometry_of(spec.array, shape).cols),
        tables_(static_cast<Cycles>(output_table_cycles(spec, shape))),
        steps_(std::move(steps)) {
    for_each_streamed_word(spec.array, shape,
                           [&](const StreamedWord& word) { elements_.push_back(word.count); });
    least_ = static_cast<Cycles>(group_cycles(spec, shape, steps_.of_group(0), shape.positions));
    all_elements_ = streamed_elements(shape);
  }

  [[nodiscard]] bool is_over() const { return column_ >= cols_; }
  [[nodiscard]] Cycles bytes() const { return bytes_; }
  /// Bytes of the block that must have come before the next part.
  [[nodiscard]] Cycles needs() const {
    return wants_tables() ? taken_ : share(fed_ + columns() * elements_[word_]);
  }
  /// The next part, which begins in cycle `now`.
  StreamedPart next(Cycles now) {
    StreamedPart part;
    if (wants_tables()) {
      has_tables_ = true;
      part.cycles = part.tables = tables_;
      return part;
    }
    if (word_ == 0) began_ = now;
    fed_ += columns() * elements_[word_];
    const StepCycles word = steps_.at(0, static_cast<std::int64_t>(word_));
    part.cycles = part.steps = static_cast<Cycles>(word.feed);
    if (!steps_.is_plain()) part.reads = static_cast<Cycles>(word.reads);
    if (++word_ < elements_.size()) return part;
    part.group = std::max(now - began_ + part.steps, least_);
    part.cycles = part.group - (now - began_);
    word_ = 0;
    has_tables_ = false;
    column_ += at_once_;
    return part;
  }
  /// Bytes that its parts so far have used, since the last call.
  Cycles take_used() {
    const Cycles before = taken_;
    taken_ = share(fed_);
    return taken_ - before;
  }

 private:
  [[nodiscard]] bool wants_tables() const { return word_ == 0 && tables_ > 0 && !has_tables_; }
  [[nodiscard]] std::int64_t columns() const { return std::min(at_once_, cols_ - column_); }
  [[nodiscard]] Cycles share(std::int64_t elements) const {
    return static_cast<Cycles>(streamed_share(static_cast<std::int64_t>(bytes_), elements, all_elements_));
  }

  Cycles bytes_;
  std::int64_t cols_, at_once_;  ///< columns of the matmul, and of a group
  Cycles tables_, least_ = 0;    ///< cycles of a group's tables, of a group
  StepTable steps_;
  std::vector<std::int64_t> elements_;  ///< of each word of a column
  std::int64_t all_elements_ = 0;
  std::int64_t column_ = 0, fed_ = 0;  ///< the group's first column; elements
  std::size_t word_ = 0;               ///< the group's next
  bool has_tables_ = false;            ///< of the group
  Cycles began_ = 0, taken_ = 0;       ///< when the group did; bytes that were told as used
};

}  // namespace tricycle
