// SPDX-License-Identifier: Apache-2.0
// The feeder alone behind a fake array, which asks it for whole runs: what of the rules F1 to F6 is its own.
// Cycles count from a matmul's start, the line buffer's first write being in cycle 1. The rest, which the
// array does when it asks (F4 to F6), is in test_array_before_feeder.cpp.
#include "arch/units/array/feeder_module.hpp"
#include "tests/arch/machine/fakes.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

struct FakeArray : sc_core::sc_module {
  explicit FakeArray(const sc_core::sc_module_name& name) : sc_module(name) {}
  sc_core::sc_port<WindowFeed> feeder{"feeder"};
};

/// The cycles to the feeder's rest; it remembers runs, but not the wrong ones.
Cycles rest(const FeedShape& shape, Cycles ready = 0) {
  return in_context([&] {
    const FeederSpec spec;
    RunControl run(false, 10);
    Feeder unit("unit", spec);
    FakeArray array("array");
    array.feeder.bind(unit.windows);
    Log log;
    Cycles cycles = 0;
    Fake around("around", run, [&](Cycles now) {
      if (now == 3) cycles = array.feeder->cycles_to_rest(shape, ready);
      if (now == 4) CHECK(array.feeder->cycles_to_rest(shape, cycles + ready) > cycles);
      if (now == 5) CHECK(array.feeder->cycles_to_rest(shape, ready) == cycles);
    });
    run_from_reset(run, {&unit, &around});
    return cycles;
  });
}

/// Lines of `columns` pixels, each of them a window, written one at a time.
FeedShape image(std::int64_t lines, std::int64_t columns) {
  FeedShape shape;
  shape.in_lines = shape.lines = lines;
  shape.in_columns = shape.columns = columns;
  return shape;
}
FeedShape image(std::int64_t lines, std::int64_t columns, std::int64_t pixels, std::int64_t fetch_cycles) {
  FeedShape shape = image(lines, columns);
  shape.pixels = pixels;
  shape.fetch_cycles = fetch_cycles;
  return shape;
}
/// One window of `extent` pixels at the begin of a line.
FeedShape one_window(std::int64_t columns, std::int64_t extent, std::int64_t drain_cycles = 1) {
  FeedShape shape = image(1, columns);
  shape.columns = 1;
  shape.extent_x = extent;
  shape.drain_cycles = drain_cycles;
  return shape;
}

}  // namespace

TEST_CASE("F1: the feeder alone writes from cycle 1 on, so that 6 windows of a pixel are read from 3 to 8") {
  // A pixel of cycle 1 decides in 2 that 3 reads its window; the rest is a cycle after the last.
  CHECK(rest(image(1, 1)) == 4);
  CHECK(rest(image(1, 6)) == 9);
  CHECK(rest(image(1, 7)) == 10);
}

TEST_CASE("F1: the feeder alone writes 3 pixels in 3 cycles without holding windows up, and in 4 with it") {
  CHECK(rest(image(1, 6, 3, 1)) == 9);
  CHECK(rest(image(1, 6, 3, 3)) == 9);
  CHECK(rest(image(1, 6, 3, 4)) == 10);  // the fourth pixel comes in 5, not 4
  CHECK(rest(image(1, 6, 2, 2)) == 9);
  CHECK(rest(image(1, 6, 1, 2)) == 14);  // the sixth pixel comes in 11, its window in 13
}

TEST_CASE("F1: a write of the feeder alone goes on in the next line: 3 lines of 4 pixels are 4 writes of 3") {
  // Windows of 3 lines, of which the last decides: its first pixel comes with the third write.
  const auto tall = [](std::int64_t pixels) {
    FeedShape shape = image(3, 4, pixels, 1);
    shape.lines = 1;
    shape.extent_y = 3;
    return rest(shape);
  };
  CHECK(tall(4) == 9);   // read from 5 to 8
  CHECK(tall(3) == 9);   // if a write ended with its line, the fifth would bring it
  CHECK(tall(2) == 11);  // the fifth
}

