// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/arch/isa/random_instruction.hpp"
#include "tests/catch.hpp"

using namespace tricycle;
using namespace tricycle::test;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes encoded(const Instruction& instruction) {
  Bytes bytes;
  encode(instruction, bytes);
  return bytes;
}

std::string decode_message(const Bytes& bytes, std::uint64_t base = 0) {
  return message_of([&] {
    std::size_t at = 0;
    static_cast<void>(decode(bytes, at, "run.trace", base));
  });
}

/// An instruction of usual values.
Instruction usual(std::uint8_t opcode) {
  Bytes bytes(8);
  bytes[0] = opcode;
  std::size_t at = 0;
  return decode(bytes, at, "run.trace", 0);
}

}  // namespace

TEST_CASE("1,000 random instructions of each kind come back from their encoding") {
  Random random(11);
  Bytes bytes;
  std::vector<Instruction> code;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    for (int i = 0; i < 1000; ++i) {
      code.push_back(random_instruction(random, kind));
      const std::size_t before = bytes.size();
      encode(code.back(), bytes);
      REQUIRE(static_cast<std::int64_t>(bytes.size() - before) == encoded_bytes(code.back()));
    }
  }
  std::size_t at = 0;
  for (const Instruction& instruction : code) REQUIRE(decode(bytes, at, "run.trace", 0) == instruction);
  CHECK(at == bytes.size());
}

TEST_CASE("numbers are groups of seven bits, the lowest first, and all but the last have the highest bit") {
  const auto count_as = [](std::uint32_t count) {
    Instruction loop;
    loop.operation = isa::Loop{count, 1};
    return encoded(loop);
  };
  CHECK(count_as(127) == Bytes{0x10, 3, 0x7f, 1});
  CHECK(count_as(128) == Bytes{0x10, 3, 0x80, 0x01, 1});
  CHECK(count_as(300) == Bytes{0x10, 3, 0xac, 0x02, 1});
  CHECK(count_as(0xffffffff) == Bytes{0x10, 3, 0xff, 0xff, 0xff, 0xff, 0x0f, 1});
}

TEST_CASE("a load is its opcode, waits, posts, which of its 8 fields follow, then these") {
  Instruction instruction;
  instruction.operation = isa::Load{Memory::activation, 0x01020304, 16, 0x1122334455667788U, 32, 3, 9};
  instruction.wait.add(Engine::array);
  instruction.post.add(Engine::load);
  instruction.post.add(Engine::vector);
  CHECK(encoded(instruction) == Bytes{0x61, 0x04, 0x09, 0x7f, 1,    0x84, 0x86, 0x88, 0x08, 16, 0x88,
                                      0xef, 0x99, 0xab, 0xc5, 0xe8, 0x8c, 0x91, 0x11, 32,   3,  9});
  CHECK(encoded_bytes(instruction) == 22);
  instruction.post = {};
  std::get<isa::Load>(instruction.operation).dram_stride = 16;  // as usual: that of 'stride'
  CHECK(encoded(instruction) == Bytes{0x21, 0x04, 0x6f, 1,    0x84, 0x86, 0x88, 0x08, 16, 0x88,
                                      0xef, 0x99, 0xab, 0xc5, 0xe8, 0x8c, 0x91, 0x11, 3,  9});
}

TEST_CASE("a halt takes a byte, with waits or posts two, with both three") {
  Instruction halt;
  halt.operation = isa::Halt{};
  CHECK(encoded(halt) == Bytes{0x0f});
  halt.wait.add(Engine::store);
  CHECK(encoded(halt) == Bytes{0x2f, 0x02});
  halt.post.add(Engine::load);
  CHECK(encoded(halt) == Bytes{0x6f, 0x02, 0x01});
  halt.wait = {};
  CHECK(encoded(halt) == Bytes{0x4f, 0x01});
}

TEST_CASE("a field that has its usual value takes no byte, and the value beside it takes its bytes") {
  const auto bytes_of = [](const Operation& operation) {
    Instruction instruction;
    instruction.operation = operation;
    return encoded_bytes(instruction);
  };
  isa::Matmul m = std::get<isa::Matmul>(usual(0x03).operation);
  CHECK(bytes_of(m) == 5);
  CHECK(m.lines == 1);
  CHECK(m.columns == 0);
  m.position_stride = 128;
  m.columns = m.in_columns = 56;
  m.line_stride = 56 * 128;
  CHECK(bytes_of(m) == 5 + 2 + 1);
  m.line_stride += 128;
  CHECK(bytes_of(m) == 5 + 2 + 1 + 2);
  m.line_stride = 57 * 128;
  m.in_columns = 57;
  CHECK(bytes_of(m) == 5 + 2 + 1 + 1);
  m.kernel_h = m.kernel_w = 3;
  CHECK(bytes_of(m) == 9 + 1);
  m.kernel_w = 1;
  CHECK(bytes_of(m) == 9 + 2);
  isa::Threshold t = std::get<isa::Threshold>(usual(0x04).operation);
  CHECK(t.source_format == Format::int32);
  CHECK(t.thresholds == 2);
  CHECK(t.threshold_bytes == 1);
  CHECK(bytes_of(t) == 5);
  t.thresholds = 1;
  CHECK(bytes_of(t) == 6);
  isa::Store s = std::get<isa::Store>(usual(0x02).operation);
  s.stride = s.dram_stride = s.row_bytes = 300;
  CHECK(bytes_of(s) == 2 + 2);
  s.dram_stride = 301;
  CHECK(bytes_of(s) == 2 + 4);
  s.row_bytes = 301;
  CHECK(bytes_of(s) == 2 + 6);
}

