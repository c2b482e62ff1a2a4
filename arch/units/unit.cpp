// SPDX-License-Identifier: Apache-2.0
#include "arch/units/unit.hpp"

#include <fmt/format.h>

#include "support/diagnostics.hpp"

namespace tricycle {

void OperandLocks::hold(Cycles now, std::uint32_t index, Engine engine, const std::vector<Access>& accesses,
                        const std::vector<Instruction>& code) {
  std::erase_if(held_, [&](const Held& held) { return held.until < now; });
  for (const Held& held : held_) {
    if (held.engine == engine) continue;  // one engine works in order
    for (const Access& mine : accesses) {
      for (const Access& theirs : *held.accesses) {
        if (!conflict(mine, theirs)) continue;
        throw RunError(fmt::format(
            "instruction {} ({}) touches '{}' in the {} memory while instruction {} ({}) holds it", index,
            name_of(code[index]), mine.what, name_of(mine.memory), held.index, name_of(code[held.index])));
      }
    }
  }
  held_.push_back({index, engine, &accesses, never});
}

void OperandLocks::release(Cycles now, std::uint32_t index) {
  for (Held& held : held_) {
    if (held.index == index) held.until = now;
  }
}

sc_core::sc_time Core::cycles(Cycles n) {
  static const sc_core::sc_time cycle(1, sc_core::SC_NS);
  return sc_core::sc_time::from_value(n * cycle.value());
}

Cycles Core::kernel_cycle() {
  static const sc_core::sc_time::value_type cycle = cycles(1).value();
  return sc_core::sc_time_stamp().value() / cycle;
}

Unit::Unit(const sc_core::sc_module_name& name, Core& core) : sc_module(name), core_(core) {
  SC_HAS_PROCESS(Unit);
  SC_METHOD(step);
  sensitive << wake_;
  dont_initialize();
}

void Unit::begin() {
  times = {};
  last_ = 0;
  acted_ = false;
  activity_ = Activity::idle;
  busy_for_ = nullptr;
  reset();
  wake_.notify(Core::cycles(1));
}

void Unit::wake() {
  wake_.notify(Core::cycles(1));
  core_.alive(core_.now() + 1);
}

void Unit::settle(Cycles now) {
  const Cycles passed = now - last_;
  if (passed == 0) return;
  times[static_cast<std::size_t>(activity_)] += passed;
  if (activity_ == Activity::busy && busy_for_ != nullptr) *busy_for_ += passed;
  advance(passed);
  last_ = now;
}

void Unit::stalled(Cycles cycles) {
  times[static_cast<std::size_t>(Activity::busy)] -= cycles;
  times[static_cast<std::size_t>(Activity::stall)] += cycles;
  *busy_for_ -= cycles;
}

void Unit::step() {
  if (core_.halted || core_.limited || core_.error) return;  // the inference has ended: wait for the next
  try {
    const Cycles now = core_.now();
    if (acted_ && now == last_) throw std::logic_error(std::string(name()) + " acted twice in one cycle");
    acted_ = true;
    // In lockstep there is always a next event: what ends a deadlock is that nothing can happen any more.
    const bool quiet = core_.lockstep && now > core_.alive_until;
    core_.limited = !quiet && now >= core_.cycle_limit;
    if (core_.limited || quiet) {
      sc_core::sc_pause();
      return;
    }
    settle(now);
    act(now);
    const Cycles next = horizon();
    if (next != never) core_.alive(now + (core_.lockstep ? 1 : next));
    if (core_.lockstep) {
      next_trigger(Core::cycles(1), wake_);
    } else if (next != never) {
      next_trigger(Core::cycles(next), wake_);
    }
  } catch (...) {
    core_.error = std::current_exception();  // SystemC would turn it into a report of its own
    sc_core::sc_pause();
  }
}

EngineUnit::EngineUnit(const sc_core::sc_module_name& name, Core& core, Engine engine)
    : Unit(name, core), queue(static_cast<std::size_t>(core.spec.sequencer.queue_depth)), engine_(engine) {}

bool EngineUnit::start_next(Cycles now, std::uint32_t& index) {
  if (!queue.has(now)) return false;
  index = queue.front();
  if (!core_.semaphores.take((*core_.code)[index].wait, engine_, now)) return false;
  queue.take(now);
  core_.engines[static_cast<std::size_t>(Engine::sequencer)]->wake();
  if (core_.timeline) core_.started[index] = now;
  busy_for_ = &core_.ledger[index].busy_cycles[static_cast<std::size_t>(engine_)];
  core_.locks.hold(now, index, engine_, core_.accesses[index], *core_.code);
  return true;
}

void EngineUnit::complete(Cycles now, std::uint32_t index) {
  const Instruction& instruction = (*core_.code)[index];
  LayerStep& entry = core_.ledger[index];
  if (core_.functional) {
    const Effects effects = execute(*core_.code, index, core_.spec, core_.memories);
    entry.events[Counter::array_overflows] += effects.overflows;
    entry.events[Counter::vector_saturations] += effects.saturations;
  }
  entry.events += core_.events[index];
  if (core_.timeline) core_.spans.push_back({index, core_.started[index], now});
  entry.end_cycle = std::max(entry.end_cycle, now);
  core_.locks.release(now, index);
  for (int e = 0; e < engine_count; ++e) {
    const auto to = static_cast<Engine>(e);
    if (!instruction.post.has(to)) continue;
    core_.semaphores.post(engine_, to, now);
    core_.engines[static_cast<std::size_t>(e)]->wake();
  }
  core_.semaphores.post(engine_, Engine::sequencer, now);
  core_.engines[static_cast<std::size_t>(Engine::sequencer)]->wake();
  if (core_.completed) core_.completed(index);
}

}  // namespace tricycle
