// SPDX-License-Identifier: Apache-2.0
// Random recurrent networks, schedules and machines: golden values, the meaning of the instructions and the
// machine's memories agree.
#include <fmt/format.h>

#include "sim/experiment/simulate.hpp"
#include "sim/report/residency.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/random_formats.hpp"
#include "tests/workloads/recurrent_models.hpp"
#include "workloads/lower/chains.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::test;

const char* one_of(Random& random, const std::vector<const char*>& words) {
  return words[random.below(words.size())];
}

std::string random_spec(Random& random, bool floating) {
  std::string text = fmt::format("activations: {}", floating ? "float32" : one_of(random, {"btq", "int8"}));
  const auto set = [&](const char* key, const std::vector<const char*>& words) {
    text += fmt::format(", {}: {}", key, one_of(random, words));
  };
  if (floating) {
    set("weights", {"float32", "float32", "ttq", "int8"});
  } else {
    set("weights", {"ttq", "ttq", "int8"});
    set("input", {"int8", "one_hot", "btq"});
    set("cell_format", {"Q6.10", "Q6.10", "Q1.1", "Q2.6", "Q3.13", "Q8.8", "Q4.20", "Q8.24", "Q2.30"});
    set("lut_segments", {"16", "64", "256", "1024"});
    set("lut_interpolation", {"linear", "nearest"});
  }
  set("decoder", {"as_weights", "ttq", "int8"});
  set("sloping_factor", {"0.2", "0.4", "0.6", "1", "2.5"});
  set("projection", {"auto", "ahead", "in_loop"});
  set("decode", {"once", "each_step"});
  set("carry_state", {"true", "false"});
  return text;
}

struct Case {
  QuantizedNetwork network;
  MachineSpec machine;
  std::vector<Values> items;
  std::string text;  ///< what to look for when it fails
};

/// Choices that have no meaning for a model are refused: none of them here.
RecurrentSpec fitting(RecurrentSpec spec, const RecurrentModel& model) {
  const RecurrentLayer& last = model.layers.back();
  if (last.directions.size() > 1 || model.last_only || !model.decoder) spec.decode = tricycle::Decode::once;
  for (const RecurrentLayer& layer : model.layers) {
    for (const auto& direction : layer.directions) spec.carry_state = spec.carry_state && !direction.reverse;
  }
  if (model.vocabulary > 0 && spec.input == tricycle::RecurrentInput::one_hot)
    spec.input = tricycle::RecurrentInput::int8;
  return spec;
}

Case random_case(std::uint64_t seed) {
  Random random(seed);
  const bool floating = random.chance(0.25);
  Case result;
  const std::string spec = random_spec(random, floating);
  const RecurrentModel model = random_model(random);
  result.network = quantize_recurrent(model, fitting(make_spec(spec), model), {{1, 64}, random.below(100)});
  result.machine = random_recurrent_machine(random, floating);
  result.machine.vector.chain = std::vector<std::int64_t>{1, 2, 4, 12}[seed % 4];
  if (auto ordered = ordered_schedule(result.network, result.machine, {}))
    result.network = std::move(ordered->network);
  for (std::int64_t i = random.between(1, 3); i > 0; --i)
    result.items.push_back(random_item(random, result.network));
  result.text =
      fmt::format("seed {}\n{}\n{}\n{}", seed, spec, write_fields(result.machine), dump(result.network));
  return result;
}

/// What is too small is named; a state has one format, which a datapath with other weights may not take.
bool is_refusal(const std::string& message) {
  const auto says = [&](const char* what) { return message.find(what) != std::string::npos; };
  return says_why(message) || says("none of the datapaths") || says("lut_segments would have to be");
}

