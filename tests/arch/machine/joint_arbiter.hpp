// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "arch/units/memory/sram_demand.hpp"

namespace tricycle::test {

/// What is left of the ports in a cycle, given out in the order of priority.
class JointFreePorts {
 public:
  explicit JointFreePorts(const std::array<Ports, half_count>& ports) : ports_(&ports) {}
  /// Takes those that there are.
  PortSet take(PortSet wanted);
  /// Takes all, or none.
  bool take_all(PortSet wanted);

 private:
  const std::array<Ports, half_count>* ports_;  ///< of each half
  std::array<std::uint8_t, half_count> reads_{}, writes_{};
};

/// The oracle of `Arbiter`: one arbiter for all memories at once, with all their ports in one set. It was
/// written before the memories had arbiters of their own.
class JointArbiter {
 public:
  JointArbiter() = default;
  explicit JointArbiter(const MachineSpec& spec);
  void reset();

  /// Grants all cycles before `to`, which is no later than the present one.
  void settle(Cycles to);

  void feed(const std::vector<Stream>& streams);

  void start_vector(const VectorDemand& demand);
  [[nodiscard]] bool vector_takes_in() const { return position_ < vector_.cycles; }
  [[nodiscard]] Cycles vector_stalls() const { return vector_stalls_; }  ///< so far, in cycles
  /// To the last cycle of intake at the earliest.
  [[nodiscard]] Cycles vector_horizon() const;

  /// A burst of the load (store) engine that wants its port from cycle `from` on, behind those before.
  void write_burst(Cycles from, const BurstDemand& burst) { ask(loads_, from, burst); }
  void read_burst(Cycles from, const BurstDemand& burst) { ask(stores_, from, burst); }
  /// One that has had all its cycles, each once.
  bool take_written() { return take(loads_); }
  bool take_read() { return take(stores_); }
  [[nodiscard]] Cycles load_horizon() const { return horizon(loads_); }
  [[nodiscard]] Cycles store_horizon() const { return horizon(stores_); }

  [[nodiscard]] const std::array<MemoryUse, sram_count>& use() const { return use_; }

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

  void ask(Bursts& bursts, Cycles from, const BurstDemand& burst);
  static bool take(Bursts& bursts);
  [[nodiscard]] Cycles horizon(const Bursts& bursts) const;
  [[nodiscard]] Cycles first_free(Cycles from, PortSet wanted) const;
  [[nodiscard]] PortSet array_ports(Cycles cycle, Cycles& changes) const;
  [[nodiscard]] PortSet vector_ports() const;
  [[nodiscard]] Cycles vector_run() const;
  [[nodiscard]] Cycles quiet_until(Cycles to) const;
  [[nodiscard]] bool is_uncontested() const;
  void pass_freely(Cycles cycles);
  Cycles arbitrate(Cycles to);
  void count_ports(PortSet ports, Cycles cycles);
  void count_conflicts(Engine engine, PortSet denied, Cycles cycles);

  std::array<Ports, half_count> ports_{};  ///< of each half
  PortSet one_port_;                       ///< reads of the halves with one port
  Cycles settled_ = 0;
  std::vector<Stream> streams_;  ///< the array's, those that have not ended
  VectorDemand vector_;
  Cycles position_ = 0;  ///< cycles of intake that the vector unit has had
  PortSet served_;       ///< accesses of this one that it has had
  Cycles vector_stalls_ = 0;
  Bursts loads_, stores_;
  std::array<MemoryUse, sram_count> use_{};
};

}  // namespace tricycle::test
