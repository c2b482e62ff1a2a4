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

const std::string load_text =
    "load memory=weight address=0 stride=4 dram=0x0 dram_stride=4 rows=1 row_bytes=4 once=0";

const std::string affine =
    "affine memory=accumulator source_format=int32 address=0 position_stride=4 line_stride=4 pool=max "
    "lines=1 "
    "columns=1 kernel_h=1 kernel_w=1 stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=1 in_columns=1 "
    "cols=1 second=none second_format=bit1 second_address=0 second_position_stride=0 second_line_stride=0 "
    "table=0 per_channel=1 least=4286578688 most=2139095040 format=float32 result=0 result_position_stride=4 "
    "result_line_stride=4 first=0 chain=ends";

std::string with(std::string line, const std::string& from, const std::string& to) {
  return line.replace(line.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("1,000 random instructions of each kind come back from their text") {
  Random random(13);
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    for (int i = 0; i < 1000; ++i) {
      const Instruction instruction = random_instruction(random, kind);
      REQUIRE(assemble(disassemble(instruction), line_4()) == instruction);
    }
  }
}

TEST_CASE(
    "a matmul of 3 x 5 positions reads as its fields in the order of the list, then its waits and posts") {
  Instruction instruction;
  isa::Matmul matmul;
  matmul.datapath = Datapath::bitserial;
  matmul.activation_format = Format::uint8;
  matmul.weight_format = Format::s4;
  matmul.im2col = 1;
  matmul.lines = 3;
  matmul.columns = 5;
  matmul.kernel_h = 7;
  matmul.pad = 128;
  matmul.elements = 60;
  matmul.sum_stride = 20;
  matmul.cols = 5;
  instruction.operation = matmul;
  instruction.wait.add(Engine::vector);
  instruction.wait.add(Engine::load);
  instruction.post.add(Engine::vector);
  CHECK(disassemble(instruction) ==
        "matmul datapath=bitserial activation_format=uint8 weight_format=s4 im2col=1 folding=0 accumulate=0 "
        "staged=0 streamed=0 "
        "activations=0 position_stride=0 line_stride=0 lines=3 columns=5 kernel_h=7 kernel_w=0 stride_y=0 "
        "stride_x=0 pad_top=0 pad_left=0 in_lines=0 in_columns=0 dilation_y=0 dilation_x=0 pad=128 "
        "elements=60 weights=0 weight_stride=0 sums=0 sum_stride=20 cols=5 wait=load,vector post=vector");
}

TEST_CASE("an affine reads as its 32 fields in the order of the list") {
  CHECK(disassemble(assemble(affine, line_4())) == affine);
  CHECK(std::count(affine.begin(), affine.end(), '=') == 32);
}

TEST_CASE("addresses in DRAM are written in hexadecimal, and read in either base") {
  Instruction instruction;
  isa::Load load;
  load.dram = 4096;
  instruction.operation = load;
  CHECK(disassemble(instruction) ==
        "load memory=weight address=0 stride=0 dram=0x1000 dram_stride=0 rows=0 row_bytes=0 once=0");
  CHECK(assemble("load memory=weight address=0 stride=0 dram=4096 dram_stride=0 rows=0x0 row_bytes=0 once=0",
                 line_4()) == instruction);
}

TEST_CASE("fields may stand in any order, with tabs and several blanks between them") {
  CHECK(assemble("load once=0 row_bytes=4 rows=1  dram_stride=4\tdram=0 stride=4 address=0 memory=weight\r",
                 line_4()) == assemble(load_text, line_4()));
}

TEST_CASE("a misspelt instruction is an error that names the nearest one") {
  CHECK(error_of("matmull rows=1") ==
        "net.asm:4:1: error: unknown instruction 'matmull'; did you mean 'matmul'?");
  CHECK(error_of("  frobnicate") ==
        "net.asm:4:3: error: unknown instruction 'frobnicate'; there are load, store, "
        "matmul, threshold, scale, affine, copy, lookup, multiply, function, sample, gather, unpack, loop, "
        "stride, guard, end or halt");
  CHECK(error_of("") == "net.asm:4:1: error: expected an instruction");
}

TEST_CASE("a misspelt field is an error at its column that names the nearest one") {
  CHECK(error_of(load_text + " rowz=1") ==
        "net.asm:4:88: error: 'load' has no field 'rowz'; did you mean 'rows'?");
  CHECK(
      error_of(affine + " colls=1").ends_with("error: 'affine' has no field 'colls'; did you mean 'cols'?"));
  CHECK(error_of("halt rows=1") == "net.asm:4:6: error: 'halt' has no field 'rows'");
}

TEST_CASE("a missing field is an error at the instruction") {
  CHECK(error_of(with(affine, " table=0", "")) == "net.asm:4:1: error: 'affine' needs the field 'table'");
  CHECK(error_of(with(affine, " second=none", "")) ==
        "net.asm:4:1: error: 'affine' needs the field 'second'");
}

TEST_CASE("a field that stands twice is an error at the second") {
  CHECK(error_of("affine address=0 address=1") == "net.asm:4:18: error: 'address' stands twice");
  CHECK(error_of("halt wait=load wait=load") == "net.asm:4:16: error: 'wait' stands twice");
}

TEST_CASE("a word without an equals sign is an error") {
  CHECK(error_of("halt now") == "net.asm:4:6: error: expected FIELD=VALUE, not 'now'");
}

TEST_CASE("a choice that does not exist is an error that lists the choices") {
  CHECK(error_of("load memory=weights address=0 stride=0 dram=0 dram_stride=0 rows=0 row_bytes=0 once=0") ==
        "net.asm:4:6: error: 'memory' expects weight, activation, accumulator, dram, array, lanes or stream, "
        "not "
        "'weights'; "
        "did "
        "you mean "
        "'weight'?");
}

TEST_CASE("a pool is max or sum, and a second operand none, pair, tensor or lanes") {
  CHECK(error_of(with(affine, "pool=max", "pool=sum")).empty());
  CHECK(error_of(with(affine, "pool=max", "pool=largest"))
            .ends_with("'pool' expects max or sum, not 'largest'"));
  CHECK(error_of(with(affine, "second=none", "second=tensor")).empty());
  CHECK(error_of(with(affine, "second=none", "second=pairs"))
            .ends_with("'second' expects none, pair, tensor or lanes, not 'pairs'; did you mean 'pair'?"));
}

TEST_CASE("a number outside its field's width, or none at all, is an error with the range") {
  const auto with_rows = [](const std::string& rows) {
    return "load memory=weight address=0 stride=4 dram=0 dram_stride=4 row_bytes=4 once=0 rows=" + rows;
  };
  const std::string begin = "net.asm:4:79: error: 'rows' expects an integer from 0 to 4294967295, not '";
  CHECK(error_of(with_rows("4294967295")).empty());
  for (const std::string text : {"4294967296", "-1", "1.5", "", "0x", "0x100000000", "many", "1x", "+1"}) {
    CHECK(error_of(with_rows(text)) == begin + text + "'");
  }
  CHECK(error_of(with(affine, "per_channel=1", "per_channel=255")).empty());
  CHECK(error_of(with(affine, "per_channel=1", "per_channel=256"))
            .ends_with("error: 'per_channel' expects an integer from 0 to 255, not '256'"));
  CHECK(error_of(with(affine, "kernel_h=1", "kernel_h=65535")).empty());
  CHECK(error_of(with(affine, "kernel_h=1", "kernel_h=65536"))
            .ends_with("error: 'kernel_h' expects an integer from 0 to 65535, not '65536'"));
  CHECK(error_of("load memory=weight address=0 stride=0 dram=18446744073709551616 dram_stride=0 rows=0 "
                 "row_bytes=0 once=0") ==
        "net.asm:4:39: error: 'dram' expects an integer from 0 to 18446744073709551615, not "
        "'18446744073709551616'");
}

TEST_CASE("an engine that does not exist, and the sequencer, cannot be waited for") {
  CHECK(error_of("halt wait=loads") ==
        "net.asm:4:6: error: no engine is called 'loads'; there are load, store, array, vector or "
        "output_stage");
  CHECK(error_of("halt post=load,sequencer") ==
        "net.asm:4:6: error: no engine is called 'sequencer'; there are load, store, array, vector or "
        "output_stage");
  CHECK(error_of("halt post=load,") ==
        "net.asm:4:6: error: no engine is called ''; there are load, store, array, vector or output_stage");
}
