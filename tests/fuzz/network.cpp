// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "support/fields.hpp"
#include "tests/fuzz/target.hpp"
#include "workloads/compile/compile.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/import/network/recurrent_network.hpp"

namespace tricycle::fuzz {
namespace {

/// Whether its numbers are so small that the network is made in no time.
bool is_small(const Document& document) {
  constexpr std::int64_t most = 16;
  std::int64_t number = 0;
  const auto small_entry = [](const Document::Entry& entry) {
    return entry.first == "seed" || is_small(entry.second);
  };
  return !(parse_integer(document.scalar, number) && number > most) &&
         std::all_of(document.items.begin(), document.items.end(), is_small) &&
         std::all_of(document.entries.begin(), document.entries.end(), small_entry);
}

}  // namespace

/// A network's description, and the integers that become of it.
void read(Input bytes) {
  const Document document = document_of(bytes);
  if (!is_small(document)) return;
  static_cast<void>(
      compile_network(import_network(document, -1), {.recurrent = recurrent_choices(document)}));
}

}  // namespace tricycle::fuzz
