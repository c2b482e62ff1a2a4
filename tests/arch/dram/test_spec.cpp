// SPDX-License-Identifier: Apache-2.0
#include "arch/params/dram.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <set>

#include "support/files.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::message_of;

const std::string good = R"(name: small
source: a table
tCK_ps: 1000
geometry:
  banks_per_group: 4
  bank_groups: 2
  rows: 1024
  columns: 128
  device_bits: 8
  bus_bits: 64
  burst_length: 8
timing:
  CL: 13
  CWL: 9
  burst: 4
  tRCDRD: 15
  tRCDWR: 8
  tRP: 10
  tRAS: 31
  tRC: 43
  tRRD_S: 4
  tRRD_L: 12
  tFAW: 37
  tCCD_S: 5
  tCCD_L: 6
  tWTR_S: 5
  tWTR_L: 14
  tWR: 17
  tRTP: 14
  tREFI: 5000
  tRFC: 200
mapping: rochrababgco
controller:
  page: closed
)";

/// The message when one piece of the text is another.
std::string with(const std::string& piece, const std::string& other) {
  std::string text = good;
  const std::size_t at = text.find(piece);
  REQUIRE(at != std::string::npos);
  text.replace(at, piece.size(), other);
  return message_of([&] { (void)read_dram(parse_document(text, "d.yaml")); });
}

}  // namespace

TEST_CASE("a DRAM of 2 groups of 4 banks of 1024 rows of 1 KiB has 8 MiB, and no currents") {
  const DramDevice device = read_dram(parse_document(good, "d.yaml"));
  CHECK(device.geometry.bytes() == 8 << 20);
  CHECK(device.geometry.row_bytes() == 1024);
  CHECK(device.geometry.request_bytes() == 64);
  CHECK(device.peak_bytes_per_s() == Approx(64 / 5e-9));  // tCCD_S is longer than a burst
  CHECK(device.rails.empty());
  CHECK(device.controller.page == DramPage::closed);
  CHECK(device.controller.request_queue == 32);
}

TEST_CASE("a time below its least, counts that are no powers of two: place, bounds and what would do") {
  CHECK(with("tRAS: 31", "tRAS: -1") ==
        "d.yaml:19:9: error: 'tRAS' expects an integer from 1 to 1000000, not '-1'");
  CHECK(with("banks_per_group: 4", "banks_per_group: 6") ==
        "d.yaml:5:20: error: 'banks_per_group' must be a power of two, for the address mapping takes it from "
        "whole bits: 4 or 8, not 6");
  CHECK(with("bus_bits: 64", "bus_bits: 4") ==
        "d.yaml:10:13: error: a bus of 4 bits is no whole device of 8 bits");
  CHECK(with("columns: 128", "columns: 4") ==
        "d.yaml:8:12: error: a row of 4 columns is shorter than a burst of 8");
  CHECK(with("tCK_ps: 1000", "tCK_ps: 0") ==
        "d.yaml:3:9: error: 'tCK_ps' expects an integer from 50 to 1000000, not '0'");
}

TEST_CASE(
    "a DRAM of more than 2^62 bytes is refused: 2^23 rows of 8 groups of 4 banks of 1 MiB rows are 2^62") {
  const auto of_rows = [](const char* rows) {
    std::string text = good;
    const auto replace = [&](const std::string& from, const std::string& to) {
      text.replace(text.find(from), from.size(), to);
    };
    replace("rows: 1024", std::string("rows: ") + rows + "\n  channels: 64\n  ranks: 4");
    replace("columns: 128", "columns: 1048576");
    return message_of([&] { (void)read_dram(parse_document(text, "d.yaml")); });
  };
  CHECK(of_rows("16777216").empty());
  std::string text = good;
  text.replace(text.find("columns: 128"), 12, "columns: 1048576\n  channels: 64\n  ranks: 16");
  text.replace(text.find("rows: 1024"), 10, "rows: 16777216");
  text.replace(text.find("banks_per_group: 4"), 18, "banks_per_group: 64");
  CHECK(message_of([&] { (void)read_dram(parse_document(text, "d.yaml")); }) ==
        "d.yaml:7:9: error: channels x ranks x banks x rows are 2^64 bytes; at most 2^62");
}

