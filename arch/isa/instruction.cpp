// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/instruction.hpp"
#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

template <class Visitor>
void visit_operation(const Operation& operation, Visitor&& visitor) {
  std::visit([&](const auto& i) { isa::visit_fields(i, visitor); }, operation);
}

/// The operation with this name, with default fields.
template <class Matches>
std::optional<Operation> find_operation(Matches matches) {
  std::optional<Operation> found;
#define INSTRUCTION(Type, name, opcode, engine, meaning, fields) \
  if (matches(isa::Type{})) found = isa::Type{};
#include "arch/isa/instructions.def"
#undef INSTRUCTION
  return found;
}

template <class T>
constexpr bool is_choice = std::is_enum_v<T>;

}  // namespace

const std::vector<std::string>& names_of(Pool) {
  static const std::vector<std::string> names = {"max", "sum"};
  return names;
}
const std::vector<std::string>& names_of(Second) {
  static const std::vector<std::string> names = {"none", "pair", "tensor", "lanes"};
  return names;
}
const std::vector<std::string>& names_of(Chaining) {
  static const std::vector<std::string> names = {"ends", "goes_on", "forwards"};
  return names;
}
const std::vector<std::string>& names_of(Symmetry) {
  static const std::vector<std::string> names = {"odd", "complement"};
  return names;
}
const std::vector<std::string>& names_of(ScaleRounding) {
  static const std::vector<std::string> names = {"exact",     "half_to_even", "away",  "toward",
                                                 "half_away", "half_toward",  "floor", "ceil"};
  return names;
}
const std::vector<std::string>& names_of(Curve) {
  static const std::vector<std::string> names = {"sigmoid", "tanh"};
  return names;
}
const std::vector<std::string>& names_of(Memory) {
  static const std::vector<std::string> names = {"weight", "activation", "accumulator", "dram",
                                                 "array",  "lanes",      "stream"};
  return names;
}
const std::vector<std::string>& names_of(Engine) {
  static const std::vector<std::string> names = {"load",   "store",        "array",
                                                 "vector", "output_stage", "sequencer"};
  return names;
}

Engine engine_of(const Instruction& instruction) {
  return std::visit(
      [](const auto& i) {
        if constexpr (requires { i.pool; }) {
          if (i.memory == Memory::array) return Engine::output_stage;
        }
        return i.engine;
      },
      instruction.operation);
}
bool is_once(const Instruction& instruction) {
  return std::visit(
      [](const auto& i) {
        if constexpr (requires { i.once; }) return i.once != 0;
        return false;
      },
      instruction.operation);
}
Chaining chain_of(const Instruction& instruction) {
  return std::visit(
      [](const auto& i) {
        if constexpr (requires { i.chain; }) return i.chain;
        return Chaining::ends;
      },
      instruction.operation);
}
bool is_staged(const Instruction& instruction) {
  const auto* matmul = std::get_if<isa::Matmul>(&instruction.operation);
  return matmul != nullptr && matmul->staged != 0;
}
bool brings_stream(const Instruction& instruction) {
  return std::visit(
      []<class I>(const I& i) {
        if constexpr (I::engine == Engine::load) return i.memory == Memory::stream;
        return false;
      },
      instruction.operation);
}
bool takes_stream(const Instruction& instruction) {
  const auto* matmul = std::get_if<isa::Matmul>(&instruction.operation);
  return matmul != nullptr && matmul->streamed != 0;
}
const char* name_of(const Instruction& instruction) {
  return std::visit([](const auto& i) { return i.name; }, instruction.operation);
}

namespace {

std::string set_text(EngineSet set) {
  std::string text;
  for (int e = 0; e < engine_count; ++e) {
    const auto engine = static_cast<Engine>(e);
    if (set.has(engine)) text += (text.empty() ? "" : ",") + name_of(engine);
  }
  return text;
}

EngineSet parse_set(const std::string& text, const Place& place) {
  EngineSet set;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string word = text.substr(start, comma - start);
    const auto end = names_of(Engine{}).begin() + engine_count;
    const auto found = std::find(names_of(Engine{}).begin(), end, word);
    if (found == end) {
      throw InputError(place, "no engine is called '" + word + "'; there are " +
                                  either(std::span(names_of(Engine{})).first(engine_count)));
    }
    set.add(static_cast<Engine>(found - names_of(Engine{}).begin()));
    start = comma + 1;
  }
  return set;
}

