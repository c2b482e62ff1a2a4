// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "support/document.hpp"

namespace tricycle {

enum class Presence { required, optional };

/// What a configuration struct consists of. A struct describes its fields once, in a function
/// `void describe(Fields&, Spec&)`; reading, writing back and documentation all come from that description.
/// An optional field that is absent keeps the value it has, which is its default.
class Fields {
 public:
  virtual ~Fields() = default;
  virtual void integer(const char* key, std::int64_t& value, std::int64_t least, std::int64_t most,
                       Presence presence) = 0;
  virtual void number(const char* key, double& value, double least, double most, Presence presence) = 0;
  virtual void text(const char* key, std::string& value, Presence presence) = 0;
  virtual void boolean(const char* key, bool& value, Presence presence) = 0;
  /// One of `names`; `value` is its index.
  virtual void choice(const char* key, int& value, const std::vector<std::string>& names,
                      Presence presence) = 0;
  /// A list of distinct choices.
  virtual void choices(const char* key, std::vector<int>& values, const std::vector<std::string>& names,
                       Presence presence) = 0;
  virtual void section(const char* key, const std::function<void(Fields&)>& inside, Presence presence) = 0;
  /// A list of mappings; `inside(fields, i)` describes item i, `resize(n)` makes room when reading.
  virtual void list(const char* key, std::size_t size, const std::function<void(std::size_t)>& resize,
                    const std::function<void(Fields&, std::size_t)>& inside, Presence presence) = 0;
  /// The place of a field just described, for rules between fields (meaningless when writing).
  [[nodiscard]] virtual Place place_of(const char* key) const = 0;
  /// Every field has been described: what else the mapping holds is an error. A description with rules
  /// between fields says so before them, so that a misspelt key is not taken for one left out.
  virtual void finish() const = 0;
};

/// Reads a mapping strictly: unknown, missing and out-of-range keys are errors with a place.
class FieldReader : public Fields {
 public:
  /// `what` names the mapping in messages, such as "the array".
  FieldReader(const Document& mapping, std::string what);

  void integer(const char* key, std::int64_t& value, std::int64_t least, std::int64_t most,
               Presence presence) override;
  void number(const char* key, double& value, double least, double most, Presence presence) override;
  void text(const char* key, std::string& value, Presence presence) override;
  void boolean(const char* key, bool& value, Presence presence) override;
  void choice(const char* key, int& value, const std::vector<std::string>& names, Presence presence) override;
  void choices(const char* key, std::vector<int>& values, const std::vector<std::string>& names,
               Presence presence) override;
  void section(const char* key, const std::function<void(Fields&)>& inside, Presence presence) override;
  void list(const char* key, std::size_t size, const std::function<void(std::size_t)>& resize,
            const std::function<void(Fields&, std::size_t)>& inside, Presence presence) override;
  [[nodiscard]] Place place_of(const char* key) const override;

  /// A sub-document that another reader will take whole; null when absent, which finish() tells where it is
  /// required.
  const Document* document(const char* key, Presence presence);

  /// Every key must have been claimed by now: the first that was not is an error with the nearest known key.
  void finish() const override;

 private:
  const Document* claim(const char* key, Presence presence);
  const Document* claim_scalar(const char* key, Presence presence, const char* expected);
  void refuse_missing() const;
  static int index_of(const Document& scalar, const std::vector<std::string>& names, const char* key);

  const Document& mapping_;
  std::string what_;
  std::vector<std::string> known_;
  std::set<std::string> claimed_;
  std::string missing_;  ///< the first required key that is not there
};

/// Writes the described fields as YAML text: every one of them but empty words and lists, which no file can
/// hold.
class FieldWriter : public Fields {
 public:
  explicit FieldWriter(std::string& out, int indent = 0) : out_(out), indent_(indent) {}

  void integer(const char* key, std::int64_t& value, std::int64_t least, std::int64_t most,
               Presence presence) override;
  void number(const char* key, double& value, double least, double most, Presence presence) override;
  void text(const char* key, std::string& value, Presence presence) override;
  void boolean(const char* key, bool& value, Presence presence) override;
  void choice(const char* key, int& value, const std::vector<std::string>& names, Presence presence) override;
  void choices(const char* key, std::vector<int>& values, const std::vector<std::string>& names,
               Presence presence) override;
  void section(const char* key, const std::function<void(Fields&)>& inside, Presence presence) override;
  void list(const char* key, std::size_t size, const std::function<void(std::size_t)>& resize,
            const std::function<void(Fields&, std::size_t)>& inside, Presence presence) override;
  [[nodiscard]] Place place_of(const char*) const override { return {}; }
  void finish() const override {}

 private:
  void line(const char* key, const std::string& value);
  std::string& out_;
  int indent_;
};

/// Reads a whole mapping with its description.
template <class Spec>
void read_fields(const Document& mapping, const std::string& what, Spec& spec) {
  FieldReader reader(mapping, what);
  describe(reader, spec);
  reader.finish();
}

/// The text of a whole struct, every field written out.
template <class Spec>
std::string write_fields(const Spec& spec, int indent = 0) {
  std::string out;
  FieldWriter writer(out, indent);
  Spec copy = spec;
  describe(writer, copy);
  return out;
}

/// Integers as configuration files spell them: decimal, an optional minus sign, no leading zeros.
[[nodiscard]] bool parse_integer(const std::string& text, std::int64_t& value);
/// Decimal numbers, finite.
[[nodiscard]] bool parse_number(const std::string& text, double& value);
/// The shortest decimal text that reads back as the same number.
[[nodiscard]] std::string number_text(double value);

}  // namespace tricycle