TEST_CASE(
    "F1: a write of the feeder alone goes on in the next line once the window there is read, in 4, not 3") {
  // Of lines of 5 pixels the second write has one left over, whose place the first window has until it is
  // read, in 3. A second write in 4 puts it there; one in 3 does not, and its line's windows wait.
  CHECK(rest(image(2, 5, 3, 3)) == 14);
  CHECK(rest(image(2, 5, 3, 2)) == 15);
}

TEST_CASE("F2: 3 windows of the feeder alone take 3, 6 or 9 cycles") {
  const auto held = [](std::int64_t cycles) {
    FeedShape shape = image(1, 3);
    shape.hold_cycles = cycles;
    return rest(shape);
  };
  CHECK(held(1) == 2 + 3 + 1);
  CHECK(held(2) == 2 + 6 + 1);
  CHECK(held(3) == 2 + 9 + 1);
}

TEST_CASE(
    "F3: the feeder alone reads a window two cycles after the write of its last pixel, the 6th or 7th") {
  CHECK(rest(one_window(8, 6)) == 8 + 1);
  CHECK(rest(one_window(8, 7)) == 9 + 1);
  CHECK(rest(one_window(8, 8)) == 10 + 1);
  FeedShape padded = one_window(8, 8);
  padded.pad_left = 1;
  CHECK(rest(padded) == 9 + 1);
}

TEST_CASE(
    "F3: the feeder alone reads windows that reach below the image when all 3 or 4 pixels are written") {
  const auto below = [](std::int64_t columns) {
    FeedShape shape = image(1, columns);
    shape.extent_y = 2;
    return rest(shape);
  };
  CHECK(below(3) == 5 + 3);  // from 5 on
  CHECK(below(4) == 6 + 4);
}

TEST_CASE(
    "F3: a line ahead, the feeder alone writes when the next window is 2 pixels beyond the writer, not 1") {
  // Lines of 3: their windows are read from 3 to 5. After that in 4 the next is two beyond the writer, which
  // writes in 5; windows of the second line are read from 7 to 9.
  CHECK(rest(image(2, 3)) == 10);
  // Lines of 2: read in 3 and 4; not before that in 4, the line's last, does the writer go on, in 5: 7 and 8.
  CHECK(rest(image(2, 2)) == 9);
  CHECK(rest(image(2, 4)) == 12);  // 3 to 6, the writer in 6: 8 to 11
}

TEST_CASE("F4: the feeder alone reads no window in the cycle in which weights are ready, but in the next") {
  CHECK(rest(image(1, 3), 2) == 2 + 1 + 3);  // pixels decide: 3 to 5
  CHECK(rest(image(1, 3), 3) == 3 + 1 + 3);
  CHECK(rest(image(1, 3), 10) == 10 + 1 + 3);
}

TEST_CASE("F6: the feeder alone rests `drain_cycles` after the last window, in 5") {
  FeedShape shape = image(1, 3);
  CHECK(rest(shape) == 5 + 1);
  shape.drain_cycles = 2;
  CHECK(rest(shape) == 5 + 2);
  shape.drain_cycles = 7;
  CHECK(rest(shape) == 5 + 7);
}

TEST_CASE(
    "F6: the feeder alone rests when nothing more is written, if that is later: 10 pixels, one window") {
  // The window is read in 3, and what drains is gone in 3 + drain; the last pixel is written in 10.
  CHECK(rest(one_window(10, 1, 7)) == 11);
  CHECK(rest(one_window(10, 1, 8)) == 11);
  CHECK(rest(one_window(10, 1, 9)) == 12);
  CHECK(rest(one_window(11, 1, 8)) == 12);
}

TEST_CASE("the feeder alone says what it is built as") {
  const std::string text = in_context([] {
    const FeederSpec spec = {.kind = FeederKind::line_buffer,
                             .pixels_per_cycle = 3,
                             .weight_latency_cycles = 4,
                             .drain_cycles = 5,
                             .restart_cycles = 6};
    std::string all;
    for (const auto& [name, value] : Feeder("unit", spec).properties()) all += name + ' ' + value + ' ';
    return all;
  });
  CHECK(text ==
        "kind line_buffer pixels_per_cycle 3 weight_latency_cycles 4 drain_cycles 5 restart_cycles 6 ");
}
