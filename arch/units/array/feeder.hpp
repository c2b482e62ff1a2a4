// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <utility>

#include "arch/isa/footprint.hpp"
#include "arch/units/control/countdown.hpp"

namespace tricycle {

/// What the time of a line buffer's run over an image depends on.
struct FeedShape {
  std::int64_t in_lines = 1, in_columns = 1;  ///< of the image
  std::int64_t lines = 1, columns = 1;        ///< of windows
  std::int64_t extent_y = 1, extent_x = 1;    ///< of a window, in pixels
  std::int64_t stride_y = 1, stride_x = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t pixels = 1;        ///< written at once
  std::int64_t fetch_cycles = 1;  ///< for which a write takes its place
  std::int64_t hold_cycles = 1;   ///< for which a window takes the array
  std::int64_t drain_cycles = 1;
  auto operator<=>(const FeedShape&) const = default;
};

/// The line buffer's run for a matmul on a machine.
[[nodiscard]] FeedShape feed_shape_of(const isa::Matmul& i, const MachineSpec& spec);

/// LINE BUFFER: as many image lines as a window is high; pixels are written to it in the order of the image
/// while windows are read from it. Whether the next cycle may write and may read is decided in the cycle
/// before, from where the writer was at its beginning (data land one cycle after they are asked for) and
/// where the reader is at its end (rules F1 to F3 of docs/timing.md). Plain logic.
class LineBuffer {
 public:
  explicit LineBuffer(const FeedShape& shape)
      : shape_(shape), can_write_(shape.in_lines > 0 && shape.in_columns > 0) {}

  /// One cycle; `ready`: the weights that the next cycle's window needs are there.
  void step(bool ready);
  /// All windows are read, and nothing more is written.
  [[nodiscard]] bool at_rest() const { return drained_ >= shape_.drain_cycles && !can_read_ && !can_write_; }
  [[nodiscard]] std::int64_t windows() const { return windows_; }  ///< read so far
  [[nodiscard]] std::int64_t pixels() const { return pixels_; }    ///< written so far

 private:
  [[nodiscard]] std::int64_t first_column() const { return read_column_ * shape_.stride_x - shape_.pad_left; }
  /// Whole lines written beyond the last that the next window needs.
  [[nodiscard]] std::int64_t lines_ahead(std::int64_t write_line) const {
    return write_line - (read_line_ * shape_.stride_y - shape_.pad_top + shape_.extent_y - 1);
  }
  void write();
  void read();
  void decide_read(std::int64_t write_line, std::int64_t write_column, bool ready);
  void decide_write(std::int64_t write_line, std::int64_t write_column);

  FeedShape shape_;
  std::int64_t write_line_ = 0, write_column_ = 0;  ///< the next pixel
  std::int64_t read_line_ = 0, read_column_ = 0;    ///< the next window
  bool can_write_, can_read_ = false;
  std::int64_t fetching_ = 0, holding_ = 0;  ///< cycles that a write or a window still takes
  std::int64_t drained_ = 0;                 ///< cycles since the last window; 0: not yet
  std::int64_t windows_ = 0, pixels_ = 0;
};

/// Cycles from a matmul's start, the line buffer's first step coming in the cycle after, to the feeder's
/// rest, where windows may be read from `ready` cycles after the start on. Runs are remembered.
class FeederRuns {
 public:
  [[nodiscard]] Cycles cycles_to_rest(const FeedShape& shape, Cycles ready);

 private:
  std::map<std::pair<FeedShape, Cycles>, Cycles> known_;
};

}  // namespace tricycle
