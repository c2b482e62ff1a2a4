// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "tests/system/program.hpp"

using tricycle::test::check_refused;
using tricycle::test::small_network;
using tricycle::test::Workspace;

namespace {

/// Two steps of four words through an LSTM of three units.
const char* const words =
    "format: tricycle-network/1\n"
    "name: words\n"
    "sequence: 2\n"
    "vocabulary: 4\n"
    "embedding: 5\n"
    "layers:\n"
    "  - {name: lstm, cell: lstm, units: 3}\n"
    "decoder: {units: 4}\n"
    "recurrent: {weights: ttq, activations: btq}\n";

/// A trained RNN of two units on one-hot vectors of two characters.
const char* const letters =
    "format: tricycle-network/1\n"
    "name: letters\n"
    "sequence: 2\n"
    "vocabulary: 2\n"
    "characters: ab\n"
    "layers:\n"
    "  - {name: rnn, cell: rnn, units: 2}\n"
    "decoder: {units: 2}\n"
    "recurrent: {weights: ttq, activations: btq, input: one_hot}\n"
    "trained: codes\n"
    "alpha: {wx_h: 0.5, wh_h: 0.5, bx_h: 0.5, bh_h: 0.5, decoder: 0.5}\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

/// `run words.yaml`, bent.
void check_words_refused(const std::string& from, const std::string& to, const std::string& message) {
  const Workspace here;
  here.write("words.yaml", replaced(words, from, to));
  check_refused(here, "run words.yaml -q -o out", message);
}

void check_setting_refused(const std::string& setting, const std::string& message) {
  const Workspace here;
  here.write("words.yaml", words);
  check_refused(here, "run words.yaml --set " + setting + " -o out",
                "--set " + setting + ": error: " + message);
}

/// A float32 .npy file.
std::string npy(const std::string& shape, std::size_t values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + std::string(4 * values, '\0');
}

/// The folder of the trained RNN.
void write_codes(const Workspace& here) {
  std::filesystem::create_directory(here / "codes");
  for (const char* name : {"wx_h", "wh_h", "decoder"})
    here.write(std::string("codes/") + name + ".npy", npy("(2, 2)", 4));
  for (const char* name : {"bx_h", "bh_h", "decoder_bias"})
    here.write(std::string("codes/") + name + ".npy", npy("(2,)", 2));
}

}  // namespace

TEST_CASE("a small recurrent network and a small trained one run") {
  const Workspace here;
  here.write("words.yaml", words);
  CHECK(here.tricycle("run words.yaml -q -o words").code == 0);
  CHECK(here.tricycle("check words.yaml").out == "words.yaml: ok, a network\n");
  here.write("letters.yaml", letters);
  write_codes(here);
  CHECK(here.tricycle("run letters.yaml -q -o letters").code == 0);
}

TEST_CASE("an unknown cell is refused with the nearest one, an unknown direction with all three") {
  check_words_refused(
      "cell: lstm", "cell: lstn",
      "words.yaml:7:24: error: 'cell' expects lstm, gru or rnn, not 'lstn'; did you mean 'lstm'?");
  check_words_refused("units: 3", "units: 3, direction: backward",
                      "words.yaml:7:51: error: 'direction' expects forward, reverse or bidirectional, not "
                      "'backward'");
}

TEST_CASE("missing and negative units are refused with the place") {
  check_words_refused(", units: 3", "", "words.yaml:7:5: error: entry 1 of 'layers' needs the key 'units'");
  check_words_refused("units: 3", "units: -3",
                      "words.yaml:7:37: error: 'units' expects an integer from 1 to 65536, not '-3'");
  check_words_refused("decoder: {units: 4}", "decoder: {}",
                      "words.yaml:8:10: error: 'decoder' needs the key 'units'");
  check_words_refused("decoder: {units: 4}", "decoder: {units: 0}",
                      "words.yaml:8:18: error: 'units' expects an integer from 1 to 16777216, not '0'");
}

TEST_CASE("a network without layers, sequence or vocabulary is refused") {
  check_words_refused("\n  - {name: lstm, cell: lstm, units: 3}", " []",
                      "words.yaml:6:9: error: 'layers' expects a list with at least one entry");
  check_words_refused("vocabulary: 4\n", "",
                      "words.yaml:1:1: error: a recurrent network needs the key 'vocabulary'");
  check_words_refused("sequence: 2", "sequence: 0",
                      "words.yaml:3:11: error: 'sequence' expects an integer from 1 to 1048576, not '0'");
  check_words_refused("sequence: 2", "sequnce: 2",
                      "words.yaml:3:1: error: unknown key 'sequnce'; did you mean 'sequence'?");
  check_words_refused("tricycle-network/1", "tricycle-network/2",
                      "words.yaml:1:9: error: 'format' expects tricycle-network/1, not 'tricycle-network/2'");
}

