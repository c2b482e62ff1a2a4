// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "support/document.hpp"

namespace tricycle {

/// The kind of a YAML document, recognised by its keys: an experiment, a network, a machine, a technology, a
/// sweep or a DRAM.
enum class DocumentKind : std::uint8_t { experiment, network, machine, tech, sweep, dram, unknown };
[[nodiscard]] DocumentKind kind_of(const Document& document);
/// `an experiment`, `a machine`.
[[nodiscard]] const char* kind_name(DocumentKind kind);

/// Errors: a document of another kind. A document of unknown kind is no error here: its reader names the
/// unknown keys.
void expect_kind(const Document& document, DocumentKind expected);

}  // namespace tricycle
