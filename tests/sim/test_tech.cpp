// SPDX-License-Identifier: Apache-2.0
#include "sim/cost/tech.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <set>

#include "arch/params/parts.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/sim/technology.hpp"

namespace {

using tricycle::Counter;
using tricycle::CounterInfo;
using tricycle::MachineSpec;
using tricycle::MemorySpec;
using tricycle::PriceLine;
using tricycle::Prices;
using tricycle::read_prices;
using tricycle::test::event_of;
using tricycle::test::header;
using tricycle::test::line_of;
using tricycle::test::message_of;
using tricycle::test::rows_of;
using tricycle::test::table;
using tricycle::test::Technology;
using tricycle::test::technology;
using tricycle::test::with;

MachineSpec edge() {
  return tricycle::read_machine(std::string("edge"));
}

/// As edge, with no bank that the table of these tests does not reach.
MachineSpec small() {
  MachineSpec spec = edge();
  spec.instruction_memory.size_KiB = 8;
  return spec;
}

/// The message without the folder: `tech.yaml:3:1: error: ...`.
std::string fault_of(const std::string& yaml, const std::string& csv = table,
                     const MachineSpec& spec = small()) {
  const Technology files(yaml, csv);
  std::string message = message_of([&] { static_cast<void>(read_prices(files.path(), spec)); });
  const std::string folder = files.path().substr(0, files.path().size() - std::string("tech.yaml").size());
  if (message.starts_with(folder)) message.erase(0, folder.size());
  return message;
}

std::string fault_of_change(const std::string& from, const std::string& to) {
  return fault_of(with(technology, from, to));
}

Prices prices_of(const MachineSpec& spec, const std::string& yaml = technology,
                 const std::string& csv = table) {
  const Technology files(yaml, csv);
  return read_prices(files.path(), spec);
}

/// `45 nm, 0.9 V, 300 K: 1.5, (1.1 / 0.9)^2` of each figure.
std::string scaling_of(const PriceLine& line) {
  std::string text;
  for (const tricycle::Scaling& s : line.scaling)
    text += fmt::format("{}{}: {:.6g}, {}", text.empty() ? "" : "; ", s.from, s.factor, s.rule);
  return text;
}

const Prices::Static& unit_of(const Prices& prices, const std::string& name) {
  const auto found = std::find_if(prices.units.begin(), prices.units.end(),
                                  [&](const Prices::Static& unit) { return name_of(unit.unit) == name; });
  if (found == prices.units.end()) throw std::runtime_error("no unit " + name);
  return *found;
}

/// The machine with one weight bank of this shape.
MachineSpec with_weights(std::int64_t size_KiB, std::int64_t banks, std::int64_t width_bits) {
  MachineSpec spec = small();
  spec.weight_memory = MemorySpec{size_KiB, banks, width_bits};
  return spec;
}

MachineSpec with_word(std::int64_t word_bits) {
  MachineSpec spec = small();
  spec.array.word_bits = word_bits;
  return spec;
}

}  // namespace

TEST_CASE("every priced counter has a price in 45nm, and no plain one") {
  const Prices prices = read_prices("45nm", edge());
  const std::vector<CounterInfo>& infos = tricycle::counter_infos();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    INFO(infos[i].full_name());
    CHECK((prices.event_pJ[i] > 0) == infos[i].priced);
    if (infos[i].priced) CHECK(line_of(prices, infos[i].full_name(), "pJ").value == prices.event_pJ[i]);
  }
  CHECK(prices.tech == "45nm");
  CHECK(prices.node_nm == 45);
  CHECK(prices.voltage_V == 1.1);
  CHECK(prices.temperature_K == 300);
}

TEST_CASE("every price line of 45nm has a source, a value and a unit, and stands once") {
  const Prices prices = read_prices("45nm", edge());
  std::set<std::string> names;
  for (const PriceLine& line : prices.lines) {
    INFO(line.name << " " << line.unit);
    CHECK(line.value > 0);
    CHECK(line.source.size() > 20);
    CHECK(names.insert(line.name + " " + line.unit).second);
  }
  // 40 priced events; area and leakage of the 17 parts that edge has (it has no masked lanes and no mac),
  // with the delays of 5 kinds of lanes and of the accumulator; area, leakage and two times of 4 memories;
  // the wire.
  CHECK(prices.lines.size() == 40 + 2 * 17 + 6 + 4 * 4 + 1);
}

