// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "support/document.hpp"

namespace tricycle {

/// Whether a YAML document is an experiment, a network, a machine, a technology, a sweep or a DRAM, by its
/// keys.
enum class DocumentKind : std::uint8_t { experiment, network, machine, tech, sweep, dram, unknown };
[[nodiscard]] DocumentKind kind_of(const Document& document);
/// `an experiment`, `a machine`.
[[nodiscard]] const char* kind_name(DocumentKind kind);

/// Errors: it is of another kind. One of no known kind is left to its reader, which names the keys.
void expect_kind(const Document& document, DocumentKind expected);

}  // namespace tricycle
