// SPDX-License-Identifier: Apache-2.0
// Where the elements of a value lie, without data that moves.
#include "tests/catch.hpp"
#include "tests/workloads/graph_text.hpp"
#include "workloads/quantize/layout.hpp"

namespace tricycle::test {
namespace {

constexpr Grid2d image = {1, 4, 5, 3}, point = {2, 1, 1, 3};

std::string behind_reshape(Layout from, const Grid2d& grid, const Shape& shape) {
  const std::optional<Layout> layout = reshaped(from, grid, grid.channels, shape);
  return layout ? name_of(*layout) : "moves data";
}

}  // namespace

TEST_CASE("an image of 3 channels, flattened, keeps the order that it had") {
  CHECK(behind_reshape(Layout::channels_first, image, {1, 60}) == "flat_chw");
  CHECK(behind_reshape(Layout::channels_last, image, {1, 60}) == "flat_hwc");
  CHECK(behind_reshape(Layout::flat_chw, image, {1, 1, 60}) == "flat_chw");
  CHECK(behind_reshape(Layout::channels_first, image, {1, 3, 20}) == "moves data");
  CHECK(behind_reshape(Layout::flat_chw, image, {1, 59}) == "moves data");
}

TEST_CASE("one position of 3 channels is a row or an image") {
  CHECK(behind_reshape(Layout::channels_first, point, {2, 3}) == "rows");
  CHECK(behind_reshape(Layout::rows, point, {2, 3, 1, 1}) == "channels_first");
  CHECK(behind_reshape(Layout::rows, point, {1, 2, 3}) == "rows");
  CHECK(behind_reshape(Layout::rows, point, {3, 2}) == "moves data");
}

TEST_CASE("a transposition between the two layouts of images only renames dimensions") {
  CHECK(transposed(Layout::channels_first, {0, 2, 3, 1}) == Layout::channels_last);
  CHECK(transposed(Layout::channels_last, {0, 3, 1, 2}) == Layout::channels_first);
  CHECK(transposed(Layout::channels_first, {0, 3, 1, 2}) == std::nullopt);
  CHECK(transposed(Layout::rows, {0, 2, 3, 1}) == std::nullopt);
  CHECK(moves_only_ones({1, 3, 1, 1}, {0, 2, 3, 1}));
  CHECK_FALSE(moves_only_ones({1, 3, 2, 1}, {0, 2, 3, 1}));
}

TEST_CASE("an input's channels come last where all that reads it moves them in front") {
  const std::string begin = "graph g\ninput x [1, 2, 2, 3] float32 as uint8\n";
  const std::string moved = begin +
                            "const c [] float32 = 2\n"
                            "scale: s = Mul(x, c)\n"
                            "move: y = Transpose(s) perm=[0 3 1 2]\n";
  CHECK(input_layout(graph_of(moved + "output y\n")) == Layout::channels_last);
  CHECK(input_layout(graph_of(moved + "other: z = Softmax(x)\noutput y\n")) == Layout::channels_first);
  CHECK(input_layout(graph_of(moved + "output s\n")) == Layout::channels_first);
  CHECK(input_layout(graph_of("graph g\ninput x [1, 4] float32 as uint8\n")) == Layout::rows);
}

}  // namespace tricycle::test
