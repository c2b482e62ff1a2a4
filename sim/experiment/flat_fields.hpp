// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "support/fields.hpp"

namespace tricycle {

/// Fields without sections and lists, as those of a request. Base class for code that expresses them in
/// another form.
class FlatFields : public Fields {
 public:
  using Fields::choice;
  using Fields::choices;
  void choices(const Key&, std::vector<int>&, const std::vector<std::string>&, Presence) override {}
  void section(const Key&, const std::function<void(Fields&)>&, Presence) override {}
  void list(const Key&, std::size_t, const std::function<void(std::size_t)>&,
            const std::function<void(Fields&, std::size_t)>&, Presence) override {}
  [[nodiscard]] Place place_of(const char*) const override { return {}; }
  void finish() const override {}
};

}  // namespace tricycle
