// SPDX-License-Identifier: Apache-2.0
#include "workloads/quantize/recurrent/cells.hpp"

#include <algorithm>

namespace tricycle {
namespace {

/// A bias as the model has it or, if weights are ternary, made ternary in the same way.
std::vector<double> bias_of(const std::vector<float>& bias, RecurrentWeights as,
                            const NetworkBuilder& builder) {
  std::vector<double> values(bias.begin(), bias.end());
  switch (as) {
    case RecurrentWeights::float32:
    case RecurrentWeights::int8: return values;
    case RecurrentWeights::ttq: break;
  }
  const MatrixCodes codes = builder.matrix(bias, as);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = builder.is_float() ? codes.values[i] : codes.codes[i] * codes.scale;
  }
  return values;
}

std::vector<double> sum_of(std::vector<double> a, const std::vector<double>& b) {
  std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
  return a;
}

}  // namespace

CellBuilder::CellBuilder(NetworkBuilder& builder, const RecurrentLayer& layer,
                         const DirectionWeights& weights, std::size_t index)
    : builder_(builder), layer_(layer), weights_(weights), index_(index), prefix_(layer.name) {
  if (layer.directions.size() > 1) prefix_ += weights.reverse ? ".reverse" : ".forward";
  const RecurrentWeights as = builder.spec().weights;
  for (const GateWeights& gate : weights.gates) {
    gates_.push_back({builder.matrix(gate.wx, as), builder.matrix(gate.wh, as), bias_of(gate.bx, as, builder),
                      bias_of(gate.bh, as, builder)});
  }
}

int CellBuilder::build(int x, bool last_only) {
  const bool ahead = builder_.spec().projection != Projection::in_loop;
  if (ahead) {
    for (std::size_t g = 0; g < gates_.size(); ++g) ahead_.push_back(projected(x, g));
  }
  const auto [codes, scale] = builder_.operand_codes();
  h_ = builder_.state(name("h"), codes, scale, layer_.hidden);
  registers_ = builder_.registers(name("registers"), 2 * index_, weights_.reverse, layer_.hidden);
  if (layer_.cell == Cell::lstm) {
    const FixedPoint format = builder_.spec().cell();
    const std::int64_t half = std::int64_t{1} << (format.bits() - 1);
    carried_ =
        builder_.state(name("c"), builder_.is_float() ? Codes::float32() : Codes::integers(-half, half - 1),
                       1.0 / static_cast<double>(std::int64_t{1} << format.fraction), layer_.hidden);
  }
  if (layer_.cell == Cell::gru) {
    if (!builder_.is_float()) {
      carried_ = builder_.state(name("carried"), Codes::integers(-32768, 32767), 1.0 / 16384, layer_.hidden);
    } else {
      carried_ = h_;
    }
    if (!layer_.linear_before_reset)
      reset_registers_ =
          builder_.registers(name("reset_registers"), 2 * index_ + 1, weights_.reverse, layer_.hidden);
  }
  builder_.begin_loop(prefix_, weights_.reverse);
  switch (layer_.cell) {
    case Cell::lstm: lstm_step(x); break;
    case Cell::gru: gru_step(x); break;
    case Cell::rnn: rnn_step(x); break;
  }
  int output = h_;
  if (decoder_ != nullptr) {
    output = builder_.decode(*decoder_, h_);
  } else if (!last_only) {
    output = builder_.collect(name("sequence"), h_);
  }
  builder_.end_loop();
  builder_.save_states();
  return output;
}

/// W_x x_t, and the biases that need not wait for a reset gate.
int CellBuilder::projected(int x, std::size_t g) {
  const std::string& gate = gate_names(layer_.cell)[g];
  const bool late = layer_.cell == Cell::gru && layer_.linear_before_reset && g == 2;
  return builder_.project(name(gate + ".x"), "W_x", x, gates_[g].wx,
                          late ? gates_[g].bx : sum_of(gates_[g].bx, gates_[g].bh), -1);
}

int CellBuilder::pre_activation(int x, std::size_t g, int h) {
  const int from_x = ahead_.empty() ? projected(x, g) : ahead_[g];
  return builder_.project(name(gate_names(layer_.cell)[g] + ".h"), "W_h", h, gates_[g].wh, {}, from_x);
}

/// HitNet Eqs 1 and 10: gates, c = f c + i g, h = BTQ(o tanh(c)).
void CellBuilder::lstm_step(int x) {
  const auto gate = [&](std::size_t g, Curve function) {
    return builder_.activate(name(gate_names(Cell::lstm)[g]), pre_activation(x, g, h_), function);
  };
  const int i = gate(0, Curve::sigmoid), g = gate(2, Curve::tanh);
  const int ig = builder_.multiply(name("i*g"), i, g, -1, 14);
  const int f = gate(1, Curve::sigmoid);
  builder_.multiply(name("c"), f, carried_, ig, builder_.spec().cell().fraction, carried_);
  const int tanh_c = builder_.activate(name("tanh_c"), carried_, Curve::tanh);
  const int o = gate(3, Curve::sigmoid);
  if (builder_.is_float()) {
    builder_.multiply(name("h"), o, tanh_c, -1, 14, h_);
  } else {
    builder_.operand(name("h"), builder_.multiply(name("o*tanh_c"), o, tanh_c, -1, 14), registers_, h_);
  }
}

/// The carried state stays in fixed point. The operand of the weights is sampled or rounded from it.
void CellBuilder::gru_step(int x) {
  const int r = builder_.activate(name("r"), pre_activation(x, 0, h_), Curve::sigmoid);
  const int z = builder_.activate(name("z"), pre_activation(x, 1, h_), Curve::sigmoid);
  int n = -1;
  if (layer_.linear_before_reset) {
    const int from_h = builder_.project(name("n.h"), "W_h", h_, gates_[2].wh, gates_[2].bh, -1);
    const int from_x = ahead_.empty() ? projected(x, 2) : ahead_[2];
    n = builder_.multiply(name("n.sum"), r, from_h, from_x, gate_fraction);
  } else {
    const int reset = builder_.multiply(name("r*h"), r, carried_, -1, 14);
    n = pre_activation(x, 2, builder_.operand(name("r*h.sampled"), reset, reset_registers_, -1));
  }
  n = builder_.activate(name("n"), n, Curve::tanh);
  const int fresh = builder_.multiply(name("(1-z)*n"), builder_.complement(name("1-z"), z), n, -1, 14);
  builder_.multiply(name("carried"), z, carried_, fresh, 14, carried_);
  if (!builder_.is_float()) builder_.operand(name("h"), carried_, registers_, h_);
}

void CellBuilder::rnn_step(int x) {
  const int pre = pre_activation(x, 0, h_);
  if (builder_.is_float()) {
    builder_.activate(name("h"), pre, Curve::tanh, h_);
  } else {
    builder_.operand(name("h"), builder_.activate(name("tanh"), pre, Curve::tanh), registers_, h_);
  }
}

}  // namespace tricycle
