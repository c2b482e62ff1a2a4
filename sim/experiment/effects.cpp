// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/effects.hpp"

#include <fmt/format.h>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

/// Errors: a density for operands whose zeros the array does not inspect.
void check_density(const Place& place, const char* operands, bool is_looked_at, const MachineSpec& spec) {
  const bool skips = spec.array.zero_skip != ZeroSkip::none;
  if (skips && is_looked_at) return;
  throw InputError(place, fmt::format("changes nothing: the machine '{}' looks at no zeros{}", spec.name,
                                      skips ? fmt::format(" of {} ('array.zero_skip_operands')", operands)
                                            : " ('array.zero_skip' is none)"));
}

}  // namespace

void check_effects(const RunRequest& request, const MachineSpec& spec) {
  const ArraySpec& array = spec.array;
  if (request.weight_density)
    check_density(request.place_of("weight_density"), "weights", array.skips_weights(), spec);
  if (request.activation_density)
    check_density(request.place_of("activation_density"), "activations", array.skips_activations(), spec);
  if (request.timing_only && request.verify.value_or(Verify::off) != Verify::off)
    throw InputError(request.place_of("verify"), "a timing-only run computes no values to verify");
}

void check_replay_settings(const RunRequest& request) {
  for (const Setting& setting : request.settings) {
    if (setting.key.starts_with("arch.")) continue;
    throw InputError(setting.origin(),
                     "a trace is lowered already; only keys that start with 'arch.' can be set");
  }
}

}  // namespace tricycle
