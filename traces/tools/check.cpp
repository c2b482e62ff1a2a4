// SPDX-License-Identifier: Apache-2.0
#include "traces/tools/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "arch/isa/defects.hpp"
#include "arch/isa/pages.hpp"
#include "arch/isa/touches.hpp"
#include "arch/params/weight_stream.hpp"
#include "support/report.hpp"
#include "traces/checkpoints.hpp"
#include "traces/tools/untimed.hpp"

namespace tricycle {
namespace {

[[noreturn]] void fail_at(const std::string& name, const Trace& trace, std::size_t index,
                          const std::string& message) {
  fail(name, fmt::format("instruction {} ({}): {}", index, name_of(trace.code[index]), message));
}

/// The size of a bound tensor in bytes; -1 if its counts are absurd.
std::int64_t binding_bytes(const Binding& binding, std::int64_t word_bits) {
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  if (binding.rows < 1 || binding.cols < 1 || binding.rows > most || binding.cols > most) return -1;
  const std::int64_t row = row_bytes(binding.format, binding.cols, word_bits);
  return row > (std::int64_t{1} << 40U) / binding.rows ? -1 : row * binding.rows;
}

void check_binding(const Trace& trace, const MachineSpec& spec, const Binding& binding,
                   const std::string& name) {
  if (is_stream(binding.format)) {
    fail(name,
         fmt::format("the tensor '{}' is {}, which only weights are", binding.name, name_of(binding.format)));
  }
  const std::int64_t bytes = binding_bytes(binding, spec.array.word_bits);
  const bool inside = bytes >= 0 && binding.address <= trace.dram_bytes &&
                      static_cast<std::uint64_t>(bytes) <= trace.dram_bytes - binding.address;
  if (!inside)
    fail(name, fmt::format("the tensor '{}' lies outside the {} bytes of DRAM that the trace uses",
                           binding.name, trace.dram_bytes));
}

/// Whether a region is what an instruction forwards to others of its pass.
bool is_forwarded(const Region& region, const Instruction& instruction, const MachineSpec& spec) {
  return std::visit(
      [&](const auto& i) {
        if constexpr (requires { i.chain; }) {
          return i.chain == Chaining::forwards && region.format == i.format && region.address == 0 &&
                 region.first == 0 && region.rows == std::int64_t{i.lines} * i.columns &&
                 region.cols == std::int64_t{i.cols} &&
                 region.stride ==
                     static_cast<std::uint64_t>(row_bytes(i.format, region.cols, spec.array.word_bits));
        }
        return false;
      },
      instruction.operation);
}

bool lies_inside(const Region& region, const Instruction& instruction, const MachineSpec& spec) {
  if (region.memory == Memory::lanes) return is_forwarded(region, instruction, spec);
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  const bool sane = region.rows > 0 && region.rows < most && region.cols > 0 && region.cols < most &&
                    region.first >= 0 && region.first < most && region.memory != Memory::dram &&
                    !is_stream(region.format);
  if (!sane) return false;
  const auto row =
      static_cast<std::uint64_t>(row_bytes(region.format, region.first + region.cols, spec.array.word_bits));
  const std::uint64_t size = memory_bytes(region.memory, spec);
  const auto rows = static_cast<std::uint64_t>(region.rows);
  return region.address <= size && row <= size - region.address && region.stride <= size &&
         (rows == 1 || (region.stride >= row && rows - 1 <= (size - region.address - row) / region.stride));
}

/// Whether a row or column of the layer's output stays one in all iterations.
bool stays_in_output(std::int64_t first, const std::vector<std::int64_t>& strides, const Iterations& last) {
  constexpr std::int64_t most = std::int64_t{1} << 31U;
  if (first >= most) return false;
  std::int64_t least = first, greatest = first;
  for (std::size_t d = 0; d < strides.size(); ++d) {
    if (strides[d] <= -most || strides[d] >= most) return false;
    const std::int64_t end = strides[d] * std::int64_t{last[d]};
    (end < 0 ? least : greatest) += end;
    if (least < 0 || greatest >= most) return false;
  }
  return true;
}

void check_checkpoint(const Trace& trace, const MachineSpec& spec, const Loops& loops,
                      const Checkpoint& checkpoint, const std::string& name) {
  const auto wrong = [&](const char* what) {
    fail(name, fmt::format("the checkpoint of instruction {} {}", checkpoint.instruction, what));
  };
  if (checkpoint.instruction >= trace.code.size() || checkpoint.layer >= trace.layers.size())
    wrong("lies outside its memory");
  const Instruction& instruction = trace.code[checkpoint.instruction];
  Iterations last{};
  std::size_t depth = 0;
  loops.for_each_around(checkpoint.instruction, [&](const ProgramLoop& loop) {
    last[loop.depth] = loop.count - 1;
    ++depth;
  });
  for (const auto* strides : {&checkpoint.row_strides, &checkpoint.col_strides}) {
    if (!strides->empty() && strides->size() != depth) wrong("does not have a stride for each of its loops");
  }
  for (const Instruction& extreme : loops.extremes(instruction, checkpoint.instruction)) {
    if (!lies_inside(moved_checkpoint(checkpoint, instruction, extreme, {}).region, extreme, spec))
      wrong("lies outside its memory");
  }
  if (!stays_in_output(checkpoint.row, checkpoint.row_strides, last) ||
      !stays_in_output(checkpoint.col, checkpoint.col_strides, last))
    wrong("lies outside its memory");
}

/// Which bytes of a memory have been written.
class Written {
 public:
  void add(std::uint64_t begin, std::uint64_t end) {
    auto at = ranges_.upper_bound(begin);
    if (at != ranges_.begin() && std::prev(at)->second >= begin) --at;
    while (at != ranges_.end() && at->first <= end) {
      begin = std::min(begin, at->first);
      end = std::max(end, at->second);
      at = ranges_.erase(at);
    }
    ranges_[begin] = end;
  }
  /// The first byte from `begin` on that has not been written.
  [[nodiscard]] std::uint64_t first_gap(std::uint64_t begin) const {
    const auto at = ranges_.upper_bound(begin);
    return at == ranges_.begin() ? begin : std::max(begin, std::prev(at)->second);
  }

