// SPDX-License-Identifier: Apache-2.0
#include "support/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "support/files.hpp"

namespace tricycle {

bool parse_integer(const std::string& text, std::int64_t& value) {
  const std::size_t digits = text.empty() || text[0] != '-' ? 0 : 1;
  if (text.size() > digits + 1 && text[digits] == '0') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_number(const std::string& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

std::string number_text(double value) {
  return fmt::format("{}", value);
}

namespace {

const char* kind_name(const Document& node) {
  return node.kind == Document::Kind::sequence ? "list" : "mapping";
}

}  // namespace

void Fields::integer(const Key& key, std::optional<std::int64_t>& value, std::int64_t least,
                     std::int64_t most) {
  if (!has(key, value.has_value())) return;
  std::int64_t there = value.value_or(least);
  integer(key, there, least, most, Presence::optional);
  value = there;
}

void Fields::number(const Key& key, std::optional<double>& value, double least, double most) {
  if (!has(key, value.has_value())) return;
  double there = value.value_or(least);
  number(key, there, least, most, Presence::optional);
  value = there;
}

FieldReader::FieldReader(const Document& mapping, std::string what)
    : mapping_(mapping), what_(std::move(what)) {
  if (mapping.kind != Document::Kind::mapping) {
    throw InputError(mapping.place, "expected " + what_ + " as a mapping of keys to values");
  }
}

const Document* FieldReader::claim(const Key& key, Presence presence) {
  if (claimed_.insert(key.name).second) known_.emplace_back(key.name);
  const Document* node = mapping_.find(key.name);
  // A misspelt key is a likelier cause than a forgotten one. Which keys are misspelt is known only when all
  // keys have been claimed, so finish() reports it.
  if (node == nullptr && presence == Presence::required && missing_.empty()) missing_ = key.name;
  return node;
}

void FieldReader::refuse_missing() const {
  if (missing_.empty()) return;
  std::string hint;
  const std::vector<std::string> wanted = {missing_};
  for (const auto& entry : mapping_.entries) {
    const bool is_near = claimed_.count(entry.first) == 0 && !nearest_word(entry.first, wanted).empty();
    if (is_near && hint.empty()) hint = "; is '" + entry.first + "' a misspelling of it?";
  }
  throw InputError(mapping_.place, what_ + " needs the key '" + missing_ + "'" + hint);
}

const Document* FieldReader::claim_scalar(const Key& key, Presence presence, const char* expected) {
  const Document* node = claim(key, presence);
  if (node != nullptr && node->kind != Document::Kind::scalar) {
    throw InputError(node->place,
                     std::string("'") + key.name + "' expects " + expected + ", not a " + kind_name(*node));
  }
  return node;
}

void FieldReader::integer(const Key& key, std::int64_t& value, std::int64_t least, std::int64_t most,
                          Presence presence) {
  const Document* node = claim_scalar(key, presence, "an integer");
  if (node == nullptr) return;
  std::int64_t read = 0;
  if (!parse_integer(node->scalar, read) || read < least || read > most) {
    throw InputError(node->place, fmt::format("'{}' expects an integer from {} to {}, not '{}'", key.name,
                                              least, most, node->scalar));
  }
  value = read;
}

void FieldReader::number(const Key& key, double& value, double least, double most, Presence presence) {
  const Document* node = claim_scalar(key, presence, "a number");
  if (node == nullptr) return;
  double read = 0;
  if (!parse_number(node->scalar, read) || read < least || read > most) {
    throw InputError(node->place, fmt::format("'{}' expects a number from {} to {}, not '{}'", key.name,
                                              least, most, node->scalar));
  }
  value = read;
}

void FieldReader::text(const Key& key, std::string& value, Presence presence) {
  const Document* node = claim_scalar(key, presence, "a word");
  if (node == nullptr) return;
  if (node->scalar.empty())
    throw InputError(node->place, std::string("'") + key.name + "' expects a word, not nothing");
  value = node->scalar;
}

void FieldReader::path(const Key& key, std::string& value, PathTo to, Presence presence) {
  text(key, value, presence);
  const Document* node = mapping_.find(key.name);
  if (node != nullptr) value = path_beside(value, node->place, to == PathTo::preset);
}

void FieldReader::boolean(const Key& key, bool& value, Presence presence) {
  const Document* node = claim_scalar(key, presence, "true or false");
  if (node == nullptr) return;
  if (node->scalar != "true" && node->scalar != "false") {
    throw InputError(node->place,
                     fmt::format("'{}' expects true or false, not '{}'", key.name, node->scalar));
  }
  value = node->scalar == "true";
}

int FieldReader::index_of(const Document& scalar, const std::vector<std::string>& names, const char* key) {
  const auto at = std::find(names.begin(), names.end(), scalar.scalar);
  if (at == names.end()) {
    throw InputError(scalar.place, fmt::format("'{}' expects {}, not '{}'{}", key, either(names),
                                               scalar.scalar, did_you_mean(scalar.scalar, names)));
  }
  return static_cast<int>(at - names.begin());
}

void FieldReader::choice(const Key& key, int& value, const std::vector<std::string>& names,
                         Presence presence) {
  const Document* node = claim_scalar(key, presence, either(names).c_str());
  if (node != nullptr) value = index_of(*node, names, key.name);
}

void FieldReader::choices(const Key& key, std::vector<int>& values, const std::vector<std::string>& names,
                          Presence presence) {
  const Document* node = claim(key, presence);
  if (node == nullptr) return;
  if (node->kind != Document::Kind::sequence || node->items.empty()) {
    throw InputError(node->place, fmt::format("'{}' expects a list of {}", key.name, either(names)));
  }
  values.clear();
  for (const Document& item : node->items) {
    if (item.kind != Document::Kind::scalar) {
      throw InputError(item.place,
                       fmt::format("'{}' expects {}, not a {}", key.name, either(names), kind_name(item)));
    }
    const int index = index_of(item, names, key.name);
    if (std::find(values.begin(), values.end(), index) != values.end()) {
      throw InputError(item.place, fmt::format("'{}' stands twice in '{}'", item.scalar, key.name));
    }
    values.push_back(index);
  }
}

void FieldReader::section(const Key& key, const std::function<void(Fields&)>& inside, Presence presence) {
  const Document* node = claim(key, presence);
  if (node == nullptr) return;
  FieldReader reader(*node, std::string("'") + key.name + "'");
  inside(reader);
  reader.finish();
}

void FieldReader::list(const Key& key, std::size_t, const std::function<void(std::size_t)>& resize,
                       const std::function<void(Fields&, std::size_t)>& inside, Presence presence) {
  const Document* node = claim(key, presence);
  if (node == nullptr) return;
  if (node->kind != Document::Kind::sequence || node->items.empty()) {
    throw InputError(node->place, fmt::format("'{}' expects a list with at least one entry", key.name));
  }
  resize(node->items.size());
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    FieldReader reader(node->items[i], fmt::format("entry {} of '{}'", i + 1, key.name));
    inside(reader, i);
    reader.finish();
  }
}

const Document* FieldReader::document(const Key& key, Presence presence) {
  return claim(key, presence);
}

bool FieldReader::has(const Key& key, bool) {
  return claim(key, Presence::optional) != nullptr;
}

Place FieldReader::place_of(const char* key) const {
  refuse_missing();  // a missing key is the error, not a rule that fails on its default
  const Document* node = mapping_.find(key);
  return node != nullptr ? node->place : mapping_.place;
}

void FieldReader::finish() const {
  for (std::size_t i = 0; i < mapping_.entries.size(); ++i) {
    const std::string& key = mapping_.entries[i].first;
    if (claimed_.count(key) != 0) continue;
    const std::string hint = did_you_mean(key, known_);
    throw InputError(
        mapping_.key_places[i],
        "unknown key '" + key + "'" + (hint.empty() ? "; " + what_ + " knows " + either(known_) : hint));
  }
  refuse_missing();
}

void FieldWriter::line(const char* key, const std::string& value) {
  out_ += std::string(static_cast<std::size_t>(indent_), ' ') + key + ":" +
          (value.empty() ? "" : " " + value) + "\n";
}

void FieldWriter::integer(const Key& key, std::int64_t& value, std::int64_t, std::int64_t, Presence) {
  line(key.name, std::to_string(value));
}
void FieldWriter::number(const Key& key, double& value, double, double, Presence) {
  line(key.name, number_text(value));
}
void FieldWriter::boolean(const Key& key, bool& value, Presence) {
  line(key.name, value ? "true" : "false");
}
void FieldWriter::choice(const Key& key, int& value, const std::vector<std::string>& names, Presence) {
  line(key.name, names.at(static_cast<std::size_t>(value)));
}

bool FieldWriter::has(const Key& key, bool there) {
  if (!there) absent(key);
  return there;
}

void FieldWriter::absent(const Key& key) {
  if (absent_ == Absent::said && *key.otherwise != '\0') line(key.name, key.otherwise);
}

void FieldWriter::path(const Key& key, std::string& value, PathTo, Presence presence) {
  text(key, value, presence);
}

void FieldWriter::text(const Key& key, std::string& value, Presence) {
  if (value.empty()) return absent(key);  // no reader takes an empty word: an optional key is absent
  std::string quoted = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  line(key.name, quoted + "\"");
}

void FieldWriter::choices(const Key& key, std::vector<int>& values, const std::vector<std::string>& names,
                          Presence) {
  if (values.empty()) return;  // as with an empty word
  std::string joined;
  for (const int value : values) {
    joined += (joined.empty() ? "" : ", ") + names.at(static_cast<std::size_t>(value));
  }
  line(key.name, "[" + joined + "]");
}

void FieldWriter::section(const Key& key, const std::function<void(Fields&)>& inside, Presence) {
  std::string content;
  FieldWriter writer(content, indent_ + 2, absent_);
  inside(writer);
  line(key.name, content.empty() ? "{}" : "");
  out_ += content;
}

void FieldWriter::list(const Key& key, std::size_t size, const std::function<void(std::size_t)>&,
                       const std::function<void(Fields&, std::size_t)>& inside, Presence) {
  if (size == 0) return;  // as with an empty word
  line(key.name, "");
  for (std::size_t i = 0; i < size; ++i) {
    std::string item;
    FieldWriter writer(item, indent_ + 4, absent_);
    inside(writer, i);
    if (item.empty()) item = std::string(static_cast<std::size_t>(indent_) + 4, ' ') + "{}\n";
    item[static_cast<std::size_t>(indent_) + 2] = '-';
    out_ += item;
  }
}

}  // namespace tricycle
