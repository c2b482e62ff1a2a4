// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

[[noreturn]] void fail(const QuantizedNetwork& network, const QuantizedLayer& layer,
                       const std::string& message) {
  throw InputError(Place::at_node(network.file, layer.name), message);
}

class Planner {
 public:
  Planner(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options)
      : network_(network), spec_(spec), options_(options) {}

  std::vector<LayerPlan> run() {
    choose_formats();
    place();
    return std::move(plans_);
  }

 private:
  const QuantizedTensor& tensor(int index) const { return network_.tensors[static_cast<std::size_t>(index)]; }

  bool takes(Datapath datapath, const QuantizedLayer& layer) const {
    const bool binary =
        layer.weight_encoding == Encoding::binary && tensor(layer.input).encoding == Encoding::binary;
    return spec_.array.has(datapath) && (datapath != Datapath::binary || binary);
  }

  /// Two-valued operands take half the words in `binary`; otherwise the machine's first datapath that fits.
  Datapath choose_datapath(const QuantizedLayer& layer) const {
    if (options_.datapath) {
      if (!spec_.array.has(*options_.datapath)) {
        fail(network_, layer,
             fmt::format("the machine '{}' has no datapath {}", spec_.name, name_of(*options_.datapath)));
      }
      if (!takes(*options_.datapath, layer)) {
        fail(network_, layer,
             fmt::format("its operands are not all -1 and +1, as the datapath {} needs",
                         name_of(*options_.datapath)));
      }
      return *options_.datapath;
    }
    if (takes(Datapath::binary, layer)) return Datapath::binary;
    for (const int candidate : spec_.array.datapaths) {
      if (takes(static_cast<Datapath>(candidate), layer)) return static_cast<Datapath>(candidate);
    }
    fail(network_, layer,
         fmt::format("none of the datapaths of the machine '{}' takes ternary operands", spec_.name));
  }

  static std::string name_of(Datapath datapath) {
    return datapath_names()[static_cast<std::size_t>(datapath)];
  }

