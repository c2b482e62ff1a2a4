// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

TEST_CASE("the drawing of arch/README.md is the tree of the small machine") {
  const std::string tree = simulate(small_machine(), {make(load_of(1, 16)), halt()}, {},
                                    [](Elaboration& machine) { return machine.tree(); });
  const std::string page = read_text(TRICYCLE_TEST_SOURCE "/arch/README.md", 1 << 20);
  const std::size_t at = page.find("```\nmachine\n") + 4;
  INFO(tree);
  CHECK(page.substr(at, page.find("```", at) - at) == tree);
}

TEST_CASE(
    "the tree has a unit for each kind of arithmetic that the array's datapaths need, and a feeder where "
    "there is one") {
  const auto has = [](const MachineSpec& spec, const char* module) {
    const std::string tree =
        simulate(spec, {halt()}, {}, [](Elaboration& machine) { return machine.tree(); });
    return tree.find(std::string("\n├── ") + module + ": ") != std::string::npos;
  };
  CHECK(has(small_machine(), "popcount"));
  CHECK_FALSE(has(small_machine(), "shifter"));
  CHECK_FALSE(has(small_machine(), "mac"));
  CHECK_FALSE(has(small_machine(), "feeder"));
  CHECK(has(full_machine(), "shifter"));
  CHECK(has(full_machine(), "mac"));
  CHECK(has(read_machine("cutie"), "feeder"));
}

TEST_CASE("two machines side by side in one process run in turn, and one after another") {
  const Program one = {make(load_of(1, 16)), halt()}, two = {make(load_of(2, 16)), halt()};
  Elaboration first(small_machine(), one, 1, dram_bytes, {}), second(small_machine(), two, 1, dram_bytes, {});
  CHECK(first.run().cycles == 31);
  CHECK(second.run().cycles == 32);
  CHECK(first.run().cycles == 31);
  {
    Elaboration inner(small_machine(), two, 1, dram_bytes, {});
    CHECK(inner.run().cycles == 32);
  }
  CHECK(second.run().cycles == 32);
}

TEST_CASE("a machine for which there is no room leaves the next one unharmed") {
  const Program program = {make(load_of(1, 16)), halt()};
  CHECK_FALSE(
      message_of([&] { Elaboration(small_machine(), program, 1, std::uint64_t{1} << 60U, {}); }).empty());
  CHECK(Elaboration(small_machine(), program, 1, dram_bytes, {}).run().cycles == 31);
}
