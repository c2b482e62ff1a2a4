// SPDX-License-Identifier: Apache-2.0
// Host time of a 1024 x 1024 x 1024 matrix product: the bare kernels, and the same product simulated.
#include <fmt/format.h>

#include "arch/datapath/tile.hpp"
#include "sim/experiment/run.hpp"
#include "tests/bench/measure.hpp"

namespace {

using namespace tricycle;
using namespace tricycle::bench;

constexpr std::int64_t size = 1024;
constexpr double macs = static_cast<double>(size) * size * size;

void kernel(benchmark::State& state, Datapath datapath, Format format) {
  constexpr std::int64_t word_bits = 64;
  const auto x = random_rows(format, word_bits, size, size, 1);
  const auto w = random_rows(format, word_bits, size, size, 2);
  TileProduct product;
  product.datapath = datapath;
  product.activation_format = product.weight_format = format;
  product.word_bits = word_bits;
  product.window.lines = product.window.in_lines = size;
  product.elements = product.cols = size;
  product.activations = x;
  product.weights = w;
  product.position_stride = product.line_stride = product.weight_stride = row_bytes(format, size, word_bits);
  std::vector<std::int32_t> sums(size * size);
  for (auto _ : state) {
    multiply_tile(product, false, sums);
    benchmark::DoNotOptimize(sums.data());
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  RunRequest request;
  request.workload = "gemm-1024";
  const MachineSpec spec = machine_of(request);
  const Trace trace = lower_request(request, spec).trace;
  const auto machine = [&](bool functional, bool lockstep) {
    return [&, functional, lockstep](benchmark::State& state) {
      MachineOptions options;
      options.functional = functional;
      options.lockstep = lockstep;
      run_machine(state, trace, spec, options);
    };
  };
  struct Row {
    const char* name;
    std::function<void(benchmark::State&)> work;
  };
  const Row rows[] = {
      {"kernel, ternary_planes",
       [](benchmark::State& s) { kernel(s, Datapath::ternary_planes, Format::planes); }},
      {"kernel, ternary_fatnn",
       [](benchmark::State& s) { kernel(s, Datapath::ternary_fatnn, Format::trit2); }},
      {"kernel, binary", [](benchmark::State& s) { kernel(s, Datapath::binary, Format::bit1); }},
      {"machine, timing only", machine(false, false)},
      {"machine, with values", machine(true, false)},
      {"machine, with values, lockstep", machine(true, true)},
  };
  fmt::print("1024 x 1024 x 1024 on edge, ternary_planes; the fastest of five repetitions\n");
  fmt::print("{:<32} {:>10} {:>12} {:>14} {:>12}\n", "", "ms", "ps per MAC", "ns per cycle", "x kernel");
  double bare = 0;
  for (const Row& row : rows) {
    const Measured m = measure(row.name, row.work);
    if (m.seconds == 0) {
      fmt::print(stderr, "error: the benchmark '{}' failed\n", row.name);
      return 1;
    }
    if (bare == 0) bare = m.seconds;
    fmt::print("{:<32} {:>10.2f} {:>12.3f} {:>14} {:>12.2f}\n", row.name, m.seconds * 1e3,
               m.seconds / macs * 1e12,
               m.cycles > 0 ? fmt::format("{:.3f}", m.seconds / m.cycles * 1e9) : "-", m.seconds / bare);
  }
  return 0;
}
