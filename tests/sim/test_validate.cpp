// SPDX-License-Identifier: Apache-2.0
#include "sim/validate/validate.hpp"

#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "sim/validate/references.hpp"
#include "sim/validate/validation_programs.hpp"
#include "support/files.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tricycle;
using tricycle::test::message_of;

/// A file in a folder of its own that is gone with it.
class File {
 public:
  explicit File(const std::string& text) {
    char name[] = "/tmp/validate-XXXXXX";
    folder_ = mkdtemp(name);
    std::ofstream(path()) << text;
  }
  ~File() { std::filesystem::remove_all(folder_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] std::string path() const { return folder_ + "/t.csv"; }

 private:
  std::string folder_;
};

/// The message of validating a file, from its name without the folder on.
std::string refusal(const std::string& design, const std::string& text) {
  const File file(text);
  const std::string message =
      message_of([&] { static_cast<void>(validate(design, file.path(), Show::never)); });
  const std::size_t at = message.find("t.csv");
  return at == std::string::npos ? message : message.substr(at);
}

Validation of(const std::string& design) {
  return validate(design, std::nullopt, Show::never);
}

std::int64_t simulated(const Validation& validation, const std::string& name) {
  for (const ValidationRow& row : validation.rows) {
    if (row.name == name) return row.simulated_cycles;
  }
  throw std::runtime_error("no row " + name);
}

const std::string bitfusion_header = "N,M,Network,Layer,Cycles,Memory wait cycles,Batch size\n";
const std::string cutie_header = "case,num_layers,layers,cycles\n";

}  // namespace

TEST_CASE("all 115 rows of Bit Fusion are equal in the cycles of the array") {
  const Validation validation = of("bitfusion");
  CHECK(validation.summary() == "bitfusion: 115 rows, 115 equal, 0 outside the tolerance");
  CHECK(simulated(validation, "16x32 SVHN conv0") == 32768);
  CHECK(simulated(validation, "16x64 CIFAR10 conv1") == 294912);
  CHECK(simulated(validation, "16x128 LeNet-5 fc2") == 32);
  CHECK(simulated(validation, "16x256 RNN matmul") == 16384);
}

TEST_CASE("all 18 layers of FINN's two networks are equal, and so are their initiation intervals") {
  const Validation validation = of("finn");
  CHECK(validation.summary() == "finn: 20 rows, 20 equal, 0 outside the tolerance");
  CHECK(simulated(validation, "CNV-W1A1 conv0") == 32400);
  CHECK(simulated(validation, "CNV-W2A2 conv1") == 112896);
  CHECK(simulated(validation, "CNV-W1A1 initiation interval") == 32768);
  CHECK(simulated(validation, "CNV-W2A2 initiation interval") == 115200);
}

TEST_CASE("all 50 rows of CUTIE are equal from enable to done") {
  const Validation validation = of("cutie");
  CHECK(validation.summary() == "cutie: 50 rows, 50 equal, 0 outside the tolerance");
  CHECK(simulated(validation, "single SAME s1, 56x56") == 56 * 56 + 27);
  CHECK(simulated(validation, "single VALID s1, 32x32") == 930);
  CHECK(simulated(validation, "single SAME s2, 48x48") == 807);
  CHECK(simulated(validation, "rect SAME s1, 32x8") == 283);
  CHECK(simulated(validation, "8 identical layers SAME s1, 24x24") == 4799);
}

TEST_CASE("a row beyond the tolerance is named; CUTIE's may be one cycle or 1 % off") {
  const File file(cutie_header +
                  "a,1,\"8,8,20,20,1,1,0,0\",96\n"     // one cycle of 97
                  "b,1,\"16,16,20,20,1,1,0,0\",281\n"  // two, 0.7 %
                  "c,1,\"8,8,20,20,1,1,0,0\",90\n");
  const Validation validation = validate("cutie", file.path(), Show::never);
  CHECK(validation.equal() == 0);
  CHECK(validation.outside() == 1);
  CHECK(
      validation.summary() ==
      "cutie: 3 rows, 0 equal, 1 outside the tolerance; the largest difference: c, 8x8, +7 cycles (+7.78 %)");
  CHECK(validation.csv() ==
        "row,reference_cycles,simulated_cycles,difference_cycles,difference_percent,accepted\n"
        "\"a, 8x8\",96,97,1,1.0417,1\n\"b, 16x16\",281,283,2,0.7117,1\n\"c, 8x8\",90,97,7,7.7778,0\n");
}

