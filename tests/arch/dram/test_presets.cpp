// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "arch/params/dram.hpp"
#include "tests/catch.hpp"

namespace {

using tricycle::Document;
using tricycle::parse_number;
using tricycle::read_document;
using Row = std::map<std::string, std::string>;  ///< of a table, by its columns
using Names = std::map<std::string, std::vector<std::string>>;

/// Which key of a preset each column of DRAMsim3's files is.
const Names dramsim3_names = {{"tCK", {"tCK_ps"}},
                              {"CL", {"timing.CL"}},
                              {"CWL", {"timing.CWL"}},
                              {"tRCD", {"timing.tRCDRD", "timing.tRCDWR"}},
                              {"tRCDRD", {"timing.tRCDRD"}},
                              {"tRCDWR", {"timing.tRCDWR"}},
                              {"tRP", {"timing.tRP"}},
                              {"tRAS", {"timing.tRAS"}},
                              {"tRC", {"timing.tRC"}},
                              {"tRFC", {"timing.tRFC"}},
                              {"tREFI", {"timing.tREFI"}},
                              {"tRRD_S", {"timing.tRRD_S"}},
                              {"tRRD_L", {"timing.tRRD_L"}},
                              {"tFAW", {"timing.tFAW"}},
                              {"tCCD_S", {"timing.tCCD_S"}},
                              {"tCCD_L", {"timing.tCCD_L"}},
                              {"tWTR_S", {"timing.tWTR_S"}},
                              {"tWTR_L", {"timing.tWTR_L"}},
                              {"tWR", {"timing.tWR"}},
                              {"tRTP", {"timing.tRTP"}},
                              {"BL", {"geometry.burst_length"}},
                              {"bankgroups", {"geometry.bank_groups"}},
                              {"banks_per_group", {"geometry.banks_per_group"}},
                              {"rows", {"geometry.rows"}},
                              {"columns", {"geometry.columns"}},
                              {"device_width", {"geometry.device_bits"}},
                              {"bus_width", {"geometry.bus_bits"}},
                              {"channels", {"geometry.channels"}},
                              {"channel_size", {"MiB of a channel"}},
                              {"address_mapping", {"mapping"}},
                              {"VDD", {"rails.0.voltage_V"}},
                              {"IDD0", {"rails.0.IDD0"}},
                              {"IDD2N", {"rails.0.IDD2N"}},
                              {"IDD3N", {"rails.0.IDD3N"}},
                              {"IDD4W", {"rails.0.IDD4W"}},
                              {"IDD4R", {"rails.0.IDD4R"}},
                              {"IDD5AB", {"rails.0.IDD5AB"}}};

/// Which key of a preset each column of DRAMSys' files is. A device has VDD and VPP, or VDD1, VDD2 and VDDQ.
const Names dramsys_names = {{"tCK", {"tCK_ps"}},
                             {"CL", {"timing.CL"}},
                             {"RL", {"timing.CL"}},
                             {"WL", {"timing.CWL"}},
                             {"RCD", {"timing.tRCDRD", "timing.tRCDWR"}},
                             {"RCDRD", {"timing.tRCDRD"}},
                             {"RCDWR", {"timing.tRCDWR"}},
                             {"RP", {"timing.tRP"}},
                             {"RPpb", {"timing.tRP"}},
                             {"RPPB", {"timing.tRP"}},
                             {"RAS", {"timing.tRAS"}},
                             {"RC", {"timing.tRC"}},
                             {"RCpb", {"timing.tRC"}},
                             {"RCPB", {"timing.tRC"}},
                             {"RFC", {"timing.tRFC"}},
                             {"RFC1", {"timing.tRFC"}},
                             {"RFCab", {"timing.tRFC"}},
                             {"RFCAB", {"timing.tRFC"}},
                             {"RFCpb", {"timing.tRFCpb"}},
                             {"RFCPB", {"timing.tRFCpb"}},
                             {"RFCSB", {"timing.tRFCpb"}},
                             {"REFI", {"timing.tREFI"}},
                             {"REFIpb", {"timing.tREFIpb"}},
                             {"REFIPB", {"timing.tREFIpb"}},
                             {"REFISB", {"timing.tREFIpb"}},
                             {"RRD", {"timing.tRRD_S", "timing.tRRD_L"}},
                             {"RRD_S", {"timing.tRRD_S"}},
                             {"RRDS", {"timing.tRRD_S"}},
                             {"RRD_L", {"timing.tRRD_L"}},
                             {"RRDL", {"timing.tRRD_L"}},
                             {"FAW", {"timing.tFAW"}},
                             {"CCD", {"timing.tCCD_S", "timing.tCCD_L"}},
                             {"CCD_S", {"timing.tCCD_S"}},
                             {"CCDS", {"timing.tCCD_S"}},
                             {"CCD_L", {"timing.tCCD_L"}},
                             {"CCDL", {"timing.tCCD_L"}},
                             {"WTR", {"timing.tWTR_S", "timing.tWTR_L"}},
                             {"WTR_S", {"timing.tWTR_S"}},
                             {"WTRS", {"timing.tWTR_S"}},
                             {"WTR_L", {"timing.tWTR_L"}},
                             {"WTRL", {"timing.tWTR_L"}},
                             {"WR", {"timing.tWR"}},
                             {"RTP", {"timing.tRTP"}},
                             {"RTRS", {"timing.tRTRS"}},
                             {"PPD", {"timing.tPPD"}},
                             {"burstLength", {"geometry.burst_length"}},
                             {"nbrOfBankGroups", {"geometry.bank_groups"}},
                             {"nbrOfBanks", {"banks of a rank"}},
                             {"nbrOfChannels", {"geometry.channels"}},
                             {"nbrOfColumns", {"geometry.columns"}},
                             {"nbrOfDevices", {"devices of a rank"}},
                             {"nbrOfRanks", {"geometry.ranks"}},
                             {"nbrOfRows", {"geometry.rows"}},
                             {"width", {"geometry.device_bits"}},
                             {"vdd", {"rails.0.voltage_V"}},
                             {"idd0", {"rails.0.IDD0"}},
                             {"idd2n", {"rails.0.IDD2N"}},
                             {"idd3n", {"rails.0.IDD3N"}},
                             {"idd4r", {"rails.0.IDD4R"}},
                             {"idd4w", {"rails.0.IDD4W"}},
                             {"idd5B", {"rails.0.IDD5AB"}},
                             {"vpp", {"rails.1.voltage_V"}},
                             {"ipp0", {"rails.1.IDD0"}},
                             {"ipp2n", {"rails.1.IDD2N"}},
                             {"ipp3n", {"rails.1.IDD3N"}},
                             {"ipp4r", {"rails.1.IDD4R"}},
                             {"ipp4w", {"rails.1.IDD4W"}},
                             {"ipp5B", {"rails.1.IDD5AB"}},
                             {"vdd1", {"rails.0.voltage_V"}},
                             {"idd01", {"rails.0.IDD0"}},
                             {"idd2n1", {"rails.0.IDD2N"}},
                             {"idd3n1", {"rails.0.IDD3N"}},
                             {"idd4r1", {"rails.0.IDD4R"}},
                             {"idd4w1", {"rails.0.IDD4W"}},
                             {"idd51", {"rails.0.IDD5AB"}},
                             {"idd5pb1", {"rails.0.IDD5PB"}},
                             {"vdd2", {"rails.1.voltage_V"}},
                             {"idd02", {"rails.1.IDD0"}},
                             {"idd2n2", {"rails.1.IDD2N"}},
                             {"idd3n2", {"rails.1.IDD3N"}},
                             {"idd4r2", {"rails.1.IDD4R"}},
                             {"idd4w2", {"rails.1.IDD4W"}},
                             {"idd52", {"rails.1.IDD5AB"}},
                             {"idd5pb2", {"rails.1.IDD5PB"}},
                             {"vddq", {"rails.2.voltage_V"}},
                             {"idd0ql", {"rails.2.IDD0"}},
                             {"idd2nQ", {"rails.2.IDD2N"}},
                             {"idd3nQ", {"rails.2.IDD3N"}},
                             {"idd4rq", {"rails.2.IDD4R"}},
                             {"idd4wq", {"rails.2.IDD4W"}},
                             {"idd5q", {"rails.2.IDD5AB"}},
                             {"idd5pbq", {"rails.2.IDD5PB"}}};

/// What the sources state and the model has not: power-down, self-refresh, precharge of all banks, masked
/// writes, strobes and preambles, finer refreshes, read to write (the model has it of CL, CWL and tRTRS), the
/// average over tREFI of a current that is taken during tRFC, DRAMsim3's tRTP_S and tRTP_L, which it reads
/// itself no more than its IPP0 is priced here.
const std::set<std::string> not_modelled = {"source",
                                            "name",
                                            "protocol",
                                            "tRTP_S",
                                            "tRTP_L",
                                            "IPP0",
                                            "IDD2P",
                                            "IDD3P",
                                            "IDD6x",
                                            "ACTPDEN",
                                            "AL",
                                            "CCDMW",
                                            "CCDR",
                                            "CKE",
                                            "CKESR",
                                            "CMDCKE",
                                            "DQS2DQ",
                                            "DQSCK",
                                            "DQSS",
                                            "ESCKE",
                                            "PL",
                                            "PRPDEN",
                                            "RCAB",
                                            "RCab",
                                            "REFM",
                                            "REFPDEN",
                                            "RFC2",
                                            "RFC4",
                                            "RPAB",
                                            "RPab",
                                            "RPRE",
                                            "RPST",
                                            "RREFD",
                                            "RTW",
                                            "RefMode",
                                            "SR",
                                            "WPRE",
                                            "XP",
                                            "XPDLL",
                                            "XS",
                                            "XSDLL",
                                            "XSR",
                                            "dataRate",
                                            "iBeta_vdd",
                                            "iBeta_vdd1",
                                            "iBeta_vdd2",
                                            "iBeta_vpp",
                                            "idd2ns1",
                                            "idd2ns2",
                                            "idd2nsq",
                                            "idd2p",
                                            "idd2p1",
                                            "idd2p2",
                                            "idd2pQ",
                                            "idd2ps1",
                                            "idd2ps2",
                                            "idd2psq",
                                            "idd3ns1",
                                            "idd3ns2",
                                            "idd3nsq",
                                            "idd3p",
                                            "idd3p1",
                                            "idd3p2",
                                            "idd3pQ",
                                            "idd3ps1",
                                            "idd3ps2",
                                            "idd3psq",
                                            "idd5F2",
                                            "idd5F4",
                                            "idd5ab1",
                                            "idd5ab2",
                                            "idd5abq",
                                            "idd61",
                                            "idd62",
                                            "idd6n",
                                            "idd6q",
                                            "ipp2p",
                                            "ipp3p",
                                            "ipp5F2",
                                            "ipp5F4",
                                            "ipp6n",
                                            "maxBurstLength",
                                            "nbrOfPseudoChannels",
                                            "nbrOfStacks"};

/// Figures of the sources that ../shared/data leaves out: DRAMsim3 @2981759 configs/*.ini, Ramulator 2.1
/// @c5b1c3a python/ramulator/dram/*.py.
const std::vector<std::pair<std::string, Row>> other_figures = {
    {"DDR3_8Gb_x8_1600", {{"timing.tRTRS", "1"}}},
    {"LPDDR3_8Gb_x32_1600", {{"timing.tRTRS", "1"}}},
    {"LPDDR4_8Gb_x16_2400", {{"timing.tPPD", "2"}}},
    {"GDDR6_8Gb_x16", {{"timing.tPPD", "2"}, {"timing.t32AW", "420"}}},
    {"DDR4_16Gb_x8_3200",
     {{"tCK_ps", "625"},
      {"timing.CL", "22"},
      {"timing.CWL", "16"},
      {"timing.tRCDRD", "22"},
      {"timing.tRCDWR", "22"},
      {"timing.tRP", "22"},
      {"timing.tRAS", "52"},
      {"timing.tRC", "74"},
      {"timing.tWR", "24"},
      {"timing.tRTP", "12"},
      {"timing.tCCD_S", "4"},
      {"timing.tCCD_L", "8"},
      {"timing.tWTR_S", "4"},
      {"timing.tWTR_L", "12"},
      {"timing.tRRD_S", "4"},
      {"timing.tRRD_L", "8"},
      {"timing.tFAW", "34"}}},
    {"LPDDR5_16Gb_x16_6400",
     {{"tCK_ps", "1250"},
      {"timing.CL", "17"},
      {"timing.CWL", "9"},
      {"timing.tRCDRD", "15"},
      {"timing.tRCDWR", "15"},
      {"timing.tRP", "15"},
      {"timing.tRAS", "34"},
      {"timing.tRC", "49"},
      {"timing.tWR", "28"},
      {"timing.tRTP", "8"},
      {"timing.tCCD_S", "2"},
      {"timing.tCCD_L", "4"},
      {"timing.tWTR_S", "5"},
      {"timing.tWTR_L", "10"},
      {"timing.tPPD", "2"}}},
    {"HBM2_8Gb_x64_2000",
     {{"tCK_ps", "1000"},
      {"timing.CL", "14"},
      {"timing.CWL", "5"},
      {"timing.tRCDRD", "14"},
      {"timing.tRCDWR", "12"},
      {"timing.tRP", "14"},
      {"timing.tRAS", "34"},
      {"timing.tRC", "48"},
      {"timing.tWR", "16"},
      {"timing.tRTP", "5"},
      {"timing.tCCD_S", "2"},
      {"timing.tCCD_L", "4"},
      {"timing.tWTR_S", "6"},
      {"timing.tWTR_L", "8"},
      {"timing.tRRD_S", "4"},
      {"timing.tRRD_L", "4"},
      {"timing.tFAW", "15"}}}};

/// A preset as its file says it, by dotted keys, and what follows from it.
Row figures_of(const Document& document) {
  Row figures;
  const auto number = [&](const char* key) {
    double value = 0;
    static_cast<void>(parse_number(figures["geometry." + std::string(key)], value));
    return value;
  };
  for (const auto& [key, value] : document.entries) {
    if (value.kind == Document::Kind::scalar) figures[key] = value.scalar;
    for (const auto& [inner, figure] : value.entries) figures[key + "." + inner] = figure.scalar;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      for (const auto& [inner, figure] : value.items[i].entries)
        figures[fmt::format("{}.{}.{}", key, i, inner)] = figure.scalar;
    }
  }
  const double banks = number("bank_groups") * number("banks_per_group");
  const double row_bytes = number("columns") * number("bus_bits") / 8;
  figures["banks of a rank"] = fmt::format("{}", banks);
  figures["devices of a rank"] = fmt::format("{}", number("bus_bits") / number("device_bits"));
  figures["MiB of a channel"] =
      fmt::format("{}", number("ranks") * banks * number("rows") * row_bytes / (1 << 20));
  return figures;
}

