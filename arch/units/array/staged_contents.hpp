// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <systemc>

#include "arch/isa/meaning.hpp"

namespace tricycle {

/// Sums on their way from the array to the output stage.
class StagedContents : public virtual sc_core::sc_interface {
 public:
  [[nodiscard]] virtual StagedSums& sums() = 0;
};

}  // namespace tricycle
