// SPDX-License-Identifier: Apache-2.0
// What transistors and ports of a memory cost.
#include <algorithm>

#include "sim/cost/sram_table.hpp"
#include "sim/cost/tech.hpp"
#include "support/document.hpp"
#include "tests/catch.hpp"
#include "tests/sim/technology.hpp"

namespace {

using tricycle::Bank;
using tricycle::Counter;
using tricycle::MachineSpec;
using tricycle::Ports;
using tricycle::Prices;
using tricycle::read_prices;
using tricycle::SramTable;
using tricycle::Transistors;
using tricycle::UnitId;
using tricycle::test::header;
using tricycle::test::message_of;
using tricycle::test::rows_of;
using tricycle::test::Technology;
using tricycle::test::technology;

/// A machine whose weight memory has 8 banks of 8 KiB x 64 bits with these keys more.
MachineSpec machine(const std::string& more = "") {
  return tricycle::read_machine(
      tricycle::parse_document("name: m\n"
                               "clock_MHz: 500\n"
                               "array: {rows: 4, cols: 8, word_bits: 64}\n"
                               "weight_memory: {size_KiB: 64" +
                                   more +
                                   "}\n"
                                   "activation_memory: {size_KiB: 32}\n"
                                   "accumulator_memory: {size_KiB: 32}\n"
                                   "instruction_memory: {size_KiB: 8, cells: lstp, periphery: hp}\n",
                               "m.yaml"));
}

double read_pJ_of(const Prices& prices, Counter counter) {
  return prices.event_pJ[static_cast<std::size_t>(counter)];
}

double area_of(const Prices& prices, UnitId unit) {
  return std::find_if(prices.units.begin(), prices.units.end(),
                      [&](const Prices::Static& known) { return known.unit == unit; })
      ->area_mm2;
}

std::string table_of_45nm() {
  return std::string(TRICYCLE_TEST_SOURCE) + "/configs/tech/cacti_45nm.csv";
}

}  // namespace

TEST_CASE("a memory of the table with one port costs and takes exactly what stands there, at every point") {
  const SramTable table(table_of_45nm());
  std::ifstream file(table_of_45nm());
  int points = 0;
  for (std::string line; std::getline(file, line);) {
    char cells[8] = {}, periphery[8] = {}, ports[8] = {}, objective[16] = {};
    long size = 0, width = 0;
    double read = 0, write = 0, leak = 0, area = 0, access = 0, cycle = 0;
    const int read_fields =
        std::sscanf(line.c_str(), "%7[a-z],%7[a-z],%7[0-9rw],%15[a-z],%ld,%ld,%lf,%lf,%lf,%lf,%lf,%lf", cells,
                    periphery, ports, objective, &size, &width, &read, &write, &leak, &area, &access, &cycle);
    if (read_fields != 12 || std::string(ports) != "1rw") continue;
    INFO(line);
    const std::vector<Bank> banks =
        table.at({*tricycle::value_of<Transistors>(cells), *tricycle::value_of<Transistors>(periphery)},
                 Ports::rw, static_cast<double>(size), static_cast<double>(width));
    const Bank& bank = std::string(objective) == "balanced" ? banks.at(0) : banks.at(1);
    CHECK(bank.figures == tricycle::SramFigures{read, write, leak, area, access, cycle});
    CHECK(bank.how == std::string(objective) + ", tabulated");
    ++points;
  }
  CHECK(points == 5 * 40 + 2 * 40);
}

TEST_CASE("between the points of 45nm a figure lies between theirs, in logarithms") {
  const SramTable table(table_of_45nm());
  const auto read = [&](double size_KiB, double width_bits) {
    return table.at({Transistors::lstp, Transistors::lstp}, Ports::rw, size_KiB, width_bits)[0]
        .figures[tricycle::read_pJ];
  };
  CHECK(read(8, 64) == 4.91712);
  CHECK(read(6, 64) == Approx(3.92448).epsilon(1e-6));  // 2.85601 pJ at 4 KiB, 4.91712 at 8
  CHECK(read(8, 96) == Approx(5.50185).epsilon(1e-6));  // 4.91712 pJ at 64 bits, 5.95843 at 128
  CHECK(read(2, 64) == Approx(2.85601 * 2.85601 / 4.91712).epsilon(1e-6));
}

TEST_CASE("more ports cost the mean of their ratios over the table, in energy, leakage, area and times") {
  const SramTable table(table_of_45nm());
  const auto figures = [&](Ports ports) {
    return table.at({Transistors::lstp, Transistors::hp}, ports, 8, 64)[0].figures;
  };
  const auto one = figures(Ports::rw);
  const double of_1r1w[] = {1.24869, 1.28481, 1.22541, 2.05755, 1.2024, 1.14615};
  const double of_2rw[] = {1.35795, 1.38777, 1.30114, 2.00746, 1.23511, 1.19288};
  for (std::size_t i = 0; i < one.size(); ++i) {
    INFO(i);
    CHECK(figures(Ports::r_w)[i] / one[i] == Approx(of_1r1w[i]).epsilon(1e-5));
    CHECK(figures(Ports::rw_rw)[i] / one[i] == Approx(of_2rw[i]).epsilon(1e-5));
  }
}