  /// Whether any byte of a range has been written.
  [[nodiscard]] bool has_any(std::uint64_t begin, std::uint64_t end) const {
    const auto at = ranges_.lower_bound(end);
    return at != ranges_.begin() && std::prev(at)->second > begin;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;
};

/// Counts for every instruction how many instructions of each engine are certain to have finished before it.
/// A conflict with any other instruction is a race.
class OrderChecker {
 public:
  OrderChecker(const Trace& trace, const MachineSpec& spec, const std::string& name)
      : trace_(trace), spec_(spec), name_(name), loops_(trace.code), touches_(trace.code, loops_, spec) {
    for (const ImageSegment& segment : trace.image) {
      written(Memory::dram).add(segment.address, segment.address + segment.bytes.size());
    }
    const auto input_bytes = static_cast<std::uint64_t>(binding_bytes(trace.input, spec.array.word_bits));
    written(Memory::dram).add(trace.input.address, trace.input.address + input_bytes);
  }

  void visit(const Issued& issued) {
    const Instruction& instruction = issued.instruction;
    const auto engine = static_cast<std::size_t>(engine_of(instruction));
    Clock& clock = clocks_[engine];
    for (std::size_t from = 0; from < engine_count; ++from) {
      if (!instruction.wait.has(static_cast<Engine>(from))) continue;
      for (std::size_t e = 0; e < engine_count; ++e)
        clock[e] = std::max(clock[e], posts_[from][engine].front()[e]);
      posts_[from][engine].pop_front();
    }
    check_staged(issued);
    check_streamed(issued);
    check_pass(issued);
    const std::vector<Access> accesses = footprint(instruction, spec_);
    for (std::size_t other = 0; other < engine_count; ++other) {
      if (other != engine) check_races(issued, accesses, other, clock[other]);
    }
    check_reads(issued, accesses);
    for (const Access& access : accesses) {
      if (!access.write) continue;
      check_staying(issued, access);
      access.for_each_run(
          [&](std::uint64_t begin, std::uint64_t end) { written(access.memory).add(begin, end); });
    }
    touches_.add(engine, ++clock[engine], accesses);
    for (std::size_t to = 0; to < engine_count; ++to) {
      if (instruction.post.has(static_cast<Engine>(to))) posts_[engine][to].push_back(clock);
    }
  }

