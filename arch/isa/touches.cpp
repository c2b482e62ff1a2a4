// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/touches.hpp"

#include <algorithm>
#include <bit>

namespace tricycle {

LatestNumbers::LatestNumbers(std::size_t places) : nodes_(2 * std::bit_ceil(places)) {
  if (places == 0) nodes_.clear();
}

void LatestNumbers::write(std::size_t begin, std::size_t end, std::uint32_t number) {
  const std::size_t leaves = nodes_.size() / 2;
  for (std::size_t low = begin + leaves, high = end + leaves; low < high; low /= 2, high /= 2) {
    ++visits_;
    if (low % 2 == 1) nodes_[low++] = {number, number};
    if (high % 2 == 1) nodes_[--high] = {number, number};
  }
  for (const std::size_t place : {begin, end - 1}) {
    for (std::size_t node = (place + leaves) / 2; node > 0; node /= 2, ++visits_)
      nodes_[node].latest = number;
  }
}

std::uint32_t LatestNumbers::latest(std::size_t begin, std::size_t end) const {
  if (empty() || begin >= end) return 0;
  const std::size_t leaves = nodes_.size() / 2;
  std::uint32_t number = 0;
  for (std::size_t low = begin + leaves, high = end + leaves; low < high; low /= 2, high /= 2) {
    ++visits_;
    if (low % 2 == 1) number = std::max(number, nodes_[low++].latest);
    if (high % 2 == 1) number = std::max(number, nodes_[--high].latest);
  }
  // A number that was written over a whole node is not stored in the nodes below it. So the nodes above both
  // ends count too.
  for (const std::size_t place : {begin, end - 1}) {
    for (std::size_t node = (place + leaves) / 2; node > 0; node /= 2, ++visits_)
      number = std::max(number, nodes_[node].whole);
  }
  return number;
}

namespace {

void sort_bounds(std::vector<std::uint64_t>& bounds) {
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
}

}  // namespace

Touches::Touches(const std::vector<Instruction>& code, const Loops& loops, const MachineSpec& spec) {
  // Loops come back to the same bounds again and again: these are sorted out before they fill memory.
  constexpr std::size_t least_sorted = 1 << 16;
  std::array<std::size_t, memory_count> sorted_at{};
  sorted_at.fill(least_sorted);
  for_each_issued(code, loops, [&](const Issued& issued) {
    for (const Access& access : footprint(issued.instruction, spec)) {
      const auto memory = static_cast<std::size_t>(access.memory);
      std::vector<std::uint64_t>& bounds = bounds_[memory];
      bounds.push_back(access.address);
      bounds.push_back(access.end());
      if (bounds.size() < sorted_at[memory]) continue;
      sort_bounds(bounds);
      sorted_at[memory] = std::max(least_sorted, 2 * bounds.size());
    }
  });
  for (std::vector<std::uint64_t>& bounds : bounds_) sort_bounds(bounds);
}

Touches::Stretch Touches::stretch_of(const Access& access) const {
  const std::vector<std::uint64_t>& bounds = bounds_[static_cast<std::size_t>(access.memory)];
  const auto place = [&](std::uint64_t bound) {
    return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), bound) - bounds.begin());
  };
  return {place(access.address), place(access.end())};
}

void Touches::add(std::size_t engine, std::uint32_t number, const std::vector<Access>& accesses) {
  for (const Access& access : accesses) {
    const auto [begin, end] = stretch_of(access);
    if (begin == end) continue;
    const auto memory = static_cast<std::size_t>(access.memory);
    auto& [touched, written] = latest_[engine][memory];
    if (touched.empty()) touched = LatestNumbers(bounds_[memory].size());
    touched.write(begin, end, number);
    if (!access.write) continue;
    if (written.empty()) written = LatestNumbers(bounds_[memory].size());
    written.write(begin, end, number);
  }
}

std::uint32_t Touches::last_conflict(std::size_t engine, const std::vector<Access>& accesses) const {
  std::uint32_t last = 0;
  for (const Access& access : accesses) {
    const auto& [touched, written] = latest_[engine][static_cast<std::size_t>(access.memory)];
    const LatestNumbers& those = access.write ? touched : written;
    if (those.empty()) continue;
    const auto [begin, end] = stretch_of(access);
    last = std::max(last, those.latest(begin, end));
  }
  return last;
}

}  // namespace tricycle
