// SPDX-License-Identifier: Apache-2.0
#include "arch/params/machine.hpp"
#include "tests/catch.hpp"
#include "tests/traces/sample.hpp"
#include "traces/tools/check.hpp"

namespace {

using tricycle::Checkpoint;
using tricycle::Memory;
using tricycle::Trace;
using tricycle::test::message_of;
using tricycle::test::sample_trace;
using tricycle::test::sample_with;
using tricycle::test::small_machine;
using tricycle::test::windowed_trace;

std::string range_fault(const Trace& trace) {
  return message_of([&] { check_ranges(trace, small_machine(), "t"); });
}
std::string order_fault(const Trace& trace, std::int64_t queue_depth = 8) {
  // What check_order is given has passed check_ranges.
  CHECK(message_of([&] { check_ranges(trace, small_machine(), "t"); }).empty());
  return message_of([&] { check_order(trace, small_machine(queue_depth), "t"); });
}
template <class Change>
std::string range_fault_after(Change change) {
  Trace trace = sample_trace();
  change(trace);
  return range_fault(trace);
}
std::string checkpoint_fault(void (*change)(Checkpoint&)) {
  return range_fault_after([&](Trace& t) { change(t.checkpoints[0]); });
}

const std::string load_x =
    "load memory=activation address=0 stride=2 dram=0 dram_stride=2 rows=1 row_bytes=2 once=0";
const std::string load_w =
    "load memory=weight address=0 stride=4 dram=0x80 dram_stride=4 rows=1 row_bytes=4 once=0";
const std::string matmul =
    "matmul datapath=ternary_planes activation_format=planes weight_format=planes im2col=0 folding=0 "
    "accumulate=0 staged=0 streamed=0 activations=0 position_stride=2 line_stride=2 lines=1 columns=1 "
    "kernel_h=1 "
    "kernel_w=1 "
    "stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=1 in_columns=1 dilation_y=1 dilation_x=1 pad=0 "
    "elements=8 weights=0 weight_stride=2 sums=0 sum_stride=8 cols=2";
const std::string store_y =
    "store memory=accumulator address=0 stride=8 dram=0x40 dram_stride=8 rows=1 row_bytes=8";

std::string with(std::string line, const std::string& from, const std::string& to) {
  return line.replace(line.find(from), from.size(), to);
}
std::string code_fault(const std::string& line) {
  return range_fault(sample_with({line, "halt"}));
}

}  // namespace

TEST_CASE("the sample passes every check") {
  CHECK(range_fault(sample_trace()).empty());
  CHECK(order_fault(sample_trace()).empty());
  CHECK(order_fault(sample_trace(), 1).empty());
}

TEST_CASE("a trace may use as much DRAM as the machine has, and no more than can be simulated") {
  CHECK(range_fault_after([](Trace& t) { t.dram_bytes = (1 << 20) - 1024; }).empty());  // and its program
  CHECK(range_fault_after([](Trace& t) { t.dram_bytes = (1 << 20) + 1; }) ==
        "t: error: the trace uses 1048577 bytes of DRAM; the machine has 1048576: set dram.size_MiB to 2 or "
        "more");
  CHECK(range_fault_after([](Trace& t) { t.dram_bytes = (std::uint64_t{1} << 31U) + 1; }) ==
        "t: error: the trace uses 2147483649 bytes of DRAM; at most 2147483648 can be simulated");
}

