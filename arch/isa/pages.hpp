// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arch/isa/loops.hpp"

namespace tricycle {

/// A program in pages, as it lies in DRAM: one page of all that instruction memory holds whole, else pages of
/// half of it. Each page takes as many instructions as fit, in program order; none lies in two pages.
class Pages {
 public:
  struct Page {
    std::uint32_t first, end;  ///< its instructions: from `first` to the one before `end`
    std::uint64_t bytes;       ///< encoded
  };

  /// One page of all where the program has no more than `memory_bytes`, else pages of half as many. Throws
  /// std::invalid_argument where an instruction is longer than a page.
  Pages(std::span<const Instruction> code, const Loops& loops, std::uint64_t memory_bytes);

  [[nodiscard]] const std::vector<Page>& all() const { return pages_; }
  /// Bytes from the start of one page to that of the next.
  [[nodiscard]] std::uint64_t page_bytes() const { return page_bytes_; }
  /// What they take in DRAM.
  [[nodiscard]] std::uint64_t bytes_in_dram() const {
    return pages_.size() > 1 ? pages_.size() * page_bytes_ : pages_.empty() ? 0 : pages_[0].bytes;
  }
  /// The page of an instruction.
  [[nodiscard]] std::uint32_t of(std::uint32_t instruction) const { return page_of_[instruction]; }
  /// Bytes from the start of its page to the end of an instruction.
  [[nodiscard]] std::uint64_t end_of(std::uint32_t instruction) const { return ends_[instruction]; }
  /// The page in which execution goes on when it leaves the one where it stands; nothing where it halts in
  /// this one. Loops are counted, so it is known beforehand.
  [[nodiscard]] std::optional<std::uint32_t> after(const ProgramCounter& at) const;

 private:
  /// The end of a loop that began in an earlier page.
  struct Return {
    std::uint32_t end;   ///< the instruction
    std::uint32_t body;  ///< where its loop goes on
    std::uint32_t depth, count;
  };

  std::vector<Page> pages_;
  std::uint64_t page_bytes_ = 0;
  std::vector<std::uint32_t> page_of_;
  std::vector<std::uint64_t> ends_;
  std::vector<std::vector<Return>> returns_;  ///< of each page, in program order
};

}  // namespace tricycle
