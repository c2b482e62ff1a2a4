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
        "t:27:1: error: expected 2 bytes in hexadecimal, found 0");
  CHECK(fault(whole.substr(whole.find("\n  a753")), "") ==
        "t:27:1: error: expected 2 bytes in hexadecimal, found 0");
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
        "t:1:1: error: expected the first line 'tricycle-trace 4'");
  CHECK(fault("tricycle-trace 4", "tricycle-trace 3") ==
        "t:1:1: error: expected the first line 'tricycle-trace 4'");
}

TEST_CASE("an unknown word at the start of a line is named with the nearest known one") {
  CHECK(fault("symbol name", "symbl name") == "t:17:1: error: unknown word 'symbl'; did you mean 'symbol'?");
  CHECK(fault("golden", "quantum") ==
        "t:32:1: error: unknown word 'quantum'; expected header, machine, input, output, state, reading, "
        "token, layer, tensor, symbol, "
        "checkpoint, items, segment, golden or an instruction");
  CHECK(fault("| name", " name") ==
        "t:4:1: error: unknown word ''; expected header, machine, input, output, state, "
        "reading, token, layer, tensor, symbol, checkpoint, items, segment, golden or an instruction");
}

TEST_CASE("missing, unknown, repeated and misspelt fields are named with line and column") {
  CHECK(fault(" bytes=2\n", "\n") == "t:17:1: error: the field 'bytes' is missing");
  CHECK(fault(" bytes=2\n", " bytes=2 byte=3\n") ==
        "t:17:51: error: unknown field 'byte'; did you mean 'bytes'?");
  CHECK(fault(" bytes=2\n", " bytes=2 bytes=3\n") == "t:17:51: error: 'bytes' stands twice");
  CHECK(fault(" bytes=2\n", " bytes\n") == "t:17:43: error: expected NAME=VALUE");
  CHECK(fault("output name", "input name") == "t:14:1: error: a second 'input'");
}

TEST_CASE("a value that does not fit its field is named with line and column") {
  CHECK(fault("bytes=2\n", "bytes=-2\n") == "t:17:43: error: 'bytes' expects a natural number, not '-2'");
  CHECK(fault("bytes=2\n", "bytes=2x\n") == "t:17:43: error: 'bytes' expects a natural number, not '2x'");
  CHECK(fault("bytes=2\n", "bytes=18446744073709551616\n") ==
        "t:17:43: error: 'bytes' expects a natural number, not '18446744073709551616'");
  CHECK(fault("rows=1 cols=8", "rows=-1 cols=8") ==
        "t:13:40: error: 'rows' expects a natural number, not '-1'");
  CHECK(fault("synthetic=true", "synthetic=yes") ==
        "t:2:74: error: 'synthetic' expects true or false, not 'yes'");
  CHECK(fault(" least_cycles=1", "") == "t:16:1: error: the field 'least_cycles' is missing");
  CHECK(fault("memory=dram", "memory=sram") ==
        "t:17:21: error: 'memory' expects weight, activation, accumulator, dram, array, lanes or stream, not "
        "'sram'");
  CHECK(fault("crc=305419896", "crc=4294967296") ==
        "t:32:8: error: 'crc' expects a natural number, not '4294967296'");
}

TEST_CASE("an unclosed quote and a control character are refused") {
  CHECK(fault("workload=\"tiny\"", "workload=\"tiny") == "t:2:54: error: expected NAME=VALUE");
  CHECK(fault("rounding=\"ROUND\"", "rounding=\"ROUND") == "t:15:20: error: the text has no closing quote");
  CHECK(fault("scales=0.5 ", "scales=0.5,x ") ==
        "t:13:114: error: 'scales' expects numbers with commas between them, or none, not '0.5,x'");
  CHECK(fault("scales=0.5 ", "scales=1,1 ") ==
        "t:13:1: error: there are scales or zeros that are neither one nor one for each column");
  CHECK(fault("rule=quant", "rule=quantum") ==
        "t:15:9: error: 'rule' expects grid, integers, real, quantize_linear, quant or bipolar_quant, not "
        "'quantum'");
  CHECK(fault("step=0.5", "step=0") == "t:15:1: error: the step is not a positive number");
  CHECK(fault("byte_den=255", "byte_den=-1") ==
        "t:15:1: error: the scale of a byte is not a positive number");
  CHECK(fault("least=-1 ", "least=2 ") ==
        "t:15:1: error: the range of codes needs two integers, the smaller first");
  CHECK(fault("\"tiny\"", "\"ti\tny\"") == "t:2:30: error: a text holds a control character");
  CHECK(fault("| name: small", "| name:\tsmall") == "t:4:1: error: a text holds a control character");
}

