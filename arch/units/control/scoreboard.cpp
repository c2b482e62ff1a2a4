// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/scoreboard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/diagnostics.hpp"

namespace tricycle {

Scoreboard::Scoreboard(const LoadedProgram& program, bool timeline)
    : program_(program), timeline_(timeline), ledger_(program.code, program.loops) {}

std::size_t Scoreboard::entry_of(std::uint32_t index, const Iterations& iterations) const {
  const Instruction& instruction = program_.code[index];
  return ledger_.entry_of(instruction.layer, instruction.step + program_.loops.steps_in(index, iterations));
}

void Scoreboard::fetch(std::uint32_t index, const Iterations& iterations) {
  CounterSet& events = ledger_.entries[entry_of(index, iterations)].events;
  events[Counter::sequencer_instructions] += 1;
  events[Counter::instruction_memory_reads] += program_.fetch_reads[index];
}

std::uint32_t Scoreboard::issue(Cycles now, std::uint32_t index, const Iterations& iterations,
                                bool was_blocked) {
  auto place = static_cast<std::uint32_t>(places_.size());
  if (free_.empty() || free_.front().since == now) {
    places_.emplace_back();
  } else {
    place = free_.front().place;
    free_.pop_front();
  }
  InFlight& mine = places_[place];
  mine.issued = {program_.loops.moved(program_.code[index], index, iterations), index, issued_++, iterations};
  mine.entry = ledger_.entry_of(mine.issued.instruction.layer, mine.issued.instruction.step);
  const Instruction& issued = mine.issued.instruction;
  reasons_.issued(
      now, {engine_of(issued), mine.entry, issued.wait, issued.post, chain_of(issued) != Chaining::ends},
      was_blocked);
  const std::size_t moved = program_.loops.generators(index).size();
  mine.accesses = moved == 0 ? program_.accesses[index] : footprint(mine.issued.instruction, program_.spec);
  ledger_.entries[mine.entry].events[Counter::sequencer_moved_addresses] += moved;
  return place;
}

void Scoreboard::hold(Cycles now, std::uint32_t place, Engine engine) {
  std::erase_if(held_, [&](const Held& held) { return held.until < now; });
  for (const Held& held : held_) {
    if (held.engine == engine) continue;  // one engine works in order
    for (const Access& mine : places_[place].accesses) {
      for (const Access& theirs : places_[held.place].accesses) {
        if (!conflict(mine, theirs)) continue;
        const Issued& one = places_[place].issued;
        const Issued& other = places_[held.place].issued;
        throw RunError(fmt::format(
            "instruction {} ({}) touches '{}' in the {} memory while instruction {} ({}) holds it", one.index,
            name_of(one.instruction), mine.what, name_of(mine.memory), other.index,
            name_of(other.instruction)));
      }
    }
  }
  held_.push_back({place, engine, never});
}

Cycles& Scoreboard::start(Cycles now, std::uint32_t place, Engine engine, std::optional<std::uint32_t> by) {
  places_[place].started = now;
  reasons_.started(now, places_[place].issued.number, by ? places_[*by].issued.number : CycleReasons::none);
  hold(now, place, engine);
  return ledger_.entries[places_[place].entry].busy_cycles[static_cast<std::size_t>(engine)];
}

void Scoreboard::complete(Cycles now, std::uint32_t place, const CounterSet& events, const Effects& effects) {
  const InFlight& done = places_[place];
  LayerStep& entry = ledger_.entries[done.entry];
  entry.events[Counter::array_overflows] += effects.overflows;
  entry.events[Counter::vector_saturations] += effects.saturations;
  entry.events += events;
  entry.end_cycle = std::max(entry.end_cycle, now);
  reasons_.completed(now, done.issued.number);
  if (timeline_) spans_.push_back({done.issued.index, done.issued.instruction.step, done.started, now});
  for (Held& held : held_) {
    if (held.place == place) held.until = now;
  }
  free_.push_back({place, now});
}

void Scoreboard::reset() {
  places_.clear();
  free_.clear();
  held_.clear();
  issued_ = 0;
  ledger_.reset();
  reasons_.reset();
  spans_.clear();
}

}  // namespace tricycle
