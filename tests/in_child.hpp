// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "tests/catch.hpp"

namespace tricycle::test {

/// What `work` returns, run in a child process: SystemC allows one elaboration per process, so every
/// simulation of a test has a process of its own. The test fails with the text of what the child throws, or
/// with how the child died.
inline std::string in_child(const std::function<std::string()>& work) {
  constexpr unsigned most_seconds = 60;
  int ends[2];
  if (pipe(ends) != 0) FAIL("no pipe to a child process");
  const pid_t child = fork();
  if (child < 0) FAIL("no child process");
  if (child == 0) {
    close(ends[0]);
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    alarm(most_seconds);
    int code = 0;
    std::string text;
    try {
      text = work();
    } catch (const std::exception& error) {
      code = 1;
      text = error.what();
    }
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = write(ends[1], text.data() + at, text.size() - at);
      if (written <= 0) _exit(2);
      at += static_cast<std::size_t>(written);
    }
    _exit(code);  // not exit: what the parent registered to happen at its end is the parent's
  }
  close(ends[1]);
  std::string text;
  char part[4096];
  ssize_t got = 0;
  while ((got = read(ends[0], part, sizeof part)) > 0) text.append(part, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) FAIL("the child process died of signal " << WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) FAIL("the child process failed: " << text);
  return text;
}

}  // namespace tricycle::test
