// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "arch/dram/command_checker.hpp"
#include "sim/cost/dram_figures.hpp"
#include "sim/exchange/replay.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"
#include "tests/sim/dram_traces.hpp"

namespace {

using tricycle::check_commands;
using tricycle::DramCommand;
using tricycle::DramCommandKind;
using tricycle::DramCycles;
using tricycle::DramDevice;
using tricycle::DramReplay;
using tricycle::DramReplayOptions;
using tricycle::DramTraceFormat;
using tricycle::DramTraceReader;
using tricycle::DramTraceRequest;
using tricycle::Random;
using tricycle::read_dram;
using tricycle::violations_text;
using tricycle::test::message_of;
using tricycle::test::reader_of;
using tricycle::test::trace_text;
using Commands = std::vector<DramCommand>;

struct Replayed {
  DramReplay replay;
  Commands commands;
};

Replayed replayed(const std::string& text, const DramDevice& device, std::optional<DramCycles> cycles = {},
                  const std::string& name = "t") {
  DramTraceReader trace = reader_of(text, {}, name);
  Replayed result;
  DramReplayOptions options;
  options.cycles = cycles;
  options.on_command = [&](const DramCommand& command) { result.commands.push_back(command); };
  result.replay = replay_dram(trace, name, device, options);
  return result;
}

std::uint64_t count(const Commands& commands, DramCommandKind kind) {
  return static_cast<std::uint64_t>(
      std::count_if(commands.begin(), commands.end(), [&](const DramCommand& c) { return c.kind == kind; }));
}

/// Requests near each other or far apart, dense or sparse, as the seed has it.
std::string random_trace(const DramDevice& device, std::uint64_t seed, int requests) {
  Random random(seed);
  const double near = random.real(), writes = random.real() * random.real();
  const std::uint64_t pause = std::uint64_t{1} << random.below(8);
  const auto lines = static_cast<std::uint64_t>(device.geometry.bytes() / device.geometry.request_bytes());
  std::string text;
  std::uint64_t line = 0, cycle = 0;
  for (int i = 0; i < requests; ++i) {
    line = random.chance(near) ? (line + 1) % lines : random.next() % lines;
    if (random.chance(0.01)) cycle += random.below(20'000);
    cycle += random.below(pause);
    text += dram_trace_line(DramTraceFormat::dramsim3,
                            {cycle, line * static_cast<std::uint64_t>(device.geometry.request_bytes()), 0,
                             random.chance(writes)});
  }
  return text;
}

}  // namespace

TEST_CASE("one read of an idle DDR4-2400 takes its activate, tRCD 17, CL 17 and four cycles of data") {
  const Replayed r = replayed("0x0 READ 100\n", read_dram("DDR4_8Gb_x8_2400"));
  REQUIRE(r.commands.size() == 2);
  CHECK(r.commands[0].cycle == 102);  // seen in 101, as DRAMsim3 has it, and in a command queue in 102
  CHECK(r.commands[0].kind == DramCommandKind::activate);
  CHECK(r.commands[1].kind == DramCommandKind::read);
  CHECK(r.commands[1].cycle - r.commands[0].cycle == 17);
  CHECK(r.replay.finished);
  CHECK(r.replay.cycles == r.commands[1].cycle + 17 + 4);
  CHECK(r.replay.total.read_latency_min == r.replay.cycles - 101);
  CHECK(r.replay.total.read_latency_max == r.replay.cycles - 101);
  CHECK(dram_figures(r.replay.device, r.replay.total).bytes_read == 64);
  CHECK(r.replay.requests == 1);
}

TEST_CASE("every preset serves random traces with legal commands, and the counts are those of the commands") {
  for (const std::string& name : tricycle::preset_names("configs/dram")) {
    const DramDevice device = read_dram(name);
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      INFO(name << ", seed " << seed);
      const Replayed r = replayed(random_trace(device, seed, 400), device);
      CHECK(violations_text(check_commands(device, r.commands, r.replay.cycles)) == "");
      REQUIRE(r.replay.finished);
      REQUIRE(r.replay.requests == 400);
      const auto& total = r.replay.total;
      CHECK(total.reads + total.writes == 400);
      CHECK(total.activates == count(r.commands, DramCommandKind::activate));
      CHECK(total.precharges == count(r.commands, DramCommandKind::precharge));
      CHECK(total.read_commands ==
            count(r.commands, DramCommandKind::read) + count(r.commands, DramCommandKind::read_precharge));
      CHECK(total.write_commands ==
            count(r.commands, DramCommandKind::write) + count(r.commands, DramCommandKind::write_precharge));
      CHECK(total.refreshes == count(r.commands, DramCommandKind::refresh));
      CHECK(total.bank_refreshes == count(r.commands, DramCommandKind::refresh_bank));
      CHECK(total.read_commands + total.write_commands + total.merged + total.forwarded_reads == 400);
      CHECK(total.active_cycles + total.precharged_cycles ==
            r.replay.cycles * static_cast<std::uint64_t>(device.geometry.ranks * device.geometry.channels));
    }
  }
}

