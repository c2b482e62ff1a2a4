// SPDX-License-Identifier: Apache-2.0
// The words of files for the choices of a machine and of a DRAM. Each list is in the order of its
// enumeration.
#include "arch/params/machine.hpp"
#include "arch/params/units.hpp"

namespace tricycle {

using Words = std::vector<std::string>;

const Words& names_of(UnitId) {
  static const Words names = {
#define UNIT(identifier, meaning) #identifier,
#include "arch/params/units.def"
#undef UNIT
#define MEMORY(identifier, holds, meaning) #identifier,
#include "arch/params/memories.def"
#undef MEMORY
  };
  return names;
}

const Words& names_of(Datapath) {
  static const Words names = {
#define DATAPATH(identifier, ...) #identifier,
#include "arch/params/datapaths.def"
#undef DATAPATH
  };
  return names;
}

UnitId unit_of(Datapath datapath) {
  constexpr UnitId units[] = {
#define DATAPATH(identifier, unit, ...) UnitId::unit,
#include "arch/params/datapaths.def"
#undef DATAPATH
  };
  return units[static_cast<std::size_t>(datapath)];
}

const Words& names_of(Format) {
  static const Words names = {"bit1",  "trit2",   "trit2_mask", "planes", "uint8", "int32", "float32", "int8",
                              "int16", "float16", "pow2",       "u1",     "u2",    "u3",    "u4",      "u5",
                              "u6",    "u7",      "u8",         "s1",     "s2",    "s3",    "s4",      "s5",
                              "s6",    "s7",      "s8",         "trit5",  "bitmap"};
  return names;
}

const Words& names_of(FatnnMask) {
  static const Words names = {"on_the_fly", "precomputed"};
  return names;
}

const Words& names_of(Ports) {
  static const Words names = {"1rw", "1r1w", "2rw"};
  return names;
}

const Words& names_of(Transistors) {
  static const Words names = {"auto", "hp", "lop", "lstp"};
  return names;
}

const Words& names_of(Dataflow) {
  static const Words names = {"output_stationary", "weight_stationary"};
  return names;
}

const Words& names_of(Packing) {
  static const Words names = {"auto", "channel", "im2col"};
  return names;
}

const Words& names_of(Fusion) {
  static const Words names = {"temporal", "spatial"};
  return names;
}

const Words& names_of(MacType) {
  static const Words names = {"int8", "fp16", "fp32"};
  return names;
}

const Words& names_of(FeederKind) {
  static const Words names = {"none", "line_buffer"};
  return names;
}

const Words& names_of(ZeroSkip) {
  static const Words names = {"none", "gating", "word", "element"};
  return names;
}

const Words& names_of(SkipOperands) {
  static const Words names = {"auto", "weights", "activations", "both"};
  return names;
}

const Words& names_of(DramScheduler) {
  static const Words names = {"fr_fcfs", "fcfs"};
  return names;
}

const Words& names_of(DramPage) {
  static const Words names = {"open", "closed"};
  return names;
}

const Words& names_of(DramQueues) {
  static const Words names = {"per_bank", "per_rank"};
  return names;
}

const Words& names_of(DramRefresh) {
  static const Words names = {"all_bank", "per_bank", "none"};
  return names;
}

}  // namespace tricycle
