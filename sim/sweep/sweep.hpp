// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/request.hpp"
#include "support/document.hpp"

namespace tricycle {

/// A sweep file: a base run and the values of some of its keys.
struct SweepSpec {
  Document base;  ///< the words of a run (sim/experiment/request.hpp): all of the file except the axes
  struct Axis {
    std::string key;  ///< `arch.array.rows`, or `datapath`
    std::vector<std::string> values;
    std::vector<Place> places;  ///< places of the values in the sweep's file
  };
  std::vector<Axis> axes;
};

/// One point of the grid: the index of a value for each axis.
using SweepPoint = std::vector<std::size_t>;

/// Reads a sweep. Errors: unknown keys, no axes, an axis that is not a key of a run, a value that occurs
/// twice or that the key does not take, a key of a file that each point would write, more than 64 axes or
/// 100,000 points.
[[nodiscard]] SweepSpec read_sweep(const Document& document);

/// All points, the last axis fastest.
[[nodiscard]] std::vector<SweepPoint> sweep_points(const SweepSpec& spec);

/// The settings of a point: key and value, each with its place in the sweep's file.
[[nodiscard]] std::vector<Setting> settings_of(const SweepSpec& spec, const SweepPoint& point);

/// The folder names of all points, which are hashes of their requests. Errors: two points with the same
/// request.
[[nodiscard]] std::vector<std::string> point_ids(const SweepSpec& spec);

/// The request of a point.
[[nodiscard]] RunRequest request_of(const SweepSpec& spec, const SweepPoint& point);

/// Errors: a file that is not a workload, such as an experiment, which `run` would take.
void check_workloads(const SweepSpec& spec);

/// Makes a misspelt axis one error of the sweep, not an error of every point. It reads machine, technology
/// and workload for up to 64 points that use all values in turn, and stops at the first point that can be
/// read. Errors: the error of the first point, where no point can be read.
void check_any_point(const SweepSpec& spec);

/// Does all that comes before a simulation for each point, up to its trace. Errors: points that cannot run,
/// with the reasons.
void check_points(const SweepSpec& spec, const std::string& file);

/// Runs every point in its own process, `jobs` at a time, into `folder`/points/ID, where ID is a hash of the
/// point's settings. An existing result is kept if neither the program nor any file that its run read has
/// changed since; ID.inputs has their hashes. Prints how many points were kept and run, and writes
/// `folder`/sweep.csv at the end. Returns 0, or 1 when a point failed (its row says why).
[[nodiscard]] int run_sweep(const SweepSpec& spec, const std::string& folder, int jobs,
                            const std::string& program);

}  // namespace tricycle
