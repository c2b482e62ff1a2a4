// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/loops.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace tricycle {
namespace {

/// A field of an operation as a number of its own width.
struct FieldValue {
  const char* name = nullptr;  ///< none: there is no such field, or it is no address
  std::uint64_t value = 0, most = 0;
};

/// Calls f(field's name, member) for the field of this place in the operation's list, if that is an address.
template <class Operation, class F>
void visit_address(Operation& operation, std::size_t field, F f) {
  std::visit(
      [&](auto& i) {
        std::size_t at = 0;
        isa::visit_fields(i, [&](const char* name, auto& value, const char*) {
          if (at++ != field) return;
          if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(value)>>) {
            if (isa::is_address(i, field)) f(name, value);
          }
        });
      },
      operation);
}

FieldValue address_of(const Operation& operation, std::size_t field) {
  FieldValue found;
  visit_address(operation, field, [&](const char* name, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    found = {name, value, std::uint64_t{static_cast<T>(~T{})}};
  });
  return found;
}

void set_address(Operation& operation, std::size_t field, std::uint64_t address) {
  visit_address(operation, field, [&](const char*, auto& value) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(address);
  });
}

/// What is moved by `offset` from `base`: within the ring of the generator, if it has one.
std::uint64_t moved_address(std::uint64_t base, std::int64_t offset, const AddressGenerator& generator) {
  if (generator.ring_bytes == 0) return base + static_cast<std::uint64_t>(offset);
  const auto length = static_cast<std::int64_t>(generator.ring_bytes);
  const std::int64_t at = (static_cast<std::int64_t>(base - generator.ring) + offset % length) % length;
  return generator.ring + static_cast<std::uint64_t>(at < 0 ? at + length : at);
}

/// What divides all strides of one field, and the length of its ring; 0 where there is nothing but 0.
std::uint64_t common_stride(std::span<const AddressGenerator> generators) {
  std::uint64_t common = generators.front().ring_bytes;
  for (const AddressGenerator& generator : generators)
    common = std::gcd(common, static_cast<std::uint64_t>(std::abs(generator.stride)));
  return common;
}

/// The smallest and the largest address that generators of one field make of `base`. What lies farther out
/// than any memory is not told apart.
struct AddressRange {
  std::int64_t least, most;
};

/// Which places of a ring, in units of their common stride, the generators come to from place `start`.
std::vector<bool> places_in_ring(std::uint64_t start, std::uint64_t unit,
                                 std::span<const AddressGenerator> generators,
                                 const std::vector<ProgramLoop>& loops) {
  const std::uint64_t places = generators.front().ring_bytes / unit;
  std::vector<bool> reached(places, false);
  reached[start] = true;
  for (const AddressGenerator& generator : generators) {
    const auto ring = static_cast<std::int64_t>(places);
    const std::int64_t units = generator.stride / static_cast<std::int64_t>(unit) % ring;
    const auto stride = static_cast<std::uint64_t>(units < 0 ? units + ring : units);
    const std::vector<bool> before = reached;
    std::vector<bool> seen(places, false);
    for (std::uint64_t first = 0; first < places; ++first) {
      if (seen[first]) continue;
      // Twice round the circle of places: iterations from its last places go on at its first.
      std::uint64_t left = 0, at = first;
      for (int round = 0; round < 2; ++round) {
        do {
          if (before[at]) left = loops[generator.loop].count;
          if (left > 0) reached[at] = true;
          left -= left > 0 ? 1 : 0;
          seen[at] = true;
          at = (at + stride) % places;
        } while (at != first);
      }
    }
  }
  return reached;
}

AddressRange range_in_ring(std::uint64_t base, std::span<const AddressGenerator> generators,
                           const std::vector<ProgramLoop>& loops) {
  const AddressGenerator& ring = generators.front();
  const std::uint64_t unit = common_stride(generators);
  const std::uint64_t offset = (base - ring.ring) % unit, places = ring.ring_bytes / unit;
  std::uint64_t least = 0, most = places - 1;
  constexpr std::uint64_t most_places = 1 << 20;  // of larger rings, all count as reached
  if (places <= most_places) {
    const std::vector<bool> reached = places_in_ring((base - ring.ring) / unit, unit, generators, loops);
    while (!reached[least]) ++least;
    while (!reached[most]) --most;
  }
  return {static_cast<std::int64_t>(ring.ring + offset + least * unit),
          static_cast<std::int64_t>(ring.ring + offset + most * unit)};
}