  [[nodiscard]] std::uint64_t instructions() const { return instructions_of(trace_.code, loops_); }

  void finish() const {
    for (std::size_t from = 0; from < engine_count; ++from) {
      for (std::size_t to = 0; to < engine_count; ++to) {
        if (posts_[from][to].empty()) continue;
        fail(name_, fmt::format("{} of the posts from {} to {} are never waited for", posts_[from][to].size(),
                                names_of(Engine{})[from], names_of(Engine{})[to]));
      }
    }
    for (const Binding& output : trace_.outputs) {
      const auto bytes = static_cast<std::uint64_t>(binding_bytes(output, spec_.array.word_bits));
      if (written_[static_cast<std::size_t>(Memory::dram)].first_gap(output.address) < output.address + bytes)
        fail(name_, fmt::format("the output '{}' is never written whole", output.name));
    }
  }

 private:
  using Clock = std::array<std::uint32_t, engine_count>;

  /// What is loaded once stays: nothing else may write there.
  void check_staying(const Issued& issued, const Access& access) {
    if (access.memory == Memory::dram) return;
    const bool stays = is_once(issued.instruction);
    auto& mine = stays ? once_ : often_;
    const auto& others = stays ? often_ : once_;
    const auto memory = static_cast<std::size_t>(access.memory);
    access.for_each_run([&](std::uint64_t begin, std::uint64_t end) {
      if (others[memory].has_any(begin, end)) {
        fail_at(
            name_, trace_, issued.index,
            fmt::format(
                "writes '{}' in the {} memory at {}, {}", access.what, name_of(access.memory), begin,
                stays ? "to stay, and another instruction writes there" : "where what is loaded once stays"));
      }
      mine[memory].add(begin, end);
    });
  }

  /// The output stage takes the sums of the matmul before, all of them.
  void check_staged(const Issued& issued) {
    std::visit(
        [&](const auto& i) {
          if constexpr (requires { i.staged; }) {
            if (i.staged != 0) staged_sums_ = std::uint64_t{i.lines} * i.columns * i.cols;
          } else if constexpr (requires { i.pool; }) {
            const std::uint64_t taken = std::uint64_t{i.in_lines} * i.in_columns * i.cols * source_values(i);
            if (i.memory == Memory::array && taken != staged_sums_) {
              fail_at(name_, trace_, issued.index,
                      fmt::format("takes {} sums, and the matmul before it gives {}", taken, staged_sums_));
            }
          }
        },
        issued.instruction.operation);
  }

  /// A matmul takes the next block of weights that stream, whole and in its format, and it gets through.
  void check_streamed(const Issued& issued) {
    if (brings_stream(issued.instruction)) brought_ = issued;
    if (!takes_stream(issued.instruction)) return;
    const auto& matmul = std::get<isa::Matmul>(issued.instruction.operation);
    const ProductShape shape = shape_of(matmul);
    const auto* unpack = std::get_if<isa::Unpack>(&brought_.instruction.operation);
    const auto* load = std::get_if<isa::Load>(&brought_.instruction.operation);
    const Format format = unpack != nullptr ? unpack->format : matmul.weight_format;
    const auto brings = unpack != nullptr ? destination_row(*unpack, spec_) : std::uint64_t{load->row_bytes};
    const auto takes = static_cast<std::uint64_t>(streamed_bytes(spec_.array, shape, shape.weights));
    if (format != matmul.weight_format || brings != takes) {
      fail_at(name_, trace_, issued.index,
              fmt::format("takes {} bytes of {} weights that stream; instruction {} ({}) brings {}{}", takes,
                          name_of(matmul.weight_format), brought_.index, name_of(brought_.instruction),
                          brings, unpack != nullptr ? " of " + name_of(format) : ""));
    }
  }

