// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/command_checker.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace tricycle {
namespace {

using Cycle = std::int64_t;
/// The time of an event that has not happened yet: long ago.
constexpr Cycle never = INT64_MIN / 4;
/// A controller may postpone this many refreshes (JEDEC).
constexpr Cycle postponed_refreshes = 8;
constexpr std::size_t most_violations = 1000;

bool is_read(DramCommandKind kind) {
  return kind == DramCommandKind::read || kind == DramCommandKind::read_precharge;
}
bool is_write(DramCommandKind kind) {
  return kind == DramCommandKind::write || kind == DramCommandKind::write_precharge;
}
bool precharges_itself(DramCommandKind kind) {
  return kind == DramCommandKind::read_precharge || kind == DramCommandKind::write_precharge;
}

struct Bank {
  std::optional<std::int64_t> row;  ///< open
  Cycle activate = never, read = never, write = never;
  Cycle precharge = never;  ///< when its precharge begins, also an automatic one
  Cycle refresh = never;    ///< the last refresh of this bank alone
  Cycle refreshes = 0;
};

struct Group {
  Cycle activate = never, read = never, write = never;
};

struct Rank {
  std::vector<Bank> banks;
  std::vector<Group> groups;
  Cycle activate = never, read = never, write = never, precharge = never;
  Cycle refresh = never, bank_refresh = never;
  Cycle refreshes = 0;
  std::deque<Cycle> activates;  ///< the last 32
};

struct Burst {
  Cycle begin, end;
  std::int32_t rank;
  bool read;
};

struct Channel {
  std::vector<Rank> ranks;
  std::deque<Burst> bursts;                            ///< the last ones
  Cycle cycle = never;                                 ///< of the last command
  std::int64_t row_commands = 0, column_commands = 0;  ///< in that cycle
};

}  // namespace

class CommandChecker::Rules {
 public:
  explicit Rules(const DramDevice& device)
      : t_(device.timing), g_(device.geometry), controller_(device.controller) {
    Rank rank;
    rank.banks.resize(static_cast<std::size_t>(g_.banks()));
    rank.groups.resize(static_cast<std::size_t>(g_.bank_groups));
    Channel channel;
    channel.ranks.assign(static_cast<std::size_t>(g_.ranks), rank);
    channels_.assign(static_cast<std::size_t>(g_.channels), channel);
  }

  void take(const DramCommand& command) {
    command_ = &command;
    now_ = static_cast<Cycle>(command.cycle);
    if (!address_exists()) return violate("address");
    Channel& channel = channels_[static_cast<std::size_t>(command.at.channel)];
    Rank& rank = channel.ranks[static_cast<std::size_t>(command.at.rank)];
    Group& group = rank.groups[static_cast<std::size_t>(command.at.group)];
    Bank& bank =
        rank.banks[static_cast<std::size_t>(command.at.group * g_.banks_per_group + command.at.bank)];
    command_bus(channel);
    need("tRFC", rank.refresh, t_.tRFC);
    switch (command.kind) {
      case DramCommandKind::activate: activate(rank, group, bank); break;
      case DramCommandKind::precharge: precharge(rank, bank); break;
      case DramCommandKind::read:
      case DramCommandKind::write:
      case DramCommandKind::read_precharge:
      case DramCommandKind::write_precharge: column(channel, rank, group, bank); break;
      case DramCommandKind::refresh: refresh(rank); break;
      case DramCommandKind::refresh_bank: refresh_bank(rank, bank); break;
    }
  }

