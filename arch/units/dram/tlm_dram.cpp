// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dram/tlm_dram.hpp"

#include <fmt/format.h>

#include <vector>

#include "support/diagnostics.hpp"

namespace tricycle {

struct TlmDram::Burst : tlm::tlm_generic_payload {
  DramRequest request;
  std::uint64_t inference = 0;
  std::vector<std::uint8_t> data;  ///< what the protocol asks for; nobody looks at it
};

class TlmDram::Pool final : public tlm::tlm_mm_interface {
 public:
  /// A transaction for a burst, held once.
  Burst& take(const DramRequest& request, std::uint64_t inference) {
    if (free_.empty()) {
      all_.push_back(std::make_unique<Burst>());
      all_.back()->set_mm(this);
      free_.push_back(all_.back().get());
    }
    Burst& burst = *free_.back();
    free_.pop_back();
    burst.acquire();
    burst.set_gp_option(tlm::TLM_MIN_PAYLOAD);
    burst.request = request;
    burst.inference = inference;
    burst.data.assign(request.bytes, 0);
    burst.set_command(request.is_write() ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    burst.set_address(request.address);
    burst.set_data_ptr(burst.data.data());
    burst.set_data_length(request.bytes);
    burst.set_streaming_width(request.bytes);
    burst.set_byte_enable_ptr(nullptr);
    burst.set_dmi_allowed(false);
    burst.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return burst;
  }
  void free(tlm::tlm_generic_payload* transaction) override {
    transaction->reset();
    free_.push_back(static_cast<Burst*>(transaction));
  }

 private:
  std::vector<std::unique_ptr<Burst>> all_;
  std::vector<Burst*> free_;
};

TlmDram::TlmDram(const sc_core::sc_module_name& name, RunControl& run, std::uint64_t bytes)
    : DramEnd(name, run, bytes), pool_(std::make_unique<Pool>()) {
  socket.register_nb_transport_bw(this, &TlmDram::nb_transport_bw);
}

TlmDram::~TlmDram() = default;

void TlmDram::listen() {
  DramEnd::listen();
  wake_on(woken_);
}

void TlmDram::clear() {
  waiting_.clear();
  for (const auto& [time, burst] : responses_) burst->release();
  responses_.clear();
  under_way_ = 0;
  ++inference_;
  woken_.cancel();
}

/// The request under way ends: the next may be sent from a cycle on.
void TlmDram::end_request(Cycles send_from) {
  in_request_ = nullptr;
  send_from_ = sc_core::sc_time_stamp() + run_.until(send_from);
  if (!waiting_.empty() && send_from > run_.now()) wake_in(send_from);
}

void TlmDram::wake_in(Cycles cycle) {
  woken_.notify(run_.until(cycle));
  run_.alive(cycle);
}

/// A response begins after `delay`, and with it the request ends at the latest.
void TlmDram::begin_response(Burst& burst, const sc_core::sc_time& delay) {
  const sc_core::sc_time at = sc_core::sc_time_stamp() + delay;
  if (in_request_ == &burst) end_request(run_.cycle_of(at) + 1);
  if (burst.inference != inference_) return burst.release();
  responses_.emplace(at, &burst);
  wake_in(run_.cycle_of(at) + 1);
}

tlm::tlm_sync_enum TlmDram::nb_transport_bw(tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                            sc_core::sc_time& delay) {
  auto& burst = static_cast<Burst&>(transaction);
  if (phase == tlm::END_REQ) {
    if (in_request_ == &burst) end_request(run_.cycle_of(sc_core::sc_time_stamp() + delay) + 1);
    return tlm::TLM_ACCEPTED;
  }
  if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;  // a phase of an extended protocol
  begin_response(burst, delay);
  phase = tlm::END_RESP;
  return tlm::TLM_COMPLETED;
}

void TlmDram::send(const DramRequest& request) {
  Burst& burst = pool_->take(request, inference_);
  ++under_way_;
  in_request_ = &burst;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum answer = socket->nb_transport_fw(burst, phase, delay);
  if (answer == tlm::TLM_COMPLETED) {
    begin_response(burst, delay);
  } else if (answer == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
    const bool at_once = delay == sc_core::SC_ZERO_TIME;
    end_request(run_.cycle_of(sc_core::sc_time_stamp() + delay) + (at_once ? 0 : 1));
  } else if (answer == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
    begin_response(burst, delay);
    phase = tlm::END_RESP;
    socket->nb_transport_fw(burst, phase, delay);
  }
}

/// Answers the bursts whose responses began before this cycle.
void TlmDram::answer_until(Cycles now) {
  while (!responses_.empty() && run_.cycle_of(responses_.begin()->first) < now) {
    Burst& burst = *responses_.begin()->second;
    responses_.erase(responses_.begin());
    const DramRequest request = burst.request;
    const std::string error = burst.is_response_error() ? burst.get_response_string() : "";
    burst.release();
    --under_way_;
    if (!error.empty()) {
      throw RunError(fmt::format("the memory at '{}' answers the burst of {} bytes at {} with {}", name(),
                                 request.bytes, request.address, error));
    }
    answer(request);
  }
}

void TlmDram::act(Cycles now) {
  answer_until(now);
  DramRequest request;
  while (next_request(now, request)) waiting_.push_back(request);
  while (!waiting_.empty() && in_request_ == nullptr && send_from_ <= sc_core::sc_time_stamp()) {
    const DramRequest next = waiting_.front();
    waiting_.pop_front();
    send(next);
  }
  activity_ = under_way_ > 0 ? Activity::busy : Activity::idle;
}

/// To the next response that is known, or to the end of a request that another waits for.
Cycles TlmDram::horizon() const {
  const Cycles now = run_.now();
  if (run_.lockstep() && is_waited_for()) return 1;
  Cycles next = never;
  if (!responses_.empty()) next = std::max(run_.cycle_of(responses_.begin()->first), now) + 1 - now;
  if (!waiting_.empty() && in_request_ == nullptr)
    next = std::min(next, std::max(run_.cycle_of(send_from_), now + 1) - now);
  return next;
}

}  // namespace tricycle
