// SPDX-License-Identifier: Apache-2.0
#include "arch/dram/mapping.hpp"

#include <bit>
#include <string_view>

namespace tricycle {

DramMapping::DramMapping(const DramDevice& device)
    : capacity_mask_(static_cast<std::uint64_t>(device.geometry.bytes() - 1)) {
  const DramGeometry& g = device.geometry;
  struct Named {
    std::string_view name;
    Field* field;
    std::int64_t count;
  };
  const Named all[] = {{"ch", &channel_, g.channels},  {"ra", &rank_, g.ranks},
                       {"bg", &group_, g.bank_groups}, {"ba", &bank_, g.banks_per_group},
                       {"ro", &row_, g.rows},          {"co", &column_, g.columns / g.burst_length}};
  const auto log2 = [](std::int64_t count) {
    return static_cast<unsigned>(std::countr_zero(static_cast<std::uint64_t>(count)));
  };
  unsigned shift = log2(g.request_bytes());
  for (std::size_t at = device.mapping.size(); at >= 2; at -= 2) {
    for (const Named& named : all) {
      if (std::string_view(device.mapping).substr(at - 2, 2) != named.name) continue;
      *named.field = {shift, static_cast<std::uint64_t>(named.count) - 1};
      shift += log2(named.count);
    }
  }
}

DramAddress DramMapping::locate(std::uint64_t address) const {
  DramAddress at;
  at.channel = static_cast<std::int32_t>(channel_.of(address));
  at.rank = static_cast<std::int32_t>(rank_.of(address));
  at.group = static_cast<std::int32_t>(group_.of(address));
  at.bank = static_cast<std::int32_t>(bank_.of(address));
  at.row = static_cast<std::int64_t>(row_.of(address));
  at.column = static_cast<std::int64_t>(column_.of(address));
  return at;
}

}  // namespace tricycle
