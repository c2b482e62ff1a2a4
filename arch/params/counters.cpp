// SPDX-License-Identifier: Apache-2.0
#include "arch/params/counters.hpp"
#include "arch/params/units.hpp"

namespace tricycle {

const std::vector<CounterInfo>& counter_infos() {
  constexpr bool priced = true;
  constexpr bool plain = false;
  static const std::vector<CounterInfo> infos = {
#define COUNTER(unit, name, measure, pricing, meaning) {UnitId::unit, #name, #measure, pricing, meaning},
#include "arch/params/counters.def"
#undef COUNTER
  };
  return infos;
}

}  // namespace tricycle
