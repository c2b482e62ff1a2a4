// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "arch/datapath/rounding.hpp"
#include "arch/datapath/tile.hpp"
#include "arch/spec/datapath.hpp"

namespace tricycle {

/// Where operands live. `dram` is not addressable by the array or the vector unit.
enum class Memory : std::uint8_t { weight, activation, accumulator, dram };
inline constexpr int memory_count = 4;

/// What executes instructions, each engine in the order it gets them.
enum class Engine : std::uint8_t { load, store, array, vector, sequencer };
inline constexpr int engine_count = 4;  ///< those with a queue: all but the sequencer itself

/// How a vector instruction makes one result of a window.
enum class Pool : std::uint8_t { max, sum };
inline constexpr int pool_count = 2;

/// Where a vector instruction's second operand comes from.
enum class Second : std::uint8_t { none, pair, tensor };
inline constexpr int second_count = 3;

/// What a function that a table holds for x >= 0 is for -x: -f(x), as tanh; one - f(x), as the sigmoid.
enum class Symmetry : std::uint8_t { odd, complement };
inline constexpr int symmetry_count = 2;

/// The functions that the vector unit computes in floating point.
enum class Curve : std::uint8_t { sigmoid, tanh };
inline constexpr int curve_count = 2;

[[nodiscard]] const std::vector<std::string>& names_of(Pool);
[[nodiscard]] const std::vector<std::string>& names_of(Second);
[[nodiscard]] const std::vector<std::string>& names_of(Symmetry);
[[nodiscard]] const std::vector<std::string>& names_of(ScaleRounding);
[[nodiscard]] const std::vector<std::string>& names_of(Curve);
[[nodiscard]] const std::vector<std::string>& names_of(Memory);
[[nodiscard]] const std::vector<std::string>& names_of(Engine);

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
/// A variant of all but the first.
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

/// The set of engines that an instruction waits for or posts to. For every ordered pair of engines there is
/// one counting semaphore: a post adds one to it, a wait takes one from it.
struct EngineSet {
  std::uint8_t bits = 0;
  [[nodiscard]] bool has(Engine engine) const { return ((bits >> static_cast<unsigned>(engine)) & 1U) != 0; }
  void add(Engine engine) { bits = static_cast<std::uint8_t>(bits | (1U << static_cast<unsigned>(engine))); }
  [[nodiscard]] bool empty() const { return bits == 0; }
  bool operator==(const EngineSet&) const = default;
};

struct Instruction {
  Operation operation;
  EngineSet wait;           ///< engines whose post it waits for before it starts
  EngineSet post;           ///< engines it posts to when it has finished
  std::uint32_t layer = 0;  ///< that it came from: an index into the layer table
  std::uint32_t step = 0;   ///< time step of a recurrence
  bool operator==(const Instruction&) const = default;
};

/// The window of an instruction that has one.
template <class I>
[[nodiscard]] Window window_of(const I& i) {
  Window w = {i.lines, i.columns, i.kernel_h, i.kernel_w, i.stride_y, i.stride_x,
              1,       1,         i.pad_top,  i.pad_left, i.in_lines, i.in_columns};
  if constexpr (std::is_same_v<I, isa::Matmul>) {
    w.dilation_y = i.dilation_y;
    w.dilation_x = i.dilation_x;
  }
  return w;
}

[[nodiscard]] Engine engine_of(const Instruction& instruction);
[[nodiscard]] const char* name_of(const Instruction& instruction);

/// Bytes of the encoded operation with its waits and posts: what instruction memory holds.
[[nodiscard]] std::int64_t encoded_bytes(const Instruction& instruction);

/// Appends opcode, waits and posts (four bits each), then the fields.
void encode(const Instruction& instruction, std::vector<std::uint8_t>& out);

/// Decodes the instruction at `at` and moves `at` behind it. Throws InputError (`name: byte N`) when the
/// bytes are none: unknown opcode, truncated, a memory, datapath or format that does not exist.
[[nodiscard]] Instruction decode(std::span<const std::uint8_t> bytes, std::size_t& at,
                                 const std::string& name, std::uint64_t base);

/// `matmul datapath=binary ... wait=load post=vector`, without layer and step.
[[nodiscard]] std::string disassemble(const Instruction& instruction);

/// The reverse. Errors have the place: unknown instruction or field with the nearest one, missing field, bad
/// value.
struct Place;
[[nodiscard]] Instruction assemble(const std::string& line, const Place& place);

}  // namespace tricycle
