// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/infer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sim/experiment/inputs.hpp"
#include "support/diagnostics.hpp"
#include "support/progress.hpp"
#include "workloads/integer/layer_comparison.hpp"
#include "workloads/quantize/layout.hpp"

namespace tricycle {
namespace {

/// The names of all values that a graph computes.
std::vector<std::string> values_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    std::copy_if(node.outputs.begin(), node.outputs.end(), std::back_inserter(names),
                 [](const std::string& name) { return !name.empty(); });
  }
  return names;
}

/// Appends the elements of one more item.
void append(Tensor& all, const Tensor& one) {
  std::visit(
      [&](auto& to) {
        const auto& from = std::get<std::decay_t<decltype(to)>>(one.data);
        to.insert(to.end(), from.begin(), from.end());
      },
      all.data);
}

}  // namespace

Inferred infer(const RunRequest& request, const std::vector<std::string>& inputs, const std::string& value) {
  const Graph graph = load_model(request).graph;
  const std::vector<GraphInput> wanted = inputs_of(graph);
  if (inputs.size() != wanted.size()) {
    fail("--input", fmt::format("is given {} time{}; the model has {} input{}, one file each", inputs.size(),
                                inputs.size() == 1 ? "" : "s", wanted.size(), wanted.size() == 1 ? "" : "s"));
  }
  const ByteMeaning byte = byte_meaning(request);
  Inferred inferred;
  inferred.value = value.empty() ? graph.output : value;
  const std::vector<std::string> names = values_of(graph);
  if (std::find(names.begin(), names.end(), inferred.value) == names.end())
    fail("--value",
         fmt::format("the model computes no '{}'{}", inferred.value, did_you_mean(inferred.value, names)));
  constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
  std::map<std::string, Tensor> known;
  for (std::size_t i = 1; i < inputs.size(); ++i)
    known[wanted[i].name] = real_items(read_data(inputs[i]), inputs[i], wanted[i], {}, false, 1).at(0);
  const Tensor data = read_data(inputs[0]);
  if (data.is_float() || !is_floating_type(graph.input_type)) refuse_lone_bytes(request);
  const std::vector<Tensor> items =
      real_items(data, inputs[0], wanted[0], byte, channels_come_last(graph), request.limit.value_or(all));
  if (request.before_simulation) request.before_simulation();
  Progress progress("float interpreter", items.size() * graph.nodes.size(), request.progress);
  std::uint64_t done = 0;
  for (const Tensor& item : items) {
    known[graph.input] = item;
    Tensor result =
        std::move(evaluate_values(graph, known, {inferred.value}, [&] { progress.update(++done); })[0]);
    if (inferred.items++ == 0) {
      inferred.result = std::move(result);
    } else {
      append(inferred.result, result);
    }
  }
  progress.finish();
  if (inferred.items > 1) {
    // A leading dimension of 1 becomes the dimension of the items.
    Shape& shape = inferred.result.shape;
    const auto count = static_cast<std::int64_t>(inferred.items);
    if (!shape.empty() && shape[0] == 1) {
      shape[0] = count;
    } else {
      shape.insert(shape.begin(), count);
    }
  }
  return inferred;
}

}  // namespace tricycle
