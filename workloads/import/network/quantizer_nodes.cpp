// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/network/quantizer_nodes.hpp"

#include <cmath>

namespace tricycle {
namespace {

/// Writes one quantizer node by node. Each node reads the one before.
class Chain {
 public:
  Chain(NodeWriter& writer, std::string prefix, std::string value)
      : writer_(writer), prefix_(std::move(prefix)), value_(std::move(value)) {}

  [[nodiscard]] const std::string& value() const { return value_; }
  std::string scalar(const std::string& suffix, double number) {
    return writer_.scalar(prefix_ + suffix, number);
  }
  Node& step(const std::string& suffix, Op op, const std::vector<std::string>& others,
             const std::string& output) {
    std::vector<std::string> inputs = {value_};
    inputs.insert(inputs.end(), others.begin(), others.end());
    value_ = prefix_ + output;
    return writer_.add(prefix_ + suffix, op, std::move(inputs), value_);
  }

  void centre(double centre) { step(".centre", Op::sub, {scalar(".centre", centre)}, ".centred"); }
  void divide(double step_size) { step(".spread", Op::div, {scalar(".spread", step_size)}, ".scaled"); }
  void bipolar() { step(".quant", Op::bipolar_quant, {scalar(".scale", 1)}, ".codes"); }
  void quant(int bits, bool is_signed, bool narrow) {
    const std::string scale = scalar(".scale", 1), zero = scalar(".zero", 0), width = scalar(".bits", bits);
    Node& node = step(".quant", Op::quant, {scale, zero, width}, ".codes");
    node.attributes["signed"].integer = is_signed ? 1 : 0;
    node.attributes["narrow"].integer = narrow ? 1 : 0;
  }

  /// FATNN Eq 10: round(clip(x / a, 0, 1)) + round(clip((x - a) / b, 0, 1)).
  void ternary012(double a, double b) {
    const std::string from = value_, zero = scalar(".zero", 0), one = scalar(".one", 1);
    const std::string first = scalar(".a1", a), second = scalar(".a2", b);
    step(".div1", Op::div, {first}, ".divided1");
    step(".clip1", Op::clip, {zero, one}, ".clipped1");
    step(".round1", Op::round, {}, ".rounded1");
    const std::string lower = value_;
    value_ = from;
    step(".sub2", Op::sub, {first}, ".above2");
    step(".div2", Op::div, {second}, ".divided2");
    step(".clip2", Op::clip, {zero, one}, ".clipped2");
    step(".round2", Op::round, {}, ".rounded2");
    const std::string upper = value_;
    value_ = lower;
    step(".sum", Op::add, {upper}, ".codes");
  }

  /// Long et al.: the nearest of 0, +-1, +-2 and +-4. Each threshold that a value passes adds the difference
  /// to the next level.
  void pow2() {
    const std::string scaled = value_;
    step(".abs", Op::abs, {}, ".magnitude");
    const std::string magnitude = value_;
    static constexpr double thresholds[] = {0.5, 1.5, 3.0};
    std::string level;
    for (int i = 0; i < 3; ++i) {
      const std::string n = std::to_string(i + 1);
      value_ = magnitude;
      step(".greater" + n, Op::greater, {scalar(".threshold" + n, thresholds[i])}, ".passed" + n);
      step(".cast" + n, Op::cast, {}, ".one" + n).attributes["to"].integer = 1;  // FLOAT
      if (i == 2) step(".twice", Op::mul, {scalar(".two", 2)}, ".two_more");
      if (i > 0) step(".add" + n, Op::add, {level}, ".level" + n);
      level = value_;
    }
    value_ = scaled;
    step(".sign", Op::sign, {}, ".signs");
    step(".codes", Op::mul, {level}, ".codes");
  }

 private:
  NodeWriter& writer_;
  std::string prefix_;
  std::string value_;
};

}  // namespace

double NetworkValue::deviation() const {
  return std::sqrt(rectified == 0 ? symmetric : symmetric + 2 * rectified);
}

Node& NodeWriter::add(const std::string& name, Op op, std::vector<std::string> inputs,
                      const std::string& output) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back();
}

std::string NodeWriter::constant(const std::string& name, Tensor tensor) {
  graph_.constants[name] = std::move(tensor);
  return name;
}

std::string NodeWriter::scalar(const std::string& name, double value) {
  return constant(name, {{}, std::vector<float>{static_cast<float>(value)}});
}

NetworkValue write_quantizer(NodeWriter& writer, const std::string& prefix, const NetworkValue& value,
                             const Coding& coding, double threshold) {
  using enum Coding::Kind;
  const bool pixels = value.kind == NetworkValue::Kind::pixels;
  const bool positive = coding.kind == unsigned_integer || coding.kind == ternary012;
  Chain chain(writer, prefix, value.name);
  NetworkValue result = value;
  result.kind = NetworkValue::Kind::codes;
  result.coding = coding;
  result.symmetric = code_mean_square;
  result.rectified = 0;
  double deviation = value.deviation(), mean_square = value.mean_square();
  if (pixels && !positive) {  // pixels from 0 to 1 become -1/2 to 1/2
    chain.centre(0.5);
    mean_square = 1.0 / 12.0;
    deviation = std::sqrt(mean_square);
  } else if (positive) {  // values below zero are lost
    mean_square = pixels ? value.mean_square() : value.symmetric / 2 + value.rectified;
  }
  const double reach = pixels ? (positive ? 1.0 : 0.5) : (1 + coding.bits / 4.0) * deviation;
  const double step = reach / coding.largest();
  switch (coding.kind) {
    case binary: chain.bipolar(); break;
    case ternary:
      // Quant rounds at half its scale: values beyond half the spread become +-1.
      chain.divide(pixels ? 1.0F / 3.0F : 2.0 * threshold * deviation + 1e-3);
      chain.quant(2, true, true);
      break;
    case ternary012: chain.ternary012(0.8 * deviation, 0.8 * deviation); break;
    case unsigned_integer:
    case signed_integer:
      chain.divide(step);
      chain.quant(coding.bits, !positive, false);
      result.symmetric = mean_square / (step * step);
      break;
    case pow2: {
      const double smallest = 0.5181 * deviation;
      chain.divide(smallest);
      chain.pow2();
      result.symmetric = mean_square / (smallest * smallest);
      break;
    }
  }
  if (positive) std::swap(result.symmetric, result.rectified);
  result.name = chain.value();
  return result;
}

}  // namespace tricycle
