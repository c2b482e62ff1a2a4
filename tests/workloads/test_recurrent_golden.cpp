// SPDX-License-Identifier: Apache-2.0
// What the golden interpreter makes of recurrent cells, held against the equations in double precision.
#include <algorithm>
#include <cmath>

#include "arch/datapath/lfsr.hpp"
#include "tests/catch.hpp"
#include "tests/workloads/recurrent_models.hpp"
#include "workloads/integer/golden.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::test;

using Reals = std::vector<double>;

constexpr std::uint64_t seed = 7;
const RecurrentOptions options = {{1, 64}, seed};  // a code of the input is 1/64

/// A model whose gates, of one unit and one input, have the weights 1 of x and 0 of h.
RecurrentModel unit_model(Cell cell, std::int64_t steps = 1) {
  Random random(1);
  ModelShape shape;
  shape.cells = {cell};
  shape.inputs = shape.hidden = 1;
  shape.steps = steps;
  RecurrentModel model = make_model(random, shape);
  for (GateWeights& gate : model.layers[0].directions[0].gates) gate = {{1}, {0}, {0}, {0}};
  return model;
}

/// Ternary weights +-0.5 and biases +-0.25, a third of them 0.
void make_ternary(Random& random, RecurrentModel& model) {
  const auto fill = [&](std::vector<float>& values, float size) {
    for (float& value : values) value = size * static_cast<float>(random.between(-1, 1));
  };
  for (RecurrentLayer& layer : model.layers) {
    for (DirectionWeights& direction : layer.directions) {
      for (GateWeights& gate : direction.gates) {
        fill(gate.wx, 0.5F);
        fill(gate.wh, 0.5F);
        fill(gate.bx, 0.25F);
        fill(gate.bh, 0.25F);
      }
    }
  }
}

struct Ran {
  QuantizedNetwork network;
  std::vector<Values> values;
  [[nodiscard]] const Values& of(const std::string& name) const {
    return values[tensor_named(network, name)];
  }
  /// Real values of one step of one stream; of what is made within the loop, in the order of running.
  [[nodiscard]] Reals reals(const std::string& name, std::int64_t step, std::int64_t stream) const {
    const std::size_t t = tensor_named(network, name);
    const auto width = static_cast<std::size_t>(network.tensors[t].channels);
    const auto row = static_cast<std::size_t>(step * network.tensors[t].width + stream);
    Reals result;
    for (std::size_t c = 0; c < width; ++c)
      result.push_back(values[t].at(row * width + c) * network.tensors[t].scale);
    return result;
  }
};

Ran run(const RecurrentModel& model, const std::string& spec, const Values& input,
        const std::vector<Values>* before = nullptr) {
  Ran ran;
  ran.network = quantize_recurrent(model, make_spec(spec), options);
  GoldenOptions golden;
  golden.before = before;
  ran.values = run_golden(ran.network, input, golden);
  return ran;
}

// ---- the equations ----

struct State {
  Reals h, c;  ///< what multiplies weights; what is carried in fixed point (of a GRU, h itself)
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

class Equations {
 public:
  Equations(const RecurrentLayer& layer, const DirectionWeights& weights, double lambda)
      : layer_(layer), weights_(weights), lambda_(lambda) {}

  /// The state behind a step. `reset`: what of a GRU's r * h multiplies weights, sampled or rounded.
  [[nodiscard]] State step(const Reals& x, const State& before, const Reals* reset = nullptr) const {
    switch (layer_.cell) {
      case Cell::lstm: return lstm(x, before);
      case Cell::gru: return gru(x, before, reset);
      case Cell::rnn: break;
    }
    State state;
    for (std::size_t u = 0; u < units(); ++u)
      state.h.push_back(std::tanh((from_x(0, u, x) + from_h(0, u, before.h)) / lambda_));
    return state;
  }

