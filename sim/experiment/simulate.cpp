// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "arch/datapath/floats.hpp"
#include "sim/cost/dram_figures.hpp"
#include "sim/experiment/items.hpp"
#include "support/diagnostics.hpp"
#include "support/files.hpp"
#include "support/random.hpp"
#include "support/report.hpp"
#include "traces/checkpoints.hpp"
#include "traces/tools/untimed.hpp"
#include "workloads/integer/golden.hpp"
#include "workloads/lower/lower.hpp"

namespace tricycle {

const std::vector<std::string>& names_of(Verify) {
  static const std::vector<std::string> names = {"all", "sample", "off"};
  return names;
}

namespace {

using Values = std::vector<std::int32_t>;

std::span<const std::uint8_t> item_bytes(const Trace& trace, std::uint64_t item) {
  const std::size_t each = trace.items.bytes.size() / trace.items.count;
  return std::span(trace.items.bytes).subspan(item * each, each);
}

/// What DRAM holds of bound tensors.
std::vector<Values> values_in(const std::vector<Binding>& bindings, const MachineSpec& spec,
                              const MemoryView& memories) {
  std::vector<Values> values;
  for (const Binding& binding : bindings) {
    const std::int64_t size = binding.rows * row_bytes(binding.format, binding.cols, spec.array.word_bits);
    values.push_back(
        unpack_tensor(binding, spec, memories.dram.subspan(binding.address, static_cast<std::size_t>(size))));
  }
  return values;
}

/// The tensors that a network's outputs are.
std::vector<int> output_tensors(const QuantizedNetwork& network) {
  std::vector<int> tensors;
  for (const NetworkOutput& output : network.outputs) tensors.push_back(output.tensor);
  if (tensors.empty()) tensors.push_back(network.output_index());
  return tensors;
}

/// The values of a network's outputs, or the last ones of the states that it carries to the next item.
std::vector<Values> golden_outputs(const QuantizedNetwork& network, const std::vector<Values>& golden) {
  std::vector<Values> values;
  for (const int tensor : output_tensors(network)) values.push_back(golden[static_cast<std::size_t>(tensor)]);
  return values;
}
std::vector<Values> golden_states(const QuantizedNetwork& network, const std::vector<Values>& golden) {
  std::vector<Values> values;
  for (const QuantizedLayer& layer : network.layers) {
    if (layer.kind != LayerKind::save) continue;
    const QuantizedTensor& tensor = network.tensor(layer.output);
    const Values& all = golden[static_cast<std::size_t>(layer.output)];  // of every time step
    values.emplace_back(all.end() - static_cast<std::ptrdiff_t>(tensor.rows() * tensor.channels), all.end());
  }
  return values;
}

/// The bytes of each output, item after item, without the padding behind the last values of rows.
class PackedOutputs {
 public:
  PackedOutputs(const Trace& trace, const MachineSpec& spec)
      : trace_(trace), spec_(spec), bytes_(trace.outputs.size()) {}

  void add(const std::vector<Values>& outputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Bytes packed = pack_tensor(trace_.outputs[i], spec_, outputs[i]);
      bytes_[i].insert(bytes_[i].end(), packed.begin(), packed.end());
    }
  }

  [[nodiscard]] std::vector<std::uint32_t> crcs() const {
    std::vector<std::uint32_t> crcs;
    for (const Bytes& bytes : bytes_) crcs.push_back(crc32(bytes));
    return crcs;
  }
  /// Of all outputs, one after another.
  [[nodiscard]] std::uint32_t crc() const {
    Bytes all;
    for (const Bytes& bytes : bytes_) all.insert(all.end(), bytes.begin(), bytes.end());
    return crc32(all);
  }

 private:
  const Trace& trace_;
  const MachineSpec& spec_;
  std::vector<Bytes> bytes_;
};

void fill_dram(const Trace& trace, const MemoryView& memories) {
  for (const ImageSegment& segment : trace.image) {
    std::copy(segment.bytes.begin(), segment.bytes.end(),
              memories.dram.begin() + static_cast<std::ptrdiff_t>(segment.address));
  }
}

void put_item(const Trace& trace, std::uint64_t item, const MemoryView& memories) {
  const auto bytes = item_bytes(trace, item);
  std::copy(bytes.begin(), bytes.end(),
            memories.dram.begin() + static_cast<std::ptrdiff_t>(trace.input.address));
}

/// The MACs of an item, as the golden interpreter reports them.
std::uint64_t macs_of(const QuantizedNetwork& network) {
  std::uint64_t macs = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i)
    macs += static_cast<std::uint64_t>(network.steps_of(i) * network.macs(network.layers[i]));
  return macs;
}