TEST_CASE("the controller wastes no cycle: with any of its times one longer, its commands break that rule") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  std::vector<Replayed> streams;
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    streams.push_back(replayed(random_trace(device, seed, 2000), device));
  using Timing = tricycle::DramTiming;
  const std::pair<const char*, std::int64_t Timing::*> times[] = {{"tRCDRD", &Timing::tRCDRD},
                                                                  {"tRCDWR", &Timing::tRCDWR},
                                                                  {"tRP", &Timing::tRP},
                                                                  {"tRAS", &Timing::tRAS},
                                                                  {"tRC", &Timing::tRC},
                                                                  {"tRRD_S", &Timing::tRRD_S},
                                                                  {"tRRD_L", &Timing::tRRD_L},
                                                                  {"tFAW", &Timing::tFAW},
                                                                  {"tCCD_S", &Timing::tCCD_S},
                                                                  {"tCCD_L", &Timing::tCCD_L},
                                                                  {"tWTR_S", &Timing::tWTR_S},
                                                                  {"tWTR_L", &Timing::tWTR_L},
                                                                  {"tWR", &Timing::tWR},
                                                                  {"tRTP", &Timing::tRTP},
                                                                  {"tRFC", &Timing::tRFC},
                                                                  {"tRTRS", &Timing::tRTRS},
                                                                  {"read to write", &Timing::tRTRS}};
  for (const auto& [rule, time] : times) {
    DramDevice stricter = device;
    ++(stricter.timing.*time);
    bool found = false;
    for (const Replayed& stream : streams) {
      for (const auto& violation : check_commands(stricter, stream.commands, stream.replay.cycles)) {
        found = found || violation.rule == rule;
      }
    }
    INFO(rule);
    CHECK(found);
  }
}

TEST_CASE("closed pages, one queue in order, queues of ranks and refresh of banks give legal commands too") {
  DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  device.timing.tREFIpb = 600;
  device.timing.tRFCpb = 200;
  for (int policy = 0; policy < 24; ++policy) {
    device.controller.page = static_cast<tricycle::DramPage>(policy % 2);
    device.controller.scheduler = static_cast<tricycle::DramScheduler>(policy / 2 % 2);
    device.controller.queues = static_cast<tricycle::DramQueues>(policy / 4 % 2);
    device.controller.refresh = static_cast<tricycle::DramRefresh>(policy / 8);
    for (std::uint64_t seed = 100; seed < 103; ++seed) {
      INFO("policy " << policy << ", seed " << seed);
      const Replayed r = replayed(random_trace(device, seed, 400), device);
      CHECK(violations_text(check_commands(device, r.commands, r.replay.cycles)) == "");
      CHECK(r.replay.finished);
    }
  }
}

