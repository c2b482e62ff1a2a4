// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "arch/isa/footprint.hpp"
#include "arch/isa/loops.hpp"

namespace tricycle {

/// The largest number that was written to any part of a stretch. Numbers never decrease from one write to the
/// next, so a tree can hold them: writes and reads visit a few nodes of each level.
class LatestNumbers {
 public:
  explicit LatestNumbers(std::size_t places = 0);
  void write(std::size_t begin, std::size_t end, std::uint32_t number);
  [[nodiscard]] std::uint32_t latest(std::size_t begin, std::size_t end) const;
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  /// Nodes visited so far. Tests check that they are few.
  [[nodiscard]] std::uint64_t visits() const { return visits_; }

 private:
  struct Node {
    std::uint32_t whole = 0;   ///< the last number written to all of the node
    std::uint32_t latest = 0;  ///< the last number written to any part of it
  };
  mutable std::uint64_t visits_ = 0;
  std::vector<Node> nodes_;  ///< the root is node 1, the children of node i are 2 i and 2 i + 1
};

/// The last instruction of each engine that touched each part of memory. An engine's instructions are
/// numbered from 1. For any instruction it finds the last earlier conflicting instruction, without a walk
/// over all earlier ones.
class Touches {
 public:
  /// For the instructions that a program issues. Their accesses must be valid.
  Touches(const std::vector<Instruction>& code, const Loops& loops, const MachineSpec& spec);

  /// Adds the accesses of an engine's instruction `number`. The engine's earlier instructions must have been
  /// added.
  void add(std::size_t engine, std::uint32_t number, const std::vector<Access>& accesses);
  /// The last instruction of an engine that conflicts with any of `accesses`; 0 where none does.
  [[nodiscard]] std::uint32_t last_conflict(std::size_t engine, const std::vector<Access>& accesses) const;

 private:
  struct Stretch {
    std::size_t begin, end;
  };
  [[nodiscard]] Stretch stretch_of(const Access& access) const;

  std::array<std::vector<std::uint64_t>, memory_count> bounds_;  ///< begins and ends of accesses, in order
  struct Latest {
    LatestNumbers touched, written;
  };
  std::array<std::array<Latest, memory_count>, engine_count> latest_;
};

}  // namespace tricycle
