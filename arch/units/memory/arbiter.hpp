// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <deque>

#include "arch/units/memory/memory_ports.hpp"

namespace tricycle {

/// How far the vector unit, the load and the store engine get with their accesses to the on-chip memories.
/// Each memory says whom it serves in a cycle (`MemoryPorts`). A vector instruction wants several memories in
/// a cycle and goes on when all have served it. A transfer's bursts are served one after another, each once.
/// What is asked for in a cycle is granted when a later cycle has come and everybody has said what it wants
/// (`settle`), so nothing depends on the order in which they ask (rules R1 to R6 of docs/timing.md). Plain
/// logic.
class Arbiter {
 public:
  using Memories = std::array<MemoryPorts*, sram_count>;
  Arbiter() = default;
  explicit Arbiter(const Memories& memories);
  void reset();

  /// Grants all cycles before `to`, which is no later than the present one.
  void settle(Cycles to);

  void feed(const std::vector<Stream>& streams);

  void start_vector(const VectorDemand& demand);
  [[nodiscard]] bool vector_takes_in() const { return position_ < vector_.cycles; }
  [[nodiscard]] Cycles vector_stalls() const { return vector_stalls_; }  ///< so far, in cycles
  /// To the last cycle of intake at the earliest.
  [[nodiscard]] Cycles vector_horizon() const;

  /// The lines of the load engine, which comes first, and of the store engine.
  enum Line : std::size_t { load, store };
  /// A burst that wants its port from cycle `from` on, behind those before.
  void ask(Line line, Cycles from, const BurstDemand& burst);
  /// The burst asked for last, in this same cycle, wants so many cycles more.
  void ask_more(Line line, Cycles cycles);
  /// A burst that has had all its cycles, each once.
  bool take(Line line);
  [[nodiscard]] Cycles horizon(Line line) const;

 private:
  struct Bursts {
    struct Waiting {
      Cycles from;
      BurstDemand left;
    };
    std::deque<Waiting> waiting;
    std::uint64_t moved = 0;

    [[nodiscard]] bool wants(Cycles cycle) const { return !waiting.empty() && waiting.front().from <= cycle; }
    void move(Cycles cycles);
  };

  [[nodiscard]] PortSet vector_ports() const;
  [[nodiscard]] Cycles vector_run() const;
  [[nodiscard]] Cycles first_free(Cycles from, PortSet wanted) const;
  [[nodiscard]] PortSet wanted_by(Line line) const;
  [[nodiscard]] bool is_uncontested(PortSet of_array) const;
  Cycles pass_freely(Cycles cycles);
  Cycles arbitrate(Cycles to);
  void serve_vector(PortSet granted, PortSet denied, Cycles cycles);
  void count_conflicts(Engine engine, PortSet denied, Cycles cycles);

  Memories memories_{};
  PortSet one_port_;  ///< reads at memories with one port
  Cycles settled_ = 0;
  VectorDemand vector_;
  Cycles position_ = 0;  ///< cycles of intake that the vector unit has had
  PortSet served_;       ///< accesses of this one that it has had
  Cycles vector_stalls_ = 0;
  std::array<Bursts, 2> bursts_;  ///< by line
};

}  // namespace tricycle