TEST_CASE("a replay that is stopped has run as many cycles as it was told, though the trace ends before") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("0x{:x} READ {}\n", 64 * i, i);
  const Replayed stopped = replayed(text, device, 2000);
  CHECK_FALSE(stopped.replay.finished);
  CHECK(stopped.replay.cycles == 2000);
  CHECK(stopped.replay.requests < 1000);
  CHECK(stopped.replay.blocked_cycles > 0);
  const Replayed all = replayed(text, device, 20'000);
  CHECK(all.replay.finished);
  CHECK(all.replay.cycles == 20'000);
  CHECK(all.replay.total.reads == 1000);
  CHECK(all.replay.total.refreshes == 4);  // of two ranks in turn, one every 4,680 cycles
  const Replayed end = replayed(text, device);
  CHECK(end.replay.finished);
  CHECK(end.replay.cycles < 20'000);
  CHECK(end.replay.total.reads == 1000);
}

TEST_CASE("20,000 reads in order do in 100,000 cycles what DRAMsim3 says: 19,460 reads, 243.66 cycles each") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += fmt::format("0x{:x} READ {}\n", 64 * i, i);
  const Replayed r = replayed(text, read_dram("DDR4_8Gb_x8_2400"), 100'000);
  const auto& total = r.replay.total;
  CHECK(total.reads == 19'460);
  CHECK(total.read_row_hits == 19'297);
  CHECK(total.activates == 169);
  CHECK(total.precharges == 160);
  CHECK(total.refreshes == 21);
  CHECK(dram_figures(r.replay.device, r.replay.total).mean_read_latency == Approx(243.661).margin(0.0005));
  CHECK(dram_figures(r.replay.device, r.replay.total).energy->read ==
        Approx(68'765'952.0 * 0.83).epsilon(0.001));  // DRAMsim3 leaves out tCK
}

TEST_CASE("the last writes are written too, though fewer wait than a controller drains by itself") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  const Replayed r = replayed("0x0 WRITE 0\n0x40 WRITE 1\n", device);
  CHECK(r.replay.finished);
  CHECK(r.replay.total.write_commands == 2);
  const Replayed stopped = replayed("0x0 WRITE 0\n0x40 WRITE 1\n", device, 5000);
  CHECK(stopped.replay.total.write_commands == 0);  // as DRAMsim3 does
  CHECK(stopped.replay.total.writes == 2);
  CHECK_FALSE(stopped.replay.finished);
}

TEST_CASE("a trace without cycles is sent as fast as it is accepted, at most one request in a cycle") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  std::string sparse, dense, none;
  for (int i = 0; i < 20; ++i) {
    sparse += fmt::format("0x{:x} READ {}\n", 64 * i, 1000 * i);
    dense += fmt::format("0x{:x} READ {}\n", 64 * i, i);
    none += fmt::format("LD 0x{:x}\n", 64 * i);
  }
  CHECK(replayed(none, device).replay.cycles + 1 == replayed(dense, device).replay.cycles);
  CHECK(replayed(sparse, device).replay.cycles > 19'000);
}

TEST_CASE("in an .rstl trace a request is due so many cycles after the one before was accepted") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  const std::string text = "100: read 0x0\n300: read 0x40\n300: read 0x80\n";
  const std::string absolute = "100: read 0x0\n400: read 0x40\n700: read 0x80\n";
  CHECK(replayed(text, device, {}, "t.rstl").replay.cycles ==
        replayed(absolute, device, {}, "t.stl").replay.cycles);
}

TEST_CASE("a request of 256 bytes is four bursts of 64, and one that straddles two bursts is both") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  CHECK(replayed("0: (256) read 0x1000\n", device).replay.total.read_commands == 4);
  CHECK(replayed("0: (64) read 0x1020\n", device).replay.total.read_commands == 2);
  CHECK(replayed("0: (1) read 0x103f\n", device).replay.total.read_commands == 1);
}

TEST_CASE("an address beyond the DRAM is an error at its place, and so is a cycle that is never reached") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");  // two ranks of 8 GiB
  const auto error_of = [&](const std::string& text, const std::string& name = "t") {
    return message_of([&] { static_cast<void>(replayed(text, device, {}, name)); });
  };
  CHECK(error_of("0x3ffffffff READ 0\n") == "");
  CHECK(error_of("0x0 READ 0\n 0x400000000 READ 5\n") ==
        "t:2:2: error: the request at 0x400000000 is beyond the 17179869184 bytes of DDR4_8Gb_x8_2400");
  CHECK(error_of("0: (128) read 0x3ffffffc0\n").starts_with("t:1:15: error: the request at 0x3ffffffc0"));
  const Replayed far = replayed("0x0 READ 0\n0x40 READ 1000000000\n", device);
  CHECK(far.replay.cycles > 1'000'000'000);
}

TEST_CASE("dram.json holds what was counted, with energy by command and state that adds up") {
  const DramDevice device = read_dram("DDR4_8Gb_x8_2400");
  const Replayed r = replayed(random_trace(device, 5, 2000), device);
  const auto json = nlohmann::json::parse(dram_json(r.replay));
  CHECK(json["schema"] == "tricycle.dram/1");
  CHECK(json["status"] == "finished");
  CHECK(json["trace"]["format"] == "dramsim3");
  CHECK(json["dram"]["name"] == "DDR4_8Gb_x8_2400");
  CHECK(json["cycles"] == r.replay.cycles);
  CHECK(json["commands"]["activate"] == r.replay.total.activates);
  const auto& energy = json["energy_pJ"];
  double sum = 0;
  for (const auto& kind : {"by_command", "by_state"}) {
    for (const auto& part : energy[kind]) sum += part.get<double>();
  }
  CHECK(sum == Approx(energy["total"].get<double>()));
  CHECK(json["average_power_mW"].get<double>() ==
        Approx(energy["total"].get<double>() * 1e-9 / json["time_s"].get<double>()));
  CHECK(json["bandwidth_GBps"].get<double>() ==
        Approx(json["bandwidth_share"].get<double>() * json["peak_bandwidth_GBps"].get<double>()));
  CHECK(json["read_latency_ns"]["mean"].get<double>() ==
        Approx(json["read_latency_cycles"]["mean"].get<double>() * 0.83));
  DramDevice dark = device;
  dark.rails.clear();
  const auto without = nlohmann::json::parse(dram_json(replayed("0x0 WRITE 0\n", dark).replay));
  CHECK(without["energy_pJ"].is_null());
  CHECK(without["average_power_mW"].is_null());
  CHECK(without["read_latency_cycles"].is_null());
}

TEST_CASE("commands are told in the order of their cycles, of all channels together") {
  const DramDevice device = read_dram("HBM2_8Gb_x128");
  const Replayed r = replayed(random_trace(device, 7, 5000), device);
  std::map<std::int32_t, int> channels;
  for (std::size_t i = 0; i < r.commands.size(); ++i) {
    ++channels[r.commands[i].at.channel];
    if (i > 0) REQUIRE(r.commands[i - 1].cycle <= r.commands[i].cycle);
  }
  CHECK(channels.size() == 8);
  CHECK(tricycle::dram_command_line({12, DramCommandKind::read_precharge, {1, 0, 2, 3, 44, 5}}) ==
        "12,RDA,1,0,2,3,44,5\n");
}
