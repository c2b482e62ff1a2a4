// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/defects.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "arch/isa/field_defects.hpp"

namespace tricycle {
namespace {

/// What the loops of a program must be like: loop_defect.
template <class I>
requires(I::engine == Engine::sequencer) std::string field_defect(const I&, const MachineSpec&) {
  return "";
}

std::string access_defect(const Access& access, const MachineSpec& spec) {
  const std::string& memory = name_of(access.memory);
  if (access.lines == 0 || access.rows == 0 || access.row_bytes == 0) {
    return fmt::format("nothing lies at '{}': {} rows of {} bytes", access.what, access.lines * access.rows,
                       access.row_bytes);
  }
  if (access.rows > 1 && access.stride < access.row_bytes) {
    return fmt::format("the rows at '{}' overlap: {} bytes each, {} apart", access.what, access.row_bytes,
                       access.stride);
  }
  const std::uint64_t size = memory_bytes(access.memory, spec);
  // Each part of the range is taken off the size, so that no sum can wrap.
  std::uint64_t left = size;
  const auto take = [&](std::uint64_t count, std::uint64_t each) {
    if (count != 0 && each > left / count) return false;
    left -= count * each;
    return true;
  };
  const bool inside = take(1, access.address) && take(1, access.row_bytes) &&
                      take(access.rows - 1, access.rows > 1 ? access.stride : 0) &&
                      take(access.lines - 1, access.lines > 1 ? access.line_stride : 0);
  if (!inside) {
    return fmt::format("'{}' reaches outside the {} memory of {} bytes", access.what, memory, size);
  }
  const std::uint64_t line = (access.rows - 1) * access.stride + access.row_bytes;
  if (access.lines > 1 && access.line_stride < line) {
    return fmt::format("the lines at '{}' overlap: {} bytes each, {} apart", access.what, line,
                       access.line_stride);
  }
  return "";
}

}  // namespace

std::string defect_of(const Instruction& instruction, const MachineSpec& spec) {
  std::string defect =
      std::visit([&](const auto& i) { return field_defect(i, spec); }, instruction.operation);
  if (!defect.empty()) return defect;
  const Engine engine = engine_of(instruction);
  if (engine == Engine::sequencer && !(instruction.wait.empty() && instruction.post.empty())) {
    return "the sequencer waits for and posts to nobody";
  }
  if (instruction.wait.has(engine) || instruction.post.has(engine)) {
    return "an engine cannot wait for or post to itself";
  }
  for (const Access& access : footprint(instruction, spec)) {
    defect = access_defect(access, spec);
    if (!defect.empty()) return defect;
  }
  return "";
}

namespace {

/// The place of the field `first` in an instruction's list, if it has one.
std::optional<std::size_t> field_of_first(const Instruction& instruction) {
  std::optional<std::size_t> found;
  std::visit(
      [&](const auto& i) {
        std::size_t field = 0;
        isa::visit_fields(i, [&](const char* name, const auto&, const char*) {
          if (std::string_view(name) == "first") found = field;
          ++field;
        });
      },
      instruction.operation);
  return found;
}

}  // namespace

std::string defect_in_loops(const Instruction& instruction, std::size_t index, const Loops& loops,
                            const MachineSpec& spec) {
  const auto extremes = loops.extremes(instruction, index);
  for (const Instruction& extreme : extremes) {
    const std::string defect = defect_of(extreme, spec);
    if (!defect.empty()) return defect;
  }
  // All else is the same at any address, but the bytes of a row depend on where in a word it starts.
  const auto field = field_of_first(instruction);
  const auto values = field ? loops.values_of(instruction, index, *field) : std::nullopt;
  if (!values) return "";
  constexpr std::uint64_t most_word_bits = 4096;
  Instruction moved = extremes[0];
  for (std::uint64_t first = values->least, n = 0; first <= values->most && n < most_word_bits;
       first += values->step, ++n) {
    std::visit(
        [&](auto& i) {
          if constexpr (requires { i.first; }) i.first = static_cast<std::uint32_t>(first);
        },
        moved.operation);
    std::string defect = defect_of(moved, spec);
    if (!defect.empty()) return defect;
  }
  return "";
}

}  // namespace tricycle
