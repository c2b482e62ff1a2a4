// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dma_engine.hpp"

#include <algorithm>
#include <cstring>

#include "arch/units/dram_channel.hpp"
#include "support/random.hpp"

namespace tricycle {

DmaEngine::DmaEngine(const sc_core::sc_module_name& name, Core& core, Engine engine, const DmaSpec& spec)
    : EngineUnit(name, core, engine),
      writes_(engine == Engine::store),
      logic_(spec, core.spec.decoder.elements_per_cycle) {}

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

void Answers::post(Cycles now, const DramRequest& answered) {
  if (engine_.writes_) {
    engine_.stored_.post(now, answered);
    return;
  }
  const Core& core = engine_.core_;
  const std::vector<Access>& rows = core.accesses[engine_.logic_.work_of(answered.transfer)];
  engine_.core_.sram.write_burst(now, burst_demand(rows, core.spec, bytes_written(rows, answered.bytes)));
  engine_.arrived_.push_back(answered);
}

void DmaEngine::reset() {
  EngineUnit::reset();
  requests.reset();
  stored_.reset();
  arrived_.clear();
  is_read_ = false;
  logic_.reset();
}

/// The next answer that counts.
std::optional<DramRequest> DmaEngine::take_answer(Cycles now) {
  if (writes_) return stored_.has(now) ? std::optional(stored_.take(now)) : std::nullopt;
  if (!core_.sram.take_written()) return std::nullopt;
  const DramRequest answer = arrived_.front();
  arrived_.pop_front();
  return answer;
}

/// A store's next burst, if this transfer has one, wants its port from cycle `from` on.
void DmaEngine::read_next(Cycles from) {
  if (!writes_ || logic_.can_start()) return;
  is_read_ = false;
  core_.sram.read_burst(from, burst_demand(*rows_, core_.spec, logic_.next_bytes()));
}

void DmaEngine::act(Cycles now) {
  core_.sram.settle(now);
  while (const auto answer = take_answer(now)) logic_.answer(answer->transfer, answer->bytes);
  while (logic_.due()) complete(now, logic_.finish());
  std::uint32_t index = 0;
  if (logic_.can_start() && !logic_.asked_now() && start_next(now, index)) {
    rows_ = &core_.accesses[index];
    const auto* unpack = std::get_if<isa::Unpack>(&(*core_.code)[index].operation);
    const std::uint64_t elements =
        unpack == nullptr ? 0 : std::uint64_t{unpack->rows} * unpack->taps * unpack->elements;
    const Cycles wait = writes_ ? read_wait_cycles(rows_->front().memory, core_.spec) : 0;
    logic_.start(index, rows_of(index), wait, elements);
    read_next(now + logic_.setup_cycles() - 1);
  }
  if (writes_ && core_.sram.take_read()) is_read_ = true;
  if (logic_.can_ask() && (is_read_ || !writes_)) {
    const DmaBurst burst = logic_.ask();
    requests.post(now, {burst.bytes, writes_, burst.address, burst.transfer});
    dram->wake();
    read_next(now);
  }
  activity_ = !logic_.empty() ? Activity::busy : waiting(now) ? Activity::stall : Activity::idle;
}

DmaRows DmaEngine::rows_of(std::uint32_t index) const {
  const std::vector<Access>& accesses = core_.accesses[index];
  const Access& moved = accesses.front();
  const Access& there = in_dram(accesses);
  DmaRows rows = {moved.rows, moved.row_bytes, there.address, there.stride};
  if (const auto* gather = std::get_if<isa::Gather>(&(*core_.code)[index].operation)) {
    for (std::uint64_t row = 0; row < moved.rows; ++row)
      rows.gathered.push_back(there.address + gathered_row(*gather, index, row) * there.stride);
  }
  return rows;
}

/// The row of the table that a gather copies: what its index says; without values, drawn from a hash.
std::uint64_t DmaEngine::gathered_row(const isa::Gather& gather, std::uint32_t index,
                                      std::uint64_t row) const {
  if (!core_.functional) return mix(mix(core_.seed ^ index) ^ row) % gather.table_rows;
  std::int32_t value = 0;
  std::memcpy(&value, core_.memories.activation.data() + gather.indices + 4 * row, 4);
  return value < 0 ? 0 : std::min<std::uint64_t>(static_cast<std::uint64_t>(value), gather.table_rows - 1);
}

Cycles DmaEngine::horizon() const {
  if (!writes_) return std::min(logic_.horizon(), core_.sram.load_horizon());
  return logic_.can_ask() && !is_read_ ? core_.sram.store_horizon() : logic_.horizon();
}

}  // namespace tricycle