class Verifier {
 public:
  Verifier(const Trace& trace, const MachineSpec& spec, const QuantizedNetwork* network,
           const SimulateOptions& options)
      : trace_(trace),
        spec_(spec),
        network_(network),
        options_(options),
        untimed_(spec, trace.dram_bytes),
        checkpoints_(trace),
        instructions_(instructions_of(trace.code, Loops(trace.code))) {
    fill_dram(trace, untimed_);
  }

  std::uint64_t checked = 0, mismatches = 0;
  std::string first_mismatch;

  /// Computes the expected contents of memory after an item's run, with the golden interpreter and with the
  /// untimed meaning.
  void prepare(std::uint64_t item) {
    item_ = item;
    if (network_ != nullptr) {
      const std::uint64_t macs = macs_of(*network_);
      GoldenOptions options = {floating_lanes(spec_)};
      options.progress = [&](std::uint64_t done) { tell("golden interpreter: MACs", done, macs); };
      const std::vector<Values> before = std::move(golden_);
      if (item > 0) options.before = &before;
      golden_ = run_golden(*network_, unpack_tensor(trace_.input, spec_, item_bytes(trace_, item)), options);
    }
    put_item(trace_, item, untimed_);
    std::uint64_t executed = 0;
    const UntimedResult result = execute_untimed(trace_.code, spec_, untimed_, [&](const Issued& issued) {
      tell("untimed instructions", ++executed, instructions_);
      checkpoints_.for_each(issued, [&](std::size_t c, const Checkpoint& checkpoint) {
        Values found = read_region(checkpoint.region, spec_, untimed_);
        if (network_ != nullptr) {
          compare("untimed meaning", checkpoint_at(issued, c), found, golden_slice(checkpoint), false);
        } else {
          expected_[issued.number].push_back(std::move(found));
        }
      });
    });
    if (!result.finished) throw RunError("deadlock: " + result.deadlock);
    const std::vector<Values> outputs = values_in(trace_.outputs, spec_, untimed_);
    const std::vector<Values> states = values_in(trace_.states, spec_, untimed_);
    expected_outputs_ = network_ != nullptr ? golden_outputs(*network_, golden_) : outputs;
    expected_states_ = network_ != nullptr ? golden_states(*network_, golden_) : states;
    compare_ends("untimed meaning", outputs, states, false);
  }

  /// Called when the machine has completed an instruction.
  void completed(const Issued& issued, const MemoryView& memories) {
    const auto untimed = network_ != nullptr ? expected_.end() : expected_.find(issued.number);
    std::size_t piece = 0;
    checkpoints_.for_each(issued, [&](std::size_t c, const Checkpoint& checkpoint) {
      compare("machine", checkpoint_at(issued, c), read_region(checkpoint.region, spec_, memories),
              network_ != nullptr ? golden_slice(checkpoint) : untimed->second[piece++], true);
    });
    if (untimed != expected_.end()) expected_.erase(untimed);
  }

  /// The golden values of the current item, or null without a network.
  [[nodiscard]] const std::vector<Values>* golden() const { return network_ != nullptr ? &golden_ : nullptr; }

  /// Called when the machine has reached its halt.
  void finished(const std::vector<Values>& outputs, const std::vector<Values>& states) {
    compare_ends("machine", outputs, states, true);
  }

  void mismatch(const std::string& message) {
    ++mismatches;
    if (first_mismatch.empty()) first_mismatch = message;
  }

 private:
  /// Where values were compared: at a checkpoint after an issued instruction, or in a bound tensor at the
  /// end.
  struct At {
    std::size_t index = 0;     ///< of the checkpoint; of the output, or behind all outputs of the state
    std::uint64_t number = 0;  ///< of the issued instruction
    const Binding* at_end = nullptr;
  };
  static At checkpoint_at(const Issued& issued, std::size_t checkpoint) {
    return {checkpoint, issued.number, nullptr};
  }

  void compare_ends(const char* who, const std::vector<Values>& outputs, const std::vector<Values>& states,
                    bool count) {
    for (std::size_t i = 0; i < outputs.size(); ++i)
      compare(who, {i, 0, &trace_.outputs[i]}, outputs[i], expected_outputs_[i], count);
    for (std::size_t i = 0; i < states.size(); ++i)
      compare(who, {outputs.size() + i, 0, &trace_.states[i]}, states[i], expected_states_[i], count);
  }

  std::string name_of_place(const At& at) const {
    if (at.at_end == nullptr) {
      const Checkpoint& checkpoint = trace_.checkpoints[at.index];
      return fmt::format("layer '{}' after instruction {}", trace_.layers[checkpoint.layer].name,
                         checkpoint.instruction);
    }
    if (at.index >= trace_.outputs.size()) return fmt::format("the state '{}'", at.at_end->name);
    return trace_.outputs.size() == 1 ? "the output" : fmt::format("the output '{}'", at.at_end->name);
  }

