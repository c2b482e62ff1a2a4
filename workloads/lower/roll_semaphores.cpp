// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "workloads/lower/roll_nodes.hpp"

namespace tricycle {
namespace {

/// Finds the guards of a node's loops, instruction by instruction.
class GuardFinder {
 public:
  explicit GuardFinder(const RolledNode& node) : node_(node) {}

  std::optional<LoopGuards> run() {
    if (!visit(node_)) return std::nullopt;
    return std::move(guards_);
  }

 private:
  bool visit(const RolledNode& node) {
    if (!node.is_loop()) return visit_instruction();
    loops_.push_back({&node, instruction_});
    counts_.push_back(node.written);
    for (const RolledPointer& inner : node.body) {
      if (!visit(*inner)) return false;
    }
    loops_.pop_back();
    counts_.pop_back();
    return true;
  }

  bool visit_instruction() {
    for (; use_ < node_.uses.size() && node_.uses[use_].instruction == instruction_; ++use_) {
      const SemaphoreUse& use = node_.uses[use_];
      const auto ranges = guard_ranges(use.executions, counts_, node_.number);
      if (!ranges) return false;
      for (std::size_t l = 0; l < loops_.size(); ++l) {
        if (!(*ranges)[l].is_needed()) continue;
        guards_[loops_[l].node].push_back(
            {instruction_ - loops_[l].first, use.other, use.posts, (*ranges)[l]});
      }
    }
    ++instruction_;
    return true;
  }

  struct Around {
    const RolledNode* node;
    std::uint32_t first;  ///< its first instruction
  };

  const RolledNode& node_;
  LoopGuards guards_;
  std::vector<Around> loops_;
  std::vector<std::size_t> counts_;
  std::uint32_t instruction_ = 0;
  std::size_t use_ = 0;
};

/// The semaphores of a run's instructions, through all of its iterations.
std::vector<SemaphoreUse> uses_of(const Run& run, std::size_t count) {
  std::vector<SemaphoreUse> all;
  std::uint32_t before = 0;  // instructions of the nodes before
  for (std::size_t j = 0; j < run.length; ++j) {
    const auto begin = static_cast<std::ptrdiff_t>(all.size());
    for (std::size_t k = 0; k < count; ++k) {
      for (const SemaphoreUse& use : run.at(k, j).uses) {
        const std::size_t each = use.executions.size();
        SemaphoreUse wanted = {use.instruction + before, use.other, use.posts, {}};
        auto at = std::find_if(all.begin() + begin, all.end(),
                               [&](const SemaphoreUse& u) { return u.is_of_same(wanted); });
        if (at == all.end()) {
          wanted.executions.resize(each * count, false);
          at = all.insert(at, std::move(wanted));
        }
        std::copy(use.executions.begin(), use.executions.end(),
                  at->executions.begin() + static_cast<std::ptrdiff_t>(each * k));
      }
    }
    std::stable_sort(all.begin() + begin, all.end(), [](const SemaphoreUse& a, const SemaphoreUse& b) {
      return a.instruction < b.instruction;
    });
    before += run.at(0, j).instructions;
  }
  return all;
}

void add_engines(const RolledNode& node, const std::vector<Instruction>& code, std::vector<Engine>& engines) {
  if (!node.is_loop()) return engines.push_back(engine_of(code[node.instruction]));
  for (const RolledPointer& inner : node.body) add_engines(*inner, code, engines);
}

/// Whether steps that were not written leave every semaphore as they found it.
bool leaves_semaphores(const RolledNode& loop, const std::vector<Instruction>& code) {
  if (loop.number.left_out == 0 || loop.number.gap >= loop.written) return true;
  std::array<std::array<std::int64_t, engine_count>, engine_count> tokens{};  // [from][to]
  std::vector<Engine> engines;
  for (const RolledPointer& node : loop.body) add_engines(*node, code, engines);
  for (const SemaphoreUse& use : loop.uses) {
    const auto each = static_cast<std::ptrdiff_t>(use.executions.size() / loop.written);
    const auto iteration = use.executions.begin() + each * static_cast<std::ptrdiff_t>(loop.number.gap);
    const auto uses = std::count(iteration, iteration + each, true);
    const auto own = static_cast<std::size_t>(engines[use.instruction]);
    const auto other = static_cast<std::size_t>(use.other);
    if (use.posts) tokens[own][other] += uses;
    if (!use.posts) tokens[other][own] -= uses;
  }
  return tokens == decltype(tokens){};
}

}  // namespace

std::optional<LoopGuards> guards_of(const RolledNode& node) {
  return GuardFinder(node).run();
}

std::optional<LoopGuards> guard_run(const Run& run, std::size_t count, const std::vector<Instruction>& code,
                                    RolledNode& loop) {
  std::optional<LoopGuards> best;
  const auto holds = [&](std::size_t some) {
    RolledNode tried = loop;
    tried.written = some;
    tried.uses = uses_of(run, some);
    if (!leaves_semaphores(tried, code)) return false;
    std::optional<LoopGuards> guards = guards_of(tried);
    if (!guards) return false;
    // The guards are those of the loop, not of what was tried.
    auto own = guards->extract(&tried);
    if (!own.empty()) {
      own.key() = &loop;
      guards->insert(std::move(own));
    }
    loop.written = some;
    loop.uses = std::move(tried.uses);
    best = std::move(guards);
    return true;
  };
  std::size_t good = 1, bad = count + 1;
  while (good < count) {
    const std::size_t some = std::min(2 * good, count);
    if (holds(some)) {
      good = some;
      continue;
    }
    bad = some;
    break;
  }
  while (bad - good > 1) {
    const std::size_t some = good + (bad - good) / 2;
    (holds(some) ? good : bad) = some;
  }
  return best;
}

}  // namespace tricycle