TEST_CASE("the input, each output and each state lie inside the DRAM that the trace uses") {
  CHECK(range_fault_after([](Trace& t) { t.outputs[0].address = 184; }) !=
        "t: error: the tensor 'y' lies outside the 192 bytes of DRAM that the trace uses");
  const std::string x_outside =
      "t: error: the tensor 'x' lies outside the 192 bytes of DRAM that the trace uses";
  const std::string y_outside =
      "t: error: the tensor 'y' lies outside the 192 bytes of DRAM that the trace uses";
  CHECK(range_fault_after([](Trace& t) { t.outputs[0].address = 185; }) == y_outside);
  CHECK(range_fault_after([](Trace& t) { t.outputs[0].address = ~std::uint64_t{0}; }) == y_outside);
  CHECK(range_fault_after([](Trace& t) { t.outputs[0].cols = 0; }) == y_outside);
  CHECK(range_fault_after([](Trace& t) { t.outputs[0].rows = -1; }) == y_outside);
  CHECK(range_fault_after([](Trace& t) { t.outputs[0].rows = std::int64_t{1} << 31U; }) == y_outside);
  CHECK(range_fault_after([](Trace& t) { t.input.cols = std::int64_t{1} << 62U; }) == x_outside);
  CHECK(range_fault_after([](Trace& t) { t.input.address = 191; }) == x_outside);
  CHECK(range_fault_after([](Trace& t) {
          t.outputs.push_back(t.outputs[0]);
          t.outputs[1].name = "second";
          t.outputs[1].address = 185;
        }) == "t: error: the tensor 'second' lies outside the 192 bytes of DRAM that the trace uses");
  CHECK(range_fault_after([](Trace& t) {
          t.states.push_back(t.outputs[0]);
          t.states[0].name = "c";
          t.states[0].address = 185;
        }) == "t: error: the tensor 'c' lies outside the 192 bytes of DRAM that the trace uses");
}

TEST_CASE("the input items have the bytes of the bound input") {
  CHECK(range_fault_after([](Trace& t) { t.items.bytes.push_back(0); }) ==
        "t: error: 1 input items of 2 bytes each were expected, not 3 bytes in all");
  CHECK(range_fault_after([](Trace& t) { t.items.count = 0; }) ==
        "t: error: 0 input items of 2 bytes each were expected, not 2 bytes in all");
  CHECK(range_fault_after([](Trace& t) {
          t.items.count = 3;
          t.items.bytes.resize(6);
        }).empty());
  CHECK(range_fault_after([](Trace& t) { t.items.count = ~std::uint64_t{0}; }) ==
        "t: error: 18446744073709551615 input items of 2 bytes each were expected, not 2 bytes in all");
}

TEST_CASE("an image segment lies inside the DRAM that the trace uses") {
  CHECK(range_fault_after([](Trace& t) { t.image[0].address = 188; }).empty());
  CHECK(range_fault_after([](Trace& t) { t.image[0].address = 189; }) ==
        "t: error: the image segment at 189 lies outside the 192 bytes of DRAM that the trace uses");
  CHECK(range_fault_after([](Trace& t) { t.image[0].address = ~std::uint64_t{0}; }) ==
        "t: error: the image segment at 18446744073709551615 lies outside the 192 bytes of DRAM that the "
        "trace uses");
}

TEST_CASE("the code ends in its only halt and names layers of the table") {
  CHECK(range_fault_after([](Trace& t) { t.code.pop_back(); }) ==
        "t: error: the code does not end in a halt");
  CHECK(range_fault_after([](Trace& t) { t.code.clear(); }) == "t: error: the code does not end in a halt");
  CHECK(range_fault(sample_with({load_x, "halt", load_w, "halt"})) ==
        "t: error: instruction 1 (halt): a halt before the end of the code");
  CHECK(range_fault_after([](Trace& t) { t.code[2].layer = 1; }) ==
        "t: error: instruction 2 (matmul): there is no layer 1; the table has 1");
}

TEST_CASE("code needs room behind the data in DRAM: its bytes, or pages where it does not fit its memory") {
  // Such a load has 4 bytes, with another stride in DRAM a byte more, and a halt 1: 1023 and 1 are 1024.
  const std::string longer = with(load_x, "dram_stride=2", "dram_stride=3");
  std::vector<std::string> lines(252, load_x);
  lines.insert(lines.end(), 3, longer);
  lines.front() = longer;
  lines.emplace_back("halt");
  const auto fault_with = [&](std::uint64_t dram_bytes) {
    Trace trace = sample_with(lines);
    trace.dram_bytes = dram_bytes;
    return range_fault(trace);
  };
  // 1025 bytes of code are three pages of at most 512, for no instruction lies in two.
  constexpr std::uint64_t all = 1 << 20;
  CHECK(fault_with(all - 3 * 512).empty());
  CHECK(fault_with(all - 3 * 512 + 1) ==
        "t: error: the trace uses 1047041 bytes of DRAM, and its program 1536 behind them; the machine has "
        "1048576");
  lines.front() = load_x;
  CHECK(fault_with(all - 1024).empty());
  CHECK(fault_with(all - 1023) ==
        "t: error: the trace uses 1047553 bytes of DRAM, and its program 1024 behind them; the machine has "
        "1048576");
}

