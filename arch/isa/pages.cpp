// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/pages.hpp"

#include <stdexcept>

namespace tricycle {

Pages::Pages(std::span<const Instruction> code, const Loops& loops, std::uint64_t memory_bytes) {
  std::vector<std::uint64_t> sizes;
  std::uint64_t all_bytes = 0;
  for (const Instruction& instruction : code) {
    sizes.push_back(static_cast<std::uint64_t>(encoded_bytes(instruction)));
    all_bytes += sizes.back();
  }
  page_bytes_ = all_bytes <= memory_bytes ? memory_bytes : memory_bytes / 2;
  for (std::uint32_t i = 0; i < code.size(); ++i) {
    if (sizes[i] > page_bytes_) throw std::invalid_argument("an instruction is longer than a page");
    if (pages_.empty() || pages_.back().bytes + sizes[i] > page_bytes_) pages_.push_back({i, i, 0});
    pages_.back().end = i + 1;
    pages_.back().bytes += sizes[i];
    page_of_.push_back(static_cast<std::uint32_t>(pages_.size() - 1));
    ends_.push_back(pages_.back().bytes);
  }
  returns_.resize(pages_.size());
  for (std::uint32_t i = 0; i < code.size(); ++i) {
    if (!std::holds_alternative<isa::End>(code[i].operation)) continue;
    const ProgramLoop& loop = loops.of(i);
    if (of(loop.body) != of(i)) returns_[of(i)].push_back({i, loop.body, loop.depth, loop.count});
  }
}

std::optional<std::uint32_t> Pages::after(const ProgramCounter& at) const {
  const std::uint32_t page = of(at.index());
  for (const Return& back : returns_[page]) {
    if (back.end >= at.index() && at.iterations()[back.depth] + 1 < back.count) return of(back.body);
  }
  return page + 1 < pages_.size() ? std::optional(page + 1) : std::nullopt;
}

}  // namespace tricycle
