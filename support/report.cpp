// SPDX-License-Identifier: Apache-2.0
#include "support/report.hpp"

#include <memory>
#include <utility>

namespace tricycle {
namespace {

thread_local Listener* listening = nullptr;

}  // namespace

Listener::Listener(Hear hear) : hear_(std::move(hear)), before_(std::exchange(listening, this)) {}

Listener::~Listener() {
  listening = before_;
}

void tell(const char* work, std::uint64_t done, std::uint64_t total) {
  if (listening != nullptr) listening->hear_(work, done, total);
}

Hear progress_lines(Show show) {
  struct Line {
    std::string work;
    std::unique_ptr<Progress> progress;
  };
  return [show, line = std::make_shared<Line>()](const char* work, std::uint64_t done, std::uint64_t total) {
    if (show == Show::never) return;
    if (done >= total) {  // its line disappears
      line->progress.reset();
      line->work.clear();
      return;
    }
    if (line->work != work) {
      line->progress.reset();  // first the line before disappears
      line->progress = std::make_unique<Progress>(work, total, Show::when_slow);
      line->work = work;
    }
    line->progress->update(done);
  };
}

}  // namespace tricycle