TEST_CASE("checkpoints come in order and lie inside an on-chip memory") {
  const std::string outside = "t: error: the checkpoint of instruction 2 lies outside its memory";
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.address = 1016; }).empty());
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.address = 1017; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.memory = Memory::dram; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.layer = 1; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.rows = 0; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.cols = 0; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.cols = std::int64_t{1} << 40U; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.first = -1; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.row = std::int64_t{1} << 31U; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.rows = 128; }).empty());  // 128 x 8 bytes are 1 KiB
  CHECK(checkpoint_fault([](Checkpoint& c) { c.region.rows = 129; }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) {
          c.region.rows = 2;
          c.region.stride = 7;
        }) == outside);
  CHECK(checkpoint_fault([](Checkpoint& c) { c.instruction = 5; }) ==
        "t: error: the checkpoint of instruction 5 lies outside its memory");
  CHECK(range_fault_after([](Trace& t) {
          t.checkpoints.push_back(t.checkpoints[0]);
          t.checkpoints.back().instruction = 1;
        }) == "t: error: the checkpoints are not in the order of their instructions");
}

TEST_CASE("an operand outside its memory is named") {
  CHECK(code_fault(with(load_x, "address=0", "address=1023")) ==
        "t: error: instruction 0 (load): 'address' reaches outside the activation memory of 1024 bytes");
  CHECK(code_fault(with(load_x, "dram=0 ", "dram=191 ")) ==
        "t: error: instruction 0 (load): 'dram' reaches outside the 192 bytes of DRAM that the trace uses");
  CHECK(code_fault(with(load_x, "dram=0 ", "dram=1048575 ")) ==
        "t: error: instruction 0 (load): 'dram' reaches outside the dram memory of 1048576 bytes");
  CHECK(code_fault(with(matmul, "weights=0", "weights=1021")) ==
        "t: error: instruction 0 (matmul): 'weights' reaches outside the weight memory of 1024 bytes");
  CHECK(code_fault(with(load_x, "rows=1", "rows=0")) ==
        "t: error: instruction 0 (load): nothing lies at 'dram': 0 rows of 2 bytes");
  CHECK(code_fault(with(with(load_x, "rows=1", "rows=2"), "dram_stride=2", "dram_stride=1")) ==
        "t: error: instruction 0 (load): the rows at 'dram' overlap: 2 bytes each, 1 apart");
}

TEST_CASE("an operand that makes no sense is named") {
  CHECK(code_fault(with(load_x, "memory=activation", "memory=dram")) ==
        "t: error: instruction 0 (load): 'memory' is dram; a load goes to an on-chip memory");
  CHECK(code_fault(with(store_y, "memory=accumulator", "memory=dram")) ==
        "t: error: instruction 0 (store): 'memory' is dram; a store comes from an on-chip memory");
  CHECK(code_fault(with(matmul, "ternary_planes", "binary")) ==
        "t: error: instruction 0 (matmul): the array has no datapath binary");
  CHECK(code_fault(with(matmul, "accumulate=0", "accumulate=2")) ==
        "t: error: instruction 0 (matmul): 'accumulate' is 0 or 1, not 2");
  CHECK(code_fault(with(matmul, "weight_format=planes", "weight_format=bit1")) ==
        "t: error: instruction 0 (matmul): the datapath ternary_planes takes no planes activations with bit1 "
        "weights");
  CHECK(code_fault(with(matmul, "elements=8", "elements=9")) ==  // two words, and weights lie one word apart
        "t: error: instruction 0 (matmul): the rows at 'weights' overlap: 4 bytes each, 2 apart");
  CHECK(code_fault(with(matmul, "elements=8", "elements=0")) ==
        "t: error: instruction 0 (matmul): nothing lies at 'activations': 1 rows of 0 bytes");
  CHECK(code_fault(with(matmul, "kernel_w=1", "kernel_w=0")) ==
        "t: error: instruction 0 (matmul): a window has no taps");
  CHECK(code_fault(with(matmul, "pad=0", "pad=2")) ==
        "t: error: instruction 0 (matmul): 'pad' is 2; planes holds -1 to 1");
  CHECK(code_fault(load_x + " wait=load") ==
        "t: error: instruction 0 (load): an engine cannot wait for or post to itself");
  CHECK(range_fault(sample_with({"halt wait=load"})) ==
        "t: error: instruction 0 (halt): the sequencer waits for and posts to nobody");
}

