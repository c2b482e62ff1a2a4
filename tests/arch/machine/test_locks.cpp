// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/arch/machine/programs.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

/// The RunError of a run, or "no error".
std::string run_error(const Program& program, bool lockstep) {
  return simulate(small_machine(), program, {.lockstep = lockstep}, [](Elaboration& machine) -> std::string {
    try {
      machine.run();
    } catch (const RunError& error) {
      return error.what();
    }
    return "no error";
  });
}

void check_error(const Program& program, const std::string& expected) {
  CHECK(run_error(program, false) == expected);
  CHECK(run_error(program, true) == expected);
}

/// The load of small_machine() that is started in 3 and completes in 30.
const Instruction weights = make(load_of(1, 16));

/// A threshold whose table is the byte behind the load's last, or that byte.
Instruction table_at(std::uint32_t table) {
  isa::Threshold threshold = threshold_of(1, 4, 1);
  threshold.table = table;
  return make(threshold);
}

}  // namespace

TEST_CASE("E4: reading a byte that a load is about to write is a run error that names both instructions") {
  check_error(
      {weights, table_at(15), halt()},
      "instruction 1 (threshold) touches 'table' in the weight memory while instruction 0 (load) holds it");
}

TEST_CASE("E4: the byte behind the last may be read") {
  check_error({weights, table_at(16), halt()}, "no error");
}

TEST_CASE("E4: writing what another engine reads is a run error, reading it is none") {
  isa::Store from_activations = store_of(1, 16);
  check_error({make(matmul_of(2, 3, 4)), make(load_of(1, 16, Memory::activation)), halt()},
              "instruction 1 (load) touches 'address' in the activation memory while instruction 0 (matmul) "
              "holds it");
  check_error({make(matmul_of(2, 3, 4)), make(from_activations), halt()}, "no error");
}

TEST_CASE("E4: DRAM is an operand too: a store over what a load reads is a run error") {
  isa::Store store = store_of(1, 16);
  store.dram = 15;
  check_error({weights, make(store), halt()},
              "instruction 1 (store) touches 'dram' in the dram memory while instruction 0 (load) holds it");
  store.dram = 16;
  check_error({weights, make(store), halt()}, "no error");
}

TEST_CASE("E4: the gap between two rows of a strided operand is held with them") {
  isa::Load strided = load_of(2, 16);
  strided.stride = 64;
  check_error(
      {make(strided), table_at(40), halt()},
      "instruction 1 (threshold) touches 'table' in the weight memory while instruction 0 (load) holds it");
  check_error({make(strided), table_at(80), halt()}, "no error");
}

TEST_CASE("E4: one engine's own instructions may touch what it holds, for it works in order") {
  check_error({weights, weights, weights, halt()}, "no error");
}

TEST_CASE("E4: with a semaphore between them there is no error") {
  Instruction first = weights;
  first.post.add(Engine::vector);
  Instruction second = table_at(0);
  second.wait.add(Engine::load);
  check_error({first, second, halt()}, "no error");
}

TEST_CASE(
    "E4: an operand is still held in the cycle in which its instruction completes, and free in the next") {
  // Fillers delay the threshold that reads the load's bytes: it starts in 4 + n. The load completes in 30.
  const auto delayed = [](std::uint32_t start) {
    Program program = {weights};
    isa::Affine filler = affine_of(1, 4 * (start - 4));  // intake from 4 to start - 1
    filler.table = 2048;
    program.push_back(make(filler));
    program.push_back(table_at(0));
    program.push_back(halt());
    return program;
  };
  const std::string held =
      "instruction 2 (threshold) touches 'table' in the weight memory while instruction 0 (load) holds it";
  check_error(delayed(29), held);
  check_error(delayed(30), held);
  check_error(delayed(31), "no error");
}

TEST_CASE("E4: so it is the other way round, with the vector unit holding what a load will write") {
  // The affine starts in 3, takes in 7 x 4 elements and completes in 12. The second load starts in 8 + bursts
  // of the first.
  const auto bursts = [](std::uint32_t count) {
    return Program{make(affine_of(1, 28)), make(load_of(1, 16 * count)),
                   make(load_of(1, 16, Memory::activation, 512)), halt()};
  };
  const std::string held =
      "instruction 2 (load) touches 'address' in the activation memory while instruction 0 (affine) holds it";
  check_error(bursts(3), held);
  check_error(bursts(4), held);
  check_error(bursts(5), "no error");
}

TEST_CASE("after a run error the next inference starts from reset and ends with the same error") {
  CHECK(simulate(small_machine(), {weights, table_at(15), halt()}, {}, [](Elaboration& machine) {
          std::string messages;
          for (int i = 0; i < 2; ++i) messages += message_of([&] { machine.run(); }) + '\n';
          const std::string first = messages.substr(0, messages.find('\n') + 1);
          return messages == first + first ? std::string("the same") : messages;
        }) == "the same");
}
