// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "arch/params/machine.hpp"
#include "arch/units/control/countdown.hpp"

namespace tricycle {

/// The rows of a transfer in DRAM: `stride` bytes from one to the next, or each where `gathered` says.
struct DmaRows {
  std::uint64_t rows = 0, row_bytes = 0, address = 0, stride = 0;
  std::vector<std::uint64_t> gathered{};
};

/// One burst to ask for.
struct DmaBurst {
  std::uint64_t address;
  std::uint32_t bytes;
  std::uint64_t transfer;  ///< that it belongs to: what its answer says
};

/// Bursts of one row that go through the ports of the engine side by side.
struct DmaGroup {
  std::uint64_t bursts = 0, bytes = 0;
};

/// A load or store engine's time: for each transfer a set-up, then a burst a cycle for each of its ports
/// while fewer than `outstanding` are unanswered. The next transfer may start the cycle after the last burst
/// of this one was asked for. Answers come in any order; transfers complete in theirs, each when all before
/// it have and its last answer is there. What is to be decoded goes through a decoder, as it arrives, and
/// completes when its last element has. What streams to the array is asked for while there is room for it on
/// the way, and is there when all before has completed (rule D9). Plain logic.
class DmaLogic {
 public:
  explicit DmaLogic(const DmaSpec& spec, std::int64_t decoder_rate = 1, std::int64_t stream_bytes = 0)
      : spec_(spec),
        decoder_rate_(static_cast<std::uint64_t>(decoder_rate)),
        stream_bytes_(static_cast<std::uint64_t>(stream_bytes)) {}

  [[nodiscard]] bool can_start() const { return rows_left_ == 0; }
  /// The first burst may be asked for `wait` cycles after the set-up. `elements` are those to decode; 0 where
  /// the bytes stay as they are. `streamed`: bytes that stream to the array; 0 where they go to a memory.
  void start(std::uint32_t work, DmaRows rows, Cycles wait = 0, std::uint64_t elements = 0,
             std::uint64_t streamed = 0) {
    setup_left_ = setup_cycles() + wait;
    rows_left_ = rows.rows;
    row_left_ = rows.row_bytes;
    const auto burst = static_cast<std::uint64_t>(spec_.burst_bytes);
    transfers_.push_back({work, rows.rows * ((rows.row_bytes + burst - 1) / burst),
                          rows.rows * rows.row_bytes, elements, streamed});
    rows_ = std::move(rows);
  }
  /// A transfer of nothing: due in the next cycle, when all before it have completed.
  void start_empty(std::uint32_t work) {
    transfers_.push_back({work, 0, 0, 0, 0});
    started_empty_ = true;
  }
  [[nodiscard]] bool can_ask() const {
    return rows_left_ > 0 && setup_left_ == 0 && asked_now_ < ports() &&
           unanswered_ < static_cast<std::uint64_t>(spec_.outstanding) && has_room();
  }
  [[nodiscard]] std::uint64_t ports() const { return static_cast<std::uint64_t>(spec_.ports); }
  [[nodiscard]] Cycles setup_cycles() const { return static_cast<Cycles>(spec_.setup_cycles); }
  /// The bytes of the next burst, which ends with its row at the latest.
  [[nodiscard]] std::uint64_t next_bytes() const {
    return std::min(row_left_, static_cast<std::uint64_t>(spec_.burst_bytes));
  }
  /// The next bursts of a row, one for each port at most.
  [[nodiscard]] DmaGroup next_group() const {
    const auto burst = static_cast<std::uint64_t>(spec_.burst_bytes);
    const std::uint64_t bytes = std::min(row_left_, ports() * burst);
    return {(bytes + burst - 1) / burst, bytes};
  }
  /// What a transfer under way was started as.
  [[nodiscard]] std::uint32_t work_of(std::uint64_t transfer) const {
    return transfers_[transfer - completed_].work;
  }
  DmaBurst ask() {
    const std::uint64_t bytes = next_bytes();
    const std::uint64_t row = rows_.rows - rows_left_;
    const std::uint64_t start =
        rows_.gathered.empty() ? rows_.address + row * rows_.stride : rows_.gathered[row];
    const DmaBurst burst = {start + rows_.row_bytes - row_left_, static_cast<std::uint32_t>(bytes),
                            completed_ + transfers_.size() - 1};
    row_left_ -= bytes;
    if (row_left_ == 0) {
      row_left_ = rows_.row_bytes;
      --rows_left_;
    }
    Transfer& t = transfers_.back();
    stream_held_ += t.share(t.asked + bytes) - t.share(t.asked);
    t.asked += bytes;
    ++unanswered_;
    ++asked_now_;
    return burst;
  }
  /// `bytes` of a transfer have arrived (or been taken over), a burst of it.
  void answer(std::uint64_t transfer, std::uint32_t bytes) {
    --unanswered_;
    Transfer& t = transfers_[transfer - completed_];
    --t.answers_left;
    t.answered += bytes;
  }
  /// The array has used so many bytes that streamed.
  void used(std::uint64_t bytes) { stream_held_ -= bytes; }
  /// Bytes of the oldest transfer that have come to stream since the last call.
  std::uint64_t take_streamed() {
    if (transfers_.empty() || transfers_.front().streamed == 0) return 0;
    Transfer& t = transfers_.front();
    const std::uint64_t before = std::exchange(t.delivered, t.here());
    return t.delivered - before;
  }
  [[nodiscard]] bool due() const { return !transfers_.empty() && transfers_.front().is_done(); }
  std::uint32_t finish() {
    const std::uint32_t work = transfers_.front().work;
    transfers_.pop_front();
    ++completed_;
    return work;
  }
  void advance(Cycles n) {
    setup_left_ -= std::min(setup_left_, n);
    asked_now_ = 0;
    started_empty_ = false;
    std::uint64_t room = n * decoder_rate_;
    for (auto t = transfers_.begin(); t != transfers_.end() && room > 0; ++t) {
      const std::uint64_t now = std::min(room, t->waiting());
      t->decoded += now;
      room -= now;
    }
  }
  /// There are bursts to ask for in every cycle, and the cycle after the last another transfer may start.
  [[nodiscard]] Cycles horizon() const {
    if (started_empty_ || (setup_left_ == 0 && (can_ask() || asked_now()))) return 1;
    const Cycles setup = setup_left_ > 0 ? setup_left_ : never;
    return std::min(setup, decoded_in());
  }
  [[nodiscard]] bool asked_now() const { return asked_now_ > 0; }
  [[nodiscard]] bool empty() const { return transfers_.empty(); }
  void reset() {
    *this =
        DmaLogic(spec_, static_cast<std::int64_t>(decoder_rate_), static_cast<std::int64_t>(stream_bytes_));
  }

