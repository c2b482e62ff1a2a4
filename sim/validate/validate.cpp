// SPDX-License-Identifier: Apache-2.0
#include "sim/validate/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>

#include "arch/params/timing.hpp"
#include "sim/validate/references.hpp"
#include "sim/validate/validation_programs.hpp"
#include "support/fields.hpp"
#include "support/files.hpp"

namespace tricycle {
namespace {

constexpr std::int64_t most_cycles = std::int64_t{1} << 50;
constexpr std::int64_t most_channels = 1 << 16;

std::string reference_file(const std::string& name) {
  return (std::filesystem::path(share_folder()) / "configs/references" / (name + ".csv")).string();
}

/// A row that has not yet been simulated.
struct Job {
  Job(std::string name, std::int64_t reference_cycles, std::function<std::int64_t()> work)
      : row{std::move(name), reference_cycles, 0}, simulate(std::move(work)) {}
  ValidationRow row;
  std::function<std::int64_t()> simulate;
};

/// A reference after reading; nothing is simulated yet.
struct Plan {
  Validation validation;
  std::vector<Job> jobs;
  std::function<void(std::vector<ValidationRow>&)> finish = [](auto&) {};  ///< adds further rows
};

Validation carried_out(Plan plan, Show show) {
  Validation& validation = plan.validation;
  Progress progress("validation rows", plan.jobs.size(), show);
  for (Job& job : plan.jobs) {
    try {
      job.row.simulated_cycles = job.simulate();
    } catch (const RunError& error) {
      throw RunError(job.row.name + ": " + error.what());
    }
    validation.rows.push_back(std::move(job.row));
    progress.update(validation.rows.size());
  }
  progress.finish();
  plan.finish(validation.rows);
  return std::move(validation);
}

/// Checks that a layer has a program, before anything is simulated.
void check_program(const ProductLayer& layer, const MachineSpec& spec, const Place& place) {
  const std::string defect = product_defect(layer, spec);
  if (!defect.empty()) throw InputError(place, defect);
}

// Bit Fusion: an array of N x M fusion units, one layer of a benchmark.

using LayerKey = std::pair<std::string, std::string>;

std::map<LayerKey, ProductLayer> bitfusion_layers() {
  const ReferenceTable table(reference_file("bitfusion_layers"));
  std::map<LayerKey, ProductLayer> layers;
  for (std::size_t r = 0; r < table.size(); ++r) {
    const auto number = [&](const char* name, std::int64_t most) { return table.integer(r, name, 1, most); };
    ProductLayer layer;
    layer.in_channels = number("IC", most_channels);
    layer.out_channels = number("OC", most_channels);
    layer.out_lines = number("OH", 4096);
    layer.out_columns = number("OW", 4096);
    layer.kernel = number("K", 64);
    layer.activation_bits = number("ip", 8);
    layer.weight_bits = number("wp", 8);
    layer.batch = number("batch", 4096);
    layer.im2col = table.integer(r, "im2col", 0, 1) != 0;
    layers[{table.text(r, "Network"), table.text(r, "Layer")}] = layer;
  }
  return layers;
}

/// The layer of a row. Errors name the nearest network or layer.
const ProductLayer& layer_of(const ReferenceTable& table, std::size_t r,
                             const std::map<LayerKey, ProductLayer>& layers) {
  const std::string& network = table.text(r, "Network");
  const std::string& whole = table.text(r, "Layer");  // such as conv4/Convolution
  const auto at = layers.find({network, whole.substr(0, whole.find('/'))});
  if (at != layers.end()) return at->second;
  std::vector<std::string> networks, names;
  for (const auto& [key, layer] : layers) {
    if (networks.empty() || networks.back() != key.first) networks.push_back(key.first);
    if (key.first == network) names.push_back(key.second);
  }
  if (names.empty()) {
    throw InputError(table.place(r, "Network"), fmt::format("unknown network '{}'{}", printable(network),
                                                            did_you_mean(network, networks)));
  }
  const std::string name = whole.substr(0, whole.find('/'));
  throw InputError(table.place(r, "Layer"), fmt::format("'{}' has no layer '{}'{}", network, printable(name),
                                                        did_you_mean(name, names)));
}

/// The preset of 16 x 32 fusion units, changed to rows x cols units. Memories are rounded up to whole words,
/// and not smaller than before.
MachineSpec bitfusion_machine(MachineSpec spec, std::int64_t rows, std::int64_t cols) {
  const std::int64_t scale = std::max<std::int64_t>(1, ceil_div(rows * cols, 16 * 32));
  spec.name = fmt::format("bitfusion-{}x{}", rows, cols);
  spec.array.cols = cols;
  spec.array.lanes.bitserial = 16 * rows;
  const auto size = [scale](MemorySpec& memory, std::int64_t banks, std::int64_t width_bits) {
    memory.banks = banks;
    memory.width_bits = width_bits;
    memory.size_KiB *= scale;
    while (memory.bytes() * 8 % memory.bits_per_cycle() != 0) ++memory.size_KiB;
  };
  size(spec.weight_memory, cols, 32 * rows);
  size(spec.activation_memory, 1, 32 * rows);
  size(spec.accumulator_memory, cols, 32);
  return spec;
}

Plan plan_bitfusion(const ReferenceTable& table) {
  Plan plan;
  plan.validation.figure = "cycles of the array (Cycles - Memory wait cycles)";
  const std::map<LayerKey, ProductLayer> layers = bitfusion_layers();
  const MachineSpec preset = read_machine("bitfusion-16x32");
  for (std::size_t r = 0; r < table.size(); ++r) {
    const std::int64_t n = table.integer(r, "N", 1, 1024), m = table.integer(r, "M", 1, 4096);
    const std::int64_t cycles = table.integer(r, "Cycles", 1, most_cycles);
    const std::int64_t wait = table.integer(r, "Memory wait cycles", 0, cycles - 1);
    ProductLayer layer = layer_of(table, r, layers);
    layer.batch = table.integer(r, "Batch size", 1, 4096);
    const std::string& whole = table.text(r, "Layer");
    const std::string name =
        fmt::format("{}x{} {} {}", n, m, table.text(r, "Network"), whole.substr(0, whole.find('/')));
    const MachineSpec spec = bitfusion_machine(preset, n, m);
    check_program(layer, spec, table.place(r, "Layer"));
    plan.jobs.emplace_back(name, cycles - wait,
                           [layer, spec] { return measure(product_program(layer, spec), spec).array_busy; });
  }
  return plan;
}

// FINN: every layer runs on its own geometry; the slowest layer sets the pace of all.

Plan plan_finn(const ReferenceTable& table) {
  Plan plan;
  plan.validation.figure = "cycles of the layer's array";
  const std::vector<std::string> machines = preset_names("configs/arch");
  std::map<std::string, MachineSpec> specs;
  std::vector<std::string> networks;
  for (std::size_t r = 0; r < table.size(); ++r) {
    const std::string& machine = table.text(r, "Machine");
    if (std::find(machines.begin(), machines.end(), machine) == machines.end()) {
      throw InputError(table.place(r, "Machine"), fmt::format("unknown machine '{}'{}", printable(machine),
                                                              did_you_mean(machine, machines)));
    }
    if (specs.count(machine) == 0) specs[machine] = read_machine(machine);
    const MachineSpec& spec = specs[machine];
    const auto foldings = static_cast<std::int64_t>(spec.array.folding.size());
    if (foldings == 0)
      throw InputError(table.place(r, "Machine"), "the machine '" + machine + "' has no folding");
    ProductLayer layer;
    layer.folding = table.integer(r, "Folding", 1, foldings);
    layer.in_channels = table.integer(r, "IFM", 1, most_channels);
    layer.out_channels = table.integer(r, "OFM", 1, most_channels);
    layer.kernel = table.integer(r, "K", 1, 64);
    layer.out_lines = layer.out_columns = table.integer(r, "OFM_DIM", 1, 4096);
    layer.activation_bits = table.integer(r, "ip", 1, 8);
    layer.weight_bits = table.integer(r, "wp", 1, 8);
    networks.push_back(table.text(r, "Network"));
    const std::int64_t cycles = table.integer(r, "Cycles", 1, most_cycles);
    const std::string name = networks.back() + " " + table.text(r, "Layer");
    check_program(layer, spec, table.place(r, "Layer"));
    plan.jobs.emplace_back(name, cycles,
                           [layer, spec] { return measure(product_program(layer, spec), spec).array_busy; });
  }
  plan.finish = [networks](std::vector<ValidationRow>& rows) {
    for (std::size_t first = 0; first < networks.size();) {
      ValidationRow slowest = {networks[first] + " initiation interval", 0, 0};
      std::size_t end = first;
      for (; end < networks.size() && networks[end] == networks[first]; ++end) {
        slowest.reference_cycles = std::max(slowest.reference_cycles, rows[end].reference_cycles);
        slowest.simulated_cycles = std::max(slowest.simulated_cycles, rows[end].simulated_cycles);
      }
      rows.push_back(slowest);
      first = end;
    }
  };
  return plan;
}

// CUTIE: networks of 3 x 3 convolutions, from enable to done.

constexpr std::size_t cutie_fields = 8;

/// The integers of one layer, such as 8,8,20,20,1,1,0,0.
std::vector<std::int64_t> layer_fields(const std::string& text, const Place& place) {
  static const std::vector<const char*> names = {"width",  "height",  "channels in", "channels out",
                                                 "stride", "padding", "pooling",     "pooling kernel"};
  static const std::vector<std::pair<std::int64_t, std::int64_t>> ranges = {
      {3, 64}, {3, 63}, {1, 20}, {1, 20}, {1, 3}, {0, 1}, {0, 2}, {0, 64}};
  std::vector<std::int64_t> fields;
  std::istringstream parts(text);
  Place at = place;
  for (std::string part; std::getline(parts, part, ','); at.column += static_cast<int>(part.size()) + 1) {
    const std::size_t i = fields.size();
    if (i == cutie_fields) break;
    std::int64_t value = 0;
    if (!parse_integer(part, value) || value < ranges[i].first || value > ranges[i].second) {
      throw InputError(at, fmt::format("a layer's {} is an integer from {} to {}, not '{}'", names[i],
                                       ranges[i].first, ranges[i].second, printable(part)));
    }
    fields.push_back(value);
  }
  const auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) + 1;
  if (count != cutie_fields) {
    throw InputError(place, fmt::format("a layer is {} integers with commas between them, not {}: '{}'",
                                        cutie_fields, count, printable(text)));
  }
  return fields;
}

/// A layer of the controllers built for 20 channels, on the machine of 96 channels. Input channels are
/// counted in halves, rounded down, as in these controllers.
TernaryLayer ternary_layer(const std::vector<std::int64_t>& fields) {
  constexpr std::int64_t built_for = 20, channels = 96;
  TernaryLayer layer;
  layer.width = fields[0];
  layer.height = fields[1];
  layer.in_channels = channels / 2 * std::max<std::int64_t>(1, fields[2] / (built_for / 2));
  layer.out_channels = ceil_div(fields[3] * channels, built_for);
  layer.stride = fields[4];
  layer.same = fields[5] != 0;
  return layer;
}

std::vector<TernaryLayer> cutie_layers(const ReferenceTable& table, std::size_t r) {
  constexpr std::int64_t most_layers = 8;
  const std::string& text = table.text(r, "layers");
  std::vector<TernaryLayer> layers;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    Place place = table.place(r, "layers");
    place.column += static_cast<int>(start);
    layers.push_back(ternary_layer(layer_fields(text.substr(start, end - start), place)));
    start = end + 1;
  }
  const std::int64_t stated = table.integer(r, "num_layers", 1, most_layers);
  if (stated != static_cast<std::int64_t>(layers.size())) {
    throw InputError(table.place(r, "num_layers"),
                     fmt::format("'num_layers' is {}, and 'layers' has {}", stated, layers.size()));
  }
  return layers;
}

