// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "arch/isa/footprint.hpp"

namespace tricycle {

/// The largest of the numbers that were written over any part of a stretch. Numbers never fall from one write
/// to the next, so a tree holds them: writing and reading visit a few nodes of each of its levels.
class LatestNumbers {
 public:
  explicit LatestNumbers(std::size_t places = 0);
  void write(std::size_t begin, std::size_t end, std::uint32_t number);
  [[nodiscard]] std::uint32_t latest(std::size_t begin, std::size_t end) const;
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  /// Nodes that were looked at so far, which tests hold to be few.
  [[nodiscard]] std::uint64_t visits() const { return visits_; }

 private:
  struct Node {
    std::uint32_t whole = 0;   ///< written over all of it
    std::uint32_t latest = 0;  ///< written over any part of it
  };
  mutable std::uint64_t visits_ = 0;
  std::vector<Node> nodes_;  ///< the root is node 1, the children of node i are 2 i and 2 i + 1
};

/// Which of an engine's instructions, numbered from 1, touched what last. It answers for any instruction
/// which of those before it conflicts with it, without a walk over all of them.
class Touches {
 public:
  /// Of the instructions of a program: their accesses are valid.
  Touches(const std::vector<Instruction>& code, const MachineSpec& spec);

  /// An engine's instruction `number` has these accesses; those before it are there already.
  void add(std::size_t engine, std::uint32_t number, const std::vector<Access>& accesses);
  /// The last instruction of an engine that conflicts with any of some accesses; 0 where none does.
  [[nodiscard]] std::uint32_t last_conflict(std::size_t engine, const std::vector<Access>& accesses) const;

 private:
  struct Stretch {
    std::size_t begin, end;
  };
  [[nodiscard]] Stretch stretch_of(const Access& access) const;

  std::array<std::vector<std::uint64_t>, memory_count> bounds_;  ///< of all accesses, in order
  struct Latest {
    LatestNumbers touched, written;
  };
  std::array<std::array<Latest, memory_count>, engine_count> latest_;
};

}  // namespace tricycle
