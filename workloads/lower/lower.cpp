// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/lower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "arch/datapath/packing.hpp"
#include "support/diagnostics.hpp"
#include "workloads/lower/plan.hpp"
#include "workloads/lower/sync.hpp"

namespace tricycle {
namespace {

std::uint32_t u32(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}

/// Blocks one after another in a stretch of memory, from its start again when the end is reached. What a
/// block overwrites may still be in use by engines that lag behind: the semaphores see to that.
class Ring {
 public:
  Ring(std::int64_t begin, std::int64_t end) : begin_(begin), end_(end), next_(begin) {}
  std::uint32_t take(std::int64_t bytes) {
    const std::int64_t size = aligned(bytes);
    if (next_ + bytes > end_) next_ = begin_;
    const std::int64_t at = next_;
    next_ += size;
    return u32(at);
  }

 private:
  std::int64_t begin_, end_, next_;
};

class Lowering {
 public:
  Lowering(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options)
      : network_(network),
        spec_(spec),
        plans_(plan_layers(network, spec, options)),
        weight_ring_(0, spec.weight_memory.bytes()),
        sum_ring_(0, spec.accumulator_memory.bytes()) {
    trace_.tool = options.tool;
  }

  Trace run() {
    describe_network();
    place_in_dram();
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      layer_ = i;
      network_.layers[i].has_weights ? emit_product() : emit_quantizer();
    }
    emit(isa::Halt{});
    add_semaphores(trace_.code, spec_);
    return std::move(trace_);
  }

 private:
  const QuantizedLayer& layer() const { return network_.layers[layer_]; }
  const LayerPlan& plan() const { return plans_[layer_]; }
  const QuantizedTensor& input() const { return network_.tensors[static_cast<std::size_t>(layer().input)]; }
  const QuantizedTensor& output() const { return network_.tensors[static_cast<std::size_t>(layer().output)]; }
  std::int64_t packed_row(Format format, std::int64_t elements) const {
    return row_bytes(format, elements, spec_.array.word_bits);
  }
  std::int64_t tensor_bytes(const QuantizedTensor& tensor, Format format) const {
    return tensor.rows * packed_row(format, tensor.cols);
  }

  void describe_network() {
    trace_.workload = printable(network_.name);
    trace_.weights = printable(network_.weights_source);
    trace_.synthetic = network_.synthetic;
    trace_.input_scale_num = network_.input_scale_num;
    trace_.input_scale_den = network_.input_scale_den;
    trace_.machine = write_fields(spec_);
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      layer_ = i;
      TraceLayer row;
      row.name = printable(layer().name);
      row.op = layer().op;
      row.datapath =
          layer().has_weights ? datapath_names()[static_cast<std::size_t>(plan().datapath)] : "vector";
      if (layer().has_weights) {
        row.weights = layer().weights.size();
        row.macs = static_cast<std::uint64_t>(input().rows) * row.weights;
        row.nonzero_weights = row.weights - static_cast<std::uint64_t>(std::count(layer().weights.begin(),
                                                                                  layer().weights.end(), 0));
        trace_.fp32_weight_bytes += 4 * (row.weights + static_cast<std::uint64_t>(output().cols));
        row.weight_bytes =
            static_cast<std::uint64_t>(output().cols * packed_row(plan().weight_format, input().cols));
      }
      row.weight_bytes += static_cast<std::uint64_t>(table_bytes());
      row.activation_bytes = static_cast<std::uint64_t>(tensor_bytes(input(), plan().input_format) +
                                                        tensor_bytes(output(), plan().output_format));
      trace_.layers.push_back(std::move(row));
    }
  }

  std::int64_t table_bytes() const {
    const TableShape shape = table_shape(layer(), plan().threshold_bytes);
    return shape.row_bytes * (shape.per_channel ? output().cols : 1);
  }

  // ---- DRAM ----

  std::uint64_t take_dram(const std::string& name, std::int64_t bytes) {
    constexpr std::uint64_t alignment = 64;
    const std::uint64_t at = trace_.dram_bytes;
    trace_.symbols.push_back({printable(name), Memory::dram, at, static_cast<std::uint64_t>(bytes)});
    trace_.dram_bytes = (at + static_cast<std::uint64_t>(bytes) + alignment - 1) / alignment * alignment;
    return at;
  }

