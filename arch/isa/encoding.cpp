// SPDX-License-Identifier: Apache-2.0
// Instructions as bytes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "arch/isa/instruction.hpp"
#include "arch/isa/usual_fields.hpp"
#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

constexpr std::uint8_t opcodes[] = {
#define INSTRUCTION(Type, name, opcode, engine, meaning, fields) opcode,
#include "arch/isa/instructions.def"
#undef INSTRUCTION
};

consteval bool opcodes_are_distinct() {
  for (std::size_t i = 0; i < std::size(opcodes); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (opcodes[i] == opcodes[j]) return false;
    }
  }
  return true;
}
static_assert(opcodes_are_distinct(), "two instructions share an opcode, so their encodings overlap");

/// Behind the opcode in the first byte: whether a set of engines follows that it waits for, or posts to.
constexpr std::uint8_t waits = 0x20, posts = 0x40;
static_assert(std::ranges::all_of(opcodes, [](std::uint8_t opcode) { return opcode < waits; }));

std::optional<Operation> operation_of(unsigned opcode_) {
  switch (opcode_) {
#define INSTRUCTION(Type, name, opcode, engine, meaning, fields) \
  case opcode:                                                   \
    return isa::Type{};
#include "arch/isa/instructions.def"
#undef INSTRUCTION
    default: return std::nullopt;
  }
}

// ---- numbers ----

/// A number as it is encoded: seven bits to a byte, the lowest first; the highest bit of a byte says that
/// more follow.
constexpr unsigned group_bits = 7;
constexpr std::uint8_t more_follow = 0x80;

template <class Put>
void put_number(std::uint64_t value, Put put) {
  for (; value >= more_follow; value >>= group_bits) put(static_cast<std::uint8_t>(value | more_follow));
  put(static_cast<std::uint8_t>(value));
}

/// Reads the parts of an instruction.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::size_t& at, const std::string& name, std::uint64_t base)
      : bytes_(bytes), at_(at), name_(name), base_(base) {}

  [[noreturn]] void fail(std::size_t where, const std::string& message) const {
    throw InputError(Place::at_byte(name_, base_ + where), message);
  }
  std::uint8_t byte() {
    if (at_ == bytes_.size()) fail(at_, "the code ends inside an instruction");
    return bytes_[at_++];
  }
  /// A number of at most `most`.
  std::uint64_t number(const char* field, std::uint64_t most) {
    const std::size_t start = at_;
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += group_bits) {
      const std::uint8_t next = byte();
      const std::uint64_t group = next & (more_follow - 1U);
      if (shift > 63 || group << shift >> shift != group)
        fail(start, fmt::format("'{}' has more than 64 bits", field));
      value |= group << shift;
      if ((next & more_follow) != 0) continue;
      if (group == 0 && shift > 0) fail(start, fmt::format("'{}' is longer than its value needs", field));
      break;
    }
    if (value > most) fail(start, fmt::format("'{}' is at most {}, not {}", field, most, value));
    return value;
  }
  /// A set of engines, which has some.
  std::uint32_t engines(const char* field) {
    constexpr std::uint8_t every = (1U << static_cast<unsigned>(engine_count)) - 1;
    const std::size_t start = at_;
    const std::uint8_t set = byte();
    if (set == 0) fail(start, fmt::format("'{}' has no engines", field));
    if (set > every) fail(start, fmt::format("'{}' is at most {}, not {}", field, every, set));
    return set;
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t& at_;
  const std::string& name_;
  std::uint64_t base_;
};

// ---- usual values ----

/// More than any instruction has.
constexpr std::size_t most_fields = 64;

/// The values of an instruction's fields, and which of them follow in its encoding.
struct Fields {
  std::array<std::uint64_t, most_fields> values{};
  std::array<std::uint8_t, most_fields / 8> mask{};  ///< bit i % 8 of byte i / 8: field i follows

  [[nodiscard]] bool follows(std::size_t field) const { return (mask[field / 8] >> field % 8 & 1U) != 0; }
};

/// The usual values of an instruction's fields.
class UsualValues {
 public:
  template <class I>
  static const UsualValues& of(const I&) {
    static const UsualValues values{I{}};
    return values;
  }

  /// The usual value of a field beside these others. Those that do not follow have theirs.
  [[nodiscard]] std::uint64_t of_field(std::size_t field, const Fields& fields) const {
    const Rule& rule = rules_[field];
    if (rule.like == none) return rule.number;
    const std::uint64_t like = value_of(rule.like, fields);
    return rule.times == none ? like : like * value_of(rule.times, fields);
  }
  [[nodiscard]] std::uint64_t value_of(std::size_t field, const Fields& fields) const {
    return fields.follows(field) ? fields.values[field] : of_field(field, fields);
  }
  [[nodiscard]] std::size_t count() const { return rules_.size(); }
  [[nodiscard]] std::size_t mask_bytes() const { return (rules_.size() + 7) / 8; }

 private:
  static constexpr std::size_t none = most_fields;
  struct Rule {
    std::uint64_t number = 0;
    std::size_t like = none, times = none;
  };

