// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "arch/units/dram/dram_end.hpp"

namespace tricycle {

/// ADAPTER to a foreign memory: each burst is a transaction of TLM-2.0's base protocol (IEEE 1666, 14 to 16),
/// non-blocking, with several outstanding, and answered in any order. It carries time, not values: these stay
/// in `contents`, as everywhere (rule E4 of docs/timing.md), and the target's data are not looked at.
///
/// | port | to |
/// |---|---|
/// | `socket` (initiator) | the memory's target socket |
/// | those of a `DramEnd` | the engines |
///
/// A request that comes in cycle t is sent in t. Where the target has not ended a request (END_REQ), the next
/// one waits for the first cycle after that. A response that begins within cycle t, or at its start, is
/// answered in t + 1, and the engine sees it in t + 2. A burst that is never answered ends the inference at
/// the cycle limit, or, where units skip cycles and the memory has no event of its own to come, in a
/// deadlock.
class TlmDram final : public DramEnd {
 public:
  TlmDram(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes);
  ~TlmDram() override;
  [[nodiscard]] bool is_waited_for() const override { return under_way_ > 0 || !waiting_.empty(); }

  tlm_utils::simple_initiator_socket<TlmDram> socket{"socket"};

 private:
  /// A burst under way.
  struct Burst;
  /// Keeps the transactions that are in use; a target may hold one after its response.
  class Pool;

  void advance(Cycles) override {}
  void act(Cycles now) override;
  [[nodiscard]] Cycles horizon() const override;
  void clear() override;
  void listen() override;

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void send(const DramRequest& request);
  void end_request(Cycles send_from);
  void wake_in(Cycles cycle);
  void begin_response(Burst& burst, const sc_core::sc_time& delay);
  void answer_until(Cycles now);

  std::unique_ptr<Pool> pool_;
  std::deque<DramRequest> waiting_;                    ///< not yet sent
  Burst* in_request_ = nullptr;                        ///< whose request has not ended
  sc_core::sc_time send_from_;                         ///< the next request may be sent from here on
  std::size_t under_way_ = 0;                          ///< sent, and not answered
  std::multimap<sc_core::sc_time, Burst*> responses_;  ///< by the time in which each begins
  std::uint64_t inference_ = 0;                        ///< responses to an earlier one are nobody's
  sc_core::sc_event woken_{"woken"};
};

}  // namespace tricycle
