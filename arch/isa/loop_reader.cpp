// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/loop_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "arch/isa/moving.hpp"

namespace tricycle {
namespace {

/// Counts the executions of an instruction that use a semaphore. The guard of each loop lets some of its
/// executions through, of those that the loops inside let through.
class GuardedUses {
 public:
  /// The next loop around: its iterations, and the executions in it that its guard lets through.
  void add_loop(std::uint32_t count, std::uint64_t from, std::uint64_t until) {
    levels_.push_back({levels_.back().executions * count, from, until, 0});
    levels_.back().uses = among_first(levels_.size() - 1, levels_.back().executions);
  }
  [[nodiscard]] std::uint64_t all() const { return levels_.back().uses; }

 private:
  struct Level {
    std::uint64_t executions, from, until;
    std::uint64_t uses;  ///< among all executions
  };

  /// Uses among the first `n` executions of a level.
  [[nodiscard]] std::uint64_t among_first(std::size_t level, std::uint64_t n) const {
    if (level == 0) return n;
    const Level& inside = levels_[level - 1];
    const auto unguarded = [&](std::uint64_t k) {
      return k / inside.executions * inside.uses + among_first(level - 1, k % inside.executions);
    };
    const Level& own = levels_[level];
    const std::uint64_t up_to_from = unguarded(std::min(n, own.from));
    const std::uint64_t up_to_until = unguarded(std::min(n, own.until));
    return own.from < own.until ? up_to_until - up_to_from : unguarded(n) - (up_to_from - up_to_until);
  }

