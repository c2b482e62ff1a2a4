// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/residency.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "arch/params/zero_flags.hpp"
#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

/// 98 KiB, 1.5 KiB, 120 bytes
std::string size_text(std::int64_t bytes) {
  return bytes < 1024 ? fmt::format("{} bytes", bytes)
                      : fmt::format("{:.5g} KiB", static_cast<double>(bytes) / 1024);
}

class Residency {
 public:
  Residency(const QuantizedNetwork& network, const MachineSpec& spec, const Plan& plan,
            const std::vector<std::uint64_t>& tensors_at, const std::vector<LayerImage>& images)
      : network_(network), spec_(spec), plan_(plan), tensors_at_(tensors_at), images_(images) {}

  std::vector<TraceTensor> run() {
    for (std::size_t t = 0; t < network_.tensors.size(); ++t) add_tensor(t);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) add_parameters(i);
    return std::move(rows_);
  }

 private:
  bool is_output(std::size_t t) const { return network_.is_output(static_cast<int>(t)); }
  const std::string& layer_name(int i) const { return network_.layers[static_cast<std::size_t>(i)].name; }
  std::string activation_size() const { return size_text(usable_activation_bytes(spec_)); }
  std::string weight_size() const { return size_text(usable_weight_bytes(spec_)); }

  void add_tensor(std::size_t t) {
    const QuantizedTensor& tensor = network_.tensors[t];
    const TensorPlan& where = plan_.tensors[t];
    const std::int64_t bytes = tensor_bytes(tensor, where.format, spec_.array.word_bits);
    const int made = std::max(where.made, 0), last = std::max(where.last_use, made);
    const bool in_dram = !where.resident || tensor.role == Role::state;
    TraceTensor row;
    row.name = printable(tensor.name);
    row.kind = t == 0                       ? "input"
               : is_output(t)               ? "output"
               : tensor.role == Role::state ? "state"
                                            : "activation";
    row.format = name_of(where.format);
    row.bytes = static_cast<std::uint64_t>(bytes);
    row.memory = where.forwarded ? Memory::lanes : where.resident ? Memory::activation : Memory::dram;
    row.first_layer = static_cast<std::uint32_t>(t == 0 ? first_use(0) : made);
    row.last_layer = static_cast<std::uint32_t>(last);
    row.dram_address = in_dram ? tensors_at_[t] : 0;
    row.dram_bytes = in_dram ? row.bytes : 0;
    row.reason = printable(where.resident ? why_kept(t, bytes, made, last) : why_spilled(t, bytes, made));
    rows_.push_back(std::move(row));
  }

  int first_use(int tensor) const {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const std::vector<int>& inputs = network_.layers[i].inputs;
      if (std::find(inputs.begin(), inputs.end(), tensor) != inputs.end()) return static_cast<int>(i);
    }
    return 0;
  }

  std::string why_kept(std::size_t t, std::int64_t bytes, int made, int last) const {
    const std::string size = fmt::format("{} of {}", size_text(bytes), activation_size());
    const Loop* loop = network_.loop_of(static_cast<std::size_t>(made));
    if (network_.tensors[t].role == Role::state)
      return fmt::format("carried from step to step in activation memory: {}", size);
    if (plan_.tensors[t].forwarded)
      return fmt::format("goes from lane to lane in the pass up to {}", layer_name(last));
    if (loop != nullptr)
      return fmt::format("belongs to one of {} steps, in activation memory: {}", loop->steps, size);
    return fmt::format("kept in activation memory from {} to {}: {}", layer_name(made), layer_name(last),
                       size);
  }

  std::string why_spilled(std::size_t t, std::int64_t bytes, int made) const {
    const TensorPlan& where = plan_.tensors[t];
    if (t == 0) return "the network's input comes from DRAM";
    if (is_output(t)) return "the network's output goes to DRAM";
    const auto i = static_cast<std::size_t>(made);
    const QuantizedLayer& layer = network_.layers[i];
    if (layer.has_weights() && std::holds_alternative<RawStage>(layer.stage))
      return "its sums go to DRAM as they are, from accumulator memory";
    if (network_.loop_of(i) != nullptr) return "a loop makes it step by step, and each step's goes to DRAM";
    if (bytes > usable_activation_bytes(spec_))
      return fmt::format("in DRAM: its {} are more than the {} of activation memory", size_text(bytes),
                         activation_size());
    if (!where.may_stay) {
      return fmt::format(
          "in DRAM: its {} do not fit the {} of activation memory beside the blocks of the layers "
          "up to {}",
          size_text(bytes), activation_size(), layer_name(where.last_use));
    }
    if (where.bytes_if_kept > 0) {
      return fmt::format("in DRAM: keeping its {} would move {} more to and from DRAM in all",
                         size_text(bytes), size_text(where.bytes_if_kept));
    }
    return fmt::format("in DRAM: keeping its {} would move as many bytes in all, and is estimated slower",
                       size_text(bytes));
  }

  void add_parameters(std::size_t i) {
    const LayerPlan& plan = plan_.layers[i];
    const LayerImage& image = images_[i];
    const std::string& name = network_.layers[i].name;
    const bool gathers = plan.problem.gather_row > 0;
    const Format format = gathers ? plan.problem.output : plan.dram_weight_format;
    if (image.weight_bytes > 0)
      add(i, name + ".weights", "weights", name_of(format), image.weight_bytes, image.weights[0][0]);
    if (image.table_bytes > 0) add(i, name + ".table", "table", "table", image.table_bytes, image.tables[0]);
  }

  void add(std::size_t i, const std::string& name, const char* kind, const std::string& format,
           std::uint64_t bytes, std::uint64_t address) {
    TraceTensor row;
    row.name = printable(name);
    row.kind = kind;
    row.format = format;
    row.bytes = bytes;
    row.memory = plan_.layers[i].problem.pinned ? Memory::weight : Memory::dram;
    row.first_layer = row.last_layer = static_cast<std::uint32_t>(i);
    row.dram_address = address;
    row.dram_bytes = bytes;
    row.reason = why_loaded(i, static_cast<std::int64_t>(bytes), row.kind == "table");
    rows_.push_back(std::move(row));
  }

  /// How parameters are loaded into weight memory.
  std::string why_loaded(std::size_t i, std::int64_t bytes, bool is_table) const {
    const LayerPlan& plan = plan_.layers[i];
    const TilingProblem& p = plan.problem;
    const Tiling& t = plan.tiling;
    const std::int64_t steps = network_.steps_of(i);
    if (p.gather_row > 0 && !is_table) return "in DRAM: its rows are read where an index asks for them";
    if (p.stays) {
      return fmt::format("stays in weight memory from item to item, loaded once: {} of {}", size_text(bytes),
                         weight_size());
    }
    if (p.pinned) {
      return fmt::format("pinned in weight memory over {} steps: {} of {}", steps, size_text(bytes),
                         weight_size());
    }
    if (t.streams && !is_table) {
      return fmt::format("{} from DRAM into the array, past weight memory: through {} of the weight stream",
                         steps > 1 ? fmt::format("streams in each of {} steps", steps) : "streams once",
                         size_text(spec_.weight_stream.bytes));
    }
    const std::int64_t all = p.inputs[0].channels,
                       loads = is_table && !p.table_per_channel ? 1 : t.weight_loads;
    std::string text = steps > 1 ? fmt::format("loaded {} in each of {} steps", times(loads), steps)
                       : loads == 1
                           ? "loaded once"
                           : fmt::format("loaded {}, again for each tile of positions", times(loads));
    const bool whole = t.n >= p.n && (t.channels >= all || !p.has_weights);
    if (whole || (is_table && !p.table_per_channel))
      return text + fmt::format(", whole: {} of {} of weight memory", size_text(bytes), weight_size());
    text += fmt::format(", in tiles of {} of {} output channels", std::min(t.n, p.n), p.n);
    if (p.has_weights && t.channels < all && p.groups == 1 && !is_table)
      text += fmt::format(" and {} of {} input channels", t.channels, all);
    return text +
           fmt::format(": blocks of {} of {} of weight memory", size_text(t.weight_block), weight_size());
  }

  static std::string times(std::int64_t count) {
    return count == 1 ? "once" : fmt::format("{} times", count);
  }

  const QuantizedNetwork& network_;
  const MachineSpec& spec_;
  const Plan& plan_;
  const std::vector<std::uint64_t>& tensors_at_;
  const std::vector<LayerImage>& images_;
  std::vector<TraceTensor> rows_;
};

}  // namespace

std::vector<TraceTensor> describe_tensors(const QuantizedNetwork& network, const MachineSpec& spec,
                                          const Plan& plan, const std::vector<std::uint64_t>& tensors_at,
                                          const std::vector<LayerImage>& images) {
  return Residency(network, spec, plan, tensors_at, images).run();
}

}  // namespace tricycle