 private:
  struct Transfer {
    std::uint32_t work;
    std::uint64_t answers_left, bytes, elements, streamed;
    std::uint64_t answered = 0, decoded = 0;  ///< bytes; elements
    std::uint64_t asked = 0, delivered = 0;   ///< bytes; bytes that stream

    /// What so many of its bytes become on their way to the array.
    [[nodiscard]] std::uint64_t share(std::uint64_t part) const {
      return streamed == 0 ? 0 : (part * streamed + bytes - 1) / bytes;
    }
    [[nodiscard]] std::uint64_t here() const {
      return elements == 0 ? share(answered) : (decoded * streamed + elements - 1) / elements;
    }

    /// Elements that have arrived, each with its last bit, and are not decoded.
    [[nodiscard]] std::uint64_t waiting() const {
      if (elements == 0) return 0;
      const std::uint64_t each = elements / bytes, rest = elements % bytes;
      return answered * each + answered * rest / bytes - decoded;
    }
    [[nodiscard]] bool is_done() const { return answers_left == 0 && decoded == elements; }
  };
  /// The cycles until all that the oldest transfer waits for is decoded, where it has arrived.
  [[nodiscard]] Cycles decoded_in() const {
    if (transfers_.empty()) return never;
    if (transfers_.front().streamed > 0 && transfers_.front().waiting() > 0) return 1;  // the array sees each
    if (transfers_.front().answers_left > 0 || due()) return never;
    return (transfers_.front().waiting() + decoder_rate_ - 1) / decoder_rate_;
  }

  /// Whether the buffer on the way to the array has room for the next burst.
  [[nodiscard]] bool has_room() const {
    const Transfer& t = transfers_.back();
    const std::uint64_t more = t.share(t.asked + next_bytes()) - t.share(t.asked);
    return more == 0 || stream_held_ + more <= stream_bytes_;
  }

  DmaSpec spec_;
  std::uint64_t decoder_rate_;     ///< elements in a cycle
  std::uint64_t stream_bytes_;     ///< of the buffer
  std::uint64_t stream_held_ = 0;  ///< bytes that it holds or that have been asked for
  Cycles setup_left_ = 0;
  DmaRows rows_;  ///< of the last transfer started
  std::uint64_t rows_left_ = 0, row_left_ = 0, unanswered_ = 0;
  std::uint64_t completed_ = 0;  ///< transfers
  std::uint64_t asked_now_ = 0;  ///< bursts in this cycle
  bool started_empty_ = false;
  std::deque<Transfer> transfers_;
};

}  // namespace tricycle
