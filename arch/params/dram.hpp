// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "support/fields.hpp"

namespace tricycle {

/// A DRAM and its controller, as configs/dram describes them. Times are in clock cycles of the DRAM and have
/// their JEDEC names. A request is one burst of one DRAM channel, `request_bytes` long. docs/dram.md has the
/// model.

/// The geometry of a DRAM. Every count is a power of two, because the address mapping uses whole bits.
struct DramGeometry {
  std::int64_t channels = 1;
  std::int64_t ranks = 1;  ///< of a DRAM channel
  std::int64_t bank_groups = 1;
  std::int64_t banks_per_group = 8;
  std::int64_t rows = 0;         ///< of a bank
  std::int64_t columns = 0;      ///< of a row; a device reads or writes `device_bits` of a column at once
  std::int64_t device_bits = 8;  ///< data pins of a device
  std::int64_t bus_bits = 64;    ///< of a DRAM channel: bus_bits / device_bits devices make a rank
  std::int64_t burst_length = 8;

  [[nodiscard]] std::int64_t banks() const { return bank_groups * banks_per_group; }  ///< of a rank
  [[nodiscard]] std::int64_t devices() const { return bus_bits / device_bits; }       ///< of a rank
  [[nodiscard]] std::int64_t request_bytes() const { return bus_bits / 8 * burst_length; }
  [[nodiscard]] std::int64_t row_bytes() const { return columns * bus_bits / 8; }  ///< over a rank's devices
  [[nodiscard]] std::int64_t bytes() const { return channels * ranks * banks() * rows * row_bytes(); }
};

/// JEDEC timing, in clock cycles. _S is between bank groups, _L within one bank group. 0: the device has no
/// such rule.
struct DramTiming {
  std::int64_t CL = 0, CWL = 0;         ///< from the command to the first data, for a read and a write
  std::int64_t burst = 0;               ///< cycles of a burst on the data bus
  std::int64_t tRCDRD = 0, tRCDWR = 0;  ///< activate to read, to write
  std::int64_t tRP = 0, tRAS = 0, tRC = 0;
  std::int64_t tRRD_S = 0, tRRD_L = 0, tFAW = 0, t32AW = 0;
  std::int64_t tCCD_S = 0, tCCD_L = 0;
  std::int64_t tWTR_S = 0, tWTR_L = 0;  ///< from the end of write data to a read
  std::int64_t tWR = 0;                 ///< from the end of write data to a precharge
  std::int64_t tRTP = 0;
  std::int64_t tRTRS = 0;                ///< idle bus cycles between ranks, and from a read to a write
  std::int64_t tPPD = 0;                 ///< precharge to precharge of another bank
  std::int64_t tREFI = 0, tRFC = 0;      ///< all-bank refresh
  std::int64_t tREFIpb = 0, tRFCpb = 0;  ///< per-bank refresh; 0: the device has none
};

/// Currents of one supply rail of a device, in mA.
struct DramRail {
  double voltage_V = 0;
  double IDD0 = 0, IDD2N = 0, IDD3N = 0, IDD4R = 0, IDD4W = 0, IDD5AB = 0, IDD5PB = 0;
};

enum class DramScheduler : std::uint8_t { fr_fcfs, fcfs };
[[nodiscard]] const std::vector<std::string>& names_of(DramScheduler);
enum class DramPage : std::uint8_t { open, closed };
[[nodiscard]] const std::vector<std::string>& names_of(DramPage);
enum class DramQueues : std::uint8_t { per_bank, per_rank };
[[nodiscard]] const std::vector<std::string>& names_of(DramQueues);
enum class DramRefresh : std::uint8_t { all_bank, per_bank, none };
[[nodiscard]] const std::vector<std::string>& names_of(DramRefresh);

struct DramController {
  DramScheduler scheduler = DramScheduler::fr_fcfs;
  DramPage page = DramPage::open;
  DramQueues queues = DramQueues::per_bank;  ///< one command queue per bank or per rank
  DramRefresh refresh = DramRefresh::all_bank;
  std::int64_t request_queue = 32;  ///< entries for waiting reads, and the same for waiting writes
  std::int64_t command_queue = 8;   ///< entries of each command queue
  std::int64_t row_hits = 4;        ///< after this many accesses a row gives way to an older request
  std::int64_t write_low = 8;  ///< with empty command queues, writes are drained when more than these wait
  std::int64_t command_buses = 1;  ///< 2: a row and a column command in one cycle (HBM)
};

struct DramDevice {
  std::string name;
  std::string source;  ///< where the figures come from
  std::int64_t tCK_ps = 0;
  DramGeometry geometry;
  DramTiming timing;
  std::vector<DramRail> rails;           ///< none: the sources have no currents
  std::string mapping = "rochrababgco";  ///< fields from the most significant to the least: ro ch ra ba bg co
  DramController controller;

  /// Peak bytes per second of all DRAM channels: one request every `burst` cycles, or every tCCD_S cycles
  /// where that is longer.
  [[nodiscard]] double peak_bytes_per_s() const;
};

void describe(Fields& fields, DramDevice& device);

/// Reads and checks a DRAM. Errors: counts that are not powers of two, times that contradict each other.
[[nodiscard]] DramDevice read_dram(const Document& document);

/// Reads the DRAM of `--dram NAME`: a preset's name (configs/dram) or a path.
[[nodiscard]] DramDevice read_dram(const std::string& name_or_path);

}  // namespace tricycle