  /// What shares a pass of the vector unit fits together: as many instructions as there are lanes for, the
  /// same outputs, results in the format that they were made in, and no way round the lanes: a pass works
  /// value by value, so what one of its instructions writes no other reads from memory, unless it is the same
  /// values before they are written.
  void check_pass(const Issued& issued) {
    std::visit(
        [&](const auto& i) {
          if constexpr (requires { i.chain; }) {
            if (i.memory == Memory::array) return;
            const auto refuse = [&](const std::string& message) {
              fail_at(name_, trace_, issued.index, message);
            };
            const PassMember mine = {
                issued.index, {i.lines, i.columns, i.cols}, i.format, footprint(issued.instruction, spec_)};
            if (std::ssize(pass_) == spec_.vector.chain)
              refuse(fmt::format("is instruction {} of its pass; 'vector.chain' is {}", pass_.size() + 1,
                                 spec_.vector.chain));
            if (!pass_.empty() && pass_.front().outputs != mine.outputs)
              refuse(fmt::format("has other outputs than instruction {} of its pass", pass_.front().index));
            for (const SideOperand& operand : lane_operands(i)) {
              if (operand.address > pass_.size())
                refuse(fmt::format("'{}' is {} instructions before, and its pass has {} there", operand.what,
                                   operand.address, pass_.size()));
              const PassMember& by = pass_[pass_.size() - operand.address];
              if (by.format != operand.format)
                refuse(fmt::format("takes '{}' as {}; instruction {} makes {}", operand.what,
                                   name_of(operand.format), by.index, name_of(by.format)));
            }
            for (const PassMember& before : pass_) check_memory(before, mine, refuse);
            if (i.chain == Chaining::ends) return pass_.clear();
            pass_.push_back(mine);
          }
        },
        issued.instruction.operation);
  }

  /// An instruction of a pass.
  struct PassMember {
    std::size_t index;
    std::array<std::uint32_t, 3> outputs;  ///< lines, columns, channels
    Format format;
    std::vector<Access> accesses;
  };
  template <class Refuse>
  static void check_memory(const PassMember& before, const PassMember& mine, Refuse refuse) {
    for (const Access& a : before.accesses) {
      for (const Access& b : mine.accesses) {
        if (!conflict(a, b) || (!a.write && b.write && is_same(a, b))) continue;
        refuse(fmt::format("'{}' in the {} memory is what instruction {} of its pass {}", b.what,
                           name_of(b.memory), before.index, a.write ? "writes" : "reads"));
      }
    }
  }
  static bool is_same(const Access& a, const Access& b) {
    return a.address == b.address && a.rows == b.rows && a.row_bytes == b.row_bytes &&
           (a.rows == 1 || a.stride == b.stride) && a.lines == b.lines &&
           (a.lines == 1 || a.line_stride == b.line_stride);
  }

  Written& written(Memory memory) { return written_[static_cast<std::size_t>(memory)]; }

  /// Refuses a conflict with an instruction of another engine, unless it is among the first `known` ones. An
  /// engine executes its instructions in the order of the program.
  void check_races(const Issued& issued, const std::vector<Access>& accesses, std::size_t other,
                   std::uint32_t known) const {
    if (touches_.last_conflict(other, accesses) <= known) return;
    std::uint32_t number = 0;
    for_each_issued(trace_.code, loops_, [&](const Issued& earlier) {  // names the first conflict
      if (static_cast<std::size_t>(engine_of(earlier.instruction)) != other || ++number <= known) return;
      const std::vector<Access> others = footprint(earlier.instruction, spec_);
      for (const Access& a : accesses) {
        if (std::none_of(others.begin(), others.end(), [&](const Access& b) { return conflict(a, b); }))
          continue;
        fail_at(
            name_, trace_, issued.index,
            fmt::format(
                "'{}' in the {} memory conflicts with instruction {} ({}), and no semaphore orders the two",
                a.what, name_of(a.memory), earlier.index, name_of(earlier.instruction)));
      }
    });
  }

