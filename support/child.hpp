// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

namespace tricycle {

/// What `work` returns, run in a child process of this one: SystemC allows one machine per process. Throws
/// RunError with the text of what the child throws, or with how it died.
[[nodiscard]] std::string run_in_child(const std::function<std::string()>& work);

}  // namespace tricycle
