// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>

#include "sim/request.hpp"

namespace CLI {
class App;
}

namespace tricycle {

/// Adds an option for each key of some groups of a request. What is given goes to `words`, unchecked: who
/// reads them (read_request) says what is wrong, with the option for its place.
void add_options(CLI::App& command, std::initializer_list<void (*)(Fields&, RunRequest&)> groups,
                 Document& words);

}  // namespace tricycle