TEST_CASE("the mean of ratios is the geometric one: of 1, 1, 2 and 8 it is 2") {
  const std::string first = "lstp,hp,2rw,balanced,";
  const std::string more = first + "2,32,1,2,0.001,0.01,0.1,0.1\n" + first + "8,32,2,4,0.004,0.04,0.1,0.1\n" +
                           first + "2,128,4,8,0.001,0.01,0.1,0.1\n" + first +
                           "8,128,32,16,0.004,0.04,0.1,0.1\n";
  const Technology files(technology, header + rows_of("1rw") + rows_of("1r1w") + more);
  const auto read = [&](const std::string& ports) {
    return read_pJ_of(read_prices(files.path(), machine(", ports: " + ports)), Counter::weight_memory_reads);
  };
  CHECK(read("2rw") == Approx(2 * read("1rw")).epsilon(1e-5));
  CHECK(read("1r1w") == read("1rw"));
}

TEST_CASE("a memory costs what its own transistors and ports cost, and no other memory's price moves") {
  const Prices base = read_prices("45nm", machine(", cells: lstp, periphery: hp"));
  const Prices changed = read_prices("45nm", machine(", cells: lstp, periphery: lstp, ports: 1rw"));
  CHECK(read_pJ_of(base, Counter::weight_memory_reads) == 6.92567);  // 5.54635 of lstp/hp x 1.24869
  CHECK(read_pJ_of(changed, Counter::weight_memory_reads) == 4.91712);
  CHECK(area_of(changed, UnitId::weight_memory) == 8 * 0.0253091);
  CHECK(area_of(changed, UnitId::activation_memory) == area_of(base, UnitId::activation_memory));
  CHECK(read_pJ_of(changed, Counter::activation_memory_reads) ==
        read_pJ_of(base, Counter::activation_memory_reads));
}

TEST_CASE("instruction memory has the price of 1r1w: the sequencer's port and the fetch unit's") {
  const SramTable table(table_of_45nm());
  const Bank bank = table.at({Transistors::lstp, Transistors::hp}, Ports::r_w, 8, 64)[0];
  CHECK(read_pJ_of(read_prices("45nm", machine()), Counter::instruction_memory_reads) ==
        Approx(bank.figures[tricycle::read_pJ]).epsilon(1e-5));
}

TEST_CASE("ping-pong is twice the banks of half the size") {
  const Prices halves = read_prices("45nm", machine(", ping_pong: true"));
  const Prices banks = read_prices("45nm", machine(", banks: 16"));
  CHECK(read_pJ_of(halves, Counter::weight_memory_reads) == read_pJ_of(banks, Counter::weight_memory_reads));
  CHECK(area_of(halves, UnitId::weight_memory) == area_of(banks, UnitId::weight_memory));
}

TEST_CASE(
    "of the transistors that keep up, auto takes those with the least energy of a read in each fourth "
    "cycle") {
  const auto rows = [](const std::string& transistors, const std::string& figures) {
    std::string text;
    for (const std::string ports : {"1rw", "1r1w", "2rw"}) {
      for (const std::string point : {"2,32", "8,32", "2,128", "8,128"})
        text += transistors + "," + ports + ",balanced," + point + "," + figures + "\n";
    }
    return text;
  };
  const auto read = [&](const std::string& leak_mW, const std::string& access_ns, const std::string& more) {
    const Technology files(technology, header + rows("lstp,hp", "4,1,0.001,1,0.1,0.1") +
                                           rows("hp,hp", "1,1," + leak_mW + ",1," + access_ns + ",0.1"));
    return read_pJ_of(read_prices(files.path(), machine(more)), Counter::weight_memory_reads);
  };
  // At 500 MHz lstp takes 4 / 4 + 0.001 x 2 = 1.002 pJ a cycle, hp 1 / 4 + 2 x its leakage.
  CHECK(read("0.375", "0.1", "") == 1);
  CHECK(read("0.377", "0.1", "") == 4);
  CHECK(read("0.375", "2", "") == 1);
  CHECK(read("0.375", "2.01", "") == 4);  // hp does not keep up
  CHECK(read("0.375", "0.1", ", cells: lstp") == 4);
  CHECK(read("0.377", "0.1", ", cells: hp") == 1);
}

TEST_CASE("transistors that a technology does not have are an error at their key, with those that it has") {
  CHECK(message_of([&] { static_cast<void>(read_prices("45nm", machine(", periphery: lop, cells: hp"))); }) ==
        "m.yaml:4:47: error: the technology has no memory of hp cells with lop periphery (the key "
        "'periphery'); "
        "it has hp with hp, lop with lop, lstp with hp, lstp with lop or lstp with lstp");
  CHECK(message_of([] { static_cast<void>(machine(", cells: lsp")); }) ==
        "m.yaml:4:38: error: 'cells' expects auto, hp, lop or lstp, not 'lsp'; did you mean 'lop'?");
}

TEST_CASE("cells and periphery are written back as they were read") {
  const std::string written = write_fields(machine(", cells: lop, periphery: lop"));
  CHECK(written.find("weight_memory:\n  size_KiB: 64\n  banks: 8\n  width_bits: 64\n  cells: lop\n"
                     "  periphery: lop\n") != std::string::npos);
  CHECK(written.find("instruction_memory:\n  size_KiB: 8\n  banks: 1\n  width_bits: 64\n  cells: lstp\n"
                     "  periphery: hp\n") != std::string::npos);
  CHECK(write_fields(tricycle::read_machine(tricycle::parse_document(written, "w.yaml"))) == written);
}
