// SPDX-License-Identifier: Apache-2.0
#include "sim/report/values.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cost/figures.hpp"
#include "sim/experiment/items.hpp"
#include "support/data_file.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_inline_bytes = 1'000'000;

/// A single number where all channels share it.
Json of_channels(const std::vector<double>& values) {
  return values.size() == 1 ? Json(values[0]) : Json(values);
}

std::string list_text(const std::vector<double>& values) {
  return fmt::format("{}", fmt::join(values, ", "));
}

std::uint64_t input_values(const Trace& trace) {
  return trace.items.count * static_cast<std::uint64_t>(trace.input.rows * trace.input.cols);
}

/// Whether integers of a file are bytes, and not codes of few bits or the model's integers.
bool has_bytes(const InputReading& reading) {
  if (reading.rule == ReadingRule::grid) return reading.least == 0 && reading.most == 255;
  return reading.rule != ReadingRule::integers;
}

std::string rule_text(const Trace& trace) {
  const InputReading& reading = trace.reading;
  const std::string codes = fmt::format("{:.0f} to {:.0f}", reading.least, reading.most);
  switch (reading.rule) {
    case ReadingRule::grid: return fmt::format("codes {}", codes);
    case ReadingRule::integers: return fmt::format("the model's {}, {}", trace.input.type, codes);
    case ReadingRule::real: return "real numbers";
    case ReadingRule::quantize_linear:
      return fmt::format("quantized by the model: QuantizeLinear, step {:.6g}, zero point {:.0f}, {}",
                         reading.step, reading.zero_point, codes);
    case ReadingRule::quant:
      return fmt::format("quantized by the model: Quant, step {:.6g}, zero point {:g}, {}, {}", reading.step,
                         reading.zero_point, codes, reading.rounding);
    case ReadingRule::bipolar_quant:
      return fmt::format("quantized by the model: BipolarQuant, {:.6g} each", reading.step);
  }
  return "";
}

/// The files of large outputs and states.
std::string output_file(std::size_t i) {
  return i == 0 ? "outputs.npy" : fmt::format("outputs-{}.npy", i + 1);
}
std::string state_file(std::size_t i) {
  return fmt::format("state-{}.npy", i + 1);
}

std::string npy_of(const Binding& binding, const std::vector<std::int32_t>& codes) {
  return write_npy({parse_shape(binding.shape), in_model_order(binding, real_values(binding, codes))});
}

}  // namespace

std::string byte_scale(const ByteMeaning& byte) {
  return byte.den == 1 ? fmt::format("{}", byte.num) : fmt::format("{}/{}", byte.num, byte.den);
}

Json input_json(const RunRecord& record) {
  const Trace& trace = record.trace;
  const InputReading& reading = trace.reading;
  Json json = {{"name", trace.input.name},     {"type", trace.input.type},
               {"shape", trace.input.shape},   {"source", trace.items.source},
               {"sha256", trace.items.sha256}, {"rule", name_of(reading.rule)}};
  if (reading.rule == ReadingRule::quant) json["rounding"] = reading.rounding;
  if (reading.quantizes()) {
    json["step"] = reading.step;
    json["quantizer_zero_point"] = reading.zero_point;
  }
  if (reading.rule != ReadingRule::real) {
    json["codes"] = {reading.least, reading.most};
    json["scale"] = of_channels(trace.input.scales);
    json["zero_point"] = of_channels(trace.input.zeros);
  }
  if (has_bytes(reading)) {
    json["byte"] = {{"scale", byte_scale(reading.byte)}};
    if (!reading.byte.means.empty()) json["byte"]["mean"] = of_channels(reading.byte.means);
    if (!reading.byte.deviations.empty()) json["byte"]["std"] = of_channels(reading.byte.deviations);
  }
  json["values"] = input_values(trace);
  if (reading.quantizes()) json["clamped"] = record.clamped_known ? Json(trace.items.clamped) : Json(nullptr);
  return json;
}

