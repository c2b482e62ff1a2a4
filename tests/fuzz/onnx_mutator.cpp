// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/workloads/onnx_changes.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed);

/// Bytes at random rarely stay a model: every other time the message is changed instead, where there is one.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  tricycle::Random random(seed);
  onnx::ModelProto model;
  if (random.chance(0.5) || !model.ParseFromArray(data, static_cast<int>(size)))
    return LLVMFuzzerMutate(data, size, most);
  tricycle::test::change(model, random);
  const tricycle::Bytes bytes = tricycle::test::bytes_of(model);
  if (bytes.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}