TEST_CASE("bytes that are no hexadecimal, too few or too many are refused") {
  CHECK(fault("a753", "a7g3") == "t:28:5: error: expected two hexadecimal digits");
  CHECK(fault("a753", "a75") == "t:28:5: error: expected two hexadecimal digits");
  CHECK(fault("a753", "A753") == "t:28:3: error: expected two hexadecimal digits");
  CHECK(fault("a753", "a7") == "t:28:1: error: expected 2 bytes in hexadecimal, found 1");
  CHECK(fault("a753", "a75300") == "t:28:1: error: expected 2 bytes, found more");
  CHECK(fault("bytes count=2\n", "") == "t:26:1: error: expected 'bytes count=N' below");
  CHECK(fault("bytes count=2", "bytes number=2") == "t:27:1: error: the field 'count' is missing");
}

TEST_CASE("a bad instruction is named with line and column") {
  CHECK(fault("0.0: halt", "0.0: hlt") == "t:25:6: error: unknown instruction 'hlt'; did you mean 'halt'?");
  CHECK(fault("0.0: halt", "0: halt") ==
        "t:25:1: error: expected LAYER.STEP: and an instruction, such as '0.0: halt'");
  CHECK(fault("0.0: halt", "0.0 halt") ==
        "t:25:1: error: expected LAYER.STEP: and an instruction, such as '0.0: halt'");
  CHECK(fault("0.0: halt", "0.0:") == "t:25:1: error: expected an instruction");
  CHECK(fault(" elements=8", "") == "t:23:6: error: 'matmul' needs the field 'elements'");
  CHECK(fault(" elements=8", " elements=x") ==
        "t:23:320: error: 'elements' expects an integer from 0 to 4294967295, not 'x'");
  CHECK(
      fault(" weight_format=planes", " weight_format=plane") ==
      "t:23:62: error: 'weight_format' expects bit1, trit2, trit2_mask, planes, uint8, int32, float32, int8, "
      "int16, float16, pow2, u1, u2, u3, u4, u5, u6, u7, u8, s1, s2, s3, s4, s5, s6, s7, s8, trit5 or "
      "bitmap, not 'plane'; "
      "did you mean 'planes'?");
  CHECK(fault(" wait=load", " wait=loads") ==
        "t:23:384: error: no engine is called 'loads'; there are load, store, array, vector or output_stage");
}

TEST_CASE("outputs and states are lines of a binding's fields, in their order, any number of them") {
  const std::string output = sample_text().substr(sample_text().find("output name"));
  std::string line = output.substr(output.find("name"), output.find('\n') - output.find("name") + 1);
  line.replace(line.find("\"y\""), 3, "\"z\"");
  std::string text = sample_text();
  text.insert(text.find("reading rule"), "output " + line + "state " + line + "state " + line);
  const tricycle::Trace trace = read_trace_text(text, "t");
  REQUIRE(trace.outputs.size() == 2);
  CHECK(trace.outputs[0].name == "y");
  CHECK(trace.outputs[1].name == "z");
  CHECK(trace.outputs[1].scales == std::vector<double>{0.25, 0.5});
  CHECK(trace.states.size() == 2);
  CHECK(write_trace_text(trace) == text);
  CHECK(write_trace_text(tricycle::read_trace(write_trace(trace), "t")) == text);
  text.replace(text.find("state name=\"z\" format=int32"), 29, "state name=\"z\" format=int33");
  CHECK(message_of([&] { (void)read_trace_text(text, "t"); }).substr(0, 39) ==
        "t:16:16: error: 'format' expects bit1, ");
}

TEST_CASE("each line that must be there is named when it is not") {
  const std::string text = sample_text();
  const auto without = [&](const std::string& word, const std::string& next) {
    const std::size_t from = text.find("\n" + word) + 1;
    std::string cut = text;
    cut.erase(from, text.find("\n" + next, from) + 1 - from);
    return message_of([&] { (void)read_trace_text(cut, "t"); });
  };
  CHECK(without("header", "machine") == "t:31:1: error: the line 'header' is missing");
  CHECK(without("machine", "input") == "t:22:1: error: the line 'machine' is missing");
  CHECK(without("input", "output") == "t:31:1: error: the line 'input' is missing");
  CHECK(without("output", "layer") == "t:30:1: error: the line 'output' is missing");
  CHECK(without("items", "segment") == "t:29:1: error: the line 'items' is missing");
}
