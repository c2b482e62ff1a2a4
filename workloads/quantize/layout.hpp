// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace tricycle {

/// The layout of a value in the model. In the network its tensor is NHWC.
enum class Layout : std::uint8_t {
  rows,            ///< channels are the last dimension
  channels_first,  ///< [N, C, H, W]
  channels_last,   ///< [N, H, W, C]
  flat_chw,        ///< [N, C * H * W]
  flat_hwc,        ///< [N, H * W * C]
};
[[nodiscard]] const std::vector<std::string>& names_of(Layout);

/// The positions of a tensor.
struct Grid2d {
  std::int64_t images = 1, height = 1, width = 1, channels = 1;
};

/// The layout after a Reshape to `shape` that moves no data. `grid` has the positions, which have `channels`
/// channels. Nothing if data would move, or if channels would become something else.
[[nodiscard]] std::optional<Layout> reshaped(Layout from, const Grid2d& grid, std::int64_t channels,
                                             const Shape& shape);

/// The layout after a Transpose that only renames dimensions: from one of the two layouts of images to the
/// other. Nothing for any other Transpose. If only dimensions of 1 move (moves_only_ones), it is a Reshape.
[[nodiscard]] std::optional<Layout> transposed(Layout from, const std::vector<std::size_t>& permutation);
[[nodiscard]] bool moves_only_ones(const Shape& from, const std::vector<std::size_t>& permutation);

/// The layout of a graph's input. Images come with their channels in front, unless all readers move the
/// channels there.
[[nodiscard]] Layout input_layout(const Graph& graph);

/// Whether a graph's images come with their channels behind lines and columns. Then all readers, after
/// operators on single elements, move the channels in front.
[[nodiscard]] bool channels_come_last(const Graph& graph);

}  // namespace tricycle
