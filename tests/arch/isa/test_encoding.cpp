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
  CHECK(count_as(127) == Bytes{0x10, 0, 0, 0x7f, 1});
  CHECK(count_as(128) == Bytes{0x10, 0, 0, 0x80, 0x01, 1});
  CHECK(count_as(300) == Bytes{0x10, 0, 0, 0xac, 0x02, 1});
  CHECK(count_as(0xffffffff) == Bytes{0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1});
}

TEST_CASE("a load is its opcode, waits, posts, then its fields") {
  Instruction instruction;
  instruction.operation = isa::Load{Memory::activation, 0x01020304, 16, 0x1122334455667788U, 32, 3, 9};
  instruction.wait.add(Engine::array);
  instruction.post.add(Engine::load);
  instruction.post.add(Engine::vector);
  CHECK(encoded(instruction) == Bytes{0x01, 0x04, 0x09, 1,    0x84, 0x86, 0x88, 0x08, 16, 0x88, 0xef,
                                      0x99, 0xab, 0xc5, 0xe8, 0x8c, 0x91, 0x11, 32,   3,  9,    0});
  CHECK(encoded_bytes(instruction) == 22);
}

TEST_CASE("a halt takes 3 bytes") {
  Instruction halt;
  halt.operation = isa::Halt{};
  CHECK(encoded(halt) == Bytes{0x0f, 0x00, 0x00});
}

TEST_CASE("a number that is too large or longer than it need be is an error at its first byte") {
  CHECK(decode_message({0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1}).empty());
  CHECK(decode_message({0x10, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 1}) ==
        "run.trace: byte 3: error: 'count' is at most 4294967295, not 4294967296");
  CHECK(decode_message({0x10, 0, 0, 0x81, 0x00, 1}) ==
        "run.trace: byte 3: error: 'count' is longer than its value needs");
  CHECK(decode_message({0x10, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 1}) ==
        "run.trace: byte 3: error: 'count' has more than 64 bits");
  CHECK(decode_message({0x10, 0x1f, 0x1f, 1, 1}).empty());
  CHECK(decode_message({0x10, 0x20, 0, 1, 1}) == "run.trace: byte 1: error: 'wait' is at most 31, not 32");
  CHECK(decode_message({0x10, 0, 0x20, 1, 1}) == "run.trace: byte 2: error: 'post' is at most 31, not 32");
}

TEST_CASE("layer and step are not part of the encoding") {
  Instruction halt;
  halt.operation = isa::Halt{};
  halt.layer = 7;
  halt.step = 9;
  CHECK(encoded(halt).size() == 3);
}

TEST_CASE("an opcode that no instruction has is an error at its byte") {
  CHECK(decode_message({0x77, 0x00}) == "run.trace: byte 0: error: no instruction has the opcode 0x77");
  CHECK(decode_message({0x77, 0x00}, 100) ==
        "run.trace: byte 100: error: no instruction has the opcode 0x77");
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
  CHECK(decode_message({0x01, 0x00, 0x00, 1, 2}) ==
        "run.trace: byte 5: error: the code ends inside an instruction");
}

TEST_CASE("with all numbers below 128, a matmul takes 33 bytes, a threshold 32, a scale 38, an affine 35") {
  const auto bytes_of = [](const Operation& operation) {
    Instruction instruction;
    instruction.operation = operation;
    return encoded_bytes(instruction);
  };
  CHECK(bytes_of(isa::Matmul{}) == 33);
  CHECK(bytes_of(isa::Threshold{}) == 32);
  CHECK(bytes_of(isa::Scale{}) == 38);
  CHECK(bytes_of(isa::Affine{}) == 35);
}

TEST_CASE("a choice that does not exist is an error at its byte, and the one before it is none") {
  const auto message = [](std::uint8_t opcode, std::size_t at, std::uint8_t value, std::uint64_t base = 0) {
    Bytes bytes(120);
    bytes[0] = opcode;
    bytes[at] = value;
    return decode_message(bytes, base);
  };
  CHECK(message(0x01, 3, 6).empty());
  CHECK(message(0x01, 3, 7) == "run.trace: byte 3: error: 'memory' has no value 7");
  CHECK(message(0x03, 3, 5).empty());
  CHECK(message(0x03, 3, 6, 50) == "run.trace: byte 53: error: 'datapath' has no value 6");
  CHECK(message(0x03, 4, 29) == "run.trace: byte 4: error: 'activation_format' has no value 29");
  CHECK(message(0x03, 5, 28).empty());
  CHECK(message(0x03, 5, 29) == "run.trace: byte 5: error: 'weight_format' has no value 29");
  CHECK(message(0x04, 4, 255) == "run.trace: byte 4: error: 'source_format' has no value 255");
  CHECK(message(0x04, 8, 1).empty());
  CHECK(message(0x04, 8, 2) == "run.trace: byte 8: error: 'pool' has no value 2");
  CHECK(message(0x05, 20, 3).empty());
  CHECK(message(0x05, 20, 4) == "run.trace: byte 20: error: 'second' has no value 4");
  CHECK(message(0x13, 4, 5).empty());
  CHECK(message(0x13, 4, 6) == "run.trace: byte 4: error: 'other' has no value 6");
}
