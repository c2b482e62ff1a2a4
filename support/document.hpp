// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.hpp"

namespace tricycle {

/// A YAML document as a tree of plain values. Every node has its place.
/// Scalars stay text; readers turn them into numbers.
struct Document {
  enum class Kind { scalar, sequence, mapping };
  struct Entry;
  Kind kind = Kind::mapping;
  Place place;
  std::string scalar;
  std::vector<Document> items;    ///< of a sequence
  std::vector<Entry> entries;     ///< of a mapping, in the order of the file
  std::vector<Place> key_places;  ///< of the entries, one each

  [[nodiscard]] const Document* find(std::string_view key) const;
  [[nodiscard]] Document* find(std::string_view key);
};

/// A key and its value. Not a std::pair, because clang 14 fails on a std::vector<std::pair> member whose pair
/// contains the enclosing type.
struct Document::Entry {
  std::string first;
  Document second;
};

/// Reads one YAML document. Errors call the file `name`.
/// Errors: syntax, duplicate keys, aliases (not used here), nesting too deep, more than 200,000 nodes or a
/// million punctuation marks, control characters, an empty document, a second document.
[[nodiscard]] Document parse_document(std::string_view text, const std::string& name);

/// Reads a YAML file of at most 16 MiB.
[[nodiscard]] Document read_document(const std::string& path);

/// Sets the node at a dotted path (`array.rows`) and creates missing mappings on the way. `value` is read as
/// YAML, so `[1, 2]` is a sequence. The new node's place is `origin`.
void set_value(Document& document, std::string_view dotted_path, std::string_view value, const Place& origin);

/// Overlays the entries of `changes` on `base`: mappings are merged, everything else is replaced.
void overlay(Document& base, const Document& changes);

}  // namespace tricycle
