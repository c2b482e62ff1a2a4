// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "support/fields.hpp"

namespace tricycle {

/// One field of a description for help and reference pages.
struct FieldEntry {
  std::string key;  ///< with the keys of its sections: `array.rows`; in a list `folding[].lanes`
  std::string
      type;  ///< `integer`, `number`, `word`, `file`, `preset or file`, `true or false`, `one of`, ...
  std::string range;
  std::string standard;  ///< the default, or `required`
  std::string unit, meaning;
  bool section = false;  ///< it has other entries below it
};

/// Collects the described fields. A list is described once, as if it had one element.
class FieldList : public Fields {
 public:
  explicit FieldList(std::vector<FieldEntry>& out, std::string prefix = "")
      : out_(out), prefix_(std::move(prefix)) {}

  void integer(const Key& key, std::int64_t& value, std::int64_t least, std::int64_t most,
               Presence presence) override;
  void number(const Key& key, double& value, double least, double most, Presence presence) override;
  void text(const Key& key, std::string& value, Presence presence) override;
  void path(const Key& key, std::string& value, PathTo to, Presence presence) override;
  void boolean(const Key& key, bool& value, Presence presence) override;
  void choice(const Key& key, int& value, const std::vector<std::string>& names, Presence presence) override;
  void choices(const Key& key, std::vector<int>& values, const std::vector<std::string>& names,
               Presence presence) override;
  void section(const Key& key, const std::function<void(Fields&)>& inside, Presence presence) override;
  void list(const Key& key, std::size_t size, const std::function<void(std::size_t)>& resize,
            const std::function<void(Fields&, std::size_t)>& inside, Presence presence) override;
  using Fields::choice;
  using Fields::choices;
  [[nodiscard]] bool has(const Key&, bool) override { return true; }
  [[nodiscard]] Place place_of(const char*) const override { return {}; }
  void finish() const override {}

 private:
  FieldEntry& add(const Key& key, const std::string& type, const std::string& standard, Presence presence);

  std::vector<FieldEntry>& out_;
  std::string prefix_;
};

/// The fields of a struct with its defaults. Their keys begin with `prefix`.
template <class Spec>
[[nodiscard]] std::vector<FieldEntry> list_fields(Spec defaults, const std::string& prefix = "") {
  std::vector<FieldEntry> entries;
  FieldList list(entries, prefix);
  describe(list, defaults);
  return entries;
}

}  // namespace tricycle