/// The words of a line, each with the column at which it starts, from 1.
std::vector<std::pair<std::string, int>> split_words(const std::string& line) {
  std::vector<std::pair<std::string, int>> words;
  std::size_t at = 0;
  while (true) {
    at = line.find_first_not_of(" \t\r", at);
    if (at == std::string::npos) return words;
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.emplace_back(line.substr(at, end - at), static_cast<int>(at) + 1);
    at = end;
  }
}

template <class T>
void parse_value(const std::string& field, const std::string& text, T& value, const Place& place) {
  if constexpr (is_choice<T>) {
    const auto& names = names_of(T{});
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) {
      throw InputError(place, "'" + field + "' expects " + either(names) + ", not '" + text + "'" +
                                  did_you_mean(text, names));
    }
    value = static_cast<T>(found - names.begin());
  } else {
    const bool hex = text.starts_with("0x");
    const char* begin = text.data() + (hex ? 2 : 0);
    const char* end = text.data() + text.size();
    T read{};
    const auto [stop, error] = std::from_chars(begin, end, read, hex ? 16 : 10);
    if (error != std::errc{} || stop != end || begin == end) {
      throw InputError(place, fmt::format("'{}' expects an integer from 0 to {}, not '{}'", field,
                                          std::uint64_t{static_cast<T>(~T{})}, text));
    }
    value = read;
  }
}

}  // namespace

std::string disassemble(const Instruction& instruction) {
  std::string text = name_of(instruction);
  visit_operation(instruction.operation, [&](const char* field, const auto& value, const char*) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (is_choice<T>) {
      text += fmt::format(" {}={}", field, name_of(value));
    } else if constexpr (sizeof(T) == 8) {
      text += fmt::format(" {}={:#x}", field, value);
    } else {
      text += fmt::format(" {}={}", field, value);
    }
  });
  if (!instruction.wait.empty()) text += " wait=" + set_text(instruction.wait);
  if (!instruction.post.empty()) text += " post=" + set_text(instruction.post);
  return text;
}

Instruction assemble(const std::string& line, const Place& place) {
  const auto words = split_words(line);
  const auto at_word = [&](std::size_t i) {
    Place where = place;
    where.column = words[i].second;
    return where;
  };
  if (words.empty()) throw InputError(place, "expected an instruction");
  const auto operation = find_operation([&](const auto& i) { return words[0].first == i.name; });
  if (!operation) {
    static const std::vector<std::string> known = {
#define INSTRUCTION(Type, name, opcode, engine, meaning, fields) #name,
#include "arch/isa/instructions.def"
#undef INSTRUCTION
    };
    const std::string hint = did_you_mean(words[0].first, known);
    throw InputError(at_word(0), "unknown instruction '" + words[0].first + "'" +
                                     (hint.empty() ? "; there are " + either(known) : hint));
  }
  struct Value {
    std::string text;
    std::size_t word;
  };
  std::map<std::string, Value> values;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].first.find('=');
    if (equals == std::string::npos)
      throw InputError(at_word(i), "expected FIELD=VALUE, not '" + words[i].first + "'");
    const std::string field = words[i].first.substr(0, equals);
    if (!values.emplace(field, Value{words[i].first.substr(equals + 1), i}).second) {
      throw InputError(at_word(i), "'" + field + "' stands twice");
    }
  }
  Instruction instruction;
  instruction.operation = *operation;
  std::vector<std::string> known = {"wait", "post"};
  const auto take = [&](const std::string& field) -> std::optional<Value> {
    const auto found = values.find(field);
    if (found == values.end()) return std::nullopt;
    Value value = found->second;
    values.erase(found);
    return value;
  };
  if (const auto value = take("wait")) instruction.wait = parse_set(value->text, at_word(value->word));
  if (const auto value = take("post")) instruction.post = parse_set(value->text, at_word(value->word));
  std::visit(
      [&](auto& i) {
        isa::visit_fields(i, [&](const char* field, auto&, const char*) { known.emplace_back(field); });
      },
      instruction.operation);
  for (const auto& [field, value] : values) {
    if (std::find(known.begin(), known.end(), field) == known.end()) {
      throw InputError(at_word(value.word),
                       "'" + words[0].first + "' has no field '" + field + "'" + did_you_mean(field, known));
    }
  }
  std::visit(
      [&](auto& i) {
        isa::visit_fields(i, [&](const char* field, auto& member, const char*) {
          const auto value = take(field);
          if (!value)
            throw InputError(at_word(0), "'" + words[0].first + "' needs the field '" + field + "'");
          parse_value(field, value->text, member, at_word(value->word));
        });
      },
      instruction.operation);
  return instruction;
}

}  // namespace tricycle
