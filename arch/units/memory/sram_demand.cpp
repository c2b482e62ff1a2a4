// SPDX-License-Identifier: Apache-2.0
#include "arch/units/memory/sram_demand.hpp"

#include <algorithm>

namespace tricycle {
namespace {

const MemorySpec& spec_of(Memory memory, const MachineSpec& spec) {
  if (memory == Memory::weight) return spec.weight_memory;
  return memory == Memory::activation ? spec.activation_memory : spec.accumulator_memory;
}

/// All accesses of one kind to a memory.
PortSet ports_of(const std::vector<Access>& accesses, Memory memory, bool write, const MachineSpec& spec) {
  PortSet ports;
  for (const Access& access : accesses) {
    if (access.memory == memory && access.write == write) ports |= ports_of(access, spec);
  }
  return ports;
}

/// Cycles of a port in which so many accesses of a bank are made, in all banks at once.
Cycles port_cycles(std::uint64_t accesses, const MemorySpec& memory) {
  const auto banks = static_cast<std::uint64_t>(memory.banks);
  return (accesses + banks - 1) / banks;
}

/// What the array does to the sums in a cycle: through one port it writes in one and reads in another, both
/// are counted as writes.
PortSet update_of(PortSet writes, bool reads_too, const MemorySpec& memory) {
  if (reads_too && !memory.has_one_port())
    writes.bits = static_cast<std::uint16_t>(writes.bits | writes.bits >> 1U);
  return writes;
}

/// `count` accesses in at most `cycles` cycles, as far from each other as whole cycles let them be.
Stream spread_evenly(PortSet ports, Cycles first, std::uint64_t count, Cycles cycles) {
  count = std::min(count, cycles);
  return {ports, first, count > 0 ? cycles / count : 1, 1, count};
}

Cycles cycles_of(std::int64_t cycles) {
  return static_cast<Cycles>(cycles);
}

/// The groups of a matmul, one after another, each for as many cycles; what a group has made moves when its
/// last step has come through the pipeline.
class Groups {
 public:
  Groups(Cycles cycles, Cycles groups, Cycles depth)
      : groups_(std::min(cycles, groups)), each_(cycles / groups_), depth_(depth) {}
  /// Accesses of each group, for `busy` cycles up to that.
  [[nodiscard]] Stream stream(PortSet ports, Cycles start, Cycles busy) const {
    busy = std::min(each_, busy);
    return {ports, start + each_ + depth_ - busy, each_, busy, groups_};
  }

