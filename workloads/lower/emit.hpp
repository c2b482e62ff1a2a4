// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <set>

#include "traces/trace.hpp"
#include "workloads/lower/plain_windows.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle {

/// DRAM addresses of a layer's parameters: the blocks of weights of each tile of output channels, one after
/// another, and each tile's table. Pinned weights are one block.
struct LayerImage {
  std::vector<std::vector<std::uint64_t>> weights;  ///< [tile][block]
  std::vector<std::uint64_t> tables;
  std::uint64_t weight_bytes = 0, table_bytes = 0;  ///< of all tiles, which follow each other
  std::uint64_t state = 0;                          ///< DRAM address of a state between items
};

/// Instructions of a program before loops are found in it.
inline constexpr std::size_t most_written = 1'000'000;

/// A stretch of memory that a layer's blocks of one kind go round, place after place.
struct BlockRing {
  std::uint32_t layer;
  Memory memory;
  std::uint64_t begin, bytes;
  auto operator<=>(const BlockRing&) const = default;
};

/// Appends a layer's instructions and checkpoints to a trace, in the order of the plan's tiling: load blocks,
/// accumulate products, make and store results. It adds no semaphores.
class Emitter {
 public:
  /// `tensors_at`: DRAM addresses of the tensors.
  Emitter(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan,
          const std::vector<std::uint64_t>& tensors_at, Trace& trace);

  /// Emits a layer; within a loop, for time step `step`.
  void emit_layer(std::size_t index, const LayerImage& image, std::int64_t step = 0);
  /// Loads the layer's pinned parameters, which stay in weight memory through all time steps of its loop.
  void load_pinned(std::size_t index, const LayerImage& image);
  /// The next layer is the first of a time step. Its blocks lie where they lay in the step before.
  void begin_step();
  /// The rings that the blocks of each layer went round.
  [[nodiscard]] std::set<BlockRing> take_rings() { return std::move(rings_); }

 private:
  /// Allocates the blocks of a layer one after another in a stretch of memory. Each has a place of the same
  /// size, that of the largest, and behind the last place comes the first again. A block may overwrite data
  /// that slower engines still use: the semaphores order these accesses.
  class Ring {
   public:
    Ring() = default;
    Ring(std::int64_t begin, std::int64_t end) : begin_(begin), end_(end), next_(begin) {}
    std::uint32_t take(std::int64_t bytes);
    /// A layer begins, with all of the stretch up to `end`. Its first block lies behind the last of the layer
    /// before, where that leaves two places or no more are to be had.
    void begin_layer(std::int64_t end);
    /// The next layer's first block lies at the begin of the stretch.
    void rewind() { next_ = begin_; }
    [[nodiscard]] bool is_used() const { return place_ > 0; }
    [[nodiscard]] std::uint64_t first() const { return static_cast<std::uint64_t>(first_); }
    /// Bytes of all places.
    [[nodiscard]] std::uint64_t bytes() const;

   private:
    std::int64_t begin_ = 0, end_ = 0, next_ = 0;
    std::int64_t first_ = 0;              ///< the layer's first place
    std::int64_t place_ = 0, block_ = 0;  ///< bytes of a place and of the largest block; 0: none yet
  };

  /// A tile of output positions of one image.
  struct OutputTile {
    std::int64_t image, line, column;  ///< the first output
    std::int64_t lines, columns;       ///< of outputs, behind a pool
  };

  /// Image positions in activation memory.
  struct Block {
    std::uint32_t address = 0;
    std::int64_t pixel = 0, line = 0;  ///< bytes from one position, one line, to the next

    /// The block of some of its positions.
    [[nodiscard]] Block part(const Lattice& lattice) const;
  };

  /// The results of a tile before the layer's pool.
  [[nodiscard]] OutputTile before_pool(const OutputTile& outputs) const;
  void check_window(const Window& window) const;
  void share_activation_memory();
  void note_rings();
  void check_length() const;
  template <class F>
  void for_each_output_tile(F f);
  void emit(Operation operation);
  void emit_rows(bool load, Memory memory, std::uint32_t address, std::int64_t stride, std::uint64_t dram,
                 std::int64_t dram_stride, std::int64_t rows, std::int64_t bytes);

