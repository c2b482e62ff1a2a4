// SPDX-License-Identifier: Apache-2.0
#include "tests/arch/machine/joint_arbiter.hpp"

#include <algorithm>
#include <bit>

namespace tricycle::test {

PortSet JointFreePorts::take(PortSet wanted) {
  PortSet taken;
  for (unsigned left = wanted.bits; left != 0; left &= left - 1) {
    const auto bit = static_cast<unsigned>(std::countr_zero(left));
    const std::size_t half = bit / 2;
    std::uint8_t& mine = bit % 2 == 0 ? reads_[half] : writes_[half];
    const int both = reads_[half] + writes_[half];
    bool is_free = false;
    switch ((*ports_)[half]) {
      case Ports::rw: is_free = both < 1; break;
      case Ports::r_w: is_free = mine < 1; break;
      case Ports::rw_rw: is_free = both < 2; break;
    }
    if (!is_free) continue;
    ++mine;
    taken |= PortSet::of(static_cast<int>(half), bit % 2 != 0);
  }
  return taken;
}

bool JointFreePorts::take_all(PortSet wanted) {
  const JointFreePorts before = *this;
  if (take(wanted) == wanted) return true;
  *this = before;
  return false;
}

JointArbiter::JointArbiter(const MachineSpec& spec) {
  const Ports ports[] = {spec.weight_memory.ports, spec.activation_memory.ports,
                         spec.accumulator_memory.ports};
  for (std::size_t half = 0; half < half_count; ++half) {
    ports_[half] = ports[half / 2];
    if (ports[half / 2] == Ports::rw) one_port_ |= PortSet::of(static_cast<int>(half), false);
  }
}

void JointArbiter::reset() {
  JointArbiter fresh;
  fresh.ports_ = ports_;
  fresh.one_port_ = one_port_;
  *this = fresh;
}

void JointArbiter::Bursts::move(Cycles cycles) {
  waiting.front().left.cycles -= cycles;
  if (waiting.front().left.cycles > 0) return;
  waiting.pop_front();
  ++moved;
}

void JointArbiter::feed(const std::vector<Stream>& streams) {
  for (const Stream& stream : streams) {
    if (stream.count == 0) continue;
    streams_.push_back(stream);
    const Cycles busy = stream.busy * stream.count;
    count_ports(stream.ports, busy);
    if (stream.in_turn) count_conflicts(Engine::array, stream.ports, busy / 2);
  }
}

void JointArbiter::start_vector(const VectorDemand& demand) {
  vector_ = demand;
  position_ = 0;
  served_ = {};
  for (const Spread& spread : demand.spreads) count_ports(spread.ports, spread.count);
}

void JointArbiter::ask(Bursts& bursts, Cycles from, const BurstDemand& burst) {
  bursts.waiting.push_back({from, burst});
  count_ports(burst.ports, burst.cycles);
}

bool JointArbiter::take(Bursts& bursts) {
  if (bursts.moved == 0) return false;
  --bursts.moved;
  return true;
}

void JointArbiter::count_ports(PortSet ports, Cycles cycles) {
  for (std::size_t m = 0; m < sram_count; ++m) {
    const auto of_memory = static_cast<unsigned>(ports.bits >> (4 * m) & 15U);
    use_[m].port_cycles += cycles * static_cast<Cycles>(std::popcount(of_memory));
  }
}

void JointArbiter::count_conflicts(Engine engine, PortSet denied, Cycles cycles) {
  for (std::size_t m = 0; m < sram_count; ++m) {
    if (denied.touches(static_cast<int>(m))) use_[m].conflicts[static_cast<std::size_t>(engine)] += cycles;
  }
}

/// What the array does in a cycle; `changes` becomes the next one in which it may do something else, if that
/// is earlier.
PortSet JointArbiter::array_ports(Cycles cycle, Cycles& changes) const {
  PortSet ports;
  for (const Stream& stream : streams_) {
    if (stream.is_busy(cycle)) ports |= stream.ports;
    changes = std::min(changes, stream.changes_after(cycle));
  }
  return ports;
}

/// What the vector unit still wants in this cycle of its intake.
PortSet JointArbiter::vector_ports() const {
  PortSet ports;
  if (!vector_takes_in()) return ports;
  for (const Spread& spread : vector_.spreads) {
    if (spread.due_from(position_) == position_) ports |= spread.ports;
  }
  return ports.without(served_);
}

/// Cycles of intake, from this one on, that want what this one wants.
Cycles JointArbiter::vector_run() const {
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

/// The cycle before which nobody comes or goes but by what is granted.
Cycles JointArbiter::quiet_until(Cycles to) const {
  for (const Stream& stream : streams_) {
    if (stream.first > settled_) {
      to = std::min(to, stream.first);
    } else if (stream.end() > settled_) {
      to = std::min(to, stream.end());
    }
  }
  for (const Bursts* bursts : {&loads_, &stores_}) {
    if (!bursts->waiting.empty() && bursts->waiting.front().from > settled_)
      to = std::min(to, bursts->waiting.front().from);
  }
  return to;
}

/// Whether, until somebody comes or goes, nobody can want what another one may want: then all get all, and
/// nothing needs to be looked at cycle by cycle.
bool JointArbiter::is_uncontested() const {
  unsigned all = 0;
  bool is_disjoint = true;
  const auto add = [&](PortSet ports) {
    is_disjoint = is_disjoint && (all & ports.bits) == 0;
    all |= ports.bits;
  };
  PortSet array;  // its own streams are no others
  for (const Stream& stream : streams_) {
    if (stream.first <= settled_ && settled_ < stream.end()) array |= stream.ports;
  }
  add(array);
  if (vector_takes_in()) {
    for (const Spread& spread : vector_.spreads) add(spread.ports);
  }
  for (const Bursts* bursts : {&loads_, &stores_}) {
    if (bursts->wants(settled_)) add(bursts->waiting.front().left.ports);
  }
  return is_disjoint && (all & all >> 1U & one_port_.bits) == 0;
}

void JointArbiter::pass_freely(Cycles cycles) {
  if (vector_takes_in()) {
    position_ += cycles;
    served_ = {};
  }
  for (Bursts* bursts : {&loads_, &stores_}) {
    if (bursts->wants(settled_)) bursts->move(cycles);
  }
}

/// Grants cycles that are all like the first one, and says how many: no more than up to `to`.
Cycles JointArbiter::arbitrate(Cycles to) {
  Cycles until = to;
  JointFreePorts free(ports_);
  free.take(array_ports(settled_, until));
  Cycles cycles = until - settled_;
  const PortSet wanted = vector_ports();
  const PortSet granted = free.take(wanted), denied = wanted.without(granted);
  if (vector_takes_in()) {
    if (denied.empty()) {
      cycles = std::min(cycles, vector_run());
    } else if (!granted.empty()) {
      cycles = 1;
    }
  }
  std::array<Bursts*, 2> moving{};
  std::array<PortSet, 2> waiting{};
  const std::array<Bursts*, 2> in_order = {&loads_, &stores_};
  for (std::size_t b = 0; b < 2; ++b) {
    if (!in_order[b]->wants(settled_)) continue;
    const BurstDemand& front = in_order[b]->waiting.front().left;
    if (free.take_all(front.ports)) {
      moving[b] = in_order[b];
      cycles = std::min(cycles, front.cycles);
    } else {
      waiting[b] = front.ports;
    }
  }
  if (vector_takes_in()) {
    if (denied.empty()) {
      position_ += cycles;
      served_ = {};
    } else {
      served_ |= granted;
      vector_stalls_ += cycles;
      count_conflicts(Engine::vector, denied, cycles);
    }
  }
  count_conflicts(Engine::load, waiting[0], cycles);
  count_conflicts(Engine::store, waiting[1], cycles);
  for (Bursts* bursts : moving) {
    if (bursts != nullptr) bursts->move(cycles);
  }
  return cycles;
}

void JointArbiter::settle(Cycles to) {
  while (settled_ < to) {
    if (!vector_takes_in() && loads_.waiting.empty() && stores_.waiting.empty()) {
      settled_ = to;
      break;
    }
    Cycles cycles = quiet_until(to) - settled_;
    if (is_uncontested()) {
      if (vector_takes_in()) cycles = std::min(cycles, vector_.cycles - position_);
      for (const Bursts* bursts : {&loads_, &stores_}) {
        if (bursts->wants(settled_)) cycles = std::min(cycles, bursts->waiting.front().left.cycles);
      }
      pass_freely(cycles);
    } else {
      cycles = arbitrate(settled_ + cycles);
    }
    settled_ += cycles;
  }
  std::erase_if(streams_, [&](const Stream& stream) { return stream.end() <= settled_; });
}

/// From a cycle on, the first in which the array leaves something of what is wanted: nobody gets it earlier.
Cycles JointArbiter::first_free(Cycles from, PortSet wanted) const {
  constexpr int most_looks = 64;
  for (int looks = 0; looks < most_looks && !wanted.empty(); ++looks) {
    Cycles changes = never;
    JointFreePorts free(ports_);
    free.take(array_ports(from, changes));
    if (!free.take(wanted).empty() || changes == never) break;
    from = changes;
  }
  return from;
}

Cycles JointArbiter::vector_horizon() const {
  if (!vector_takes_in()) return never;
  return first_free(settled_, vector_ports()) - settled_ + vector_.cycles - position_;
}

Cycles JointArbiter::horizon(const Bursts& bursts) const {
  if (bursts.waiting.empty()) return never;
  const auto& [from, left] = bursts.waiting.front();
  return first_free(std::max(from, settled_), left.ports) - settled_ + left.cycles;
}

}  // namespace tricycle::test