AddressRange range_of(std::uint64_t base, std::span<const AddressGenerator> generators,
                      const std::vector<ProgramLoop>& loops) {
  if (generators.front().ring_bytes != 0) return range_in_ring(base, generators, loops);
  constexpr std::int64_t far = std::int64_t{1} << 59U;
  const auto start = static_cast<std::int64_t>(std::min<std::uint64_t>(base, far));
  AddressRange range = {start, start};
  for (const AddressGenerator& generator : generators) {
    const std::int64_t last = generator.stride * (std::int64_t{loops[generator.loop].count} - 1);
    (last < 0 ? range.least : range.most) += std::clamp(last, -far, far);
  }
  return range;
}

/// Calls f(generators) for each run of generators that move the same field of the same instruction.
template <class F>
void for_each_field(std::span<const AddressGenerator> generators, F f) {
  for (std::size_t begin = 0; begin < generators.size();) {
    std::size_t end = begin + 1;
    while (end < generators.size() && generators[end].instruction == generators[begin].instruction &&
           generators[end].field == generators[begin].field)
      ++end;
    f(generators.subspan(begin, end - begin));
    begin = end;
  }
}

/// Follows the loops of a program, and finds what is wrong with them.
class LoopReader {
 public:
  explicit LoopReader(std::span<const Instruction> code)
      : inner(code.size(), none), own(code.size(), none), code_(code) {}

  std::optional<LoopDefect> read() {
    for (std::size_t i = 0; i < code_.size() && !defect_; ++i) visit(static_cast<std::uint32_t>(i));
    if (!defect_ && !open_.empty()) fail(loops[open_.back()].head, "the loop has no end");
    for (std::size_t g = 0; g < generators.size() && !defect_; ++g) check_generator(g);
    for (std::size_t g = 0; g < guards.size() && !defect_; ++g) check_guard(g);
    if (!defect_) sort_guards();
    for (std::size_t l = 0; l < loops.size() && !defect_; ++l) check_semaphores(loops[l]);
    sort_generators();
    if (!defect_) for_each_field(generators, [&](auto moving) { check_field(moving); });
    return defect_;
  }

  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::vector<ProgramLoop> loops;
  std::vector<std::uint32_t> outer, inner, own;  ///< as those of Loops
  std::vector<AddressGenerator> generators;
  std::vector<SemaphoreGuard> guards;

 private:
  std::span<const Instruction> code_;
  std::vector<std::uint32_t> open_;     ///< the loops around the instruction at hand
  std::vector<std::uint32_t> placed_;   ///< the `stride` of each generator
  std::vector<std::uint32_t> guarded_;  ///< the `guard` of each guard
  std::optional<LoopDefect> defect_;

  void fail(std::size_t instruction, std::string message) {
    if (!defect_) defect_ = {instruction, std::move(message)};
  }

  [[nodiscard]] std::uint32_t innermost() const { return open_.empty() ? none : open_.back(); }

  void visit(std::uint32_t i) {
    inner[i] = innermost();
    if (const auto* loop = std::get_if<isa::Loop>(&code_[i].operation)) {
      open(i, *loop);
    } else if (const auto* stride = std::get_if<isa::Stride>(&code_[i].operation)) {
      if (!belongs_to_loop(i)) return;
      generators.push_back({stride->instruction, stride->field, own[i],
                            static_cast<std::int32_t>(stride->bytes), stride->ring, stride->ring_bytes});
      placed_.push_back(i);
    } else if (const auto* guard = std::get_if<isa::Guard>(&code_[i].operation)) {
      if (!belongs_to_loop(i)) return;
      guards.push_back({guard->instruction, guard->other, own[i], guard->waits_from, guard->posts_until});
      guarded_.push_back(i);
    } else if (std::holds_alternative<isa::End>(code_[i].operation)) {
      if (open_.empty()) return fail(i, "there is no loop that could end here");
      own[i] = innermost();
      if (loops[own[i]].body == i) return fail(i, "the loop has no instructions");
      loops[own[i]].end = i;
      open_.pop_back();
    } else if (std::holds_alternative<isa::Halt>(code_[i].operation) && !open_.empty()) {
      fail(i, "a halt in a loop");
    }
  }

