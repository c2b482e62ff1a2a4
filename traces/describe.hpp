// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "traces/trace.hpp"

namespace tricycle {

/// The fields of every record of a trace, in one place. The binary form and the text form are both made from
/// them. `a(name, value)` is called for each field. Values are strings, bools, integers, doubles or named
/// enumerations.

template <class A>
void describe_header(A& a, Trace& t) {
  a("tool", t.tool);
  a("workload", t.workload);
  a("weights", t.weights);
  a("synthetic", t.synthetic);
  a("compulsory_bytes", t.compulsory_bytes);
  a("dram_bytes", t.dram_bytes);
  a("fp32_weight_bytes", t.fp32_weight_bytes);
}

template <class A>
void describe(A& a, Binding& b) {
  a("name", b.name);
  a("format", b.format);
  a("address", b.address);
  a("rows", b.rows);
  a("cols", b.cols);
  a("shape", b.shape);
  a("type", b.type);
  a("images", b.images);
  a("channels_first", b.channels_first);
  a("scales", b.scales);
  a("zeros", b.zeros);
}

template <class A>
void describe(A& a, InputReading& r) {
  a("rule", r.rule);
  a("rounding", r.rounding);
  a("step", r.step);
  a("zero_point", r.zero_point);
  a("least", r.least);
  a("most", r.most);
  a("byte_num", r.byte.num);
  a("byte_den", r.byte.den);
  a("byte_means", r.byte.means);
  a("byte_deviations", r.byte.deviations);
}

template <class A>
void describe(A& a, TraceLayer& l) {
  a("name", l.name);
  a("op", l.op);
  a("datapath", l.datapath);
  a("macs", l.macs);
  a("least_cycles", l.least_cycles);
  a("weights", l.weights);
  a("nonzero_weights", l.nonzero_weights);
  a("weight_bytes", l.weight_bytes);
  a("dram_format", l.dram_format);
  a("chip_format", l.chip_format);
  a("dram_bytes", l.dram_bytes);
  a("chip_bytes", l.chip_bytes);
  a("metadata_bytes", l.metadata_bytes);
  a("padding_bytes", l.padding_bytes);
  a("entropy_bytes", l.entropy_bytes);
  a("activation_bytes", l.activation_bytes);
  a("flag_bytes", l.flag_bytes);
}

template <class A>
void describe(A& a, TraceTensor& t) {
  a("name", t.name);
  a("kind", t.kind);
  a("format", t.format);
  a("bytes", t.bytes);
  a("memory", t.memory);
  a("first_layer", t.first_layer);
  a("last_layer", t.last_layer);
  a("dram_address", t.dram_address);
  a("dram_bytes", t.dram_bytes);
  a("reason", t.reason);
}

template <class A>
void describe(A& a, Symbol& s) {
  a("name", s.name);
  a("memory", s.memory);
  a("address", s.address);
  a("bytes", s.bytes);
}

template <class A>
void describe(A& a, Checkpoint& c) {
  a("instruction", c.instruction);
  a("layer", c.layer);
  a("memory", c.region.memory);
  a("format", c.region.format);
  a("address", c.region.address);
  a("stride", c.region.stride);
  a("first", c.region.first);
  a("rows", c.region.rows);
  a("cols", c.region.cols);
  a("row", c.row);
  a("col", c.col);
  a("row_strides", c.row_strides);
  a("col_strides", c.col_strides);
}

/// One token of the vocabulary.
template <class A>
void describe(A& a, std::string& token) {
  a("text", token);
}

template <class A>
void describe(A& a, TraceItems& i) {
  a("source", i.source);
  a("sha256", i.sha256);
  a("count", i.count);
  a("clamped", i.clamped);
}

inline constexpr std::uint32_t trace_version = 4;

}  // namespace tricycle