  void bring_weights(std::uint32_t address, std::uint64_t dram, std::int64_t n, std::int64_t cols,
                     const ChannelRange& channels);
  void load_weights(std::int64_t n, std::int64_t cols, std::int64_t channel, std::int64_t channels,
                    bool last);
  void load_shared_table();
  void bring_stream(std::int64_t n, std::int64_t cols);
  void bring_rows(std::uint32_t address, std::uint64_t dram, std::int64_t rows, std::int64_t dram_row,
                  std::int64_t row, std::int64_t channels);
  void bring_pinned(std::int64_t n, std::int64_t cols);
  void bring_staying(std::int64_t n, std::int64_t cols);
  void use_pinned(std::int64_t n);
  void move_state();
  void gather(const OutputTile& outputs);
  void load_table(std::uint32_t address, std::int64_t n, std::int64_t cols);
  Block window_block(const OutputTile& outputs, std::int64_t channel, std::int64_t channels);
  Block point_block(std::size_t input, const OutputTile& outputs, std::int64_t channel,
                    std::int64_t channels);
  Block block_of(Ring& ring, int tensor, std::int64_t image, std::int64_t line, std::int64_t lines,
                 std::int64_t column, std::int64_t columns, std::int64_t channel, std::int64_t channels);
  std::int64_t time_of(int tensor) const;
  std::int64_t offset_in(int tensor, std::int64_t image, std::int64_t line, std::int64_t column,
                         std::int64_t channel) const;
  void transfer(bool load, Memory memory, const Block& block, int tensor, const OutputTile& outputs,
                std::int64_t channel, std::int64_t bytes);
  void tile(std::int64_t n, const OutputTile& outputs);
  void product(std::int64_t n, std::int64_t cols, const OutputTile& whole, const OutputTile& outputs);
  void pass(std::int64_t n, const OutputTile& outputs);
  void emit_matmul(const OutputTile& outputs, const Block& block, std::uint32_t sums, std::int64_t n,
                   std::int64_t cols, std::int64_t channel, std::int64_t channels);
  /// The operand of a vector instruction: sums or activations.
  struct Source {
    Memory memory;
    Format format;
    Block block;
    Window window;
    Pool pool = Pool::max;
  };
  void emit_stage(const Source& source, const Block* second, const Block* third, const OutputTile& outputs,
                  std::int64_t n, std::int64_t cols);
  void emit_results(const Source& source, const Block* second, const Block* third, const Block& result,
                    std::int64_t first, std::int64_t cols);
  Block result_block(const OutputTile& outputs, std::int64_t n, std::int64_t cols, std::int64_t& first);
  void finish_result(const Block& block, const OutputTile& outputs, std::int64_t n, std::int64_t cols,
                     std::int64_t first);
  template <class I>
  void set_lanes(I& i) const;
  void emit_multiply(isa::Multiply i, const MultiplyStage& stage, const Block* third);
  void store_sums(std::uint32_t sums, const OutputTile& outputs, std::int64_t n, std::int64_t cols);
  void add_checkpoints(Memory memory, Format format, const Block& block, std::int64_t first,
                       const OutputTile& outputs, std::int64_t channel, std::int64_t cols);

  const QuantizedLayer& layer() const { return network_.layers[index_]; }
  const LayerPlan& plan() const { return plan_.layers[index_]; }
  const TilingProblem& problem() const { return plan().problem; }
  const QuantizedTensor& output() const { return network_.tensor(layer().output); }
  const TensorPlan& tensor_plan(int tensor) const { return plan_.tensors[static_cast<std::size_t>(tensor)]; }
  std::int64_t row(Format format, std::int64_t elements) const {
    return row_bytes(format, elements, spec_.array.word_bits);
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  const Plan& plan_;
  const std::vector<std::uint64_t>& tensors_at_;
  Trace& trace_;
  std::set<BlockRing> rings_;
  std::size_t index_ = 0;
  std::int64_t step_ = 0;
  const LayerImage* image_ = nullptr;
  Ring weights_, sums_, input_, second_, output_;
  std::uint32_t output_block_ = 0;  ///< where the current tile goes

  bool once_ = false;         ///< what is loaded now stays from item to item
  std::int64_t staying_ = 0;  ///< output channels of the layer whose parameters have been loaded to stay

  // What is on chip now.
  std::uint32_t weights_at_ = 0, table_at_ = 0;
  std::int64_t weights_n_ = -1, weights_channel_ = -1;
  Block window_at_;
  OutputTile window_outputs_{-1, -1, -1, 0, 0};
  ChannelRange window_channels_;
};

}  // namespace tricycle
