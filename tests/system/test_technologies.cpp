// SPDX-License-Identifier: Apache-2.0
#include "tests/system/program.hpp"

using tricycle::test::slurp;
using tricycle::test::small_machine;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// The preset 45nm, bent, beside its tables.
void write_technology(const Workspace& here, const std::string& from, const std::string& to) {
  const std::string folder = TRICYCLE_TEST_SOURCE "/configs/tech/";
  here.write("tech.yaml", replaced(slurp(folder + "45nm.yaml"), from, to));
  here.write("cacti_45nm.csv", slurp(folder + "cacti_45nm.csv"));
  here.write("stillmaker.csv", slurp(folder + "stillmaker.csv"));
  here.write("net.yaml", small_network);
  here.write("m.yaml", small_machine);
}

const char* const run = "run ./net.yaml --arch ./m.yaml --tech ./tech.yaml -q -o out";

}  // namespace

TEST_CASE("a technology with another voltage or temperature is refused, not relabelled") {
  const Workspace here;
  const auto refused_at = [&](const std::string& from, const std::string& to, const std::string& place,
                              const std::string& first) {
    write_technology(here, from, to);
    const auto ended = here.tricycle(run);
    CHECK(ended.code == 2);
    CHECK_FALSE(here.has("out"));
    CHECK(ended.err.starts_with("./tech.yaml:" + place + ": error: these figures cannot be scaled to " +
                                first));
  };
  const std::string memories = "'weight_memory', 'activation_memory', 'accumulator_memory' and ";
  const std::string of_cacti = " more is of 'cacti' (45 nm, voltage not stated, 300 K); ";
  const std::string srams = ": the energy of " + memories + "1" + of_cacti + "the leakage of " + memories +
                            "1" + of_cacti + "the time of " + memories + "2" + of_cacti;
  refused_at("corner: {node_nm: 45, voltage_V: 1.1, ", "corner: {node_nm: 45, voltage_V: 0.6, ", "24:34",
             "45 nm, 0.6 V, 300 K" + srams);
  refused_at("1.1, temperature_K: 300}\nstated", "1.1, temperature_K: 350}\nstated", "24:54",
             "45 nm, 1.1 V, 350 K" + srams);
  CHECK(here.tricycle("check ./tech.yaml").code == 2);
}

TEST_CASE("a result says of each price from which corner it came, by which factor and rule") {
  const Workspace here;
  write_technology(here, "name: 45nm", "name: copy");
  REQUIRE(here.tricycle(run).code == 0);
  const auto prices = here.json("out/result.json")["tech"]["prices"];
  const auto of = [&](const std::string& name, const std::string& unit) -> nlohmann::json {
    for (const auto& price : prices) {
      if (price["name"] == name && price["unit"] == unit) return price;
    }
    return {};
  };
  CHECK(of("vector.affine_operations", "pJ")["value"] == 6.8716);
  CHECK(
      of("vector.affine_operations", "pJ")["scaling"] ==
      nlohmann::json::parse(R"([{"from": "45 nm, 0.9 V, temperature not stated", "factor": 1.4938271604938274,
                                   "rule": "(1.1 / 0.9)^2"}])"));
  CHECK(of("vector.scale_operations", "pJ")["scaling"].size() == 3);
  CHECK(of("weight_memory", "mW")["scaling"][0]["rule"] ==
        "taken as at 45 nm, 1.1 V, 300 K: hp, lop and lstp transistors keep supplies of their own: 1.0, 0.7 "
        "and "
        "1.1 V");
  for (const auto& price : prices) {
    INFO(price);
    CHECK(price["scaling"].size() >= 1);
  }
  const std::string effective = here.read("out/effective.yaml");
  CHECK(effective.find(
            "    - {name: \"vector.affine_operations\", value: 6.8716, unit: \"pJ\", source: \"3.7 pJ: "
            "Horowitz "
            "ISSCC 2014, 45 nm: FP32 multiply + 0.9 pJ: Horowitz ISSCC 2014, 45 nm: FP32 add\", scaling: "
            "[{\"from\":\"45 nm, 0.9 V, temperature not "
            "stated\",\"factor\":1.4938271604938274,\"rule\":\"(1.1 / "
            "0.9)^2\"}]}\n") != std::string::npos);
}

TEST_CASE("a machine that is faster than its memories is refused by run and check, and is a failed point") {
  const Workspace here;
  here.write("net.yaml", small_network);
  here.write("m.yaml", replaced(small_machine, "weight_memory: {size_KiB: 8}",
                                "weight_memory: {size_KiB: 8, cells: lstp, periphery: lstp}"));
  const auto ended = here.tricycle("run ./net.yaml --arch ./m.yaml -q -o out --set arch.clock_MHz=900");
  CHECK(ended.code == 2);
  CHECK_FALSE(here.has("out"));
  const std::string start = "./m.yaml:4:1: error: weight_memory takes ";
  const std::string remedy = " what would do: a clock of at most ";
  CHECK(ended.err.starts_with(start));
  CHECK(ended.err.find(remedy) != std::string::npos);
  here.write("e.yaml", "workload: ./net.yaml\narch: ./m.yaml\narch.clock_MHz: 900\n");
  const auto checked = here.tricycle("check e.yaml");
  CHECK(checked.code == 2);
  CHECK(checked.err == ended.err);
  here.write("s.yaml", "workload: ./net.yaml\narch: ./m.yaml\naxes:\n  arch.clock_MHz: [500, 900]\n");
  CHECK(here.tricycle("sweep s.yaml -o grid").code == 1);
  const std::string csv = here.read("grid/sweep.csv");
  CHECK(csv.find("\n500,finished,") != std::string::npos);
  CHECK(csv.find("\n900,failed,") != std::string::npos);
  CHECK(csv.find("weight_memory takes ") != std::string::npos);
  CHECK(here.tricycle("run ./net.yaml --arch ./m.yaml -q -o out --set arch.clock_MHz=900 --set "
                      "arch.weight_memory.periphery=hp")
            .code == 0);
}

TEST_CASE("the times that were held against the clock stand among the prices, with their source") {
  const Workspace here;
  here.write("net.yaml", small_network);
  here.write("m.yaml", small_machine);
  REQUIRE(here.tricycle("run ./net.yaml --arch ./m.yaml -q -o out").code == 0);
  std::string names;
  const nlohmann::json result = here.json("out/result.json");
  for (const auto& price : result["tech"]["prices"]) {
    if (price["unit"] == "ns") names += price["name"].get<std::string>() + " ";
  }
  CHECK(names ==
        "popcount.ternary_planes_lanes array.accumulator_bits weight_memory.access weight_memory.cycle "
        "activation_memory.access activation_memory.cycle accumulator_memory.access accumulator_memory.cycle "
        "instruction_memory.access instruction_memory.cycle array.operand_wire ");
  CHECK(here.read("out/effective.yaml").find("    cells: auto\n    periphery: auto\n") != std::string::npos);
}
