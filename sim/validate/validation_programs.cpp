// SPDX-License-Identifier: Apache-2.0
#include "sim/validate/validation_programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "arch/isa/defects.hpp"
#include "arch/isa/footprint.hpp"
#include "arch/machine/elaboration.hpp"
#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

template <class T>
T narrow(std::int64_t value) {
  return static_cast<T>(value);
}

/// The kernel, formats and lanes of every matmul of a layer.
isa::Matmul matmul_of(const ProductLayer& layer, const MachineSpec& spec) {
  isa::Matmul i;
  const bool binary =
      layer.activation_bits == 1 && layer.weight_bits == 1 && spec.array.has(Datapath::binary);
  i.datapath = binary ? Datapath::binary : Datapath::bitserial;
  i.activation_format = binary ? Format::bit1 : bit_planes(layer.activation_bits, false);
  i.weight_format = binary ? Format::bit1 : bit_planes(layer.weight_bits, true);
  i.im2col = layer.im2col ? 1 : 0;
  i.folding = narrow<std::uint16_t>(layer.folding);
  i.kernel_h = i.kernel_w = narrow<std::uint16_t>(layer.kernel);
  i.stride_y = i.stride_x = i.dilation_y = i.dilation_x = 1;
  return i;
}

/// The sizes of a tile of a layer.
struct TileSizes {
  std::int64_t elements, cols, lines, columns;
};

struct TileFit {
  const ProductLayer& layer;
  const MachineSpec& spec;
  const isa::Matmul& matmul;

  [[nodiscard]] bool holds(const TileSizes& tile) const {
    const std::int64_t word = spec.array.word_bits, taps = layer.kernel * layer.kernel;
    const std::int64_t image = (tile.lines + layer.kernel - 1) * (tile.columns + layer.kernel - 1);
    return tile.cols * taps * row_bytes(matmul.weight_format, tile.elements, word) <=
               spec.weight_memory.bytes() &&
           image * row_bytes(matmul.activation_format, tile.elements, word) <=
               spec.activation_memory.bytes() &&
           tile.lines * tile.columns * tile.cols * 4 <= spec.accumulator_memory.bytes();
  }

  /// The largest tile: one group of columns, then as much of the reduction as fits, then as many outputs as
  /// fit. Nothing where not even one output fits.
  [[nodiscard]] std::optional<TileSizes> largest() const {
    const Geometry g = geometry_of(spec.array, shape_of(matmul));
    const std::int64_t words = ceil_div(layer.in_channels, g.lanes);
    TileSizes tile = {layer.in_channels, std::min(layer.out_channels, g.cols), 1, 1};
    for (std::int64_t parts = 2; !holds(tile) && !layer.im2col && parts <= words; ++parts)
      tile.elements = ceil_div(words, parts) * g.lanes;
    if (!holds(tile)) return std::nullopt;
    while (tile.columns < layer.out_columns && holds({tile.elements, tile.cols, 1, tile.columns + 1}))
      ++tile.columns;
    while (tile.lines < layer.out_lines && holds({tile.elements, tile.cols, tile.lines + 1, tile.columns}))
      ++tile.lines;
    return tile;
  }
};

/// Turns the images of a matrix product into its rows.
ProductLayer as_one_product(ProductLayer layer) {
  if (layer.kernel == 1 && layer.out_lines == 1 && layer.out_columns == 1)
    std::swap(layer.out_columns, layer.batch);
  return layer;
}

/// Lays out rows side by side, from address 0 of each memory on.
void lay_out(isa::Matmul& i, const MachineSpec& spec) {
  const std::int64_t word = spec.array.word_bits;
  i.position_stride = narrow<std::uint32_t>(row_bytes(i.activation_format, i.elements, word));
  i.line_stride = i.position_stride * i.in_columns;
  i.weight_stride =
      narrow<std::uint32_t>(i.kernel_h * i.kernel_w * row_bytes(i.weight_format, i.elements, word));
  i.sum_stride = i.cols * 4;
}

Instruction instruction_of(const Operation& operation) {
  Instruction instruction;
  instruction.operation = operation;
  return instruction;
}

}  // namespace

