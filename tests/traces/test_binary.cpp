// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/traces/sample.hpp"

namespace {

using tricycle::Bytes;
using tricycle::InputError;
using tricycle::Random;
using tricycle::read_trace;
using tricycle::read_trace_text;
using tricycle::Trace;
using tricycle::write_trace;
using tricycle::write_trace_text;
using tricycle::test::mend_crcs;
using tricycle::test::message_of;
using tricycle::test::put;
using tricycle::test::random_trace;
using tricycle::test::sample_text;
using tricycle::test::sample_trace;
using tricycle::test::section_size;
using tricycle::test::section_start;

std::string fault(const Bytes& bytes) {
  return message_of([&] { (void)read_trace(bytes, "t"); });
}

/// The fault of the sample with `width` bytes at `at` of a section set to `value`, its CRC mended.
std::string fault_with(const std::string& section, std::size_t at, std::uint64_t value, int width) {
  Bytes bytes = write_trace(sample_trace());
  put(bytes, section_start(bytes, section) + at, value, width);
  mend_crcs(bytes);
  return fault(bytes);
}

std::string at_byte(const std::string& section, std::size_t at) {
  const Bytes bytes = write_trace(sample_trace());
  return "t: byte " + std::to_string(section_start(bytes, section) + at) + ": error: ";
}

}  // namespace

TEST_CASE("text to binary to text is the identity on the sample") {
  const Trace trace = read_trace_text(sample_text(), "sample.txt");
  CHECK(write_trace_text(trace) == sample_text());
  CHECK(write_trace_text(read_trace(write_trace(trace), "t")) == sample_text());
}

TEST_CASE("two thousand random traces survive both forms, byte for byte") {
  Random random(11);
  for (int i = 0; i < 2000; ++i) {
    const Trace trace = random_trace(random);
    const Bytes binary = write_trace(trace);
    const std::string text = write_trace_text(trace);
    const Trace from_binary = read_trace(binary, "t");
    REQUIRE(write_trace(from_binary) == binary);
    REQUIRE(write_trace_text(from_binary) == text);
    const Trace from_text = read_trace_text(text, "t");
    REQUIRE(write_trace(from_text) == binary);
    REQUIRE(write_trace_text(from_text) == text);
  }
}

TEST_CASE("the binary form starts with TRICYCLE, version 4 and the twelve sections in order") {
  const Bytes bytes = write_trace(sample_trace());
  CHECK(std::string(bytes.begin(), bytes.begin() + 8) == "TRICYCLE");
  CHECK(Bytes(bytes.begin() + 8, bytes.begin() + 12) == Bytes{4, 0, 0, 0});
  std::size_t at = 12;
  for (const char* id :
       {"head", "mach", "bind", "voca", "layr", "tens", "symb", "chck", "code", "item", "imag", "gold"}) {
    CHECK(section_start(bytes, id) == at + 16);
    at += 16 + section_size(bytes, id);
  }
  CHECK(at == bytes.size());
  CHECK(section_size(bytes, "gold") == 4);
  CHECK(section_size(bytes, "imag") == 8 + 16 + 4);
}

TEST_CASE("a flipped bit in any section is found by its CRC") {
  const Bytes whole = write_trace(sample_trace());
  for (const char* id :
       {"head", "mach", "bind", "voca", "layr", "tens", "symb", "chck", "code", "item", "imag", "gold"}) {
    Bytes bytes = whole;
    const std::size_t start = section_start(bytes, id);
    bytes[start + section_size(bytes, id) - 1] ^= 0x40U;
    const std::string message = fault(bytes);
    const std::string expected =
        "t: byte " + std::to_string(start - 4) + ": error: section '" + id + "' is damaged: its CRC is ";
    CHECK(message.substr(0, expected.size()) == expected);
  }
  Bytes gold = whole;
  gold.back() ^= 0x01U;  // 78 56 34 12 becomes 78 56 34 13
  CHECK(fault(gold) ==
        "t: byte " + std::to_string(gold.size() - 8) +
            ": error: section 'gold' is damaged: its CRC is d86ab744, but the file states af6d87d2");
}

