// SPDX-License-Identifier: Apache-2.0
#include "arch/units/memory/memory_ports.hpp"

#include <algorithm>
#include <bit>

namespace tricycle {

PortSet FreePorts::take(PortSet wanted) {
  PortSet taken;
  for (unsigned left = wanted.bits; left != 0; left &= left - 1) {
    const auto bit = static_cast<unsigned>(std::countr_zero(left));
    const std::size_t half = bit / 2;
    std::uint8_t& mine = bit % 2 == 0 ? reads_[half] : writes_[half];
    const int both = reads_[half] + writes_[half];
    bool is_free = false;
    switch (kind_) {
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

bool FreePorts::take_all(PortSet wanted) {
  const FreePorts before = *this;
  if (take(wanted) == wanted) return true;
  *this = before;
  return false;
}

void MemoryPorts::feed(const Stream& stream) {
  streams_.push_back(stream);
  const Cycles busy = stream.busy * stream.count;
  count(stream.ports, busy);
  if (stream.in_turn) count_conflicts(Engine::array, stream.ports, busy / 2);
}

void MemoryPorts::pass(Cycles now) {
  std::erase_if(streams_, [&](const Stream& stream) { return stream.end() <= now; });
}

PortSet MemoryPorts::array_ports(Cycles cycle, Cycles& changes) const {
  PortSet ports;
  for (const Stream& stream : streams_) {
    if (stream.is_busy(cycle)) ports |= stream.ports;
    changes = std::min(changes, stream.changes_after(cycle));
  }
  return ports;
}

Wanted MemoryPorts::grant(Cycles cycle, const Wanted& wanted, Cycles& changes) const {
  FreePorts free(kind_);
  free.take(array_ports(cycle, changes));
  Wanted granted;
  granted.vector = free.take(wanted.vector.at(memory_));
  const PortSet load = wanted.load.at(memory_), store = wanted.store.at(memory_);
  if (free.take_all(load)) granted.load = load;
  if (free.take_all(store)) granted.store = store;
  return granted;
}

Cycles MemoryPorts::first_free(Cycles from, PortSet wanted) const {
  constexpr int most_looks = 64;
  for (int looks = 0; looks < most_looks; ++looks) {
    Cycles changes = never;
    FreePorts free(kind_);
    free.take(array_ports(from, changes));
    if (!free.take(wanted.at(memory_)).empty() || changes == never) break;
    from = changes;
  }
  return from;
}

PortSet MemoryPorts::array_between(Cycles now, Cycles& until) const {
  PortSet ports;
  for (const Stream& stream : streams_) {
    if (stream.first > now) {
      until = std::min(until, stream.first);
    } else if (stream.end() > now) {
      until = std::min(until, stream.end());
      ports |= stream.ports;
    }
  }
  return ports;
}

PortSet MemoryPorts::reads_of_one_port() const {
  PortSet reads;
  if (kind_ != Ports::rw) return reads;
  for (int half = 2 * memory_; half < 2 * memory_ + 2; ++half) reads |= PortSet::of(half, false);
  return reads;
}

void MemoryPorts::count(PortSet ports, Cycles cycles) {
  use_.port_cycles += cycles * static_cast<Cycles>(std::popcount(ports.at(memory_).bits));
}

void MemoryPorts::count_conflicts(Engine engine, PortSet denied, Cycles cycles) {
  if (denied.touches(memory_)) use_.conflicts[static_cast<std::size_t>(engine)] += cycles;
}

void MemoryPorts::reset() {
  streams_.clear();
  use_ = {};
}

}  // namespace tricycle