  std::vector<Level> levels_ = {{1, 0, SemaphoreGuard::always, 1}};  ///< the innermost first
};

}  // namespace

LoopReader::LoopReader(std::span<const Instruction> code)
    : inner(code.size(), none), own(code.size(), none), code_(code) {}

std::optional<LoopDefect> LoopReader::first_defect() {
  for (std::size_t i = 0; i < code_.size() && !defect_; ++i) visit(static_cast<std::uint32_t>(i));
  if (!defect_ && !open_.empty()) fail(loops[open_.back()].head, "the loop has no end");
  for (std::size_t g = 0; g < generators.size() && !defect_; ++g) check_generator(g);
  for (std::size_t g = 0; g < guards.size() && !defect_; ++g) check_guard(g);
  sort_generators();
  sort_guards();
  if (!defect_) for_each_field(generators, [&](auto moving) { check_field(moving); });
  if (!defect_ && !loops.empty()) check_semaphores();
  return defect_;
}

void LoopReader::fail(std::size_t instruction, std::string message) {
  if (!defect_) defect_ = {instruction, std::move(message)};
}

// ---- structure ----

void LoopReader::visit(std::uint32_t i) {
  inner[i] = innermost();
  if (const auto* loop = std::get_if<isa::Loop>(&code_[i].operation)) {
    begin_loop(i, *loop);
  } else if (const auto* stride = std::get_if<isa::Stride>(&code_[i].operation)) {
    if (!belongs_to_loop(i)) return;
    generators.push_back({stride->instruction, stride->field, own[i],
                          static_cast<std::int32_t>(stride->bytes), stride->ring, stride->ring_bytes});
    placed_.push_back(i);
  } else if (const auto* guard = std::get_if<isa::Guard>(&code_[i].operation)) {
    if (!belongs_to_loop(i)) return;
    if (guard->posts > 1) return fail(i, "'posts' is 0 or 1");
    guards.push_back(
        {guard->instruction, guard->other, guard->posts != 0, own[i], guard->from, guard->until});
    guarded_.push_back(i);
  } else if (std::holds_alternative<isa::End>(code_[i].operation)) {
    end_loop(i);
  } else if (std::holds_alternative<isa::Halt>(code_[i].operation) && !open_.empty()) {
    fail(i, "a halt in a loop");
  }
}

void LoopReader::begin_loop(std::uint32_t i, const isa::Loop& loop) {
  if (open_.size() == most_loop_depth)
    return fail(i, fmt::format("more than {} loops lie in one another", most_loop_depth));
  if (loop.count == 0) return fail(i, "'count' is at least 1");
  own[i] = static_cast<std::uint32_t>(loops.size());
  outer.push_back(innermost());
  loops.push_back({i, i + 1, i, static_cast<std::uint32_t>(open_.size()), loop.count, loop.steps});
  open_.push_back(own[i]);
}

void LoopReader::end_loop(std::uint32_t i) {
  if (open_.empty()) return fail(i, "there is no loop that could end here");
  own[i] = innermost();
  if (loops[own[i]].body == i) return fail(i, "the loop has no instructions");
  loops[own[i]].end = i;
  open_.pop_back();
}

/// Takes a stride or a guard into the loop that has just begun.
bool LoopReader::belongs_to_loop(std::uint32_t i) {
  if (open_.empty() || loops[innermost()].body != i) {
    fail(i, "stands neither behind its loop nor behind a stride or guard of that loop");
    return false;
  }
  own[i] = innermost();
  inner[i] = outer[own[i]];
  ++loops[own[i]].body;
  return true;
}

// ---- strides and guards ----

/// Makes an index in the program of one in a loop.
bool LoopReader::find_instruction(std::uint32_t& instruction, std::uint32_t loop, std::size_t place) {
  const std::uint32_t body = loops[loop].end - loops[loop].body;
  if (instruction >= body) {
    fail(place, fmt::format("'instruction' is {}; the loop has {}", instruction, body));
    return false;
  }
  instruction += loops[loop].body;
  return true;
}

void LoopReader::check_generator(std::size_t g) {
  AddressGenerator& generator = generators[g];
  if (!find_instruction(generator.instruction, generator.loop, placed_[g])) return;
  const Instruction& moved = code_[generator.instruction];
  if (address_of(moved.operation, generator.field).name == nullptr) {
    fail(placed_[g], fmt::format("field {} of instruction {} ({}) is no address", generator.field,
                                 generator.instruction, name_of(moved)));
  }
}

void LoopReader::check_guard(std::size_t g) {
  SemaphoreGuard& guard = guards[g];
  if (!find_instruction(guard.instruction, guard.loop, guarded_[g])) return;
  const Instruction& guarded = code_[guard.instruction];
  if (!is_issued(guarded) || !(guard.posts ? guarded.post : guarded.wait).has(guard.engine)) {
    return fail(guarded_[g], fmt::format("instruction {} ({}) does not {} {}", guard.instruction,
                                         name_of(guarded), guard.posts ? "post to" : "wait for",
                                         names_of(Engine{})[static_cast<std::size_t>(guard.engine)]));
  }
  if (guard.until == 0) guard.until = SemaphoreGuard::always;
  if (guard.from == guard.until) fail(guarded_[g], fmt::format("'from' and 'until' are both {}", guard.from));
}

void LoopReader::sort_generators() {
  std::stable_sort(
      generators.begin(), generators.end(), [](const AddressGenerator& a, const AddressGenerator& b) {
        return std::tuple(a.instruction, a.field, a.loop) < std::tuple(b.instruction, b.field, b.loop);
      });
}

void LoopReader::sort_guards() {
  const auto order = [](const SemaphoreGuard& g) {
    return std::tuple(g.instruction, g.engine, g.posts, g.loop);
  };
  std::stable_sort(guards.begin(), guards.end(),
                   [&](const SemaphoreGuard& a, const SemaphoreGuard& b) { return order(a) < order(b); });
  for (std::size_t g = 1; g < guards.size() && !defect_; ++g) {
    if (order(guards[g]) == order(guards[g - 1]))
      fail(guards[g].instruction, "has two guards of one loop for one semaphore");
  }
}

void LoopReader::check_field(std::span<const AddressGenerator> moving) {
  const AddressGenerator& first = moving.front();
  const Instruction& instruction = code_[first.instruction];
  const FieldValue field = address_of(instruction.operation, first.field);
  const auto wrong = [&](const std::string& what) {
    fail(first.instruction, fmt::format("'{}' {}", field.name, what));
  };
  for (std::size_t g = 1; g < moving.size(); ++g) {
    if (moving[g].loop == moving[g - 1].loop) return wrong("has two strides in one loop");
    if (moving[g].ring != first.ring || moving[g].ring_bytes != first.ring_bytes)
      return wrong("has strides with different rings");
  }
  if (first.ring_bytes != 0 && (field.value < first.ring || field.value - first.ring >= first.ring_bytes)) {
    return wrong(fmt::format("is {}, outside its ring of {} bytes from {} on", field.value, first.ring_bytes,
                             first.ring));
  }
  const AddressRange range = range_of(field.value, moving, loops);
  const bool is_too_large = range.most > 0 && static_cast<std::uint64_t>(range.most) > field.most;
  if (range.least < 0 || is_too_large) wrong("leaves its range in some iteration of its loops");
}

// ---- semaphores ----

/// How often an instruction waits for an engine or posts to it, in all iterations of all loops around it.
std::uint64_t LoopReader::uses_of(std::uint32_t instruction, Engine engine, bool posts) const {
  GuardedUses uses;
  const auto first =
      std::lower_bound(guards.begin(), guards.end(), instruction,
                       [](const SemaphoreGuard& guard, std::uint32_t i) { return guard.instruction < i; });
  for (std::uint32_t l = inner[instruction]; l != none; l = outer[l]) {
    std::uint64_t from = 0, until = SemaphoreGuard::always;
    for (auto g = first; g != guards.end() && g->instruction == instruction; ++g) {
      if (g->loop == l && g->engine == engine && g->posts == posts)
        std::tie(from, until) = std::pair(g->from, g->until);
    }
    uses.add_loop(loops[l].count, from, until);
  }
  return uses.all();
}

/// All instructions together post to each engine as often as they wait.
void LoopReader::check_semaphores() {
  std::array<std::array<std::uint64_t, engine_count>, engine_count> tokens{};  // [from][to], modulo 2^64
  for (std::uint32_t i = 0; i < code_.size(); ++i) {
    if (!is_issued(code_[i]) || (code_[i].wait.empty() && code_[i].post.empty())) continue;
    const auto engine = static_cast<std::size_t>(engine_of(code_[i]));
    std::uint64_t executions = 1;
    for (std::uint32_t l = inner[i]; l != none; l = outer[l]) {
      if (executions > most_counted_executions / loops[l].count)
        return fail(i, "is executed more often than semaphores are counted");
      executions *= loops[l].count;
    }
    for (std::size_t e = 0; e < engine_count; ++e) {
      const auto other = static_cast<Engine>(e);
      if (code_[i].post.has(other)) tokens[engine][e] += uses_of(i, other, true);
      if (code_[i].wait.has(other)) tokens[e][engine] -= uses_of(i, other, false);
    }
  }
  for (std::size_t from = 0; from < engine_count; ++from) {
    for (std::size_t to = 0; to < engine_count; ++to) {
      if (tokens[from][to] == 0) continue;
      const auto& names = names_of(Engine{});
      const auto more = static_cast<std::int64_t>(tokens[from][to]);
      return fail(code_.size() - 1,
                  fmt::format("the program ends with {} {} from {} to {} than waits", more > 0 ? more : -more,
                              more > 0 ? "more posts" : "fewer posts", names[from], names[to]));
    }
  }
}

}  // namespace tricycle
