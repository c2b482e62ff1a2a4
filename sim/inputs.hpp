// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>

#include "sim/items.hpp"
#include "sim/language.hpp"
#include "sim/request.hpp"

namespace tricycle {

/// What the request says of bytes: 1/255 each where it says nothing. Errors: numbers that are none, no scale
/// or deviation greater than zero.
[[nodiscard]] ByteMeaning byte_meaning(const RunRequest& request);

/// Holds a trace's reading against its input: a trace may be written by hand. `path` is what errors call it.
void check_reading(const Trace& trace, const std::string& path);

/// Holds what the request says of bytes against a trace's reading. `numbers`: the inputs are real numbers,
/// text or synthetic, and no bytes. Errors: it contradicts what the model says, or what its thresholds were
/// made for, by more than one unit in the last place of float32; it says something of bytes where there are
/// none.
void check_bytes(const RunRequest& request, const Trace& trace, bool numbers);

/// The workload of a request. The number of time steps of a recurrent model that leaves it open is its input
/// file's; an error where neither that nor `--set` says it.
[[nodiscard]] Graph load_model(const RunRequest& request);

struct Inputs {
  TraceItems items;
  std::uint64_t count_all = 0;  ///< items in the file, before the limit
  std::optional<TextTargets> text;
};

/// The items of `--input`, which is given, by the trace's reading.
[[nodiscard]] Inputs read_inputs(const RunRequest& request, const Trace& trace, const MachineSpec& spec);

/// One synthetic item.
[[nodiscard]] TraceItems make_items(const RunRequest& request, const Trace& trace, const MachineSpec& spec);

/// Options of an input that none is given for.
void refuse_lone_part(const RunRequest& request);
void refuse_lone_bytes(const RunRequest& request);

}  // namespace tricycle