TEST_CASE("a wait that nothing posts is a deadlock") {
  CHECK(order_fault(sample_with({load_x, load_w, matmul + " wait=load", store_y + " wait=array", "halt"})) ==
        "t: error: deadlock: store waits at instruction 3 for array; array waits at instruction 2 for load");
}

TEST_CASE("two unordered engines that touch the same bytes are a race") {
  CHECK(order_fault(sample_with({load_x, load_w, matmul, store_y, "halt"})) ==
        "t: error: instruction 3 (store): reads 'address' in the accumulator memory at 0 before it was "
        "written");
  CHECK(order_fault(sample_with({load_x, load_w + " post=array", matmul + " wait=load", store_y, "halt"})) ==
        "t: error: instruction 3 (store): reads 'address' in the accumulator memory at 0 before it was "
        "written");
  // The second load overwrites weights that the array may still read.
  CHECK(order_fault(sample_with({load_x, load_w + " post=array", matmul + " wait=load post=store", load_w,
                                 store_y + " wait=array", "halt"})) ==
        "t: error: instruction 2 (matmul): 'weights' in the weight memory conflicts with instruction 3 "
        "(load), and no semaphore orders the two");
  // Ordered by a semaphore it is fine.
  CHECK(order_fault(sample_with({load_x, load_w + " post=array", matmul + " wait=load post=load,store",
                                 load_w + " wait=array", store_y + " wait=array", "halt"}))
            .empty());
}

TEST_CASE("order carries over from engine to engine") {
  // The store waits for the array, which waited for the load: so it may overwrite what the load read.
  const std::string store_x = with(store_y, "dram=0x40", "dram=0x0");
  Trace trace = sample_with({load_x, load_w + " post=array", matmul + " wait=load post=store",
                             store_y + " wait=array", store_x, "halt"});
  CHECK(order_fault(trace).empty());
  trace = sample_with({load_x, load_w + " post=array", matmul + " wait=load post=store",
                       store_y + " wait=array", store_x, load_x, "halt"});
  CHECK(order_fault(trace) ==
        "t: error: instruction 2 (matmul): 'activations' in the activation memory conflicts with "
        "instruction 5 (load), and no semaphore orders the two");
}

TEST_CASE("what is loaded once stays: nothing else writes there, before it or behind it") {
  const std::string once = with(load_w, "once=0", "once=1"),
                    elsewhere = with(load_w, "address=0", "address=4");
  const auto fault = [](const std::string& first, const std::string& second) {
    return order_fault(sample_with({load_x, first, second + " post=array", matmul + " wait=load post=store",
                                    store_y + " wait=array", "halt"}));
  };
  CHECK(fault(elsewhere, once).empty());
  CHECK(fault(once, with(once, "address=0", "address=4")).empty());
  CHECK(
      fault(once, load_w) ==
      "t: error: instruction 2 (load): writes 'address' in the weight memory at 0, where what is loaded once "
      "stays");
  CHECK(fault(load_w, once) ==
        "t: error: instruction 2 (load): writes 'address' in the weight memory at 0, to stay, and another "
        "instruction writes there");
  CHECK(fault(once, with(load_w, "address=0", "address=3")).starts_with("t: error: instruction 2 (load)"));
}

TEST_CASE("sums for the output stage are taken whole by the next instruction that takes any") {
  const std::string staged = with(with(matmul, "staged=0", "staged=1"), "sum_stride=8", "sum_stride=0");
  const Trace alone = sample_with({load_x, load_w + " post=array", staged + " wait=load", "halt"});
  CHECK(range_fault(alone).ends_with("the machine has no output stage: 'output_stage.lanes' is 0"));
  tricycle::MachineSpec machine = small_machine();
  machine.output_stage.lanes = 4;
  CHECK(message_of([&] { check_order(alone, machine, "t"); }) ==
        "t: error: deadlock: array waits at instruction 2 for output_stage");
}

