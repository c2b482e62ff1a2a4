// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "arch/params/datapath.hpp"

namespace tricycle {

/// Where operands live. `dram` is not addressable by the array or the vector unit. Three have no addresses:
/// `array`, sums that go to the output stage as they come; `lanes`, results of an instruction before in the
/// same pass of the vector unit; and `stream`, weights that go from DRAM to the array as it uses them.
enum class Memory : std::uint8_t { weight, activation, accumulator, dram, array, lanes, stream };
inline constexpr int memory_count = 4;  ///< memories with addresses
[[nodiscard]] constexpr bool has_addresses(Memory memory) {
  return static_cast<int>(memory) < memory_count;
}

/// The engines that execute instructions. Each engine executes its instructions in the order in which it gets
/// them.
enum class Engine : std::uint8_t { load, store, array, vector, output_stage, sequencer };
inline constexpr int engine_count = 5;  ///< engines with a queue: all except the sequencer

/// How a vector instruction reduces a window to one result.
enum class Pool : std::uint8_t { max, sum };
inline constexpr int pool_count = 2;

/// The source of a vector instruction's second operand.
enum class Second : std::uint8_t { none, pair, tensor, lanes };
inline constexpr int second_count = 4;

/// What becomes of a vector instruction's results, and whether the next one takes part in its pass.
enum class Chaining : std::uint8_t { ends, goes_on, forwards };
inline constexpr int chain_count = 3;

[[nodiscard]] const std::vector<std::string>& names_of(Pool);
[[nodiscard]] const std::vector<std::string>& names_of(Second);
[[nodiscard]] const std::vector<std::string>& names_of(Chaining);
[[nodiscard]] const std::vector<std::string>& names_of(Memory);
[[nodiscard]] const std::vector<std::string>& names_of(Engine);

// Enumerations of fields that are declared elsewhere: arch/datapath/rounding.hpp, arch/isa/curves.hpp.
enum class ScaleRounding : std::uint8_t;
enum class Symmetry : std::uint8_t;
enum class Curve : std::uint8_t;
[[nodiscard]] const std::vector<std::string>& names_of(ScaleRounding);
[[nodiscard]] const std::vector<std::string>& names_of(Symmetry);
[[nodiscard]] const std::vector<std::string>& names_of(Curve);

namespace isa_types {
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
}  // namespace isa_types

// One struct for each instruction, with its fields as members.
namespace isa {
using namespace isa_types;
#define FIELD(type, name, meaning) type name{};
#define INSTRUCTION(Type, name_, opcode_, engine_, meaning_, fields) \
  struct Type {                                                      \
    static constexpr const char* name = #name_;                      \
    static constexpr u8 opcode = opcode_;                            \
    static constexpr Engine engine = Engine::engine_;                \
    static constexpr const char* meaning = meaning_;                 \
    fields bool operator==(const Type&) const = default;             \
  };
#include "arch/isa/instructions.def"
#undef INSTRUCTION
#undef FIELD

// Whether the field of this place in an instruction's list is an address, which loops can move.
#define FIELD(type, name, meaning) false,
#define ADDRESS(type, name, meaning) true,
#define INSTRUCTION(Type, name_, opcode_, engine_, meaning_, fields)        \
  [[nodiscard]] constexpr bool is_address(const Type&, std::size_t field) { \
    constexpr bool addresses[] = {fields false};                            \
    return field < std::size(addresses) && addresses[field];                \
  }
#include "arch/isa/instructions.def"
#undef INSTRUCTION
#undef FIELD

// visit_fields(instruction, v) calls v(name, member, meaning) for each field in order.
#define FIELD(type, name, meaning) v(#name, i.name, meaning);
#define INSTRUCTION(Type, name_, opcode_, engine_, meaning_, fields) \
  template <class I, class V>                                        \
  requires std::is_same_v<std::remove_const_t<I>, Type>              \
  void visit_fields([[maybe_unused]] I& i, [[maybe_unused]] V&& v) { \
    fields                                                           \
  }
#include "arch/isa/instructions.def"
#undef INSTRUCTION
#undef FIELD
}  // namespace isa

namespace isa_types {
/// A variant of all types except the first.
template <class, class... Types>
struct Rest {
  using Variant = std::variant<Types...>;
};
}  // namespace isa_types

/// Any instruction of the list.
using Operation = isa_types::Rest<void
#define INSTRUCTION(Type, ...) , isa::Type
#include "arch/isa/instructions.def"
#undef INSTRUCTION
                                  >::Variant;

/// The set of engines that an instruction waits for or posts to. Every ordered pair of engines has one
/// counting semaphore: a post increments it, a wait decrements it.
struct EngineSet {
  std::uint32_t bits = 0;
  [[nodiscard]] bool has(Engine engine) const { return ((bits >> static_cast<unsigned>(engine)) & 1U) != 0; }
  void add(Engine engine) { bits |= 1U << static_cast<unsigned>(engine); }
  void remove(Engine engine) { bits &= ~(1U << static_cast<unsigned>(engine)); }
  [[nodiscard]] bool empty() const { return bits == 0; }
  bool operator==(const EngineSet&) const = default;
};

struct Instruction {
  Operation operation;
  EngineSet wait;           ///< engines whose post it waits for before it starts
  EngineSet post;           ///< engines it posts to when it has finished
  std::uint32_t layer = 0;  ///< the layer it came from: an index into the layer table
  std::uint32_t step = 0;   ///< time step of a recurrence
  bool operator==(const Instruction&) const = default;
};

/// The engine that executes it. A vector instruction on the sums of the array is the output stage's.
[[nodiscard]] Engine engine_of(const Instruction& instruction);
/// Whether what it loads stays in on-chip memory from one inference to the next.
[[nodiscard]] bool is_once(const Instruction& instruction);
/// What a vector instruction's results become; `ends` for all others.
[[nodiscard]] Chaining chain_of(const Instruction& instruction);
/// Whether it is a matmul whose sums go to the output stage.
[[nodiscard]] bool is_staged(const Instruction& instruction);
/// Whether it brings a block of weights that the array takes as they come.
[[nodiscard]] bool brings_stream(const Instruction& instruction);
/// Whether it is a matmul that takes such a block.
[[nodiscard]] bool takes_stream(const Instruction& instruction);
[[nodiscard]] const char* name_of(const Instruction& instruction);

/// Bytes of the encoded operation with its waits and posts, as in instruction memory.
[[nodiscard]] std::int64_t encoded_bytes(const Instruction& instruction);

/// Appends opcode, waits and posts, which fields follow, and these: choices in a byte, numbers in groups of
/// seven bits (LEB128).
void encode(const Instruction& instruction, std::vector<std::uint8_t>& out);

/// Decodes the instruction at `at` and moves `at` behind it. Throws InputError (`name: byte N`) when the
/// bytes are not an instruction: an unknown opcode, truncated bytes, a number that is longer than it need be
/// or too large for its field, a field that need not follow, an engine, memory or format that does not exist.
[[nodiscard]] Instruction decode(std::span<const std::uint8_t> bytes, std::size_t& at,
                                 const std::string& name, std::uint64_t base);

/// `matmul datapath=binary ... wait=load post=vector`, without layer and time step.
[[nodiscard]] std::string disassemble(const Instruction& instruction);

/// The reverse of disassemble. Errors, with the place: an unknown instruction or field (with the nearest
/// one), a missing field, a bad value.
struct Place;
[[nodiscard]] Instruction assemble(const std::string& line, const Place& place);

}  // namespace tricycle
