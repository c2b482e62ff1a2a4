// SPDX-License-Identifier: Apache-2.0
#include "arch/units/output/output_stage.hpp"

namespace tricycle {

OutputStage::OutputStage(const sc_core::sc_module_name& name, RunControl& run, const LoadedProgram& program,
                         Scoreboard& scoreboard)
    : EngineUnit(name, run, program, scoreboard, Engine::output_stage),
      last_sums_(static_cast<Cycles>(program.spec.output_stage.latency_cycles)) {
  sums_in.bind(*this);
}

std::vector<Property> OutputStage::properties() const {
  const OutputStageSpec& stage = spec().output_stage;
  return {{"lanes", std::to_string(stage.lanes)},
          {"scale_lanes", std::to_string(stage.scale_lanes)},
          {"thresholds", std::to_string(stage.thresholds)},
          {"pool_bytes", std::to_string(stage.pool_bytes)},
          {"latency_cycles", std::to_string(stage.latency_cycles)}};
}

void OutputStage::listen() {
  EngineUnit::listen();
  wake_on(fed->posted());
  wake_on(summed->posted());
}

void OutputStage::clear() {
  sums_.clear();
  started_.clear();
  last_sums_.reset();
  under_way_ = fed_ = 0;
}

bool OutputStage::can_start() const {
  const auto most = static_cast<std::uint64_t>(spec().output_stage.tiles);
  return under_way_ < most && waiting() && tokens->can_take(instruction(queue->front()).wait);
}

void OutputStage::act(Cycles now) {
  for (; fed->has(); ++fed_) fed->take();
  if (last_sums_.can_start() && summed->has()) {
    const Cycles cycles = summed->take();
    const std::uint32_t place = started_.front();
    started_.pop_front();
    --fed_;
    last_sums_.start(cycles, place);
    scoreboard_.release(place, {now + cycles, cycles});
  }
  for (; last_sums_.due(); --under_way_) complete(now, last_sums_.finish());
  std::uint32_t place = 0;
  if (can_start() && start_next(now, place)) {
    ++under_way_;
    started_.push_back(place);
    staged->post(place);
  }
  const bool takes_in = fed_ > 0 || last_sums_.taking_in();
  activity_ = takes_in ? Activity::busy : under_way_ > 0 || waiting() ? Activity::stall : Activity::idle;
}

}  // namespace tricycle
