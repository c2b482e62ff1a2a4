// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/recurrent_models.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::test;

const RecurrentOptions options = {{1, 64}, 3};
const std::vector<Cell> cells = {Cell::lstm, Cell::gru, Cell::rnn};

QuantizedNetwork network_of(const ModelShape& shape, const std::string& spec) {
  Random random(61);
  return quantize_recurrent(make_model(random, shape), make_spec(spec), options);
}

/// Bytes that layers chosen by their names load into weight memory.
std::uint64_t weight_bytes(const Trace& trace, const std::function<bool(const std::string&)>& chosen) {
  std::uint64_t bytes = 0;
  for (const Instruction& instruction : unrolled(trace.code)) {
    const auto* load = std::get_if<isa::Load>(&instruction.operation);
    if (load != nullptr && load->memory == Memory::weight && chosen(trace.layers[instruction.layer].name))
      bytes += std::uint64_t{load->rows} * load->row_bytes;
  }
  return bytes;
}
std::uint64_t weight_bytes(const Trace& trace) {
  return weight_bytes(trace, [](const std::string&) { return true; });
}
std::uint64_t weight_bytes_of(const Trace& trace, const std::string& layer) {
  return weight_bytes(trace, [&](const std::string& name) { return name == layer; });
}

/// Lowers and runs; what the plan counted must be what the code moves, and not less than there is.
Trace run(const QuantizedNetwork& network, const MachineSpec& spec, Random& random, int items = 1) {
  std::vector<Values> values;
  for (int i = 0; i < items; ++i) values.push_back(random_item(random, network));
  const Trace trace = lower_and_run_items(network, spec, values);
  REQUIRE(dram_traffic(trace.code) == planned_traffic(network, spec));
  REQUIRE(dram_traffic(trace.code) >= trace.compulsory_bytes);
  return trace;
}

void check_schedules(Cell cell, bool linear_before_reset = true) {
  Random random(62);
  for (const std::int64_t hidden : {5, 17, 33}) {
    for (const std::int64_t batch : {1, 3}) {
      for (const std::string input : {"int8", "one_hot", "btq"}) {
        for (const std::string projection : {"ahead", "in_loop"}) {
          for (const std::string decode : {"once", "each_step"}) {
            const std::string activations = random.chance(0.5) ? "btq" : "int8";
            const std::string spec = "weights: ttq, activations: " + activations + ", input: " + input +
                                     ", projection: " + projection + ", decode: " + decode;
            ModelShape shape = shape_of(cell, hidden, batch, linear_before_reset);
            if (input != "one_hot" && random.chance(0.3)) shape.vocabulary = 11;
            const QuantizedNetwork network = network_of(shape, spec);
            const std::int64_t weight = std::vector<std::int64_t>{2, 6, 64}[random.below(3)];
            CAPTURE(hidden, batch, spec, shape.vocabulary, weight);
            run(network, recurrent_machine({weight, 32, 4}), random);
          }
        }
      }
    }
  }
}

/// Every load, product and vector instruction of a layer of a loop is of each step in turn.
void check_steps(const QuantizedNetwork& network, const Trace& trace) {
  std::map<std::size_t, std::set<std::uint32_t>> steps_of;
  for (const Loop& loop : network.loops) {
    std::uint32_t now = 0;
    for (const Instruction& instruction : unrolled(trace.code)) {
      if (!loop.contains(instruction.layer)) continue;
      REQUIRE(instruction.step >= now);
      now = instruction.step;
      steps_of[instruction.layer].insert(now);
    }
    for (std::size_t layer = loop.first; layer <= loop.last; ++layer) {
      CAPTURE(network.layers[layer].name);
      REQUIRE(steps_of[layer].size() == static_cast<std::size_t>(loop.steps));
      REQUIRE(*steps_of[layer].rbegin() + 1 == static_cast<std::uint32_t>(loop.steps));
    }
  }
  for (const Instruction& instruction : unrolled(trace.code)) {
    if (network.loop_of(instruction.layer) == nullptr) REQUIRE(instruction.step == 0);
  }
}

}  // namespace

TEST_CASE(
    "72 schedules of an LSTM, each on one of 3 memories, give the golden values and move what was planned") {
  check_schedules(Cell::lstm);
}

TEST_CASE(
    "72 schedules of a GRU, each on one of 3 memories, give the golden values and move what was planned") {
  check_schedules(Cell::gru);
}

TEST_CASE("72 schedules of a GRU that resets h itself give the golden values and move what was planned") {
  check_schedules(Cell::gru, false);
}

