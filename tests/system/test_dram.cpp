// SPDX-License-Identifier: Apache-2.0
#include "support/random.hpp"
#include "tests/system/program.hpp"

using tricycle::Random;
using tricycle::test::Workspace;

namespace {

const char* const four_requests = "0x0 READ 0\n0x40 READ 10\n0x2000000 WRITE 20\n0x80 READ 30\n";

}  // namespace

TEST_CASE("dram writes what a DRAM did with a trace, and its description, which gives the same again") {
  const Workspace here;
  here.write("t.trc", four_requests);
  const auto ended = here.tricycle("dram t.trc --dram DDR4_8Gb_x8_2400 -o out --commands c.csv");
  REQUIRE(ended.err == "");
  REQUIRE(ended.code == 0);
  CHECK(ended.out.starts_with("t.trc (dramsim3) on DDR4_8Gb_x8_2400: finished\n"));
  CHECK(ended.out.ends_with("result: out\n"));
  const auto json = here.json("out/dram.json");
  CHECK(json["schema"] == "tricycle.dram/1");
  CHECK(json["requests"] == 4);
  CHECK(json["reads"] == 3);
  CHECK(json["writes"] == 1);
  CHECK(json["bytes_read"] == 192);
  CHECK(json["bytes_written"] == 64);
  CHECK(here.read("c.csv").starts_with("cycle,command,channel,rank,bank_group,bank,row,column\n"));
  REQUIRE(here.tricycle("dram t.trc --dram out/dram.yaml -o again").code == 0);
  CHECK(here.read("out/dram.json") == here.read("again/dram.json"));
  CHECK(here.tricycle("dram t.trc --dram DDR4_8Gb_x8_2400 --json").out == here.read("out/dram.json"));
  CHECK(here.tricycle("dram t.trc --dram DDR4_8Gb_x8_2400 -o out -o again").code == 2);
  CHECK(here.tricycle("dram t.trc --dram HBM2_8Gb_x128 -o out").code == 0);  // replaced whole
  CHECK(here.json("out/dram.json")["dram"]["channels"] == 8);
}

TEST_CASE("dram takes the same requests in the formats of three simulators") {
  const Workspace here;
  here.write("a.trc", "0x0 READ 0\n0x40 WRITE 1\n0x80 READ 2\n");
  here.write("b.trc", "LD 0x0\nST 0x40\nLD 0x80\n");
  here.write("c.stl", "# cycles of the memory\n0: read 0x0\n1: write 0x40\n2: read 0x80\n");
  const auto cycles_of = [&](const std::string& arguments) {
    REQUIRE(here.tricycle("dram " + arguments + " --dram DDR4_8Gb_x8_2400 -o out").code == 0);
    return here.json("out/dram.json")["cycles"].get<std::uint64_t>();
  };
  const std::uint64_t cycles = cycles_of("a.trc");
  CHECK(cycles_of("b.trc") == cycles - 1);  // DRAMsim3 hands a request over a cycle later
  CHECK(cycles_of("c.stl") == cycles - 1);
  CHECK(cycles_of("a.trc --format dramsim3") == cycles);
  CHECK(cycles_of("a.trc --cycles 500") == 500);
  CHECK(cycles_of("a.trc --set dram.timing.CL=18") == cycles + 1);
}