TEST_CASE("the prices of edge in 45nm are those of the sources") {
  const Prices prices = read_prices("45nm", edge());
  CHECK(event_of(prices, Counter::load_bytes) == 0.072);
  CHECK(event_of(prices, Counter::dram_read_bytes) == 64);
  CHECK(event_of(prices, Counter::array_operand_bits) == 0.009595);
  CHECK(event_of(prices, Counter::popcount_binary_lanes) == 0.009066);
  CHECK(event_of(prices, Counter::popcount_ternary_planes_lanes) == 0.018899);
  CHECK(event_of(prices, Counter::popcount_bitserial_lanes) == 0.009066);  // as binary: 64 lanes of a bit
  // A bit of an accumulator of 24: 11.168 + (11.591 - 11.168) * log2(24 / 16) of an adder, 2 x 3.72 and 4.31
  // / 2 of a flop, in fJ.
  CHECK(event_of(prices, Counter::array_sum_bits) == 0.0210104);
  CHECK(event_of(prices, Counter::shifter_lanes) == 0.218053);  // 127.963 + 90.09 fJ
  // Energies at 0.9 V, times (1.1 / 0.9)^2: 0.2 + 0.1, 1.1 + 0.9 and 3.7 + 0.9 pJ.
  CHECK(event_of(prices, Counter::mac_int8_lanes) == 0.448148);
  CHECK(event_of(prices, Counter::mac_fp16_lanes) == 2.98765);
  CHECK(event_of(prices, Counter::mac_fp32_lanes) == 6.8716);
  CHECK(event_of(prices, Counter::vector_additions) == 0.18185);
  CHECK(event_of(prices, Counter::vector_scale_operations) == 5.41097);  // 3.3 pJ at 0.9 V and 481.34 fJ
  CHECK(event_of(prices, Counter::vector_comparisons) == 0.13474);
  CHECK(event_of(prices, Counter::vector_affine_operations) == 6.8716);
  const PriceLine& affine = line_of(prices, "vector.affine_operations", "pJ");
  CHECK(affine.source ==
        "3.7 pJ: Horowitz ISSCC 2014, 45 nm: FP32 multiply + 0.9 pJ: Horowitz ISSCC 2014, 45 nm: FP32 add");
  CHECK(scaling_of(affine) == "45 nm, 0.9 V, temperature not stated: 1.49383, (1.1 / 0.9)^2");
  CHECK(scaling_of(line_of(prices, "vector.scale_operations", "pJ")) ==
        "45 nm, 0.9 V, temperature not stated: 1.49383, (1.1 / 0.9)^2; "
        "45 nm, 0.9 V, temperature not stated: 1.49383, (1.1 / 0.9)^2; 45 nm, 1.1 V, 298.15 K: 1, as stated");
  CHECK(
      scaling_of(line_of(prices, "load.buffer_bits", "nW")) ==
      "45 nm, 1.1 V, 298.15 K: 1, taken as at 45 nm, 1.1 V, 300 K: the library's corner nearest to 300 K is "
      "25 C");
  CHECK(scaling_of(line_of(prices, "dram.read_bytes", "pJ")) == "another chip: 1, has supplies of its own");
}

TEST_CASE("units come in a fixed order, each once, with the area and leakage of what the machine has") {
  const Prices prices = read_prices("45nm", edge());
  std::vector<std::string> names;
  for (const Prices::Static& unit : prices.units) {
    names.push_back(name_of(unit.unit));
    INFO(name_of(unit.unit));
    const bool absent = unit.unit == tricycle::UnitId::mac;  // edge multiplies no integers of 8 bits
    CHECK((unit.area_mm2 > 0) == !absent);
    CHECK((unit.leakage_mW > 0) == !absent);
  }
  CHECK(names == std::vector<std::string>{"popcount", "shifter", "mac", "array", "output_stage", "vector",
                                          "fetch", "load", "store", "weight_memory", "activation_memory",
                                          "accumulator_memory", "instruction_memory"});
}

TEST_CASE("area and leakage are the parts times their number") {
  const Prices prices = prices_of(small());
  // 128 PEs: 64 binary lanes, 32 fatnn and 32 planes lanes, 64 bitserial lanes of 1 x 1 bit, 16 shift lanes.
  CHECK(unit_of(prices, "popcount").area_mm2 == Approx(128 * (64 * 6 + 32 * 10 + 32 * 10 + 64 * 7) * 1e-6));
  CHECK(unit_of(prices, "popcount").leakage_mW ==
        Approx(128 * (64 * 100 + 32 * 200 + 32 * 200 + 64 * 90) * 1e-6));
  CHECK(unit_of(prices, "shifter").area_mm2 == Approx(128 * 16 * 130 * 1e-6));
  // 24 accumulator bits of a flop and an adder in each; 64 operand bits at 8 rows and 16 columns.
  CHECK(unit_of(prices, "array").area_mm2 == Approx((128 * 24 * 8 + 24 * 64 * 4) * 1e-6));
  CHECK(unit_of(prices, "array").leakage_mW == Approx((128 * 24 * 150 + 24 * 64 * 80) * 1e-6));
  // A comparator, a scale lane and an affine lane for each of 16.
  CHECK(unit_of(prices, "vector").leakage_mW == Approx(16 * (1800 + 60000 + 60000) * 1e-6));
  CHECK(unit_of(prices, "load").area_mm2 == Approx(64 * 8 * 4 * 1e-6));
  // 8 banks of 16 KiB x 64 bits.
  CHECK(unit_of(prices, "activation_memory").area_mm2 == Approx(8 * 0.08));
  CHECK(unit_of(prices, "activation_memory").leakage_mW == Approx(8 * 0.008));
}