TEST_CASE(
    "72 schedules of an RNN, each on one of 3 memories, give the golden values and move what was planned") {
  check_schedules(Cell::rnn);
}

TEST_CASE("cells in float32, of 5, 17 and 33 units, give the golden values and move what was planned") {
  Random random(63);
  for (const Cell cell : cells) {
    for (const std::int64_t hidden : {5, 17, 33}) {
      for (const char* projection : {"ahead", "in_loop"}) {
        const std::string spec = std::string("activations: float32, projection: ") + projection;
        const QuantizedNetwork network = network_of(shape_of(cell, hidden, 3), spec);
        for (const std::int64_t weight : {4, 64}) {
          CAPTURE(static_cast<int>(cell), hidden, spec, weight);
          run(network, recurrent_machine({weight, 32, 4}, true), random);
        }
      }
    }
  }
}

TEST_CASE(
    "3 items that carry their states give the golden values of one after another, and so do 3 that do not") {
  Random random(64);
  for (const Cell cell : cells) {
    for (const char* carry : {"true", "false"}) {
      for (const char* activations : {"int8", "btq"}) {
        CAPTURE(static_cast<int>(cell), carry, activations);
        const std::string spec =
            std::string("weights: ttq, activations: ") + activations + ", carry_state: " + carry;
        run(network_of(shape_of(cell, 17, 3), spec), recurrent_machine({8, 32, 4}), random, 3);
      }
    }
  }
}

TEST_CASE("two layers in both directions, of 17 units, run on small and large memories") {
  Random random(65);
  for (const Cell cell : cells) {
    ModelShape shape = shape_of(cell, 17, 2);
    shape.cells = {cell, Cell::gru};
    shape.reverse = true;
    for (const std::int64_t weight : {2, 64}) {
      CAPTURE(static_cast<int>(cell), weight);
      run(network_of(shape, "weights: ttq, activations: btq"), recurrent_machine({weight, 32, 4}), random);
    }
  }
}

TEST_CASE("each instruction of a loop says its step, one step after another, and all others say 0") {
  Random random(66);
  for (const Cell cell : cells) {
    for (const char* projection : {"ahead", "in_loop"}) {
      for (const std::int64_t weight : {2, 64}) {
        const std::string spec = std::string("weights: ttq, activations: btq, projection: ") + projection;
        ModelShape shape = shape_of(cell, 17, 2);
        shape.reverse = true;
        const QuantizedNetwork network = network_of(shape, spec);
        check_steps(network, run(network, recurrent_machine({weight, 32, 4}), random));
      }
    }
  }
}

TEST_CASE("where a loop's weights and tables fit they are loaded once, in 5 steps as in 50") {
  for (const Cell cell : cells) {
    for (const char* projection : {"ahead", "in_loop"}) {
      CAPTURE(static_cast<int>(cell), projection);
      const std::string spec = std::string("weights: ttq, activations: btq, projection: ") + projection;
      const auto trace_of = [&](std::int64_t steps) {
        ModelShape shape = shape_of(cell, 17, 1);
        shape.steps = steps;
        return lower(network_of(shape, spec), recurrent_machine({64, 64, 16}), {});
      };
      const Trace few = trace_of(5), many = trace_of(50);
      CHECK(weight_bytes(few) == weight_bytes(many));
      std::uint64_t parameters = 0;
      for (const TraceLayer& layer : few.layers) {
        if (layer.name != "l0.sequence") parameters += layer.weight_bytes;
      }
      CHECK(weight_bytes(few) == parameters);
    }
  }
}

TEST_CASE("4 matrices of 413 bytes with their tables: all stay in 64 KiB, three in 4 KiB, none in 2 KiB") {
  const auto loaded = [&](std::int64_t steps, std::int64_t weight) {
    ModelShape shape = shape_of(Cell::lstm, 33, 1);
    shape.steps = steps;
    const QuantizedNetwork network = network_of(shape, "weights: ttq, activations: btq");
    const Trace trace = lower(network, recurrent_machine({weight, 64, 16}), {});
    return weight_bytes(trace, [](const std::string& name) { return name.ends_with(".h"); });
  };
  constexpr std::uint64_t each = 33 * 3 * 4 + 17;  // rows of 33 trits in 3 words of 4 bytes
  for (const std::int64_t steps : {5, 50}) {
    CHECK(loaded(steps, 64) == 4 * each);
    CHECK(loaded(steps, 4) == (3 + static_cast<std::uint64_t>(steps)) * each);
    CHECK(loaded(steps, 2) == 4 * static_cast<std::uint64_t>(steps) * each);
  }
}

