// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "support/files.hpp"
#include "support/tensor.hpp"

namespace tricycle::test {

struct RandomModel {
  Bytes onnx;
  Tensor input;
  std::string text;  ///< what it is, for messages
};

}  // namespace tricycle::test
