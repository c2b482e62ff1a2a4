// SPDX-License-Identifier: Apache-2.0
#include "arch/params/document_kind.hpp"

#include <fmt/format.h>

namespace tricycle {

DocumentKind kind_of(const Document& document) {
  if (document.find("axes") != nullptr) return DocumentKind::sweep;
  if (document.find("workload") != nullptr) return DocumentKind::experiment;
  if (document.find("format") != nullptr || document.find("layers") != nullptr) return DocumentKind::network;
  if (document.find("array") != nullptr || document.find("clock_MHz") != nullptr)
    return DocumentKind::machine;
  if (document.find("events") != nullptr || document.find("corner") != nullptr) return DocumentKind::tech;
  if (document.find("geometry") != nullptr || document.find("tCK_ps") != nullptr) return DocumentKind::dram;
  return DocumentKind::unknown;
}

const char* kind_name(DocumentKind kind) {
  constexpr const char* names[] = {"an experiment", "a network", "a machine",
                                   "a technology",  "a sweep",   "a DRAM"};
  return kind == DocumentKind::unknown ? "nothing known" : names[static_cast<std::size_t>(kind)];
}

void expect_kind(const Document& document, DocumentKind expected) {
  const DocumentKind kind = kind_of(document);
  if (kind == expected || kind == DocumentKind::unknown) return;
  throw InputError(document.place, fmt::format("is {}; expected {}", kind_name(kind), kind_name(expected)));
}

}  // namespace tricycle