TEST_CASE("what follows need not have its usual value, and fields that an instruction lacks do not follow") {
  CHECK(decode_message({0x10, 0x00}).empty());
  CHECK(decode_message({0x10, 0x01, 1}).empty());
  CHECK(decode_message({0x10, 0x01, 0}) ==
        "run.trace: byte 2: error: 'count' follows, and has its usual value 0");
  CHECK(decode_message({0x10, 0x07, 1, 1, 1}) == "run.trace: byte 1: error: 'loop' has 2 fields");
  // Positions of 2^31 bytes: a line of one of them fits, of two not.
  CHECK(decode_message({0x07, 0x88, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0x08, 0x01}).empty());
  CHECK(decode_message({0x07, 0x88, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0x08, 0x02}) ==
        "run.trace: byte 9: error: the usual value 4294967296 of 'line_stride' is too large for it");
}

TEST_CASE("a number that is too large or longer than it need be is an error at its first byte") {
  CHECK(decode_message({0x10, 1, 0xff, 0xff, 0xff, 0xff, 0x0f}).empty());
  CHECK(decode_message({0x10, 1, 0x80, 0x80, 0x80, 0x80, 0x10}) ==
        "run.trace: byte 2: error: 'count' is at most 4294967295, not 4294967296");
  CHECK(decode_message({0x10, 1, 0x81, 0x00}) ==
        "run.trace: byte 2: error: 'count' is longer than its value needs");
  CHECK(decode_message({0x10, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}) ==
        "run.trace: byte 2: error: 'count' has more than 64 bits");
  CHECK(decode_message({0x70, 0x1f, 0x1f, 0}).empty());
  CHECK(decode_message({0x30, 0x20, 0}) == "run.trace: byte 1: error: 'wait' is at most 31, not 32");
  CHECK(decode_message({0x30, 0x00, 0}) == "run.trace: byte 1: error: 'wait' has no engines");
  CHECK(decode_message({0x70, 1, 0x20, 0}) == "run.trace: byte 2: error: 'post' is at most 31, not 32");
  CHECK(decode_message({0x50, 0x00, 0}) == "run.trace: byte 1: error: 'post' has no engines");
}

TEST_CASE("layer and step are not part of the encoding") {
  Instruction halt;
  halt.operation = isa::Halt{};
  halt.layer = 7;
  halt.step = 9;
  CHECK(encoded(halt).size() == 1);
}

TEST_CASE("an opcode that no instruction has is an error at its byte") {
  CHECK(decode_message({0x77, 0x00}) == "run.trace: byte 0: error: no instruction has the opcode 0x77");
  CHECK(decode_message({0x77, 0x00}, 100) ==
        "run.trace: byte 100: error: no instruction has the opcode 0x77");
  CHECK(decode_message({0x8f}) == "run.trace: byte 0: error: no instruction has the opcode 0x8f");
}

TEST_CASE("of the 256 opcodes, 18 are instructions") {
  int known = 0;
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    Bytes bytes(120);
    bytes[0] = static_cast<std::uint8_t>(opcode);
    known += decode_message(bytes).empty() ? 1 : 0;
  }
  CHECK(known == 18);
}

TEST_CASE("a code cut off after any of its bytes is an error, never a shorter instruction") {
  Random random(12);
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const Bytes whole = encoded(random_instruction(random, kind));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string message =
          decode_message(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
      const std::string end = ": error: the code ends inside an instruction";
      REQUIRE(message.starts_with("run.trace: byte "));
      REQUIRE(message.ends_with(end));
    }
  }
  CHECK(decode_message({0x01}) == "run.trace: byte 1: error: the code ends inside an instruction");
  CHECK(decode_message({0x01, 0x03, 1, 0x82}) ==
        "run.trace: byte 4: error: the code ends inside an instruction");
}

TEST_CASE("a choice that does not exist is an error at its byte, and the one before it is none") {
  // Of the fields, this one follows alone.
  const auto message = [](std::uint8_t opcode, std::size_t field, std::uint8_t value,
                          std::uint64_t base = 0) {
    Bytes bytes(1 + static_cast<std::size_t>(encoded_bytes(usual(opcode))));
    bytes[0] = opcode;
    bytes[1 + field / 8] = static_cast<std::uint8_t>(1U << field % 8);
    bytes.back() = value;
    return decode_message(bytes, base);
  };
  CHECK(message(0x01, 0, 6).empty());
  CHECK(message(0x01, 0, 7) == "run.trace: byte 2: error: 'memory' has no value 7");
  CHECK(message(0x03, 0, 5).empty());
  CHECK(message(0x03, 0, 6, 50) == "run.trace: byte 55: error: 'datapath' has no value 6");
  CHECK(message(0x03, 1, 29) == "run.trace: byte 5: error: 'activation_format' has no value 29");
  CHECK(message(0x03, 2, 28).empty());
  CHECK(message(0x03, 2, 29) == "run.trace: byte 5: error: 'weight_format' has no value 29");
  CHECK(message(0x04, 1, 255) == "run.trace: byte 5: error: 'source_format' has no value 255");
  CHECK(message(0x04, 5, 1).empty());
  CHECK(message(0x04, 5, 2) == "run.trace: byte 5: error: 'pool' has no value 2");
  CHECK(message(0x05, 17, 3).empty());
  CHECK(message(0x05, 17, 4) == "run.trace: byte 6: error: 'second' has no value 4");
  CHECK(message(0x13, 1, 5).empty());
  CHECK(message(0x13, 1, 6) == "run.trace: byte 2: error: 'other' has no value 6");
}
