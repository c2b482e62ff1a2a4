// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/mapping.hpp"

#include <set>
#include <tuple>

#include "tests/arch/dram/devices.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::address_of;
using tricycle::test::distinct_device;

/// 2 channels, 2 ranks, 2 groups of 4 banks, 8 rows of 4 bursts of 64 bytes: 64 KiB.
DramDevice small(const std::string& mapping) {
  DramDevice device = distinct_device();
  device.geometry.channels = 2;
  device.geometry.bank_groups = 2;
  device.geometry.banks_per_group = 4;
  device.geometry.rows = 8;
  device.geometry.columns = 32;
  device.mapping = mapping;
  return device;
}

}  // namespace

TEST_CASE("64 KiB in five mappings: 1024 requests go to 1024 places, and each place's address leads there") {
  for (const char* mapping :
       {"rochrababgco", "rorabgbachco", "cobgbarachro", "chrarobabgco", "bachcorobgra"}) {
    INFO(mapping);
    const DramDevice device = small(mapping);
    REQUIRE(device.geometry.bytes() == 65536);
    const DramMapping map(device);
    std::set<std::tuple<int, int, int, int, std::int64_t, std::int64_t>> places;
    for (std::uint64_t address = 0; address < 65536; address += 64) {
      const DramAddress at = map.locate(address);
      CHECK(address_of(device, at) == address);
      places.insert({at.channel, at.rank, at.group, at.bank, at.row, at.column});
    }
    CHECK(places.size() == 1024);
  }
}

TEST_CASE("the 64 bytes of a request are in one place, and what is behind the capacity wraps") {
  const DramDevice device = small("rochrababgco");
  const DramMapping map(device);
  for (std::uint64_t address = 0; address < 65536; ++address) {
    const DramAddress at = map.locate(address);
    if (at == map.locate(address / 64 * 64) && at == map.locate(address + 65536) &&
        at == map.locate(address + 65536 * 0xffffffffU))
      continue;
    FAIL("address " << address);
  }
}

TEST_CASE("rorabgbachco: from the least significant field: column, channel, bank, group, rank, row") {
  const DramMapping map(small("rorabgbachco"));
  CHECK(map.locate(0) == DramAddress{0, 0, 0, 0, 0, 0});
  CHECK(map.locate(64) == DramAddress{0, 0, 0, 0, 0, 1});
  CHECK(map.locate(4 * 64) == DramAddress{1, 0, 0, 0, 0, 0});
  CHECK(map.locate(8 * 64) == DramAddress{0, 0, 0, 1, 0, 0});
  CHECK(map.locate(32 * 64) == DramAddress{0, 0, 1, 0, 0, 0});
  CHECK(map.locate(64 * 64) == DramAddress{0, 1, 0, 0, 0, 0});
  CHECK(map.locate(128 * 64) == DramAddress{0, 0, 0, 0, 1, 0});
}

TEST_CASE(
    "a field of one value takes no bits: with one channel, rank and group an address is row, bank, column") {
  DramDevice device = small("rochrababgco");
  device.geometry.channels = device.geometry.ranks = device.geometry.bank_groups = 1;
  const DramMapping map(device);
  for (std::uint64_t i = 0; i < 128; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    CHECK(map.locate(64 * i) == DramAddress{0, 0, 0, static_cast<std::int32_t>(n / 4 % 4), n / 16, n % 4});
  }
}
