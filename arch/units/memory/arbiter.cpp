// SPDX-License-Identifier: Apache-2.0
#include "arch/units/memory/arbiter.hpp"

#include <algorithm>
#include <bit>

namespace tricycle {
namespace {

/// The memory of ports that are all at one.
std::size_t memory_of(PortSet ports) {
  return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(ports.bits))) / 4;
}

}  // namespace

Arbiter::Arbiter(const Memories& memories) : memories_(memories) {
  for (const MemoryPorts* memory : memories_) one_port_ |= memory->reads_of_one_port();
}

void Arbiter::reset() {
  Arbiter fresh;
  fresh.memories_ = memories_;
  fresh.one_port_ = one_port_;
  *this = fresh;
}

void Arbiter::Bursts::move(Cycles cycles) {
  waiting.front().left.cycles -= cycles;
  if (waiting.front().left.cycles > 0) return;
  waiting.pop_front();
  ++moved;
}

void Arbiter::feed(const std::vector<Stream>& streams) {
  for (const Stream& stream : streams) {
    if (stream.count > 0 && !stream.ports.empty()) memories_[memory_of(stream.ports)]->feed(stream);
  }
}

void Arbiter::start_vector(const VectorDemand& demand) {
  vector_ = demand;
  position_ = 0;
  served_ = {};
  for (const Spread& spread : demand.spreads) {
    for (MemoryPorts* memory : memories_) memory->count(spread.ports, spread.count);
  }
}

void Arbiter::ask(Line line, Cycles from, const BurstDemand& burst) {
  bursts_[line].waiting.push_back({from, burst});
  memories_[memory_of(burst.ports)]->count(burst.ports, burst.cycles);
}

void Arbiter::ask_more(Line line, Cycles cycles) {
  BurstDemand& last = bursts_[line].waiting.back().left;
  last.cycles += cycles;
  memories_[memory_of(last.ports)]->count(last.ports, cycles);
}

bool Arbiter::take(Line line) {
  if (bursts_[line].moved == 0) return false;
  --bursts_[line].moved;
  return true;
}

void Arbiter::count_conflicts(Engine engine, PortSet denied, Cycles cycles) {
  if (denied.empty()) return;
  for (MemoryPorts* memory : memories_) memory->count_conflicts(engine, denied, cycles);
}

/// What the vector unit still wants in this cycle of its intake.
PortSet Arbiter::vector_ports() const {
  PortSet ports;
  if (!vector_takes_in()) return ports;
  for (const Spread& spread : vector_.spreads) {
    if (spread.due_from(position_) == position_) ports |= spread.ports;
  }
  return ports.without(served_);
}

/// Cycles of intake, from this one on, that want what this one wants.
Cycles Arbiter::vector_run() const {
  if (!served_.empty()) return 1;
  Cycles run = vector_.cycles - position_;
  for (const Spread& spread : vector_.spreads) {
    const Cycles due = spread.due_from(position_);
    if (due == never) continue;
    if (due > position_) {
      run = std::min(run, due - position_);
    } else if (spread.count < spread.cycles) {
      run = 1;
    }
  }
  return run;
}

/// What the first burst of a line wants now.
PortSet Arbiter::wanted_by(Line line) const {
  return bursts_[line].wants(settled_) ? bursts_[line].waiting.front().left.ports : PortSet{};
}

/// Whether, until somebody comes or goes, nobody can want what another one may want: then all get all, and
/// nothing needs to be looked at cycle by cycle. The array's own accesses are no others to each other.
bool Arbiter::is_uncontested(PortSet of_array) const {
  unsigned all = of_array.bits;
  bool is_disjoint = true;
  const auto add = [&](PortSet ports) {
    is_disjoint = is_disjoint && (all & ports.bits) == 0;
    all |= ports.bits;
  };
  if (vector_takes_in()) {
    for (const Spread& spread : vector_.spreads) add(spread.ports);
  }
  add(wanted_by(load));
  add(wanted_by(store));
  return is_disjoint && (all & all >> 1U & one_port_.bits) == 0;
}