TEST_CASE("layers of CUTIE load the weights of the layer behind, counting its channels in by halves") {
  const File file(cutie_header +
                  "a,2,\"16,16,20,20,1,1,0,0 16,16,10,20,1,1,0,0\",541\n"
                  "b,2,\"16,16,10,20,1,1,0,0 16,16,20,20,1,1,0,0\",550\n"
                  "c,1,\"16,16,19,20,1,1,0,0\",274\n");
  CHECK(validate("cutie", file.path(), Show::never).equal() == 3);
}

TEST_CASE("layers without a row here run too, in parts where a memory is small: VGG-7, RESNET-18, LSTM") {
  const File file(bitfusion_header +
                  "16,32,VGG-7,conv2_b/Convolution,147456,0,16\n"
                  "16,32,RESNET-18,conv5_2_b/Convolution,3612672,0,16\n"
                  "16,32,RESNET-18,conv1_a/Convolution,8028160,0,16\n"
                  "16,32,LSTM,matmul/MatMul,105792,0,16\n"
                  "12,48,RNN,matmul/MatMul,118336,0,16\n");
  const Validation validation = validate("bitfusion", file.path(), Show::never);
  // ceil(OC / M) x OH x OW x K x K x words x 16: 8 x 256 x 9 x 1, 32 x 49 x 9 x 16, 4 x 12544 x 10, 113 x 57;
  // with 12 x 48 units 86 x 86 groups.
  CHECK(simulated(validation, "16x32 VGG-7 conv2_b") == 8 * 256 * 9 * 1 * 16);
  CHECK(simulated(validation, "16x32 RESNET-18 conv5_2_b") == 32 * 49 * 9 * 16 * 16);
  CHECK(simulated(validation, "16x32 RESNET-18 conv1_a") == 4 * 12544 * 10 * 16);
  CHECK(simulated(validation, "16x32 LSTM matmul") == 113 * 57 * 16);
  CHECK(simulated(validation, "12x48 RNN matmul") == 86 * 86 * 16);
}

TEST_CASE("the presets of Bit Fusion are the sizes that its rows ask for") {
  for (const std::int64_t cols : {32, 64, 128, 256}) {
    const MachineSpec spec = read_machine("bitfusion-16x" + std::to_string(cols));
    CHECK(spec.array.cols == cols);
    CHECK(spec.array.lanes.bitserial == 16 * 16);
    CHECK(spec.weight_memory.size_KiB == 2 * cols);
    CHECK(spec.activation_memory.size_KiB == cols);
    CHECK(spec.accumulator_memory.size_KiB == cols / 2);
  }
}

TEST_CASE("an unknown reference is told with the nearest") {
  CHECK(message_of([] { static_cast<void>(validate("cutee", std::nullopt, Show::never)); }) ==
        "error: unknown reference 'cutee'; expected bitfusion, finn or cutie; did you mean 'cutie'?");
}

TEST_CASE("a reference file is read by its columns' names, and its defects have a place") {
  CHECK(refusal("cutie", "") == "t.csv: error: is an empty file; expected a table (.csv)");
  CHECK(refusal("cutie", "# nothing\n" + cutie_header) == "t.csv:2:1: error: the file ends without a row");
  CHECK(refusal("cutie", "case,case\n") == "t.csv:1:6: error: the column 'case' stands twice");
  CHECK(refusal("cutie", "case,num_layer,layers,cycles\na,1,\"8,8,20,20,1,1,0,0\",97\n") ==
        "t.csv:1:1: error: no column is called 'num_layers'; is 'num_layer' meant for it?");
  CHECK(refusal("cutie", cutie_header + "a,1,\"8,8\"\n") ==
        "t.csv:2:1: error: expected 4 values, as the columns' names in line 1, not 3");
  CHECK(refusal("cutie", cutie_header + "a,1,\"8,8,97\n") == "t.csv:2:5: error: the quote is not closed");
  CHECK(refusal("cutie", cutie_header + "a,1,\"8,8\"9,97\n") ==
        "t.csv:2:5: error: expected a comma behind the quoted value");
}

