// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace tricycle {

/// A line of a component's datasheet, as "queue_depth", "8".
using Property = std::pair<std::string, std::string>;

/// What a machine is made of: modules and channels that go back to reset, and the scoreboard. The machine
/// finds its modules and channels by walking the tree of SystemC's objects.
class Component {
 public:
  Component() = default;
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;
  virtual ~Component() = default;

  /// To the state before cycle 0. Called between runs only.
  virtual void reset() = 0;
  /// What it is built as, for `tricycle run --tree`.
  [[nodiscard]] virtual std::vector<Property> properties() const { return {}; }
};

}  // namespace tricycle