/// What a figure of a source is in a preset: its unit, and what its simulator makes of it. DRAMsim3 counts a
/// column of GDDR6 as a burst and one of HBM2 as two bits of a pin, and GDDR6 has its bank groups off there
/// and the channel that its banks give.
std::string meant(const Row& row, const std::string& column, const std::string& text) {
  const bool is_dramsim3 = row.contains("protocol");
  const std::string protocol = is_dramsim3 ? row.at("protocol") : "";
  double value = 0;
  if (!parse_number(text.ends_with('*') ? text.substr(0, text.size() - 1) : text, value)) return text;
  if (column == "tCK") value *= is_dramsim3 ? 1e3 : 1e12;
  if (!is_dramsim3 && (column.starts_with("idd") || column.starts_with("ipp"))) value *= 1e3;
  if (column == "columns" && protocol == "HBM") value *= 2;
  if (column == "columns" && protocol == "GDDR6") value *= 16;
  if (column == "bankgroups" && protocol == "GDDR6") value = 1;
  if (column == "banks_per_group" && protocol == "GDDR6") value *= 4;
  if (column == "channel_size" && protocol == "GDDR6") value *= 2;
  return fmt::format("{:.6g}", value);
}

/// Whether the preset gives a figure otherwise than by its key: a burst's cycles, and supplies at 0 V.
bool is_left_out(const Row& row, const std::string& column, const std::string& text) {
  const bool is_supply = column.starts_with("vdd") || column == "vpp";
  const bool is_current = column.starts_with("idd") || column.starts_with("ipp");
  const bool has_none = (is_supply || is_current) && std::stod(text) == 0;
  const bool without = row.contains("vdd1") && row.at("vdd1") == "0.0";  // a file whose currents are all 0
  return has_none && (is_supply || without);
}

