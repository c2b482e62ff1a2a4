// SPDX-License-Identifier: Apache-2.0
#include "arch/units/dma_engine.hpp"

#include "arch/units/dram_channel.hpp"

namespace tricycle {

DmaEngine::DmaEngine(const sc_core::sc_module_name& name, Core& core, Engine engine, const DmaSpec& spec)
    : EngineUnit(name, core, engine), writes_(engine == Engine::store), logic_(spec) {}

void DmaEngine::reset() {
  EngineUnit::reset();
  requests.reset();
  answers.reset();
  logic_.reset();
}

void DmaEngine::act(Cycles now) {
  while (answers.has(now)) {
    answers.take(now);
    logic_.answer();
    if (logic_.due()) complete(now, logic_.finish());
  }
  std::uint32_t index = 0;
  if (logic_.can_start() && !logic_.asked_now() && start_next(now, index)) {
    const Access& rows = core_.accesses[index].front();  // those that move
    logic_.start(index, rows.rows, rows.row_bytes);
  }
  if (logic_.can_ask()) {
    requests.post(now, {logic_.ask(), writes_});
    dram->wake();
  }
  activity_ = !logic_.empty() ? Activity::busy : waiting(now) ? Activity::stall : Activity::idle;
}

}  // namespace tricycle