TEST_CASE("figures are added, multiplied by times and by the square of the voltages") {
  const Prices prices = prices_of(small());
  CHECK(event_of(prices, Counter::load_bytes) == 0.5);
  CHECK(event_of(prices, Counter::store_bytes) == 2);
  CHECK(event_of(prices, Counter::array_operand_bits) == 0.01);
  CHECK(event_of(prices, Counter::array_sum_bits) == 0.196);
  CHECK(event_of(prices, Counter::vector_affine_operations) == 5.37778);  // 3.6 * (1.1 / 0.9)^2, six digits
  CHECK(line_of(prices, "array.sum_bits", "pJ").source == "100 fJ: an adder + 24 x 4 fJ: flops");
  CHECK(line_of(prices, "vector.affine_operations", "pJ").source == "3.6 pJ: H");
  CHECK(scaling_of(line_of(prices, "vector.affine_operations", "pJ")) ==
        "45 nm, 0.9 V, temperature not stated: 1.49383, (1.1 / 0.9)^2");
  CHECK(line_of(prices, "array.accumulator_bits", "nW").source == "80 nW: a flop + 70 nW: an adder");
}

TEST_CASE("popcount lanes are priced by the lanes of their PE, between two by the logarithm") {
  const auto binary = [](std::int64_t word_bits) {
    return event_of(read_prices("45nm", with_word(word_bits)), Counter::popcount_binary_lanes);
  };
  CHECK(binary(32) == 0.00873);
  CHECK(binary(64) == 0.009066);
  CHECK(binary(48) == 0.00892655);  // 8.73 + (9.066 - 8.73) * log2(48 / 32) fJ
  const auto planes = [](std::int64_t word_bits) {
    return event_of(read_prices("45nm", with_word(word_bits)), Counter::popcount_ternary_planes_lanes);
  };
  CHECK(planes(64) == 0.018899);  // a word of 64 bits is 32 ternary lanes
  CHECK(planes(96) == 0.0187475);
  const auto bitserial = [](std::int64_t lanes) {
    MachineSpec spec = small();
    spec.array.lanes.bitserial = lanes;
    return event_of(prices_of(spec), Counter::popcount_bitserial_lanes);
  };
  CHECK(bitserial(16) == 0.006);
  CHECK(bitserial(32) == 0.008);  // half way from 16 to 64
  const Prices prices = prices_of(with_word(48));
  CHECK(line_of(prices, "popcount.binary_lanes", "pJ").source == "10.3399 fJ at 48 lanes, interpolated: S");
  CHECK(line_of(prices, "popcount.binary_lanes", "um2").value == 5.58496);
  CHECK(line_of(prices, "popcount.binary_lanes", "nW").source == "100 nW: S");
}

TEST_CASE("popcount lanes outside the table are held flat, and the line says so") {
  const Prices few = prices_of(with_word(16));
  CHECK(event_of(few, Counter::popcount_binary_lanes) == 0.008);
  CHECK(line_of(few, "popcount.binary_lanes", "pJ").source == "8 fJ at 16 lanes, held flat: S");
  const Prices many = prices_of(with_word(512));
  CHECK(event_of(many, Counter::popcount_binary_lanes) == 0.012);
  CHECK(line_of(many, "popcount.binary_lanes", "pJ").source == "12 fJ at 512 lanes, held flat: S");
  const std::string one = with(technology, "{32: 8, 64: 12}", "{32: 8}");
  CHECK(event_of(prices_of(with_word(48), one), Counter::popcount_binary_lanes) == 0.008);
}

TEST_CASE("between the points of the SRAM table a price lies between theirs, in logarithms") {
  const Prices prices = prices_of(with_weights(4, 1, 64));
  // Reads go as the square roots of size and width, writes as the root of size and as the width.
  CHECK(event_of(prices, Counter::weight_memory_reads) == 2);
  CHECK(event_of(prices, Counter::weight_memory_writes) == 5.65685);
  CHECK(unit_of(prices, "weight_memory").area_mm2 == 0.02);
  CHECK(line_of(prices, "weight_memory.reads", "pJ").source ==
        "one bank of 4 KiB x 64 bits, lstp cells, hp periphery, balanced, interpolated, 1r1w by mean ratios: "
        "made "
        "up");
}