Plan plan_cutie(const ReferenceTable& table) {
  Plan plan;
  plan.validation.figure = "cycles from enable to done";
  plan.validation.tolerance_cycles = 1;
  plan.validation.tolerance_percent = 1;
  const MachineSpec spec = read_machine("cutie");
  for (std::size_t r = 0; r < table.size(); ++r) {
    const std::vector<TernaryLayer> layers = cutie_layers(table, r);
    const std::string name =
        fmt::format("{}, {}x{}", table.text(r, "case"), layers[0].width, layers[0].height);
    const std::int64_t cycles = table.integer(r, "cycles", 1, most_cycles);
    plan.jobs.emplace_back(name, cycles,
                           [layers, spec] { return measure(ternary_program(layers, spec), spec).all; });
  }
  return plan;
}

struct Design {
  const char* name;
  Plan (*plan)(const ReferenceTable&);
};

constexpr Design designs[] = {{"bitfusion", plan_bitfusion}, {"finn", plan_finn}, {"cutie", plan_cutie}};

Plan plan_of(const std::string& design, const std::optional<std::string>& file) {
  for (const Design& known : designs) {
    if (known.name != design) continue;
    Plan plan = known.plan(ReferenceTable(file.value_or(reference_file(design))));
    plan.validation.design = design;
    return plan;
  }
  throw InputError({}, fmt::format("unknown reference '{}'; expected {}{}", printable(design),
                                   either(validation_names()), did_you_mean(design, validation_names())));
}

