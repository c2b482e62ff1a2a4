// SPDX-License-Identifier: Apache-2.0
#include "sim/results/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sim/results/result_json.hpp"
#include "support/diagnostics.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;

/// One result, asked for by JSON pointers.
class Reader {
 public:
  explicit Reader(const std::string& folder)
      : file_((std::filesystem::path(folder) / "result.json").string()) {
    constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20U;
    json_ = parse_result(read_text(file_, most_bytes), file_);
  }

  [[nodiscard]] const Json& at(const std::string& key) const {
    const Json::json_pointer pointer(key);
    if (!json_.contains(pointer)) refuse(key, "a value");
    return json_.at(pointer);
  }
  [[nodiscard]] double number(const std::string& key) const {
    const Json& value = at(key);
    if (!value.is_number()) refuse(key, "a number");
    return value.get<double>();
  }
  [[nodiscard]] std::uint64_t count(const std::string& key) const {
    const Json& value = at(key);
    if (!value.is_number_unsigned()) refuse(key, "a count");
    return value.get<std::uint64_t>();
  }
  [[nodiscard]] std::string text(const std::string& key) const {
    const Json& value = at(key);
    if (!value.is_string()) refuse(key, "a text");
    return value.get<std::string>();
  }
  [[nodiscard]] bool has(const std::string& key) const { return json_.contains(Json::json_pointer(key)); }
  [[nodiscard]] std::size_t size(const std::string& key) const { return at(key).size(); }
  /// The keys of a mapping.
  [[nodiscard]] std::vector<std::string> keys(const std::string& key) const {
    const Json& value = at(key);
    if (!value.is_object()) refuse(key, "a mapping");
    std::vector<std::string> keys;
    for (const auto& entry : value.items()) keys.push_back(entry.key());
    return keys;
  }

 private:
  [[noreturn]] void refuse(const std::string& key, const std::string& expected) const {
    fail(file_, fmt::format("expected {} at '{}'", expected, key));
  }
  std::string file_;
  Json json_;
};

/// A key as a part of a pointer.
std::string part(const std::string& key) {
  std::string text;
  for (const char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return "/" + text;
}

void read_figures(const Reader& json, ResultFile& result) {
  const auto add = [&](const char* name, const std::string& key) {
    if (json.has(key)) result.figures.emplace_back(name, json.number(key));
  };
  add("cycles", "/cycles");
  add("latency, s", "/latency_s");
  add("mapped cycles", "/mapped_cycles");
  add("bound of the array, cycles", "/bound/compute_cycles");
  add("bound of DRAM, cycles", "/bound/dram_cycles");
  add("utilization", "/utilization");
  add("warm cycles", "/warm/cycles");
  add("inferences/s, warm", "/warm/inferences_per_s");
  add("energy, pJ", "/energy_pJ/total");
  add("energy at the low ends of prices, pJ", "/energy_pJ/low");
  add("energy at the high ends of prices, pJ", "/energy_pJ/high");
  add("dynamic energy, pJ", "/energy_pJ/dynamic");
  add("leakage, pJ", "/energy_pJ/leakage");
  add("DRAM energy, pJ", "/energy_pJ/dram");
  add("warm energy, pJ", "/warm/energy_pJ");
  result.figures.emplace_back("energy x delay, pJ s",
                              json.number("/energy_pJ/total") * json.number("/latency_s"));
  add("area, mm2", "/area_mm2");
  add("DRAM bytes read", "/dram/read_bytes");
  add("DRAM bytes written", "/dram/write_bytes");
  add("weights, bytes", "/memory/weights_bytes");
  add("program, bytes", "/program/bytes");
  add("top-1 accuracy", "/accuracy/top1");
  add("nats a token", "/language/nats_per_token");
}

void read_layers(const Reader& json, ResultFile& result) {
  for (std::size_t i = 0; i < json.size("/layers"); ++i) {
    const std::string row = fmt::format("/layers/{}", i);
    ResultFile::Layer layer{json.text(row + "/name"), {{"mapped", json.count(row + "/mapped_cycles")}}};
    for (const std::string& reason : json.keys(row + "/lost_cycles"))
      layer.cycles[reason] = json.count(row + "/lost_cycles" + part(reason));
    result.layers.push_back(std::move(layer));
  }
}

void read_events(const Reader& json, ResultFile& result) {
  for (std::size_t i = 0; i < json.size("/tech/prices"); ++i) {
    const std::string row = fmt::format("/tech/prices/{}", i);
    if (json.text(row + "/unit") != "pJ") continue;
    const std::string name = json.text(row + "/name");
    std::string sources;
    for (std::size_t s = 0; json.has(row + "/intervals") && s < json.size(row + "/intervals"); ++s)
      sources += (s == 0 ? "" : " + ") + json.text(fmt::format("{}/intervals/{}", row, s));
    result.events[name] = {json.number("/counters" + part(name)), json.number(row + "/value"), sources};
  }
  const auto cycles = static_cast<double>(result.cycles);
  for (const std::string& unit : json.keys("/energy_pJ/by_unit")) {
    const double leaked = json.number("/energy_pJ/by_unit" + part(unit) + "/leakage");
    if (leaked > 0 && cycles > 0) result.events[unit + ".leakage"] = {cycles, leaked / cycles, ""};
  }
}

void read_swings(const Reader& json, ResultFile& result) {
  result.energy_pJ = json.number("/energy_pJ/total");
  for (std::size_t i = 0; json.has("/sensitivity") && i < json.size("/sensitivity"); ++i) {
    const std::string row = fmt::format("/sensitivity/{}", i);
    result.swings.push_back({json.text(row + "/source"), json.text(row + "/quantity"),
                             json.number(row + "/low"), json.number(row + "/high"),
                             json.number(row + "/energy_low_pJ"), json.number(row + "/energy_high_pJ")});
  }
}

}  // namespace

ResultFile read_result(const std::string& folder) {
  const Reader json(folder);
  ResultFile result;
  result.folder = folder;
  result.workload = json.text("/workload/name");
  result.machine = json.text("/machine");
  result.tech = json.text("/tech/name");
  result.clock_MHz = json.number("/clock_MHz");
  result.cycles = json.count("/cycles");
  read_figures(json, result);
  read_layers(json, result);
  read_events(json, result);
  read_swings(json, result);
  for (const std::string& unit : json.keys("/area_by_unit_mm2"))
    result.areas_mm2[unit] = json.number("/area_by_unit_mm2" + part(unit));
  return result;
}

}  // namespace tricycle