TEST_CASE("outside the SRAM table the slope of the nearest segment goes on, and the line says so") {
  const Prices prices = prices_of(with_weights(32, 1, 512));
  CHECK(event_of(prices, Counter::weight_memory_reads) == 16);
  CHECK(event_of(prices, Counter::weight_memory_writes) == 128);
  CHECK(unit_of(prices, "weight_memory").area_mm2 == 0.16);
  CHECK(
      line_of(prices, "weight_memory.reads", "pJ").source ==
      "one bank of 32 KiB x 512 bits, lstp cells, hp periphery, balanced, extrapolated, 1r1w by mean ratios: "
      "made up");
  const Prices small = prices_of(with_weights(1, 2, 8));
  CHECK(event_of(small, Counter::weight_memory_reads) == 0.25);
  CHECK(line_of(small, "weight_memory.writes", "pJ").source ==
        "one of 2 banks of 0.5 KiB x 8 bits, lstp cells, hp periphery, balanced, extrapolated, 1r1w by mean "
        "ratios: made up");
}

TEST_CASE("an SRAM further outside the table than the file allows is an error that names it") {
  CHECK(fault_of(technology, table, with_weights(33, 1, 64)) ==
        "tech.yaml:3:15: error: a bank of weight_memory, 33 KiB x 64 bits, is more than 4 times outside the "
        "table, "
        "which has 2 to 8 KiB, 32 to 128 bits");
  CHECK(
      fault_of(technology, table, with_weights(4, 16, 64)) ==
      "tech.yaml:3:15: error: a bank of weight_memory, 0.25 KiB x 64 bits, is more than 4 times outside the "
      "table, which has 2 to 8 KiB, 32 to 128 bits");
  CHECK(fault_of(technology, table, with_weights(4, 1, 4)) ==
        "tech.yaml:3:15: error: a bank of weight_memory, 4 KiB x 4 bits, is more than 4 times outside the "
        "table, "
        "which has 2 to 8 KiB, 32 to 128 bits");
}

TEST_CASE("an SRAM table of 0.55 V gives energies times 4 at 1.1 V, and leakage only where it is taken to") {
  const std::string half = "  half: {node_nm: 45, voltage_V: 0.55, temperature_K: 300";
  const std::string sram = "made up, at: half";
  const std::string yaml = with(technology, "made up, at: here", sram);
  CHECK(
      fault_of(yaml + half + "}\n") ==
      "tech.yaml:2:34: error: these figures cannot be scaled to 45 nm, 1.1 V, 300 K: the leakage "
      "of 'weight_memory', 'activation_memory', 'accumulator_memory' and 1 more is of 'half' (45 nm, 0.55 V, "
      "300 K); the time of 'weight_memory', 'activation_memory', 'accumulator_memory' and 1 more is of "
      "'half' "
      "(45 nm, 0.55 V, 300 K); give figures that were stated there");
  const std::string taken = half + ", taken_as: {node_nm: 45, voltage_V: 1.1, temperature_K: 300, why: W}}\n";
  const Prices prices = prices_of(with_weights(2, 1, 32), yaml + taken);
  CHECK(event_of(prices, Counter::weight_memory_reads) == 4);
  CHECK(unit_of(prices, "weight_memory").leakage_mW == 0.001);
  const PriceLine& reads = line_of(prices, "weight_memory.reads", "pJ");
  CHECK(reads.source ==
        "one bank of 2 KiB x 32 bits, lstp cells, hp periphery, balanced, tabulated, 1r1w by mean ratios: "
        "made up");
  CHECK(scaling_of(reads) == "45 nm, 0.55 V, 300 K: 4, (1.1 / 0.55)^2");
  CHECK(scaling_of(line_of(prices, "weight_memory", "mW")) ==
        "45 nm, 0.55 V, 300 K: 1, taken as at 45 nm, 1.1 V, 300 K: W");
}

TEST_CASE("45nm at 0.6 V is refused at its voltage, with the prices that no rule brings there") {
  const std::string fault = fault_of("name: low\nbase: 45nm\ncorner: {voltage_V: 0.6}\n", table, edge());
  CHECK(fault.starts_with(
      "tech.yaml:3:21: error: these figures cannot be scaled to 45 nm, 0.6 V, 300 K: the "
      "energy of 'weight_memory', 'activation_memory', 'accumulator_memory' and 1 more is of 'cacti' (45 nm, "
      "voltage not stated, 300 K); the leakage of 'weight_memory', 'activation_memory', 'accumulator_memory' "
      "and 1 more is of 'cacti' (45 nm, voltage not stated, 300 K); the time of 'weight_memory', "
      "'activation_memory', 'accumulator_memory' and 2 more is of 'cacti' (45 nm, voltage not stated, 300 "
      "K); the leakage of 'popcount.binary_lanes', "));
  CHECK(fault.ends_with("; give figures that were stated there"));
}

