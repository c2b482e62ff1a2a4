// SPDX-License-Identifier: Apache-2.0
#pragma once
// The generated header is not ours to keep free of warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop

#include <string>
#include <vector>

#include "support/files.hpp"
#include "support/tensor.hpp"

namespace tricycle::test {

/// An empty model of opset 13 whose graph is called "g".
onnx::ModelProto make_model();
void add_input(onnx::ModelProto& model, const std::string& name, const Shape& shape);
void add_output(onnx::ModelProto& model, const std::string& name);
onnx::TensorProto* add_floats(onnx::ModelProto& model, const std::string& name, const Shape& shape,
                              const std::vector<float>& values);
/// A node called `name` that produces the value `name`.
onnx::NodeProto* add_node(onnx::ModelProto& model, const std::string& name, const std::string& op,
                          const std::vector<std::string>& inputs, const std::string& domain = "");
void set_integer(onnx::NodeProto* node, const std::string& name, std::int64_t value);
void set_integers(onnx::NodeProto* node, const std::string& name, const std::vector<std::int64_t>& values);
void set_floats(onnx::NodeProto* node, const std::string& name, const std::vector<float>& values);
void set_texts(onnx::NodeProto* node, const std::string& name, const std::vector<std::string>& values);
void set_text(onnx::NodeProto* node, const std::string& name, const std::string& value);

/// Four pixels, a ternary quantizer, a product, batch normalization, a binary quantizer and a scaled product.
onnx::ModelProto small_model(const std::string& domain = "qonnx.custom_op.general",
                             const std::string& quant = "Quant");

/// A padded convolution, batch normalization, Clip, MaxPool, a depthwise convolution, a shortcut of slices,
/// pooling, a product and a softmax on two planes of 6 x 6.
onnx::ModelProto conv_model();

/// Two steps of three inputs through an LSTM in both directions with every input, whose third output the
/// model reads as its second and whose second is left out; through a GRU that reads the LSTM's first output
/// as rows; and through an RNN.
onnx::ModelProto recurrent_model();

/// A QuantLSTMCell of two hidden units on two steps of two inputs.
onnx::ModelProto quant_lstm_model();

Bytes bytes_of(const onnx::ModelProto& model);

}  // namespace tricycle::test
