// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/channel.hpp"

#include <algorithm>

namespace tricycle {
namespace {

constexpr DramCycles never = ~DramCycles{0};

bool is_column(DramCommandKind kind) {
  return kind == DramCommandKind::read || kind == DramCommandKind::write ||
         kind == DramCommandKind::read_precharge || kind == DramCommandKind::write_precharge;
}

}  // namespace

DramChannelLogic::DramChannelLogic(const DramDevice& device, std::int32_t channel,
                                   const std::function<void(const DramCommand&)>& observer)
    : device_(device),
      observer_(observer),
      policy_(device.controller),
      in_order_(policy_.scheduler == DramScheduler::fcfs),
      closed_page_(policy_.page == DramPage::closed),
      per_rank_(policy_.queues == DramQueues::per_rank),
      banks_(device, channel) {
  const auto ranks = static_cast<std::size_t>(device.geometry.ranks);
  const auto banks = static_cast<std::size_t>(device.geometry.banks());
  queues_.resize(in_order_ ? 1 : per_rank_ ? ranks : ranks * banks);
  ready_from_.resize(queues_.size());
  switch (policy_.refresh) {
    case DramRefresh::all_bank:
      refresh_interval_ = static_cast<DramCycles>(device.timing.tREFI) / ranks;
      break;
    case DramRefresh::per_bank:
      refresh_interval_ = static_cast<DramCycles>(device.timing.tREFIpb) / ranks;
      break;
    case DramRefresh::none: break;
  }
}

std::size_t DramChannelLogic::queue_of(const Request& request) const {
  return in_order_ ? 0 : per_rank_ ? static_cast<std::size_t>(request.at.rank) : request.bank;
}

bool DramChannelLogic::accepts(bool write) const {
  const Queue& queue = write && !in_order_ ? writes_ : reads_;
  return queue.size() < static_cast<std::size_t>(policy_.request_queue);
}

void DramChannelLogic::add(std::uint64_t id, std::uint64_t address, const DramAddress& at, bool write) {
  asleep_until_ = now_;
  const Request request = {address, at, banks_.index(at), write};
  if (write) {
    if (pending_writes_.insert(address).second) {
      (in_order_ ? reads_ : writes_).push_back(request);
    } else {
      ++statistics_.merged;
    }
    taken_.push_back({id, true, now_, now_ + 1});
    return;
  }
  if (pending_writes_.count(address) != 0) {
    taken_.push_back({id, false, now_, now_ + 1});
    ++statistics_.forwarded_reads;
    return;
  }
  std::vector<Waiting>& waiting = pending_reads_[address];
  waiting.push_back({id, now_});
  if (waiting.size() == 1) {
    reads_.push_back(request);
  } else {
    ++statistics_.merged;
  }
}

void DramChannelLogic::advance(DramCycles n) {
  while (n > 0) {
    if (asleep_until_ <= now_) {
      tick();
      --n;
      continue;
    }
    const DramCycles skipped = std::min(n, asleep_until_ - now_);
    for (std::int64_t rank = 0; rank < device_.geometry.ranks; ++rank)
      (banks_.any_open(rank) ? statistics_.active_cycles : statistics_.precharged_cycles) += skipped;
    statistics_.cycles += skipped;
    now_ += skipped;
    n -= skipped;
  }
}

void DramChannelLogic::tick() {
  fall_due();
  std::optional<DramCommandKind> first;
  if (const auto command = refreshes_.empty() ? std::nullopt : refresh_step()) {
    issue(*command);
    std::fill(ready_from_.begin(), ready_from_.end(), 0);
    first = command->kind;
  } else if (const auto choice = choose()) {
    serve(*choice);
    first = choice->command.kind;
  }
  if (first && policy_.command_buses == 2) {
    const auto second = choose();
    if (second && is_column(second->command.kind) != is_column(*first)) serve(*second);
  }
  for (std::int64_t rank = 0; rank < device_.geometry.ranks; ++rank)
    ++(banks_.any_open(rank) ? statistics_.active_cycles : statistics_.precharged_cycles);
  const bool moved = schedule();
  ++statistics_.cycles;
  ++now_;
  if (!first && !moved) sleep();
}

/// Refreshes are spread over ranks (and banks): one of these is due in every interval.
void DramChannelLogic::fall_due() {
  if (refresh_interval_ == 0 || now_ == 0 || now_ % refresh_interval_ != 0) return;
  const auto banks = static_cast<std::size_t>(device_.geometry.banks());
  const auto ranks = static_cast<std::size_t>(device_.geometry.ranks);
  if (policy_.refresh == DramRefresh::per_bank) {
    const std::size_t rank = next_refreshed_ % ranks, bank = next_refreshed_ / ranks % banks;
    refreshes_.push_back(banks_.address(rank * banks + bank));
  } else {
    refreshes_.push_back(banks_.address(next_refreshed_ % ranks * banks));
  }
  ++next_refreshed_;
}

bool DramChannelLogic::held_for_refresh(std::size_t queue) const {
  if (refreshes_.empty()) return false;
  if (in_order_) return true;
  const DramAddress& at = refreshes_.front();
  if (per_rank_) return queue == static_cast<std::size_t>(at.rank);
  if (policy_.refresh == DramRefresh::per_bank) return queue == banks_.index(at);
  return static_cast<std::int64_t>(queue) / device_.geometry.banks() == at.rank;
}

DramChannelLogic::Refreshed DramChannelLogic::waiting_refresh() const {
  const std::size_t first = banks_.index(refreshes_.front());
  if (policy_.refresh == DramRefresh::per_bank) return {DramCommandKind::refresh_bank, first, first + 1};
  return {DramCommandKind::refresh, first, first + static_cast<std::size_t>(device_.geometry.banks())};
}

/// The next precharge that the waiting refresh needs, or the refresh itself. Nothing while neither may be
/// issued.
std::optional<DramCommand> DramChannelLogic::refresh_step() const {
  const auto [kind, first, end] = waiting_refresh();
  bool ready = true;
  for (std::size_t bank = first; bank < end; ++bank) {
    const bool open = banks_.open_row(bank) != DramBanks::closed;
    const bool now = banks_.earliest(open ? DramCommandKind::precharge : kind, bank) <= now_;
    if (open && now) {
      DramAddress where = banks_.address(bank);
      where.row = banks_.open_row(bank);
      return DramCommand{now_, DramCommandKind::precharge, where};
    }
    ready = ready && !open && now;
  }
  if (!ready) return std::nullopt;
  return DramCommand{now_, kind, refreshes_.front()};
}

/// Goes round robin over the queues and begins after the queue of the last command.
std::optional<DramChannelLogic::Choice> DramChannelLogic::choose() {
  if (commands_empty()) return std::nullopt;
  std::size_t queue = last_queue_;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    if (++queue == queues_.size()) queue = 0;
    if (queues_[queue].empty() || ready_from_[queue] > now_ || held_for_refresh(queue)) continue;
    if (auto choice = first_ready(queue)) {
      last_queue_ = queue;
      return choice;
    }
  }
  return std::nullopt;
}