TEST_CASE("weights that stream are taken by the matmul behind, whole and in the format that they come in") {
  const std::string load = with(with(load_w, "memory=weight", "memory=stream"), "stride=4", "stride=0");
  const std::string streamed =
      with(with(matmul, "streamed=0", "streamed=1"), "weight_stride=2", "weight_stride=0");
  const std::string unpack =
      "unpack memory=stream address=0 stride=0 dram=0x80 rows=1 row_bytes=4 source_format=trit2 "
      "format=planes "
      "taps=1 elements=16 once=0";
  const std::string waiting = streamed + " wait=load post=store";
  const auto fault = [&](const std::vector<std::string>& middle, std::int64_t bytes = 64) {
    tricycle::MachineSpec machine = small_machine();
    machine.weight_stream.bytes = bytes;
    machine.decoder.load = true;
    std::vector<std::string> code = {load_x + " post=array"};
    code.insert(code.end(), middle.begin(), middle.end());
    code.insert(code.end(), {store_y + " wait=array", "halt"});
    const Trace trace = sample_with(code);
    const std::string of_ranges = message_of([&] { check_ranges(trace, machine, "t"); });
    return of_ranges.empty() ? message_of([&] { check_order(trace, machine, "t"); }) : of_ranges;
  };
  CHECK(fault({load, waiting}).empty());
  CHECK(fault({waiting, load}).empty());
  CHECK(fault({unpack, waiting}).empty());
  CHECK(fault({with(load, "row_bytes=4", "row_bytes=2"), waiting}) ==
        "t: error: instruction 2 (matmul): takes 4 bytes of planes weights that stream; instruction 1 (load) "
        "brings "
        "2");
  CHECK(
      fault({with(unpack, "format=planes", "format=trit2_mask"), waiting}) ==
      "t: error: instruction 2 (matmul): takes 4 bytes of planes weights that stream; instruction 1 (unpack) "
      "brings 6 of trit2_mask");
  CHECK(fault({load, waiting}, 4).empty());
  CHECK(fault({load, waiting}, 3) ==
        "t: error: instruction 2 (matmul): weights of a step and a burst of instruction 1 take 4 bytes; "
        "'weight_stream.bytes' is 3");
  CHECK(fault({waiting}) ==
        "t: error: deadlock: store waits at instruction 2 for array; array waits at instruction 1 for load");
  CHECK(fault({load, waiting, load}) ==
        "t: error: deadlock: load waits at instruction 3 for a matmul that takes its weights");
  // A matmul that waits until its own weights have come whole could wait for ever.
  const Trace waits = sample_with({load_x, load + " post=array", waiting, store_y + " wait=array", "halt"});
  tricycle::MachineSpec machine = small_machine();
  machine.weight_stream.bytes = 64;
  CHECK(message_of([&] { check_order(waits, machine, "t"); }) ==
        "t: error: deadlock: load waits at instruction 1 for a matmul that takes its weights; store waits at "
        "instruction 3 for array; array waits at instruction 2 for load");
}

