// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/experiment/text.hpp"
#include "support/diagnostics.hpp"
#include "support/ending.hpp"
#include "support/fields.hpp"
#include "support/file_kind.hpp"
#include "support/files.hpp"
#include "workloads/import/network/network_import.hpp"
#include "workloads/import/network/recurrent_network.hpp"
#include "workloads/import/onnx/onnx_import.hpp"
#include "workloads/integer/quantized.hpp"
#include "workloads/lower/lower.hpp"
#include "workloads/quantize/recurrent/from_graph.hpp"

namespace tricycle {
namespace {

constexpr std::uint64_t most_model_bytes = std::uint64_t{1} << 31U;

bool is_model_name(const std::string& path) {
  return has_ending(path, ".onnx");
}

/// The file of a workload. Errors: an unknown preset, or a file that is neither a model nor a description.
std::string workload_file(const std::string& name_or_path) {
  if (is_model_name(name_or_path)) return name_or_path;
  std::string path = find_preset("workloads/zoo", name_or_path, Place::of_file("workload"));
  if (is_model_name(path) || is_yaml_name(path)) return path;
  const std::string kind = kind_of_file(first_bytes(path, 64), unpacked_name(path));
  const bool trace = kind.starts_with("a trace");
  fail(Place::of_file(path),
       fmt::format("is {}{}; expected a model (.onnx), a network or an experiment (.yaml), or the name of a "
                   "network of the zoo",
                   kind.empty() ? "a file of no known ending" : kind,
                   trace ? ", which 'tricycle replay' simulates" : ""));
}

/// The sizes that `--set workload.NAME=N` gives to symbolic dimensions of a model.
ImportOptions dimensions_of(const std::vector<Setting>& settings, const Bytes& bytes,
                            const std::string& path) {
  const std::string prefix = "workload.";
  ImportOptions options;
  for (const Setting& setting : settings) {
    if (!setting.key.starts_with(prefix)) continue;
    const std::vector<std::string> names = symbolic_dimensions(bytes, path);
    if (names.empty()) fail(setting.origin(), "an ONNX model has no keys to set");
    const std::string name = setting.key.substr(prefix.size());
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail(setting.origin(), fmt::format("the model has no symbolic dimension '{}', only '{}'{}", name,
                                         fmt::join(names, "', '"), did_you_mean(name, names)));
    }
    constexpr std::int64_t most = std::int64_t{1} << 27U;
    std::int64_t size = 0;
    if (!parse_integer(setting.value, size) || size < 1 || size > most) {
      fail(setting.origin(), fmt::format("expected a size from 1 to {}, not '{}'", most, setting.value));
    }
    options.dimensions[name] = size;
  }
  return options;
}

}  // namespace

Setting parse_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    fail(Place::of_file("--set " + text), "expected KEY=VALUE, such as arch.array.rows=16");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void apply_settings(Document& document, const std::vector<Setting>& settings, const std::string& prefix) {
  for (const Setting& setting : settings) {
    if (!setting.key.starts_with(prefix + ".")) continue;
    set_value(document, setting.key.substr(prefix.size() + 1), setting.value, setting.origin());
  }
}

/// Imports a model or a description from its file.
static Workload import_workload(const std::string& name_or_path, const std::vector<Setting>& settings,
                                std::int64_t seed) {
  const std::string path = workload_file(name_or_path);
  if (is_model_name(path)) {
    const Bytes bytes = read_bytes(path, most_model_bytes);
    refuse_other_kinds(bytes, path, "an ONNX model");
    Graph graph = import_onnx(bytes, path, dimensions_of(settings, bytes, path));
    for (const std::string& warning : graph.warnings) complain(fmt::format("warning: {}\n", warning));
    const std::string base = base_name(unpacked_name(path));
    graph.name = base.substr(0, base.rfind('.'));
    // Models in the ONNX test layout are all called model.onnx: their folder names them.
    const std::string folder = std::filesystem::path(path).parent_path().filename().string();
    if (graph.name == "model" && !folder.empty() && folder != ".") graph.name = folder;
    graph.weights_source = fmt::format("{}, sha256 {}", base, sha256(bytes));
    return {std::move(graph), {}};
  }
  Document document = read_document(path);
  apply_settings(document, settings, "workload");
  return {import_network(document, seed), recurrent_choices(document)};
}

Workload load_workload(const std::string& name_or_path, const std::vector<Setting>& settings,
                       std::int64_t seed) {
  Workload workload = import_workload(name_or_path, settings, seed);
  const auto is_recurrent_key = [](const Setting& setting) { return setting.key.starts_with("recurrent."); };
  const auto first = std::find_if(settings.begin(), settings.end(), is_recurrent_key);
  if (first == settings.end()) return workload;
  if (!is_recurrent(workload.graph)) fail(first->origin(), "the workload has no recurrent layer");
  Document document = parse_document(write_fields(workload.recurrent), first->origin().text());
  apply_settings(document, settings, "recurrent");
  read_fields(document, "'recurrent'", workload.recurrent);
  return workload;
}

std::string default_machine(const std::string& name_or_path) {
  const std::string path = workload_file(name_or_path);
  if (is_model_name(path)) return "edge";
  const Document document = read_document(path);
  const Document* arch = document.find("arch");
  return arch != nullptr && arch->kind == Document::Kind::scalar ? arch->scalar : "edge";
}

InputScale parse_input_scale(const std::string& text, const Place& place) {
  InputScale scale{1, 1};
  const std::size_t slash = text.find('/');
  const bool fraction = slash != std::string::npos;
  const bool numbers = parse_number(text.substr(0, slash), scale.num) &&
                       (!fraction || parse_number(text.substr(slash + 1), scale.den));
  const double value = scale.num / scale.den;
  if (!numbers || !(scale.num > 0) || !(scale.den > 0) || !(value > 1e-30 && value < 1e30)) {
    fail(place, "expected a number greater than zero or a fraction such as 1/255, not '" + text + "'");
  }
  return scale;
}

}  // namespace tricycle