  Values golden_slice(const Checkpoint& checkpoint) const {
    const QuantizedLayer& layer = network_->layers.at(checkpoint.layer);
    const auto tensor = static_cast<std::size_t>(layer.output);
    const std::int64_t cols = network_->tensors[tensor].channels;
    Values values;
    values.reserve(static_cast<std::size_t>(checkpoint.region.rows * checkpoint.region.cols));
    for (std::int64_t r = 0; r < checkpoint.region.rows; ++r) {
      const auto start = golden_[tensor].begin() + (checkpoint.row + r) * cols + checkpoint.col;
      values.insert(values.end(), start, start + checkpoint.region.cols);
    }
    return values;
  }

  bool chosen(const At& at, std::size_t i) const {
    if (options_.verify == Verify::all) return true;
    const std::uint64_t stream =
        mix(options_.seed ^ (item_ << 40U)) ^ mix(at.at_end != nullptr ? ~std::uint64_t{0} : at.number);
    return mix(stream ^ (std::uint64_t{at.index} << 32U) ^ i) % 10 == 0;
  }

  void compare(const char* who, const At& at, const Values& found, const Values& expected, bool count) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (!chosen(at, i)) continue;
      if (count) ++checked;
      const Format format =
          at.at_end != nullptr ? at.at_end->format : trace_.checkpoints[at.index].region.format;
      if (same_value(is_float(format), found[i], expected[i])) continue;
      mismatch(fmt::format("item {}, {}, value {} of {}: expected {}, found {}", item_, who, i,
                           name_of_place(at), expected[i], found[i]));
    }
  }

  const Trace& trace_;
  const MachineSpec& spec_;
  const QuantizedNetwork* network_;
  const SimulateOptions& options_;
  Memories untimed_;
  Checkpoints checkpoints_;
  std::uint64_t instructions_;  ///< that an item issues
  std::uint64_t item_ = 0;
  std::vector<Values> golden_;
  /// Without a network: what the untimed meaning left at the checkpoints of each issued instruction.
  std::unordered_map<std::uint64_t, std::vector<Values>> expected_;
  std::vector<Values> expected_outputs_, expected_states_;
};

/// The index of the largest value; the lowest index on ties.
std::size_t top1(const std::vector<float>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// What the machine is told of a run, but for the requests of its DRAM.
MachineOptions machine_options(const Trace& trace, const SimulateOptions& options) {
  MachineOptions machine = options.machine;
  machine.seed = options.seed;
  machine.check_dram = options.verify != Verify::off;
  for (const TraceLayer& layer : trace.layers) {
    const DeclaredDensity declared = declared_density(layer, options);
    machine.weight_densities.push_back(declared.weights);
    machine.activation_densities.push_back(declared.activations);
  }
  return machine;
}

/// Adds what the rules of a DRAM device say of an inference.
void add_dram_checks(Simulation& simulation, const DramDone& dram) {
  simulation.dram_commands_checked += dram.commands_checked;
  simulation.dram_violations += dram.violations.size();
  if (simulation.first_violation.empty())
    simulation.first_violation = violations_text(dram.violations).substr(0, 200);
}

/// Adds the times, events and DRAM commands of one item.
void add_inference(Simulation& simulation, Inference inference) {
  const bool first = simulation.count++ == 0;
  simulation.cycles_total += inference.cycles;
  simulation.cycles_min = first ? inference.cycles : std::min(simulation.cycles_min, inference.cycles);
  simulation.cycles_max = std::max(simulation.cycles_max, inference.cycles);
  simulation.events_total += inference.events();
  const DramStatistics dram = sum_of(inference.dram.channels);
  add_dram_checks(simulation, inference.dram);
  if (first) simulation.dram_first = dram;
  simulation.dram_total += dram;
  const RunStatus status = inference.status;
  if (simulation.count == 2) simulation.warm = inference;
  if (first) simulation.first = std::move(inference);
  if (status != RunStatus::finished) simulation.first.status = status;
}

/// Whether the time of a matmul depends on values: on where their zeros are.
bool needs_values(const MachineSpec& spec) {
  return spec.array.zero_skip == ZeroSkip::word || spec.array.zero_skip == ZeroSkip::element;
}

/// Scores an item's first output by its label, or by the text's next tokens.
void score(Simulation& simulation, const Trace& trace, const SimulateOptions& options, std::uint64_t item,
           const Values& output) {
  if (simulation.correct &&
      top1(real_values(trace.output(), output)) == static_cast<std::uint64_t>(options.labels[item])) {
    ++*simulation.correct;
  }
  if (simulation.language) {
    const auto rows = static_cast<std::size_t>(trace.output().rows);
    add_rows(*simulation.language, output, trace.output().cols,
             std::span(options.text->tokens).subspan(item * rows, rows));
  }
}

/// What the verifier found, and, without a network, whether the outputs have the CRC that the trace states.
void conclude(Simulation& simulation, Verifier& verifier, const Trace& trace, bool has_network) {
  simulation.reference = has_network || trace.golden_crc ? "golden" : "untimed";
  if (!has_network && trace.golden_crc && simulation.first.status == RunStatus::finished &&
      *trace.golden_crc != simulation.outputs_crc) {
    verifier.mismatch(fmt::format("the outputs' CRC is {:08x}, and the golden one in the trace {:08x}",
                                  simulation.outputs_crc, *trace.golden_crc));
  }
  simulation.checked = verifier.checked;
  simulation.mismatches = verifier.mismatches;
  simulation.first_mismatch = verifier.first_mismatch;
}

}  // namespace

