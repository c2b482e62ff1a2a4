// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>

#include "sim/experiment/request.hpp"

namespace CLI {
class App;
}

namespace tricycle {

/// Adds an option for each key of some groups of a request. The given values go to `words` unchecked.
/// read_request checks them; its errors name the option.
void add_options(CLI::App& command, std::initializer_list<void (*)(Fields&, RunRequest&)> groups,
                 Document& words);

}  // namespace tricycle
