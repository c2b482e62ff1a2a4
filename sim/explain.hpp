// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "support/field_list.hpp"

namespace tricycle {

/// Keys that belong together, and where they are written.
struct KeyTable {
  std::string title, where;
  std::vector<FieldEntry> entries;
};

/// Every key that a user can set: of a run, of a machine and its DRAM, of a recurrent network, of formats.
[[nodiscard]] std::vector<KeyTable> key_tables();

/// What is to be said of a key (`arch.array.rows`, `--limit`), of a section (`arch.array`) or of all keys
/// that end so (`tRCDRD`). Errors: nothing is called so, with the nearest key.
[[nodiscard]] std::string explain(const std::string& key);

/// The tables as docs/keys.md has them.
[[nodiscard]] std::string keys_page();

}  // namespace tricycle