DramCommandKind DramChannelLogic::needed(const Request& request) const {
  const std::int64_t row = banks_.open_row(request.bank);
  if (row == DramBanks::closed) return DramCommandKind::activate;
  if (row != request.at.row) return DramCommandKind::precharge;
  if (closed_page_) return request.write ? DramCommandKind::write_precharge : DramCommandKind::read_precharge;
  return request.write ? DramCommandKind::write : DramCommandKind::read;
}

/// The first request of a queue for which a command can be issued. If there is none, the queue is not looked
/// at again before the earliest time at which one of its commands may come. Commands of other queues can only
/// make that time later. A request, a command of the queue itself or a refresh can make it sooner, and
/// therefore resets it.
std::optional<DramChannelLogic::Choice> DramChannelLogic::first_ready(std::size_t queue) {
  const Queue& waiting = queues_[queue];
  DramCycles from = never;
  const std::size_t end = in_order_ ? std::min<std::size_t>(1, waiting.size()) : waiting.size();
  for (std::size_t entry = 0; entry < end; ++entry) {
    const Request& request = waiting[entry];
    const DramCommandKind kind = needed(request);
    if (const DramCycles earliest = banks_.earliest(kind, request.bank); earliest > now_) {
      from = std::min(from, earliest);
      if (kind == DramCommandKind::activate && !per_rank_) break;  // so do all requests of this bank
      continue;
    }
    if (kind == DramCommandKind::precharge && !may_precharge(waiting, entry)) continue;
    if (is_column(kind) && gives_way(waiting, entry)) continue;
    if (request.write && is_column(kind) && overtakes_read(waiting, entry)) continue;
    return Choice{{now_, kind, request.at}, queue, entry};
  }
  ready_from_[queue] = from;
  return std::nullopt;
}