TEST_CASE("dram names what is wrong with its words, exits with 2 and leaves nothing behind") {
  const Workspace here;
  here.write("t.trc", four_requests);
  here.write("bad.trc", "0x0 READ 0\n0x40 RAED 10\n");
  const auto error_of = [&](const std::string& arguments) {
    const auto ended = here.tricycle("dram " + arguments);
    CHECK(ended.code == 2);
    CHECK(ended.out == "");
    return ended.err;
  };
  CHECK(
      error_of("bad.trc --dram DDR4_8Gb_x8_2400 -o out --commands c.csv") ==
      "bad.trc:2:6: error: expected READ, P_MEM_RD, P_FETCH, WRITE, P_MEM_WR or BOFF, found 'RAED'; did you "
      "mean 'READ'?\n");
  CHECK_FALSE(here.has("out"));
  CHECK_FALSE(here.has("c.csv"));
  CHECK(error_of("t.trc --dram DDR4_8Gb_x8_240") ==
        "--dram: error: no preset 'DDR4_8Gb_x8_240' in configs/dram; did you mean 'DDR4_8Gb_x8_2400'?\n");
  CHECK(error_of("t.trc --dram DDR4_8Gb_x8_2400 --format dramsim") ==
        "--format: error: expected dramsim3, ramulator2 or dramsys, found 'dramsim'; did you mean "
        "'dramsim3'?\n");
  CHECK(error_of("t.trc --dram DDR4_8Gb_x8_2400 --set timing.CL=20") ==
        "--set timing.CL=20: error: a key starts with 'dram.', such as dram.timing.CL=20\n");
  CHECK(error_of("t.trc --dram DDR4_8Gb_x8_2400 --set dram.timing.CI=20").find("did you mean 'CL'?") !=
        std::string::npos);
  CHECK(error_of("none.trc --dram DDR4_8Gb_x8_2400") == "none.trc: error: no such file\n");
  CHECK(error_of("t.trc").find("--dram is required") != std::string::npos);
  CHECK(error_of("t.trc --dram DDR4_8Gb_x8_2400 --cycles 0").find("--cycles") != std::string::npos);
  CHECK(error_of("t.trc --dram DDR4_8Gb_x8_2400 --command c.csv").find("did you mean '--commands'?") !=
        std::string::npos);
  tricycle::test::fs::create_directories(here / "mine");
  here.write("mine/thesis.txt", "years of work");
  CHECK(error_of("t.trc --dram DDR4_8Gb_x8_2400 -o mine") ==
        "mine: error: is a folder that holds something other than a result; give another with -o\n");
  CHECK(here.read("mine/thesis.txt") == "years of work");
}

TEST_CASE("list names the DRAMs, check tells one from a machine") {
  const Workspace here;
  const auto list = here.tricycle("list");
  CHECK(list.out.find("DRAMs (--dram)\n") != std::string::npos);
  CHECK(list.out.find("DDR4_8Gb_x8_2400 ") != std::string::npos);
  here.write("t.trc", four_requests);
  REQUIRE(here.tricycle("dram t.trc --dram GDDR6_8Gb_x16 -o out").code == 0);
  CHECK(here.tricycle("check out/dram.yaml").out == "out/dram.yaml: ok, a DRAM\n");
}

TEST_CASE("sixty damaged traces end dram with 0 or 2") {
  const Workspace here;
  Random random(41);
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    std::string text = four_requests;
    for (std::uint64_t fault = random.below(2) + 1; fault > 0; --fault) {
      const std::size_t at = random.below(text.size());
      if (random.chance(0.5)) {
        text[at] = static_cast<char>(random.below(256));
      } else {
        text.erase(at, random.below(20) + 1);
      }
      if (text.empty()) break;
    }
    here.write("t.trc", text);
    const int code = here.tricycle("dram t.trc --dram DDR4_8Gb_x8_2400 --cycles 1000").code;
    REQUIRE((code == 0 || code == 2));
    refused += code == 2 ? 1 : 0;
  }
  CHECK(refused > 30);
}

TEST_CASE("a run's words for the trace of its DRAM are checked before it runs") {
  const Workspace here;
  const auto error_of = [&](const std::string& arguments) {
    const auto ended = here.tricycle("run mlp-mnist -o out " + arguments);
    CHECK(ended.code == 2);
    CHECK_FALSE(here.has("out"));
    return ended.err;
  };
  CHECK(error_of("--dram-trace-format dramsys") ==
        "--dram-trace-format: error: there is no trace to write; give --dram-trace FILE\n");
  CHECK(error_of("--dram-trace t --dram-trace-format ramulator") ==
        "--dram-trace-format: error: 'dram_trace_format' expects dramsim3, ramulator2 or dramsys, not "
        "'ramulator'; did you mean "
        "'ramulator2'?\n");
  CHECK(error_of("--dram-trace t.rstl") ==
        "--dram-trace: error: an .rstl file cannot be written: its cycles are relative to the request "
        "before; give a name with .stl\n");
  CHECK(error_of("--dram-trace none/t.stl") ==
        "none/t.stl: error: cannot be written: No such file or directory\n");
}