  void place_in_dram() {
    const QuantizedTensor& in = network_.input();
    const QuantizedTensor& out = network_.output();
    const Format in_format = in.encoding == Encoding::uint8 ? Format::uint8 : plans_.front().input_format;
    const Format out_format = plans_.back().output_format;
    trace_.input = {
        printable(in.name),  in_format, take_dram("input", tensor_bytes(in, in_format)), in.rows, in.cols,
        shape_text(in.shape)};
    trace_.output = {printable(out.name),
                     out_format,
                     take_dram("output", tensor_bytes(out, out_format)),
                     out.rows,
                     out.cols,
                     shape_text(out.shape)};
    trace_.compulsory_bytes = trace_.symbols[0].bytes + trace_.symbols[1].bytes;
    weights_at_.resize(plans_.size());
    tables_at_.resize(plans_.size());
    spilled_at_.resize(plans_.size());
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      layer_ = i;
      if (layer().has_weights) weights_at_[i] = add_segment(layer().name + ".weights", packed_weights());
      if (table_bytes() > 0) tables_at_[i] = add_segment(layer().name + ".table", packed_table());
      if (i + 1 < plans_.size() && !plan().output_resident) {
        spilled_at_[i] = take_dram(output().name, tensor_bytes(output(), plan().output_format));
      }
    }
  }

  std::uint64_t add_segment(const std::string& name, std::vector<std::uint8_t> bytes) {
    const std::uint64_t at = take_dram(name, static_cast<std::int64_t>(bytes.size()));
    trace_.compulsory_bytes += bytes.size();
    trace_.image.push_back({at, std::move(bytes)});
    return at;
  }

  std::vector<std::uint8_t> packed_weights() const {
    std::vector<std::uint8_t> bytes;
    const auto k = static_cast<std::size_t>(input().cols);
    for (std::size_t j = 0; j < static_cast<std::size_t>(output().cols); ++j) {
      const auto row =
          pack_row(plan().weight_format, spec_.array.word_bits, std::span(layer().weights).subspan(j * k, k));
      bytes.insert(bytes.end(), row.begin(), row.end());
    }
    return bytes;
  }

  std::vector<std::uint8_t> packed_table() const {
    std::vector<std::uint8_t> bytes;
    if (const auto* stage = std::get_if<ThresholdStage>(&layer().stage)) {
      const std::size_t each = stage->codes.size() - 1;
      for (std::size_t c = 0; c < stage->signs.size(); ++c) {
        for (std::size_t t = 0; t < each; ++t) {
          const auto value = static_cast<std::uint64_t>(stage->thresholds[c * each + t]);
          for (std::int64_t b = 0; b < plan().threshold_bytes; ++b)
            bytes.push_back(static_cast<std::uint8_t>(value >> (8 * b)));
        }
        bytes.push_back(static_cast<std::uint8_t>(stage->signs[c]));
      }
    } else if (const auto* affine = std::get_if<AffineStage>(&layer().stage)) {
      for (std::size_t c = 0; c < affine->scale.size(); ++c) {
        for (const float value : {affine->scale[c], affine->bias[c]}) {
          const auto bits = std::bit_cast<std::uint32_t>(value);
          for (int b = 0; b < 4; ++b) bytes.push_back(static_cast<std::uint8_t>(bits >> (8 * b)));
        }
      }
    }
    return bytes;
  }

  // ---- code ----

  void emit(Operation operation) {
    Instruction instruction;
    instruction.operation = operation;
    instruction.layer = static_cast<std::uint32_t>(layer_);
    trace_.code.push_back(instruction);
  }

  /// Rows as one run of bytes where they lie next to each other on both sides.
  void emit_load(Memory memory, std::uint32_t address, std::int64_t stride, std::uint64_t dram,
                 std::int64_t dram_stride, std::int64_t rows, std::int64_t bytes) {
    if (stride == bytes && dram_stride == bytes) {
      bytes *= rows;
      rows = 1;
    }
    emit(isa::Load{memory, address, u32(stride), dram, u32(dram_stride), u32(rows), u32(bytes)});
  }
  void emit_store(Memory memory, std::uint32_t address, std::int64_t stride, std::uint64_t dram,
                  std::int64_t dram_stride, std::int64_t rows, std::int64_t bytes) {
    if (stride == bytes && dram_stride == bytes) {
      bytes *= rows;
      rows = 1;
    }
    emit(isa::Store{memory, address, u32(stride), dram, u32(dram_stride), u32(rows), u32(bytes)});
  }

  /// Resident tensors lie at alternating ends of activation memory, so that what is free is always one
  /// stretch.
  std::int64_t resident_address(std::size_t tensor_of_layer, const QuantizedTensor& tensor,
                                Format format) const {
    if (tensor_of_layer % 2 == 0) return 0;
    return spec_.activation_memory.bytes() - aligned(tensor_bytes(tensor, format));
  }

  struct Stretches {
    Ring input, output;
  };

  /// The free stretch of activation memory, shared out to blocks of the input and blocks of the output.
  Stretches share_activation_memory() const {
    std::int64_t begin = 0, end = spec_.activation_memory.bytes();
    const auto exclude = [&](bool resident, std::size_t tensor_of_layer, const QuantizedTensor& tensor,
                             Format format) {
      if (!resident) return;
      if (tensor_of_layer % 2 == 0) {
        begin = aligned(tensor_bytes(tensor, format));
      } else {
        end = resident_address(tensor_of_layer, tensor, format);
      }
    };
    exclude(plan().input_resident, layer_, input(), plan().input_format);
    exclude(plan().output_resident, layer_ + 1, output(), plan().output_format);
    const std::int64_t in = plan().tiling.activation_block(plan().problem);
    const std::int64_t out = plan().tiling.output_block(plan().problem);
    const std::int64_t spare = std::max<std::int64_t>(0, end - begin - in - out);
    const std::int64_t half = spare / 2 / block_alignment * block_alignment;
    const std::int64_t for_output = out == 0 ? 0 : out + std::min(half, out);
    return {Ring(begin, std::max(begin + in, end - for_output)),
            Ring(std::min(end - for_output, end - out), end)};
  }

  std::uint64_t dram_of_input() const {
    return layer().input == 0 ? trace_.input.address : spilled_at_[layer_ - 1];
  }
  std::uint64_t dram_of_output() const {
    return layer_ + 1 == plans_.size() ? trace_.output.address : spilled_at_[layer_];
  }

  void add_checkpoint(const Region& region, std::int64_t row, std::int64_t col) {
    trace_.checkpoints.push_back({u32(static_cast<std::int64_t>(trace_.code.size()) - 1),
                                  u32(static_cast<std::int64_t>(layer_)), region, row, col});
  }

  /// Where a block of outputs goes on its way: at its place in the resident tensor, or into a block of its
  /// own.
  struct Destination {
    std::uint32_t address;
    std::int64_t stride;
    std::int64_t first;
  };

  Destination destination(Ring& ring, std::int64_t row, std::int64_t col, std::int64_t rows,
                          std::int64_t cols) {
    const Format format = plan().output_format;
    if (plan().output_resident) {
      const std::int64_t stride = packed_row(format, output().cols);
      return {u32(resident_address(layer_ + 1, output(), format) + row * stride), stride, col};
    }
    const std::int64_t stride = packed_row(format, cols);
    return {ring.take(rows * stride), stride, 0};
  }

  /// Turns values (sums, or uint8 codes of the input) into outputs with the layer's stage, and stores them.
  void emit_stage(Memory memory, std::uint32_t source, std::int64_t source_stride, std::uint32_t table,
                  Ring& ring, std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols) {
    const Format format = plan().output_format;
    const std::int64_t out_stride = packed_row(format, output().cols);
    const std::uint64_t dram =
        dram_of_output() + static_cast<std::uint64_t>(row * out_stride + packed_row(format, col));
    if (std::holds_alternative<RawStage>(layer().stage)) {
      add_checkpoint({Memory::accumulator, Format::int32, source, static_cast<std::uint64_t>(source_stride),
                      0, rows, cols},
                     row, col);
      emit_store(memory, source, source_stride, dram, out_stride, rows, cols * 4);
      return;
    }
    const Destination to = destination(ring, row, col, rows, cols);
    if (const auto* stage = std::get_if<ThresholdStage>(&layer().stage)) {
      isa::Threshold i;
      i.memory = memory;
      i.address = source;
      i.stride = u32(source_stride);
      i.table = table;
      i.per_channel = stage->per_channel ? 1 : 0;
      i.thresholds = static_cast<std::uint8_t>(stage->codes.size() - 1);
      i.threshold_bytes = static_cast<std::uint8_t>(plan().threshold_bytes);
      for (std::size_t c = 0; c < stage->codes.size(); ++c) {
        i.codes |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(stage->codes[c])) << (8 * c);
      }
      i.format = format;
      i.result = to.address;
      i.result_stride = u32(to.stride);
      i.first = u32(to.first);
      i.rows = u32(rows);
      i.cols = u32(cols);
      emit(i);
    } else {
      const auto& affine = std::get<AffineStage>(layer().stage);
      emit(isa::Affine{source, u32(source_stride), table,
                       static_cast<std::uint8_t>(affine.per_channel ? 1 : 0), to.address, u32(to.stride),
                       u32(rows), u32(cols)});
    }
    add_checkpoint(
        {Memory::activation, format, to.address, static_cast<std::uint64_t>(to.stride), to.first, rows, cols},
        row, col);
    if (!plan().output_resident) {
      emit_store(Memory::activation, to.address, to.stride, dram, out_stride, rows, packed_row(format, cols));
    }
  }

  /// A quantizer of the network's input: rows of uint8 through the vector unit.
  void emit_quantizer() {
    Stretches stretches = share_activation_memory();
    const std::int64_t row = input().cols;
    const std::uint32_t table = weight_ring_.take(table_bytes());
    emit_load(Memory::weight, table, table_bytes(), tables_at_[layer_], table_bytes(), 1, table_bytes());
    for (std::int64_t m = 0; m < input().rows; m += plan().tiling.m) {
      const std::int64_t rows = std::min(plan().tiling.m, input().rows - m);
      const std::uint32_t block = stretches.input.take(rows * row);
      emit_load(Memory::activation, block, row, dram_of_input() + static_cast<std::uint64_t>(m * row), row,
                rows, row);
      emit_stage(Memory::activation, block, row, table, stretches.output, m, 0, rows, output().cols);
    }
  }

  /// A block of an operand that is on chip now, and which part of the tensor it holds.
  struct Block {
    std::uint32_t address = 0, table = 0;
    std::int64_t stride = 0;
    std::int64_t outer = -1, words = -1;  ///< its first channel or row, and first reduction word
    [[nodiscard]] bool holds(std::int64_t o, std::int64_t w) const { return outer == o && words == w; }
  };

  void load_weights(Block& block, std::int64_t n, std::int64_t cols, std::int64_t word, std::int64_t words) {
    if (block.holds(n, word)) return;
    const TilingProblem& p = plan().problem;
    const std::int64_t bytes = words * p.weight_word_bytes;
    const std::int64_t table = p.shared_table_bytes + cols * p.table_bytes;
    // The table comes with the last piece of the reduction: it is needed when the sums are complete.
    const bool with_table = table > 0 && word + words == p.words;
    const std::uint32_t address = weight_ring_.take(cols * bytes + (with_table ? table : 0));
    const std::int64_t full_row = p.words * p.weight_word_bytes;
    emit_load(Memory::weight, address, bytes,
              weights_at_[layer_] + static_cast<std::uint64_t>(n * full_row + word * p.weight_word_bytes),
              full_row, cols, bytes);
    block = {address, u32(address + cols * bytes), bytes, n, word};
    if (with_table) {
      emit_load(Memory::weight, block.table, table,
                tables_at_[layer_] + static_cast<std::uint64_t>(n * p.table_bytes), table, 1, table);
    }
  }

  void load_activations(Block& block, Ring& ring, std::int64_t m, std::int64_t rows, std::int64_t word,
                        std::int64_t words) {
    const TilingProblem& p = plan().problem;
    const std::int64_t full_row = p.words * p.activation_word_bytes;
    if (plan().input_resident) {
      block.address = u32(resident_address(layer_, input(), plan().input_format) + m * full_row +
                          word * p.activation_word_bytes);
      block.stride = full_row;
      return;
    }
    if (block.holds(m, word)) return;
    const std::int64_t bytes = words * p.activation_word_bytes;
    block = {ring.take(rows * bytes), 0, bytes, m, word};
    emit_load(Memory::activation, block.address, bytes,
              dram_of_input() + static_cast<std::uint64_t>(m * full_row + word * p.activation_word_bytes),
              full_row, rows, bytes);
  }

  void emit_product() {
    const Tiling& t = plan().tiling;
    const TilingProblem& p = plan().problem;
    Stretches stretches = share_activation_memory();
    Block weights, activations;
    const auto tile = [&](std::int64_t n, std::int64_t m) {
      const std::int64_t cols = std::min(t.n, p.n - n), rows = std::min(t.m, p.m - m);
      const std::uint32_t sums = sum_ring_.take(rows * cols * 4);
      for (std::int64_t word = 0; word < p.words; word += t.words) {
        const std::int64_t words = std::min(t.words, p.words - word);
        load_weights(weights, n, cols, word, words);
        load_activations(activations, stretches.input, m, rows, word, words);
        emit_matmul(weights, activations, sums, rows, cols, word, words);
      }
      emit_stage(Memory::accumulator, sums, cols * 4, weights.table, stretches.output, m, n, rows, cols);
    };
    if (t.weights_outer) {
      for (std::int64_t n = 0; n < p.n; n += t.n) {
        for (std::int64_t m = 0; m < p.m; m += t.m) tile(n, m);
      }
    } else {
      for (std::int64_t m = 0; m < p.m; m += t.m) {
        for (std::int64_t n = 0; n < p.n; n += t.n) tile(n, m);
      }
    }
  }

  void emit_matmul(const Block& weights, const Block& activations, std::uint32_t sums, std::int64_t rows,
                   std::int64_t cols, std::int64_t word, std::int64_t words) {
    const std::int64_t per_word = elements_per_word(plan().input_format, spec_.array.word_bits);
    isa::Matmul i;
    i.datapath = plan().datapath;
    i.accumulate = word > 0 ? 1 : 0;
    i.activations = activations.address;
    i.activation_stride = u32(activations.stride);
    i.weights = weights.address;
    i.weight_stride = u32(weights.stride);
    i.sums = sums;
    i.sum_stride = u32(cols * 4);
    i.rows = u32(rows);
    i.cols = u32(cols);
    i.words = u32(words);
    i.elements = u32(std::min(words * per_word, input().cols - word * per_word));
    emit(i);
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  std::vector<LayerPlan> plans_;
  Ring weight_ring_, sum_ring_;
  Trace trace_;
  std::size_t layer_ = 0;
  std::vector<std::uint64_t> weights_at_, tables_at_, spilled_at_;  ///< in DRAM, of each layer
};

}  // namespace

Trace lower(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options) {
  return Lowering(network, spec, options).run();
}

std::vector<std::uint8_t> pack_tensor(const Binding& binding, const MachineSpec& spec,
                                      const std::vector<std::int32_t>& values) {
  std::vector<std::uint8_t> bytes;
  const auto cols = static_cast<std::size_t>(binding.cols);
  for (std::size_t row = 0; row < static_cast<std::size_t>(binding.rows); ++row) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * cols);
    if (is_packed(binding.format)) {
      const std::vector<std::int8_t> codes(first, first + binding.cols);
      const auto packed = pack_row(binding.format, spec.array.word_bits, codes);
      bytes.insert(bytes.end(), packed.begin(), packed.end());
      continue;
    }
    for (std::size_t c = 0; c < cols; ++c) {
      const auto value = static_cast<std::uint32_t>(values[row * cols + c]);
      for (std::int64_t b = 0; b < bytes_per_element(binding.format); ++b)
        bytes.push_back(static_cast<std::uint8_t>(value >> (8 * b)));
    }
  }
  return bytes;
}

}  // namespace tricycle
