// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <csignal>
#include <filesystem>
#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "sim/sweep/files_read.hpp"
#include "sim/sweep/sweep.hpp"
#include "support/ending.hpp"
#include "support/files.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace tricycle {
namespace {

namespace fs = std::filesystem;
namespace bp = boost::process;
using Json = nlohmann::ordered_json;

/// The name of a point: a hash of the words of its command line.
std::string point_id(const RunRequest& request) {
  Bytes bytes;
  for (const std::string& word : arguments_of(request)) {
    bytes.insert(bytes.end(), word.begin(), word.end());
    bytes.push_back(0);  // no word contains a zero byte
  }
  return sha256(bytes).substr(0, 16);
}

/// One point: a folder with its result, and beside it a file with its error or with the inputs of the result.
struct Task {
  SweepPoint point;
  fs::path folder;
  [[nodiscard]] std::string beside(const char* ending) const { return folder.string() + ending; }
  [[nodiscard]] std::string error() const { return beside(".error"); }
  [[nodiscard]] std::string files_read() const { return beside(".reads"); }
  [[nodiscard]] std::string inputs() const { return beside(".inputs"); }
  /// Whether the point ran without error and its result is complete. The inputs are written last.
  [[nodiscard]] bool done() const {
    return !fs::exists(error()) && fs::exists(inputs()) && !result().is_null();
  }
  /// The point's result, or null when no result can be read.
  [[nodiscard]] Json result() const {
    const fs::path path = folder / "result.json";
    if (!fs::exists(path)) return nullptr;
    Json json = Json::parse(read_text(path.string(), std::uint64_t{1} << 30U), nullptr, false);
    return json.is_object() && json.contains("status") ? json : Json(nullptr);
  }
};

/// The command line of a point's run.
std::vector<std::string> command_of(const SweepSpec& spec, const Task& task) {
  std::vector<std::string> command = arguments_of(request_of(spec, task.point));
  command.insert(command.begin(), "run");
  command.insert(command.end(),
                 {"--quiet", "--no-html", "-o", task.folder.string(), "--note-reads", task.files_read()});
  return command;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c == '\n' ? ' ' : c);
  return quoted + "\"";
}

struct Column {
  const char* name;
  Json::json_pointer at;
};

const std::vector<Column>& columns() {
  static const std::vector<Column> list = {
      {"cycles", Json::json_pointer("/cycles")},
      {"latency_s", Json::json_pointer("/latency_s")},
      {"bound_compute_cycles", Json::json_pointer("/bound/compute_cycles")},
      {"bound_dram_cycles", Json::json_pointer("/bound/dram_cycles")},
      {"utilization", Json::json_pointer("/utilization")},
      {"energy_total_pJ", Json::json_pointer("/energy_pJ/total")},
      {"energy_dynamic_pJ", Json::json_pointer("/energy_pJ/dynamic")},
      {"energy_leakage_pJ", Json::json_pointer("/energy_pJ/leakage")},
      {"energy_dram_pJ", Json::json_pointer("/energy_pJ/dram")},
      {"warm_cycles", Json::json_pointer("/warm/cycles")},
      {"warm_energy_pJ", Json::json_pointer("/warm/energy_pJ")},
      {"area_mm2", Json::json_pointer("/area_mm2")},
      {"dram_read_bytes", Json::json_pointer("/dram/read_bytes")},
      {"dram_write_bytes", Json::json_pointer("/dram/write_bytes")},
      {"weights_dram_bytes", Json::json_pointer("/memory/packing/dram_bytes")},
      {"weights_on_chip_bytes", Json::json_pointer("/memory/packing/on_chip_bytes")},
      {"verify_checked", Json::json_pointer("/verify/checked")},
      {"verify_mismatches", Json::json_pointer("/verify/mismatches")},
  };
  return list;
}