/// A row is closed for the oldest request of its bank, as soon as no other request wants the row or the row
/// was served `row_hits` times. In order of arrival it is closed at once.
bool DramChannelLogic::may_precharge(const Queue& queue, std::size_t entry) const {
  if (in_order_) return true;
  const std::size_t bank = queue[entry].bank;
  for (std::size_t i = 0; i < entry; ++i) {
    if (queue[i].bank == bank) return false;
  }
  if (banks_.uses(bank) >= policy_.row_hits) return true;
  const std::int64_t open = banks_.open_row(bank);
  return std::none_of(queue.begin() + static_cast<std::ptrdiff_t>(entry), queue.end(),
                      [&](const Request& r) { return r.bank == bank && r.at.row == open; });
}

/// Whether an older request of the bank wants another row and this row was served `row_hits` times. Without
/// this rule, hits closer than tRTP or tWR would put off the row's precharge for ever.
bool DramChannelLogic::gives_way(const Queue& queue, std::size_t entry) const {
  const Request& request = queue[entry];
  return banks_.uses(request.bank) >= policy_.row_hits &&
         std::any_of(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(entry),
                     [&](const Request& r) { return r.bank == request.bank && r.at.row != request.at.row; });
}

bool DramChannelLogic::overtakes_read(const Queue& queue, std::size_t entry) const {
  return std::any_of(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(entry),
                     [&](const Request& r) { return !r.write && r.at == queue[entry].at; });
}

void DramChannelLogic::serve(const Choice& choice) {
  const DramCommand& command = choice.command;
  ready_from_[choice.queue] = 0;
  if (is_column(command.kind)) {
    Queue& queue = queues_[choice.queue];
    const std::uint64_t address = queue[choice.entry].address;
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(choice.entry));
    --commands_;
    if (command.kind == DramCommandKind::read || command.kind == DramCommandKind::read_precharge) {
      const auto waiting = pending_reads_.extract(address);
      const DramCycles done = now_ + static_cast<DramCycles>(device_.timing.CL + device_.timing.burst);
      for (const Waiting& one : waiting.mapped()) data_.push_back({one.id, false, one.arrival, done});
    } else {
      pending_writes_.erase(address);
    }
  }
  issue(command);
}

void DramChannelLogic::issue(const DramCommand& command) {
  const bool hit = is_column(command.kind) && banks_.uses(banks_.index(command.at)) > 0;
  switch (command.kind) {
    case DramCommandKind::activate: ++statistics_.activates; break;
    case DramCommandKind::precharge: ++statistics_.precharges; break;
    case DramCommandKind::read:
    case DramCommandKind::read_precharge:
      ++statistics_.read_commands;
      statistics_.read_row_hits += hit ? 1 : 0;
      break;
    case DramCommandKind::write:
    case DramCommandKind::write_precharge:
      ++statistics_.write_commands;
      statistics_.write_row_hits += hit ? 1 : 0;
      break;
    case DramCommandKind::refresh:
      ++statistics_.refreshes;
      refreshes_.pop_front();
      break;
    case DramCommandKind::refresh_bank:
      ++statistics_.bank_refreshes;
      refreshes_.pop_front();
      break;
  }
  banks_.issue(command);
  if (observer_) observer_(command);
}