  /// At the end no rank or bank may have waited too long for a refresh.
  void finish(DramCycles end) {
    DramCommand last;
    last.cycle = end;
    last.kind = DramCommandKind::refresh;
    command_ = &last;
    now_ = static_cast<Cycle>(end);
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      for (std::size_t r = 0; r < channels_[c].ranks.size(); ++r) {
        last.at.channel = static_cast<std::int32_t>(c);
        last.at.rank = static_cast<std::int32_t>(r);
        const Rank& rank = channels_[c].ranks[r];
        if (controller_.refresh == DramRefresh::all_bank) {
          refresh_in_time(rank.refresh, rank.refreshes);
        } else if (controller_.refresh == DramRefresh::per_bank) {
          for (const Bank& bank : rank.banks) refresh_in_time(bank.refresh, bank.refreshes);
        }
      }
    }
  }

  std::vector<CommandViolation> violations;

 private:
  void violate(const char* rule, Cycle earliest = 0) {
    violations.push_back({rule, *command_, static_cast<DramCycles>(std::max<Cycle>(earliest, 0))});
  }
  /// This command must come at least `distance` cycles after `earlier`.
  void need(const char* rule, Cycle earlier, Cycle distance) {
    if (now_ < earlier + distance) violate(rule, earlier + distance);
  }

  [[nodiscard]] bool address_exists() const {
    const DramAddress& a = command_->at;
    const auto below = [](std::int64_t value, std::int64_t bound) { return 0 <= value && value < bound; };
    return below(a.channel, g_.channels) && below(a.rank, g_.ranks) && below(a.group, g_.bank_groups) &&
           below(a.bank, g_.banks_per_group) && below(a.row, g_.rows) &&
           below(a.column, g_.columns / g_.burst_length);
  }

  /// A device without bank groups has only the times between bank groups.
  [[nodiscard]] bool groups() const { return g_.bank_groups > 1; }

  void command_bus(Channel& channel) {
    if (now_ < channel.cycle) violate("order", channel.cycle);
    if (now_ != channel.cycle) channel.row_commands = channel.column_commands = 0;
    channel.cycle = now_;
    const bool column = is_read(command_->kind) || is_write(command_->kind);
    std::int64_t& used = column ? channel.column_commands : channel.row_commands;
    ++used;
    const bool free =
        controller_.command_buses > 1 ? used <= 1 : channel.row_commands + channel.column_commands <= 1;
    if (!free) violate("command bus", now_ + 1);
  }

  void activate(Rank& rank, Group& group, Bank& bank) {
    if (bank.row) violate("open bank");
    need("tRC", bank.activate, t_.tRC);
    need("tRP", bank.precharge, t_.tRP);
    need("tRFCpb", bank.refresh, t_.tRFCpb);
    if (groups()) need("tRRD_L", group.activate, t_.tRRD_L);
    need("tRRD_S", rank.activate, t_.tRRD_S);
    window("tFAW", rank, 4, t_.tFAW);
    window("t32AW", rank, 32, t_.t32AW);
    bank.row = command_->at.row;
    bank.activate = group.activate = rank.activate = now_;
    rank.activates.push_back(now_);
    if (rank.activates.size() > 32) rank.activates.pop_front();
  }

  /// A rank may have at most `count` activates in any window of `length` cycles.
  void window(const char* rule, const Rank& rank, std::size_t count, Cycle length) {
    if (length > 0 && rank.activates.size() >= count) {
      need(rule, rank.activates[rank.activates.size() - count], length);
    }
  }

  void precharge(Rank& rank, Bank& bank) {
    need("tPPD", rank.precharge, t_.tPPD);
    rank.precharge = now_;
    if (!bank.row) return;  // allowed, and does nothing
    need("tRAS", bank.activate, t_.tRAS);
    need("tRTP", bank.read, t_.tRTP);
    need("tWR", bank.write, t_.CWL + t_.burst + t_.tWR);
    bank.row.reset();
    bank.precharge = now_;
  }

  void column(Channel& channel, Rank& rank, Group& group, Bank& bank) {
    const bool read = is_read(command_->kind);
    if (bank.row != command_->at.row) violate("row");
    need(read ? "tRCDRD" : "tRCDWR", bank.activate, read ? t_.tRCDRD : t_.tRCDWR);
    if (groups()) need("tCCD_L", read ? group.read : group.write, t_.tCCD_L);
    need("tCCD_S", read ? rank.read : rank.write, t_.tCCD_S);
    if (read) {
      if (groups()) need("tWTR_L", group.write, t_.CWL + t_.burst + t_.tWTR_L);
      need("tWTR_S", rank.write, t_.CWL + t_.burst + t_.tWTR_S);
    }
    data_bus(channel, read);
    (read ? bank.read : bank.write) = now_;
    (read ? group.read : group.write) = now_;
    (read ? rank.read : rank.write) = now_;
    if (!precharges_itself(command_->kind)) return;
    const Cycle recovered = read ? now_ + t_.tRTP : now_ + t_.CWL + t_.burst + t_.tWR;
    bank.row.reset();
    bank.precharge = std::max(recovered, bank.activate + t_.tRAS);
  }

  /// Bursts of a DRAM channel follow each other: at once if the same side drives the bus (a rank, or the
  /// controller), with a gap otherwise.
  void data_bus(Channel& channel, bool read) {
    const Cycle latency = read ? t_.CL : t_.CWL;
    const Burst burst{now_ + latency, now_ + latency + t_.burst, command_->at.rank, read};
    for (const Burst& before : channel.bursts) {
      const bool turned = before.read && !read && burst.begin < before.begin;  // its data would come first
      const Burst& first = before.begin <= burst.begin ? before : burst;
      const Burst& second = before.begin <= burst.begin ? burst : before;
      const Cycle gap = second.begin - first.end;
      const Cycle allowed = before.end - latency;
      const bool switched = first.rank != second.rank && (first.read || second.read);
      if (gap < 0) {
        violate("data bus", allowed);
      } else if (switched && gap < t_.tRTRS) {
        violate("tRTRS", allowed + t_.tRTRS);
      } else if (first.rank == second.rank && (turned || (first.read && !second.read && gap < t_.tRTRS))) {
        violate("read to write", allowed + t_.tRTRS);
      }
    }
    channel.bursts.push_back(burst);
    while (channel.bursts.front().end + t_.tRTRS + std::max(t_.CL, t_.CWL) < now_) channel.bursts.pop_front();
  }

  /// All refreshes that are due must be done, except those that may be postponed. The time between two of
  /// them has a limit too.
  void refresh_in_time(Cycle last, Cycle done) {
    const Cycle latest = std::min((done + 1 + postponed_refreshes) * t_.tREFI,
                                  std::max<Cycle>(last, 0) + (1 + postponed_refreshes) * t_.tREFI);
    if (t_.tREFI > 0 && now_ > latest) violate("tREFI", latest);
  }

  void closed_for_refresh(const Bank& bank) {
    if (bank.row) violate("open bank");
    need("tRP", bank.precharge, t_.tRP);
    need("tRC", bank.activate, t_.tRC);
    need("tRFCpb", bank.refresh, t_.tRFCpb);
  }

  void refresh(Rank& rank) {
    for (const Bank& bank : rank.banks) closed_for_refresh(bank);
    refresh_in_time(rank.refresh, rank.refreshes);
    rank.refresh = now_;
    ++rank.refreshes;
  }

  void refresh_bank(Rank& rank, Bank& bank) {
    closed_for_refresh(bank);
    if (rank.bank_refresh != bank.refresh) need("tRFCpb", rank.bank_refresh, t_.tRFCpb);
    refresh_in_time(bank.refresh, bank.refreshes);
    bank.refresh = rank.bank_refresh = now_;
    ++bank.refreshes;
  }

  DramTiming t_;
  DramGeometry g_;
  DramController controller_;
  std::vector<Channel> channels_;
  const DramCommand* command_ = nullptr;
  Cycle now_ = 0;
};

CommandChecker::CommandChecker(const DramDevice& device) : rules_(std::make_unique<Rules>(device)) {}
CommandChecker::~CommandChecker() = default;

void CommandChecker::take(const DramCommand& command) {
  if (rules_->violations.size() >= most_violations) return;
  ++checked_;
  rules_->take(command);
}

void CommandChecker::finish(DramCycles end) {
  if (rules_->violations.size() < most_violations) rules_->finish(end);
}

const std::vector<CommandViolation>& CommandChecker::violations() const {
  return rules_->violations;
}

std::vector<CommandViolation> check_commands(const DramDevice& device, std::span<const DramCommand> commands,
                                             DramCycles end) {
  CommandChecker checker(device);
  for (const DramCommand& command : commands) checker.take(command);
  checker.finish(end);
  return checker.violations();
}

std::string violations_text(std::span<const CommandViolation> violations) {
  std::string text;
  for (const CommandViolation& violation : violations) {
    text += (text.empty() ? "" : ", ") + violation.rule + " at " + std::to_string(violation.command.cycle);
  }
  return text;
}

}  // namespace tricycle