  /// Takes a stride or a guard into the loop that has just begun.
  bool belongs_to_loop(std::uint32_t i) {
    if (open_.empty() || loops[innermost()].body != i) {
      fail(i, "stands neither behind its loop nor behind a stride or guard of that loop");
      return false;
    }
    own[i] = innermost();
    inner[i] = outer[own[i]];
    ++loops[own[i]].body;
    return true;
  }

  void open(std::uint32_t i, const isa::Loop& loop) {
    if (open_.size() == most_loop_depth)
      return fail(i, fmt::format("more than {} loops lie in one another", most_loop_depth));
    if (loop.count == 0) return fail(i, "'count' is at least 1");
    own[i] = static_cast<std::uint32_t>(loops.size());
    outer.push_back(innermost());
    loops.push_back({i, i + 1, i, static_cast<std::uint32_t>(open_.size()), loop.count, loop.steps});
    open_.push_back(own[i]);
  }

  void sort_guards() {
    std::stable_sort(guards.begin(), guards.end(), [](const SemaphoreGuard& a, const SemaphoreGuard& b) {
      return std::pair(a.instruction, a.engine) < std::pair(b.instruction, b.engine);
    });
    for (std::size_t g = 1; g < guards.size(); ++g) {
      if (guards[g].instruction == guards[g - 1].instruction && guards[g].engine == guards[g - 1].engine)
        return fail(guards[g].instruction, "has two guards for one engine");
    }
  }

  [[nodiscard]] SemaphoreGuard guard_of(std::uint32_t instruction, Engine engine,
                                        const ProgramLoop& loop) const {
    const auto found = std::lower_bound(guards.begin(), guards.end(), std::pair(instruction, engine),
                                        [](const SemaphoreGuard& a, const auto& wanted) {
                                          return std::pair(a.instruction, a.engine) < wanted;
                                        });
    if (found != guards.end() && found->instruction == instruction && found->engine == engine) return *found;
    return {instruction, engine, 0, 0, loop.count};
  }

  /// Inner loops leave semaphores as they found them, so only the body's own instructions count.
  void check_semaphores(const ProgramLoop& loop) {
    std::array<std::array<std::int64_t, engine_count>, engine_count> tokens{};  // [from][to]
    for (std::uint32_t i = loop.body; i < loop.end; ++i) {
      if (!is_issued(code_[i]) || loops[inner[i]].head != loop.head) continue;
      const auto engine = static_cast<std::size_t>(engine_of(code_[i]));
      for (std::size_t e = 0; e < engine_count; ++e) {
        const SemaphoreGuard guard = guard_of(i, static_cast<Engine>(e), loop);
        if (code_[i].post.has(guard.engine)) tokens[engine][e] += guard.posts_until;
        if (code_[i].wait.has(guard.engine)) tokens[e][engine] -= std::int64_t{loop.count} - guard.waits_from;
      }
    }
    for (std::size_t from = 0; from < engine_count; ++from) {
      for (std::size_t to = 0; to < engine_count; ++to) {
        if (tokens[from][to] == 0) continue;
        const auto& names = names_of(Engine{});
        return fail(
            loop.head,
            fmt::format("the loop leaves {} {} from {} to {} than it found", std::abs(tokens[from][to]),
                        tokens[from][to] > 0 ? "more posts" : "fewer posts", names[from], names[to]));
      }
    }
  }

