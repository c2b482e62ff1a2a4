// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "traces/trace.hpp"
#include "workloads/lower/plain_windows.hpp"
#include "workloads/lower/plan.hpp"

namespace tricycle {

/// Where a layer's parameters lie in DRAM: the blocks of weights of each tile of output channels, one after
/// another (all weights in one where they are pinned), and each tile's table.
struct LayerImage {
  std::vector<std::vector<std::uint64_t>> weights;  ///< [tile][block]
  std::vector<std::uint64_t> tables;
  std::uint64_t weight_bytes = 0, table_bytes = 0;  ///< of all tiles; they follow each other
  std::uint64_t state = 0;                          ///< where a state lies between items
};

/// Appends a layer's instructions and checkpoints to a trace: blocks loaded, products accumulated, results
/// made and stored, in the order of the plan's tiling; without semaphores.
class Emitter {
 public:
  /// `tensors_at`: DRAM addresses of the tensors.
  Emitter(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan,
          const std::vector<std::uint64_t>& tensors_at, Trace& trace);

  /// Within a loop: in step `step` of it.
  void emit_layer(std::size_t index, const LayerImage& image, std::int64_t step = 0);
  /// Loads what stays in weight memory through all steps of the loop that the layer is in.
  void load_pinned(std::size_t index, const LayerImage& image);

 private:
  /// Blocks one after another in a stretch of memory, from its start again when the end is reached. What a
  /// block overwrites may still be in use by engines that lag behind: the semaphores see to that.
  class Ring {
   public:
    Ring() = default;
    Ring(std::int64_t begin, std::int64_t end) : begin_(begin), end_(end), next_(begin) {}
    std::uint32_t take(std::int64_t bytes);
    /// From now on the stretch ends here.
    void limit(std::int64_t end) { end_ = end; }

   private:
    std::int64_t begin_ = 0, end_ = 0, next_ = 0;
  };

  /// A tile of output positions of one image.
  struct Spot {
    std::int64_t image, line, column;  ///< the first output
    std::int64_t lines, columns;       ///< of outputs, behind a pool
  };

  /// Image positions in activation memory.
  struct Block {
    std::uint32_t address = 0;
    std::int64_t pixel = 0, line = 0;  ///< bytes from one position, one line, to the next

    /// Some of its positions, as a block.
    [[nodiscard]] Block part(const Lattice& lattice) const;
  };

  /// The results in front of the layer's pool that a tile makes.
  [[nodiscard]] Spot before_pool(const Spot& spot) const;
  void check_window(const Window& window) const;
  void share_activation_memory();
  void check_length() const;
  template <class F>
  void for_each_spot(F f);
  void emit(Operation operation);
  void emit_rows(bool load, Memory memory, std::uint32_t address, std::int64_t stride, std::uint64_t dram,
                 std::int64_t dram_stride, std::int64_t rows, std::int64_t bytes);

  void bring_weights(std::uint32_t address, std::uint64_t dram, std::int64_t n, std::int64_t cols,
                     const ChannelRange& channels);
  void load_weights(std::int64_t n, std::int64_t cols, std::int64_t channel, std::int64_t channels,
                    bool last);
  void load_shared_table();
  void use_pinned(std::int64_t n);
  void move_state();
  void gather(const Spot& spot);
  void load_table(std::uint32_t address, std::int64_t n, std::int64_t cols);
  Block window_block(const Spot& spot, std::int64_t channel, std::int64_t channels);
  Block point_block(std::size_t input, const Spot& spot, std::int64_t channel, std::int64_t channels);
  Block block_of(Ring& ring, int tensor, std::int64_t image, std::int64_t line, std::int64_t lines,
                 std::int64_t column, std::int64_t columns, std::int64_t channel, std::int64_t channels);
  std::int64_t time_of(int tensor) const;
  std::int64_t offset_in(int tensor, std::int64_t image, std::int64_t line, std::int64_t column,
                         std::int64_t channel) const;
  void transfer(bool load, Memory memory, const Block& block, int tensor, const Spot& spot,
                std::int64_t channel, std::int64_t bytes);
  void tile(std::int64_t n, const Spot& spot);
  void product(std::int64_t n, std::int64_t cols, const Spot& whole, const Spot& spot);
  void pass(std::int64_t n, const Spot& spot);
  void emit_matmul(const Spot& spot, const Block& block, std::uint32_t sums, std::int64_t n,
                   std::int64_t cols, std::int64_t channel, std::int64_t channels);
  /// What the vector unit makes of a source: of sums or of activations.
  struct Source {
    Memory memory;
    Format format;
    Block block;
    Window window;
    Pool pool = Pool::max;
  };
  void emit_stage(const Source& source, const Block* second, const Block* third, const Spot& spot,
                  std::int64_t n, std::int64_t cols);
  void emit_results(const Source& source, const Block* second, const Block* third, const Block& result,
                    std::int64_t first, std::int64_t cols);
  Block result_block(const Spot& spot, std::int64_t n, std::int64_t cols, std::int64_t& first);
  void finish_result(const Block& block, const Spot& spot, std::int64_t n, std::int64_t cols,
                     std::int64_t first);
  void emit_multiply(isa::Multiply i, const MultiplyStage& stage, const Block* third);
  void store_sums(std::uint32_t sums, const Spot& spot, std::int64_t n, std::int64_t cols);
  void add_checkpoints(Memory memory, Format format, const Block& block, std::int64_t first, const Spot& spot,
                       std::int64_t channel, std::int64_t cols);

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
  std::size_t index_ = 0;
  std::int64_t step_ = 0;
  const LayerImage* image_ = nullptr;
  Ring weights_, sums_, input_, second_, output_;
  std::uint32_t output_block_ = 0;  ///< where the tile under way goes

  // What is on chip now.
  std::uint32_t weights_at_ = 0, table_at_ = 0;
  std::int64_t weights_n_ = -1, weights_channel_ = -1;
  Block window_at_;
  Spot window_spot_{-1, -1, -1, 0, 0};
  ChannelRange window_channels_;
};

}  // namespace tricycle
