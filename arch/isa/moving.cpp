// SPDX-License-Identifier: Apache-2.0
#include "arch/isa/moving.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace tricycle {
namespace {

/// Calls f(field's name, member) for the field of this place in the operation's list, if that is an address.
template <class Operation, class F>
void visit_address(Operation& operation, std::size_t field, F f) {
  std::visit(
      [&](auto& i) {
        std::size_t at = 0;
        isa::visit_fields(i, [&](const char* name, auto& value, const char*) {
          if (at++ != field) return;
          if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(value)>>) {
            if (isa::is_address(i, field)) f(name, value);
          }
        });
      },
      operation);
}

}  // namespace

FieldValue address_of(const Operation& operation, std::size_t field) {
  FieldValue found;
  visit_address(operation, field, [&](const char* name, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    found = {name, value, std::uint64_t{static_cast<T>(~T{})}};
  });
  return found;
}

void set_address(Operation& operation, std::size_t field, std::uint64_t address) {
  visit_address(operation, field, [&](const char*, auto& value) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(address);
  });
}

std::uint64_t moved_address(std::uint64_t base, std::int64_t offset, std::uint64_t ring,
                            std::uint64_t ring_bytes) {
  if (ring_bytes == 0) return base + static_cast<std::uint64_t>(offset);
  const auto length = static_cast<std::int64_t>(ring_bytes);
  const std::int64_t at = (static_cast<std::int64_t>(base - ring) + offset % length) % length;
  return ring + static_cast<std::uint64_t>(at < 0 ? at + length : at);
}

std::uint64_t common_stride(std::span<const AddressGenerator> generators) {
  std::uint64_t common = generators.front().ring_bytes;
  for (const AddressGenerator& generator : generators)
    common = std::gcd(common, static_cast<std::uint64_t>(std::abs(generator.stride)));
  return common;
}

namespace {

/// Which places of a ring, in units of their common stride, the generators come to from place `start`.
std::vector<bool> places_in_ring(std::uint64_t start, std::uint64_t unit,
                                 std::span<const AddressGenerator> generators,
                                 const std::vector<ProgramLoop>& loops) {
  const std::uint64_t places = generators.front().ring_bytes / unit;
  std::vector<bool> reached(places, false);
  reached[start] = true;
  for (const AddressGenerator& generator : generators) {
    const auto ring = static_cast<std::int64_t>(places);
    const std::int64_t units = generator.stride / static_cast<std::int64_t>(unit) % ring;
    const auto stride = static_cast<std::uint64_t>(units < 0 ? units + ring : units);
    const std::vector<bool> before = reached;
    std::vector<bool> seen(places, false);
    for (std::uint64_t first = 0; first < places; ++first) {
      if (seen[first]) continue;
      // Twice round the circle of places: iterations from its last places go on at its first.
      std::uint64_t left = 0, at = first;
      for (int round = 0; round < 2; ++round) {
        do {
          if (before[at]) left = loops[generator.loop].count;
          if (left > 0) reached[at] = true;
          left -= left > 0 ? 1 : 0;
          seen[at] = true;
          at = (at + stride) % places;
        } while (at != first);
      }
    }
  }
  return reached;
}

AddressRange range_in_ring(std::uint64_t base, std::span<const AddressGenerator> generators,
                           const std::vector<ProgramLoop>& loops) {
  const AddressGenerator& ring = generators.front();
  const std::uint64_t unit = common_stride(generators);
  const std::uint64_t offset = (base - ring.ring) % unit, places = ring.ring_bytes / unit;
  std::uint64_t least = 0, most = places - 1;
  constexpr std::uint64_t most_places = 1 << 20;  // of larger rings, all count as reached
  if (places <= most_places) {
    const std::vector<bool> reached = places_in_ring((base - ring.ring) / unit, unit, generators, loops);
    while (!reached[least]) ++least;
    while (!reached[most]) --most;
  }
  return {static_cast<std::int64_t>(ring.ring + offset + least * unit),
          static_cast<std::int64_t>(ring.ring + offset + most * unit)};
}

}  // namespace

AddressRange range_of(std::uint64_t base, std::span<const AddressGenerator> generators,
                      const std::vector<ProgramLoop>& loops) {
  if (generators.front().ring_bytes != 0) return range_in_ring(base, generators, loops);
  constexpr std::int64_t far = std::int64_t{1} << 59U;
  const auto start = static_cast<std::int64_t>(std::min<std::uint64_t>(base, far));
  AddressRange range = {start, start};
  for (const AddressGenerator& generator : generators) {
    const std::int64_t last = generator.stride * (std::int64_t{loops[generator.loop].count} - 1);
    (last < 0 ? range.least : range.most) += std::clamp(last, -far, far);
  }
  return range;
}

}  // namespace tricycle
