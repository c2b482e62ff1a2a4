// SPDX-License-Identifier: Apache-2.0
// HitNet Figure 1: how much less memory an LSTM needs whose weights, or weights and activations, are ternary.
#include "workloads/quantize/recurrent/memory.hpp"

#include "tests/catch.hpp"
#include "tests/workloads/recurrent_models.hpp"

namespace {

using namespace tricycle;
using tricycle::test::make_model;
using tricycle::test::ModelShape;

CellMemory memory_of(Cell cell, std::int64_t units, std::int64_t batch, std::int64_t steps = 35) {
  Random random(1);
  ModelShape shape;
  shape.cells = {cell};
  shape.inputs = shape.hidden = units;
  shape.batch = batch;
  shape.steps = steps;
  shape.outputs = 10;  // a decoder is not counted
  return cell_memory(make_model(random, shape));
}

/// What training needs in FP32 over what it needs with other widths.
double saving(const CellMemory& memory, std::size_t widths) {
  const auto bytes = [&](std::size_t i) {
    return memory_bytes(memory.weights, memory.training_activations, figure1_widths().at(i));
  };
  return bytes(0) / bytes(widths);
}

}  // namespace

TEST_CASE("an LSTM of 300 units has 720000 weights and, of 35 steps of 20 streams, 1680000 activations") {
  const CellMemory memory = memory_of(Cell::lstm, 300, 20);
  CHECK(memory.weights == 720'000);
  CHECK(memory.training_activations == 1'680'000);
  CHECK(memory.inference_activations == 48'000);
}

TEST_CASE("a GRU of 300 units has 540000 weights and, of 35 steps of 20 streams, 1260000 activations") {
  const CellMemory memory = memory_of(Cell::gru, 300, 20);
  CHECK(memory.weights == 540'000);
  CHECK(memory.training_activations == 1'260'000);
  CHECK(memory.inference_activations == 36'000);
}

TEST_CASE(
    "Figure 1: ternary weights save 1.391 times the memory of training, and all ternary 16 or 32 times") {
  for (const Cell cell : {Cell::lstm, Cell::gru}) {
    const CellMemory penn_tree_bank = memory_of(cell, 300, 20);
    CHECK(saving(penn_tree_bank, 0) == 1);
    CHECK(saving(penn_tree_bank, 1) == Approx(1.391).margin(0.0005));
    CHECK(saving(penn_tree_bank, 2) == 16);
    CHECK(saving(penn_tree_bank, 3) == 32);
  }
}

TEST_CASE(
    "ternary weights save 1.269 of 512 units and 1.529 of 1024 in batches of 50, of LSTM and GRU alike") {
  for (const Cell cell : {Cell::lstm, Cell::gru}) {
    CHECK(saving(memory_of(cell, 512, 50), 1) == Approx(1.269).margin(0.0005));
    CHECK(saving(memory_of(cell, 1024, 50), 1) == Approx(1.529).margin(0.0005));
  }
}

TEST_CASE(
    "a cell stores 8, 6 or 2 tensors, layers and directions add up, and inference does not grow with steps") {
  CHECK(stored_tensors(Cell::lstm) == 8);
  CHECK(stored_tensors(Cell::gru) == 6);
  CHECK(stored_tensors(Cell::rnn) == 2);
  Random random(2);
  ModelShape shape;
  shape.cells = {Cell::lstm, Cell::rnn};
  shape.reverse = true;
  shape.inputs = 3;
  shape.hidden = 5;
  shape.batch = 2;
  shape.steps = 4;
  const CellMemory memory = cell_memory(make_model(random, shape));
  // 4 gates of 5 x (3 + 5), and one of 5 x (10 + 5) behind the 10 values of both directions.
  CHECK(memory.weights == 2 * 4 * 5 * 8 + 2 * 5 * 15);
  CHECK(memory.inference_activations == 2 * 2 * 5 * (8 + 2));
  CHECK(memory.training_activations == 4 * memory.inference_activations);
  CHECK(memory_of(Cell::gru, 30, 2, 50).inference_activations ==
        memory_of(Cell::gru, 30, 2, 5).inference_activations);
}
