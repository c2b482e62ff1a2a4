// SPDX-License-Identifier: Apache-2.0
// Which machines can run each other's programs.
#include "tests/arch/machines.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

template <class Change>
std::string after(Change change, MacType type = MacType::int8, std::int64_t stream_bytes = 0) {
  MachineSpec of = full_machine();
  of.weight_stream.bytes = stream_bytes;
  of.array.mac_type = type;
  of.array.folding = {{.lanes = 4, .cols = 2}};
  MachineSpec on = of;
  change(on);
  return shape_difference(of, on);
}

}  // namespace

TEST_CASE("a program runs where only time differs: dataflow, fusion, ports, banks, vector lanes") {
  CHECK(after([](MachineSpec& spec) {
          spec.array.dataflow = Dataflow::weight_stationary;
          spec.array.bitserial_fusion = Fusion::spatial;
          spec.array.min_operand_bits = 2;
          spec.array.lanes.binary = 5;
          spec.weight_memory.width_bits = 8;
          spec.accumulator_memory.banks = 1;
          spec.vector.lanes = 1;
        }).empty());
}

TEST_CASE("a program does not run where the array has 1 row less, another folding or another number type") {
  CHECK(after([](MachineSpec& spec) { spec.array.rows = 1; }) ==
        "array.rows is 2 in the trace and 1 on this machine");
  CHECK(after([](MachineSpec& spec) { spec.array.folding[0].lanes = 5; }) == "array.folding differs");
  CHECK(after([](MachineSpec& spec) { spec.array.mac_type = MacType::fp16; }) == "array.mac_type differs");
  CHECK(after([](MachineSpec& spec) {
          spec.array.datapaths = {Datapath::ternary_planes, Datapath::ternary_fatnn, Datapath::binary,
                                  Datapath::bitserial, Datapath::shift};
        }) == "array.datapaths has mac in the trace and not on this machine");
}

TEST_CASE(
    "a program with passes of up to 4 instructions runs where passes may have 4 and not where they may have "
    "3") {
  MachineSpec of = full_machine(), on = of;
  of.vector.chain = on.vector.chain = 4;
  CHECK(shape_difference(of, on).empty());
  on.vector.chain = 5;
  CHECK(shape_difference(of, on).empty());
  on.vector.chain = 3;
  CHECK(shape_difference(of, on) == "vector.chain is 4 in the trace and 3 on this machine");
}

TEST_CASE("where weights may stream, lanes shape a program: they are the order of its weights in DRAM") {
  const auto streaming = [](auto change) {
    return after([&](MachineSpec& spec) { change(spec); }, MacType::int8, 64);
  };
  CHECK(streaming([](MachineSpec& spec) { spec.weight_stream.bytes = 128; }).empty());
  CHECK(
      streaming([](MachineSpec& spec) { spec.array.lanes.binary = 5; }) ==
      "a binary PE has 16 lanes in the trace and 5 on this machine, which changes the order of weights that "
      "stream");
  CHECK(streaming([](MachineSpec& spec) { spec.array.bitserial_fusion = Fusion::spatial; }) ==
        "array.bitserial_fusion differs, which changes the order of weights that stream");
}

TEST_CASE("mac lanes shape sums of floating point, and 2 lanes of int8 add up to what 3 do") {
  const auto lanes = [](std::int64_t count) {
    return [count](MachineSpec& spec) { spec.array.lanes.mac = count; };
  };
  CHECK(after(lanes(3), MacType::int8).empty());
  CHECK(after(lanes(1), MacType::fp16).empty());  // what the word of 16 bits holds
  CHECK(after(lanes(2), MacType::fp16) ==
        "a mac PE has 1 lanes in the trace and 2 on this machine, which changes sums of floating point");
}