TEST_CASE("at 0.55 V energies of 1.1 V are a quarter and those of 0.9 V times (0.55 / 0.9)^2; areas stay") {
  std::string yaml =
      with(technology, "corner: {node_nm: 45, voltage_V: 1.1", "corner: {node_nm: 45, voltage_V: 0.55");
  for (std::size_t at = yaml.find("parts:"); (at = yaml.find("at: here", at)) != std::string::npos;)
    yaml.replace(at, 8, "at: half");
  yaml = with(yaml, "made up, at: here", "made up, at: half");
  yaml += "  half: {node_nm: 45, voltage_V: 0.55, temperature_K: 300}\n";
  const Prices prices = prices_of(with_weights(2, 1, 32), yaml);
  CHECK(event_of(prices, Counter::load_bytes) == 0.125);
  CHECK(event_of(prices, Counter::vector_affine_operations) == 1.34444);  // 3.6 pJ x 0.373457
  CHECK(event_of(prices, Counter::weight_memory_reads) == 1);
  CHECK(line_of(prices, "vector.comparators", "um2").value == 100);
  CHECK(line_of(prices, "vector.comparators", "nW").value == 1800);
}

TEST_CASE("energies of 300 K hold at 350 K, and leakage of 300 K is refused there at the temperature") {
  const std::string fault = fault_of_change("voltage_V: 1.1, temperature_K: 300}\nsram",
                                            "voltage_V: 1.1, temperature_K: 350}\nsram");
  CHECK(
      fault ==
      "tech.yaml:2:54: error: these figures cannot be scaled to 45 nm, 1.1 V, 350 K: the leakage "
      "of 'weight_memory', 'activation_memory', 'accumulator_memory' and 26 more is of 'here' (45 nm, 1.1 V, "
      "300 K); the time of 'weight_memory', 'activation_memory', 'accumulator_memory' and 1 more is of "
      "'here' (45 "
      "nm, 1.1 V, 300 K); give figures that were stated there");
}

TEST_CASE("figures of 65 nm are refused in 45 nm, energies, leakages and areas") {
  const std::string old = "  old: {node_nm: 65, voltage_V: 1.1, temperature_K: 300}\n";
  CHECK(fault_of(with(technology, "{pJ: 0.5, source: S, at: here}", "{pJ: 0.5, source: S, at: old}") + old) ==
        "tech.yaml:2:19: error: these figures cannot be scaled to 45 nm, 1.1 V, 300 K: the energy "
        "of 'load.bytes' is of 'old' (65 nm, 1.1 V, 300 K); give figures that were stated there");
  CHECK(fault_of(with(technology, "{um2: 100, nW: 1800, source: S, at: here}",
                      "{um2: 100, nW: 1800, source: S, at: old}") +
                 old) ==
        "tech.yaml:2:19: error: these figures cannot be scaled to 45 nm, 1.1 V, 300 K: the area of "
        "'vector.comparators' is of 'old' (65 nm, 1.1 V, 300 K); the leakage of 'vector.comparators' is of "
        "'old' "
        "(65 nm, 1.1 V, 300 K); give figures that were stated there");
}

TEST_CASE("a figure without a corner, of one that is not there or one that says nothing is an error") {
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "{pJ: 0.5, source: S}") ==
        "tech.yaml:5:15: error: the price of 'load.bytes' needs the key 'at'");
  CHECK(fault_of_change("made up, at: here", "made up") == "tech.yaml:3:7: error: 'sram' needs the key 'at'");
  CHECK(
      fault_of_change("{pJ: 0.5, source: S, at: here}", "{pJ: 0.5, source: S, at: her}") ==
      "tech.yaml:5:40: error: 'at' expects a corner of the section 'stated', here or low, not 'her'; did you "
      "mean 'here'?");
  CHECK(fault_of_change("low: {node_nm: 45, voltage_V: 0.9,", "low: {node_nm: 45,") ==
        "tech.yaml:67:8: error: the corner 'low' needs the key 'voltage_V'");
  CHECK(fault_of_change("voltage_V: 0.9, temperature_K: not stated", "voltage_V: low, temperature_K: 300") ==
        "tech.yaml:67:33: error: 'voltage_V' expects a number from 0.1 to 10 or 'not stated', not 'low'");
  CHECK(fault_of_change("corner: {node_nm: 45, voltage_V: 1.1",
                        "corner: {node_nm: 45, voltage_V: not stated") ==
        "tech.yaml:2:34: error: 'voltage_V' expects a number from 0.1 to 10, not 'not stated'");
  CHECK(fault_of_change("stated:\n", "states:\n") ==
        "tech.yaml:65:1: error: unknown key 'states'; did you mean 'stated'?");
}