std::string as_number(const std::string& text) {
  double value = 0;
  return parse_number(text, value) ? fmt::format("{:.6g}", value) : text;
}

/// What a preset lacks or has otherwise than its source.
std::vector<std::string> faults_of(const std::string& preset, const Row& figures, const Row& row,
                                   const Names& names) {
  std::vector<std::string> faults;
  for (const auto& [column, text] : row) {
    if (text.empty() || not_modelled.contains(column) || is_left_out(row, column, text)) continue;
    if (!names.contains(column)) {
      faults.push_back("column " + column + " is neither a key of presets nor left out of the model");
      continue;
    }
    const std::string expected = meant(row, column, text);
    for (const std::string& key : names.at(column)) {
      const auto found = figures.find(key);
      if (found == figures.end()) {
        faults.push_back(fmt::format("{} lacks '{}', which is {} in its source", preset, key, expected));
      } else if (as_number(found->second) != expected) {
        faults.push_back(
            fmt::format("{}: '{}' is {}, and {} in its source", preset, key, found->second, expected));
      }
    }
  }
  return faults;
}

std::map<std::string, Row> presets() {
  std::map<std::string, Row> all;
  const std::filesystem::path folder = std::string(TRICYCLE_TEST_SOURCE) + "/configs/dram";
  for (const auto& file : std::filesystem::directory_iterator(folder))
    all[file.path().stem().string()] = figures_of(read_document(file.path().string()));
  return all;
}

