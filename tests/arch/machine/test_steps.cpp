// SPDX-License-Identifier: Apache-2.0
// What is counted for each layer and time step.
#include <sstream>

#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

Instruction in(std::uint32_t layer, std::uint32_t step, Instruction instruction) {
  instruction.layer = layer;
  instruction.step = step;
  return instruction;
}

/// Layer 0 is a product and layer 1 its activation, in two steps; layer 2 stores what came out. The weights
/// are loaded in the first step alone.
Program two_steps() {
  Program program;
  for (std::uint32_t step = 0; step < 2; ++step) {
    const bool first = step == 0;
    if (first) program.push_back(in(0, 0, make(load_of(4, 4), {}, set_of({Engine::array}))));
    program.push_back(in(0, step,
                         make(matmul_of(3, 4, 2), first ? set_of({Engine::load}) : set_of({Engine::vector}),
                              set_of({Engine::vector}))));
    program.push_back(in(1, step,
                         make(threshold_of(3, 4), set_of({Engine::array}),
                              first ? set_of({Engine::array}) : set_of({Engine::store}))));
  }
  program.push_back(in(2, 0, make(store_of(1, 16), set_of({Engine::vector}))));
  program.push_back(in(2, 0, halt()));
  return program;
}

std::string steps_text(const MachineOptions& options) {
  return simulate(small_machine(), two_steps(), options, [](Elaboration& machine) {
    const Inference inference = machine.run();
    std::ostringstream out;
    for (const LayerStep& entry : inference.layer_steps) {
      out << "layer " << entry.layer << " step " << entry.step << ": read "
          << entry.events[Counter::dram_read_bytes] << ", written " << entry.events[Counter::dram_write_bytes]
          << ", array steps " << entry.events[Counter::array_steps] << ", array busy "
          << entry.busy(Engine::array) << ", vector busy " << entry.busy(Engine::vector) << '\n';
    }
    if (inference.layer_steps.back().end_cycle >= inference.cycles) out << "it ends after the run\n";
    if (!busy_adds_up(inference)) out << "busy cycles do not add up\n";
    return out.str();
  });
}

}  // namespace

TEST_CASE(
    "a program of 2 steps counts its 8 array steps and 6 vector cycles in each, and its load in the first") {
  const std::string text = steps_text({});
  CHECK(text ==
        "layer 0 step 0: read 16, written 0, array steps 8, array busy 8, vector busy 0\n"
        "layer 0 step 1: read 0, written 0, array steps 8, array busy 8, vector busy 0\n"
        "layer 1 step 0: read 0, written 0, array steps 0, array busy 0, vector busy 6\n"
        "layer 1 step 1: read 0, written 0, array steps 0, array busy 0, vector busy 6\n"
        "layer 2 step 0: read 0, written 16, array steps 0, array busy 0, vector busy 0\n");
  CHECK(steps_text({.lockstep = true}) == text);
}

TEST_CASE("the steps of a layer end one after the other, and the sums of 3 layers are those of the run") {
  const std::string text =
      simulate(small_machine(), two_steps(), {}, [](Elaboration& machine) -> std::string {
        const Inference inference = machine.run();
        const auto& steps = inference.layer_steps;
        if (steps.size() != 5 || steps[0].end_cycle >= steps[1].end_cycle) return "the order is wrong";
        const std::vector<LayerStep> layers = inference.by_layer();
        if (layers.size() != 3 || layers[0].end_cycle != steps[1].end_cycle) return "the ends are wrong";
        CounterSet sum;
        for (const LayerStep& layer : layers) sum += layer.events;
        return sum == inference.events() ? "right" : "the sums are wrong";
      });
  CHECK(text == "right");
}

TEST_CASE("a second inference of 2 steps counts what the first did") {
  const std::string text = simulate(small_machine(), two_steps(), {}, [](Elaboration& machine) {
    const Inference first = machine.run();
    return std::string(first.layer_steps == machine.run().layer_steps ? "the same" : "they differ");
  });
  CHECK(text == "the same");
}