TEST_CASE("two layers of one name are refused") {
  check_words_refused("units: 3}\n", "units: 3}\n  - {name: lstm, cell: gru, units: 2}\n",
                      "words.yaml:8:12: error: two layers are called 'lstm'");
  check_words_refused("decoder: {units: 4}", "decoder: {units: 4, name: lstm}",
                      "words.yaml:8:27: error: two layers are called 'lstm'");
}

TEST_CASE("absurd sizes are refused with the number of weights or values, before anything is built") {
  check_words_refused(
      "vocabulary: 4", "vocabulary: 16777217",
      "words.yaml:4:13: error: 'vocabulary' expects an integer from 1 to 16777216, not '16777217'");
  check_words_refused(
      "vocabulary: 4\nembedding: 5", "vocabulary: 16777216\nembedding: 1024",
      "words.yaml:4:13: error: with the embedding the network has 17179869184 weights; it may have "
      "268435456");
  check_words_refused(
      "units: 3", "units: 65536",
      "words.yaml:7:37: error: with layer 'lstm' the network has 17181179924 weights; it may have "
      "268435456");
  check_words_refused(
      "decoder: {units: 4}", "batch: 3\ndecoder: {units: 16777216}",
      "words.yaml:9:18: error: 2 steps of 3 vectors of 16777216 numbers are more than 67108864");
  check_words_refused(
      "sequence: 2", "sequence: 1048576\nbatch: 65536",
      "words.yaml:5:13: error: 1048576 steps of 65536 vectors of 5 numbers are more than 67108864");
}

TEST_CASE("20,000 time steps take a program of 16 KiB at most, and have one entry for all in the results") {
  const Workspace here;
  here.write("words.yaml", replaced(words, "sequence: 2", "sequence: 20000"));
  REQUIRE(here.tricycle("run words.yaml -q -o out").code == 0);
  const auto result = here.json("out/result.json");
  CHECK(result["verify"]["mismatches"] == 0);
  CHECK(result["program"]["bytes"] < 16384);
  CHECK(result["program"]["issued"] > 20000 * 18);
  CHECK(result["recurrence"]["steps"] == 20000);
  CHECK(result["recurrence"]["per_step"].size() == 1);
}

TEST_CASE("characters of another number than the vocabulary are refused with both numbers") {
  check_words_refused("embedding: 5", "characters: abcde",
                      "words.yaml:5:13: error: 'characters' has 5 characters, and the vocabulary 4 tokens");
  check_words_refused("embedding: 5", "characters: \"ab\\u00e9\"",
                      "words.yaml:5:13: error: 'characters' has 3 characters, and the vocabulary 4 tokens");
  check_words_refused("embedding: 5", "characters: abca",
                      "words.yaml:5:13: error: 'characters' has the character 'a' twice");
}

TEST_CASE("an unknown key or word of the section recurrent is refused with the nearest one") {
  check_words_refused("weights: ttq", "weigths: ttq",
                      "words.yaml:9:13: error: unknown key 'weigths'; did you mean 'weights'?");
  check_words_refused(
      "weights: ttq", "weights: tqq",
      "words.yaml:9:22: error: 'weights' expects float32, ttq or int8, not 'tqq'; did you mean 'ttq'?");
  check_setting_refused("recurrent.sloping_facter=0.4",
                        "unknown key 'sloping_facter'; did you mean 'sloping_factor'?");
  check_setting_refused("recurrent.activations=bqt",
                        "'activations' expects float32, btq or int8, not 'bqt'; did you mean 'btq'?");
  check_setting_refused("recurrent.sloping_factor=0",
                        "'sloping_factor' expects a number from 0.01 to 100, not '0'");
  check_setting_refused("recurrent.carry_state=maybe", "'carry_state' expects true or false, not 'maybe'");
}

TEST_CASE("a cell format that is none, or of more than 32 bits, is refused") {
  for (const std::string format : {"6.10", "Q6", "Q0.4", "Q17.16", "Q4.0", "Q-1.4", "Q6.10x"}) {
    check_setting_refused(
        "recurrent.cell_format=" + format,
        "'cell_format' expects a fixed-point format of 2 to 32 bits such as Q6.10, not '" + format + "'");
  }
}

TEST_CASE("segments that are no power of two are refused") {
  check_setting_refused("recurrent.lut_segments=100", "'lut_segments' expects a power of two, not 100");
  check_setting_refused("recurrent.lut_segments=8192",
                        "'lut_segments' expects an integer from 1 to 4096, not '8192'");
}

TEST_CASE("low-bit activations with weights or a decoder in float32 are refused") {
  check_words_refused(
      "weights: ttq, ", "",
      "words.yaml:9:26: error: 'activations' of btq need 'weights' of ttq or int8, not float32");
  check_words_refused(
      "weights: ttq", "weights: ttq, decoder: float32",
      "words.yaml:9:58: error: 'activations' of btq need 'decoder' of ttq or int8, not float32");
}

