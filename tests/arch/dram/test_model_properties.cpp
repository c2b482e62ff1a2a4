// SPDX-License-Identifier: Apache-2.0
// What holds of every device and every sequence of requests.
#include <map>
#include <set>

#include "support/random.hpp"
#include "tests/arch/dram/devices.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::random_device;

struct Request {
  DramCycles cycle;  ///< not before
  std::uint64_t address;
  bool write;
};

std::vector<Request> random_requests(const DramDevice& device, std::uint64_t seed, double writes) {
  Random random(seed, 2);
  std::vector<Request> all;
  DramCycles cycle = 0;
  const auto places = static_cast<std::uint64_t>(device.geometry.bytes() / device.geometry.request_bytes());
  std::uint64_t place = 0;
  for (int i = 0; i < 300; ++i) {
    cycle += random.chance(0.8) ? random.below(3) : random.below(400);
    place = random.chance(0.5) ? (place + 1) % places : random.below(places);
    all.push_back(
        {cycle, place * static_cast<std::uint64_t>(device.geometry.request_bytes()), random.chance(writes)});
  }
  return all;
}

/// What a run shows from outside.
struct Seen {
  std::string commands, answers, statistics;
  bool operator==(const Seen&) const = default;
};

class Run {
 public:
  explicit Run(const DramDevice& device) : model(device) {
    model.observer = [this](const DramCommand& c) {
      seen_.commands += std::to_string(c.cycle) + dram_command_names[static_cast<std::size_t>(c.kind)];
      for (const std::int64_t field :
           {std::int64_t{c.at.channel}, std::int64_t{c.at.rank}, std::int64_t{c.at.group},
            std::int64_t{c.at.bank}, c.at.row, c.at.column})
        seen_.commands += ' ' + std::to_string(field);
      seen_.commands += '\n';
      if (on_command) on_command(c);
    };
  }
  /// The answers are kept, and returned.
  std::vector<DramAnswer> advance(DramCycles n) {
    model.advance(n);
    const std::vector<DramAnswer> answers = model.take_answers();
    for (const DramAnswer& a : answers)
      seen_.answers += std::to_string(a.id) + (a.write ? 'w' : 'r') + std::to_string(a.arrival) + ' ' +
                       std::to_string(a.cycle) + '\n';
    return answers;
  }
  /// One channel after another, for channels tell their commands one after another within each advance.
  [[nodiscard]] Seen seen() const {
    Seen seen = seen_;
    for (const DramStatistics& s : model.statistics()) {
      for (const std::uint64_t n :
           {s.cycles, s.reads, s.writes, s.read_commands, s.write_commands, s.read_row_hits, s.write_row_hits,
            s.activates, s.precharges, s.refreshes, s.bank_refreshes, s.forwarded_reads, s.merged,
            s.read_latency_sum, s.active_cycles, s.precharged_cycles})
        seen.statistics += std::to_string(n) + ' ';
    }
    return seen;
  }
  [[nodiscard]] DramStatistics total() const {
    DramStatistics all;
    for (const DramStatistics& one : model.statistics()) all += one;
    return all;
  }
  DramModel model;
  std::function<void(const DramCommand&)> on_command;

 private:
  Seen seen_;
};

constexpr DramCycles enough = 60000;

/// Lets every request arrive in the first cycle that accepts it, by single cycles, and notes those cycles.
/// `each` is called in every cycle, after its arrivals and before it passes.
std::vector<Request> play(Run& run, const std::vector<Request>& requests, const std::function<void()>& each,
                          const std::function<void(const Request&, std::uint64_t)>& arrives,
                          const std::function<void(const DramAnswer&)>& answered) {
  std::vector<Request> arrived;
  while (run.model.now() < enough) {
    while (arrived.size() < requests.size()) {
      Request request = requests[arrived.size()];
      if (request.cycle > run.model.now() || !run.model.accepts(request.address, request.write)) break;
      if (arrives) arrives(request, arrived.size());
      run.model.add(arrived.size(), request.address, request.write);
      request.cycle = run.model.now();
      arrived.push_back(request);
    }
    if (each) each();
    for (const DramAnswer& answer : run.advance(1)) {
      if (answered) answered(answer);
    }
  }
  return arrived;
}

}  // namespace

