// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "support/field_list.hpp"

namespace tricycle {

/// A group of keys, and where users write them.
struct KeyTable {
  std::string title, where;
  std::vector<FieldEntry> entries;
};

/// Every key that a user can set: of a run, of a machine and its DRAM, of a recurrent network, of formats.
[[nodiscard]] std::vector<KeyTable> key_tables();

/// Explains a key (`arch.array.rows`, `--limit`), a section (`arch.array`), or all keys that end in a word
/// (`tRCDRD`). Errors: no such key; the message has the nearest key.
[[nodiscard]] std::string explain(const std::string& key);

/// The text of docs/keys.md.
[[nodiscard]] std::string keys_page();

}  // namespace tricycle
