// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <utility>

#include "arch/isa/instruction.hpp"
#include "arch/units/countdown.hpp"

namespace tricycle {

/// A message posted in cycle t is seen in t + 1, never earlier, and a slot freed in t is free in t + 1: so no
/// result depends on the order in which processes run within a cycle. Whoever posts or frees wakes the other
/// side.
template <class T>
class Channel {
 public:
  explicit Channel(std::size_t capacity = ~std::size_t{0}) : capacity_(capacity) {}

  [[nodiscard]] bool can_post(Cycles now) const {
    return items_.size() + (freed_in_ == now ? freed_ : 0) < capacity_;
  }
  void post(Cycles now, T item) { items_.emplace_back(now, std::move(item)); }

  [[nodiscard]] bool has(Cycles now) const { return !items_.empty() && items_.front().first < now; }
  [[nodiscard]] const T& front() const { return items_.front().second; }
  T take(Cycles now) {
    if (freed_in_ != now) freed_ = 0;
    freed_in_ = now;
    ++freed_;
    T item = std::move(items_.front().second);
    items_.pop_front();
    return item;
  }
  void reset() {
    items_.clear();
    freed_in_ = never;
    freed_ = 0;
  }

 private:
  std::size_t capacity_;
  std::deque<std::pair<Cycles, T>> items_;  ///< the cycle it was posted in, item
  Cycles freed_in_ = never;
  std::size_t freed_ = 0;
};

/// One counting semaphore from each engine to each, the sequencer among those that are told: a post in cycle
/// t can be taken from t + 1 on.
class Semaphores {
 public:
  void post(Engine from, Engine to, Cycles now) {
    Pair& pair = at(from, to);
    pair.settle(now);
    pair.posted_in = now;
    ++pair.fresh;
  }
  [[nodiscard]] std::uint64_t available(Engine from, Engine to, Cycles now) {
    Pair& pair = at(from, to);
    pair.settle(now);
    return pair.visible;
  }
  /// There is a token from each engine of the set.
  [[nodiscard]] bool can_take(EngineSet from, Engine to, Cycles now) {
    for (int e = 0; e < engine_count; ++e) {
      if (from.has(static_cast<Engine>(e)) && available(static_cast<Engine>(e), to, now) == 0) return false;
    }
    return true;
  }
  /// Takes one token from each engine of the set, or none at all.
  bool take(EngineSet from, Engine to, Cycles now) {
    if (!can_take(from, to, now)) return false;
    for (int e = 0; e < engine_count; ++e) {
      if (from.has(static_cast<Engine>(e))) --at(static_cast<Engine>(e), to).visible;
    }
    return true;
  }
  void reset() { pairs_ = {}; }

 private:
  struct Pair {
    std::uint64_t visible = 0, fresh = 0;
    Cycles posted_in = 0;
    void settle(Cycles now) {
      if (posted_in < now) {
        visible += fresh;
        fresh = 0;
      }
    }
  };
  Pair& at(Engine from, Engine to) {
    return pairs_[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }
  std::array<std::array<Pair, engine_count + 1>, engine_count> pairs_{};
};

}  // namespace tricycle
