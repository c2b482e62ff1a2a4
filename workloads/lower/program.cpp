// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "arch/params/zero_flags.hpp"
#include "support/diagnostics.hpp"
#include "support/report.hpp"
#include "support/room.hpp"
#include "traces/vocabulary.hpp"
#include "workloads/lower/emit.hpp"
#include "workloads/lower/image.hpp"
#include "workloads/lower/packing.hpp"
#include "workloads/lower/residency.hpp"

namespace tricycle {
namespace {

/// Describes the network for reports, and places its tensors and parameters in DRAM.
class MemoryMap {
 public:
  MemoryMap(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan)
      : network_(network), spec_(spec), plan_(plan) {}

  Program run(const std::string& tool) {
    trace_.tool = tool;
    trace_.workload = printable(network_.name);
    trace_.weights = printable(network_.weights_source);
    trace_.synthetic = network_.synthetic;
    trace_.reading = network_.reading;
    trace_.machine = write_fields(spec_);
    take_vocabulary();
    for (std::size_t i = 0; i < plan_.layers.size(); ++i) {
      tell("describing layers", i, plan_.layers.size());
      describe_layer(i);
    }
    place_in_dram();
    trace_.tensors = describe_tensors(network_, spec_, plan_, tensors_at_, images_);
    return {std::move(trace_), std::move(images_), std::move(tensors_at_), {}, {}};
  }

 private:
  Format format(int tensor) const { return plan_.tensors[static_cast<std::size_t>(tensor)].format; }
  std::int64_t bytes_of(int tensor) const {
    return tensor_bytes(network_.tensor(tensor), format(tensor), spec_.array.word_bits);
  }

  void take_vocabulary() {
    trace_.vocabulary = network_.vocabulary;
    Place place;
    place.file = network_.file;
    if (const auto fault = vocabulary_fault(trace_.vocabulary)) throw InputError(place, fault->message);
  }

  void describe_layer(std::size_t i) {
    const QuantizedLayer& layer = network_.layers[i];
    const LayerPlan& plan = plan_.layers[i];
    const TilingProblem& p = plan.problem;
    TraceLayer row;
    row.name = printable(layer.name);
    row.op = layer.op;
    const std::int64_t steps = network_.steps_of(i);
    row.datapath = layer.has_weights() ? name_of(plan.datapath) : "vector";
    // Only products and gathers have weights.
    const bool floating = !layer.float_weights.empty();
    row.weights = floating ? layer.float_weights.size() : layer.weights.size();
    const auto zeros = floating ? std::count(layer.float_weights.begin(), layer.float_weights.end(), 0.0F)
                                : std::count(layer.weights.begin(), layer.weights.end(), 0);
    row.nonzero_weights = row.weights - static_cast<std::uint64_t>(zeros);
    if (layer.has_weights()) {
      if (layer.pairs) {  // each weight belongs to one of the two sums
        row.nonzero_weights =
            static_cast<std::uint64_t>(std::count(layer.weights.begin(), layer.weights.end(), 1));
        row.weights /= 2;
      }
      row.macs = static_cast<std::uint64_t>(steps * network_.macs(layer));
      ProductShape shape = p.shape;
      shape.elements = channels_of(p, 0, p.n).count;
      row.least_cycles = static_cast<std::uint64_t>(
          least_cycles(spec_.array, shape, static_cast<std::int64_t>(row.macs) * p.sums));
      trace_.fp32_weight_bytes += 4 * (row.weights + static_cast<std::uint64_t>(p.n));
    }
    if (layer.kind == LayerKind::gather) trace_.fp32_weight_bytes += 4 * row.weights;
    describe_packing(layer, plan, row);
    row.flag_bytes = static_cast<std::uint64_t>(weight_flag_bytes(static_cast<std::int64_t>(row.chip_bytes)));
    row.weight_bytes = row.dram_bytes + static_cast<std::uint64_t>(p.table_bytes(p.n));
    const auto add = [&](int tensor) {
      const bool whole = network_.tensor(tensor).role == Role::sequence;
      row.activation_bytes += static_cast<std::uint64_t>((whole ? 1 : steps) * bytes_of(tensor));
    };
    for (const int input : layer.inputs) add(input);
    add(layer.output);
    trace_.layers.push_back(std::move(row));
  }

  std::int64_t weight_flag_bytes(std::int64_t bytes) const {
    return ceil_div(flag_bits(8 * bytes, flag_grains(spec_.array).weights), 8);
  }

  std::uint64_t take_dram(const std::string& name, std::int64_t bytes) {
    constexpr std::uint64_t alignment = 64;
    const std::uint64_t at = trace_.dram_bytes;
    trace_.symbols.push_back({printable(name), Memory::dram, at, static_cast<std::uint64_t>(bytes)});
    trace_.dram_bytes = (at + static_cast<std::uint64_t>(bytes) + alignment - 1) / alignment * alignment;
    return at;
  }

