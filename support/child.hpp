// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

namespace tricycle {

/// Runs `work` in a child process and returns its result, because SystemC allows one machine per process.
/// Throws RunError with the text of the child's exception, or with how the child died.
[[nodiscard]] std::string run_in_child(const std::function<std::string()>& work);

}  // namespace tricycle
