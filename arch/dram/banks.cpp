// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/banks.hpp"

#include <algorithm>

namespace tricycle {

DramBanks::DramBanks(const DramDevice& device, std::int32_t channel)
    : channel_(channel),
      ranks_(static_cast<std::int32_t>(device.geometry.ranks)),
      groups_(static_cast<std::int32_t>(device.geometry.bank_groups)),
      banks_per_group_(static_cast<std::int32_t>(device.geometry.banks_per_group)) {
  const auto ranks = static_cast<std::size_t>(ranks_);
  ranks_from_.resize(ranks);
  groups_from_.resize(ranks * static_cast<std::size_t>(groups_));
  banks_.resize(groups_from_.size() * static_cast<std::size_t>(banks_per_group_));
  open_.resize(ranks);
  for (const DramConstraint& constraint : dram_constraints(device)) {
    for (std::uint8_t first = 0; first < dram_command_kinds; ++first) {
      if (!constraint.first.has(static_cast<DramCommandKind>(first))) continue;
      for (std::uint8_t next = 0; next < dram_command_kinds; ++next) {
        if (!constraint.next.has(static_cast<DramCommandKind>(next))) continue;
        rules_[first].push_back({next, constraint.scope, static_cast<DramCycles>(constraint.cycles)});
      }
    }
  }
  const auto add_window = [&](std::size_t most, std::int64_t cycles) {
    if (cycles > 0)
      windows_.push_back({most, static_cast<DramCycles>(cycles), std::vector<std::deque<DramCycles>>(ranks)});
  };
  add_window(4, device.timing.tFAW);
  add_window(32, device.timing.t32AW);
}

DramAddress DramBanks::address(std::size_t index) const {
  const auto i = static_cast<std::int32_t>(index);
  DramAddress at;
  at.channel = channel_;
  at.bank = i % banks_per_group_;
  at.group = i / banks_per_group_ % groups_;
  at.rank = i / banks_per_group_ / groups_;
  return at;
}

DramCycles DramBanks::earliest(DramCommandKind kind, std::size_t bank) const {
  const auto k = static_cast<std::size_t>(kind);
  const std::size_t group = bank / static_cast<std::size_t>(banks_per_group_);
  const std::size_t rank = group / static_cast<std::size_t>(groups_);
  DramCycles from = std::max({banks_[bank].from[k], groups_from_[group][k], ranks_from_[rank][k]});
  if (kind == DramCommandKind::activate) {
    for (const Window& window : windows_) {
      const std::deque<DramCycles>& last = window.last[rank];
      if (last.size() == window.most) from = std::max(from, last.front() + window.cycles);
    }
  }
  return from;
}

void DramBanks::close(std::size_t bank) {
  Bank& b = banks_[bank];
  if (b.row != closed) --open_[bank / static_cast<std::size_t>(banks_per_group_ * groups_)];
  b.row = closed;
  b.uses = 0;
}

void DramBanks::issue(const DramCommand& command) {
  const std::size_t bank = index(command.at);
  const auto rank = static_cast<std::size_t>(command.at.rank);
  const auto hold = [&](Times& times, const Rule& rule) {
    times[rule.next] = std::max(times[rule.next], command.cycle + rule.cycles);
  };
  for (const Rule& rule : rules_[static_cast<std::size_t>(command.kind)]) {
    switch (rule.scope) {
      case DramScope::bank: hold(banks_[bank].from, rule); break;
      case DramScope::group:
        hold(groups_from_[bank / static_cast<std::size_t>(banks_per_group_)], rule);
        break;
      case DramScope::rank: hold(ranks_from_[rank], rule); break;
      case DramScope::other_ranks:
        for (std::size_t other = 0; other < ranks_from_.size(); ++other) {
          if (other != rank) hold(ranks_from_[other], rule);
        }
        break;
    }
  }
  switch (command.kind) {
    case DramCommandKind::activate:
      banks_[bank].row = command.at.row;
      banks_[bank].uses = 0;
      ++open_[rank];
      for (Window& window : windows_) {
        std::deque<DramCycles>& last = window.last[rank];
        if (last.size() == window.most) last.pop_front();
        last.push_back(command.cycle);
      }
      break;
    case DramCommandKind::read:
    case DramCommandKind::write: ++banks_[bank].uses; break;
    case DramCommandKind::precharge:
    case DramCommandKind::read_precharge:
    case DramCommandKind::write_precharge: close(bank); break;
    case DramCommandKind::refresh:
    case DramCommandKind::refresh_bank: break;
  }
}

}  // namespace tricycle