/// The rows of a table beside this project; none, said aloud, where it is not there.
std::vector<Row> rows_of(const std::string& name) {
  std::ifstream file(std::string(TRICYCLE_TEST_SOURCE) + "/../shared/data/" + name);
  if (!file) std::cout << "SKIPPED: ../shared/data/" << name << " is not here\n";
  const auto cells = [](const std::string& line) {
    std::vector<std::string> list;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) list.push_back(cell);
    return list;
  };
  std::vector<Row> rows;
  std::vector<std::string> header;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const std::vector<std::string> values = cells(line);
    if (header.empty()) {
      header = values;
      continue;
    }
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i) row[header[i]] = values[i];
  }
  return rows;
}

/// Holds every preset whose source is `simulator PATH` against the row of this path.
void check_presets(const std::string& simulator, const std::string& table, const Names& names,
                   std::size_t expected) {
  const std::vector<Row> rows = rows_of(table);
  if (rows.empty()) return;
  std::size_t checked = 0;
  std::vector<std::string> faults;
  for (const auto& [preset, figures] : presets()) {
    if (!figures.at("source").starts_with(simulator + " ")) continue;
    const std::string file = std::filesystem::path(figures.at("source")).stem().string();
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.at("name") == file; });
    REQUIRE(row != rows.end());
    for (std::string& fault : faults_of(preset, figures, *row, names)) faults.push_back(std::move(fault));
    ++checked;
  }
  const std::vector<std::string> none;
  CHECK(faults == none);
  CHECK(checked == expected);
}

}  // namespace

