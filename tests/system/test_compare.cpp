// SPDX-License-Identifier: Apache-2.0
// tricycle compare and export, on results of runs and on files that are none.
#include <map>
#include <sstream>

#include "support/document.hpp"
#include "tests/system/program.hpp"

using tricycle::Document;
using tricycle::parse_document;
using tricycle::test::Workspace;

namespace {

/// The cells of a row of a CSV file whose first cell is this.
std::vector<std::string> row_of(const Workspace& here, const std::string& file, const std::string& first) {
  std::istringstream text(here.read(file));
  for (std::string line; std::getline(text, line);) {
    std::vector<std::string> cells;
    std::string cell;
    bool is_quoted = false;
    for (const char c : line + ",") {
      if (c == '"') {
        is_quoted = !is_quoted;
      } else if (c == ',' && !is_quoted) {
        cells.push_back(cell);
        cell.clear();
      } else {
        cell += c;
      }
    }
    if (!cells.empty() && cells.front() == first) return cells;
  }
  return {};
}

double number(std::string text) {
  std::erase(text, ',');
  return std::stod(text);
}

void run(const Workspace& here, const std::string& words, const std::string& folder) {
  REQUIRE(here.tricycle("run " + words + " --timing-only -q -o " + folder).code == 0);
}

}  // namespace

TEST_CASE(
    "of two runs that differ in rows and prices, causes add up to the difference in cycles and energy") {
  const Workspace here;
  run(here, "fatnn-case1 --arch edge", "a");
  run(here, "fatnn-case1 --arch edge --tech 22nm --set arch.vector.lanes=8 --set arch.array.rows=4", "b");
  const auto ended = here.tricycle("compare a b -o c");
  REQUIRE(ended.code == 0);
  const auto a = here.json("a/result.json"), b = here.json("b/result.json");
  const double cycles = b["cycles"].get<double>() - a["cycles"].get<double>();
  CHECK(cycles != 0);
  CHECK(number(row_of(here, "c/cycles.csv", "all").back()) == cycles);
  const double energy = b["energy_pJ"]["total"].get<double>() - a["energy_pJ"]["total"].get<double>();
  const auto all = row_of(here, "c/energy.csv", "all");
  CHECK(number(all.back()) == Approx(energy).epsilon(1e-3));  // four digits are printed
  CHECK(number(all[5]) + number(all[6]) == Approx(energy).epsilon(2e-3));
  CHECK(ended.out.find(
            "A  fatnn-case1 on edge (500 MHz, 45nm): a\nB  fatnn-case1 on edge (500 MHz, 22nm): b\n") == 0);
  CHECK(number(row_of(here, "c/figures.csv", "cycles")[1]) == a["cycles"]);
  CHECK(here.read("c/cycles.svg").starts_with("<svg "));
  CHECK(here.read("c/energy.tex").find("\\begin{tabular}{lrrrrrrr}") != std::string::npos);
}

TEST_CASE("a run beside itself has no causes, and every ratio is 1") {
  const Workspace here;
  run(here, "mlp-mnist", "a");
  const auto ended = here.tricycle("compare a a -o c");
  REQUIRE(ended.code == 0);
  CHECK(here.read("c/cycles.csv") == "layer,reason,A,B,B - A\nall,,,,0\n");
  CHECK(row_of(here, "c/figures.csv", "cycles").back() == "1");
  CHECK(row_of(here, "c/figures.csv", "energy, pJ").back() == "1");
}

TEST_CASE("three runs of two networks stand side by side, and it is said that the networks differ") {
  const Workspace here;
  run(here, "mlp-mnist", "a");
  run(here, "mlp-mnist --arch mobile", "b");
  run(here, "fatnn-case1", "c");
  const auto ended = here.tricycle("compare a b c");
  REQUIRE(ended.code == 0);
  CHECK(ended.out.find("The networks are not the same: layers are compared by their names.\n") !=
        std::string::npos);
  CHECK(ended.out.find("C / A") != std::string::npos);
  CHECK(ended.out.find("by reason") == std::string::npos);
}

TEST_CASE("what is no result is refused with its place, and no folder is left behind") {
  const Workspace here;
  run(here, "mlp-mnist", "a");
  const auto fault = [&](const std::string& words) {
    const auto ended = here.tricycle("compare " + words + " -o out");
    CHECK(ended.code == 2);
    CHECK_FALSE(here.has("out"));
    return ended.err;
  };
  CHECK(fault("a none") == "none/result.json: error: no such file\n");
  REQUIRE(here.tricycle("run mlp-mnist -q -o cut").code == 0);
  const std::string whole = here.read("cut/result.json");
  here.write("cut/result.json", whole.substr(0, whole.size() / 2));
  CHECK(fault("a cut").find("cut/result.json:") == 0);
  CHECK(fault("a cut").find(": error: is damaged here, or cut short: expected JSON\n") != std::string::npos);
  here.write("cut/result.json", "{\"a\": [1,\n 2}");
  CHECK(fault("a cut") == "cut/result.json:2:3: error: is damaged here, or cut short: expected JSON\n");
  here.write("cut/result.json", "[]");
  CHECK(
      fault("a cut") ==
      "cut/result.json: error: is no result of a run: expected the key 'schema' with 'tricycle.result/1'\n");
  here.write("cut/result.json", "{\"schema\": \"tricycle.result/1\", \"workload\": {\"name\": 3}}");
  CHECK(fault("a cut") == "cut/result.json: error: expected a text at '/workload/name'\n");
  CHECK(here.tricycle("compare a").code == 2);
}

TEST_CASE("action counts times energies of an export are the run's energy, and its areas the run's area") {
  const Workspace here;
  for (const char* words : {"mlp-mnist", "hitnet-lstm-ptb", "mlp-mnist --dram DDR4_8Gb_x8_2400"}) {
    INFO(words);
    run(here, words, "a");
    REQUIRE(here.tricycle("export a -o out").code == 0);
    const auto result = here.json("a/result.json");
    const Document ert = parse_document(here.read("out/ERT.yaml"), "ERT.yaml");
    const Document counts = parse_document(here.read("out/action_counts.yaml"), "action_counts.yaml");
    std::map<std::string, double> energies;
    for (const Document& table : ert.find("ERT")->find("tables")->items) {
      for (const Document& action : table.find("actions")->items)
        energies[table.find("name")->scalar + action.find("name")->scalar] =
            std::stod(action.find("energy")->scalar);
    }
    double energy = 0;
    for (const Document& unit :
         counts.find("action_counts")->find("subtree")->items.at(0).find("local")->items) {
      for (const Document& action : unit.find("action_counts")->items) {
        const std::string name =
            "system." + unit.find("name")->scalar + "[1..1]" + action.find("name")->scalar;
        energy += std::stod(action.find("counts")->scalar) * energies.at(name);
      }
    }
    CHECK(energy == Approx(result["energy_pJ"]["total"].get<double>()).epsilon(1e-12));
    double area = 0;
    const Document art = parse_document(here.read("out/ART.yaml"), "ART.yaml");
    for (const Document& table : art.find("ART")->find("tables")->items)
      area += std::stod(table.find("area")->scalar);
    CHECK(area == Approx(1e6 * result["area_mm2"].get<double>()).epsilon(1e-12));
    const std::string classes = here.read("out/architecture.yaml");
    CHECK(classes.find("{name: weight_memory, class: SRAM, attributes: {}}") != std::string::npos);
    CHECK(classes.find("- name: tricycle_popcount") != std::string::npos);
  }
}
