// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace tricycle {

/// Reads the vocabulary of a language model whose own file has none: one string for each token, in the order
/// of token ids. A .json file has a list of strings, at the top or below the key `vocab` or `vocabulary`. In
/// any other file each UTF-8 character is a token, line breaks too. Errors: a file of neither kind, an empty
/// file, an empty token, a token that occurs twice.
[[nodiscard]] std::vector<std::string> read_vocabulary(const std::string& path);

}  // namespace tricycle