TEST_CASE("each of 10 presets has every figure of its DRAMsim3 file") {
  check_presets("DRAMsim3", "dram_dramsim3.csv", dramsim3_names, 10);
}

TEST_CASE("each of 6 presets has every figure of its DRAMSys file") {
  check_presets("DRAMSys", "dram_dramsys.csv", dramsys_names, 6);
}

TEST_CASE("presets have the figures of their sources that are in no table: tPPD of LPDDR4-2400 is 2") {
  const auto all = presets();
  std::vector<std::string> faults;
  for (const auto& [preset, figures] : other_figures) {
    Names names;
    for (const auto& figure : figures) names[figure.first] = {figure.first};
    for (std::string& fault : faults_of(preset, all.at(preset), figures, names))
      faults.push_back(std::move(fault));
  }
  const std::vector<std::string> none;
  CHECK(faults == none);
}

TEST_CASE(
    "a figure that a preset lacks or has otherwise is named with the preset, its key and its source's") {
  const Row source = {{"RL", "28"}, {"PPD", "4"}, {"CCD", "8"}, {"XYZ", "1"}, {"XP", "12"}};
  const Row preset = {{"timing.CL", "28"}, {"timing.tCCD_S", "8"}, {"timing.tCCD_L", "7"}};
  CHECK(faults_of("P", preset, source, dramsys_names) ==
        std::vector<std::string>{"P: 'timing.tCCD_L' is 7, and 8 in its source",
                                 "P lacks 'timing.tPPD', which is 4 in its source",
                                 "column XYZ is neither a key of presets nor left out of the model"});
}
