// SPDX-License-Identifier: Apache-2.0
#include "support/field_list.hpp"

#include <fmt/format.h>

namespace tricycle {

FieldEntry& FieldList::add(const Key& key, const std::string& type, const std::string& standard,
                           Presence presence) {
  const bool required = presence == Presence::required;
  const std::string otherwise = *key.otherwise == '\0' ? standard : key.otherwise;
  out_.push_back({prefix_ + key.name, type, "", required ? "required" : otherwise, key.unit, key.meaning});
  return out_.back();
}

void FieldList::integer(const Key& key, std::int64_t& value, std::int64_t least, std::int64_t most,
                        Presence presence) {
  add(key, "integer", std::to_string(value), presence).range = fmt::format("{} to {}", least, most);
}

void FieldList::number(const Key& key, double& value, double least, double most, Presence presence) {
  add(key, "number", number_text(value), presence).range = fmt::format("{} to {}", least, most);
}

void FieldList::text(const Key& key, std::string& value, Presence presence) {
  add(key, "word", value, presence).range = key.form;
}

void FieldList::path(const Key& key, std::string& value, PathTo to, Presence presence) {
  add(key, to == PathTo::file ? "file" : "preset or file", value, presence);
}

void FieldList::boolean(const Key& key, bool& value, Presence presence) {
  add(key, "true or false", value ? "true" : "false", presence);
}

void FieldList::choice(const Key& key, int& value, const std::vector<std::string>& names, Presence presence) {
  add(key, "one of", names.at(static_cast<std::size_t>(value)), presence).range = either(names);
}

void FieldList::choices(const Key& key, std::vector<int>& values, const std::vector<std::string>& names,
                        Presence presence) {
  std::string standard;
  for (const int value : values)
    standard += (standard.empty() ? "[" : ", ") + names.at(static_cast<std::size_t>(value));
  add(key, "list of", standard + (standard.empty() ? "" : "]"), presence).range = either(names);
}

void FieldList::section(const Key& key, const std::function<void(Fields&)>& inside, Presence presence) {
  add(key, "section", "", presence).section = true;
  FieldList list(out_, prefix_ + key.name + ".");
  inside(list);
}

void FieldList::list(const Key& key, std::size_t, const std::function<void(std::size_t)>& resize,
                     const std::function<void(Fields&, std::size_t)>& inside, Presence presence) {
  add(key, "list", "", presence).section = true;
  resize(1);
  FieldList list(out_, prefix_ + key.name + "[].");
  inside(list, 0);
}

}  // namespace tricycle
