// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/lower.hpp"

#include <bit>

#include "arch/datapath/floats.hpp"
#include "workloads/lower/chains.hpp"
#include "workloads/lower/image.hpp"
#include "workloads/lower/program.hpp"
#include "workloads/lower/roll.hpp"
#include "workloads/lower/sync.hpp"

namespace tricycle {

namespace {

Trace lower_planned(const QuantizedNetwork& network, const Plan& plan, const MachineSpec& spec,
                    const LowerOptions& options) {
  Program program = map_memory(network, spec, plan, options.tool);
  emit_code(network, spec, plan, program);
  add_semaphores(program, spec);
  roll_loops(program, spec);
  return std::move(program.trace);
}

}  // namespace

Trace lower(const QuantizedNetwork& network, const MachineSpec& spec, const LowerOptions& options) {
  Plan plan = choose_formats(network, spec, options);
  place_tensors(network, spec, plan);
  return lower_planned(network, plan, spec, options);
}

Trace lower(const Schedule& schedule, const MachineSpec& spec, const LowerOptions& options) {
  return lower_planned(schedule.network, schedule.plan, spec, options);
}

std::vector<std::uint8_t> pack_tensor(const Binding& binding, const MachineSpec& spec,
                                      const std::vector<std::int32_t>& values) {
  std::vector<std::int32_t> rows(values.begin(), values.begin() + binding.rows * binding.cols);
  if (is_float(binding.format)) {
    for (std::int32_t& value : rows) value = sum_bits(std::bit_cast<float>(value));
  }
  return pack_rows(binding.format, spec.array.word_bits, binding.cols, rows);
}

}  // namespace tricycle
