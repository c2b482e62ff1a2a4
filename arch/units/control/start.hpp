// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace tricycle {

/// How an inference starts. Cold: the program is in DRAM, and so are all data. Loaded: a program that
/// instruction memory holds whole is there. Warm: an inference went before, and what is loaded once is still
/// on chip, too.
enum class Start : std::uint8_t { cold, loaded, warm };

}  // namespace tricycle