TEST_CASE("leakage and area of a memory are those of one bank times the banks") {
  const Prices one = prices_of(with_weights(8, 1, 128));
  const Prices four = prices_of(with_weights(32, 4, 128));
  CHECK(unit_of(one, "weight_memory").area_mm2 == 0.04);
  CHECK(unit_of(four, "weight_memory").area_mm2 == 4 * 0.04);
  CHECK(unit_of(four, "weight_memory").leakage_mW == 4 * 0.004);
  CHECK(event_of(one, Counter::weight_memory_writes) == event_of(four, Counter::weight_memory_writes));
}

TEST_CASE("an event without a price and a price without an event are errors with a place") {
  CHECK(fault_of_change("  vector.comparisons: {fJ: 100, source: S, at: here}\n", "") ==
        "tech.yaml:5:3: error: 'events' has no price for 'vector.comparisons'");
  CHECK(fault_of_change("  vector.comparisons:", "  vector.comparison:") ==
        "tech.yaml:22:3: error: there is no event 'vector.comparison'; did you mean 'vector.comparisons'?");
  CHECK(fault_of_change("  load.bytes:", "  quantum.leaps: {pJ: 1, source: S, at: here}\n  load.bytes:") ==
        "tech.yaml:5:3: error: there is no event 'quantum.leaps'");
  CHECK(fault_of_change("  load.bytes:", "  popcount.sums: {pJ: 1, source: S, at: here}\n  load.bytes:") ==
        "tech.yaml:5:3: error: there is no event 'popcount.sums'");
  for (const std::string name :
       {"popcount.bitserial_lanes", "array.sum_bits", "shifter.lanes", "mac.int8_lanes", "mac.fp16_lanes",
        "mac.fp32_lanes", "vector.additions", "vector.scale_operations"}) {
    CHECK(fault_of_change("  " + name + ":", "  other.lanes:").find("there is no event 'other.lanes'") !=
          std::string::npos);
  }
  CHECK(fault_of_change("  mac.int8_lanes: {pJ: 0.3, source: S, at: here}\n", "") ==
        "tech.yaml:5:3: error: 'events' has no price for 'mac.int8_lanes'");
  CHECK(fault_of_change("  load.bytes:", "  array.steps: {pJ: 1, source: S, at: here}\n  load.bytes:") ==
        "tech.yaml:5:3: error: 'array.steps' is only counted, and has no price");
  CHECK(fault_of_change("  load.bytes:",
                        "  weight_memory.reads: {pJ: 1, source: S, at: here}\n  load.bytes:") ==
        "tech.yaml:5:3: error: 'weight_memory.reads' is priced by 'sram'");
}

TEST_CASE("a part without a price and a price without a part are errors with a place") {
  CHECK(fault_of_change("  vector.comparators: {um2: 100, nW: 1800, source: S, at: here}\n", "") ==
        "tech.yaml:40:3: error: 'parts' has no price for 'vector.comparators'");
  CHECK(fault_of_change("  vector.scale_lanes: {um2: 5000, nW: 60000, source: S, at: here}\n", "") ==
        "tech.yaml:40:3: error: 'parts' has no price for 'vector.scale_lanes'");
  CHECK(fault_of_change("parts:",
                        "parts:\n  popcount.accumulator_bits: {um2: 4, nW: 80, source: S, at: here}") ==
        "tech.yaml:40:3: error: there is no part 'popcount.accumulator_bits'; did you mean "
        "'array.accumulator_bits'?");
  CHECK(fault_of_change("  vector.comparators:", "  vector.comparator:") ==
        "tech.yaml:51:3: error: there is no part 'vector.comparator'; did you mean 'vector.comparators'?");
}

TEST_CASE("a figure without a source is an error") {
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "{pJ: 0.5, at: here}") ==
        "tech.yaml:5:15: error: the price of 'load.bytes' needs the key 'source'");
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "{pJ: 0.5, source: , at: here}") ==
        "tech.yaml:5:25: error: 'source' expects a word, not nothing");
  CHECK(fault_of_change("times: 24, source: flops", "times: 24") ==
        "tech.yaml:17:7: error: the price of 'array.sum_bits' needs the key 'source'");
  CHECK(fault_of_change(", source: made up", "") == "tech.yaml:3:7: error: 'sram' needs the key 'source'");
  CHECK(fault_of_change("{um2: 100, nW: 1800, source: S, at: here}", "{um2: 100, nW: 1800}") ==
        "tech.yaml:51:23: error: the price of 'vector.comparators' needs the key 'source'");
}

