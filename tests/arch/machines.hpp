// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/params/machine.hpp"

namespace tricycle::test {

/// A machine of 2 x 3 elements with words of 16 bits, the binary and ternary datapaths, round numbers and no
/// rule of thumb: the tests of a timing rule start from it and change one parameter. Its memories are wide
/// enough for a burst, an instruction or what the vector unit takes in to pass in one cycle; activations lie
/// in so many banks that words of positions side by side never meet in one.
inline MachineSpec small_machine() {
  MachineSpec spec;
  spec.name = "small";
  spec.clock_MHz = 100;
  spec.array.rows = 2;
  spec.array.cols = 3;
  spec.array.word_bits = 16;
  spec.array.accumulator_bits = 24;
  spec.array.depth_cycles = 5;
  spec.array.datapaths = {Datapath::ternary_planes, Datapath::ternary_fatnn, Datapath::binary};
  spec.array.fatnn_mask = FatnnMask::on_the_fly;
  spec.weight_memory = {.size_KiB = 6, .banks = 3, .width_bits = 64};
  spec.activation_memory = {.size_KiB = 4, .banks = 16, .width_bits = 16};
  spec.accumulator_memory = {.size_KiB = 6, .banks = 3, .width_bits = 64};
  spec.instruction_memory = {.size_KiB = 16, .banks = 1, .width_bits = 1024};
  spec.vector = {.lanes = 4, .latency_cycles = 3};
  spec.fetch = {.setup_cycles = 4, .burst_bytes = 16, .outstanding = 64};
  spec.load = {.setup_cycles = 4, .burst_bytes = 16, .outstanding = 64};
  spec.store = {.setup_cycles = 6, .burst_bytes = 16, .outstanding = 64};
  spec.sequencer = {.fetch_cycles = 2, .queue_depth = 8};
  spec.dram.latency_cycles = 20;
  spec.dram.size_MiB = 1;
  return spec;
}

/// The same with banks as wide as a word of the array or a sum: what the array alone asks for.
inline MachineSpec narrow(MachineSpec spec) {
  spec.weight_memory.width_bits = spec.activation_memory.width_bits = 16;
  spec.activation_memory.banks = 2;
  spec.accumulator_memory.width_bits = 32;
  return spec;
}

/// The small machine with an output stage that takes a group of sums in a cycle.
inline MachineSpec staged_machine() {
  MachineSpec spec = small_machine();
  spec.output_stage = {
      .lanes = 6, .scale_lanes = 6, .thresholds = 15, .latency_cycles = 2, .tiles = 4, .pool_bytes = 64};
  return spec;
}

/// The small machine with all six datapaths and so with a popcount, a shifter and a mac unit.
inline MachineSpec full_machine() {
  MachineSpec spec = small_machine();
  spec.name = "full";
  spec.array.datapaths = {Datapath::ternary_planes, Datapath::ternary_fatnn, Datapath::binary,
                          Datapath::bitserial,      Datapath::shift,         Datapath::mac};
  return spec;
}

}  // namespace tricycle::test
