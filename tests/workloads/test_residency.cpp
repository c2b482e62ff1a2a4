// SPDX-License-Identifier: Apache-2.0
// Where tensors live: bytes are conserved, smaller memories move more of them, and what is said when nothing
// fits is true.
#include "sim/report/residency.hpp"

#include <algorithm>
#include <array>

#include "tests/catch.hpp"
#include "tests/workloads/lower_and_run.hpp"
#include "tests/workloads/random_network.hpp"

namespace {

using namespace tricycle;

std::uint64_t total_of(const std::vector<TensorTraffic>& traffic) {
  std::uint64_t bytes = 0;
  for (const TensorTraffic& tensor : traffic) bytes += tensor.total();
  return bytes;
}

constexpr std::array<const char*, 3> memories = {"weight_memory", "activation_memory", "accumulator_memory"};

std::int64_t& size_of(MachineSpec& spec, std::size_t memory) {
  return (memory == 0   ? spec.weight_memory
          : memory == 1 ? spec.activation_memory
                        : spec.accumulator_memory)
      .size_KiB;
}

/// What lowering says, or "".
std::string refusal(const QuantizedNetwork& network, const MachineSpec& spec) {
  try {
    static_cast<void>(lower(network, spec, {}));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

/// The sizes that a message asks for; the others as they are.
MachineSpec mended(MachineSpec spec, const std::string& message) {
  for (std::size_t memory = 0; memory < 3; ++memory) {
    const std::string asks = std::string(memories.at(memory)) + ".size_KiB would have to be ";
    const std::size_t at = message.find(asks);
    if (at != std::string::npos) size_of(spec, memory) = std::stoll(message.substr(at + asks.size()));
  }
  return spec;
}

}  // namespace

TEST_CASE("the DRAM bytes of 400 random networks are those of their tensors, and none is a resident one's") {
  Random random(191);
  int ran = 0, kept = 0, spilled = 0;
  for (int round = 0; round < 400; ++round) {
    const QuantizedNetwork network = test::random_network(random);
    MachineSpec spec = test::random_cnn_machine(random);
    if (round % 2 == 0) spec.activation_memory.size_KiB = 1;
    Trace trace;
    try {
      trace = lower(network, spec, {});
    } catch (const InputError&) {
      continue;
    }
    ++ran;
    CAPTURE(round, dump(network), write_fields(spec));
    const std::vector<TensorTraffic> traffic = tensor_traffic(trace);
    REQUIRE(total_of(traffic) == test::dram_traffic(trace.code));
    for (std::size_t t = 0; t < traffic.size(); ++t) {
      const TraceTensor& tensor = trace.tensors[t];
      INFO(tensor.name << ": " << tensor.reason);
      REQUIRE_FALSE(tensor.reason.empty());
      REQUIRE(tensor.first_layer <= tensor.last_layer);
      const bool resident = tensor.kind == "activation" && tensor.memory == Memory::activation;
      kept += resident ? 1 : 0;
      spilled += tensor.kind == "activation" && !resident ? 1 : 0;
      if (resident) REQUIRE(traffic[t].total() == 0);
      if (tensor.kind == "activation" && !resident) REQUIRE(traffic[t].write_bytes == tensor.bytes);
      if (tensor.kind == "weights" || tensor.kind == "table") REQUIRE(traffic[t].read_bytes >= tensor.bytes);
    }
  }
  CHECK(ran > 200);
  CHECK(kept > 100);
  CHECK(spilled > 50);
}

TEST_CASE("halving any memory never moves fewer DRAM bytes, until an error says what is too small") {
  Random random(192);
  int more = 0, refused = 0;
  for (int round = 0; round < 60; ++round) {
    const QuantizedNetwork network = test::random_network(random);
    const MachineSpec machine = test::random_cnn_machine(random);
    for (std::size_t memory = 0; memory < 3; ++memory) {
      MachineSpec spec = machine;
      for (std::size_t each = 0; each < 3; ++each) size_of(spec, each) = 64;
      std::uint64_t before = 0;
      for (; size_of(spec, memory) > 0; size_of(spec, memory) /= 2) {
        CAPTURE(round, memories.at(memory), size_of(spec, memory), dump(network));
        try {
          const std::uint64_t bytes = test::dram_traffic(lower(network, spec, {}).code);
          REQUIRE(bytes >= before);
          more += before > 0 && bytes > before ? 1 : 0;
          before = bytes;
        } catch (const InputError& error) {
          REQUIRE(test::says_why(error.what()));
          ++refused;
          break;
        }
      }
    }
  }
  CHECK(more > 10);
  CHECK(refused > 5);
}

TEST_CASE("the sizes that a refusal names are enough, and one KiB less of any of them is not") {
  Random random(193);
  int refused = 0, of_two = 0;
  for (int round = 0; round < 2500 && refused < 120; ++round) {
    const QuantizedNetwork network = test::random_network(random);
    MachineSpec spec = test::random_cnn_machine(random);
    for (std::size_t memory = 0; memory < 3; ++memory) size_of(spec, memory) = 1;
    const std::string message = refusal(network, spec);
    if (message.find("no tile fits") == std::string::npos) continue;
    ++refused;
    CAPTURE(round, message);
    MachineSpec enough = mended(spec, message);
    REQUIRE(refusal(network, enough).empty());
    int named = 0;
    for (std::size_t memory = 0; memory < 3; ++memory) {
      if (size_of(enough, memory) == 1) continue;
      ++named;
      --size_of(enough, memory);
      REQUIRE_FALSE(refusal(network, enough).empty());
      ++size_of(enough, memory);
    }
    REQUIRE(named > 0);
    of_two += named > 1 ? 1 : 0;
  }
  CHECK(refused > 60);
  CHECK(of_two > 3);
}
