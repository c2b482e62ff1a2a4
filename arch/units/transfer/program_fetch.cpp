// SPDX-License-Identifier: Apache-2.0
#include "arch/units/transfer/program_fetch.hpp"

#include <algorithm>

#include "arch/units/control/events.hpp"

namespace tricycle {

ProgramFetch::ProgramFetch(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                           Scoreboard& scoreboard, std::uint64_t address)
    : Unit(name, run),
      program_(program),
      scoreboard_(scoreboard),
      spec_(program.spec.fetch),
      address_(address),
      logic_(spec_) {
  answers.bind(*this);
}

std::vector<Property> ProgramFetch::properties() const {
  return {{"setup_cycles", std::to_string(spec_.setup_cycles)},
          {"burst_bytes", std::to_string(spec_.burst_bytes)},
          {"outstanding", std::to_string(spec_.outstanding)},
          {"ports", std::to_string(spec_.ports)}};
}

void ProgramFetch::listen() {
  wake_on(turns->posted());
  wake_on(answered_);
}

void ProgramFetch::clear() {
  logic_.reset();
  is_here_.clear();
  here_ = 0;
  writing_.clear();
}

void ProgramFetch::answered(const DramRequest& request) {
  const Cycles now = run_.now();
  const Cycles from = writing_.empty() ? now : std::max(now, writing_.back().until);
  writing_.push_back({request, from + memory->write(request.bytes)});
  answered_.notify(run_.cycles(1));
  run_.alive(now + 1);
}

std::uint64_t ProgramFetch::page_address() const {
  return address_ + turn_.page * program_.pages.page_bytes();
}
std::uint64_t ProgramFetch::page_bytes() const {
  return program_.pages.all()[turn_.page].bytes;
}

void ProgramFetch::start(const PageTurn& turn) {
  turn_ = turn;
  const auto burst = static_cast<std::uint64_t>(spec_.burst_bytes);
  is_here_.assign((page_bytes() + burst - 1) / burst, false);
  here_ = 0;
  logic_.start(0, {1, page_bytes(), page_address(), 0});
}

/// What has been written counts as far as all before it has been, too.
void ProgramFetch::take_written(Cycles now) {
  const auto burst = static_cast<std::uint64_t>(spec_.burst_bytes);
  const std::size_t before = here_;
  for (; !writing_.empty() && writing_.front().until <= now; writing_.pop_front()) {
    const DramRequest& request = writing_.front().request;
    logic_.answer(request.transfer, request.bytes);
    is_here_[(request.address - page_address()) / burst] = true;
  }
  while (here_ < is_here_.size() && is_here_[here_]) ++here_;
  if (here_ > before) arrivals->post({turn_.page, std::min(here_ * burst, page_bytes())});
}

void ProgramFetch::ask() {
  const DmaBurst burst = logic_.ask();
  CounterSet events;
  events[Counter::dram_read_bytes] = events[Counter::fetch_bytes] = burst.bytes;
  events[Counter::instruction_memory_writes] = instruction_accesses(burst.bytes, program_.spec);
  scoreboard_.count(turn_.entry, events);
  requests->post({burst.bytes, DramClient::fetch, burst.address, burst.transfer});
}

void ProgramFetch::act(Cycles now) {
  take_written(now);
  if (logic_.due()) static_cast<void>(logic_.finish());
  if (logic_.empty() && turns->has()) start(turns->take());
  while (logic_.can_ask()) ask();
  activity_ = logic_.empty() ? Activity::idle : Activity::busy;
}

Cycles ProgramFetch::horizon() const {
  const Cycles written =
      writing_.empty() ? never : std::max(writing_.front().until, run_.now() + 1) - run_.now();
  return std::min(logic_.horizon(), written);
}

}  // namespace tricycle
