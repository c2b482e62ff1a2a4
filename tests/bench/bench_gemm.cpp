// SPDX-License-Identifier: Apache-2.0
// Host time of a 1024 x 1024 x 1024 matrix product: the bare kernels, and the same product simulated. Each
// measurement runs in a process of its own, since SystemC allows one machine per process.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>

#include "arch/datapath/matmul.hpp"
#include "arch/datapath/packing.hpp"
#include "arch/machine/machine.hpp"
#include "sim/run.hpp"
#include "support/random.hpp"
#include "workloads/lower/lower.hpp"

namespace {

using namespace tricycle;

constexpr std::int64_t size = 1024;
constexpr double macs = static_cast<double>(size) * size * size;

/// A packed operand of random codes.
std::vector<std::uint8_t> random_rows(Format format, std::int64_t word_bits, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> bytes;
  for (std::int64_t row = 0; row < size; ++row) {
    std::vector<std::int8_t> codes(size);
    for (std::int8_t& code : codes) {
      code = static_cast<std::int8_t>(format == Format::bit1 ? 2 * random.between(0, 1) - 1
                                                             : random.between(-1, 1));
    }
    const auto packed = pack_row(format, word_bits, codes);
    bytes.insert(bytes.end(), packed.begin(), packed.end());
  }
  return bytes;
}

void kernel(benchmark::State& state, Datapath datapath) {
  constexpr std::int64_t word_bits = 64;
  const Format format = activation_format(datapath);
  const auto x = random_rows(format, word_bits, 1), w = random_rows(format, word_bits, 2);
  const std::int64_t stride = row_bytes(format, size, word_bits);
  const std::int64_t words = size / elements_per_word(format, word_bits);
  const Operand activations = unpack_activations(datapath, {x, size, words, stride, word_bits, size});
  const Operand weights =
      unpack_weights(datapath, FatnnMask::on_the_fly, {w, size, words, stride, word_bits, size});
  std::vector<std::int32_t> sums(size * size);
  for (auto _ : state) {
    multiply(datapath, activations, weights, size, sums);
    benchmark::DoNotOptimize(sums.data());
  }
}

/// A process measures one machine, but its function is called once for each repetition: the machine stays.
void machine(benchmark::State& state, bool functional, bool lockstep) {
  struct Simulated {
    Lowered lowered;
    std::unique_ptr<Machine> machine;
  };
  static const std::unique_ptr<Simulated> simulated = [&] {
    RunRequest request;
    request.workload = "gemm-1024";
    const MachineSpec spec = machine_of(request);
    auto made = std::make_unique<Simulated>();
    made->lowered = lower_request(request, spec);
    MachineOptions options;
    options.functional = functional;
    options.lockstep = lockstep;
    const Trace& trace = made->lowered.trace;
    made->machine =
        std::make_unique<Machine>(spec, trace.code, trace.layers.size(), trace.dram_bytes, options);
    return made;
  }();
  double cycles = 0;
  for (auto _ : state) cycles = static_cast<double>(simulated->machine->run().cycles);
  state.counters["cycles"] = cycles;
}

/// What one measurement gives: seconds, and simulated cycles (0 for a bare kernel).
struct Measured {
  double seconds = 0, cycles = 0;
};

class Reporter : public benchmark::BenchmarkReporter {
 public:
  Measured best{1e30, 0};
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      const double seconds = run.real_accumulated_time / static_cast<double>(run.iterations);
      const auto cycles = run.counters.find("cycles");
      if (seconds < best.seconds) best = {seconds, cycles == run.counters.end() ? 0.0 : cycles->second.value};
    }
  }
};

/// The fastest of five repetitions, measured in a child.
Measured measure(const char* name, const std::function<void(benchmark::State&)>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  std::fflush(stdout);  // or the child would print it again
  const pid_t child = ::fork();
  if (child == 0) {
    benchmark::RegisterBenchmark(name, work)->Repetitions(5)->MinTime(0.2)->UseRealTime();
    Reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    const bool written = ::write(ends[1], &reporter.best, sizeof reporter.best) == sizeof reporter.best;
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  Measured measured;
  int status = 0;
  const bool read = ::read(ends[0], &measured, sizeof measured) == sizeof measured;
  ::close(ends[0]);
  ::waitpid(child, &status, 0);
  return read && status == 0 ? measured : Measured{};
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  struct Row {
    const char* name;
    std::function<void(benchmark::State&)> work;
  };
  const Row rows[] = {
      {"kernel, ternary_planes", [](benchmark::State& s) { kernel(s, Datapath::ternary_planes); }},
      {"kernel, ternary_fatnn", [](benchmark::State& s) { kernel(s, Datapath::ternary_fatnn); }},
      {"kernel, binary", [](benchmark::State& s) { kernel(s, Datapath::binary); }},
      {"machine, timing only", [](benchmark::State& s) { machine(s, false, false); }},
      {"machine, with values", [](benchmark::State& s) { machine(s, true, false); }},
      {"machine, with values, lockstep", [](benchmark::State& s) { machine(s, true, true); }},
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
