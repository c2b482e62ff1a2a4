// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "arch/dram/model.hpp"
#include "support/random.hpp"

namespace tricycle::test {

/// A device none of whose distances between commands is another's: 2 ranks of 4 bank groups of 2 banks, one
/// channel, 64 bytes a request, 16 requests a row.
inline DramDevice distinct_device() {
  DramDevice device;
  device.name = "distinct";
  device.tCK_ps = 1000;
  DramGeometry& g = device.geometry;
  g.ranks = 2;
  g.bank_groups = 4;
  g.banks_per_group = 2;
  g.rows = 64;
  g.columns = 128;
  DramTiming& t = device.timing;
  t.CL = 13;
  t.CWL = 9;
  t.burst = 4;
  t.tRCDRD = 15;
  t.tRCDWR = 8;
  t.tRP = 10;
  t.tRAS = 31;
  t.tRC = 43;
  t.tRRD_S = 4;
  t.tRRD_L = 12;
  t.tFAW = 37;
  t.t32AW = 420;
  t.tCCD_S = 5;
  t.tCCD_L = 6;
  t.tWTR_S = 5;
  t.tWTR_L = 14;
  t.tWR = 17;
  t.tRTP = 14;
  t.tRTRS = 3;
  t.tPPD = 2;
  t.tREFI = 5000;
  t.tRFC = 200;
  t.tREFIpb = 600;
  t.tRFCpb = 90;
  device.mapping = "rorababgchco";
  device.controller.refresh = DramRefresh::none;
  return device;
}

/// A device of up to 2 channels, 2 ranks and 16 banks, small enough that requests often meet.
inline DramDevice random_device(std::uint64_t seed) {
  Random random(seed, 1);
  const auto power = [&](std::int64_t most) { return std::int64_t{1} << random.between(0, most); };
  DramDevice device;
  device.tCK_ps = 1000;
  DramGeometry& g = device.geometry;
  g.channels = power(1);
  g.ranks = power(1);
  g.bank_groups = power(2);
  g.banks_per_group = power(2);
  g.rows = 4;
  g.columns = 32;
  DramTiming& t = device.timing;
  for (std::int64_t DramTiming::*const time :
       {&DramTiming::CL, &DramTiming::CWL, &DramTiming::tRCDRD, &DramTiming::tRCDWR, &DramTiming::tRP})
    t.*time = random.between(1, 20);
  for (std::int64_t DramTiming::*const time :
       {&DramTiming::tRRD_S, &DramTiming::tWTR_S, &DramTiming::tWR, &DramTiming::tRTP, &DramTiming::tRTRS})
    t.*time = random.between(0, 12);
  t.burst = random.between(1, 8);
  t.tRAS = random.between(1, 40);
  t.tRC = t.tRAS + t.tRP + random.between(0, 3);
  t.tCCD_S = random.between(1, 6);
  t.tCCD_L = t.tCCD_S + random.between(0, 4);
  t.tRRD_L = t.tRRD_S + random.between(0, 6);
  t.tWTR_L = t.tWTR_S + random.between(0, 6);
  t.tFAW = t.tRRD_S + random.between(0, 30);
  t.t32AW = random.chance(0.5) ? 0 : random.between(1, 500);
  t.tPPD = random.between(0, 4);
  t.tRFC = random.between(1, 150);
  t.tREFI = t.tRFC + random.between(100, 900);
  t.tRFCpb = random.between(1, 40);
  t.tREFIpb = t.tRFCpb + random.between(50, 300);
  DramController& c = device.controller;
  c.scheduler = random.chance(0.8) ? DramScheduler::fr_fcfs : DramScheduler::fcfs;
  c.page = static_cast<DramPage>(random.below(2));
  c.queues = static_cast<DramQueues>(random.below(2));
  c.refresh = static_cast<DramRefresh>(random.below(3));
  // Refreshed one by one, all banks have had their turn in a tREFI.
  if (c.refresh == DramRefresh::per_bank) t.tREFI = t.tREFIpb * g.banks();
  c.request_queue = random.between(1, 16);
  c.command_queue = random.between(1, 8);
  c.row_hits = random.between(1, 8);
  c.write_low = random.between(0, 8);
  c.command_buses = random.between(1, 2);
  return device;
}

/// The mapping's inverse, field by field as it is spelt.
inline std::uint64_t address_of(const DramDevice& device, const DramAddress& at) {
  const DramGeometry& g = device.geometry;
  std::int64_t address = 0;
  for (std::size_t i = 0; i + 2 <= device.mapping.size(); i += 2) {
    const std::string name = device.mapping.substr(i, 2);
    const auto append = [&](std::int64_t count, std::int64_t value) { address = address * count + value; };
    if (name == "ch") append(g.channels, at.channel);
    if (name == "ra") append(g.ranks, at.rank);
    if (name == "bg") append(g.bank_groups, at.group);
    if (name == "ba") append(g.banks_per_group, at.bank);
    if (name == "ro") append(g.rows, at.row);
    if (name == "co") append(g.columns / g.burst_length, at.column);
  }
  return static_cast<std::uint64_t>(address * g.request_bytes());
}

/// The kinds of commands, such as "ACT RD RD PRE".
inline std::string kinds(const std::vector<DramCommand>& commands) {
  std::string text;
  for (const DramCommand& command : commands) {
    if (!text.empty()) text += ' ';
    text += dram_command_names[static_cast<std::size_t>(command.kind)];
  }
  return text;
}

/// A model, what it is told and what it does. The identity of a request counts from 0.
class DramBench {
 public:
  explicit DramBench(const DramDevice& device) : device_(device), model_(device) {
    model_.observer = [this](const DramCommand& command) { commands.push_back(command); };
  }
  void read(const DramAddress& at) { model_.add(next_++, address_of(device_, at), false); }
  void write(const DramAddress& at) { model_.add(next_++, address_of(device_, at), true); }
  void advance(DramCycles n) {
    model_.advance(n);
    for (const DramAnswer& answer : model_.take_answers()) answers.push_back(answer);
  }
  DramModel& model() { return model_; }
  [[nodiscard]] DramStatistics statistics() const {
    DramStatistics all;
    for (const DramStatistics& one : model_.statistics()) all += one;
    return all;
  }

  [[nodiscard]] std::vector<DramCommand> of(DramCommandKind kind) const {
    std::vector<DramCommand> found;
    std::copy_if(commands.begin(), commands.end(), std::back_inserter(found),
                 [&](const DramCommand& command) { return command.kind == kind; });
    return found;
  }
  /// The identities of all reads answered, in order.
  [[nodiscard]] std::vector<std::uint64_t> reads_answered() const {
    std::vector<std::uint64_t> ids;
    for (const DramAnswer& answer : answers) {
      if (!answer.write) ids.push_back(answer.id);
    }
    return ids;
  }

  std::vector<DramCommand> commands;
  std::vector<DramAnswer> answers;

 private:
  DramDevice device_;
  DramModel model_;
  std::uint64_t next_ = 0;
};

}  // namespace tricycle::test
