// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/choice.hpp"
#include "support/document.hpp"

namespace tricycle {

enum class Presence { required, optional };

/// The name of a field in a file, and its texts in help and reference pages.
struct Key {
  // NOLINTNEXTLINE(google-explicit-constructor): most keys are a name alone
  constexpr Key(const char* key, const char* what = "", const char* in = "", const char* without = "",
                const char* written = "")
      : name(key), meaning(what), unit(in), otherwise(without), form(written) {}
  const char* name;
  const char* meaning;    ///< in a few words, without the range
  const char* unit;       ///< `cycles`; "" for a pure number or a word
  const char* otherwise;  ///< meaning of an absent optional key whose default is not a value
  const char* form;       ///< required form of a word: `FROM:TO`
};

/// Whether a path in a file may also be the name of a preset.
enum class PathTo { file, preset };

/// The fields of a configuration struct. A struct describes its fields once, in a function `void
/// describe(Fields&, Spec&)`. Reading, writing back, help and reference pages all use this description. An
/// optional field that is absent keeps the value it has, which is its default.
class Fields {
 public:
  virtual ~Fields() = default;
  virtual void integer(const Key& key, std::int64_t& value, std::int64_t least, std::int64_t most,
                       Presence presence) = 0;
  virtual void number(const Key& key, double& value, double least, double most, Presence presence) = 0;
  virtual void text(const Key& key, std::string& value, Presence presence) = 0;
  /// The name of a file, relative to the file that has the field, or the name of a preset.
  virtual void path(const Key& key, std::string& value, PathTo to, Presence presence) = 0;
  virtual void boolean(const Key& key, bool& value, Presence presence) = 0;
  /// One of `names`; `value` is its index.
  virtual void choice(const Key& key, int& value, const std::vector<std::string>& names,
                      Presence presence) = 0;
  /// A list of distinct choices.
  virtual void choices(const Key& key, std::vector<int>& values, const std::vector<std::string>& names,
                       Presence presence) = 0;
  virtual void section(const Key& key, const std::function<void(Fields&)>& inside, Presence presence) = 0;
  /// A list of mappings. `inside(fields, i)` describes item i. When reading, `resize(n)` makes room for n
  /// items.
  virtual void list(const Key& key, std::size_t size, const std::function<void(std::size_t)>& resize,
                    const std::function<void(Fields&, std::size_t)>& inside, Presence presence) = 0;
  /// Whether an optional value without a default is present: when reading, in the file; else as `there` says.
  [[nodiscard]] virtual bool has(const Key& key, bool there) = 0;
  /// Whether values come from a file, so that rules between fields must be checked.
  [[nodiscard]] virtual bool is_reading() const { return false; }

  void integer(const Key& key, std::optional<std::int64_t>& value, std::int64_t least, std::int64_t most);
  void number(const Key& key, std::optional<double>& value, double least, double most);
  /// A choice of an enumeration: the names of its values (support/choice.hpp).
  template <class Enum>
  void choice(const Key& key, Enum& value, Presence presence) {
    int index = static_cast<int>(value);
    choice(key, index, names_of(value), presence);
    value = static_cast<Enum>(index);
  }
  template <class Enum>
  void choice(const Key& key, std::optional<Enum>& value) {
    if (!has(key, value.has_value())) return;
    Enum there = value.value_or(Enum{});
    choice(key, there, Presence::optional);
    value = there;
  }
  template <class Enum>
  void choices(const Key& key, std::vector<Enum>& values, Presence presence) {
    std::vector<int> indices;
    for (const Enum value : values) indices.push_back(static_cast<int>(value));
    choices(key, indices, names_of(Enum{}), presence);
    values.clear();
    for (const int index : indices) values.push_back(static_cast<Enum>(index));
  }

  /// The place of a described field, for rules between fields (meaningless when writing).
  [[nodiscard]] virtual Place place_of(const char* key) const = 0;
  /// Ends the description: any other key of the mapping is an error. A description with rules between fields
  /// calls this before the rules, so that a misspelt key is not taken for a missing key.
  virtual void finish() const = 0;
};

/// Reads a mapping strictly: unknown, missing and out-of-range keys are errors with a place.
class FieldReader : public Fields {
 public:
  /// `what` names the mapping in messages, such as "the array".
  FieldReader(const Document& mapping, std::string what);

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
  [[nodiscard]] bool has(const Key& key, bool there) override;
  [[nodiscard]] bool is_reading() const override { return true; }
  using Fields::choice;
  using Fields::choices;
  using Fields::integer;
  using Fields::number;
  [[nodiscard]] Place place_of(const char* key) const override;

  /// A sub-document that another reader will read as a whole; null when absent. finish() reports a missing
  /// required one.
  const Document* document(const Key& key, Presence presence);

  /// Errors: the first key of the mapping that was not claimed, with the nearest known key; else a missing
  /// required key.
  void finish() const override;

 private:
  const Document* claim(const Key& key, Presence presence);
  const Document* claim_scalar(const Key& key, Presence presence, const char* expected);
  void refuse_missing() const;
  static int index_of(const Document& scalar, const std::vector<std::string>& names, const char* key);

  const Document& mapping_;
  std::string what_;
  std::vector<std::string> known_;
  std::set<std::string> claimed_;
  std::string missing_;  ///< the first required key that is missing
};

/// How a writer treats an absent value: it leaves it out, or it writes the meaning of its absence, which no
/// reader accepts.
enum class Absent { left_out, said };

/// Writes the described fields as YAML text: all fields except empty words and lists, which no file can hold.
class FieldWriter : public Fields {
 public:
  explicit FieldWriter(std::string& out, int indent = 0, Absent absent = Absent::left_out)
      : out_(out), indent_(indent), absent_(absent) {}

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
  [[nodiscard]] bool has(const Key& key, bool there) override;
  [[nodiscard]] Place place_of(const char*) const override { return {}; }
  void finish() const override {}

 private:
  void line(const char* key, const std::string& value);
  void absent(const Key& key);
  std::string& out_;
  int indent_;
  Absent absent_;
};

/// Reads a whole mapping by the description of a struct.
template <class Spec>
void read_fields(const Document& mapping, const std::string& what, Spec& spec) {
  FieldReader reader(mapping, what);
  describe(reader, spec);
  reader.finish();
}

/// The text of a whole struct with every field.
template <class Spec>
std::string write_fields(const Spec& spec, int indent = 0, Absent absent = Absent::left_out) {
  std::string out;
  FieldWriter writer(out, indent, absent);
  Spec copy = spec;
  describe(writer, copy);
  return out;
}

/// Parses an integer of a configuration file: decimal, an optional minus sign, no leading zeros.
[[nodiscard]] bool parse_integer(const std::string& text, std::int64_t& value);
/// Parses a finite decimal number.
[[nodiscard]] bool parse_number(const std::string& text, double& value);
/// The shortest decimal text that reads back as the same number.
[[nodiscard]] std::string number_text(double value);

}  // namespace tricycle
