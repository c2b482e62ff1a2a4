// SPDX-License-Identifier: Apache-2.0
// Each pass alone: a text in, a text out.
#include <regex>
#include <set>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/workloads/graph_text.hpp"
#include "workloads/compile/passes.hpp"
#include "workloads/graph/text.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"
#include "workloads/quantize/recurrent/quantize.hpp"

namespace tricycle::test {
namespace {

Draft draft_of(const std::string& text) {
  Draft draft;
  draft.graph = graph_of(text);
  return draft;
}

/// The graph behind a pass, or its message.
std::string behind(Draft (*pass)(Draft), Draft draft) {
  std::string text;
  const std::string fault = message_of([&] { text = graph_text(pass(std::move(draft)).graph); });
  return fault.empty() ? text : fault;
}

/// HitNet's arithmetic.
RecurrentSpec ternary_choice() {
  RecurrentSpec spec;
  spec.weights = RecurrentWeights::ttq;
  spec.activations = RecurrentActivations::btq;
  return spec;
}

/// What stands behind a pass of the whole list.
std::string after(const std::string& pass, const std::string& text) {
  return dump_after(pass, Place::of_file("--dump-after"), graph_of(text), read_machine(std::string("edge")),
                    {});
}

const std::string ternary_layer =
    "graph tiny\n"
    "input x [1, 2] float32 as ternary\n"
    "const bits [] float32 = 2\n"
    "const one [] float32 = 1\n"
    "const two [] float32 = 2\n"
    "const w [2, 2] float32 = 1 -1 0 1\n"
    "const zero [] float32 = 0\n"
    "fc: sums = MatMul(x, w)\n"
    "half: y = Div(sums, two)\n"
    "quant: codes = Quant(y, one, zero, bits) narrow=1 signed=1\n"
    "output codes\n";

const std::string lstm_of_one_unit =
    "graph cell\n"
    "input x [2, 1, 1] float32 as float32\n"
    "const R [1, 4, 1] float32 = 1 0 -1 1\n"
    "const W [1, 4, 1] float32 = 1 1 0 -1\n"
    "lstm: y = LSTM(x, W, R) hidden_size=1\n"
    "output y\n";

}  // namespace

TEST_CASE("a graph's text, read and written again, is the same") {
  for (const std::string& text : {ternary_layer, lstm_of_one_unit}) CHECK(graph_text(graph_of(text)) == text);
}

TEST_CASE("the list has 22 passes of different names, graphs before programs, each with a reason") {
  std::set<std::string> names;
  for (const Pass& pass : passes()) {
    CHECK(names.insert(pass.name).second);
    CHECK(std::string(pass.reason).size() > 20);
  }
  CHECK(names.size() == 22);
  CHECK(std::string(passes().front().name) == "arithmetic");
  CHECK(std::string(passes().back().name) == "loops");
}

TEST_CASE("constants: NaN is refused, infinity is not yet") {
  const std::string begin = "graph g\ninput x [1, 2] float32 as uint8\nconst c [] float32 = ";
  const std::string end = "\nadd: y = Add(x, c)\noutput y\n";
  CHECK(behind(check_constants, draft_of(begin + "inf" + end)) == begin + "inf" + end);
  CHECK(behind(check_constants, draft_of(begin + "nan" + end)) ==
        "f: node 'add': error: Add: input 2 ('c') holds nan: expected numbers");
}

TEST_CASE("fold: what depends on no input becomes a constant, and weights of codes leave their step") {
  Draft draft =
      fold(draft_of("graph g\n"
                    "input x [1, 2] float32 as uint8\n"
                    "const codes [2, 1] int8 = 1 -1\n"
                    "const step [] float32 = 0.5\n"
                    "weights: w = DequantizeLinear(codes, step)\n"
                    "fc: y = MatMul(x, w)\n"
                    "output y\n"));
  CHECK(graph_text(draft.graph) ==
        "graph g\n"
        "input x [1, 2] float32 as uint8\n"
        "const w [2, 1] float32 = 0.5 -0.5\n"
        "fc: y = MatMul(x, w)\n"
        "output y\n");
  REQUIRE(draft.verdicts.size() == 1);
  CHECK(draft.verdicts[0].node == "weights");
  CHECK(draft.verdicts[0].verdict == "folded");
  CHECK(draft.weight_steps.at("w").floats() == std::vector<float>{0.5F});
}

TEST_CASE("softmax: one at the end goes with what follows it, where that is allowed, and stays elsewhere") {
  const std::string begin =
      "graph g\n"
      "input x [1, 2] float32 as uint8\n"
      "const c [] float32 = 2\n"
      "scale: z = Mul(x, c)\n";
  const std::string text = begin + "soft: p = Softmax(z) axis=1\nflat: y = Flatten(p)\noutput y\n";
  CHECK(behind(leave_out_softmax, draft_of(text)) == text);
  Draft draft = draft_of(text);
  draft.options.allow_unsupported = true;
  draft = leave_out_softmax(std::move(draft));
  CHECK(graph_text(draft.graph) == begin + "output z\n");
  REQUIRE(draft.verdicts.size() == 2);
  CHECK(draft.verdicts[0].reason == "the vector unit has none: the output is what it reads");
  CHECK(draft.verdicts[1].reason == "behind a Softmax, which is left out");
}

TEST_CASE("numbers: infinity is a bound, and nothing else") {
  const std::string begin = "graph g\ninput x [1, 2] float32 as uint8\n";
  const std::string clip = begin + "const low [] float32 = -inf\nclip: y = Clip(x, low)\noutput y\n";
  CHECK(behind(check_numbers, draft_of(clip)) == clip);
  CHECK(behind(check_numbers, draft_of(begin + "const c [] float32 = inf\nadd: y = Add(x, c)\noutput y\n")) ==
        "f: node 'add': error: Add: input 2 ('c') holds inf: expected finite numbers");
}

TEST_CASE("pixels: mean and deviation of three channels stand in front of the model") {
  Draft draft = draft_of(
      "graph g\n"
      "input x [1, 3, 2, 2] float32 as uint8\n"
      "relu: y = Relu(x)\n"
      "output y\n");
  draft.options.means = {1, 2, 3};
  draft.options.deviations = {0.5};
  const std::string text = behind(normalize_pixels, std::move(draft));
  CHECK(text ==
        "graph g\n"
        "input x [1, 3, 2, 2] float32 as uint8\n"
        "const input.deviation [] float32 = 0.5\n"
        "const input.mean [3, 1, 1] float32 = 1 2 3\n"
        "input.mean: input.mean.values = Sub(x, input.mean)\n"
        "input.deviation: input.deviation.values = Div(input.mean.values, input.deviation)\n"
        "relu: y = Relu(input.deviation.values)\n"
        "output y\n");
}

TEST_CASE("output-scales: a quantizer of two scales is a division by them in front of one of scale 1") {
  const Draft draft =
      split_output_scales(draft_of("graph g\n"
                                   "input x [1, 2] float32 as uint8\n"
                                   "const bits [] float32 = 4\n"
                                   "const s [2] float32 = 0.5 0.25\n"
                                   "const zero [] float32 = 0\n"
                                   "quant: y = Quant(x, s, zero, bits)\n"
                                   "output y\n"));
  CHECK(graph_text(draft.graph) ==
        "graph g\n"
        "input x [1, 2] float32 as uint8\n"
        "const bits [] float32 = 4\n"
        "const quant.one [] float32 = 1\n"
        "const quant.scales [2] float32 = 0.5 0.25\n"
        "const zero [] float32 = 0\n"
        "quant.divided: quant.steps = Div(x, quant.scales)\n"
        "quant: quant.codes = Quant(quant.steps, quant.one, zero, bits)\n"
        "output quant.codes\n");
  REQUIRE(draft.restored.size() == 1);
  CHECK(draft.restored[0].name == "quant.restored");
}

TEST_CASE("paths: a node that leads nowhere, and an input that leads nowhere, are refused") {
  const std::string begin = "graph g\ninput x [1, 2] float32 as uint8\n";
  CHECK(behind(check_paths, draft_of(begin + "a: y = Relu(x)\nb: z = Neg(x)\noutput y\n")) ==
        "f: error: 1 nodes do not lie on the way from the input to the output");
  CHECK(behind(check_paths, draft_of(begin + "const c [1, 2] float32 = 1 2\na: y = Relu(c)\noutput y\n")) ==
        "f: error: nothing leads from 'x' to the output 'y'");
}

TEST_CASE("paths: each of two outputs comes from the input, and each node leads to one of them") {
  const std::string input = "graph g\ninput x [1, 2] float32 as uint8\n";
  const std::string begin = input + "const c [1, 2] float32 = 1 2\n";
  const std::string both = input + "a: y = Relu(x)\nb: z = Neg(x)\n";
  CHECK(behind(check_paths, draft_of(both + "output y\noutput z\n")) == both + "output y\noutput z\n");
  CHECK(behind(check_paths, draft_of(both + "d: v = Neg(z)\noutput y\noutput z\n")) ==
        "f: error: 1 nodes do not lie on the way from the input to the outputs");
  CHECK(behind(check_paths, draft_of(begin + "a: y = Relu(x)\nb: z = Neg(c)\noutput y\noutput z\n")) ==
        "f: error: nothing leads from 'x' to the output 'z'");
}

TEST_CASE("softmax: it is left out at the end of each output, where nothing else needs it") {
  const std::string begin = "graph g\ninput x [1, 2] float32 as uint8\na: y = Relu(x)\nb: z = Neg(x)\n";
  const auto left_out = [](const std::string& text) {
    Draft draft = draft_of(text);
    draft.options.allow_unsupported = true;
    return behind(leave_out_softmax, std::move(draft));
  };
  CHECK(left_out(begin + "s: p = Softmax(y)\nt: q = Softmax(z)\noutput p\noutput q\n") ==
        begin + "output y\noutput z\n");
  // The logits are an output too: it stays once.
  CHECK(left_out(begin + "s: p = Softmax(y)\noutput y\noutput p\noutput z\n") ==
        begin + "output y\noutput z\n");
  CHECK(left_out(begin + "s: p = Softmax(y)\nl: q = Neg(p)\noutput p\noutput q\noutput z\n") ==
        begin + "output y\noutput z\n");
  // A sum reads it: nothing can go.
  const std::string needed =
      begin + "s: p = Softmax(y)\nl: q = Neg(p)\nsum: v = Add(q, z)\noutput p\noutput q\noutput v\n";
  CHECK(left_out(needed) == needed);
}

TEST_CASE("output-scales: each of two outputs has its own scales, and one that a node reads keeps them") {
  const std::string begin =
      "graph g\ninput x [1, 2] float32 as uint8\nconst bits [] float32 = 4\nconst s [2] float32 = 0.5 0.25\n"
      "const zero [] float32 = 0\na: y = Quant(x, s, zero, bits)\nb: z = Quant(x, s, zero, bits)\n";
  const Draft draft = split_output_scales(draft_of(begin + "output y\noutput z\n"));
  REQUIRE(draft.restored.size() == 2);
  CHECK(draft.restored[0].outputs == std::vector<std::string>{"y"});
  CHECK(draft.restored[1].outputs == std::vector<std::string>{"z"});
  CHECK(outputs_of(draft.graph) == std::vector<GraphOutput>{{"a.codes"}, {"b.codes"}});
  const Draft read = split_output_scales(draft_of(begin + "c: v = Neg(z)\noutput y\noutput z\noutput v\n"));
  REQUIRE(read.restored.size() == 3);
  CHECK(read.restored[1].outputs.empty());
  CHECK(outputs_of(read.graph) == std::vector<GraphOutput>{{"a.codes"}, {"z"}, {"v"}});
}

TEST_CASE("layers: an output that lies as its tensor is the tensor, and another layout of it is a copy") {
  const std::string begin =
      "graph g\ninput x [1, 4] float32 as ternary\nconst bits [] float32 = 2\n"
      "const one [] float32 = 1\nconst shape [4] int64 = 1 4 1 1\nconst w [4, 4] float32 = 1 1 1 1 -1 -1 1 1 "
      "1 0 1 0 "
      "0 0 1 -1\nconst zero [] float32 = 0\nfc: s = MatMul(x, w)\n"
      "quant: y = Quant(s, one, zero, bits) narrow=1 signed=1\nsame: u = Identity(y)\n"
      "moved: v = Reshape(y, shape)\nfc2: z = MatMul(y, w)\n";
  const std::string layers =
      "network g\nfc (MatMul+Quant): 1x4 ternary * 4x4 ternary -> 1x4 ternary\n  all: + 0 1\n"
      "fc2 (MatMul): 1x4 ternary * 4x4 ternary -> 1x4 int32\n";
  CHECK(dump(build_layers(draft_of(begin + "output z\noutput y\noutput u\n"))) ==
        layers + "output z: 1x4 int32\noutput y: 1x4 ternary\noutput u: 1x4 ternary\n");
  CHECK(dump(build_layers(draft_of(begin + "output v\noutput y\noutput z\n"))) ==
        layers +
            "moved.output (Identity): 1x4 ternary -> 1x4 ternary\noutput v: 1x4 ternary\n"
            "output y: 1x4 ternary\noutput z: 1x4 int32\n");
}

TEST_CASE("layers: an output that is the model's input is refused where it is the input, and else a copy") {
  const std::string begin =
      "graph g\ninput x [1, 2] float32 as ternary\nconst w [2, 2] float32 = 1 1 1 1\nfc: y = MatMul(x, w)\n";
  const auto layers_of = [](const std::string& text) {
    std::string dumped;
    const std::string fault = message_of([&] { dumped = dump(build_layers(draft_of(text))); });
    return fault.empty() ? dumped : fault;
  };
  CHECK(layers_of(begin + "output y\noutput x\n") == "f: error: the output 'x' is the model's input");
  CHECK(layers_of(begin + "same: z = Identity(x)\noutput y\noutput z\n") ==
        "network g\nfc (MatMul): 1x2 ternary * 2x2 binary -> 1x2 int32\n"
        "same.output (Identity): 1x2 ternary -> 1x2 ternary\noutput y: 1x2 int32\noutput z: 1x2 ternary\n");
}

TEST_CASE("layers: a product that is added, and added again, averaged or an output, is made once and kept") {
  const std::string begin =
      "graph g\ninput x [1, 2] float32 as ternary\nconst w [2, 2] float32 = 1 1 1 1\n"
      "fc: y = MatMul(x, w)\nfc1: u = MatMul(x, w)\nsum: z = Add(y, u)\n";
  const auto found = [](const std::string& text) { return build_layers(draft_of(text)).layers.size(); };
  CHECK(found(begin + "output z\n") == 2);
  CHECK(found(begin + "output z\noutput y\n") == 2);
  CHECK(found(begin + "fc2: v = MatMul(x, w)\nsum2: t = Add(y, v)\noutput z\noutput t\n") == 3);
  CHECK(found("graph g\ninput x [1, 2, 2, 2] float32 as ternary\nconst w [2, 2, 1, 1] float32 = 1 1 1 1\n"
              "c: y = Conv(x, w)\nc1: u = Conv(x, w)\nsum: z = Add(y, u)\nm: t = GlobalAveragePool(u)\n"
              "output z\noutput t\n") == 3);
}

TEST_CASE("layers: a ternary product, its division and its quantizer are one layer with thresholds") {
  CHECK(after("layers", ternary_layer) ==
        "network tiny\n"
        "fc (MatMul+Div+Quant): 1x2 ternary * 2x2 ternary -> 1x2 ternary\n"
        "  0: + -2 3\n"  // of sums from -1 to 1, a half of which rounds to 0: no code changes
        "  1: + -1 2\n");
}

TEST_CASE("vectors: an image of one channel that a product alone reads becomes a vector of its pixels") {
  const QuantizedNetwork image =
      build_layers(draft_of("graph g\n"
                            "input x [1, 1, 2, 2] float32 as ternary\n"
                            "const w [4, 1] float32 = 1 -1 1 1\n"
                            "flat: v = Flatten(x)\n"
                            "fc: y = MatMul(v, w)\n"
                            "output y\n"));
  CHECK(image.input().channels == 1);
  const QuantizedNetwork vector = lay_pixels_side_by_side(image);
  CHECK(dump(image) == "network g\nfc (MatMul): 2x2x1 ternary * 4x1 binary, window 2x2 -> 1x1 int32\n");
  CHECK(dump(vector) == "network g\nfc (MatMul): 1x4 ternary * 4x1 binary -> 1x1 int32\n");
}

TEST_CASE("recurrent-model: an LSTM of one unit is a chain of one cell") {
  const std::string text = model_text(recurrent_model(graph_of(lstm_of_one_unit)), {});
  CHECK(text.substr(0, text.find("\n\n")) ==
        "recurrent cell: 2 steps, batch 1\n"
        "lstm: lstm of 1 units on 1 inputs, from the first step");
}

TEST_CASE("recurrent-layers: its gates are products and functions in a loop of two steps") {
  CHECK(dump(quantize_recurrent(recurrent_model(graph_of(lstm_of_one_unit)), {}, {})) ==
        "network cell\n"
        "lstm.i.x (W_x): 2x1 float32 * 1x1 float32 -> 2x1 float32\n"
        "  0: * 1 + 0\n"
        "lstm.f.x (W_x): 2x1 float32 * 1x1 float32 -> 2x1 float32\n"
        "  0: * 1 + 0\n"
        "lstm.g.x (W_x): 2x1 float32 * 1x1 float32 -> 2x1 float32\n"
        "  0: * 1 + 0\n"
        "lstm.o.x (W_x): 2x1 float32 * 1x1 float32 -> 2x1 float32\n"
        "  0: * 1 + 0\n"
        "lstm.h.initial (Initial): 1x1 float32, initial -> 1x1 float32\n"
        "lstm.c.initial (Initial): 1x1 float32, initial -> 1x1 float32\n"
        "loop lstm: 2 steps\n"
        "lstm.i.h (W_h): 1x1 float32 and 2x1 float32 * 1x1 float32 -> 1x1 float32\n"
        "  all: * 1 + y * 1 + 0\n"
        "lstm.i (Sigmoid): 1x1 float32 -> 1x1 float32\n"
        "  sigmoid of x * 1\n"
        "lstm.g.h (W_h): 1x1 float32 and 2x1 float32 * 1x1 float32 -> 1x1 float32\n"
        "  all: * 1 + y * 1 + 0\n"
        "lstm.g (Tanh): 1x1 float32 -> 1x1 float32\n"
        "  tanh of x * 1\n"
        "lstm.i*g (Mul): 1x1 float32 and 1x1 float32 -> 1x1 float32\n"
        "  x * y + z\n"
        "lstm.f.h (W_h): 1x1 float32 and 2x1 float32 * 1x1 float32 -> 1x1 float32\n"
        "  all: * 1 + y * 1 + 0\n"
        "lstm.f (Sigmoid): 1x1 float32 -> 1x1 float32\n"
        "  sigmoid of x * 1\n"
        "lstm.c (Mul+Add): 1x1 float32 and 1x1 float32 and 1x1 float32 -> 1x1 float32\n"
        "  x * y + z\n"
        "lstm.tanh_c (Tanh): 1x1 float32 -> 1x1 float32\n"
        "  tanh of x * 1\n"
        "lstm.o.h (W_h): 1x1 float32 and 2x1 float32 * 1x1 float32 -> 1x1 float32\n"
        "  all: * 1 + y * 1 + 0\n"
        "lstm.o (Sigmoid): 1x1 float32 -> 1x1 float32\n"
        "  sigmoid of x * 1\n"
        "lstm.h (Mul): 1x1 float32 and 1x1 float32 -> 1x1 float32\n"
        "  x * y + z\n"
        "lstm.sequence (Identity): 1x1 float32 -> 2x1 float32\n");
}

TEST_CASE("formats, then placement: planes for a ternary layer, then its tile") {
  CHECK(after("formats", ternary_layer) ==
        "layer fc: ternary_planes, weights planes in DRAM, planes on chip\n"
        "tensor x: planes\n"
        "tensor codes: trit2\n");
  CHECK(after("placement", ternary_layer) ==
        "layer fc: ternary_planes, weights planes in DRAM, planes on chip, tiles of 1 x 1 outputs, 2 output "
        "and 2 "
        "input channels, weights outermost, 38 DRAM bytes, "
        "stays\n"  // 8 in, 16 weights, 6 thresholds, 8 out
        "tensor x: planes\n"
        "tensor codes: trit2\n");
}

TEST_CASE("memory-map, code, semaphores: addresses first, then instructions, then waits and posts") {
  // Of each instruction its name, and the engines that it waits for and posts to.
  const auto code = [](const std::string& pass) {
    static const std::regex instruction("0\\.0: (\\w+).*?((?: wait=\\S+)?(?: post=\\S+)?)");
    std::string names;
    std::istringstream lines(after(pass, ternary_layer));
    for (std::string line; std::getline(lines, line);) {
      line = line.substr(0, line.find("  #"));  // the symbol that it reaches
      std::smatch match;
      if (std::regex_match(line, match, instruction)) names += match[1].str() + match[2].str() + "\n";
    }
    return names;
  };
  CHECK(code("memory-map").empty());
  CHECK(code("code") == "load\nload\nload\nmatmul\nthreshold\nstore\nhalt\n");
  CHECK(code("semaphores") ==
        "load\n"
        "load post=output_stage\n"
        "load post=array\n"
        "matmul wait=load\n"
        "threshold wait=load post=store\n"
        "store wait=output_stage\n"
        "halt\n");
}

TEST_CASE("the passes of the list, and lower() alone, make the same program of a network") {
  const MachineSpec machine = read_machine(std::string("edge"));
  for (const std::string& text : {ternary_layer, lstm_of_one_unit}) {
    const CompileOptions options = {.recurrent = ternary_choice()};
    const Compiled compiled = compile(graph_of(text), machine, options);
    CHECK(write_trace_text(lower(compiled.network, machine, {})) == write_trace_text(compiled.trace));
  }
}

TEST_CASE("a pass that a network does not go through is refused with those that it does") {
  CHECK(message_of([] { check_pass_name("lairs", Place::of_file("--dump-after")); }) ==
        "--dump-after: error: there is no pass 'lairs'; did you mean 'layers'?");
  CHECK(message_of([] {
          static_cast<void>(after("recurrent-model", ternary_layer));
        }).find("; its passes are arithmetic, ends, constants, fold, softmax, numbers, pixels") !=
        std::string::npos);
}

}  // namespace tricycle::test
