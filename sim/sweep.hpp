// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/request.hpp"
#include "support/document.hpp"

namespace tricycle {

/// A sweep file: a base run and the values of some of its keys.
struct SweepSpec {
  Document base;  ///< the words of a run (sim/request.hpp): all that the file says but for the axes
  struct Axis {
    std::string key;  ///< `arch.array.rows`, or `datapath`
    std::vector<std::string> values;
    std::vector<Place> places;  ///< of the values, in the sweep's file
  };
  std::vector<Axis> axes;
};

/// One point of the grid: which value of each axis.
using SweepPoint = std::vector<std::size_t>;

/// Errors: unknown keys, no axes, an axis that is no key of a run, a value that stands twice or that the key
/// does not take, a key whose file each point would write, more than 64 axes or 100,000 points.
[[nodiscard]] SweepSpec read_sweep(const Document& document);

/// All points, the last axis fastest.
[[nodiscard]] std::vector<SweepPoint> sweep_points(const SweepSpec& spec);

/// What a point sets, key and value, each with its place in the sweep's file.
[[nodiscard]] std::vector<Setting> settings_of(const SweepSpec& spec, const SweepPoint& point);

/// The names of all points' folders, hashes of what they ask for. Errors: two points that ask for the same.
[[nodiscard]] std::vector<std::string> point_ids(const SweepSpec& spec);

/// What a point asks for.
[[nodiscard]] RunRequest request_of(const SweepSpec& spec, const SweepPoint& point);

/// Errors: a workload that is none, such as an experiment, which `run` would take.
void check_workloads(const SweepSpec& spec);

/// A misspelt axis is an error of the sweep, not of every point: of points in which each value has its turn,
/// machine, technology and workload are read until one can be. Errors: that of the first, where none can.
void check_any_point(const SweepSpec& spec);

/// Does for each point what comes before a simulation, up to its trace. Errors: points that cannot run, with
/// the reasons.
void check_points(const SweepSpec& spec, const std::string& file);

/// Runs every point in a process of its own, `jobs` at a time, into `folder`/points/ID, where ID is a hash of
/// the point's settings. A result that is there is kept if neither the program nor any file that its run read
/// has changed since: ID.inputs has their hashes. Prints how many points were kept and run, and ends by
/// writing `folder`/sweep.csv. Returns 0, or 1 when a point failed (its row says why).
[[nodiscard]] int run_sweep(const SweepSpec& spec, const std::string& folder, int jobs,
                            const std::string& program);

}  // namespace tricycle
