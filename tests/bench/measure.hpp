// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "arch/datapath/packing.hpp"
#include "arch/machine/elaboration.hpp"
#include "sim/experiment/items.hpp"
#include "support/random.hpp"

namespace tricycle::bench {

/// Rows of random elements, packed one behind the other.
inline std::vector<std::uint8_t> random_rows(Format format, std::int64_t word_bits, std::int64_t rows,
                                             std::int64_t elements, std::uint64_t seed) {
  Random random(seed);
  const auto value = [&]() -> std::int32_t {
    if (is_float(format)) return static_cast<std::int32_t>(random.between(0x3f000000, 0x40000000));
    const std::int32_t sign = random.chance(0.5) ? 1 : -1;
    if (format == Format::bit1) return sign;
    if (format == Format::pow2) return random.chance(0.3) ? 0 : sign * (1 << random.below(7));
    const auto [least, most] = code_range(format);
    return static_cast<std::int32_t>(random.between(least, most));
  };
  std::vector<std::uint8_t> bytes;
  std::vector<std::int32_t> values(static_cast<std::size_t>(elements));
  for (std::int64_t row = 0; row < rows; ++row) {
    std::generate(values.begin(), values.end(), value);
    const auto packed = pack_row(format, word_bits, values);
    bytes.insert(bytes.end(), packed.begin(), packed.end());
  }
  return bytes;
}

/// Runs a program again and again. A process measures one machine, but its function is called once for each
/// repetition: the machine stays.
inline void run_machine(benchmark::State& state, const Trace& trace, const MachineSpec& spec,
                        const MachineOptions& options) {
  static const std::unique_ptr<Elaboration> machine = [&] {
    auto made =
        std::make_unique<Elaboration>(spec, trace.code, trace.layers.size(), trace.dram_bytes, options);
    const auto dram = made->memories().dram;
    const auto put = [&](std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
      std::copy(bytes.begin(), bytes.end(), dram.begin() + static_cast<std::ptrdiff_t>(address));
    };
    for (const ImageSegment& segment : trace.image) put(segment.address, segment.bytes);
    put(trace.input.address,
        trace.items.count > 0 ? trace.items.bytes : synthetic_items(trace, spec, 1).bytes);
    return made;
  }();
  double cycles = 0;
  for (auto _ : state) cycles = static_cast<double>(machine->run().cycles);
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

/// The fastest of five repetitions, measured in a child, so that none finds the memory that another has left.
/// 0 seconds when the child failed.
inline Measured measure(const char* name, const std::function<void(benchmark::State&)>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  std::fflush(stdout);  // or the child would print it again
  const pid_t child = ::fork();
  if (child == 0) {
    benchmark::RegisterBenchmark(name, work)->Repetitions(5)->MinTime(0.1)->UseRealTime();
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

}  // namespace tricycle::bench
