// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.hpp"

/// Any YAML, over which a part of it is laid and in which a value is set.
void tricycle::fuzz::read(Input bytes) {
  Document document = document_of(bytes);
  if (!document.entries.empty()) overlay(document, Document(document.entries.back().second));
  set_value(document, "a.b", "[1, 2]", tricycle::Place::of_file("--set a.b=[1, 2]"));
}
