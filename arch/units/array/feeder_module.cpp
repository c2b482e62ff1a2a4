// SPDX-License-Identifier: Apache-2.0
#include "arch/units/array/feeder_module.hpp"

namespace tricycle {

std::vector<Property> Feeder::properties() const {
  return {{"kind", name_of(spec_.kind)},
          {"pixels_per_cycle", std::to_string(spec_.pixels_per_cycle)},
          {"weight_latency_cycles", std::to_string(spec_.weight_latency_cycles)},
          {"drain_cycles", std::to_string(spec_.drain_cycles)},
          {"restart_cycles", std::to_string(spec_.restart_cycles)}};
}

}  // namespace tricycle
