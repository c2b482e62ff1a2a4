// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "workloads/graph/window.hpp"
#include "workloads/graph/wiring.hpp"
#include "workloads/quantize/chain.hpp"
#include "workloads/quantize/passes.hpp"

namespace tricycle {

/// The state of `build_layers`: the layers that are finished and, for every value of the graph, its source
/// and operators. The functions below are its parts. A comment above each group names its file.
struct Assembly {
  explicit Assembly(Draft draft);
  Assembly(const Assembly&) = delete;  // steps point into its graph
  Assembly& operator=(const Assembly&) = delete;

  Graph graph;
  Wiring wiring;
  InputScale input_scale;
  QuantizeOptions options;
  std::map<std::string, Tensor> weight_steps;
  std::vector<Node> restored;  ///< for each output
  std::map<std::string, Shape> shapes;
  QuantizedNetwork network;
  std::map<std::string, Value> values;
  std::deque<Source> sources;
  std::deque<Node> made;                ///< operators that are no nodes of the graph: a bias, a factor
  std::map<std::string, int> finished;  ///< values that are tensors
  std::set<std::string> shared;         ///< starts of several layers: finished as soon as they are there
  std::size_t order = 0;                ///< of the node at hand
};

/// The purpose for which a value is wanted.
enum class Purpose : std::uint8_t { codes, stream, output };

// assembly.cpp: values, sources and tensors.
void define_value(Assembly& a, const std::string& name, int source, Layout layout, const Shape& shape);
void note_verdict(Assembly& a, const Node& node, const char* what, const std::string& reason);
/// The value that a node reads. Errors: it is a constant.
[[nodiscard]] const Value& value_of(const Assembly& a, const Node& node, const std::string& name);
[[nodiscard]] Chain chain_of(const Assembly& a, const Value& value);
Chain chain_of(const Assembly& a, Value&& value) = delete;  // the chain would outlive it
[[nodiscard]] Source source_of(const Assembly& a, int tensor);
/// A source that goes on from a tensor, under the name that the operators after it read.
[[nodiscard]] int source_on(Assembly& a, int tensor, const std::string& name);
[[nodiscard]] int add_tensor(Assembly& a, QuantizedTensor tensor, const Grid2d& grid);
/// Adds a layer whose output exists already. Returns the output.
int add_layer(Assembly& a, QuantizedLayer layer);
/// A layer that computes position by position.
[[nodiscard]] QuantizedLayer layer_over(const QuantizedTensor& image, std::string name, std::string op,
                                        LayerKind kind);

// input.cpp, output.cpp: the network's first tensor and its outputs.
void open_input(Assembly& a);
void close_outputs(Assembly& a);

// views.cpp, pads.cpp, pointwise.cpp: nodes that move no data, zeros, pointwise operators.
void take_view(Assembly& a, const Node& node);
void take_slice(Assembly& a, const Node& node);
void take_pad(Assembly& a, const Node& node);
void take_pointwise(Assembly& a, const Node& node);
/// If the values of a layer under construction take different paths that do not meet again, the layer is
/// finished at the last value that all paths share.
void start_layer(Assembly& a, const std::string& name);

// products.cpp, joins.cpp, pools.cpp: nodes that begin a layer.
void take_matmul(Assembly& a, const Node& node);
void take_conv(Assembly& a, const Node& node);
void take_add(Assembly& a, const Node& node);
void take_concat(Assembly& a, const Node& node);
void take_max_pool(Assembly& a, const Node& node);
void take_mean(Assembly& a, const Node& node);
/// The window of slides over an image of in_lines x in_columns. `pads` are more zeros around the image; top
/// and left are added.
[[nodiscard]] Window window_from(const Slides& slides, std::int64_t in_lines, std::int64_t in_columns,
                                 const std::array<std::int64_t, 4>& pads);
/// The window of a pool over `image`, [N, C, H, W]. `padded` has the padding of a Pad before the pool; null
/// without one.
[[nodiscard]] Window window_of_pool(const Assembly& a, const Node& node, const Shape& image,
                                    const Value* padded);

// finish.cpp: ends a layer.
/// The tensor of a value. A value that is not finished yet is finished first: its layer gets its stage.
int finished_tensor(Assembly& a, const Node& user, const std::string& name, Purpose purpose);

// close.cpp: adds a finished layer.
/// Ends the layer under construction (or a pointwise layer of its own) with its stage and its output. A max
/// pool among the operators goes behind the stage. Returns the output.
int close_layer(Assembly& a, const Value& value, Stage stage, QuantizedTensor output);
int add_pool_layer(Assembly& a, const Node& node, int tensor);

}  // namespace tricycle
