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

TEST_CASE("a load takes 31 bytes: opcode, waits and posts, then its fields, little-endian") {
  Instruction instruction;
  instruction.operation = isa::Load{Memory::activation, 0x01020304, 16, 0x1122334455667788U, 32, 3, 9};
  instruction.wait.add(Engine::array);
  instruction.post.add(Engine::load);
  instruction.post.add(Engine::vector);
  CHECK(encoded(instruction) == Bytes{0x01, 0x94, 0x01, 4,    3,    2,    1,    16,   0,  0, 0,
                                      0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 32, 0, 0,
                                      0,    3,    0,    0,    0,    9,    0,    0,    0});
  CHECK(encoded_bytes(instruction) == 31);
}

TEST_CASE("a halt takes 2 bytes") {
  Instruction halt;
  halt.operation = isa::Halt{};
  CHECK(encoded(halt) == Bytes{0x0f, 0x00});
}

TEST_CASE("layer and step are not part of the encoding") {
  Instruction halt;
  halt.operation = isa::Halt{};
  halt.layer = 7;
  halt.step = 9;
  CHECK(encoded(halt).size() == 2);
}

TEST_CASE("an opcode that no instruction has is an error at its byte") {
  CHECK(decode_message({0x77, 0x00}) == "run.trace: byte 0: error: no instruction has the opcode 0x77");
  CHECK(decode_message({0x77, 0x00}, 100) ==
        "run.trace: byte 100: error: no instruction has the opcode 0x77");
}

TEST_CASE("of the 256 opcodes, 14 are instructions") {
  int known = 0;
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    Bytes bytes(120);
    bytes[0] = static_cast<std::uint8_t>(opcode);
    known += decode_message(bytes).empty() ? 1 : 0;
  }
  CHECK(known == 14);
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
  CHECK(decode_message({0x01}) == "run.trace: byte 0: error: the code ends inside an instruction");
  CHECK(decode_message({0x01, 0x00, 0x00, 1, 2}) ==
        "run.trace: byte 3: error: the code ends inside an instruction");
}

TEST_CASE("a matmul takes 78 bytes, a threshold 89, a scale and an affine 93, a copy 66") {
  const auto bytes_of = [](Operation operation) {
    Instruction instruction;
    instruction.operation = std::move(operation);
    return encoded_bytes(instruction);
  };
  CHECK(bytes_of(isa::Matmul{}) == 78);
  CHECK(bytes_of(isa::Threshold{}) == 89);
  CHECK(bytes_of(isa::Scale{}) == 99);
  CHECK(bytes_of(isa::Affine{}) == 93);
  CHECK(bytes_of(isa::Copy{}) == 66);
}

TEST_CASE("a matmul's window of 16-bit fields stands at bytes 29 to 40, its pad at byte 53") {
  isa::Matmul matmul;
  matmul.kernel_h = 0x0102;
  matmul.kernel_w = 3;
  matmul.stride_y = 4;
  matmul.stride_x = 5;
  matmul.pad_top = 6;
  matmul.pad_left = 7;
  matmul.pad = 0x80;
  Instruction instruction;
  instruction.operation = matmul;
  const Bytes bytes = encoded(instruction);
  CHECK(Bytes(bytes.begin() + 29, bytes.begin() + 41) == Bytes{2, 1, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0});
  CHECK(bytes[53] == 0x80);
}

TEST_CASE("a choice that does not exist is an error at its byte, and the one before it is none") {
  const auto message = [](std::size_t size, std::uint8_t opcode, std::size_t at, std::uint8_t value,
                          std::uint64_t base = 0) {
    Bytes bytes(size);
    bytes[0] = opcode;
    bytes[at] = value;
    return decode_message(bytes, base);
  };
  CHECK(message(31, 0x01, 2, 3).empty());
  CHECK(message(31, 0x01, 2, 4) == "run.trace: byte 2: error: 'memory' has no value 4");
  CHECK(message(78, 0x03, 2, 5).empty());
  CHECK(message(78, 0x03, 2, 6, 50) == "run.trace: byte 52: error: 'datapath' has no value 6");
  CHECK(message(78, 0x03, 3, 29) == "run.trace: byte 3: error: 'activation_format' has no value 29");
  CHECK(message(78, 0x03, 4, 28).empty());
  CHECK(message(78, 0x03, 4, 29) == "run.trace: byte 4: error: 'weight_format' has no value 29");
  CHECK(message(89, 0x04, 3, 255) == "run.trace: byte 3: error: 'source_format' has no value 255");
  CHECK(message(89, 0x04, 16, 1).empty());
  CHECK(message(89, 0x04, 16, 2) == "run.trace: byte 16: error: 'pool' has no value 2");
  CHECK(message(89, 0x04, 72, 29) == "run.trace: byte 72: error: 'format' has no value 29");
  CHECK(message(99, 0x05, 49, 2).empty());
  CHECK(message(99, 0x05, 49, 3) == "run.trace: byte 49: error: 'second' has no value 3");
  CHECK(message(93, 0x06, 50, 29) == "run.trace: byte 50: error: 'second_format' has no value 29");
}
