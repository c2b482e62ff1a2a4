// SPDX-License-Identifier: Apache-2.0
// Technologies of other nodes and supplies: a base, the scaling of logic, intervals.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "arch/params/machine.hpp"
#include "sim/cost/logic_table.hpp"
#include "sim/cost/scenario.hpp"
#include "sim/cost/tech.hpp"
#include "tests/catch.hpp"
#include "tests/sim/technology.hpp"

namespace {

using namespace tricycle;
using tricycle::test::event_of;
using tricycle::test::line_of;
using tricycle::test::message_of;
using tricycle::test::Technology;
using tricycle::test::technology;

// Energy V^2 at 45 nm and half of it at 20 nm; delay 2 - V and twice that; area a quarter.
const std::string logic =
    "# made up\nrow,node_nm,nominal_V,d3,d2,d1,d0,e2,e1,e0,area\nA45,45,1,0,0,-1,2,1,0,0,1\n"
    "A20,20,1,0,0,-2,4,0.5,0,0,0.25\n";

/// As edge, with no bank that the table of these tests does not reach.
MachineSpec small() {
  MachineSpec spec = read_machine(std::string("edge"));
  spec.instruction_memory.size_KiB = 8;
  return spec;
}

/// The technology of the tests, the table of logic beside it, and a file with that technology as its base.
class Derived {
 public:
  explicit Derived(const std::string& yaml, const std::string& csv = logic) {
    const std::filesystem::path folder = std::filesystem::path(base_.path()).parent_path();
    std::ofstream(folder / "logic.csv", std::ios::binary) << csv;
    path_ = (folder / "derived.yaml").string();
    std::ofstream(path_, std::ios::binary) << "name: derived\nbase: " << base_.path() << "\n" << yaml;
  }
  [[nodiscard]] Prices prices() const { return read_prices(path_, small()); }
  /// The message without the folder.
  [[nodiscard]] std::string fault() const {
    std::string message = message_of([&] { static_cast<void>(prices()); });
    const std::string folder = std::filesystem::path(path_).parent_path().string() + "/";
    return message.starts_with(folder) ? message.substr(folder.size()) : message;
  }

 private:
  Technology base_;
  std::string path_;
};

/// The technology of the tests at 20 nm and 0.8 V. Its memories are taken to hold there, its logic is scaled.
const std::string at_20nm =
    "corner: {node_nm: 20, voltage_V: 0.8}\n"
    "sram: {at: bank}\n"
    "stated:\n"
    "  here: {logic: true, interval: {energy: [0.5, 2], leakage: [0.25, 1], why: W}}\n"
    "  low: {logic: true}\n"
    "  bank: {node_nm: 20, voltage_V: 0.8, temperature_K: 300, interval: {energy: [1, 3], area: [1, 1.5], "
    "why: B}}\n"
    "scaling:\n"
    "  table: logic.csv\n"
    "  leakage: {factor: 0.125, from_nm: 45, node_nm: 20, voltage_V: 0.8, temperature_K: 300}\n"
    "  source: T\n"
    "  interval: {energy: [0.8, 1.25], why: S}\n";

}  // namespace

TEST_CASE("a table of logic gives its rows at their nodes, and between them the geometric mean") {
  const Derived files("");
  const LogicTable table(std::filesystem::path(TRICYCLE_TEST_SOURCE) / "configs/tech/stillmaker.csv");
  // The authors' erratum: HP32 at 0.9 V.
  CHECK(table.energy(32, 0.9).value() == Approx(0.4571).epsilon(1e-4));
  CHECK(table.energy(65, 1.3).value() == Approx(2.604).epsilon(1e-3));
  CHECK(table.delay(32, 0.9).value() / table.delay(45, 1.0).value() == Approx(0.669).epsilon(1e-3));
  CHECK(table.area(20) == 0.21);
  CHECK(table.area(20) < table.area(22));
  CHECK(table.area(22) < table.area(32));
  CHECK(table.rows(32) == "HP32");
  CHECK(table.rows(22) == "HP32 and HP20");
  CHECK(table.range() == "from 7 to 65 nm");
  CHECK(table.reaches(7));
  CHECK_FALSE(table.reaches(6));
}

TEST_CASE("a supply above the nominal one makes nothing faster, and 0.6 times it is the lowest of the fits") {
  const LogicTable table(std::filesystem::path(TRICYCLE_TEST_SOURCE) / "configs/tech/stillmaker.csv");
  CHECK(table.delay(45, 1.1) == table.delay(45, 1.0));
  CHECK(table.delay(45, 0.8).value() > table.delay(45, 1.0).value());
  CHECK(table.delay(45, 0.6));
  CHECK_FALSE(table.delay(45, 0.59));
  CHECK_FALSE(table.energy(45, 0.59));
}