/// All get all, for so many cycles or until one of them has done. Says how many.
Cycles Arbiter::pass_freely(Cycles cycles) {
  if (vector_takes_in()) cycles = std::min(cycles, vector_.cycles - position_);
  for (const Bursts& bursts : bursts_) {
    if (bursts.wants(settled_)) cycles = std::min(cycles, bursts.waiting.front().left.cycles);
  }
  if (vector_takes_in()) {
    position_ += cycles;
    served_ = {};
  }
  for (Bursts& bursts : bursts_) {
    if (bursts.wants(settled_)) bursts.move(cycles);
  }
  return cycles;
}

/// Grants cycles that are all like the first one, and says how many: no more than up to `to`.
Cycles Arbiter::arbitrate(Cycles to) {
  const Wanted wanted = {vector_ports(), wanted_by(load), wanted_by(store)};
  Wanted granted;
  for (const MemoryPorts* memory : memories_) {
    const Wanted here = memory->grant(settled_, wanted, to);
    granted.vector |= here.vector;
    granted.load |= here.load;
    granted.store |= here.store;
  }
  Cycles cycles = to - settled_;
  const PortSet denied = wanted.vector.without(granted.vector);
  if (vector_takes_in()) {
    if (denied.empty()) {
      cycles = std::min(cycles, vector_run());
    } else if (!granted.vector.empty()) {
      cycles = 1;
    }
  }
  const auto is_moving = [](PortSet wants, PortSet gets) { return !wants.empty() && wants == gets; };
  const std::array<bool, 2> moves = {is_moving(wanted.load, granted.load),
                                     is_moving(wanted.store, granted.store)};
  for (const Line line : {load, store}) {
    if (moves[line]) cycles = std::min(cycles, bursts_[line].waiting.front().left.cycles);
  }
  if (vector_takes_in()) serve_vector(granted.vector, denied, cycles);
  for (const Line line : {load, store}) {
    if (moves[line]) {
      bursts_[line].move(cycles);
    } else {
      count_conflicts(line == load ? Engine::load : Engine::store, line == load ? wanted.load : wanted.store,
                      cycles);
    }
  }
  return cycles;
}

void Arbiter::serve_vector(PortSet granted, PortSet denied, Cycles cycles) {
  if (denied.empty()) {
    position_ += cycles;
    served_ = {};
    return;
  }
  served_ |= granted;
  vector_stalls_ += cycles;
  count_conflicts(Engine::vector, denied, cycles);
}

void Arbiter::settle(Cycles to) {
  while (settled_ < to) {
    if (!vector_takes_in() && bursts_[load].waiting.empty() && bursts_[store].waiting.empty()) {
      settled_ = to;
      break;
    }
    Cycles quiet = to;  // before which nobody comes or goes but by what is granted
    PortSet of_array;
    for (const MemoryPorts* memory : memories_) of_array |= memory->array_between(settled_, quiet);
    for (const Bursts& bursts : bursts_) {
      if (!bursts.waiting.empty() && bursts.waiting.front().from > settled_)
        quiet = std::min(quiet, bursts.waiting.front().from);
    }
    settled_ += is_uncontested(of_array) ? pass_freely(quiet - settled_) : arbitrate(quiet);
  }
  for (MemoryPorts* memory : memories_) memory->pass(settled_);
}

/// The first cycle in which the array leaves something of what is wanted at any of the memories.
Cycles Arbiter::first_free(Cycles from, PortSet wanted) const {
  if (wanted.empty()) return from;
  Cycles first = never;
  for (int m = 0; m < sram_count; ++m) {
    if (wanted.touches(m))
      first = std::min(first, memories_[static_cast<std::size_t>(m)]->first_free(from, wanted));
  }
  return first;
}

Cycles Arbiter::vector_horizon() const {
  if (!vector_takes_in()) return never;
  return first_free(settled_, vector_ports()) - settled_ + vector_.cycles - position_;
}

Cycles Arbiter::horizon(Line line) const {
  if (bursts_[line].waiting.empty()) return never;
  const auto& [from, left] = bursts_[line].waiting.front();
  return first_free(std::max(from, settled_), left.ports) - settled_ + left.cycles;
}

}  // namespace tricycle