 private:
  [[nodiscard]] std::size_t units() const { return static_cast<std::size_t>(layer_.hidden); }
  static double product(const std::vector<float>& w, std::size_t row, const Reals& v) {
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) sum += static_cast<double>(w[row * v.size() + i]) * v[i];
    return sum;
  }
  [[nodiscard]] double from_x(std::size_t g, std::size_t u, const Reals& x) const {
    const GateWeights& gate = weights_.gates[g];
    return product(gate.wx, u, x) + static_cast<double>(gate.bx[u]);
  }
  [[nodiscard]] double from_h(std::size_t g, std::size_t u, const Reals& h) const {
    const GateWeights& gate = weights_.gates[g];
    return product(gate.wh, u, h) + static_cast<double>(gate.bh[u]);
  }
  [[nodiscard]] State lstm(const Reals& x, const State& before) const {
    State state;
    for (std::size_t u = 0; u < units(); ++u) {
      Reals gates;
      for (std::size_t g = 0; g < 4; ++g)
        gates.push_back((from_x(g, u, x) + from_h(g, u, before.h)) / lambda_);
      state.c.push_back(sigmoid(gates[1]) * before.c[u] + sigmoid(gates[0]) * std::tanh(gates[2]));
      state.h.push_back(sigmoid(gates[3]) * std::tanh(state.c[u] / lambda_));
    }
    return state;
  }
  [[nodiscard]] State gru(const Reals& x, const State& before, const Reals* reset) const {
    State state;
    Reals r;
    for (std::size_t u = 0; u < units(); ++u)
      r.push_back(sigmoid((from_x(0, u, x) + from_h(0, u, before.h)) / lambda_));
    Reals rh;
    for (std::size_t u = 0; u < units(); ++u) rh.push_back(r[u] * before.c[u]);
    for (std::size_t u = 0; u < units(); ++u) {
      const double z = sigmoid((from_x(1, u, x) + from_h(1, u, before.h)) / lambda_);
      const double late = layer_.linear_before_reset ? r[u] * from_h(2, u, before.h)
                                                     : from_h(2, u, reset != nullptr ? *reset : rh);
      const double n = std::tanh((from_x(2, u, x) + late) / lambda_);
      state.c.push_back((1 - z) * n + z * before.c[u]);
    }
    state.h = state.c;
    return state;
  }

  const RecurrentLayer& layer_;
  const DirectionWeights& weights_;
  double lambda_;
};

/// What a register has drawn in a step (from 0): the 16 newest bits of 16 (step + 1) shifts, each the sum
/// modulo 2 of those 32, 31, 30 and 10 before.
std::int64_t drawn(std::uint64_t layer, bool reverse, std::int64_t stream, std::int64_t unit_index,
                   std::int64_t step) {
  const std::uint32_t first = first_register(
      seed,
      {layer, reverse ? 1U : 0U, static_cast<std::uint64_t>(stream), static_cast<std::uint64_t>(unit_index)});
  std::vector<unsigned> bits;
  for (int b = 31; b >= 0; --b) bits.push_back(first >> static_cast<unsigned>(b) & 1U);
  for (std::int64_t i = 0; i < 16 * (step + 1); ++i) {
    const std::size_t n = bits.size();
    bits.push_back(bits[n - 32] ^ bits[n - 31] ^ bits[n - 30] ^ bits[n - 10]);
  }
  std::int64_t draw = 0;
  for (std::size_t i = bits.size() - 16; i < bits.size(); ++i) draw = 2 * draw + bits[i];
  return draw;
}

/// Eqs 8 and 9 of a code of 2^-14: its sign with the probability of its size.
std::int32_t sampled(std::int32_t code, std::int64_t draw) {
  if (4 * std::abs(std::int64_t{code}) <= draw) return 0;
  return code < 0 ? -1 : 1;
}

struct Kind {
  Cell cell;
  bool linear_before_reset;
};
const std::vector<Kind> kinds = {
    {Cell::lstm, true}, {Cell::gru, true}, {Cell::gru, false}, {Cell::rnn, true}};

RecurrentModel ternary_model(Random& random, const Kind& kind, bool reverse, std::int64_t steps = 6) {
  ModelShape shape;
  shape.cells = {kind.cell};
  shape.linear_before_reset = kind.linear_before_reset;
  shape.forward = !reverse;
  shape.reverse = reverse;
  shape.steps = steps;
  shape.batch = 2;
  shape.hidden = 2;
  RecurrentModel model = make_model(random, shape);
  make_ternary(random, model);
  return model;
}

/// How far from the equations one step may lead that starts from the golden interpreter's own state.
struct Tolerance {
  double carried;  ///< c of an LSTM, h of a GRU in fixed point
  double real;     ///< h before it is sampled or rounded
};