 private:
  Cycles groups_, each_, depth_;
};

}  // namespace

Cycles Stream::changes_after(Cycles cycle) const {
  if (cycle < first) return first;
  if (cycle >= end()) return never;
  if (busy >= period) return end();
  const Cycles at = (cycle - first) % period;
  return cycle - at + (at < busy ? busy : period);
}

Cycles Spread::due_from(Cycles position) const {
  const Cycles late = writes ? 1 : 0;  // share k is [k * cycles / count, (k + 1) * cycles / count)
  const Cycles share = ((position + late) * count + cycles - 1) / cycles;
  return share < count + late ? share * cycles / count - late : never;
}

Cycles read_wait_cycles(Memory memory, const MachineSpec& spec) {
  return cycles_of(spec_of(memory, spec).latency_cycles - 1);
}

PortSet ports_of(const Access& access, const MachineSpec& spec) {
  const int half = 2 * static_cast<int>(access.memory);
  const MemorySpec& memory = spec_of(access.memory, spec);
  if (!memory.ping_pong) return PortSet::of(half, access.write);
  const auto middle = static_cast<std::uint64_t>(memory.bytes() / 2);
  PortSet ports;
  if (access.address < middle) ports |= PortSet::of(half, access.write);
  if (access.end() > middle) ports |= PortSet::of(half + 1, access.write);
  return ports;
}

std::vector<Stream> array_demand(const isa::Matmul& i, const std::vector<Access>& accesses,
                                 const CounterSet& events, const MachineSpec& spec, Cycles start,
                                 Cycles cycles, const StageDemand& stage, const ArrayReads& reads) {
  const ProductShape shape = shape_of(i, stage.rate);
  const Geometry g = geometry_of(spec.array, shape);
  const PortSet weights = ports_of(accesses, Memory::weight, false, spec);
  const PortSet activations = ports_of(accesses, Memory::activation, false, spec);
  const PortSet sums = ports_of(accesses, Memory::accumulator, true, spec);
  const bool has_steps = events[Counter::array_steps] > 0;
  const Cycles step = cycles_of(step_cycles(spec, shape)), of_weights = cycles_of(weight_cycles(spec, shape));
  const Cycles of_activations = cycles_of(activation_cycles(spec, shape));
  const Cycles row_groups = cycles_of(ceil_div(shape.positions, g.rows));
  if (spec.array.is_weight_stationary() && reads.differ) {
    // Steps that differ ask for ports as evenly as a line buffer's windows do.
    std::vector<Stream> streams = line_buffer_demand(accesses, events, spec, start, cycles);
    streams[1] = spread_evenly(activations, start, reads.activations, cycles);
    return streams;
  }
  if (spec.array.is_weight_stationary()) {
    const Cycles word = of_weights + row_groups * step, words = has_steps ? cycles / word : 0;
    const Cycles first = start + of_weights, update = cycles_of(sum_update_cycles(spec, shape));
    return {{weights, start, word, of_weights, words},
            {activations, first, word, row_groups * of_activations, words},
            {update_of(sums, true, spec.accumulator_memory), first, word, row_groups * update, words,
             spec.accumulator_memory.has_one_port()}};
  }
  const Cycles col_groups = cycles_of(ceil_div(shape.cols, g.cols));
  const Groups groups(cycles, row_groups * col_groups,
                      cycles_of(spec.array.depth_cycles + operand_wait_cycles(spec)));
  const Cycles steps = has_steps ? cycles / step : 0;
  std::vector<Stream> streams = {{weights, start, step, of_weights, steps},
                                 {activations, start, step, of_activations, steps}};
  if (reads.differ) {
    streams = {spread_evenly(weights, start, events[Counter::array_steps] * of_weights, cycles),
               spread_evenly(activations, start, reads.activations, cycles)};
  }
  const std::int64_t rows = std::min(g.rows, shape.positions);
  if (stage.accesses == nullptr) {
    const PortSet update = update_of(sums, i.accumulate != 0, spec.accumulator_memory);
    streams.push_back(groups.stream(update, start, cycles_of(drain_cycles(spec, shape, rows))));
    return streams;
  }
  const OutputCycles out = output_cycles(spec, shape, rows, output_cols(spec, shape));
  const auto of_stage = [&](Memory memory, bool write) {
    return ports_of(*stage.accesses, memory, write, spec);
  };
  streams.push_back(groups.stream(of_stage(Memory::activation, true), start, cycles_of(out.write)));
  streams.push_back(groups.stream(of_stage(Memory::activation, false), start, cycles_of(out.read)));
  if (i.accumulate != 0) {
    const PortSet added_to = ports_of(accesses, Memory::accumulator, false, spec);
    streams.push_back(groups.stream(added_to, start, cycles_of(sum_cycles(spec, shape, rows))));
  }
  const Cycles of_table = cycles_of(output_table_cycles(spec, shape));
  streams.push_back({of_stage(Memory::weight, false), start, cycles / col_groups, of_table, col_groups});
  std::erase_if(streams, [](const Stream& stream) { return stream.busy == 0; });
  return streams;
}

std::vector<Stream> streamed_demand(const isa::Matmul& i, const std::vector<Access>& accesses,
                                    const MachineSpec& spec, Cycles start, const StreamedPart& part,
                                    const StageDemand& stage) {
  const ProductShape shape = shape_of(i, stage.rate);
  const std::int64_t rows = shape.positions;
  const Cycles depth = cycles_of(spec.array.depth_cycles + operand_wait_cycles(spec));
  std::vector<Stream> streams;
  const auto of_stage = [&](Memory memory, bool write) {
    return ports_of(*stage.accesses, memory, write, spec);
  };
  // What a group has made moves in the cycles that end with its completion.
  const auto at_end = [&](PortSet ports, std::int64_t cycles) {
    const Cycles busy = std::min(part.group, cycles_of(cycles));
    streams.push_back({ports, start + part.cycles + depth - busy, std::max<Cycles>(1, busy), busy, 1});
  };
  if (part.tables > 0)
    streams.push_back({of_stage(Memory::weight, false), start, part.tables, part.tables, 1});
  if (part.steps > 0) {
    const PortSet activations = ports_of(accesses, Memory::activation, false, spec);
    if (part.reads > 0) {
      streams.push_back(spread_evenly(activations, start, part.reads, part.steps));
    } else {
      const Cycles step = cycles_of(step_cycles(spec, shape));
      streams.push_back(
          {activations, start, step, cycles_of(activation_cycles(spec, shape)), part.steps / step});
    }
  }
  if (part.group > 0 && stage.accesses == nullptr) {
    const PortSet sums = ports_of(accesses, Memory::accumulator, true, spec);
    at_end(update_of(sums, i.accumulate != 0, spec.accumulator_memory), drain_cycles(spec, shape, rows));
  } else if (part.group > 0) {
    const OutputCycles out = output_cycles(spec, shape, rows, output_cols(spec, shape));
    at_end(of_stage(Memory::activation, true), out.write);
    at_end(of_stage(Memory::activation, false), out.read);
    if (i.accumulate != 0)
      at_end(ports_of(accesses, Memory::accumulator, false, spec), sum_cycles(spec, shape, rows));
  }
  std::erase_if(streams, [](const Stream& stream) { return stream.busy == 0; });
  return streams;
}

std::vector<Stream> line_buffer_demand(const std::vector<Access>& accesses, const CounterSet& events,
                                       const MachineSpec& spec, Cycles start, Cycles cycles) {
  const auto evenly = [&](PortSet ports, std::uint64_t count, const MemorySpec& memory) {
    return spread_evenly(ports, start, port_cycles(count, memory), cycles);
  };
  const std::uint64_t reads = events[Counter::accumulator_memory_reads];
  const std::uint64_t writes = events[Counter::accumulator_memory_writes];
  const MemorySpec& sums = spec.accumulator_memory;
  const PortSet update = update_of(ports_of(accesses, Memory::accumulator, true, spec), reads > 0, sums);
  Stream of_sums = evenly(update, sums.has_one_port() ? reads + writes : writes, sums);
  of_sums.in_turn = sums.has_one_port() && reads > 0;
  return {evenly(ports_of(accesses, Memory::weight, false, spec), events[Counter::weight_memory_reads],
                 spec.weight_memory),
          evenly(ports_of(accesses, Memory::activation, false, spec),
                 events[Counter::activation_memory_reads], spec.activation_memory),
          of_sums};
}

VectorDemand vector_demand(const std::vector<Access>& accesses, const CounterSet& events,
                           const MachineSpec& spec, Cycles cycles) {
  VectorDemand demand;
  demand.cycles = cycles;
  const auto add = [&](Memory memory, bool write, Counter counter) {
    const Cycles count = port_cycles(events[counter], spec_of(memory, spec));
    if (count == 0) return;
    demand.spreads.push_back({ports_of(accesses, memory, write, spec), write, count});
    demand.cycles = std::max(demand.cycles, count);
  };
  add(Memory::accumulator, false, Counter::accumulator_memory_reads);
  add(Memory::activation, false, Counter::activation_memory_reads);
  add(Memory::activation, true, Counter::activation_memory_writes);
  for (Spread& spread : demand.spreads) spread.cycles = demand.cycles;
  return demand;
}

const Access& on_chip(const std::vector<Access>& accesses) {
  return *std::find_if(accesses.begin(), accesses.end(),
                       [](const Access& access) { return access.memory != Memory::dram; });
}

BurstDemand burst_demand(const std::vector<Access>& accesses, const MachineSpec& spec, std::uint64_t bytes) {
  const Access& here = on_chip(accesses);
  const std::int64_t bits = static_cast<std::int64_t>(bytes) * 8;
  return {ports_of(here, spec), cycles_of(ceil_div(bits, spec_of(here.memory, spec).bits_per_cycle()))};
}

}  // namespace tricycle
