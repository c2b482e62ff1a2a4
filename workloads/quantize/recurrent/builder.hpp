// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "workloads/quantize/recurrent/quantize.hpp"

namespace tricycle {

/// A matrix of the network: codes times `scale`, or float32.
struct MatrixCodes {
  std::vector<std::int16_t> codes;
  std::vector<float> values;  ///< for a network in float32
  Codes kind;
  double scale = 1;
};

/// Writes the layers and tensors of a recurrent network. Each method appends one layer and returns its output
/// tensor. `fraction` is the fraction bits of fixed point; float32 ignores it.
class NetworkBuilder {
 public:
  NetworkBuilder(const RecurrentModel& model, const RecurrentSpec& spec, const RecurrentOptions& options);

  /// The input as a sequence, after its embedding.
  int input();
  /// Layers appended between these two calls belong to a loop.
  void begin_loop(const std::string& name, bool reverse);
  void end_loop();

  /// A state of `channels` values with the start values `start` (codes, or bits of float32).
  int state(const std::string& name, const Codes& codes, double scale, std::int64_t channels,
            std::vector<std::int32_t> start = {});
  /// Keeps the states made since the last call for the next item, if the experiment says so.
  void save_states();

  MatrixCodes matrix(std::span<const float> values, RecurrentWeights as) const;
  /// matrix x + bias, and + `second` where it is not -1: a pre-activation.
  int project(const std::string& name, const std::string& op, int x, const MatrixCodes& matrix,
              const std::vector<double>& bias, int second);
  int activate(const std::string& name, int x, Curve function, int into = -1);
  /// x * y, and + z where it is not -1. `into`: a state to be updated, or -1.
  int multiply(const std::string& name, int x, int y, int z, int fraction, int into = -1);
  /// 1 - x.
  int complement(const std::string& name, int x);
  /// The operand of the next product: x sampled, rounded or unchanged. `into`: a state to be updated, or -1.
  int operand(const std::string& name, int x, int registers, int into);
  /// The shift registers of a sampler: a state with one register for each value; -1 where nothing is sampled.
  int registers(const std::string& name, std::size_t layer, bool reverse, std::int64_t channels);
  /// Codes and scale of the operands that multiply weights.
  [[nodiscard]] std::pair<Codes, double> operand_codes() const;
  /// Collects a value of all time steps as a sequence, for readers behind the loop.
  int collect(const std::string& name, int x);
  int concat(const std::string& name, const std::vector<int>& parts);
  /// The decoder's output in real numbers.
  int decode(const DecoderWeights& decoder, int x);
  /// Samples x_t in every time step, where the experiment says so. Returns the sequence of all time steps.
  [[nodiscard]] InputReading reading_of(const QuantizedTensor& input, bool tokens) const;
  int sample_input(int x);

  QuantizedNetwork finish(int output);

  [[nodiscard]] const RecurrentSpec& spec() const { return spec_; }
  [[nodiscard]] bool is_float() const { return spec_.is_float(); }
  /// Returns a copy, because adding a tensor moves the others.
  [[nodiscard]] QuantizedTensor tensor(int index) const { return network_.tensor(index); }

 private:
  int add_tensor(QuantizedTensor tensor);
  QuantizedTensor like_step(const std::string& name, const Codes& codes, double scale,
                            std::int64_t channels) const;
  QuantizedLayer& add_layer(const std::string& name, const std::string& op, LayerKind kind,
                            std::vector<int> inputs, int output);
  int shift_registers(const std::string& name, std::size_t layer, std::uint64_t direction,
                      std::int64_t channels);
  int pointwise(const std::string& name, const std::string& op, std::vector<int> inputs, Stage stage,
                const Codes& codes, double scale, int into);
  [[nodiscard]] int fraction_of(int tensor) const;
  [[nodiscard]] bool in_loop() const { return in_loop_; }

  const RecurrentModel& model_;
  const RecurrentSpec& spec_;
  const RecurrentOptions& options_;
  QuantizedNetwork network_;
  std::vector<int> states_;  ///< made since the last `save_states`
  bool in_loop_ = false;
};

}  // namespace tricycle