TEST_CASE("currents with which a command would take negative energy are refused") {
  const auto rail = [](const std::string& currents) {
    return message_of([&] {
      (void)read_dram(parse_document(good + "rails:\n  - {voltage_V: 1, " + currents + "}\n", "d.yaml"));
    });
  };
  CHECK(rail("IDD0: 50, IDD2N: 30, IDD3N: 40, IDD4R: 40, IDD4W: 40, IDD5AB: 40").empty());
  CHECK(rail("IDD0: 50, IDD2N: 30, IDD3N: 40, IDD4R: 39, IDD4W: 40, IDD5AB: 40")
            .find("'IDD4R' is 39 mA, less than the 40 of 'IDD3N'") != std::string::npos);
  // 31 x 40 + 10 x 30 = 1540 of 43 cycles: 35.8 mA
  CHECK(rail("IDD0: 36, IDD2N: 30, IDD3N: 40, IDD4R: 40, IDD4W: 40, IDD5AB: 40").empty());
  CHECK(rail("IDD0: 35, IDD2N: 30, IDD3N: 40, IDD4R: 40, IDD4W: 40, IDD5AB: 40")
            .find("an activate would take negative energy") != std::string::npos);
}

TEST_CASE("times that contradict each other: both, and why") {
  CHECK(with("tRAS: 31", "tRAS: 44") ==
        "d.yaml:20:8: error: 'tRC' is 43 cycles, less than the 44 of 'tRAS': a row would be opened again "
        "before "
        "it may be closed");
  CHECK(
      with("tRRD_L: 12", "tRRD_L: 3") ==
      "d.yaml:22:11: error: 'tRRD_L' is 3 cycles, less than the 4 of 'tRRD_S': _L is within a bank group, _S "
      "between groups");
  CHECK(
      with("tCCD_L: 6", "tCCD_L: 4") ==
      "d.yaml:25:11: error: 'tCCD_L' is 4 cycles, less than the 5 of 'tCCD_S': _L is within a bank group, _S "
      "between groups");
  CHECK(with("tREFI: 5000", "tREFI: 199") ==
        "d.yaml:30:10: error: 'tREFI' is 199 cycles, less than the 200 of 'tRFC': the device would do "
        "nothing but "
        "refresh");
}

TEST_CASE("a mapping that names a field twice, keys that are misspelt or missing, unknown choices") {
  CHECK(with("rochrababgco", "rochrabababg") ==
        "d.yaml:32:10: error: a mapping names ro, ch, ra, ba, bg and co once each, the most significant "
        "first, as "
        "in rochrababgco; this is 'rochrabababg'");
  CHECK(with("rochrababgco", "rochrababgcox").find("this is 'rochrababgcox'") != std::string::npos);
  CHECK(with("  tRTP: 14\n", "  tRPT: 14\n") ==
        "d.yaml:29:3: error: unknown key 'tRPT'; did you mean 'tRP'?");
  CHECK(with("  tRTP: 14\n", "") == "d.yaml:13:3: error: 'timing' needs the key 'tRTP'");
  CHECK(with("page: closed", "page: close") ==
        "d.yaml:34:9: error: 'page' expects open or closed, not 'close'; did you mean 'closed'?");
}

TEST_CASE("a misspelt key is named before what follows from its absence") {
  CHECK(with("  tRFC: 200\n", "  tRFC: 200\n  tRFCpb: 90\n  tREFIpd: 600\n") ==
        "d.yaml:33:3: error: unknown key 'tREFIpd'; did you mean 'tREFIpb'?");
}

TEST_CASE("4 ranks that share a tREFI of 3 cycles are refused") {
  CHECK(with("geometry:\n  banks_per_group: 4\n", "geometry:\n  banks_per_group: 4\n  ranks: 4\n").empty());
  std::string text = good;
  text.replace(text.find("tREFI: 5000"), 11, "tREFI: 3");
  text.replace(text.find("tRFC: 200"), 9, "tRFC: 2");
  text.replace(text.find("  bank_groups"), 13, "  ranks: 4\n  bank_groups");
  CHECK(message_of([&] { (void)read_dram(parse_document(text, "d.yaml")); }) ==
        "d.yaml:14:3: error: 'tREFI' of 3 cycles is too short for a refresh of each of 4 ranks");
}

