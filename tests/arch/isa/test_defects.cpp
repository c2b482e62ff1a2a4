// SPDX-License-Identifier: Apache-2.0
#include "support/diagnostics.hpp"
#include "tests/arch/isa/good_instructions.hpp"
#include "tests/arch/isa/random_instruction.hpp"

using namespace tricycle;
using namespace tricycle::test;

TEST_CASE("the 14 good instructions have no defect") {
  CHECK(defect(good_load()).empty());
  CHECK(defect(good_store()).empty());
  CHECK(defect(good_matmul()).empty());
  CHECK(defect(good_threshold()).empty());
  CHECK(defect(good_scale()).empty());
  CHECK(defect(good_affine()).empty());
  CHECK(defect(good_copy()).empty());
  CHECK(defect(good_lookup()).empty());
  CHECK(defect(good_multiply()).empty());
  CHECK(defect(good_function()).empty());
  CHECK(defect(good_sample()).empty());
  CHECK(defect(good_gather()).empty());
  CHECK(defect(good_unpack()).empty());
  CHECK(defect(isa::Halt{}).empty());
}

TEST_CASE("a load goes to, and a store comes from, one of the 3 on-chip memories") {
  CHECK(after(good_load(), [](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; a load goes to an on-chip memory");
  CHECK(after(good_store(), [](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; a store comes from an on-chip memory");
}

TEST_CASE("a row that ends with the memory's last byte fits, and one byte more does not") {
  auto load = good_load();  // 4 rows of 16 bytes, 16 apart; the weight memory has 6,144 bytes
  load.address = 6144 - 64;
  CHECK(defect(load).empty());
  load.address += 1;
  CHECK(defect(load) == "'address' reaches outside the weight memory of 6144 bytes");
  load.address = 6144;
  CHECK(defect(load) == "'address' reaches outside the weight memory of 6144 bytes");
  load = good_load();
  load.dram = (1 << 20) - 64;
  CHECK(defect(load).empty());
  load.dram += 1;
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
  load.dram = ~std::uint64_t{0};
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
}

TEST_CASE("rows so many or so far apart that their end exceeds 64 bits do not fit either") {
  auto load = good_load();
  load.rows = ~std::uint32_t{0};
  load.stride = ~std::uint32_t{0};
  load.dram_stride = ~std::uint32_t{0};
  CHECK(defect(load) == "'dram' reaches outside the dram memory of 1048576 bytes");
  const auto far = [](auto& i) {
    i.in_lines = i.in_columns = ~std::uint32_t{0};
    i.position_stride = i.line_stride = ~std::uint32_t{0};
  };
  CHECK(matmul_with(far) == "'activations' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_threshold(), far) == "'address' reaches outside the accumulator memory of 6144 bytes");
}

TEST_CASE("rows of 16 bytes may touch at a stride of 16 and overlap at 15") {
  auto load = good_load();
  load.stride = 15;
  CHECK(defect(load) == "the rows at 'address' overlap: 16 bytes each, 15 apart");
  load.stride = 0;
  load.rows = 1;  // the stride of a single row means nothing
  CHECK(defect(load).empty());
}

TEST_CASE("lines of 2 positions of 13 bytes, 14 apart, may touch at 27 bytes and overlap at 26") {
  auto i = good_matmul();
  i.in_lines = 2;
  i.position_stride = 14;
  i.line_stride = 27;
  CHECK(defect(i).empty());
  i.line_stride = 26;
  CHECK(defect(i) == "the lines at 'activations' overlap: 27 bytes each, 26 apart");
  i.in_lines = 1;  // the stride of a single line means nothing
  i.line_stride = 0;
  CHECK(defect(i).empty());
  auto result = good_copy();
  result.lines = 2;
  result.result_line_stride = 15;  // two positions of 8 bytes
  CHECK(defect(result) == "the lines at 'result' overlap: 16 bytes each, 15 apart");
}

TEST_CASE("no instruction touches 0 rows or 0 bytes") {
  CHECK(after(good_load(), [](auto& i) { i.rows = 0; }) == "nothing lies at 'dram': 0 rows of 16 bytes");
  CHECK(after(good_load(), [](auto& i) { i.row_bytes = 0; }) == "nothing lies at 'dram': 4 rows of 0 bytes");
  CHECK(matmul_with([](auto& i) { i.elements = 0; }) == "nothing lies at 'activations': 2 rows of 0 bytes");
  CHECK(matmul_with([](auto& i) { i.in_lines = 0; }) == "nothing lies at 'activations': 0 rows of 13 bytes");
  CHECK(matmul_with([](auto& i) { i.in_columns = 0; }) ==
        "nothing lies at 'activations': 0 rows of 13 bytes");
  CHECK(after(good_copy(), [](auto& i) { i.in_lines = 0; }) ==
        "nothing lies at 'address': 0 rows of 8 bytes");
}

TEST_CASE("no instruction has 0 outputs") {
  CHECK(matmul_with([](auto& i) { i.cols = 0; }) == "there are no outputs: 1 lines of 2, 0 channels");
  CHECK(matmul_with([](auto& i) { i.lines = 0; }) == "there are no outputs: 0 lines of 2, 3 channels");
  CHECK(vector_with([](auto& i) { i.columns = 0; }) == "there are no outputs: 1 lines of 0, 3 channels");
}

TEST_CASE("a window has 1 to 65,536 taps and strides of at least 1") {
  CHECK(matmul_with([](auto& i) { i.kernel_h = 0; }) == "a window has no taps");
  CHECK(vector_with([](auto& i) { i.kernel_w = 0; }) == "a window has no taps");
  CHECK(vector_with([](auto& i) { i.stride_y = 0; }) == "'stride_y' and 'stride_x' are at least 1");
  CHECK(matmul_with([](auto& i) { i.stride_x = 0; }) == "'stride_y' and 'stride_x' are at least 1");
  CHECK(matmul_with([](auto& i) { i.dilation_y = 0; }) == "'dilation_y' and 'dilation_x' are at least 1");
  CHECK(matmul_with([](auto& i) { i.dilation_x = 0; }) == "'dilation_y' and 'dilation_x' are at least 1");
  CHECK(after(good_copy(), [](auto& i) { i.kernel_h = i.kernel_w = 256; }).empty());
  CHECK(vector_with([](auto& i) {
          i.kernel_h = 257;
          i.kernel_w = 256;
        }) == "a window of 257 x 256 has more than 65536 taps");
  CHECK(matmul_with([](auto& i) { i.kernel_h = i.kernel_w = 65535; }) ==
        "a window of 65535 x 65535 has more than 65536 taps");
}

TEST_CASE("'im2col', 'accumulate' and 'per_channel' are 0 or 1") {
  CHECK(matmul_with([](auto& i) { i.im2col = 2; }) == "'im2col' is 0 or 1, not 2");
  CHECK(matmul_with([](auto& i) { i.accumulate = 255; }) == "'accumulate' is 0 or 1, not 255");
  const auto per_channel = [](auto& i) { i.per_channel = 3; };
  CHECK(after(good_threshold(), per_channel) == "'per_channel' is 0 or 1, not 3");
  CHECK(after(good_scale(), per_channel) == "'per_channel' is 0 or 1, not 3");
  CHECK(after(good_affine(), per_channel) == "'per_channel' is 0 or 1, not 3");
}

TEST_CASE("what brings weights that stream has no address, is one row, and needs a buffer") {
  MachineSpec spec = whole_machine();
  spec.decoder.load = true;
  const isa::Load load = {Memory::stream, 0, 0, 0, 16, 1, 16};
  const isa::Unpack unpack = {Memory::stream, 0, 0, 0, 1, 8, Format::trit2, Format::planes, 1, 32};
  CHECK(defect(load, spec) == "no weights stream on this machine: 'weight_stream.bytes' is 0");
  CHECK(defect(unpack, spec) == "no weights stream on this machine: 'weight_stream.bytes' is 0");
  spec.weight_stream.bytes = 64;
  CHECK(defect(load, spec).empty());
  CHECK(defect(unpack, spec).empty());
  const auto with = [&](auto i, auto change) {
    change(i);
    return defect(i, spec);
  };
  const std::string addresses = "the weight stream has no addresses: 'address' and 'stride' are 0";
  CHECK(with(load, [](auto& i) { i.address = 1; }) == addresses);
  CHECK(with(load, [](auto& i) { i.stride = 16; }) == addresses);
  CHECK(with(unpack, [](auto& i) { i.stride = 16; }) == addresses);
  CHECK(with(load, [](auto& i) { i.rows = 2; }) == "a block of weights that stream is one row, not 2");
  CHECK(with(load, [](auto& i) { i.once = 1; }) == "weights that stream do not stay on chip: 'once' is 0");
  CHECK(with(load, [](auto& i) { i.once = 2; }) == "weights that stream do not stay on chip: 'once' is 0");
  const std::string row =
      "weights that stream are unpacked as one row of one tap, from and into formats other than bitmap";
  CHECK(with(unpack, [](auto& i) { i.taps = 2; }) == row);
  CHECK(with(unpack, [](auto& i) { i.source_format = Format::bitmap; }) == row);
  CHECK(with(unpack, [](auto& i) { i.format = Format::bitmap; }) == row);
  CHECK(with(isa::Store{Memory::stream, 0, 16, 0, 16, 1, 16}, [](auto&) {}) ==
        "'memory' is stream; a store comes from an on-chip memory");
}

TEST_CASE("a gather goes to an on-chip memory, and its table of 100 rows and 4 indices lie inside theirs") {
  const auto with = [](auto change) { return after(good_gather(), change); };
  CHECK(with([](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; a gather goes to an on-chip memory");
  CHECK(with([](auto& i) { i.dram = (1 << 20) - 1600; }).empty());
  CHECK(with([](auto& i) { i.dram = (1 << 20) - 1599; }) ==
        "'dram' reaches outside the dram memory of 1048576 bytes");
  CHECK(with([](auto& i) { i.indices = 4096 - 16; }).empty());
  CHECK(with([](auto& i) { i.indices = 4096 - 15; }) ==
        "'indices' reaches outside the activation memory of 4096 bytes");
  CHECK(with([](auto& i) { i.address = 6144 - 63; }) ==
        "'address' reaches outside the weight memory of 6144 bytes");
  CHECK(with([](auto& i) { i.table_rows = 0; }) == "nothing lies at 'dram': 0 rows of 16 bytes");
  CHECK(with([](auto& i) { i.dram_stride = 15; }) == "the rows at 'dram' overlap: 16 bytes each, 15 apart");
}

TEST_CASE("each operand is named when it lies outside its memory or overlaps itself") {
  CHECK(matmul_with([](auto& i) { i.weights = 6144; }) ==
        "'weights' reaches outside the weight memory of 6144 bytes");
  CHECK(matmul_with([](auto& i) { i.weight_stride = 7; }) ==
        "the rows at 'weights' overlap: 8 bytes each, 7 apart");
  const auto taps = [](std::uint8_t im2col, std::uint32_t stride) {
    return [=](auto& i) {  // 2 taps of 7 elements of s4: a word each, or 14 of one word's 16
      i.kernel_w = 2;
      i.columns = 1;
      i.im2col = im2col;
      i.elements = 7;
      i.weight_stride = stride;
    };
  };
  CHECK(matmul_with(taps(0, 15)) == "the rows at 'weights' overlap: 16 bytes each, 15 apart");
  CHECK(matmul_with(taps(1, 8)).empty());
  CHECK(matmul_with(taps(1, 7)) == "the rows at 'weights' overlap: 8 bytes each, 7 apart");
  CHECK(matmul_with([](auto& i) { i.sums = 6144 - 23; }) ==
        "'sums' reaches outside the accumulator memory of 6144 bytes");
  CHECK(matmul_with([](auto& i) { i.sum_stride = 11; }) ==
        "the rows at 'sums' overlap: 12 bytes each, 11 apart");
  CHECK(after(good_threshold(), [](auto& i) { i.table = 6144 - 4; }) ==
        "'table' reaches outside the weight memory of 6144 bytes");
  CHECK(after(good_threshold(), [](auto& i) { i.table = 6144 - 5; }).empty());
  CHECK(after(good_copy(), [](auto& i) { i.first = 8181; }) ==
        "'result' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_copy(), [](auto& i) { i.first = 0xfffffff0U; }) ==
        "'result' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_copy(), [](auto& i) { i.result_position_stride = 7; }) ==
        "the rows at 'result' overlap: 8 bytes each, 7 apart");
  CHECK(after(good_affine(), [](auto& i) { i.result = 4096 - 23; }) ==
        "'result' reaches outside the activation memory of 4096 bytes");
  CHECK(after(good_scale(), [](auto& i) {
          i.second = Second::tensor;
          i.second_format = Format::int32;
          i.second_position_stride = 12;
          i.second_address = 4096 - 23;
        }) == "'second_address' reaches outside the activation memory of 4096 bytes");
}

TEST_CASE("an engine waits for and posts to other engines, and the sequencer to nobody") {
  Instruction load;
  load.operation = good_load();
  load.wait.add(Engine::load);
  CHECK(defect_of(load, whole_machine()) == "an engine cannot wait for or post to itself");
  load.wait = {};
  load.post.add(Engine::load);
  CHECK(defect_of(load, whole_machine()) == "an engine cannot wait for or post to itself");
  Instruction halt;
  halt.operation = isa::Halt{};
  halt.wait.add(Engine::load);
  CHECK(defect_of(halt, whole_machine()) == "the sequencer waits for and posts to nobody");
}

TEST_CASE("200,000 instructions of any field values have a defect or run without harm") {
  Random random(71);
  const MachineSpec spec = whole_machine();
  Memories memories = random_memories(random, spec);
  memories.dram.resize(static_cast<std::size_t>(spec.dram.bytes()));
  int defects = 0, fine = 0, no_such_row = 0;
  for (int round = 0; round < 200000; ++round) {
    // Any values, or a valid instruction with one to three fields at an extreme.
    Instruction instruction;
    if (round % 4 == 0) {
      instruction = random_instruction(random, random.below(kinds));
    } else {
      instruction.operation = ValidInstructions(random, spec).any();
      std::visit(
          [&](auto& i) {
            std::uint64_t fields = 0;
            isa::visit_fields(i, [&](const char*, auto&, const char*) { ++fields; });
            for (std::uint64_t change = random.below(3) + 1; change > 0; --change) {
              std::uint64_t at = random.below(fields);
              isa::visit_fields(i, [&](const char*, auto& value, const char*) {
                if (at-- != 0) return;
                using T = std::remove_reference_t<decltype(value)>;
                if constexpr (std::is_enum_v<T>) {
                  value = static_cast<T>(random.below(choices(T{})));
                } else {
                  const T ones = static_cast<T>(~T{0});
                  const T extremes[] = {0, 1, ones, static_cast<T>(ones - 1), static_cast<T>(ones >> 1U)};
                  value = extremes[random.below(5)];
                }
              });
            }
          },
          instruction.operation);
    }
    const std::string found = defect_of(instruction, spec);
    ++(found.empty() ? fine : defects);
    if (!found.empty() || round % 16 != 1) continue;
    try {
      execute(instruction, spec, memories);
    } catch (const RunError&) {  // a gather's indices and the bytes of trits are any values too
      const bool gathers = std::holds_alternative<isa::Gather>(instruction.operation);
      const auto* product = std::get_if<isa::Matmul>(&instruction.operation);
      REQUIRE((gathers || std::holds_alternative<isa::Unpack>(instruction.operation) ||
               (product != nullptr && is_stream(product->weight_format))));
      no_such_row += gathers ? 1 : 0;
    }
  }
  CHECK(no_such_row > 100);
  CHECK(defects > 100000);
  CHECK(fine > 10000);
}

TEST_CASE("an unpack of 30 trits has 6 bytes of trit5 in a row, a bitmap 4 to 8, and other formats none") {
  CHECK(after(good_unpack(), [](auto& i) { i.memory = Memory::dram; }) ==
        "'memory' is dram; an unpack goes to an on-chip memory");
  CHECK(after(good_unpack(), [](auto& i) { i.source_format = Format::int8; }) ==
        "an unpack reads planes, trit2, trit5 or bitmap, not int8");
  CHECK(after(good_unpack(), [](auto& i) { i.format = Format::bit1; }) ==
        "an unpack writes planes, trit2, trit2_mask, trit5 or bitmap, not bit1");
  CHECK(after(good_unpack(), [](auto& i) { i.row_bytes = 7; }) ==
        "a row of 3 x 10 elements has 6 bytes in trit5, and 'row_bytes' is 7");
  CHECK(after(good_unpack(), [](auto& i) { i.taps = 0; }) ==
        "an unpack has 1 to 2147483648 elements a row: 4 rows of 0 taps of 10");
  const auto bitmap = [](std::uint32_t bytes) {
    return after(good_unpack(), [&](auto& i) {
      i.source_format = Format::bitmap;
      i.row_bytes = bytes;
    });
  };
  CHECK(bitmap(3) == "a bitmap row of 30 elements has 4 to 8 bytes, and 'row_bytes' is 3");
  CHECK(bitmap(4).empty());
  CHECK(bitmap(8).empty());
  CHECK(bitmap(9) == "a bitmap row of 30 elements has 4 to 8 bytes, and 'row_bytes' is 9");
  CHECK(after(good_unpack(), [](auto& i) {
          i.format = Format::bitmap;
          i.stride = 9;
        }) == "a bitmap row of 30 elements has 4 to 8 bytes, and 'stride' is 9");
}

TEST_CASE("weights that are to be decoded need a decoder, in the load engine and in front of the array") {
  MachineSpec spec = whole_machine();
  spec.decoder.load = spec.decoder.array = false;
  Instruction instruction;
  instruction.operation = good_unpack();
  CHECK(defect_of(instruction, spec) == "the load engine has no decoder: 'decoder.load' is false");
  isa::Matmul i = product(Datapath::ternary_planes, Format::planes, Format::planes, 2, 13, 3);
  i.weight_format = Format::trit5;
  instruction.operation = i;
  CHECK(defect_of(instruction, spec) ==
        "the array has no decoder from trit5 to planes: 'decoder.array' is false");
  spec.decoder.array = true;
  CHECK(defect_of(instruction, spec).empty());
}