TEST_CASE(
    "a decoder behind the loop loads its weights once; in the loop once in each step, or once where they "
    "stay") {
  for (const Cell cell : cells) {
    ModelShape shape = shape_of(cell, 17, 1);
    shape.steps = 6;
    shape.outputs = 40;
    const auto loaded = [&](const char* decode, std::int64_t weight) {
      const std::string spec = std::string("weights: ttq, activations: btq, decode: ") + decode;
      return weight_bytes_of(lower(network_of(shape, spec), recurrent_machine({weight, 64, 16}), {}),
                             "decoder");
    };
    constexpr std::uint64_t each = 40 * (2 * 4 + 12);  // rows of 17 trits in 2 words of 4 bytes, and a table
    const std::int64_t small = cell == Cell::rnn ? 1 : 2;
    CHECK(loaded("once", small) == each);
    CHECK(loaded("each_step", small) == 6 * each);
    CHECK(loaded("once", 64) == each);
    CHECK(loaded("each_step", 64) == each);
  }
}

TEST_CASE("a larger weight memory never moves more bytes, of 4 cells from 1 to 128 KiB") {
  for (const auto& [cell, linear] :
       {std::pair(Cell::lstm, true), {Cell::gru, true}, {Cell::gru, false}, {Cell::rnn, true}}) {
    for (const char* projection : {"ahead", "in_loop"}) {
      const std::string spec =
          std::string("weights: ttq, activations: int8, decode: each_step, projection: ") + projection;
      const QuantizedNetwork network = network_of(shape_of(cell, 33, 2, linear), spec);
      std::uint64_t before = ~std::uint64_t{0}, first = 0;
      for (std::int64_t weight = 1; weight <= 128; weight *= 2) {
        const std::uint64_t bytes = dram_traffic(lower(network, recurrent_machine({weight, 32, 8}), {}).code);
        CAPTURE(static_cast<int>(cell), projection, weight);
        REQUIRE(bytes <= before);
        before = bytes;
        if (first == 0) first = bytes;
      }
      CHECK(first > before);
    }
  }
}

TEST_CASE("a larger activation memory never moves more bytes, of 4 cells from 4 to 128 KiB") {
  for (const auto& [cell, linear] :
       {std::pair(Cell::lstm, true), {Cell::gru, true}, {Cell::gru, false}, {Cell::rnn, true}}) {
    for (const char* projection : {"ahead", "in_loop"}) {
      const std::string spec = std::string("weights: ttq, activations: int8, projection: ") + projection;
      ModelShape shape = shape_of(cell, 33, 2, linear);
      shape.steps = 12;
      const QuantizedNetwork network = network_of(shape, spec);
      std::uint64_t before = ~std::uint64_t{0};
      for (std::int64_t activation = 4; activation <= 128; activation *= 2) {
        CAPTURE(static_cast<int>(cell), projection, activation);
        const std::uint64_t bytes =
            dram_traffic(lower(network, recurrent_machine({4, activation, 8}), {}).code);
        REQUIRE(bytes <= before);
        before = bytes;
      }
    }
  }
}

TEST_CASE("a step that does not fit says what it keeps, what there is, and the size that would do") {
  const QuantizedNetwork network = network_of(shape_of(Cell::lstm, 100, 2), "weights: ttq, activations: btq");
  const auto fault = [&](std::int64_t activation) {
    return message_of([&] { (void)lower(network, recurrent_machine({64, activation, 16}), {}); });
  };
  CHECK(fault(1) ==
        "rnn.yaml: node 'l0.c.initial': error: a time step keeps 1256 bytes in activation_memory, which has "
        "1024, "
        "and needs room for blocks beside them; activation_memory.size_KiB would have to be 3");
  CHECK(
      fault(2) ==
      "rnn.yaml: node 'l0.i': error: a time step keeps 2056 bytes in activation_memory, which has 2048, and "
      "needs room for blocks beside them; activation_memory.size_KiB would have to be 3");
  CHECK(fault(3).empty());
}

TEST_CASE("a table whose segments would have 2^25 codes says how many segments it would have to have") {
  const std::string spec = "weights: ttq, activations: btq, cell_format: Q2.30, lut_segments: ";
  CHECK(
      message_of([&] { (void)network_of(shape_of(Cell::lstm, 2, 1), spec + "64"); }) ==
      "rnn.yaml: node 'l0.tanh_c': error: the segments of its table would have 2^25 codes, and have 2^24 at "
      "most; lut_segments would have to be 128");
  CHECK(message_of([&] { (void)network_of(shape_of(Cell::lstm, 2, 1), spec + "128"); }).empty());
}
