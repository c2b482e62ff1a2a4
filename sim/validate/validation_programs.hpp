// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "arch/isa/instruction.hpp"
#include "arch/params/machine.hpp"

namespace tricycle {

/// A convolution, or a matrix product (K, OH and OW are 1), with a batch size.
struct ProductLayer {
  std::int64_t in_channels = 1, out_channels = 1;
  std::int64_t out_lines = 1, out_columns = 1;
  std::int64_t kernel = 1;
  std::int64_t activation_bits = 1, weight_bits = 1;
  std::int64_t batch = 1;
  bool im2col = false;
  std::int64_t folding = 0;
};

/// Why a layer can have no program, or "": its smallest tile does not fit into the memories, or it has more
/// than 2^20 matmuls.
[[nodiscard]] std::string product_defect(const ProductLayer& layer, const MachineSpec& spec);

/// The layer's matmuls and a halt, without loads and stores. The tiles fit into the memories. Their channels
/// are multiples of the array's columns and lanes, so that tiling costs no array step. The layer must have no
/// defect.
[[nodiscard]] std::vector<Instruction> product_program(const ProductLayer& layer, const MachineSpec& spec);

/// A 3 x 3 ternary convolution of the machine `cutie`.
struct TernaryLayer {
  std::int64_t width = 3, height = 3;
  std::int64_t in_channels = 96, out_channels = 96;
  std::int64_t stride = 1;
  bool same = true;  ///< padded by one pixel; false: no padding
};

/// One matmul for each layer and a halt.
[[nodiscard]] std::vector<Instruction> ternary_program(const std::vector<TernaryLayer>& layers,
                                                       const MachineSpec& spec);

/// The cycles of a timing-only run.
struct MeasuredCycles {
  std::int64_t all = 0;         ///< cycles of the run
  std::int64_t array_busy = 0;  ///< cycles in which the array feeds an array step
};

/// Runs a program on a machine. Throws RunError when it does not finish.
[[nodiscard]] MeasuredCycles measure(const std::vector<Instruction>& program, const MachineSpec& spec);

}  // namespace tricycle
