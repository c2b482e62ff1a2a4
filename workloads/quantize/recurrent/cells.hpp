// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "workloads/quantize/recurrent/builder.hpp"

namespace tricycle {

/// One direction of a recurrent layer: its projections of x, its states and its loop.
class CellBuilder {
 public:
  CellBuilder(NetworkBuilder& builder, const RecurrentLayer& layer, const DirectionWeights& weights,
              std::size_t index);

  /// Makes the decoder run in each time step of this cell's loop. `build` then returns the decoder's output.
  void decode_within(const DecoderWeights* decoder) { decoder_ = decoder; }
  /// Returns the sequence of hidden states as operands of the next product; with `last_only`, the state after
  /// the last time step.
  int build(int x, bool last_only);

 private:
  struct Gate {
    MatrixCodes wx, wh;
    std::vector<double> bx, bh;
  };
  void lstm_step(int x);
  void gru_step(int x);
  void rnn_step(int x);
  int projected(int x, std::size_t gate);
  int pre_activation(int x, std::size_t gate, int h);
  [[nodiscard]] std::string name(const std::string& part) const { return prefix_ + "." + part; }

  NetworkBuilder& builder_;
  const RecurrentLayer& layer_;
  const DirectionWeights& weights_;
  const DecoderWeights* decoder_ = nullptr;
  std::size_t index_;
  std::string prefix_;
  std::vector<Gate> gates_;
  std::vector<int> ahead_;  ///< projections of x for all time steps; empty where the loop makes them
  int h_ = -1, carried_ = -1, registers_ = -1, reset_registers_ = -1;
};

}  // namespace tricycle