  template <class I>
  explicit UsualValues(const I& instruction) {
    std::vector<std::string_view> names;
    isa::visit_fields(instruction,
                      [&](const char* name, const auto&, const char*) { names.emplace_back(name); });
    const auto place = [&](std::string_view name) {
      const auto found = std::find(names.begin(), names.end(), name);
      return found == names.end() ? none : static_cast<std::size_t>(found - names.begin());
    };
    rules_.resize(names.size());
    for (const UsualField& usual : usual_fields) {
      if (const std::size_t field = place(usual.field); field != none)
        rules_[field] = {usual.number, place(usual.like), place(usual.times)};
    }
  }

  std::vector<Rule> rules_;
};

template <class Put>
void encode_to(const Instruction& instruction, Put put) {
  std::visit(
      [&](const auto& i) {
        const unsigned waiting = instruction.wait.empty() ? 0 : waits;
        const unsigned posting = instruction.post.empty() ? 0 : posts;
        put(static_cast<std::uint8_t>(i.opcode | waiting | posting));
        if (waiting != 0) put(static_cast<std::uint8_t>(instruction.wait.bits));
        if (posting != 0) put(static_cast<std::uint8_t>(instruction.post.bits));
        const UsualValues& usual = UsualValues::of(i);
        Fields fields;
        fields.mask.fill(0xff);
        std::size_t count = 0;
        isa::visit_fields(i, [&](const char*, const auto& value, const char*) {
          fields.values[count++] = static_cast<std::uint64_t>(value);
        });
        decltype(fields.mask) mask{};
        for (std::size_t f = 0; f < count; ++f) {
          if (fields.values[f] != usual.of_field(f, fields))
            mask[f / 8] = static_cast<std::uint8_t>(mask[f / 8] | 1U << f % 8);
        }
        fields.mask = mask;
        for (std::size_t m = 0; m < usual.mask_bytes(); ++m) put(mask[m]);
        for (std::size_t f = 0; f < count; ++f) {
          if (fields.follows(f)) put_number(fields.values[f], put);
        }
      },
      instruction.operation);
}

/// Reads which fields follow, and these.
template <class I>
void decode_fields(Reader& reader, I& instruction) {
  const UsualValues& usual = UsualValues::of(instruction);
  Fields fields;
  std::array<std::size_t, most_fields> places{};
  for (std::size_t m = 0; m < usual.mask_bytes(); ++m) fields.mask[m] = reader.byte();
  const std::size_t last = usual.count() % 8;
  if (last != 0 && fields.mask[usual.mask_bytes() - 1] >> last != 0)
    reader.fail(reader.at() - 1, fmt::format("'{}' has {} fields", instruction.name, usual.count()));
  std::size_t f = 0;
  isa::visit_fields(instruction, [&](const char* field, auto& value, const char*) {
    using T = std::remove_reference_t<decltype(value)>;
    places[f] = reader.at();
    if (fields.follows(f)) {
      if constexpr (std::is_enum_v<T>) {
        fields.values[f] = reader.byte();
        if (fields.values[f] >= names_of(T{}).size())
          reader.fail(places[f], fmt::format("'{}' has no value {}", field, fields.values[f]));
      } else {
        fields.values[f] = reader.number(field, static_cast<T>(~T{}));
      }
    }
    ++f;
  });
  f = 0;
  isa::visit_fields(instruction, [&](const char* field, auto& value, const char*) {
    using T = std::remove_reference_t<decltype(value)>;
    const std::uint64_t number = usual.value_of(f, fields);
    if (fields.follows(f) && number == usual.of_field(f, fields))
      reader.fail(places[f], fmt::format("'{}' follows, and has its usual value {}", field, number));
    value = static_cast<T>(number);
    if (static_cast<std::uint64_t>(value) != number)
      reader.fail(places[f], fmt::format("the usual value {} of '{}' is too large for it", number, field));
    ++f;
  });
}

}  // namespace

std::int64_t encoded_bytes(const Instruction& instruction) {
  std::int64_t bytes = 0;
  encode_to(instruction, [&](std::uint8_t) { ++bytes; });
  return bytes;
}

void encode(const Instruction& instruction, std::vector<std::uint8_t>& out) {
  encode_to(instruction, [&](std::uint8_t byte) { out.push_back(byte); });
}

Instruction decode(std::span<const std::uint8_t> bytes, std::size_t& at, const std::string& name,
                   std::uint64_t base) {
  Reader reader(bytes, at, name, base);
  const std::uint8_t first = reader.byte();
  const std::optional<Operation> operation = operation_of(first & ~unsigned{waits | posts});
  if (!operation) reader.fail(at - 1, fmt::format("no instruction has the opcode {:#04x}", first));
  Instruction instruction;
  instruction.operation = *operation;
  if ((first & waits) != 0) instruction.wait.bits = reader.engines("wait");
  if ((first & posts) != 0) instruction.post.bits = reader.engines("post");
  std::visit([&](auto& i) { decode_fields(reader, i); }, instruction.operation);
  return instruction;
}

}  // namespace tricycle