TEST_CASE("a tREFI of tRFC 200, tRC 43, tRCDRD 15 and CWL + burst + tWR + tRP 40 has time for requests") {
  CHECK(with("tREFI: 5000", "tREFI: 298").empty());
  CHECK(with("tREFI: 5000", "tREFI: 297") ==
        "d.yaml:13:3: error: 'tREFI' of 297 cycles leaves no time for requests: 'tRFC' and a row opened and "
        "closed on each of 1 ranks take up to 298");
  std::string text = good;
  text.replace(text.find("tREFI: 5000"), 11, "tREFI: 200");
  text.replace(text.find("page: closed"), 12, "refresh: none");
  CHECK(message_of([&] { (void)read_dram(parse_document(text, "d.yaml")); }).empty());
}

TEST_CASE("per-bank refresh of a device that has none is refused") {
  CHECK(with("page: closed", "refresh: per_bank") ==
        "d.yaml:34:3: error: 'refresh: per_bank' needs a device with 'tREFIpb', a cycle or more for each "
        "rank, and 'tRFCpb'");
}

TEST_CASE("each preset is read under its own name, with the capacity and the peak that its parts have") {
  struct Row {
    const char* name;
    std::int64_t MiB;
    double peak_GB_s;
    std::size_t rails;
  };
  const Row rows[] = {{"DDR3_8Gb_x8_1600", 16384, 12.8, 1},      {"DDR4_16Gb_x8_3200", 16384, 25.6, 0},
                      {"DDR4_4Gb_x8_2400_JEDEC", 4096, 19.2, 2}, {"DDR4_4Gb_x8_2400_Micron", 4096, 19.2, 2},
                      {"DDR4_8Gb_x16_2400", 8192, 19.3, 1},      {"DDR4_8Gb_x16_3200", 8192, 25.4, 1},
                      {"DDR4_8Gb_x8_2400", 16384, 19.3, 1},      {"DDR4_8Gb_x8_3200", 16384, 25.4, 1},
                      {"GDDR6_8Gb_x16", 8192, 129.3, 1},         {"HBM2_4Gb_x128", 4096, 256, 1},
                      {"HBM2_8Gb_x128", 8192, 256, 1},           {"HBM2_8Gb_x64_2000", 8192, 256, 0},
                      {"LPDDR3_8Gb_x32_1600", 2048, 12.8, 1},    {"LPDDR4_16Gb_x16_4266", 2048, 8.5, 0},
                      {"LPDDR4_8Gb_x16_2400", 8192, 19.3, 1},    {"LPDDR4_8Gb_x16_3200", 1024, 6.4, 3},
                      {"LPDDR4_8Gb_x16_4266", 1024, 8.5, 0},     {"LPDDR5_16Gb_x16_6400", 2048, 12.8, 0},
                      {"WIDEIO2_2Gb_x64_400", 1024, 25.6, 0}};
  std::set<std::string> named;
  const std::string folder = std::string(TRICYCLE_TEST_SOURCE) + "/configs/dram/";
  for (const Row& row : rows) {
    INFO(row.name);
    named.insert(row.name);
    const DramDevice device = read_dram(folder + row.name + ".yaml");
    CHECK(device.name == row.name);
    CHECK_FALSE(device.source.empty());
    CHECK(device.geometry.bytes() == row.MiB << 20);
    CHECK(device.peak_bytes_per_s() / 1e9 == Approx(row.peak_GB_s).margin(0.051));
    CHECK(device.rails.size() == row.rails);
    const std::string first = read_text(folder + row.name + ".yaml", 1 << 20);
    CHECK(first.find(fmt::format("{:.1f} GB/s at most", row.peak_GB_s)) < first.find('\n'));
  }
  for (const auto& file : std::filesystem::directory_iterator(folder))
    CHECK(named.count(file.path().stem()) == 1);
}
