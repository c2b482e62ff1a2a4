// SPDX-License-Identifier: Apache-2.0
#include "arch/units/transfer/dma_engine.hpp"

#include <algorithm>
#include <cstring>

#include "support/random.hpp"

namespace tricycle {

DmaEngine::DmaEngine(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                     Scoreboard& scoreboard, Engine engine)
    : EngineUnit(name, run, program, scoreboard, engine),
      writes_(engine == Engine::store),
      spec_(writes_ ? program.spec.store : program.spec.load),
      logic_(spec_, program.spec.decoder.elements_per_cycle, program.spec.weight_stream.bytes) {
  answers.bind(*this);
}

std::vector<Property> DmaEngine::properties() const {
  std::vector<Property> all = {{"setup_cycles", std::to_string(spec_.setup_cycles)},
                               {"burst_bytes", std::to_string(spec_.burst_bytes)},
                               {"outstanding", std::to_string(spec_.outstanding)},
                               {"ports", std::to_string(spec_.ports)}};
  if (!writes_ && spec().decoder.load)
    all.emplace_back("decoded_elements_per_cycle", std::to_string(spec().decoder.elements_per_cycle));
  return all;
}

namespace {

const Access& in_dram(const std::vector<Access>& accesses) {
  return *std::find_if(accesses.begin(), accesses.end(),
                       [](const Access& a) { return a.memory == Memory::dram; });
}

/// What a load's burst becomes on chip: its own bytes, or its share of what an unpack writes.
std::uint64_t bytes_written(const std::vector<Access>& accesses, std::uint64_t bytes) {
  const Access& moved = accesses.front();
  const Access& here = on_chip(accesses);
  const std::uint64_t from = moved.rows * moved.row_bytes, to = here.rows * here.row_bytes;
  return from == to ? bytes : (bytes * to + from - 1) / from;
}

}  // namespace

void DmaEngine::answered(const DramRequest& request) {
  const Cycles now = run_.now();
  const bool is_streamed = !writes_ && brings_stream(instruction(logic_.work_of(request.transfer)));
  if (writes_) {
    stored_.emplace_back(now, request);
  } else if (is_streamed) {
    const auto burst = std::find_if(streaming_.begin(), streaming_.end(), [&](const StreamedBurst& b) {
      return b.transfer == request.transfer && b.address == request.address;
    });
    burst->answered = now;
  } else {
    write(now, request);
  }
  answered_.notify(run_.cycles(1));
  run_.alive(now + 1);
}

/// R6: bursts of a transfer that come in one cycle are written together.
void DmaEngine::write(Cycles now, const DramRequest& request) {
  const std::vector<Access>& rows = accesses(logic_.work_of(request.transfer));
  const std::uint64_t bytes = bytes_written(rows, request.bytes);
  const bool joins = !arrived_.empty() && arrived_.back().cycle == now &&
                     arrived_.back().bursts.size() < logic_.ports() &&
                     arrived_.back().bursts.back().transfer == request.transfer;
  if (!joins) {
    access->ask(now, burst_demand(rows, spec(), bytes));
    arrived_.push_back({now, {request}, bytes});
    return;
  }
  Arrived& last = arrived_.back();
  const Cycles before = burst_demand(rows, spec(), last.bytes).cycles;
  last.bursts.push_back(request);
  last.bytes += bytes;
  access->ask_more(burst_demand(rows, spec(), last.bytes).cycles - before);
}

void DmaEngine::listen() {
  EngineUnit::listen();
  wake_on(answered_);
  if (used.size() > 0) wake_on(used->posted());
}

void DmaEngine::clear() {
  streaming_.clear();
  stored_.clear();
  arrived_.clear();
  read_ = 0;
  logic_.reset();
}

/// The answers that count from now on.
void DmaEngine::take_answers(Cycles now) {
  for (; writes_ && !stored_.empty() && stored_.front().first < now; stored_.pop_front())
    logic_.answer(stored_.front().second.transfer, stored_.front().second.bytes);
  for (; !writes_ && access->take(); arrived_.pop_front()) {
    for (const DramRequest& burst : arrived_.front().bursts) logic_.answer(burst.transfer, burst.bytes);
  }
}

/// A store's next bursts, if this transfer has some, want their port from cycle `from` on.
void DmaEngine::read_next(Cycles from) {
  if (writes_ && !logic_.can_start())
    access->ask(from, burst_demand(*rows_, spec(), logic_.next_group().bytes));
}

/// The cycles in which a gather reads its indices.
Cycles DmaEngine::index_cycles(std::uint32_t place) const {
  const auto* gather = std::get_if<isa::Gather>(&instruction(place).operation);
  if (gather == nullptr) return 0;
  const auto bits = static_cast<Cycles>(spec().activation_memory.bits_per_cycle());
  return (Cycles{gather->rows} * 32 + bits - 1) / bits + read_wait_cycles(Memory::activation, spec());
}

/// D9: bursts of weights that stream count in the order in which they were asked for.
void DmaEngine::take_in_order(Cycles now) {
  for (; !streaming_.empty() && streaming_.front().answered < now; streaming_.pop_front())
    logic_.answer(streaming_.front().transfer, streaming_.front().bytes);
}

/// What the oldest transfers have brought, and those of them that are complete.
void DmaEngine::finish_transfers(Cycles now) {
  std::uint64_t come = logic_.take_streamed();
  while (logic_.due()) {
    const std::uint32_t place = logic_.finish();
    is_kept(place) ? pass_over(now, place) : complete(now, place);
    come += logic_.take_streamed();
  }
  if (come > 0) streamed->post(come);
}

/// The bytes of an instruction's weights on their way to the array; 0 where they go to a memory.
std::uint64_t DmaEngine::streamed_bytes_of(std::uint32_t place) const {
  if (!brings_stream(instruction(place))) return 0;
  const auto* unpack = std::get_if<isa::Unpack>(&instruction(place).operation);
  return unpack != nullptr ? destination_row(*unpack, spec()) : accesses(place).front().row_bytes;
}

/// Whether what an instruction would load is there from an inference before.
bool DmaEngine::is_kept(std::uint32_t place) const {
  return run_.start() == Start::warm && is_once(instruction(place));
}

void DmaEngine::start(Cycles now, std::uint32_t place) {
  if (is_kept(place)) return logic_.start_empty(place);
  rows_ = &accesses(place);
  const auto* unpack = std::get_if<isa::Unpack>(&instruction(place).operation);
  const std::uint64_t elements =
      unpack == nullptr ? 0 : std::uint64_t{unpack->rows} * unpack->taps * unpack->elements;
  const Cycles wait = writes_ ? read_wait_cycles(rows_->front().memory, spec()) : index_cycles(place);
  logic_.start(place, rows_of(place), wait, elements, streamed_bytes_of(place));
  read_next(now + logic_.setup_cycles() - 1);
}

void DmaEngine::ask(Cycles now) {
  const DmaBurst burst = logic_.ask();
  if (!writes_ && brings_stream(instruction(logic_.work_of(burst.transfer))))
    streaming_.push_back({burst.transfer, burst.address, burst.bytes});
  requests->post(
      {burst.bytes, writes_ ? DramClient::store : DramClient::load, burst.address, burst.transfer});
  if (writes_ && --read_ == 0) read_next(now);
}

void DmaEngine::act(Cycles now) {
  access->settle(now);
  while (used.size() > 0 && used->has()) logic_.used(used->take());
  take_answers(now);
  take_in_order(now);
  finish_transfers(now);
  std::uint32_t place = 0;
  if (logic_.can_start() && !logic_.asked_now() && start_next(now, place)) start(now, place);
  if (writes_ && access->take()) read_ = logic_.next_group().bursts;
  while (logic_.can_ask() && (read_ > 0 || !writes_)) ask(now);
  activity_ = !logic_.empty() ? Activity::busy : waiting() ? Activity::stall : Activity::idle;
}

DmaRows DmaEngine::rows_of(std::uint32_t place) const {
  const std::vector<Access>& rows_here = accesses(place);
  const Access& moved = rows_here.front();
  const Access& there = in_dram(rows_here);
  DmaRows rows = {moved.rows, moved.row_bytes, there.address, there.stride};
  if (const auto* gather = std::get_if<isa::Gather>(&instruction(place).operation)) {
    for (std::uint64_t row = 0; row < moved.rows; ++row)
      rows.gathered.push_back(there.address + gathered_row(*gather, place, row) * there.stride);
  }
  return rows;
}

/// The row of the table that a gather copies: what its index says; without values, drawn from a hash.
std::uint64_t DmaEngine::gathered_row(const isa::Gather& gather, std::uint32_t place,
                                      std::uint64_t row) const {
  if (!program_.functional) {
    const std::uint64_t stream = program_.densities.seed ^ scoreboard_[place].issued.number;
    return mix(mix(stream) ^ row) % gather.table_rows;
  }
  std::int32_t value = 0;
  std::memcpy(&value, memories().activation.data() + gather.indices + 4 * row, 4);
  return value < 0 ? 0 : std::min<std::uint64_t>(static_cast<std::uint64_t>(value), gather.table_rows - 1);
}

Cycles DmaEngine::horizon() const {
  if (!writes_) return std::min(logic_.horizon(), access->horizon());
  return logic_.can_ask() && read_ == 0 ? access->horizon() : logic_.horizon();
}

}  // namespace tricycle
