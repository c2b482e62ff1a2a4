// SPDX-License-Identifier: Apache-2.0
#include "arch/params/machine.hpp"
#include "support/diagnostics.hpp"
#include "tests/catch.hpp"
#include "tests/traces/sample.hpp"
#include "traces/tools/check.hpp"

namespace {

using tricycle::Bytes;
using tricycle::InputError;
using tricycle::Random;
using tricycle::Trace;
using tricycle::test::mend_crcs;
using tricycle::test::sample_trace;
using tricycle::test::small_machine;
using tricycle::test::windowed_trace;

struct Outcomes {
  int refused_reading = 0, refused_checking = 0, accepted = 0;
};

/// Reads and checks; anything but success or InputError escapes and fails the test.
template <class Read>
void examine(const Read& read, Outcomes& outcomes) {
  static const std::string machine = sample_trace().machine;
  static const tricycle::MachineSpec small = small_machine();
  Trace trace;
  try {
    trace = read();
  } catch (const InputError&) {
    ++outcomes.refused_reading;
    return;
  }
  try {
    const tricycle::MachineSpec spec = trace.machine == machine ? small : trace.machine_spec();
    check_ranges(trace, spec, "t");
    check_order(trace, spec, "t");
    ++outcomes.accepted;
  } catch (const InputError&) {
    ++outcomes.refused_checking;
  }
}

}  // namespace

TEST_CASE("sixteen thousand damaged sections of code, bindings and checkpoints are refused or read") {
  Random random(23);
  const Bytes whole = write_trace(sample_trace());
  Outcomes outcomes;
  for (int i = 0; i < 16000; ++i) {
    Bytes bytes = whole;
    const char* const ids[] = {"bind", "chck", "code", "code", "item", "imag"};
    const std::string id = ids[random.below(6)];
    const std::size_t at =
        tricycle::test::section_start(bytes, id) + random.below(tricycle::test::section_size(bytes, id));
    const std::uint64_t values[] = {0, 1, 2, 3, 8, 16, 255, random.below(256)};
    bytes[at] = static_cast<std::uint8_t>(values[random.below(8)]);
    mend_crcs(bytes);
    examine([&] { return tricycle::read_trace(bytes, "t"); }, outcomes);
  }
  CHECK(outcomes.refused_reading > 500);
  CHECK(outcomes.refused_checking > 2000);
  CHECK(outcomes.accepted > 2000);
}

TEST_CASE("sixteen thousand damaged codes of windows, thresholds and scales are refused or read") {
  Random random(27);
  const Trace trace = windowed_trace();
  const Bytes whole = write_trace(trace);
  const std::size_t start = tricycle::test::section_start(whole, "code");
  const std::size_t size = tricycle::test::section_size(whole, "code");
  Outcomes outcomes;
  for (int i = 0; i < 16000; ++i) {
    Bytes bytes = whole;
    for (std::uint64_t fault = random.below(3) + 1; fault > 0; --fault) {
      const std::size_t at = start + 8 + random.below(size - 8);
      const std::uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
      bytes[at] = values[random.below(6)];
    }
    mend_crcs(bytes);
    examine([&] { return tricycle::read_trace(bytes, "t"); }, outcomes);
  }
  CHECK(outcomes.refused_reading > 500);
  CHECK(outcomes.refused_checking > 2000);
  CHECK(outcomes.accepted > 500);
}