  /// Places a tensor in DRAM, where its values come in or go out.
  Binding bind(int tensor, const std::string& name) {
    tensors_at_[static_cast<std::size_t>(tensor)] = take_dram(name, bytes_of(tensor));
    trace_.compulsory_bytes += trace_.symbols.back().bytes;
    return binding_of(tensor);
  }

  /// A tensor that has its place in DRAM.
  Binding binding_of(int tensor) const {
    const QuantizedTensor& t = network_.tensor(tensor);
    Binding binding;
    binding.name = printable(t.name);
    binding.format = format(tensor);
    binding.address = tensors_at_[static_cast<std::size_t>(tensor)];
    binding.rows = t.rows();
    binding.cols = t.channels;
    binding.shape = shape_text(t.shape);
    binding.images = t.images;
    binding.channels_first = t.has_channels_first();
    if (t.codes.is_float()) return binding;
    binding.scales = t.channel_scales.empty() ? std::vector<double>{t.scale} : t.channel_scales;
    binding.zeros = {static_cast<double>(t.zero())};
    return binding;
  }

  /// Outputs may be the same tensor under two names.
  void bind_outputs() {
    std::vector<NetworkOutput> outputs = network_.outputs;
    if (outputs.empty()) outputs = {{network_.output_index()}};
    std::set<int> placed;
    for (const NetworkOutput& output : outputs) {
      const std::size_t number = trace_.outputs.size() + 1;
      const std::string place = number == 1 ? "output" : fmt::format("output.{}", number);
      const bool is_new = placed.insert(output.tensor).second;
      Binding binding = is_new ? bind(output.tensor, place) : binding_of(output.tensor);
      if (!output.value.empty()) binding.name = printable(output.value);
      binding.type = name_of(output.type);
      trace_.outputs.push_back(std::move(binding));
    }
  }

  /// The number of positions of the network's input that some layer reads. Strides and borders may leave some
  /// out.
  std::int64_t needed_inputs() const {
    const auto touched = [](std::int64_t outputs, std::int64_t pool, std::int64_t pool_stride,
                            std::int64_t stride, std::int64_t kernel, std::int64_t dilation, std::int64_t pad,
                            std::int64_t size) {
      std::vector<bool> seen(static_cast<std::size_t>(size), false);
      for (std::int64_t o = 0; o < outputs; ++o) {
        if (o % pool_stride >= pool) continue;  // between the windows of the pool
        for (std::int64_t k = 0; k < kernel; ++k) {
          const std::int64_t at = o * stride + k * dilation - pad;
          if (at >= 0 && at < size) seen[static_cast<std::size_t>(at)] = true;
        }
      }
      return std::count(seen.begin(), seen.end(), true);
    };
    std::int64_t most = 0;
    for (std::size_t i = 0; i < plan_.layers.size(); ++i) {
      const std::vector<int>& inputs = network_.layers[i].inputs;
      if (std::find(inputs.begin(), inputs.end(), 0) == inputs.end()) continue;
      const TilingProblem& p = plan_.layers[i].problem;
      const Window& w = p.window;
      const std::int64_t lines = touched(w.lines, p.pool_h, p.pool_stride_y, w.stride_y, w.kernel_h,
                                         w.dilation_y, w.pad_top, w.in_lines);
      const std::int64_t columns = touched(w.columns, p.pool_w, p.pool_stride_x, w.stride_x, w.kernel_w,
                                           w.dilation_x, w.pad_left, w.in_columns);
      most = std::max(most, network_.steps_of(i) * p.images * lines * columns);
      if (inputs[0] != 0) most = network_.input().rows();  // read position by position
    }
    return most;
  }

  void place_in_dram() {
    tensors_at_.resize(network_.tensors.size());
    trace_.input = bind(0, "input");
    trace_.input.type = name_of(network_.input_type);
    trace_.compulsory_bytes = static_cast<std::uint64_t>(
        needed_inputs() * row_bytes(format(0), network_.input().channels, spec_.array.word_bits));
    bind_outputs();
    for (std::size_t i = 0; i < plan_.layers.size(); ++i) {
      tell("packing parameters of layers", i, plan_.layers.size());
      with_room_for(fmt::format("the packed parameters of layer '{}'", network_.layers[i].name),
                    trace_.layers[i].weight_bytes, [&] { add_parameters(i); });
      const int output = network_.layers[i].output;
      if (network_.tensor(output).role == Role::state) {
        place_state(i);
        continue;
      }
      if (!network_.is_output(output) && !plan_.tensors[static_cast<std::size_t>(output)].resident)
        tensors_at_[static_cast<std::size_t>(output)] =
            take_dram(network_.tensor(output).name, bytes_of(output));
    }
  }

  /// Places a state in DRAM. Between items it has one place: its initial layer loads it from there, and its
  /// save layer stores it there.
  void place_state(std::size_t i) {
    const QuantizedLayer& layer = network_.layers[i];
    const auto state = static_cast<std::size_t>(layer.output);
    if (layer.kind == LayerKind::initial) {
      const QuantizedTensor& t = network_.tensors[state];
      tensors_at_[state] = take_dram(t.name, bytes_of(layer.output));
      trace_.image.push_back({tensors_at_[state], pack_rows(format(layer.output), spec_.array.word_bits,
                                                            t.channels, layer.start)});
    }
    if (network_.loop_of(i) == nullptr)
      trace_.compulsory_bytes += static_cast<std::uint64_t>(bytes_of(layer.output));
    images_[i].state = tensors_at_[state];
    if (layer.kind == LayerKind::save) trace_.states.push_back(binding_of(layer.output));
  }

