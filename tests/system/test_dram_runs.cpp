// SPDX-License-Identifier: Apache-2.0
// Networks on machines whose DRAM is a device: values, commands, bytes, energy, and the same result every
// way.
#include <cmath>
#include <set>

#include "support/files.hpp"
#include "tests/system/program.hpp"

using tricycle::preset_names;
using tricycle::test::Workspace;

namespace {

using Json = nlohmann::json;

double sum_of(const Json& units) {
  double sum = 0;
  for (const auto& [name, unit] : units.items())
    sum += unit["dynamic"].get<double>() + unit["leakage"].get<double>();
  return sum;
}

void check_result(const Json& json, const std::string& device) {
  INFO(device);
  CHECK(json["status"] == "finished");
  CHECK(json["verify"]["mismatches"] == 0);
  CHECK(json["verify"]["dram_commands"].get<int>() > 100);
  CHECK(json["verify"]["dram_violations"] == 0);
  CHECK(json["cycles"].get<std::uint64_t>() >= json["bound"]["dram_cycles"].get<std::uint64_t>());
  const Json& dram = json["dram"];
  const Json& found = dram["device"];
  CHECK(found["name"] == device);
  const auto requests = found["reads"].get<double>() + found["writes"].get<double>();
  const auto bytes = dram["read_bytes"].get<double>() + dram["write_bytes"].get<double>();
  CHECK(requests * found["request_bytes"].get<double>() >= bytes);
  const Json& energy = json["energy_pJ"];
  CHECK(sum_of(energy["by_unit"]) == Approx(energy["total"].get<double>()).epsilon(1e-9));
  if (found["energy_pJ"].is_null()) return;
  CHECK(energy["dram"].get<double>() == Approx(found["energy_pJ"]["total"].get<double>()).epsilon(1e-9));
  double layers = 0;
  for (const Json& layer : json["layers"]) layers += layer["energy_pJ"].get<double>();
  CHECK(layers == Approx(energy["total"].get<double>()).epsilon(1e-9));
}

}  // namespace

TEST_CASE("fatnn-lenet is right on every DRAM preset, and no command breaks a rule of its device") {
  const Workspace here;
  std::size_t devices = 0;
  for (const std::string& device : preset_names("configs/dram")) {
    REQUIRE(here.tricycle("run fatnn-lenet --dram " + device + " -o out").code == 0);
    check_result(here.json("out/result.json"), device);
    ++devices;
  }
  CHECK(devices >= 19);
}

TEST_CASE("hitnet-lstm-ptb on LPDDR4: rows of the embedding come from where the words say") {
  const Workspace here;
  const std::string device = "LPDDR4_8Gb_x16_3200";
  REQUIRE(here.tricycle("run hitnet-lstm-ptb --arch recurrent --dram " + device + " -o out").code == 0);
  check_result(here.json("out/result.json"), device);
}

TEST_CASE("a run on a device is the same in lockstep, and after lower and replay") {
  const Workspace here;
  const std::string on = " --set arch.dram.kind=DDR4_8Gb_x8_2400";
  REQUIRE(here.tricycle("run fatnn-lenet" + on + " --reference off -o a").code == 0);
  REQUIRE(here.tricycle("run fatnn-lenet" + on + " --reference off -o b --lockstep").code == 0);
  CHECK(here.read("a/result.json") == here.read("b/result.json"));
  REQUIRE(here.tricycle("lower fatnn-lenet" + on + " -o t.trace").code == 0);
  REQUIRE(here.tricycle("replay t.trace -o c").code == 0);
  CHECK(here.read("a/result.json") == here.read("c/result.json"));
}

TEST_CASE("the controller's policies change a run's time and commands, never its values") {
  const Workspace here;
  const std::string base =
      "run fatnn-lenet --dram DDR4_8Gb_x8_2400 -o out --set arch.dram.device.controller.";
  std::set<std::uint64_t> cycles;
  const auto outputs = [&](const std::string& setting) {
    REQUIRE(here.tricycle(base + setting).code == 0);
    const Json json = here.json("out/result.json");
    CHECK(json["verify"]["dram_violations"] == 0);
    cycles.insert(json["cycles"].get<std::uint64_t>());
    return json["outputs"]["crc32"].get<std::string>();
  };
  const std::string open = outputs("page=open");
  CHECK(outputs("page=closed") == open);
  CHECK(outputs("scheduler=fcfs") == open);
  CHECK(outputs("refresh=none") == open);
  CHECK(cycles.size() >= 3);
}

