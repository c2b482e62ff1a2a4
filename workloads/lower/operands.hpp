// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "arch/spec/machine.hpp"
#include "workloads/quantized.hpp"

namespace tricycle {

/// Bits of the narrowest integers that hold a range.
struct Width {
  std::int64_t bits;
  bool is_signed;
};
[[nodiscard]] Width width_of(const Codes& codes);

/// int8 or uint8, of codes that fit into a byte.
[[nodiscard]] Format byte_format(const Codes& codes);
[[nodiscard]] Format float_format(const Codes& codes);

/// Binary or ternary.
[[nodiscard]] bool is_low(const Codes& codes);

/// What the format of each tensor must hold: its codes, and that of 0 where a product reads it as padding.
[[nodiscard]] std::vector<Codes> codes_held(const QuantizedNetwork& network);

/// The formats in which a datapath of a machine takes the operands of a product layer, if it does. `held` is
/// what the format of the layer's input must hold.
struct OperandFormats {
  Format activations, weights;
};
[[nodiscard]] std::optional<OperandFormats> operands_of(const MachineSpec& spec, Datapath datapath,
                                                        const QuantizedLayer& layer, const Codes& held);

}  // namespace tricycle
