// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace tricycle {

inline constexpr std::size_t most_tokens = std::size_t{1} << 20U;
inline constexpr std::size_t most_token_bytes = 64;

struct VocabularyFault {
  std::size_t entry = 0;  ///< the first malformed token
  std::string message;
};

/// The fault of a vocabulary that a trace cannot hold, or nothing: more than 2^20 tokens; a token that is
/// empty, longer than 64 bytes or occurs twice; a control character other than a line break.
[[nodiscard]] std::optional<VocabularyFault> vocabulary_fault(const std::vector<std::string>& vocabulary);

}  // namespace tricycle
