// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace tricycle {

inline constexpr std::size_t most_tokens = std::size_t{1} << 20U;
inline constexpr std::size_t most_token_bytes = 64;

struct VocabularyFault {
  std::size_t entry = 0;  ///< the first that is wrong
  std::string message;
};

/// What keeps a trace from holding a vocabulary: more than 2^20 entries, an entry that is empty, longer than
/// 64 bytes or there twice, a control character that is no line break.
[[nodiscard]] std::optional<VocabularyFault> vocabulary_fault(const std::vector<std::string>& vocabulary);

}  // namespace tricycle
