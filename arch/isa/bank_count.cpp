// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/bank_count.hpp"

#include <algorithm>

namespace tricycle {

void BankCount::begin() {
  ++part_;
  words_.clear();
  most_ = 0;
}

void BankCount::add(std::int64_t bank, std::int64_t word) {
  OfBank& of = banks_[static_cast<std::size_t>(bank)];
  if (of.part != part_) of = {part_, 0, none};
  for (std::size_t k = of.last; k != none; k = words_[k].before) {
    if (words_[k].word == word) return;
  }
  words_.push_back({word, of.last});
  of.last = words_.size() - 1;
  most_ = std::max(most_, ++of.count);
}

}  // namespace tricycle
