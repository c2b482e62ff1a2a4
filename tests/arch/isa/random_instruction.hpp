// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "arch/datapath/rounding.hpp"
#include "arch/isa/curves.hpp"
#include "arch/isa/instruction.hpp"
#include "support/random.hpp"

namespace tricycle::test {

/// How many values a field of a choice has.
inline std::uint64_t choices(Memory) {
  return names_of(Memory{}).size();
}
inline std::uint64_t choices(Datapath) {
  return datapath_count;
}
inline std::uint64_t choices(Format) {
  return format_count;
}
inline std::uint64_t choices(Pool) {
  return pool_count;
}
inline std::uint64_t choices(Second) {
  return second_count;
}
inline std::uint64_t choices(Chaining) {
  return chain_count;
}
inline std::uint64_t choices(Symmetry) {
  return symmetry_count;
}
inline std::uint64_t choices(ScaleRounding) {
  return scale_rounding_count;
}
inline std::uint64_t choices(Engine) {
  return engine_count + 1;
}
inline std::uint64_t choices(Curve) {
  return curve_count;
}

/// An instruction of kind `kind` (its place in the list) with any values in its fields, often the
/// extremes.
inline Instruction random_instruction(Random& random, std::size_t kind) {
  static const std::vector<Operation> kinds = {
#define INSTRUCTION(Type, name, opcode, engine, meaning, fields) isa::Type{},
#include "arch/isa/instructions.def"
#undef INSTRUCTION
  };
  Instruction instruction;
  instruction.operation = kinds.at(kind);
  instruction.wait.bits = static_cast<std::uint8_t>(random.below(16));
  instruction.post.bits = static_cast<std::uint8_t>(random.below(16));
  std::visit(
      [&](auto& i) {
        isa::visit_fields(i, [&](const char*, auto& value, const char*) {
          using T = std::remove_reference_t<decltype(value)>;
          if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(random.below(choices(T{})));
          } else {
            const std::uint64_t extremes[] = {0, ~std::uint64_t{0}};
            value = static_cast<T>(random.chance(0.3) ? extremes[random.below(2)] : random.next());
          }
        });
      },
      instruction.operation);
  return instruction;
}

inline constexpr std::size_t kinds = std::variant_size_v<Operation>;

}  // namespace tricycle::test
