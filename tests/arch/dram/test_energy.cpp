// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/energy.hpp"

#include "tests/arch/dram/devices.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;

DramDevice preset(const std::string& name) {
  return read_dram(std::string(TRICYCLE_TEST_SOURCE) + "/configs/dram/" + name + ".yaml");
}

double bits(const DramDevice& device) {
  return 8.0 * static_cast<double>(device.geometry.request_bytes());
}

}  // namespace

TEST_CASE("each price by hand: 2 V, 1.25 ns, 8 devices, and currents that tell the terms apart") {
  DramDevice device = tricycle::test::distinct_device();  // 64 / 8 = 8 devices
  device.tCK_ps = 1250;
  device.rails = {{2, 70, 20, 30, 130, 110, 230, 26}};
  const DramPrices prices = dram_prices(device);
  CHECK(prices.activate == Approx(2 * (70 * 43 - 30 * 31 - 20 * 10) * 1.25 * 8));
  CHECK(prices.read == Approx(2 * (130 - 30) * 4 * 1.25 * 8));
  CHECK(prices.write == Approx(2 * (110 - 30) * 4 * 1.25 * 8));
  CHECK(prices.refresh == Approx(2 * (230 - 30) * 200 * 1.25 * 8));
  CHECK(prices.refresh_bank == Approx(2 * (26 - 20) * 600 * 1.25 * 8));
  CHECK(prices.active_cycle == Approx(2 * 30 * 1.25 * 8));
  CHECK(prices.precharged_cycle == Approx(2 * 20 * 1.25 * 8));
  const DramPrices one = prices;
  device.rails.push_back(device.rails.front());
  device.rails.back().voltage_V = 4;
  CHECK(dram_prices(device).read == Approx(3 * one.read));  // rails add up
  CHECK(dram_prices(device).activate == Approx(3 * one.activate));
  device.rails.clear();
  CHECK(dram_prices(device).read == 0);
}

TEST_CASE("what a channel did is priced term by term") {
  DramPrices prices{2, 3, 5, 7, 11, 13, 17};
  DramStatistics statistics;
  statistics.activates = 10;
  statistics.read_commands = 20;
  statistics.write_commands = 30;
  statistics.refreshes = 4;
  statistics.bank_refreshes = 6;
  statistics.active_cycles = 100;
  statistics.precharged_cycles = 200;
  const DramEnergy energy = dram_energy(prices, statistics);
  CHECK(energy.activate == 20);
  CHECK(energy.read == 60);
  CHECK(energy.write == 150);
  CHECK(energy.refresh == 4 * 7 + 6 * 11);
  CHECK(energy.active_standby == 1300);
  CHECK(energy.precharge_standby == 3400);
  CHECK(energy.total() == 20 + 60 + 150 + 94 + 1300 + 3400);
}

TEST_CASE("DRAMsim3's devices: pJ per bit, nJ per row, mW of a rank and GB/s as derived from its files") {
  struct Row {
    const char* name;
    double read_pJ, write_pJ, row_nJ, standby_mW, peak_GB_s;
  };
  // Two digits behind the point, one for GB/s, as printed. GDDR6's burst is 1 cycle here, as DRAMsim3 takes
  // it, where 16 bits a pin at two a cycle would be 8: reads and writes cost an eighth of 5.21 and 4.73.
  // HBM2's are of one of 8 channels.
  const Row rows[] = {{"DDR3_8Gb_x8_1600", 7.80, 7.80, 10.65, 551, 12.8},
                      {"DDR4_8Gb_x8_2400", 5.73, 4.98, 3.45, 413, 19.3},
                      {"DDR4_8Gb_x16_2400", 6.10, 5.63, 8.24, 226, 19.3},
                      {"DDR4_8Gb_x8_3200", 5.48, 4.63, 4.23, 499, 25.4},
                      {"DDR4_8Gb_x16_3200", 5.81, 5.24, 9.99, 269, 25.4},
                      {"LPDDR3_8Gb_x32_1600", 5.37, 5.25, 2.82, 50, 12.8},
                      {"LPDDR4_8Gb_x16_2400", 6.10, 5.63, 6.96, 226, 19.3},
                      {"HBM2_8Gb_x128", 1.57, 2.09, 0.83, 66, 32.0},
                      {"GDDR6_8Gb_x16", 5.21 / 8, 4.73 / 8, 5.73, 659, 129.3}};
  for (const Row& row : rows) {
    INFO(row.name);
    const DramDevice device = preset(row.name);
    const DramPrices prices = dram_prices(device);
    CHECK(prices.read / bits(device) == Approx(row.read_pJ).margin(0.0051));
    CHECK(prices.write / bits(device) == Approx(row.write_pJ).margin(0.0051));
    CHECK(prices.activate / 1000 == Approx(row.row_nJ).margin(0.0051));
    CHECK(prices.active_cycle / static_cast<double>(device.tCK_ps) * 1000 ==
          Approx(row.standby_mW).margin(0.51));
    CHECK(device.peak_bytes_per_s() / 1e9 / static_cast<double>(device.geometry.channels) ==
          Approx(row.peak_GB_s).margin(0.051));
  }
}

TEST_CASE(
    "LPDDR4-3200: a bit read takes 5.26 pJ of the array (VDD2) and 3.2 of the pins (VDDQ), one written 3.87, "
    "1.17") {
  DramDevice device = preset("LPDDR4_8Gb_x16_3200");
  REQUIRE(device.rails.size() == 3);
  const DramPrices all = dram_prices(device);
  const auto rail = [&](std::size_t i) {
    DramDevice one = device;
    one.rails = {device.rails[i]};
    return dram_prices(one);
  };
  CHECK(rail(0).read == 0);  // VDD1 takes what it takes in standby
  CHECK(rail(1).read / bits(device) == Approx(5.26).margin(0.0051));
  CHECK(rail(2).read / bits(device) == Approx(3.2).margin(0.051));
  CHECK(all.read / bits(device) == Approx(8.5).margin(0.051));
  CHECK(rail(1).write / bits(device) == Approx(3.87).margin(0.0051));
  CHECK(rail(2).write / bits(device) == Approx(1.17).margin(0.0051));
  CHECK(all.write / bits(device) == Approx(5.0).margin(0.051));
  // 8 refreshes of a bank each tREFI by (2.5 - 2) 1.8 + (30 - 27) 1.1 mW, or one of all by 7.75 1.8 + 60 1.1.
  CHECK(all.refresh_bank == Approx((0.5 * 1.8 + 3 * 1.1) * 780 * 0.625));
  CHECK(all.refresh == Approx((7.75 * 1.8 + 60 * 1.1) * 448 * 0.625));
}

TEST_CASE("DDR4 of Micron: an activate takes 1.2 V x (60.75, 44, 38.25 mA) and 2.5 V x 4.05 mA of VPP") {
  const DramPrices prices = dram_prices(preset("DDR4_4Gb_x8_2400_Micron"));
  CHECK(prices.activate == Approx((1.2 * (60.75 * 55 - 44 * 39 - 38.25 * 16) + 2.5 * 4.05 * 55) * 0.833 * 8));
}