TEST_CASE(
    "200 random devices: each of 300 requests is answered once, and each has a command or a reason for "
    "none") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    const DramDevice device = random_device(seed);
    const std::vector<Request> requests = random_requests(device, seed, 0.4);
    Run run(device);
    std::map<std::uint64_t, bool> answered;
    std::uint64_t reads = 0;
    const auto arrived = play(
        run, requests, {}, [&](const Request& request, std::uint64_t) { reads += request.write ? 0 : 1; },
        [&](const DramAnswer& answer) {
          CHECK(answered.emplace(answer.id, answer.write).second);
          CHECK(answer.write == requests[answer.id].write);
          CHECK(answer.cycle > answer.arrival);
        });
    REQUIRE(arrived.size() == 300);
    CHECK(answered.size() == 300);
    const DramStatistics sum = run.total();
    CHECK(sum.reads == reads);
    CHECK(sum.writes == 300 - reads);
    const std::uint64_t served = sum.read_commands + sum.write_commands + sum.forwarded_reads + sum.merged;
    CHECK(served <= 300);
    const std::int64_t waiting =
        device.controller.scheduler == DramScheduler::fr_fcfs ? device.controller.write_low : 0;
    CHECK(300 - served <= static_cast<std::uint64_t>(device.geometry.channels * waiting));
    CHECK(run.model.busy() == (served < 300));
    CHECK(sum.active_cycles + sum.precharged_cycles ==
          enough * static_cast<std::uint64_t>(device.geometry.channels * device.geometry.ranks));
  }
}

TEST_CASE("100 random devices: no bytes are written while an older read of them waits") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    const DramDevice device = random_device(seed);
    Run run(device);
    std::set<std::uint64_t> reads, writes;
    run.on_command = [&](const DramCommand& command) {
      const std::uint64_t address = tricycle::test::address_of(device, command.at);
      switch (command.kind) {
        case DramCommandKind::read:
        case DramCommandKind::read_precharge: CHECK(reads.erase(address) == 1); break;
        case DramCommandKind::write:
        case DramCommandKind::write_precharge:
          CHECK(writes.erase(address) == 1);
          CHECK(reads.count(address) == 0);
          break;
        default: break;
      }
    };
    play(run, random_requests(device, seed, 0.5), {},
         [&](const Request& request, std::uint64_t) {
           if (request.write) writes.insert(request.address);
           if (!request.write && writes.count(request.address) == 0) reads.insert(request.address);
         },
         {});
    CHECK(reads.empty());
  }
}

TEST_CASE("100 random devices: cut into any pieces, single cycles or thousands, the same happens") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    // The commands of several channels are told channel by channel within an advance.
    DramDevice device = random_device(seed);
    device.geometry.channels = 1;
    Run by_cycles(device), again(device), by_pieces(device);
    const auto requests = random_requests(device, seed, 0.4);
    const auto arrived = play(by_cycles, requests, {}, {}, {});
    play(again, requests, {}, {}, {});
    Random random(seed, 3);
    for (std::size_t i = 0; i <= arrived.size(); ++i) {
      const DramCycles until = i < arrived.size() ? arrived[i].cycle : enough;
      while (by_pieces.model.now() < until) {
        const DramCycles piece = 1 + random.below(random.chance(0.5) ? 3 : 5000);
        by_pieces.advance(std::min(piece, until - by_pieces.model.now()));
      }
      if (i < arrived.size()) by_pieces.model.add(i, arrived[i].address, arrived[i].write);
    }
    CHECK((by_cycles.seen() == again.seen()));
    CHECK((by_cycles.seen() == by_pieces.seen()));
  }
}

TEST_CASE("100 random devices: no answer comes before the horizon says, from any cycle to the next arrival") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    const DramDevice device = random_device(seed);
    Run run(device);
    DramCycles bound = 0;
    play(
        run, random_requests(device, seed, 0.4),
        [&] {
          const DramCycles horizon = run.model.horizon();
          if (horizon == 0) FAIL("a horizon of 0 in cycle " << run.model.now());
          bound = std::max(bound, horizon == ~DramCycles{0} ? enough : run.model.now() + horizon);
        },
        [&](const Request&, std::uint64_t) { bound = 0; },
        [&](const DramAnswer& answer) { CHECK(answer.cycle >= bound); });
  }
}

TEST_CASE("40 random devices: a controller woken in every cycle gives the same commands as one that sleeps") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    DramDevice device = random_device(seed);
    device.geometry.channels = 1;
    device.geometry.rows = 8;
    device.controller.scheduler = DramScheduler::fr_fcfs;
    device.controller.write_low = 8;
    device.controller.request_queue = 16;
    // One write waits in a row that no read is of; reading it wakes the controller and needs no command.
    const auto last = static_cast<std::uint64_t>(device.geometry.bytes() - device.geometry.request_bytes());
    DramDevice half = device;
    half.geometry.rows = 4;
    const auto requests = random_requests(half, seed, 0);
    const auto commands = [&](bool woken) {
      Run run(device);
      run.model.add(1000, last, true);
      std::uint64_t id = 2000;
      play(run, requests,
           [&] {
             if (woken) run.model.add(id++, last, false);
           },
           {}, {});
      CHECK(run.total().write_commands == 0);
      return run.seen().commands;
    };
    CHECK((commands(false) == commands(true)));
  }
}
