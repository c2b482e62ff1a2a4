// SPDX-License-Identifier: Apache-2.0
// The 24 runs of DRAMsim3 in configs/references/dramsim3.csv, with the same requests in the same cycles, and
// the table of docs/dram.md.
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>

#include "arch/dram/energy.hpp"
#include "arch/dram/model.hpp"
#include "support/files.hpp"
#include "support/random.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;

const std::string source = TRICYCLE_TEST_SOURCE;

/// What a run gives; energies in nJ. The order of the members is that of the file's columns.
struct Figures {
  double reads = 0, writes = 0, activates = 0, refreshes = 0, latency = 0;
  double activate_nJ = 0, read_nJ = 0, write_nJ = 0, refresh_nJ = 0, total_nJ = 0;
};

struct Row {
  std::string config, pattern;
  DramDevice device;
  std::uint64_t cycles;
  Figures theirs;
  [[nodiscard]] bool random() const { return pattern.starts_with("rand"); }
};

std::vector<Row> rows() {
  std::vector<Row> all;
  std::istringstream file(read_text(source + "/configs/references/dramsim3.csv", 1 << 20));
  bool header = true;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#") || std::exchange(header, false)) continue;
    std::vector<std::string> cells;
    std::istringstream cell(line);
    for (std::string text; std::getline(cell, text, ',');) cells.push_back(text);
    REQUIRE(cells.size() == 15);
    const auto number = [&](std::size_t i) { return std::stod(cells[i]); };
    Row row{cells[0],
            cells[1],
            read_dram(source + "/configs/dram/" + cells[0] + ".yaml"),
            std::stoull(cells[2]),
            {}};
    const double nJ =
        static_cast<double>(row.device.tCK_ps) / 1e6;  // its energies leave out the clock period
    row.theirs = {number(3),       number(4),       number(6),       number(8),       number(9),
                  number(10) * nJ, number(11) * nJ, number(12) * nJ, number(13) * nJ, number(14) * nJ};
    all.push_back(row);
  }
  return all;
}

struct Request {
  std::uint64_t cycle, address;
  bool write;
};

/// The lines of the trace. Its reader hands a request over when the memory has done the cycle of the line,
/// and the last one twice, then as a read.
std::vector<Request> requests(const std::string& pattern, std::uint64_t seed) {
  Random random(seed);
  const bool isolated = pattern.ends_with("isolated");
  std::vector<Request> all;
  for (std::uint64_t i = 0; i < (isolated ? 300 : 20000); ++i) {
    const bool write = pattern == "seq_write_saturate" || (pattern == "seq_rw_2to1" && i % 3 == 0);
    std::uint64_t line = i;
    if (pattern.starts_with("rand")) line = random.below(1U << 24U);
    if (pattern == "seq_rw_2to1" && write) line += 1U << 20U;
    all.push_back({(isolated ? 300 * i : i) + 1, 64 * line, write});
  }
  all.push_back({all.back().cycle, all.back().address, false});
  return all;
}

/// One request a cycle, in order, each waiting until its queue has room.
Figures run(const Row& row, std::uint64_t seed) {
  DramModel model(row.device);
  const std::vector<Request> all = requests(row.pattern, seed);
  std::size_t next = 0;
  while (model.now() < row.cycles) {
    std::uint64_t step = row.cycles - model.now();
    if (next < all.size()) {
      const Request& request = all[next];
      if (request.cycle <= model.now() && model.accepts(request.address, request.write))
        model.add(next++, request.address, request.write);
      step = 1;
      if (next < all.size() && all[next].cycle > model.now()) step = all[next].cycle - model.now();
    }
    model.advance(std::min(step, row.cycles - model.now()));
    (void)model.take_answers();
  }
  DramStatistics sum;
  for (const DramStatistics& channel : model.statistics()) sum += channel;
  const DramEnergy energy = dram_energy(dram_prices(row.device), sum);
  const auto count = [](std::uint64_t n) { return static_cast<double>(n); };
  return {count(sum.reads),
          count(sum.writes),
          count(sum.activates),
          count(sum.refreshes),
          sum.reads == 0 ? 0 : count(sum.read_latency_sum) / count(sum.reads),
          energy.activate / 1000,
          energy.read / 1000,
          energy.write / 1000,
          energy.refresh / 1000,
          energy.total() / 1000};
}

constexpr int seeds = 24;

