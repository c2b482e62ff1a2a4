// SPDX-License-Identifier: Apache-2.0
#include "traces/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace tricycle {

std::optional<VocabularyFault> vocabulary_fault(const std::vector<std::string>& vocabulary) {
  if (vocabulary.size() > most_tokens) {
    return VocabularyFault{most_tokens, fmt::format("the vocabulary has {} entries; at most {} are supported",
                                                    vocabulary.size(), most_tokens)};
  }
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const std::string& token = vocabulary[i];
    if (token.empty() || token.size() > most_token_bytes) {
      return VocabularyFault{i, fmt::format("entry {} of the vocabulary has {} bytes instead of 1 to {}", i,
                                            token.size(), most_token_bytes)};
    }
    const bool control = std::any_of(
        token.begin(), token.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
    if (control) {
      return VocabularyFault{
          i,
          fmt::format("entry {} of the vocabulary holds a control character other than the line break", i)};
    }
    const auto [first, is_new] = seen.emplace(token, i);
    if (!is_new) {
      return VocabularyFault{
          i, fmt::format("entries {} and {} of the vocabulary are the same", first->second, i)};
    }
  }
  return std::nullopt;
}

}  // namespace tricycle
