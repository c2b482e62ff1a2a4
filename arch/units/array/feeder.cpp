// SPDX-License-Identifier: Apache-2.0
#include "arch/units/array/feeder.hpp"

#include <algorithm>

namespace tricycle {

FeedShape feed_shape_of(const isa::Matmul& i, const MachineSpec& spec) {
  const Feeding feeding = feeding_of(spec, shape_of(i));
  FeedShape shape;
  shape.in_lines = i.in_lines;
  shape.in_columns = i.in_columns;
  shape.lines = i.lines;
  shape.columns = i.columns;
  shape.extent_y = std::int64_t{i.kernel_h - 1} * i.dilation_y + 1;
  shape.extent_x = std::int64_t{i.kernel_w - 1} * i.dilation_x + 1;
  shape.stride_y = i.stride_y;
  shape.stride_x = i.stride_x;
  shape.pad_top = i.pad_top;
  shape.pad_left = i.pad_left;
  shape.pixels = spec.array.feeder.pixels_per_cycle;
  shape.fetch_cycles = feeding.fetch_cycles;
  shape.hold_cycles = feeding.hold_cycles;
  shape.drain_cycles = spec.array.feeder.drain_cycles;
  return shape;
}

void LineBuffer::write() {
  if (fetching_ > 0) --fetching_;
  if (!can_write_ || fetching_ > 0) return;
  fetching_ = shape_.fetch_cycles;
  const std::int64_t width = shape_.in_columns, over = write_column_ + shape_.pixels - width;
  if (over < 0) {
    pixels_ += shape_.pixels;
    write_column_ += shape_.pixels;
    return;
  }
  // The rest of the pixels may go on in the next line, where that does not overwrite what the window needs.
  const bool goes_on = over > 0 && width >= shape_.pixels && write_line_ + 1 < shape_.in_lines &&
                       (lines_ahead(write_line_) < 0 || first_column() >= over);
  pixels_ += width - write_column_ + (goes_on ? over : 0);
  ++write_line_;
  write_column_ = goes_on ? over : 0;
}

void LineBuffer::read() {
  if (holding_ > 0) --holding_;
  if (!can_read_ || holding_ > 0) return;
  holding_ = shape_.hold_cycles;
  ++windows_;
  if (++read_column_ < shape_.columns) return;
  read_column_ = 0;
  ++read_line_;
}

void LineBuffer::decide_read(std::int64_t write_line, std::int64_t write_column, bool ready) {
  can_read_ = false;
  if (drained_ > 0) {
    ++drained_;
  } else if (!ready) {
    return;
  } else if (read_line_ >= shape_.lines) {
    drained_ = holding_ > 1 ? 0 : 1;
  } else {
    const std::int64_t ahead = lines_ahead(write_line);
    const bool enough = ahead > 0 || (ahead == 0 && write_column > first_column() + shape_.extent_x - 1);
    can_read_ = write_line >= shape_.in_lines || enough;
  }
}

void LineBuffer::decide_write(std::int64_t write_line, std::int64_t write_column) {
  const std::int64_t ahead = lines_ahead(write_line);
  if (write_line_ >= shape_.in_lines) {
    can_write_ = false;
  } else if (ahead < 0) {
    can_write_ = true;
  } else if (ahead == 0) {
    can_write_ = write_line_ == write_line;
  } else {
    can_write_ = first_column() - write_column >= 2 * shape_.pixels;  // this write and the one under way
  }
}

void LineBuffer::step(bool ready) {
  const std::int64_t write_line = write_line_, write_column = write_column_;
  write();
  read();
  decide_read(write_line, write_column, ready);
  decide_write(write_line, write_column);
}

Cycles FeederRuns::cycles_to_rest(const FeedShape& shape, Cycles ready) {
  const auto [at, is_new] = known_.try_emplace({shape, ready}, 0);
  if (is_new) {
    LineBuffer buffer(shape);
    Cycles cycles = 1;
    for (; !buffer.at_rest(); ++cycles) buffer.step(cycles >= ready);
    at->second = cycles;
  }
  return at->second;
}

}  // namespace tricycle