TEST_CASE("a figure that is missing, doubled, misspelt or no number is an error with a place") {
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "{source: S, at: here}") ==
        "tech.yaml:5:15: error: the price of 'load.bytes' needs either 'pJ' or 'fJ'");
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "{pJ: 0.5, fJ: 500, source: S, at: here}") ==
        "tech.yaml:5:15: error: the price of 'load.bytes' needs either 'pJ' or 'fJ'");
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "{pj: 0.5, source: S, at: here}") ==
        "tech.yaml:5:16: error: unknown key 'pj'; did you mean 'pJ'?");
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "{pJ: -0.5, source: S, at: here}") ==
        "tech.yaml:5:20: error: 'pJ' expects a number from 0 to 1000000000, not '-0.5'");
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "0.5") ==
        "tech.yaml:5:15: error: expected the price of 'load.bytes' as a mapping of keys to values");
  CHECK(fault_of_change("{pJ: 0.5, source: S, at: here}", "[]") ==
        "tech.yaml:5:15: error: the price of 'load.bytes' expects at least one figure");
  CHECK(fault_of_change("{um2: 100, nW: 1800, source: S, at: here}", "{um2: 100, source: S, at: here}") ==
        "tech.yaml:51:23: error: the price of 'vector.comparators' needs 'nW'");
  CHECK(fault_of_change("{um2: 100, nW: 1800, source: S, at: here}",
                        "{um2: 100, nW: 1, at_V: 1, source: S, at: here}") ==
        "tech.yaml:51:41: error: unknown key 'at_V'; did you mean 'at'?");
}

TEST_CASE("a table by lanes that is empty, misspelt, doubled or not for lanes is an error with a place") {
  const std::string good = "{fJ_by_lanes: {32: 8, 64: 12}, source: S, at: here}";
  CHECK(fault_of_change(good, "{fJ_by_lanes: {}, source: S, at: here}") ==
        "tech.yaml:10:40: error: 'fJ_by_lanes' expects at least one number of lanes");
  CHECK(fault_of_change(good, "{fJ_by_lanes: 8, source: S, at: here}") ==
        "tech.yaml:10:40: error: expected 'fJ_by_lanes' as a mapping of keys to values");
  CHECK(fault_of_change(good, "{fJ_by_lanes: {many: 8}, source: S, at: here}") ==
        "tech.yaml:10:41: error: 'fJ_by_lanes' expects numbers of lanes as keys, not 'many'");
  CHECK(fault_of_change(good, "{fJ_by_lanes: {32: few}, source: S, at: here}") ==
        "tech.yaml:10:45: error: 'fJ_by_lanes' expects a number from 0 to 1000000000, not 'few'");
  CHECK(fault_of_change(good, "{fJ: 8, fJ_by_lanes: {32: 8}, source: S, at: here}") ==
        "tech.yaml:10:47: error: the price of 'popcount.binary_lanes' has 'fJ' and 'fJ_by_lanes'; give one");
  CHECK(fault_of_change("{fJ: 10, source: S, at: here}", "{fJ_by_lanes: {32: 8}, source: S, at: here}") ==
        "tech.yaml:9:37: error: 'fJ_by_lanes' is for lanes, and 'array.operand_bits' is none; give 'fJ'");
}

TEST_CASE("a section that is missing, misspelt or incomplete is an error with a place") {
  CHECK(fault_of_change("parts:", "part:") ==
        "tech.yaml:39:1: error: unknown key 'part'; did you mean 'parts'?");
  CHECK(fault_of_change("name: small\n", "name: small\nnode: 45\n") ==
        "tech.yaml:2:1: error: unknown key 'node'; did you mean 'name'?");
  CHECK(fault_of_change(", temperature_K: 300", "") ==
        "tech.yaml:2:9: error: 'corner' needs the key 'temperature_K'");
  CHECK(fault_of_change("beyond_table: 4, ", "") ==
        "tech.yaml:3:7: error: 'sram' needs the key 'beyond_table'");
  CHECK(fault_of_change("table: sram.csv", "table: none.csv") == "none.csv: error: no such file");
  CHECK(message_of([] { static_cast<void>(read_prices("45mn", edge())); }) ==
        "--tech: error: no preset '45mn' in configs/tech; did you mean '45nm'?");
}

