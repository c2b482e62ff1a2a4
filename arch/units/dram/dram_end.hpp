// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "arch/units/control/channel.hpp"
#include "arch/units/control/memory_contents.hpp"
#include "arch/units/control/unit.hpp"
#include "arch/units/dram/dram_request.hpp"

namespace tricycle {

/// Where DRAM answers the bursts of an engine.
class BurstAnswers : public virtual sc_core::sc_interface {
 public:
  /// The last byte of a burst has come (of a load) or has been taken over (of a store) in this cycle. The
  /// engine sees it in the next.
  virtual void answered(const DramRequest& request) = 0;
};

/// DRAM'S END: takes bursts from the load and the store engine and answers them, in any order. Requests of
/// one cycle are taken load first (rule M3 of docs/timing.md). It holds the contents of DRAM, whose values
/// move when an instruction completes; what stands behind it gives the time.
///
/// | port | to |
/// |---|---|
/// | `load_requests`, `store_requests` | bursts of each engine |
/// | `load_answers`, `store_answers` | the engines |
/// | `contents` (export) | the engines |
class DramEnd : public Unit, public MemoryContents {
 public:
  DramEnd(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes);

  InPort<DramRequest> load_requests{"load_requests"}, store_requests{"store_requests"};
  sc_core::sc_port<BurstAnswers> load_answers{"load_answers"}, store_answers{"store_answers"};
  sc_core::sc_export<MemoryContents> contents{"contents"};

  [[nodiscard]] std::span<std::uint8_t> bytes() final { return bytes_; }
  /// After a run: lets what is written reach its rows, and says what was done.
  virtual DramDone finish() { return {}; }
  /// Whether a foreign memory still owes an answer, in a cycle that nobody here knows.
  [[nodiscard]] virtual bool is_waited_for() const { return false; }

  /// Called with each burst when it has come out of its queue.
  std::function<void(Cycles, const DramRequest&)> observer;

 protected:
  /// The next request that has come, load before store; false where there is none.
  bool next_request(Cycles now, DramRequest& request);
  void answer(const DramRequest& request);
  void listen() override;

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace tricycle