std::string product_defect(const ProductLayer& given, const MachineSpec& spec) {
  constexpr std::int64_t most = std::int64_t{1} << 20U;
  const ProductLayer layer = as_one_product(given);
  const isa::Matmul matmul = matmul_of(layer, spec);
  const std::optional<TileSizes> tile = TileFit{layer, spec, matmul}.largest();
  if (!tile) return "the memories of '" + spec.name + "' do not hold one output of the layer";
  // Each factor is at most 2^16.
  const std::int64_t of_a_column =
      ceil_div(layer.out_lines, tile->lines) * ceil_div(layer.out_columns, tile->columns);
  const std::int64_t of_an_image =
      of_a_column * ceil_div(layer.in_channels, tile->elements) * ceil_div(layer.out_channels, tile->cols);
  if (of_an_image <= most / layer.batch) return "";
  return fmt::format("on '{}' the layer needs more than {} matmuls", spec.name, most);
}

std::vector<Instruction> product_program(const ProductLayer& given, const MachineSpec& spec) {
  const ProductLayer layer = as_one_product(given);
  isa::Matmul i = matmul_of(layer, spec);
  const TileSizes tile = TileFit{layer, spec, i}.largest().value();
  std::vector<Instruction> one_image, program;
  for (std::int64_t col = 0; col < layer.out_channels; col += tile.cols) {
    i.cols = narrow<std::uint32_t>(std::min(tile.cols, layer.out_channels - col));
    for (std::int64_t y = 0; y < layer.out_lines; y += tile.lines) {
      i.lines = narrow<std::uint32_t>(std::min(tile.lines, layer.out_lines - y));
      i.in_lines = i.lines + i.kernel_h - 1U;
      for (std::int64_t x = 0; x < layer.out_columns; x += tile.columns) {
        i.columns = narrow<std::uint32_t>(std::min(tile.columns, layer.out_columns - x));
        i.in_columns = i.columns + i.kernel_w - 1U;
        for (std::int64_t c = 0; c < layer.in_channels; c += tile.elements) {
          i.elements = narrow<std::uint32_t>(std::min(tile.elements, layer.in_channels - c));
          i.accumulate = c > 0 ? 1 : 0;
          lay_out(i, spec);
          one_image.push_back(instruction_of(i));
        }
      }
    }
  }
  for (std::int64_t image = 0; image < layer.batch; ++image)
    program.insert(program.end(), one_image.begin(), one_image.end());
  program.push_back(instruction_of(isa::Halt{}));
  return program;
}

std::vector<Instruction> ternary_program(const std::vector<TernaryLayer>& layers, const MachineSpec& spec) {
  std::vector<Instruction> program;
  for (const TernaryLayer& layer : layers) {
    isa::Matmul i;
    i.datapath = Datapath::ternary_planes;
    i.activation_format = i.weight_format = Format::planes;
    i.im2col = 1;
    i.kernel_h = i.kernel_w = 3;
    i.dilation_y = i.dilation_x = 1;
    i.stride_y = i.stride_x = narrow<std::uint16_t>(layer.stride);
    i.pad_top = i.pad_left = layer.same ? 1 : 0;
    i.in_lines = narrow<std::uint32_t>(layer.height);
    i.in_columns = narrow<std::uint32_t>(layer.width);
    const std::int64_t lost = layer.same ? 0 : 2;
    i.lines = narrow<std::uint32_t>(ceil_div(layer.height - lost, layer.stride));
    i.columns = narrow<std::uint32_t>(ceil_div(layer.width - lost, layer.stride));
    i.elements = narrow<std::uint32_t>(layer.in_channels);
    i.cols = narrow<std::uint32_t>(layer.out_channels);
    lay_out(i, spec);
    program.push_back(instruction_of(i));
  }
  program.push_back(instruction_of(isa::Halt{}));
  return program;
}

MeasuredCycles measure(const std::vector<Instruction>& program, const MachineSpec& spec) {
  for (const Instruction& instruction : program) {
    const std::string defect = defect_of(instruction, spec);
    if (!defect.empty()) throw RunError("a matmul cannot run on '" + spec.name + "': " + defect);
  }
  MachineOptions options;
  options.functional = false;
  Elaboration machine(spec, program, 1, 0, options);
  const Inference inference = machine.run();
  if (inference.status != RunStatus::finished) throw RunError("the program does not finish");
  const auto is_array = [](const UnitTimes& unit) { return unit.name == "array"; };
  const auto array = std::find_if(inference.units.begin(), inference.units.end(), is_array);
  return {static_cast<std::int64_t>(inference.cycles), static_cast<std::int64_t>(array->busy)};
}

}  // namespace tricycle
