// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/traces/sample.hpp"

namespace {

using tricycle::InputError;
using tricycle::read_trace_text;
using tricycle::test::message_of;
using tricycle::test::sample_text;

/// The message for the sample with its first `from` replaced by `to`.
std::string fault(const std::string& from, const std::string& to) {
  std::string text = sample_text();
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  return message_of([&] { (void)read_trace_text(text, "t"); });
}

}  // namespace

TEST_CASE("blank lines, comments and the order of fields do not matter in the text form") {
  std::string text = sample_text();
  text.insert(text.find("input name"), "\n# a comment\n");
  const std::string fields = "memory=dram address=0 bytes=2";
  text.replace(text.find(fields), fields.size(), "bytes=2   memory=dram address=0");
  CHECK(write_trace_text(read_trace_text(text, "t")) == sample_text());
}

TEST_CASE("a text with no line break at its end is read, wherever it ends") {
  const std::string whole = sample_text();
  CHECK(write_trace_text(read_trace_text(whole.substr(0, whole.size() - 1), "t")) == whole);
  CHECK(fault(whole.substr(whole.find("machine")), "machine") == "t:3:1: error: the line 'input' is missing");
  CHECK(fault(whole.substr(whole.find("  a753")), "") ==
        "t:26:1: error: expected 2 bytes in hexadecimal, found 0");
  CHECK(fault(whole.substr(whole.find("\n  a753")), "") ==
        "t:26:1: error: expected 2 bytes in hexadecimal, found 0");
}

TEST_CASE("a text cut off anywhere is read or refused as wrong input") {
  const std::string whole = sample_text();
  int read = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    try {
      (void)read_trace_text(whole.substr(0, size), "t");
      ++read;
    } catch (const InputError&) {
    }
  }
  // Whole but for segments, the golden CRC and what stands in its last digits.
  CHECK(read > 8);
  CHECK(read < 30);
}

TEST_CASE("a first line that is another is refused") {
  CHECK(message_of([] { (void)read_trace_text("", "t"); }) ==
        "t:1:1: error: expected the first line 'tricycle-trace 1'");
  CHECK(fault("tricycle-trace 1", "tricycle-trace 2") ==
        "t:1:1: error: expected the first line 'tricycle-trace 1'");
}

TEST_CASE("an unknown word at the start of a line is named with the nearest known one") {
  CHECK(fault("symbol name", "symbl name") == "t:16:1: error: unknown word 'symbl'; did you mean 'symbol'?");
  CHECK(fault("golden", "quantum") ==
        "t:31:1: error: unknown word 'quantum'; expected header, machine, input, output, token, layer, "
        "tensor, symbol, "
        "checkpoint, items, segment, golden or an instruction");
  CHECK(fault("| name", " name") ==
        "t:4:1: error: unknown word ''; expected header, machine, input, output, "
        "token, layer, tensor, symbol, checkpoint, items, segment, golden or an instruction");
}

TEST_CASE("missing, unknown, repeated and misspelt fields are named with line and column") {
  CHECK(fault(" bytes=2\n", "\n") == "t:16:1: error: the field 'bytes' is missing");
  CHECK(fault(" bytes=2\n", " bytes=2 byte=3\n") ==
        "t:16:51: error: unknown field 'byte'; did you mean 'bytes'?");
  CHECK(fault(" bytes=2\n", " bytes=2 bytes=3\n") == "t:16:51: error: 'bytes' stands twice");
  CHECK(fault(" bytes=2\n", " bytes\n") == "t:16:43: error: expected NAME=VALUE");
  CHECK(fault("input name", "output name") == "t:14:1: error: a second 'output'");
}

TEST_CASE("a value that does not fit its field is named with line and column") {
  CHECK(fault("bytes=2\n", "bytes=-2\n") == "t:16:43: error: 'bytes' expects a natural number, not '-2'");
  CHECK(fault("bytes=2\n", "bytes=2x\n") == "t:16:43: error: 'bytes' expects a natural number, not '2x'");
  CHECK(fault("bytes=2\n", "bytes=18446744073709551616\n") ==
        "t:16:43: error: 'bytes' expects a natural number, not '18446744073709551616'");
  CHECK(fault("rows=1 cols=8", "rows=-1 cols=8") ==
        "t:13:40: error: 'rows' expects a natural number, not '-1'");
  CHECK(fault("synthetic=true", "synthetic=yes") ==
        "t:2:74: error: 'synthetic' expects true or false, not 'yes'");
  CHECK(fault("input_scale_num=1", "input_scale_num=0") ==
        "t:2:89: error: 'input_scale_num' expects a positive number, not '0'");
  CHECK(fault("input_scale_num=1", "input_scale_num=1e300") ==
        "t:2:89: error: 'input_scale_num' expects a positive number, not '1e300'");
  CHECK(fault("input_zero=0", "input_zero=256") ==
        "t:2:127: error: 'input_zero' expects a natural number, not '256'");
  CHECK(fault("input_rounds=false", "input_rounds=0") ==
        "t:2:140: error: 'input_rounds' expects true or false, not '0'");
  CHECK(fault(" least_cycles=1", "") == "t:15:1: error: the field 'least_cycles' is missing");
  CHECK(fault("memory=dram", "memory=sram") ==
        "t:16:21: error: 'memory' expects weight, activation, accumulator or dram, not 'sram'");
  CHECK(fault("crc=305419896", "crc=4294967296") ==
        "t:31:8: error: 'crc' expects a natural number, not '4294967296'");
}

