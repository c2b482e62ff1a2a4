// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tricycle {

/// The bank words that are wanted at the same time (rule R9 of docs/timing.md): in how many cycles do their
/// banks give them?
class BankCount {
 public:
  explicit BankCount(std::int64_t banks) : banks_(static_cast<std::size_t>(banks)) {}

  /// Nothing is wanted.
  void begin();
  /// Somebody wants a word. One that several want is given once.
  void add(std::int64_t bank, std::int64_t word);
  /// As many as there are words of the bank that has the most.
  [[nodiscard]] std::int64_t cycles() const { return most_; }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  struct OfBank {
    std::uint64_t part = 0;  ///< that it was last wanted in
    std::int64_t count = 0;
    std::size_t last = none;
  };
  struct Wanted {
    std::int64_t word;
    std::size_t before;  ///< of the same bank
  };
  std::vector<OfBank> banks_;
  std::vector<Wanted> words_;
  std::uint64_t part_ = 0;
  std::int64_t most_ = 0;
};

}  // namespace tricycle