TEST_CASE("what a run asks of DRAM, written as a trace and given to the DRAM alone, is read as often") {
  const Workspace here;
  const std::string device = "DDR4_8Gb_x8_2400";
  REQUIRE(here.tricycle("run fatnn-lenet --dram " + device + " --dram-trace t.trc -o out").code == 0);
  REQUIRE(here.tricycle("dram t.trc --dram " + device + " -o alone").code == 0);
  const Json run = here.json("out/result.json"), alone = here.json("alone/dram.json");
  CHECK(alone["reads"] == run["dram"]["device"]["reads"]);
  CHECK(alone["writes"] == run["dram"]["device"]["writes"]);
  const auto a = alone["energy_pJ"]["by_command"]["read"].get<double>();
  CHECK(run["dram"]["device"]["energy_pJ"]["by_command"]["read"].get<double>() == Approx(a).epsilon(0.01));
  for (const char* format : {"ramulator2", "dramsys"}) {
    const std::string name = std::string("t.") + (format[0] == 'd' ? "stl" : "ram");
    REQUIRE(here.tricycle("run fatnn-lenet --dram " + device + " --dram-trace " + name +
                          " --dram-trace-format " + format + " -o out")
                .code == 0);
    REQUIRE(here.tricycle("dram " + name + " --format " + format + " --dram " + device + " -o alone").code ==
            0);
    CHECK(here.json("alone/dram.json")["reads"] == alone["reads"]);
  }
}

TEST_CASE("a DRAM that cannot be is refused with the place and what would do") {
  const Workspace here;
  const auto error_of = [&](const std::string& setting) {
    const auto ended =
        here.tricycle("run fatnn-lenet --dram DDR4_8Gb_x8_2400 --set arch.dram.device." + setting);
    CHECK(ended.code == 2);
    CHECK_FALSE(here.has("runs"));
    return ended.err;
  };
  const std::string contradiction = error_of("timing.tRAS=60");
  CHECK(contradiction.find(
            "DDR4_8Gb_x8_2400.yaml:9:79: error: 'tRC' is 56 cycles, less than the 60 of 'tRAS': a row "
            "would be opened again before it may be closed\n") != std::string::npos);
  CHECK(
      error_of("timing.tRP=-1") ==
      "--set arch.dram.device.timing.tRP=-1: error: 'tRP' expects an integer from 1 to 1000000, not '-1'\n");
  CHECK(error_of("geometry.banks_per_group=6") ==
        "--set arch.dram.device.geometry.banks_per_group=6: error: 'banks_per_group' must be a power of two, "
        "for the "
        "address mapping takes it from whole bits: 4 or 8, not 6\n");
  const auto ideal =
      here.tricycle("run fatnn-lenet --dram DDR4_8Gb_x8_2400 --set arch.dram.bytes_per_cycle=1");
  CHECK(ideal.code == 2);
  CHECK(ideal.err ==
        "--set arch.dram.bytes_per_cycle=1: error: 'bytes_per_cycle' is of the ideal DRAM, and this machine "
        "has a device: its times and sizes are in 'dram.device'\n");
  const auto unknown = here.tricycle("run fatnn-lenet --dram DDR5_8Gb_x8_2400");
  CHECK(unknown.code == 2);
  CHECK(unknown.err ==
        "--dram: error: there is no DRAM 'DDR5_8Gb_x8_2400'; did you mean "
        "'DDR4_8Gb_x8_2400'?\n");
}

TEST_CASE("hitnet-lstm-ptb moves no byte more with 72, 76, 92, 96 and 128 KiB of activation memory in turn") {
  const Workspace here;
  std::uint64_t before = ~std::uint64_t{0};
  for (const char* size : {"72", "76", "92", "96", "128"}) {
    REQUIRE(here.tricycle("run hitnet-lstm-ptb --timing-only -o out --set arch.activation_memory.size_KiB=" +
                          std::string(size))
                .code == 0);
    const Json json = here.json("out/result.json"), dram = json["dram"];
    const auto bytes = dram["read_bytes"].get<std::uint64_t>() + dram["write_bytes"].get<std::uint64_t>() -
                       json["program"]["bytes"].get<std::uint64_t>();
    INFO(size << " KiB");
    CHECK(bytes <= before);
    before = bytes;
  }
}

TEST_CASE("files that are asked for may not lie in the result folder, which is replaced whole") {
  const Workspace here;
  here.write("t.trc", "0x0 READ 0\n");
  const auto commands =
      here.tricycle("dram t.trc --dram DDR4_8Gb_x8_2400 -o out --commands out/../out/c.csv");
  CHECK(commands.code == 2);
  CHECK(commands.err ==
        "--commands out/../out/c.csv: error: lies in the result folder, which is replaced whole; give "
        "another path\n");
  const auto trace = here.tricycle("run fatnn-lenet -o out --dram-trace out/t.trc");
  CHECK(trace.code == 2);
  CHECK(trace.err ==
        "--dram-trace out/t.trc: error: lies in the result folder, which is replaced whole; give another "
        "path\n");
  CHECK_FALSE(here.has("out"));
  CHECK(here.tricycle("dram t.trc --dram DDR4_8Gb_x8_2400 -o out --commands out2.csv").code == 0);
}
