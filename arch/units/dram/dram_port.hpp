// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "arch/units/control/countdown.hpp"
#include "arch/units/dram/dram_request.hpp"

namespace tricycle {

/// What stands behind the DRAM unit, in core cycles: the ideal pipe or a device. Plain logic.
class DramPort {
 public:
  virtual ~DramPort() = default;
  virtual void accept(const DramRequest& request) = 0;
  virtual void advance(Cycles n) = 0;
  [[nodiscard]] virtual Cycles horizon() const = 0;
  [[nodiscard]] virtual bool due() const = 0;
  virtual DramRequest finish() = 0;
  /// Bursts are under way.
  [[nodiscard]] virtual bool moving() const = 0;
  virtual void reset() = 0;
  /// After a run: lets what is written reach its rows, and says what was done.
  virtual DramDone settle() { return {}; }
};

}  // namespace tricycle
