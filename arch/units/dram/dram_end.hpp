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

/// Where DRAM answers the bursts of a client.
class BurstAnswers : public virtual sc_core::sc_interface {
 public:
  /// The last byte of a burst has come (of a read) or has been taken over (of a write) in this cycle. The
  /// client sees it in the next.
  virtual void answered(const DramRequest& request) = 0;
};

/// DRAM'S END: takes bursts from its clients, the fetch unit and the load and the store engine, and answers
/// them, in any order. Those of one cycle are taken in this order (rule M3 of docs/timing.md). It holds the
/// contents of DRAM, whose values move when an instruction completes; what stands behind it gives the time.
///
/// | port | to |
/// |---|---|
/// | `fetch_requests`, ... (`requests`) | bursts of each client |
/// | `fetch_answers`, ... (`answers`) | the clients |
/// | `contents` (export) | the engines |
class DramEnd : public Unit, public MemoryContents {
 public:
  DramEnd(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes);

  sc_core::sc_vector<InPort<DramRequest>> requests{"requests"};           ///< by client
  sc_core::sc_vector<sc_core::sc_port<BurstAnswers>> answers{"answers"};  ///< by client
  sc_core::sc_export<MemoryContents> contents{"contents"};

  [[nodiscard]] std::span<std::uint8_t> bytes() final { return bytes_; }
  /// After a run: lets what is written reach its rows, and says what was done.
  virtual DramDone finish() { return {}; }
  /// Whether a foreign memory still owes an answer, in a cycle that nobody here knows.
  [[nodiscard]] virtual bool is_waited_for() const { return false; }

  /// Called with each burst when it has come out of its queue.
  std::function<void(Cycles, const DramRequest&)> observer;

 protected:
  /// The next request that has come, by the order of clients; false where there is none.
  bool next_request(Cycles now, DramRequest& request);
  void answer(const DramRequest& request);
  void listen() override;

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace tricycle