/// The error message of a point. Where its process names an option, the message names the value's place in
/// the sweep's file.
std::string message_of(const SweepSpec& spec, const Task& task) {
  std::string message = fs::exists(task.error()) ? read_text(task.error(), 1U << 20U) : "";
  while (message.ends_with('\n')) message.pop_back();
  if (message.empty()) return message;
  const RunRequest request = request_of(spec, task.point);
  const auto put = [&](const std::string& option, const Place& place) {
    const std::size_t at = message.find(option + ": ");
    if (at != std::string::npos && place.line > 0) message.replace(at, option.size(), place.text());
  };
  for (const Setting& setting : request.settings)
    put(Setting{setting.key, setting.value}.origin().text(), setting.place);
  for (const auto& [key, place] : request.places) put(option_of(key), place);
  return message;
}

std::string row_of(const SweepSpec& spec, const Task& task) {
  std::string row;
  for (const Setting& setting : settings_of(spec, task.point)) row += csv_field(setting.value) + ",";
  std::string message = message_of(spec, task);
  const Json json = task.result();
  if (json.is_null() && message.empty()) message = "no result";
  row += !message.empty() ? "failed" : json.at("status").get<std::string>();
  for (const Column& column : columns())
    row += "," + (json.contains(column.at) ? json.at(column.at).dump() : std::string());
  return row + "," + csv_field(message) + "\n";
}

std::string csv_of(const SweepSpec& spec, const std::vector<Task>& tasks) {
  std::string text;
  for (const SweepSpec::Axis& axis : spec.axes) text += csv_field(axis.key) + ",";
  text += "status";
  for (const Column& column : columns()) text += std::string(",") + column.name;
  text += ",error\n";
  for (const Task& task : tasks) text += row_of(spec, task);
  return text;
}

/// The points that keep their results, and why the others do not.
struct Plan {
  std::vector<const Task*> to_run;
  std::size_t kept = 0, again = 0, fresh = 0;
  std::vector<std::string> changes;  ///< changes for which points run again, each once
};

Plan plan_of(const std::vector<Task>& tasks, InputCheck& check) {
  Plan plan;
  std::set<std::string> changes;
  for (const Task& task : tasks) {
    const bool done = task.done();
    const std::vector<std::string> changed =
        done ? check.changes_since(task.inputs()) : std::vector<std::string>{};
    if (done && changed.empty()) {
      ++plan.kept;
      continue;
    }
    ++(done ? plan.again : plan.fresh);
    changes.insert(changed.begin(), changed.end());
    plan.to_run.push_back(&task);
  }
  plan.changes.assign(changes.begin(), changes.end());
  return plan;
}

void print_plan(const Plan& plan) {
  constexpr std::size_t most = 3;
  std::string changes;
  for (std::size_t i = 0; i < std::min(most, plan.changes.size()); ++i)
    changes += (i == 0 ? "" : ", ") + plan.changes[i];
  if (plan.changes.size() > most) changes += fmt::format(" and {} more", plan.changes.size() - most);
  say("points: {} kept, {} run again{}, {} run\n", plan.kept, plan.again,
      changes.empty() ? "" : fmt::format(" (changed: {})", changes), plan.fresh);
}