DeclaredDensity declared_density(const TraceLayer& layer, const SimulateOptions& options) {
  const double own = layer.weights > 0
                         ? static_cast<double>(layer.nonzero_weights) / static_cast<double>(layer.weights)
                         : 1.0;
  return {options.weight_density.value_or(own), options.activation_density.value_or(1.0)};
}

Simulation simulate(const Trace& trace, const MachineSpec& spec, const QuantizedNetwork* network,
                    const SimulateOptions& options) {
  MachineOptions asked = machine_options(trace, options);
  Simulation simulation;
  if (const auto& tell = options.machine.dram_requests) {
    asked.dram_requests = [&](std::uint64_t cycle, const DramRequest& request) {
      if (simulation.count == 0) tell(cycle, request);  // of the first item alone
    };
  }
  Elaboration machine(spec, trace.code, trace.layers.size(), trace.dram_bytes, asked);
  if (options.show_tree) options.show_tree(machine.tree());
  fill_dram(trace, machine.memories());
  const bool functional = options.machine.functional;
  std::optional<Verifier> verifier;
  if (functional && options.verify != Verify::off) verifier.emplace(trace, spec, network, options);
  Verifier* verifier_now = verifier ? &*verifier : nullptr;
  if (!options.labels.empty()) simulation.correct = 0;
  if (functional && options.text) simulation.language.emplace();
  std::optional<Progress> progress;  // created when the simulation starts
  std::uint64_t completed = 0;
  machine.on_completed([&](const Issued& issued) {
    if (verifier_now != nullptr) verifier_now->completed(issued, machine.memories());
    if ((++completed & 15U) == 0) progress->update(completed);
  });
  PackedOutputs packed(trace, spec);
  for (std::uint64_t item = 0; item < trace.items.count; ++item) {
    if (verifier) verifier->prepare(item);
    if (!progress)
      progress.emplace(
          "simulating instructions",
          instructions_of(trace.code, Loops(trace.code)) * std::max<std::uint64_t>(2, trace.items.count),
          options.progress);
    put_item(trace, item, machine.memories());
    add_inference(simulation, machine.run(item == 0 ? Start::cold : Start::warm));
    if (simulation.first.status != RunStatus::finished) break;
    if (!functional) continue;
    const std::vector<Values> outputs = values_in(trace.outputs, spec, machine.memories());
    simulation.states = values_in(trace.states, spec, machine.memories());
    packed.add(outputs);
    if (verifier) verifier->finished(outputs, simulation.states);
    if (options.observe) options.observe(item, verifier ? verifier->golden() : nullptr, outputs);
    if (item == 0) simulation.outputs = outputs;
    score(simulation, trace, options, item, outputs[0]);
  }
  if (simulation.count == 1 && simulation.first.status == RunStatus::finished) {
    verifier_now = nullptr;
    simulation.warm = machine.run(Start::warm, needs_values(spec));
    add_dram_checks(simulation, simulation.warm->dram);
    simulation.first.status = simulation.warm->status;
  }
  if (progress) progress->finish();
  simulation.outputs_crcs = packed.crcs();
  simulation.outputs_crc = packed.crc();
  if (simulation.first.status != RunStatus::finished) {
    simulation.correct.reset();
    simulation.language.reset();
  }
  if (verifier) conclude(simulation, *verifier, trace, network != nullptr);
  return simulation;
}

std::uint32_t golden_crc(const Trace& trace, const MachineSpec& spec, const QuantizedNetwork& network) {
  const std::uint64_t macs = macs_of(network);
  PackedOutputs packed(trace, spec);
  std::vector<Values> before;
  for (std::uint64_t item = 0; item < trace.items.count; ++item) {
    GoldenOptions options = {floating_lanes(spec)};
    options.progress = [&](std::uint64_t done) {
      tell("golden interpreter: MACs of all items", item * macs + done, trace.items.count * macs);
    };
    if (item > 0) options.before = &before;
    auto values = run_golden(network, unpack_tensor(trace.input, spec, item_bytes(trace, item)), options);
    packed.add(golden_outputs(network, values));
    before = std::move(values);
  }
  return packed.crc();
}

}  // namespace tricycle
