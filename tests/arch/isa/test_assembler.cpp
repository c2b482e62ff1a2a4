// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/arch/isa/random_instruction.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

Place line_4() {
  Place place;
  place.file = "net.asm";
  place.line = 4;
  place.column = 1;
  return place;
}

std::string error_of(const std::string& line) {
  return message_of([&] { static_cast<void>(assemble(line, line_4())); });
}

const std::string affine =
    "affine address=0 stride=4 table=0 per_channel=1 result=0 result_stride=4 rows=1 cols=1";

}  // namespace

TEST_CASE("1,000 random instructions of each of the 6 kinds come back from their text") {
  Random random(13);
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    for (int i = 0; i < 1000; ++i) {
      const Instruction instruction = random_instruction(random, kind);
      REQUIRE(assemble(disassemble(instruction), line_4()) == instruction);
    }
  }
}

TEST_CASE("a matmul of 3 rows reads as its fields in the order of the list, then its waits and posts") {
  Instruction instruction;
  isa::Matmul matmul;
  matmul.datapath = Datapath::ternary_fatnn;
  matmul.rows = 3;
  matmul.cols = 5;
  matmul.words = 2;
  matmul.elements = 60;
  matmul.sum_stride = 20;
  instruction.operation = matmul;
  instruction.wait.add(Engine::vector);
  instruction.wait.add(Engine::load);
  instruction.post.add(Engine::vector);
  CHECK(disassemble(instruction) ==
        "matmul datapath=ternary_fatnn accumulate=0 activations=0 activation_stride=0 weights=0 "
        "weight_stride=0 "
        "sums=0 sum_stride=20 rows=3 cols=5 words=2 elements=60 wait=load,vector post=vector");
}

TEST_CASE("addresses in DRAM are written in hexadecimal, and read in either base") {
  Instruction instruction;
  isa::Load load;
  load.dram = 4096;
  instruction.operation = load;
  CHECK(disassemble(instruction) ==
        "load memory=weight address=0 stride=0 dram=0x1000 dram_stride=0 rows=0 row_bytes=0");
  CHECK(assemble("load memory=weight address=0 stride=0 dram=4096 dram_stride=0 rows=0x0 row_bytes=0",
                 line_4()) == instruction);
}

TEST_CASE("fields may stand in any order, with tabs and several blanks between them") {
  CHECK(assemble("affine cols=1 rows=1  result_stride=4\tresult=0 per_channel=1 table=0 stride=4 address=0\r",
                 line_4()) == assemble(affine, line_4()));
}

TEST_CASE("a misspelt instruction is an error that names the nearest one") {
  CHECK(error_of("matmull rows=1") ==
        "net.asm:4:1: error: unknown instruction 'matmull'; did you mean 'matmul'?");
  CHECK(error_of("  frobnicate") ==
        "net.asm:4:3: error: unknown instruction 'frobnicate'; there are load, store, "
        "matmul, threshold, affine or halt");
  CHECK(error_of("") == "net.asm:4:1: error: expected an instruction");
}

TEST_CASE("a misspelt field is an error at its column that names the nearest one") {
  CHECK(error_of(affine + " colls=1") ==
        "net.asm:4:88: error: 'affine' has no field 'colls'; did you mean 'cols'?");
  CHECK(error_of("halt rows=1") == "net.asm:4:6: error: 'halt' has no field 'rows'");
}

TEST_CASE("a missing field is an error at the instruction") {
  CHECK(error_of("affine address=0 stride=4 per_channel=1 result=0 result_stride=4 rows=1 cols=1") ==
        "net.asm:4:1: error: 'affine' needs the field 'table'");
}

TEST_CASE("a field that stands twice is an error at the second") {
  CHECK(error_of("affine address=0 address=1") == "net.asm:4:18: error: 'address' stands twice");
  CHECK(error_of("halt wait=load wait=load") == "net.asm:4:16: error: 'wait' stands twice");
}

TEST_CASE("a word without an equals sign is an error") {
  CHECK(error_of("halt now") == "net.asm:4:6: error: expected FIELD=VALUE, not 'now'");
}

TEST_CASE("a choice that does not exist is an error that lists the choices") {
  CHECK(error_of("load memory=weights address=0 stride=0 dram=0 dram_stride=0 rows=0 row_bytes=0") ==
        "net.asm:4:6: error: 'memory' expects weight, activation, accumulator or dram, not 'weights'; did "
        "you mean "
        "'weight'?");
}

TEST_CASE("a number outside its field's width, or none at all, is an error with the range") {
  const auto with_rows = [](const std::string& rows) {
    return "affine address=0 stride=4 table=0 per_channel=1 result=0 result_stride=4 cols=1 rows=" + rows;
  };
  const std::string begin = "net.asm:4:81: error: 'rows' expects an integer from 0 to 4294967295, not '";
  CHECK(error_of(with_rows("4294967295")).empty());
  for (const std::string text : {"4294967296", "-1", "1.5", "", "0x", "0x100000000", "many", "1x", "+1"}) {
    CHECK(error_of(with_rows(text)) == begin + text + "'");
  }
  CHECK(
      error_of("affine address=0 stride=4 table=0 per_channel=256 result=0 result_stride=4 cols=1 rows=1") ==
      "net.asm:4:35: error: 'per_channel' expects an integer from 0 to 255, not '256'");
  CHECK(error_of("load memory=weight address=0 stride=0 dram=18446744073709551616 dram_stride=0 rows=0 "
                 "row_bytes=0") ==
        "net.asm:4:39: error: 'dram' expects an integer from 0 to 18446744073709551615, not "
        "'18446744073709551616'");
}

TEST_CASE("an engine that does not exist, and the sequencer, cannot be waited for") {
  CHECK(error_of("halt wait=loads") ==
        "net.asm:4:6: error: no engine is called 'loads'; there are load, store, array or vector");
  CHECK(error_of("halt post=load,sequencer") ==
        "net.asm:4:6: error: no engine is called 'sequencer'; there are load, store, array or vector");
  CHECK(error_of("halt post=load,") ==
        "net.asm:4:6: error: no engine is called ''; there are load, store, array or vector");
}
