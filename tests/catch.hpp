// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tests' one door to Catch2, of either major version.
#if TRICYCLE_CATCH_MAJOR >= 3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

#if TRICYCLE_CATCH_MAJOR >= 3
using Catch::Approx;
#endif

namespace tricycle::test {

/// The message of what `work` throws, or "" when it throws nothing.
inline std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// A folder of files for testing that lies beside the project, or "" (and the test says that it is skipped).
inline std::string shared_folder(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path(TRICYCLE_TEST_SOURCE) / ".." / "shared" / name;
  if (std::filesystem::is_directory(folder)) return folder.lexically_normal().string();
  std::cout << "SKIPPED: ../shared/" << name << " is not here\n";
  return "";
}
inline std::string shared_models() {
  return shared_folder("models");
}

}  // namespace tricycle::test
