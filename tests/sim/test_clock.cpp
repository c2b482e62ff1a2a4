// SPDX-License-Identifier: Apache-2.0
// Memories and arrays against the clock of their machine.
#include "sim/cost/clock.hpp"

#include "sim/cost/tech.hpp"
#include "support/document.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/sim/technology.hpp"

namespace {

using tricycle::MachineSpec;
using tricycle::read_prices;
using tricycle::slow_array;
using tricycle::slow_wire;
using tricycle::test::header;
using tricycle::test::message_of;
using tricycle::test::table;
using tricycle::test::Technology;
using tricycle::test::technology;
using tricycle::test::with;

/// Rows of all ports of one kind, with the same times at every point.
std::string rows(const std::string& transistors, const std::string& objective, const std::string& times) {
  std::string text;
  for (const std::string ports : {"1rw", "1r1w", "2rw"}) {
    for (const std::string point : {"2,32", "8,32", "2,128", "8,128"})
      text += transistors + "," + ports + "," + objective + "," + point + ",1,1,1,1," + times + "\n";
  }
  return text;
}

/// A machine whose memories fit the table of these tests.
std::string machine_text(const std::string& clock_MHz, const std::string& weight_memory = "") {
  return "name: m\nclock_MHz: " + clock_MHz +
         "\narray: {rows: 4, cols: 4, word_bits: 32}\n"
         "weight_memory: {size_KiB: 16" +
         weight_memory +
         ", periphery: lstp}\n"
         "activation_memory: {size_KiB: 16}\n"
         "accumulator_memory: {size_KiB: 16}\n"
         "instruction_memory: {size_KiB: 8}\n";
}

MachineSpec machine_of(const std::string& text) {
  return tricycle::read_machine(tricycle::parse_document(text, "m.yaml"));
}

/// "" or the message of the machine with a table whose lstp/lstp banks have these times; lstp/hp banks have
/// 0.01 ns.
std::string fault_of(const std::string& machine, const std::string& times, const std::string& more = "") {
  const Technology files(technology, header + rows("lstp,hp", "balanced", "0.01,0.01") +
                                         rows("lstp,lstp", "balanced", times) + more);
  try {
    static_cast<void>(read_prices(files.path(), machine_of(machine)));
  } catch (const tricycle::InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a read may take as long as its cycles, and no longer") {
  CHECK(fault_of(machine_text("500"), "2,1").empty());
  CHECK(fault_of(machine_text("500"), "2.01,1") ==
        "m.yaml:4:1: error: weight_memory takes 2.01 ns for a read, in 1 cycle, and a cycle at 500 MHz has 2 "
        "ns; "
        "what would do: a clock of at most 497.5 MHz, 'latency_cycles: 2' or 'cells: lstp' with 'periphery: "
        "hp'");
  CHECK(fault_of(machine_text("497.5"), "2.01,1").empty());
  CHECK(fault_of(machine_text("497.6"), "2.01,1")
            .starts_with("m.yaml:4:1: error: weight_memory takes 2.01 ns"));
  CHECK(fault_of(machine_text("500", ", latency_cycles: 2"), "2.01,1").empty());
}

TEST_CASE("a read of two cycles may take as long as both, and the next latency is named") {
  CHECK(fault_of(machine_text("500", ", latency_cycles: 2"), "4,2").empty());
  CHECK(fault_of(machine_text("500", ", latency_cycles: 2"), "4.01,2") ==
        "m.yaml:4:1: error: weight_memory takes 4.01 ns for a read, in 2 cycles, and a cycle at 500 MHz has "
        "2 ns; "
        "what would do: a clock of at most 498.7 MHz, 'latency_cycles: 3' or 'cells: lstp' with 'periphery: "
        "hp'");
}

TEST_CASE("a memory must take an access in each cycle, which no latency helps") {
  CHECK(fault_of(machine_text("500"), "1,2").empty());
  CHECK(
      fault_of(machine_text("500"), "1,2.01") ==
      "m.yaml:4:1: error: weight_memory takes 2.01 ns from one access to the next, in 1 cycle, and a cycle "
      "at "
      "500 MHz has 2 ns; what would do: a clock of at most 497.5 MHz or 'cells: lstp' with 'periphery: hp'");
  CHECK(fault_of(machine_text("500"), "2.5,2.01") ==
        "m.yaml:4:1: error: weight_memory takes 2.5 ns for a read, in 1 cycle, and 2.01 ns from one access "
        "to the "
        "next, in 1 cycle, and a cycle at 500 MHz has 2 ns; what would do: a clock of at most 400 MHz or "
        "'cells: lstp' with 'periphery: hp'");
}

TEST_CASE("cells that are too slow themselves are not named") {
  CHECK(
      fault_of(with(machine_text("200000"), "clock_MHz: 200000", "clock_MHz: 100000"), "2,2") ==
      "m.yaml:4:1: error: weight_memory takes 2 ns for a read, in 1 cycle, and 2 ns from one access to the "
      "next, in 1 cycle, and a cycle at 100000 MHz has 0.01 ns; what would do: a clock of at most 500 MHz or "
      "'cells: lstp' with 'periphery: hp'");
  CHECK(
      fault_of(machine_text("600"), "2,1", rows("hp,hp", "balanced", "2,1")) ==
      "m.yaml:4:1: error: weight_memory takes 2 ns for a read, in 1 cycle, and a cycle at 600 MHz has "
      "1.66667 "
      "ns; what would do: a clock of at most 500 MHz, 'latency_cycles: 2' or 'cells: lstp' with 'periphery: "
      "hp'");
}

TEST_CASE("a slow instruction memory is told to be slower or of other cells, for its latency is no key") {
  const std::string text = with(machine_text("500"), "instruction_memory: {size_KiB: 8}",
                                "instruction_memory: {size_KiB: 8, periphery: lstp}");
  CHECK(fault_of(with(text, ", periphery: lstp}\nact", "}\nact"), "2.01,1") ==
        "m.yaml:7:1: error: instruction_memory takes 2.01 ns for a read, in 1 cycle, and a cycle at 500 MHz "
        "has 2 "
        "ns; what would do: a clock of at most 497.5 MHz or 'cells: lstp' with 'periphery: hp'");
}

TEST_CASE("the fast bank is taken where the balanced one is too slow, with its price") {
  const std::string fast =
      "lstp,lstp,1rw,fast,2,32,7,1,1,1,0.5,0.5\nlstp,lstp,1rw,fast,8,32,7,1,1,1,0.5,0.5\n"
      "lstp,lstp,1rw,fast,2,128,7,1,1,1,0.5,0.5\nlstp,lstp,1rw,fast,8,128,7,1,1,1,0.5,0.5\n";
  const Technology files(technology, header + rows("lstp,hp", "balanced", "0.01,0.01") +
                                         rows("lstp,lstp", "balanced", "2,2") + fast);
  const auto read_pJ = [&](const std::string& clock_MHz) {
    return read_prices(files.path(), machine_of(machine_text(clock_MHz)))
        .event_pJ[static_cast<std::size_t>(tricycle::Counter::weight_memory_reads)];
  };
  CHECK(read_pJ("500") == 1);
  CHECK(read_pJ("500.1") == 7);
  CHECK(read_pJ("2000") == 7);
  CHECK(fault_of(machine_text("2000.1"), "2,2", fast)
            .starts_with(
                "m.yaml:4:1: error: weight_memory takes 0.5 ns for a read, in 1 cycle, and 0.5 ns from "
                "one access to the next, in 1 cycle, and a cycle at 2000.1 MHz has 0.499975 ns; what "
                "would do: a clock of at most 2000 MHz or "));
}

TEST_CASE("the slowest lanes and the accumulator may take depth_cycles - 1 cycles, and no longer") {
  MachineSpec spec;
  spec.clock_MHz = 500;
  spec.array.depth_cycles = 4;
  CHECK(slow_array(spec, {"lanes", 4}, {"sums", 2}).fault.empty());
  CHECK(slow_array(spec, {"lanes", 4.01}, {"sums", 2}).fault ==
        "an array step takes 4.01 ns of lanes and 2 ns of sums, in 3 cycles ('depth_cycles' - 1), and a "
        "cycle at "
        "500 MHz has 2 ns; what would do: a clock of at most 499.1 MHz or 'depth_cycles: 5'");
  spec.array.depth_cycles = 5;
  CHECK(slow_array(spec, {"lanes", 4.01}, {"sums", 2}).fault.empty());
  spec.array.depth_cycles = 2;
  CHECK(slow_array(spec, {"lanes", 2}, {}).fault.empty());
  CHECK(slow_array(spec, {"lanes", 2.5}, {}).fault ==
        "an array step takes 2.5 ns of lanes, in 1 cycle ('depth_cycles' - 1), and a cycle at 500 MHz has 2 "
        "ns; "
        "what would do: a clock of at most 400 MHz or 'depth_cycles: 3'");
  CHECK(slow_array(spec, {}, {}).fault.empty());
}

TEST_CASE("an operand may take a cycle across the array, and no longer") {
  MachineSpec spec;
  spec.clock_MHz = 1000;
  CHECK(slow_wire(spec, 10, 1).fault.empty());
  CHECK(slow_wire(spec, 10.1, 1.01).fault ==
        "an operand takes 1.01 ns across the array's 10.1 mm (the root of its area), in 1 cycle, and a cycle "
        "at "
        "1000 MHz has 1 ns; what would do: a clock of at most 990 MHz or a smaller array");
}

TEST_CASE("an array that is too deep for its clock is an error at its key, or at its section") {
  const std::string slow =
      with(technology, "popcount.ternary_planes_lanes: {um2: 10, nW: 200,",
           "popcount.ternary_planes_lanes: {um2: 10, nW: 200, ns_by_lanes: {8: 1, 16: 2},");
  const std::string yaml = with(slow, "{um2: 4, nW: 70, source: an adder",
                                "{um2: 4, nW: 70, ns_by_bits: {16: 1, 32: 3}, source: an adder");
  const Technology files(yaml, table);
  const auto fault = [&](const std::string& clock_MHz, const std::string& array) {
    const std::string text = with(machine_text(clock_MHz), "word_bits: 32", array);
    return message_of([&] {
      static_cast<void>(read_prices(files.path(), machine_of(with(text, ", periphery: lstp", ""))));
    });
  };
  // 16 planes lanes take 2 ns, an accumulator of 32 bits 3 ns: 5 ns in 3 cycles.
  CHECK(fault("600.1", "word_bits: 32, accumulator_bits: 32, depth_cycles: 4") ==
        "m.yaml:3:64: error: an array step takes 2 ns of popcount.ternary_planes_lanes and 3 ns of "
        "array.accumulator_bits, in 3 cycles ('depth_cycles' - 1), and a cycle at 600.1 MHz has 1.66639 ns; "
        "what "
        "would do: a clock of at most 600 MHz or 'depth_cycles: 5'");
  // 64 lanes take 2 ns and two doublings more: 4 ns.
  CHECK(
      fault("500", "word_bits: 128, accumulator_bits: 32") ==
      "m.yaml:3:1: error: an array step takes 4 ns of popcount.ternary_planes_lanes and 3 ns of "
      "array.accumulator_bits, in 3 cycles ('depth_cycles' - 1), and a cycle at 500 MHz has 2 ns; what would "
      "do: a clock of at most 428.5 MHz or 'depth_cycles: 5'");
}

TEST_CASE("operands that do not cross the array in a cycle are an error at its section") {
  const auto files = [](const std::string& ns_per_mm) {
    return technology + "wire: {ns_per_mm: " + ns_per_mm + ", source: S, at: here}\n";
  };
  const auto fault = [&](const std::string& ns_per_mm) {
    const Technology made(files(ns_per_mm), table);
    try {
      static_cast<void>(
          read_prices(made.path(), machine_of(with(machine_text("500"), ", periphery: lstp", ""))));
    } catch (const tricycle::InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(fault("10").empty());
  const std::string slow = fault("100");
  INFO(slow);
  CHECK(slow.starts_with("m.yaml:3:1: error: an operand takes "));
}

TEST_CASE("every preset of a machine keeps up with its own clock in 45nm") {
  for (const std::string& name : tricycle::preset_names("configs/arch")) {
    INFO(name);
    CHECK_NOTHROW(read_prices("45nm", tricycle::read_machine(name)));
  }
}

TEST_CASE("in 45nm the presets' memories have the transistors that their files say") {
  const auto transistors = [](const std::string& machine) {
    std::string text;
    for (const tricycle::PriceLine& line : read_prices("45nm", tricycle::read_machine(machine)).lines) {
      if (line.unit != "mm2") continue;
      const std::size_t cells = line.source.find("bits, ") + 6, end = line.source.find(", extrapolated");
      const std::size_t periphery = line.source.find(" periphery");
      CHECK(end == std::string::npos);
      text +=
          (text.empty() ? "" : ", ") + line.source.substr(cells, line.source.find(" cells") - cells) + "/" +
          line.source.substr(line.source.find(" cells, ") + 8, periphery - line.source.find(" cells, ") - 8);
    }
    return text;
  };
  CHECK(transistors("edge") == "lop/lop, lop/lop, lop/lop, lstp/lop");
  CHECK(transistors("shift-element") == "lop/lop, lop/lop, lstp/lop, lstp/lop");
  CHECK(transistors("recurrent") == "lop/lop, lstp/lop, lop/lop, lstp/lop");
  CHECK(transistors("recurrent-fp32") == "lop/lop, lstp/lop, lstp/lop, lstp/lop");
  CHECK(transistors("mobile") == "lop/lop, lop/lop, lop/lop, lop/lop");
  CHECK(transistors("server") == "lstp/hp, lstp/hp, lstp/hp, lstp/hp");
}

TEST_CASE(
    "at 2,000 MHz edge names the clock of the part and the 1,216.2 MHz that all its parts keep up with") {
  MachineSpec spec = tricycle::read_machine(std::string("edge"));
  spec.clock_MHz = 2000;
  const std::string fault = message_of([&] { static_cast<void>(tricycle::read_prices("45nm", spec)); });
  CHECK(fault.ends_with(
      "what would do: a clock of at most 1781.2 MHz; the whole machine keeps up with 1216.2 MHz"));
  spec.clock_MHz = 1216.2;
  CHECK(message_of([&] { static_cast<void>(tricycle::read_prices("45nm", spec)); }).empty());
}