/// Every step of a network against the equations, from the state that it itself had before.
void check_steps(const RecurrentModel& model, const Ran& ran, double lambda, bool btq,
                 const Tolerance& tolerance) {
  const RecurrentLayer& layer = model.layers[0];
  const DirectionWeights& weights = layer.directions[0];
  const Equations equations(layer, weights, lambda);
  const std::string carried = layer.cell == Cell::lstm ? "l0.c" : "l0.carried";
  const std::string real = layer.cell == Cell::lstm  ? "l0.o*tanh_c"
                           : layer.cell == Cell::gru ? "l0.carried"
                                                     : "l0.tanh";
  const bool resets = layer.cell == Cell::gru && !layer.linear_before_reset;
  const auto units = static_cast<std::size_t>(layer.hidden);
  for (std::int64_t step = 0; step < model.steps; ++step) {
    for (std::int64_t stream = 0; stream < model.batch; ++stream) {
      CAPTURE(step, stream);
      State before = {Reals(units, 0.0), Reals(units, 0.0)};
      if (step > 0) before.h = ran.reals("l0.h", step - 1, stream);
      if (step > 0 && layer.cell != Cell::rnn) before.c = ran.reals(carried, step - 1, stream);
      const std::int64_t time = weights.reverse ? model.steps - 1 - step : step;
      Reals reset;
      if (resets) reset = ran.reals("l0.r*h.sampled", step, stream);
      const State after = equations.step(ran.reals("input", time, stream), before, resets ? &reset : nullptr);
      const auto at = [&](const std::string& name, std::size_t u) {
        return ran.reals(name, step, stream).at(u);
      };
      for (std::size_t u = 0; u < units; ++u) {
        if (layer.cell != Cell::rnn) REQUIRE(std::abs(at(carried, u) - after.c[u]) <= tolerance.carried);
        REQUIRE(std::abs(at(real, u) - after.h[u]) <= tolerance.real);
        const std::size_t place = static_cast<std::size_t>(step * model.batch + stream) * units + u;
        const std::int32_t h = ran.of("l0.h").at(place), code = ran.of(real).at(place);
        const auto unit_index = static_cast<std::int64_t>(u);
        if (btq) {
          REQUIRE(h == sampled(code, drawn(0, weights.reverse, stream, unit_index, step)));
        } else {
          REQUIRE(std::abs(h - std::clamp(code / 128.0, -127.0, 127.0)) <= 0.5);
        }
        if (!resets) continue;
        const std::int32_t rh = ran.of("l0.r*h").at(place), operand = ran.of("l0.r*h.sampled").at(place);
        if (btq) {
          REQUIRE(operand == sampled(rh, drawn(1, weights.reverse, stream, unit_index, step)));
        } else {
          REQUIRE(std::abs(operand - std::clamp(rh / 128.0, -127.0, 127.0)) <= 0.5);
        }
      }
    }
  }
}

void check_cells(const std::string& activations, double lambda, const Tolerance& tolerance) {
  Random random(41);
  for (const Kind& kind : kinds) {
    for (const bool reverse : {false, true}) {
      for (const char* projection : {"ahead", "in_loop"}) {
        for (int round = 0; round < 10; ++round) {
          CAPTURE(static_cast<int>(kind.cell), kind.linear_before_reset, reverse, projection, round);
          const RecurrentModel model = ternary_model(random, kind, reverse);
          const std::string spec = "weights: ttq, activations: " + activations +
                                   ", sloping_factor: " + std::to_string(lambda) +
                                   ", projection: " + projection;
          const QuantizedNetwork network = quantize_recurrent(model, make_spec(spec), options);
          const Ran ran = run(model, spec, random_item(random, network));
          check_steps(model, ran, lambda, activations == "btq", tolerance);
        }
      }
    }
  }
}

Values joined(const Values& a, const Values& b) {
  Values both = a;
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

}  // namespace

TEST_CASE("an LSTM whose gates all see 1 has the cell 570 / 1024 and the output 47 / 128 after one step") {
  const Ran ran = run(unit_model(Cell::lstm), "weights: ttq, activations: int8", {64});
  CHECK(ran.of("l0.i") == Values{11978});  // sigmoid(1) = 0.73106
  CHECK(ran.of("l0.g") == Values{12478});  // tanh(1) = 0.76159
  CHECK(ran.of("l0.c") == Values{570});
  CHECK(ran.of("l0.h") == Values{47});
  CHECK(ran.values.back() == Values{47});
}