  void check_reads(const Issued& issued, const std::vector<Access>& accesses) {
    const auto* matmul = std::get_if<isa::Matmul>(&issued.instruction.operation);
    for (const Access& access : accesses) {
      const bool reads = !access.write || (matmul != nullptr && matmul->accumulate != 0);
      if (!reads) continue;
      access.for_each_run([&](std::uint64_t begin, std::uint64_t end) {
        const std::uint64_t gap = written(access.memory).first_gap(begin);
        if (gap >= end) return;
        fail_at(name_, trace_, issued.index,
                fmt::format("reads '{}' in the {} memory at {} before it was written", access.what,
                            name_of(access.memory), gap));
      });
    }
  }

  const Trace& trace_;
  const MachineSpec& spec_;
  const std::string& name_;
  Loops loops_;
  Touches touches_;
  std::uint64_t staged_sums_ = 0;  ///< of the last matmul whose sums go to the output stage
  Issued brought_{};               ///< what brings the next block of weights that stream
  std::vector<PassMember> pass_;   ///< of the vector unit, so far
  std::array<Clock, engine_count> clocks_{};
  std::array<std::array<std::deque<Clock>, engine_count>, engine_count> posts_;
  std::array<Written, memory_count> written_, once_, often_;  ///< by what is loaded once, and by all else
};

/// An instruction on this machine, in all iterations of its loops.
void check_instruction(const Trace& trace, const MachineSpec& spec, const Loops& loops, std::size_t index,
                       const std::string& name) {
  const Instruction& instruction = trace.code[index];
  if (instruction.layer >= trace.layers.size()) {
    fail_at(name, trace, index,
            fmt::format("there is no layer {}; the table has {}", instruction.layer, trace.layers.size()));
  }
  const std::string defect = defect_in_loops(instruction, index, loops, spec);
  if (!defect.empty()) fail_at(name, trace, index, defect);
  for (const Instruction& extreme : loops.extremes(instruction, index)) {
    for (const Access& access : footprint(extreme, spec)) {
      if (access.memory != Memory::dram || access.end() <= trace.dram_bytes) continue;
      fail_at(name, trace, index,
              fmt::format("'{}' reaches outside the {} bytes of DRAM that the trace uses", access.what,
                          trace.dram_bytes));
    }
  }
}

/// The buffer of the stream has room for a step of each matmul that takes from it, and a burst.
void check_stream_room(const Trace& trace, const MachineSpec& spec, const std::string& name) {
  std::size_t brings = 0;
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    if (brings_stream(trace.code[i])) brings = i;
    if (!takes_stream(trace.code[i])) continue;
    const auto& matmul = std::get<isa::Matmul>(trace.code[i].operation);
    const auto* unpack = std::get_if<isa::Unpack>(&trace.code[brings].operation);
    const Format format = unpack != nullptr ? unpack->source_format : matmul.weight_format;
    const std::int64_t least = least_stream_bytes(spec, shape_of(matmul), format);
    if (least <= spec.weight_stream.bytes) continue;
    fail_at(
        name, trace, i,
        fmt::format("weights of a step and a burst of instruction {} take {} bytes; 'weight_stream.bytes' "
                    "is {}",
                    brings, least, spec.weight_stream.bytes));
  }
}

void check_code(const Trace& trace, const MachineSpec& spec, const std::string& name) {
  const auto is_halt = [](const Instruction& i) { return std::holds_alternative<isa::Halt>(i.operation); };
  if (trace.code.empty() || !is_halt(trace.code.back())) fail(name, "the code does not end in a halt");
  if (const auto defect = loop_defect(trace.code)) fail_at(name, trace, defect->instruction, defect->message);
  const Loops loops(trace.code);
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    check_instruction(trace, spec, loops, i, name);
    if (is_halt(trace.code[i]) && i + 1 < trace.code.size())
      fail_at(name, trace, i, "a halt before the end of the code");
  }
  check_stream_room(trace, spec, name);
  const Pages pages(trace.code, loops, static_cast<std::uint64_t>(spec.instruction_memory.bytes()));
  if (trace.dram_bytes + pages.bytes_in_dram() > static_cast<std::uint64_t>(spec.dram.bytes())) {
    fail(name,
         fmt::format("the trace uses {} bytes of DRAM, and its program {} behind them; the machine has {}",
                     trace.dram_bytes, pages.bytes_in_dram(), spec.dram.bytes()));
  }
  if (loops.most_registers() > static_cast<std::size_t>(spec.sequencer.loop_registers)) {
    fail(name, fmt::format("loops in one another have {} strides and guards; sequencer.loop_registers is {}",
                           loops.most_registers(), spec.sequencer.loop_registers));
  }
  constexpr std::uint64_t most_issued = 100'000'000;
  if (const std::uint64_t issued = instructions_of(trace.code, loops); issued > most_issued)
    fail(name, fmt::format("the code issues more than {} instructions", most_issued));
}

}  // namespace

