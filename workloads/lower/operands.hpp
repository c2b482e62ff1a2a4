// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "arch/params/machine.hpp"
#include "workloads/integer/quantized.hpp"

namespace tricycle {

/// The width of the narrowest integer type that holds a range of codes.
struct Width {
  std::int64_t bits;
  bool is_signed;
};
[[nodiscard]] Width width_of(const Codes& codes);

/// int8 or uint8, for codes that fit into a byte.
[[nodiscard]] Format byte_format(const Codes& codes);
[[nodiscard]] Format float_format(const Codes& codes);

/// Whether codes are binary or ternary.
[[nodiscard]] bool is_low(const Codes& codes);

/// The codes that the format of each tensor must hold: the tensor's codes, and the code of 0 where a product
/// reads 0 as padding.
[[nodiscard]] std::vector<Codes> codes_held(const QuantizedNetwork& network);

/// The formats in which a datapath of a machine takes the operands of a product layer; nothing where it does
/// not take them. `held` are the codes that the format of the layer's input must hold.
struct OperandFormats {
  Format activations, weights;
};
[[nodiscard]] std::optional<OperandFormats> operands_of(const MachineSpec& spec, Datapath datapath,
                                                        const QuantizedLayer& layer, const Codes& held);

}  // namespace tricycle
