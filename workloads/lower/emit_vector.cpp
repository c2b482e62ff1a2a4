// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "support/diagnostics.hpp"
#include "workloads/lower/emit.hpp"
#include "workloads/lower/fields_of.hpp"

namespace tricycle {

Emitter::Block Emitter::Block::part(const Lattice& lattice) const {
  return {u32(address + lattice.line * line + lattice.column * pixel), pixel * lattice.column_step,
          line * lattice.line_step};
}

/// Errors: a window that does not fit into the fields of an instruction.
void Emitter::check_window(const Window& w) const {
  constexpr std::int64_t most = 65535, most_taps = most + 1;
  const auto fail = [&](const std::string& message) {
    throw InputError(Place::at_node(network_.file, layer().name), message);
  };
  const std::pair<const char*, std::int64_t> fields[] = {
      {"kernel", w.kernel_h}, {"kernel", w.kernel_w},     {"stride", w.stride_y},
      {"stride", w.stride_x}, {"dilation", w.dilation_y}, {"dilation", w.dilation_x},
      {"padding", w.pad_top}, {"padding", w.pad_left}};
  for (const auto& [name, value] : fields) {
    if (value > most)
      fail(fmt::format("its windows have a {} of {}; an instruction holds up to {}", name, value, most));
  }
  if (w.taps() > most_taps) {
    fail(fmt::format("its windows have {} x {} taps; an instruction has up to {}", w.kernel_h, w.kernel_w,
                     most_taps));
  }
}

/// Emits a tile of a layer without weights. It reads the tile's channels of every input; a concatenation
/// reads all channels of each input.
void Emitter::pass(std::int64_t n, const OutputTile& outputs) {
  const TilingProblem& p = problem();
  const std::int64_t cols = std::min(plan().tiling.n, p.n - n);
  const bool own = p.table_row > 0 && p.table_per_channel;
  if (p.pinned) {
    bring_staying(n, cols);
    use_pinned(n);
  } else if (own && weights_n_ != n) {
    load_table(weights_.take(p.table_bytes(cols)), n, cols);
  }
  weights_n_ = n;
  if (p.gather_row > 0) return gather(outputs);
  std::int64_t at = n;
  for (std::size_t k = 0; k < layer().inputs.size(); ++k) {
    const int tensor = layer().inputs[k];
    if (k > 0 && !p.joins) break;
    const std::int64_t channel = p.joins ? 0 : n;
    const std::int64_t channels = p.joins ? network_.tensor(tensor).channels : cols;
    const Block block =
        k == 0 ? window_block(outputs, channel, channels) : point_block(k, outputs, channel, channels);
    const Window w = tile_window(p, outputs.line, outputs.lines, outputs.column, outputs.columns);
    const Pool pool = layer().kind == LayerKind::sum_pool ? Pool::sum : Pool::max;
    const Source source = {Memory::activation, tensor_plan(tensor).format, block, w, pool};
    const std::size_t operands = layer().kind == LayerKind::pointwise ? layer().inputs.size() : 1;
    Block second, third;
    if (operands > 1) second = point_block(1, outputs, n, cols);
    if (operands > 2) third = point_block(2, outputs, n, cols);
    emit_stage(source, operands > 1 ? &second : nullptr, operands > 2 ? &third : nullptr, outputs, at,
               channels);
    at += channels;
  }
}

/// Emits a gather: rows of a table in DRAM, selected by the values of the input.
void Emitter::gather(const OutputTile& outputs) {
  const Block indices = window_block(outputs, 0, 1);
  std::int64_t first = 0;
  const Block block = result_block(outputs, 0, problem().n, first);
  isa::Gather i;
  i.memory = Memory::activation;
  i.address = block.address;
  i.stride = u32(block.pixel);
  i.dram = image_->weights[0][0];
  i.dram_stride = u32(problem().gather_row);
  i.table_rows = u32(static_cast<std::int64_t>(image_->weight_bytes) / problem().gather_row);
  i.rows = u32(outputs.lines * outputs.columns);
  i.row_bytes = u32(problem().gather_row);
  i.indices = indices.address;
  emit(i);
  finish_result(block, outputs, 0, problem().n, first);
}

/// The destination of a tile's results of channels n to n + cols - 1: their place in the resident tensor, or
/// a block of their own. `first` receives the block's channel for channel n.
Emitter::Block Emitter::result_block(const OutputTile& outputs, std::int64_t n, std::int64_t cols,
                                     std::int64_t& first) {
  const TensorPlan& to = tensor_plan(layer().output);
  if (to.resident) {
    first = n;
    return block_of(output_, layer().output, outputs.image, outputs.line, outputs.lines, outputs.column,
                    outputs.columns, 0, output().channels);
  }
  // The inputs of a concatenation fill one common block, one after another.
  const bool concat = layer().kind == LayerKind::concat;
  const std::int64_t pixel = row(to.format, concat ? output().channels : cols);
  if (!concat || n == 0) output_block_ = output_.take(outputs.lines * outputs.columns * pixel);
  first = concat ? n : 0;
  return {output_block_, pixel, outputs.columns * pixel};
}

/// Adds checkpoints for the results of the last instruction in a block, and stores the block in DRAM.
void Emitter::finish_result(const Block& block, const OutputTile& outputs, std::int64_t n, std::int64_t cols,
                            std::int64_t first) {
  const TensorPlan& to = tensor_plan(layer().output);
  const bool concat = layer().kind == LayerKind::concat;
  if (to.forwarded) {
    const std::int64_t bytes = row(to.format, cols);
    return add_checkpoints(Memory::lanes, to.format, {0, bytes, outputs.columns * bytes}, 0, outputs, n,
                           cols);
  }
  add_checkpoints(Memory::activation, to.format, block, first, outputs, n, cols);
  if (to.resident || (concat && n + cols < output().channels)) return;
  transfer(false, Memory::activation, block, layer().output, outputs, concat ? 0 : n,
           row(to.format, concat ? output().channels : cols));
}

/// Turns values (sums or activations) into outputs of channels n to n + cols - 1 with the layer's stage. The
/// outputs go to their place in the resident tensor, or to a block of their own that is then stored.
void Emitter::emit_stage(const Source& source, const Block* second, const Block* third,
                         const OutputTile& outputs, std::int64_t n, std::int64_t cols) {
  std::int64_t first = 0;
  const Block result = result_block(outputs, n, cols, first);
  for (const PlainWindow& plain : plain_windows(source.window)) {
    const Source part = {source.memory, source.format, source.block.part(plain.inputs), plain.window,
                         source.pool};
    const Block y = second != nullptr ? second->part(plain.outputs) : Block{};
    const Block z = third != nullptr ? third->part(plain.outputs) : Block{};
    emit_results(part, second != nullptr ? &y : nullptr, third != nullptr ? &z : nullptr,
                 result.part(plain.outputs), first, cols);
  }
  finish_result(result, outputs, n, cols, first);
}

/// Emits one instruction of a stage. The channels of its results go to a block, from the block's channel
/// `first` on.
void Emitter::emit_results(const Source& source, const Block* second, const Block* third, const Block& result,
                           std::int64_t first, std::int64_t cols) {
  check_window(source.window);
  const auto fill = [&](auto i) {
    i.memory = source.memory;
    i.source_format = source.format;
    i.address = source.block.address;
    i.position_stride = u32(source.block.pixel);
    i.line_stride = u32(source.block.line);
    i.pool = source.pool;
    set_window(i, source.window);
    i.cols = u32(cols);
    i.format = tensor_plan(layer().output).format;
    i.result = result.address;
    i.result_position_stride = u32(result.pixel);
    i.result_line_stride = u32(result.line);
    i.first = u32(first);
    if constexpr (requires { i.table; }) {
      i.table = table_at_;
      if constexpr (requires { i.per_channel; }) i.per_channel = problem().table_per_channel ? 1 : 0;
    }
    if constexpr (requires { i.second; }) {
      i.second = layer().pairs ? Second::pair : Second::none;
      if (second != nullptr) {
        i.second = Second::tensor;
        i.second_format = tensor_plan(layer().inputs[1]).format;
        i.second_address = second->address;
        i.second_position_stride = u32(second->pixel);
        i.second_line_stride = u32(second->line);
      }
    }
    set_lanes(i);
    return i;
  };
  if (const auto* stage = std::get_if<ThresholdStage>(&layer().stage)) {
    isa::Threshold i = fill(isa::Threshold{});
    i.thresholds = static_cast<std::uint8_t>(stage->codes.size() - 1);
    i.threshold_bytes = static_cast<std::uint8_t>(plan().threshold_bytes);
    for (std::size_t c = 0; c < stage->codes.size(); ++c) {
      const std::uint64_t code = static_cast<std::uint8_t>(stage->codes[c]);
      (c < 8 ? i.codes : i.more_codes) |= code << (8 * (c % 8));
    }
    emit(i);
  } else if (const auto* scale = std::get_if<ScaleStage>(&layer().stage)) {
    isa::Scale i = fill(isa::Scale{});
    i.rounding = scale->end.rounding;
    i.zero = u32(scale->end.zero);
    i.zero_behind = scale->end.zero_behind ? 1 : 0;
    i.least = u32(scale->least);
    i.most = u32(scale->most);
    emit(i);
  } else if (const auto* affine = std::get_if<AffineStage>(&layer().stage)) {
    isa::Affine i = fill(isa::Affine{});
    i.least = std::bit_cast<std::uint32_t>(affine->least);
    i.most = std::bit_cast<std::uint32_t>(affine->most);
    emit(i);
  } else if (const auto* lookup = std::get_if<LookupStage>(&layer().stage)) {
    isa::Lookup i = fill(isa::Lookup{});
    i.segments = static_cast<std::uint8_t>(lookup->segments);
    i.segment_shift = static_cast<std::uint8_t>(lookup->segment_shift);
    i.symmetry = lookup->symmetry;
    i.interpolate = lookup->interpolate ? 1 : 0;
    i.one = u32(lookup->one);
    emit(i);
  } else if (const auto* multiply = std::get_if<MultiplyStage>(&layer().stage)) {
    emit_multiply(fill(isa::Multiply{}), *multiply, third);
  } else if (const auto* function = std::get_if<FunctionStage>(&layer().stage)) {
    isa::Function i = fill(isa::Function{});
    i.function = function->function;
    i.slope = std::bit_cast<std::uint32_t>(function->slope);
    emit(i);
  } else if (const auto* sample = std::get_if<SampleStage>(&layer().stage)) {
    isa::Sample i = fill(isa::Sample{});
    i.registers = second->address;
    i.registers_position_stride = u32(second->pixel);
    i.registers_line_stride = u32(second->line);
    i.shift = static_cast<std::uint8_t>(sample->shift);
    emit(i);
  } else {
    emit(fill(isa::Copy{}));
  }
}

/// Operands from lanes and forwarded results have no addresses.
template <class I>
void Emitter::set_lanes(I& i) const {
  const ChainLink& link = plan().link;
  i.chain = link.chain;
  if (link.from_lanes(0) > 0) {
    i.memory = Memory::lanes;
    i.address = link.from_lanes(0);
    i.position_stride = i.line_stride = 0;
  }
  if constexpr (requires { i.second; }) {
    if (link.from_lanes(1) > 0) {
      i.second = Second::lanes;
      i.second_address = link.from_lanes(1);
      i.second_position_stride = i.second_line_stride = 0;
    }
  }
  if constexpr (requires { i.third; }) {
    if (link.from_lanes(2) > 0) {
      i.third = Second::lanes;
      i.third_address = link.from_lanes(2);
      i.third_position_stride = i.third_line_stride = 0;
    }
  }
  if (link.chain == Chaining::forwards)
    i.result = i.result_position_stride = i.result_line_stride = i.first = 0;
}

void Emitter::emit_multiply(isa::Multiply i, const MultiplyStage& stage, const Block* third) {
  const bool real = output().codes.is_float();
  i.shift = static_cast<std::uint8_t>(stage.shift);
  i.third_shift = static_cast<std::uint8_t>(stage.third_shift);
  i.least = real ? std::bit_cast<std::uint32_t>(-std::numeric_limits<float>::infinity()) : u32(stage.least);
  i.most = real ? std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity()) : u32(stage.most);
  if (third != nullptr) {
    i.third = Second::tensor;
    i.third_format = tensor_plan(layer().inputs[2]).format;
    i.third_address = third->address;
    i.third_position_stride = u32(third->pixel);
    i.third_line_stride = u32(third->line);
    set_lanes(i);
  }
  emit(i);
}