TEST_CASE("a GRU whose gates all see 1 carries 3356 / 16384 and has the output 26 / 128 after one step") {
  const Ran ran = run(unit_model(Cell::gru), "weights: ttq, activations: int8", {64});
  CHECK(ran.of("l0.carried") == Values{3356});  // (1 - 0.73106) * 0.76159
  CHECK(ran.of("l0.h") == Values{26});
}

TEST_CASE("an RNN that sees 1 has the output 97 / 128, and with a sloping factor of 0.4 it is 126 / 128") {
  CHECK(run(unit_model(Cell::rnn), "weights: ttq, activations: int8", {64}).of("l0.h") == Values{97});
  const Ran steep = run(unit_model(Cell::rnn), "weights: ttq, activations: int8, sloping_factor: 0.4", {64});
  CHECK(steep.of("l0.h") == Values{126});
}

TEST_CASE("a cell state of Q2.6 that grows by 1 in every step stays at 127 / 64") {
  RecurrentModel model = unit_model(Cell::lstm, 4);
  for (GateWeights& gate : model.layers[0].directions[0].gates) gate.bx = {12};
  const Ran ran = run(model, "weights: ttq, activations: int8, cell_format: Q2.6", {0, 0, 0, 0});
  CHECK(ran.of("l0.c") == Values{64, 127, 127, 127});
  for (GateWeights& gate : model.layers[0].directions[0].gates) gate.wh = {0};
  model.layers[0].directions[0].gates[2].bx = {-12};
  CHECK(run(model, "weights: ttq, activations: int8, cell_format: Q2.6", {0, 0, 0, 0}).of("l0.c") ==
        Values{-64, -128, -128, -128});
}

TEST_CASE(
    "steps of int8 cells are the equations' within 0.002 of the state and 0.003 of the output at lambda 1") {
  check_cells("int8", 1, {0.002, 0.003});
}

TEST_CASE(
    "steps of int8 cells are the equations' within 0.004 of the state and 0.01 of the output at lambda 0.4") {
  check_cells("int8", 0.4, {0.004, 0.01});
}

TEST_CASE(
    "steps of sampled cells are the equations' within 0.002 and 0.003, and their trits the registers' "
    "exactly") {
  check_cells("btq", 1, {0.002, 0.003});
}

TEST_CASE("the same at lambda 0.4: within 0.004 and 0.01, and the trits exactly") {
  check_cells("btq", 0.4, {0.004, 0.01});
}

TEST_CASE("a sampled input is x / 128 by the registers of layer 65535, with one draw in every step") {
  Random random(42);
  const RecurrentModel model = ternary_model(random, kinds[0], false);
  const std::string spec = "weights: ttq, activations: btq, input: btq";
  const Values input = random_item(random, quantize_recurrent(model, make_spec(spec), options));
  const Ran ran = run(model, spec, input);
  const Values& trits = ran.of("input.sampled");
  REQUIRE(trits.size() == 6 * 2 * 3);
  for (std::size_t i = 0; i < trits.size(); ++i) {
    const auto channel = static_cast<std::int64_t>(i % 3), stream = static_cast<std::int64_t>(i / 3 % 2);
    const std::int64_t draw = drawn(0xffff, false, stream, channel, static_cast<std::int64_t>(i / 6));
    REQUIRE(trits[i] == sampled(128 * input[i], draw));
  }
}

TEST_CASE(
    "products of x ahead of the loop or in it, and a decoder behind it or in it, give the same values") {
  Random random(43);
  for (const Kind& kind : kinds) {
    for (const std::string activations : {"int8", "btq"}) {
      ModelShape shape;
      shape.cells = {kind.cell, kind.cell};
      shape.linear_before_reset = kind.linear_before_reset;
      shape.steps = 5;
      shape.batch = 2;
      shape.hidden = 7;
      shape.outputs = 4;
      const RecurrentModel model = make_model(random, shape);
      const std::string spec = "weights: ttq, activations: " + activations;
      const Values input = random_item(random, quantize_recurrent(model, make_spec(spec), options));
      const Values first = run(model, spec + ", projection: ahead, decode: once", input).values.back();
      REQUIRE(first.size() == 5 * 2 * 4);
      for (const char* projection : {"ahead", "in_loop"}) {
        for (const char* decode : {"once", "each_step"}) {
          CAPTURE(static_cast<int>(kind.cell), activations, projection, decode);
          const std::string schedule = std::string(", projection: ") + projection + ", decode: " + decode;
          CHECK(run(model, spec + schedule, input).values.back() == first);
        }
      }
    }
  }
}

