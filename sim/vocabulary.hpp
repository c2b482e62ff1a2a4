// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace tricycle {

/// The tokens of a language model whose own file has none, one string each in the order of their numbers: of
/// a .json file a list of strings, or the one below the key `vocab` or `vocabulary`; of any other file each
/// of its UTF-8 characters, line breaks too. Errors: a file that is none of these, an empty one, a token that
/// is empty or stands twice.
[[nodiscard]] std::vector<std::string> read_vocabulary(const std::string& path);

}  // namespace tricycle