TEST_CASE("an unclosed quote and a control character are refused") {
  CHECK(fault("workload=\"tiny\"", "workload=\"tiny") == "t:2:54: error: expected NAME=VALUE");
  CHECK(fault("shape=\"[1, 8]\"", "shape=\"[1, 8]") == "t:13:54: error: the text has no closing quote");
  CHECK(fault("\"tiny\"", "\"ti\tny\"") == "t:2:30: error: a text holds a control character");
  CHECK(fault("| name: small", "| name:\tsmall") == "t:4:1: error: a text holds a control character");
}

TEST_CASE("bytes that are no hexadecimal, too few or too many are refused") {
  CHECK(fault("a753", "a7g3") == "t:27:5: error: expected two hexadecimal digits");
  CHECK(fault("a753", "a75") == "t:27:5: error: expected two hexadecimal digits");
  CHECK(fault("a753", "A753") == "t:27:3: error: expected two hexadecimal digits");
  CHECK(fault("a753", "a7") == "t:27:1: error: expected 2 bytes in hexadecimal, found 1");
  CHECK(fault("a753", "a75300") == "t:27:1: error: expected 2 bytes, found more");
  CHECK(fault("bytes count=2\n", "") == "t:25:1: error: expected 'bytes count=N' below");
  CHECK(fault("bytes count=2", "bytes number=2") == "t:26:1: error: the field 'count' is missing");
}

TEST_CASE("a bad instruction is named with line and column") {
  CHECK(fault("0.0: halt", "0.0: hlt") == "t:24:6: error: unknown instruction 'hlt'; did you mean 'halt'?");
  CHECK(fault("0.0: halt", "0: halt") ==
        "t:24:1: error: expected LAYER.STEP: and an instruction, such as '0.0: halt'");
  CHECK(fault("0.0: halt", "0.0 halt") ==
        "t:24:1: error: expected LAYER.STEP: and an instruction, such as '0.0: halt'");
  CHECK(fault("0.0: halt", "0.0:") == "t:24:1: error: expected an instruction");
  CHECK(fault(" elements=8", "") == "t:22:6: error: 'matmul' needs the field 'elements'");
  CHECK(fault(" elements=8", " elements=x") ==
        "t:22:300: error: 'elements' expects an integer from 0 to 4294967295, not 'x'");
  CHECK(
      fault(" weight_format=planes", " weight_format=plane") ==
      "t:22:62: error: 'weight_format' expects bit1, trit2, trit2_mask, planes, uint8, int32, float32, int8, "
      "int16, float16, pow2, u1, u2, u3, u4, u5, u6, u7, u8, s1, s2, s3, s4, s5, s6, s7, s8, trit5 or "
      "bitmap, not 'plane'; "
      "did you mean 'planes'?");
  CHECK(fault(" wait=load", " wait=loads") ==
        "t:22:364: error: no engine is called 'loads'; there are load, store, array or vector");
}

TEST_CASE("each line that must be there is named when it is not") {
  const std::string text = sample_text();
  const auto without = [&](const std::string& word, const std::string& next) {
    const std::size_t from = text.find("\n" + word) + 1;
    std::string cut = text;
    cut.erase(from, text.find("\n" + next, from) + 1 - from);
    return message_of([&] { (void)read_trace_text(cut, "t"); });
  };
  CHECK(without("header", "machine") == "t:30:1: error: the line 'header' is missing");
  CHECK(without("machine", "input") == "t:21:1: error: the line 'machine' is missing");
  CHECK(without("input", "output") == "t:30:1: error: the line 'input' is missing");
  CHECK(without("output", "layer") == "t:30:1: error: the line 'output' is missing");
  CHECK(without("items", "segment") == "t:28:1: error: the line 'items' is missing");
}
