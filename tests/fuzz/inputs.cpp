// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/inputs.hpp"

#include "arch/params/machine.hpp"
#include "tests/fuzz/target.hpp"

namespace tricycle::fuzz {
namespace {

/// A trace of nothing but an input of two channels that are bytes, real numbers that a quantizer reads, or
/// floating point.
Trace trace_of(ReadingRule rule) {
  Trace trace;
  trace.reading.rule = rule;
  trace.reading.byte.means = {0.5};
  trace.input.name = "x";
  trace.input.format = rule == ReadingRule::real ? Format::float32 : Format::uint8;
  trace.input.rows = 3;
  trace.input.cols = 2;
  trace.input.shape = "[1, 2, 3, 1]";
  trace.input.channels_first = true;
  return trace;
}

}  // namespace

/// The numbers of a model's input in .npy, as each reading takes them, and as the float interpreter does.
void read(Input bytes) {
  static const MachineSpec machine = read_machine(std::string("edge"));
  const std::string path = file_of(bytes, ".npy");
  static_cast<void>(read_data(path));
  for (const ReadingRule rule :
       {ReadingRule::grid, ReadingRule::integers, ReadingRule::real, ReadingRule::quantize_linear,
        ReadingRule::quant, ReadingRule::bipolar_quant}) {
    RunRequest request;
    request.input = path;
    try {
      static_cast<void>(read_inputs(request, trace_of(rule), machine));
    } catch (const InputError&) {
    }
  }
  for (const ElementType type : {ElementType::float32, ElementType::float16, ElementType::uint8})
    static_cast<void>(real_items(read_data(path), path, {"x", {1, 2, 3, 1}, type}, {}, false, 100));
}

}  // namespace tricycle::fuzz