  void check_guard(std::size_t g) {
    SemaphoreGuard& guard = guards[g];
    const ProgramLoop& loop = loops[guard.loop];
    const std::uint32_t body = loop.end - loop.body;
    if (guard.instruction >= body)
      return fail(guarded_[g], fmt::format("'instruction' is {}; the loop has {}", guard.instruction, body));
    guard.instruction += loop.body;
    const Instruction& guarded = code_[guard.instruction];
    if (inner[guard.instruction] != guard.loop || !is_issued(guarded) ||
        (!guarded.wait.has(guard.engine) && !guarded.post.has(guard.engine))) {
      return fail(guarded_[g],
                  fmt::format("instruction {} ({}) neither waits for {} nor posts to it in this loop itself",
                              guard.instruction, name_of(guarded), name_of(guard.engine)));
    }
    if (guard.waits_from > loop.count || guard.posts_until > loop.count) {
      return fail(guarded_[g],
                  fmt::format("'waits_from' and 'posts_until' are at most {}, the loop's count", loop.count));
    }
    if (guard.posts_until == 0) guard.posts_until = loop.count;
  }

  void check_generator(std::size_t g) {
    AddressGenerator& generator = generators[g];
    const ProgramLoop& loop = loops[generator.loop];
    const std::uint32_t body = loop.end - loop.body;
    if (generator.instruction >= body)
      return fail(placed_[g],
                  fmt::format("'instruction' is {}; the loop has {}", generator.instruction, body));
    generator.instruction += loop.body;
    const Instruction& moved = code_[generator.instruction];
    if (address_of(moved.operation, generator.field).name == nullptr) {
      return fail(placed_[g], fmt::format("field {} of instruction {} ({}) is no address", generator.field,
                                          generator.instruction, name_of(moved)));
    }
  }

  void sort_generators() {
    std::stable_sort(
        generators.begin(), generators.end(), [](const AddressGenerator& a, const AddressGenerator& b) {
          return std::tuple(a.instruction, a.field, a.loop) < std::tuple(b.instruction, b.field, b.loop);
        });
  }

  void check_field(std::span<const AddressGenerator> moving) {
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
      return wrong(fmt::format("is {}, outside its ring of {} bytes from {} on", field.value,
                               first.ring_bytes, first.ring));
    }
    const AddressRange range = range_of(field.value, moving, loops);
    const bool is_too_large = range.most > 0 && static_cast<std::uint64_t>(range.most) > field.most;
    if (range.least < 0 || is_too_large) wrong("leaves its range in some iteration of its loops");
  }
};

}  // namespace

std::optional<LoopDefect> loop_defect(std::span<const Instruction> code) {
  return LoopReader(code).read();
}

