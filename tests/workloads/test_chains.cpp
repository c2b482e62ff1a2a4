// SPDX-License-Identifier: Apache-2.0
// Which layers of a recurrent network share passes of the vector unit (rule V8), and in which order.
#include <fmt/format.h>

#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/recurrent_models.hpp"
#include "workloads/lower/chains.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::test;

QuantizedNetwork network_of(Cell cell, bool linear_before_reset = true, std::int64_t hidden = 17,
                            std::int64_t batch = 2) {
  Random random(63);
  const ModelShape shape = shape_of(cell, hidden, batch, linear_before_reset);
  return quantize_recurrent(make_model(random, shape),
                            make_spec("weights: ttq, activations: btq, projection: in_loop"), {{1, 64}, 3});
}
MachineSpec machine_with(std::int64_t chain) {
  MachineSpec machine = recurrent_machine({64, 64, 8});
  machine.vector.chain = chain;
  return machine;
}

/// The layers of the loop behind each other; what shares a pass stands in brackets, with ' behind what does
/// not leave its lanes.
std::string passes_of(const QuantizedNetwork& network, const MachineSpec& machine) {
  Plan plan = choose_formats(network, machine, {});
  place_tensors(network, machine, plan);
  const Loop& loop = network.loops.at(0);
  const std::size_t prefix = loop.name.size() + 1;
  std::string text;
  bool is_open = false;
  for (std::size_t i = loop.first; i <= loop.last; ++i) {
    const ChainLink& link = plan.layers[i].link;
    text += text.empty() ? "" : " ";
    if (link.is_shared() && !is_open) text += "[";
    is_open = link.chain != Chaining::ends;
    text += network.layers[i].name.substr(prefix) + (link.chain == Chaining::forwards ? "'" : "");
    if (link.is_shared() && !is_open) text += "]";
  }
  return text;
}
/// In the order of its passes where the machine has them and holds what they need; else as it is.
QuantizedNetwork ordered_for(const QuantizedNetwork& network, const MachineSpec& machine) {
  const std::optional<Schedule> ordered = ordered_schedule(network, machine, {});
  return ordered ? ordered->network : network;
}
std::string ordered_passes_of(const QuantizedNetwork& network, std::int64_t chain) {
  const MachineSpec machine = machine_with(chain);
  return passes_of(ordered_for(network, machine), machine);
}

}  // namespace

TEST_CASE("all gates of an LSTM share a pass of 10, behind the products that they need") {
  const QuantizedNetwork lstm = network_of(Cell::lstm);
  CHECK(passes_of(lstm, machine_with(1)) ==
        "i.x i.h i g.x g.h g i*g f.x f.h f c tanh_c o.x o.h o o*tanh_c h sequence");
  CHECK(ordered_passes_of(lstm, 10) ==
        "i.x i.h g.x g.h f.x f.h o.x o.h [i' g' i*g' f' c tanh_c' o' o*tanh_c' h sequence]");
  CHECK(ordered_passes_of(lstm, 4) ==
        "i.x i.h g.x g.h f.x f.h o.x o.h [i' g' i*g f] [c tanh_c' o' o*tanh_c] [h sequence]");
  CHECK(ordered_passes_of(lstm, 1) == passes_of(lstm, machine_with(1)));
}

TEST_CASE("a GRU has one pass where its reset gate comes behind the product, and two where it comes before") {
  CHECK(ordered_passes_of(network_of(Cell::gru), 10) ==
        "r.x r.h z.x z.h n.h n.x [r' z' n.sum' n' 1-z' (1-z)*n' carried h sequence]");
  CHECK(ordered_passes_of(network_of(Cell::gru, false), 10) ==
        "r.x r.h z.x z.h n.x [r' z r*h' r*h.sampled 1-z] n.h [n' (1-z)*n' carried h sequence]");
}

TEST_CASE("a pass saves what its values would have moved, and gives the same values") {
  const QuantizedNetwork lstm = network_of(Cell::lstm);
  Random random(64);
  const std::vector<std::vector<std::int32_t>> items = {random_item(random, lstm), random_item(random, lstm)};
  const MachineSpec machine = machine_with(10);
  const Trace trace = lower_and_run_items(ordered_for(lstm, machine), machine, items);
  std::size_t forwarded = 0;
  for (const TraceTensor& tensor : trace.tensors) {
    if (tensor.memory != Memory::lanes) continue;
    ++forwarded;
    CHECK(tensor.dram_bytes == 0);
    CHECK(tensor.reason.starts_with("goes from lane to lane in the pass up to "));
  }
  CHECK(forwarded == 7);
}

TEST_CASE("where gates do not fit in memory side by side, the layers keep their order") {
  const QuantizedNetwork lstm = network_of(Cell::lstm, true, 60, 8);
  const auto fits = [&](const QuantizedNetwork& network, const MachineSpec& machine) {
    Plan plan = choose_formats(network, machine, {});
    return message_of([&] { place_tensors(network, machine, plan); }).empty();
  };
  int alone = 0, both = 0;
  for (std::int64_t size = 1; size <= 24; ++size) {
    MachineSpec machine = machine_with(10);
    machine.activation_memory.size_KiB = size;
    const bool fits_ordered = fits(in_chain_order(lstm), machine);
    CHECK((dump(ordered_for(lstm, machine)) == dump(lstm)) == !fits_ordered);
    both += fits_ordered ? 1 : 0;
    alone += fits(lstm, machine) && !fits_ordered ? 1 : 0;
  }
  CHECK(alone > 0);
  CHECK(both > 0);
}

TEST_CASE("an order is passed over where it does not fit, and refused where a layer's datapath is missing") {
  const QuantizedNetwork lstm = network_of(Cell::lstm);
  LowerOptions options;
  options.datapath = Datapath::shift;
  const std::string refusal = message_of([&] { static_cast<void>(lower(lstm, machine_with(10), options)); });
  CHECK_FALSE(refusal.empty());
  CHECK(message_of([&] { static_cast<void>(ordered_schedule(lstm, machine_with(10), options)); }) == refusal);
  CHECK(message_of([&] { static_cast<void>(schedule_for(lstm, machine_with(10), options)); }) == refusal);
  CHECK_FALSE(ordered_schedule(lstm, machine_with(1), {}).has_value());
  CHECK(ordered_schedule(lstm, machine_with(2), {}).has_value());
}
