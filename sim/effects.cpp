// SPDX-License-Identifier: Apache-2.0
#include "sim/effects.hpp"

#include <fmt/format.h>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  Place place;
  place.file = where;
  throw InputError(place, message);
}

/// A density needs an array that looks at the zeros of its operands.
void check_density(const char* option, const char* operands, bool is_looked_at, const MachineSpec& spec) {
  const bool skips = spec.array.skip() != ZeroSkip::none;
  if (skips && is_looked_at) return;
  fail(option, fmt::format("changes nothing: the machine '{}' looks at no zeros{}", spec.name,
                           skips ? fmt::format(" of {} ('array.zero_skip_operands')", operands)
                                 : " ('array.zero_skip' is none)"));
}

}  // namespace

void check_effects(const RunRequest& request, const MachineSpec& spec) {
  if (request.weight_density) check_density("--weight-density", "weights", spec.array.skips_weights(), spec);
  if (request.activation_density)
    check_density("--activation-density", "activations", spec.array.skips_activations(), spec);
  if (request.timing_only && !request.verify.empty() && request.verify != "off")
    fail("--verify", "a timing-only run computes no values to verify");
}

void check_replay_settings(const RunRequest& request) {
  for (const Setting& setting : request.settings) {
    if (setting.key.starts_with("arch.")) continue;
    throw InputError(setting.origin(),
                     "a trace is lowered already; only keys that start with 'arch.' can be set");
  }
}

}  // namespace tricycle