std::string quoted(const std::string& text) {
  return text.find(',') == std::string::npos ? text : '"' + text + '"';
}

}  // namespace

double ValidationRow::difference_percent() const {
  return 100.0 * static_cast<double>(difference_cycles()) / static_cast<double>(reference_cycles);
}

bool Validation::accepts(const ValidationRow& row) const {
  return std::abs(row.difference_cycles()) <= tolerance_cycles ||
         std::abs(row.difference_percent()) <= tolerance_percent;
}

std::int64_t Validation::equal() const {
  return std::count_if(rows.begin(), rows.end(),
                       [](const auto& row) { return row.difference_cycles() == 0; });
}

std::int64_t Validation::outside() const {
  return std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return !accepts(row); });
}

std::string Validation::summary() const {
  const auto larger = [](const ValidationRow& a, const ValidationRow& b) {
    return std::abs(a.difference_percent()) < std::abs(b.difference_percent());
  };
  const ValidationRow& worst = *std::max_element(rows.begin(), rows.end(), larger);
  std::string text =
      fmt::format("{}: {} rows, {} equal, {} outside the tolerance", design, rows.size(), equal(), outside());
  if (worst.difference_cycles() != 0) {
    text += fmt::format("; the largest difference: {}, {:+} cycles ({:+.2f} %)", worst.name,
                        worst.difference_cycles(), worst.difference_percent());
  }
  return text;
}