  /// Places a layer's weights, one block after another, and its tables, one for each tile of output channels.
  void add_parameters(std::size_t i) {
    const QuantizedLayer& layer = network_.layers[i];
    const LayerPlan& plan = plan_.layers[i];
    const TilingProblem& p = plan.problem;
    LayerImage image;
    std::vector<std::uint8_t> weights, tables;
    if (layer.kind == LayerKind::gather) {
      image.weights.push_back({0});
      weights = pack_gathered(layer, p.n, p.output, p.word_bits);
    }
    for (std::int64_t n = 0; layer.kind != LayerKind::gather && n < p.n; n += plan.tiling.n) {
      const std::int64_t count = std::min(plan.tiling.n, p.n - n);
      image.tables.push_back(tables.size());
      if (n > 0 && !p.table_per_channel) continue;
      const auto table = pack_table(layer, plan.threshold_bytes, n, count);
      tables.insert(tables.end(), table.begin(), table.end());
    }
    if (layer.has_weights()) {
      std::int64_t tile = -1;
      for_each_block(plan, [&](std::int64_t n, std::int64_t count, const ChannelRange& channels) {
        if (n != tile) image.weights.emplace_back();
        tile = n;
        image.weights.back().push_back(weights.size());
        const auto block = plan.tiling.streams ? pack_streamed(layer, p, spec_.array, n, count)
                                               : pack_weights(layer, p, n, count, channels);
        weights.insert(weights.end(), block.begin(), block.end());
      });
    }
    const auto add = [&](const char* what, std::vector<std::uint8_t> bytes) -> std::uint64_t {
      if (bytes.empty()) return 0;
      const std::uint64_t base = take_dram(layer.name + what, static_cast<std::int64_t>(bytes.size()));
      // A schedule may need only one row of a table whose rows are gathered.
      trace_.compulsory_bytes += p.gather_row > 0 ? static_cast<std::uint64_t>(p.gather_row) : bytes.size();
      trace_.image.push_back({base, std::move(bytes)});
      return base;
    };
    image.weight_bytes = weights.size();
    image.table_bytes = tables.size();
    const std::uint64_t weights_at = add(".weights", std::move(weights));
    for (auto& tile : image.weights) {
      for (std::uint64_t& block : tile) block += weights_at;
    }
    const std::uint64_t tables_at = add(".table", std::move(tables));
    for (std::uint64_t& table : image.tables) table += tables_at;
    images_.push_back(std::move(image));
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  const Plan& plan_;
  Trace trace_;
  std::vector<LayerImage> images_;
  std::vector<std::uint64_t> tensors_at_;  ///< in DRAM
};

/// The steps of a loop that are written. Their middle is left out in a multiple of small numbers, so that
/// what has come round in it comes round again.
StepLoop step_loop_of(const Loop& loop) {
  constexpr std::int64_t first = 64, last = 32, multiple = 24;
  StepLoop result = {static_cast<std::uint32_t>(loop.first), static_cast<std::uint32_t>(loop.last), 0, 0};
  result.from = result.to = static_cast<std::uint32_t>(loop.steps);
  if (loop.steps <= most_steps_written) return result;
  const std::int64_t left_out = (loop.steps - first - last) / multiple * multiple;
  result.from = static_cast<std::uint32_t>(first);
  result.to = static_cast<std::uint32_t>(first + left_out);
  return result;
}

}  // namespace

Program map_memory(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan,
                   const std::string& tool) {
  return MemoryMap(network, spec, plan).run(tool);
}

void emit_code(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan, Program& program) {
  Trace& trace = program.trace;
  Emitter emitter(network, spec, plan, program.tensors_at, trace);
  for (std::size_t i = 0; i < plan.layers.size();) {
    const Loop* loop = network.loop_of(i);
    if (loop == nullptr) {
      tell("emitting layers", i, plan.layers.size());
      emitter.emit_layer(i, program.images[i]);
      ++i;
      continue;
    }
    for (; i <= loop->last; ++i) emitter.load_pinned(i, program.images[i]);
    const StepLoop& written = program.step_loops.emplace_back(step_loop_of(*loop));
    for (std::int64_t step = 0; step < loop->steps; ++step) {
      if (step == written.from) step = written.to;
      tell("emitting time steps", static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(loop->steps));
      emitter.begin_step();
      for (std::size_t l = loop->first; l <= loop->last; ++l) emitter.emit_layer(l, program.images[l], step);
    }
  }
  program.rings = emitter.take_rings();
  Instruction halt;
  halt.operation = isa::Halt{};
  halt.layer = static_cast<std::uint32_t>(plan.layers.size() - 1);
  trace.code.push_back(halt);
}

}  // namespace tricycle
