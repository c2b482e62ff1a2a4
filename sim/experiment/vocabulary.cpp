// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/vocabulary.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "support/diagnostics.hpp"
#include "support/file_kind.hpp"
#include "support/files.hpp"
#include "support/utf8.hpp"
#include "traces/vocabulary.hpp"

namespace tricycle {
namespace {

std::vector<std::string> from_json(const std::string& text, const std::string& path) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  const nlohmann::json* list = &json;
  for (const char* key : {"vocab", "vocabulary"}) {
    if (json.is_object() && json.contains(key)) list = &json[key];
  }
  if (!list->is_array())
    fail(path, "is expected to be a list of tokens in JSON, or to have one as 'vocab' or 'vocabulary'");
  std::vector<std::string> tokens;
  for (const nlohmann::json& token : *list) {
    if (!token.is_string()) {
      // A nested list may be arbitrarily deep, so it is not written out.
      fail(path, fmt::format("token {} is {}, not a text", tokens.size(),
                             token.is_structured() ? fmt::format("an {}", token.type_name()) : token.dump()));
    }
    tokens.push_back(token.get<std::string>());
  }
  return tokens;
}

std::vector<std::string> characters_of(const std::string& text, const std::string& path) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0)
      fail(path, fmt::format("the byte 0x{:02x} is no UTF-8", static_cast<unsigned char>(text[at])));
    tokens.push_back(text.substr(at, length));
    at += length;
  }
  return tokens;
}

}  // namespace

std::vector<std::string> read_vocabulary(const std::string& path) {
  const std::string text = read_text(path, std::uint64_t{1} << 28U);
  refuse_other_kinds({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, path, "a vocabulary");
  const std::vector<std::string> tokens =
      has_ending(path, ".json") ? from_json(text, path) : characters_of(text, path);
  if (tokens.empty()) fail(path, "holds no tokens");
  std::unordered_map<std::string, std::size_t> number;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].empty()) fail(path, fmt::format("token {} is empty", i));
    const auto [first, is_new] = number.emplace(tokens[i], i);
    if (!is_new) fail(path, fmt::format("token {} is the same as token {}", i, first->second));
  }
  if (const auto fault = vocabulary_fault(tokens)) fail(path, fault->message);
  return tokens;
}

}  // namespace tricycle
