// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "sim/cost/tech.hpp"
#include "tests/catch.hpp"

namespace tricycle::test {

// Line numbers in the expected messages are those of this text.
inline const std::string technology = R"(name: small
corner: {node_nm: 45, voltage_V: 1.1, temperature_K: 300}
sram: {table: sram.csv, beyond_table: 4, source: made up, at: here}
events:
  load.bytes: {pJ: 0.5, source: S, at: here}
  store.bytes: {pJ: 0.25, times: 8, source: S, at: here}
  dram.read_bytes: {pJ: 64, source: S, at: here}
  dram.write_bytes: {pJ: 64, source: S, at: here}
  array.operand_bits: {fJ: 10, source: S, at: here}
  popcount.binary_lanes: {fJ_by_lanes: {32: 8, 64: 12}, source: S, at: here}
  popcount.ternary_fatnn_lanes: {fJ: 20, source: S, at: here}
  popcount.ternary_fatnn_mask_lanes: {fJ: 20, source: S, at: here}
  popcount.ternary_planes_lanes: {fJ: 20, source: S, at: here}
  popcount.bitserial_lanes: {fJ_by_lanes: {16: 6, 64: 10}, source: S, at: here}
  array.sum_bits:
    - {fJ: 100, source: an adder, at: here}
    - {fJ: 4, times: 24, source: flops, at: here}
  shifter.lanes: {fJ: 200, source: S, at: here}
  mac.int8_lanes: {pJ: 0.3, source: S, at: here}
  mac.fp16_lanes: {pJ: 2, source: S, at: here}
  mac.fp32_lanes: {pJ: 5, source: S, at: here}
  vector.comparisons: {fJ: 100, source: S, at: here}
  vector.additions: {fJ: 180, source: S, at: here}
  vector.scale_operations: {pJ: 4, source: S, at: here}
  vector.affine_operations: {pJ: 3.6, source: H, at: low}
  vector.lookups: {fJ: 600, source: S, at: here}
  vector.multiplications: {pJ: 4, source: S, at: here}
  vector.function_operations: {pJ: 5, source: S, at: here}
  vector.draws: {fJ: 900, source: S, at: here}
  vector.forwarded_bits: {fJ: 1, source: S, at: here}
  array.stream_bits: {fJ: 1, source: S, at: here}
  load.decoded_elements: {fJ: 30, source: S, at: here}
  array.decoded_elements: {fJ: 30, source: S, at: here}
  fetch.bytes: {pJ: 0.5, source: S, at: here}
  output_stage.comparisons: {fJ: 100, source: S, at: here}
  output_stage.scale_operations: {pJ: 4, source: S, at: here}
  output_stage.table_bits: {fJ: 10, source: S, at: here}
  output_stage.pool_bits: {fJ: 10, source: S, at: here}
parts:
  popcount.binary_lanes: {um2_by_lanes: {32: 5, 64: 6}, nW: 100, source: S, at: here}
  popcount.ternary_fatnn_lanes: {um2: 10, nW: 200, source: S, at: here}
  popcount.ternary_fatnn_mask_lanes: {um2: 10, nW: 200, source: S, at: here}
  popcount.ternary_planes_lanes: {um2: 10, nW: 200, source: S, at: here}
  popcount.bitserial_lanes: {um2: 7, nW: 90, source: S, at: here}
  shifter.lanes: {um2: 130, nW: 2700, source: S, at: here}
  mac.int8_lanes: {um2: 700, nW: 23000, source: S, at: here}
  mac.fp16_lanes: {um2: 2200, nW: 69000, source: S, at: here}
  mac.fp32_lanes: {um2: 4100, nW: 57000, source: S, at: here}
  array.accumulator_bits: [{um2: 4, nW: 80, source: a flop, at: here}, {um2: 4, nW: 70, source: an adder, at: here}]
  array.operand_bits: {um2: 4, nW: 80, source: S, at: here}
  vector.comparators: {um2: 100, nW: 1800, source: S, at: here}
  vector.scale_lanes: {um2: 5000, nW: 60000, source: S, at: here}
  vector.chain_bits: {um2: 4, nW: 60, source: S, at: here}
  array.stream_bits: {um2: 4, nW: 60, source: S, at: here}
  vector.affine_lanes: {um2: 4000, nW: 60000, source: S, at: here}
  load.buffer_bits: {um2: 4, nW: 80, source: S, at: here}
  store.buffer_bits: {um2: 4, nW: 80, source: S, at: here}
  fetch.buffer_bits: {um2: 4, nW: 80, source: S, at: here}
  load.decoder_elements: {um2: 40, nW: 800, source: S, at: here}
  array.decoder_elements: {um2: 40, nW: 800, source: S, at: here}
  output_stage.comparators: {um2: 100, nW: 1800, source: S, at: here}
  output_stage.scale_lanes: {um2: 5000, nW: 60000, source: S, at: here}
  output_stage.table_bits: {um2: 4, nW: 80, source: S, at: here}
  output_stage.pool_bits: {um2: 4, nW: 80, source: S, at: here}
stated:
  here: {node_nm: 45, voltage_V: 1.1, temperature_K: 300}
  low: {node_nm: 45, voltage_V: 0.9, temperature_K: not stated}
)";

// Every figure is a power of its size and width, so that any point's is known. More ports cost nothing here.
inline const std::string header =
    "cells,periphery,ports,objective,size_KiB,width_bits,read_pJ,write_pJ,leak_mW,area_mm2,access_ns,cycle_"
    "ns\n";

inline std::string rows_of(const std::string& ports) {
  const std::string first = "lstp,hp," + ports + ",balanced,";
  return first + "2,32,1,2,0.001,0.01,0.1,0.1\n" + first + "8,32,2,4,0.004,0.04,0.1,0.1\n" + first +
         "2,128,2,8,0.001,0.01,0.1,0.1\n" + first + "8,128,4,16,0.004,0.04,0.1,0.1\n";
}

inline const std::string table = "# made up\n" + header + rows_of("1rw") + rows_of("1r1w") + rows_of("2rw");

/// A technology in a folder of its own, gone with it.
class Technology {
 public:
  explicit Technology(const std::string& yaml = technology, const std::string& csv = table) {
    std::string name = (std::filesystem::temp_directory_path() / "tricycle_tech_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    std::ofstream(path(), std::ios::binary) << yaml;
    std::ofstream(csv_path(), std::ios::binary) << csv;
  }
  ~Technology() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Technology(const Technology&) = delete;
  Technology& operator=(const Technology&) = delete;

  [[nodiscard]] std::string path() const { return folder_ + "/tech.yaml"; }
  [[nodiscard]] std::string csv_path() const { return folder_ + "/sram.csv"; }

 private:
  std::string folder_;
};

/// The price of an event in pJ.
inline double event_of(const Prices& prices, Counter counter) {
  return prices.event_pJ[static_cast<std::size_t>(counter)];
}

/// The price of this name and unit.
inline const PriceLine& line_of(const Prices& prices, const std::string& name, const std::string& unit) {
  const auto found = std::find_if(prices.lines.begin(), prices.lines.end(), [&](const PriceLine& line) {
    return line.name == name && line.unit == unit;
  });
  if (found == prices.lines.end()) throw std::runtime_error("no line for " + name);
  return *found;
}

/// The text with its one `from` replaced.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace tricycle::test
