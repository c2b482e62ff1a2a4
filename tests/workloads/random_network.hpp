// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "support/random.hpp"
#include "workloads/integer/quantized.hpp"

namespace tricycle {
struct MachineSpec;
}

namespace tricycle::test {

/// A quantized network of one to six layers of every kind, on small images: convolutions with strides,
/// padding, dilation and groups, weights of every code, fused pools, residuals, pairs, pools, concatenations,
/// every stage. Its values mean nothing.
[[nodiscard]] QuantizedNetwork random_network(Random& random);

/// Random codes of a tensor.
[[nodiscard]] std::vector<std::int32_t> random_codes(Random& random, const QuantizedTensor& tensor);

/// A machine of random shape that has every datapath; memories of 1 to 64 KiB.
[[nodiscard]] MachineSpec random_cnn_machine(Random& random);

}  // namespace tricycle::test