Loops::Loops(std::span<const Instruction> code) : first_(code.size() + 1, 0) {
  LoopReader reader(code);
  if (const auto defect = reader.read())
    throw std::invalid_argument(fmt::format("instruction {}: {}", defect->instruction, defect->message));
  loops_ = std::move(reader.loops);
  outer_ = std::move(reader.outer);
  inner_ = std::move(reader.inner);
  own_ = std::move(reader.own);
  generators_ = std::move(reader.generators);
  guards_ = std::move(reader.guards);
  is_guarded_.resize(code.size(), false);
  for (const SemaphoreGuard& guard : guards_) is_guarded_[guard.instruction] = true;
  for (const AddressGenerator& generator : generators_) ++first_[generator.instruction + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
}

std::span<const AddressGenerator> Loops::generators(std::size_t instruction) const {
  return std::span(generators_).subspan(first_[instruction], first_[instruction + 1] - first_[instruction]);
}

Instruction Loops::moved(const Instruction& instruction, std::size_t index,
                         const Iterations& iterations) const {
  Instruction result = instruction;
  for_each_field(generators(index), [&](std::span<const AddressGenerator> moving) {
    std::int64_t offset = 0;
    for (const AddressGenerator& g : moving) offset += g.stride * iterations[loops_[g.loop].depth];
    const AddressGenerator& first = moving.front();
    const std::uint64_t base = address_of(instruction.operation, first.field).value;
    set_address(result.operation, first.field, moved_address(base, offset, first));
  });
  result.step += steps_in(index, iterations);
  if (is_guarded_[index]) apply_guards(result, index, iterations);
  return result;
}

void Loops::apply_guards(Instruction& instruction, std::size_t index, const Iterations& iterations) const {
  auto guard = std::lower_bound(guards_.begin(), guards_.end(), index,
                                [](const SemaphoreGuard& g, std::size_t i) { return g.instruction < i; });
  for (; guard != guards_.end() && guard->instruction == index; ++guard) {
    const std::uint32_t k = iterations[loops_[guard->loop].depth];
    if (k < guard->waits_from) instruction.wait.remove(guard->engine);
    if (k >= guard->posts_until) instruction.post.remove(guard->engine);
  }
}

std::uint32_t Loops::steps_in(std::size_t index, const Iterations& iterations) const {
  std::uint32_t steps = 0;
  for_each_around(index, [&](const ProgramLoop& loop) { steps += loop.steps * iterations[loop.depth]; });
  return steps;
}

std::array<Instruction, 2> Loops::extremes(const Instruction& instruction, std::size_t index) const {
  std::array<Instruction, 2> results = {instruction, instruction};
  for_each_field(generators(index), [&](std::span<const AddressGenerator> moving) {
    const std::uint8_t field = moving.front().field;
    const AddressRange range = range_of(address_of(instruction.operation, field).value, moving, loops_);
    set_address(results[0].operation, field, static_cast<std::uint64_t>(range.least));
    set_address(results[1].operation, field, static_cast<std::uint64_t>(range.most));
  });
  return results;
}

std::optional<Loops::Values> Loops::values_of(const Instruction& instruction, std::size_t index,
                                              std::size_t field) const {
  std::optional<Values> values;
  for_each_field(generators(index), [&](std::span<const AddressGenerator> moving) {
    if (moving.front().field != field) return;
    const AddressRange range = range_of(address_of(instruction.operation, field).value, moving, loops_);
    values = {static_cast<std::uint64_t>(range.least), static_cast<std::uint64_t>(range.most),
              std::max<std::uint64_t>(common_stride(moving), 1)};
  });
  return values;
}

std::size_t Loops::most_registers() const {
  std::size_t most = 0;
  std::vector<std::size_t> of(loops_.size());  // of a loop and those around it
  for (std::size_t l = 0; l < loops_.size(); ++l) {
    of[l] = loops_[l].body - loops_[l].head - 1 + (outer_[l] == none ? 0 : of[outer_[l]]);
    most = std::max(most, of[l]);
  }
  return most;
}

namespace {
constexpr std::uint64_t most_counted = std::uint64_t{1} << 62U;
}

std::uint64_t Loops::executions(std::size_t instruction) const {
  std::uint64_t times = 1;
  for_each_around(instruction, [&](const ProgramLoop& loop) {
    times = times > most_counted / loop.count ? most_counted : times * loop.count;
  });
  return times;
}

std::uint64_t instructions_of(std::span<const Instruction> code, const Loops& loops) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (is_issued(code[i])) all = std::min(most_counted, all + loops.executions(i));
  }
  return all;
}

void ProgramCounter::pass(const Instruction& instruction) {
  if (std::holds_alternative<isa::Loop>(instruction.operation)) {
    iterations_[loops_->of(index_).depth] = 0;
  } else if (std::holds_alternative<isa::End>(instruction.operation)) {
    const ProgramLoop& loop = loops_->of(index_);
    if (++iterations_[loop.depth] < loop.count) {
      index_ = loop.body;
      return;
    }
    iterations_[loop.depth] = 0;
  }
  ++index_;
}

std::vector<Instruction> unrolled(std::span<const Instruction> code) {
  std::vector<Instruction> result;
  for_each_issued(code, Loops(code), [&](const Issued& issued) { result.push_back(issued.instruction); });
  for (const Instruction& instruction : code) {
    if (std::holds_alternative<isa::Halt>(instruction.operation)) result.push_back(instruction);
  }
  return result;
}

}  // namespace tricycle
