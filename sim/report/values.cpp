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

/// The outputs as real values, in the order of memory.
std::vector<float> real_outputs(const RunRecord& record) {
  return real_values(record.trace.output, record.simulation.outputs);
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

Json outputs_json(const RunRecord& record) {
  const Binding& output = record.trace.output;
  Json json = {{"name", output.name}, {"type", output.type}, {"shape", output.shape}};
  const bool codes = !is_float(output.format);
  if (codes) {
    json["scale"] = of_channels(output.scales);
    json["zero_point"] = of_channels(output.zeros);
  }
  if (const std::optional<std::string> file = outputs_npy(record)) {
    json["file"] = "outputs.npy";
    json["sha256"] = sha256(std::vector<std::uint8_t>(file->begin(), file->end()));
  } else {
    json["first"] = real_outputs(record);
    if (codes) json["codes"] = record.simulation.outputs;
  }
  json["crc32"] = fmt::format("{:08x}", record.simulation.outputs_crc);
  return json;
}

std::optional<std::string> outputs_npy(const RunRecord& record) {
  const std::vector<float> reals = real_outputs(record);
  if (reals.size() * sizeof(float) <= most_inline_bytes) return std::nullopt;
  return write_npy({parse_shape(record.trace.output.shape), in_model_order(record.trace.output, reals)});
}

}  // namespace tricycle