  void choose_formats() {
    plans_.resize(network_.layers.size());
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const QuantizedLayer& layer = network_.layers[i];
      LayerPlan& plan = plans_[i];
      if (layer.has_weights) {
        plan.datapath = choose_datapath(layer);
        plan.input_format = activation_format(plan.datapath);
        plan.weight_format = weight_format(plan.datapath, spec_.array.mask());
        check_accumulator(layer);
      }
      if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage))
        plan.threshold_bytes = narrowest(*stage);
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const Encoding encoding = tensor(network_.layers[i].output).encoding;
      if (encoding == Encoding::int32) {
        plans_[i].output_format = Format::int32;
      } else if (encoding == Encoding::float32) {
        plans_[i].output_format = Format::float32;
      } else if (i + 1 < plans_.size()) {
        plans_[i].output_format = plans_[i + 1].input_format;
      } else {
        plans_[i].output_format = encoding == Encoding::binary ? Format::bit1 : Format::trit2;
      }
    }
  }

  void check_accumulator(const QuantizedLayer& layer) const {
    const std::int64_t reach = tensor(layer.input).cols;
    const std::int64_t most = (std::int64_t{1} << (spec_.array.accumulator_bits - 1)) - 1;
    if (reach <= most) return;
    std::int64_t bits = spec_.array.accumulator_bits;
    while ((std::int64_t{1} << (bits - 1)) - 1 < reach) ++bits;
    fail(network_, layer,
         fmt::format("its sums reach {}, and an accumulator of {} bits holds {}; array.accumulator_bits "
                     "would have to be {}",
                     reach, spec_.array.accumulator_bits, most, bits));
  }

  static std::int64_t narrowest(const ThresholdStage& stage) {
    for (const std::int64_t bytes : {1, 2}) {
      const std::int64_t limit = std::int64_t{1} << (8 * bytes - 1);
      const bool fits = std::all_of(stage.thresholds.begin(), stage.thresholds.end(),
                                    [&](std::int64_t t) { return t >= -limit && t < limit; });
      if (fits) return bytes;
    }
    return 4;
  }

  TilingProblem problem_of(std::size_t i, bool input_resident, bool output_resident) const {
    const QuantizedLayer& layer = network_.layers[i];
    const LayerPlan& plan = plans_[i];
    const QuantizedTensor& in = tensor(layer.input);
    const QuantizedTensor& out = tensor(layer.output);
    const std::int64_t word_bits = spec_.array.word_bits;
    TilingProblem p;
    p.m = in.rows;
    p.datapath = plan.datapath;
    if (layer.has_weights) {
      p.n = out.cols;
      p.words = (in.cols + elements_per_word(plan.input_format, word_bits) - 1) /
                elements_per_word(plan.input_format, word_bits);
      p.weight_word_bytes = bytes_per_word(plan.weight_format, word_bits);
      p.activation_word_bytes = bytes_per_word(plan.input_format, word_bits);
    } else {
      p.n = out.cols;  // a quantizer takes whole rows; only rows are tiled
      p.words = 1;
      p.activation_word_bytes = in.cols;
    }
    const TableShape table = table_shape(layer, plan.threshold_bytes);
    (table.per_channel ? p.table_bytes : p.shared_table_bytes) = table.row_bytes;
    p.output_from_sums = std::holds_alternative<RawStage>(layer.stage);
    const bool packed = is_packed(plan.output_format);
    p.output_bits = !packed ? 32 : plan.output_format == Format::bit1 ? 1 : 2;
    p.output_granule = packed ? elements_per_word(plan.output_format, word_bits) : 1;
    p.input_resident = input_resident;
    p.output_resident = output_resident;
    const auto resident = [&](bool is, const QuantizedTensor& t, Format format) {
      return is ? aligned(t.rows * row_bytes(format, t.cols, word_bits)) : 0;
    };
    p.weight_capacity = spec_.weight_memory.bytes();
    p.accumulator_capacity = spec_.accumulator_memory.bytes();
    p.activation_capacity = spec_.activation_memory.bytes() -
                            resident(input_resident, in, plan.input_format) -
                            resident(output_resident, out, plan.output_format);
    return p;
  }

  std::optional<Tiling> tile(std::size_t i, const TilingProblem& p) const {
    if (p.activation_capacity < 0) return std::nullopt;
    if (network_.layers[i].has_weights) return choose_tiling(p, spec_);
    return tile_rows(p);
  }

  /// A quantizer of the input: as many whole rows at a time as fit.
  static std::optional<Tiling> tile_rows(const TilingProblem& p) {
    std::int64_t rows = p.m;
    const auto fits = [&](std::int64_t m) {
      const Tiling t = {m, p.n, 1, true, 0, 0};
      return t.activation_block(p) + t.output_block(p) <= p.activation_capacity;
    };
    while (rows > 1 && !fits(rows)) rows = (rows + 1) / 2;
    if (!fits(rows) || p.table_bytes * p.n + p.shared_table_bytes > p.weight_capacity) return std::nullopt;
    Tiling t = {rows, p.n, 1, true, 0, 0};
    t.dram_bytes = p.m * p.activation_word_bytes + p.table_bytes * p.n + p.shared_table_bytes +
                   (p.output_resident ? 0 : p.m * p.output_row(p.n));
    return t;
  }

  void place() {
    // cost[r]: DRAM bytes up to here when this layer's input is resident (1) or not (0).
    struct Choice {
      std::int64_t cost = std::numeric_limits<std::int64_t>::max();
      int before = 0;
      std::optional<Tiling> tiling;
    };
    const std::size_t layers = plans_.size();
    std::vector<std::array<Choice, 2>> best(layers + 1);
    best[0][0].cost = 0;
    for (std::size_t i = 0; i < layers; ++i) {
      for (const int in : {0, 1}) {
        if (best[i][static_cast<std::size_t>(in)].cost == std::numeric_limits<std::int64_t>::max()) continue;
        for (const int out : {0, 1}) {
          if (out == 1 && i + 1 == layers) continue;  // the last output goes to DRAM
          const auto tiling = tile(i, problem_of(i, in == 1, out == 1));
          if (!tiling) continue;
          const std::int64_t cost = best[i][static_cast<std::size_t>(in)].cost + tiling->dram_bytes;
          Choice& choice = best[i + 1][static_cast<std::size_t>(out)];
          if (cost < choice.cost) choice = {cost, in, tiling};
        }
      }
      if (!best[i + 1][0].tiling && !best[i + 1][1].tiling) fail_to_fit(i);
    }
    int out = 0;
    for (std::size_t i = layers; i-- > 0;) {
      const Choice& choice = best[i + 1][static_cast<std::size_t>(out)];
      LayerPlan& plan = plans_[i];
      plan.input_resident = choice.before == 1;
      plan.output_resident = out == 1;
      plan.tiling = *choice.tiling;
      plan.problem = problem_of(i, plan.input_resident, plan.output_resident);
      out = choice.before;
    }
  }

  [[noreturn]] void fail_to_fit(std::size_t i) const {
    const TilingProblem p = problem_of(i, false, false);
    if (network_.layers[i].has_weights) fail(network_, network_.layers[i], explain_no_tiling(p, spec_));
    const Tiling row = {1, p.n, 1, true, 0, 0};
    const std::int64_t needed = row.activation_block(p) + row.output_block(p);
    fail(network_, network_.layers[i],
         fmt::format("no tile fits: one row and its codes need {} bytes of activation_memory, which has {}; "
                     "activation_memory.size_KiB would have to be {}",
                     needed, p.activation_capacity, (needed + 1023) / 1024));
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  const LowerOptions& options_;
  std::vector<LayerPlan> plans_;
};

}  // namespace

TableShape table_shape(const QuantizedLayer& layer, std::int64_t threshold_bytes) {
  if (const auto* stage = std::get_if<ThresholdStage>(&layer.stage)) {
    return {static_cast<std::int64_t>(stage->codes.size() - 1) * threshold_bytes + 1, stage->per_channel};
  }
  if (const auto* stage = std::get_if<AffineStage>(&layer.stage)) return {8, stage->per_channel};
  return {0, true};
}

std::vector<LayerPlan> plan_layers(const QuantizedNetwork& network, const MachineSpec& spec,
                                   const LowerOptions& options) {
  return Planner(network, spec, options).run();
}

}  // namespace tricycle
