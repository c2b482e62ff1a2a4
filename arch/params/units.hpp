// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "support/choice.hpp"

namespace tricycle {

/// The hardware units to which events and parts belong: units.def and memories.def.
enum class UnitId : std::uint8_t {
#define UNIT(identifier, meaning) identifier,
#include "arch/params/units.def"
#undef UNIT
#define MEMORY(identifier, holds, meaning) identifier,
#include "arch/params/memories.def"
#undef MEMORY
};
inline constexpr std::size_t unit_count = 0
#define UNIT(identifier, meaning) +1
#include "arch/params/units.def"
#undef UNIT
#define MEMORY(identifier, holds, meaning) +1
#include "arch/params/memories.def"
#undef MEMORY
    ;
[[nodiscard]] const std::vector<std::string>& names_of(UnitId);

}  // namespace tricycle
