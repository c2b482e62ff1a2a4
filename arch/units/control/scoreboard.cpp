// SPDX-License-Identifier: Apache-2.0
#include "arch/units/control/scoreboard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/diagnostics.hpp"

namespace tricycle {

void OperandLocks::hold(Cycles now, std::uint32_t index, Engine engine) {
  std::erase_if(held_, [&](const Held& held) { return held.until < now; });
  for (const Held& held : held_) {
    if (held.engine == engine) continue;  // one engine works in order
    for (const Access& mine : program_.accesses[index]) {
      for (const Access& theirs : program_.accesses[held.index]) {
        if (!conflict(mine, theirs)) continue;
        throw RunError(fmt::format(
            "instruction {} ({}) touches '{}' in the {} memory while instruction {} ({}) holds it", index,
            name_of(program_.code[index]), mine.what, name_of(mine.memory), held.index,
            name_of(program_.code[held.index])));
      }
    }
  }
  held_.push_back({index, engine, never});
}

void OperandLocks::release(Cycles now, std::uint32_t index) {
  for (Held& held : held_) {
    if (held.index == index) held.until = now;
  }
}

Scoreboard::Scoreboard(const LoadedProgram& program, bool timeline)
    : program_(program),
      timeline_(timeline),
      locks_(program),
      ledger_(program.code),
      started_(timeline ? program.code.size() : 0) {}

Cycles& Scoreboard::start(Cycles now, std::uint32_t index, Engine engine) {
  if (timeline_) started_[index] = now;
  locks_.hold(now, index, engine);
  return ledger_[index].busy_cycles[static_cast<std::size_t>(engine)];
}

void Scoreboard::complete(Cycles now, std::uint32_t index, const CounterSet& events, const Effects& effects) {
  LayerStep& entry = ledger_[index];
  entry.events[Counter::array_overflows] += effects.overflows;
  entry.events[Counter::vector_saturations] += effects.saturations;
  entry.events += events;
  entry.end_cycle = std::max(entry.end_cycle, now);
  if (timeline_) spans_.push_back({index, started_[index], now});
  locks_.release(now, index);
}

void Scoreboard::reset() {
  locks_.reset();
  ledger_.reset();
  spans_.clear();
}

}  // namespace tricycle