std::string input_text(const RunRecord& record) {
  const Trace& trace = record.trace;
  const ByteMeaning& byte = trace.reading.byte;
  std::string text = fmt::format("  input        {}, {} item{}\n", trace.items.source,
                                 grouped(record.simulation.count), record.simulation.count == 1 ? "" : "s");
  text += "               " + rule_text(trace);
  if (has_bytes(trace.reading)) text += fmt::format("; a byte is {}", byte_scale(byte));
  if (!byte.means.empty()) text += " less " + list_text(byte.means);
  if (!byte.deviations.empty()) text += " over " + list_text(byte.deviations);
  text += "\n";
  const double share =
      ratio(static_cast<double>(trace.items.clamped), static_cast<double>(input_values(trace)));
  if (share > 0.01 && record.clamped_known) {
    text += fmt::format(
        "  NOTE         the model's quantizer clamps {:.1f}% of the input's values: it is meant so, or "
        "the numbers are not those that the model was made for\n",
        100 * share);
  }
  return text;
}

namespace {

bool is_inline(std::size_t values) {
  return values * sizeof(float) <= most_inline_bytes;
}

/// A bound tensor's name and meaning, and its values: `key`, their real values in the order of memory, and
/// their codes; or, of a large one, its file.
Json values_json(const Binding& binding, const std::vector<std::int32_t>& codes, const char* key,
                 const std::string& file) {
  Json json = {{"name", binding.name}, {"type", binding.type}, {"shape", binding.shape}};
  const bool has_codes = !is_float(binding.format);
  if (has_codes) {
    json["scale"] = of_channels(binding.scales);
    json["zero_point"] = of_channels(binding.zeros);
  }
  if (is_inline(codes.size())) {
    json[key] = real_values(binding, codes);
    if (has_codes) json["codes"] = codes;
  } else {
    const std::string bytes = npy_of(binding, codes);
    json["file"] = file;
    json["sha256"] = sha256(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  }
  return json;
}

}  // namespace

Json outputs_json(const RunRecord& record) {
  const Simulation& s = record.simulation;
  Json json, further = Json::array();
  for (std::size_t i = 0; i < record.trace.outputs.size(); ++i) {
    const std::vector<std::int32_t> none;
    Json one = values_json(record.trace.outputs[i], s.outputs.empty() ? none : s.outputs[i], "first",
                           output_file(i));
    one["crc32"] = fmt::format("{:08x}", s.outputs_crcs[i]);
    if (i == 0) {
      json = std::move(one);
    } else {
      further.push_back(std::move(one));
    }
  }
  if (!further.empty()) json["further"] = std::move(further);
  return json;
}

std::string outputs_text(const RunRecord& record) {
  if (record.trace.outputs.size() == 1) return "";
  std::vector<std::string> names;
  for (const Binding& output : record.trace.outputs) names.push_back(output.name + " " + output.shape);
  return fmt::format("  outputs      {}\n", fmt::join(names, ", "));
}

Json states_json(const RunRecord& record) {
  Json states = Json::array();
  for (std::size_t i = 0; i < record.simulation.states.size(); ++i) {
    states.push_back(values_json(record.trace.states[i], record.simulation.states[i], "last", state_file(i)));
  }
  return states;
}

std::map<std::string, std::string> values_npy(const RunRecord& record) {
  std::map<std::string, std::string> files;
  const Simulation& s = record.simulation;
  for (std::size_t i = 0; i < s.outputs.size(); ++i) {
    if (!is_inline(s.outputs[i].size()))
      files[output_file(i)] = npy_of(record.trace.outputs[i], s.outputs[i]);
  }
  for (std::size_t i = 0; i < s.states.size(); ++i) {
    if (!is_inline(s.states[i].size())) files[state_file(i)] = npy_of(record.trace.states[i], s.states[i]);
  }
  return files;
}

}  // namespace tricycle
