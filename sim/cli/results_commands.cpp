// SPDX-License-Identifier: Apache-2.0
// tricycle compare and tricycle export: what is made of results.
#include "sim/cli/commands.hpp"
#include "sim/results/accelergy.hpp"
#include "sim/results/compare.hpp"
#include "support/ending.hpp"
#include "support/output.hpp"

namespace tricycle {
namespace {

constexpr std::size_t most_on_console = 12, most_in_files = 100'000, most_bars = 20;

FolderKind comparison_kind() {
  return {{"figures.csv", "figures.tex", "cycles.csv", "cycles.tex", "cycles.svg", "energy.csv", "energy.tex",
           "energy.svg"},
          "figures.csv"};
}

void add_table(WholeFolder& folder, const std::string& name, const Table& table) {
  folder.add(name + ".csv", csv_of(table));
  folder.add(name + ".tex", latex_of(table));
}

void write_comparison(const std::vector<ResultFile>& runs, const std::string& path) {
  WholeFolder folder(path, comparison_kind());
  add_table(folder, "figures", figures_table(runs));
  if (runs.size() == 2) {
    const auto cycles = cycle_causes(runs[0], runs[1]);
    const auto energy = energy_causes(runs[0], runs[1]);
    add_table(folder, "cycles", cycles_table(cycles, most_in_files));
    add_table(folder, "energy", energy_table(energy, most_in_files));
    folder.add("cycles.svg", svg_of(cycles_bars(cycles, most_bars)));
    folder.add("energy.svg", svg_of(energy_bars(energy, most_bars)));
  }
  folder.finish();
}

}  // namespace

int compare_command(const CommandOptions& o) {
  std::vector<ResultFile> runs;
  for (const std::string& folder : o.inputs) runs.push_back(read_result(folder));
  say_text(heading(runs) + "\n" + text_of(figures_table(runs)));
  if (runs.size() == 2) {
    say_text("\n" + text_of(cycles_table(cycle_causes(runs[0], runs[1]), most_on_console)));
    say_text("\n" + text_of(energy_table(energy_causes(runs[0], runs[1]), most_on_console)));
  }
  if (!o.output) return 0;
  write_comparison(runs, *o.output);
  say_text("\nwritten to " + *o.output + "\n");
  return 0;
}

int export_command(const CommandOptions& o) {
  const ResultFile run = read_result(o.target);
  WholeFolder folder(*o.output,
                     {{"ERT.yaml", "ART.yaml", "action_counts.yaml", "architecture.yaml"}, "ERT.yaml"});
  folder.add("ERT.yaml", accelergy_ert(run));
  folder.add("ART.yaml", accelergy_art(run));
  folder.add("action_counts.yaml", accelergy_action_counts(run));
  folder.add("architecture.yaml", accelergy_architecture(run));
  folder.finish();
  say_text("written to " + *o.output + "\n");
  return 0;
}

}  // namespace tricycle
