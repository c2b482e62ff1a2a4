// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <utility>

namespace tricycle {

/// The sequencer asks for a page.
struct PageTurn {
  std::uint32_t page;
  std::size_t entry;  ///< of the ledger, where its bytes are counted
};

/// How much of a page has come, from its start on.
struct PageArrival {
  std::uint32_t page;
  std::uint64_t bytes;
};

/// The two halves of an instruction memory as the sequencer knows them: one holds the page that it executes,
/// into the other comes the page behind that. Plain logic.
class PageHalves {
 public:
  /// Whether execution stands in this page.
  [[nodiscard]] bool is_at(std::uint32_t page) const { return here_.page == page; }
  /// Whether one of the halves is for this page.
  [[nodiscard]] bool has(std::uint32_t page) const { return here_.page == page || other_.page == page; }
  /// A page is to come, into the half in which execution does not stand.
  void expect(std::uint32_t page) { other_ = {page, 0}; }
  /// Execution goes on in the page of the other half.
  void turn() { std::swap(here_, other_); }
  void arrived(const PageArrival& arrival) {
    for (Half* half : {&here_, &other_}) {
      if (half->page == arrival.page) half->bytes = arrival.bytes;
    }
  }
  /// Bytes that have come of the page in which execution stands.
  [[nodiscard]] std::uint64_t bytes() const { return here_.bytes; }

 private:
  struct Half {
    std::uint32_t page = ~std::uint32_t{0};  ///< none
    std::uint64_t bytes = 0;
  };
  Half here_, other_;
};

}  // namespace tricycle