TEST_CASE("a recurrent setting of a network without a recurrent layer is refused") {
  const Workspace here;
  here.write("tiny.yaml", small_network);
  check_refused(here, "run tiny.yaml --set recurrent.weights=ttq -o out",
                "--set recurrent.weights=ttq: error: the workload has no recurrent layer");
  check_refused(
      here, "memory tiny.yaml",
      "tiny.yaml: error: has no recurrent layer; the memory of other networks is in the report of a run");
  check_refused(here, "run tiny.yaml --set recurent.weights=ttq -o out",
                "--set recurent.weights=ttq: error: a key starts with 'arch.', 'workload.', 'recurrent.' or "
                "'formats.', such as "
                "arch.array.rows");
}

TEST_CASE("trained arrays that are missing, of another shape, cut short or not numbers are named") {
  const Workspace here;
  here.write("letters.yaml", letters);
  check_refused(here, "run letters.yaml -o out", "codes/wx_h.npy: error: no such file");
  write_codes(here);
  std::filesystem::remove(here / "codes/decoder_bias.npy");
  check_refused(here, "run letters.yaml -o out", "codes/decoder_bias.npy: error: no such file");
  write_codes(here);
  here.write("codes/wh_h.npy", npy("(2, 3)", 6));
  check_refused(here, "run letters.yaml -o out",
                "codes/wh_h.npy: error: has the shape [2, 3]; the network needs [2, 2]");
  here.write("codes/wh_h.npy", npy("(2, 2)", 3));
  check_refused(here, "run letters.yaml -o out",
                "codes/wh_h.npy: byte 140: error: expected 16 bytes of data ([2, 2] of float32), found 12");
  here.write("codes/wh_h.npy", "hello");
  check_refused(here, "run letters.yaml -o out",
                "codes/wh_h.npy: byte 5: error: expected the magic bytes \\x93NUMPY (6 bytes), found the end "
                "of the file after 5");
}

TEST_CASE("a trained network needs every alpha, and has one layer, forward, behind no embedding") {
  const Workspace here;
  write_codes(here);
  const auto check = [&](const std::string& from, const std::string& to, const std::string& message) {
    here.write("letters.yaml", replaced(letters, from, to));
    check_refused(here, "run letters.yaml -o out", "letters.yaml:" + message);
  };
  check("alpha: {wx_h: 0.5, wh_h: 0.5, bx_h: 0.5, bh_h: 0.5, decoder: 0.5}\n", "",
        "1:1: error: a recurrent network needs the key 'alpha'");
  check("bx_h: 0.5, ", "", "11:8: error: 'alpha' needs the key 'bx_h'");
  check("bx_h: 0.5, ", "bx_h: 0.5, bx_i: 0.5, ", "11:42: error: unknown key 'bx_i'; did you mean 'bx_h'?");
  check("bx_h: 0.5", "bx_h: -0.5", "11:37: error: 'bx_h' expects a number from 0 to 1000000, not '-0.5'");
  const std::string one =
      "10:10: error: 'trained' expects one layer, forward, with a decoder and without an embedding";
  check("units: 2}\n", "units: 2}\n  - {name: b, cell: rnn, units: 2}\n", "11:" + one.substr(3));
  check("units: 2}\n", "units: 2, direction: reverse}\n", one);
  check("characters: ab", "embedding: 2", one);
  check("decoder: {units: 2}\n", "", "9:" + one.substr(3));
}

TEST_CASE("token ids outside of the vocabulary are refused with the range") {
  const Workspace here;
  here.write("words.yaml", words);
  here.write("x.idx", std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x01\x03\x04", 18));
  check_refused(here, "run words.yaml --input x.idx -o out",
                "x.idx: error: element 1 is 4; the input takes integers from 0 to 3");
  write_codes(here);
  here.write("letters.yaml", letters);
  here.write("x.idx", std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x01\x01\x02", 18));
  check_refused(here, "run letters.yaml --input x.idx -o out",
                "x.idx: error: element 1 is 2; the input takes tokens from 0 to 1");
}

TEST_CASE("an activation memory too small for a time step is refused with the size that it needs") {
  const Workspace here;
  here.write("words.yaml", replaced(words, "units: 3", "units: 300"));
  const std::string run = "run words.yaml --set workload.batch=4 --set arch.activation_memory.size_KiB=";
  check_refused(here, run + "4 -o out",
                "words.yaml: node 'lstm.registers.initial': error: a time step keeps 5120 bytes in "
                "activation_memory, which has 4096, and needs room for blocks beside them; "
                "activation_memory.size_KiB would have to be 15");
  CHECK(here.tricycle(run + "14 -q -o out").code == 2);
  CHECK(here.tricycle(run + "15 -q -o out").code == 0);
}
