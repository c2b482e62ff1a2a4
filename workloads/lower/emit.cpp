// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/emit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "arch/params/zero_flags.hpp"
#include "support/diagnostics.hpp"
#include "workloads/lower/fields_of.hpp"

namespace tricycle {
void Emitter::Ring::begin_layer(std::int64_t end) {
  end_ = end;
  place_ = block_ = 0;
}

std::uint32_t Emitter::Ring::take(std::int64_t bytes) {
  if (bytes > block_) {
    const std::int64_t place = aligned(bytes), offset = (next_ - begin_) % place;
    const auto places_from = [&](std::int64_t first) { return (end_ - first - bytes) / place + 1; };
    const bool goes_on =
        next_ + bytes <= end_ && (places_from(begin_ + offset) >= 2 || places_from(begin_) < 2);
    first_ = goes_on ? begin_ + offset : begin_;
    if (!goes_on) next_ = begin_;
    block_ = bytes;
    place_ = place;
  }
  if (next_ + block_ > end_) next_ = first_;
  const std::int64_t at = next_;
  next_ += place_;
  return u32(at);
}

std::uint64_t Emitter::Ring::bytes() const {
  return static_cast<std::uint64_t>(((end_ - first_ - block_) / place_ + 1) * place_);
}

void Emitter::begin_step() {
  weights_.rewind();
  sums_.rewind();
}

/// Remembers the rings of the layer that was emitted.
void Emitter::note_rings() {
  const auto note = [&](const Ring& ring, Memory memory) {
    if (ring.is_used())
      rings_.insert({u32(static_cast<std::int64_t>(index_)), memory, ring.first(), ring.bytes()});
  };
  note(weights_, Memory::weight);
  note(sums_, Memory::accumulator);
  for (const Ring* ring : {&input_, &second_, &output_}) note(*ring, Memory::activation);
  // What is loaded from DRAM for each tile of positions goes round too.
  const auto note_dram = [&](std::uint64_t begin, std::uint64_t bytes) {
    if (bytes > 0) rings_.insert({u32(static_cast<std::int64_t>(index_)), Memory::dram, begin, bytes});
  };
  if (problem().has_weights) note_dram(image_->weights[0][0], image_->weight_bytes);
  if (!image_->tables.empty()) note_dram(image_->tables[0], image_->table_bytes);
}

Emitter::Emitter(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan,
                 const std::vector<std::uint64_t>& tensors_at, Trace& trace)
    : network_(network),
      spec_(spec),
      plan_(plan),
      tensors_at_(tensors_at),
      trace_(trace),
      weights_(0, usable_weight_bytes(spec)),
      sums_(0, spec.accumulator_memory.bytes()) {}

void Emitter::emit_layer(std::size_t index, const LayerImage& image, std::int64_t step) {
  index_ = index;
  image_ = &image;
  step_ = step;
  weights_n_ = weights_channel_ = -1;
  staying_ = 0;
  window_outputs_.image = -1;
  if (layer().kind == LayerKind::initial || layer().kind == LayerKind::save) return move_state();
  share_activation_memory();
  sums_.begin_layer(spec_.accumulator_memory.bytes());
  load_shared_table();
  const std::int64_t channels = plan().tiling.n;
  if (problem().has_weights && !plan().tiling.weights_outer) {
    for_each_output_tile([&](const OutputTile& outputs) {
      for (std::int64_t n = 0; n < problem().n; n += channels) tile(n, outputs);
    });
    return note_rings();
  }
  for (std::int64_t n = 0; n < problem().n; n += channels)
    for_each_output_tile(
        [&](const OutputTile& outputs) { problem().has_weights ? tile(n, outputs) : pass(n, outputs); });
  note_rings();
}

/// Refuses a far too long program while it grows.
void Emitter::check_length() const {
  if (trace_.code.size() <= most_written) return;
  throw InputError(
      Place::at_node(network_.file, layer().name),
      fmt::format("its program has more than {} instructions before loops are found in it", most_written));
}

void Emitter::load_pinned(std::size_t index, const LayerImage& image) {
  index_ = index;
  image_ = &image;
  step_ = 0;
  if (problem().pinned) bring_pinned(0, problem().n);
}

/// Loads the parameters of output channels n to n + cols - 1 to their place among the pinned ones. A table
/// for all channels comes with the first.
void Emitter::bring_pinned(std::int64_t n, std::int64_t cols) {
  const TilingProblem& p = problem();
  once_ = p.stays;
  use_pinned(n);
  if (p.has_weights && p.groups > 1) {
    for (std::int64_t first = n; first < n + cols; first += p.pinned_n) {
      const std::int64_t count = std::min(p.pinned_n, n + cols - first);
      const auto tile = static_cast<std::size_t>(first / p.pinned_n);
      use_pinned(first);
      bring_weights(weights_at_, image_->weights[tile][0], first, count, channels_of(p, first, count));
    }
    use_pinned(n);
  } else if (p.has_weights) {
    const ChannelRange all = {0, p.inputs[0].channels};
    const auto skipped = static_cast<std::uint64_t>(p.pinned_weights(p.dram_weights, n));
    bring_rows(weights_at_, image_->weights[0][0] + skipped, cols * p.sums,
               p.weight_row(p.dram_weights, 0, p.n, all), p.weight_row(p.shape.weights, 0, p.n, all),
               all.count);
  }
  const std::int64_t size = p.table_per_channel ? p.table_bytes(cols) : n == 0 ? p.table_row : 0;
  if (image_->table_bytes > 0 && size > 0) {
    const auto tile = static_cast<std::size_t>(n / plan().tiling.n);
    emit_rows(true, Memory::weight, table_at_, size, image_->tables[p.table_per_channel ? tile : 0], size, 1,
              size);
  }
  once_ = false;
}

/// Loads the tile's parameters where they stay, before its first use. Those of a loop were loaded before it.
void Emitter::bring_staying(std::int64_t n, std::int64_t cols) {
  if (!problem().stays || network_.loop_of(index_) != nullptr || n < staying_) return;
  bring_pinned(n, cols);
  staying_ = n + cols;
}

/// Loads a state from its place between items, or stores it there.
void Emitter::move_state() {
  const TensorPlan& state = tensor_plan(layer().output);
  const std::int64_t bytes = tensor_bytes(output(), state.format, spec_.array.word_bits);
  emit_rows(layer().kind == LayerKind::initial, Memory::activation, u32(state.address), bytes, image_->state,
            bytes, 1, bytes);
}

/// Divides the free stretch of activation memory among the kinds of blocks: room for one block each, and for
/// a second one where there is spare room.
void Emitter::share_activation_memory() {
  const Tiling& t = plan().tiling;
  const std::int64_t spare =
      std::max<std::int64_t>(0, plan().free_end - plan().free_begin - t.activation_bytes());
  const std::int64_t third = spare / 3 / block_alignment * block_alignment;
  const std::int64_t output = t.output_block + std::min(third, t.output_block);
  const std::int64_t second = t.second_block + std::min(third, t.second_block);
  const std::int64_t end = plan().free_end - output;
  output_ = Ring(end, plan().free_end);
  second_ = Ring(end - second, end);
  input_ = Ring(plan().free_begin, end - second);
}

template <class F>
void Emitter::for_each_output_tile(F f) {
  const Tiling& t = plan().tiling;
  const TilingProblem& p = problem();
  for (std::int64_t image = 0; image < p.images; ++image) {
    for (std::int64_t line = 0; line < p.out_lines(); line += t.lines) {
      for (std::int64_t column = 0; column < p.out_columns(); column += t.columns) {
        f(OutputTile{image, line, column, std::min(t.lines, p.out_lines() - line),
                     std::min(t.columns, p.out_columns() - column)});
        check_length();
      }
    }
  }
}

void Emitter::emit(Operation operation) {
  Instruction instruction;
  instruction.operation = operation;
  instruction.layer = u32(static_cast<std::int64_t>(index_));
  instruction.step = u32(step_);
  trace_.code.push_back(instruction);
}

/// Emits a transfer of rows. Rows that are contiguous on both sides become one run of bytes.
void Emitter::emit_rows(bool load, Memory memory, std::uint32_t address, std::int64_t stride,
                        std::uint64_t dram, std::int64_t dram_stride, std::int64_t rows, std::int64_t bytes) {
  if (stride == bytes && dram_stride == bytes) {
    bytes *= rows;
    rows = 1;
  }
  if (load) {
    emit(isa::Load{memory, address, u32(stride), dram, u32(dram_stride), u32(rows), u32(bytes),
                   static_cast<std::uint8_t>(once_)});
  } else {
    emit(isa::Store{memory, address, u32(stride), dram, u32(dram_stride), u32(rows), u32(bytes)});
  }
}

// ---- parameters ----

/// Loads a block of weights: as it lies in DRAM, or through the load engine's decoder.
void Emitter::bring_weights(std::uint32_t address, std::uint64_t dram, std::int64_t n, std::int64_t cols,
                            const ChannelRange& channels) {
  const TilingProblem& p = problem();
  bring_rows(address, dram, cols * p.sums, p.weight_row(p.dram_weights, n, cols, channels),
             p.weight_row(p.shape.weights, n, cols, channels), channels.count);
}

/// Rows of weights on some input channels, of so many bytes in DRAM and on chip.
void Emitter::bring_rows(std::uint32_t address, std::uint64_t dram, std::int64_t rows, std::int64_t dram_row,
                         std::int64_t row, std::int64_t channels) {
  const TilingProblem& p = problem();
  if (p.dram_weights == p.shape.weights)
    return emit_rows(true, Memory::weight, address, row, dram, row, rows, row);
  const WeightRow weights = p.weights_on(p.shape.weights, channels);
  emit(isa::Unpack{Memory::weight, address, u32(row), dram, u32(rows), u32(dram_row), p.dram_weights,
                   p.shape.weights, u32(weights.taps), u32(weights.elements),
                   static_cast<std::uint8_t>(once_)});
}

/// Loads a block of weights. The table comes with the last piece of the reduction, because it is needed when
/// the sums are complete.
void Emitter::load_weights(std::int64_t n, std::int64_t cols, std::int64_t channel, std::int64_t channels,
                           bool last) {
  const TilingProblem& p = problem();
  if (p.pinned) {
    bring_staying(n, cols);
    use_pinned(n);
    if (channel > 0 && p.groups == 1) weights_at_ += u32(row(p.shape.weights, channel));
    return;
  }
  if (weights_n_ == n && weights_channel_ == channel) return;
  const bool streams = plan().tiling.streams;
  const std::int64_t bytes =
      streams ? 0 : cols * p.sums * p.weight_row(p.shape.weights, n, cols, {channel, channels});
  const std::int64_t table = last && p.table_per_channel ? p.table_bytes(cols) : 0;
  weights_at_ = bytes + table > 0 ? weights_.take(bytes + table) : 0;
  if (!streams) {
    const std::int64_t block = p.groups > 1 ? 0 : channel / plan().tiling.channels;
    const auto& blocks = image_->weights[static_cast<std::size_t>(n / plan().tiling.n)];
    bring_weights(weights_at_, blocks[static_cast<std::size_t>(block)], n, cols, {channel, channels});
  }
  weights_n_ = n;
  weights_channel_ = channel;
  if (table > 0) load_table(u32(weights_at_ + bytes), n, cols);
}

/// Brings the next block of weights for the array, past weight memory. The array takes it while it comes, so
/// all that its matmul waits for has been loaded before.
void Emitter::bring_stream(std::int64_t n, std::int64_t cols) {
  const TilingProblem& p = problem();
  const std::uint64_t dram = image_->weights[static_cast<std::size_t>(n / plan().tiling.n)][0];
  const std::int64_t bytes = p.streamed_bytes(p.dram_weights, cols);
  if (p.dram_weights == p.shape.weights)
    return emit(isa::Load{Memory::stream, 0, 0, dram, u32(bytes), 1, u32(bytes), 0});
  emit(isa::Unpack{Memory::stream, 0, 0, dram, 1, u32(bytes), p.dram_weights, p.shape.weights, 1,
                   u32(cols * p.sums * p.shape.taps * p.inputs[0].channels), 0});
}

/// Finds the tile's parameters among the pinned parameters.
void Emitter::use_pinned(std::int64_t n) {
  const TilingProblem& p = problem();
  const std::int64_t bytes = p.weight_bytes(p.shape.weights);
  weights_at_ = u32(plan().pinned_at + (p.has_weights ? p.pinned_weights(p.shape.weights, n) : 0));
  if (image_->table_bytes > 0) {
    const std::size_t table = p.table_per_channel ? static_cast<std::size_t>(n / plan().tiling.n) : 0;
    const auto offset = static_cast<std::int64_t>(image_->tables[table] - image_->tables[0]);
    table_at_ = u32(plan().pinned_at + bytes + offset);
  }
}

/// A table that all channels share lies at the end of weight memory, below the pinned parameters, while the
/// layer runs.
void Emitter::load_shared_table() {
  const TilingProblem& p = problem();
  const bool shared = p.table_row > 0 && !p.table_per_channel && !p.pinned;
  const std::int64_t end = (usable_weight_bytes(spec_) - p.pinned_bytes) / block_alignment * block_alignment -
                           (shared ? aligned(p.table_row) : 0);
  weights_.begin_layer(end);
  if (shared) load_table(u32(end), 0, p.n);
}

void Emitter::load_table(std::uint32_t address, std::int64_t n, std::int64_t cols) {
  const std::int64_t bytes = problem().table_bytes(cols);
  table_at_ = address;
  emit_rows(true, Memory::weight, table_at_, bytes,
            image_->tables[static_cast<std::size_t>(n / plan().tiling.n)], bytes, 1, bytes);
}

// ---- activations ----

/// A block of lines and columns of a tensor on chip: its place if the tensor is resident; else it is loaded.
Emitter::Block Emitter::block_of(Ring& ring, int tensor, std::int64_t image, std::int64_t line,
                                 std::int64_t lines, std::int64_t column, std::int64_t columns,
                                 std::int64_t channel, std::int64_t channels) {
  const QuantizedTensor& t = network_.tensor(tensor);
  const TensorPlan& where = tensor_plan(tensor);
  const std::int64_t pixel = row(where.format, t.channels), line_bytes = t.width * pixel;
  if (where.resident)
    return {u32(where.address + offset_in(tensor, image, line, column, channel)), pixel, line_bytes};
  const std::int64_t bytes = row(where.format, channels);
  const Block block = {ring.take(lines * columns * bytes), bytes, columns * bytes};
  transfer(true, Memory::activation, block, tensor, {image, line, column, lines, columns}, channel, bytes);
  return block;
}

/// The line of a sequence that a layer within a loop works on.
std::int64_t Emitter::time_of(int tensor) const {
  const Loop* loop = network_.loop_of(index_);
  return loop != nullptr && network_.tensor(tensor).role == Role::sequence ? loop->time(step_) : 0;
}

/// Bytes from the begin of a tensor to a channel of one of its positions. Stacked images are one tall image.
std::int64_t Emitter::offset_in(int tensor, std::int64_t image, std::int64_t line, std::int64_t column,
                                std::int64_t channel) const {
  const QuantizedTensor& t = network_.tensor(tensor);
  const Format format = tensor_plan(tensor).format;
  return ((image * t.height + line + time_of(tensor)) * t.width + column) * row(format, t.channels) +
         row(format, channel);
}

/// Loads a block from positions of a tensor in DRAM, or stores it there: `bytes` bytes of each position, from
/// `channel` on.
void Emitter::transfer(bool load, Memory memory, const Block& block, int tensor, const OutputTile& outputs,
                       std::int64_t channel, std::int64_t bytes) {
  const QuantizedTensor& t = network_.tensor(tensor);
  const std::int64_t pixel = row(tensor_plan(tensor).format, t.channels), line = t.width * pixel;
  const std::uint64_t dram =
      tensors_at_[static_cast<std::size_t>(tensor)] +
      static_cast<std::uint64_t>(offset_in(tensor, outputs.image, outputs.line, outputs.column, channel));
  if (bytes == pixel) {
    emit_rows(load, memory, block.address, block.line, dram, line, outputs.lines, outputs.columns * bytes);
  } else if (outputs.columns == t.width) {
    emit_rows(load, memory, block.address, block.pixel, dram, pixel, outputs.lines * outputs.columns, bytes);
  } else {
    for (std::int64_t l = 0; l < outputs.lines; ++l) {
      emit_rows(load, memory, u32(block.address + l * block.line), block.pixel,
                dram + static_cast<std::uint64_t>(l * line), pixel, outputs.columns, bytes);
    }
  }
}

Emitter::OutputTile Emitter::before_pool(const OutputTile& outputs) const {
  const Range lines = problem().lines_before_pool(outputs.line, outputs.lines);
  const Range columns = problem().columns_before_pool(outputs.column, outputs.columns);
  return {outputs.image, lines.first, columns.first, lines.count, columns.count};
}

/// The block of the first input that a tile's windows read.
Emitter::Block Emitter::window_block(const OutputTile& outputs, std::int64_t channel, std::int64_t channels) {
  const TilingProblem& p = problem();
  const bool same = window_outputs_.image == outputs.image && window_outputs_.line == outputs.line &&
                    window_outputs_.column == outputs.column &&
                    window_channels_ == ChannelRange{channel, channels};
  const bool resident = tensor_plan(layer().inputs[0]).resident;
  if (same && !resident) return window_at_;
  const OutputTile results = before_pool(outputs);
  const InputRange lines = input_lines(p.window, results.line, results.lines);
  const InputRange columns = input_columns(p.window, results.column, results.columns);
  window_at_ = block_of(input_, layer().inputs[0], outputs.image, lines.first, lines.count, columns.first,
                        columns.count, channel, channels);
  window_outputs_ = outputs;
  window_channels_ = {channel, channels};
  return window_at_;
}

/// The block of another input: the positions of a tile's outputs.
Emitter::Block Emitter::point_block(std::size_t input, const OutputTile& outputs, std::int64_t channel,
                                    std::int64_t channels) {
  const OutputTile results = before_pool(outputs);
  return block_of(second_, layer().inputs[input], outputs.image, results.line, results.lines, results.column,
                  results.columns, channel, channels);
}

// ---- products ----

void Emitter::tile(std::int64_t n, const OutputTile& outputs) {
  const Tiling& t = plan().tiling;
  const std::int64_t cols = std::min(t.n, problem().n - n);
  for (std::int64_t line = 0; line < outputs.lines; line += t.pass_lines) {
    OutputTile part = outputs;
    part.line += line;
    part.lines = std::min(t.pass_lines, outputs.lines - line);
    product(n, cols, outputs, part);
  }
}

/// Emits some lines of a tile. Their inputs are one block.
void Emitter::product(std::int64_t n, std::int64_t cols, const OutputTile& whole, const OutputTile& outputs) {
  const TilingProblem& p = problem();
  const OutputTile results = before_pool(outputs);
  const std::int64_t sum_row = cols * p.sums * 4;
  const ChannelRange range = channels_of(p, n, cols);
  const std::int64_t step = p.groups > 1 ? range.count : plan().tiling.channels;
  const bool stores_sums = p.stores_sums(step < range.count);
  const std::uint32_t sums = stores_sums ? sums_.take(results.lines * results.columns * sum_row) : 0;
  const OutputTile all = before_pool(whole);
  const std::int64_t skipped = input_lines(p.window, results.line, results.lines).first -
                               input_lines(p.window, all.line, all.lines).first;
  Block second;
  const bool has_second = layer().inputs.size() > 1, streams = plan().tiling.streams;
  for (std::int64_t channel = range.first; channel < range.first + range.count; channel += step) {
    const std::int64_t channels = std::min(step, range.first + range.count - channel);
    load_weights(n, cols, channel, channels, channel + channels == range.first + range.count);
    Block block = window_block(whole, channel, channels);
    block.address += u32(skipped * block.line);
    if (streams) {
      if (has_second && !p.output_from_sums) second = point_block(1, outputs, n, cols);
      bring_stream(n, cols);
    }
    emit_matmul(results, block, sums, n, cols, channel, channels);
  }
  if (p.output_from_sums) return store_sums(sums, outputs, n, cols);
  if (has_second && !streams) second = point_block(1, outputs, n, cols);
  const bool floating = is_float(p.shape.weights);
  Source source = {p.is_staged() ? Memory::array : Memory::accumulator,
                   floating ? Format::float32 : Format::int32,
                   {p.is_staged() ? 0 : sums, sum_row, results.columns * sum_row},
                   {}};
  source.window.lines = outputs.lines;
  source.window.columns = outputs.columns;
  source.window.kernel_h = p.pool_h;
  source.window.kernel_w = p.pool_w;
  source.window.stride_y = p.pool_stride_y;
  source.window.stride_x = p.pool_stride_x;
  source.window.in_lines = results.lines;
  source.window.in_columns = results.columns;
  emit_stage(source, has_second ? &second : nullptr, nullptr, outputs, n, cols);
}

void Emitter::emit_matmul(const OutputTile& outputs, const Block& block, std::uint32_t sums, std::int64_t n,
                          std::int64_t cols, std::int64_t channel, std::int64_t channels) {
  const TilingProblem& p = problem();
  const Window w = tile_window(p, outputs.line, outputs.lines, outputs.column, outputs.columns);
  check_window(w);
  const ChannelRange range = channels_of(p, n, cols);
  const QuantizedTensor& input = network_.tensor(layer().inputs[0]);
  isa::Matmul i;
  i.datapath = p.shape.datapath;
  i.activation_format = p.shape.activations;
  i.weight_format = p.shape.weights;
  i.im2col = p.shape.im2col ? 1 : 0;
  i.folding = u16(p.shape.folding);
  i.accumulate = channel > range.first ? 1 : 0;
  i.staged = p.is_staged() && channel + channels == range.first + range.count ? 1 : 0;
  i.activations = block.address;
  i.position_stride = u32(block.pixel);
  i.line_stride = u32(block.line);
  set_window(i, w);
  i.dilation_y = u16(w.dilation_y);
  i.dilation_x = u16(w.dilation_x);
  const bool pads = p.window.reads_padding() && !input.codes.is_float();
  i.pad = pads ? static_cast<std::uint8_t>(input.zero()) : std::uint8_t{0};
  i.elements = u32(channels);
  const bool streams = plan().tiling.streams;
  i.streamed = streams ? 1 : 0;
  i.weights = streams ? 0 : weights_at_;
  const bool has_whole_rows = p.pinned && p.groups == 1;
  i.weight_stride = u32(streams          ? 0
                        : has_whole_rows ? p.weight_row(p.shape.weights, 0, p.n, {0, p.inputs[0].channels})
                                         : p.weight_row(p.shape.weights, n, cols, {channel, channels}));
  const bool has_address = i.staged == 0 || i.accumulate != 0;
  i.sums = has_address ? sums : 0;
  i.sum_stride = has_address ? u32(cols * p.sums * 4) : 0;
  i.cols = u32(cols * p.sums);
  emit(i);
}

}  // namespace tricycle