TEST_CASE("a trace cut off at any byte is refused") {
  const Bytes whole = write_trace(sample_trace());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::span<const std::uint8_t> start(whole.data(), size);
    REQUIRE_THROWS_AS(read_trace(start, "t"), InputError);
  }
  CHECK(fault({}) == "t: byte 0: error: not a trace: it does not start with TRICYCLE");
  CHECK(fault(Bytes(whole.begin(), whole.begin() + 10)) == "t: byte 10: error: the file ends too early");
  CHECK(fault(Bytes(whole.begin(), whole.begin() + 27)) ==
        "t: byte 12: error: the file ends before the section 'head'");
  const std::size_t head = section_size(whole, "head");
  CHECK(fault(Bytes(whole.begin(), whole.begin() + 28)) ==
        "t: byte 16: error: section 'head' says it has " + std::to_string(head) +
            " bytes, but 0 are left: the file is truncated");
}

TEST_CASE("a wrong beginning, version, order or end of a trace is named with its byte") {
  const Bytes whole = write_trace(sample_trace());
  Bytes bytes = whole;
  bytes[7] = 'S';
  CHECK(fault(bytes) == "t: byte 0: error: not a trace: it does not start with TRICYCLE");
  bytes = whole;
  bytes[8] = 3;
  CHECK(fault(bytes) ==
        "t: byte 8: error: version 3 of the format is not known; this program reads version 4");
  bytes = whole;
  bytes[12] = 'H';
  CHECK(fault(bytes) == "t: byte 12: error: expected the section 'head'");
  bytes = whole;
  bytes.push_back(0);
  CHECK(fault(bytes) == "t: byte " + std::to_string(whole.size()) + ": error: expected the end of the file");
}

TEST_CASE("a count that the file cannot hold is refused before anything is allocated") {
  for (const char* id : {"voca", "layr", "tens", "symb", "chck", "code", "imag"}) {
    CHECK(fault_with(id, 0, 0x1000000000000000U, 8) ==
          at_byte(id, 8) + "a count of 1152921504606846976 is more than the file holds");
    CHECK(fault_with(id, 0, ~std::uint64_t{0}, 8) ==
          at_byte(id, 8) + "a count of 18446744073709551615 is more than the file holds");
  }
  // A count that is only one too small leaves bytes over.
  CHECK(fault_with("layr", 0, 0, 8) == at_byte("layr", 8) + "expected the end of the section");
  CHECK(fault_with("head", 0, 0xffffffffU, 4) == at_byte("head", 4) + "the file ends too early");
}

TEST_CASE("a value that does not exist in a record is refused with its field") {
  // The checkpoint: count, instruction, layer, memory, format, address, stride, first, rows, cols, row, col.
  CHECK(fault_with("chck", 16, 7, 1) == at_byte("chck", 17) + "'memory' has no value 7");
  CHECK(fault_with("chck", 17, 29, 1) == at_byte("chck", 18) + "'format' has no value 29");
  CHECK(fault_with("chck", 34, std::uint64_t{1} << 63U, 8) == at_byte("chck", 42) + "'first' is negative");
  CHECK(fault_with("chck", 66, std::uint64_t{1} << 63U, 8) == at_byte("chck", 74) + "'col' is negative");
  // The header: tool (4 + 14 bytes), workload (4 + 4), weights (4 + 17), synthetic.
  CHECK(fault_with("head", 47, 2, 1) == at_byte("head", 48) + "'synthetic' is 0 or 1, not 2");
  CHECK(fault_with("head", 4, 7, 1) == at_byte("head", 18) + "a text holds a control character");
  CHECK(fault_with("bind", 5, 255, 1) == at_byte("bind", 6) + "'format' has no value 255");
}

TEST_CASE("code that is none is refused with its byte") {
  // The first instruction: count (8), layer (4), step (4), opcode, which fields follow, memory, ...
  CHECK(fault_with("code", 16, 0x17, 1) == at_byte("code", 16) + "no instruction has the opcode 0x17");
  CHECK(fault_with("code", 18, 7, 1) == at_byte("code", 18) + "'memory' has no value 7");
  Bytes bytes = write_trace(sample_trace());
  const std::size_t halt = section_start(bytes, "code") + section_size(bytes, "code") - 1;
  put(bytes, halt, 0x03, 1);
  mend_crcs(bytes);
  CHECK(fault(bytes) ==
        "t: byte " + std::to_string(halt + 1) + ": error: the code ends inside an instruction");
}

TEST_CASE("a machine that does not end its last line is refused: the text form could not hold it") {
  Trace trace = sample_trace();
  trace.machine.pop_back();
  const Bytes bytes = write_trace(trace);
  CHECK(fault(bytes) == "t: byte " + std::to_string(section_start(bytes, "bind") - 16) +
                            ": error: the machine's text does not end in a line break");
  trace.machine = "";
  CHECK(write_trace(read_trace(write_trace(trace), "t")) == write_trace(trace));
}