TEST_CASE("a technology with a base is that base, but for the prices and keys that it states") {
  const Prices base = read_prices(Technology().path(), small());
  const Prices same = Derived("").prices();
  CHECK(same.tech == "derived");
  CHECK(same.event_pJ == base.event_pJ);
  const Prices changed =
      Derived(
          "events:\n  shifter.lanes: [{pJ: 1, source: S, at: here}, {pJ: 2, source: S, at: here}]\n"
          "  array.sum_bits: {pJ: 7, source: S, at: here}\n")
          .prices();
  CHECK(event_of(changed, Counter::shifter_lanes) == 3);
  CHECK(event_of(changed, Counter::array_sum_bits) == 7);
  CHECK(event_of(changed, Counter::mac_int8_lanes) == event_of(base, Counter::mac_int8_lanes));
}

TEST_CASE("from 45 nm and 1.1 V to 20 nm and 0.8 V energy, leakage and area of logic go by the table") {
  const Prices base = read_prices(Technology().path(), small());
  const Prices scaled = Derived(at_20nm).prices();
  // 0.5 x 0.8^2 / 1.1^2 and, stated at 0.9 V, 0.5 x 0.8^2 / 0.9^2
  CHECK(event_of(scaled, Counter::mac_int8_lanes) == Approx(0.3 * 0.32 / 1.21).epsilon(1e-5));
  CHECK(event_of(scaled, Counter::vector_affine_operations) == Approx(3.6 * 0.32 / 0.81).epsilon(1e-5));
  CHECK(line_of(scaled, "shifter.lanes", "um2").value == 130 * 0.25);
  CHECK(line_of(scaled, "shifter.lanes", "nW").value == 2700 * 0.125);
  CHECK(event_of(scaled, Counter::weight_memory_reads) == event_of(base, Counter::weight_memory_reads));
  const Scaling& scaling = line_of(scaled, "mac.int8_lanes", "pJ").scaling.front();
  CHECK(scaling.from == "45 nm, 1.1 V, 300 K");
  CHECK(scaling.rule == "A45 to A20: T");
}

TEST_CASE("a factor for leakage at 0.8 V says nothing of 0.7 V") {
  const std::string at_700mV =
      test::with(test::with(at_20nm, "voltage_V: 0.8}", "voltage_V: 0.7}"),
                 "bank: {node_nm: 20, voltage_V: 0.8", "bank: {node_nm: 20, voltage_V: 0.7");
  CHECK(Derived(at_700mV).fault().starts_with(
      "derived.yaml:3:19: error: these figures cannot be scaled to 20 nm, 0.7 V, 300 K: the leakage of "
      "'popcount.binary_lanes', "));
}

TEST_CASE("the interval of a price is that of its source times that of the scaling; others keep theirs") {
  const Prices prices = Derived(at_20nm).prices();
  const PriceLine& lane = line_of(prices, "mac.int8_lanes", "pJ");
  CHECK(lane.low == Approx(lane.value * 0.5 * 0.8).epsilon(1e-5));
  CHECK(lane.high == Approx(lane.value * 2 * 1.25).epsilon(1e-5));
  CHECK(lane.intervals == std::vector<std::string>{"here", "scaling"});
  const PriceLine& leak = line_of(prices, "shifter.lanes", "nW");
  CHECK(leak.low == leak.value * 0.25);
  CHECK(leak.high == leak.value);
  const PriceLine& read = line_of(prices, "weight_memory.reads", "pJ");
  CHECK(read.low == read.value);
  CHECK(read.high == Approx(3 * read.value).epsilon(1e-5));
  CHECK(read.intervals == std::vector<std::string>{"bank"});
}

TEST_CASE("all factors at 1 are the prices themselves; one factor of 2 doubles its source's energies alone") {
  const Prices prices = Derived(at_20nm).prices();
  Factors factors(prices.uncertainties.size(), 1);
  const Prices same = at(prices, factors);
  CHECK(same.event_pJ == prices.event_pJ);
  for (std::size_t i = 0; i < prices.units.size(); ++i) {
    CHECK(same.units[i].area_mm2 == Approx(prices.units[i].area_mm2).epsilon(1e-5));
    CHECK(same.units[i].leakage_mW == Approx(prices.units[i].leakage_mW).epsilon(1e-5));
  }
  const auto here =
      std::find_if(prices.uncertainties.begin(), prices.uncertainties.end(),
                   [](const Uncertainty& u) { return u.source == "here" && u.quantity == Quantity::energy; });
  factors[static_cast<std::size_t>(here - prices.uncertainties.begin())] = 2;
  const Prices doubled = at(prices, factors);
  CHECK(event_of(doubled, Counter::mac_int8_lanes) ==
        Approx(2 * event_of(prices, Counter::mac_int8_lanes)).epsilon(1e-5));
  CHECK(event_of(doubled, Counter::vector_affine_operations) ==
        event_of(prices, Counter::vector_affine_operations));
  CHECK(event_of(doubled, Counter::weight_memory_reads) == event_of(prices, Counter::weight_memory_reads));
}

