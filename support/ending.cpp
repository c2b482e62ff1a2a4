// SPDX-License-Identifier: Apache-2.0
#include "support/ending.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "support/diagnostics.hpp"

namespace tricycle {
namespace {

/// The unfinished files and folders of the whole process: a signal ends all of it.
struct Registry {
  std::mutex mutex;
  std::multiset<std::string> paths;
  std::function<std::string()> text;
};
Registry& registry() {
  static Registry* all = new Registry;  // never destroyed: the watching thread may outlive main()
  return *all;
}

void remove_quietly(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

/// Waits for a signal of the set, and ends the process with it.
void watch(sigset_t signals) {
  int signal = 0;
  while (::sigwait(&signals, &signal) != 0) {
  }
  Registry& all = registry();
  all.mutex.lock();  // for good: from now on no file or folder is put in its place
  for (const std::string& path : all.paths) {
    // The rest of the process goes on meanwhile. It may put another file into a folder that is being removed.
    for (int tries = 0; tries < 100 && std::filesystem::exists(path); ++tries) remove_quietly(path);
  }
  const std::string kept = all.text ? all.text() : std::string("nothing was written");
  complain("\ninterrupted: " + kept + "\n");
  ::_exit(128 + signal);
}

/// The errno of the first write to standard output that failed. A later flush of what is left may succeed.
std::atomic<int> output_fault = 0;

}  // namespace

void prepare_process() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // Opened in the wrong direction, so that reading or writing it fails as before.
    [[maybe_unused]] const int opened =
        ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // it gets the lowest free number
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  bool any = false;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) continue;
    sigaddset(&signals, signal);
    any = true;
  }
  if (!any) return;
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(watch, signals).detach();
}

Unfinished::Unfinished(std::string path, const std::function<bool()>& make) : path_(std::move(path)) {
  const std::lock_guard<std::mutex> lock(registry().mutex);
  if (make && !make()) {
    path_.clear();
  } else {
    registry().paths.insert(path_);
  }
}

Unfinished::~Unfinished() {
  if (path_.empty()) return;
  const std::lock_guard<std::mutex> lock(registry().mutex);
  remove_quietly(path_);
  registry().paths.erase(registry().paths.find(path_));
}

void Unfinished::finish(const std::function<void()>& place) {
  const std::lock_guard<std::mutex> lock(registry().mutex);
  place();
  registry().paths.erase(registry().paths.find(path_));
  path_.clear();
}

void Unfinished::forget() {
  if (!path_.empty()) finish([] {});
}

void say_at_end(std::function<std::string()> text) {
  const std::lock_guard<std::mutex> lock(registry().mutex);
  registry().text = std::move(text);
}

void complain(std::string_view text) {
  draw(presentable(text));
}

void say_text(std::string_view text) {
  const std::string shown = presentable(text);
  errno = 0;
  const bool is_whole = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size();
  if (!is_whole && output_fault == 0) output_fault = errno;
}

void draw(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void flush_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  const int flushed = errno, earlier = output_fault;
  const int fault = earlier != 0 ? earlier : flushed;
  throw std::system_error(fault != 0 ? fault : EIO, std::generic_category(), "standard output");
}

}  // namespace tricycle
