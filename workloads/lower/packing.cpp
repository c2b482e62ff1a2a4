// SPDX-License-Identifier: Apache-2.0
#include "workloads/lower/packing.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "support/exponential.hpp"

namespace tricycle {
namespace {

std::vector<std::uint64_t> counts_of(const std::vector<std::int16_t>& values) {
  std::vector<std::uint64_t> counts(1U << 16U);
  for (const std::int16_t value : values) ++counts[static_cast<std::uint16_t>(value)];
  return counts;
}

/// Counts equal floats with two counting sorts, by the low and then by the high half of the bits, because all
/// floats may be different.
std::vector<std::uint64_t> counts_of(const std::vector<float>& floats) {
  std::vector<std::uint32_t> values(floats.size()), sorted(floats.size());
  std::transform(floats.begin(), floats.end(), values.begin(),
                 [](float value) { return std::bit_cast<std::uint32_t>(value); });
  for (const unsigned shift : {0U, 16U}) {
    std::vector<std::size_t> ends(1U << 16U);
    for (const std::uint32_t value : values) ++ends[(value >> shift) & 0xffffU];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    for (std::size_t i = values.size(); i-- > 0;) sorted[--ends[(values[i] >> shift) & 0xffffU]] = values[i];
    values.swap(sorted);
  }
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 0 || values[i] != values[i - 1]) counts.push_back(0);
    ++counts.back();
  }
  return counts;
}

/// The bits of `elements` values in a format without padding, and the bits of metadata that say where they
/// are.
struct PayloadBits {
  std::uint64_t values, metadata;
};
PayloadBits payload_of(Format format, std::uint64_t elements, std::uint64_t nonzeros) {
  if (format == Format::trit5) return {(8 * elements + 4) / 5, 0};
  if (format == Format::bitmap) return {nonzeros, elements};
  if (format == Format::trit2_mask) return {2 * elements, elements};
  return {static_cast<std::uint64_t>(bits_per_element(format)) * elements, 0};
}

std::uint64_t bytes_of(std::uint64_t bits) {
  return (bits + 7) / 8;
}

}  // namespace

std::uint64_t entropy_bytes(std::span<const std::uint64_t> counts) {
  std::uint64_t all = 0;
  double weighted = 0;  // the sum of c ln c
  for (const std::uint64_t count : counts) {
    all += count;
    if (count > 1) weighted += static_cast<double>(count) * logarithm(static_cast<double>(count));
  }
  if (all < 2) return 0;
  const auto n = static_cast<double>(all);
  const double bits = (n * logarithm(n) - weighted) / logarithm(2);
  constexpr double whole = 1 + 1e-12;  // a whole number of bytes stays whole when logarithms are rounded
  return static_cast<std::uint64_t>(std::max(0.0, std::floor(bits / 8 * whole)));
}

void describe_packing(const QuantizedLayer& layer, const LayerPlan& plan, TraceLayer& row) {
  const TilingProblem& p = plan.problem;
  const bool floating = !layer.float_weights.empty();
  if (layer.has_weights()) {
    row.dram_format = p.dram_weights;
    row.chip_format = p.shape.weights;
    for_each_block(plan, [&](std::int64_t n, std::int64_t count, const ChannelRange& channels) {
      const auto bytes = [&](Format format) {
        return static_cast<std::uint64_t>(block_bytes(plan, format, n, count, channels));
      };
      row.dram_bytes += bytes(p.dram_weights);
      row.chip_bytes += bytes(p.shape.weights);
    });
  } else if (p.gather_row > 0) {  // its table stays in DRAM
    const auto elements = floating ? layer.float_weights.size() : layer.weights.size();
    row.dram_format = row.chip_format = p.output;
    row.dram_bytes = elements / static_cast<std::uint64_t>(p.n) * static_cast<std::uint64_t>(p.gather_row);
  } else {
    return;
  }
  const std::vector<std::uint64_t> counts =
      floating ? counts_of(layer.float_weights) : counts_of(layer.weights);
  const std::uint64_t elements = floating ? layer.float_weights.size() : layer.weights.size();
  const std::uint64_t zeros = floating ? 0 : counts[0];
  const PayloadBits payload = payload_of(row.dram_format, elements, elements - zeros);
  row.metadata_bytes = bytes_of(payload.metadata);
  row.padding_bytes = row.dram_bytes - bytes_of(payload.values) - row.metadata_bytes;
  row.entropy_bytes = entropy_bytes(counts);
}

}  // namespace tricycle
