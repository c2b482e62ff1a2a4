// SPDX-License-Identifier: Apache-2.0
// tricycle compare and tricycle export: what is made of results.
#include <optional>

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

/// What makes the difference of two runs.
struct Causes {
  std::vector<CycleCause> cycles;
  std::vector<EnergyCause> energy;
};

void write_comparison(const Table& figures, const std::optional<Causes>& causes, const std::string& path) {
  WholeFolder folder(path, comparison_kind());
  add_table(folder, "figures", figures);
  if (causes) {
    add_table(folder, "cycles", cycles_table(causes->cycles, most_in_files));
    add_table(folder, "energy", energy_table(causes->energy, most_in_files));
    folder.add("cycles.svg", svg_of(cycles_bars(causes->cycles, most_bars)));
    folder.add("energy.svg", svg_of(energy_bars(causes->energy, most_bars)));
  }
  folder.finish();
}

}  // namespace

int compare_command(const CommandOptions& o) {
  std::vector<ResultFile> runs;
  for (const std::string& folder : o.inputs) runs.push_back(read_result(folder));
  const Table figures = figures_table(runs);
  say_text(heading(runs) + "\n" + text_of(figures));
  std::optional<Causes> causes;
  if (runs.size() == 2) {
    causes = {cycle_causes(runs[0], runs[1]), energy_causes(runs[0], runs[1])};
    say_text("\n" + text_of(cycles_table(causes->cycles, most_on_console)));
    say_text("\n" + text_of(energy_table(causes->energy, most_on_console)));
  }
  if (!o.output) return 0;
  write_comparison(figures, causes, *o.output);
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