/// Writes wait until they fill their queue, or until no command waits and there are more than `write_low` of
/// them. Then all of them go before the reads. They may overtake the oldest read twice.
bool DramChannelLogic::schedule() {
  const bool full = writes_.size() >= static_cast<std::size_t>(policy_.request_queue);
  const bool idle = commands_empty() && writes_.size() > static_cast<std::size_t>(policy_.write_low);
  if (draining_ == 0 && passes_ < 2 && (full || idle)) draining_ = writes_.size();
  if (draining_ > 0) {
    const auto write = first_with_room(writes_);
    if (write == writes_.end()) return false;
    if (pending_reads_.count(write->address) == 0) {
      if (--draining_ == 0 && !reads_.empty()) ++passes_;
      move(writes_, write);
      return true;
    }
    draining_ = 0;  // the older read goes first
  }
  const auto read = first_with_room(reads_);
  if (read == reads_.end()) return false;
  if (read == reads_.begin()) passes_ = 0;
  move(reads_, read);
  return true;
}

/// The first request whose command queue has room. In order of arrival only the oldest request counts.
DramChannelLogic::Queue::iterator DramChannelLogic::first_with_room(Queue& from) {
  const auto end = in_order_ && !from.empty() ? from.begin() + 1 : from.end();
  const auto found = std::find_if(from.begin(), end, [&](const Request& request) {
    return queues_[queue_of(request)].size() < static_cast<std::size_t>(policy_.command_queue);
  });
  return found == end ? from.end() : found;
}

void DramChannelLogic::move(Queue& from, Queue::iterator request) {
  const std::size_t queue = queue_of(*request);
  queues_[queue].push_back(*request);
  ready_from_[queue] = 0;
  ++commands_;
  from.erase(request);
}

/// Nothing could be done in this cycle. Nothing can be done until a refresh is due or some command may come.
void DramChannelLogic::sleep() {
  DramCycles until =
      refresh_interval_ == 0 ? never : (now_ + refresh_interval_ - 1) / refresh_interval_ * refresh_interval_;
  const auto consider = [&](DramCycles from) {
    if (from >= now_) until = std::min(until, from);
  };
  if (!refreshes_.empty()) {
    const auto [kind, first, end] = waiting_refresh();
    for (std::size_t bank = first; bank < end; ++bank)
      consider(banks_.earliest(banks_.open_row(bank) != DramBanks::closed ? DramCommandKind::precharge : kind,
                               bank));
  }
  for (std::size_t queue = 0; queue < queues_.size() && commands_ > 0; ++queue) {
    if (!queues_[queue].empty() && !held_for_refresh(queue)) consider(ready_from_[queue]);
  }
  asleep_until_ = until;
}

bool DramChannelLogic::busy() const {
  return commands_ > 0 || !reads_.empty() || !writes_.empty() || !data_.empty() || !taken_.empty();
}

DramCycles DramChannelLogic::horizon() const {
  DramCycles next = never;
  if (!taken_.empty()) next = std::min(next, taken_.front().cycle);
  if (!data_.empty()) {
    next = std::min(next, data_.front().cycle);
  } else if (!pending_reads_.empty()) {
    next = std::min(next, now_ + static_cast<DramCycles>(device_.timing.CL + device_.timing.burst));
  }
  if (next == never) return never;
  return next > now_ ? next - now_ : 1;
}

void DramChannelLogic::take_answers(std::vector<DramAnswer>& answers) {
  for (std::deque<DramAnswer>* list : {&taken_, &data_}) {
    for (; !list->empty() && list->front().cycle <= now_; list->pop_front()) {
      const DramAnswer& answer = list->front();
      answers.push_back(answer);
      if (answer.write) {
        ++statistics_.writes;
        continue;
      }
      const DramCycles latency = answer.cycle - answer.arrival;
      ++statistics_.reads;
      statistics_.read_latency_sum += latency;
      statistics_.read_latency_min = std::min(statistics_.read_latency_min, latency);
      statistics_.read_latency_max = std::max(statistics_.read_latency_max, latency);
    }
  }
}

}  // namespace tricycle