TEST_CASE("the instructions of a pass fit together, and none goes round the lanes") {
  const std::string copy =
      "copy memory=activation source_format=uint8 address=0 position_stride=2 line_stride=2 pool=max lines=1 "
      "columns=1 kernel_h=1 kernel_w=1 stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=1 in_columns=1 "
      "cols=2 format=uint8 result=100 result_position_stride=2 result_line_stride=2 first=0 chain=ends";
  const std::string forwards = with(
      with(with(with(copy, "result=100", "result=0"), "result_position_stride=2", "result_position_stride=0"),
           "result_line_stride=2", "result_line_stride=0"),
      "chain=ends", "chain=forwards");
  const std::string on_lanes = with(with(with(copy, "memory=activation", "memory=lanes"),
                                         "address=0 position_stride=2", "address=1 position_stride=0"),
                                    "line_stride=2", "line_stride=0");
  const auto fault = [&](const std::vector<std::string>& pass, std::int64_t chain = 3) {
    tricycle::MachineSpec machine = small_machine();
    machine.vector.chain = chain;
    std::vector<std::string> code = {load_x + " post=vector", pass[0] + " wait=load"};
    code.insert(code.end(), pass.begin() + 1, pass.end());
    code.emplace_back("halt");
    const Trace trace = sample_with(code);
    CHECK(message_of([&] { check_ranges(trace, machine, "t"); }).empty());
    return message_of([&] { check_order(trace, machine, "t"); });
  };
  const std::string fine = "t: error: the output 'y' is never written whole";
  CHECK(fault({forwards, on_lanes}) == fine);
  CHECK(fault({forwards, forwards, on_lanes}) == fine);
  CHECK(fault({forwards, forwards, on_lanes}, 2) ==
        "t: error: instruction 3 (copy): is instruction 3 of its pass; 'vector.chain' is 2");
  CHECK(fault({copy, on_lanes}) ==
        "t: error: instruction 2 (copy): 'address' is 1 instructions before, and its pass has 0 there");
  CHECK(fault({forwards, with(on_lanes, "cols=2", "cols=1")}) ==
        "t: error: instruction 2 (copy): has other outputs than instruction 1 of its pass");
  CHECK(fault({forwards, with(on_lanes, "source_format=uint8", "source_format=int8")}) ==
        "t: error: instruction 2 (copy): takes 'address' as int8; instruction 1 makes uint8");
  const std::string writes = with(copy, "chain=ends", "chain=goes_on");
  CHECK(
      fault({writes, with(copy, "address=0", "address=100")}) ==
      "t: error: instruction 2 (copy): 'address' in the activation memory is what instruction 1 of its pass "
      "writes");
  CHECK(fault({writes, with(copy, "result=100", "result=101")}) ==
        "t: error: instruction 2 (copy): 'result' in the activation memory is what instruction 1 of its pass "
        "writes");
  CHECK(fault({forwards, with(on_lanes, "result=100", "result=0")}) == fine);  // where the first one read
  CHECK(fault({forwards, with(on_lanes, "result=100", "result=1")}) ==
        "t: error: instruction 2 (copy): 'result' in the activation memory is what instruction 1 of its pass "
        "reads");
  CHECK(fault({forwards}) == "t: error: deadlock: vector waits for the end of the pass of instruction 1");
}

TEST_CASE("bytes that are read before anything wrote them are named") {
  CHECK(order_fault(sample_with({load_x + " post=array", matmul + " wait=load", "halt"})) ==
        "t: error: instruction 1 (matmul): reads 'weights' in the weight memory at 0 before it was written");
  // The second of two rows: only the first was loaded.
  CHECK(order_fault(sample_with({load_x, with(load_w, "row_bytes=4", "row_bytes=2") + " post=array",
                                 matmul + " wait=load", "halt"})) ==
        "t: error: instruction 2 (matmul): reads 'weights' in the weight memory at 2 before it was written");
  CHECK(order_fault(sample_with({with(load_x, "dram=0 ", "dram=2 "), "halt"})) ==
        "t: error: instruction 0 (load): reads 'dram' in the dram memory at 2 before it was written");
  const std::string more = with(matmul, "accumulate=0", "accumulate=1");
  CHECK(order_fault(sample_with({load_x, load_w + " post=array", more + " wait=load", "halt"})) ==
        "t: error: instruction 2 (matmul): reads 'sums' in the accumulator memory at 0 before it was "
        "written");
  CHECK(order_fault(sample_with({load_x, load_w + " post=array", matmul + " wait=load", more + " post=store",
                                 store_y + " wait=array", "halt"}))
            .empty());
}

TEST_CASE("a copy to elements 16 to 23 writes bytes 2 and 3 of a row of bit1, not bytes 0 and 1") {
  const std::string copy =
      "copy memory=activation source_format=uint8 address=0 position_stride=2 line_stride=2 pool=max lines=1 "
      "columns=1 kernel_h=1 kernel_w=1 stride_y=1 stride_x=1 pad_top=0 pad_left=0 in_lines=1 in_columns=1 "
      "cols=2 format=bit1 result=100 result_position_stride=4 result_line_stride=4 first=16 chain=ends";
  const std::string store =
      "store memory=activation address=100 stride=4 dram=0x40 dram_stride=4 rows=1 row_bytes=";
  const auto fault = [&](const std::string& stored) {
    return order_fault(sample_with(
        {load_x + " post=vector", copy + " wait=load post=store", stored + " wait=vector", "halt"}));
  };
  CHECK(fault(store + "4") ==
        "t: error: instruction 2 (store): reads 'address' in the activation memory at 100 before it was "
        "written");
  CHECK(fault(with(store, "address=100", "address=102") + "2") ==
        "t: error: the output 'y' is never written whole");
}

