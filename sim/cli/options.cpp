// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "sim/experiment/flat_fields.hpp"

namespace tricycle {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  return text;
}

/// Adds the described keys to a command as options.
class OptionAdder : public FlatFields {
 public:
  OptionAdder(CLI::App& command, Document& words) : command_(command), words_(words) {}

  void integer(const Key& key, std::int64_t& value, std::int64_t, std::int64_t, Presence) override {
    add(key, "N", std::to_string(value));
  }
  void number(const Key& key, double& value, double, double, Presence) override {
    add(key, "X", number_text(value));
  }
  void text(const Key& key, std::string& value, Presence) override {
    add(key, *key.form == '\0' ? "WORD" : key.form, value);
  }
  void path(const Key& key, std::string& value, PathTo to, Presence) override {
    add(key, to == PathTo::file ? "FILE" : upper(key.name), value);
  }
  void boolean(const Key& key, bool&, Presence) override {
    const auto word = std::make_shared<std::string>();  // as text: read_request checks it
    command_.add_flag(option_of(key.name), *word, key.meaning)
        ->each([word, give = giver(key)](const std::string& value) { give(value); });
  }
  using Fields::choice;
  void choice(const Key& key, int&, const std::vector<std::string>& names, Presence) override {
    add(key, fmt::format("{}", fmt::join(names, "|")), "");
  }
  /// Every key is an option, even for a value without a default.
  [[nodiscard]] bool has(const Key&, bool) override { return true; }

 private:
  void add(const Key& key, const std::string& type, const std::string& value) {
    const std::string standard = *key.otherwise == '\0' ? value : key.otherwise;
    command_
        .add_option_function<std::string>(
            option_of(key.name), giver(key),
            key.meaning + (standard.empty() ? "" : " (default: " + standard + ")"))
        ->type_name(type);
  }
  /// Returns a function that notes the value of an option. The function outlives this object.
  [[nodiscard]] std::function<void(const std::string&)> giver(const Key& key) const {
    return [words = &words_, name = std::string(key.name)](const std::string& value) {
      set_word(*words, name, value, Place::of_file(option_of(name)));
    };
  }
  CLI::App& command_;
  Document& words_;
};

}  // namespace

void add_options(CLI::App& command, std::initializer_list<void (*)(Fields&, RunRequest&)> groups,
                 Document& words) {
  OptionAdder adder(command, words);
  RunRequest defaults;
  for (void (*describe_group)(Fields&, RunRequest&) : groups) describe_group(adder, defaults);
}

}  // namespace tricycle