std::string Validation::table() const {
  std::size_t width = 4;
  for (const ValidationRow& row : rows) width = std::max(width, row.name.size());
  std::string text = fmt::format("{}: {}\n\n  {:<{}} {:>12} {:>12} {:>11} {:>9}\n", design, figure, "row",
                                 width, "reference", "simulation", "difference", "");
  for (const ValidationRow& row : rows) {
    text += fmt::format("  {:<{}} {:>12} {:>12} {:>11} {:>7.2f} %{}\n", row.name, width, row.reference_cycles,
                        row.simulated_cycles, row.difference_cycles(), row.difference_percent(),
                        accepts(row) ? "" : "  outside");
  }
  return text + "\n" + summary() + "\n";
}

std::string Validation::csv() const {
  std::string text = "row,reference_cycles,simulated_cycles,difference_cycles,difference_percent,accepted\n";
  for (const ValidationRow& row : rows) {
    text +=
        fmt::format("{},{},{},{},{:.4f},{}\n", quoted(row.name), row.reference_cycles, row.simulated_cycles,
                    row.difference_cycles(), row.difference_percent(), accepts(row) ? 1 : 0);
  }
  return text;
}

const std::vector<std::string>& validation_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Design& design : designs) list.emplace_back(design.name);
    return list;
  }();
  return names;
}

Validation validate(const std::string& design, const std::optional<std::string>& file, Show progress) {
  return carried_out(plan_of(design, file), progress);
}

void check_reference(const std::string& design, const std::string& file) {
  static_cast<void>(plan_of(design, file));
}

}  // namespace tricycle
