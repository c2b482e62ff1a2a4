// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "arch/params/units.hpp"

namespace tricycle {

/// The events of counters.def, `unit_name`.
enum class Counter : std::uint8_t {
#define COUNTER(unit, name, measure, pricing, meaning) unit##_##name,
#include "arch/params/counters.def"
#undef COUNTER
};

inline constexpr int counter_count = 0
#define COUNTER(unit, name, measure, pricing, meaning) +1
#include "arch/params/counters.def"
#undef COUNTER
    ;

struct CounterInfo {
  UnitId unit;
  std::string name;     ///< reports and tech tables call it `unit.name`
  std::string measure;  ///< events, bytes, accesses, ...
  bool priced;
  std::string meaning;
  [[nodiscard]] std::string full_name() const { return name_of(unit) + "." + name; }
};

[[nodiscard]] const std::vector<CounterInfo>& counter_infos();

/// The count of each event.
struct CounterSet {
  std::array<std::uint64_t, counter_count> counts{};

  std::uint64_t& operator[](Counter counter) { return counts[static_cast<std::size_t>(counter)]; }
  std::uint64_t operator[](Counter counter) const { return counts[static_cast<std::size_t>(counter)]; }
  CounterSet& operator+=(const CounterSet& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    return *this;
  }
  bool operator==(const CounterSet&) const = default;
};

}  // namespace tricycle
