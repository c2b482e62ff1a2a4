// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <systemc>

namespace tricycle {

/// A module and all below it as lines of text: its modules and channels with their datasheets, and each port
/// with the export or channel that it is bound to, or with the module where one object stands behind several
/// exports.
///
/// ```
/// machine
/// ├── sequencer: fetch_cycles 2
/// │   ├── load_queue -> load_queue
/// ```
[[nodiscard]] std::string tree_text(const sc_core::sc_module& top);

}  // namespace tricycle