/// The mean over seeds where addresses are random, and the deviation of the latency between seeds.
struct Ours {
  Figures mean;
  double deviation = 0;
};
Ours ours_of(const Row& row) {
  if (!row.random()) return {run(row, 0), 0};
  Ours ours;
  double squares = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Figures one = run(row, seed);
    constexpr double Figures::*members[] = {&Figures::reads,     &Figures::writes,   &Figures::activates,
                                            &Figures::refreshes, &Figures::latency,  &Figures::activate_nJ,
                                            &Figures::read_nJ,   &Figures::write_nJ, &Figures::refresh_nJ,
                                            &Figures::total_nJ};
    for (double Figures::*const member : members) ours.mean.*member += one.*member / seeds;
    squares += one.latency * one.latency / seeds;
  }
  ours.deviation = std::sqrt(std::max(0.0, squares - ours.mean.latency * ours.mean.latency));
  return ours;
}

bool near(double ours, double theirs, double share, double count) {
  return std::abs(ours - theirs) <= std::max(share * theirs, count);
}

std::string table_row(const Row& row, const Ours& ours) {
  const Figures &a = ours.mean, &b = row.theirs;
  const std::string deviation = row.random() ? fmt::format(" ± {:.1f}", ours.deviation) : "";
  return fmt::format(
      "| {} | {} | {:.0f} / {:.0f} | {:.0f} / {:.0f} | {:.0f} / {:.0f} | {:.0f} / {:.0f} | "
      "{:.1f}{} / {:.1f} | {:.2f} / {:.2f} |\n",
      row.config, row.pattern, a.reads, b.reads, a.writes, b.writes, a.activates, b.activates, a.refreshes,
      b.refreshes, a.latency, deviation, b.latency, a.total_nJ / 1000, b.total_nJ / 1000);
}

/// Every run of a device against DRAMsim3's, and its line of the page.
void check_runs(const std::string& config) {
  const std::string page = read_text(source + "/docs/dram.md", 1 << 20);
  int runs = 0;
  for (const Row& row : rows()) {
    if (row.config != config) continue;
    ++runs;
    INFO(row.config << " " << row.pattern);
    const Ours ours = ours_of(row);
    const Figures &a = ours.mean, &b = row.theirs;
    INFO("the row of docs/dram.md is\n" << table_row(row, ours));
    CHECK(page.find(table_row(row, ours)) != std::string::npos);
    CHECK(near(a.reads, b.reads, 0.03, 2));
    CHECK(near(a.writes, b.writes, 0.03, 0));
    // The reference's random addresses are not known: its latency is that of one seed more.
    if (row.random())
      CHECK(near(a.latency, b.latency, 0, 3 * ours.deviation));
    else
      CHECK(near(a.latency, b.latency, 0.03, 0));
    CHECK(near(a.activates, b.activates, 0.05, 2));
    CHECK(near(a.refreshes, b.refreshes, 0.05, 2));
    const DramPrices prices = dram_prices(row.device);
    CHECK(near(a.activate_nJ, b.activate_nJ, 0.05, 2 * prices.activate / 1000));
    CHECK(near(a.read_nJ, b.read_nJ, 0.05, 2 * prices.read / 1000));
    CHECK(near(a.write_nJ, b.write_nJ, 0.05, 2 * prices.write / 1000));
    CHECK(near(a.total_nJ, b.total_nJ, 0.01, 0));  // with standby
    CHECK(near(a.refresh_nJ, b.refresh_nJ, 0.05, 2 * prices.refresh / 1000));
  }
  CHECK(runs == 6);
}

}  // namespace

TEST_CASE("6 runs of DRAMsim3's DDR4-2400: reads, writes, latency within 3 %, the rest 5 %, all energy 1 %") {
  check_runs("DDR4_8Gb_x8_2400");
}

TEST_CASE("6 runs of DRAMsim3's DDR4-3200, so too") {
  check_runs("DDR4_8Gb_x8_3200");
}

TEST_CASE("6 runs of DRAMsim3's LPDDR3-1600, so too") {
  check_runs("LPDDR3_8Gb_x32_1600");
}

TEST_CASE("6 runs of DRAMsim3's HBM2 of 8 channels, so too") {
  check_runs("HBM2_8Gb_x128");
}

TEST_CASE("the table of docs/dram.md on the console", "[.table]") {
  for (const Row& row : rows()) std::cout << table_row(row, ours_of(row));
}