/// What a run on the SystemC machine gives: its cycles and events, and that all values are right.
std::string machine_text(const Case& c, const Trace& trace, bool lockstep) {
  SimulateOptions options;
  options.machine.lockstep = lockstep;
  options.progress = Show::never;
  const Simulation simulation = simulate(trace, c.machine, &c.network, options);
  std::string text =
      fmt::format("{} of {} wrong, {} cycles in {} to {}, outputs {:08x}", simulation.mismatches,
                  simulation.checked > 0 ? "some" : "no", simulation.cycles_total, simulation.cycles_min,
                  simulation.cycles_max, simulation.outputs_crc);
  const CounterSet counted = simulation.first.events();
  CounterSet moved;
  moved[Counter::dram_read_bytes] = counted[Counter::fetch_bytes];  // the program
  for (const TensorTraffic& tensor : tensor_traffic(trace)) {
    moved[Counter::dram_read_bytes] += tensor.read_bytes;
    moved[Counter::dram_write_bytes] += tensor.write_bytes;
  }
  for (const Counter bytes : {Counter::dram_read_bytes, Counter::dram_write_bytes})
    if (moved[bytes] != counted[bytes])
      text += fmt::format(", {} bytes moved and {} of tensors", counted[bytes], moved[bytes]);
  if (simulation.mismatches > 0) text += ": " + simulation.first_mismatch;
  for (const UnitTimes& unit : simulation.first.units)
    text += fmt::format(" {} {} {} {}", unit.name, unit.busy, unit.stall, unit.idle);
  for (const std::uint64_t count : simulation.events_total.counts) text += fmt::format(" {}", count);
  return text;
}

}  // namespace

TEST_CASE(
    "150 random recurrent networks give the golden values at every checkpoint and move what was planned") {
  int ran = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    Case c;
    try {
      c = random_case(seed);
    } catch (const InputError& error) {
      ++refused;
      if (!is_refusal(error.what())) FAIL(error.what());
      continue;
    }
    INFO(c.text);
    try {
      const Trace trace = lower_and_run_items(c.network, c.machine, c.items);
      ++ran;
      REQUIRE(dram_traffic(trace.code) == planned_traffic(c.network, c.machine));
      REQUIRE(dram_traffic(trace.code) >= trace.compulsory_bytes);
    } catch (const InputError& error) {
      ++refused;
      if (!is_refusal(error.what())) FAIL(error.what());
    }
  }
  CHECK(ran >= 100);
  CHECK(refused > 5);
}

TEST_CASE("60 random recurrent networks give the golden values in random formats, 6 of them on the machine") {
  int ran = 0, decoded = 0, simulated = 0;
  Random random(98);
  for (std::uint64_t seed = 2001; ran < 60; ++seed) {
    Case c;
    LowerOptions options;
    Trace trace;
    try {
      c = random_case(seed);
      c.machine.decoder.load = c.machine.decoder.array = true;
      std::stable_partition(c.machine.array.datapaths.begin(), c.machine.array.datapaths.end(),
                            [](Datapath datapath) { return is_ternary(datapath); });
      options.allow_untaken = true;  // no layer may be ternary
      options.formats = random_formats(random, c.network, c.machine);
      trace = lower_and_run_items(c.network, c.machine, c.items, options);
    } catch (const InputError& error) {
      if (!is_refusal(error.what())) FAIL(error.what());
      continue;
    }
    ++ran;
    INFO(c.text);
    REQUIRE(dram_traffic(trace.code) == planned_traffic(c.network, c.machine, options));
    REQUIRE(dram_traffic(trace.code) >= trace.compulsory_bytes);
    check_packing(trace);
    if (!decodes(trace)) continue;
    ++decoded;
    if (simulated == 6) continue;
    ++simulated;
    const std::string skipping = machine_text(c, trace, false);
    REQUIRE(skipping.starts_with("0 of some wrong"));
    REQUIRE(machine_text(c, trace, true) == skipping);
  }
  CHECK(decoded > 10);
  CHECK(simulated == 6);
}

TEST_CASE(
    "20 random recurrent networks run on the machine, skipping as in lockstep, with the golden values") {
  int ran = 0;
  for (std::uint64_t seed = 1001; ran < 20; ++seed) {
    Case c;
    Trace trace;
    try {
      c = random_case(seed);
      trace = lower_and_run_items(c.network, c.machine, c.items);
    } catch (const InputError&) {
      continue;
    }
    ++ran;
    INFO(c.text);
    const std::string skipping = machine_text(c, trace, false);
    REQUIRE(skipping.starts_with("0 of some wrong"));
    REQUIRE(skipping.find("of tensors") == std::string::npos);
    REQUIRE(machine_text(c, trace, true) == skipping);
  }
}
