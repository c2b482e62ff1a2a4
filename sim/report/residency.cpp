// SPDX-License-Identifier: Apache-2.0
#include "sim/report/residency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "arch/isa/loops.hpp"
#include "sim/cost/figures.hpp"

namespace tricycle {
namespace {

/// A transfer of an instruction from or to DRAM.
struct Transfer {
  std::uint64_t dram = 0, bytes = 0;
  bool is_read = true;
};

Transfer transfer_of(const Instruction& instruction) {
  const auto bytes = [](const auto& i) { return std::uint64_t{i.rows} * i.row_bytes; };
  if (const auto* load = std::get_if<isa::Load>(&instruction.operation))
    return {load->dram, bytes(*load), true};
  if (const auto* unpack = std::get_if<isa::Unpack>(&instruction.operation))
    return {unpack->dram, bytes(*unpack), true};
  if (const auto* store = std::get_if<isa::Store>(&instruction.operation))
    return {store->dram, bytes(*store), false};
  if (const auto* gather = std::get_if<isa::Gather>(&instruction.operation))
    return {gather->dram, bytes(*gather), true};
  return {};
}

/// A field of a csv file, in quotes.
std::string quoted(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '"' || c == '\n'; }, '_');
  return '"' + text + '"';
}

std::string size_text(std::uint64_t bytes) {
  return bytes < 1024 ? fmt::format("{} B", bytes)
                      : fmt::format("{:.4g} KiB", static_cast<double>(bytes) / 1024);
}

}  // namespace

std::vector<TensorTraffic> tensor_traffic(const Trace& trace) {
  std::map<std::uint64_t, std::size_t> starts;
  for (std::size_t t = 0; t < trace.tensors.size(); ++t) {
    if (trace.tensors[t].dram_bytes > 0) starts.emplace(trace.tensors[t].dram_address, t);
  }
  /// The tensor that lies at an address, or none.
  const auto tensor_at = [&](std::uint64_t address) {
    const auto behind = starts.upper_bound(address);
    if (behind == starts.begin()) return trace.tensors.size();
    const std::size_t t = std::prev(behind)->second;
    return address - trace.tensors[t].dram_address < trace.tensors[t].dram_bytes ? t : trace.tensors.size();
  };
  std::vector<TensorTraffic> traffic(trace.tensors.size());
  const auto add = [&](const Transfer& transfer, std::uint64_t times) {
    const std::size_t t = tensor_at(transfer.dram);
    if (transfer.bytes == 0 || t == trace.tensors.size()) return;
    (transfer.is_read ? traffic[t].read_bytes : traffic[t].write_bytes) += times * transfer.bytes;
  };
  const Loops loops(trace.code);
  std::vector<bool> goes_elsewhere(trace.code.size(), false);  // from one tensor to another
  for (std::size_t i = 0; i < trace.code.size(); ++i) {
    const auto extremes = loops.extremes(trace.code[i], i);
    goes_elsewhere[i] = tensor_at(transfer_of(extremes[0]).dram) != tensor_at(transfer_of(extremes[1]).dram);
    if (!goes_elsewhere[i]) add(transfer_of(trace.code[i]), loops.executions(i));
  }
  if (std::find(goes_elsewhere.begin(), goes_elsewhere.end(), true) == goes_elsewhere.end()) return traffic;
  for_each_issued(trace.code, loops, [&](const Issued& issued) {
    if (goes_elsewhere[issued.index]) add(transfer_of(issued.instruction), 1);
  });
  return traffic;
}

std::string tensors_csv(const Trace& trace, const std::vector<TensorTraffic>& traffic) {
  if (trace.tensors.empty()) return "";
  std::string text =
      "name,kind,format,bytes,memory,first_layer,last_layer,dram_read_bytes,dram_write_bytes,loads,stores,"
      "reason\n";
  for (std::size_t t = 0; t < traffic.size(); ++t) {
    const TraceTensor& tensor = trace.tensors[t];
    const auto times = [&](std::uint64_t bytes) {
      return ratio(static_cast<double>(bytes), static_cast<double>(tensor.bytes));
    };
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", quoted(tensor.name), tensor.kind,
                        tensor.format, tensor.bytes, name_of(tensor.memory), tensor.first_layer,
                        tensor.last_layer, traffic[t].read_bytes, traffic[t].write_bytes,
                        times(traffic[t].read_bytes), times(traffic[t].write_bytes), quoted(tensor.reason));
  }
  return text;
}

std::string residency_summary(const Trace& trace) {
  if (trace.tensors.empty()) return "";
  struct Count {
    std::uint64_t kept = 0, all = 0, kept_bytes = 0;
  };
  Count activations, parameters;
  std::vector<std::size_t> spilled;
  for (std::size_t t = 0; t < trace.tensors.size(); ++t) {
    const TraceTensor& tensor = trace.tensors[t];
    const bool is_parameter = tensor.kind == "weights" || tensor.kind == "table";
    Count& count = is_parameter ? parameters : activations;
    const bool kept = tensor.memory != Memory::dram;
    ++count.all;
    count.kept += kept ? 1 : 0;
    count.kept_bytes += kept ? tensor.bytes : 0;
    if (!kept && tensor.kind == "activation") spilled.push_back(t);
  }
  std::string text = fmt::format("  on chip      {} of {} activations ({})", activations.kept,
                                 activations.all, size_text(activations.kept_bytes));
  if (parameters.kept > 0) {
    text += fmt::format(", {} of {} weights and tables pinned ({})", parameters.kept, parameters.all,
                        size_text(parameters.kept_bytes));
  }
  text += '\n';
  std::stable_sort(spilled.begin(), spilled.end(), [&](std::size_t a, std::size_t b) {
    return trace.tensors[a].bytes > trace.tensors[b].bytes;
  });
  constexpr std::size_t most_lines = 3;
  for (std::size_t k = 0; k < std::min(spilled.size(), most_lines); ++k)
    text += fmt::format("    {}: {}\n", trace.tensors[spilled[k]].name, trace.tensors[spilled[k]].reason);
  if (spilled.size() > most_lines)
    text += fmt::format("    and {} more in DRAM (tensors.csv)\n", spilled.size() - most_lines);
  return text;
}

}  // namespace tricycle