void check_ranges(const Trace& trace, const MachineSpec& spec, const std::string& name) {
  constexpr std::uint64_t most_dram_bytes = std::uint64_t{1} << 31U;  // the most that the simulator holds
  if (trace.dram_bytes > most_dram_bytes) {
    fail(name, fmt::format("the trace uses {} bytes of DRAM; at most {} can be simulated", trace.dram_bytes,
                           most_dram_bytes));
  }
  if (trace.dram_bytes > static_cast<std::uint64_t>(spec.dram.bytes())) {
    const std::string fix = spec.dram.is_ideal() ? fmt::format(": set dram.size_MiB to {} or more",
                                                               (trace.dram_bytes + 1048575) / 1048576)
                                                 : "";
    fail(name, fmt::format("the trace uses {} bytes of DRAM; the machine has {}{}", trace.dram_bytes,
                           spec.dram.bytes(), fix));
  }
  check_binding(trace, spec, trace.input, name);
  for (const Binding& output : trace.outputs) check_binding(trace, spec, output, name);
  for (const Binding& state : trace.states) check_binding(trace, spec, state, name);
  const auto item_bytes = static_cast<std::uint64_t>(binding_bytes(trace.input, spec.array.word_bits));
  if (trace.items.count == 0 || trace.items.bytes.size() / trace.items.count != item_bytes ||
      trace.items.bytes.size() % trace.items.count != 0) {
    fail(name, fmt::format("{} input items of {} bytes each were expected, not {} bytes in all",
                           trace.items.count, item_bytes, trace.items.bytes.size()));
  }
  for (const ImageSegment& segment : trace.image) {
    if (segment.address > trace.dram_bytes || segment.bytes.size() > trace.dram_bytes - segment.address) {
      fail(name, fmt::format("the image segment at {} lies outside the {} bytes of DRAM that the trace uses",
                             segment.address, trace.dram_bytes));
    }
  }
  check_code(trace, spec, name);
  const Loops loops(trace.code);
  constexpr std::uint64_t most_checked_values = std::uint64_t{1} << 31U;
  std::uint64_t values = 0;
  std::uint32_t before = 0;
  for (const Checkpoint& checkpoint : trace.checkpoints) {
    if (checkpoint.instruction < before)
      fail(name, "the checkpoints are not in the order of their instructions");
    before = checkpoint.instruction;
    check_checkpoint(trace, spec, loops, checkpoint, name);
    const auto each = static_cast<std::uint64_t>(checkpoint.region.rows * checkpoint.region.cols);
    const std::uint64_t times = loops.executions(checkpoint.instruction);
    if (each > most_checked_values || times > (most_checked_values - values) / each)
      fail(name, fmt::format("the checkpoints hold more than {} values", most_checked_values));
    values += times * each;
  }
}

void check_order(const Trace& trace, const MachineSpec& spec, const std::string& name) {
  OrderChecker checker(trace, spec, name);
  const std::uint64_t all = checker.instructions();
  std::uint64_t visited = 0;
  const UntimedResult result = run_untimed(trace.code, limits_of(spec), [&](const Issued& issued) {
    if (visited++ % 1024 == 0) tell("checking instructions", visited, all);
    checker.visit(issued);
  });
  if (!result.finished) fail(name, "deadlock: " + result.deadlock);
  checker.finish();
}

}  // namespace tricycle
