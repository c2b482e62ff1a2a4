// SPDX-License-Identifier: Apache-2.0
#include "sim/sweep.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <csignal>
#include <filesystem>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "sim/run.hpp"
#include "sim/text.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"
#include "support/progress.hpp"

namespace tricycle {
namespace {

namespace fs = std::filesystem;
namespace bp = boost::process;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_points = 100'000;

/// What a point's result depends on besides its settings: the files behind the names.
std::string base_text(const SweepSpec& spec) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 31U;
  const auto file_hash = [&](const std::string& path) {
    return path.empty() ? "" : sha256(read_bytes(path, most_bytes));
  };
  const bool onnx = spec.workload.ends_with(".onnx");
  const std::string tech = find_preset("configs/tech", spec.tech, "tech");
  std::string tech_files = file_hash(tech);
  const Document tech_document = read_document(tech);
  if (const Document* sram = tech_document.find("sram"); sram != nullptr && sram->find("table") != nullptr) {
    tech_files += file_hash((fs::path(tech).parent_path() / sram->find("table")->scalar).string());
  }
  return fmt::format(
      "{}\n{}\n{} {}\n{}\n{}\n{} {}\n{}\n{}\n{}\n", tool_name, file_hash("/proc/self/exe"), spec.workload,
      file_hash(onnx ? spec.workload : find_preset("workloads/zoo", spec.workload, "workload")),
      file_hash(find_preset("configs/arch", spec.arch, "arch")), tech_files, file_hash(spec.input),
      spec.input_part, file_hash(spec.labels), spec.verify, spec.limit);
}

std::vector<std::string> settings_of(const SweepSpec& spec, const SweepPoint& point) {
  std::vector<std::string> settings;
  for (std::size_t a = 0; a < point.size(); ++a) settings.push_back(spec.axes[a].first + "=" + point[a]);
  return settings;
}

std::string point_id(const std::string& base, const std::vector<std::string>& settings) {
  std::string text = base;
  for (const std::string& setting : settings) text += setting + "\n";
  const Bytes bytes(text.begin(), text.end());
  return sha256(bytes).substr(0, 16);
}

struct Task {
  SweepPoint point;
  std::vector<std::string> settings;
  fs::path folder;
  [[nodiscard]] fs::path error() const { return folder.string() + ".error"; }
  /// It ran, nothing was wrong, and its result is whole.
  [[nodiscard]] bool done() const { return !fs::exists(error()) && !result().is_null(); }
  /// Its result, or null when there is none that can be read.
  [[nodiscard]] Json result() const {
    const fs::path path = folder / "result.json";
    if (!fs::exists(path)) return nullptr;
    Json json = Json::parse(read_text(path.string(), std::uint64_t{1} << 30U), nullptr, false);
    return json.is_object() && json.contains("status") ? json : Json(nullptr);
  }
};

std::vector<std::string> arguments_of(const SweepSpec& spec, const Task& task) {
  std::vector<std::string> arguments = {
      "run", spec.workload,        "--arch", spec.arch, "--tech", spec.tech, "--verify", spec.verify,
      "-o",  task.folder.string(), "--quiet"};
  const auto add = [&](const char* option, const std::string& value) {
    if (value.empty()) return;
    arguments.emplace_back(option);
    arguments.push_back(value);
  };
  add("--input", spec.input);
  add("--input-part", spec.input_part);
  add("--labels", spec.labels);
  if (spec.limit >= 0) add("--limit", std::to_string(spec.limit));
  for (const std::string& setting : task.settings) add("--set", setting);
  return arguments;
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

std::string row_of(const Task& task) {
  std::string row;
  for (const std::string& value : task.point) row += csv_field(value) + ",";
  std::string message = fs::exists(task.error()) ? read_text(task.error().string(), 1U << 20U) : "";
  while (message.ends_with('\n')) message.pop_back();
  const Json json = task.result();
  if (json.is_null() && message.empty()) message = "no result";
  row += !message.empty() ? "failed" : json.at("status").get<std::string>();
  for (const Column& column : columns())
    row += "," + (json.contains(column.at) ? json.at(column.at).dump() : std::string());
  return row + "," + csv_field(message) + "\n";
}

std::string csv_of(const SweepSpec& spec, const std::vector<Task>& tasks) {
  std::string text;
  for (const auto& axis : spec.axes) text += csv_field(axis.first) + ",";
  text += "status";
  for (const Column& column : columns()) text += std::string(",") + column.name;
  text += ",error\n";
  for (const Task& task : tasks) text += row_of(task);
  return text;
}

/// Runs what is not done, `jobs` processes at a time.
void run_tasks(const SweepSpec& spec, const std::vector<Task>& tasks, int jobs, const std::string& program) {
  struct Running {
    const Task* task;
    std::string error;
    std::unique_ptr<bp::child> child;
  };
  std::list<Running> running;
  std::size_t next = 0, done = 0;
  Progress progress("sweep points", tasks.size(), Show::always);
  while (done < tasks.size()) {
    while (next < tasks.size() && running.size() < static_cast<std::size_t>(jobs)) {
      const Task& task = tasks[next++];
      if (task.done()) {
        ++done;
        continue;
      }
      Running run{&task, task.error().string(), nullptr};
      run.child = std::make_unique<bp::child>(
          program, bp::args(arguments_of(spec, task)), bp::std_in<bp::null, bp::std_out> bp::null,
          bp::std_err > run.error, bp::extend::on_exec_setup = [](auto&) {
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
      if (run->child->exit_code() == 0) fs::remove(run->error);
      ++done;
      run = running.erase(run);
    }
    progress.update(done);
    if (done == tasks.size()) progress.finish();
    if (!running.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

/// Refuses a folder that holds something else; notes the plan in an empty one.
void claim_folder(const fs::path& folder, const std::string& plan) {
  const fs::path note = folder / "sweep.txt";
  Place place;
  place.file = folder.string();
  if (fs::exists(note)) {
    if (read_text(note.string(), 1U << 28U) == plan) return;
    throw InputError(place,
                     "holds the points of another sweep (or of another version of its files); give another "
                     "folder with -o");
  }
  if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder))) {
    throw InputError(place, "exists and is not the folder of a sweep; give another with -o");
  }
  fs::create_directories(folder / "points");
  write_whole(note.string(), plan);
}

}  // namespace

SweepSpec read_sweep(const Document& document) {
  SweepSpec spec;
  FieldReader reader(document, "a sweep");
  std::int64_t limit = -1;
  reader.text("name", spec.name, Presence::optional);
  reader.text("workload", spec.workload, Presence::required);
  reader.text("arch", spec.arch, Presence::optional);
  reader.text("tech", spec.tech, Presence::optional);
  reader.text("input", spec.input, Presence::optional);
  reader.text("input_part", spec.input_part, Presence::optional);
  reader.text("labels", spec.labels, Presence::optional);
  reader.text("verify", spec.verify, Presence::optional);
  reader.integer("limit", limit, 1, std::int64_t{1} << 40, Presence::optional);
  const Document* axes = reader.document("axes", Presence::required);
  reader.finish();
  if (!spec.input_part.empty() && !parse_part(spec.input_part)) {
    throw InputError(reader.place_of("input_part"), "'input_part' " + wrong_part(spec.input_part));
  }
  spec.limit = limit;
  resolve_path(spec.workload, document, true);
  resolve_path(spec.arch, document, true);
  if (spec.arch.empty()) spec.arch = default_machine(spec.workload);
  resolve_path(spec.tech, document, true);
  resolve_path(spec.input, document, false);
  resolve_path(spec.labels, document, false);
  if (axes->kind != Document::Kind::mapping || axes->entries.empty()) {
    throw InputError(axes->place,
                     "'axes' expects keys with lists of values, such as arch.array.rows: [8, 16]");
  }
  std::size_t points = 1;
  for (std::size_t i = 0; i < axes->entries.size(); ++i) {
    const auto& [key, values] = axes->entries[i];
    const auto starts = [&key = key](const char* prefix) { return key.starts_with(prefix); };
    if (!starts("arch.") && !starts("workload.") && !starts("recurrent.") && !starts("formats.")) {
      throw InputError(
          axes->key_places[i],
          "an axis starts with 'arch.', 'workload.', 'recurrent.' or 'formats.', such as arch.array.rows; '" +
              key + "' does not");
    }
    if (values.kind != Document::Kind::sequence || values.items.empty()) {
      throw InputError(values.place, "'" + key + "' expects a list of values");
    }
    std::vector<std::string> texts;
    for (const Document& value : values.items) {
      if (value.kind != Document::Kind::scalar)
        throw InputError(value.place, "'" + key + "' expects plain values");
      if (std::find(texts.begin(), texts.end(), value.scalar) != texts.end()) {
        throw InputError(value.place, "'" + value.scalar + "' stands twice in '" + key + "'");
      }
      texts.push_back(value.scalar);
    }
    points *= texts.size();
    if (points > most_points)
      throw InputError(values.place, fmt::format("the sweep has more than {} points", most_points));
    spec.axes.emplace_back(key, std::move(texts));
  }
  return spec;
}

std::vector<SweepPoint> sweep_points(const SweepSpec& spec) {
  std::vector<SweepPoint> points = {{}};
  for (const auto& axis : spec.axes) {
    std::vector<SweepPoint> longer;
    for (const SweepPoint& point : points) {
      for (const std::string& value : axis.second) {
        longer.push_back(point);
        longer.back().push_back(value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

void check_first_point(const SweepSpec& spec) {
  RunRequest first;
  first.workload = spec.workload;
  first.arch = spec.arch;
  for (const auto& axis : spec.axes)
    first.settings.push_back(parse_setting(axis.first + "=" + axis.second.front()));
  static_cast<void>(machine_of(first));
  static_cast<void>(load_workload(first.workload, first.settings, -1));
}

int run_sweep(const SweepSpec& spec, const std::string& folder, int jobs, const std::string& program) {
  const std::string base = base_text(spec);
  std::vector<Task> tasks;
  std::string plan = base;
  for (SweepPoint& point : sweep_points(spec)) {
    Task task{std::move(point), {}, {}};
    task.settings = settings_of(spec, task.point);
    task.folder = fs::path(folder) / "points" / point_id(base, task.settings);
    for (const std::string& setting : task.settings) plan += setting + " ";
    plan += "\n";
    tasks.push_back(std::move(task));
  }
  check_first_point(spec);
  claim_folder(folder, plan);
  run_tasks(spec, tasks, jobs, program);
  write_whole((fs::path(folder) / "sweep.csv").string(), csv_of(spec, tasks));
  return std::all_of(tasks.begin(), tasks.end(), [](const Task& task) { return task.done(); }) ? 0 : 1;
}

}  // namespace tricycle