TEST_CASE("backwards is forwards on the steps in reverse: 4 cells of 6 steps, in int8") {
  Random random(44);
  for (const Kind& kind : kinds) {
    RecurrentModel model = ternary_model(random, kind, false);
    const std::string spec = "weights: ttq, activations: int8";
    const Values input = random_item(random, quantize_recurrent(model, make_spec(spec), options));
    const auto reversed = [](const Values& values) {  // of 6 steps
      Values result;
      const auto each = static_cast<std::ptrdiff_t>(values.size() / 6);
      for (std::ptrdiff_t t = 5; t >= 0; --t)
        result.insert(result.end(), values.begin() + t * each, values.begin() + (t + 1) * each);
      return result;
    };
    const Values forwards = run(model, spec, input).values.back();
    model.layers[0].directions[0].reverse = true;
    CHECK(run(model, spec, reversed(input)).values.back() == reversed(forwards));
  }
}

TEST_CASE("of two directions each row has the forward units of its step, then the backward ones") {
  Random random(45);
  for (const Kind& kind : kinds) {
    for (const std::string activations : {"int8", "btq"}) {
      ModelShape shape;
      shape.cells = {kind.cell};
      shape.linear_before_reset = kind.linear_before_reset;
      shape.reverse = true;
      shape.steps = 5;
      shape.batch = 3;
      shape.hidden = 2;
      const RecurrentModel model = make_model(random, shape);
      const std::string spec = "weights: ttq, activations: " + activations;
      const Values input = random_item(random, quantize_recurrent(model, make_spec(spec), options));
      const Ran both = run(model, spec, input);
      RecurrentModel one = model;
      one.layers[0].directions.pop_back();
      const Values forwards = run(one, spec, input).values.back();
      one.layers[0].directions = {model.layers[0].directions[1]};
      const Values backwards = run(one, spec, input).values.back();
      Values expected;
      for (std::size_t row = 0; row < 15; ++row) {
        for (const Values* direction : {&forwards, &backwards})
          expected.insert(expected.end(), direction->begin() + static_cast<std::ptrdiff_t>(2 * row),
                          direction->begin() + static_cast<std::ptrdiff_t>(2 * row + 2));
      }
      CHECK(both.values.back() == expected);
    }
  }
}

TEST_CASE("two items of 4 steps that carry their states are one of 8 steps, bit by bit, registers and all") {
  Random random(46);
  for (const Kind& kind : kinds) {
    for (const std::string activations : {"int8", "btq", "float32"}) {
      CAPTURE(static_cast<int>(kind.cell), kind.linear_before_reset, activations);
      RecurrentModel model = ternary_model(random, kind, false, 4);
      const std::string weights = activations == "float32" ? "float32" : "ttq";
      const std::string input_as = activations == "btq" ? "btq" : "int8";
      const std::string spec =
          "weights: " + weights + ", activations: " + activations + ", input: " + input_as;
      const QuantizedNetwork network = quantize_recurrent(model, make_spec(spec), options);
      const Values first = random_item(random, network), second = random_item(random, network);
      const Ran a = run(model, spec + ", carry_state: true", first);
      const Ran b = run(model, spec + ", carry_state: true", second, &a.values);
      const Ran fresh = run(model, spec, second, &a.values);
      CHECK(fresh.values == run(model, spec, second).values);  // without it an item begins anew
      CHECK(fresh.values.back() != b.values.back());
      model.steps = 8;
      model.input_shape[0] = model.output_shape[0] = 8;
      const Ran whole = run(model, spec, joined(first, second));
      for (const QuantizedTensor& tensor : network.tensors) {
        CAPTURE(tensor.name);
        CHECK(joined(a.of(tensor.name), b.of(tensor.name)) == whole.of(tensor.name));
      }
    }
  }
}

TEST_CASE("the state behind the last step is the output alone where the model asks for no other") {
  Random random(47);
  for (const bool reverse : {false, true}) {
    RecurrentModel model = ternary_model(random, kinds[0], reverse);
    const std::string spec = "weights: ttq, activations: btq";
    const Values input = random_item(random, quantize_recurrent(model, make_spec(spec), options));
    const Values all = run(model, spec, input).values.back();
    model.last_only = true;
    const Values last = run(model, spec, input).values.back();
    REQUIRE(last.size() == 4);
    CHECK(last == (reverse ? Values(all.begin(), all.begin() + 4) : Values(all.end() - 4, all.end())));
  }
}