TEST_CASE("a window, a table and a second operand are each read only after all their bytes were written") {
  CHECK(range_fault(windowed_trace()).empty());
  CHECK(order_fault(windowed_trace()).empty());
  const auto fault = [](auto change) {
    Trace trace = windowed_trace();
    change(trace);
    return order_fault(trace);
  };
  const auto load = [](Trace& t, std::size_t index) -> tricycle::isa::Load& {
    return std::get<tricycle::isa::Load>(t.code[index].operation);
  };
  // The image without its last position, at line 1, column 2.
  CHECK(fault([&](Trace& t) { load(t, 0).row_bytes = 4; }) ==
        "t: error: instruction 2 (matmul): reads 'activations' in the activation memory at 4 before it was "
        "written");
  CHECK(fault([&](Trace& t) { load(t, 0).rows = 1; }) ==
        "t: error: instruction 2 (matmul): reads 'activations' in the activation memory at 6 before it was "
        "written");
  // Weights of 2 x 8 bytes, a threshold's table of 3, a scale's of 2 x 17, less one byte each.
  CHECK(fault([&](Trace& t) { load(t, 1).row_bytes = 15; }) ==
        "t: error: instruction 2 (matmul): reads 'weights' in the weight memory at 15 before it was written");
  CHECK(
      fault([&](Trace& t) { load(t, 1).row_bytes = 18; }) ==
      "t: error: instruction 3 (threshold): reads 'table' in the weight memory at 18 before it was written");
  CHECK(fault([&](Trace& t) { load(t, 1).row_bytes = 52; }) ==
        "t: error: instruction 4 (scale): reads 'table' in the weight memory at 52 before it was written");
  CHECK(fault([&](Trace& t) { std::get<tricycle::isa::Scale>(t.code[4].operation).table = 27; }) ==
        "t: error: instruction 4 (scale): reads 'table' in the weight memory at 53 before it was written");
  CHECK(
      fault([&](Trace& t) { std::get<tricycle::isa::Scale>(t.code[4].operation).second_address = 101; }) ==
      "t: error: instruction 4 (scale): reads 'second_address' in the activation memory at 102 before it was "
      "written");
  CHECK(fault([&](Trace& t) { std::get<tricycle::isa::Threshold>(t.code[3].operation).in_columns = 3; }) ==
        "t: error: instruction 3 (threshold): reads 'address' in the accumulator memory at 16 before it was "
        "written");
}

TEST_CASE("posts that nobody waits for are counted") {
  CHECK(order_fault(sample_with({load_x, load_w + " post=array", matmul + " wait=load post=store,vector",
                                 store_y + " wait=array", "halt"})) ==
        "t: error: 1 of the posts from array to vector are never waited for");
  CHECK(order_fault(
            sample_with({load_x + " post=array", load_w + " post=array", load_x + " post=array", "halt"})) ==
        "t: error: 3 of the posts from load to array are never waited for");
}

TEST_CASE("an output that is not written whole is named") {
  Trace two = sample_trace();
  two.outputs.push_back(two.outputs[0]);
  two.outputs[1].name = "second";
  CHECK(order_fault(two).empty());
  two.outputs[1].address = 128 + 8;  // behind the 4 bytes of weights
  CHECK(order_fault(two) == "t: error: the output 'second' is never written whole");
  CHECK(order_fault(sample_with({load_x, "halt"})) == "t: error: the output 'y' is never written whole");
  const std::string half = with(store_y, "row_bytes=8", "row_bytes=4");
  CHECK(order_fault(sample_with({load_x, load_w + " post=array", matmul + " wait=load post=store",
                                 half + " wait=array", "halt"})) ==
        "t: error: the output 'y' is never written whole");
}
