// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <unistd.h>

#include <functional>
#include <string>

#include "support/child.hpp"
#include "support/diagnostics.hpp"
#include "tests/catch.hpp"

namespace tricycle::test {

/// What `work` returns, run in a child process of five minutes at most: every simulation of a test has a
/// process of its own. The test fails with the text of what the child throws, or with how the child died.
inline std::string in_child(const std::function<std::string()>& work) {
  constexpr unsigned most_seconds = 300;
  try {
    return run_in_child([&] {
      alarm(most_seconds);
      return work();
    });
  } catch (const RunError& error) {
    FAIL("the child process failed: " << error.what());
  }
  return {};
}

}  // namespace tricycle::test
