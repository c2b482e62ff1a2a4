// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/lower/roll_nodes.hpp"

namespace tricycle {
namespace {

/// The iterations for which an address has a motion.
template <class Value>
std::size_t count_of(Value value, std::size_t count, const Numbering& number, const Motion& motion) {
  constexpr auto most = static_cast<std::int64_t>(std::numeric_limits<std::int32_t>::max());
  constexpr std::uint64_t most_field = std::numeric_limits<std::uint32_t>::max();
  if (motion.stride < -most || motion.stride > most || std::max(motion.ring, motion.ring_bytes) > most_field)
    return 0;
  for (std::size_t k = 1; k < count; ++k) {
    const std::int64_t offset = static_cast<std::int64_t>(number(k)) * motion.stride;
    if (value(k) != moved_address(value(0), offset, motion.ring, motion.ring_bytes)) return k;
  }
  return count;
}

/// Finds the motion of an address from its values: round its ring, where it has one, or in DRAM where that
/// goes on for longer. Returns the iterations for which it holds.
template <class Value>
std::size_t count_of_motion(Value value, std::size_t count, const Numbering& number,
                            const MovedAddress& address, Motion& motion) {
  Motion straight, round;
  straight.stride = static_cast<std::int64_t>(value(1) - value(0));
  const std::size_t straight_on = address.is_in_ring ? 0 : count_of(value, count, number, straight);
  if (address.ring_bytes != 0 && !address.is_straight) {
    const auto bytes = static_cast<std::int64_t>(address.ring_bytes);
    round = {(straight.stride % bytes + bytes) % bytes, address.ring, address.ring_bytes};
    const std::size_t in_ring = count_of(value, count, number, round);
    if (in_ring > straight_on || (in_ring == straight_on && !address.is_in_dram)) {
      motion = round;
      return in_ring;
    }
  }
  motion = straight;
  return straight_on;
}

}  // namespace

std::size_t count_of_motions(const Run& run, std::size_t count, std::size_t j, RolledNode& loop) {
  const auto node = [&](std::size_t k) -> const RolledNode& { return run.at(k, j); };
  const Numbering& number = loop.number;
  for (std::size_t a = 0; a < node(0).addresses.size() && count > 1; ++a) {
    const auto value = [&](std::size_t k) { return node(k).addresses[a].value; };
    count = count_of_motion(value, count, number, node(0).addresses[a], loop.motions.emplace_back());
  }
  for (std::size_t a = 0; a < node(0).places.size() && count > 1; ++a) {
    const auto value = [&](std::size_t k) { return node(k).places[a]; };
    const std::int64_t stride = value(1) - value(0);
    std::size_t k = 2;
    while (k < count && value(k) == value(0) + static_cast<std::int64_t>(number(k)) * stride) ++k;
    count = k;
    loop.place_strides.push_back(stride);
  }
  return count;
}

}  // namespace tricycle
