// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>

#include "sim/experiment/items.hpp"
#include "sim/experiment/language.hpp"
#include "sim/experiment/request.hpp"

namespace tricycle {

/// The meaning of input bytes in the request; the default is a scale of 1/255. Errors: malformed numbers, a
/// scale or deviation that is not greater than zero.
[[nodiscard]] ByteMeaning byte_meaning(const RunRequest& request);

/// Checks that a trace's reading fits its input, since a trace may be written by hand. `path` names the trace
/// in errors.
void check_reading(const Trace& trace, const std::string& path);

/// Checks the meaning of bytes in the request against a trace's reading. `numbers`: the inputs are real
/// numbers, text or synthetic, not bytes. Errors: the request differs by more than one unit in the last place
/// of float32 from what the model says, or from what its thresholds were made for; it gives a meaning of
/// bytes where there are no bytes.
void check_bytes(const RunRequest& request, const Trace& trace, bool numbers);

/// Loads the workload of a request. Where a recurrent model leaves the number of time steps open, the input
/// file gives it. Error: neither the file nor `--set` gives it.
[[nodiscard]] Workload load_model(const RunRequest& request);

struct Inputs {
  TraceItems items;
  std::uint64_t count_all = 0;  ///< items in the file, before the limit
  std::optional<TextTargets> text;
};

/// Reads the items of `--input` by the trace's reading. `--input` must be given.
[[nodiscard]] Inputs read_inputs(const RunRequest& request, const Trace& trace, const MachineSpec& spec);

/// Makes one synthetic item.
[[nodiscard]] TraceItems make_items(const RunRequest& request, const Trace& trace, const MachineSpec& spec);

/// Errors: options that describe an input, where no input is given.
void refuse_lone_part(const RunRequest& request);
void refuse_lone_bytes(const RunRequest& request);

}  // namespace tricycle
