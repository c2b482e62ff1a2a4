// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "support/document.hpp"
#include "support/files.hpp"

namespace tricycle::fuzz {

using Input = std::span<const std::uint8_t>;

/// What a target is: it reads any bytes as the program reads a user's file, and goes on as far as the program
/// may be trusted to. An InputError is right; whatever else it throws, a crash or a finding of a sanitizer is
/// not. Each target defines it in a file of its own.
void read(Input bytes);

/// Calls `read`: whether it read the bytes, else it refused them.
bool reads(Input bytes);

[[nodiscard]] std::string text_of(Input bytes);

/// A YAML file of these bytes.
[[nodiscard]] Document document_of(Input bytes);

/// The path of a file of these bytes in the working folder, for what opens its files itself. The next call
/// with this `ending`, such as ".txt.gz", writes over it; at the end of the process it is gone.
[[nodiscard]] std::string file_of(Input bytes, const std::string& ending);

/// Throws std::logic_error: what a target found wrong.
void require(bool holds, const char* what);

}  // namespace tricycle::fuzz