TEST_CASE("a reference file may have 300,000 columns") {
  std::string header = "case,num_layers,layers,cycles";
  for (int i = 0; i < 300'000; ++i) header += ",c" + std::to_string(i);
  CHECK(refusal("cutie", header + "\n") == "t.csv:1:1: error: the file ends without a row");
  CHECK(refusal("cutie", header + ",c7\n") ==
        "t.csv:1:" + std::to_string(header.size() + 2) + ": error: the column 'c7' stands twice");
}

TEST_CASE(
    "a layer that no memory holds, or of more than 2^20 matmuls, is refused before anything is simulated") {
  const std::string header = "Network,Layer,Machine,Folding,IFM,OFM,K,OFM_DIM,ip,wp,Cycles\n";
  CHECK(refusal("finn", header + "a,big,finn-cnv-w1a1,1,65536,65536,64,4096,8,8,1\n") ==
        "t.csv:2:3: error: the memories of 'finn-cnv-w1a1' do not hold one output of the layer");
  CHECK(refusal("finn", header + "a,long,finn-cnv-w1a1,1,65536,65536,63,4096,1,1,1\n") ==
        "t.csv:2:3: error: on 'finn-cnv-w1a1' the layer needs more than 1048576 matmuls");
}

TEST_CASE("a wrong layer of CUTIE is refused with its place in the row") {
  CHECK(refusal("cutie", cutie_header + "a,1,\"8,8,20,20,1,2,0,0\",97\n") ==
        "t.csv:2:18: error: a layer's padding is an integer from 0 to 1, not '2'");
  CHECK(refusal("cutie", cutie_header + "a,2,\"8,8,20,20,1,1,0,0 8,64,20,20,1,1,0,0\",97\n") ==
        "t.csv:2:26: error: a layer's height is an integer from 3 to 63, not '64'");
  CHECK(refusal("cutie", cutie_header + "a,1,\"8,8,20\",97\n") ==
        "t.csv:2:6: error: a layer is 8 integers with commas between them, not 3: '8,8,20'");
  CHECK(refusal("cutie", cutie_header + "a,2,\"8,8,20,20,1,1,0,0\",97\n") ==
        "t.csv:2:3: error: 'num_layers' is 2, and 'layers' has 1");
  CHECK(refusal("cutie", cutie_header + "a,1,\"8,8,20,20,1,1,0,0\",many\n") ==
        "t.csv:2:25: error: 'cycles' expects an integer from 1 to 1125899906842624, not 'many'");
}

TEST_CASE("an unknown network, layer or machine is refused with the nearest") {
  CHECK(refusal("bitfusion", bitfusion_header + "16,32,SVHM,conv4/Convolution,92161,18433,16\n") ==
        "t.csv:2:7: error: unknown network 'SVHM'; did you mean 'SVHN'?");
  CHECK(refusal("bitfusion", bitfusion_header + "16,32,SVHN,conv9/Convolution,92161,18433,16\n") ==
        "t.csv:2:12: error: 'SVHN' has no layer 'conv9'; did you mean 'conv0'?");
  CHECK(refusal("bitfusion", bitfusion_header + "16,32,SVHN,conv4/Convolution,92161,92161,16\n") ==
        "t.csv:2:36: error: 'Memory wait cycles' expects an integer from 0 to 92160, not '92161'");
  const std::string header = "Network,Layer,Machine,Folding,IFM,OFM,K,OFM_DIM,ip,wp,Cycles\n";
  CHECK(refusal("finn", header + "CNV,conv0,finn-cnv-w1a2,1,3,64,3,30,8,1,32400\n") ==
        "t.csv:2:11: error: unknown machine 'finn-cnv-w1a2'; did you mean 'finn-cnv-w1a1'?");
  CHECK(refusal("finn", header + "CNV,conv0,edge,1,3,64,3,30,8,1,32400\n") ==
        "t.csv:2:11: error: the machine 'edge' has no folding");
  CHECK(refusal("finn", header + "CNV,conv0,finn-cnv-w1a1,10,3,64,3,30,8,1,32400\n") ==
        "t.csv:2:25: error: 'Folding' expects an integer from 1 to 9, not '10'");
}