TEST_CASE("an SRAM table that is cut short or damaged is an error with its line") {
  const auto fault = [](const std::string& csv) { return fault_of(technology, csv); };
  CHECK(fault(table.substr(0, table.size() - 3)) ==
        "sram.csv:14:1: error: the line has no end; is the file cut short?");
  const std::string row = "lstp,hp,1rw,balanced,8,32,2,4,0.004,0.04,0.1,0.1";
  const auto fault_of_row = [&](const std::string& damaged) { return fault(with(table, row, damaged)); };
  CHECK(fault_of_row("lstp,hp,1rw,balanced,8,32,2,4") ==
        "sram.csv:4:1: error: expected 12 values in a row, not 8");
  CHECK(fault_of_row("ltsp,hp,1rw,balanced,8,32,2,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:1: error: 'cells' expects hp, lop or lstp, not 'ltsp'");
  CHECK(fault_of_row("lstp,,1rw,balanced,8,32,2,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:6: error: 'periphery' expects hp, lop or lstp, not ''");
  CHECK(fault_of_row("lstp,hp,3rw,balanced,8,32,2,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:9: error: 'ports' expects 1rw, 1r1w or 2rw, not '3rw'");
  CHECK(fault_of_row("lstp,hp,1rw,quick,8,32,2,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:13: error: 'objective' expects balanced or fast, not 'quick'");
  CHECK(fault_of_row("lstp,hp,1rw,balanced,8,32,2,-4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:29: error: 'write_pJ' expects a number above 0, not '-4'");
  CHECK(fault_of_row("lstp,hp,1rw,balanced,8,32,inf,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:27: error: 'read_pJ' expects a number above 0, not 'inf'");
  CHECK(fault_of_row("lstp,hp,1rw,balanced,8.5,32,2,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:22: error: 'size_KiB' expects an integer above 0, not '8.5'");
  CHECK(fault_of_row("lstp,hp,1rw,balanced,8,0,2,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:24: error: 'width_bits' expects an integer above 0, not '0'");
  CHECK(fault_of_row("lstp,hp,1rw,balanced,8,32,2,4,0.004,0.04,0,0.1") ==
        "sram.csv:4:42: error: 'access_ns' expects a number above 0, not '0'");
  CHECK(fault_of_row("lstp,hp,1rw,balanced,2,32,2,4,0.004,0.04,0.1,0.1") ==
        "sram.csv:4:1: error: 2 KiB of 32 bits stand here a second time");
  CHECK(fault(with(table, "read_pJ,write_pJ", "write_pJ,read_pJ")) ==
        "sram.csv:2:1: error: expected the header "
        "'cells,periphery,ports,objective,size_KiB,width_bits,read_pJ,write_pJ,leak_mW,area_mm2,access_ns,"
        "cycle_"
        "ns'");
  CHECK(fault(with(table, "\nlstp,hp,1rw,balanced,2,128", "\n\nlstp,hp,1rw,balanced,2,128")) ==
        "sram.csv:5:1: error: expected 12 values in a row, not 1");
}

TEST_CASE("an SRAM table with too few points is an error at its end") {
  const auto fault = [](const std::string& csv) { return fault_of(technology, csv); };
  CHECK(fault("") == "sram.csv:1:1: error: the table ends here, without a point");
  CHECK(fault(header) == "sram.csv:1:1: error: the table ends here, without a point");
  const std::string too_few =
      "the table ends here, and of lstp cells with hp periphery, 1rw, balanced, it needs at least two "
      "widths, "
      "each of at least two sizes";
  const std::string first = "lstp,hp,1rw,balanced,";
  CHECK(fault(header + first + "2,32,1,2,1,1,1,1\n" + first + "8,32,1,2,1,1,1,1\n") ==
        "sram.csv:3:1: error: " + too_few);
  CHECK(fault(with(table, first + "8,128,4,16,0.004,0.04,0.1,0.1\n", "")) ==
        "sram.csv:13:1: error: " + too_few);
  CHECK(fault(header + rows_of("1rw") + rows_of("1r1w")) ==
        "sram.csv:9:1: error: the table ends here, and of lstp cells with hp periphery it needs all points "
        "of 1rw for 2rw, too");
}

TEST_CASE("an SRAM table cut at any byte is an error, never another price") {
  const Technology whole;
  const Prices expected = read_prices(whole.path(), small());
  for (std::size_t length = 0; length < table.size(); ++length) {
    INFO("of " << table.size() << " bytes, " << length);
    CHECK(fault_of(technology, table.substr(0, length)).starts_with("sram.csv:"));
  }
  CHECK(event_of(expected, Counter::weight_memory_reads) > 0);
}

TEST_CASE("an SRAM table whose slope leads beyond all numbers is an error") {
  std::string steep = header;
  for (const std::string ports : {"1rw", "1r1w", "2rw"}) {
    for (const std::string width : {"32", "33"}) {
      const std::string first = "lstp,hp," + ports + ",balanced,";
      steep += first + "1000," + width + ",0.0000000000000000000000000000000001,1,1,1,1,1\n";
      steep += first + "1001," + width + ",1000000000,1,1,1,1,1\n";
    }
  }
  const std::string yaml = with(technology, "beyond_table: 4", "beyond_table: 1000");
  CHECK(fault_of(yaml, steep, with_weights(100'000, 1, 32)) ==
        "tech.yaml:3:15: error: the table has no finite price for 100000 KiB x 32 bits");
}
