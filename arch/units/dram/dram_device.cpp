// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dram/dram_device.hpp"

#include <algorithm>

namespace tricycle {

DramDevicePort::DramDevicePort(const MachineSpec& spec, bool check, Observer commands)
    : device_(spec.dram.device),
      check_(check),
      commands_(std::move(commands)),
      clocks_(clock_crossing(spec)) {
  reset();
}

void DramDevicePort::reset() {
  model_ = std::make_unique<DramModel>(device_);
  checker_ = check_ ? std::make_unique<CommandChecker>(device_) : nullptr;
  if (check_ || commands_) {
    model_->observer = [this](const DramCommand& command) {
      if (checker_) checker_->take(command);
      if (commands_) commands_(command);
    };
  }
  now_ = 0;
  next_burst_ = 0;
  bursts_.clear();
  for (auto& parts : waiting_) parts.clear();
  answered_.clear();
}

void DramDevicePort::accept(const DramRequest& request) {
  const auto size = static_cast<std::uint64_t>(device_.geometry.request_bytes());
  const std::uint64_t first = request.address / size, last = (request.address + request.bytes - 1) / size;
  bursts_.insert({next_burst_, {request, last - first + 1}});
  for (std::uint64_t part = first; part <= last; ++part)
    waiting_[request.is_write() ? 1 : 0].push_back({next_burst_, part * size});
  ++next_burst_;
  send();
}

/// As many as there is room for, in order, reads before writes.
void DramDevicePort::send() {
  for (const bool write : {false, true}) {
    std::deque<Part>& parts = waiting_[write ? 1 : 0];
    for (; !parts.empty() && model_->accepts(parts.front().address, write); parts.pop_front())
      model_->add(parts.front().burst, parts.front().address, write);
  }
}

void DramDevicePort::advance(Cycles n) {
  now_ += n;
  model_->advance(clocks_.to_dram(now_) - model_->now());
  for (const DramAnswer& answer : model_->take_answers()) {
    Burst& burst = bursts_.at(answer.id);
    if (--burst.unanswered == 0) answered_.insert({clocks_.to_core(answer.cycle), answer.id});
  }
  send();
}

Cycles DramDevicePort::horizon() const {
  if (!waiting_[0].empty() || !waiting_[1].empty()) return 1;
  Cycles next = never;
  if (!answered_.empty()) next = answered_.begin()->first;
  const DramCycles dram = model_->horizon();
  if (dram != ~DramCycles{0}) next = std::min(next, clocks_.to_core(model_->now() + dram));
  if (next == never) return never;
  return next > now_ ? next - now_ : 1;
}

DramRequest DramDevicePort::finish() {
  const auto first = answered_.begin();
  const auto burst = bursts_.find(first->second);
  const DramRequest request = burst->second.request;
  bursts_.erase(burst);
  answered_.erase(first);
  return request;
}

DramDone DramDevicePort::settle() {
  model_->drain();
  DramDone done = {model_->statistics(), 0, {}};
  if (checker_) {
    checker_->finish(model_->now());
    done.commands_checked = checker_->checked();
    done.violations = checker_->violations();
  }
  return done;
}

}  // namespace tricycle
