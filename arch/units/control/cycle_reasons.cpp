// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/cycle_reasons.hpp"

#include <algorithm>

namespace tricycle {
namespace {

/// Instructions that are remembered while no matmul starts.
constexpr std::size_t most_records = 1 << 16;

std::size_t index_of(Engine engine) {
  return static_cast<std::size_t>(engine);
}

bool moves(Engine engine) {
  return engine == Engine::load || engine == Engine::store;
}

}  // namespace

void CycleReasons::reset() {
  records_.clear();
  first_ = 0;
  told_ = 0;
  feeding_ = completed_ = none;
  started_ = {};
  for (auto& from : posted_) {
    for (auto& to : from) to.clear();
  }
}

const CycleReasons::Record* CycleReasons::find(std::uint64_t number) const {
  return number >= first_ && number - first_ < records_.size() ? &records_[number - first_] : nullptr;
}

/// The cycles from one to before another, as far as they have not been given.
void CycleReasons::give(std::size_t entry, CycleReason reason, Cycles from, Cycles to) {
  from = std::max(from, told_);
  if (from < to) ledger_.entries[entry].by_reason[static_cast<std::size_t>(reason)] += to - from;
}

/// The cycles in which the last matmul was fed.
void CycleReasons::give_fed(Cycles until) {
  if (feeding_ == none) return;
  const Record& matmul = at(feeding_);
  const Cycles end = std::min(matmul.release.cycle, until);
  const Cycles mapped = std::min(matmul.started + matmul.release.own, end);
  give(matmul.work.entry, CycleReason::mapped, matmul.started, mapped);
  const Cycles free = std::max(mapped, end - std::min(end, matmul.release.held));
  const Cycles fed = std::max(mapped, free - std::min(free, matmul.release.waited));
  give(matmul.work.entry, CycleReason::array, mapped, fed);
  give(matmul.work.entry, CycleReason::dram, fed, free);
  give(matmul.work.entry, CycleReason::output_stage, free, end);
  told_ = std::max(told_, end);
  feeding_ = none;
}

/// The cycles of an instruction from its start to `until`. Behind its release it is `behind`, but a transfer
/// is one of DRAM until it completes.
void CycleReasons::give_work(const Record& record, Cycles until, CycleReason behind) {
  const std::size_t entry = record.work.entry;
  if (moves(record.work.engine)) return give(entry, CycleReason::dram, record.started, until);
  const Cycles released = std::min(record.release.cycle, until);
  if (record.work.engine == Engine::output_stage) {  // it waited for its sums, then took them in
    const Cycles takes = std::max(record.started, released - std::min(released, record.release.own));
    give(entry, CycleReason::fill, record.started, takes);
    give(entry, CycleReason::output_stage, takes, released);
    return give(entry, behind, released, until);
  }
  const bool is_array = record.work.engine == Engine::array;
  const Cycles own = is_array ? released : std::min(record.started + record.release.own, released);
  give(entry, is_array ? CycleReason::array : CycleReason::vector, record.started, own);
  give(entry, CycleReason::ports, own, released);
  give(entry, behind, released, until);
}

CycleReasons::Position CycleReasons::before_start(const Record& record, const Position& position) {
  const std::size_t entry = record.work.entry;
  if (record.of_start == Cause::sequencer) {
    give(entry, CycleReason::dependency, record.issued, position.time);
    return {position.number, record.issued, true};
  }
  const Record* by = find(record.started_by);
  if (by == nullptr) {
    give(entry, CycleReason::dependency, told_, position.time);
    return {position.number, told_, false};
  }
  if (record.of_start == Cause::engine && by->work.goes_on) {  // those of a pass start one per cycle
    give(entry, CycleReason::vector, by->started, position.time);
    return {record.started_by, by->started, false};
  }
  const std::uint64_t last = by->last_of_pass;
  by = find(last);
  if (record.of_start == Cause::output_stage) {
    give(entry, CycleReason::dependency, by->started, position.time);
  } else if (record.of_start == Cause::engine) {
    give_work(*by, position.time, by->work.engine == Engine::array ? CycleReason::array : CycleReason::fill);
  } else {
    give(entry, CycleReason::dependency, by->completed, position.time);
    give_work(*by, by->completed, CycleReason::fill);
  }
  return {last, by->started, false};
}

CycleReasons::Position CycleReasons::before_issue(const Record& record, const Position& position) {
  const std::size_t entry = record.work.entry;
  const Record* by = find(record.issued_by);
  if (by != nullptr && record.of_issue == Cause::queue) {
    give(entry, CycleReason::dependency, by->started, position.time);
    return {record.issued_by, by->started, false};
  }
  const Cycles before = by == nullptr ? told_ : by->issued;
  give(entry, CycleReason::fetch, before, position.time);
  return {record.issued_by, before, true};
}

/// Gives all cycles before a position that have not been given.
void CycleReasons::follow(Position position) {
  const Cycles until = position.time;
  while (position.time > told_) {
    const Record& record = *find(position.number);
    position = position.is_issue ? before_issue(record, position) : before_start(record, position);
  }
  told_ = std::max(told_, until);
}

/// Drops the instructions that cannot have kept others waiting in cycles that are still to be given.
void CycleReasons::forget() {
  for (; !records_.empty() && records_.front().completed < told_; records_.pop_front()) ++first_;
}

/// Where an instruction was blocked, its place became free in the cycle before, by a start then.
void CycleReasons::find_blocker(Record& record) const {
  const Started& started = started_[index_of(record.work.engine)];
  for (const std::uint64_t by : {started.last, started.before}) {
    const Record* found = find(by);
    if (found == nullptr || found->started >= record.issued) continue;
    record.of_issue = Cause::queue;
    record.issued_by = by;
    return;
  }
}

void CycleReasons::issued(Cycles now, const Work& work, bool was_blocked) {
  const std::uint64_t number = first_ + records_.size();
  Record& record = records_.emplace_back();
  record.work = work;
  record.issued = now;
  record.last_of_pass = number;
  record.issued_by = number - 1;  // none, for the first
  if (was_blocked) find_blocker(record);
  if (records_.size() < most_records) return;
  const bool is_start = record.of_issue == Cause::queue;
  const Position position = is_start ? Position{record.issued_by, at(record.issued_by).started, false}
                                     : Position{number, now, true};
  give_fed(position.time);
  follow(position);
  forget();
}

void CycleReasons::started(Cycles now, std::uint64_t number, std::uint64_t by_stage) {
  Record& record = at(number);
  Started& on_engine = started_[index_of(record.work.engine)];
  record.started = now;
  Cycles last = record.issued + 1;
  for (std::size_t e = 0; e < engine_count; ++e) {
    if (!record.work.wait.has(static_cast<Engine>(e))) continue;
    auto& tokens = posted_[e][index_of(record.work.engine)];
    const std::uint64_t by = tokens.front();
    tokens.pop_front();
    const Record* poster = find(by);
    if (poster == nullptr || poster->completed + 1 < last) continue;
    last = poster->completed + 1;
    record.of_start = Cause::semaphore;
    record.started_by = by;
  }
  const Record* stage = find(by_stage);
  if (stage != nullptr && stage->started + 1 >= last) {
    last = stage->started + 1;
    record.of_start = Cause::output_stage;
    record.started_by = by_stage;
  }
  if (last < now && find(on_engine.last) != nullptr) {
    record.of_start = Cause::engine;
    record.started_by = on_engine.last;
  }
  on_engine = {number, on_engine.last};
  if (record.work.engine != Engine::array) return;
  give_fed(now);
  follow({number, now, false});
  feeding_ = number;
  forget();
}

void CycleReasons::released(std::uint64_t number, const Release& release, std::uint64_t last) {
  at(number).release = release;
  at(number).last_of_pass = last;
}

void CycleReasons::completed(Cycles now, std::uint64_t number) {
  Record& record = at(number);
  record.completed = now;
  const Record* last = find(completed_);
  if (last == nullptr || last->completed < now || completed_ < number) completed_ = number;
  for (std::size_t e = 0; e < engine_count; ++e) {
    if (record.work.post.has(static_cast<Engine>(e)))
      posted_[index_of(record.work.engine)][e].push_back(number);
  }
}

void CycleReasons::finish(Cycles end) {
  give_fed(end);
  const Record* last = find(completed_);
  if (last != nullptr && last->completed + 1 == end) {
    give(last->work.entry, CycleReason::dependency, last->completed, end);
    give_work(*last, last->completed, CycleReason::fill);
    follow({completed_, last->started, false});
  } else if (records_.empty()) {
    give(0, CycleReason::fetch, 0, end);
  } else {
    const bool all_completed = std::all_of(records_.begin(), records_.end(),
                                           [](const Record& record) { return record.completed != never; });
    give(records_.back().work.entry, all_completed ? CycleReason::fetch : CycleReason::dependency,
         records_.back().issued, end);
    follow({first_ + records_.size() - 1, records_.back().issued, true});
  }
  told_ = end;
}

}  // namespace tricycle
