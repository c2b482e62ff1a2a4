// SPDX-License-Identifier: Apache-2.0
#include "support/child.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

[[noreturn]] void be_the_child(int end, const std::function<std::string()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no orphans
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  int code = 0;
  std::string text;
  try {
    text = work();
  } catch (const std::exception& error) {
    code = 1;
    text = error.what();
  }
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(end, text.data() + at, text.size() - at);
    if (written <= 0) ::_exit(2);
    at += static_cast<std::size_t>(written);
  }
  ::_exit(code);  // not exit: that would run the handlers that the parent registered for its own end
}

}  // namespace

std::string run_in_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw RunError("no pipe to a child process");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    be_the_child(ends[1], work);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> part{};
  ssize_t got = 0;
  while (child > 0 && (got = ::read(ends[0], part.data(), part.size())) > 0)
    text.append(part.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  if (child < 0) throw RunError("no child process could be started");
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) throw RunError(fmt::format("a child process died of signal {}", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) throw RunError(text);
  return text;
}

}  // namespace tricycle