/// Stores sums that are the output unchanged.
void Emitter::store_sums(std::uint32_t sums, const OutputTile& outputs, std::int64_t n, std::int64_t cols) {
  const std::int64_t pixel = cols * problem().sums * 4;
  const Block block = {sums, pixel, outputs.columns * pixel};
  add_checkpoints(Memory::accumulator, Format::int32, block, 0, outputs, n, cols);
  transfer(false, Memory::accumulator, block, layer().output, outputs, n, pixel);
}

/// Adds checkpoints for the channels of the layer's output that the last instruction left in `block`: one
/// checkpoint, or one for each line where a tile is narrower than the tensor.
void Emitter::add_checkpoints(Memory memory, Format format, const Block& block, std::int64_t first,
                              const OutputTile& outputs, std::int64_t channel, std::int64_t cols) {
  const auto instruction = u32(static_cast<std::int64_t>(trace_.code.size()) - 1);
  const bool whole = outputs.columns == output().width;
  // The results of a time step stand behind the results of earlier steps; in a sequence they stand at their
  // time.
  const bool in_loop = network_.loop_of(index_) != nullptr;
  const std::int64_t before = !in_loop                          ? 0
                              : output().role == Role::sequence ? time_of(layer().output) * output().width
                                                                : step_ * output().rows();
  const std::int64_t pieces = whole ? 1 : outputs.lines;
  for (std::int64_t l = 0; l < pieces; ++l) {
    const Region region = {memory,
                           format,
                           block.address + static_cast<std::uint64_t>(l * block.line),
                           static_cast<std::uint64_t>(block.pixel),
                           first,
                           whole ? outputs.lines * outputs.columns : outputs.columns,
                           cols};
    const std::int64_t position =
        before + (outputs.image * output().height + outputs.line + l) * output().width + outputs.column;
    trace_.checkpoints.push_back(
        {instruction, u32(static_cast<std::int64_t>(index_)), region, position, channel, {}, {}});
  }
}

}  // namespace tricycle