/// Runs points, `jobs` processes at a time.
void run_tasks(const SweepSpec& spec, const std::vector<const Task*>& tasks, const InputCheck& check,
               int jobs, const std::string& program, std::atomic<std::size_t>& whole) {
  struct Running {
    const Task* task;
    std::unique_ptr<bp::child> child;
  };
  std::list<Running> running;
  std::size_t next = 0, done = 0;
  Progress progress("sweep points", tasks.size(), Show::always);
  while (done < tasks.size()) {
    while (next < tasks.size() && running.size() < static_cast<std::size_t>(jobs)) {
      const Task& task = *tasks[next++];
      fs::remove(task.inputs());
      fs::remove_all(task.folder);  // if this run fails, its row must not have the numbers of an earlier run
      Running run{&task, nullptr};
      run.child = std::make_unique<bp::child>(
          program, bp::args(command_of(spec, task)), bp::std_in<bp::null, bp::std_out> bp::null,
          bp::std_err > task.error(), bp::extend::on_exec_setup = [](auto&) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no orphans when the sweep is killed
          });
      running.push_back(std::move(run));
    }
    for (auto run = running.begin(); run != running.end();) {
      if (run->child->running()) {
        ++run;
        continue;
      }
      run->child->wait();
      const Task& task = *run->task;
      if (run->child->exit_code() == 0) {
        fs::remove(task.error());
        write_run_inputs(task.inputs(), check.inputs_of(task.files_read()));
        ++whole;
      }
      fs::remove(task.files_read());
      ++done;
      run = running.erase(run);
    }
    progress.update(done);
    if (done == tasks.size()) progress.finish();
    if (!running.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

/// Refuses a folder with other contents; writes the plan to an empty folder.
void claim_folder(const fs::path& folder, const std::string& plan) {
  const fs::path note = folder / "sweep.txt";
  const Place place = Place::of_file(folder.string());
  if (fs::exists(note)) {
    if (read_text(note.string(), 1U << 28U) == plan) return;
    throw InputError(place, "holds the points of another sweep; give another folder with -o");
  }
  if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder))) {
    throw InputError(place, "exists and is not the folder of a sweep; give another with -o");
  }
  fs::create_directories(folder / "points");
  write_whole(note.string(), plan);
}

/// Error: two points that are the same run, such as 0.5 and 0.50.
[[noreturn]] void refuse_twin(const std::vector<Setting>& one, const std::vector<Setting>& other) {
  for (std::size_t a = 0; a < one.size(); ++a) {
    if (one[a].value == other[a].value) continue;
    fail(other[a].place,
         fmt::format("'{}' asks for the same run as '{}' does", other[a].value, one[a].value));
  }
  fail(Place::of_file("axes"), "two points ask for the same run");
}

}  // namespace

std::vector<std::string> point_ids(const SweepSpec& spec) {
  std::vector<std::string> ids;
  std::map<std::string, SweepPoint> points;
  for (const SweepPoint& point : sweep_points(spec)) {
    ids.push_back(point_id(request_of(spec, point)));
    const auto [first, fresh] = points.emplace(ids.back(), point);
    if (!fresh) refuse_twin(settings_of(spec, first->second), settings_of(spec, point));
  }
  return ids;
}

int run_sweep(const SweepSpec& spec, const std::string& folder, int jobs, const std::string& program) {
  const std::vector<SweepPoint> all = sweep_points(spec);
  const std::vector<std::string> ids = point_ids(spec);
  std::vector<Task> tasks;
  std::string plan = fmt::format("{}\n", fmt::join(arguments_of(request_of(spec, all.front())), " "));
  for (std::size_t i = 0; i < all.size(); ++i) {
    tasks.push_back({all[i], fs::path(folder) / "points" / ids[i]});
    for (const Setting& setting : settings_of(spec, all[i])) plan += setting.text() + " ";
    plan += "\n";
  }
  check_workloads(spec);
  check_any_point(spec);
  claim_folder(folder, plan);
  const FolderLock lock(folder);
  if (lock.outcome() == FolderLock::Outcome::busy) {
    throw InputError(Place::of_file(folder),
                     "another sweep is at work there now; wait for it, or give another with -o");
  }
  InputCheck check(program);
  const Plan points = plan_of(tasks, check);
  const auto whole = std::make_shared<std::atomic<std::size_t>>(points.kept);
  say_at_end([whole, folder, all = tasks.size()] {
    return fmt::format("{} of {} points are kept in {}; the same command goes on with the others",
                       whole->load(), all, folder);
  });
  run_tasks(spec, points.to_run, check, jobs, program, *whole);
  print_plan(points);
  write_whole((fs::path(folder) / "sweep.csv").string(), csv_of(spec, tasks));
  return std::all_of(tasks.begin(), tasks.end(), [](const Task& task) { return task.done(); }) ? 0 : 1;
}

}  // namespace tricycle