TEST_CASE("an interval without its figure, a bad factor and a bad base are errors with their places") {
  const auto fault = [](const std::string& yaml) { return Derived(yaml).fault(); };
  const std::string stated = "stated: {here: {interval: ";
  CHECK(fault(stated + "{energy: [1.1, 2], why: W}}}\n") ==
        "derived.yaml:3:36: error: 'energy' expects factors around 1, the figure itself, not 1.1 to 2");
  CHECK(fault(stated + "{area: [0.5, 0.9], why: W}}}\n") ==
        "derived.yaml:3:34: error: 'area' expects factors around 1, the figure itself, not 0.5 to 0.9");
  CHECK(fault(stated + "{energy: [0, 2], why: W}}}\n") ==
        "derived.yaml:3:36: error: 'energy' expects two factors above 0 and up to 1000, such as [0.8, 1.5]");
  CHECK(fault(stated + "{energy: 2, why: W}}}\n") ==
        "derived.yaml:3:36: error: 'energy' expects two factors above 0 and up to 1000, such as [0.8, 1.5]");
  CHECK(fault(stated + "{energy: [0.5, 2]}}}\n") ==
        "derived.yaml:3:27: error: 'interval' needs the key 'why'");
  CHECK(fault("scaling: {table: logic.csv, source: S, leakage: {factor: 0}}\n") ==
        "derived.yaml:3:58: error: 'factor' expects a number from 1e-06 to 1000000, not '0'");
  CHECK(message_of([] { static_cast<void>(read_prices("45nm", small())); }).empty());
  const Technology self("name: t\nbase: 54nm\n");
  CHECK(message_of([&] { static_cast<void>(read_prices(self.path(), small())); }) ==
        self.path() + ":2:7: error: no preset '54nm' in configs/tech; did you mean '45nm'?");
  const Technology circle("name: t\nbase: x\n");
  std::ofstream(circle.path(), std::ios::binary) << "name: t\nbase: " << circle.path() << "\n";
  CHECK(message_of([&] { static_cast<void>(read_prices(circle.path(), small())); }) ==
        circle.path() + ":2:7: error: 'base' leads through more than 4 technologies");
}

TEST_CASE("a table of logic that is cut short, damaged or too short is an error with its line") {
  const auto fault = [](const std::string& csv) { return Derived(at_20nm, csv).fault(); };
  CHECK(fault(logic.substr(0, logic.size() - 1)) ==
        "logic.csv:4:1: error: the line has no end; is the file cut short?");
  CHECK(fault(test::with(logic, "A20,20", "A45,45")) ==
        "logic.csv:4:1: error: 45 nm stands here a second time");
  CHECK(fault(test::with(logic, "A20,20,1,0", "A20,20,1,x")) ==
        "logic.csv:4:10: error: 'd3' expects a number, not 'x'");
  CHECK(fault(logic.substr(0, logic.find("A20"))) ==
        "logic.csv:3:1: error: the table ends here, and it needs at least two nodes");
}

TEST_CASE("the six technologies price all four machines, each price between its low and its high") {
  for (const char* tech : {"45nm", "32nm", "28nm", "22nm", "16nm", "7nm"}) {
    for (const char* machine : {"edge", "mobile", "recurrent", "server"}) {
      const Prices prices = read_prices(tech, read_machine(std::string(machine)));
      for (const PriceLine& line : prices.lines) {
        INFO(tech << " " << machine << " " << line.name);
        CHECK(line.low <= line.value);
        CHECK(line.value <= line.high);
      }
    }
  }
}

TEST_CASE(
    "from node to node, 45 to 7 nm, the area of edge and the energy of a read of its weight memory fall") {
  double area = 1e9, read = 1e9;
  for (const char* tech : {"45nm", "32nm", "28nm", "22nm", "16nm", "7nm"}) {
    const Prices prices = read_prices(tech, read_machine(std::string("edge")));
    double sum = 0;
    for (const Prices::Static& unit : prices.units) sum += unit.area_mm2;
    INFO(tech);
    CHECK(sum < area);
    CHECK(event_of(prices, Counter::weight_memory_reads) < read);
    area = sum;
    read = event_of(prices, Counter::weight_memory_reads);
  }
}
