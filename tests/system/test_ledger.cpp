// SPDX-License-Identifier: Apache-2.0
// The ledger of a run, recomputed from what the run writes.
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>

#include "tests/system/program.hpp"

using tricycle::test::Workspace;

namespace {

struct Row {
  std::string layer, step, unit, event;
  double count, price_pJ, energy_pJ;
};

std::vector<Row> ledger_of(const Workspace& here, const std::string& file) {
  std::istringstream text(here.read(file));
  std::string line;
  std::getline(text, line);
  CHECK(line == "layer,step,unit,event,count,price_pJ,energy_pJ,sources");
  std::vector<Row> rows;
  while (std::getline(text, line)) {
    std::vector<std::string> cells;
    std::istringstream fields(line + ",");
    for (std::string cell; std::getline(fields, cell, ',');) cells.push_back(cell);
    REQUIRE(cells.size() == 8);
    rows.push_back({cells[0], cells[1], cells[2], cells[3], std::stod(cells[4]), std::stod(cells[5]),
                    std::stod(cells[6])});
  }
  return rows;
}

/// Adds up to `sum` in twelve digits.
bool is_near(double value, double sum) {
  return std::abs(value - sum) <= 1e-12 * std::abs(sum);
}

/// Every row is count x price; rows add up to the run, to each unit and, from counters and prices, each
/// event.
void check_ledger(const Workspace& here, const std::string& folder) {
  const nlohmann::json result = here.json(folder + "/result.json");
  double total = 0;
  std::map<std::string, double> counts, dynamic, leakage;
  std::map<std::string, double> of_layer;
  for (const Row& row : ledger_of(here, folder + "/ledger.csv")) {
    CHECK(is_near(row.count * row.price_pJ, row.energy_pJ));
    total += row.energy_pJ;
    of_layer[row.layer] += row.energy_pJ;
    (row.event == "leakage" ? leakage : dynamic)[row.unit] += row.energy_pJ;
    if (row.event != "leakage") counts[row.unit + "." + row.event] += row.count;
  }
  CHECK(is_near(total, result["energy_pJ"]["total"]));
  for (const auto& [unit, energy] : result["energy_pJ"]["by_unit"].items()) {
    INFO(unit);
    CHECK(is_near(dynamic[unit], energy["dynamic"]));
    CHECK(is_near(leakage[unit], energy["leakage"]));
  }
  for (const auto& layer : result["layers"]) CHECK(is_near(of_layer[layer["name"]], layer["energy_pJ"]));
  double priced = 0;
  for (const auto& price : result["tech"]["prices"]) {
    if (price["unit"] != "pJ") continue;
    const double count = result["counters"][price["name"].get<std::string>()];
    CHECK(counts[price["name"]] == count);
    priced += count * price["value"].get<double>();
  }
  const double leaked = result["energy_pJ"]["leakage"];
  CHECK(is_near(priced + leaked, result["energy_pJ"]["total"]));
}

}  // namespace

TEST_CASE(
    "the ledgers of four networks add up to their totals, units and layers, and follow from the counters") {
  const Workspace here;
  for (const char* run :
       {"mlp-mnist", "fatnn-case1 --arch edge", "long-lenet", "finn-cnv-w1a1 --arch edge"}) {
    INFO(run);
    REQUIRE(here.tricycle(std::string("run ") + run + " --timing-only --ledger -q -o out").code == 0);
    check_ledger(here, "out");
  }
}

TEST_CASE("the ledger of a network of 35 time steps has the steps, and adds up too") {
  const Workspace here;
  REQUIRE(here.tricycle("run hitnet-lstm-ptb --timing-only --ledger -q -o out").code == 0);
  check_ledger(here, "out");
  std::map<std::string, int> steps;
  for (const Row& row : ledger_of(here, "out/ledger.csv")) ++steps[row.step];
  CHECK(steps.size() == 35);
  CHECK(steps.count("34") == 1);
}

TEST_CASE("the ledger of a run on a DRAM device adds up with the mean energy of a byte") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist --dram DDR4_8Gb_x8_2400 --ledger -q -o out").code == 0);
  double total = 0;
  for (const Row& row : ledger_of(here, "out/ledger.csv")) total += row.energy_pJ;
  CHECK(is_near(total, here.json("out/result.json")["energy_pJ"]["total"]));
}

TEST_CASE("without --ledger there is no ledger, and a run without it takes one away") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist --ledger -q -o out").code == 0);
  CHECK(here.has("out/ledger.csv"));
  REQUIRE(here.tricycle("run mlp-mnist -q -o out").code == 0);
  CHECK_FALSE(here.has("out/ledger.csv"));
}

TEST_CASE(
    "report --ledger prints the sum of all events, which is the run's energy, and refuses another total") {
  const Workspace here;
  REQUIRE(here.tricycle("run mlp-mnist --timing-only -q -o out").code == 0);
  const auto ended = here.tricycle("report out --ledger --sensitivity");
  REQUIRE(ended.code == 0);
  const nlohmann::json result = here.json("out/result.json");
  char total[32];
  std::snprintf(total, sizeof total, "%.6g", result["energy_pJ"]["total"].get<double>());
  CHECK(ended.out.find(std::string("  ") + total + "  100.00 %") != std::string::npos);
  CHECK(ended.out.find("dram.read_bytes") < ended.out.find("dram.write_bytes"));
  CHECK(ended.out.find("\n  lpddr4       energy  0.66 to 1.06") != std::string::npos);
  nlohmann::json changed = result;
  changed["counters"]["dram.read_bytes"] = 1;
  here.write("out/result.json", changed.dump());
  const auto refused = here.tricycle("report out --ledger");
  CHECK(refused.code == 2);
  CHECK(refused.err.starts_with("out: error: its events take "));
  CHECK(refused.err.ends_with(": counters, prices or energies were changed\n"));
}
