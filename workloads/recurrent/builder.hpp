// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "workloads/recurrent/quantize.hpp"

namespace tricycle {

/// A matrix as the network stores it: codes times `scale`, or float32.
struct MatrixCodes {
  std::vector<std::int16_t> codes;
  std::vector<float> values;  ///< of a network in float32
  Codes kind;
  double scale = 1;
};

/// Writes the layers and tensors of a recurrent network. Each method appends one layer and returns the tensor
/// that it makes; `fraction` is of fixed point, and ignored in float32.
class NetworkBuilder {
 public:
  NetworkBuilder(const RecurrentModel& model, const RecurrentSpec& spec, const RecurrentOptions& options);

  /// The input, through its embedding, as a sequence.
  int input();
  /// Between these two calls layers belong to a loop.
  void begin_loop(const std::string& name, bool reverse);
  void end_loop();

  /// A state of `channels` values that starts at `start` of each (codes, or bits of float32).
  int state(const std::string& name, const Codes& codes, double scale, std::int64_t channels,
            std::vector<std::int32_t> start = {});
  /// The states made since the last call are kept for the next item, if the experiment says so.
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
  /// What multiplies weights in the next product: x sampled, rounded or as it is. `into`: a state, or -1.
  int operand(const std::string& name, int x, int registers, int into);
  /// The registers of a sampler: a state of one for each value; -1 where nothing is sampled.
  int registers(const std::string& name, std::size_t layer, bool reverse, std::int64_t channels);
  /// Codes and scale of what multiplies weights.
  [[nodiscard]] std::pair<Codes, double> operand_codes() const;
  /// What a loop makes, for those who read it as a whole.
  int collect(const std::string& name, int x);
  int concat(const std::string& name, const std::vector<int>& parts);
  /// The decoder's real numbers.
  int decode(const DecoderWeights& decoder, int x);
  /// x_t sampled in every step, where the experiment says so: the sequence of all steps.
  [[nodiscard]] InputReading reading_of(const QuantizedTensor& input, bool tokens) const;
  int sample_input(int x);

  QuantizedNetwork finish(int output);

  [[nodiscard]] const RecurrentSpec& spec() const { return spec_; }
  [[nodiscard]] bool is_float() const { return spec_.is_float(); }
  /// A copy: tensors move when one is added.
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
