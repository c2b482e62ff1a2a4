// SPDX-License-Identifier: Apache-2.0
#include "workloads/import/onnx/onnx_tensor.hpp"

#include <bit>
#include <cstring>

namespace tricycle {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensor data are copied as they are");

template <class T, class Field>
std::vector<T> tensor_data(const onnx::TensorProto& proto, const Field& field, std::size_t count,
                           const Place& place) {
  std::vector<T> data;
  const std::string what = "tensor '" + proto.name() + "'";
  if (proto.has_raw_data()) {
    const std::string& raw = proto.raw_data();
    if (raw.size() != count * sizeof(T)) {
      throw InputError(place, what + " has " + std::to_string(raw.size()) + " bytes for " +
                                  std::to_string(count) + " elements of " + std::to_string(sizeof(T)));
    }
    data.resize(count);
    if (count > 0) std::memcpy(data.data(), raw.data(), raw.size());
  } else {
    if (static_cast<std::size_t>(field.size()) != count) {
      throw InputError(place, what + " has " + std::to_string(field.size()) + " values for " +
                                  std::to_string(count) + " elements");
    }
    data.reserve(count);
    for (const auto value : field) data.push_back(static_cast<T>(value));
  }
  return data;
}

/// Two numbers in each byte, the first in its low half.
std::vector<std::int8_t> nibbles(const onnx::TensorProto& proto, std::size_t count, const Place& place) {
  const auto bytes = tensor_data<std::uint8_t>(proto, proto.int32_data(), (count + 1) / 2, place);
  std::vector<std::int8_t> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const int bits = bytes[i / 2] >> (i % 2 * 4) & 15;
    numbers.push_back(
        static_cast<std::int8_t>(proto.data_type() == int4_type && bits > 7 ? bits - 16 : bits));
  }
  return numbers;
}

/// The 16-bit numbers. They lie in int32_data if they are not raw.
std::vector<float> half_data(const onnx::TensorProto& proto, std::size_t count, const Place& place) {
  std::vector<float> numbers;
  for (const std::uint16_t bits : tensor_data<std::uint16_t>(proto, proto.int32_data(), count, place))
    numbers.push_back(half_number(bits));
  return numbers;
}

}  // namespace

std::string element_name(std::int64_t type) {
  static const std::vector<std::string> names = {
      "UNDEFINED",      "FLOAT",    "UINT8",        "INT8",           "UINT16",
      "INT16",          "INT32",    "INT64",        "STRING",         "BOOL",
      "FLOAT16",        "DOUBLE",   "UINT32",       "UINT64",         "COMPLEX64",
      "COMPLEX128",     "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2",
      "FLOAT8E5M2FNUZ", "UINT4",    "INT4",         "FLOAT4E2M1",     "FLOAT8E8M0"};
  const auto at = static_cast<std::size_t>(type);
  return std::to_string(type) + (type >= 0 && at < names.size() ? " (" + names[at] + ")" : "");
}

Tensor convert_tensor(const onnx::TensorProto& proto, const Place& place, bool half) {
  Tensor tensor;
  for (const std::int64_t dimension : proto.dims()) tensor.shape.push_back(dimension);
  const std::int64_t elements = tensor.size();
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  if (elements < 0 || elements > most || tensor.shape.size() > 16) {
    throw InputError(place, "tensor '" + proto.name() + "' has the shape " + shape_text(tensor.shape));
  }
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    throw InputError(place,
                     "tensor '" + proto.name() + "' keeps its data in another file, which is not supported");
  }
  const auto count = static_cast<std::size_t>(elements);
  if (half && proto.data_type() == onnx::TensorProto::FLOAT16) {
    tensor.data = half_data(proto, count, place);
    return tensor;
  }
  switch (proto.data_type()) {
    case uint4_type:
    case int4_type: tensor.data = nibbles(proto, count, place); break;
    case onnx::TensorProto::FLOAT:
      tensor.data = tensor_data<float>(proto, proto.float_data(), count, place);
      break;
    case onnx::TensorProto::DOUBLE:
      tensor.data = tensor_data<double>(proto, proto.double_data(), count, place);
      break;
    case onnx::TensorProto::INT64:
      tensor.data = tensor_data<std::int64_t>(proto, proto.int64_data(), count, place);
      break;
    case onnx::TensorProto::INT32:
      tensor.data = tensor_data<std::int32_t>(proto, proto.int32_data(), count, place);
      break;
    case onnx::TensorProto::INT8:
      tensor.data = tensor_data<std::int8_t>(proto, proto.int32_data(), count, place);
      break;
    case onnx::TensorProto::UINT8:
      tensor.data = tensor_data<std::uint8_t>(proto, proto.int32_data(), count, place);
      break;
    case onnx::TensorProto::BOOL: {
      std::vector<std::int64_t> truth;
      for (const std::uint8_t value : tensor_data<std::uint8_t>(proto, proto.int32_data(), count, place))
        truth.push_back(value != 0 ? 1 : 0);
      tensor.data = std::move(truth);
      break;
    }
    default:
      throw InputError(place, "tensor '" + proto.name() + "' has the element type " +
                                  element_name(proto.data_type()) +
                                  "; supported are FLOAT, DOUBLE, INT64, INT32, INT8, UINT8, INT4, UINT4 and "
                                  "BOOL");
  }
  return tensor;
}

}  // namespace tricycle
