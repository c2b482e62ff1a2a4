// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "arch/params/machine.hpp"

namespace tricycle {

/// A part that works better than one that could be built, or has no price.
struct Ideal {
  std::string key;   ///< of the machine, which asks for it
  std::string what;  ///< in words
};

/// What a machine takes to be ideal.
[[nodiscard]] std::vector<Ideal> ideals_of(const MachineSpec& spec);

}  // namespace tricycle
